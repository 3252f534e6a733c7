//! The objects of `manifests.yaml` by kind and name, as they were submitted and as patches change them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::RecordingError;
use super::actions::{Actions, ObjectRef};
use super::folder::Folder;
use super::view::Declared;
use crate::api::objects::{Field, ReadContext, not_simulated, read_documents};
use crate::api::problem::{Problem, Problems, Severity, render};
use crate::api::value::{Document, Key, Place, Value, ValueKind};
use crate::api::yaml;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{NodeSpec, ObjectSpec, PodTemplate};

/// The label of a Node with its name.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Kinds that need no replay: what they decide, if anything, is read with the other objects.
const INERT: [&str; 4] = ["ConfigMap", "Secret", "Service", "ServiceAccount"];

/// What volumes are bound to, and the field by which a pod's volume names it.
const CLAIM: &str = "PersistentVolumeClaim";
const CLAIM_SOURCE: &str = ".persistentVolumeClaim";

/// Kind and name.
type Name = (String, String);

/// The objects of a recording.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// Names of resources.
    pub resources: ResourceTable,
    /// What of the objects is not simulated, in words.
    pub not_simulated: BTreeSet<String>,
    documents: Vec<(Name, Document)>,
    specs: BTreeMap<Name, ObjectSpec>,
    templates: BTreeMap<String, Arc<PodTemplate>>,
}

impl Manifests {
    /// Reads the file in `folder`. Objects that name no namespace are in the one that `actions` name.
    ///
    /// # Errors
    /// It is not there, or has errors; all of them are told.
    pub fn read(folder: &Folder, actions: &Actions) -> Result<Self, RecordingError> {
        let mut problems = Problems::new();
        let documents = yaml::load(folder.source("manifests.yaml")?, &mut problems);
        if problems.has_errors() {
            return Err(RecordingError::Manifests(render(&problems)));
        }
        let mut manifests = Self::default();
        for mut document in documents {
            let name = name_of(&document);
            put_namespace(&mut document.root, actions.namespace(&name.0, &name.1));
            manifests.documents.push((name, document));
        }
        let documents: Vec<Document> = manifests
            .documents
            .iter()
            .map(|(_, document)| document.clone())
            .collect();
        manifests.specs = manifests.specs_of(&documents).map_err(RecordingError::Manifests)?;
        Ok(manifests)
    }

    /// The priority classes.
    #[must_use]
    pub fn priority_classes(&self) -> Vec<ObjectSpec> {
        let classes = self
            .specs
            .values()
            .filter(|spec| matches!(spec, ObjectSpec::PriorityClass(_)));
        classes.cloned().collect()
    }

    /// Reads documents that stand for all there is.
    fn specs_of(&mut self, documents: &[Document]) -> Result<BTreeMap<Name, ObjectSpec>, String> {
        let mut problems = Problems::new();
        let mut context = ReadContext {
            resources: &mut self.resources,
            problems: &mut problems,
        };
        let objects = read_documents(documents, &mut context);
        if problems.has_errors() {
            return Err(render(&problems));
        }
        // Pods wait for claims that nobody makes, as they do in Kubernetes.
        let has_claims = self.documents.iter().any(|((kind, _), _)| kind == CLAIM);
        let is_told = |problem: &&Problem| {
            let is_simulated = is_about_inert(problem) || (!has_claims && problem.path.ends_with(CLAIM_SOURCE));
            problem.severity == Severity::Warning && !is_simulated
        };
        let warnings = problems.list().iter().filter(is_told);
        let warnings = warnings.map(|problem| format!("{}: {}", problem.path, problem.message));
        self.not_simulated.extend(warnings);
        let mut specs = BTreeMap::new();
        for object in objects {
            let spec = self.with_shared_template(object.spec);
            specs.insert(name_of_spec(&spec), spec);
        }
        Ok(specs)
    }

    /// Templates that are alike are one, so that the scheduler sees one shape.
    fn with_shared_template(&mut self, mut spec: ObjectSpec) -> ObjectSpec {
        if let Some(template) = spec.template_mut() {
            let known = self
                .templates
                .entry(format!("{template:?}"))
                .or_insert_with(|| template.clone());
            *template = known.clone();
        }
        spec
    }

    /// The object that `object` means: a manifest under a name of its own. Nothing if it is not simulated.
    #[must_use]
    pub fn spec(&self, object: &ObjectRef) -> Option<ObjectSpec> {
        // A copy that was patched is an object of its own.
        if let Some(own) = self.specs.get(&(object.kind.clone(), object.name.clone())) {
            return Some(own.clone());
        }
        let mut spec = self.specs.get(&(object.kind.clone(), object.template.clone()))?.clone();
        rename(&mut spec, &object.name);
        Some(spec)
    }
    /// The node that `object` means.
    #[must_use]
    pub fn node(&self, object: &ObjectRef) -> Option<NodeSpec> {
        match self.spec(object) {
            Some(ObjectSpec::Node(node)) => Some(node),
            _ => None,
        }
    }
    /// Whether there is such an object.
    #[must_use]
    pub fn has(&self, object: &ObjectRef) -> bool {
        self.document(&object.kind, &object.template).is_some()
    }
    /// Whether nothing happens in the simulation when the object is made.
    #[must_use]
    pub fn is_inert(&self, object: &ObjectRef) -> bool {
        INERT.contains(&object.kind.as_str())
    }
    fn document(&self, kind: &str, name: &str) -> Option<&Document> {
        let mut documents = self.documents.iter();
        let found = documents.find(|((a_kind, a_name), _)| a_kind == kind && a_name == name);
        found.map(|(_, document)| document)
    }

    /// Applies a JSON merge patch to an object: its specification before and after it, or nothing if it is not simulated.
    ///
    /// # Errors
    /// What the patch makes is no valid object.
    pub fn patch(
        &mut self,
        object: &ObjectRef,
        body: &Value,
    ) -> Result<Option<(ObjectSpec, ObjectSpec)>, RecordingError> {
        let Some(before) = self.spec(object) else {
            return Ok(None);
        };
        let own = self.document(&object.kind, &object.name).cloned();
        let copy = || {
            let mut copy = self.document(&object.kind, &object.template)?.clone();
            set_name(&mut copy.root, &object.name);
            Some(copy)
        };
        let Some(mut document) = own.or_else(copy) else {
            return Ok(None);
        };
        merge(&mut document.root, body);
        let name = (object.kind.clone(), object.name.clone());
        match self.documents.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = document,
            None => self.documents.push((name.clone(), document)),
        }
        let documents: Vec<Document> = self.documents.iter().map(|(_, document)| document.clone()).collect();
        let specs = self.specs_of(&documents).map_err(|reason| RecordingError::Malformed {
            file: "actions.yaml".to_owned(),
            reason: format!(
                "the patch of {} {} makes no valid object:\n{reason}",
                object.kind, object.name
            ),
        })?;
        let after = specs.get(&name).cloned();
        if let Some(after) = &after {
            self.specs.insert(name, after.clone());
        }
        Ok(after.map(|after| (before, after)))
    }

    /// The manifests that `objects` name, under their own names.
    #[must_use]
    pub fn declared<'a>(&self, objects: impl Iterator<Item = &'a ObjectRef>) -> Vec<Declared> {
        let declared = objects.filter_map(|object| {
            let document = self.document(&object.kind, &object.template)?;
            Some(Declared {
                kind: object.kind.clone(),
                name: object.name.clone(),
                shape: shape(&document.root, &object.template),
            })
        });
        declared.collect()
    }
    /// The template of the pods of the workload `name`, or of the pod itself.
    #[must_use]
    pub fn template(&self, name: &str) -> Option<Arc<PodTemplate>> {
        let mut specs = self.specs.iter().filter(|((_, own), _)| own == name);
        specs.find_map(|(_, spec)| spec.clone().template_mut().cloned())
    }
}

/// Whether it is told that objects of such a kind are ignored.
fn is_about_inert(problem: &Problem) -> bool {
    problem.path == "kind" && INERT.into_iter().any(|kind| problem.message == not_simulated(kind))
}

fn name_of(document: &Document) -> Name {
    let root = Field::root(document);
    let text = |path: &str| root.at_path(path).str_or_empty().to_owned();
    (text("kind"), text("metadata.name"))
}

fn name_of_spec(spec: &ObjectSpec) -> Name {
    let (kind, _, name) = spec.name();
    (kind.to_owned(), name.to_owned())
}

fn rename(spec: &mut ObjectSpec, name: &str) {
    match spec {
        ObjectSpec::Node(node) => {
            if let Some(hostname) = node.labels.get_mut(HOSTNAME) {
                name.clone_into(hostname);
            }
            name.clone_into(&mut node.name);
        }
        ObjectSpec::Job(job) => name.clone_into(&mut job.name),
        ObjectSpec::CronJob(job) => name.clone_into(&mut job.name),
        ObjectSpec::Deployment(deployment) => name.clone_into(&mut deployment.name),
        ObjectSpec::ReplicaSet(set) => name.clone_into(&mut set.name),
        ObjectSpec::StatefulSet(set) => name.clone_into(&mut set.name),
        ObjectSpec::DaemonSet(set) => name.clone_into(&mut set.name),
        ObjectSpec::Hpa(hpa) => name.clone_into(&mut hpa.name),
        ObjectSpec::Pod(pod) => name.clone_into(&mut pod.name),
        ObjectSpec::DisruptionBudget(budget) => name.clone_into(&mut budget.name),
        ObjectSpec::PriorityClass(class) => name.clone_into(&mut class.name),
        ObjectSpec::Namespace(namespace) => name.clone_into(&mut namespace.name),
        ObjectSpec::ResourceQuota(quota) => name.clone_into(&mut quota.name),
        ObjectSpec::LimitRange(range) => name.clone_into(&mut range.name),
    }
}

/// A JSON merge patch (RFC 7386): maps are merged, null takes away, everything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let ValueKind::Map(changes) = &patch.kind else {
        *target = placeless(patch);
        return;
    };
    if !matches!(target.kind, ValueKind::Map(_)) {
        target.kind = ValueKind::Map(Vec::new());
    }
    let ValueKind::Map(entries) = &mut target.kind else {
        return;
    };
    for (key, change) in changes {
        let place = entries.iter().position(|(known, _)| known.name == key.name);
        match (place, change.is_null()) {
            (Some(at), true) => drop(entries.remove(at)),
            (None, true) => {}
            (Some(at), false) => merge(&mut entries[at].1, change),
            (None, false) => {
                let mut value = Value {
                    place: Place::default(),
                    kind: ValueKind::Null,
                };
                merge(&mut value, change);
                let key = Key {
                    place: Place::default(),
                    name: key.name.clone(),
                };
                entries.push((key, value));
            }
        }
    }
}

/// The value without places: it stands in another file.
fn placeless(value: &Value) -> Value {
    let kind = match &value.kind {
        ValueKind::List(items) => ValueKind::List(items.iter().map(placeless).collect()),
        ValueKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = Key {
                    place: Place::default(),
                    name: key.name.clone(),
                };
                (key, placeless(value))
            });
            ValueKind::Map(entries.collect())
        }
        ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) | ValueKind::String(_) => value.kind.clone(),
    };
    Value {
        place: Place::default(),
        kind,
    }
}

fn text_value(text: &str) -> Value {
    Value {
        place: Place::default(),
        kind: ValueKind::String(text.to_owned()),
    }
}

fn set_in_metadata(root: &mut Value, key: &str, text: &str) {
    merge(root, &map_of("metadata", map_of(key, text_value(text))));
}

/// A map of one entry.
fn map_of(name: &str, value: Value) -> Value {
    let key = Key {
        place: Place::default(),
        name: name.to_owned(),
    };
    Value {
        place: Place::default(),
        kind: ValueKind::Map(vec![(key, value)]),
    }
}

/// A copy has its own name, as a node also in the label.
fn set_name(root: &mut Value, name: &str) {
    set_in_metadata(root, "name", name);
    let labels = root.get("metadata").and_then(|metadata| metadata.get("labels"));
    if labels.is_some_and(|labels| labels.get(HOSTNAME).is_some()) {
        let hostname = map_of(HOSTNAME, text_value(name));
        merge(root, &map_of("metadata", map_of("labels", hostname)));
    }
}

fn put_namespace(root: &mut Value, namespace: Option<&str>) {
    let kind = root.get("kind").and_then(Value::as_str).unwrap_or_default();
    let is_namespaced = !matches!(kind, "Node" | "PriorityClass" | "Namespace" | "List" | "");
    let has_one = root
        .get("metadata")
        .and_then(|metadata| metadata.get("namespace"))
        .is_some();
    if let (Some(namespace), true, false) = (namespace, is_namespaced, has_one) {
        set_in_metadata(root, "namespace", namespace);
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
{apiVersion: v1, kind: Node, metadata: {name: a, labels: {ds: 'yes', kubernetes.io/hostname: a}},
 status: {allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  parallelism: 2
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: i}]}}
";

    fn manifests() -> Manifests {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("manifests.yaml"), TEXT).unwrap();
        Manifests::read(&Folder::new(temporary.path()), &Actions::default()).unwrap()
    }

    fn object(kind: &str, template: &str, name: &str) -> ObjectRef {
        ObjectRef {
            kind: kind.to_owned(),
            template: template.to_owned(),
            name: name.to_owned(),
        }
    }

    fn body(text: &str) -> Value {
        let source = crate::api::value::Source {
            name: "patch".to_owned(),
            text: text.to_owned(),
        };
        yaml::load(Arc::new(source), &mut Problems::new()).remove(0).root
    }

    #[test]
    fn copies_have_their_own_names() {
        let node = manifests().node(&object("Node", "a", "b")).unwrap();
        assert_eq!(
            (node.name.as_str(), node.labels["kubernetes.io/hostname"].as_str()),
            ("b", "b")
        );
        assert!(manifests().node(&object("Node", "c", "c")).is_none());
        assert!(manifests().has(&object("Job", "train", "x")));
        let declared = manifests().declared([object("Job", "train", "x"), object("Job", "train", "y")].iter());
        assert_eq!(declared[0].shape, declared[1].shape);
    }

    #[test]
    fn a_missing_claim_is_no_gap() {
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], \
                   containers: [{name: main, image: i}]}}";
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], \
                     resources: {requests: {storage: 1Gi}}}}";
        for (text, gaps) in [(pod.to_owned(), 0), (format!("{pod}\n---\n{claim}"), 2)] {
            let temporary = tempfile::tempdir().unwrap();
            std::fs::write(temporary.path().join("manifests.yaml"), text).unwrap();
            let manifests = Manifests::read(&Folder::new(temporary.path()), &Actions::default()).unwrap();
            assert_eq!(manifests.not_simulated.len(), gaps, "{:?}", manifests.not_simulated);
        }
    }

    #[test]
    fn patches_merge_and_null_takes_away() {
        let mut manifests = manifests();
        let patched = manifests
            .patch(
                &object("Node", "a", "a"),
                &body("{metadata: {labels: {ds: null, x: z}}}"),
            )
            .unwrap();
        let (ObjectSpec::Node(before), ObjectSpec::Node(after)) = patched.unwrap() else {
            panic!()
        };
        assert_eq!((before.labels.len(), after.labels.len()), (2, 2));
        assert!(!after.labels.contains_key("ds") && after.labels["x"] == "z");
        let job = object("Job", "train", "train");
        manifests.patch(&job, &body("{spec: {parallelism: 6}}")).unwrap();
        let (before, after) = manifests
            .patch(&job, &body("{spec: {parallelism: 1}}"))
            .unwrap()
            .unwrap();
        let parallelism = |spec: &ObjectSpec| {
            if let ObjectSpec::Job(job) = spec {
                job.parallelism
            } else {
                0
            }
        };
        assert_eq!((parallelism(&before), parallelism(&after)), (6, 1));
        // The second patch of a copy finds what the first one did, and no other name.
        let copy = object("Node", "a", "b");
        for (patch, unschedulable) in [
            ("{spec: {unschedulable: true}}", true),
            ("{spec: {unschedulable: null}}", false),
        ] {
            let (before, after) = manifests.patch(&copy, &body(patch)).unwrap().unwrap();
            let (ObjectSpec::Node(before), ObjectSpec::Node(after)) = (before, after) else {
                panic!()
            };
            assert_eq!(
                (before.unschedulable, after.unschedulable),
                (!unschedulable, unschedulable)
            );
            assert_eq!(before.labels[HOSTNAME], "b");
            assert_eq!(after.labels, before.labels);
        }
        assert!(manifests.patch(&job, &body("{spec: {parallelism: -1}}")).is_err());
        assert_eq!(
            manifests.patch(&object("StatefulSet", "s", "s"), &body("{spec: 1}")),
            Ok(None)
        );
    }
}
