//! Servers in Jobs.

use crate::check::examples::{deployment, job};
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "serving-in-job",
    level: Level::Warning,
    what: "A Job seems to run a server: a readiness probe, or a Service that selects its pods.",
    why: "A server does not end, so its Job never completes. When its node fails, it comes back only while retries are left, \
          and it can be neither scaled nor updated. A Deployment does all of that.",
    bad: job!("", "      restartPolicy: Never\n", "        image: example.com/serve:1.4\n        readinessProbe:\n          httpGet: {path: /ready, port: 8080}\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 1}\n"),
    good: deployment!("  replicas: 2\n"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, all: &Manifests<'_>, report: &mut Report<'_>) {
    if manifest.job_spec().is_none() {
        return;
    }
    for container in manifest.containers() {
        let probe = container.at("readinessProbe");
        if probe.is_present() {
            report.tell(&probe, "a Job's pods are to end, and this one says when it is ready to serve", HINT);
            return;
        }
    }
    let Some(pods) = manifest.pods().filter(|pods| !pods.labels.is_empty()) else { return };
    let selects = |service: &&Manifest<'_>| {
        let selector = service.field.at_path("spec.selector").string_map();
        // A headless Service gives the workers of a Job their names.
        let headless = service.field.at_path("spec.clusterIP").str() == Some("None");
        service.namespace() == manifest.namespace()
            && !headless
            && !selector.is_empty()
            && selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value))
    };
    if let Some(service) = all.of_kind("Service").find(selects) {
        let message = format!("the Service {} sends requests to the pods of this Job", service.name());
        report.tell(&manifest.field.at("spec"), message, HINT);
    }
}

const HINT: &str = "write a Deployment (apps/v1) for what serves requests";
