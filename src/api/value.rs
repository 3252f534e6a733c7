//! A YAML or JSON document as a tree in which every node knows where it stands.

use std::sync::Arc;

/// A place in a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column in characters, from 1; 0 if unknown.
    pub column: u32,
}

/// A file (or `<stdin>`, or `--runtime` for a flag) and its text, shared by all that came from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// One document of a source.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it came from.
    pub source: Arc<Source>,
    /// Its content.
    pub root: Value,
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: ValueKind,
}

/// What a node of the tree is. Scalars follow Kubernetes' reading (YAML 1.1 as sigs.k8s.io/yaml turns it into JSON);
/// numbers are kept as the text that JSON would have, so that a quantity such as `0.1` stays exact.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as Go writes it in JSON: `0x1F` is `31`, `1.0` is `1`, `1e3` is `1000`, `0.10` is `0.1`.
    Number(String),
    /// Any other scalar, or a quoted one.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// A map in the order of the source; keys are unique (a duplicate is a problem, and the first is kept).
    Map(Vec<(Key, Value)>),
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where it stands.
    pub place: Place,
    /// Its text.
    pub name: String,
}

impl Value {
    /// The value under `key`, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries().iter().find(|(k, _)| k.name == key).map(|(_, v)| v)
    }
    /// The entries, if this is a map; else none.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Value)] {
        match &self.kind {
            ValueKind::Map(entries) => entries,
            _ => &[],
        }
    }
    /// The items, if this is a list; else none.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match &self.kind {
            ValueKind::List(items) => items,
            _ => &[],
        }
    }
    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ValueKind::String(text) => Some(text),
            _ => None,
        }
    }
    /// Whether this is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.kind == ValueKind::Null
    }
    /// What JSON calls this kind of value, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            ValueKind::Null => "null",
            ValueKind::Bool(_) => "bool",
            ValueKind::Number(_) => "number",
            ValueKind::String(_) => "string",
            ValueKind::List(_) => "array",
            ValueKind::Map(_) => "object",
        }
    }
}
