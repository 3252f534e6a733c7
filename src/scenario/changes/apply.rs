//! `apply` and `add-nodes`: objects that come while the cluster runs, and what changes those that are there.

use std::sync::Arc;

use crate::api::objects::Field;
use crate::api::patch::Lists;
use crate::api::value::{Document, ValueKind};
use crate::api::yaml;
use crate::cluster::spec::ObjectSpec;
use crate::scenario::changes::{Reading, verbs};
use crate::scenario::document::Draft;
use crate::scenario::sources::{self, PathError};
use crate::scenario::{pools, sources::base};
use crate::workload::files;
use crate::workload::script::{Action, ObjectKind, Order};

/// Reads `apply`: a file, a manifest, or a list of either. Objects that are there already are changed to what the manifest says;
/// all others are created.
pub fn read(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let field = step.at("apply");
    let order = verbs::read_order(&step.at("order"), reading);
    let items = match field.value().map(|value| &value.kind) {
        Some(ValueKind::List(_)) => field.items(),
        Some(_) => vec![field.clone()],
        None => Vec::new(),
    };
    let mut documents = Vec::new();
    for item in &items {
        if item.is_map() {
            documents.push(Document {
                source: item.source().clone(),
                root: item.value()?.clone(),
            });
        } else if let Some(path) = item.str() {
            documents.extend(from_file(path, item, reading)?);
        }
    }
    if documents.is_empty() {
        let hint = "write a file, such as `apply: more.yaml`, or a manifest";
        field.error_with_hint(reading.problems, "nothing is applied", hint);
        return None;
    }
    let mut actions = Vec::new();
    let mut fresh: Vec<Document> = Vec::new();
    for document in &documents {
        for object in crate::api::objects::flat_objects(document) {
            let root = Field::root(&object);
            let name = super::manifests::name_of(&root);
            match name.filter(|name| reading.manifests.get(name).is_some()) {
                Some(known) => actions.extend(verbs::update(&known, &object.root, Lists::Merge, &root, reading)),
                None => {
                    reading.manifests.take(&object);
                    fresh.push(object);
                }
            }
        }
    }
    let mut objects = reading.manifests.read(&fresh, reading.resources, reading.problems);
    for object in &mut objects {
        if let ObjectSpec::Node(node) = &object.spec {
            reading.manifests.nodes.insert(node.name.clone());
        }
        if let Some(template) = object.spec.template_mut() {
            let behaviour = &mut Arc::make_mut(template).behaviour;
            if let Err(error) = files::read_behaviour(behaviour, &base(&object.source)) {
                let path = "spec.template.metadata.annotations";
                reading
                    .problems
                    .error(&object.source, object.place, path, error.to_string(), None);
            }
        }
    }
    let objects: Vec<ObjectSpec> = objects.into_iter().map(|object| object.spec).collect();
    if !objects.is_empty() {
        actions.insert(0, Action::Submit { objects, order });
    }
    Some(actions)
}

fn from_file(path: &str, item: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Document>> {
    match sources::data(path, &base(item.source()), reading.variables) {
        Ok(source) => Some(yaml::load(source, reading.problems)),
        Err(PathError::Absent { what } | PathError::Bad { what }) => {
            let hint = "paths start at the folder of the Scenario";
            item.error_with_hint(reading.problems, what, hint);
            None
        }
    }
}

/// Reads `add-nodes`: a pool as in `nodePools`.
pub fn read_nodes(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let pool = step.at("add-nodes");
    let mut draft = Draft::default();
    pools::read(
        &pool,
        reading.variables,
        &mut draft,
        reading.resources,
        reading.problems,
    );
    for node in &draft.nodes {
        if !reading.manifests.nodes.insert(node.name.clone()) {
            let message = format!("{} \"{}\" already exists", ObjectKind::Node.resource(), node.name);
            let hint = "give the pool a name of its own";
            pool.error_with_hint(reading.problems, message, hint);
            return None;
        }
    }
    let objects: Vec<ObjectSpec> = draft.nodes.into_iter().map(ObjectSpec::Node).collect();
    let order = Order::default();
    (!objects.is_empty()).then(|| vec![Action::Submit { objects, order }])
}
