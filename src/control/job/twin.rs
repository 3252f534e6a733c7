//! The slow twin of the index bookkeeping: what the Job controller works out anew in each sync from all pods of an Indexed Job,
//! compared in debug builds with what was kept up to date (`pkg/controller/job/indexed_job_utils.go: firstPendingIndexes,
//! calculateSucceededIndexes, calculateFailedIndexes, getPodsWithDelayedDeletionPerIndex`).

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::pod::{Pod, PodPhase};
use crate::cluster::spec::{JobSpec, PodFailureAction};
use crate::cluster::{JobId, PodId};
use crate::control::context::Context;
use crate::control::job::backoff::finish_time;
use crate::control::job::pod_failure_policy;
use crate::control::job::sync::Sync;

/// `isPodFailed`.
fn is_failed(pod: &Pod, spec: &JobSpec) -> bool {
    pod.phase == PodPhase::Failed
        || !spec.only_replaces_failed_pods() && pod.deleting && pod.phase != PodPhase::Succeeded
}

fn indexes_of<'a>(pods: impl Iterator<Item = &'a Pod>) -> BTreeSet<u32> {
    pods.map(|pod| pod.completion_index).collect()
}

/// Compares after a sync has looked at its pods.
pub(super) fn check(sync: &Sync, ctx: &Context<'_>) {
    let spec = ctx.store.job_spec(sync.job);
    let Some(indexes) = ctx.store.job_indexes.get(&sync.job).filter(|_| spec.is_indexed()) else {
        return;
    };
    let pods: Vec<(PodId, &Pod)> = ctx.store.pods_of_job(sync.job).collect();
    let completions = spec.completions.unwrap_or(0);
    let active = indexes_of(pods.iter().map(|(_, pod)| *pod).filter(|pod| pod.is_active()));
    let mut busy = active.clone();
    if spec.only_replaces_failed_pods() {
        let terminating = |pod: &&Pod| pod.deleting && !pod.phase.is_terminal();
        busy.extend(indexes_of(pods.iter().map(|(_, pod)| *pod).filter(terminating)));
    }
    let done = |index: u32| indexes.completed().contains(index) || indexes.failed().contains(index);
    let pending: Vec<u32> = (0..completions)
        .filter(|index| !done(*index) && !busy.contains(index))
        .collect();
    let kept: Vec<u32> = indexes.pending(usize::MAX, completions).collect();
    // Once the Job is over, a pod may succeed on its way to being deleted; then nobody asks for its index any more.
    if sync.verdict.is_none() {
        assert_eq!(kept, pending, "indexes of {:?} that need a pod", sync.job);
    }
    let tracked = pods
        .iter()
        .filter(|(_, pod)| pod.tracked && pod.completion_index < completions);
    let mut delayed: BTreeMap<u32, PodId> = BTreeMap::new();
    for &(id, pod) in tracked {
        let index = pod.completion_index;
        if pod.phase == PodPhase::Succeeded {
            assert!(indexes.completed().contains(index), "{id:?} succeeded");
        } else if is_failed(pod, spec) {
            check_failed(id, index, sync.job, ctx);
            if spec.backoff_limit_per_index.is_some() && !done(index) && !active.contains(&index) {
                let key = |pod: PodId| (indexes.failures(pod).absolute(), finish_time(pod, ctx));
                let last = delayed.entry(index).or_insert(id);
                let (before, after) = (key(*last), key(id));
                if before.0 <= after.0 && before.1 <= after.1 {
                    *last = id;
                }
            }
        }
    }
    let held: BTreeMap<u32, PodId> = sync
        .delayed
        .iter()
        .map(|(index, place)| (*index, sync.ended[*place].pod))
        .collect();
    assert_eq!(held, delayed, "pods of {:?} that wait for their replacement", sync.job);
}

/// `isIndexFailed`.
fn check_failed(pod: PodId, index: u32, job: JobId, ctx: &Context<'_>) {
    let spec = ctx.store.job_spec(job);
    let Some(limit) = spec.backoff_limit_per_index else {
        return;
    };
    let matched = pod_failure_policy::matched(pod, spec, ctx);
    let indexes = &ctx.store.job_indexes[&job];
    let fails = matched.action == Some(PodFailureAction::FailIndex)
        || matched.is_counted() && indexes.failures(pod).counted >= limit;
    assert!(
        !fails || indexes.failed().contains(index),
        "{pod:?} fails index {index}"
    );
}
