//! Nodes, taints and tolerations.

use crate::cluster::Amounts;
use crate::cluster::spec::{Labels, NodeImage};

/// A Node (core/v1).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSpec {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `spec.taints`.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// `status.allocatable`, or capacity where absent; `pods` is 110 where neither names it.
    pub allocatable: Amounts,
    /// `status.capacity`, or allocatable where absent.
    pub capacity: Amounts,
    /// `status.images`: what the node holds from the start.
    pub images: Vec<NodeImage>,
    /// Index of the pool the node belongs to, for reports: nodes of one pool share everything but the name.
    pub pool: u32,
}

impl NodeSpec {
    /// Whether the node has `image` from the start (`status.images`).
    #[must_use]
    pub fn has_image(&self, image: &str) -> bool {
        self.images
            .iter()
            .any(|held| held.names.iter().any(|name| name == image))
    }
    /// Whether a taint with effect NoExecute drives pods away.
    #[must_use]
    pub fn evicts(&self) -> bool {
        self.taints.iter().any(|taint| taint.effect == TaintEffect::NoExecute)
    }
}

/// A node taint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Taint {
    /// Taint key.
    pub key: String,
    /// Taint value, may be empty.
    pub value: String,
    /// What the taint does.
    pub effect: TaintEffect,
}

impl Taint {
    /// The kubelet says that the node is not ready.
    pub const NOT_READY: &'static str = "node.kubernetes.io/not-ready";
    /// Nothing was heard of the kubelet for too long.
    pub const UNREACHABLE: &'static str = "node.kubernetes.io/unreachable";
    /// The node is cordoned.
    pub const UNSCHEDULABLE: &'static str = "node.kubernetes.io/unschedulable";
    /// Somebody says that the node is shut down for good.
    pub const OUT_OF_SERVICE: &'static str = "node.kubernetes.io/out-of-service";

    /// A taint that stands for a condition: it has no value.
    #[must_use]
    pub fn of_condition(key: &str, effect: TaintEffect) -> Self {
        Self {
            key: key.to_owned(),
            value: String::new(),
            effect,
        }
    }
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaintEffect {
    /// Not scheduled there.
    NoSchedule,
    /// Scheduled there only if nothing better is found.
    PreferNoSchedule,
    /// Not scheduled there, and evicted.
    NoExecute,
}

/// A toleration of taints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// Key; empty with `Exists` tolerates every taint.
    pub key: String,
    /// `true` for operator Exists, `false` for Equal.
    pub exists: bool,
    /// Value for operator Equal.
    pub value: String,
    /// Effect, or all effects.
    pub effect: Option<TaintEffect>,
    /// For how long NoExecute is tolerated, or for ever.
    pub toleration_seconds: Option<i64>,
}

impl Toleration {
    /// Whether this toleration matches `taint` (`staging/src/k8s.io/api/core/v1/toleration.go: ToleratesTaint`).
    #[must_use]
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|e| e == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && (self.exists || self.value == taint.value)
    }
}
