//! Percentages of nothing.

use crate::check::examples::deployment;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

const HPA: &str = "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work";

macro_rules! with_hpa {
    ($container:literal) => {
        concat!(
            deployment!("", "", $container),
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target: {type: Utilization, averageUtilization: 60}\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "hpa-without-request",
    level: Level::Warning,
    what: "An autoscaler aims at a utilisation of pods that do not ask for that resource.",
    why: "Utilisation is use divided by request. Where one container has no request there is nothing to divide by: the \
          autoscaler reports FailedGetResourceMetric (missing request for cpu) and never scales.",
    bad: with_hpa!("        image: example.com/web:2.0\n        resources:\n          limits: {memory: 2Gi}\n"),
    good: with_hpa!("        image: example.com/web:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n"),
    page: HPA,
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, all: &Manifests<'_>, report: &mut Report<'_>) {
    let Some((kind, target)) = super::target_of(manifest) else { return };
    let Some(workload) = all.get(kind, manifest.namespace(), target) else { return };
    for (resource, only) in utilizations(manifest) {
        for container in workload.containers() {
            let name = container.at("name").str_or_empty();
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let resources = container.at("resources");
            let asks = |list: &str| resources.at(list).at(&resource).is_present();
            if !asks("requests") && !asks("limits") {
                let message = format!(
                    "the autoscaler {} aims at a share of the {resource} request of container {name}, which has none",
                    manifest.name()
                );
                report.tell(&resources, message, format!("add `requests: {{{resource}: …}}`"));
            }
        }
    }
}

/// The resources that the autoscaler aims at a utilisation of, each with the only container that counts, if there is one.
fn utilizations<'a>(hpa: &Manifest<'a>) -> Vec<(String, Option<&'a str>)> {
    let spec = hpa.field.at("spec");
    let percent = spec.at("targetCPUUtilizationPercentage");
    let metrics = spec.at("metrics").items();
    if metrics.is_empty() {
        // Without any metric it is cpu at 80 %; in autoscaling/v1 it always is cpu.
        let _ = percent;
        return vec![("cpu".to_owned(), None)];
    }
    let of_metric = |metric: &crate::api::objects::Field<'a>| {
        let (source, container) = match metric.at("type").str_or_empty() {
            "Resource" => (metric.at("resource"), None),
            "ContainerResource" => {
                let source = metric.at("containerResource");
                let container = source.at("container").str();
                (source, container)
            }
            _ => return None,
        };
        let name = source.at("name").str().filter(|name| matches!(*name, "cpu" | "memory"))?;
        let by_share = source.at_path("target.averageUtilization").is_present();
        by_share.then(|| (name.to_owned(), container))
    };
    metrics.iter().filter_map(of_metric).collect()
}
