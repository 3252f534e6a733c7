//! What a cluster is made of: resources, specifications (what people ask for), the store (what there is).

pub mod ids;

pub mod resource;

pub mod spec;

pub use ids::{DeploymentId, JobId, JobSpecId, NodeId, PodId, PodTemplateId};
pub use resource::{Amounts, ResourceId, ResourceTable};
