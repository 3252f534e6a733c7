//! Deadlines before the end of the work.

use crate::check::{Check, Cluster, Finder, Level, Report, Workload};
use crate::kernel::SimDuration;

macro_rules! timed {
    ($deadline:literal) => {
        concat!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: train\nspec:\n  activeDeadlineSeconds: ",
            $deadline,
            "\n  template:\n    metadata:\n      annotations: {makespan.dev/runtime: 2h}\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 1}\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "deadline-before-end",
    level: Level::Warning,
    what: "The activeDeadlineSeconds of a Job is shorter than its pods run.",
    why: "The deadline counts from the start of the Job, with the waiting for a node, all retries and all completions after one \
          another. When it has passed, all pods are killed and the Job has failed (DeadlineExceeded), however near the \
          end they were.",
    bad: timed!("3600"),
    good: timed!("14400"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
    finder: Finder::Cluster(check),
};

fn check(workload: &Workload, _: &Cluster<'_>, report: &mut Report<'_>) {
    let Some(deadline) = workload.deadline else { return };
    let runtimes = &workload.template.behaviour.runtime;
    let Some(median) = runtimes.first().and_then(|runtime| runtime.quantile(0.5)) else { return };
    let seconds = deadline.as_secs_f64();
    if median >= seconds {
        let Some(typical) = SimDuration::from_secs_f64(median) else { return };
        let message = format!("half of its pods run {typical} or longer, and the Job is ended after {deadline}");
        report.tell_of(workload, "spec.activeDeadlineSeconds", &message, "give the time of all completions and retries after one another, with some reserve");
    }
}
