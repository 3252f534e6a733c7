//! One run, as typed, checked and built: manifests and at most one `Scenario` document in, a [`Scenario`] out, from which any
//! number of simulations are made.

pub mod build;

mod changes;

pub mod checked;

pub mod control_plane;

pub mod document;

mod failures;

pub mod flags;

pub mod load;

pub mod pools;

mod scheduler;

mod service;

mod services;

pub mod sources;

pub mod vary;

mod whole;

use std::sync::Arc;

use crate::cluster::ResourceTable;
use crate::cluster::spec::{
    CronJobSpec, DaemonSetSpec, DeploymentSpec, FailureSource, HpaSpec, JobSpec, NodeSpec, ObjectSpec,
    PodDisruptionBudget, PodSpec, PodTemplate, ReplicaSetSpec, StatefulSetSpec,
};
use crate::control::service::ServiceLoad;
use crate::control::{ControlPlane, Preset};
use crate::kernel::SimTime;
use crate::workload::Script;
use crate::workload::strategy::Strategy;

/// A checked scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, for folders and titles.
    pub name: String,
    /// Names of resources.
    pub resources: ResourceTable,
    /// The nodes.
    pub nodes: Vec<NodeSpec>,
    /// Names of the pools that nodes belong to ([`NodeSpec::pool`]).
    pub pools: Vec<String>,
    /// Jobs in order of submission, and how many copies of each.
    pub jobs: Vec<(JobSpec, u32)>,
    /// CronJobs.
    pub cron_jobs: Vec<CronJobSpec>,
    /// Deployments.
    pub deployments: Vec<DeploymentSpec>,
    /// ReplicaSets that no Deployment makes.
    pub replica_sets: Vec<ReplicaSetSpec>,
    /// StatefulSets.
    pub stateful_sets: Vec<StatefulSetSpec>,
    /// DaemonSets.
    pub daemon_sets: Vec<DaemonSetSpec>,
    /// Load on Deployments, by name.
    pub loads: Vec<(String, ServiceLoad)>,
    /// Autoscalers.
    pub hpas: Vec<HpaSpec>,
    /// Bare pods.
    pub pods: Vec<PodSpec>,
    /// Priority classes, namespaces, limit ranges and quotas.
    pub policies: Vec<ObjectSpec>,
    /// Disruption budgets.
    pub disruption_budgets: Vec<PodDisruptionBudget>,
    /// How Jobs are submitted.
    pub strategy: Strategy,
    /// What happens from outside while the cluster runs.
    pub script: Script,
    /// The control plane.
    pub control_plane: ControlPlane,
    /// The seed.
    pub seed: u64,
    /// When a run ends at the latest.
    pub until: Option<SimTime>,
    /// What breaks by chance.
    pub failures: Vec<FailureSource>,
    /// What to compare, if the scenario is an experiment.
    pub compare: Option<Compare>,
}

impl Scenario {
    /// Kind, namespace, name and pod template of every workload that goes on until somebody deletes it.
    pub fn service_templates(&self) -> impl Iterator<Item = (&'static str, &str, &str, &Arc<PodTemplate>)> + Clone {
        let deployments = self.deployments.iter();
        let deployments = deployments.map(|d| ("Deployment", d.namespace.as_str(), d.name.as_str(), &d.template));
        let replica_sets = self.replica_sets.iter();
        let replica_sets = replica_sets.map(|s| ("ReplicaSet", s.namespace.as_str(), s.name.as_str(), &s.template));
        let stateful_sets = self.stateful_sets.iter();
        let stateful_sets = stateful_sets.map(|s| ("StatefulSet", s.namespace.as_str(), s.name.as_str(), &s.template));
        let daemon_sets = self.daemon_sets.iter();
        let daemon_sets = daemon_sets.map(|s| ("DaemonSet", s.namespace.as_str(), s.name.as_str(), &s.template));
        deployments.chain(replica_sets).chain(stateful_sets).chain(daemon_sets)
    }
}

/// The factors of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// Numbers of Jobs.
    pub n: Vec<u32>,
    /// Numbers of nodes; empty: the scenario's own nodes.
    pub nodes: Vec<u32>,
    /// Submission strategies.
    pub strategies: Vec<Strategy>,
    /// Control planes.
    pub control_planes: Vec<Preset>,
    /// Replications with independent seeds.
    pub replications: u32,
}

impl Default for Compare {
    fn default() -> Self {
        Self {
            n: vec![10, 32, 100, 320, 1000],
            nodes: Vec::new(),
            strategies: vec![
                Strategy::Sequential,
                Strategy::Batched(32),
                Strategy::Windowed(32),
                Strategy::Parallel,
            ],
            control_planes: vec![Preset::Ideal, Preset::Kubernetes],
            replications: 1,
        }
    }
}
