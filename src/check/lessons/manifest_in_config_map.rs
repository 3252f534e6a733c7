//! Manifests that nobody will ever apply.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "manifest-in-config-map",
    level: Level::Warning,
    what: "A ConfigMap holds a whole manifest as text.",
    why: "A ConfigMap is a bag of texts for containers. Kubernetes does not read what is in it: the Job in the text is never \
          created, unless something mounts the text and applies it.",
    bad: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: train\ndata:\n  job.yaml: |\n    apiVersion: batch/v1\n    kind: Job\n    metadata:\n      name: train\n",
    good: job!(""),
    page: "https://kubernetes.io/docs/concepts/configuration/configmap/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    if manifest.kind != "ConfigMap" {
        return;
    }
    for (_, field) in manifest.field.at("data").entries() {
        let Some(text) = field.str() else { continue };
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).map(str::trim);
        if let (Some(_), Some(kind)) = (line("apiVersion:"), line("kind:").filter(|kind| KINDS.contains(kind))) {
            let message = format!("the {kind} in this text is not created: a ConfigMap only keeps texts for containers");
            report.tell(&field, message, "write the object itself, in a document of its own after a line `---`");
        }
    }
}

/// Kinds that run something; other manifests in ConfigMaps are configuration of programs.
const KINDS: [&str; 7] = ["Job", "CronJob", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"];
