//! A list of nodes in a CSV file: each row is one node, and `{column}` in the pool's texts stands for the row's value.

use std::sync::Arc;

use crate::api::objects::{Field, ReadContext, read_documents};
use crate::api::problem::{Problem, Problems, Severity};
use crate::api::schema;
use crate::api::value::{Document, Place, Source, Value, ValueKind};
use crate::cluster::ResourceTable;
use crate::cluster::spec::ObjectSpec;
use crate::kernel::text::suggest;
use crate::scenario::document::{Draft, MAX_NODES};
use crate::scenario::pools::node_document;
use crate::scenario::sources::{self, PathError, Variables};

/// Reads a pool with a `file`: one node for each row.
pub(super) fn read(
    pool: &Field<'_>,
    variables: &Variables,
    draft: &mut Draft,
    resources: &mut ResourceTable,
    problems: &mut Problems,
) {
    if pool.at("count").is_present() {
        let message = "count does not go with file: each row of the file is one node";
        pool.at("count").error(problems, message);
    }
    let field = pool.at("file");
    let source = match sources::data(field.str_or_empty(), &sources::base(pool.source()), variables) {
        Ok(source) => source,
        Err(error) => return problems.push(cannot_read(&field, error)),
    };
    let template = node_document(pool);
    let documents = match documents(&template, pool, &source, problems) {
        Ok(documents) => documents,
        Err((place, reason)) => {
            let hint = "a node list is comma-separated text in UTF-8; its first line names the columns".to_owned();
            return problems.error(&source, place, "", reason, Some(hint));
        }
    };
    for document in &documents {
        schema::check(document, problems);
    }
    let offset = draft.pools.len() as u32;
    for object in read_documents(&documents, &mut ReadContext { resources, problems }) {
        if let ObjectSpec::Node(mut node) = object.spec {
            node.pool += offset;
            if node.pool as usize == draft.pools.len() {
                draft.pools.push(format!("of {}", node.name));
            }
            draft.nodes.push(node);
        }
    }
}

fn cannot_read(field: &Field<'_>, error: PathError) -> Problem {
    let (severity, message, hint) = match error {
        PathError::Absent { what } => (
            Severity::Absent,
            what,
            "see README.md, \"Traces\", for where the file comes from; set the variable to the folder that holds it",
        ),
        PathError::Bad { what } => (
            Severity::Error,
            what,
            "check the path; relative ones start at the scenario's folder",
        ),
    };
    Problem {
        severity,
        code: "",
        source: Some(field.source().clone()),
        place: field.place(),
        path: field.path().to_owned(),
        message,
        hint: Some(hint.to_owned()),
    }
}

/// The documents of the nodes in the CSV text of `source`, each at its row's place; or why it is no CSV.
fn documents(
    template: &Document,
    pool: &Field<'_>,
    source: &Arc<Source>,
    problems: &mut Problems,
) -> Result<Vec<Document>, (Place, String)> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(source.text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(|error| in_words(&error))?.clone();
    let columns: Vec<&str> = header.iter().collect();
    let mut unknown = Vec::new();
    placeholders(&template.root, &mut |name, place| {
        if !columns.contains(&name) {
            unknown.push((name.to_owned(), place));
        }
    });
    if !unknown.is_empty() {
        tell_unknown(unknown, &columns, pool, source, problems);
        return Ok(Vec::new());
    }
    let mut documents = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| in_words(&error))?;
        let place = row(record.position());
        documents.push(Document {
            source: source.clone(),
            root: filled(&template.root, place, &columns, &record),
        });
        if documents.len() > MAX_NODES as usize {
            return Err((place, format!("more than {MAX_NODES} nodes")));
        }
    }
    if documents.is_empty() {
        return Err((Place::default(), "has no rows below its header".to_owned()));
    }
    Ok(documents)
}

fn tell_unknown(
    unknown: Vec<(String, Place)>,
    columns: &[&str],
    pool: &Field<'_>,
    source: &Source,
    problems: &mut Problems,
) {
    for (name, place) in unknown {
        let hint = match suggest(&name, columns.iter().copied()) {
            Some(near) => format!("did you mean {{{near}}}?"),
            None => format!("its columns are {}", columns.join(", ")),
        };
        let message = format!("{} has no column {name:?}", source.name);
        problems.error(pool.source(), place, pool.path(), message, Some(hint));
    }
}

/// The beginning of a record's line.
fn row(position: Option<&csv::Position>) -> Place {
    position.map_or_else(Place::default, |p| Place {
        line: u32::try_from(p.line()).unwrap_or(0),
        column: 1,
    })
}

fn in_words(error: &csv::Error) -> (Place, String) {
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} values, but the first line names {expected_len} columns")
        }
        _ => error.to_string(),
    };
    (row(error.position()), reason)
}

/// Calls `found` with each `{name}` in the texts of `value`.
fn placeholders(value: &Value, found: &mut impl FnMut(&str, Place)) {
    match &value.kind {
        ValueKind::String(text) => {
            for part in text.split('{').skip(1) {
                if let Some((name, _)) = part.split_once('}') {
                    found(name, value.place);
                }
            }
        }
        ValueKind::List(items) => items.iter().for_each(|item| placeholders(item, found)),
        ValueKind::Map(entries) => entries.iter().for_each(|(_, entry)| placeholders(entry, found)),
        ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) => {}
    }
}

/// `value` with the row's cells in place of the placeholders.
fn filled(value: &Value, place: Place, columns: &[&str], record: &csv::StringRecord) -> Value {
    let again = |value: &Value| filled(value, place, columns, record);
    let kind = match &value.kind {
        ValueKind::String(text) if text.contains('{') => {
            let cells = columns.iter().zip(record);
            let replace = |text: String, (column, cell): (&&str, &str)| text.replace(&format!("{{{column}}}"), cell);
            ValueKind::String(cells.fold(text.clone(), replace))
        }
        ValueKind::List(items) => ValueKind::List(items.iter().map(again).collect()),
        ValueKind::Map(entries) => {
            ValueKind::Map(entries.iter().map(|(key, entry)| (key.clone(), again(entry))).collect())
        }
        kind @ (ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) | ValueKind::String(_)) => kind.clone(),
    };
    Value { place, kind }
}
