//! Namespaces (`staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`).
//!
//! A namespace that objects name is there, as if it had been made ready before, unless the input creates it later.

use crate::cluster::Store;
use crate::cluster::policies::NamespacePhase;
use crate::cluster::spec::NamespaceSpec;
use crate::control::admission::Refusal;

/// Whether an object `name` of `resource` can be made in `namespace`.
///
/// # Errors
/// The namespace is not there, or is being deleted.
pub fn check(store: &Store, namespace: &str, resource: &str, name: &str) -> Result<(), Refusal> {
    match store.policies.namespaces.get(namespace) {
        None | Some(NamespacePhase::Active) => Ok(()),
        Some(NamespacePhase::Absent) => Err(Refusal::not_found("namespaces", namespace)),
        Some(NamespacePhase::Terminating) => Err(Refusal::forbidden(format!(
            "{resource} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being \
             terminated"
        ))),
    }
}

pub(super) fn create(store: &mut Store, namespace: &NamespaceSpec) -> Result<(), Refusal> {
    let name = &namespace.name;
    let known = store.policies.namespaces.get(name);
    if matches!(known, Some(NamespacePhase::Active | NamespacePhase::Terminating)) {
        return Err(Refusal::already_exists("namespaces", name));
    }
    let policies = &mut store.policies;
    policies.namespaces.insert(name.clone(), NamespacePhase::Active);
    policies.namespace_labels.insert(name.clone(), namespace.labels.clone());
    policies.changed();
    Ok(())
}
