//! StatefulSets that are Deployments.

use crate::check::examples::deployment;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "stateful-set-without-state",
    level: Level::Warning,
    what: "A StatefulSet has neither volumes of its own nor a Service that gives its pods names.",
    why: "A StatefulSet starts, updates and removes its pods one after another, and waits for ever for one that does not get \
          ready or whose node is lost. That is the price for stable names and volumes; without them a Deployment \
          does the same work, faster.",
    bad: "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n      - name: server\n        image: example.com/web:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n",
    good: deployment!("  replicas: 3\n"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    if manifest.kind != "StatefulSet" {
        return;
    }
    let spec = manifest.field.at("spec");
    if spec.at("volumeClaimTemplates").is_empty() && spec.at("serviceName").is_empty() {
        let message = "the pods have neither volumes nor names that others could know (volumeClaimTemplates, serviceName)";
        report.tell(&manifest.field.at("kind"), message, "write `kind: Deployment`, or name the Service that goes with it");
    }
}
