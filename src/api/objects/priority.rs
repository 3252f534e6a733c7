//! Priority classes and what they give to pods (`plugin/pkg/admission/priority/admission.go`,
//! `pkg/apis/scheduling/validation/validation.go`).

use std::collections::BTreeMap;

use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::reader::Field;
use crate::cluster::spec::{PreemptionPolicy, PriorityClassSpec};

/// Highest priority a user may define (`pkg/apis/scheduling/types.go: HighestUserDefinablePriority`).
const HIGHEST_USER_PRIORITY: i64 = 1_000_000_000;
/// The classes that every cluster has (`pkg/apis/scheduling/v1/helpers.go: systemPriorityClasses`).
const SYSTEM_CLASSES: [(&str, i32); 2] = [
    ("system-node-critical", 2_000_001_000),
    ("system-cluster-critical", 2_000_000_000),
];

/// One class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PriorityClass {
    value: i32,
    /// `preemptionPolicy: Never`.
    never_preempts: bool,
}

/// The priority classes of an input.
#[derive(Clone, Debug)]
pub struct PriorityClasses {
    by_name: BTreeMap<String, PriorityClass>,
    /// The class with `globalDefault: true`.
    default: Option<String>,
    /// The classes of the input, by the place of each object.
    of_objects: BTreeMap<usize, PriorityClassSpec>,
}

impl Default for PriorityClasses {
    fn default() -> Self {
        let class = |value| PriorityClass {
            value,
            never_preempts: false,
        };
        Self {
            by_name: SYSTEM_CLASSES.map(|(n, v)| (n.to_owned(), class(v))).into(),
            default: None,
            of_objects: BTreeMap::new(),
        }
    }
}

impl PriorityClasses {
    /// The class that the object at place `ordinal` of the input is.
    pub fn of_object(&self, ordinal: usize) -> Option<PriorityClassSpec> {
        self.of_objects.get(&ordinal).cloned()
    }
}

/// Reads a PriorityClass and keeps it in `reading.priorities`.
pub fn read_priority_class(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) {
    let metadata = read_metadata(object, Scope::Cluster, ordinal, reading);
    let name = metadata.name;
    let value_field = object.at("value");
    let value = value_field.int().unwrap_or(0);
    let global_default = object.at("globalDefault").bool() == Some(true);
    if name.starts_with("system-") {
        if let Err(reason) = check_system_class(&name, value, global_default) {
            let message = format!(
                "Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: {reason}"
            );
            object.at_path("metadata.name").error(reading.problems, message);
        }
    } else if value > HIGHEST_USER_PRIORITY {
        let message = format!("Forbidden: maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}");
        value_field.error(reading.problems, message);
    }
    if global_default {
        set_default(object, &name, reading);
    }
    let class = PriorityClass {
        value: value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
        never_preempts: object.at("preemptionPolicy").str() == Some("Never"),
    };
    let spec = PriorityClassSpec {
        name: name.clone(),
        value: class.value,
        global_default,
        never_preempts: class.never_preempts,
    };
    reading.priorities.of_objects.insert(ordinal, spec);
    reading.priorities.by_name.insert(name, class);
}

fn check_system_class(name: &str, value: i64, global_default: bool) -> Result<(), String> {
    let known = SYSTEM_CLASSES.iter().find(|(n, _)| *n == name);
    match known {
        None => Err(format!("{name} is not a known system priority class")),
        Some((_, right)) if i64::from(*right) != value => Err(format!("value of {name} PriorityClass must be {right}")),
        Some(_) if global_default => Err(format!("globalDefault of {name} PriorityClass must be false")),
        Some(_) => Ok(()),
    }
}

fn set_default(object: &Field<'_>, name: &str, reading: &mut Reading<'_>) {
    let other = reading
        .priorities
        .default
        .get_or_insert_with(|| name.to_owned())
        .clone();
    if other != name {
        let message = format!(
            "priorityclasses.scheduling.k8s.io \"{name}\" is forbidden: PriorityClass {other} is already marked as default. \
             Only one default can exist"
        );
        object.at("globalDefault").error(reading.problems, message);
    }
}

/// Priority and preemption policy of a pod with this `spec`; `pod` is its name, or the beginning of its pods' names. The API server takes an object
/// whose pods name a class that is not there (`is_pod` is false), and refuses the pods later.
pub fn resolve_priority(
    spec: &Field<'_>,
    pod: &str,
    is_pod: bool,
    reading: &mut Reading<'_>,
) -> (i32, PreemptionPolicy) {
    let class_field = spec.at("priorityClassName");
    let named = class_field.str().filter(|n| !n.is_empty()).map(str::to_owned);
    let class = match named.or_else(|| reading.priorities.default.clone()) {
        None => None,
        Some(name) => {
            let class = reading.priorities.by_name.get(&name).copied();
            if class.is_none() {
                let message = format!("pods \"{pod}\" is forbidden: no PriorityClass with name {name} was found");
                let hint = format!(
                    "add a PriorityClass named {name} to the input (`kubectl get priorityclasses -o yaml` prints those of a \
                     cluster), or leave priorityClassName out"
                );
                if is_pod {
                    class_field.error_with_hint(reading.problems, message, hint);
                } else {
                    let message = format!("{message}; the object is taken, but no pod of it is while this is so");
                    class_field.warning(reading.problems, message, Some(hint));
                }
                return (0, PreemptionPolicy::default());
            }
            class
        }
    };
    let priority = class.map_or(0, |c| c.value);
    let given = spec.at("priority");
    if let Some(value) = given.int().filter(|&v| v != i64::from(priority)) {
        given.error_with_hint(
            reading.problems,
            format!(
                "pods \"{pod}\" is forbidden: the integer value of priority ({value}) must not be provided in pod spec; \
                 priority admission controller computed {priority} from the given PriorityClass name"
            ),
            "define a PriorityClass with this value and name it in priorityClassName",
        );
    }
    let policy = spec.at("preemptionPolicy");
    let never = policy
        .str()
        .map_or_else(|| class.is_some_and(|c| c.never_preempts), |p| p == "Never");
    let policy = if never {
        PreemptionPolicy::Never
    } else {
        PreemptionPolicy::PreemptLowerPriority
    };
    (priority, policy)
}
