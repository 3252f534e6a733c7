//! Patches of manifests: JSON merge patches (RFC 7386) and strategic merge patches as far as they differ in lists of named
//! things (`staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`).

use crate::api::value::{Value, ValueKind};

/// What a list in a patch does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    /// It takes the place of the list that was there: a JSON merge patch.
    Replace,
    /// Where the API knows a key (containers by their names), each item changes the one of the same key: a strategic merge
    /// patch, which `kubectl patch` sends unless told otherwise.
    #[default]
    Merge,
}

/// Lists of the API that are merged by a key (`patchMergeKey` in `staging/src/k8s.io/api/core/v1/types.go`).
const MERGE_KEYS: [(&str, &str); 8] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("schedulingGates", "name"),
    ("ports", "containerPort"),
    ("topologySpreadConstraints", "topologyKey"),
];

/// `target` as `patch` changes it: null takes a key away, maps are merged, all else is replaced.
#[must_use]
pub fn merged(target: &Value, patch: &Value, lists: Lists) -> Value {
    let (ValueKind::Map(old), ValueKind::Map(new)) = (&target.kind, &patch.kind) else {
        return without_nulls(patch);
    };
    let mut entries = old.clone();
    for (key, value) in new {
        let place = entries.iter().position(|(known, _)| known.name == key.name);
        match (place, &value.kind) {
            (Some(place), ValueKind::Null) => drop(entries.remove(place)),
            (None, ValueKind::Null) => {}
            (Some(place), _) => {
                let merge_key = MERGE_KEYS.iter().find(|(list, _)| *list == key.name);
                entries[place].1 = match (merge_key, lists) {
                    (Some((_, by)), Lists::Merge) => merged_list(&entries[place].1, value, by),
                    (Some(_), Lists::Replace) | (None, _) => merged(&entries[place].1, value, lists),
                };
            }
            (None, _) => entries.push((key.clone(), without_nulls(value))),
        }
    }
    Value {
        place: target.place,
        kind: ValueKind::Map(entries),
    }
}

/// The items of `patch` change those of the same key; others are added.
fn merged_list(target: &Value, patch: &Value, by: &str) -> Value {
    let (ValueKind::List(old), ValueKind::List(new)) = (&target.kind, &patch.kind) else {
        return without_nulls(patch);
    };
    let key = |item: &Value| item.get(by).map(|value| value.kind.clone());
    let mut items = old.clone();
    for item in new {
        match items
            .iter()
            .position(|known| key(known).is_some() && key(known) == key(item))
        {
            Some(place) if item.get("$patch").and_then(Value::as_str) == Some("delete") => drop(items.remove(place)),
            Some(place) => items[place] = merged(&items[place], item, Lists::Merge),
            None => items.push(without_nulls(item)),
        }
    }
    Value {
        place: target.place,
        kind: ValueKind::List(items),
    }
}

/// A null in a patch says that there is nothing.
fn without_nulls(value: &Value) -> Value {
    let kind = match &value.kind {
        ValueKind::Map(entries) => {
            let kept = entries.iter().filter(|(_, value)| !value.is_null());
            ValueKind::Map(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        other => other.clone(),
    };
    Value {
        place: value.place,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::objects::Field;
    use crate::api::problem::Problems;
    use crate::api::value::{Document, Source};

    fn document(text: &str) -> Document {
        let source = Arc::new(Source {
            name: "t".into(),
            text: text.into(),
        });
        crate::api::yaml::load(source, &mut Problems::new()).remove(0)
    }

    fn patched(target: &str, patch: &str, lists: Lists) -> String {
        let target = document(target);
        let root = merged(&target.root, &document(patch).root, lists);
        Field::root(&Document { root, ..target }).json()
    }

    #[test]
    fn the_examples_of_rfc_7386() {
        for (target, patch, result) in [
            ("{a: b}", "{a: c}", r#"{"a":"c"}"#),
            ("{a: b}", "{b: c}", r#"{"a":"b","b":"c"}"#),
            ("{a: b}", "{a: null}", "{}"),
            ("{a: b, b: c}", "{a: null}", r#"{"b":"c"}"#),
            ("{a: [b]}", "{a: c}", r#"{"a":"c"}"#),
            ("{a: c}", "{a: [b]}", r#"{"a":["b"]}"#),
            ("{a: {b: c}}", "{a: {b: d, c: null}}", r#"{"a":{"b":"d"}}"#),
            ("{a: [{b: c}]}", "{a: [1]}", r#"{"a":[1]}"#),
            ("{e: 1}", "{a: {bb: {ccc: null}}}", r#"{"e":1,"a":{"bb":{}}}"#),
        ] {
            assert_eq!(patched(target, patch, Lists::Replace), result, "{patch}");
        }
    }

    #[test]
    fn named_things_change_one_by_one() {
        let target = "{containers: [{name: a, image: x, args: [1]}, {name: b, image: v}], tolerations: [{key: k}]}";
        let patch = "{containers: [{name: b, image: z}, {name: c, image: w}], tolerations: [{key: l}]}";
        assert_eq!(
            patched(target, patch, Lists::Merge),
            r#"{"containers":[{"name":"a","image":"x","args":[1]},{"name":"b","image":"z"},{"name":"c","image":"w"}],"tolerations":[{"key":"l"}]}"#
        );
        assert_eq!(
            patched(target, "{containers: [{name: a, $patch: delete}]}", Lists::Merge),
            r#"{"containers":[{"name":"b","image":"v"}],"tolerations":[{"key":"k"}]}"#
        );
        assert_eq!(
            patched(target, "{containers: [{name: b}]}", Lists::Replace),
            r#"{"containers":[{"name":"b"}],"tolerations":[{"key":"k"}]}"#
        );
    }
}
