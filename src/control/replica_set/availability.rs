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
        match available_from(*pod, *ready_changed, min_ready, ctx) {
            Some(at) if at <= ctx.now => available += 1,
            Some(at) => next = Some(next.map_or(at, |next| next.min(at))),
            None => {}
        }
    }
    (available, next)
}

/// Whether an active pod has been Ready for `min_ready`.
#[must_use]
pub fn is_available(pod: PodId, ready_changed: SimTime, min_ready: SimDuration, ctx: &Context<'_>) -> bool {
    available_from(pod, ready_changed, min_ready, ctx).is_some_and(|at| at <= ctx.now)
}

/// When an active pod that is Ready was or will be available. Ready's `lastTransitionTime` is in whole seconds.
#[must_use]
pub fn available_from(
    pod: PodId,
    ready_changed: SimTime,
    min_ready: SimDuration,
    ctx: &Context<'_>,
) -> Option<SimTime> {
    let record = &ctx.store.pods[pod.index()];
    (record.is_active() && record.ready).then(|| ctx.config.api_instant(ready_changed) + min_ready)
}
