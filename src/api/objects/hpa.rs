//! HorizontalPodAutoscalers (`pkg/apis/autoscaling/validation/validation.go`, `pkg/apis/autoscaling/v2/defaults.go`).

use super::context::Reading;
use super::hpa_behavior::read_behavior;
use super::hpa_metrics::read_metrics;
use super::metadata::{Scope, read_metadata};
use super::reader::{Field, invalid, required};
use crate::cluster::spec::{HpaSpec, MetricSpec, ScaleTargetKind};

/// Target cpu utilisation where no metric is given, in percent.
const DEFAULT_TARGET: u32 = 80;

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
    let (target_kind, target) = read_target(&spec.at("scaleTargetRef"), reading);
    let (metrics, behavior) = match version {
        HpaVersion::V1 => {
            for annotation in ["metrics", "behavior"] {
                let key = format!("autoscaling.alpha.kubernetes.io/{annotation}");
                let annotations = metadata.field.at("annotations").entries();
                if let Some((_, field)) = annotations.iter().find(|(k, _)| *k == key) {
                    reading.not_simulated(field, "write the autoscaler as autoscaling/v2");
                }
            }
            let percent = read_percentage(&spec.at("targetCPUUtilizationPercentage"), reading);
            (percent.map(MetricSpec::cpu_utilization).into_iter().collect(), None)
        }
        HpaVersion::V2 => (
            read_metrics(&spec.at("metrics"), reading),
            read_behavior(&spec.at("behavior"), reading),
        ),
    };
    let metrics = if metrics.is_empty() {
        vec![MetricSpec::cpu_utilization(DEFAULT_TARGET)]
    } else {
        metrics
    };
    HpaSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        target_kind,
        target,
        min_replicas,
        max_replicas,
        metrics,
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
    let metrics = spec.at("metrics").items();
    let scales_to_zero = |metric: &Field<'_>| matches!(metric.at("type").str_or_empty(), "Object" | "External");
    if min == 0 && version == HpaVersion::V2 && !metrics.iter().any(scales_to_zero) {
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

fn read_target(target: &Field<'_>, reading: &mut Reading<'_>) -> (ScaleTargetKind, String) {
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
    let found = match kind.str_or_empty() {
        "" | "Deployment" => ScaleTargetKind::Deployment,
        "ReplicaSet" => ScaleTargetKind::ReplicaSet,
        "StatefulSet" => ScaleTargetKind::StatefulSet,
        other => {
            kind.error_with_hint(
                reading.problems,
                format!("scaling a {other} is not simulated"),
                "simulated is the scaling of a Deployment, ReplicaSet or StatefulSet",
            );
            ScaleTargetKind::Deployment
        }
    };
    (found, name.str_or_empty().to_owned())
}

pub(super) fn read_percentage(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<u32> {
    let percent = field.int32()?;
    if percent < 1 {
        field.error(reading.problems, invalid(percent, "must be greater than 0"));
        return None;
    }
    u32::try_from(percent).ok()
}
