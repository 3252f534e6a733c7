//! The structure of Kubernetes objects: is the kind known, does every field exist, has every value the right type.
//!
//! The field lists are those of Kubernetes 1.36 (`schema/kubernetes-1.36.txt`); messages are the API server's, as recorded from a real one.
//! What values mean (required fields, ranges, names) is checked by the readers of the kinds.

use crate::api::problem::{Problem, Problems, Severity};
use crate::api::value::{Document, Place, Value, ValueKind};

mod format;
mod suggest;
mod table;
mod walk;

use table::{Kind, Table};
use walk::Walker;

/// Checks the structure of one document, or of every item if it is a List, and tells everything that is wrong with it.
pub fn check(document: &Document, problems: &mut Problems) {
    let checker = Checker {
        document,
        table: Table::get(),
    };
    checker.object(&document.root, None, problems);
}

/// Checks the structure of a part of a document against a kind of the scheduler's configuration that stands without
/// `apiVersion` and `kind` there, such as NodeResourcesFitArgs. Unknown kinds pass.
pub fn check_as(field: &crate::api::objects::Field<'_>, kind: &str, problems: &mut Problems) {
    let table = Table::get();
    let known = table.kinds.iter().filter(|k| k.version.starts_with("kubescheduler"));
    let root = known.filter(|k| k.name == kind).find_map(|k| k.root);
    if let (Some(root), Some(value)) = (root, field.value()) {
        Walker::new(table, field.source(), problems)
            .at(field.path())
            .object(value, root);
    }
}

/// What to do with a custom resource.
const CUSTOM: &str =
    "custom resources are not simulated: give the objects their controller creates, such as Jobs or Pods";

struct Checker<'a> {
    document: &'a Document,
    table: &'static Table,
}

/// What an item of a typed list need not say itself.
#[derive(Clone, Copy)]
struct Inherited<'a> {
    version: &'a str,
    kind: &'a str,
}

impl Checker<'_> {
    fn object(&self, value: &Value, inherited: Option<Inherited<'_>>, problems: &mut Problems) {
        let mut error = |place: Place, path: &str, message: String, hint: Option<String>| {
            problems.error(&self.document.source, place, path, message, hint);
        };
        if !matches!(value.kind, ValueKind::Map(_)) {
            let message = format!(
                "couldn't get version/kind; found {} instead of an object",
                value.type_name()
            );
            let hint = match value.kind {
                ValueKind::List(_) => "separate objects by lines of ---, or put them under `items` of a `kind: List`",
                _ => "an object begins with `apiVersion:` and `kind:`",
            };
            return error(value.place, "", message, Some(hint.to_owned()));
        }
        let mut known = true;
        let mut text = |field: &str| match value.get(field) {
            None => None,
            Some(found) => {
                let text = found.as_str().filter(|t| !t.is_empty());
                if text.is_none() && !matches!(found.kind, ValueKind::Null | ValueKind::String(_)) {
                    let found_type = found.type_name();
                    let message = format!(
                        "json: cannot unmarshal {found_type} into Go struct field TypeMeta.{field} of type string"
                    );
                    error(found.place, field, message, Some("put it in quotes".to_owned()));
                    known = false;
                }
                text
            }
        };
        let version = text("apiVersion").or(inherited.map(|i| i.version));
        let kind = text("kind").or(inherited.map(|i| i.kind));
        if !known {
            return;
        }
        match (version, kind) {
            (Some(version), Some(kind)) if is_list(kind, value) => self.list(value, version, kind, problems),
            (Some(version), Some(kind)) => self.known(value, version, kind, problems),
            (None, kind) => {
                let versions = self.versions_of(kind.unwrap_or_default());
                let hint = versions.first().map(|v| format!("add `apiVersion: {v}`"));
                error(
                    value.place,
                    "apiVersion",
                    "Object 'apiVersion' is missing".to_owned(),
                    hint,
                );
                if kind.is_none() {
                    error(value.place, "kind", "Object 'Kind' is missing".to_owned(), None);
                }
            }
            (Some(version), None) => {
                let kinds = self
                    .table
                    .kinds
                    .iter()
                    .filter(|k| k.version == version && k.root.is_some());
                let names: Vec<&str> = kinds.map(|k| k.name).collect();
                let hint = (!names.is_empty()).then(|| format!("{version} has {}", names.join(", ")));
                error(value.place, "kind", "Object 'Kind' is missing".to_owned(), hint);
            }
        }
    }

    /// Checks every item, as `FlattenListVisitor` makes single objects of them.
    fn list(&self, value: &Value, version: &str, kind: &str, problems: &mut Problems) {
        let item_kind = kind.strip_suffix("List").filter(|k| !k.is_empty());
        let inherited = item_kind.map(|kind| Inherited { version, kind });
        if let Some(items) = value.get("items")
            && !matches!(items.kind, ValueKind::List(_) | ValueKind::Null)
        {
            let found = items.type_name();
            let message = format!("json: cannot unmarshal {found} into Go struct field {kind}.items of type []object");
            problems.error(&self.document.source, items.place, "items", message, None);
        }
        for item in value.get("items").map(Value::items).unwrap_or_default() {
            self.object(item, inherited, problems);
        }
    }

    fn known(&self, value: &Value, version: &str, kind: &str, problems: &mut Problems) {
        let source = &self.document.source;
        let place = value.get("kind").map_or(value.place, |k| k.place);
        match self.table.kinds.iter().find(|k| k.version == version && k.name == kind) {
            Some(Kind { root: Some(root), .. }) => Walker::new(self.table, source, problems).object(value, *root),
            Some(Kind { root: None, .. }) => {
                let message = format!("{kind} ({version}) has no part in the simulation; it is left out");
                problems.warning(source, place, "kind", message, None);
            }
            None => {
                let message = format!("no matches for kind \"{kind}\" in version \"{version}\"");
                let foreign = self.is_foreign(version);
                let hint = if foreign {
                    CUSTOM.to_owned()
                } else {
                    self.kind_hint(version, kind)
                };
                problems.push(Problem {
                    severity: Severity::Error,
                    code: if foreign { "custom-resource" } else { "" },
                    source: Some(source.clone()),
                    place,
                    path: "kind".to_owned(),
                    message,
                    hint: Some(hint),
                });
            }
        }
    }

    /// The versions that have `kind`, the checked and stable ones first.
    fn versions_of(&self, kind: &str) -> Vec<&'static str> {
        let kinds = self.table.kinds.iter().filter(|k| k.name == kind);
        let mut versions: Vec<_> = kinds.map(|k| (k.root.is_none(), rank(k.version), k.version)).collect();
        versions.sort_unstable();
        versions.into_iter().map(|(_, _, version)| version).collect()
    }

    fn kind_hint(&self, version: &str, kind: &str) -> String {
        if let Some(right) = self.versions_of(kind).first() {
            let old = version.contains("alpha") || version.contains("beta");
            let why = if old {
                "; older versions are no longer served"
            } else {
                ""
            };
            return format!("use `apiVersion: {right}`{why}");
        }
        // A plural, as in resource names, is nearest to its singular.
        if let Some(near) = crate::kernel::text::suggest(kind, self.table.kinds.iter().map(|k| k.name)) {
            let right = self.versions_of(near);
            let right = right.iter().find(|v| **v == version).or(right.first());
            return match right {
                Some(right) if *right != version => format!("did you mean `kind: {near}` with `apiVersion: {right}`?"),
                _ => format!("did you mean `kind: {near}`?"),
            };
        }
        CUSTOM.to_owned()
    }

    /// Whether the group of `version` is none of Kubernetes and not near to one: that of a custom resource, which has a dot.
    fn is_foreign(&self, version: &str) -> bool {
        let group = |version: &'static str| version.rsplit_once('/').map_or("", |(group, _)| group);
        let Some((own, _)) = version.rsplit_once('/') else {
            return false;
        };
        let mut known = self.table.kinds.iter().map(|kind| group(kind.version));
        own.contains('.') && !known.any(|known| strsim::osa_distance(known, own) <= 2)
    }
}

/// Stable versions before beta ones, higher ones first.
fn rank(version: &str) -> (bool, std::cmp::Reverse<&str>) {
    let number = version.rsplit('/').next().unwrap_or(version);
    let unstable = number.contains("alpha") || number.contains("beta");
    (unstable, std::cmp::Reverse(number))
}

/// `List`, or `JobList` and the like with items.
fn is_list(kind: &str, value: &Value) -> bool {
    kind == "List" || (kind.ends_with("List") && value.get("items").is_some())
}

#[cfg(test)]
mod tests;
