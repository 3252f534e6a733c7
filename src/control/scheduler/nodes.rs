//! The scheduler's cache of nodes: what each has, what is free, and a log of which changed.

use std::collections::BTreeMap;

use crate::cluster::spec::{HostPort, NodeSpec};
use crate::cluster::{NodeId, ResourceId};
use crate::control::scheduler::images::ImageTable;
use crate::control::scheduler::shape::PodShape;

/// The accounts of one node, as plugins see them. Rows are indexed by [`ResourceId`].
#[derive(Clone, Copy, Debug)]
pub struct NodeView<'a> {
    /// `status.allocatable`.
    pub allocatable: &'a [i64],
    /// Allocatable less the effective requests of the pods on the node; `pods` counts pod slots.
    pub free: &'a [i64],
    /// Σ of the pods' cpu as scoring counts it, in milli-cores.
    pub nonzero_cpu: i64,
    /// Σ of the pods' memory as scoring counts it, in bytes.
    pub nonzero_memory: i64,
    /// Host ports that the pods have.
    pub ports: &'a [HostPort],
    /// The images on it.
    pub images: NodeImages<'a>,
}

/// The images on one node.
#[derive(Clone, Copy, Debug)]
pub struct NodeImages<'a> {
    table: &'a ImageTable,
    node: NodeId,
    nodes: u32,
}

impl<'a> NodeImages<'a> {
    /// The images of `node`, one of `nodes`.
    #[must_use]
    pub const fn new(table: &'a ImageTable, node: NodeId, nodes: u32) -> Self {
        Self { table, node, nodes }
    }
}

impl NodeView<'_> {
    /// Σ of the effective requests of the pods on the node.
    #[must_use]
    pub fn requested(&self, id: ResourceId) -> i64 {
        self.allocatable[id.index()].wrapping_sub(self.free[id.index()])
    }
    /// Whether any node holds any image, as far as is known.
    #[must_use]
    pub fn has_images(&self) -> bool {
        !self.images.table.is_empty()
    }
    /// [`ImageTable::scaled_size`] on this node.
    #[must_use]
    pub fn scaled_image_size(&self, container_image: &str) -> i64 {
        let images = self.images;
        images.table.scaled_size(images.node, container_image, images.nodes)
    }
}

/// All nodes in dense arrays (`pkg/scheduler/backend/cache/cache.go`). A removed node keeps its number and its accounts.
#[derive(Clone, Debug, Default)]
pub struct NodeTable {
    stride: usize,
    allocatable: Vec<i64>,
    free: Vec<i64>,
    nonzero: Vec<[i64; 2]>,
    /// Empty as long as no pod has a port.
    ports: Vec<Vec<HostPort>>,
    images: ImageTable,
    specs: Vec<NodeSpec>,
    present: Vec<bool>,
    present_nodes: u32,
    by_name: BTreeMap<String, Vec<NodeId>>,
    spec_version: u64,
    log: ChangeLog,
}

impl NodeTable {
    /// An empty table for `resources` kinds of resource.
    #[must_use]
    pub fn new(resources: usize) -> Self {
        Self {
            stride: resources,
            ..Self::default()
        }
    }
    /// How many nodes there are or were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.specs.len()
    }
    /// Whether there never was a node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }
    /// A number that grows whenever a node is added, removed or has its specification changed.
    #[must_use]
    pub const fn spec_version(&self) -> u64 {
        self.spec_version
    }
    /// The specification of `node`.
    #[must_use]
    pub fn spec(&self, node: NodeId) -> &NodeSpec {
        &self.specs[node.index()]
    }
    /// The specifications of all nodes, by number.
    #[must_use]
    pub fn specs(&self) -> &[NodeSpec] {
        &self.specs
    }
    /// The nodes that are or were called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> &[NodeId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
    /// Whether `node` has not been removed.
    #[must_use]
    pub fn is_present(&self, node: NodeId) -> bool {
        self.present[node.index()]
    }
    /// Which nodes' accounts changed.
    #[must_use]
    pub const fn log(&self) -> &ChangeLog {
        &self.log
    }
    /// The accounts of `node`.
    #[must_use]
    pub fn view(&self, node: NodeId) -> NodeView<'_> {
        let i = node.index();
        let row = i * self.stride..(i + 1) * self.stride;
        NodeView {
            allocatable: &self.allocatable[row.clone()],
            free: &self.free[row],
            nonzero_cpu: self.nonzero[i][0],
            nonzero_memory: self.nonzero[i][1],
            ports: self.ports.get(i).map_or(&[], Vec::as_slice),
            images: NodeImages::new(&self.images, node, self.present_nodes),
        }
    }
    /// The accounts `node` would have without any pod.
    #[must_use]
    pub fn empty_view(&self, node: NodeId) -> NodeView<'_> {
        let row = &self.allocatable[node.index() * self.stride..(node.index() + 1) * self.stride];
        NodeView {
            allocatable: row,
            free: row,
            nonzero_cpu: 0,
            nonzero_memory: 0,
            ports: &[],
            images: NodeImages::new(&self.images, node, self.present_nodes),
        }
    }
    /// Adds a node without pods.
    ///
    /// # Panics
    /// Beyond 2^32 nodes.
    pub fn add(&mut self, spec: &NodeSpec) -> NodeId {
        let id = NodeId(u32::try_from(self.specs.len()).expect("fewer than 2^32 nodes"));
        let row = spec.allocatable.to_row(self.stride);
        self.allocatable.extend_from_slice(&row);
        self.free.extend_from_slice(&row);
        self.nonzero.push([0, 0]);
        self.by_name.entry(spec.name.clone()).or_default().push(id);
        self.specs.push(spec.clone());
        self.present.push(true);
        self.present_nodes += 1;
        if !spec.images.is_empty() {
            self.images.set(id, &spec.images);
        }
        self.spec_version += 1;
        id
    }
    /// Takes `node` out of scheduling; pods on it may still be forgotten.
    pub fn remove(&mut self, node: NodeId) {
        if std::mem::replace(&mut self.present[node.index()], false) {
            self.present_nodes -= 1;
            self.images.clear(node);
        }
        self.spec_version += 1;
    }
    /// `node` holds another image from now on: `name`, with tag, of `size` bytes.
    pub fn add_image(&mut self, node: NodeId, name: &str, size: i64) {
        if self.present[node.index()] && self.images.add(node, name, size) {
            self.spec_version += 1;
        }
    }
    /// Gives `node` another specification (cordon, taint, labels, allocatable); its pods stay.
    pub fn update(&mut self, node: NodeId, spec: &NodeSpec) {
        let row = spec.allocatable.to_row(self.stride);
        for (r, &amount) in row.iter().enumerate() {
            let at = node.index() * self.stride + r;
            self.free[at] = self.free[at].wrapping_add(amount.wrapping_sub(self.allocatable[at]));
            self.allocatable[at] = amount;
        }
        let old = std::mem::replace(&mut self.specs[node.index()], spec.clone());
        if old.name != spec.name {
            if let Some(nodes) = self.by_name.get_mut(&old.name) {
                nodes.retain(|known| *known != node);
            }
            self.by_name.entry(spec.name.clone()).or_default().push(node);
        }
        if old.images != spec.images && self.present[node.index()] {
            self.images.set(node, &spec.images);
        }
        self.spec_version += 1;
    }
    /// Counts a pod of `shape` on `node` (`framework/types.go: NodeInfo.AddPod`). A pod that the scheduler placed must fit; one
    /// with `spec.nodeName` need not.
    pub fn assume(&mut self, node: NodeId, shape: &PodShape) {
        let row = &mut self.free[node.index() * self.stride..(node.index() + 1) * self.stride];
        row[ResourceId::PODS.index()] -= 1;
        for &(id, amount) in &shape.requests {
            row[id.index()] = row[id.index()].wrapping_sub(amount);
        }
        debug_assert!(
            shape.template.node_name.is_some()
                || (row[ResourceId::PODS.index()] >= 0 && shape.requests.iter().all(|(id, _)| row[id.index()] >= 0)),
            "node {} is over-committed: free {row:?}",
            node.0
        );
        let nonzero = &mut self.nonzero[node.index()];
        nonzero[0] = nonzero[0].wrapping_add(shape.template.nonzero_cpu);
        nonzero[1] = nonzero[1].wrapping_add(shape.template.nonzero_memory);
        let ports = &shape.template.scheduling.host_ports;
        if !ports.is_empty() {
            if self.ports.len() <= node.index() {
                self.ports.resize(node.index() + 1, Vec::new());
            }
            self.ports[node.index()].extend_from_slice(ports);
        }
        self.changed(node);
    }
    /// Undoes [`NodeTable::assume`] (`framework/types.go: NodeInfo.RemovePod`).
    pub fn forget(&mut self, node: NodeId, shape: &PodShape) {
        let row = &mut self.free[node.index() * self.stride..(node.index() + 1) * self.stride];
        row[ResourceId::PODS.index()] += 1;
        for &(id, amount) in &shape.requests {
            row[id.index()] = row[id.index()].wrapping_add(amount);
        }
        let nonzero = &mut self.nonzero[node.index()];
        nonzero[0] = nonzero[0].wrapping_sub(shape.template.nonzero_cpu);
        nonzero[1] = nonzero[1].wrapping_sub(shape.template.nonzero_memory);
        debug_assert!(
            nonzero[0] >= 0 && nonzero[1] >= 0,
            "node {} forgets a pod it did not have",
            node.0
        );
        for port in &shape.template.scheduling.host_ports {
            let used = &mut self.ports[node.index()];
            if let Some(at) = used.iter().position(|known| known == port) {
                used.swap_remove(at);
            }
        }
        self.changed(node);
    }

    /// What is said of `node` may be another thing from now on.
    pub fn touch(&mut self, node: NodeId) {
        self.changed(node);
    }

    fn changed(&mut self, node: NodeId) {
        self.log.push(node, self.specs.len());
    }
}

/// Which nodes' accounts changed, in order. Readers remember how far they have read; old entries are dropped.
#[derive(Clone, Debug, Default)]
pub struct ChangeLog {
    entries: Vec<NodeId>,
    dropped: u64,
}

impl ChangeLog {
    /// The cursor of a reader that has read everything.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }
    /// The entries since `cursor`, or `None` if some of them have been dropped.
    #[must_use]
    pub fn since(&self, cursor: u64) -> Option<&[NodeId]> {
        let skip = cursor.checked_sub(self.dropped)?;
        Some(&self.entries[usize::try_from(skip).ok()?..])
    }

    /// A reader this many entries behind does better to read all `nodes` anew, so older entries need not be kept.
    fn push(&mut self, node: NodeId, nodes: usize) {
        let keep = nodes.max(1024);
        if self.entries.len() >= 2 * keep {
            self.entries.drain(..keep);
            self.dropped += keep as u64;
        }
        self.entries.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_drops_old_entries_and_says_so() {
        let mut log = ChangeLog::default();
        let nodes = 1500;
        for i in 0..3000_u32 {
            log.push(NodeId(i), nodes);
        }
        let cursor = log.end();
        assert_eq!(log.since(0).map(<[NodeId]>::len), Some(3000));
        assert_eq!(log.since(cursor), Some([].as_slice()));
        log.push(NodeId(9), nodes);
        assert_eq!(log.since(cursor), Some([NodeId(9)].as_slice()));
        assert_eq!(log.since(0), None, "half of the old entries are gone");
        assert_eq!(log.since(1500).and_then(<[NodeId]>::first), Some(&NodeId(1500)));
        assert_eq!(log.since(1499), None);
        assert_eq!(log.end(), 3001);
    }
}
