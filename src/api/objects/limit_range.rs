//! LimitRanges (`pkg/apis/core/validation/validation.go: ValidateLimitRange`,
//! `pkg/apis/core/v1/defaults.go: SetDefaults_LimitRangeItem`).

use std::collections::BTreeMap;

use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::reader::{Field, invalid, quoted};
use super::requests::{Requests, amount};
use super::resources::check_amount;
use crate::cluster::ResourceId;
use crate::cluster::spec::{LimitKind, LimitRangeItem, LimitRangeSpec};

/// Reads a LimitRange.
pub fn read_limit_range(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> LimitRangeSpec {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let items = object.at_path("spec.limits").items();
    let limits = items.iter().filter_map(|item| read_item(item, reading));
    LimitRangeSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        limits: limits.collect(),
    }
}

fn read_item(item: &Field<'_>, reading: &mut Reading<'_>) -> Option<LimitRangeItem> {
    let kind = match item.at("type").str_or_empty() {
        "Container" => LimitKind::Container,
        "Pod" => LimitKind::Pod,
        // Limits of claims, and of kinds that others define.
        _ => {
            reading.not_simulated(&item.at("type"), "limits of Container and Pod are");
            return None;
        }
    };
    let mut amounts = |key: &str| read_amounts(&item.at(key), reading);
    let (max, min) = (amounts("max"), amounts("min"));
    let (mut default, mut default_request) = (amounts("default"), amounts("defaultRequest"));
    if kind == LimitKind::Pod {
        for (key, given) in [("default", &default), ("defaultRequest", &default_request)] {
            if !given.is_empty() {
                let message = "Forbidden: may not be specified when `type` is 'Pod'";
                item.at(key).error(reading.problems, message);
            }
        }
    } else {
        lend(&mut default, &max);
        lend(&mut default_request, &default);
        lend(&mut default_request, &min);
    }
    let max_limit_request_ratio = read_ratios(&item.at("maxLimitRequestRatio"), reading);
    let item_read = LimitRangeItem {
        kind,
        max,
        min,
        default,
        default_request,
        max_limit_request_ratio,
    };
    check_order(item, &item_read, reading);
    Some(item_read)
}

fn lend(amounts: &mut Requests, defaults: &Requests) {
    for (id, amount) in defaults {
        amounts.entry(*id).or_insert(*amount);
    }
}

fn read_amounts(field: &Field<'_>, reading: &mut Reading<'_>) -> Requests {
    let mut amounts = Requests::new();
    for (name, entry) in field.entries() {
        if let Some(quantity) = entry.quantity() {
            check_amount(name, quantity, &entry, reading);
            let id = reading.resources.intern(name);
            amounts.insert(id, amount(id, quantity));
        }
    }
    amounts
}

fn read_ratios(field: &Field<'_>, reading: &mut Reading<'_>) -> BTreeMap<ResourceId, i64> {
    let mut ratios = BTreeMap::new();
    for (name, entry) in field.entries() {
        let Some(quantity) = entry.quantity() else { continue };
        if quantity.milli_value() < 1000 {
            let text = invalid(
                quoted(&quantity.to_string()),
                &format!("ratio {quantity} is less than 1"),
            );
            entry.error(reading.problems, text);
        }
        ratios.insert(reading.resources.intern(name), quantity.milli_value());
    }
    ratios
}

/// min ≤ defaultRequest ≤ default ≤ max.
fn check_order(field: &Field<'_>, item: &LimitRangeItem, reading: &mut Reading<'_>) {
    let steps = [
        ("min", &item.min, "max", &item.max),
        ("min", &item.min, "default request", &item.default_request),
        ("default request", &item.default_request, "max", &item.max),
        ("min", &item.min, "default", &item.default),
        ("default", &item.default, "max", &item.max),
        ("default request", &item.default_request, "default", &item.default),
    ];
    for (low, below, high, above) in steps {
        for (id, least) in below {
            if above.get(id).is_some_and(|most| least > most) {
                let name = reading.resources.name(*id).to_owned();
                let key = if low == "default request" {
                    "defaultRequest"
                } else {
                    low
                };
                let entry = field.at(key);
                let at = entry.renamed(format!("{}[{name}]", entry.path()));
                at.error(
                    reading.problems,
                    format!("Invalid value: {name} {low} value is greater than its {high} value"),
                );
            }
        }
    }
}
