//! `metadata` of objects and pod templates (`staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go`).

use super::annotations;
use super::context::Reading;
use super::names;
use super::reader::{Field, invalid, quoted, required};
use crate::cluster::spec::{Labels, NamespaceSpec};

/// `metadata` of an object.
#[derive(Clone, Debug)]
pub struct Metadata<'a> {
    /// The field itself.
    pub field: Field<'a>,
    /// `name`, or one made from `generateName`; empty if both lack (which is told).
    pub name: String,
    /// `namespace`; `default` where it lacks.
    pub namespace: String,
    /// `labels`.
    pub labels: Labels,
}

/// Whether objects of a kind live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// They do.
    Namespaced,
    /// They belong to the cluster.
    Cluster,
}

/// Letters of generated names (`staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go: alphanums`).
const SUFFIX_LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The suffix of the `ordinal`-th generated name: five letters as Kubernetes uses them, counted up instead of drawn, so
/// that the same input always gives the same names.
#[must_use]
pub fn generated_suffix(ordinal: usize) -> String {
    let mut rest = ordinal;
    let mut letters = [0u8; 5];
    for letter in letters.iter_mut().rev() {
        *letter = SUFFIX_LETTERS[rest % SUFFIX_LETTERS.len()];
        rest /= SUFFIX_LETTERS.len();
    }
    letters.iter().map(|&b| b as char).collect()
}

/// Reads and checks `metadata` of `object`, the `ordinal`-th of the input.
pub fn read_metadata<'a>(object: &Field<'a>, scope: Scope, ordinal: usize, reading: &mut Reading<'_>) -> Metadata<'a> {
    let field = object.at("metadata");
    let name = read_name(&field, ordinal, reading);
    let namespace = match scope {
        Scope::Cluster => String::new(),
        Scope::Namespaced => read_namespace_of(&field.at("namespace"), reading),
    };
    let labels = read_labels(&field.at("labels"), reading);
    check_annotations(&field.at("annotations"), reading);
    Metadata {
        field,
        name,
        namespace,
        labels,
    }
}

/// Reads a Namespace: its labels, and its name, which is a label itself (`pkg/apis/core/validation/validation.go: ValidateNamespaceName`).
pub fn read_namespace(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> NamespaceSpec {
    let metadata = read_metadata(object, Scope::Cluster, ordinal, reading);
    let field = metadata.field.at("name");
    // Letters were checked with the metadata.
    if names::dns_subdomain(&metadata.name).is_empty() {
        for text in names::dns_label(&metadata.name) {
            field.error(reading.problems, invalid(field.json(), &text));
        }
    }
    NamespaceSpec {
        name: metadata.name,
        labels: metadata.labels,
    }
}

fn read_name(metadata: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> String {
    let (name_field, prefix_field) = (metadata.at("name"), metadata.at("generateName"));
    let (name, prefix) = (name_field.str_or_empty(), prefix_field.str_or_empty());
    if !name.is_empty() {
        check_name(&name_field, name, reading);
        return name.to_owned();
    }
    if prefix.is_empty() {
        name_field.error_with_hint(
            reading.problems,
            required("name or generateName is required"),
            "add `metadata: {name: …}`",
        );
        return String::new();
    }
    // A prefix may end in what a whole name may not: the suffix follows.
    check_name(&prefix_field, &format!("{}a", prefix.trim_end_matches('-')), reading);
    format!("{prefix}{}", generated_suffix(ordinal))
}

fn check_name(field: &Field<'_>, name: &str, reading: &mut Reading<'_>) {
    for text in names::dns_subdomain(name) {
        let message = invalid(field.json(), &text);
        match names::repaired(name) {
            Some(right) if right != name => {
                field.error_with_hint(reading.problems, message, format!("write `{right}`"));
            }
            _ => field.error(reading.problems, message),
        }
    }
}

fn read_namespace_of(field: &Field<'_>, reading: &mut Reading<'_>) -> String {
    match field.str().filter(|n| !n.is_empty()) {
        None => "default".to_owned(),
        Some(namespace) => {
            for text in names::dns_label(namespace) {
                field.error(reading.problems, invalid(field.json(), &text));
            }
            namespace.to_owned()
        }
    }
}

/// Reads and checks a map of labels. Like the API server, it names the map in its messages, not the key.
pub fn read_labels(field: &Field<'_>, reading: &mut Reading<'_>) -> Labels {
    for (key, entry) in field.entries() {
        for text in names::qualified_name(key) {
            entry
                .renamed(field.path())
                .error(reading.problems, invalid(quoted(key), &text));
        }
        let Some(value) = entry.str() else { continue };
        for text in names::label_value(value) {
            entry
                .renamed(field.path())
                .error(reading.problems, invalid(entry.json(), &text));
        }
    }
    field.string_map()
}

/// Checks the keys of annotations: those of Kubernetes by their form, those of makespan by their names.
pub fn check_annotations(field: &Field<'_>, reading: &mut Reading<'_>) {
    annotations::check_known(field, reading);
    for (key, entry) in field.entries() {
        // Annotation keys are checked in lower case (`ValidateAnnotations`).
        for text in names::qualified_name(&key.to_ascii_lowercase()) {
            entry
                .renamed(field.path())
                .error(reading.problems, invalid(quoted(key), &text));
        }
    }
}
