//! Memory limits above requests.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "memory-overcommitted",
    level: Level::Warning,
    what: "A container may use more memory than it asks for.",
    why: "The node keeps only the request free. What a container uses beyond it belongs to everybody, and memory, unlike cpu \
          time, cannot be taken back: when the node runs short, the container that is farthest above its request is killed \
          (exit code 137). For work that takes hours, request and limit of memory should be equal.",
    bad: job!("", "      restartPolicy: Never\n", "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 4Gi}\n          limits: {memory: 32Gi, nvidia.com/gpu: 1}\n"),
    good: job!(""),
    page: "https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    for container in manifest.containers() {
        let request = container.at_path("resources.requests.memory");
        let limit = container.at_path("resources.limits.memory");
        let (Some(asked), Some(most)) = (request.quantity(), limit.quantity()) else { continue };
        if asked < most {
            let message = format!("the container asks for {asked} of memory and may use {most}");
            report.tell(&request, message, format!("ask for what it needs at most: `memory: {most}`"));
        }
    }
}
