//! What is known of a node beside its specification.

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::spec::NodeSpec;
use crate::cluster::{Amounts, Store};
use crate::kernel::{SimDuration, SimTime};

/// Condition Ready of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NodeReadiness {
    /// Its kubelet says that it is ready.
    #[default]
    True,
    /// Its kubelet says that it is not.
    False,
    /// Its kubelet has not been heard of for too long.
    Unknown,
    /// The node is new: nobody has said anything of it.
    Absent,
}

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// The Node object exists.
    pub exists: bool,
    /// Condition Ready as the Node object shows it.
    pub ready: NodeReadiness,
    /// When the Node object was created.
    pub created: SimTime,
    /// Its kubelet runs and reaches the API server.
    pub kubelet_alive: bool,
    /// Since when it does not, or `MAX`.
    pub down_since: SimTime,
    /// How long it did not, in earlier times.
    pub down_time: SimDuration,
    /// How often its kubelet stopped, or the node with it.
    pub failures: u32,
    /// How often one of its devices failed.
    pub device_failures: u32,
}

impl NodeState {
    /// How long its kubelet was away until `now`.
    #[must_use]
    pub fn down_until(&self, now: SimTime) -> SimDuration {
        match self.down_since.happened() {
            Some(since) => self.down_time + now.since(since),
            None => self.down_time,
        }
    }
}

impl Default for NodeState {
    fn default() -> Self {
        Self {
            exists: true,
            ready: NodeReadiness::True,
            created: SimTime::ZERO,
            kubelet_alive: true,
            down_since: SimTime::MAX,
            down_time: SimDuration::ZERO,
            failures: 0,
            device_failures: 0,
        }
    }
}

/// What an update of a node changed: one event of the scheduler's node informer may have several
/// (`pkg/scheduler/framework/events.go: nodeSchedulingPropertiesChange`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeChange(u8);

impl NodeChange {
    /// `status.allocatable`.
    pub const ALLOCATABLE: Self = Self(1);
    /// `metadata.labels`.
    pub const LABELS: Self = Self(2);
    /// `spec.taints`, or `spec.unschedulable`.
    pub const TAINTS: Self = Self(4);
    /// Conditions.
    pub const CONDITIONS: Self = Self(8);
    /// `status.images`.
    pub const IMAGES: Self = Self(16);

    /// Whether all of `other` changed.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Whether nothing changed.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// `self` if `changed`.
    #[must_use]
    pub const fn only_if(self, changed: bool) -> Self {
        if changed { self } else { Self(0) }
    }
    /// What lies between two specifications of a node.
    #[must_use]
    pub fn between(before: &crate::cluster::spec::NodeSpec, after: &crate::cluster::spec::NodeSpec) -> Self {
        let taints = before.taints != after.taints || before.unschedulable != after.unschedulable;
        Self::ALLOCATABLE
            .only_if(before.allocatable != after.allocatable)
            .union(Self::LABELS.only_if(before.labels != after.labels))
            .union(Self::TAINTS.only_if(taints))
    }
}

/// The pods that have not ended, found when somebody asks: nothing is kept while all nodes are well. Each pod is looked at once,
/// and again for every question while it lives.
#[derive(Clone, Debug, Default)]
pub(super) struct LivePods {
    live: Vec<PodId>,
    /// The first pod that was not looked at.
    next: u32,
}

impl Store {
    /// Adds a node while the cluster runs.
    pub fn add_node(&mut self, node: NodeSpec) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.change_total(&node.allocatable, 1);
        self.odd_nodes += u32::from(node.evicts());
        self.used.resize(self.used.len() + self.resources.len(), 0);
        self.nodes.push(node);
        self.node_states.push(NodeState::default());
        id
    }
    /// Gives a node another specification.
    pub fn update_node(&mut self, node: NodeId, spec: NodeSpec) {
        let before = std::mem::replace(&mut self.nodes[node.index()], spec);
        self.odd_nodes += u32::from(self.is_odd(node));
        self.odd_nodes -= u32::from(before.evicts() || !self.node_states[node.index()].exists);
        if self.node_states[node.index()].exists {
            self.change_total(&before.allocatable, -1);
            let after = self.nodes[node.index()].allocatable.clone();
            self.change_total(&after, 1);
        }
    }
    /// Takes a node away. Its pods stay until somebody deletes them.
    pub fn remove_node(&mut self, node: NodeId) {
        let was_odd = self.is_odd(node);
        if std::mem::replace(&mut self.node_states[node.index()].exists, false) {
            self.odd_nodes += u32::from(!was_odd);
            let amounts = self.nodes[node.index()].allocatable.clone();
            self.change_total(&amounts, -1);
        }
    }
    /// Whether `node` is gone or has a taint with effect NoExecute.
    #[must_use]
    pub fn is_odd(&self, node: NodeId) -> bool {
        self.nodes[node.index()].evicts() || !self.node_states[node.index()].exists
    }
    fn change_total(&mut self, amounts: &Amounts, sign: i64) {
        for (id, amount) in amounts.iter_nonzero() {
            self.allocatable_total[id.index()] += sign * amount;
        }
    }

    /// The pods on `node` that have not ended, in order of creation. It walks over all pods that live, so it is for what is rare.
    pub fn pods_on(&mut self, node: NodeId) -> Vec<PodId> {
        let known = self.pods.len() as u32;
        let fresh = (self.live_pods.next..known).map(PodId);
        self.live_pods.live.extend(fresh);
        self.live_pods.next = known;
        let pods = &self.pods;
        self.live_pods.live.retain(|pod| !pods[pod.index()].phase.is_terminal());
        let here = |pod: &&PodId| pods[pod.index()].node == node;
        self.live_pods.live.iter().filter(here).copied().collect()
    }
}
