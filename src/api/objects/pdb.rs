//! PodDisruptionBudgets (`pkg/apis/policy/validation/validation.go: ValidatePodDisruptionBudgetSpec`).

use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::reader::{Field, invalid, quoted, unsupported};
use super::selector::read_label_selector;
use crate::cluster::spec::{Allowance, PodDisruptionBudget};

/// Reads a budget.
pub fn read_pdb(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> PodDisruptionBudget {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let spec = object.at("spec");
    let min_available = read_allowance(&spec.at("minAvailable"), reading);
    let max_unavailable = read_allowance(&spec.at("maxUnavailable"), reading);
    if spec.at("minAvailable").is_present() && spec.at("maxUnavailable").is_present() {
        let message = invalid(budget_json(&spec), "minAvailable and maxUnavailable cannot be both set");
        spec.error(reading.problems, message);
    }
    let selector = spec.at("selector");
    let policy = spec.at("unhealthyPodEvictionPolicy");
    let always_allow_unhealthy = match policy.str_or_empty() {
        "" | "IfHealthyBudget" => false,
        "AlwaysAllow" => true,
        other => {
            policy.error(
                reading.problems,
                unsupported(other, &["AlwaysAllow", "IfHealthyBudget"]),
            );
            false
        }
    };
    PodDisruptionBudget {
        namespace: metadata.namespace,
        name: metadata.name,
        selector: selector.is_present().then(|| read_label_selector(&selector, reading)),
        min_available,
        max_unavailable,
        always_allow_unhealthy,
    }
}

/// A budget as the API server prints it: the internal type, whose fields have no JSON names.
fn budget_json(spec: &Field<'_>) -> String {
    let entries = [
        "minAvailable",
        "selector",
        "maxUnavailable",
        "unhealthyPodEvictionPolicy",
    ]
    .map(|key| {
        let field = spec.at(key);
        let value = if field.is_present() {
            field.json()
        } else {
            "null".to_owned()
        };
        let (first, rest) = key.split_at(1);
        format!("\"{}{rest}\":{value}", first.to_ascii_uppercase())
    });
    format!("{{{}}}", entries.join(","))
}

/// A number of pods or a percentage (`pkg/apis/apps/validation/validation.go: ValidatePositiveIntOrPercent,
/// IsNotMoreThan100Percent`).
fn read_allowance(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<Allowance> {
    if !field.is_present() {
        return None;
    }
    if let Some(pods) = field.int() {
        return match u32::try_from(pods) {
            Ok(pods) => Some(Allowance::Pods(pods)),
            Err(_) => {
                let message = invalid(field.json(), "must be greater than or equal to 0");
                field.error(reading.problems, message);
                None
            }
        };
    }
    let text = field.str()?;
    let digits = text.strip_suffix('%').filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse::<u32>().ok()) {
        Some(percent) if percent <= 100 => Some(Allowance::Percent(percent)),
        Some(_) => {
            field.error(reading.problems, invalid(quoted(text), "must not be greater than 100%"));
            None
        }
        None => {
            let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', \
                          regex used for validation is '[0-9]+%')";
            field.error(reading.problems, invalid(quoted(text), detail));
            None
        }
    }
}
