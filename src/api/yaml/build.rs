//! From the parser's events to a tree, with limits that end a YAML bomb at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::api::problem::Problems;
use crate::api::value::{Document, Key, Place, Source, Value, ValueKind};

use super::map::{Added, MapBuilder};
use super::{Budget, MAX_ALIASED, MAX_DEPTH, MAX_VALUES, hint, join_path, scalar};

/// Reading of this source ends here; the problem has been told.
pub(super) struct Stop;

/// A node with an anchor, kept for its aliases.
struct Anchored {
    value: Value,
    weight: u64,
    /// Levels of maps and lists in it.
    depth: usize,
}

/// What the map waits for.
enum Pending {
    /// A key.
    Nothing,
    /// The value of this key.
    Key(Key),
    /// The maps to merge.
    Merge(Place),
    /// The value of a key that could not be read.
    Bad,
}

enum Shape {
    List(Vec<Value>),
    Map(MapBuilder, Pending),
}

/// A map or list that has begun.
struct Frame {
    place: Place,
    anchor: usize,
    /// Budget used before it began.
    used_before: u64,
    /// Levels seen inside it so far.
    depth_below: usize,
    shape: Shape,
}

/// Builds the documents of one part of a source.
pub(super) struct Builder<'a> {
    pub(super) source: &'a Arc<Source>,
    pub(super) problems: &'a mut Problems,
    pub(super) budget: &'a mut Budget,
    /// Lines of the source before this part.
    pub(super) lines_before: u32,
    part: &'a str,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    has_aliases: bool,
    root: Option<Value>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        source: &'a Arc<Source>,
        part: &'a str,
        lines_before: u32,
        budget: &'a mut Budget,
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            source,
            problems,
            budget,
            lines_before,
            part,
            stack: Vec::new(),
            anchors: BTreeMap::new(),
            // Without an alias no anchored node needs to be kept.
            has_aliases: part.contains('*'),
            root: None,
        }
    }

    /// Reads the part to its end or to its first syntax error, which is told as a problem.
    pub(super) fn run(mut self, documents: &mut Vec<Document>) -> Result<(), Stop> {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let part = self.part;
        for next in Parser::new_from_str_with_options(part, options) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let place = self.place_of(error.marker().line(), error.marker().col());
                    let hint = hint::for_syntax_error(part, error.marker().line(), error.kind());
                    let message = format!("error converting YAML to JSON: yaml: {}", error.info());
                    self.problems.error(self.source, place, "", message, hint);
                    return Ok(());
                }
            };
            if let Event::DocumentEnd = event {
                if let Some(root) = self.root.take().filter(|root| !root.is_null()) {
                    documents.push(Document {
                        source: self.source.clone(),
                        root,
                    });
                }
                self.anchors.clear();
            } else {
                self.event(event, &span)?;
            }
        }
        Ok(())
    }

    fn place_of(&self, line: usize, column: usize) -> Place {
        Place {
            line: u32::try_from(line)
                .unwrap_or(u32::MAX)
                .saturating_add(self.lines_before),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Stop> {
        let place = self.place_of(span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), place),
            Event::SequenceStart(_, anchor, _) => self.begin(Shape::List(Vec::new()), anchor, place),
            Event::MappingStart(_, anchor, _) => {
                self.begin(Shape::Map(MapBuilder::default(), Pending::Nothing), anchor, place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            Event::Alias(id) => self.alias(id, span, place),
            Event::UnresolvedAlias(name) => {
                self.error(place, format!("yaml: unknown anchor '{name}' referenced"), None);
                self.value(
                    Value {
                        place,
                        kind: ValueKind::Null,
                    },
                    0,
                );
                Ok(())
            }
            // Starts and ends of stream and document, comments, anchors' names.
            _ => Ok(()),
        }
    }

    fn error(&mut self, place: Place, message: String, hint: Option<String>) {
        let path = self.path();
        self.problems.error(self.source, place, &path, message, hint);
    }

    /// The path of the value that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.stack {
            match &frame.shape {
                Shape::List(items) => join_path(&mut path, &format!("[{}]", items.len())),
                Shape::Map(_, Pending::Key(key)) => join_path(&mut path, &key.name),
                Shape::Map(..) => {}
            }
        }
        path
    }

    fn spend(&mut self, weight: u64, place: Place) -> Result<(), Stop> {
        self.budget.used += weight;
        if self.budget.used <= MAX_VALUES {
            return Ok(());
        }
        let message = format!("the file holds more than {MAX_VALUES} values");
        self.error(place, message, Some("split it into several files".to_owned()));
        Err(Stop)
    }

    /// Adds what an alias costs, or ends the reading.
    fn spend_on_aliases(&mut self, weight: u64, place: Place) -> Result<(), Stop> {
        self.budget.aliased += weight;
        if self.budget.aliased <= MAX_ALIASED {
            return self.spend(weight, place);
        }
        let hint =
            format!("aliases (*name) would grow this file by more than {MAX_ALIASED} values: use fewer levels of them");
        self.error(
            place,
            "yaml: document contains excessive aliasing".to_owned(),
            Some(hint),
        );
        Err(Stop)
    }

    fn check_depth(&mut self, levels: usize, place: Place) -> Result<(), Stop> {
        if self.stack.len() + levels <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("yaml: exceeded max depth of {MAX_DEPTH}");
        self.error(place, message, None);
        Err(Stop)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), Stop> {
        let weight = 1 + text.len() as u64 / 32;
        self.spend(weight, place)?;
        let is_plain = style == ScalarStyle::Plain;
        if is_plain
            && tag.is_none()
            && text == "<<"
            && let Some(Frame {
                shape: Shape::Map(_, pending @ Pending::Nothing),
                ..
            }) = self.stack.last_mut()
        {
            *pending = Pending::Merge(place);
            return Ok(());
        }
        let kind = match tag {
            None if is_plain => scalar::plain(text),
            None => Ok(ValueKind::String(text.to_owned())),
            Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(text, tag.core_suffix().unwrap_or("str")),
            Some(_) => Ok(ValueKind::String(text.to_owned())),
        };
        let kind = match kind {
            Ok(kind) => kind,
            Err(error) => {
                self.error(place, error.to_string(), None);
                ValueKind::String(text.to_owned())
            }
        };
        let value = Value { place, kind };
        self.keep_anchored(anchor, &value, weight, 0)?;
        self.value(value, 0);
        Ok(())
    }

    fn keep_anchored(&mut self, anchor: usize, value: &Value, weight: u64, depth: usize) -> Result<(), Stop> {
        if anchor == 0 || !self.has_aliases {
            return Ok(());
        }
        // The copy is kept beside the tree, so that it counts too: anchors in anchors would else copy without end.
        self.spend(weight, value.place)?;
        let value = value.clone();
        self.anchors.insert(anchor, Anchored { value, weight, depth });
        Ok(())
    }

    fn alias(&mut self, id: usize, span: &Span, place: Place) -> Result<(), Stop> {
        let Some(Anchored { weight, depth, .. }) = self.anchors.get(&id) else {
            let name = span.slice(self.part).unwrap_or_default().trim_start_matches('*');
            self.error(place, format!("yaml: anchor '{name}' value contains itself"), None);
            return Err(Stop);
        };
        let (weight, depth) = (*weight, *depth);
        self.spend_on_aliases(weight, place)?;
        self.check_depth(depth, place)?;
        let value = self.anchors[&id].value.clone();
        self.value(value, depth);
        Ok(())
    }

    fn begin(&mut self, shape: Shape, anchor: usize, place: Place) -> Result<(), Stop> {
        self.check_depth(1, place)?;
        let used_before = self.budget.used;
        self.spend(1, place)?;
        self.stack.push(Frame {
            place,
            anchor,
            used_before,
            depth_below: 0,
            shape,
        });
        Ok(())
    }

    fn end(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        let kind = match frame.shape {
            Shape::List(items) => ValueKind::List(items),
            Shape::Map(map, _) => ValueKind::Map(map.finish()),
        };
        let value = Value {
            place: frame.place,
            kind,
        };
        let depth = frame.depth_below + 1;
        let weight = self.budget.used - frame.used_before;
        // What does not fit the budget is caught at the next node.
        let _ = self.keep_anchored(frame.anchor, &value, weight, depth);
        self.value(value, depth);
    }

    /// Puts a finished value where it belongs.
    fn value(&mut self, value: Value, depth: usize) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(value);
            return;
        };
        frame.depth_below = frame.depth_below.max(depth);
        let (map, pending) = match &mut frame.shape {
            Shape::List(items) => {
                items.push(value);
                return;
            }
            Shape::Map(map, pending) => (map, pending),
        };
        match std::mem::replace(pending, Pending::Nothing) {
            Pending::Nothing => self.key(value),
            Pending::Bad => {}
            Pending::Key(key) => {
                let place = key.place;
                let name = key.name.clone();
                if map.add(key, value) == Added::Duplicate {
                    self.duplicate(place, &name);
                }
            }
            Pending::Merge(place) => self.merge(value, place),
        }
    }

    fn duplicate(&mut self, place: Place, name: &str) {
        let mut path = self.path();
        join_path(&mut path, name);
        // As the API server's YAML reader says it (`sigs.k8s.io/yaml: UnmarshalStrict`), by lines of the document.
        let line = place.line.saturating_sub(self.lines_before);
        let message =
            format!("strict decoding error: yaml: unmarshal errors:\n  line {line}: key \"{name}\" already set in map");
        let hint = "remove one of the two".to_owned();
        self.problems.error(self.source, place, &path, message, Some(hint));
    }

    /// Makes a key of a value, as `sigs.k8s.io/yaml` does (`yaml.go: convertToJSONableObject`).
    fn key(&mut self, value: Value) {
        let place = value.place;
        let type_name = value.type_name();
        let name = match value.kind {
            ValueKind::String(name) | ValueKind::Number(name) => Some(name),
            ValueKind::Bool(value) => Some(value.to_string()),
            ValueKind::Null | ValueKind::List(_) | ValueKind::Map(_) => None,
        };
        if name.is_none() {
            let message = format!("error converting YAML to JSON: unsupported map key of type {type_name}");
            let hint = hint::for_bad_key(self.part, place.line.saturating_sub(self.lines_before) as usize);
            self.error(place, message, Some(hint));
        }
        if let Some(Frame {
            shape: Shape::Map(_, pending),
            ..
        }) = self.stack.last_mut()
        {
            *pending = name.map_or(Pending::Bad, |name| Pending::Key(Key { place, name }));
        }
    }

    fn merge(&mut self, value: Value, place: Place) {
        let maps = match value.kind {
            ValueKind::Map(entries) => vec![entries],
            ValueKind::List(items) if items.iter().all(|item| matches!(item.kind, ValueKind::Map(_))) => items
                .into_iter()
                .rev()
                .filter_map(|item| match item.kind {
                    ValueKind::Map(entries) => Some(entries),
                    _ => None,
                })
                .collect(),
            _ => {
                let message = "yaml: map merge requires map or sequence of maps as the value".to_owned();
                return self.error(place, message, None);
            }
        };
        let Some(Frame {
            shape: Shape::Map(map, _),
            ..
        }) = self.stack.last_mut()
        else {
            return;
        };
        let mut replaced = Vec::new();
        for (key, value) in maps.into_iter().flatten() {
            let name = key.name.clone();
            if map.merge(key, value) == Added::Replaced {
                replaced.push(name);
            }
        }
        for name in replaced {
            let mut path = self.path();
            join_path(&mut path, &name);
            let message = format!("the merge key \"<<\" replaces \"{name}\", which stands above it");
            let hint = "kubectl lets the later one win: put \"<<\" first to keep the map's own value".to_owned();
            self.problems.warning(self.source, place, &path, message, Some(hint));
        }
    }
}
