//! What the scheduler does by the clock: pods leave back-off, and those that waited for too long are tried again.

use crate::control::context::Context;
use crate::control::event::{Event, SchedulerEvent};
use crate::control::scheduler::cycle::{Queue, Scheduler};
use crate::kernel::SimTime;

impl Scheduler {
    /// Whether a pod that nothing moves may fit when it is tried again for having waited too long.
    #[must_use]
    pub fn has_hope(&self, now: SimTime) -> bool {
        now < self.hope_until
    }

    pub(super) fn flush_unschedulable(&mut self, ctx: &mut Context<'_>) {
        self.flush_unschedulable_armed = false;
        if let Queue::Literal(queue) = &mut self.queue {
            queue.flush_unschedulable(ctx.now, ctx.config.scheduler.pod_max_in_unschedulable_pods);
        }
        self.arm_unschedulable_flush(ctx);
        self.wake(ctx);
    }

    pub(super) fn flush_backoff(&mut self, ctx: &mut Context<'_>) {
        if let Queue::Literal(queue) = &mut self.queue {
            queue.flush_backoff(ctx.now);
        }
        self.arm_backoff_flush(ctx);
        self.wake(ctx);
    }

    /// Pods that only retry after an error do not keep a run going: nothing will come of it unless somebody adds a node.
    pub(super) fn arm_backoff_flush(&mut self, ctx: &mut Context<'_>) {
        let Queue::Literal(queue) = &self.queue else { return };
        if !queue.has_backoff() {
            return;
        }
        let vain = queue.has_only_errors() && !self.placer.has_nodes();
        if !vain && self.flush_backoff_at < SimTime::MAX {
            // It comes at the next whole second already.
            return;
        }
        let Some(at) = queue.next_flush(ctx.now) else { return };
        if vain {
            if at < self.retry_errors_at {
                self.retry_errors_at = at;
                ctx.at(at, Event::Scheduler(SchedulerEvent::RetryErrors));
            }
        } else if at < self.flush_backoff_at {
            self.flush_backoff_at = at;
            ctx.at(at, Event::Scheduler(SchedulerEvent::FlushBackoff));
        }
    }

    pub(super) fn arm_unschedulable_flush(&mut self, ctx: &mut Context<'_>) {
        let Queue::Literal(queue) = &self.queue else { return };
        if queue.has_unschedulable() && !self.flush_unschedulable_armed {
            self.flush_unschedulable_armed = true;
            let period = ctx.config.scheduler.unschedulable_flush_period;
            ctx.after(period, Event::Scheduler(SchedulerEvent::FlushUnschedulable));
        }
    }
}
