//! Retries without end.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};
use crate::cluster::spec::{ObjectSpec, RestartPolicy};

/// Retries up to which nothing is said: twice the default of Kubernetes.
const USUAL: u64 = 12;
/// First back-off of a Job's pods, and the longest, in seconds (`pkg/controller/job/job_controller.go:
/// DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff`).
const POD_BACKOFF: (u64, u64) = (10, 600);
/// The same of the kubelet's restarts in a pod (`pkg/kubelet/kubelet.go: backOffPeriod, MaxCrashLoopBackOff`).
const CONTAINER_BACKOFF: (u64, u64) = (10, 300);

pub(super) static CHECK: Check = Check {
    code: "backoff-limit-high",
    level: Level::Warning,
    what: "A Job is retried so often that a broken one burns hours before it is given up.",
    why: "Retries help against bad luck, such as a node that fails; a bug fails every time. Between attempts the Job controller \
          waits 10, 20, 40, … at most 600 seconds, so that 50 retries of a Job that fails at once take 8 hours; and each \
          attempt takes its GPUs for as long as it runs until it fails. A podFailurePolicy tells bad luck (evictions, \
          exit codes of the framework) from bugs.",
    bad: job!("  backoffLimit: 100\n"),
    good: job!("  backoffLimit: 3\n"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    let (Some(job), Some(pods)) = (manifest.job_spec(), manifest.pods()) else { return };
    let field = job.at("backoffLimit");
    let Some(retries) = field.int().and_then(|limit| u64::try_from(limit).ok()) else { return };
    if retries <= USUAL {
        return;
    }
    let deadline = match manifest.spec {
        Some(ObjectSpec::Job(job)) => job.active_deadline,
        Some(ObjectSpec::CronJob(cron_job)) => cron_job.job.active_deadline,
        _ => None,
    };
    if deadline.is_some() {
        // It ends the Job, however often it is retried.
        return;
    }
    let gpus = u64::try_from(manifest.gpus()).unwrap_or(0);
    let in_place = pods.restart_policy == RestartPolicy::OnFailure;
    let waited = waiting(retries, if in_place { CONTAINER_BACKOFF } else { POD_BACKOFF });
    let mut message = format!("a Job that fails at once is tried {} times over {}", retries + 1, hours(waited));
    if gpus > 0 && in_place {
        message.push_str(&format!(
            " and holds its GPUs all the time: {} for each pod",
            gpu_hours(gpus.saturating_mul(waited))
        ));
    } else if gpus > 0 {
        let attempts = gpus.saturating_mul(retries + 1);
        message.push_str(&format!(
            "; if each attempt fails after an hour, that is {attempts} GPU-hours for each pod"
        ));
    }
    report.tell(&field, message, "give a few retries, a podFailurePolicy that fails at once on bugs, or activeDeadlineSeconds");
}

/// The sum of the waiting times before `retries` retries: doubled from the first on, up to the longest.
fn waiting(retries: u64, (first, longest): (u64, u64)) -> u64 {
    let (mut wait, mut sum, mut left) = (first, 0_u64, retries);
    while left > 0 && wait < longest {
        sum += wait;
        wait = (wait * 2).min(longest);
        left -= 1;
    }
    sum.saturating_add(left.saturating_mul(longest))
}

fn hours(seconds: u64) -> String {
    let tenths = seconds / 360;
    format!("{}.{} hours", tenths / 10, tenths % 10)
}

fn gpu_hours(gpu_seconds: u64) -> String {
    format!("{} GPU-hours", gpu_seconds / 3600)
}

#[test]
fn waiting_is_the_sum_of_the_series() {
    // 10 + 20 + 40 + 80 + 160 + 320 + 600 + 600
    assert_eq!(waiting(8, POD_BACKOFF), 1830);
    assert_eq!(waiting(2, POD_BACKOFF), 30);
    assert_eq!(waiting(0, POD_BACKOFF), 0);
    assert_eq!(waiting(7, CONTAINER_BACKOFF), 10 + 20 + 40 + 80 + 160 + 300 + 300);
    assert_eq!(waiting(u64::MAX, POD_BACKOFF), u64::MAX);
    assert_eq!(hours(27_630), "7.6 hours");
}
