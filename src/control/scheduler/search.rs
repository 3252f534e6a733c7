//! The search for a node, one cycle at a time: from the index, by the full walk, or from what an earlier cycle left.

use std::collections::BTreeMap;

use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::batch::ScoreHeap;
use crate::control::scheduler::checks::PodsVerdicts;
use crate::control::scheduler::fast::Asked;
use crate::control::scheduler::fit_error::Refusal;
use crate::control::scheduler::framework::Rejection;
use crate::control::scheduler::placer::{Placement, Placer, Refused, pods_view, profile_at};
use crate::control::scheduler::select::{self, Cluster, Rotation};
use crate::control::scheduler::trial::NodeTrial;

impl Placer {
    /// Chooses a node for a pod and moves the rotation on, as one scheduling cycle does. The accounts do not change.
    pub fn place(&mut self, shape: PodTemplateId) -> Placement {
        self.place_beside(shape, &[])
    }
    /// [`Placer::place`] where other pods are nominated to nodes. `nominated` are those of equal or higher priority, without
    /// the pod itself: it must fit with and without them (`RunFilterPluginsWithNominatedPods`).
    pub fn place_beside(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        self.cycle.0 += 1;
        let version = self.version();
        if nominated.is_empty()
            && !self.literal
            && let Some(known) = self.refused
            && (known.shape, known.version) == (shape, version)
        {
            return Placement::Unschedulable(known.refusal);
        }
        let placement = self.place_anew(shape, nominated);
        if let (true, Placement::Unschedulable(refusal)) = (nominated.is_empty(), placement) {
            self.refused = Some(Refused {
                shape,
                version,
                refusal,
            });
        }
        placement
    }
    fn place_anew(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        if self.batches.is_empty() || !self.profile(shape).signs_pods {
            return self.search(shape, nominated);
        }
        if self.shape(shape).is_signed() {
            return self.place_signed(shape, nominated);
        }
        let placement = self.search(shape, nominated);
        if let Placement::Placed(node) = placement {
            let batch = usize::from(self.profile_of[shape.index()]);
            self.batches[batch].store(node, self.cycle, None);
        }
        placement
    }
    /// The cycle of a pod that may be batched: the hinted node alone, or the full search, whose list is kept.
    fn place_signed(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        if self.order.list().is_empty() {
            return Placement::NoNodes;
        }
        let cycle = self.cycle;
        let mut batch = std::mem::take(&mut self.batches[usize::from(self.profile_of[shape.index()])]);
        let still_fits = |node| self.table.is_present(node) && self.rejection(shape, node).is_none();
        let hint = batch.hint(shape, cycle, still_fits);
        let placement = match hint.filter(|node| self.fits_on(shape, *node, nominated)) {
            Some(node) => {
                batch.took_hint(node, cycle.0);
                Placement::Placed(node)
            }
            None => {
                let (found, rotation) = self.search_literally(shape, nominated);
                self.rotation = rotation;
                match found {
                    Ok(mut nodes) => {
                        let chosen = nodes.pop().expect("a search that succeeds finds a node");
                        batch.store(chosen, cycle, Some((shape, nodes)));
                        Placement::Placed(chosen)
                    }
                    Err(refusal) => Placement::Unschedulable(refusal),
                }
            }
        };
        self.batches[usize::from(self.profile_of[shape.index()])] = batch;
        placement
    }
    /// The feasible nodes of a full walk with their scores, or why there is none, and the rotation after it.
    fn search_literally(
        &self,
        shape: PodTemplateId,
        nominated: &[(NodeId, PodTemplateId)],
    ) -> (Result<ScoreHeap, Refusal>, Rotation) {
        let mut rotation = self.rotation;
        let rejected = self.rejected_for(shape, nominated);
        let cluster = Cluster {
            nominated: &rejected,
            ..self.cluster(shape)
        };
        let pod = self.shape(shape);
        let nodes = select::find_feasible(&cluster, &mut rotation, pod);
        let found = match nodes.as_slice() {
            [] => Err(cluster.diagnose(pod).refusal()),
            several => {
                let scores = cluster.totals(pod, several).into_iter();
                Ok(ScoreHeap::new(scores.zip(nodes.iter().copied()).collect()))
            }
        };
        (found, rotation)
    }
    /// A full search for a node.
    fn search(&mut self, shape: PodTemplateId, nominated: &[(NodeId, PodTemplateId)]) -> Placement {
        if self.literal {
            return self.place_literally_beside(shape, nominated);
        }
        self.refresh_index(shape);
        let nodes = self.order.list();
        let Some(index) = self.indices.get(shape) else {
            return self.place_literally_beside(shape, nominated);
        };
        if nodes.is_empty() {
            return Placement::NoNodes;
        }
        let start = self.rotation.next_start % nodes.len();
        let profile = profile_at(&self.profiles, &self.profile_of, shape);
        let percentage = profile
            .percentage_of_nodes_to_score
            .unwrap_or(self.rotation.percentage_of_nodes_to_score);
        let wanted = select::num_feasible_nodes_to_find(nodes.len(), percentage);
        let verdicts = PodsVerdicts::new(profile, &self.checks[shape.index()], pods_view(&self.pods, false));
        let silent = verdicts.is_silent();
        drop(verdicts);
        if silent && nominated.is_empty() {
            return match index.choose(profile, start, wanted) {
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
        let profile = profile_at(&self.profiles, &self.profile_of, shape);
        let verdicts = PodsVerdicts::new(profile, &self.checks[shape.index()], pods_view(&self.pods, false));
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
    /// [`Placer::place_beside`] with plugins that look at pods elsewhere, or pods nominated to nodes.
    fn place_among(
        &mut self,
        shape: PodTemplateId,
        search: (usize, usize),
        nominated: &[(NodeId, Rejection)],
    ) -> Placement {
        let nodes = self.order.list();
        let index = self.indices.get(shape).expect("the caller found it");
        let profile = profile_at(&self.profiles, &self.profile_of, shape);
        let verdicts = PodsVerdicts::new(profile, &self.checks[shape.index()], pods_view(&self.pods, false));
        let asked = Asked { verdicts, nominated };
        match index.choose_among(profile, search, nodes, &asked) {
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
    pub(super) fn rejected_for(
        &self,
        shape: PodTemplateId,
        nominated: &[(NodeId, PodTemplateId)],
    ) -> Vec<(NodeId, Rejection)> {
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
}
