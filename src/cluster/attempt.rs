//! What a scheduling attempt came to, for observers that ask for it.

use crate::cluster::ids::{NodeId, PodId};

/// How an attempt to schedule a pod ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// A node was found; the binding follows.
    Assumed(NodeId),
    /// No node, but others are to make room on this one: the pod was nominated for it.
    Nominated(NodeId),
    /// No node.
    Refused,
    /// There was no node to look at (reason SchedulerError).
    Error,
}

/// One attempt to schedule a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulingAttempt {
    /// The pod.
    pub pod: PodId,
    /// How it ended.
    pub result: AttemptResult,
    /// How many nodes there were.
    pub nodes: u32,
    /// How many nodes each plugin rejected, in the plugins' order; a node counts for the first that rejected it.
    pub rejected_by: Vec<(&'static str, u32)>,
    /// The text of event FailedScheduling and of the condition PodScheduled; empty if a node was found.
    pub message: String,
}

/// `reason` of the condition PodScheduled of a pod with scheduling gates.
pub const SCHEDULING_GATED: &str = "SchedulingGated";
/// Its `message`, by the API server (`pkg/registry/core/pod/strategy.go: applySchedulingGatedCondition`).
pub const SCHEDULING_GATED_MESSAGE: &str = "Scheduling is blocked due to non-empty scheduling gates";
