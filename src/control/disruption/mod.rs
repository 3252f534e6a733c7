//! Disruption budgets: how many pods may be made unavailable (`pkg/controller/disruption/disruption.go`).
//!
//! The controller writes `status.disruptionsAllowed`; who evicts or preempts reads it. Here it is worked out when it is asked for.

use std::collections::BTreeSet;

use crate::cluster::pod::Owner;
use crate::cluster::spec::{Allowance, PodDisruptionBudget, PodTemplate};
use crate::cluster::{PodId, Store};

/// Whether `budget` protects pods of `template`.
#[must_use]
pub fn protects(budget: &PodDisruptionBudget, template: &PodTemplate) -> bool {
    let selector = budget.selector.as_ref();
    budget.namespace == template.namespace && selector.is_some_and(|selector| selector.matches(&template.labels))
}

/// What the controller counts of the pods that a budget protects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pods.
    pub pods: u32,
    /// Pods that are Ready and not being deleted (`status.currentHealthy`).
    pub healthy: u32,
    /// Σ of `spec.replicas` of the pods' owners; `None` if one of them cannot be scaled, as a Job
    /// (`getExpectedScale`). Pods without an owner do not count.
    pub scale: Option<u32>,
}

/// `status.disruptionsAllowed` of `budget` (`getExpectedPodCount`, `updatePdbStatus`).
#[must_use]
pub fn disruptions_allowed(budget: &PodDisruptionBudget, counts: Counts) -> u32 {
    let wanted = match (budget.max_unavailable, budget.min_available) {
        (Some(most), _) => counts.scale.map(|scale| (scale, scale.saturating_sub(most.of(scale)))),
        (None, Some(Allowance::Pods(least))) => Some((counts.pods, least)),
        (None, Some(percent @ Allowance::Percent(_))) => counts.scale.map(|scale| (scale, percent.of(scale))),
        (None, None) => None,
    };
    match wanted {
        // An error, or no pods: the controller allows nothing.
        None | Some((0, _)) => 0,
        Some((_, desired_healthy)) => counts.healthy.saturating_sub(desired_healthy),
    }
}

/// Counts the pods that `budget` protects.
#[must_use]
pub fn count(budget: &PodDisruptionBudget, store: &Store) -> Counts {
    let protected: Vec<bool> = store.templates.iter().map(|t| protects(budget, t)).collect();
    let mut counts = Counts {
        scale: Some(0),
        ..Counts::default()
    };
    let mut owners = BTreeSet::new();
    let pods = store.pods.iter().enumerate();
    for (id, pod) in pods.filter(|(_, pod)| !pod.gone && protected[pod.template.index()]) {
        counts.pods += 1;
        counts.healthy += u32::from(pod.ready && !pod.deleting);
        match pod.owner {
            // Neither has a subresource `scale`.
            Owner::Job(_) | Owner::DaemonSet(_) => counts.scale = None,
            Owner::ReplicaSet(_) | Owner::StatefulSet(_) => {
                let owner = store
                    .workload_of(PodId(id as u32))
                    .filter(|owner| owners.insert(*owner));
                let replicas = owner.map_or(0, |owner| store.desired_pods(owner));
                counts.scale = counts.scale.map(|scale| scale.saturating_add(replicas));
            }
            Owner::Nobody(_) => {}
        }
    }
    counts
}

/// The budgets of a cluster and how much each allows at one moment.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    allowed: Vec<i64>,
}

impl Budgets {
    /// What all budgets of `store` allow now. Takes time in the number of pods, unless there are no budgets.
    #[must_use]
    pub fn of(store: &Store) -> Self {
        let allowed = |budget| i64::from(disruptions_allowed(budget, count(budget, store)));
        Self {
            allowed: store.disruption_budgets.iter().map(allowed).collect(),
        }
    }
    /// Splits `pods`, which would go together, into those whose loss some budget does not allow, and the others. Earlier pods use
    /// the budgets up first (`plugins/defaultpreemption/default_preemption.go: filterPodsWithPDBViolation`).
    #[must_use]
    pub fn split(&self, pods: &[PodId], store: &Store) -> (Vec<PodId>, Vec<PodId>) {
        let mut left = self.allowed.clone();
        pods.iter().copied().partition(|pod| {
            let template = store.template(*pod);
            let mut violates = false;
            // A pod without labels matches no budget there, nor does any pod an empty selector.
            if !template.labels.is_empty() {
                for (budget, left) in store.disruption_budgets.iter().zip(&mut left) {
                    let selects_all = budget.selector.as_ref().is_none_or(|s| s.is_empty());
                    if !selects_all && protects(budget, template) {
                        *left -= 1;
                        violates |= *left < 0;
                    }
                }
            }
            violates
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(max: Option<Allowance>, min: Option<Allowance>, pods: u32, healthy: u32, scale: Option<u32>) -> u32 {
        let budget = PodDisruptionBudget {
            max_unavailable: max,
            min_available: min,
            ..PodDisruptionBudget::default()
        };
        disruptions_allowed(&budget, Counts { pods, healthy, scale })
    }

    #[test]
    fn what_is_healthy_beyond_what_must_be() {
        use Allowance::{Percent, Pods};
        assert_eq!(allowed(None, Some(Pods(2)), 3, 3, None), 1);
        assert_eq!(allowed(None, Some(Pods(2)), 3, 1, None), 0);
        assert_eq!(allowed(None, Some(Pods(0)), 0, 0, None), 0, "no pods");
        assert_eq!(allowed(Some(Pods(1)), None, 5, 5, Some(5)), 1);
        assert_eq!(allowed(Some(Pods(1)), None, 5, 4, Some(5)), 0);
        assert_eq!(allowed(Some(Percent(30)), None, 7, 7, Some(7)), 3, "2.1 is rounded up");
        assert_eq!(allowed(None, Some(Percent(50)), 7, 7, Some(7)), 3, "4 must stay");
        assert_eq!(allowed(None, Some(Percent(50)), 7, 7, None), 0, "Jobs cannot be scaled");
        assert_eq!(allowed(None, None, 7, 7, Some(7)), 0);
    }
}
