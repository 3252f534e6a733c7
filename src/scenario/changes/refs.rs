//! Objects, pods and nodes as steps name them.

use crate::api::objects::Field;
use crate::kernel::text::suggest;
use crate::scenario::changes::Reading;
use crate::scenario::document::check_keys;
use crate::workload::script::{NodeRef, ObjectKind, ObjectRef, PodRef};

/// Kinds that roll out.
pub const WORKLOADS: [ObjectKind; 4] = [
    ObjectKind::Deployment,
    ObjectKind::ReplicaSet,
    ObjectKind::StatefulSet,
    ObjectKind::DaemonSet,
];
/// Kinds that own pods.
const OWNERS: [ObjectKind; 5] = [
    ObjectKind::Job,
    ObjectKind::Deployment,
    ObjectKind::ReplicaSet,
    ObjectKind::StatefulSet,
    ObjectKind::DaemonSet,
];

/// Short names that kubectl knows (`kubectl api-resources`).
const SHORT_NAMES: [(&str, ObjectKind); 13] = [
    ("no", ObjectKind::Node),
    ("po", ObjectKind::Pod),
    ("cj", ObjectKind::CronJob),
    ("deploy", ObjectKind::Deployment),
    ("rs", ObjectKind::ReplicaSet),
    ("sts", ObjectKind::StatefulSet),
    ("ds", ObjectKind::DaemonSet),
    ("hpa", ObjectKind::HorizontalPodAutoscaler),
    ("pc", ObjectKind::PriorityClass),
    ("quota", ObjectKind::ResourceQuota),
    ("limits", ObjectKind::LimitRange),
    ("pdb", ObjectKind::PodDisruptionBudget),
    ("ns", ObjectKind::Namespace),
];

/// The kind that kubectl would take `text` for: singular, plural or short, in any case.
fn kind(text: &str) -> Option<ObjectKind> {
    let lower = text.to_ascii_lowercase();
    let by_name = ObjectKind::ALL.into_iter().find(|kind| {
        let singular = kind.name().to_ascii_lowercase();
        let plural = kind.resource().split('.').next().unwrap_or_default();
        lower == singular || lower == plural
    });
    by_name.or_else(|| {
        SHORT_NAMES
            .iter()
            .find(|(short, _)| *short == lower)
            .map(|(_, kind)| *kind)
    })
}

fn namespace<'a>(step: &Field<'a>) -> &'a str {
    match step.at("namespace").str_or_empty() {
        "" => "default",
        given => given,
    }
}

/// Reads `kind/name`; the object must be among the manifests, or come in an earlier step.
pub fn object(
    field: &Field<'_>,
    step: &Field<'_>,
    kinds: &[ObjectKind],
    reading: &mut Reading<'_>,
) -> Option<ObjectRef> {
    let object = unchecked(field, step, kinds, reading)?;
    let manifests = &reading.manifests;
    let is_there = match object.kind {
        ObjectKind::Node => manifests.nodes.contains(&object.name) || manifests.get(&object).is_some(),
        // With several copies, each has a number: `train-007`.
        ObjectKind::Job => {
            let of_namespace = manifests
                .names(ObjectKind::Job)
                .filter(|job| job.namespace == object.namespace);
            let mut names = of_namespace.map(|job| job.name.as_str());
            names.any(|name| object.name.strip_prefix(name).is_some_and(is_copy))
        }
        ObjectKind::Pod
        | ObjectKind::CronJob
        | ObjectKind::Deployment
        | ObjectKind::ReplicaSet
        | ObjectKind::StatefulSet
        | ObjectKind::DaemonSet
        | ObjectKind::HorizontalPodAutoscaler
        | ObjectKind::PriorityClass
        | ObjectKind::ResourceQuota
        | ObjectKind::LimitRange
        | ObjectKind::PodDisruptionBudget
        | ObjectKind::Namespace => manifests.get(&object).is_some(),
    };
    if !is_there {
        let names: Vec<String> = match object.kind {
            ObjectKind::Node => manifests.nodes.iter().cloned().collect(),
            kind => manifests.names(kind).map(|known| known.name.clone()).collect(),
        };
        let message = format!("{} \"{}\" not found", object.kind.resource(), object.name);
        let elsewhere = manifests.names(object.kind).find(|known| known.name == object.name);
        let hint = match (elsewhere, suggest(&object.name, names.iter().map(String::as_str))) {
            (Some(known), _) => format!(
                "it is in namespace {}; add `namespace: {}`",
                known.namespace, known.namespace
            ),
            (None, Some(near)) => format!("did you mean {near:?}?"),
            (None, None) => "name an object of the manifests, or of an earlier step".to_owned(),
        };
        field.error_with_hint(reading.problems, message, hint);
        return None;
    }
    Some(object)
}

fn is_copy(rest: &str) -> bool {
    rest.is_empty()
        || rest
            .strip_prefix('-')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads `kind/name` of one of `kinds`.
fn unchecked(
    field: &Field<'_>,
    step: &Field<'_>,
    kinds: &[ObjectKind],
    reading: &mut Reading<'_>,
) -> Option<ObjectRef> {
    let names: Vec<String> = kinds.iter().map(|kind| kind.name().to_ascii_lowercase()).collect();
    let example = format!(
        "write kind/name, such as {}/web",
        names.first().map_or("deployment", String::as_str)
    );
    let Some((kind_text, name)) = field.str().and_then(|text| text.split_once('/')) else {
        field.error_with_hint(reading.problems, "an object is needed here", example);
        return None;
    };
    let Some(kind) = kind(kind_text) else {
        let hint = match suggest(kind_text, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("here may stand {}", names.join(", ")),
        };
        field.error_with_hint(reading.problems, format!("unknown kind {kind_text:?}"), hint);
        return None;
    };
    if !kinds.contains(&kind) {
        let hint = format!("here may stand {}", names.join(", "));
        let message = format!("a {kind} does not go with this verb");
        field.error_with_hint(reading.problems, message, hint);
        return None;
    }
    Some(ObjectRef::new(kind, namespace(step), name))
}

/// Reads a pod: `pod/name`, or `{pod-of: job/train, ordinal: 0}`.
pub fn pod(field: &Field<'_>, step: &Field<'_>, reading: &mut Reading<'_>) -> Option<PodRef> {
    if field.is_map() {
        return pod_of(field, "pod-of", step, reading);
    }
    let pod = unchecked(field, step, &[ObjectKind::Pod], reading)?;
    let known = reading.manifests.get(&pod).is_some();
    let of_set = reading
        .manifests
        .names(ObjectKind::StatefulSet)
        .any(|set| set.namespace == pod.namespace && pod.name.strip_prefix(&set.name).is_some_and(is_copy));
    if !known && !of_set {
        let hint = "pods of controllers get their names during the run: write {pod-of: job/train, ordinal: 0}";
        field.error_with_hint(reading.problems, format!("pods \"{}\" not found", pod.name), hint);
        return None;
    }
    Some(PodRef::Named {
        namespace: pod.namespace,
        name: pod.name,
    })
}

fn pod_of(field: &Field<'_>, key: &'static str, step: &Field<'_>, reading: &mut Reading<'_>) -> Option<PodRef> {
    check_keys(field, &[key, "ordinal"], reading.problems);
    let owner = object(&field.at(key), step, &OWNERS, reading)?;
    let ordinal = field.at("ordinal");
    let number = ordinal.int().map_or(Some(0), |number| u32::try_from(number).ok());
    if number.is_none() || (ordinal.is_present() && ordinal.int().is_none()) {
        let message = "a whole number from 0 is needed here";
        ordinal.error_with_hint(reading.problems, message, "0 is the first pod that was created");
        return None;
    }
    Some(PodRef::Of {
        owner,
        ordinal: number?,
    })
}

/// Reads a node: its name, or `{node-of: job/train, ordinal: 0}`.
pub fn node(field: &Field<'_>, step: &Field<'_>, reading: &mut Reading<'_>) -> Option<NodeRef> {
    if field.is_map() {
        return pod_of(field, "node-of", step, reading).map(NodeRef::Of);
    }
    let Some(text) = field.str() else {
        field.error_with_hint(
            reading.problems,
            "a node is needed here",
            "write its name, such as node-0",
        );
        return None;
    };
    let name = text.strip_prefix("node/").unwrap_or(text);
    if !reading.manifests.nodes.contains(name) {
        let near = suggest(name, reading.manifests.nodes.iter().map(String::as_str));
        let hint = match near {
            Some(near) => format!("did you mean {near:?}?"),
            None => "nodes of a pool are called after it: pool gpu has gpu-0, gpu-1, …".to_owned(),
        };
        field.error_with_hint(reading.problems, format!("nodes \"{name}\" not found"), hint);
        return None;
    }
    Some(NodeRef::Named(name.to_owned()))
}

/// A whole number from 0.
pub fn replicas(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<u32> {
    if !field.is_present() {
        field.error_with_hint(
            reading.problems,
            "replicas is missing",
            "say how many, such as `replicas: 3`",
        );
    }
    let number = field.scalar().and_then(|text| text.parse().ok());
    if number.is_none() && field.is_present() {
        field.error(reading.problems, "a whole number from 0 is needed here");
    }
    number
}
