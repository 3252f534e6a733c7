//! Autoscalers that take the same pods for theirs (`pkg/controller/podautoscaler/horizontal.go: validateAndParseSelector,
//! hpasControllingPodsUnderSelector`).

use crate::cluster::Store;
use crate::cluster::ids::{HpaId, ScaleTarget};
use crate::cluster::spec::{LabelSelector, Labels};

impl Store {
    /// `spec.selector` of a workload, which is what its scale subresource shows.
    #[must_use]
    pub fn selector(&self, target: ScaleTarget) -> &LabelSelector {
        match target {
            ScaleTarget::Deployment(id) => &self.deployments[id.index()].spec.selector,
            ScaleTarget::ReplicaSet(id) => &self.replica_sets[id.index()].spec.selector,
            ScaleTarget::StatefulSet(id) => &self.stateful_sets[id.index()].spec.selector,
        }
    }

    /// Whether the object of a workload is there.
    #[must_use]
    pub fn has_workload(&self, target: ScaleTarget) -> bool {
        match target {
            ScaleTarget::Deployment(id) => self.deployments[id.index()].exists(),
            ScaleTarget::ReplicaSet(id) => self.replica_sets[id.index()].exists(),
            ScaleTarget::StatefulSet(id) => self.stateful_sets[id.index()].exists(),
        }
    }

    /// Labels of the pods that `target` has, if it has any: of its present template.
    fn labels_of_pods(&self, target: ScaleTarget) -> Option<&Labels> {
        let template = match target {
            ScaleTarget::Deployment(id) => &self.deployments[id.index()].spec.template,
            ScaleTarget::ReplicaSet(id) => &self.replica_sets[id.index()].spec.template,
            ScaleTarget::StatefulSet(id) => &self.stateful_sets[id.index()].spec.template,
        };
        self.pods_of(target).next().map(|_| &template.labels)
    }

    /// The autoscalers that take pods of `hpa` for theirs: those of its namespace whose selector the controller knows, and that
    /// select a pod which its own selector finds. In order of creation, and empty if there is at most one.
    #[must_use]
    pub fn hpa_rivals(&self, hpa: HpaId) -> Vec<HpaId> {
        if self.hpa_selecting.len() < 2 {
            return Vec::new();
        }
        let own = &self.hpas[hpa.index()];
        let Some(target) = self.hpa_target(own) else {
            return Vec::new();
        };
        let selector = self.selector(target);
        let shares = |other: &HpaId| {
            if self.deleted_hpas.contains(other) {
                return false;
            }
            let spec = &self.hpas[other.index()];
            let Some(theirs) = self.hpa_target(spec).filter(|_| spec.namespace == own.namespace) else {
                return false;
            };
            let both = |labels: &&Labels| selector.matches(labels) && self.selector(theirs).matches(labels);
            let of_pods = [target, theirs]
                .into_iter()
                .filter_map(|target| self.labels_of_pods(target));
            of_pods.into_iter().any(|labels| both(&labels))
        };
        let rivals: Vec<HpaId> = self.hpa_selecting.iter().copied().filter(shares).collect();
        if rivals.len() > 1 { rivals } else { Vec::new() }
    }
}
