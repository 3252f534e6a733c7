//! What is known of a node beside its specification.

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
}

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// The Node object exists.
    pub exists: bool,
    /// Condition Ready as the Node object shows it.
    pub ready: NodeReadiness,
    /// Its kubelet runs and reaches the API server.
    pub kubelet_alive: bool,
}

impl Default for NodeState {
    fn default() -> Self {
        Self {
            exists: true,
            ready: NodeReadiness::True,
            kubelet_alive: true,
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
