//! One pod on each node, for work that is no node's.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "daemon-set-with-gpus",
    level: Level::Warning,
    what: "A DaemonSet holds GPUs: one pod on each node, for ever.",
    why: "A DaemonSet is for what belongs to nodes: drivers, logs, metrics. Its pods never end and come before all others on a \
          new node, so what they hold of GPUs no Job will ever get. To train on all nodes at once, write a Job with \
          parallelism and topologySpreadConstraints.",
    bad: "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: train\nspec:\n  selector:\n    matchLabels: {app: train}\n  template:\n    metadata:\n      labels: {app: train}\n    spec:\n      containers:\n      - name: main\n        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 8}\n",
    good: job!("  parallelism: 4\n  completions: 4\n"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    let gpus = if manifest.kind == "DaemonSet" { manifest.gpus() } else { 0 };
    if gpus > 0 {
        let message = format!("each node gives {gpus} GPU(s) to this DaemonSet for ever");
        report.tell(&manifest.field.at("kind"), message, "write a Job for work that ends, a Deployment for what serves requests");
    }
}
