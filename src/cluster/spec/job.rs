//! Jobs.

use std::sync::Arc;

use crate::cluster::spec::PodTemplate;
use crate::kernel::SimDuration;

/// `completionMode` of a Job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompletionMode {
    /// Pods are interchangeable.
    #[default]
    NonIndexed,
    /// Each pod has a completion index 0..completions.
    Indexed,
}

/// A Job (batch/v1).
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`; with copies, the prefix of the names.
    pub name: String,
    /// `spec.parallelism`.
    pub parallelism: u32,
    /// `spec.completions`; `None`: work queue.
    pub completions: Option<u32>,
    /// `spec.completionMode`.
    pub completion_mode: CompletionMode,
    /// `spec.backoffLimit`.
    pub backoff_limit: u32,
    /// `spec.activeDeadlineSeconds`.
    pub active_deadline: Option<SimDuration>,
    /// `spec.suspend`.
    pub suspend: bool,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
}
