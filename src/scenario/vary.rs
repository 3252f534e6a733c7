//! A value of a scenario, found by its path and set to another: what planning varies.
//!
//! * `nodes.a100`: how many nodes the pool `a100` has; `nodes`: those of the only pool, or of `--nodes`.
//! * `submission.arrivals`, `jobs.train.copies`, `nodePools[0].allocatable.nvidia.com/gpu`: a path below the `spec` of the Scenario;
//!   elements of lists go by their name or their place.
//! * `submission.arrivals.rate`: an argument of an expression such as `poisson(rate=4/h)`.
//! * `job/train.spec.backoffLimit`: a path in a manifest, by kind and name.
//!
//! What is set is only checked for having a place. Whether the value makes sense, the reader of the scenario says.

use std::collections::BTreeSet;

use crate::api::value::{Document, Key, Place, Value, ValueKind};
use crate::kernel::text::suggest;
use crate::scenario::document;
use crate::scenario::load::Flags;

/// A path that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is nothing in the scenario{}", hint(.near))]
pub struct NoSuchPath {
    /// The path as it was given.
    pub path: String,
    /// Paths that there are and that are like it.
    pub near: Vec<String>,
}

fn hint(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("; there are {}", near.join(", "))
    }
}

/// So many near paths are named.
const NEAR: usize = 5;

/// Sets what stands at `path` to `value`: in `documents`, or in `flags` where these decide.
///
/// # Errors
/// Nothing has such a path.
pub fn assign(documents: &mut [Document], flags: &mut Flags, path: &str, value: &str) -> Result<(), NoSuchPath> {
    let known = paths(documents);
    let wrong = || NoSuchPath {
        path: path.to_owned(),
        near: near(path, &known),
    };
    if path == "nodes" && (flags.nodes.is_some() || pools(documents).is_empty()) {
        flags.nodes = Some(value.parse().map_err(|_| wrong())?);
        return Ok(());
    }
    if let Some(name) = path.strip_prefix("controlPlane.") {
        flags.set.push(format!("{name}={value}"));
        return Ok(());
    }
    let place = target(documents, path).and_then(|(root, rest)| set(root, &rest, value));
    place.ok_or_else(wrong)
}

/// The tree in which `path` leads on, and the rest of the path.
fn target<'d>(documents: &'d mut [Document], path: &str) -> Option<(&'d mut Value, String)> {
    if let Some((kind, (name, rest))) = path
        .split_once('/')
        .filter(|(kind, _)| !kind.contains(['.', '[']))
        .and_then(|(kind, rest)| Some((kind, rest.split_once('.')?)))
    {
        let named = documents.iter_mut().find(|document| {
            let has = |value: Option<&Value>, text: &str| {
                value
                    .and_then(Value::as_str)
                    .is_some_and(|v| v.eq_ignore_ascii_case(text))
            };
            let named = document.root.get("metadata").and_then(|metadata| metadata.get("name"));
            has(document.root.get("kind"), kind) && has(named, name)
        });
        return named.map(|document| (&mut document.root, rest.to_owned()));
    }
    let own = documents.iter_mut().find(|document| document::is_own(document))?;
    let spec = entry(&mut own.root, "spec")?;
    let path = path.strip_prefix("spec.").unwrap_or(path);
    let rest = match path.strip_prefix("nodes") {
        Some("") => "nodePools[0].count".to_owned(),
        Some(pool) if pool.starts_with('.') => format!("nodePools{pool}.count"),
        _ => path.to_owned(),
    };
    Some((spec, rest))
}

fn entry<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match &mut value.kind {
        ValueKind::Map(entries) => entries.iter_mut().find(|(k, _)| k.name == key).map(|(_, value)| value),
        ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) | ValueKind::String(_) | ValueKind::List(_) => None,
    }
}

/// Sets what stands at `path` below `value`. A key that is not there yet is added to its map.
fn set(value: &mut Value, path: &str, new: &str) -> Option<()> {
    if path.is_empty() {
        value.kind = scalar(new);
        return Some(());
    }
    let place = value.place;
    match &mut value.kind {
        ValueKind::Map(entries) => {
            // Keys may have dots of their own: the longest that fits is meant.
            let fits = entries.iter().enumerate().filter_map(|(i, (key, _))| {
                let rest = path.strip_prefix(key.name.as_str())?;
                let starts = rest.is_empty() || rest.starts_with(['.', '[']);
                starts.then(|| (key.name.len(), i, rest.trim_start_matches('.').to_owned()))
            });
            if let Some((_, i, rest)) = fits.max() {
                return set(&mut entries[i].1, &rest, new);
            }
            let is_new_leaf = !path.contains(['.', '[']) || path.contains('/');
            is_new_leaf.then(|| entries.push(added(path, scalar(new), place)))
        }
        ValueKind::List(items) => {
            let (element, rest) = element(path);
            let i = match element.parse::<usize>() {
                Ok(i) => i,
                Err(_) => items.iter().position(|item| name(item) == Some(element))?,
            };
            set(items.get_mut(i)?, rest, new)
        }
        ValueKind::String(text) => {
            *text = with_argument(text, path, new)?;
            Some(())
        }
        ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) => None,
    }
}

fn added(key: &str, kind: ValueKind, place: Place) -> (Key, Value) {
    let key = Key {
        place,
        name: key.to_owned(),
    };
    (key, Value { place, kind })
}

/// The first element of a path in a list, `[3]` or `train`, and the rest.
fn element(path: &str) -> (&str, &str) {
    if let Some((number, rest)) = path.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return (number, rest.trim_start_matches('.'));
    }
    path.split_once('.').unwrap_or((path, ""))
}

/// What an element of a list goes by.
fn name(item: &Value) -> Option<&str> {
    ["name", "deployment", "of"]
        .iter()
        .find_map(|key| item.get(key)?.as_str())
}

/// The expression `text` with its argument `name` set to `new`.
fn with_argument(text: &str, name: &str, new: &str) -> Option<String> {
    let (function, inner) = text.split_once('(')?;
    let inner = inner.trim_end().strip_suffix(')')?;
    let mut found = false;
    let arguments = inner.split(',').map(|argument| match argument.split_once('=') {
        Some((key, _)) if key.trim() == name => {
            found = true;
            format!("{}={new}", key.trim())
        }
        _ => argument.trim().to_owned(),
    });
    let arguments: Vec<String> = arguments.collect();
    found.then(|| format!("{function}({})", arguments.join(",")))
}

/// What YAML takes `text` for.
fn scalar(text: &str) -> ValueKind {
    match text {
        "true" => ValueKind::Bool(true),
        "false" => ValueKind::Bool(false),
        _ if text.parse::<i64>().is_ok() || (text.parse::<f64>().is_ok_and(f64::is_finite) && text.contains('.')) => {
            ValueKind::Number(text.to_owned())
        }
        _ => ValueKind::String(text.to_owned()),
    }
}

/// Names of the pools of the Scenario.
fn pools(documents: &[Document]) -> Vec<String> {
    let own = documents.iter().find(|document| document::is_own(document));
    let pools = own.and_then(|own| own.root.get("spec")?.get("nodePools"));
    let items = pools.map_or(&[][..], Value::items).iter();
    items.map(|pool| name(pool).unwrap_or("node").to_owned()).collect()
}

/// Every path that has a value in `documents`, sorted.
#[must_use]
pub fn paths(documents: &[Document]) -> Vec<String> {
    let mut paths = BTreeSet::new();
    for document in documents {
        if document::is_own(document) {
            if let Some(spec) = document.root.get("spec") {
                leaves(spec, "", &mut paths);
            }
        } else if let Some(kind) = document.root.get("kind").and_then(Value::as_str)
            && let Some(metadata) = document.root.get("metadata")
            && let Some(name) = name(metadata)
        {
            let prefix = format!("{}/{name}", kind.to_lowercase());
            if let Some(spec) = document.root.get("spec") {
                leaves(spec, &format!("{prefix}.spec"), &mut paths);
            }
        }
    }
    paths.extend(pools(documents).iter().map(|pool| format!("nodes.{pool}")));
    paths.into_iter().collect()
}

fn leaves(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match &value.kind {
        ValueKind::Map(entries) => {
            for (key, value) in entries {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{}", key.name), paths);
            }
        }
        ValueKind::List(items) => {
            for (i, item) in items.iter().enumerate() {
                let element = name(item).map_or(format!("[{i}]"), |name| format!(".{name}"));
                leaves(item, &format!("{path}{element}"), paths);
            }
        }
        ValueKind::String(text) => {
            paths.insert(path.to_owned());
            let inner = text.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
            let arguments = inner.into_iter().flat_map(|inner| inner.split(','));
            paths.extend(arguments.filter_map(|a| Some(format!("{path}.{}", a.split_once('=')?.0.trim()))));
        }
        ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) => {
            paths.insert(path.to_owned());
        }
    }
}

/// The known paths that are most like `path`: the one that was probably meant, then those with the same beginning or end.
fn near(path: &str, known: &[String]) -> Vec<String> {
    let ends = |path: &str| path.rsplit(['.', '/']).next().unwrap_or_default().to_owned();
    let begins = |path: &str| path.split(['.', '[', '/']).next().unwrap_or_default().to_owned();
    let meant = suggest(path, known.iter().map(String::as_str)).map(str::to_owned);
    let alike = known
        .iter()
        .filter(|other| ends(other) == ends(path))
        .chain(known.iter().filter(|other| begins(other) == begins(path)));
    let mut out: Vec<String> = Vec::new();
    for path in meant.into_iter().chain(alike.cloned()).chain(known.iter().cloned()) {
        if !out.contains(&path) && out.len() < NEAR {
            out.push(path);
        }
    }
    out
}

#[cfg(test)]
mod tests;
