//! `restartPolicy: OnFailure` in a Job.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "job-on-failure",
    level: Level::Warning,
    what: "A Job has the restart policy OnFailure, so that backoffLimit counts restarts of containers.",
    why: "The failed container is started again in the same pod on the same node, after 10, 20, 40, … at most 300 seconds, \
          while the pod holds its GPUs. The pod never counts as failed; when all restarts together pass backoffLimit, \
          the Job ends it and deletes it, with its log. A node that is broken is never left. With Never each \
          attempt is a new pod, perhaps on another node, and the log of the old one stays.",
    bad: job!("  backoffLimit: 4\n", "      restartPolicy: OnFailure\n"),
    good: job!("  backoffLimit: 4\n"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#handling-pod-and-container-failures",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    let Some(job) = manifest.job_spec() else { return };
    let policy = job.at_path("template.spec.restartPolicy");
    if policy.str() != Some("OnFailure") || job.at("podFailurePolicy").is_present() {
        return;
    }
    let limit = job.at("backoffLimit").int().unwrap_or(6);
    let gpus = manifest.gpus();
    let held = if gpus > 0 { format!(", while it holds {gpus} GPU(s)") } else { String::new() };
    report.tell(
        &policy,
        format!("a container that fails is restarted in its pod up to {limit} times, waiting 10 s, 20 s, 40 s, … 300 s{held}; then pod and log are deleted"),
        "`restartPolicy: Never` makes a new pod for each attempt and keeps the logs",
    );
}
