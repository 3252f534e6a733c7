//! A walk through a document beside its type: unknown fields and wrong types, in the API server's words.

use std::sync::Arc;

use crate::api::problem::{Problem, Problems, Severity};
use crate::api::quantity::Quantity;
use crate::api::value::{Key, Place, Source, Value, ValueKind};

use super::format;
use super::suggest::{self, Level};
use super::table::{FieldType, Table, TypeId};

/// Checks one object.
pub(super) struct Walker<'a> {
    table: &'static Table,
    source: &'a Arc<Source>,
    problems: &'a mut Problems,
    /// Kubernetes' path: `spec.template.spec.containers[0].image`.
    path: String,
    /// Go's path, without positions and map keys: `spec.template.spec.containers.image`.
    go_path: String,
    levels: Vec<Level>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(table: &'static Table, source: &'a Arc<Source>, problems: &'a mut Problems) -> Self {
        Self {
            table,
            source,
            problems,
            path: String::new(),
            go_path: String::new(),
            levels: Vec::new(),
        }
    }

    /// Begins at `path` and not at the root of the document.
    pub(super) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        path.clone_into(&mut self.go_path);
        self
    }

    fn error(&mut self, place: Place, message: String, hint: Option<String>) {
        self.problems.error(self.source, place, &self.path, message, hint);
    }

    /// Checks the fields of an object of type `object`. Go reads null as nothing, whatever the type.
    pub(super) fn object(&mut self, value: &Value, object: TypeId) {
        let entries = match &value.kind {
            ValueKind::Map(entries) => entries,
            ValueKind::Null => return,
            _ => return self.wrong_type(value, &FieldType::Object(object)),
        };
        self.levels.push(Level {
            object,
            path: self.path.clone(),
        });
        for (key, value) in entries {
            let (path_length, go_length) = (self.path.len(), self.go_path.len());
            for path in [&mut self.path, &mut self.go_path] {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key.name);
            }
            match self.table.object(object).fields.get(key.name.as_str()) {
                Some(field_type) => self.value(value, field_type),
                None => self.unknown_field(key),
            }
            self.path.truncate(path_length);
            self.go_path.truncate(go_length);
        }
        self.levels.pop();
    }

    fn unknown_field(&mut self, key: &Key) {
        // Objects read from a cluster of another version may report what 1.36 does not; it has no part in a simulation.
        let from_a_cluster = self.path.starts_with("status.") || self.path.starts_with("metadata.managedFields[");
        let severity = if from_a_cluster {
            Severity::Warning
        } else {
            Severity::Error
        };
        self.problems.push(Problem {
            severity,
            code: "",
            source: Some(self.source.clone()),
            place: key.place,
            path: self.path.clone(),
            message: format!("strict decoding error: unknown field \"{}\"", self.path),
            hint: suggest::for_field(self.table, &key.name, &self.levels),
        });
    }

    fn value(&mut self, value: &Value, field_type: &FieldType) {
        match (field_type, &value.kind) {
            (_, ValueKind::Null) | (FieldType::Any, _) => {}
            (FieldType::Bool, ValueKind::Bool(_))
            | (FieldType::String, ValueKind::String(_))
            | (FieldType::IntOrString, ValueKind::String(_))
            | (FieldType::Float64, ValueKind::Number(_)) => {}
            (FieldType::Int32 | FieldType::IntOrString, ValueKind::Number(text)) => {
                if text.parse::<i32>().is_err() {
                    self.bad_integer(value, field_type, text);
                }
            }
            (FieldType::Int64, ValueKind::Number(text)) => {
                if text.parse::<i64>().is_err() {
                    self.bad_integer(value, field_type, text);
                }
            }
            (FieldType::Bytes, ValueKind::String(text)) => self.checked(value, format::check_base64(text), || {
                "write plain text under stringData instead".to_owned()
            }),
            (FieldType::Time, ValueKind::String(text)) => self.checked(value, format::check_time(text), || {
                "a time is written as 2026-01-31T12:00:00Z".to_owned()
            }),
            (FieldType::Quantity, ValueKind::String(text) | ValueKind::Number(text)) => self.quantity(value, text),
            (FieldType::Quantity, ValueKind::Bool(flag)) => self.quantity(value, &flag.to_string()),
            (FieldType::Quantity, ValueKind::List(_)) => self.quantity(value, "[]"),
            (FieldType::Quantity, ValueKind::Map(_)) => self.quantity(value, "{}"),
            (FieldType::List(item_type), ValueKind::List(items)) => self.list(items, item_type),
            (FieldType::Map(item_type), ValueKind::Map(entries)) => self.map(entries, item_type),
            (FieldType::Object(object), _) => self.object(value, *object),
            _ => self.wrong_type(value, field_type),
        }
    }

    fn list(&mut self, items: &[Value], item_type: &FieldType) {
        let length = self.path.len();
        for (i, item) in items.iter().enumerate() {
            self.path.push_str(&format!("[{i}]"));
            self.value(item, item_type);
            self.path.truncate(length);
        }
    }

    fn map(&mut self, entries: &[(Key, Value)], item_type: &FieldType) {
        let length = self.path.len();
        for (key, value) in entries {
            self.path.push_str(&format!("[{}]", key.name));
            self.value(value, item_type);
            self.path.truncate(length);
        }
    }

    fn checked(&mut self, value: &Value, outcome: Result<(), String>, hint: impl FnOnce() -> String) {
        if let Err(message) = outcome {
            self.error(value.place, message, Some(hint()));
        }
    }

    fn quantity(&mut self, value: &Value, text: &str) {
        // `Quantity.UnmarshalJSON` trims blanks.
        if let Err(error) = text.trim().parse::<Quantity>() {
            self.error(value.place, error.to_string(), Some(format::quantity_hint(text)));
        }
    }

    /// Go's words for `found` in a field of this type (`encoding/json: UnmarshalTypeError`).
    fn cannot_unmarshal(&self, found: &str, field_type: &FieldType) -> String {
        let go_type = field_type.go_type(self.table);
        match self.levels.last() {
            None => format!("json: cannot unmarshal {found} into Go value of type {go_type}"),
            Some(level) => {
                let object = self.table.object(level.object).go_name();
                let path = &self.go_path;
                format!("json: cannot unmarshal {found} into Go struct field {object}.{path} of type {go_type}")
            }
        }
    }

    fn bad_integer(&mut self, value: &Value, field_type: &FieldType, text: &str) {
        let message = self.cannot_unmarshal(&format!("number {text}"), field_type);
        let hint = if text.contains('.') {
            "write a whole number".to_owned()
        } else if matches!(field_type, FieldType::Int64) {
            format!("it must lie between {} and {}", i64::MIN, i64::MAX)
        } else {
            format!("it must lie between {} and {}", i32::MIN, i32::MAX)
        };
        self.error(value.place, message, Some(hint));
    }

    fn wrong_type(&mut self, value: &Value, field_type: &FieldType) {
        let message = self.cannot_unmarshal(value.type_name(), field_type);
        let hint = self.type_hint(value, field_type);
        self.error(value.place, message, hint);
    }

    /// The scalar as it was typed, or as it was read where looking it up would take long.
    fn literal(&self, value: &Value) -> String {
        let text = &self.source.text;
        let typed = (text.len() <= 1 << 18).then(|| literal_at(text, value.place)).flatten();
        match (&value.kind, typed) {
            (_, Some(typed)) => typed.to_owned(),
            (ValueKind::Bool(flag), None) => flag.to_string(),
            (ValueKind::Number(number), None) => number.clone(),
            (ValueKind::Null | ValueKind::String(_) | ValueKind::List(_) | ValueKind::Map(_), None) => String::new(),
        }
    }

    fn type_hint(&self, value: &Value, field_type: &FieldType) -> Option<String> {
        let hint = match (field_type, &value.kind) {
            (FieldType::String, ValueKind::Bool(_) | ValueKind::Number(_)) => {
                format!("put it in quotes: \"{}\"", self.literal(value))
            }
            (FieldType::Int32 | FieldType::Int64, ValueKind::String(text)) => match text.trim().parse::<i64>() {
                Ok(number) => format!("remove the quotes: {number}"),
                Err(_) => "write a whole number".to_owned(),
            },
            (FieldType::Bool, ValueKind::String(text)) if matches!(text.as_str(), "true" | "false") => {
                format!("remove the quotes: {text}")
            }
            (FieldType::Bool, _) => "write true or false".to_owned(),
            (FieldType::List(item), ValueKind::String(_)) if **item == FieldType::String => {
                "a list of strings is written as [\"python\", \"train.py\"], or one per line after \"- \"".to_owned()
            }
            (FieldType::List(_), ValueKind::Map(_)) => {
                "a list is expected: put \"- \" before the first key of each entry".to_owned()
            }
            (FieldType::List(_), _) => "a list is expected: one entry per line after \"- \"".to_owned(),
            (FieldType::Object(_) | FieldType::Map(_), ValueKind::List(_)) => {
                "a map is expected: remove the \"- \"".to_owned()
            }
            (FieldType::Object(id), _) => {
                let fields: Vec<&str> = self.table.object(*id).fields.keys().copied().take(6).collect();
                format!("a map with keys is expected, such as {}", fields.join(", "))
            }
            (FieldType::Map(_), _) => "a map is expected: one \"key: value\" per line".to_owned(),
            _ => return None,
        };
        Some(hint)
    }
}

/// The plain scalar at `place`, as it was typed: `yes` where the value is `true`.
fn literal_at(text: &str, place: Place) -> Option<&str> {
    let line = text.lines().nth((place.line as usize).checked_sub(1)?)?;
    let start = line.char_indices().nth((place.column as usize).checked_sub(1)?)?.0;
    let rest = &line[start..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']' | '#'))
        .unwrap_or(rest.len());
    Some(&rest[..end]).filter(|literal| !literal.is_empty())
}
