//! Priority classes (`plugin/pkg/admission/priority/admission.go`).

use crate::cluster::Store;
use crate::cluster::spec::{PodTemplate, PreemptionPolicy, PriorityClassSpec};
use crate::control::admission::Refusal;

/// What messages call the resource.
const RESOURCE: &str = "priorityclasses.scheduling.k8s.io";
/// The classes that every cluster has (`pkg/apis/scheduling/v1/helpers.go: systemPriorityClasses`).
const SYSTEM_CLASSES: [(&str, i32); 2] = [
    ("system-node-critical", 2_000_001_000),
    ("system-cluster-critical", 2_000_000_000),
];

/// Gives `pod` the priority of its class, of the default class, or 0.
pub(super) fn fill_in(pod: &mut PodTemplate, classes: &[PriorityClassSpec]) -> Result<(), String> {
    if pod.priority_class.is_empty() {
        // Of several defaults, which happens while one replaces another, the lowest counts (`getDefaultPriorityClass`).
        let defaults = classes.iter().filter(|class| class.global_default);
        let default = defaults.min_by_key(|class| class.value);
        pod.priority = default.map_or(pod.priority, |class| class.value);
        return Ok(());
    }
    let name = &pod.priority_class;
    let system = SYSTEM_CLASSES.iter().find(|(known, _)| known == name);
    let (value, never) = match (classes.iter().find(|class| class.name == *name), system) {
        (Some(class), _) => (class.value, class.never_preempts),
        (None, Some((_, value))) => (*value, false),
        (None, None) => return Err(format!("no PriorityClass with name {name} was found")),
    };
    pod.priority = value;
    if never {
        pod.preemption_policy = PreemptionPolicy::Never;
    }
    Ok(())
}

pub(super) fn create(store: &mut Store, class: &PriorityClassSpec) -> Result<(), Refusal> {
    let classes = &store.policies.classes;
    if classes.iter().any(|known| known.name == class.name) {
        return Err(Refusal::already_exists(RESOURCE, &class.name));
    }
    only_default(classes, class)?;
    store.policies.classes.push(class.clone());
    store.policies.changed();
    Ok(())
}

/// There is one default class at most (`admission.go: validatePriorityClass`).
fn only_default(classes: &[PriorityClassSpec], class: &PriorityClassSpec) -> Result<(), Refusal> {
    let is_other = |known: &&PriorityClassSpec| known.global_default && known.name != class.name;
    match classes.iter().find(is_other).filter(|_| class.global_default) {
        Some(default) => Err(Refusal::forbidden(format!(
            "{RESOURCE} \"{}\" is forbidden: PriorityClass {} is already marked as default. Only one default can exist",
            class.name, default.name
        ))),
        None => Ok(()),
    }
}

/// A change of a class: its value and its preemption policy stay (`pkg/apis/scheduling/validation/validation.go:
/// ValidatePriorityClassUpdate`).
pub(super) fn update(store: &mut Store, class: &PriorityClassSpec) -> Result<(), Refusal> {
    only_default(&store.policies.classes, class)?;
    let mut classes = store.policies.classes.iter_mut();
    let Some(known) = classes.find(|known| known.name == class.name) else {
        return Err(Refusal::not_found(RESOURCE, &class.name));
    };
    let fixed = [
        (known.value != class.value, "value"),
        (known.never_preempts != class.never_preempts, "preemptionPolicy"),
    ];
    if let Some((_, field)) = fixed.into_iter().find(|(changed, _)| *changed) {
        return Err(Refusal {
            code: 422,
            message: format!(
                "PriorityClass.scheduling.k8s.io \"{}\" is invalid: {field}: Forbidden: may not be changed in an update.",
                class.name
            ),
        });
    }
    known.clone_from(class);
    store.policies.changed();
    Ok(())
}
