//! Which pods a Job gives up when it has too many (`pkg/controller/job/job_controller.go: activePodsForRemoval`,
//! `pkg/controller/controller_utils.go: ActivePods`).

use std::cmp::Reverse;

use crate::cluster::pod::PodPhase;
use crate::cluster::{JobId, NodeId, PodId};
use crate::control::context::Context;
use crate::kernel::WallTime;
use crate::kernel::random::{Purpose, stream};

/// The active pods of `job` that go, in this order: those whose index is none of the Job's any more, and as many others as
/// make `at_least`.
pub(super) fn pods_to_delete(job: JobId, at_least: usize, ctx: &Context<'_>) -> Vec<PodId> {
    let spec = ctx.store.job_spec(job);
    let indexed = spec.is_indexed();
    let mut active = Vec::new();
    let mut next = ctx.store.jobs[job.index()].pods.0;
    while let Some(pod) = next.some() {
        let record = &ctx.store.pods[pod.index()];
        if record.is_active() {
            active.push(pod);
        }
        next = record.next_of_owner;
    }
    let index = |pod: &PodId| ctx.store.pods[pod.index()].completion_index;
    let mut removed = Vec::new();
    if indexed {
        active.sort_by_key(index);
        let valid = active.partition_point(|pod| index(pod) < spec.completions.unwrap_or(0));
        removed = active.split_off(valid);
    }
    if let Some(more) = at_least.checked_sub(removed.len()).filter(|more| *more > 0) {
        active.sort_by_cached_key(|pod| (rank(*pod, ctx), chance(*pod, indexed, ctx)));
        removed.extend(active.into_iter().take(more));
    }
    removed
}

/// The pod with the least rank goes first: without a node, Pending, not Ready, Ready for the shortest time, restarted most,
/// youngest.
type Rank = (bool, bool, bool, Reverse<WallTime>, Reverse<u16>, Reverse<WallTime>);

fn rank(pod: PodId, ctx: &Context<'_>) -> Rank {
    let record = &ctx.store.pods[pod.index()];
    let delay = ctx.store.template(pod).behaviour.ready_delay;
    // The write that shows Ready follows the containers' start, or the delay after it.
    let ready_since = if record.ready {
        ctx.config.api_time(record.started + delay + ctx.config.api_latency)
    } else {
        WallTime::MAX
    };
    (
        record.node != NodeId::NONE,
        record.phase != PodPhase::Pending,
        record.ready,
        Reverse(ready_since),
        Reverse(record.restarts),
        Reverse(ctx.config.api_time(record.created)),
    )
}

/// Pods of equal rank go in the order of their indexes; without indexes in the order in which the informer's map gives them,
/// which is by chance.
fn chance(pod: PodId, indexed: bool, ctx: &Context<'_>) -> u64 {
    /// Keeps these draws apart from those of names.
    const REMOVAL: u64 = 1 << 61;
    if indexed {
        return 0;
    }
    rand::Rng::next_u64(&mut stream(
        ctx.seed,
        Purpose::NameSuffix,
        REMOVAL | u64::from(pod.0),
        0,
    ))
}
