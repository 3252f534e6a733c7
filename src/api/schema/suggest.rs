//! What a misspelt or misplaced name was probably meant to be.

use super::table::{FieldType, Table, TypeId};
use crate::kernel::text::suggest;

/// One level on the way from the object's root to where the reader stands.
pub(super) struct Level {
    /// The type of the object there.
    pub(super) object: TypeId,
    /// Its path, empty for the root.
    pub(super) path: String,
}

fn quoted_path(path: &str, field: &str) -> String {
    if path.is_empty() {
        format!("\"{field}\"")
    } else {
        format!("\"{path}.{field}\"")
    }
}

/// A hint for a field that the object at the last of `levels` does not have.
pub(super) fn for_field(table: &Table, name: &str, levels: &[Level]) -> Option<String> {
    let here = levels.last()?;
    let fields = &table.object(here.object).fields;
    if let Some(field) = fields.keys().find(|f| f.eq_ignore_ascii_case(name)) {
        return Some(format!("did you mean \"{field}\"? Case matters"));
    }
    if matches!(name, "gpu" | "gpus") {
        return Some("GPUs are a resource of a container: resources.limits, as in `nvidia.com/gpu: 1`".to_owned());
    }
    let outer = levels[..levels.len() - 1].iter().rev();
    if let Some(level) = outer
        .into_iter()
        .find(|l| table.object(l.object).fields.contains_key(name))
    {
        return Some(format!(
            "it belongs further up, at {}: indent it less",
            quoted_path(&level.path, name)
        ));
    }
    let deeper = deeper(table, here.object, name);
    if !deeper.is_empty() && deeper.len() <= 4 {
        let places: Vec<String> = deeper.iter().map(|p| quoted_path(&here.path, p)).collect();
        return Some(format!("it belongs further down, at {}", places.join(" or ")));
    }
    if let Some(other) = table.namesakes(here.object).find(|t| t.fields.contains_key(name)) {
        let mut parts = other.name.rsplit('.').skip(1);
        let (version, group) = (parts.next()?, parts.next()?);
        return Some(format!("it is a field of {group}/{version} only"));
    }
    match suggest(name, fields.keys().copied()) {
        Some(field) => Some(format!("did you mean \"{field}\"?")),
        None if fields.len() <= 12 => {
            let known: Vec<&str> = fields.keys().copied().collect();
            Some(format!("known here: {}", known.join(", ")))
        }
        None => None,
    }
}

/// Where `name` is a field below `object`: the paths at the least depth, three levels down at most, outside `status`.
fn deeper(table: &Table, object: TypeId, name: &str) -> Vec<String> {
    let mut level = vec![(object, String::new())];
    for _ in 0..3 {
        let mut next = Vec::new();
        for (id, path) in &level {
            for (field, field_type) in &table.object(*id).fields {
                let inner = field_type.innermost_object().filter(|_| *field != "status");
                if let Some(inner) = inner {
                    let brackets = if matches!(field_type, FieldType::List(_)) {
                        "[]"
                    } else {
                        ""
                    };
                    let dot = if path.is_empty() { "" } else { "." };
                    next.push((inner, format!("{path}{dot}{field}{brackets}")));
                }
            }
        }
        let found: Vec<String> = next
            .iter()
            .filter(|(id, _)| table.object(*id).fields.contains_key(name))
            .map(|(_, path)| format!("{path}.{name}"))
            .collect();
        if !found.is_empty() {
            return found;
        }
        level = next;
    }
    Vec::new()
}
