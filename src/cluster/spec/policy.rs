//! Policies on what may be done to pods.

use crate::cluster::spec::LabelSelector;

/// A PodDisruptionBudget (policy/v1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodDisruptionBudget {
    /// `metadata.namespace`: it protects pods of this namespace.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `selector`: the pods it protects. `None` selects no pod, an empty one all pods of the namespace.
    pub selector: Option<LabelSelector>,
    /// `minAvailable`.
    pub min_available: Option<Allowance>,
    /// `maxUnavailable`. Not both are given.
    pub max_unavailable: Option<Allowance>,
    /// `unhealthyPodEvictionPolicy: AlwaysAllow` (not the default): running pods that are not ready may always be evicted.
    pub always_allow_unhealthy: bool,
}

/// A number of pods, or a percentage of those that there should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Pods.
    Pods(u32),
    /// Percent.
    Percent(u32),
}

impl Allowance {
    /// How many of `pods` that is, rounded up.
    #[must_use]
    pub fn of(self, pods: u32) -> u32 {
        match self {
            Self::Pods(number) => number,
            Self::Percent(percent) => {
                let rounded_up = (u64::from(percent) * u64::from(pods)).div_ceil(100);
                u32::try_from(rounded_up).unwrap_or(u32::MAX)
            }
        }
    }
}
