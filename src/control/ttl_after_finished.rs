//! The TTL controller (`pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`): deletes finished Jobs that have
//! `ttlSecondsAfterFinished`, with their pods first (foreground).

use std::collections::VecDeque;

use crate::cluster::ids::JobId;
use crate::control::config::TtlAfterFinishedConfig;
use crate::control::context::Context;
use crate::control::event::{Event, TtlEvent};
use crate::control::rate_limit::TokenBucket;

/// The TTL controller.
#[derive(Debug)]
pub struct TtlAfterFinished {
    client: TokenBucket,
    queue: VecDeque<JobId>,
    idle_workers: u32,
}

impl TtlAfterFinished {
    /// A controller at rest.
    #[must_use]
    pub fn new(config: &TtlAfterFinishedConfig) -> Self {
        Self {
            client: TokenBucket::new(config.client),
            queue: VecDeque::new(),
            idle_workers: config.concurrent_syncs.max(1),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: TtlEvent, ctx: &mut Context<'_>) {
        match event {
            // Another time than the one that was meant when the Job ended may count by now.
            TtlEvent::Due(job) => {
                let changed = ctx.store.ttl_changed.get(&job);
                if changed.is_none_or(|due| *due <= ctx.now) {
                    self.queue.push_back(job);
                }
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
            let Some(job) = self.queue.pop_front() else { return };
            self.idle_workers -= 1;
            self.send(Event::Ttl(TtlEvent::Read(job)), ctx);
        }
    }

    fn send(&mut self, done: Event, ctx: &mut Context<'_>) {
        let sent = self.client.take(ctx.now);
        let at = ctx.written(sent);
        ctx.at(at, done);
    }
}
