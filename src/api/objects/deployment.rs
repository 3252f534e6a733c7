//! Deployments, ReplicaSets and Pods (`pkg/apis/apps/validation/validation.go`, `pkg/apis/apps/v1/defaults.go`).

use std::sync::Arc;

use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::pod_template::{Workload, read_pod_template};
use super::reader::{Field, invalid, unsupported};
use super::selector::check_selector;
use crate::cluster::spec::{DeploymentSpec, PodSpec};
use crate::kernel::SimDuration;

/// `progressDeadlineSeconds` where it is not given.
const DEFAULT_PROGRESS_DEADLINE: i64 = 600;

/// Which of the two kinds is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaKind {
    /// A Deployment.
    Deployment,
    /// A ReplicaSet without a Deployment above it.
    ReplicaSet,
}

/// Reads a Deployment or a bare ReplicaSet.
pub fn read_deployment(
    object: &Field<'_>,
    kind: ReplicaKind,
    ordinal: usize,
    reading: &mut Reading<'_>,
) -> DeploymentSpec {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let spec = object.at("spec");
    let replicas = spec.at("replicas").count(reading.problems);
    let min_ready_field = spec.at("minReadySeconds");
    let min_ready = min_ready_field.count(reading.problems).unwrap_or(0);
    let mut template = read_pod_template(
        &spec.at("template"),
        &metadata.field,
        &metadata.name,
        Workload::ReplicaSet,
        reading,
    );
    let word = match kind {
        ReplicaKind::Deployment => "deployment",
        ReplicaKind::ReplicaSet => "replica set",
    };
    template.scheduling.owner_selector = check_selector(&spec, &template.labels, word, reading);
    match kind {
        ReplicaKind::Deployment => {
            check_strategy(&spec.at("strategy"), reading);
            check_deadline(&spec, min_ready, reading);
            let paused = spec.at("paused");
            if paused.bool() == Some(true) {
                reading.not_simulated(&paused, "the first roll-out begins at once");
            }
        }
        ReplicaKind::ReplicaSet => {}
    }
    DeploymentSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        replicas: replicas.unwrap_or(1),
        min_ready: SimDuration::from_secs(u64::from(min_ready)),
        bare_replica_set: kind == ReplicaKind::ReplicaSet,
        template: Arc::new(template),
    }
}

/// Reads a bare Pod.
pub fn read_pod(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> PodSpec {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let template = read_pod_template(object, &metadata.field, &metadata.name, Workload::Pod, reading);
    PodSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        template: Arc::new(template),
    }
}

/// The strategy has no part in a first roll-out or in scaling; only mistakes in it are told.
fn check_strategy(strategy: &Field<'_>, reading: &mut Reading<'_>) {
    let kind = strategy.at("type");
    let rolling = strategy.at("rollingUpdate");
    match kind.str_or_empty() {
        "Recreate" if rolling.is_present() => {
            let message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
            rolling.error(reading.problems, message);
        }
        "Recreate" => {}
        "" | "RollingUpdate" => {
            let unavailable = rolling.at("maxUnavailable");
            let zero = [rolling.at("maxSurge"), unavailable.clone()]
                .map(|field| check_share(&field, field.path().ends_with("maxUnavailable"), reading) == Some(0));
            if zero == [true, true] {
                let message = invalid(unavailable.json(), "may not be 0 when `maxSurge` is 0");
                unavailable.error(reading.problems, message);
            }
        }
        other => kind.error(reading.problems, unsupported(other, &["Recreate", "RollingUpdate"])),
    }
}

/// Checks a count or percentage and returns its number.
fn check_share(field: &Field<'_>, at_most_all: bool, reading: &mut Reading<'_>) -> Option<i64> {
    if let Some(count) = field.int() {
        if count < 0 {
            let message = invalid(count, "must be greater than or equal to 0");
            field.error(reading.problems, message);
        }
        return Some(count);
    }
    let text = field.str()?;
    let percent = text
        .strip_suffix('%')
        .and_then(|n| n.parse::<i64>().ok())
        .filter(|n| *n >= 0);
    match percent {
        None => {
            let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                          '93%', regex used for validation is '[0-9]+%')";
            field.error(reading.problems, invalid(field.json(), detail));
        }
        Some(percent) if at_most_all && percent > 100 => {
            field.error(reading.problems, invalid(field.json(), "must not be greater than 100%"));
        }
        Some(_) => {}
    }
    percent
}

fn check_deadline(spec: &Field<'_>, min_ready: u32, reading: &mut Reading<'_>) {
    let field = spec.at("progressDeadlineSeconds");
    let deadline = field
        .count(reading.problems)
        .map_or(DEFAULT_PROGRESS_DEADLINE, i64::from);
    if deadline <= i64::from(min_ready) {
        let message = invalid(deadline, "must be greater than minReadySeconds");
        field.error(reading.problems, message);
    }
}
