//! The TTL controller (`pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`): deletes finished Jobs that have
//! `ttlSecondsAfterFinished`, with their pods first (foreground).

use std::collections::VecDeque;

use crate::cluster::ids::JobId;
use crate::control::config::TtlAfterFinishedConfig;
use crate::control::context::Context;
use crate::control::event::{Event, TtlEvent};
use crate::control::limits::{LimitUse, WorkerUse};
use crate::control::rate_limit::TokenBucket;
use crate::kernel::SimTime;

/// The TTL controller.
#[derive(Debug)]
pub struct TtlAfterFinished {
    client: TokenBucket,
    queue: VecDeque<JobId>,
    idle_workers: u32,
    workers_use: WorkerUse,
}

impl TtlAfterFinished {
    /// A controller at rest.
    #[must_use]
    pub fn new(config: &TtlAfterFinishedConfig) -> Self {
        Self {
            client: TokenBucket::new(config.client),
            queue: VecDeque::new(),
            idle_workers: config.concurrent_syncs.max(1),
            workers_use: WorkerUse::default(),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: TtlEvent, ctx: &mut Context<'_>) {
        match event {
            TtlEvent::Due(job) => {
                // Another time than the one that was meant when the Job ended may count by now.
                if ctx.store.ttl_changed.get(&job).is_some_and(|due| *due > ctx.now) {
                    return;
                }
                self.queue.push_back(job);
                self.workers_use.joined(self.idle_workers > 0, ctx.now);
            }
            TtlEvent::Read(job) => {
                if !ctx.store.jobs[job.index()].gone {
                    self.send(Event::Ttl(TtlEvent::Deleted(job)), ctx);
                    return;
                }
                self.idle_workers += 1;
            }
            TtlEvent::Deleted(job) => {
                ctx.delete_job_after_pods(job);
                self.idle_workers += 1;
            }
        }
        while self.idle_workers > 0 {
            let Some(job) = self.queue.pop_front() else {
                self.workers_use.emptied(ctx.now);
                return;
            };
            self.workers_use.took();
            self.idle_workers -= 1;
            self.send(Event::Ttl(TtlEvent::Read(job)), ctx);
        }
    }

    /// How it met its limits until `now`.
    pub fn limits(&self, config: &TtlAfterFinishedConfig, now: SimTime) -> impl Iterator<Item = LimitUse> + use<> {
        let who = "TTL controller";
        let workers = self.workers_use.limit(who, config.concurrent_syncs, now);
        LimitUse::of_client(who, config.client, &self.client, now)
            .into_iter()
            .chain(std::iter::once(workers))
    }

    fn send(&mut self, done: Event, ctx: &mut Context<'_>) {
        let sent = self.client.take(ctx.now);
        let at = ctx.written(sent);
        ctx.at(at, done);
    }
}
