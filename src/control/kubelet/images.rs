//! Images on nodes: pulled once a node, one at a time (`pkg/kubelet/images/image_manager.go`, `serializeImagePulls`).

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::ids::{NodeId, PodId};
use crate::control::config::{ImageConfig, KubeletConfig};
use crate::kernel::{SimDuration, SimTime};

/// Which node has which image, and which pulls failed.
#[derive(Debug)]
pub(super) struct Images {
    present: Vec<BTreeSet<usize>>,
    /// When each node's pull queue is empty.
    free_at: Vec<SimTime>,
    /// Failed pulls of each pod whose image is missing.
    failures: BTreeMap<PodId, u32>,
}

impl Images {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            present: vec![BTreeSet::new(); nodes],
            free_at: vec![SimTime::ZERO; nodes],
            failures: BTreeMap::new(),
        }
    }

    pub(super) fn add_node(&mut self) {
        self.present.push(BTreeSet::new());
        self.free_at.push(SimTime::ZERO);
    }

    /// When all `images` are on `node`, if their pull is asked for now.
    pub(super) fn pull(&mut self, node: NodeId, images: &[String], config: &ImageConfig, now: SimTime) -> SimTime {
        let mut ready = now;
        for image in images {
            let Some(which) = config.pull_time.iter().position(|(name, _)| name == image) else {
                continue;
            };
            let free_at = &mut self.free_at[node.index()];
            if self.present[node.index()].insert(which) {
                *free_at = (*free_at).max(now) + config.pull_time[which].1;
            }
            // A second pod that asks while the first pull runs waits for it.
            ready = ready.max(*free_at);
        }
        ready
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_pulls_an_image_once_and_one_at_a_time() {
        let config = ImageConfig {
            missing: vec![],
            pull_time: vec![
                ("a".into(), SimDuration::from_secs(60)),
                ("b".into(), SimDuration::from_secs(30)),
            ],
        };
        let (a, b) = (vec!["a".to_owned()], vec!["b".to_owned(), "unlisted".to_owned()]);
        let second = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let mut images = Images::new(2);
        assert_eq!(images.pull(NodeId(0), &a, &config, second(0)), second(60));
        assert_eq!(images.pull(NodeId(0), &b, &config, second(10)), second(90));
        assert_eq!(images.pull(NodeId(1), &a, &config, second(10)), second(70));
        assert_eq!(images.pull(NodeId(0), &a, &config, second(100)), second(100));
    }

    #[test]
    fn failed_pulls_wait_10_to_300_seconds() {
        let config = crate::control::config::ControlPlane::kubernetes().kubelet;
        let mut images = Images::new(1);
        let waits: Vec<u64> = (0..7)
            .map(|_| images.failed_pull(PodId(0), &config).as_nanos() / 1_000_000_000)
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    }
}
