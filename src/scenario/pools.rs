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

mod list;

#[cfg(test)]
mod tests;

use crate::api::objects::{Field, ReadContext, read_documents};
use crate::api::problem::Problems;
use crate::api::schema;
use crate::api::value::{Document, Key, Value, ValueKind};
use crate::cluster::ResourceTable;
use crate::cluster::spec::{NodeSpec, ObjectSpec};
use crate::scenario::document::{Draft, MAX_NODES, check_keys, count};
use crate::scenario::sources::Variables;

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
        list::read(pool, variables, draft, resources, problems);
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
