//! From documents to specifications: Nodes, Jobs, Deployments, ReplicaSets, StatefulSets, DaemonSets, Pods,
//! HorizontalPodAutoscalers, PriorityClasses.
//!
//! Every problem is told, with its place and field path and, where the API server has words for it, in those words. Unknown
//! kinds and fields and values of the wrong type are told by [`crate::api::schema::check`], which should run before; here an
//! unknown kind is passed over, and a value of the wrong type reads as absent.

mod affinity;

mod annotations;

mod apps;

mod container_checks;

mod context;

mod daemon_set;

mod deployment;

mod hpa;

mod hpa_behavior;

mod cron_job;
mod hpa_metrics;

mod job;

mod job_policy;
mod job_success_policy;

mod kinds;

mod lifecycle;

mod limit_range;

mod metadata;

mod names;

mod node;

mod pdb;
mod plugin_args;

mod pod_checks;

mod pod_scheduling;

mod pod_template;

mod priority;

mod probe_checks;

mod quota;

mod reader;

mod requests;

mod resources;

mod scheduler_configuration;

mod selector;

mod stateful_set;

mod whole;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use context::Reading;
use cron_job::read_cron_job;
use daemon_set::read_daemon_set;
use deployment::{read_deployment, read_pod, read_replica_set};
use hpa::read_hpa;
use job::read_job;
use kinds::Kind;
use limit_range::read_limit_range;
use metadata::read_namespace;
use node::{assign_pools, collect_offered, read_node};
use pdb::read_pdb;
use pod_scheduling::{collect_claim, collect_service};
pub use pod_template::{POD_DELETION_COST, parse_deletion_cost};
use priority::read_priority_class;
use quota::read_quota;
pub use reader::Field;
pub use scheduler_configuration::{is_scheduler_configuration, read_scheduler_configuration};
use stateful_set::read_stateful_set;

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
    /// Its position among all objects of the input, as [`objects_of`] lists them.
    pub ordinal: usize,
    /// The source it stands in.
    pub source: Arc<Source>,
    /// Where it begins there.
    pub place: Place,
}

/// Lists deeper than this are no lists that people write.
const MAX_LIST_DEPTH: usize = 16;

/// An object of the input, before it is read.
#[derive(Debug)]
struct Object<'a> {
    kind: Kind,
    field: Field<'a>,
}

/// Reads all objects of `documents` in order.
///
/// Lists (`kind: List`, or any `…List` with `items`) are flattened. PriorityClasses give pods their priorities, wherever in
/// the input they stand. A kind of Kubernetes that is not simulated is warned
/// about once and left out. Documents of makespan itself (`apiVersion: makespan.dev/…`) and empty ones are passed over.
/// Pools of Nodes ([`crate::cluster::spec::NodeSpec::pool`]) are numbered from 0 over this input.
///
/// If any problem is an error, the specifications may hold defaults in place of what is wrong; do not run them.
pub fn read_documents(documents: &[Document], context: &mut ReadContext<'_>) -> Vec<ReadObject> {
    let mut reading = Reading::new(context.resources, context.problems);
    let mut objects = Vec::new();
    for document in documents {
        flatten(&Field::root(document), ("", ""), 0, &mut objects, &mut reading);
    }
    for (ordinal, object) in objects.iter().enumerate() {
        prepare(object, ordinal, &mut reading);
    }
    let owned = whole::controlled_by_others(&objects);
    let mut read = Vec::new();
    for (ordinal, object) in objects.iter().enumerate() {
        let field = &object.field;
        if owned.contains(&ordinal) {
            let message = "the object belongs to another object of the input, which makes it; it is left out";
            reading.warn_once_for("owned", &field.at_path("metadata.ownerReferences"), message, None);
        } else if let Some(spec) = read_object(object, ordinal, &mut reading) {
            read.push(ReadObject {
                spec,
                ordinal,
                source: field.source().clone(),
                place: field.place(),
            });
        }
    }
    assign_pools(read.iter_mut().filter_map(|object| match &mut object.spec {
        ObjectSpec::Node(node) => Some(node),
        ObjectSpec::Job(_)
        | ObjectSpec::CronJob(_)
        | ObjectSpec::Deployment(_)
        | ObjectSpec::ReplicaSet(_)
        | ObjectSpec::StatefulSet(_)
        | ObjectSpec::DaemonSet(_)
        | ObjectSpec::Hpa(_)
        | ObjectSpec::Pod(_)
        | ObjectSpec::DisruptionBudget(_)
        | ObjectSpec::PriorityClass(_)
        | ObjectSpec::Namespace(_)
        | ObjectSpec::ResourceQuota(_)
        | ObjectSpec::LimitRange(_) => None,
    }));
    whole::check(&read, reading.problems);
    read
}

/// Reads objects that come after those of `known`, which are not read again: their priority classes and nodes count.
/// What concerns the input as a whole (names taken twice, autoscalers without a target) is not checked.
pub fn read_more(documents: &[Document], known: &[Document], context: &mut ReadContext<'_>) -> Vec<ReadObject> {
    let mut reading = Reading::new(context.resources, context.problems);
    let mut objects = Vec::new();
    // What is wrong with these was told before.
    let mut silent = Problems::new();
    {
        let mut before = Reading::new(reading.resources, &mut silent);
        for document in known {
            flatten(&Field::root(document), ("", ""), 0, &mut objects, &mut before);
        }
        for (ordinal, object) in objects.iter().enumerate() {
            prepare(object, ordinal, &mut before);
        }
        (reading.priorities, reading.offered) = (before.priorities, before.offered);
        (reading.claims, reading.services) = (before.claims, before.services);
    }
    let first = objects.len();
    for document in documents {
        flatten(&Field::root(document), ("", ""), 0, &mut objects, &mut reading);
    }
    let fresh = || objects.iter().enumerate().skip(first);
    for (ordinal, object) in fresh() {
        prepare(object, ordinal, &mut reading);
    }
    let mut read = Vec::new();
    for (ordinal, object) in fresh() {
        if let Some(spec) = read_object(object, ordinal, &mut reading) {
            read.push(ReadObject {
                spec,
                ordinal,
                source: object.field.source().clone(),
                place: object.field.place(),
            });
        }
    }
    read
}

/// The objects of `documents` in order, those of lists one by one: the kind of each (empty if makespan does not know it), and
/// what was written.
#[must_use]
pub fn objects_of(documents: &[Document]) -> Vec<(&'static str, Field<'_>)> {
    // What is wrong with them is told by whoever reads them.
    let mut problems = Problems::new();
    let mut resources = ResourceTable::default();
    let mut reading = Reading::new(&mut resources, &mut problems);
    let mut objects = Vec::new();
    for document in documents {
        flatten(&Field::root(document), ("", ""), 0, &mut objects, &mut reading);
    }
    let listed = objects.into_iter().map(|object| (object.kind.name(), object.field));
    listed.collect()
}

/// The objects of a document, those of lists one by one, as documents of their own.
#[must_use]
pub fn flat_objects(document: &Document) -> Vec<Document> {
    let mut problems = Problems::new();
    let mut resources = ResourceTable::default();
    let mut reading = Reading::new(&mut resources, &mut problems);
    let mut objects = Vec::new();
    flatten(&Field::root(document), ("", ""), 0, &mut objects, &mut reading);
    let values = objects.iter().filter_map(|object| object.field.value());
    values
        .map(|value| Document {
            source: document.source.clone(),
            root: value.clone(),
        })
        .collect()
}

/// Takes what an object gives to others: a class its priority, a node what it offers.
fn prepare(object: &Object<'_>, ordinal: usize, reading: &mut Reading<'_>) {
    match object.kind {
        Kind::PriorityClass => read_priority_class(&object.field, ordinal, reading),
        Kind::NotSimulated("PersistentVolumeClaim") => collect_claim(&object.field, &mut reading.claims),
        Kind::NotSimulated("Service") => collect_service(&object.field, &mut reading.services),
        Kind::Node => collect_offered(&object.field, &mut reading.offered),
        Kind::Pod
        | Kind::Job
        | Kind::CronJob
        | Kind::Deployment
        | Kind::ReplicaSet
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Hpa(_)
        | Kind::DisruptionBudget
        | Kind::ResourceQuota
        | Kind::LimitRange
        | Kind::Namespace
        | Kind::NotSimulated(_)
        | Kind::Other => {}
    }
}

/// Adds the objects of a document to `objects`, those of lists one by one
/// (`staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go: FlattenListVisitor`). `inherited` are the version and kind that
/// the items of a typed list need not say themselves.
fn flatten<'a>(
    object: &Field<'a>,
    inherited: (&str, &str),
    depth: usize,
    objects: &mut Vec<Object<'a>>,
    reading: &mut Reading<'_>,
) {
    let own = |key: &str, or: &str| {
        let text = object.at(key).str_or_empty();
        if text.is_empty() {
            or.to_owned()
        } else {
            text.to_owned()
        }
    };
    let (version, kind) = (own("apiVersion", inherited.0), own("kind", inherited.1));
    match kind.strip_suffix("List") {
        Some(item_kind) if object.at("items").is_present() => {
            if depth == MAX_LIST_DEPTH {
                object.error(reading.problems, "lists in lists are nested too deeply");
                return;
            }
            let inherited = if item_kind.is_empty() {
                ("", "")
            } else {
                (version.as_str(), item_kind)
            };
            for item in object.at("items").items() {
                flatten(&item.as_root(), inherited, depth + 1, objects, reading);
            }
        }
        _ => objects.push(Object {
            kind: Kind::of(&version, &kind),
            field: object.clone(),
        }),
    }
}

fn read_object(object: &Object<'_>, ordinal: usize, reading: &mut Reading<'_>) -> Option<ObjectSpec> {
    let field = &object.field;
    match object.kind {
        Kind::Node => Some(ObjectSpec::Node(read_node(field, ordinal, reading))),
        Kind::Pod => whole::is_to_run(field, reading).then(|| ObjectSpec::Pod(read_pod(field, ordinal, reading))),
        Kind::Job => Some(ObjectSpec::Job(read_job(field, ordinal, reading))),
        Kind::CronJob => read_cron_job(field, ordinal, reading).map(|job| ObjectSpec::CronJob(Box::new(job))),
        Kind::Deployment => Some(ObjectSpec::Deployment(read_deployment(field, ordinal, reading))),
        Kind::ReplicaSet => Some(ObjectSpec::ReplicaSet(read_replica_set(field, ordinal, reading))),
        Kind::StatefulSet => Some(ObjectSpec::StatefulSet(read_stateful_set(field, ordinal, reading))),
        Kind::DaemonSet => Some(ObjectSpec::DaemonSet(read_daemon_set(field, ordinal, reading))),
        Kind::Hpa(version) => Some(ObjectSpec::Hpa(read_hpa(field, version, ordinal, reading))),
        Kind::PriorityClass => reading.priorities.of_object(ordinal).map(ObjectSpec::PriorityClass),
        Kind::ResourceQuota => Some(ObjectSpec::ResourceQuota(read_quota(field, ordinal, reading))),
        Kind::LimitRange => Some(ObjectSpec::LimitRange(read_limit_range(field, ordinal, reading))),
        Kind::Namespace => Some(ObjectSpec::Namespace(read_namespace(field, ordinal, reading))),
        Kind::DisruptionBudget => Some(ObjectSpec::DisruptionBudget(read_pdb(field, ordinal, reading))),
        Kind::Other => None,
        Kind::NotSimulated(kind) => {
            reading.warn_once_for(kind, &field.at("kind"), kinds::not_simulated(kind), None);
            None
        }
    }
}
