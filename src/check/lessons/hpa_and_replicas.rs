//! Two who decide on one number.

use crate::check::examples::deployment;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

macro_rules! with_hpa {
    ($spec:literal) => {
        concat!(
            deployment!($spec),
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "hpa-and-replicas",
    level: Level::Warning,
    what: "A workload has a fixed number of `replicas` and an autoscaler.",
    why: "The autoscaler writes `replicas`; every `kubectl apply` of the file writes the fixed number back. So each deployment \
          of a new version throws away what the autoscaler found, in the middle of the load.",
    bad: with_hpa!("  replicas: 3\n"),
    good: with_hpa!(""),
    page: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, all: &Manifests<'_>, report: &mut Report<'_>) {
    let Some((kind, target)) = super::target_of(manifest) else { return };
    let Some(workload) = all.get(kind, manifest.namespace(), target) else { return };
    let replicas = workload.field.at_path("spec.replicas");
    if replicas.is_present() {
        let message = format!("the autoscaler {} sets this number, and every apply of the file sets it back", manifest.name());
        report.tell(&replicas, message, "leave `replicas` out; minReplicas is where it begins");
    }
}
