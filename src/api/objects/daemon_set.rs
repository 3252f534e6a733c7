//! DaemonSets (`pkg/apis/apps/validation/validation.go: ValidateDaemonSetSpec`, `pkg/apis/apps/v1/defaults.go`).

use std::sync::Arc;

use super::apps::{read_common, read_share, strategy_json, template_hash};
use super::context::Reading;
use super::pod_template::Workload;
use super::reader::{Field, invalid, required};
use crate::cluster::spec::{DaemonSetSpec, DaemonSetUpdate, IntOrPercent};
use crate::kernel::SimDuration;

/// Reads a DaemonSet.
pub fn read_daemon_set(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> DaemonSetSpec {
    let common = read_common(object, Workload::DaemonSet, "daemonset", ordinal, reading);
    DaemonSetSpec {
        namespace: common.metadata.namespace,
        name: common.metadata.name,
        min_ready: SimDuration::from_secs(u64::from(common.min_ready)),
        update: read_update(&common.spec.at("updateStrategy"), reading),
        template: Arc::new(common.template),
        template_hash: template_hash(&common.spec),
    }
}

fn read_update(strategy: &Field<'_>, reading: &mut Reading<'_>) -> DaemonSetUpdate {
    let kind = strategy.at("type");
    match kind.str_or_empty() {
        "OnDelete" => DaemonSetUpdate::OnDelete,
        "" | "RollingUpdate" => {
            let rolling = strategy.at("rollingUpdate");
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            let max_surge = read_share(&surge, true, reading).unwrap_or(IntOrPercent::Int(0));
            let max_unavailable = read_share(&unavailable, true, reading).unwrap_or(IntOrPercent::Int(1));
            match (max_unavailable.is_zero(), max_surge.is_zero()) {
                (false, false) => {
                    let detail = "may not be set when maxUnavailable is non-zero";
                    surge.error_with_hint(
                        reading.problems,
                        invalid(surge.json(), detail),
                        "set `maxUnavailable: 0`",
                    );
                }
                (true, true) => {
                    unavailable.error(reading.problems, required("cannot be 0 when maxSurge is 0"));
                }
                (true, false) | (false, true) => {}
            }
            DaemonSetUpdate::RollingUpdate {
                max_unavailable,
                max_surge,
            }
        }
        other => {
            let rolling = strategy.at("rollingUpdate");
            // The API server names the whole strategy.
            let value = strategy_json(other, &rolling, &["maxUnavailable", "maxSurge"], "0");
            let message = format!("Unsupported value: {value}: supported values: \"RollingUpdate\", \"OnDelete\"");
            kind.renamed(strategy.path()).error(reading.problems, message);
            DaemonSetUpdate::default()
        }
    }
}
