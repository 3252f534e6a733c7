//! The scheduler's choice behind one door: nodes, plugins, rotation and index together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::spec::{NodeSpec, PodTemplate};
use crate::cluster::{NodeId, PodTemplateId, ResourceTable};
use crate::control::scheduler::checks::{PodsVerdicts, PreparedCheck};
use crate::control::scheduler::classes::NodeClasses;
use crate::control::scheduler::fast::{Asked, Sources};
use crate::control::scheduler::fit_error::{FitError, Refusal};
use crate::control::scheduler::framework::{Profile, Rejection};
use crate::control::scheduler::indices::Indices;
use crate::control::scheduler::nodes::NodeTable;
use crate::control::scheduler::order::NodeOrder;
use crate::control::scheduler::pods::{PodsTable, PodsView, Registry};
use crate::control::scheduler::select::{self, Cluster, PluginScores, Rotation};
use crate::control::scheduler::shape::PodShape;
use crate::control::scheduler::trial::NodeTrial;

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
    pods: PodsTable,
    /// What pods plugins prepared, by template.
    checks: Vec<Vec<PreparedCheck>>,
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
            pods: PodsTable::default(),
            checks: Vec::new(),
            rotation: Rotation::default(),
            classes: NodeClasses::default(),
            indices: Indices::default(),
        };
        placer.add_nodes(nodes);
        for template in templates {
            placer.add_template(template.clone());
        }
        placer
    }
    /// Sets `percentageOfNodesToScore` (0, the default: adaptive; 100: all nodes).
    pub fn set_percentage_of_nodes_to_score(&mut self, percentage: u32) {
        self.rotation.percentage_of_nodes_to_score = percentage.min(100);
    }
    /// Makes a template known.
    ///
    /// # Panics
    /// Beyond 2^32 templates.
    pub fn add_template(&mut self, template: Arc<PodTemplate>) -> PodTemplateId {
        let id = PodTemplateId(u32::try_from(self.shapes.len()).expect("fewer than 2^32 templates"));
        self.classes.add_template(&template);
        let concerned = self.pods.add_template(&template, &self.table);
        self.shapes.push(PodShape::new(template));
        self.indices.add_template();
        self.checks.push(Vec::new());
        self.prepare(id);
        for other in concerned {
            self.prepare(other);
        }
        id
    }
    /// Adds a node, last of its zone. Takes time in the number of nodes; see [`Placer::add_nodes`].
    pub fn add_node(&mut self, node: &NodeSpec) -> NodeId {
        let id = self.append_node(node);
        self.order.refresh();
        id
    }
    /// Adds many nodes, numbered in order.
    pub fn add_nodes(&mut self, nodes: &[NodeSpec]) {
        for node in nodes {
            self.append_node(node);
        }
        self.order.refresh();
    }
    /// Takes a node out of scheduling. Its pods may still be released.
    pub fn remove_node(&mut self, node: NodeId) {
        if self.table.is_present(node) {
            self.pods.detach(node);
        }
        self.table.remove(node);
        self.order.remove(node);
        self.order.refresh();
    }
    /// Gives a node another specification: cordoned, tainted, labelled, resized, with other images.
    pub fn update_node(&mut self, node: NodeId, spec: &NodeSpec) {
        let present = self.table.is_present(node);
        if present {
            self.order.update(node, self.table.spec(node), spec);
            self.order.refresh();
            self.pods.detach(node);
        }
        self.table.update(node, spec);
        if present {
            self.pods.attach(node, spec);
        }
    }
    /// A node holds one more image from now on: `name` with its tag, of `size` bytes.
    pub fn add_image(&mut self, node: NodeId, name: &str, size: i64) {
        self.table.add_image(node, name, size);
    }
    /// Chooses a node for a pod and moves the rotation on, as one scheduling cycle does. The accounts do not change.
    pub fn place(&mut self, shape: PodTemplateId) -> Placement {
        self.place_beside(shape, &[])
    }
    /// [`Placer::place`] where other pods are nominated to nodes. `nominated` are those of equal or higher priority, without
    /// the pod itself: it must fit with and without them (`RunFilterPluginsWithNominatedPods`).
    pub fn place_beside(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        self.refresh_index(shape);
        let nodes = self.order.list();
        let Some(index) = self.indices.get(shape) else {
            return self.place_literally_beside(shape, nominated);
        };
        if nodes.is_empty() {
            return Placement::NoNodes;
        }
        let start = self.rotation.next_start % nodes.len();
        let wanted = select::num_feasible_nodes_to_find(nodes.len(), self.rotation.percentage_of_nodes_to_score);
        let verdicts = PodsVerdicts::new(&self.profile, &self.checks[shape.index()], pods_view(&self.pods, false));
        let silent = verdicts.is_silent();
        drop(verdicts);
        if silent && nominated.is_empty() {
            return match index.choose(&self.profile, start, wanted) {
                Some(choice) => {
                    self.rotation.next_start = choice.next_start;
                    Placement::Placed(nodes[choice.position])
                }
                None => {
                    self.rotation.next_start = start;
                    Placement::Unschedulable(index.refusal())
                }
            };
        }
        let rejected = if nominated.is_empty() {
            Vec::new()
        } else {
            self.rejected_for(shape, nominated)
        };
        self.place_among(shape, (start, wanted), &rejected)
    }
    /// Whether some node fits pods of `shape` now. Takes no time if nothing changed since the last question or placement, and no
    /// plugin looks at pods elsewhere.
    pub fn could_fit(&mut self, shape: PodTemplateId) -> bool {
        self.refresh_index(shape);
        let Some(index) = self.indices.get(shape) else {
            return self.cluster(shape).fits_any(self.shape(shape));
        };
        let verdicts = PodsVerdicts::new(&self.profile, &self.checks[shape.index()], pods_view(&self.pods, false));
        if index.feasible() == 0 || verdicts.is_silent() {
            return index.feasible() > 0;
        }
        let asked = Asked {
            verdicts,
            nominated: &[],
        };
        index.any_among(self.order.list(), &asked)
    }
    /// [`Placer::place`] by the full walk over all nodes: the slow twin.
    pub fn place_literally(&mut self, shape: PodTemplateId) -> Placement {
        self.place_literally_beside(shape, &[])
    }
    /// [`Placer::place_beside`] by the full walk over all nodes: the slow twin.
    pub fn place_literally_beside(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        if self.order.list().is_empty() {
            return Placement::NoNodes;
        }
        let mut rotation = self.rotation;
        let rejected = self.rejected_for(shape, nominated);
        let chosen = {
            let cluster = Cluster {
                nominated: &rejected,
                ..self.cluster(shape)
            };
            select::schedule(&cluster, &mut rotation, self.shape(shape))
        };
        self.rotation = rotation;
        match chosen {
            Ok(node) => Placement::Placed(node),
            Err(diagnosis) => Placement::Unschedulable(diagnosis.refusal()),
        }
    }
    /// Whether a pod may go to `node`, the only one looked at, beside the pods nominated there: the first look of a pod that was
    /// nominated itself (`schedule_one.go: evaluateNominatedNode`).
    #[must_use]
    pub fn fits_on(&self, shape: PodTemplateId, node: NodeId, nominated: &[(NodeId, PodTemplateId)]) -> bool {
        self.table.is_present(node) && self.rejected_for(shape, nominated).iter().all(|(n, _)| *n != node) && {
            let cluster = self.cluster(shape);
            cluster.looks_at(self.shape(shape), node) && cluster.filter(self.shape(shape), node).is_none()
        }
    }
    /// `node` as it would be with other pods, for a pod of `shape`: what preemption asks before it evicts anything.
    #[must_use]
    pub fn trial(&self, shape: PodTemplateId, node: NodeId) -> NodeTrial<'_> {
        NodeTrial::new(
            &self.shapes,
            &self.profile,
            (&self.table, &self.pods),
            &self.checks[shape.index()],
            self.shape(shape),
            node,
        )
    }
    /// The nodes, in the scheduler's order, that reject pods of `shape` for reasons that fewer pods on them could mend (status
    /// Unschedulable, not UnschedulableAndUnresolvable): the potential nodes of preemption (`nodesWherePreemptionMightHelp`).
    #[must_use]
    pub fn resolvable_nodes(&self, shape: PodTemplateId) -> Vec<NodeId> {
        let (cluster, pod) = (self.cluster(shape), self.shape(shape));
        let nodes = self.order.list().iter().copied();
        nodes
            .filter(|node| cluster.looks_at(pod, *node))
            .filter(|node| cluster.filter(pod, *node).is_some_and(|rejection| rejection.resolvable))
            .collect()
    }
    /// The first filter that rejects pods of `shape` on `node` now, if any.
    #[must_use]
    pub fn rejection(&self, shape: PodTemplateId, node: NodeId) -> Option<Rejection> {
        self.cluster(shape).filter(self.shape(shape), node)
    }
    /// What plugins that look at pods elsewhere say now of pods of `shape`.
    #[must_use]
    pub fn verdicts(&self, shape: PodTemplateId) -> PodsVerdicts<'_> {
        self.cluster(shape).verdicts
    }
    /// Counts a pod on a node.
    pub fn assume(&mut self, node: NodeId, shape: PodTemplateId) {
        self.table.assume(node, &self.shapes[shape.index()]);
        self.pods.add(node, shape, self.table.is_present(node));
    }
    /// Counts a pod on a node no longer: it ended, was deleted, or its binding failed.
    pub fn release(&mut self, node: NodeId, shape: PodTemplateId) {
        self.table.forget(node, &self.shapes[shape.index()]);
        self.pods.remove(node, shape, false, self.table.is_present(node));
    }
    /// A pod on a node is being deleted (`metadata.deletionTimestamp`) and has not ended: it keeps what it has, and spreading
    /// counts it no longer. When it ends, [`Placer::release_terminating`] takes the place of [`Placer::release`].
    pub fn terminate(&mut self, node: NodeId, shape: PodTemplateId) {
        self.pods.terminate(node, shape, self.table.is_present(node));
    }
    /// [`Placer::release`] of a pod that [`Placer::terminate`] was told of.
    pub fn release_terminating(&mut self, node: NodeId, shape: PodTemplateId) {
        self.table.forget(node, &self.shapes[shape.index()]);
        self.pods.remove(node, shape, true, self.table.is_present(node));
    }
    /// Why pods of `shape` fit nowhere now. If some node fits, it counts for no reason.
    #[must_use]
    pub fn explain(&self, shape: PodTemplateId) -> FitError {
        self.words(&self.cluster(shape), shape)
    }
    /// Whether pods of `shape` would fit some node if it were empty.
    ///
    /// # Errors
    /// Why not.
    pub fn could_ever_fit(&self, shape: PodTemplateId) -> Result<(), FitError> {
        let emptied = self.emptied(shape);
        if emptied.fits_any(self.shape(shape)) {
            return Ok(());
        }
        Err(self.words(&emptied, shape))
    }
    /// Whether pods of `shape` would fit `node` if it were empty: what decides if a new node wakes them
    /// (`plugins/noderesources/fit.go: isSchedulableAfterNodeChange`, and the like of the other plugins).
    #[must_use]
    pub fn would_fit_empty(&self, shape: PodTemplateId, node: NodeId) -> bool {
        self.emptied(shape).filter(self.shape(shape), node).is_none()
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
                let cluster = self.cluster_of(shape, &list, true);
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
        let (shape, cluster) = (self.shape(shape), self.cluster(shape));
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
    fn shape(&self, id: PodTemplateId) -> &PodShape {
        &self.shapes[id.index()]
    }
    fn append_node(&mut self, node: &NodeSpec) -> NodeId {
        let id = self.table.add(node);
        self.order.add(id, node);
        self.pods.add_node(id, node);
        id
    }
    /// Asks the pods plugins what has to be counted for `template`.
    fn prepare(&mut self, template: PodTemplateId) {
        let mut registry = Registry {
            table: &mut self.pods,
            nodes: &self.table,
        };
        let shape = &self.shapes[template.index()];
        let plugins = self.profile.pods.iter().enumerate();
        self.checks[template.index()] = plugins
            .filter_map(|(entry, known)| {
                let check = known.plugin.prepare(template, shape, &mut registry)?;
                Some(PreparedCheck { entry, check })
            })
            .collect();
    }
    /// [`Placer::place_beside`] with plugins that look at pods elsewhere, or pods nominated to nodes.
    fn place_among(
        &mut self,
        shape: PodTemplateId,
        search: (usize, usize),
        nominated: &[(NodeId, Rejection)],
    ) -> Placement {
        let nodes = self.order.list();
        let index = self.indices.get(shape).expect("the caller found it");
        let verdicts = PodsVerdicts::new(&self.profile, &self.checks[shape.index()], pods_view(&self.pods, false));
        let asked = Asked { verdicts, nominated };
        match index.choose_among(&self.profile, search, nodes, &asked) {
            Ok(choice) => {
                self.rotation.next_start = choice.next_start;
                Placement::Placed(nodes[choice.position])
            }
            Err(diagnosis) => {
                self.rotation.next_start = search.0;
                Placement::Unschedulable(diagnosis.refusal())
            }
        }
    }
    /// The nodes to which pods are nominated that leave no room for one of `shape`, sorted, and why.
    fn rejected_for(&self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Vec<(NodeId, Rejection)> {
        let mut by_node: BTreeMap<NodeId, NodeTrial<'_>> = BTreeMap::new();
        for &(node, template) in nominated {
            let trial = by_node.entry(node).or_insert_with(|| self.trial(shape, node));
            trial.add(template);
        }
        let trials = by_node.into_iter();
        trials
            .filter_map(|(node, trial)| Some((node, trial.rejection()?)))
            .collect()
    }
    fn cluster(&self, shape: PodTemplateId) -> Cluster<'_> {
        self.cluster_of(shape, self.order.list(), false)
    }
    fn emptied(&self, shape: PodTemplateId) -> Cluster<'_> {
        self.cluster_of(shape, self.order.list(), true)
    }
    fn cluster_of<'a>(&'a self, shape: PodTemplateId, list: &'a [NodeId], emptied: bool) -> Cluster<'a> {
        let checks = &self.checks[shape.index()];
        Cluster {
            table: &self.table,
            list,
            profile: &self.profile,
            emptied,
            verdicts: PodsVerdicts::new(&self.profile, checks, pods_view(&self.pods, emptied)),
            nominated: &[],
        }
    }
    fn words(&self, cluster: &Cluster<'_>, shape: PodTemplateId) -> FitError {
        let shape = self.shape(shape);
        cluster.diagnose(shape).explain(shape, &self.profile, &self.resources)
    }
}

const fn pods_view(table: &PodsTable, emptied: bool) -> PodsView<'_> {
    PodsView {
        table,
        trial: None,
        emptied,
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
            [[300, 63, 74, 0], [300, 94, 74, 0]],
            "TaintToleration, NodeResourcesFit, BalancedAllocation, ImageLocality"
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
