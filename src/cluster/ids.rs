//! Small indices of the things of one simulation: positions in dense arrays, given out in order of creation.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a subscript.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id! {
    /// A node, in order of creation. The number of a removed node is not given out again.
    NodeId
}

id! {
    /// A pod template; pods of one template are interchangeable for the scheduler.
    PodTemplateId
}

id! {
    /// A pod, in order of creation.
    PodId
}

id! {
    /// A Job, in order of creation.
    JobId
}

id! {
    /// A Deployment or bare ReplicaSet, in order of creation.
    DeploymentId
}

id! {
    /// What a Job was made from; copies of one Job share it.
    JobSpecId
}
