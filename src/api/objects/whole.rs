//! What concerns the input as a whole: names taken twice, owners, autoscalers without a target.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Reading;
use super::reader::{Field, quoted};
use super::{Object, ReadObject};
use crate::api::problem::Problems;
use crate::cluster::spec::{HpaSpec, ObjectSpec};
use crate::kernel::text::suggest;

/// Where an autoscaler names what it scales.
const TARGET: &str = "spec.scaleTargetRef.name";

/// The objects (by position) whose controlling owner is among `objects`: pods of a Job, ReplicaSets of a Deployment. A dump of
/// a cluster (`kubectl get all -o yaml`) holds both; the owner makes the others anew.
pub fn controlled_by_others(objects: &[Object<'_>]) -> BTreeSet<usize> {
    let key = |kind: &str, namespace: &str, name: &str| (kind.to_owned(), namespace.to_owned(), name.to_owned());
    let namespace = |object: &Object<'_>| match object.field.at_path("metadata.namespace").str_or_empty() {
        "" => "default".to_owned(),
        given => given.to_owned(),
    };
    let mut present = BTreeSet::new();
    for object in objects.iter().filter(|o| o.kind.is_simulated()) {
        let name = object.field.at_path("metadata.name");
        present.insert(key(object.kind.name(), &namespace(object), name.str_or_empty()));
    }
    let is_owned = |object: &Object<'_>| {
        let owners = object.field.at_path("metadata.ownerReferences").items();
        owners.iter().any(|owner| {
            let (kind, name) = (owner.at("kind"), owner.at("name"));
            owner.at("controller").bool() == Some(true)
                && present.contains(&key(kind.str_or_empty(), &namespace(object), name.str_or_empty()))
        })
    };
    let owned = objects.iter().enumerate().filter(|(_, object)| is_owned(object));
    owned.map(|(i, _)| i).collect()
}

/// Whether a Pod is still to run; one that has ended, in a dump of a cluster, is left out.
pub fn is_to_run(pod: &Field<'_>, reading: &mut Reading<'_>) -> bool {
    let phase = pod.at_path("status.phase");
    let ended = matches!(phase.str_or_empty(), "Succeeded" | "Failed");
    if ended {
        let message = format!("the pod has ended ({}); it is left out", phase.str_or_empty());
        reading.warn_once(&phase, message, None);
    }
    !ended
}

/// Resource and kind in the API server's words, namespace and name of an object.
fn identity(spec: &ObjectSpec) -> (&'static str, &str, &str) {
    match spec {
        ObjectSpec::Node(node) => ("nodes", "", &node.name),
        ObjectSpec::Job(job) => ("jobs.batch", &job.namespace, &job.name),
        ObjectSpec::ReplicaSet(set) => ("replicasets.apps", &set.namespace, &set.name),
        ObjectSpec::StatefulSet(set) => ("statefulsets.apps", &set.namespace, &set.name),
        ObjectSpec::DaemonSet(set) => ("daemonsets.apps", &set.namespace, &set.name),
        ObjectSpec::CronJob(job) => ("cronjobs.batch", &job.namespace, &job.name),
        ObjectSpec::Deployment(d) => ("deployments.apps", &d.namespace, &d.name),
        ObjectSpec::Hpa(hpa) => ("horizontalpodautoscalers.autoscaling", &hpa.namespace, &hpa.name),
        ObjectSpec::Pod(pod) => ("pods", &pod.namespace, &pod.name),
        ObjectSpec::PriorityClass(class) => ("priorityclasses.scheduling.k8s.io", "", &class.name),
        ObjectSpec::Namespace(name) => ("namespaces", "", name),
        ObjectSpec::ResourceQuota(quota) => ("resourcequotas", &quota.namespace, &quota.name),
        ObjectSpec::LimitRange(range) => ("limitranges", &range.namespace, &range.name),
        ObjectSpec::DisruptionBudget(pdb) => ("poddisruptionbudgets.policy", &pdb.namespace, &pdb.name),
    }
}

/// Checks names and autoscalers' targets.
pub fn check(objects: &[ReadObject], problems: &mut Problems) {
    let mut seen = BTreeMap::new();
    for object in objects {
        let identity = identity(&object.spec);
        let (resource, _, name) = identity;
        if name.is_empty() {
            continue;
        }
        if let Some(first) = seen.insert(identity, object) {
            problems.error(
                &object.source,
                object.place,
                "metadata.name",
                format!("{resource} {} already exists", quoted(name)),
                Some(format!(
                    "the first one is in {} line {}; give each its own name, or leave one out",
                    first.source.name, first.place.line
                )),
            );
        }
    }
    let mut scaled = BTreeMap::new();
    for object in objects {
        let ObjectSpec::Hpa(hpa) = &object.spec else { continue };
        if hpa.target.is_empty() {
            continue;
        }
        let target = (hpa.target_kind.resource(), hpa.namespace.as_str(), hpa.target.as_str());
        if !seen.contains_key(&target) {
            no_target(object, hpa, objects, problems);
        }
        if let Some(other) = scaled.insert(target, &hpa.name) {
            problems.warning(
                &object.source,
                object.place,
                TARGET,
                format!(
                    "{other} scales the same {}; neither of them acts on metrics (AmbiguousSelector)",
                    hpa.target_kind.name()
                ),
                Some("leave one out".to_owned()),
            );
        }
    }
}

/// An autoscaler whose target is not here: the API server takes it, but there is nothing that it could scale.
fn no_target(object: &ReadObject, hpa: &HpaSpec, objects: &[ReadObject], problems: &mut Problems) {
    let (resource, kind) = (hpa.target_kind.resource(), hpa.target_kind.name());
    let alike = objects
        .iter()
        .map(|object| identity(&object.spec))
        .filter(|(other, ..)| *other == resource);
    let here = alike.clone().filter(|(_, namespace, _)| *namespace == hpa.namespace);
    let hint = if let Some((_, namespace, _)) = alike.clone().find(|(.., name)| *name == hpa.target) {
        format!(
            "the {kind} of this name is in namespace {namespace}; an autoscaler and its target are in one namespace"
        )
    } else if let Some(near) = suggest(&hpa.target, here.map(|(.., name)| name)) {
        format!("did you mean {}?", quoted(near))
    } else {
        format!("add the {kind} to the input, or leave the autoscaler out")
    };
    let message = format!(
        "{resource} {} not found in namespace {}",
        quoted(&hpa.target),
        hpa.namespace
    );
    problems.error(&object.source, object.place, TARGET, message, Some(hint));
}
