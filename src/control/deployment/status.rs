//! `status` of a Deployment from the statuses of its ReplicaSets, and whether its roll-out gets on
//! (`pkg/controller/deployment/sync.go: calculateStatus`, `progress.go`, `util/deployment_util.go`).

use super::{ReplicaSetView, View};
use crate::cluster::ReplicaSetId;
use crate::cluster::apps::{ConditionStatus, DeploymentCondition, DeploymentReason, DeploymentStatus};
use crate::kernel::SimTime;

/// A condition with `reason`, written now.
pub(super) const fn condition(
    reason: DeploymentReason,
    replica_set: ReplicaSetId,
    now: SimTime,
) -> DeploymentCondition {
    DeploymentCondition {
        reason,
        replica_set,
        last_update: now,
        last_transition: now,
    }
}

/// Sets a condition unless one of the same status and reason is there; the time of transition stays if the status does
/// (`SetDeploymentCondition`).
pub(super) fn set(current: &mut Option<DeploymentCondition>, new: DeploymentCondition) {
    let same_status = current.filter(|c| c.status() == new.status());
    if same_status.is_some_and(|c| c.reason == new.reason) {
        return;
    }
    *current = Some(DeploymentCondition {
        last_transition: same_status.map_or(new.last_transition, |c| c.last_transition),
        ..new
    });
}

/// Sum of one figure over ReplicaSets.
pub(super) fn sum(sets: &[ReplicaSetView], of: impl Fn(&ReplicaSetView) -> u32) -> u32 {
    sets.iter().map(of).fold(0, u32::saturating_add)
}

/// The status that the ReplicaSets' statuses make (`calculateStatus`). `before` is the present one, whose conditions are kept.
pub(super) fn calculate(
    view: &View,
    sets: &[ReplicaSetView],
    new: Option<usize>,
    before: &DeploymentStatus,
) -> DeploymentStatus {
    let available = sum(sets, |rs| rs.status.available_replicas);
    let mut status = DeploymentStatus {
        observed_generation: view.generation,
        replicas: sum(sets, |rs| rs.status.replicas),
        updated_replicas: new.map_or(0, |new| sets[new].status.replicas),
        ready_replicas: sum(sets, |rs| rs.status.ready_replicas),
        available_replicas: available,
        unavailable_replicas: sum(sets, |rs| rs.replicas).saturating_sub(available),
        terminating_replicas: Some(sum(sets, |rs| rs.status.terminating_replicas.unwrap_or(0))),
        available: before.available,
        progressing: before.progressing,
        replica_failure: before.replica_failure,
    };
    let reason = if available >= view.strategy.min_available(view.replicas) {
        DeploymentReason::MinimumReplicasAvailable
    } else {
        DeploymentReason::MinimumReplicasUnavailable
    };
    set(
        &mut status.available,
        condition(reason, ReplicaSetId::NONE, view.api_now),
    );
    status
}

/// Whether the roll-out is over: all pods are of the new template and available (`DeploymentComplete`).
pub(super) const fn is_complete(view: &View, status: &DeploymentStatus) -> bool {
    status.updated_replicas == view.replicas
        && status.replicas == view.replicas
        && status.available_replicas == view.replicas
        && status.observed_generation >= view.generation
}

/// Whether anything moved towards that since the status before (`DeploymentProgressing`).
fn is_progressing(before: &DeploymentStatus, now: &DeploymentStatus) -> bool {
    let old = |status: &DeploymentStatus| i64::from(status.replicas) - i64::from(status.updated_replicas);
    now.updated_replicas > before.updated_replicas
        || old(now) < old(before)
        || now.ready_replicas > before.ready_replicas
        || now.available_replicas > before.available_replicas
}

/// Whether nothing moved for `progressDeadlineSeconds` (`DeploymentTimedOut`).
fn is_timed_out(view: &View, status: &DeploymentStatus) -> bool {
    let (Some(deadline), Some(current)) = (view.progress_deadline, status.progressing) else {
        return false;
    };
    match current.reason {
        DeploymentReason::NewReplicaSetAvailable => false,
        DeploymentReason::ProgressDeadlineExceeded => true,
        DeploymentReason::NewReplicaSetCreated
        | DeploymentReason::FoundNewReplicaSet
        | DeploymentReason::ReplicaSetUpdated
        | DeploymentReason::DeploymentPaused
        | DeploymentReason::DeploymentResumed
        | DeploymentReason::MinimumReplicasAvailable
        | DeploymentReason::MinimumReplicasUnavailable => current.last_update + deadline < view.now,
    }
}

/// The ReplicaSet whose condition ReplicaFailure is the Deployment's: the new one, else the oldest that has it
/// (`progress.go: getReplicaFailures`). One that the sync is about to make has none.
fn failing(sets: &[ReplicaSetView], new: Option<usize>) -> Option<ReplicaSetId> {
    let new = new.map(|new| &sets[new]);
    let mut all = new.into_iter().chain(sets);
    all.find(|rs| rs.status.failed_create).map(|rs| rs.id)
}

/// The status of a roll-out, with conditions Progressing and ReplicaFailure (`syncRolloutStatus`).
pub(super) fn of_roll_out(
    view: &View,
    sets: &[ReplicaSetView],
    new: Option<usize>,
    before: &DeploymentStatus,
) -> DeploymentStatus {
    let mut status = progress(view, sets, new, before);
    let failing = failing(sets, new);
    // The condition stays as it is while there is one.
    status.replica_failure = failing.and(before.replica_failure).or(failing);
    status
}

/// The status with condition Progressing.
fn progress(view: &View, sets: &[ReplicaSetView], new: Option<usize>, before: &DeploymentStatus) -> DeploymentStatus {
    let mut status = calculate(view, sets, new, before);
    if view.progress_deadline.is_none() {
        status.progressing = None;
        return status;
    }
    let current = before.progressing;
    let was_complete = current.is_some_and(|c| c.reason == DeploymentReason::NewReplicaSetAvailable);
    if was_complete && status.replicas == status.updated_replicas {
        return status;
    }
    let named = new.map_or(ReplicaSetId::NONE, |new| sets[new].id);
    let with = |reason| condition(reason, named, view.api_now);
    if is_complete(view, &status) {
        set(&mut status.progressing, with(DeploymentReason::NewReplicaSetAvailable));
    } else if is_progressing(before, &status) {
        let mut updated = with(DeploymentReason::ReplicaSetUpdated);
        if let Some(current) = current.filter(|c| c.status() == ConditionStatus::True) {
            updated.last_transition = current.last_transition;
        }
        // Told again with a new time whenever something moved.
        status.progressing = Some(updated);
    } else if is_timed_out(view, &status) {
        set(
            &mut status.progressing,
            with(DeploymentReason::ProgressDeadlineExceeded),
        );
    }
    status
}

/// When somebody must look again whether the roll-out is stuck: a second after the deadline, or at once if that is less than a
/// second away (`requeueStuckDeployment`).
pub(super) fn look_again(view: &View, status: &DeploymentStatus) -> Option<SimTime> {
    let (deadline, current) = (view.progress_deadline?, status.progressing?);
    if is_complete(view, status) || current.reason == DeploymentReason::ProgressDeadlineExceeded {
        return None;
    }
    Some((current.last_update + deadline).max(view.now) + crate::kernel::SimDuration::from_secs(1))
}
