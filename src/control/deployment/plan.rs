//! What one sync of a Deployment does (`pkg/controller/deployment/deployment_controller.go: syncDeployment`, `sync.go`,
//! `rolling.go`, `recreate.go`): all its API calls in order, worked out from what the informers showed at its beginning.

use super::proportional::{Share, sizes};
use super::rollout::{self, new_replica_set_size};
use super::status::{calculate, condition, is_complete, look_again, of_roll_out, set, sum};
use super::{ReplicaSetView, View};
use crate::cluster::ReplicaSetId;
use crate::cluster::apps::{DeploymentReason, DeploymentStatus, ReplicaSetStatus};
use crate::cluster::spec::DeploymentStrategy;
use crate::kernel::SimTime;

/// An API call of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// POST of a ReplicaSet of the present template. In what follows it goes by `NONE`.
    Create {
        /// Its `spec.replicas`.
        replicas: u32,
        /// Its revision.
        revision: u32,
    },
    /// PUT of a ReplicaSet with another size, or other annotations of sizes.
    Resize(ReplicaSetId, u32),
    /// PUT of a ReplicaSet with another revision and the Deployment's `minReadySeconds`.
    Revise(ReplicaSetId, u32),
    /// DELETE of a ReplicaSet.
    Delete(ReplicaSetId),
    /// PUT of the Deployment's status, with its revision.
    Status(DeploymentStatus, u32),
    /// A PUT of an object that the sync itself changed before: the API server refuses it (409 Conflict).
    Conflict,
}

/// A sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Its calls, one after another.
    pub calls: Vec<Call>,
    /// The sync ends with an error and is tried again, at the rate of retries.
    pub failed: bool,
    /// When to look whether the roll-out is stuck, if nothing happens before.
    pub look_again: Option<SimTime>,
}

/// Works out a sync.
#[must_use]
pub fn plan(view: &View) -> Plan {
    let mut draft = Draft {
        view,
        sets: view.sets.clone(),
        new: view.new,
        status: view.status,
        revision: view.revision,
        status_written: false,
        plan: Plan::default(),
    };
    draft.check_paused();
    if view.paused {
        draft.scale_only();
    } else if draft.sync_revision() {
        if draft.is_scaling_event() {
            draft.scale_only();
        } else {
            match view.strategy {
                DeploymentStrategy::Recreate => draft.recreate(),
                DeploymentStrategy::RollingUpdate { .. } => draft.roll(),
            }
        }
    }
    draft.plan
}

/// A plan in the making. Sizes in `sets` stay as they were seen, as the real controller's copies do.
struct Draft<'a> {
    view: &'a View,
    sets: Vec<ReplicaSetView>,
    new: Option<usize>,
    /// The status as the sync knows it.
    status: DeploymentStatus,
    revision: u32,
    /// The sync wrote the Deployment's status before its end, so that its copy is out of date.
    status_written: bool,
    plan: Plan,
}

impl Draft<'_> {
    fn call(&mut self, call: Call) {
        self.plan.calls.push(call);
    }
    /// PUT of the status in the middle of a sync; its answer is thrown away. Says whether the sync goes on.
    fn write_early(&mut self) -> bool {
        self.write_status(self.status);
        !std::mem::replace(&mut self.status_written, true)
    }
    /// PUT of the status.
    fn write_status(&mut self, status: DeploymentStatus) {
        if self.status_written {
            self.plan.failed = true;
            self.call(Call::Conflict);
        } else {
            self.call(Call::Status(status, self.revision));
        }
    }

    /// Condition Progressing when the Deployment is paused or resumed (`checkPausedConditions`).
    fn check_paused(&mut self) {
        let current = self.status.progressing.map(|c| c.reason);
        if self.view.progress_deadline.is_none() || current == Some(DeploymentReason::ProgressDeadlineExceeded) {
            return;
        }
        let is_noted = current == Some(DeploymentReason::DeploymentPaused);
        let reason = match (self.view.paused, is_noted) {
            (true, false) => DeploymentReason::DeploymentPaused,
            (false, true) => DeploymentReason::DeploymentResumed,
            (true, true) | (false, false) => return,
        };
        let new = condition(reason, ReplicaSetId::NONE, self.view.api_now);
        set(&mut self.status.progressing, new);
        // Nothing was written before, so this is no conflict.
        let _ = self.write_early();
    }

    /// Brings revisions up to date (`getAllReplicaSetsAndSyncRevision` without creating); says whether the sync goes on.
    fn sync_revision(&mut self) -> bool {
        let Some(new) = self.new else { return true };
        let set_now = self.sets[new];
        let revision = self.next_revision();
        if revision > set_now.revision || set_now.min_ready != self.view.min_ready {
            // The sync asks for it twice, with the same copy.
            self.call(Call::Revise(set_now.id, revision.max(set_now.revision)));
            self.call(Call::Conflict);
            self.plan.failed = true;
            return false;
        }
        let mut needs_update = self.revision != set_now.revision;
        self.revision = set_now.revision;
        if self.view.progress_deadline.is_some() && self.status.progressing.is_none() {
            let found = condition(DeploymentReason::FoundNewReplicaSet, set_now.id, self.view.api_now);
            self.status.progressing = Some(found);
            needs_update = true;
        }
        !needs_update || self.write_early()
    }

    /// One above the highest revision of the old ReplicaSets.
    fn next_revision(&self) -> u32 {
        let old = self.sets.iter().enumerate().filter(|(i, _)| Some(*i) != self.new);
        old.map(|(_, rs)| rs.revision).max().unwrap_or(0) + 1
    }

    /// Whether the size wanted is another than when the ReplicaSets were last sized (`isScalingEvent`).
    fn is_scaling_event(&self) -> bool {
        let mut active = self.sets.iter().filter(|rs| rs.replicas > 0);
        active.any(|rs| rs.desired_replicas != self.view.replicas)
    }

    /// The most pods there may be, as ReplicaSets are annotated.
    fn max_replicas(&self) -> u32 {
        let surge = self.view.strategy.fenceposts(self.view.replicas).max_surge;
        self.view.replicas.saturating_add(surge)
    }

    /// Gives a ReplicaSet another size, and says whether it was another (`scaleReplicaSetAndRecordEvent`).
    fn resize(&mut self, which: usize, size: u32) -> bool {
        let changes = self.sets[which].replicas != size;
        if changes {
            self.call(Call::Resize(self.sets[which].id, size));
        }
        changes
    }

    /// Places of the old ReplicaSets that have a size, the oldest first.
    fn active_old(&self) -> Vec<usize> {
        let all = 0..self.sets.len();
        all.filter(|i| Some(*i) != self.new && self.sets[*i].replicas > 0)
            .collect()
    }

    /// Only the size changes, no roll-out (`sync`).
    fn scale_only(&mut self) {
        if self.view.paused && !self.sync_revision() {
            return;
        }
        self.scale();
        if self.view.paused {
            self.clean_up();
        }
        let status = calculate(self.view, &self.sets, self.new, &self.status);
        if status != self.status {
            self.write_status(status);
        }
    }

    /// `scale`.
    fn scale(&mut self) {
        let replicas = self.view.replicas;
        let active: Vec<usize> = (0..self.sets.len()).filter(|i| self.sets[*i].replicas > 0).collect();
        // `FindActiveOrLatest`
        let only = match active.as_slice() {
            [] => self.new.or_else(|| self.sets.len().checked_sub(1)),
            [one] => Some(*one),
            [..] => None,
        };
        if let Some(only) = only {
            self.resize(only, replicas);
            return;
        }
        let is_saturated = self.new.is_some_and(|new| {
            let rs = &self.sets[new];
            rs.replicas == replicas && rs.desired_replicas == replicas && rs.status.available_replicas == replicas
        });
        if is_saturated {
            for old in self.active_old() {
                self.resize(old, 0);
            }
            return;
        }
        if !matches!(self.view.strategy, DeploymentStrategy::RollingUpdate { .. }) {
            return;
        }
        let shares: Vec<Share> = active.iter().map(|i| share(&self.sets[*i])).collect();
        let surge = self.view.strategy.fenceposts(replicas).max_surge;
        for (which, size) in active.into_iter().zip(sizes(&shares, replicas, surge)) {
            let rs = self.sets[which];
            let is_annotated = rs.desired_replicas == replicas && rs.max_replicas == self.max_replicas();
            if rs.replicas != size || !is_annotated {
                self.call(Call::Resize(rs.id, size));
            }
        }
    }

    /// Makes the ReplicaSet of the present template; says whether the sync goes on (`getNewReplicaSet`).
    fn create(&mut self) -> bool {
        let (sum, revision) = (sum(&self.sets, |rs| rs.replicas), self.next_revision());
        let replicas = new_replica_set_size(self.view.strategy, self.view.replicas, 0, sum);
        self.call(Call::Create { replicas, revision });
        self.new = Some(self.sets.len());
        self.sets.push(ReplicaSetView {
            id: ReplicaSetId::NONE,
            replicas,
            min_ready: self.view.min_ready,
            revision,
            desired_replicas: self.view.replicas,
            max_replicas: self.max_replicas(),
            generation: 1,
            status: ReplicaSetStatus::default(),
            has_pods: false,
        });
        self.revision = revision;
        if self.view.progress_deadline.is_some() {
            let created = condition(
                DeploymentReason::NewReplicaSetCreated,
                ReplicaSetId::NONE,
                self.view.api_now,
            );
            set(&mut self.status.progressing, created);
        }
        self.write_early()
    }

    /// `rolloutRolling`.
    fn roll(&mut self) {
        if self.new.is_none() && !self.create() {
            return;
        }
        let new = self.new.expect("it is there, or was made just now");
        let old: u32 = sum(&self.sets, |rs| rs.replicas) - self.sets[new].replicas;
        let (replicas, present) = (self.view.replicas, self.sets[new].replicas);
        let size = new_replica_set_size(self.view.strategy, replicas, present, old);
        if !self.resize(new, size) && !self.shrink_old(new) && is_complete(self.view, &self.status) {
            self.clean_up();
        }
        self.end_roll_out();
    }

    /// Takes pods of old ReplicaSets away as far as availability allows; says whether it took any (`reconcileOldReplicaSets`).
    fn shrink_old(&mut self, new: usize) -> bool {
        let old = self.active_old();
        let seen = |i: &usize| rollout::Old {
            replicas: self.sets[*i].replicas,
            available: self.sets[*i].status.available_replicas,
        };
        let sizes: Vec<rollout::Old> = old.iter().map(seen).collect();
        let new = &self.sets[new];
        let all_available = sum(&self.sets, |rs| rs.status.available_replicas);
        let steps = rollout::shrink(
            self.view.strategy,
            self.view.replicas,
            new.replicas,
            new.status.available_replicas,
            all_available,
            &sizes,
        );
        for (which, size) in &steps {
            self.call(Call::Resize(self.sets[old[*which]].id, *size));
        }
        !steps.is_empty()
    }

    /// `rolloutRecreate`.
    fn recreate(&mut self) {
        let old = self.active_old();
        for which in &old {
            self.resize(*which, 0);
        }
        let others = self.sets.iter().enumerate().filter(|(i, _)| Some(*i) != self.new);
        let mut others = others.map(|(_, rs)| rs);
        if !old.is_empty() || others.any(|rs| rs.status.replicas > 0 || rs.has_pods) {
            self.end_roll_out();
            return;
        }
        if let Some(new) = self.new {
            self.resize(new, self.view.replicas);
        } else if !self.create() {
            return;
        }
        if is_complete(self.view, &self.status) {
            self.clean_up();
        }
        self.end_roll_out();
    }

    /// Deletes old ReplicaSets beyond `revisionHistoryLimit`, those of the lowest revision first (`cleanupDeployment`).
    fn clean_up(&mut self) {
        let mut old: Vec<ReplicaSetView> = self
            .sets
            .iter()
            .enumerate()
            .filter_map(|(i, rs)| (Some(i) != self.new).then_some(*rs))
            .collect();
        let too_many = old.len().saturating_sub(self.view.revision_history_limit as usize);
        old.sort_by_key(|rs| rs.revision);
        for rs in &old[..too_many] {
            let is_done = rs.replicas == 0 && rs.status.replicas == 0 && rs.generation <= rs.status.observed_generation;
            if is_done {
                self.call(Call::Delete(rs.id));
            }
        }
    }

    /// `syncRolloutStatus`.
    fn end_roll_out(&mut self) {
        let status = of_roll_out(self.view, &self.sets, self.new, &self.status);
        if status == self.status {
            self.plan.look_again = look_again(self.view, &status);
        } else {
            self.write_status(status);
        }
    }
}

const fn share(rs: &ReplicaSetView) -> Share {
    Share {
        replicas: rs.replicas,
        max_replicas: rs.max_replicas,
    }
}

#[cfg(test)]
mod tests;
