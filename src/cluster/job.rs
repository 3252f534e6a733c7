//! The hot record of a Job.

use crate::cluster::ids::{JobSpecId, PodId};
use crate::kernel::{SimDuration, SimTime, WallTime};

/// Why a Job failed (`reason` of its Failed condition).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FailureReason {
    /// More failures than `backoffLimit`.
    BackoffLimitExceeded,
    /// Active longer than `activeDeadlineSeconds`.
    DeadlineExceeded,
    /// A FailJob rule of `podFailurePolicy` matched.
    PodFailurePolicy,
    /// More failed indexes than `maxFailedIndexes`.
    MaxFailedIndexesExceeded,
    /// Every index succeeded or failed, and some failed.
    FailedIndexes,
}

impl FailureReason {
    /// Kubernetes' name of the reason.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BackoffLimitExceeded => "BackoffLimitExceeded",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::PodFailurePolicy => "PodFailurePolicy",
            Self::MaxFailedIndexesExceeded => "MaxFailedIndexesExceeded",
            Self::FailedIndexes => "FailedIndexes",
        }
    }
}

/// The condition a Job is in. The interim ones are written before the final ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobCondition {
    /// Not submitted yet.
    Unsubmitted,
    /// Neither succeeded nor failed so far.
    Active,
    /// `SuccessCriteriaMet`.
    SuccessCriteriaMet,
    /// `FailureTarget`.
    FailureTarget(FailureReason),
    /// `Complete`.
    Complete,
    /// `Failed`.
    Failed(FailureReason),
}

impl JobCondition {
    /// Whether the Job is over.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Complete | Self::Failed(_))
    }
    /// Status in one word, for tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsubmitted => "NotSubmitted",
            Self::Active => "Active",
            Self::SuccessCriteriaMet => "SuccessCriteriaMet",
            Self::FailureTarget(_) => "FailureTarget",
            Self::Complete => "Complete",
            Self::Failed(_) => "Failed",
        }
    }
}

/// What `status` of a Job showed when it was last written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenStatus {
    /// `status.active`.
    pub active: u32,
    /// `status.ready`; `u32::MAX` before the first time.
    pub ready: u32,
    /// `status.terminating`.
    pub terminating: u32,
}

/// A Job as the simulation keeps it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its specification.
    pub spec: JobSpecId,
    /// Which copy of the specification it is; part of its name where there are several.
    pub copy: u32,
    /// Key of its random streams: its place in the submission plan.
    pub key: u32,
    /// Condition.
    pub condition: JobCondition,
    /// Pods neither ended nor being deleted.
    pub active: u32,
    /// Active pods that are Ready.
    pub ready: u32,
    /// Pods being deleted that have not ended.
    pub terminating: u32,
    /// Restarts in place of the active pods.
    pub restarts: u32,
    /// `status.succeeded`: counted successes.
    pub succeeded: u32,
    /// `status.failed`: counted failures.
    pub failed: u32,
    /// Pods made so far.
    pub pods_created: u32,
    /// Status as last written.
    pub written: WrittenStatus,
    /// First and last of all its pods.
    pub pods: (PodId, PodId),
    /// First and last of the ended pods that no sync has taken up yet.
    pub uncounted: (PodId, PodId),
    /// Failures since the last success, for the back-off.
    pub failures_after_success: u32,
    /// When the last of these failures ended, as the API shows it.
    pub last_failure: WallTime,
    /// When the delaying queue will add the Job to the controller's queue; `MAX`: not waiting.
    pub due: SimTime,
    /// In the controller's queue, or to be put there when its present sync ends.
    pub dirty: bool,
    /// A worker is syncing it.
    pub processing: bool,
    /// The object waits for its pods to be gone (foreground deletion).
    pub deleting: bool,
    /// The object is gone from the API.
    pub gone: bool,
    /// Theoretical arrival time of the event filter's bucket of this Job.
    pub event_filter: u64,
    /// When the client sent the request.
    pub submitted: SimTime,
    /// `status.startTime` as the API shows it.
    pub start_time: WallTime,
    /// When its first pod's containers ran.
    pub first_started: SimTime,
    /// When Complete or Failed was written.
    pub finished: SimTime,
}

impl Job {
    /// A Job that is not submitted yet.
    #[must_use]
    pub const fn new(spec: JobSpecId, copy: u32, key: u32) -> Self {
        Self {
            spec,
            copy,
            key,
            condition: JobCondition::Unsubmitted,
            active: 0,
            ready: 0,
            terminating: 0,
            restarts: 0,
            succeeded: 0,
            failed: 0,
            pods_created: 0,
            written: WrittenStatus {
                active: 0,
                ready: u32::MAX,
                terminating: 0,
            },
            pods: (PodId::NONE, PodId::NONE),
            uncounted: (PodId::NONE, PodId::NONE),
            failures_after_success: 0,
            last_failure: WallTime::ZERO,
            due: SimTime::MAX,
            dirty: false,
            processing: false,
            deleting: false,
            gone: false,
            event_filter: 0,
            submitted: SimTime::MAX,
            start_time: WallTime::MAX,
            first_started: SimTime::MAX,
            finished: SimTime::MAX,
        }
    }
    /// From submission to the first pod's start.
    #[must_use]
    pub fn wait(&self) -> Option<SimDuration> {
        self.first_started.happened().map(|t| t.since(self.submitted))
    }
    /// From submission to completion.
    #[must_use]
    pub fn turnaround(&self) -> Option<SimDuration> {
        self.finished.happened().map(|t| t.since(self.submitted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_stays_small() {
        assert!(size_of::<Job>() <= 136, "{} bytes", size_of::<Job>());
    }
}
