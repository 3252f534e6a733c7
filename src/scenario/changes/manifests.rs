//! The objects of an input by name, as they are after the steps read so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::objects::{Field, ReadContext, ReadObject, flat_objects, read_more};
use crate::api::problem::Problems;
use crate::api::schema;
use crate::api::value::{Document, Key, Place, Value, ValueKind};
use crate::cluster::ResourceTable;
use crate::workload::script::{ObjectKind, ObjectRef};

/// The objects of an input.
pub struct Manifests {
    /// The documents of the input itself: what they hold (priority classes) counts for all later ones.
    all: Vec<Document>,
    objects: BTreeMap<ObjectRef, Document>,
    /// Names of nodes, of pools too.
    pub nodes: BTreeSet<String>,
}

impl Manifests {
    /// Those of `documents`.
    pub fn new(documents: Vec<Document>, nodes: impl Iterator<Item = String>) -> Self {
        let mut manifests = Self {
            objects: BTreeMap::new(),
            nodes: nodes.collect(),
            all: Vec::new(),
        };
        for document in &documents {
            manifests.take(document);
        }
        manifests.all = documents;
        manifests
    }

    /// Takes note of the objects of `document`; returns them one by one.
    pub fn take(&mut self, document: &Document) -> Vec<(Option<ObjectRef>, Document)> {
        let mut taken = Vec::new();
        for object in flat_objects(document) {
            let name = name_of(&Field::root(&object));
            if let Some(name) = &name {
                self.objects.insert(name.clone(), object.clone());
            }
            taken.push((name, object));
        }
        taken
    }

    /// The manifest of `object`.
    pub fn get(&self, object: &ObjectRef) -> Option<&Document> {
        self.objects.get(object)
    }
    /// Its manifest is another from now on.
    pub fn set(&mut self, object: &ObjectRef, manifest: Document) {
        self.objects.insert(object.clone(), manifest);
    }
    /// It is gone from now on.
    pub fn remove(&mut self, object: &ObjectRef) {
        self.objects.remove(object);
    }
    /// The names of the objects of a kind.
    pub fn names(&self, kind: ObjectKind) -> impl Iterator<Item = &ObjectRef> {
        self.objects.keys().filter(move |object| object.kind == kind)
    }

    /// Reads documents that belong to this input.
    pub fn read(
        &self,
        documents: &[Document],
        resources: &mut ResourceTable,
        problems: &mut Problems,
    ) -> Vec<ReadObject> {
        for document in documents {
            schema::check(document, problems);
        }
        read_more(documents, &self.all, &mut ReadContext { resources, problems })
    }
}

/// Kind, namespace and name of an object, if it is of a kind that scripts know.
pub fn name_of(object: &Field<'_>) -> Option<ObjectRef> {
    let kind = object.at("kind").str()?;
    let kind = ObjectKind::ALL.into_iter().find(|known| known.name() == kind)?;
    let name = object.at_path("metadata.name").str()?;
    let namespace = match object.at_path("metadata.namespace").str_or_empty() {
        "" => "default",
        given => given,
    };
    Some(ObjectRef::new(kind, namespace, name))
}

/// A value that stands nowhere in a source by itself: a patch that a verb means.
pub fn value(place: Place, kind: ValueKind) -> Value {
    Value { place, kind }
}

/// `{a: {b: value}}` for the path `a.b`.
pub fn nested(path: &str, inner: Value) -> Value {
    path.rsplit('.').fold(inner, |inner, name| {
        let place = inner.place;
        let key = Key {
            place,
            name: name.to_owned(),
        };
        value(place, ValueKind::Map(vec![(key, inner)]))
    })
}
