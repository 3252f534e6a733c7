//! What breaks by chance: nodes and their devices.

use crate::cluster::ResourceId;
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;

/// What breaks, and what happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// The kubelet stops, or loses the network; containers go on.
    Kubelet,
    /// The whole node stops; its containers are gone when it boots again.
    Node,
    /// One device of an extended resource becomes unhealthy: allocatable falls by one.
    Device {
        /// Which resource.
        resource: ResourceId,
        /// The exit code with which the containers of the pod that uses the device end; `None`: they do not notice.
        exit_code: Option<u8>,
    },
}

/// One source of random failures.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureSource {
    /// Which nodes, by pool (`NodeSpec::pool`); `None`: all.
    pub pool: Option<u32>,
    /// What breaks.
    pub breaks: Breaks,
    /// From being whole to the failure, of each node or each device on its own (MTBF is its mean).
    pub between: Distribution,
    /// From the failure to being whole again (MTTR is its mean).
    pub repair: Distribution,
    /// No failures before this time.
    pub from: SimDuration,
}
