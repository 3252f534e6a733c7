//! Questions about nodes that change nothing: does a pod fit, where, why not, how well, and what if.

use std::collections::BTreeMap;

use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::checks::PodsVerdicts;
use crate::control::scheduler::fit_error::{Diagnosis, FitError};
use crate::control::scheduler::framework::Rejection;
use crate::control::scheduler::placer::{Placer, PoolFit};
use crate::control::scheduler::select::{Cluster, PluginScores};
use crate::control::scheduler::shape::PreFilter;
use crate::control::scheduler::trial::NodeTrial;

impl Placer {
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
            self.profile(shape),
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
    /// Why pods of `shape` fit nowhere now. If some node fits, it counts for no reason.
    #[must_use]
    pub fn explain(&self, shape: PodTemplateId) -> FitError {
        self.words(&self.cluster(shape), shape)
    }
    /// How many nodes each plugin rejects for pods of `shape` now, in the order in which plugins are asked.
    #[must_use]
    pub fn rejected_by_plugin(&self, shape: PodTemplateId) -> Vec<(&'static str, u32)> {
        let diagnosis = self.cluster(shape).diagnose(self.shape(shape));
        diagnosis.by_plugin(self.shape(shape), self.profile(shape))
    }
    /// The words for a rejection of pods of `shape`, one for each reason.
    #[must_use]
    pub fn reasons(&self, shape: PodTemplateId, rejection: &Rejection) -> Vec<String> {
        let (profile, pod) = (self.profile(shape), self.shape(shape));
        let mut diagnosis = Diagnosis::new(profile, 1);
        diagnosis.add(rejection);
        let error = diagnosis.explain(pod, profile, &self.resources);
        error.reasons.into_iter().map(|(_, reason)| reason).collect()
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
    /// How many pods of `shape` fit each node, at most `most`, where no pod is anywhere yet, this is the only template, and what a
    /// node takes does not depend on the others; `None` if it does.
    pub fn room_by_node(&mut self, shape: PodTemplateId, most: u64) -> Option<Vec<u64>> {
        let pod = self.shape(shape);
        let scheduling = &pod.template.scheduling;
        let looks_elsewhere = !scheduling.pod_affinity.required.is_empty()
            || !scheduling.pod_anti_affinity.required.is_empty()
            || scheduling.topology_spread.iter().any(|constraint| constraint.hard);
        if looks_elsewhere || pod.pre_filter != PreFilter::AllNodes || self.shapes.len() != 1 {
            return None;
        }
        self.classes.refresh(&self.table);
        let mut rooms = Vec::new();
        for node in self.classes.representatives().to_vec() {
            let mut room = 0;
            while room < most && self.rejection(shape, node).is_none() {
                self.assume(node, shape);
                room += 1;
            }
            (0..room).for_each(|_| self.release(node, shape));
            rooms.push(room);
        }
        let nodes = (0..self.table.len() as u32).map(NodeId);
        Some(nodes.map(|node| rooms[self.classes.class_of(node)]).collect())
    }
    /// What every score plugin says now of the nodes that fit, all of them, in the scheduler's order.
    #[must_use]
    pub fn scores(&self, shape: PodTemplateId) -> (Vec<NodeId>, Vec<PluginScores>) {
        let (shape, cluster) = (self.shape(shape), self.cluster(shape));
        let nodes = cluster.feasible(shape);
        let scores = cluster.score(shape, &nodes);
        (nodes, scores)
    }
    pub(super) fn words(&self, cluster: &Cluster<'_>, shape: PodTemplateId) -> FitError {
        let (profile, shape) = (self.profile(shape), self.shape(shape));
        cluster.diagnose(shape).explain(shape, profile, &self.resources)
    }
}
