//! Nodes (`pkg/apis/core/validation/validation.go: ValidateNode`, `pkg/apis/core/v1/defaults.go: SetDefaults_NodeStatus`).

use std::collections::{BTreeSet, HashMap};

use super::affinity::read_effect;
use super::context::Reading;
use super::metadata::{Scope, read_metadata};
use super::names;
use super::reader::{Field, invalid, quoted, required};
use super::requests::amount;
use super::resources::check_amount;
use crate::cluster::spec::{Labels, NodeImage, NodeSpec, Taint, TaintEffect};
use crate::cluster::{Amounts, ResourceId};

/// Pods per node where neither capacity nor allocatable says it: the kubelet's own default
/// (`pkg/kubelet/apis/config/v1beta1/defaults.go: MaxPods`).
const DEFAULT_PODS: i64 = 110;
/// The label that every kubelet gives its node.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Adds the names of the resources that a Node offers to `offered`.
pub fn collect_offered(object: &Field<'_>, offered: &mut BTreeSet<String>) {
    for list in ["capacity", "allocatable"] {
        let entries = object.at("status").at(list).entries();
        offered.extend(entries.into_iter().map(|(name, _)| name.to_owned()));
    }
}

/// Reads a Node.
pub fn read_node(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> NodeSpec {
    let metadata = read_metadata(object, Scope::Cluster, ordinal, reading);
    let mut labels = metadata.labels;
    if !metadata.name.is_empty() {
        labels
            .entry(HOSTNAME.to_owned())
            .or_insert_with(|| metadata.name.clone());
    }
    let spec = object.at("spec");
    let taints = read_taints(&spec.at("taints"), reading);
    let (capacity, allocatable) = read_room(object, reading);
    check_ready(object, reading);
    NodeSpec {
        name: metadata.name,
        labels,
        taints,
        unschedulable: spec.at("unschedulable").bool() == Some(true),
        allocatable,
        capacity,
        images: read_images(&object.at_path("status.images"), reading),
        pool: 0,
    }
}

/// `status.images`: what the node holds already.
fn read_images(images: &Field<'_>, reading: &mut Reading<'_>) -> Vec<NodeImage> {
    let items = images.items();
    items
        .iter()
        .map(|image| {
            let size = image.at("sizeBytes");
            let bytes = size.int().unwrap_or(0);
            if bytes < 0 {
                size.error(reading.problems, invalid(bytes, "must be greater than or equal to 0"));
            }
            NodeImage {
                names: image.at("names").string_list(),
                size: bytes.max(0),
            }
        })
        .collect()
}

/// Capacity and allocatable, each in place of the other if that is not given at all.
fn read_room(object: &Field<'_>, reading: &mut Reading<'_>) -> (Amounts, Amounts) {
    let status = object.at("status");
    let capacity = read_amounts(&status.at("capacity"), reading);
    let allocatable = read_amounts(&status.at("allocatable"), reading);
    let field = if allocatable.is_some() {
        status.at("allocatable")
    } else {
        status.at("capacity")
    };
    let (mut capacity, mut allocatable) = match (capacity, allocatable) {
        (Some(capacity), Some(allocatable)) => (capacity, allocatable),
        (Some(both), None) | (None, Some(both)) => (both.clone(), both),
        (None, None) => <(RoomList, RoomList)>::default(),
    };
    let pods = capacity.pods.or(allocatable.pods).unwrap_or(DEFAULT_PODS);
    allocatable
        .amounts
        .set(ResourceId::PODS, allocatable.pods.unwrap_or(pods));
    capacity.amounts.set(ResourceId::PODS, pods);
    for (id, name) in [(ResourceId::CPU, "cpu"), (ResourceId::MEMORY, "memory")] {
        if allocatable.amounts.get(id) == 0 {
            field.warning(
                reading.problems,
                format!("the node has no {name}, so no pod that requests {name} fits on it"),
                Some(format!("add `{name}` to status.allocatable")),
            );
        }
    }
    (capacity.amounts, allocatable.amounts)
}

#[derive(Clone, Default)]
struct RoomList {
    amounts: Amounts,
    /// `pods`, if it is named.
    pods: Option<i64>,
}

fn read_amounts(list: &Field<'_>, reading: &mut Reading<'_>) -> Option<RoomList> {
    if list.is_empty() {
        return None;
    }
    let mut room = RoomList::default();
    for (name, entry) in list.entries() {
        // The API server writes these paths with a dot (`ValidateNodeResources`).
        let entry = entry.renamed(format!("{}.{name}", list.path()));
        let Some(quantity) = entry.quantity() else {
            continue;
        };
        check_amount(name, quantity, &entry, reading);
        let id = reading.resources.intern(name);
        // A negative amount was told; no room is the nearest thing to it.
        let value = amount(id, quantity).max(0);
        room.amounts.set(id, value);
        if id == ResourceId::PODS {
            room.pods = Some(value);
        }
    }
    Some(room)
}

/// Reads taints. The API server's paths begin with `metadata` here (`ValidateNode`).
fn read_taints(field: &Field<'_>, reading: &mut Reading<'_>) -> Vec<Taint> {
    let mut taints: Vec<Taint> = Vec::new();
    for (i, item) in field.items().into_iter().enumerate() {
        let item = item.renamed(format!("metadata.taints[{i}]"));
        let [key, value] = ["key", "value"].map(|name| item.at(name));
        for text in names::qualified_name(key.str_or_empty()) {
            key.error(reading.problems, invalid(quoted(key.str_or_empty()), &text));
        }
        if key.is_empty() {
            key.error(reading.problems, required(""));
        }
        for text in names::label_value(value.str_or_empty()) {
            value.error(reading.problems, invalid(value.json(), &text));
        }
        let Some(effect) = read_effect(&item.at("effect"), reading) else {
            continue;
        };
        let taint = Taint {
            key: key.str_or_empty().to_owned(),
            value: value.str_or_empty().to_owned(),
            effect,
        };
        if taints.iter().any(|t| t.key == taint.key && t.effect == taint.effect) {
            let message = format!(
                "Duplicate value: {}: taints must be unique by key and effect pair",
                taint_json(&taint)
            );
            item.error(reading.problems, message);
            continue;
        }
        taints.push(taint);
    }
    taints
}

/// A taint as the API server prints it: the internal type, whose fields have no JSON names.
fn taint_json(taint: &Taint) -> String {
    let effect = match taint.effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    };
    format!(
        "{{\"Key\":{},\"Value\":{},\"Effect\":\"{effect}\",\"TimeAdded\":null}}",
        quoted(&taint.key),
        quoted(&taint.value)
    )
}

fn check_ready(object: &Field<'_>, reading: &mut Reading<'_>) {
    for condition in object.at_path("status.conditions").items() {
        let status = condition.at("status");
        if condition.at("type").str() == Some("Ready") && status.str().is_some_and(|s| s != "True") {
            status.warning(
                reading.problems,
                format!(
                    "the node was not ready when it was recorded (Ready={}); it is taken as ready",
                    status.str_or_empty()
                ),
                Some("its taints stay as they are; leave the node out if it is gone".to_owned()),
            );
        }
    }
}

/// Numbers the pools: nodes that are alike in all but their names share one.
pub fn assign_pools<'a>(nodes: impl Iterator<Item = &'a mut NodeSpec>) {
    let mut pools: HashMap<(Labels, Vec<Taint>, bool, Amounts, Amounts), u32> = HashMap::new();
    for node in nodes {
        let mut labels = node.labels.clone();
        if labels.get(HOSTNAME) == Some(&node.name) {
            labels.remove(HOSTNAME);
        }
        let key = (
            labels,
            node.taints.clone(),
            node.unschedulable,
            node.allocatable.clone(),
            node.capacity.clone(),
        );
        let next = pools.len() as u32;
        node.pool = *pools.entry(key).or_insert(next);
    }
}
