//! What a cluster is made of: resources, specifications (what people ask for), the store (what there is).

pub mod outcome;

pub mod resource;

pub mod spec;

pub use resource::{Amounts, ResourceId, ResourceTable};
