//! Deployments, ReplicaSets and Pods (`pkg/apis/apps/validation/validation.go`, `pkg/apis/apps/v1/defaults.go`).

use std::sync::Arc;

use super::apps::{Common, read_common, read_share, strategy_json, template_hash};
use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::pod_template::{Workload, read_pod_template};
use super::reader::{Field, invalid};
use crate::cluster::spec::{DeploymentSpec, DeploymentStrategy, IntOrPercent, PodSpec, ReplicaSetSpec};
use crate::kernel::SimDuration;

/// `progressDeadlineSeconds` where it is not given.
const DEFAULT_PROGRESS_DEADLINE: u32 = 600;
/// `progressDeadlineSeconds` that means "no deadline" (`pkg/controller/deployment/util: HasProgressDeadline`).
const NO_PROGRESS_DEADLINE: u32 = i32::MAX as u32;
/// `revisionHistoryLimit` where it is not given.
const DEFAULT_REVISION_HISTORY_LIMIT: u32 = 10;

/// Reads a Deployment.
pub fn read_deployment(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> DeploymentSpec {
    let Common {
        metadata,
        spec,
        replicas,
        min_ready,
        selector,
        template,
    } = read_common(object, Workload::ReplicaSet, "deployment", ordinal, reading);
    let strategy = read_strategy(&spec.at("strategy"), reading);
    let history = spec.at("revisionHistoryLimit").count(reading.problems);
    DeploymentSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        replicas,
        min_ready: SimDuration::from_secs(u64::from(min_ready)),
        strategy,
        paused: spec.at("paused").bool() == Some(true),
        progress_deadline: read_deadline(&spec, min_ready, reading),
        revision_history_limit: history.unwrap_or(DEFAULT_REVISION_HISTORY_LIMIT),
        selector,
        template: Arc::new(template),
        template_hash: template_hash(&spec),
    }
}

/// Reads a ReplicaSet.
pub fn read_replica_set(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> ReplicaSetSpec {
    let common = read_common(object, Workload::ReplicaSet, "deployment", ordinal, reading);
    ReplicaSetSpec {
        namespace: common.metadata.namespace,
        name: common.metadata.name,
        replicas: common.replicas,
        min_ready: SimDuration::from_secs(u64::from(common.min_ready)),
        selector: common.selector,
        template: Arc::new(common.template),
        template_hash: template_hash(&common.spec),
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

fn read_strategy(strategy: &Field<'_>, reading: &mut Reading<'_>) -> DeploymentStrategy {
    let kind = strategy.at("type");
    let rolling = strategy.at("rollingUpdate");
    let default = IntOrPercent::Percent(25);
    match kind.str_or_empty() {
        "Recreate" => {
            if rolling.is_present() {
                let message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
                rolling.error(reading.problems, message);
            }
            DeploymentStrategy::Recreate
        }
        "" | "RollingUpdate" => {
            let (surge, unavailable) = (rolling.at("maxSurge"), rolling.at("maxUnavailable"));
            let max_surge = read_share(&surge, false, reading).unwrap_or(default);
            let max_unavailable = read_share(&unavailable, true, reading).unwrap_or(default);
            if max_surge.is_zero() && max_unavailable.is_zero() {
                let message = invalid(unavailable.json(), "may not be 0 when `maxSurge` is 0");
                unavailable.error(reading.problems, message);
            }
            DeploymentStrategy::RollingUpdate {
                max_surge,
                max_unavailable,
            }
        }
        other => {
            // The API server names the whole strategy.
            let value = strategy_json(other, &rolling, &["maxUnavailable", "maxSurge"], "0");
            let message = format!("Unsupported value: {value}: supported values: \"Recreate\", \"RollingUpdate\"");
            kind.renamed(strategy.path()).error(reading.problems, message);
            DeploymentStrategy::default()
        }
    }
}

fn read_deadline(spec: &Field<'_>, min_ready: u32, reading: &mut Reading<'_>) -> Option<SimDuration> {
    let field = spec.at("progressDeadlineSeconds");
    let deadline = field.count(reading.problems).unwrap_or(DEFAULT_PROGRESS_DEADLINE);
    if deadline <= min_ready {
        let message = invalid(deadline, "must be greater than minReadySeconds");
        field.error(reading.problems, message);
    }
    (deadline != NO_PROGRESS_DEADLINE).then(|| SimDuration::from_secs(u64::from(deadline)))
}
