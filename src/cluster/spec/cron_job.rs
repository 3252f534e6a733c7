//! CronJobs.

use crate::cluster::spec::JobSpec;
use crate::kernel::SimDuration;
use crate::kernel::cron::Schedule;
use crate::kernel::time_zone::TimeZone;

/// `concurrencyPolicy` of a CronJob: what happens when the time has come and an earlier Job is not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConcurrencyPolicy {
    /// Both run.
    #[default]
    Allow,
    /// The new one is not started.
    Forbid,
    /// The earlier one is deleted.
    Replace,
}

/// A CronJob (batch/v1).
#[derive(Clone, Debug, PartialEq)]
pub struct CronJobSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.schedule`.
    pub schedule: Schedule,
    /// `spec.timeZone`; the controller's own zone, here UTC, without.
    pub time_zone: TimeZone,
    /// `spec.startingDeadlineSeconds`.
    pub starting_deadline: Option<SimDuration>,
    /// `spec.concurrencyPolicy`.
    pub concurrency_policy: ConcurrencyPolicy,
    /// `spec.suspend`.
    pub suspend: bool,
    /// `spec.successfulJobsHistoryLimit`.
    pub successful_jobs_history_limit: u32,
    /// `spec.failedJobsHistoryLimit`.
    pub failed_jobs_history_limit: u32,
    /// `spec.jobTemplate`; Jobs get names of their own.
    pub job: JobSpec,
}
