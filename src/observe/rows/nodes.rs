//! The rows of the nodes.

use std::io;

use serde::Serialize;

use crate::cluster::{ResourceId, Store};
use crate::kernel::SimTime;
use crate::observe::seconds::Seconds;
use crate::observe::utilization::{area, ratio, split_of_pod};

use super::cell;

/// What a node offered and how much of it was used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeRow<'a> {
    /// `metadata.name`.
    pub name: &'a str,
    /// The pool it belongs to: nodes of one pool share everything but the name.
    pub pool: u32,
    /// Pods that were bound to it in the whole run.
    pub pods: u32,
    /// How long its kubelet was not heard of in the whole run.
    pub down_s: Seconds,
    /// How often its kubelet stopped, or the node with it.
    pub failures: u32,
    /// How often one of its devices failed.
    pub device_failures: u32,
    /// The resources that any node of the cluster offers, in the order of the resource table.
    pub resources: Vec<NodeResource<'a>>,
}

/// One resource of a node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeResource<'a> {
    /// Name of the resource.
    pub name: &'a str,
    /// Unit of `allocatable`: `millicores`, `bytes`, `pods`, `pieces`.
    pub unit: &'static str,
    /// `status.allocatable`.
    pub allocatable: i64,
    /// Used ÷ allocatable in the window, 0 to 1, time-weighted; `None` if the node has none, or the window is empty.
    pub utilization: Option<f64>,
}

/// One row for each node, with its use between `from` and `to`: one pass over the pods.
#[must_use]
pub fn node_rows(store: &Store, from: SimTime, to: SimTime) -> Vec<NodeRow<'_>> {
    let width = store.resources.len();
    let mut busy = vec![0i128; width * store.nodes.len()];
    let mut pods = vec![0u32; store.nodes.len()];
    for pod in &store.pods {
        let Some(node) = pod.node.some() else { continue };
        pods[node.index()] += 1;
        for (id, amount) in store.templates[pod.template.index()].requests.iter_nonzero() {
            busy[node.index() * width + id.index()] += split_of_pod(pod, amount, from, to).total();
        }
    }
    let offered = offered_resources(store);
    let rows = store.nodes.iter().enumerate().map(|(i, node)| NodeRow {
        name: &node.name,
        pool: node.pool,
        pods: pods[i],
        down_s: store.node_states[i].down_until(to).into(),
        failures: store.node_states[i].failures,
        device_failures: store.node_states[i].device_failures,
        resources: offered
            .iter()
            .map(|&id| {
                let allocatable = node.allocatable.get(id);
                NodeResource {
                    name: store.resources.name(id),
                    unit: store.resources.unit(id),
                    allocatable,
                    utilization: ratio(busy[i * width + id.index()], area(allocatable, from, to)),
                }
            })
            .collect(),
    });
    rows.collect()
}

/// The resources that any node offers.
fn offered_resources(store: &Store) -> Vec<ResourceId> {
    let all = store.resources.iter().map(|(id, _)| id);
    all.filter(|id| store.allocatable_total[id.index()] > 0).collect()
}

/// Writes [`node_rows`] as CSV, with a header: `name`, `pool`, `pods`, `down_s`, `failures`,
/// `device_failures`, and for each resource `<resource>_allocatable_<unit>` and
/// `<resource>_utilization`.
///
/// # Errors
///
/// Those of `out`.
pub fn write_nodes(store: &Store, from: SimTime, to: SimTime, out: impl io::Write) -> csv::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut header = ["name", "pool", "pods", "down_s", "failures", "device_failures"]
        .map(str::to_owned)
        .to_vec();
    for id in offered_resources(store) {
        let (name, unit) = (store.resources.name(id), store.resources.unit(id));
        header.extend([format!("{name}_allocatable_{unit}"), format!("{name}_utilization")]);
    }
    csv.write_record(&header)?;
    for row in node_rows(store, from, to) {
        let mut cells = vec![
            row.name.to_owned(),
            row.pool.to_string(),
            row.pods.to_string(),
            row.down_s.to_string(),
            row.failures.to_string(),
            row.device_failures.to_string(),
        ];
        for resource in &row.resources {
            cells.extend([resource.allocatable.to_string(), cell(resource.utilization)]);
        }
        csv.write_record(&cells)?;
    }
    csv.flush()?;
    Ok(())
}
