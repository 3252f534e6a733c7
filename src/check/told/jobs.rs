//! Jobs and CronJobs.

use super::{error, field, says};
use crate::check::Check;
use crate::check::examples::job;

const JOBS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/";
const CRON_JOBS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";

macro_rules! cron_job {
    ($spec:literal) => {
        concat!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: nightly\nspec:\n",
            $spec,
            "  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - name: main\n            image: example.com/report:1.0\n            resources:\n              requests: {cpu: 1, memory: 1Gi}\n              limits: {memory: 1Gi}\n"
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    error(
        "job-restart-policy",
        |p| field(p, "restartPolicy") && says(p, "\"OnFailure\", \"Never\""),
        "The pods of a Job have the restart policy Always, which is what counts if none is given.",
        "A Job's pods are to end. `Never` makes a new pod for each attempt, so that the log of the failed one stays; `OnFailure` restarts the container in the same pod on the same node.",
        JOBS,
        (job!("", ""), job!("")),
    ),
    error(
        "failure-policy-restart",
        |p| says(p, "only \"Never\" is supported when podFailurePolicy is specified"),
        "A Job with a podFailurePolicy has the restart policy OnFailure.",
        "The policy looks at pods that have failed. With OnFailure the kubelet restarts containers before any pod fails.",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy",
        (
            job!(
                "  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes: {operator: In, values: [42]}\n",
                "      restartPolicy: OnFailure\n"
            ),
            job!(
                "  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes: {operator: In, values: [42]}\n"
            ),
        ),
    ),
    error(
        "failure-policy",
        |p| p.path.contains("podFailurePolicy"),
        "A rule of a podFailurePolicy is not complete, or contradicts itself.",
        "A rule has one action (Count, FailIndex, FailJob, Ignore) and one condition: exit codes (sorted, never 0 with In) or conditions of the pod.",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy",
        (
            job!(
                "  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes: {operator: In, values: [0]}\n"
            ),
            job!(
                "  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes: {operator: In, values: [42]}\n"
            ),
        ),
    ),
    error(
        "indexed-job",
        |p| {
            says(p, "completion mode")
                || says(p, "completions is above")
                || says(p, "completions are above")
                || says(p, "when maxFailedIndexes is specified")
                || says(p, "must be less than or equal to completions")
                || p.path.contains("successPolicy")
                || p.path.ends_with("completionMode")
        },
        "A field that needs an Indexed Job stands in another one, or an Indexed Job lacks what it needs.",
        "With `completionMode: Indexed` each pod has a number from 0 to completions - 1 (in JOB_COMPLETION_INDEX). Retries per index and success policies count by that number, so they need it.",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode",
        (
            job!("  completions: 4\n  parallelism: 4\n  backoffLimitPerIndex: 1\n"),
            job!("  completions: 4\n  parallelism: 4\n  completionMode: Indexed\n  backoffLimitPerIndex: 1\n"),
        ),
    ),
    error(
        "job-selector",
        |p| says(p, "`selector` not auto-generated"),
        "A Job has a selector of its own.",
        "The Job controller makes a selector by a label that no other Job has. One of your own may catch the pods of another Job, which the controller would then count and delete; it is accepted with `manualSelector: true` only.",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector",
        (job!("  selector:\n    matchLabels: {app: train}\n"), job!("")),
    ),
    error(
        "cron-schedule",
        |p| field(p, "schedule") || field(p, "timeZone") || says(p, "cannot use TZ"),
        "The schedule or the time zone of a CronJob cannot be read.",
        "A schedule has five fields: minute, hour, day of the month, month, day of the week. The zone is a field of its own and has a name of the IANA list, such as Europe/Berlin; without it the clock of the controller manager counts.",
        CRON_JOBS,
        (
            cron_job!("  schedule: every night\n"),
            cron_job!("  schedule: \"0 3 * * *\"\n  timeZone: Europe/Berlin\n"),
        ),
    ),
    error(
        "concurrency-policy",
        |p| field(p, "concurrencyPolicy"),
        "The concurrencyPolicy of a CronJob is none that exists.",
        "Allow (the default) starts a Job even if the last one still runs, Forbid skips it, Replace ends the old one.",
        CRON_JOBS,
        (
            cron_job!("  schedule: \"0 3 * * *\"\n  concurrencyPolicy: Never\n"),
            cron_job!("  schedule: \"0 3 * * *\"\n  concurrencyPolicy: Forbid\n"),
        ),
    ),
    error(
        "replacement-policy",
        |p| field(p, "podReplacementPolicy"),
        "The podReplacementPolicy of a Job does not exist, or does not fit its podFailurePolicy.",
        "With a podFailurePolicy a pod is judged when it has ended, so it is replaced then and not before: only `Failed` is possible.",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-replacement-policy",
        (
            job!("  podReplacementPolicy: Always\n"),
            job!("  podReplacementPolicy: Failed\n"),
        ),
    ),
];
