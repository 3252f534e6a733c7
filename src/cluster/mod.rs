//! What a cluster is made of: resources, specifications (what people ask for), the store (what there is), records.

pub mod ids;

pub mod resource;

pub mod spec;

pub mod outcome;

pub mod node;

pub mod pod;

pub mod job;

pub mod hpa;

pub mod latency;

pub mod requests;

pub mod apps;
pub mod index_set;

pub mod job_indexes;

pub mod job_conditions;

mod job_pods;

pub mod store;

mod templates;

pub mod names;

pub mod record;

pub mod policies;

pub mod attempt;

pub mod refusal;

pub mod kubelet_note;

pub use ids::{
    CronJobId, DaemonSetId, DeploymentId, HpaId, JobId, JobSpecId, NodeId, PodId, PodTemplateId, ReplicaSetId,
    ScaleTarget, StatefulSetId, WorkloadId,
};
pub use resource::{Amounts, ResourceId, ResourceTable};
pub use store::Store;
