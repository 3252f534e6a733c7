//! A cursor over a document: the value, its field path, and where to point when something is wrong with it.
//!
//! A field that is absent has the place of its nearest ancestor that is there, so that "Required value" points somewhere.
//! Values of the wrong type read as absent: the structural check against the schema has told them already.

use std::sync::Arc;

use crate::api::problem::Problems;
use crate::api::quantity::Quantity;
use crate::api::value::{Document, Place, Source, Value, ValueKind};
use crate::cluster::spec::Labels;

/// A field of an object.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    source: &'a Arc<Source>,
    value: Option<&'a Value>,
    place: Place,
    path: String,
}

impl<'a> Field<'a> {
    /// The whole document; its path is empty.
    #[must_use]
    pub fn root(document: &'a Document) -> Self {
        Self {
            source: &document.source,
            value: Some(&document.root).filter(|v| !v.is_null()),
            place: document.root.place,
            path: String::new(),
        }
    }
    /// The same field as the root of an object of its own, as the items of a List are.
    #[must_use]
    pub fn as_root(&self) -> Self {
        Self {
            path: String::new(),
            ..self.clone()
        }
    }
    /// The same field under another path, for the places where the API server names a path that does not exist.
    #[must_use]
    pub fn renamed(&self, path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..self.clone()
        }
    }
    fn child(&self, value: Option<&'a Value>, path: String) -> Self {
        let value = value.filter(|v| !v.is_null());
        Self {
            source: self.source,
            value,
            place: value.map_or(self.place, |v| v.place),
            path,
        }
    }
    /// The field `key` of this object, present or not.
    #[must_use]
    pub fn at(&self, key: &str) -> Self {
        let path = if self.path.is_empty() {
            key.to_owned()
        } else {
            self.longer_path(".", key, "")
        };
        self.child(self.value.and_then(|v| v.get(key)), path)
    }
    /// A field below this one: `at_path("spec.template")`.
    #[must_use]
    pub fn at_path(&self, path: &str) -> Self {
        let mut keys = path.split('.');
        let first = self.at(keys.next().unwrap_or_default());
        keys.fold(first, |field, key| field.at(key))
    }
    /// The path with more at its end. Fields are many: this is no place for a formatter.
    fn longer_path(&self, before: &str, key: &str, after: &str) -> String {
        let mut path = String::with_capacity(self.path.len() + before.len() + key.len() + after.len());
        for part in [&self.path, before, key, after] {
            path.push_str(part);
        }
        path
    }
    /// The items of this list; none if it is not a list.
    #[must_use]
    pub fn items(&self) -> Vec<Self> {
        let items = self.value.map_or(&[][..], Value::items);
        items
            .iter()
            .enumerate()
            .map(|(i, item)| self.child(Some(item), format!("{}[{i}]", self.path)))
            .collect()
    }
    /// The entries of this map, each under the path `map[key]`; none if it is not a map.
    #[must_use]
    pub fn entries(&self) -> Vec<(&'a str, Self)> {
        let entries = self.value.map_or(&[][..], Value::entries);
        entries
            .iter()
            .map(|(key, value)| {
                let mut field = self.child(Some(value), self.longer_path("[", &key.name, "]"));
                if field.value.is_none() {
                    field.place = key.place;
                }
                (key.name.as_str(), field)
            })
            .collect()
    }
    /// Whether it is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.value.map(|v| &v.kind), Some(ValueKind::Map(_)))
    }
    /// The value, unless it is absent or null.
    #[must_use]
    pub const fn value(&self) -> Option<&'a Value> {
        self.value
    }
    /// Whether the field is there and not null.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        self.value.is_some()
    }
    /// Whether it is absent, an empty list, an empty map or an empty string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.value.map(|v| &v.kind) {
            None | Some(ValueKind::Null) => true,
            Some(ValueKind::List(items)) => items.is_empty(),
            Some(ValueKind::Map(entries)) => entries.is_empty(),
            Some(ValueKind::String(text)) => text.is_empty(),
            Some(ValueKind::Bool(_) | ValueKind::Number(_)) => false,
        }
    }
    /// The text of a string.
    #[must_use]
    pub fn str(&self) -> Option<&'a str> {
        self.value.and_then(Value::as_str)
    }
    /// The text of a string, or nothing: Go's zero value.
    #[must_use]
    pub fn str_or_empty(&self) -> &'a str {
        self.str().unwrap_or("")
    }
    /// A boolean.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.value.map(|v| &v.kind) {
            Some(ValueKind::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }
    /// A whole number.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        self.number().and_then(|text| text.parse().ok())
    }
    /// A whole number of 32 bits, as most counts of Kubernetes are.
    #[must_use]
    pub fn int32(&self) -> Option<i32> {
        self.number().and_then(|text| text.parse().ok())
    }
    fn number(&self) -> Option<&'a str> {
        match self.value.map(|v| &v.kind) {
            Some(ValueKind::Number(text)) => Some(text),
            _ => None,
        }
    }
    /// The text of a string or number, such as a quantity or an int-or-string.
    #[must_use]
    pub fn scalar(&self) -> Option<&'a str> {
        self.str().or_else(|| self.number())
    }
    /// A quantity, rounded up to thousandths as the API server stores it. A text that is none reads as absent: the
    /// structural check has told it.
    #[must_use]
    pub fn quantity(&self) -> Option<Quantity> {
        let quantity = self.scalar()?.parse::<Quantity>().ok()?;
        Some(quantity.rounded_up_to_milli())
    }
    /// A map from texts to texts; entries of another type are left out.
    #[must_use]
    pub fn string_map(&self) -> Labels {
        self.entries()
            .into_iter()
            .filter_map(|(key, field)| Some((key.to_owned(), field.str()?.to_owned())))
            .collect()
    }
    /// The texts of a list.
    #[must_use]
    pub fn string_list(&self) -> Vec<String> {
        self.items().iter().filter_map(Self::str).map(str::to_owned).collect()
    }
    /// The value as JSON, as the API server prints it in messages; `""` if absent.
    #[must_use]
    pub fn json(&self) -> String {
        self.value.map_or_else(|| quoted(""), to_json)
    }
    /// The field path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
    /// The place.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }
    /// The source.
    #[must_use]
    pub const fn source(&self) -> &'a Arc<Source> {
        self.source
    }
    /// Tells an error.
    pub fn error(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.error(self.source, self.place, &self.path, message, None);
    }
    /// Tells an error and what to do about it.
    pub fn error_with_hint(&self, problems: &mut Problems, message: impl Into<String>, hint: impl Into<String>) {
        problems.error(self.source, self.place, &self.path, message, Some(hint.into()));
    }
    /// Tells a warning.
    pub fn warning(&self, problems: &mut Problems, message: impl Into<String>, hint: Option<String>) {
        problems.warning(self.source, self.place, &self.path, message, hint);
    }
    /// Reads a count that must not be negative; a negative one is told and read as absent.
    pub fn count(&self, problems: &mut Problems) -> Option<u32> {
        let value = self.int32()?;
        let count = u32::try_from(value).ok();
        if count.is_none() {
            self.error(problems, invalid(value, "must be greater than or equal to 0"));
        }
        count
    }
    /// Reads a number of seconds that must not be negative; a negative one is told and read as absent.
    pub fn seconds(&self, problems: &mut Problems) -> Option<u64> {
        let value = self.int()?;
        let seconds = u64::try_from(value).ok();
        if seconds.is_none() {
            self.error(problems, invalid(value, "must be greater than or equal to 0"));
        }
        seconds
    }
}

/// A text in quotes, as Go prints it.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `Required value`, with a detail if there is one.
#[must_use]
pub fn required(detail: &str) -> String {
    if detail.is_empty() {
        "Required value".to_owned()
    } else {
        format!("Required value: {detail}")
    }
}

/// `Invalid value: …`; `value` is JSON.
#[must_use]
pub fn invalid(value: impl std::fmt::Display, detail: &str) -> String {
    format!("Invalid value: {value}: {detail}")
}

/// `Unsupported value: …` with the values that are.
#[must_use]
pub fn unsupported(value: &str, supported: &[&str]) -> String {
    let supported: Vec<_> = supported.iter().map(|s| quoted(s)).collect();
    format!(
        "Unsupported value: {}: supported values: {}",
        quoted(value),
        supported.join(", ")
    )
}

fn to_json(value: &Value) -> String {
    match &value.kind {
        ValueKind::Null => "null".to_owned(),
        ValueKind::Bool(flag) => flag.to_string(),
        ValueKind::Number(text) => text.clone(),
        ValueKind::String(text) => quoted(text),
        ValueKind::List(items) => {
            let items: Vec<_> = items.iter().map(to_json).collect();
            format!("[{}]", items.join(","))
        }
        ValueKind::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", quoted(&key.name), to_json(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// Labels as JSON, sorted by key, as Go prints a map.
#[must_use]
pub fn labels_json(labels: &Labels) -> String {
    let entries: Vec<_> = labels
        .iter()
        .map(|(key, value)| format!("{}:{}", quoted(key), quoted(value)))
        .collect();
    format!("{{{}}}", entries.join(","))
}
