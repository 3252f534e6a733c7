//! The garbage collector (`pkg/controller/garbagecollector/garbagecollector.go`): it deletes what has lost its owner, object by
//! object, through its own client.

use std::collections::VecDeque;

use crate::cluster::ids::{CronJobId, JobId, PodId, ReplicaSetId, WorkloadId};
use crate::cluster::pod::Owner;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, GcEvent};
use crate::control::limits::{LimitUse, WorkerUse};
use crate::control::rate_limit::TokenBucket;
use crate::kernel::SimTime;

/// What a worker has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// The pod's owner is gone, or goes when its pods are gone.
    Pod(PodId),
    /// The Job's CronJob is gone.
    Job(JobId),
    /// The ReplicaSet's Deployment is gone.
    ReplicaSet(ReplicaSetId),
    /// All pods of a Job that waits for them are gone: its finalizer `foregroundDeletion` comes off.
    ReleaseJob(JobId),
}

/// What a worker does (`attemptToDeleteItem`, `removeFinalizer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// GET of the object.
    ReadObject,
    /// GET of its owner, unless that is known to be gone (`graph_builder.go: absentOwnerCache`).
    ReadOwner,
    /// DELETE of the object, or PATCH of its finalizer.
    Write,
}

/// The garbage collector.
#[derive(Debug)]
pub struct GarbageCollector {
    client: TokenBucket,
    queue: VecDeque<Task>,
    workers: Vec<Option<(Task, Call)>>,
    workers_use: WorkerUse,
}

impl GarbageCollector {
    /// A garbage collector at rest.
    #[must_use]
    pub fn new(config: &ControlPlane) -> Self {
        Self {
            client: TokenBucket::new(config.garbage_collector.client),
            queue: VecDeque::new(),
            workers: vec![None; config.garbage_collector.concurrent_gc_syncs.max(1) as usize],
            workers_use: WorkerUse::default(),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: GcEvent, ctx: &mut Context<'_>) {
        let waiting = self.queue.len();
        match event {
            GcEvent::OwnerGone(owner) => self.queue.extend(dependents(owner, ctx)),
            GcEvent::JobGone(job) => {
                let pods = pods_of(job, ctx);
                self.queue.extend(pods.into_iter().map(Task::Pod));
            }
            GcEvent::CronJobGone(id) => self.queue.extend(jobs_of(id, ctx)),
            GcEvent::JobWaits(job) => {
                let pods = pods_of(job, ctx);
                self.release_if_alone(job, ctx);
                self.queue.extend(pods.into_iter().map(Task::Pod));
            }
            GcEvent::PodGone(job) => self.release_if_alone(job, ctx),
            GcEvent::CallDone { worker } => self.call_done(worker, ctx),
        }
        // Those that are taken at once are the first.
        let idle = self.workers.iter().filter(|worker| worker.is_none()).count();
        for place in waiting..self.queue.len() {
            self.workers_use.joined(place < idle, ctx.now);
        }
        self.start_workers(ctx);
    }

    /// How it met its limits until `now`.
    pub fn limits(&self, config: &ControlPlane, now: SimTime) -> impl Iterator<Item = LimitUse> + use<> {
        let (who, config) = ("garbage collector", &config.garbage_collector);
        let workers = self.workers_use.limit(who, config.concurrent_gc_syncs, now);
        LimitUse::of_client(who, config.client, &self.client, now)
            .into_iter()
            .chain(std::iter::once(workers))
    }

    fn release_if_alone(&mut self, job: JobId, ctx: &Context<'_>) {
        if ctx.store.jobs[job.index()].deleting && ctx.store.pods_of_job(job).all(|(_, pod)| pod.gone) {
            self.queue.push_back(Task::ReleaseJob(job));
        }
    }

    fn start_workers(&mut self, ctx: &mut Context<'_>) {
        while let (Some(worker), false) = (self.workers.iter().position(Option::is_none), self.queue.is_empty()) {
            let Some(task) = self.queue.pop_front() else { return };
            self.workers_use.took();
            self.send(worker as u32, task, Call::ReadObject, ctx);
        }
        if self.queue.is_empty() {
            self.workers_use.emptied(ctx.now);
        }
    }

    fn send(&mut self, worker: u32, task: Task, call: Call, ctx: &mut Context<'_>) {
        self.workers[worker as usize] = Some((task, call));
        let sent = self.client.take(ctx.now);
        let at = match call {
            Call::ReadObject | Call::ReadOwner => ctx.read(sent),
            Call::Write => ctx.written(sent),
        };
        ctx.at(at, Event::Gc(GcEvent::CallDone { worker }));
    }

    fn call_done(&mut self, worker: u32, ctx: &mut Context<'_>) {
        let (task, call) = self.workers[worker as usize].expect("a call in flight has a worker");
        let next = match (call, task) {
            (Call::ReadObject, Task::Pod(pod)) if owner_exists(pod, ctx) => Some(Call::ReadOwner),
            (Call::ReadObject | Call::ReadOwner, _) => Some(Call::Write),
            (Call::Write, _) => None,
        };
        match next {
            Some(call) => self.send(worker, task, call, ctx),
            None => {
                match task {
                    Task::Pod(pod) => delete(pod, ctx),
                    Task::Job(job) => ctx.delete_job(job),
                    Task::ReplicaSet(id) => ctx.delete_replica_set(id),
                    Task::ReleaseJob(job) => ctx.remove_job(job),
                }
                self.workers[worker as usize] = None;
            }
        }
    }
}

/// What `owner` made and is still there.
fn dependents(owner: WorkloadId, ctx: &Context<'_>) -> Vec<Task> {
    match owner {
        WorkloadId::Deployment(id) => {
            let sets = &ctx.store.deployments[id.index()].replica_sets;
            sets.iter().map(|id| Task::ReplicaSet(*id)).collect()
        }
        WorkloadId::ReplicaSet(_) | WorkloadId::StatefulSet(_) | WorkloadId::DaemonSet(_) => {
            ctx.store.pods_of(owner).map(|(pod, _)| Task::Pod(pod)).collect()
        }
    }
}

/// The Jobs of a CronJob that are there.
fn jobs_of(cron_job: CronJobId, ctx: &Context<'_>) -> Vec<Task> {
    let made = ctx.store.cron_job_of.iter().filter(|(_, maker)| **maker == cron_job);
    let there = made.filter(|(job, _)| !ctx.store.jobs[job.index()].gone);
    there.map(|(job, _)| Task::Job(*job)).collect()
}

/// The pods of `job` that nobody has deleted yet.
fn pods_of(job: JobId, ctx: &Context<'_>) -> Vec<PodId> {
    let there = ctx.store.pods_of_job(job).filter(|(_, pod)| !pod.gone && !pod.deleting);
    there.map(|(id, _)| id).collect()
}

/// Of a Job that waits for its pods the object is still there; other owners are gone when their pods are collected.
fn owner_exists(pod: PodId, ctx: &Context<'_>) -> bool {
    match ctx.store.pods[pod.index()].owner {
        Owner::Job(job) => !ctx.store.jobs[job.index()].gone,
        Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_) | Owner::Nobody(_) => false,
    }
}

fn delete(pod: PodId, ctx: &mut Context<'_>) {
    let record = &ctx.store.pods[pod.index()];
    if record.is_active() {
        ctx.delete_pod(pod);
    } else if record.phase.is_terminal() && !record.gone {
        ctx.delete_ended_pod(pod);
    }
}
