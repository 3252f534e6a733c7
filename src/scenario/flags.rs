//! What flags say of a scenario.

use crate::scenario::sources::Variables;

/// What flags say; they win over the scenario, but fill manifests only where these say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flags {
    /// Run time of pods whose manifest gives none.
    pub runtime: Option<String>,
    /// Outcome of pods whose manifest gives none.
    pub failure: Option<String>,
    /// Submission strategy.
    pub strategy: Option<String>,
    /// Arrival process.
    pub arrivals: Option<String>,
    /// Control plane preset.
    pub control_plane: Option<String>,
    /// Settings of the control plane: `name=value`.
    pub set: Vec<String>,
    /// Seed.
    pub seed: Option<u64>,
    /// Time limit.
    pub until: Option<String>,
    /// A pool of equal nodes: how many, and GPUs on each.
    pub nodes: Option<u32>,
    /// GPUs per node of that pool.
    pub gpus_per_node: Option<u32>,
    /// Whether the scheduler takes no short cuts; no result depends on it, so it is never written down.
    #[serde(skip)]
    pub slow_twin: bool,
    /// What `${NAME}` stands for in paths; it belongs to a machine, not to a run, so it is never written down.
    #[serde(skip)]
    pub variables: Variables,
}
