//! The objects of `manifests.yaml` by name.

use std::collections::BTreeMap;

use super::RecordingError;
use super::actions::ObjectRef;
use super::folder::Folder;
use super::view::Declared;
use crate::api::objects::{Field, ReadContext, read_documents};
use crate::api::problem::{Problems, Severity, render};
use crate::api::value::{Value, ValueKind};
use crate::api::yaml;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{JobSpec, NodeSpec, ObjectSpec};

/// The objects of a recording.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// Names of resources.
    pub resources: ResourceTable,
    /// Nodes by name.
    pub nodes: BTreeMap<String, NodeSpec>,
    /// Jobs by name.
    pub jobs: BTreeMap<String, JobSpec>,
    /// Everything that is there.
    pub declared: Vec<Declared>,
    /// What of it is not simulated, in words.
    pub not_simulated: Vec<String>,
}

impl Manifests {
    /// Reads the file in `folder`.
    ///
    /// # Errors
    /// It is not there, or has errors; all of them are told.
    pub fn read(folder: &Folder) -> Result<Self, RecordingError> {
        let mut problems = Problems::new();
        let documents = yaml::load(folder.source("manifests.yaml")?, &mut problems);
        let mut manifests = Self::default();
        let mut context = ReadContext {
            resources: &mut manifests.resources,
            problems: &mut problems,
        };
        let objects = read_documents(&documents, &mut context);
        if problems.has_errors() {
            return Err(RecordingError::Manifests(render(&problems)));
        }
        for document in &documents {
            let root = Field::root(document);
            let text = |path: &str| root.at_path(path).str_or_empty().to_owned();
            manifests.declared.push(Declared {
                kind: text("kind"),
                name: text("metadata.name"),
                shape: shape(&document.root, &text("metadata.name")),
            });
        }
        let warnings = problems
            .list()
            .iter()
            .filter(|problem| problem.severity == Severity::Warning);
        manifests.not_simulated = warnings
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        for object in objects {
            match object.spec {
                ObjectSpec::Node(node) => drop(manifests.nodes.insert(node.name.clone(), node)),
                ObjectSpec::Job(job) => drop(manifests.jobs.insert(job.name.clone(), job)),
                ObjectSpec::Deployment(_) | ObjectSpec::Hpa(_) | ObjectSpec::Pod(_) => {}
            }
        }
        Ok(manifests)
    }

    /// The node that `object` means, with its name as hostname.
    #[must_use]
    pub fn node(&self, object: &ObjectRef) -> Option<NodeSpec> {
        let mut node = self.nodes.get(&object.template)?.clone();
        if let Some(hostname) = node.labels.get_mut("kubernetes.io/hostname") {
            hostname.clone_from(&object.name);
        }
        node.name.clone_from(&object.name);
        Some(node)
    }
    /// The Job that `object` means.
    #[must_use]
    pub fn job(&self, object: &ObjectRef) -> Option<JobSpec> {
        let mut job = self.jobs.get(&object.template)?.clone();
        job.name.clone_from(&object.name);
        Some(job)
    }
    /// Whether there is such an object.
    #[must_use]
    pub fn has(&self, object: &ObjectRef) -> bool {
        self.template(object).is_some()
    }
    /// The manifests that `objects` name, under their own names, and those that no object is a copy of.
    #[must_use]
    pub fn objects<'a>(&self, objects: impl Iterator<Item = &'a ObjectRef>) -> Vec<Declared> {
        let copies = objects.filter_map(|object| {
            Some(Declared {
                name: object.name.clone(),
                ..self.template(object)?.clone()
            })
        });
        copies.collect()
    }
    fn template(&self, object: &ObjectRef) -> Option<&Declared> {
        let mut declared = self.declared.iter();
        declared.find(|known| known.kind == object.kind && known.name == object.template)
    }
}

/// A manifest without its own name: what is alike has one shape.
fn shape(value: &Value, name: &str) -> String {
    match &value.kind {
        ValueKind::Null => "null".to_owned(),
        ValueKind::Bool(flag) => flag.to_string(),
        ValueKind::Number(number) => number.clone(),
        ValueKind::String(text) if text == name => "<name>".to_owned(),
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::List(items) => {
            let items: Vec<String> = items.iter().map(|item| shape(item, name)).collect();
            format!("[{}]", items.join(","))
        }
        ValueKind::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", key.name, shape(value, name)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}
