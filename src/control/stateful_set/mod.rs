//! Decisions of the StatefulSet controller that need nothing but their arguments
//! (`pkg/controller/statefulset/stateful_set_control.go`).

use crate::cluster::PodId;
use crate::cluster::apps::StatefulSetStatus;
use crate::cluster::spec::StatefulSetUpdate;
use crate::control::replica_set::slow_start;

/// What a sync sees of a StatefulSet when it begins.
#[derive(Clone, Debug)]
pub struct View {
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.ordinals.start`.
    pub start: u32,
    /// `spec.podManagementPolicy` is Parallel.
    pub parallel: bool,
    /// `spec.updateStrategy`.
    pub update_strategy: StatefulSetUpdate,
    /// The revision from which the present update began.
    pub current: usize,
    /// The revision of the present template.
    pub update: usize,
    /// `metadata.generation`.
    pub generation: u32,
    /// `status`.
    pub status: StatefulSetStatus,
    /// The pods that exist, by ordinal.
    pub pods: Vec<PodView>,
    /// Pods handled at once at most (`MaxBatchSize`).
    pub max_batch: u32,
}

/// What a sync sees of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Which pod it is.
    pub pod: PodId,
    /// Its ordinal.
    pub ordinal: u32,
    /// Its revision.
    pub revision: usize,
    /// It is Running and Ready, maybe still while it is being deleted.
    pub ready: bool,
    /// It has been for `minReadySeconds`.
    pub available: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// It is Failed or Succeeded.
    pub ended: bool,
}

impl PodView {
    const fn is_unavailable(&self) -> bool {
        !self.available || self.terminating
    }
}

/// An API call of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// POST of a pod.
    Create {
        /// Its ordinal.
        ordinal: u32,
        /// Its revision.
        revision: usize,
    },
    /// DELETE of a pod.
    Delete(PodId),
    /// PUT of the status.
    Status(StatefulSetStatus),
}

/// Works out a sync: calls in groups, one group after another, those of a group at once.
#[must_use]
pub fn plan(view: &View) -> Vec<Vec<Call>> {
    let mut status = count(view);
    let mut groups = groups(view, &mut status);
    complete_update(view, &mut status);
    if status != view.status {
        groups.push(vec![Call::Status(status)]);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The status that the pods make (`updateStatus`).
fn count(view: &View) -> StatefulSetStatus {
    let number = |what: &dyn Fn(&PodView) -> bool| view.pods.iter().filter(|pod| what(pod)).count() as u32;
    StatefulSetStatus {
        observed_generation: view.generation,
        replicas: number(&|_| true),
        ready_replicas: number(&|pod| pod.ready),
        available_replicas: number(&|pod| pod.available),
        current_replicas: number(&|pod| !pod.terminating && pod.revision == view.current),
        updated_replicas: number(&|pod| !pod.terminating && pod.revision == view.update),
        current: view.current,
        update: view.update,
    }
}

/// An update is over when all pods are of the new revision and Ready (`completeRollingUpdate`).
const fn complete_update(view: &View, status: &mut StatefulSetStatus) {
    let wanted = view.replicas;
    if matches!(view.update_strategy, StatefulSetUpdate::RollingUpdate { .. })
        && status.updated_replicas == wanted
        && status.ready_replicas == wanted
        && status.replicas == wanted
    {
        status.current_replicas = status.updated_replicas;
        status.current = status.update;
    }
}

/// What is done about the pods (`updateStatefulSet`).
fn groups(view: &View, status: &mut StatefulSetStatus) -> Vec<Vec<Call>> {
    let end = view.start.saturating_add(view.replicas);
    let in_range = |pod: &&PodView| (view.start..end).contains(&pod.ordinal);
    let find = |ordinal: u32| {
        let place = view.pods.binary_search_by_key(&ordinal, |pod| pod.ordinal);
        place.ok().map(|place| &view.pods[place])
    };
    // Those to go, the highest first.
    let condemned: Vec<&PodView> = view.pods.iter().rev().filter(|pod| !in_range(pod)).collect();
    let mut done = Vec::new();
    if view.parallel {
        let calls: Vec<Option<Call>> = (view.start..end)
            .map(|ordinal| tend(view, ordinal, find(ordinal)).0)
            .collect();
        done.extend(batches(&calls, view.max_batch));
        let calls: Vec<Option<Call>> = condemned
            .iter()
            .map(|pod| (!pod.terminating).then_some(Call::Delete(pod.pod)))
            .collect();
        done.extend(batches(&calls, view.max_batch));
    } else {
        for ordinal in view.start..end {
            let (call, goes_on) = tend(view, ordinal, find(ordinal));
            done.extend(call.map(|call| vec![call]));
            if !goes_on {
                return done;
            }
        }
        if let Some(last) = condemned.first() {
            done.extend(condemn(last, &condemned).map(|call| vec![call]));
            return done;
        }
    }
    if let Some(pod) = outdated(view, find) {
        status.current_replicas = status.current_replicas.saturating_sub(1);
        done.push(vec![Call::Delete(pod)]);
    }
    done
}

/// What is done about one ordinal, and whether OrderedReady goes on to the next (`processReplica`).
fn tend(view: &View, ordinal: u32, pod: Option<&PodView>) -> (Option<Call>, bool) {
    let Some(pod) = pod else {
        let revision = match view.update_strategy {
            StatefulSetUpdate::RollingUpdate { partition } if ordinal < view.start.saturating_add(partition) => {
                view.current
            }
            StatefulSetUpdate::RollingUpdate { .. } | StatefulSetUpdate::OnDelete => view.update,
        };
        return (Some(Call::Create { ordinal, revision }), false);
    };
    if pod.ended {
        return ((!pod.terminating).then_some(Call::Delete(pod.pod)), false);
    }
    (None, !pod.is_unavailable())
}

/// What OrderedReady does about the pods to go: the highest, unless another one is unhealthy (`processCondemned`).
fn condemn(pod: &PodView, condemned: &[&PodView]) -> Option<Call> {
    // All pods that stay are healthy, or the sync would not have come here.
    let first_unhealthy = condemned.iter().rev().find(|pod| pod.is_unavailable());
    let is_blocked = !pod.available && first_unhealthy.is_some_and(|first| first.pod != pod.pod);
    (!pod.terminating && !is_blocked).then_some(Call::Delete(pod.pod))
}

/// The pod that a rolling update replaces next: the highest of an old revision, while none above it is unhealthy.
fn outdated<'a>(view: &View, find: impl Fn(u32) -> Option<&'a PodView>) -> Option<PodId> {
    let StatefulSetUpdate::RollingUpdate { partition } = view.update_strategy else {
        return None;
    };
    for target in (partition..view.replicas).rev() {
        // One that is about to be made is neither old nor healthy.
        let pod = find(view.start + target)?;
        if pod.revision != view.update && !pod.terminating {
            return Some(pod.pod);
        }
        if pod.is_unavailable() {
            return None;
        }
    }
    None
}

/// Parallel: calls in batches of 1, 2, 4, … places, places without a call included (`slowStartBatch`).
fn batches(calls: &[Option<Call>], most: u32) -> Vec<Vec<Call>> {
    let mut rest = calls;
    let mut groups = Vec::new();
    for size in slow_start::batches(calls.len() as u32) {
        let mut batch;
        let mut left = size as usize;
        while left > 0 {
            (batch, rest) = rest.split_at(left.min(most.max(1) as usize).min(rest.len()));
            left -= batch.len();
            groups.push(batch.iter().flatten().copied().collect());
        }
    }
    groups
}

#[cfg(test)]
mod tests;
