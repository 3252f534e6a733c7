//! The row of a Job.

use serde::Serialize;

use crate::cluster::{JobId, Store};
use crate::observe::Seconds;

use super::cell;

/// What became of a Job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobRow<'a> {
    /// `metadata.namespace`.
    pub namespace: &'a str,
    /// Name, with the number of the copy.
    pub name: String,
    /// `Complete`, `Failed`, or where it stood: `Active`, `SuccessCriteriaMet`, `FailureTarget`, `NotSubmitted`.
    pub status: &'static str,
    /// The reason of that condition; empty while there is none.
    pub reason: &'static str,
    /// Pods made for it: first tries and retries.
    pub attempts: u32,
    /// When the client sent it.
    #[serde(rename = "submitted_s")]
    pub submitted: Option<Seconds>,
    /// When the containers of its first pod ran.
    #[serde(rename = "started_s")]
    pub started: Option<Seconds>,
    /// When it was Complete or Failed.
    #[serde(rename = "finished_s")]
    pub finished: Option<Seconds>,
    /// From submission to the first start.
    #[serde(rename = "wait_s")]
    pub wait: Option<Seconds>,
    /// From submission to the end.
    #[serde(rename = "turnaround_s")]
    pub turnaround: Option<Seconds>,
}

impl<'a> JobRow<'a> {
    /// The columns of the CSV, in the order of [`Self::cells`].
    pub const COLUMNS: [&'static str; 10] = [
        "namespace",
        "name",
        "status",
        "reason",
        "attempts",
        "submitted_s",
        "started_s",
        "finished_s",
        "wait_s",
        "turnaround_s",
    ];

    /// The row of `job`.
    #[must_use]
    pub fn new(store: &'a Store, job: JobId) -> Self {
        let record = &store.jobs[job.index()];
        Self {
            namespace: &store.job_spec(job).namespace,
            name: store.job_name(job),
            status: record.condition.name(),
            reason: store.job_reason(job),
            attempts: record.pods_created,
            submitted: Seconds::happened(record.submitted),
            started: Seconds::happened(record.first_started),
            finished: Seconds::happened(record.finished),
            wait: record.wait().map(Seconds::from),
            turnaround: record.turnaround().map(Seconds::from),
        }
    }

    /// The cells of the CSV, empty where something did not happen.
    #[must_use]
    pub fn cells(&self) -> [String; 10] {
        [
            self.namespace.to_owned(),
            self.name.clone(),
            self.status.to_owned(),
            self.reason.to_owned(),
            self.attempts.to_string(),
            cell(self.submitted),
            cell(self.started),
            cell(self.finished),
            cell(self.wait),
            cell(self.turnaround),
        ]
    }
}
