//! The scheduler's choice behind one door: nodes, plugins, rotation and index together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::spec::{NodeSpec, PodTemplate};
use crate::cluster::{NodeId, PodTemplateId, ResourceTable};
use crate::control::scheduler::classes::NodeClasses;
use crate::control::scheduler::fast::Sources;
use crate::control::scheduler::fit_error::{FitError, Refusal};
use crate::control::scheduler::framework::{Profile, Rejection};
use crate::control::scheduler::indices::Indices;
use crate::control::scheduler::nodes::NodeTable;
use crate::control::scheduler::order::NodeOrder;
use crate::control::scheduler::select::{self, Cluster, PluginScores, Rotation};
use crate::control::scheduler::shape::PodShape;

/// What came of trying to place a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It goes to this node; nothing is assumed yet.
    Placed(NodeId),
    /// No node fits.
    Unschedulable(Refusal),
    /// There is no node at all: an error rather than a rejection, so the pod backs off (`schedule_one.go: ErrNoNodesAvailable`).
    NoNodes,
}

/// Whether pods of one template fit the empty nodes of one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFit {
    /// The pool ([`NodeSpec::pool`]).
    pub pool: u32,
    /// How many of its nodes they would fit.
    pub fitting: usize,
    /// Why not the others.
    pub error: FitError,
}

/// Nodes, plugins and rotation: chooses nodes for pods and keeps the accounts of those it is told of.
#[derive(Debug)]
pub struct Placer {
    resources: ResourceTable,
    profile: Profile,
    table: NodeTable,
    order: NodeOrder,
    shapes: Vec<PodShape>,
    rotation: Rotation,
    classes: NodeClasses,
    indices: Indices,
}

impl Placer {
    /// A scheduler with the default plugins. `templates` get the numbers 0, 1, … and `nodes` likewise. `resources` must know
    /// every resource that any later template or node names.
    #[must_use]
    pub fn new(resources: &ResourceTable, nodes: &[NodeSpec], templates: &[Arc<PodTemplate>]) -> Self {
        let mut placer = Self {
            resources: resources.clone(),
            profile: Profile::default(),
            table: NodeTable::new(resources.len()),
            order: NodeOrder::default(),
            shapes: Vec::new(),
            rotation: Rotation::default(),
            classes: NodeClasses::default(),
            indices: Indices::default(),
        };
        for template in templates {
            placer.add_template(template.clone());
        }
        placer.add_nodes(nodes);
        placer
    }
    /// Sets `percentageOfNodesToScore` (0, the default: adaptive; 100: all nodes).
    pub fn set_percentage_of_nodes_to_score(&mut self, percentage: u32) {
        self.rotation.percentage_of_nodes_to_score = percentage.min(100);
    }
    /// How many templates are known.
    #[must_use]
    pub const fn template_count(&self) -> usize {
        self.shapes.len()
    }
    /// Makes a template known.
    ///
    /// # Panics
    /// Beyond 2^32 templates.
    pub fn add_template(&mut self, template: Arc<PodTemplate>) -> PodTemplateId {
        let id = PodTemplateId(u32::try_from(self.shapes.len()).expect("fewer than 2^32 templates"));
        self.classes.add_template(&template);
        self.shapes.push(PodShape::new(template));
        self.indices.add_template();
        id
    }
    /// Adds a node, last of its zone. Takes time in the number of nodes; see [`Placer::add_nodes`].
    pub fn add_node(&mut self, node: &NodeSpec) -> NodeId {
        let id = self.table.add(node);
        self.order.add(id, node);
        self.order.refresh();
        id
    }
    /// Adds many nodes, numbered in order.
    pub fn add_nodes(&mut self, nodes: &[NodeSpec]) {
        for node in nodes {
            let id = self.table.add(node);
            self.order.add(id, node);
        }
        self.order.refresh();
    }
    /// Takes a node out of scheduling. Its pods may still be released.
    pub fn remove_node(&mut self, node: NodeId) {
        self.table.remove(node);
        self.order.remove(node);
        self.order.refresh();
    }
    /// Gives a node another specification: cordoned, tainted, labelled, resized.
    pub fn update_node(&mut self, node: NodeId, spec: &NodeSpec) {
        if self.table.is_present(node) {
            self.order.update(node, self.table.spec(node), spec);
            self.order.refresh();
        }
        self.table.update(node, spec);
    }
    /// Chooses a node for a pod and moves the rotation on, as one scheduling cycle does. The accounts do not change.
    pub fn place(&mut self, shape: PodTemplateId) -> Placement {
        self.refresh_index(shape);
        let nodes = self.order.list();
        let Some(index) = self.indices.get(shape) else {
            return self.place_literally(shape);
        };
        if nodes.is_empty() {
            return Placement::NoNodes;
        }
        let start = self.rotation.next_start % nodes.len();
        let wanted = select::num_feasible_nodes_to_find(nodes.len(), self.rotation.percentage_of_nodes_to_score);
        match index.choose(&self.profile, start, wanted) {
            Some(choice) => {
                self.rotation.next_start = choice.next_start;
                Placement::Placed(nodes[choice.position])
            }
            None => {
                self.rotation.next_start = start;
                Placement::Unschedulable(index.refusal())
            }
        }
    }
    /// Whether some node fits pods of `shape` now. Takes no time if nothing changed since the last question or placement.
    pub fn could_fit(&mut self, shape: PodTemplateId) -> bool {
        self.refresh_index(shape);
        match self.indices.get(shape) {
            Some(index) => index.feasible() > 0,
            None => self.cluster().fits_any(self.shape(shape)),
        }
    }
    /// [`Placer::place`] by the full walk over all nodes: the slow twin.
    pub fn place_literally(&mut self, shape: PodTemplateId) -> Placement {
        self.place_beside(shape, &[])
    }
    /// The same where some nodes are rejected beforehand.
    pub fn place_beside(&mut self, shape: PodTemplateId, rejected: &[(NodeId, Rejection)]) -> Placement {
        if self.order.list().is_empty() {
            return Placement::NoNodes;
        }
        let mut rotation = self.rotation;
        let cluster = Cluster {
            rejected,
            ..self.cluster()
        };
        let placement = match select::schedule(&cluster, &mut rotation, self.shape(shape)) {
            Ok(node) => Placement::Placed(node),
            Err(diagnosis) => Placement::Unschedulable(diagnosis.refusal()),
        };
        self.rotation = rotation;
        placement
    }
    /// Counts a pod on a node.
    pub fn assume(&mut self, node: NodeId, shape: PodTemplateId) {
        self.table.assume(node, &self.shapes[shape.index()]);
    }
    /// Counts a pod on a node no longer: it ended, was deleted, or its binding failed.
    pub fn release(&mut self, node: NodeId, shape: PodTemplateId) {
        self.table.forget(node, &self.shapes[shape.index()]);
    }
    /// Why pods of `shape` fit nowhere now. If some node fits, it counts for no reason.
    #[must_use]
    pub fn explain(&self, shape: PodTemplateId) -> FitError {
        self.words(&self.cluster(), shape)
    }
    /// Whether pods of `shape` would fit some node if it were empty.
    ///
    /// # Errors
    /// Why not.
    pub fn could_ever_fit(&self, shape: PodTemplateId) -> Result<(), FitError> {
        let emptied = self.emptied();
        if emptied.fits_any(self.shape(shape)) {
            return Ok(());
        }
        Err(self.words(&emptied, shape))
    }
    /// Whether pods of `shape` would fit `node` if it were empty: what decides if a new node wakes them
    /// (`plugins/noderesources/fit.go: isSchedulableAfterNodeChange`, and the like of the other plugins).
    #[must_use]
    pub fn would_fit_empty(&self, shape: PodTemplateId, node: NodeId) -> bool {
        self.emptied().filter(self.shape(shape), node).is_none()
    }
    /// Whether and why not pods of `shape` would fit the nodes of each pool if they were empty, by pool number.
    #[must_use]
    pub fn fit_by_pool(&self, shape: PodTemplateId) -> Vec<PoolFit> {
        let mut pools: BTreeMap<u32, Vec<NodeId>> = BTreeMap::new();
        for &node in self.order.list() {
            pools.entry(self.table.spec(node).pool).or_default().push(node);
        }
        pools
            .into_iter()
            .map(|(pool, list)| {
                let cluster = Cluster {
                    list: &list,
                    ..self.emptied()
                };
                PoolFit {
                    pool,
                    fitting: cluster.feasible(self.shape(shape)).len(),
                    error: self.words(&cluster, shape),
                }
            })
            .collect()
    }
    /// What every score plugin says now of the nodes that fit, all of them, in the scheduler's order.
    #[must_use]
    pub fn scores(&self, shape: PodTemplateId) -> (Vec<NodeId>, Vec<PluginScores>) {
        let (shape, cluster) = (self.shape(shape), self.cluster());
        let nodes = cluster.feasible(shape);
        let scores = cluster.score(shape, &nodes);
        (nodes, scores)
    }
    /// The nodes and their accounts.
    #[must_use]
    pub const fn nodes(&self) -> &NodeTable {
        &self.table
    }
    /// Where the next search starts, as an index into the scheduler's list of nodes.
    #[must_use]
    pub const fn next_start_node_index(&self) -> usize {
        self.rotation.next_start
    }

    fn refresh_index(&mut self, shape: PodTemplateId) {
        self.classes.refresh(&self.table);
        let sources = Sources {
            table: &self.table,
            order: &self.order,
            classes: &self.classes,
            profile: &self.profile,
        };
        self.indices.refresh(shape, &sources, &self.shapes[shape.index()]);
    }
    /// What the scheduler knows of a template.
    pub(super) fn shape(&self, id: PodTemplateId) -> &PodShape {
        &self.shapes[id.index()]
    }
    /// The nodes and plugins as they are.
    pub(super) fn cluster(&self) -> Cluster<'_> {
        Cluster {
            table: &self.table,
            list: self.order.list(),
            profile: &self.profile,
            emptied: false,
            rejected: &[],
        }
    }
    fn emptied(&self) -> Cluster<'_> {
        Cluster {
            emptied: true,
            ..self.cluster()
        }
    }
    /// The reasons of a rejection of `shape`, in words.
    pub(super) fn words_of(&self, shape: PodTemplateId, rejection: &Rejection) -> Vec<String> {
        self.profile.reasons(rejection, self.shape(shape), &self.resources)
    }
    /// The words for why pods of `shape` fit nowhere in `cluster`.
    pub(super) fn words(&self, cluster: &Cluster<'_>, shape: PodTemplateId) -> FitError {
        let shape = self.shape(shape);
        cluster.diagnose(shape).explain(shape, &self.profile, &self.resources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::{NodeSelectorTerm, SelectorOperator, SelectorRequirement};
    use crate::control::scheduler::testing::{GI, arcs, node, pod, resources};

    fn totals(placer: &Placer, shape: PodTemplateId) -> Vec<Vec<i64>> {
        let (nodes, columns) = placer.scores(shape);
        (0..nodes.len())
            .map(|i| columns.iter().map(|c| c.scores[i]).collect())
            .collect()
    }

    /// The worked example of scheduler.md, section 10.
    #[test]
    fn worked_scores() {
        let nodes = [node("a", 64, 512, 8), node("b", 64, 512, 8)];
        let templates = arcs(&[pod(4000, 16 * GI, 1), pod(32_000, 64 * GI, 0)]);
        let mut placer = Placer::new(&resources(), &nodes, &templates);
        placer.assume(NodeId(0), PodTemplateId(1));
        assert_eq!(
            totals(&placer, PodTemplateId(0)),
            [[300, 63, 74], [300, 94, 74]],
            "TaintToleration, NodeResourcesFit, BalancedAllocation"
        );
        assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(NodeId(1)));
    }

    #[test]
    fn what_fits_no_empty_node_is_told_by_pool() {
        let mut nodes = vec![node("a", 8, 32, 4), node("b", 8, 32, 4), node("c", 8, 32, 8)];
        nodes[2].pool = 1;
        let templates = arcs(&[pod(0, 0, 5), pod(0, 0, 9)]);
        let placer = Placer::new(&resources(), &nodes, &templates);
        assert_eq!(placer.could_ever_fit(PodTemplateId(0)), Ok(()));
        assert!(!placer.would_fit_empty(PodTemplateId(0), NodeId(1)));
        assert!(placer.would_fit_empty(PodTemplateId(0), NodeId(2)));
        let error = placer.could_ever_fit(PodTemplateId(1)).unwrap_err();
        insta::assert_snapshot!(error, @"0/3 nodes are available: 3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
        let pools: Vec<_> = placer
            .fit_by_pool(PodTemplateId(0))
            .into_iter()
            .map(|fit| (fit.pool, fit.fitting, fit.error.histogram()))
            .collect();
        assert_eq!(
            pools,
            [
                (0, 0, "2 Insufficient nvidia.com/gpu".to_owned()),
                (1, 1, String::new())
            ]
        );
    }

    #[test]
    fn full_pod_slots_are_resolvable_and_told_beside_other_reasons() {
        let mut small = node("a", 8, 32, 0);
        small.allocatable.set(crate::cluster::ResourceId::PODS, 1);
        let templates = arcs(&[pod(100, 0, 0), pod(100, 0, 1)]);
        let mut placer = Placer::new(&resources(), &[small], &templates);
        placer.assume(NodeId(0), PodTemplateId(0));
        insta::assert_snapshot!(placer.explain(PodTemplateId(0)), @"0/1 nodes are available: 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
        insta::assert_snapshot!(placer.explain(PodTemplateId(1)), @"0/1 nodes are available: 1 Insufficient nvidia.com/gpu, 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
    }

    #[test]
    fn no_nodes_is_an_error_of_its_own() {
        let mut placer = Placer::new(&resources(), &[], &arcs(&[pod(0, 0, 0)]));
        assert_eq!(placer.place(PodTemplateId(0)), Placement::NoNodes);
        insta::assert_snapshot!(placer.explain(PodTemplateId(0)), @"no nodes available to schedule pods");
        let id = placer.add_node(&node("a", 1, 1, 0));
        assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(id));
        placer.remove_node(id);
        assert_eq!(placer.place(PodTemplateId(0)), Placement::NoNodes);
        let mut moved = node("a", 1, 1, 0);
        moved.labels.insert("topology.kubernetes.io/zone".into(), "z".into());
        placer.update_node(id, &moved);
        assert_eq!(placer.place(PodTemplateId(0)), Placement::NoNodes, "it stays away");
    }

    fn named(lists: &[&[&str]]) -> PodTemplate {
        let fields = lists.iter().map(|values| SelectorRequirement {
            key: "metadata.name".into(),
            operator: SelectorOperator::In,
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        });
        let mut template = pod(100, 0, 0);
        template.node_affinity.required = Some(vec![NodeSelectorTerm {
            match_expressions: Vec::new(),
            match_fields: fields.collect(),
        }]);
        template
    }

    /// The first text is that of the recording placement-misc-unschedulable, pod fixed-name.
    #[test]
    fn pods_that_name_their_nodes() {
        let nodes = [node("a", 8, 32, 0), node("b", 8, 32, 0)];
        let templates = arcs(&[named(&[&["x"]]), named(&[&["a"], &["b"]]), named(&[&["b"]])]);
        let mut placer = Placer::new(&resources(), &nodes, &templates);
        insta::assert_snapshot!(placer.explain(PodTemplateId(0)), @"0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        insta::assert_snapshot!(placer.explain(PodTemplateId(1)), @"0/2 nodes are available: pod affinity terms conflict. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        assert_eq!(placer.place(PodTemplateId(2)), Placement::Placed(NodeId(1)));
        assert_eq!(placer.next_start_node_index(), 1, "one node was looked at");
    }

    #[test]
    fn a_changed_node_is_seen() {
        let mut spec = node("a", 8, 32, 0);
        let mut placer = Placer::new(&resources(), std::slice::from_ref(&spec), &arcs(&[pod(6000, 0, 0)]));
        placer.assume(NodeId(0), PodTemplateId(0));
        assert!(matches!(placer.place(PodTemplateId(0)), Placement::Unschedulable(_)));
        spec.allocatable.set(crate::cluster::ResourceId::CPU, 12_000);
        placer.update_node(NodeId(0), &spec);
        assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(NodeId(0)));
        spec.unschedulable = true;
        placer.update_node(NodeId(0), &spec);
        assert_eq!(
            placer.explain(PodTemplateId(0)).histogram(),
            "1 node(s) were unschedulable"
        );
    }
}
