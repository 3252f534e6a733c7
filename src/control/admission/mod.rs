//! Admission: what the API server checks, fills in or refuses before it keeps a pod, in the order of its plugins
//! (`pkg/kubeapiserver/options/plugins.go: AllOrderedPlugins`): NamespaceLifecycle, LimitRanger and Priority fill in, then
//! LimitRanger checks and ResourceQuota comes last. DefaultTolerationSeconds is applied when a template is read.
//!
//! What does not depend on use is worked out once per template and kept until a policy changes.

mod limit_ranger;
mod namespace;
mod priority;
pub mod quantity;
mod quota;
pub mod quota_controller;

use crate::cluster::pod::Owner;
use crate::cluster::policies::Admitted;
use crate::cluster::spec::{ObjectSpec, PodTemplate};
use crate::cluster::{PodId, PodTemplateId, Store};
use crate::workload::script::{ObjectKind, ObjectRef};

pub use crate::cluster::refusal::Refusal;
pub use namespace::check as check_namespace;
pub(super) use quota::find as find_quota;

/// Why a pod is refused; the pod's name comes in front.
enum Reason {
    /// By a plugin that fills in: generated names are not made yet, so it names the prefix.
    Early(String),
    /// By a plugin that checks.
    Late(String),
}

/// Lets a pod of `owner` and `template` in: the template that it gets. Its use of quotas is charged.
///
/// # Errors
/// Why it is refused.
pub fn admit_pod(
    store: &mut Store,
    owner: Owner,
    template: PodTemplateId,
    completion_index: u32,
    seed: u64,
) -> Result<PodTemplateId, Refusal> {
    let forbidden = |store: &Store, reason| {
        let (prefix, name) = store.name_of_new_pod(owner, completion_index, seed);
        Refusal::forbidden(match reason {
            Reason::Early(text) => format!("pods \"{prefix}\" is forbidden: {text}"),
            Reason::Late(text) => format!("pods \"{name}\" is forbidden: {text}"),
        })
    };
    if !store.policies.namespaces.is_empty() {
        let namespace = &store.templates[template.index()].namespace;
        let (prefix, _) = store.name_of_new_pod(owner, completion_index, seed);
        namespace::check(store, namespace, "pods", &prefix)?;
    }
    if !store.policies.admitted.contains_key(&template) {
        let admitted = admit_template(store, template).map_err(|reason| forbidden(store, reason))?;
        store.policies.admitted.insert(template, admitted);
    }
    let admitted = &store.policies.admitted[&template];
    if admitted.charges.is_empty() {
        return Ok(admitted.template);
    }
    let admitted = admitted.clone();
    quota::charge(store, &admitted).map_err(|text| forbidden(store, Reason::Late(text)))?;
    Ok(admitted.template)
}

/// What admission makes of pods of `template`.
fn admit_template(store: &mut Store, template: PodTemplateId) -> Result<Admitted, Reason> {
    let mut pod: PodTemplate = (*store.templates[template.index()]).clone();
    limit_ranger::fill_in(&mut pod, &store.policies.limit_ranges);
    priority::fill_in(&mut pod, &store.policies.classes).map_err(Reason::Early)?;
    limit_ranger::check(&pod, &store.policies.limit_ranges, &store.resources).map_err(Reason::Late)?;
    let charges = quota::charges(&pod, &store.policies.quotas);
    let template = if pod == *store.templates[template.index()] {
        template
    } else {
        store.variant(template, pod)
    };
    Ok(Admitted { template, charges })
}

/// A pod has ended, or is gone, or both: its quotas will be counted anew. Returns the quotas.
pub fn release_pod(store: &mut Store, pod: PodId, ended: bool) -> Vec<usize> {
    quota::release(store, pod, ended)
}

/// The API server takes an object that governs admission; says whether `spec` is one.
///
/// # Errors
/// There is one of its name.
pub fn create(store: &mut Store, spec: &ObjectSpec) -> Option<Result<(), Refusal>> {
    Some(match spec {
        ObjectSpec::PriorityClass(class) => priority::create(store, class),
        ObjectSpec::Namespace(namespace) => namespace::create(store, namespace),
        ObjectSpec::LimitRange(range) => limit_ranger::create(store, range),
        ObjectSpec::ResourceQuota(quota) => quota::create(store, quota),
        _ => return None,
    })
}

/// The API server takes a change of an object that governs admission: `spec` as it is afterwards. Pods that are in stay as they
/// are. `None`: it is no such object.
///
/// # Errors
/// There is none of its name, or the change is not allowed.
pub fn update(store: &mut Store, spec: &ObjectSpec) -> Option<Result<(), Refusal>> {
    Some(match spec {
        ObjectSpec::PriorityClass(class) => priority::update(store, class),
        ObjectSpec::LimitRange(range) => limit_ranger::update(store, range),
        ObjectSpec::ResourceQuota(quota) => quota::update(store, quota),
        _ => return None,
    })
}

/// The API server deletes an object that governs admission; says whether there was one. Pods that are in stay as they are.
pub fn delete(store: &mut Store, object: &ObjectRef) -> bool {
    let policies = &mut store.policies;
    let is_it = |namespace: &str, name: &str| namespace == object.namespace && name == object.name;
    let deleted = match object.kind {
        ObjectKind::PriorityClass => {
            let before = policies.classes.len();
            policies.classes.retain(|class| class.name != object.name);
            policies.classes.len() < before
        }
        ObjectKind::LimitRange => {
            let before = policies.limit_ranges.len();
            policies
                .limit_ranges
                .retain(|range| !is_it(&range.namespace, &range.name));
            policies.limit_ranges.len() < before
        }
        ObjectKind::ResourceQuota => {
            let mut quotas = policies.quotas.iter_mut();
            let quota = quotas.find(|quota| !quota.gone && is_it(&quota.spec.namespace, &quota.spec.name));
            quota.map(|quota| quota.gone = true).is_some()
        }
        ObjectKind::PodDisruptionBudget => {
            let before = store.disruption_budgets.len();
            store
                .disruption_budgets
                .retain(|budget| !is_it(&budget.namespace, &budget.name));
            return store.disruption_budgets.len() < before;
        }
        ObjectKind::Node
        | ObjectKind::Pod
        | ObjectKind::Job
        | ObjectKind::CronJob
        | ObjectKind::Deployment
        | ObjectKind::ReplicaSet
        | ObjectKind::StatefulSet
        | ObjectKind::DaemonSet
        | ObjectKind::HorizontalPodAutoscaler
        | ObjectKind::Namespace => false,
    };
    if deleted {
        store.policies.changed();
    }
    deleted
}
