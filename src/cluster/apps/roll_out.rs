//! Roll-outs: since when a workload changes over to its present template, and when that was done
//! (`staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go`).

use crate::cluster::Store;
use crate::cluster::ids::WorkloadId;
use crate::cluster::spec::{DaemonSetUpdate, StatefulSetUpdate};
use crate::kernel::{SimDuration, SimTime};

/// The last roll-out of a workload, its first one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollOut {
    /// When the API server had the template.
    pub begun: SimTime,
    /// When the status said for the first time that all pods are of it and available.
    pub ended: Option<SimTime>,
}

impl RollOut {
    /// How long it took; `None`: it is not over.
    #[must_use]
    pub fn duration(&self) -> Option<SimDuration> {
        self.ended.map(|ended| ended.since(self.begun))
    }
}

impl Store {
    /// `workload` gets another template, or is new.
    pub fn begin_roll_out(&mut self, workload: WorkloadId, now: SimTime) {
        let begun = RollOut {
            begun: now,
            ended: None,
        };
        self.roll_outs.insert(workload, begun);
    }

    /// The status of `workload` was written: its roll-out may be over.
    pub fn note_roll_out(&mut self, workload: WorkloadId, now: SimTime) {
        if self.is_part_of_another(workload) || !self.is_rolled_out(workload) {
            return;
        }
        let created = match workload {
            WorkloadId::Deployment(id) => self.deployments[id.index()].created,
            WorkloadId::ReplicaSet(id) => self.replica_sets[id.index()].created,
            WorkloadId::StatefulSet(id) => self.stateful_sets[id.index()].created,
            WorkloadId::DaemonSet(id) => self.daemon_sets[id.index()].created,
        };
        let first = RollOut {
            begun: created,
            ended: None,
        };
        let roll_out = self.roll_outs.entry(workload).or_insert(first);
        roll_out.ended = roll_out.ended.or(Some(now));
    }

    /// Whether `kubectl rollout status` would be content; of a ReplicaSet, whether it has its pods.
    fn is_rolled_out(&self, workload: WorkloadId) -> bool {
        match workload {
            WorkloadId::Deployment(id) => {
                let (set, wanted) = (
                    &self.deployments[id.index()],
                    self.deployments[id.index()].spec.replicas,
                );
                let status = &set.status;
                status.observed_generation >= set.generation
                    && status.updated_replicas >= wanted
                    && status.replicas <= status.updated_replicas
                    && status.available_replicas >= status.updated_replicas
            }
            WorkloadId::ReplicaSet(id) => {
                let set = &self.replica_sets[id.index()];
                set.status.observed_generation >= set.generation && set.status.available_replicas >= set.spec.replicas
            }
            WorkloadId::StatefulSet(id) => {
                let (set, wanted) = (
                    &self.stateful_sets[id.index()],
                    self.stateful_sets[id.index()].spec.replicas,
                );
                let status = &set.status;
                let is_updated = match set.spec.update {
                    StatefulSetUpdate::OnDelete | StatefulSetUpdate::RollingUpdate { partition: 0 } => {
                        status.updated_replicas >= wanted
                    }
                    StatefulSetUpdate::RollingUpdate { partition } => {
                        status.updated_replicas >= wanted.saturating_sub(partition)
                    }
                };
                status.observed_generation >= set.generation && is_updated && status.available_replicas >= wanted
            }
            WorkloadId::DaemonSet(id) => {
                let set = &self.daemon_sets[id.index()];
                let (status, wanted) = (&set.status, set.status.desired_number_scheduled);
                let is_updated =
                    matches!(set.spec.update, DaemonSetUpdate::OnDelete) || status.updated_number_scheduled >= wanted;
                status.observed_generation >= set.generation && is_updated && status.number_available >= wanted
            }
        }
    }

    /// Pods of the present template, as the status of `workload` counts them; a ReplicaSet has no such count.
    #[must_use]
    pub fn updated_pods(&self, workload: WorkloadId) -> Option<u32> {
        match workload {
            WorkloadId::Deployment(id) => Some(self.deployments[id.index()].status.updated_replicas),
            WorkloadId::ReplicaSet(_) => None,
            WorkloadId::StatefulSet(id) => Some(self.stateful_sets[id.index()].status.updated_replicas),
            WorkloadId::DaemonSet(id) => Some(self.daemon_sets[id.index()].status.updated_number_scheduled),
        }
    }

    /// Pods that were Ready for `minReadySeconds`, as the status of `workload` counts them.
    #[must_use]
    pub fn available_pods(&self, workload: WorkloadId) -> u32 {
        match workload {
            WorkloadId::Deployment(id) => self.deployments[id.index()].status.available_replicas,
            WorkloadId::ReplicaSet(id) => self.replica_sets[id.index()].status.available_replicas,
            WorkloadId::StatefulSet(id) => self.stateful_sets[id.index()].status.available_replicas,
            WorkloadId::DaemonSet(id) => self.daemon_sets[id.index()].status.number_available,
        }
    }
}
