//! `spec.behavior` of an autoscaler (`validation.go: validateBehavior`,
//! `pkg/apis/autoscaling/v2/defaults.go: GenerateHPAScaleUpRules, GenerateHPAScaleDownRules`).

use super::context::Reading;
use super::reader::{Field, invalid, required, unsupported};
use crate::cluster::spec::{HpaBehavior, ScalingPolicy, ScalingRules, SelectPolicy};
use crate::kernel::SimDuration;

/// Longest `stabilizationWindowSeconds` (`MaxStabilizationWindowSeconds`).
const MAX_WINDOW: i64 = 3600;
/// Longest `periodSeconds` (`MaxPeriodSeconds`).
const MAX_PERIOD: i64 = 1800;
/// The period of the default policies.
const DEFAULT_PERIOD: SimDuration = SimDuration::from_secs(15);

fn default_scale_up() -> ScalingRules {
    ScalingRules {
        stabilization_window: Some(SimDuration::ZERO),
        select_policy: SelectPolicy::Max,
        policies: vec![
            ScalingPolicy {
                percent: false,
                value: 4,
                period: DEFAULT_PERIOD,
            },
            ScalingPolicy {
                percent: true,
                value: 100,
                period: DEFAULT_PERIOD,
            },
        ],
        tolerance: None,
    }
}

fn default_scale_down() -> ScalingRules {
    ScalingRules {
        stabilization_window: None,
        select_policy: SelectPolicy::Max,
        policies: vec![ScalingPolicy {
            percent: true,
            value: 100,
            period: DEFAULT_PERIOD,
        }],
        tolerance: None,
    }
}

/// Reads `behavior`; the defaults are filled in only if it is there.
pub fn read_behavior(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<HpaBehavior> {
    field.is_present().then(|| HpaBehavior {
        scale_up: read_rules(&field.at("scaleUp"), default_scale_up(), reading),
        scale_down: read_rules(&field.at("scaleDown"), default_scale_down(), reading),
    })
}

fn read_rules(field: &Field<'_>, defaults: ScalingRules, reading: &mut Reading<'_>) -> ScalingRules {
    let policies = field.at("policies");
    if policies.is_present() && policies.is_empty() {
        policies.error(reading.problems, required("must specify at least one Policy"));
    }
    let select = field.at("selectPolicy");
    let select_policy = match select.str_or_empty() {
        "" => defaults.select_policy,
        "Max" => SelectPolicy::Max,
        "Min" => SelectPolicy::Min,
        "Disabled" => SelectPolicy::Disabled,
        other => {
            select.error(reading.problems, unsupported(other, &["Disabled", "Max", "Min"]));
            defaults.select_policy
        }
    };
    ScalingRules {
        stabilization_window: read_window(&field.at("stabilizationWindowSeconds"), reading)
            .or(defaults.stabilization_window),
        select_policy,
        policies: if policies.is_present() {
            policies
                .items()
                .iter()
                .filter_map(|p| read_policy(p, reading))
                .collect()
        } else {
            defaults.policies
        },
        tolerance: read_tolerance(&field.at("tolerance"), reading),
    }
}

fn read_window(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<SimDuration> {
    let seconds = field.int()?;
    if seconds < 0 {
        let message = invalid(seconds, "must be greater than or equal to zero");
        field.error(reading.problems, message);
    } else if seconds > MAX_WINDOW {
        let detail = format!("must be less than or equal to {MAX_WINDOW}");
        field.error(reading.problems, invalid(seconds, &detail));
    }
    Some(SimDuration::from_secs(seconds.clamp(0, MAX_WINDOW) as u64))
}

fn read_policy(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<ScalingPolicy> {
    let [kind, value_field, period_field] = ["type", "value", "periodSeconds"].map(|key| field.at(key));
    let percent = match kind.str_or_empty() {
        "Percent" => Some(true),
        "Pods" => Some(false),
        other => {
            kind.error(reading.problems, unsupported(other, &["Percent", "Pods"]));
            None
        }
    };
    let value = value_field.int32().unwrap_or(0);
    if value <= 0 {
        value_field.error(reading.problems, invalid(value, "must be greater than zero"));
    }
    let period = period_field.int().unwrap_or(0);
    if period <= 0 {
        period_field.error(reading.problems, invalid(period, "must be greater than zero"));
    } else if period > MAX_PERIOD {
        let detail = format!("must be less than or equal to {MAX_PERIOD}");
        period_field.error(reading.problems, invalid(period, &detail));
    }
    Some(ScalingPolicy {
        percent: percent?,
        value: u32::try_from(value).ok()?,
        period: SimDuration::from_secs(period.clamp(0, MAX_PERIOD) as u64),
    })
}

/// A tolerance is a quantity, such as `0.05` or `50m`.
fn read_tolerance(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<f64> {
    let quantity = field.quantity()?;
    if quantity.is_negative() {
        let message = invalid(field.json(), "must be greater than or equal to 0");
        field.error(reading.problems, message);
        return None;
    }
    // A plain number keeps the digits that thousandths would lose.
    let number = field.scalar().and_then(|text| text.parse::<f64>().ok());
    Some(number.unwrap_or_else(|| quantity.milli_value() as f64 / 1000.0))
}
