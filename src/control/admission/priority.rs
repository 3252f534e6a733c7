//! Priority classes (`plugin/pkg/admission/priority/admission.go`).

use crate::cluster::Store;
use crate::cluster::spec::{PodTemplate, PreemptionPolicy, PriorityClassSpec};
use crate::control::admission::Refusal;

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
    let resource = "priorityclasses.scheduling.k8s.io";
    let classes = &store.policies.classes;
    if classes.iter().any(|known| known.name == class.name) {
        return Err(Refusal::already_exists(resource, &class.name));
    }
    if let Some(default) = classes
        .iter()
        .find(|known| known.global_default && class.global_default)
    {
        return Err(Refusal::forbidden(format!(
            "{resource} \"{}\" is forbidden: PriorityClass {} is already marked as default. Only one default can exist",
            class.name, default.name
        )));
    }
    store.policies.classes.push(class.clone());
    store.policies.changed();
    Ok(())
}
