//! The scheduler's choice behind one door: nodes, plugins, rotation and index together.

use std::sync::Arc;

use crate::cluster::spec::{NodeSpec, PodTemplate, SchedulerProfile};
use crate::cluster::{NodeId, PodTemplateId, ResourceTable};
use crate::control::scheduler::batch::Batch;
use crate::control::scheduler::checks::{PodsVerdicts, PreparedCheck};
use crate::control::scheduler::classes::NodeClasses;
use crate::control::scheduler::fast::Sources;
use crate::control::scheduler::fit_error::{FitError, Refusal};
use crate::control::scheduler::framework::Profile;
use crate::control::scheduler::indices::Indices;
use crate::control::scheduler::nodes::NodeTable;
use crate::control::scheduler::order::NodeOrder;
use crate::control::scheduler::pods::{PodsTable, PodsView, Registry};
use crate::control::scheduler::select::{Cluster, Rotation};
use crate::control::scheduler::shape::{PodShape, PreFilter};
use crate::kernel::SimTime;

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

/// The profile of templates whose `schedulerName` no profile has.
const NOBODY: u8 = u8::MAX;

/// Nodes, plugins and rotation: chooses nodes for pods and keeps the accounts of those it is told of.
#[derive(Debug)]
pub struct Placer {
    pub(super) resources: ResourceTable,
    pub(super) profiles: Vec<Profile>,
    /// Which profile places each template; `NOBODY`: none has the name it asks for.
    pub(super) profile_of: Vec<u8>,
    pub(super) table: NodeTable,
    pub(super) order: NodeOrder,
    pub(super) shapes: Vec<PodShape>,
    pub(super) pods: PodsTable,
    /// What pods plugins prepared, by template.
    pub(super) checks: Vec<Vec<PreparedCheck>>,
    pub(super) rotation: Rotation,
    /// Number of the present cycle, and its time.
    pub(super) cycle: (u64, SimTime),
    pub(super) volume_binding: bool,
    /// Opportunistic batching, by profile; empty if it is off.
    pub(super) batches: Vec<Batch>,
    pub(super) classes: NodeClasses,
    pub(super) indices: Indices,
    /// The last refusal, as long as it holds.
    pub(super) refused: Option<Refused>,
    /// Walks over all nodes in every cycle: the slow twin.
    pub(super) literal: bool,
}

/// A refusal: as long as the answers about nodes are what they were, the next pod of the template is refused, too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub shape: PodTemplateId,
    /// [`Placer::version`].
    pub version: (u64, u64),
    pub refusal: Refusal,
}

impl Placer {
    /// A scheduler with the default plugins. `templates` get the numbers 0, 1, … and `nodes` likewise. `resources` must know
    /// every resource that any later template or node names.
    #[must_use]
    pub fn new(resources: &ResourceTable, nodes: &[NodeSpec], templates: &[Arc<PodTemplate>]) -> Self {
        Self::with_profiles(resources, nodes, templates, &[SchedulerProfile::default()])
    }
    /// A scheduler with these profiles, at least one and at most 255. See [`Placer::new`].
    #[must_use]
    pub fn with_profiles(
        resources: &ResourceTable,
        nodes: &[NodeSpec],
        templates: &[Arc<PodTemplate>],
        profiles: &[SchedulerProfile],
    ) -> Self {
        let mut classes = NodeClasses::default();
        for profile in profiles {
            classes.add_affinity(&profile.args.added_affinity);
        }
        let mut placer = Self {
            resources: resources.clone(),
            profiles: profiles
                .iter()
                .map(|profile| Profile::new(profile, resources))
                .collect(),
            profile_of: Vec::new(),
            table: NodeTable::new(resources.len()),
            order: NodeOrder::default(),
            shapes: Vec::new(),
            pods: PodsTable::default(),
            checks: Vec::new(),
            rotation: Rotation::default(),
            cycle: (0, SimTime::ZERO),
            volume_binding: false,
            batches: vec![Batch::default(); profiles.len()],
            classes,
            indices: Indices::default(),
            refused: None,
            literal: false,
        };
        placer.add_nodes(nodes);
        for template in templates {
            placer.add_template(template.clone());
        }
        placer
    }
    /// Sets `percentageOfNodesToScore` (0, the default: adaptive; 100: all nodes).
    pub fn set_percentage_of_nodes_to_score(&mut self, percentage: u32) {
        self.refused = None;
        self.rotation.percentage_of_nodes_to_score = percentage.min(100);
    }
    /// Lets pods wait for PersistentVolumeClaims that the input does not hold. Off by default; cannot be switched off again.
    pub fn set_volume_binding(&mut self, on: bool) {
        self.refused = None;
        if on && !std::mem::replace(&mut self.volume_binding, true) {
            for (i, shape) in self.shapes.iter_mut().enumerate() {
                let profile = profile_at(&self.profiles, &self.profile_of, PodTemplateId(i as u32));
                if profile.asks_for_claims {
                    shape.ask_for_claims();
                }
            }
        }
    }
    /// Switches opportunistic batching (feature gate OpportunisticBatching) on, as it is by default, or off.
    pub fn set_opportunistic_batching(&mut self, on: bool) {
        self.batches.clear();
        if on {
            self.batches.resize(self.profiles.len(), Batch::default());
        }
    }
    /// Whether every cycle walks over all nodes, as kube-scheduler does, where an index gives the same answer.
    pub const fn set_literal(&mut self, literal: bool) {
        self.literal = literal;
    }
    /// The time of the cycles that follow, for what outlives a cycle only for a while (opportunistic batching).
    pub const fn set_time(&mut self, now: SimTime) {
        self.cycle.1 = now;
    }
    /// A scheduling cycle passes at `now` that asks nothing.
    pub(super) const fn pass_cycle(&mut self, now: SimTime) {
        self.cycle = (self.cycle.0 + 1, now);
    }
    /// Whether any profile has the `schedulerName` of pods of `shape`. If none has, nobody ever schedules them.
    #[must_use]
    pub fn has_scheduler(&self, shape: PodTemplateId) -> bool {
        self.profile_of[shape.index()] != NOBODY
    }
    /// The profile that places pods of `shape`; the first, if none does.
    #[must_use]
    pub fn profile(&self, shape: PodTemplateId) -> &Profile {
        profile_at(&self.profiles, &self.profile_of, shape)
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
        let concerned = self.pods.add_template(&template, &self.table);
        let scheduler = template.scheduling.scheduler();
        let profile = self
            .profiles
            .iter()
            .position(|profile| profile.scheduler_name == scheduler);
        self.profile_of.push(profile.map_or(NOBODY, |at| at as u8));
        let mut shape = PodShape::new(template);
        if self.volume_binding && self.profile(id).asks_for_claims {
            shape.ask_for_claims();
        }
        // Pods that name their nodes are placed without classes of nodes.
        if shape.pre_filter == PreFilter::AllNodes {
            self.classes.add_template(&shape.template);
        }
        self.shapes.push(shape);
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
        self.table.touch(node);
    }
    /// [`Placer::release`] of a pod that [`Placer::terminate`] was told of.
    pub fn release_terminating(&mut self, node: NodeId, shape: PodTemplateId) {
        self.table.forget(node, &self.shapes[shape.index()]);
        self.pods.remove(node, shape, true, self.table.is_present(node));
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

    pub(super) fn refresh_index(&mut self, shape: PodTemplateId) {
        if self.shapes[shape.index()].pre_filter != PreFilter::AllNodes {
            return;
        }
        self.classes.refresh(&self.table);
        let sources = Sources {
            table: &self.table,
            order: &self.order,
            classes: &self.classes,
            profile: profile_at(&self.profiles, &self.profile_of, shape),
        };
        self.indices.refresh(shape, &sources, &self.shapes[shape.index()]);
    }
    pub(super) fn shape(&self, id: PodTemplateId) -> &PodShape {
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
        let profile = profile_at(&self.profiles, &self.profile_of, template);
        let plugins = profile.pods.iter().enumerate();
        self.checks[template.index()] = plugins
            .filter_map(|(entry, known)| {
                let check = known.plugin.prepare(template, shape, &mut registry)?;
                Some(PreparedCheck { entry, check })
            })
            .collect();
    }
    pub(super) fn cluster(&self, shape: PodTemplateId) -> Cluster<'_> {
        let order = Some(&self.order);
        Cluster {
            order,
            ..self.cluster_of(shape, self.order.list(), false)
        }
    }
    pub(super) fn emptied(&self, shape: PodTemplateId) -> Cluster<'_> {
        self.cluster_of(shape, self.order.list(), true)
    }
    pub(super) fn cluster_of<'a>(&'a self, shape: PodTemplateId, list: &'a [NodeId], emptied: bool) -> Cluster<'a> {
        let checks = &self.checks[shape.index()];
        Cluster {
            table: &self.table,
            order: None,
            list,
            profile: self.profile(shape),
            emptied,
            verdicts: PodsVerdicts::new(self.profile(shape), checks, pods_view(&self.pods, emptied)),
            nominated: &[],
        }
    }
}

/// The profile that places pods of `shape`, for where only parts of a [`Placer`] are borrowed.
pub(super) fn profile_at<'a>(profiles: &'a [Profile], profile_of: &[u8], shape: PodTemplateId) -> &'a Profile {
    match profile_of[shape.index()] {
        NOBODY => &profiles[0],
        at => &profiles[usize::from(at)],
    }
}

/// The pods as they are, or as if there were none.
pub(super) const fn pods_view(table: &PodsTable, emptied: bool) -> PodsView<'_> {
    PodsView {
        table,
        trial: None,
        emptied,
    }
}

#[cfg(test)]
mod tests;
