//! StatefulSets (`pkg/apis/apps/validation/validation.go: ValidateStatefulSetSpec`, `pkg/apis/apps/v1/defaults.go`).

use std::sync::Arc;

use super::apps::{read_common, template_hash};
use super::context::Reading;
use super::pod_template::Workload;
use super::reader::{Field, invalid, quoted};
use crate::cluster::spec::{PodManagementPolicy, StatefulSetSpec, StatefulSetUpdate};
use crate::kernel::SimDuration;

/// Reads a StatefulSet.
pub fn read_stateful_set(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> StatefulSetSpec {
    let common = read_common(object, Workload::StatefulSet, "statefulset", ordinal, reading);
    let spec = common.spec;
    let claims = spec.at("volumeClaimTemplates");
    reading.not_simulated(&claims, "the pods do not wait for volumes");
    let start = spec.at_path("ordinals.start").count(reading.problems).unwrap_or(0);
    StatefulSetSpec {
        namespace: common.metadata.namespace,
        name: common.metadata.name,
        replicas: common.replicas,
        min_ready: SimDuration::from_secs(u64::from(common.min_ready)),
        pod_management: read_management(&spec.at("podManagementPolicy"), reading),
        update: read_update(&spec.at("updateStrategy"), reading),
        start_ordinal: start,
        selector: common.selector,
        template: Arc::new(common.template),
        template_hash: template_hash(&spec),
    }
}

fn read_management(field: &Field<'_>, reading: &mut Reading<'_>) -> PodManagementPolicy {
    match field.str_or_empty() {
        "" | "OrderedReady" => PodManagementPolicy::OrderedReady,
        "Parallel" => PodManagementPolicy::Parallel,
        other => {
            let message = invalid(quoted(other), "must be 'OrderedReady' or 'Parallel'");
            field.error(reading.problems, message);
            PodManagementPolicy::OrderedReady
        }
    }
}

fn read_update(strategy: &Field<'_>, reading: &mut Reading<'_>) -> StatefulSetUpdate {
    let kind = strategy.at("type");
    let rolling = strategy.at("rollingUpdate");
    match kind.str_or_empty() {
        "OnDelete" => {
            if rolling.is_present() {
                let message = invalid(rolling.json(), "only allowed for updateStrategy 'RollingUpdate'");
                rolling.error(reading.problems, message);
            }
            StatefulSetUpdate::OnDelete
        }
        other => {
            if !matches!(other, "" | "RollingUpdate") {
                let message = invalid(quoted(other), "must be 'RollingUpdate' or 'OnDelete'");
                kind.error(reading.problems, message);
            }
            let unavailable = rolling.at("maxUnavailable");
            reading.not_simulated(
                &unavailable,
                "the gate MaxUnavailableStatefulSet is off by default, so one pod is replaced at a time",
            );
            let partition = rolling.at("partition").count(reading.problems).unwrap_or(0);
            StatefulSetUpdate::RollingUpdate { partition }
        }
    }
}
