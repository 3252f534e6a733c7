//! Which pods of a node would have to go (`plugins/defaultpreemption/default_preemption.go: SelectVictimsOnNode`).

use crate::cluster::{NodeId, PodId, Store};
use crate::control::ControlPlane;
use crate::control::disruption::Budgets;
use crate::control::scheduler::Placer;
use crate::control::scheduler::assigned::Assigned;
use crate::control::scheduler::framework::Rejection;
use crate::control::scheduler::nominator::Nominator;
use crate::control::scheduler::what_if::Change;
use crate::kernel::{SimTime, WallTime};

/// What preemption looks at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The cluster.
    pub store: &'a Store,
    /// Nodes and filters.
    pub placer: &'a Placer,
    /// Which pods are where.
    pub assigned: &'a Assigned,
    /// Which pods are nominated.
    pub nominator: &'a Nominator,
    /// How times are shown.
    pub config: &'a ControlPlane,
    /// Now.
    pub now: SimTime,
}

/// The pods of one node that would have to go, the most important first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: NodeId,
    /// The pods.
    pub victims: Vec<PodId>,
    /// How many of them a disruption budget protects.
    pub violations: u32,
}

/// Why a node is no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCandidate {
    /// It has no pod of lower priority.
    NoVictims,
    /// The pod does not fit even without those.
    Rejected(Rejection),
}

impl View<'_> {
    /// The priority of `pod`.
    #[must_use]
    pub fn priority(&self, pod: PodId) -> i32 {
        self.store.template(pod).priority
    }
    /// `status.startTime` of `pod`: when its kubelet saw it first, or now if that is still to come
    /// (`pkg/scheduler/util/utils.go: GetPodStartTime`).
    #[must_use]
    pub fn start_time(&self, pod: PodId) -> WallTime {
        let scheduled = self.store.pods[pod.index()].scheduled.happened();
        let seen = scheduled.map(|at| at + self.config.watch_latency);
        seen.filter(|seen| *seen <= self.now)
            .map_or(self.config.wall_time(self.now), |seen| self.config.api_time(seen))
    }
    /// Smaller is more important (`pkg/scheduler/util/utils.go: MoreImportantPod`).
    fn importance(&self, pod: PodId) -> (std::cmp::Reverse<i32>, WallTime) {
        (std::cmp::Reverse(self.priority(pod)), self.start_time(pod))
    }
    /// Why `node` would reject `pod` without `gone`, pods that are on it.
    fn rejection_without(&self, pod: PodId, node: NodeId, gone: &[PodId]) -> Option<Rejection> {
        let mut changes: Vec<Change> = Vec::new();
        for template in gone.iter().filter_map(|gone| self.assigned.get(*gone)).map(|(_, t)| t) {
            match changes.iter_mut().find(|(known, _)| *known == template) {
                Some((_, pods)) => *pods -= 1,
                None => changes.push((template, -1)),
            }
        }
        self.nominator.rejection(self.placer, self.store, pod, node, &changes)
    }
    /// The pods on `node` that `pod` may preempt, in the node's order.
    #[must_use]
    pub fn preemptible(&self, pod: PodId, node: NodeId) -> Vec<PodId> {
        let priority = self.priority(pod);
        let pods = self.assigned.on_node(node).iter().copied();
        pods.filter(|other| self.priority(*other) < priority).collect()
    }

    /// The least set of pods of `node` that would have to go for `pod`: all of lower priority go, then as many as can come
    /// back, those first that budgets protect, the important ones before the others.
    ///
    /// # Errors
    /// Why the node is no candidate.
    pub fn select_victims(&self, pod: PodId, node: NodeId, budgets: &Budgets) -> Result<Candidate, NoCandidate> {
        let mut potential = self.preemptible(pod, node);
        if potential.is_empty() {
            return Err(NoCandidate::NoVictims);
        }
        if let Some(rejection) = self.rejection_without(pod, node, &potential) {
            return Err(NoCandidate::Rejected(rejection));
        }
        potential.sort_by_key(|victim| self.importance(*victim));
        let (violating, others) = budgets.split(&potential, self.store);
        let mut gone = potential;
        let mut victims = Vec::new();
        let mut violations = 0;
        for (i, victim) in violating.iter().chain(&others).enumerate() {
            gone.retain(|other| other != victim);
            if self.rejection_without(pod, node, &gone).is_some() {
                gone.push(*victim);
                victims.push(*victim);
                violations += u32::from(i < violating.len());
            }
        }
        victims.sort_by_key(|victim| self.importance(*victim));
        Ok(Candidate {
            node,
            victims,
            violations,
        })
    }
}
