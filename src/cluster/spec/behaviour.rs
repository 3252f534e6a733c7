//! What Kubernetes does not know of a pod.

use std::collections::BTreeMap;

use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;

/// How one attempt of a container ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptOutcome {
    /// Exit code 0.
    Ok,
    /// This exit code (1-255).
    Exit(u8),
}

/// How attempts end, in general.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Attempt k ends as entry k says; the last entry repeats. Never empty. `[Ok]` is the default.
    Script(Vec<AttemptOutcome>),
    /// Each attempt fails with this probability (0 to 1), independently, with exit code `exit_code`.
    Probability {
        /// Probability that an attempt fails.
        failure: f64,
        /// Exit code of a failed attempt.
        exit_code: u8,
    },
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Script(vec![AttemptOutcome::Ok])
    }
}

/// What Kubernetes does not know of a pod: how long it runs, how it ends, how long it takes to start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviour {
    /// Run time per attempt: attempt k (0-based, over all pods of the owner, plus in-place restarts) draws from entry k, the
    /// last entry repeats. Empty: runs until deleted.
    pub runtime: Vec<Distribution>,
    /// How attempts end.
    pub outcome: Outcome,
    /// By completion index (Indexed Jobs): run times that override `runtime` (the pods of that index, attempt by attempt).
    pub index_runtime: BTreeMap<u32, Vec<Distribution>>,
    /// By completion index: outcomes that override `outcome`, counted per index.
    pub index_outcome: BTreeMap<u32, Vec<AttemptOutcome>>,
    /// Sandbox and container start latency; `None`: the kubelet's default.
    pub start_latency: Option<SimDuration>,
    /// Run times of the init containers in order, sidecars left out; they end well.
    pub init_runtimes: Vec<Distribution>,
    /// From Running to Ready.
    pub ready_delay: SimDuration,
    /// What probes tell until the pod is Ready.
    pub failing_probes: Vec<FailingProbe>,
    /// From the deletion request to the containers' end, at most the grace period; `None`: the kubelet's default.
    pub stop_latency: Option<SimDuration>,
}

/// A startup or readiness probe that fails until the program is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailingProbe {
    /// The place of its container in the pod's images: init containers first.
    pub container: u16,
    /// A startup probe, not a readiness probe.
    pub startup: bool,
    /// From the start of the containers to the first time it fails.
    pub first: SimDuration,
    /// From one failure to the next.
    pub period: SimDuration,
    /// How often it fails.
    pub count: u32,
}
