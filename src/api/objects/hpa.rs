//! HorizontalPodAutoscalers (`pkg/apis/autoscaling/validation/validation.go`, `pkg/apis/autoscaling/v2/defaults.go`).

use super::context::Reading;
use super::hpa_behavior::read_behavior;
use super::metadata::{Scope, read_metadata};
use super::reader::{Field, invalid, required, unsupported};
use crate::cluster::spec::HpaSpec;

/// Target cpu utilisation where no metric is given, in percent.
const DEFAULT_TARGET: u32 = 80;
/// Kinds of metrics, in the validator's order.
const METRIC_TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const ONLY_CPU: &str = "simulated is one metric: type Resource, name cpu, target Utilization";

/// Which version of the API the object is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpaVersion {
    /// autoscaling/v1: `targetCPUUtilizationPercentage`.
    V1,
    /// autoscaling/v2: `metrics`, `behavior`.
    V2,
}

/// Reads an autoscaler.
pub fn read_hpa(object: &Field<'_>, version: HpaVersion, ordinal: usize, reading: &mut Reading<'_>) -> HpaSpec {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let spec = object.at("spec");
    let (min_replicas, max_replicas) = read_bounds(&spec, version, reading);
    let target = read_target(&spec.at("scaleTargetRef"), reading);
    let (target_cpu_utilization, behavior) = match version {
        HpaVersion::V1 => {
            for annotation in ["metrics", "behavior"] {
                let key = format!("autoscaling.alpha.kubernetes.io/{annotation}");
                let annotations = metadata.field.at("annotations").entries();
                if let Some((_, field)) = annotations.iter().find(|(k, _)| *k == key) {
                    reading.not_simulated(field, "write the autoscaler as autoscaling/v2");
                }
            }
            (
                read_percentage(&spec.at("targetCPUUtilizationPercentage"), reading),
                None,
            )
        }
        HpaVersion::V2 => (
            Some(read_metrics(&spec.at("metrics"), reading)),
            read_behavior(&spec.at("behavior"), reading),
        ),
    };
    HpaSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        target,
        min_replicas,
        max_replicas,
        target_cpu_utilization: target_cpu_utilization.unwrap_or(DEFAULT_TARGET),
        behavior,
    }
}

fn read_bounds(spec: &Field<'_>, version: HpaVersion, reading: &mut Reading<'_>) -> (u32, u32) {
    let (min_field, max_field) = (spec.at("minReplicas"), spec.at("maxReplicas"));
    let min = min_field.int32().unwrap_or(1);
    let max = max_field.int32().unwrap_or(0);
    if min < 1 {
        let message = invalid(min, "must be greater than or equal to 1");
        min_field.error(reading.problems, message);
    }
    if min == 0 && version == HpaVersion::V2 {
        let message =
            "Forbidden: must specify at least one Object or External metric to support scaling to zero replicas";
        spec.at("metrics").error(reading.problems, message);
    }
    if max == 0 {
        max_field.error(reading.problems, required("must be set and greater than 0"));
    } else if max < 0 {
        let message = invalid(max, "must be greater than or equal to 1");
        max_field.error(reading.problems, message);
    }
    if max < min {
        let message = invalid(max, "must be greater than or equal to `minReplicas`");
        max_field.error(reading.problems, message);
    }
    (min.max(1) as u32, max.max(1) as u32)
}

fn read_target(target: &Field<'_>, reading: &mut Reading<'_>) -> String {
    let [version, kind, name] = ["apiVersion", "kind", "name"].map(|key| target.at(key));
    for field in [&kind, &name] {
        if field.is_empty() {
            field.error(reading.problems, required(""));
        }
    }
    if !version.str_or_empty().contains('/') {
        version.error_with_hint(
            reading.problems,
            invalid(version.json(), "apiVersion must specify API group"),
            "write `apiVersion: apps/v1`",
        );
    }
    if !matches!(kind.str_or_empty(), "" | "Deployment") {
        kind.error_with_hint(
            reading.problems,
            format!("scaling a {} is not simulated yet", kind.str_or_empty()),
            "simulated is the scaling of a Deployment",
        );
    }
    name.str_or_empty().to_owned()
}

fn read_metrics(metrics: &Field<'_>, reading: &mut Reading<'_>) -> u32 {
    let mut target = None;
    for metric in metrics.items() {
        let Some(found) = read_metric(&metric, reading) else {
            continue;
        };
        if target.is_some() {
            metric.error_with_hint(reading.problems, "several metrics are not simulated yet", ONLY_CPU);
        }
        target = target.or(Some(found));
    }
    target.unwrap_or(DEFAULT_TARGET)
}

fn read_metric(metric: &Field<'_>, reading: &mut Reading<'_>) -> Option<u32> {
    let kind = metric.at("type");
    match kind.str_or_empty() {
        "Resource" => {}
        "" => {
            kind.error(reading.problems, required("must specify a metric source type"));
            return None;
        }
        known if METRIC_TYPES.contains(&known) => {
            let message = format!("metrics of type {known} are not simulated yet");
            kind.error_with_hint(reading.problems, message, ONLY_CPU);
            return None;
        }
        other => {
            kind.error(reading.problems, unsupported(other, &METRIC_TYPES));
            return None;
        }
    }
    let resource = metric.at("resource");
    if !resource.is_present() {
        let detail = "must populate information for the given metric source";
        resource.error(reading.problems, required(detail));
        return None;
    }
    let utilization = read_metric_target(&resource.at("target"), reading);
    let name = resource.at("name");
    match name.str_or_empty() {
        "cpu" => utilization,
        "" => {
            name.error(reading.problems, required("must specify a resource name"));
            None
        }
        other => {
            let hint = if other.contains('/') {
                "no metrics API reports devices as a resource, so Kubernetes would not scale on it either"
            } else {
                ONLY_CPU
            };
            name.error_with_hint(
                reading.problems,
                format!("scaling on {other} is not simulated yet"),
                hint,
            );
            None
        }
    }
}

fn read_metric_target(target: &Field<'_>, reading: &mut Reading<'_>) -> Option<u32> {
    let kind = target.at("type");
    let [utilization, average, value] = ["averageUtilization", "averageValue", "value"].map(|key| target.at(key));
    match kind.str_or_empty() {
        "" => kind.error(reading.problems, required("must specify a metric target type")),
        "Utilization" | "Value" | "AverageValue" => {}
        _ => {
            let detail = "must be either Utilization, Value, or AverageValue";
            kind.error(reading.problems, invalid(kind.json(), detail));
        }
    }
    if !utilization.is_present() && !average.is_present() {
        let detail = "must set either a target raw value or a target utilization";
        utilization.error_with_hint(reading.problems, required(detail), "add `averageUtilization: 80`");
        return None;
    }
    if utilization.is_present() && average.is_present() {
        let message = "Forbidden: may not set both a target raw value and a target utilization";
        average.error(reading.problems, message);
    } else if average.is_present() || value.is_present() {
        let field = if average.is_present() { &average } else { &value };
        field.error_with_hint(reading.problems, "targets in units are not simulated yet", ONLY_CPU);
    }
    read_percentage(&utilization, reading)
}

fn read_percentage(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<u32> {
    let percent = field.int32()?;
    if percent < 1 {
        field.error(reading.problems, invalid(percent, "must be greater than 0"));
        return None;
    }
    u32::try_from(percent).ok()
}
