//! Which pods of a node would have to go (`plugins/defaultpreemption/default_preemption.go: SelectVictimsOnNode`).

use crate::cluster::{NodeId, PodId, PodTemplateId, Store};
use crate::control::ControlPlane;
use crate::control::disruption::Budgets;
use crate::control::scheduler::Placer;
use crate::control::scheduler::assigned::Assigned;
use crate::control::scheduler::framework::Rejection;
use crate::control::scheduler::nominator::Nominator;
use crate::control::scheduler::trial::NodeTrial;
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
    /// `nominated` are the pods that go before `pod`.
    ///
    /// # Errors
    /// Why the node is no candidate.
    pub fn select_victims(
        &self,
        pod: PodId,
        node: NodeId,
        nominated: &[(NodeId, PodTemplateId)],
        budgets: &Budgets,
    ) -> Result<Candidate, NoCandidate> {
        let mut potential = self.preemptible(pod, node);
        if potential.is_empty() {
            return Err(NoCandidate::NoVictims);
        }
        let mut trials = Trials::new(self, pod, node, nominated);
        for victim in &potential {
            trials.remove(*victim);
        }
        if let Some(rejection) = trials.rejection() {
            return Err(NoCandidate::Rejected(rejection));
        }
        potential.sort_by_key(|victim| self.importance(*victim));
        let (violating, others) = budgets.split(&potential, self.store);
        let mut victims = Vec::new();
        let mut violations = 0;
        for (i, victim) in violating.iter().chain(&others).enumerate() {
            trials.add(*victim);
            if trials.rejection().is_some() {
                trials.remove(*victim);
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

/// A node as it would be without some of its pods, with those that are nominated for it and without them: the pod must fit both
/// ways (`pkg/scheduler/framework/runtime/framework.go: RunFilterPluginsWithNominatedPods`).
struct Trials<'a> {
    view: &'a View<'a>,
    beside: Option<NodeTrial<'a>>,
    alone: NodeTrial<'a>,
}

impl<'a> Trials<'a> {
    fn new(view: &'a View<'a>, pod: PodId, node: NodeId, nominated: &[(NodeId, PodTemplateId)]) -> Self {
        let template = view.store.pods[pod.index()].template;
        let mut beside = None;
        for (_, other) in nominated.iter().filter(|(at, _)| *at == node) {
            beside
                .get_or_insert_with(|| view.placer.trial(template, node))
                .add(*other);
        }
        Self {
            view,
            beside,
            alone: view.placer.trial(template, node),
        }
    }
    fn change(&mut self, victim: PodId, change: fn(&mut NodeTrial<'a>, PodTemplateId, bool)) {
        let Some((_, template)) = self.view.assigned.get(victim) else {
            return;
        };
        let terminating = self.view.assigned.is_terminating(victim);
        for trial in self.beside.iter_mut().chain([&mut self.alone]) {
            change(trial, template, terminating);
        }
    }
    fn remove(&mut self, victim: PodId) {
        self.change(victim, |trial, template, terminating| {
            if terminating {
                trial.remove_terminating(template);
            } else {
                trial.remove(template);
            }
        });
    }
    fn add(&mut self, victim: PodId) {
        self.change(victim, |trial, template, terminating| {
            if terminating {
                trial.add_terminating(template);
            } else {
                trial.add(template);
            }
        });
    }
    fn rejection(&self) -> Option<Rejection> {
        let beside = self.beside.as_ref().and_then(NodeTrial::rejection);
        beside.or_else(|| self.alone.rejection())
    }
}
