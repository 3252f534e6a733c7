//! Nodes of a scenario: pools of equal nodes, and lists of nodes in CSV files.
//!
//! ```yaml
//! nodePools:
//! - {name: a100, count: 4, allocatable: {cpu: "64", memory: 256Gi, nvidia.com/gpu: 8}}
//! - name: "{sn}"
//!   file: ${MAKESPAN_TRACES}/openb/openb_node_list_gpu_node.csv
//!   labels: {gpu-model: "{model}"}
//!   allocatable: {cpu: "{cpu_milli}m", memory: "{memory_mib}Mi", nvidia.com/gpu: "{gpu}"}
//! ```
//!
//! Either becomes Node documents, so that nodes are read and checked in one way only. In a list, each row is one node and
//! `{column}` stands for the row's value.

use std::sync::Arc;

use crate::api::objects::{Field, ReadContext, read_documents};
use crate::api::problem::{Problem, Problems, Severity};
use crate::api::schema;
use crate::api::value::{Document, Key, Place, Source, Value, ValueKind};
use crate::cluster::ResourceTable;
use crate::cluster::spec::{NodeSpec, ObjectSpec};
use crate::kernel::text::suggest;
use crate::scenario::document::{Draft, MAX_NODES, check_keys, count};
use crate::scenario::sources::{self, PathError, Variables};

/// The label that every kubelet gives its node.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Reads one entry of `spec.nodePools` into `draft`.
pub(super) fn read(
    pool: &Field<'_>,
    variables: &Variables,
    draft: &mut Draft,
    resources: &mut ResourceTable,
    problems: &mut Problems,
) {
    let known = [
        "name",
        "count",
        "file",
        "labels",
        "taints",
        "unschedulable",
        "allocatable",
        "capacity",
    ];
    check_keys(pool, &known, problems);
    if !pool.at("allocatable").is_present() && !pool.at("capacity").is_present() {
        let hint = if pool.at("file").is_present() {
            "say which columns hold what each node has, such as {cpu: \"{cpu_milli}m\", nvidia.com/gpu: \"{gpu}\"}"
        } else {
            "say what each node has, such as {cpu: \"64\", memory: 256Gi, nvidia.com/gpu: 8}"
        };
        pool.error_with_hint(problems, "allocatable is missing", hint);
        return;
    }
    if pool.at("file").is_present() {
        read_list(pool, variables, draft, resources, problems);
        return;
    }
    let name = pool.at("name").str().unwrap_or("node").to_owned();
    let nodes = count(&pool.at("count"), MAX_NODES, problems).unwrap_or(1);
    let document = node_document(pool);
    schema::check(&document, problems);
    for object in read_documents(&[document], &mut ReadContext { resources, problems }) {
        if let ObjectSpec::Node(node) = object.spec {
            add_nodes(&node, &name, nodes, draft);
        }
    }
}

/// Adds `count` nodes like `node`, named `pool-0`, `pool-1`, … (a single one keeps the pool's name).
pub fn add_nodes(node: &NodeSpec, pool: &str, count: u32, draft: &mut Draft) {
    let number = draft.pools.len() as u32;
    draft.pools.push(pool.to_owned());
    for i in 0..count {
        let name = if count == 1 {
            pool.to_owned()
        } else {
            format!("{pool}-{i}")
        };
        let mut labels = node.labels.clone();
        if let Some(host) = labels.get_mut(HOSTNAME).filter(|host| **host == node.name) {
            host.clone_from(&name);
        }
        draft.nodes.push(NodeSpec {
            name,
            labels,
            pool: number,
            ..node.clone()
        });
    }
}

/// The Node that `pool` describes; with placeholders in it, if it is a list.
fn node_document(pool: &Field<'_>) -> Document {
    let part = |keys: &[&str]| {
        let entries = keys
            .iter()
            .filter_map(|key| pool.at(key).value().map(|v| (new_key(key, pool), v.clone())));
        new_map(entries.collect(), pool)
    };
    let text = |text: &str| Value {
        place: pool.place(),
        kind: ValueKind::String(text.to_owned()),
    };
    let mut metadata = part(&["labels", "name"]);
    if let ValueKind::Map(entries) = &mut metadata.kind
        && pool.at("name").str().is_none()
    {
        entries.push((new_key("name", pool), text("node")));
    }
    Document {
        source: pool.source().clone(),
        root: new_map(
            vec![
                (new_key("apiVersion", pool), text("v1")),
                (new_key("kind", pool), text("Node")),
                (new_key("metadata", pool), metadata),
                (new_key("spec", pool), part(&["taints", "unschedulable"])),
                (new_key("status", pool), part(&["allocatable", "capacity"])),
            ],
            pool,
        ),
    }
}

fn new_key(name: &str, field: &Field<'_>) -> Key {
    Key {
        place: field.place(),
        name: name.to_owned(),
    }
}

fn new_map(entries: Vec<(Key, Value)>, field: &Field<'_>) -> Value {
    Value {
        place: field.place(),
        kind: ValueKind::Map(entries),
    }
}

/// Reads a pool with a `file`: one node for each row.
fn read_list(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::problem::render;
    use crate::scenario::document;

    const LIST: &str = "
apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools:
  - name: \"{sn}\"
    file: ${TRACES}/nodes.csv
    labels: {gpu-model: \"{model}\"}
    allocatable: {cpu: \"{cpu_milli}m\", memory: \"{memory_mib}Mi\", nvidia.com/gpu: \"{gpu}\"}
";

    /// Reads `scenario` beside a nodes.csv of this text; the nodes, and the problems in words without the folder.
    fn read(scenario: &str, csv: &str) -> (Draft, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("nodes.csv"), csv).unwrap();
        let path = folder.path().display().to_string();
        let variables = Variables::from([("TRACES".to_owned(), path.clone())]);
        let source = Arc::new(Source {
            name: "s.yaml".into(),
            text: scenario.into(),
        });
        let mut problems = Problems::new();
        let documents = crate::api::yaml::load(source, &mut problems);
        let draft = document::read(&documents[0], &variables, &mut ResourceTable::default(), &mut problems);
        (draft, render(&problems).replace(&path, "FOLDER"))
    }

    #[test]
    fn each_row_is_a_node_and_likes_share_a_pool() {
        let csv =
            "sn,cpu_milli,memory_mib,gpu,model\na, 64000 ,262144,2,P100\nb,96000,1024,8,G2\nc,64000,262144,2,P100\n";
        let (draft, problems) = read(LIST, csv);
        assert_eq!(problems, "");
        let told: Vec<_> = draft
            .nodes
            .iter()
            .map(|n| {
                let cpu = n.allocatable.get(crate::cluster::ResourceId::CPU);
                (n.name.as_str(), cpu, n.labels["gpu-model"].as_str(), n.pool)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("a", 64_000, "P100", 0),
                ("b", 96_000, "G2", 1),
                ("c", 64_000, "P100", 0)
            ]
        );
        assert_eq!(draft.pools, ["of a", "of b"]);
        assert_eq!(draft.nodes[2].labels[HOSTNAME], "c");
    }

    #[test]
    fn bad_rows_are_told_at_their_lines() {
        let csv = "sn,cpu_milli,memory_mib,gpu,model\na,64000,262144,2,P100\nB,many,1024,-1,G2\n";
        insta::assert_snapshot!(read(LIST, csv).1, @r#"
        error: FOLDER/nodes.csv:3:1: status.allocatable[cpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
          3 | B,many,1024,-1,G2
            | ^
          hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
        error: FOLDER/nodes.csv:3:1: metadata.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
          3 | B,many,1024,-1,G2
            | ^
          hint: write `b`
        error: FOLDER/nodes.csv:3:1: status.allocatable.nvidia.com/gpu: Invalid value: "-1": must be greater than or equal to 0
          3 | B,many,1024,-1,G2
            | ^
        warning: FOLDER/nodes.csv:3:1: status.allocatable: the node has no cpu, so no pod that requests cpu fits on it
          3 | B,many,1024,-1,G2
            | ^
          hint: add `cpu` to status.allocatable
        "#);
        insta::assert_snapshot!(read(LIST, "name,cpu_mili,memory_mib,gpu,model\na,1,1,1,x\n").1, @r#"
        error: s.yaml:6:11: spec.nodePools[0]: FOLDER/nodes.csv has no column "sn"
          6 |   - name: "{sn}"
            |           ^
          hint: its columns are name, cpu_mili, memory_mib, gpu, model
        error: s.yaml:9:24: spec.nodePools[0]: FOLDER/nodes.csv has no column "cpu_milli"
          9 |     allocatable: {cpu: "{cpu_milli}m", memory: "{memory_mib}Mi", nvidia.com/gpu: "{gpu}"}
            |                        ^
          hint: did you mean {cpu_mili}?
        "#);
        insta::assert_snapshot!(read(LIST, "sn,cpu_milli,memory_mib,gpu,model\na,1\n").1, @"
        error: FOLDER/nodes.csv:2:1: the row has 2 values, but the first line names 5 columns
          2 | a,1
            | ^
          hint: a node list is comma-separated text in UTF-8; its first line names the columns
        ");
        insta::assert_snapshot!(read(LIST, "sn,cpu_milli,memory_mib,gpu,model\n").1, @"
        error: FOLDER/nodes.csv: has no rows below its header
          hint: a node list is comma-separated text in UTF-8; its first line names the columns
        ");
    }

    #[test]
    fn a_file_that_is_not_here_is_absent_only_below_a_variable() {
        for (scenario, absent) in [
            (LIST.replace("nodes.csv", "other.csv"), true),
            (LIST.replace("${TRACES}", "${OTHER}"), true),
            (LIST.replace("${TRACES}/nodes.csv", "other.csv"), false),
            (LIST.replace("${TRACES}", "${TRACES"), false),
        ] {
            let (draft, problems) = read(&scenario, "");
            assert!(draft.nodes.is_empty());
            assert_eq!(problems.starts_with("skipped: s.yaml:7:11: "), absent, "{problems}");
            assert_eq!(problems.starts_with("error: s.yaml:7:11: "), !absent, "{problems}");
        }
    }

    #[test]
    fn nodes_of_a_pool_have_their_own_host_names() {
        let pool = "
apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools: [{name: p, count: 2, allocatable: {cpu: 1, memory: 1Gi}}]
";
        let (draft, _) = read(pool, "");
        let hosts: Vec<&str> = draft.nodes.iter().map(|n| n.labels[HOSTNAME].as_str()).collect();
        assert_eq!(hosts, ["p-0", "p-1"]);
    }
}
