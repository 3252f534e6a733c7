//! ResourceQuotas (`pkg/apis/core/validation/validation.go: ValidateResourceQuotaSpec`).

use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::reader::{Field, invalid, quoted, unsupported};
use super::requests::amount;
use super::resources::check_amount;
use crate::cluster::ResourceId;
use crate::cluster::spec::{Counted, HardLimit, QuotaScope, ResourceQuotaSpec, ScopeOperator};

const SCOPES: [&str; 6] = [
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
];

/// Reads a ResourceQuota.
pub fn read_quota(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> ResourceQuotaSpec {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let spec = object.at("spec");
    let mut hard = Vec::new();
    for (name, entry) in spec.at("hard").entries() {
        let Some(quantity) = entry.quantity() else { continue };
        let Some(counted) = counted(name, reading) else {
            reading.not_simulated(&entry, "nothing of it is counted");
            continue;
        };
        check_amount(name, quantity, &entry, reading);
        let hard_limit = match counted {
            Counted::Requests(id) | Counted::Limits(id) => amount(id, quantity),
            Counted::Pods | Counted::PodObjects => quantity.value(),
        };
        hard.push(HardLimit {
            name: name.to_owned(),
            counted,
            hard: hard_limit.max(0),
        });
    }
    hard.sort_by(|a, b| a.name.cmp(&b.name));
    let mut scopes = Vec::new();
    for scope in spec.at("scopes").items() {
        scopes.extend(read_scope(&scope, scope.str_or_empty(), None, reading));
    }
    for requirement in spec.at_path("scopeSelector.matchExpressions").items() {
        let name = requirement.at("scopeName");
        scopes.extend(read_scope(&name, name.str_or_empty(), Some(&requirement), reading));
    }
    ResourceQuotaSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        hard,
        scopes,
    }
}

/// What an entry of `hard` counts; `None` if it is about objects that are not simulated, or not counted.
fn counted(name: &str, reading: &mut Reading<'_>) -> Option<Counted> {
    if let Some(resource) = name.strip_prefix("limits.") {
        return Some(Counted::Limits(reading.resources.intern(resource)));
    }
    if let Some(resource) = name.strip_prefix("requests.") {
        // `requests.storage` is about claims.
        return (resource != "storage").then(|| Counted::Requests(reading.resources.intern(resource)));
    }
    match name {
        "pods" => Some(Counted::Pods),
        "count/pods" => Some(Counted::PodObjects),
        "cpu" => Some(Counted::Requests(ResourceId::CPU)),
        "memory" => Some(Counted::Requests(ResourceId::MEMORY)),
        "ephemeral-storage" => Some(Counted::Requests(ResourceId::EPHEMERAL_STORAGE)),
        _ if name.starts_with("hugepages-") => Some(Counted::Requests(reading.resources.intern(name))),
        _ => None,
    }
}

fn read_scope(
    field: &Field<'_>,
    name: &str,
    requirement: Option<&Field<'_>>,
    reading: &mut Reading<'_>,
) -> Option<QuotaScope> {
    let operator = match requirement {
        None => ScopeOperator::Exists,
        Some(requirement) => read_operator(&requirement.at("operator"), reading)?,
    };
    let scope = match name {
        "Terminating" => QuotaScope::Terminating(true),
        "NotTerminating" => QuotaScope::Terminating(false),
        "BestEffort" => QuotaScope::BestEffort(true),
        "NotBestEffort" => QuotaScope::BestEffort(false),
        "CrossNamespacePodAffinity" => QuotaScope::CrossNamespacePodAffinity,
        "PriorityClass" => {
            return Some(QuotaScope::PriorityClass {
                operator,
                names: requirement.map_or_else(Vec::new, |r| r.at("values").string_list()),
            });
        }
        "VolumeAttributesClass" => {
            reading.not_simulated(field, "the quota is taken to be about all pods");
            return None;
        }
        other => {
            let message = if requirement.is_some() {
                unsupported(other, &SCOPES)
            } else {
                invalid(quoted(other), "unsupported scope")
            };
            field.error(reading.problems, message);
            return None;
        }
    };
    if operator != ScopeOperator::Exists {
        let message = "must be 'Exist' only operator when scope is any of ResourceQuotaScopeTerminating, \
                       ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
                       ResourceQuotaScopeCrossNamespacePodAffinity";
        let operator = requirement.map_or_else(|| field.clone(), |r| r.at("operator"));
        operator.error(reading.problems, invalid(operator.json(), message));
    }
    Some(scope)
}

fn read_operator(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<ScopeOperator> {
    Some(match field.str_or_empty() {
        "In" => ScopeOperator::In,
        "NotIn" => ScopeOperator::NotIn,
        "Exists" => ScopeOperator::Exists,
        "DoesNotExist" => ScopeOperator::DoesNotExist,
        other => {
            field.error(
                reading.problems,
                invalid(quoted(other), "not a valid selector operator"),
            );
            return None;
        }
    })
}
