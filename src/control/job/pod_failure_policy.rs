//! What a `podFailurePolicy` makes of a failed pod (`pkg/controller/job/pod_failure_policy.go: matchPodFailurePolicy`).

use crate::cluster::PodId;
use crate::cluster::job_conditions::{FailJobCause, FailJobMatch};
use crate::cluster::pod::{Disruption, Pod, PodPhase};
use crate::cluster::spec::{JobSpec, PodFailureAction, PodFailureRequirement, PodFailureRule};
use crate::control::context::Context;

/// What a policy makes of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    /// The action of the first rule that matches; without one, pods are counted.
    pub action: Option<PodFailureAction>,
    /// The rule, if it fails the Job.
    pub fail_job: Option<FailJobMatch>,
}

impl Matched {
    /// Whether the pod counts toward the limits.
    pub(super) fn is_counted(&self) -> bool {
        self.action != Some(PodFailureAction::Ignore)
    }
}

/// Matches `pod` against the policy of its Job, if there is one.
pub(super) fn matched(pod: PodId, spec: &JobSpec, ctx: &Context<'_>) -> Matched {
    let record = &ctx.store.pods[pod.index()];
    let rules = spec.pod_failure_policy.as_deref().unwrap_or_default();
    let matches = |(_, rule): &(usize, &PodFailureRule)| {
        // FailIndex does nothing without a limit per index; validation refuses that.
        cause(record, rule, spec).is_some()
            && (rule.action != PodFailureAction::FailIndex || spec.backoff_limit_per_index.is_some())
    };
    let found = rules.iter().enumerate().find(matches);
    let fail_job = found.filter(|(_, rule)| rule.action == PodFailureAction::FailJob);
    Matched {
        action: found.map(|(_, rule)| rule.action),
        fail_job: fail_job.and_then(|(place, rule)| {
            Some(FailJobMatch {
                pod,
                rule: place as u32,
                what: cause(record, rule, spec)?,
            })
        }),
    }
}

/// What of `pod` the rule matches.
///
/// The exit code of a run is that of the pod's first container; the others ended with 0. Only containers that ran have one:
/// of a pod whose node is gone nobody says how they ended.
fn cause(pod: &Pod, rule: &PodFailureRule, spec: &JobSpec) -> Option<FailJobCause> {
    match &rule.requirement {
        PodFailureRequirement::ExitCodes {
            container,
            not_in,
            values,
        } => {
            let ended = pod.phase == PodPhase::Failed
                && pod.started.happened().is_some()
                && pod.disruption != Disruption::DeletionByPodGc;
            let named = container.as_ref().is_none_or(|name| *name == spec.container);
            let listed = values.contains(&i32::from(pod.exit_code));
            (ended && named && pod.exit_code != 0 && listed != *not_in).then_some(FailJobCause::ExitCode(pod.exit_code))
        }
        PodFailureRequirement::PodConditions(patterns) => {
            let shown = |(kind, status): &&(String, String)| condition(pod, kind) == Some(status.as_str());
            let (kind, _) = patterns.iter().find(shown)?;
            Some(FailJobCause::Condition(kind.clone()))
        }
    }
}

/// The status of a condition of `pod`, if the pod has it.
fn condition(pod: &Pod, kind: &str) -> Option<&'static str> {
    let text = |flag: bool| Some(if flag { "True" } else { "False" });
    match kind {
        "DisruptionTarget" => (pod.disruption != Disruption::None).then_some("True"),
        "PodScheduled" => text(pod.scheduled.happened().is_some()),
        "Ready" | "ContainersReady" if pod.scheduled.happened().is_some() => text(pod.ready),
        "Initialized" | "PodReadyToStartContainers" if pod.scheduled.happened().is_some() => {
            text(pod.started.happened().is_some())
        }
        _ => None,
    }
}
