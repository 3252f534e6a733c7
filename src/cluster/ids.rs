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
    /// A Deployment, or a bare ReplicaSet.
    DeploymentId;
    /// A HorizontalPodAutoscaler.
    HpaId;
    /// A CronJob.
    CronJobId;
}
