//! The row of a pod.

use serde::Serialize;

use crate::cluster::pod::Owner;
use crate::cluster::{PodId, Store};
use crate::observe::Seconds;

use super::cell;

/// What became of a pod.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PodRow<'a> {
    /// Name.
    pub name: String,
    /// The Job it belongs to; `None` for pods of Deployments and bare pods.
    pub job: Option<String>,
    /// The node it was bound to.
    pub node: Option<&'a str>,
    /// When the API server had it.
    #[serde(rename = "created_s")]
    pub created: Seconds,
    /// When it was bound.
    #[serde(rename = "scheduled_s")]
    pub scheduled: Option<Seconds>,
    /// When its containers first ran.
    #[serde(rename = "started_s")]
    pub started: Option<Seconds>,
    /// When the API server showed its end.
    #[serde(rename = "finished_s")]
    pub finished: Option<Seconds>,
    /// `status.phase`.
    pub phase: &'static str,
    /// Exit code of its containers; `None` if they never ran or have not ended.
    pub exit_code: Option<u8>,
    /// `metadata.namespace`.
    pub namespace: &'a str,
    /// Which pod of its owner it is, from 0 in order of creation.
    pub attempt: u32,
    /// `batch.kubernetes.io/job-completion-index`, in Indexed Jobs.
    pub completion_index: Option<u32>,
    /// Restarts in place.
    pub restarts: u16,
}

impl<'a> PodRow<'a> {
    /// The columns of the CSV, in the order of [`Self::cells`].
    pub const COLUMNS: [&'static str; 13] = [
        "name",
        "job",
        "node",
        "created_s",
        "scheduled_s",
        "started_s",
        "finished_s",
        "phase",
        "exit_code",
        "namespace",
        "attempt",
        "completion_index",
        "restarts",
    ];

    /// The row of `pod` in the run with `seed`.
    #[must_use]
    pub fn new(store: &'a Store, seed: u64, pod: PodId) -> Self {
        let record = &store.pods[pod.index()];
        let job = match record.owner {
            Owner::Job(job) => Some(store.job_name(job)),
            Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_) | Owner::Nobody(_) => None,
        };
        let ran = record.started.happened().is_some() && record.phase.is_terminal();
        Self {
            name: store.pod_name(pod, seed),
            job,
            node: record.node.some().map(|node| store.nodes[node.index()].name.as_str()),
            created: record.created.into(),
            scheduled: Seconds::happened(record.scheduled),
            started: Seconds::happened(record.started),
            finished: Seconds::happened(record.finished),
            phase: record.phase.name(),
            exit_code: ran.then_some(record.exit_code),
            namespace: store.pod_namespace(pod),
            attempt: record.ordinal,
            completion_index: (record.completion_index != u32::MAX).then_some(record.completion_index),
            restarts: record.restarts,
        }
    }

    /// The cells of the CSV, empty where something did not happen.
    #[must_use]
    pub fn cells(&self) -> [String; 13] {
        [
            self.name.clone(),
            self.job.clone().unwrap_or_default(),
            cell(self.node),
            self.created.to_string(),
            cell(self.scheduled),
            cell(self.started),
            cell(self.finished),
            self.phase.to_owned(),
            cell(self.exit_code),
            self.namespace.to_owned(),
            self.attempt.to_string(),
            cell(self.completion_index),
            self.restarts.to_string(),
        ]
    }
}
