//! Which pods have been Ready for `minReadySeconds` (`pkg/api/v1/pod/util.go: IsPodAvailable`,
//! `pkg/controller/controller_utils.go: FindMinNextPodAvailabilityCheck`).

use crate::cluster::PodId;
use crate::cluster::apps::PodSet;
use crate::control::context::Context;
use crate::kernel::{SimDuration, SimTime};

/// How many of the active pods of `set` are available, and when the next one will be.
#[must_use]
pub fn availability(set: &PodSet, min_ready: SimDuration, ctx: &Context<'_>) -> (u32, Option<SimTime>) {
    if min_ready.is_zero() {
        return (set.ready, None);
    }
    let (mut available, mut next) = (0, None::<SimTime>);
    for (pod, ready_changed) in &set.pods {
        if !ctx.store.pods[pod.index()].is_active() {
            continue;
        }
        match available_from(*pod, *ready_changed, min_ready, ctx) {
            Some(at) if at <= ctx.now => available += 1,
            Some(at) => next = Some(next.map_or(at, |next| next.min(at))),
            None => {}
        }
    }
    (available, next)
}

/// Whether a pod that has not ended shows condition Ready: one that is being deleted does until its containers stop, if it did
/// before.
#[must_use]
pub fn shows_ready(pod: PodId, ctx: &Context<'_>) -> bool {
    let record = &ctx.store.pods[pod.index()];
    let was_ready = record.deleting && ctx.store.deletions.get(&pod).is_some_and(|deletion| deletion.was_ready);
    !record.phase.is_terminal() && (record.ready || was_ready)
}

/// When a pod that shows Ready was or will be available. Ready's `lastTransitionTime` is in whole seconds.
#[must_use]
pub fn available_from(
    pod: PodId,
    ready_changed: SimTime,
    min_ready: SimDuration,
    ctx: &Context<'_>,
) -> Option<SimTime> {
    if !shows_ready(pod, ctx) {
        return None;
    }
    if min_ready.is_zero() {
        return Some(SimTime::ZERO);
    }
    Some(ctx.config.api_instant(ready_changed) + min_ready)
}
