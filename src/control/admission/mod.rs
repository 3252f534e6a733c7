//! Admission: what the API server checks, fills in or refuses before it keeps an object.

pub use crate::cluster::refusal::Refusal;
