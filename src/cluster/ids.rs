//! Small ids: subscripts of the dense arrays in which a simulation keeps its state.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// Stands for "none" where an `Option` would cost four bytes more.
            pub const NONE: Self = Self(u32::MAX);

            /// The id as a subscript.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
            /// `Some(self)` unless it is [`Self::NONE`].
            #[must_use]
            pub fn some(self) -> Option<Self> {
                (self != Self::NONE).then_some(self)
            }
        }

        impl From<$name> for usize {
            fn from(id: $name) -> Self {
                id.index()
            }
        }
    )*};
}

ids! {
    /// A node.
    NodeId;
    /// A pod, in order of creation.
    PodId;
    /// A submitted Job, in order of the submission plan.
    JobId;
    /// A Job specification; many Jobs may share one.
    JobSpecId;
    /// A pod template; all pods of one shape share one.
    PodTemplateId;
    /// A Deployment.
    DeploymentId;
    /// A ReplicaSet, whether a Deployment made it or not.
    ReplicaSetId;
    /// A StatefulSet.
    StatefulSetId;
    /// A DaemonSet.
    DaemonSetId;
    /// A HorizontalPodAutoscaler.
    HpaId;
}

/// A workload that has a size (the subresource `scale`): what an autoscaler may point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScaleTarget {
    /// A Deployment.
    Deployment(DeploymentId),
    /// A ReplicaSet.
    ReplicaSet(ReplicaSetId),
    /// A StatefulSet.
    StatefulSet(StatefulSetId),
}

/// A workload of apps/v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkloadId {
    /// A Deployment.
    Deployment(DeploymentId),
    /// A ReplicaSet.
    ReplicaSet(ReplicaSetId),
    /// A StatefulSet.
    StatefulSet(StatefulSetId),
    /// A DaemonSet.
    DaemonSet(DaemonSetId),
}

impl ScaleTarget {
    /// `workload`, if it has a size.
    #[must_use]
    pub const fn of(workload: WorkloadId) -> Option<Self> {
        match workload {
            WorkloadId::Deployment(id) => Some(Self::Deployment(id)),
            WorkloadId::ReplicaSet(id) => Some(Self::ReplicaSet(id)),
            WorkloadId::StatefulSet(id) => Some(Self::StatefulSet(id)),
            WorkloadId::DaemonSet(_) => None,
        }
    }
}

impl WorkloadId {
    /// Its kind, as manifests name it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Deployment(_) => "Deployment",
            Self::ReplicaSet(_) => "ReplicaSet",
            Self::StatefulSet(_) => "StatefulSet",
            Self::DaemonSet(_) => "DaemonSet",
        }
    }
}

impl From<ScaleTarget> for WorkloadId {
    fn from(target: ScaleTarget) -> Self {
        match target {
            ScaleTarget::Deployment(id) => Self::Deployment(id),
            ScaleTarget::ReplicaSet(id) => Self::ReplicaSet(id),
            ScaleTarget::StatefulSet(id) => Self::StatefulSet(id),
        }
    }
}
