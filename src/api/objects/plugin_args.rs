//! `pluginConfig` of a scheduler's profile: the arguments of its plugins
//! (`staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go`,
//! `pkg/scheduler/apis/config/validation/validation_pluginargs.go`).

use super::affinity::read_affinity;
use super::context::Reading;
use super::pod_scheduling::read_constraint;
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::api::schema;
use crate::cluster::spec::{FitArgs, FitStrategy, PluginArgs, known_plugin};

/// Reads the list of arguments; what is not in it has Kubernetes' defaults.
pub fn read_plugin_args(config: &Field<'_>, reading: &mut Reading<'_>) -> PluginArgs {
    let mut args = PluginArgs::default();
    let mut seen: Vec<String> = Vec::new();
    for item in config.items() {
        let name_field = item.at("name");
        let name = name_field.str_or_empty();
        if seen.iter().any(|other| other == name) {
            let text = format!("repeated config for plugin {}", quoted(name));
            name_field.error(reading.problems, text);
        }
        seen.push(name.to_owned());
        let field = item.at("args");
        if field.is_present() && known_plugin(name).is_some() {
            schema::check_as(&field, &format!("{name}Args"), reading.problems);
        }
        match name {
            "NodeResourcesFit" => args.fit = read_fit(&field, reading),
            "NodeResourcesBalancedAllocation" => {
                let resources = read_resources(&field.at("resources"), reading);
                if !resources.is_empty() {
                    args.balanced_resources = resources.into_iter().map(|(name, _)| name).collect();
                }
            }
            "InterPodAffinity" => {
                let weight = field.at("hardPodAffinityWeight");
                args.hard_pod_affinity_weight = in_range(&weight, 0, 100, reading).unwrap_or(1);
                let ignore = field.at("ignorePreferredTermsOfExistingPods");
                args.ignore_preferred_terms_of_existing_pods = ignore.bool() == Some(true);
            }
            "PodTopologySpread" => args.default_constraints = read_spread(&field, reading),
            "NodeAffinity" => args.added_affinity = read_affinity(&field.at("addedAffinity"), reading),
            "DefaultPreemption" => {
                let percentage = field.at("minCandidateNodesPercentage");
                if let Some(value) = in_range(&percentage, 0, 100, reading) {
                    args.min_candidate_nodes_percentage = value as u32;
                }
                let absolute = field.at("minCandidateNodesAbsolute");
                if let Some(value) = in_range(&absolute, 0, i64::from(i32::MAX), reading) {
                    args.min_candidate_nodes_absolute = value as u32;
                }
            }
            _ if known_plugin(name).is_some() => {
                let text = format!("the arguments of {name} change nothing in the simulation");
                reading.warn_once_for(&format!("args of {name}"), &name_field, text, None);
            }
            _ => {
                let text = format!("plugin {} does not exist in kube-scheduler 1.36", quoted(name));
                name_field.error(reading.problems, text);
            }
        }
    }
    args
}

/// A number between `least` and `most`; another is told and brought in.
fn in_range(field: &Field<'_>, least: i64, most: i64, reading: &mut Reading<'_>) -> Option<i64> {
    let value = field.int()?;
    if !(least..=most).contains(&value) {
        field.error(
            reading.problems,
            invalid(value, &format!("not in valid range [{least}, {most}]")),
        );
    }
    Some(value.clamp(least, most))
}

/// Reads `[{name, weight}]`; a weight that is not given is 1.
fn read_resources(field: &Field<'_>, reading: &mut Reading<'_>) -> Vec<(String, i64)> {
    let mut resources: Vec<(String, i64)> = Vec::new();
    for item in field.items() {
        let name = item.at("name");
        let text = name.str_or_empty();
        if text.is_empty() {
            name.error(reading.problems, required(""));
        } else if resources.iter().any(|(other, _)| other == text) {
            name.error(reading.problems, format!("Duplicate value: {}", quoted(text)));
        }
        let weight = item.at("weight");
        let value = match weight.int() {
            None | Some(0) => 1,
            Some(_) => in_range(&weight, 1, 100, reading).unwrap_or(1),
        };
        // The scorer may meet the name before any node or pod does.
        reading.resources.intern(text);
        resources.push((text.to_owned(), value));
    }
    resources
}

fn read_fit(field: &Field<'_>, reading: &mut Reading<'_>) -> FitArgs {
    let mut args = FitArgs {
        ignored_resources: field.at("ignoredResources").string_list(),
        ignored_resource_groups: field.at("ignoredResourceGroups").string_list(),
        ..FitArgs::default()
    };
    for group in field.at("ignoredResourceGroups").items() {
        if group.str_or_empty().contains('/') {
            group.error(
                reading.problems,
                invalid(group.json(), "resource group name can't contain '/'"),
            );
        }
    }
    let strategy = field.at("scoringStrategy");
    if !strategy.is_present() {
        return args;
    }
    let resources = read_resources(&strategy.at("resources"), reading);
    if !resources.is_empty() {
        args.resources = resources;
    }
    let kind = strategy.at("type");
    args.strategy = match kind.str_or_empty() {
        "LeastAllocated" => FitStrategy::LeastAllocated,
        "MostAllocated" => FitStrategy::MostAllocated,
        "RequestedToCapacityRatio" => {
            let shape = strategy.at("requestedToCapacityRatio").at("shape");
            FitStrategy::RequestedToCapacityRatio(read_shape(&shape, reading))
        }
        other => {
            let known = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];
            kind.error(reading.problems, unsupported(other, &known));
            FitStrategy::LeastAllocated
        }
    };
    args
}

/// Reads `shape` (`validateFunctionShape`).
fn read_shape(field: &Field<'_>, reading: &mut Reading<'_>) -> Vec<(i64, i64)> {
    if field.is_empty() {
        field.error(reading.problems, required("at least one point must be specified"));
    }
    let mut points: Vec<(i64, i64)> = Vec::new();
    for item in field.items() {
        let at = item.at("utilization");
        let utilization = in_range(&at, 0, 100, reading).unwrap_or(0);
        let score = in_range(&item.at("score"), 0, 10, reading).unwrap_or(0);
        if points.last().is_some_and(|(before, _)| utilization <= *before) {
            at.error(
                reading.problems,
                invalid(utilization, "utilization values must be sorted in increasing order"),
            );
        } else {
            points.push((utilization, score));
        }
    }
    points
}

fn read_spread(
    field: &Field<'_>,
    reading: &mut Reading<'_>,
) -> Option<Vec<crate::cluster::spec::TopologySpreadConstraint>> {
    let constraints = field.at("defaultConstraints");
    let kind = field.at("defaultingType");
    match kind.str_or_empty() {
        "" | "System" => {
            if !constraints.is_empty() {
                let hint = "add `defaultingType: List`";
                let text = invalid(constraints.json(), "when .defaultingType is System, must be empty");
                constraints.error_with_hint(reading.problems, text, hint);
            }
            return None;
        }
        "List" => {}
        other => kind.error(reading.problems, unsupported(other, &["System", "List"])),
    }
    let items = constraints.items();
    for item in &items {
        let selector = item.at("labelSelector");
        if selector.is_present() {
            let text = "Forbidden: constraint must not define a selector, as they deduced for each pod";
            selector.error(reading.problems, text);
        }
    }
    Some(items.iter().map(|item| read_constraint(item, reading)).collect())
}
