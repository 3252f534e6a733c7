//! StatefulSets (`pkg/apis/apps/validation/validation.go: ValidateStatefulSetSpec`, `pkg/apis/apps/v1/defaults.go`).

use std::sync::Arc;

use super::apps::{read_common, rolling_json, strategy_json, template_hash};
use super::container_checks::check_choice;
use super::context::Reading;
use super::metadata::Metadata;
use super::names;
use super::pod_template::Workload;
use super::reader::{Field, invalid, quoted};
use crate::cluster::spec::{PodManagementPolicy, StatefulSetSpec, StatefulSetUpdate};
use crate::kernel::SimDuration;

/// Reads a StatefulSet.
pub fn read_stateful_set(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> StatefulSetSpec {
    let before = reading.problems.list().len();
    let common = read_common(object, Workload::StatefulSet, "statefulset", ordinal, reading);
    // The API server looks at the pods of a StatefulSet only when they are created
    // (`ValidatePodTemplateSpecForStatefulSet`).
    reading.problems.mark(before, "stateful-set-pods", |problem| {
        problem.severity.forbids()
            && problem.path.starts_with("spec.template.spec.")
            && !problem.message.contains("supported values: \"Always\"")
            && !problem.message.contains("activeDeadlineSeconds in StatefulSet")
    });
    let spec = common.spec;
    check_name(&common.metadata, reading);
    check_retention(&spec.at("persistentVolumeClaimRetentionPolicy"), reading);
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

/// The name becomes part of host names, so it is a label (`ValidateStatefulSetName`).
fn check_name(metadata: &Metadata<'_>, reading: &mut Reading<'_>) {
    let field = metadata.field.at("name");
    // Letters were checked with the metadata.
    if names::dns_subdomain(&metadata.name).is_empty() && field.is_present() {
        for text in names::dns_label(&metadata.name) {
            field.error(reading.problems, invalid(quoted(&metadata.name), &text));
        }
    }
}

fn check_retention(policy: &Field<'_>, reading: &mut Reading<'_>) {
    for key in ["whenDeleted", "whenScaled"] {
        check_choice(&policy.at(key), &["Retain", "Delete"], reading);
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
                let value = rolling_json(&rolling, &["partition", "maxUnavailable"], "null");
                let value = value.replace("\"Partition\":null", "\"Partition\":0");
                let message = invalid(value, "only allowed for updateStrategy 'RollingUpdate'");
                rolling.error(reading.problems, message);
            }
            StatefulSetUpdate::OnDelete
        }
        other => {
            if !matches!(other, "" | "RollingUpdate") {
                // The API server names the whole strategy.
                let value = strategy_json(other, &rolling, &["partition", "maxUnavailable"], "null");
                let message = invalid(value, "must be 'RollingUpdate' or 'OnDelete'");
                kind.renamed(strategy.path()).error(reading.problems, message);
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
