//! From documents to specifications: Nodes, Jobs, Deployments, ReplicaSets, Pods, HorizontalPodAutoscalers, PriorityClasses.
//!
//! Every problem is told, with its place and field path and, where the API server has words for it, in those words. Unknown
//! fields and values of the wrong type are the business of the structural check; here such a value reads as absent.

mod affinity;

mod annotations;

mod context;

mod deployment;

mod hpa;

mod hpa_behavior;

mod job;

mod job_policy;

mod kinds;

mod metadata;

mod names;

mod node;

mod pod_template;

mod priority;

mod reader;

mod requests;

mod resources;

mod selector;

mod whole;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use context::Reading;
use deployment::{ReplicaKind, read_deployment, read_pod};
use hpa::{HpaVersion, read_hpa};
use job::read_job;
use kinds::Served;
use node::{assign_pools, collect_offered, read_node};
use priority::read_priority_class;
pub use reader::Field;

use crate::api::problem::Problems;
use crate::api::value::{Document, Place, Source};
use crate::cluster::ResourceTable;
use crate::cluster::spec::ObjectSpec;

/// What reading needs besides the documents.
#[derive(Debug)]
pub struct ReadContext<'a> {
    /// Resources by index; names that are new are added.
    pub resources: &'a mut ResourceTable,
    /// Where problems go.
    pub problems: &'a mut Problems,
}

/// An object that was read.
#[derive(Clone, Debug)]
pub struct ReadObject {
    /// Its checked form.
    pub spec: ObjectSpec,
    /// The source it stands in.
    pub source: Arc<Source>,
    /// Where it begins there.
    pub place: Place,
}

/// Lists deeper than this are no lists that people write.
const MAX_LIST_DEPTH: usize = 16;

/// Reads all objects of `documents` in order.
///
/// Lists (`kind: List`, or any `…List` with `items`) are flattened. PriorityClasses give pods their priorities, wherever in
/// the input they stand, and are no objects of their own in the result. A kind of Kubernetes that is not simulated is warned
/// about once and left out. Documents of makespan itself (`apiVersion: makespan.dev/…`) and empty ones are passed over.
/// Pools of Nodes ([`crate::cluster::spec::NodeSpec::pool`]) are numbered from 0 over this input.
///
/// If any problem is an error, the specifications may hold defaults in place of what is wrong; do not run them.
pub fn read_documents(documents: &[Document], context: &mut ReadContext<'_>) -> Vec<ReadObject> {
    let mut reading = Reading::new(context.resources, context.problems);
    let mut objects = Vec::new();
    for document in documents {
        flatten(&Field::root(document), 0, &mut objects, &mut reading);
    }
    for (ordinal, object) in objects.iter().enumerate() {
        match Kind::of(object) {
            Kind::PriorityClass => read_priority_class(object, ordinal, &mut reading),
            Kind::Node => collect_offered(object, &mut reading.offered),
            _ => {}
        }
    }
    let owned = whole::controlled_by_others(&objects);
    let mut read = Vec::new();
    for (ordinal, object) in objects.iter().enumerate() {
        if owned.contains(&ordinal) {
            let message = "the object belongs to another object of the input, which makes it; it is left out";
            reading.warn_once_for("owned", &object.at("metadata.ownerReferences"), message, None);
        } else if let Some(spec) = read_object(object, ordinal, &mut reading) {
            read.push(ReadObject {
                spec,
                source: object.source().clone(),
                place: object.place(),
            });
        }
    }
    assign_pools(read.iter_mut().filter_map(|object| match &mut object.spec {
        ObjectSpec::Node(node) => Some(node),
        ObjectSpec::Job(_) | ObjectSpec::Deployment(_) | ObjectSpec::Hpa(_) | ObjectSpec::Pod(_) => None,
    }));
    whole::check(&read, reading.problems);
    read
}

/// Adds the objects of a document to `objects`, those of lists one by one
/// (`staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go: FlattenListVisitor`).
fn flatten<'a>(object: &Field<'a>, depth: usize, objects: &mut Vec<Field<'a>>, reading: &mut Reading<'_>) {
    let is_list = object.at("kind").str().is_some_and(|kind| kind.ends_with("List"));
    if is_list && object.at("items").is_present() {
        if depth == MAX_LIST_DEPTH {
            object.error(reading.problems, "lists in lists are nested too deeply");
            return;
        }
        for item in object.at("items").items() {
            flatten(&item.as_root(), depth + 1, objects, reading);
        }
    } else if object.is_map() {
        objects.push(object.clone());
    }
}

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Node,
    Pod,
    Job,
    Deployment,
    ReplicaSet,
    Hpa(HpaVersion),
    PriorityClass,
    /// Read elsewhere: the documents of makespan itself.
    Makespan,
    /// Anything else.
    Other,
}

impl Kind {
    fn of(object: &Field<'_>) -> Self {
        let version = object.at("apiVersion").str_or_empty();
        if version.starts_with("makespan.dev/") {
            return Self::Makespan;
        }
        match (version, object.at("kind").str_or_empty()) {
            ("v1", "Node") => Self::Node,
            ("v1", "Pod") => Self::Pod,
            ("batch/v1", "Job") => Self::Job,
            ("apps/v1", "Deployment") => Self::Deployment,
            ("apps/v1", "ReplicaSet") => Self::ReplicaSet,
            ("autoscaling/v1", "HorizontalPodAutoscaler") => Self::Hpa(HpaVersion::V1),
            ("autoscaling/v2", "HorizontalPodAutoscaler") => Self::Hpa(HpaVersion::V2),
            ("scheduling.k8s.io/v1", "PriorityClass") => Self::PriorityClass,
            _ => Self::Other,
        }
    }
}

fn read_object(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> Option<ObjectSpec> {
    match Kind::of(object) {
        Kind::Node => Some(ObjectSpec::Node(read_node(object, ordinal, reading))),
        Kind::Pod => whole::is_to_run(object, reading).then(|| ObjectSpec::Pod(read_pod(object, ordinal, reading))),
        Kind::Job => Some(ObjectSpec::Job(read_job(object, ordinal, reading))),
        Kind::Deployment => {
            let kind = ReplicaKind::Deployment;
            Some(ObjectSpec::Deployment(read_deployment(object, kind, ordinal, reading)))
        }
        Kind::ReplicaSet => {
            let kind = ReplicaKind::ReplicaSet;
            Some(ObjectSpec::Deployment(read_deployment(object, kind, ordinal, reading)))
        }
        Kind::Hpa(version) => Some(ObjectSpec::Hpa(read_hpa(object, version, ordinal, reading))),
        Kind::PriorityClass | Kind::Makespan => None,
        Kind::Other => {
            tell_other(object, reading);
            None
        }
    }
}

/// Tells what is to be said of an object whose kind is not read.
fn tell_other(object: &Field<'_>, reading: &mut Reading<'_>) {
    let (version, kind) = (object.at("apiVersion"), object.at("kind"));
    if kind.is_empty() {
        let message = format!("Object 'Kind' is missing in '{}'", shortened(&object.json()));
        kind.error_with_hint(reading.problems, message, "add `kind`, such as `kind: Job`");
        return;
    }
    if version.is_empty() {
        let message = format!("Object 'apiVersion' is missing in '{}'", shortened(&object.json()));
        let simulated = kinds::SIMULATED.iter().find(|(_, k)| *k == kind.str_or_empty());
        let hint = simulated.map_or("add `apiVersion`".to_owned(), |(v, _)| format!("add `apiVersion: {v}`"));
        version.error_with_hint(reading.problems, message, hint);
        return;
    }
    let (version_text, kind_text) = (version.str_or_empty(), kind.str_or_empty());
    let no_match = format!("no matches for kind \"{kind_text}\" in version \"{version_text}\"");
    let key = format!("kind {version_text} {kind_text}");
    match kinds::look_up(version_text, kind_text) {
        Served::BuiltIn => {
            let meaning = kinds::meaning(kind_text).map_or(String::new(), |m| format!(": {m}"));
            let message = format!("{kind_text} is not simulated; it is ignored{meaning}");
            reading.warn_once_for(&key, &kind, message, None);
        }
        Served::Custom => {
            let message = format!("{kind_text} ({version_text}) is a custom resource; it is ignored");
            let hint = "write the Jobs, Deployments or Pods that its controller would make".to_owned();
            reading.warn_once_for(&key, &kind, message, Some(hint));
        }
        Served::OtherVersion(right) => {
            version.error_with_hint(reading.problems, no_match, format!("write `apiVersion: {right}`"));
        }
        Served::Unknown => match names::nearest(kind_text, &kinds::all_kinds()) {
            Some(near) => kind.error_with_hint(reading.problems, no_match, format!("did you mean {near}?")),
            None => kind.error(reading.problems, no_match),
        },
    }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
