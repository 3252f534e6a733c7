//! The Job controller (`pkg/controller/job/job_controller.go`): a work queue, workers that sync one Job each, and one event
//! writer; all of them share one API client.

mod backoff;
mod sync;

use crate::cluster::ids::JobId;
use crate::control::config::JobControllerConfig;
use crate::control::context::Context;
use crate::control::event::{Event, JobEvent};
use crate::control::event_writer::EventWriter;
use crate::control::limits::{Limit, LimitUse};
use crate::control::pressure::Pressure;
use crate::control::rate_limit::TokenBucket;
use crate::control::work_queue::WorkQueue;
use crate::kernel::SimTime;

use sync::Sync;

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
    syncs: u64,
    /// Syncs that waited for a worker.
    syncs_delayed: u64,
    /// When Jobs waited for a worker.
    short_of_workers: Pressure,
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
            syncs: 0,
            syncs_delayed: 0,
            short_of_workers: Pressure::default(),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: JobEvent, ctx: &mut Context<'_>) {
        match event {
            JobEvent::Added(job) => self.add(job, ctx),
            JobEvent::Due(job) => {
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
        let workers = LimitUse {
            who: WHO,
            limit: Limit::Workers(config.concurrent_job_syncs),
            asked: self.syncs,
            delayed: self.syncs_delayed,
            pressure: self.short_of_workers.until(now),
        };
        LimitUse::of_client(WHO, config.client, &self.client, now)
            .into_iter()
            .chain(std::iter::once(workers))
    }

    fn add(&mut self, job: JobId, ctx: &mut Context<'_>) {
        let waiting = self.queue.len();
        self.queue.add(job, &mut ctx.store.jobs);
        if self.idle.is_empty() && self.queue.len() > waiting {
            self.syncs_delayed += 1;
            self.short_of_workers.set(true, ctx.now);
        }
        self.start_workers(ctx);
    }

    /// Gives waiting keys to idle workers. A sync that needs no call ends at once, so this loops.
    fn start_workers(&mut self, ctx: &mut Context<'_>) {
        while let Some(&worker) = self.idle.last() {
            let Some(job) = self.queue.get(&mut ctx.store.jobs) else {
                self.short_of_workers.set(false, ctx.now);
                return;
            };
            self.idle.pop();
            self.syncs += 1;
            let sync = &mut self.workers[worker as usize];
            if sync.begin(job, worker, &mut self.client, ctx) {
                self.end(worker, ctx);
            }
        }
    }

    fn call_done(&mut self, worker: u32, ctx: &mut Context<'_>) {
        let sync = &mut self.workers[worker as usize];
        if sync.call_done(worker, &mut self.client, &mut self.writer, ctx) {
            self.end(worker, ctx);
            self.start_workers(ctx);
        }
    }

    fn end(&mut self, worker: u32, ctx: &mut Context<'_>) {
        let job = self.workers[worker as usize].job();
        self.queue.done(job, &mut ctx.store.jobs);
        self.idle.push(worker);
    }
}
