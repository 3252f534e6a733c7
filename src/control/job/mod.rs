//! The Job controller (`pkg/controller/job/job_controller.go`): a work queue, workers that sync one Job each, one worker for the
//! pods of Jobs that are gone, and one event writer; all of them share one API client.

mod assess;
mod backoff;
mod manage;
mod pod_failure_policy;
mod removal;
mod success_policy;
mod sync;
mod track;
#[cfg(debug_assertions)]
mod twin;

use std::collections::{BTreeMap, VecDeque};

use crate::cluster::ids::{JobId, PodId};
use crate::control::config::JobControllerConfig;
use crate::control::context::Context;
use crate::control::event::{Event, JobEvent};
use crate::control::event_writer::EventWriter;
use crate::control::limits::{LimitUse, WorkerUse};
use crate::control::rate_limit::TokenBucket;
use crate::control::work_queue::WorkQueue;
use crate::kernel::{SimDuration, SimTime};

use sync::{Hands, Sync, SyncEnd};

/// Whose limits these are.
const WHO: &str = "Job controller";

/// The Job controller.
#[derive(Debug)]
pub struct JobController {
    queue: WorkQueue<JobId>,
    client: TokenBucket,
    writer: EventWriter,
    workers: Vec<Sync>,
    idle: Vec<u32>,
    /// How Jobs waited for a worker.
    workers_use: WorkerUse,
    /// Syncs of each Job that failed one after another.
    errors: BTreeMap<JobId, u32>,
    /// When the informers will show the writes of the last sync of a Job, where that is later than their answers.
    unseen: BTreeMap<JobId, SimTime>,
    /// Pods without a Job that have their finalizer still; the call for the first is in flight.
    orphans: VecDeque<PodId>,
}

impl JobController {
    /// A controller at rest with a full token bucket.
    #[must_use]
    pub fn new(config: &JobControllerConfig) -> Self {
        let workers = config.concurrent_job_syncs.max(1);
        Self {
            queue: WorkQueue::default(),
            client: TokenBucket::new(config.client),
            writer: EventWriter::new(config.write_events, Event::Job(JobEvent::EventWritten)),
            workers: (0..workers).map(|_| Sync::default()).collect(),
            // The last of the list is taken first: worker 0.
            idle: (0..workers).rev().collect(),
            workers_use: WorkerUse::default(),
            errors: BTreeMap::new(),
            unseen: BTreeMap::new(),
            orphans: VecDeque::new(),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: JobEvent, ctx: &mut Context<'_>) {
        match event {
            JobEvent::Added(job) | JobEvent::Updated(job) => self.add(job, ctx),
            JobEvent::Deleted(job) => self.adopt_orphans(job, ctx),
            JobEvent::OrphanReleased => self.orphan_released(ctx),
            JobEvent::Due(job) | JobEvent::Retry(job) => {
                let record = &mut ctx.store.jobs[job.index()];
                // An earlier due time replaced this one: the delaying queue holds a key once.
                if record.due == ctx.now {
                    record.due = SimTime::MAX;
                    self.add(job, ctx);
                }
            }
            JobEvent::CallDone { worker } => self.call_done(worker, ctx),
            JobEvent::EventWritten => self.writer.written(&mut self.client, ctx),
        }
    }

    /// Calls to the API server, and how many of them waited for a token.
    #[must_use]
    pub const fn api_calls(&self) -> (u64, u64) {
        (self.client.calls(), self.client.delayed())
    }

    /// How it met its limits until `now`.
    pub fn limits(&self, config: &JobControllerConfig, now: SimTime) -> impl Iterator<Item = LimitUse> {
        let workers = self.workers_use.limit(WHO, config.concurrent_job_syncs, now);
        LimitUse::of_client(WHO, config.client, &self.client, now)
            .into_iter()
            .chain(std::iter::once(workers))
    }

    fn add(&mut self, job: JobId, ctx: &mut Context<'_>) {
        let waiting = self.queue.len();
        self.queue.add(job, &mut ctx.store.jobs);
        if self.queue.len() > waiting {
            self.workers_use.joined(!self.idle.is_empty(), ctx.now);
        }
        self.start_workers(ctx);
    }

    /// Gives waiting keys to idle workers. A sync that needs no call ends at once, so this loops.
    fn start_workers(&mut self, ctx: &mut Context<'_>) {
        while let Some(&worker) = self.idle.last() {
            let Some(job) = self.queue.get(&mut ctx.store.jobs) else {
                self.workers_use.emptied(ctx.now);
                return;
            };
            self.idle.pop();
            self.workers_use.took();
            if self.is_stale(job, ctx.now) {
                self.end(worker, job, SyncEnd::Error, ctx);
                continue;
            }
            let (sync, mut hands) = self.worker(worker, ctx);
            if let Some(end) = sync.begin(job, &mut hands) {
                self.end(worker, job, end, ctx);
            }
        }
    }

    fn call_done(&mut self, worker: u32, ctx: &mut Context<'_>) {
        let (sync, mut hands) = self.worker(worker, ctx);
        if let Some(end) = sync.call_done(&mut hands) {
            let job = sync.job();
            self.note_writes(job, ctx);
            self.end(worker, job, end, ctx);
            self.start_workers(ctx);
        }
    }

    fn worker<'a, 'b>(&'a mut self, worker: u32, ctx: &'a mut Context<'b>) -> (&'a mut Sync, Hands<'a, 'b>) {
        let hands = Hands {
            worker,
            client: &mut self.client,
            writer: &mut self.writer,
            ctx,
        };
        (&mut self.workers[worker as usize], hands)
    }

    /// A sync of `job` that wrote something is over. Its last write is answered now, and seen one watch latency after the API
    /// server took it. The answer was on its way for a part of the API latency, too; so only a watch that is slower than calls
    /// shows writes later than their answers. (A recorded Job whose syncs follow one another at once is not held up.)
    fn note_writes(&mut self, job: JobId, ctx: &Context<'_>) {
        let late = ctx.config.watch_latency.saturating_sub(ctx.config.api_latency);
        if late.is_zero() || !ctx.config.job.stale_controller_consistency {
            return;
        }
        if ctx.store.jobs[job.index()].condition.is_finished() {
            self.unseen.remove(&job);
        } else {
            self.unseen.insert(job, ctx.now + late);
        }
    }

    /// Whether the informers do not show yet what the last sync of `job` wrote (`consistencyStore.EnsureReady`).
    fn is_stale(&mut self, job: JobId, now: SimTime) -> bool {
        if self.unseen.is_empty() {
            return false;
        }
        let stale = self.unseen.get(&job).is_some_and(|seen| now < *seen);
        if !stale {
            self.unseen.remove(&job);
        }
        stale
    }

    fn end(&mut self, worker: u32, job: JobId, end: SyncEnd, ctx: &mut Context<'_>) {
        match end {
            SyncEnd::Good => {
                // Nearly always there are none.
                if !self.errors.is_empty() {
                    self.errors.remove(&job);
                }
            }
            SyncEnd::Error => {
                let at = self.back_off(job, ctx);
                ctx.sync_job_at(job, at);
            }
            SyncEnd::Refused => {
                let at = self.back_off(job, ctx);
                ctx.retry_job_at(job, at);
            }
        }
        self.queue.done(job, &mut ctx.store.jobs);
        self.idle.push(worker);
    }

    /// When `job`, whose sync failed, is due again (`AddRateLimited`).
    fn back_off(&mut self, job: JobId, ctx: &Context<'_>) -> SimTime {
        let errors = self.errors.entry(job).or_insert(0);
        let wait = api_backoff(&ctx.config.job, *errors);
        *errors += 1;
        ctx.now + wait
    }

    /// The informer no longer shows `job`: its pods that have their finalizer still are released, one after another
    /// (`deleteJob`, `cleanupPodFinalizers`, `syncOrphanPod`).
    fn adopt_orphans(&mut self, job: JobId, ctx: &mut Context<'_>) {
        let idle = self.orphans.is_empty();
        let mut next = ctx.store.jobs[job.index()].pods.0;
        while let Some(pod) = next.some() {
            let record = &ctx.store.pods[pod.index()];
            if record.tracked {
                self.orphans.push_back(pod);
            }
            next = record.next_of_owner;
        }
        self.errors.remove(&job);
        self.unseen.remove(&job);
        if idle {
            self.release_next_orphan(ctx);
        }
    }

    fn release_next_orphan(&mut self, ctx: &mut Context<'_>) {
        if !self.orphans.is_empty() {
            let sent = self.client.take(ctx.now);
            let at = ctx.written(sent);
            ctx.at(at, Event::Job(JobEvent::OrphanReleased));
        }
    }

    fn orphan_released(&mut self, ctx: &mut Context<'_>) {
        let pod = self
            .orphans
            .pop_front()
            .expect("a call is in flight for the first orphan");
        ctx.release_pod(pod);
        self.release_next_orphan(ctx);
    }
}

/// How long a key waits after its sync failed: 1 s · 2ⁿ, at most a minute (`newControllerWithClock`: DefaultJobApiBackOff,
/// MaxJobApiBackOff).
fn api_backoff(config: &JobControllerConfig, errors: u32) -> SimDuration {
    let factor = 1u64.checked_shl(errors).unwrap_or(u64::MAX);
    config.api_backoff.saturating_mul(factor).min(config.max_api_backoff)
}
