//! Refusals in a row. When room is made, all pods that wait are tried again, and nearly all are refused as the pod before them
//! was: nothing changed in between. Such an attempt does what [`Scheduler::run`] would do, without asking the plugins.

use crate::cluster::{PodId, PodTemplateId, Store};
use crate::control::context::Context;
use crate::control::scheduler::cycle::{Queue, Scheduler};
use crate::control::scheduler::hints::Rejectors;

/// How pods of one template were refused last, without anybody making room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    pub template: PodTemplateId,
    /// [`Placer::version`](crate::control::scheduler::Placer::version) then.
    pub version: (u64, u64),
    pub rejectors: Rejectors,
    pub message: u64,
}

impl Scheduler {
    /// Refuses `pod`, whose turn it is, if it is refused as the one before was, and nothing happens meanwhile; says whether it
    /// did. Nothing is changed if not.
    pub(super) fn refuse_again(&mut self, pod: PodId, ctx: &mut Context<'_>) -> bool {
        let Some(again) = self.again else { return false };
        let Queue::Literal(queue) = &mut self.queue else {
            return false;
        };
        let told = self.message.get(pod.index()).copied();
        let alike = ctx.store.pods[pod.index()].template == again.template
            && told == Some(again.message)
            && self.placer.version() == again.version
            && self.nominator.is_empty()
            && ctx.store.pins.is_empty()
            && !ctx.config.scheduler.literal_queue
            && !ctx.observer.wants_attempts();
        let started = ctx.now;
        let cycle_time = ctx.config.scheduler.cycle_time;
        if !alike || !(cycle_time.is_zero() || ctx.skip_to(started + cycle_time)) {
            return false;
        }
        self.placer.pass_cycle(started);
        self.moved_in_flight = false;
        queue.fail(pod, ctx.now, again.rejectors, false);
        self.arm_backoff_flush(ctx);
        self.arm_unschedulable_flush(ctx);
        true
    }
}

/// Fetches the record of the pod that is tried next while the present one is: among many that wait it is far away.
pub(super) fn queue_ahead(queue: &Queue, store: &Store) {
    if let Queue::Literal(queue) = queue
        && let Some(next) = queue.upcoming()
    {
        std::hint::black_box(store.pods[next.index()].phase);
    }
}
