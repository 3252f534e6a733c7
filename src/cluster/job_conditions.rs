//! The conditions of a Job as the API shows them: types, reasons and messages (`pkg/controller/job/job_controller.go: syncJob`,
//! `pod_failure_policy.go: matchPodFailurePolicy`, `success_policy.go: matchSuccessPolicy`).

use crate::cluster::job::{FailureReason, JobCondition};
use crate::cluster::{JobId, PodId, Store};

/// What is to be told of a Job beyond its record, where there is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobNotes {
    /// Status of condition Suspended, once it was written.
    pub suspended: Option<bool>,
    /// The FailJob rule that matched.
    pub fail_job: Option<FailJobMatch>,
    /// The rule of `successPolicy` that matched.
    pub success_rule: Option<u32>,
}

/// A failed pod that a FailJob rule of `podFailurePolicy` matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailJobMatch {
    /// The pod.
    pub pod: PodId,
    /// The rule, from 0.
    pub rule: u32,
    /// What matched.
    pub what: FailJobCause,
}

/// What a FailJob rule matched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailJobCause {
    /// The exit code of a container.
    ExitCode(u8),
    /// A condition of this type.
    Condition(String),
}

/// One condition of a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionText {
    /// `type`.
    pub kind: &'static str,
    /// `status`.
    pub status: bool,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
}

impl Store {
    /// The conditions of `job`, in the order in which they were written first; `seed` is that of the run (messages name pods).
    #[must_use]
    pub fn job_conditions(&self, job: JobId, seed: u64) -> Vec<ConditionText> {
        let mut texts = Vec::new();
        if let Some(suspended) = self.job_notes.get(&job).and_then(|notes| notes.suspended) {
            let (reason, message) = if suspended {
                ("JobSuspended", "Job suspended")
            } else {
                ("JobResumed", "Job resumed")
            };
            texts.push(ConditionText {
                kind: "Suspended",
                status: suspended,
                reason,
                message: message.to_owned(),
            });
        }
        let kinds: &[&'static str] = match self.jobs[job.index()].condition {
            JobCondition::Unsubmitted | JobCondition::Active => &[],
            JobCondition::SuccessCriteriaMet => &["SuccessCriteriaMet"],
            JobCondition::FailureTarget(_) => &["FailureTarget"],
            JobCondition::Complete => &["SuccessCriteriaMet", "Complete"],
            JobCondition::Failed(_) => &["FailureTarget", "Failed"],
        };
        let reason = self.job_reason(job);
        texts.extend(kinds.iter().map(|kind| ConditionText {
            kind,
            status: true,
            reason,
            message: self.job_message(job, seed),
        }));
        texts
    }

    /// Kubernetes' reason of the Job's condition, interim or final; empty while there is none.
    #[must_use]
    pub fn job_reason(&self, job: JobId) -> &'static str {
        match self.jobs[job.index()].condition {
            JobCondition::Unsubmitted | JobCondition::Active => "",
            JobCondition::SuccessCriteriaMet | JobCondition::Complete => match self.job_success_rule(job) {
                Some(_) => "SuccessPolicy",
                None => "CompletionsReached",
            },
            JobCondition::FailureTarget(reason) | JobCondition::Failed(reason) => reason.name(),
        }
    }

    /// The message of the Job's condition, interim or final; empty while there is none.
    #[must_use]
    pub fn job_message(&self, job: JobId, seed: u64) -> String {
        match self.jobs[job.index()].condition {
            JobCondition::Unsubmitted | JobCondition::Active => String::new(),
            JobCondition::SuccessCriteriaMet | JobCondition::Complete => match self.job_success_rule(job) {
                Some(rule) => format!("Matched rules at index {rule}"),
                None => "Reached expected number of succeeded pods".to_owned(),
            },
            JobCondition::FailureTarget(reason) | JobCondition::Failed(reason) => {
                self.failure_message(job, reason, seed)
            }
        }
    }

    fn job_success_rule(&self, job: JobId) -> Option<u32> {
        self.job_notes.get(&job)?.success_rule
    }

    fn failure_message(&self, job: JobId, reason: FailureReason, seed: u64) -> String {
        let text = match reason {
            FailureReason::BackoffLimitExceeded => "Job has reached the specified backoff limit",
            FailureReason::DeadlineExceeded => "Job was active longer than specified deadline",
            FailureReason::MaxFailedIndexesExceeded => {
                "Job has exceeded the specified maximal number of failed indexes"
            }
            FailureReason::FailedIndexes => "Job has failed indexes",
            FailureReason::PodFailurePolicy => {
                let notes = self.job_notes.get(&job).and_then(|notes| notes.fail_job.as_ref());
                return notes.map_or_else(String::new, |found| self.fail_job_message(job, found, seed));
            }
        };
        text.to_owned()
    }

    fn fail_job_message(&self, job: JobId, found: &FailJobMatch, seed: u64) -> String {
        let spec = self.job_spec(job);
        let pod = format!("{}/{}", spec.namespace, self.pod_name(found.pod, seed));
        let rule = found.rule;
        match &found.what {
            FailJobCause::ExitCode(code) => format!(
                "Container {} for pod {pod} failed with exit code {code} matching FailJob rule at index {rule}",
                spec.container
            ),
            FailJobCause::Condition(kind) => {
                format!("Pod {pod} has condition {kind} matching FailJob rule at index {rule}")
            }
        }
    }
}
