//! Images on nodes: pulled once a node, one at a time or several (`pkg/kubelet/images/image_manager.go: EnsureImageExists`,
//! `serializeImagePulls`, `maxParallelImagePulls`).

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::kubelet_note::{ImageNote, KubeletNote};
use crate::cluster::spec::{NodeImage, NodeSpec, PodTemplate, PullPolicy};
use crate::control::config::{ImageConfig, KubeletConfig};
use crate::control::context::Context;
use crate::control::event::{Event, NodeEvent, SchedulerEvent};
use crate::control::kubelet::Kubelets;
use crate::control::limits::{Limit, LimitUse};
use crate::control::node_lifecycle::Ticks;
use crate::control::pressure::Pressure;
use crate::control::scheduler::plugins::image_locality::normalized_image_name;
use crate::kernel::random::Purpose;
use crate::kernel::{SimDuration, SimTime};

/// The images of one node.
#[derive(Clone, Debug, Default)]
struct Node {
    /// When each image that was ever asked for is there, by its place in the list of pull times.
    present: BTreeMap<usize, SimTime>,
    /// When each of the pulls that may go on at a time is done.
    lanes: Vec<SimTime>,
    /// Images, by their place in the list of sizes, that the Node's status shows or soon will.
    shown: BTreeSet<usize>,
}

/// Which node has which image, and which pulls failed.
#[derive(Debug)]
pub(super) struct Images {
    nodes: Vec<Node>,
    /// Failed pulls of each pod whose image is missing.
    failures: BTreeMap<PodId, u32>,
    /// Pulls that were asked for.
    pulls: u64,
    /// From when to when pulls waited for others.
    waits: Vec<(SimTime, SimTime)>,
}

/// What keeps a pod's images away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// No registry has it: ErrImagePull, then ImagePullBackOff.
    Missing,
    /// It is not there and may not be pulled: ErrImageNeverPull.
    NeverPull,
}

impl Images {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            nodes: vec![Node::default(); nodes],
            failures: BTreeMap::new(),
            pulls: 0,
            waits: Vec::new(),
        }
    }

    pub(super) fn add_node(&mut self) {
        self.nodes.push(Node::default());
    }

    /// Why the containers of `template` cannot all have their images on `node`, if they cannot.
    pub(super) fn obstacle(
        &self,
        node: NodeId,
        spec: &NodeSpec,
        template: &PodTemplate,
        config: &ImageConfig,
    ) -> Option<Obstacle> {
        if config.missing.is_empty() && config.pull_time.is_empty() {
            return None;
        }
        template.images.iter().enumerate().find_map(|(i, image)| {
            let policy = template.pull_policies.get(i).copied().unwrap_or_default();
            let missing = config.missing.contains(image);
            let listed = place(image, config);
            let pulled = listed.is_some_and(|which| self.nodes[node.index()].present.contains_key(&which));
            let present = pulled || spec.has_image(image) || (listed.is_none() && !missing);
            match policy {
                PullPolicy::Always => missing.then_some(Obstacle::Missing),
                PullPolicy::IfNotPresent => (missing && !present).then_some(Obstacle::Missing),
                PullPolicy::Never => (!present).then_some(Obstacle::NeverPull),
            }
        })
    }

    /// When all images of `template` are on `node`, if their pull is asked for now: one container after another. `notes` takes
    /// what the kubelet tells of it.
    pub(super) fn pull(
        &mut self,
        node: NodeId,
        spec: &NodeSpec,
        template: &PodTemplate,
        config: &KubeletConfig,
        now: SimTime,
        mut notes: Option<&mut Vec<KubeletNote>>,
    ) -> SimTime {
        let mut ready = now;
        if config.images.pull_time.is_empty() && notes.is_none() {
            return ready;
        }
        let here = &mut self.nodes[node.index()];
        for (container, image) in template.images.iter().enumerate() {
            let which = place(image, &config.images).filter(|_| !spec.has_image(image));
            let mut pull = SimDuration::ZERO;
            let there = match which.map(|which| (which, here.present.get(&which))) {
                None => ready,
                // Another pod asked before, and its pull may go on.
                Some((_, Some(at))) => *at,
                Some((which, None)) => {
                    pull = config.images.pull_time[which].1;
                    let begun = here.pull(ready, pull, config);
                    self.pulls += 1;
                    if begun > ready {
                        self.waits.push((ready, begun));
                    }
                    here.present.insert(which, begun + pull);
                    begun + pull
                }
            };
            if let Some(notes) = &mut notes {
                let image = if there > ready {
                    let with_wait = there.since(ready);
                    ImageNote::Pulled { pull, with_wait }
                } else {
                    ImageNote::Present
                };
                notes.push(KubeletNote {
                    container: u16::try_from(container).unwrap_or(u16::MAX),
                    after: ready.since(now),
                    image,
                });
            }
            ready = ready.max(there);
        }
        ready
    }

    /// How pulls waited for others until `now`, on all nodes together.
    pub(super) fn limit(&self, config: &KubeletConfig, now: SimTime) -> LimitUse {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let mut pressure = Pressure::default();
        for (from, to) in waits {
            pressure.add(from, to.min(now));
        }
        LimitUse {
            who: "kubelets",
            limit: Limit::ImagePulls(config.max_parallel_image_pulls.max(1)),
            asked: self.pulls,
            delayed: self.waits.len() as u64,
            pressure,
        }
    }

    /// Counts a failed pull of `pod` and says how long to wait for the next: 10 s doubling to 300 s.
    pub(super) fn failed_pull(&mut self, pod: PodId, config: &KubeletConfig) -> SimDuration {
        let failures = self.failures.entry(pod).or_insert(0);
        *failures += 1;
        let factor = 1u64.checked_shl(*failures - 1).unwrap_or(u64::MAX);
        config
            .image_backoff
            .saturating_mul(factor)
            .min(config.max_image_backoff)
    }
}

impl Node {
    /// When a pull of `span` that is asked for at `at` begins: pulls wait for one another in the order in which they were asked
    /// for, each for the first that ends.
    fn pull(&mut self, at: SimTime, span: SimDuration, config: &KubeletConfig) -> SimTime {
        if self.lanes.len() < config.max_parallel_image_pulls.max(1) as usize {
            self.lanes.push(SimTime::ZERO);
        }
        let lane = self.lanes.iter_mut().min().expect("there is at least one lane");
        let begun = (*lane).max(at);
        *lane = begun + span;
        begun
    }
}

impl Kubelets {
    /// Sees to it that the status of `node` will show the images that it pulled, as far as their sizes are known: the kubelet lists
    /// images every so often, and writes the status of its node every so often.
    pub(super) fn show_images(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        if self.images.nodes.len() <= node.index() {
            return;
        }
        let config = ctx.config;
        let kubelet = &config.kubelet;
        let here = &mut self.images.nodes[node.index()];
        for (which, (image, _)) in kubelet.images.size.iter().enumerate() {
            let there = place(image, &kubelet.images).and_then(|place| here.present.get(&place));
            let Some(at) = there.copied().filter(|_| here.shown.insert(which)) else {
                continue;
            };
            let entity = u64::from(node.0);
            let lists = Ticks::new(
                kubelet.image_list_period,
                None,
                ctx.seed,
                Purpose::KubeletImages,
                entity << 1,
            );
            let writes = Ticks::new(
                kubelet.node_status_update_frequency,
                None,
                ctx.seed,
                Purpose::KubeletImages,
                entity << 1 | 1,
            );
            let written = writes.at_or_after(lists.at_or_after(at.max(ctx.now))) + config.api_latency;
            ctx.at(written, Event::Node(NodeEvent::ImageWritten(node, which as u32)));
        }
    }

    /// The status of `node` shows another image, unless its kubelet stopped meanwhile; then it will when that is back.
    pub(super) fn image_written(&mut self, node: NodeId, size: u32, ctx: &mut Context<'_>) {
        let state = ctx.store.node_states[node.index()];
        let (name, bytes) = &ctx.config.kubelet.images.size[size as usize];
        if !state.exists || !state.kubelet_alive {
            self.images.nodes[node.index()].shown.remove(&(size as usize));
            return;
        }
        let images = &mut ctx.store.nodes[node.index()].images;
        let image = NodeImage {
            names: vec![normalized_image_name(name)],
            size: *bytes,
        };
        if !images.contains(&image) {
            images.push(image);
            let last = images.len() as u32 - 1;
            ctx.when_seen(Event::Scheduler(SchedulerEvent::NodeImage(node, last)));
        }
    }
}

fn place(image: &str, config: &ImageConfig) -> Option<usize> {
    config.pull_time.iter().position(|(name, _)| name == image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::config::ControlPlane;

    fn config(parallel: u32) -> KubeletConfig {
        let mut config = ControlPlane::kubernetes().kubelet;
        config.max_parallel_image_pulls = parallel;
        config.images = ImageConfig {
            missing: vec!["none".into()],
            pull_time: vec![
                ("a".into(), SimDuration::from_secs(60)),
                ("b".into(), SimDuration::from_secs(30)),
            ],
            size: Vec::new(),
        };
        config
    }
    fn pod(images: &[&str], policy: PullPolicy) -> PodTemplate {
        PodTemplate {
            images: images.iter().map(|image| (*image).to_owned()).collect(),
            pull_policies: vec![policy; images.len()],
            ..PodTemplate::default()
        }
    }
    fn second(s: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(s)
    }

    #[test]
    fn a_node_pulls_an_image_once_and_one_at_a_time() {
        let (config, spec) = (config(1), NodeSpec::default());
        let (a, b) = (
            pod(&["a"], PullPolicy::IfNotPresent),
            pod(&["b", "unlisted"], PullPolicy::IfNotPresent),
        );
        let mut images = Images::new(2);
        let mut pull = |node, pod, at| images.pull(NodeId(node), &spec, pod, &config, second(at), None);
        assert_eq!(pull(0, &a, 0), second(60));
        assert_eq!(pull(0, &b, 10), second(90));
        assert_eq!(pull(0, &a, 20), second(60), "its pull is on the way");
        assert_eq!(pull(1, &a, 10), second(70));
        assert_eq!(pull(0, &a, 100), second(100));
    }

    #[test]
    fn several_pulls_at_a_time_do_not_wait_for_one_another() {
        let (config, spec) = (config(2), NodeSpec::default());
        let mut images = Images::new(1);
        let both = pod(&["a", "b"], PullPolicy::IfNotPresent);
        let b = pod(&["b"], PullPolicy::IfNotPresent);
        assert_eq!(
            images.pull(NodeId(0), &spec, &both, &config, second(0), None),
            second(90),
            "one after another"
        );
        let mut images = Images::new(1);
        let a = pod(&["a"], PullPolicy::IfNotPresent);
        assert_eq!(images.pull(NodeId(0), &spec, &a, &config, second(0), None), second(60));
        assert_eq!(images.pull(NodeId(0), &spec, &b, &config, second(10), None), second(40));
    }

    #[test]
    fn images_that_the_node_holds_need_no_pull() {
        let config = config(1);
        let spec = NodeSpec {
            images: vec![NodeImage {
                names: vec!["a".into(), "none".into()],
                size: 1,
            }],
            ..NodeSpec::default()
        };
        let mut images = Images::new(1);
        let a = pod(&["a"], PullPolicy::Never);
        assert_eq!(images.obstacle(NodeId(0), &spec, &a, &config.images), None);
        assert_eq!(images.pull(NodeId(0), &spec, &a, &config, second(5), None), second(5));
        let obstacle = |image: &str, policy| images.obstacle(NodeId(0), &spec, &pod(&[image], policy), &config.images);
        assert_eq!(obstacle("b", PullPolicy::Never), Some(Obstacle::NeverPull));
        assert_eq!(obstacle("b", PullPolicy::IfNotPresent), None);
        assert_eq!(obstacle("none", PullPolicy::IfNotPresent), None);
        assert_eq!(obstacle("none", PullPolicy::Always), Some(Obstacle::Missing));
        assert_eq!(obstacle("unlisted", PullPolicy::Never), None);
    }

    #[test]
    fn failed_pulls_wait_10_to_300_seconds() {
        let config = ControlPlane::kubernetes().kubelet;
        let mut images = Images::new(1);
        let waits: Vec<u64> = (0..7)
            .map(|_| images.failed_pull(PodId(0), &config).as_nanos() / 1_000_000_000)
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    }
}
