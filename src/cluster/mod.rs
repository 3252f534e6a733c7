//! What a cluster is made of: resources, specifications (what people ask for), the store (what there is), records.

pub mod ids;

pub mod resource;

pub mod spec;

pub mod outcome;

pub mod node;

pub mod pod;

pub mod job;

pub mod store;

pub mod names;

pub mod record;

pub mod policies;

pub mod refusal;

pub use ids::{DeploymentId, HpaId, JobId, JobSpecId, NodeId, PodId, PodTemplateId};
pub use resource::{Amounts, ResourceId, ResourceTable};
pub use store::Store;
