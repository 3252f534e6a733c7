//! Zones: how ill each is, and how fast its nodes may get the NoExecute taint
//! (`pkg/controller/nodelifecycle/node_lifecycle_controller.go: ComputeZoneState, handleDisruption`,
//! `pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go: RateLimitedTimedQueue`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::cluster::ids::NodeId;
use crate::cluster::spec::NodeSpec;
use crate::control::node_lifecycle::NodeLifecycleConfig;
use crate::kernel::SimTime;
use crate::kernel::time::NANOS_PER_SEC;

/// State of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneState {
    /// Few nodes are not ready.
    Normal,
    /// Many are not: three or more, and at least the threshold's share.
    PartialDisruption,
    /// None is ready.
    FullDisruption,
}

/// Ready and unready nodes of a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Condition Ready is True.
    pub ready: u32,
    /// It is False or Unknown.
    pub not_ready: u32,
}

/// `ComputeZoneState`.
#[must_use]
pub fn zone_state(health: Health, config: &NodeLifecycleConfig) -> ZoneState {
    let Health { ready, not_ready } = health;
    let share = f64::from(not_ready) / f64::from((ready + not_ready).max(1));
    if ready == 0 && not_ready > 0 {
        ZoneState::FullDisruption
    } else if not_ready > 2 && share >= config.unhealthy_zone_threshold {
        ZoneState::PartialDisruption
    } else {
        ZoneState::Normal
    }
}

/// The key of a node's zone (`staging/src/k8s.io/component-helpers/node/topology/helpers.go: GetZoneKey`): empty without labels.
#[must_use]
pub fn zone_key(node: &NodeSpec) -> String {
    let label = |names: [&str; 2]| names.into_iter().find_map(|name| node.labels.get(name));
    let region = label([
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/region",
    ]);
    let zone = label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]);
    match (region, zone) {
        (None, None) => String::new(),
        (region, zone) => format!(
            "{}:\0:{}",
            region.map_or("", String::as_str),
            zone.map_or("", String::as_str)
        ),
    }
}

/// A token bucket of one token, or none at all.
#[derive(Clone, Copy, Debug)]
struct Limiter {
    /// Nanoseconds between two tokens; `None`: there are none.
    interval: Option<u64>,
    /// When the next token is there.
    next: SimTime,
}

impl Limiter {
    fn new(rate: f64) -> Self {
        Self {
            interval: (rate > 0.0).then(|| (NANOS_PER_SEC as f64 / rate).round() as u64),
            next: SimTime::ZERO,
        }
    }
    fn try_accept(&mut self, now: SimTime) -> bool {
        let Some(interval) = self.interval else { return false };
        let accepted = now >= self.next;
        if accepted {
            self.next = SimTime::from_nanos(now.as_nanos().saturating_add(interval));
        }
        accepted
    }
    /// `SwapLimiter`: who waits for the old one does not get the new one's token at once.
    fn swap(&mut self, rate: f64, now: SimTime) {
        let mut new = Self::new(rate);
        if self.interval != new.interval {
            if !self.try_accept(now) {
                new.try_accept(now);
            }
            *self = new;
        }
    }
}

/// One zone: its state and the nodes that are to get the NoExecute taint.
#[derive(Clone, Debug)]
struct Zone {
    state: ZoneState,
    limiter: Limiter,
    queue: VecDeque<NodeId>,
    /// Those that are or were in the queue, until somebody says that they are well.
    known: BTreeSet<NodeId>,
}

/// All zones.
#[derive(Clone, Debug, Default)]
pub struct Zones(BTreeMap<String, Zone>);

impl Zones {
    /// Queues a node that is not ready; nothing happens if it was queued before.
    pub fn add(&mut self, key: &str, node: NodeId, config: &NodeLifecycleConfig) {
        let zone = self.0.entry(key.to_owned()).or_insert_with(|| Zone::new(config));
        if zone.known.insert(node) {
            zone.queue.push_back(node);
        }
    }
    /// Forgets a node that is well again, or gone. Says whether it was known.
    pub fn remove(&mut self, key: &str, node: NodeId) -> bool {
        let Some(zone) = self.0.get_mut(key) else { return false };
        zone.queue.retain(|queued| *queued != node);
        zone.known.remove(&node)
    }
    /// Takes the nodes that may get the taint at `now`; those that are `well` again cost a token as well.
    pub fn take(&mut self, now: SimTime) -> Vec<NodeId> {
        let mut taken = Vec::new();
        for zone in self.0.values_mut() {
            while !zone.queue.is_empty() && zone.limiter.try_accept(now) {
                taken.extend(zone.queue.pop_front());
            }
        }
        taken
    }
    /// When the next node may get the taint; `None` if none waits, or none may.
    #[must_use]
    pub fn next(&self) -> Option<SimTime> {
        let waiting = self.0.values().filter(|zone| !zone.queue.is_empty());
        waiting
            .filter_map(|zone| zone.limiter.interval.map(|_| zone.limiter.next))
            .min()
    }

    /// `handleDisruption`: takes the health of every zone with nodes.
    pub fn update(
        &mut self,
        health: &BTreeMap<String, Health>,
        config: &NodeLifecycleConfig,
        now: SimTime,
    ) -> Disruption {
        let full = |state: ZoneState| state == ZoneState::FullDisruption;
        let new: BTreeMap<&String, ZoneState> = health.iter().map(|(key, h)| (key, zone_state(*h, config))).collect();
        for key in health.keys() {
            self.0.entry(key.clone()).or_insert_with(|| Zone::new(config));
        }
        self.0.retain(|key, _| health.contains_key(key));
        let are_full = !new.is_empty() && new.values().all(|state| full(*state));
        let were_full = !self.0.is_empty() && self.0.values().all(|zone| full(zone.state));
        if are_full && were_full {
            return Disruption::AsBefore;
        }
        if are_full {
            for zone in self.0.values_mut() {
                zone.state = ZoneState::FullDisruption;
                zone.limiter.swap(0.0, now);
            }
            return Disruption::Everywhere;
        }
        for (key, zone) in &mut self.0 {
            let (state, health) = (new[key], health[key]);
            if zone.state != state || were_full {
                zone.limiter
                    .swap(rate(state, health.ready + health.not_ready, config), now);
                zone.state = state;
            }
        }
        if were_full {
            Disruption::OverAgain
        } else {
            Disruption::AsBefore
        }
    }
}

/// What a look at all zones showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disruption {
    /// Neither of the other two.
    AsBefore,
    /// From now on no zone has a ready node: it is rather the control plane that is cut off, so all evictions stop and all
    /// NoExecute taints go.
    Everywhere,
    /// The end of that: every node gets a new grace period.
    OverAgain,
}

impl Zone {
    fn new(config: &NodeLifecycleConfig) -> Self {
        Self {
            state: ZoneState::Normal,
            limiter: Limiter::new(config.eviction_rate),
            queue: VecDeque::new(),
            known: BTreeSet::new(),
        }
    }
}

/// `setLimiterInZone`: nodes per second that may get the taint. A zone that is down as a whole is drained at the usual rate, as
/// others work.
fn rate(state: ZoneState, nodes: u32, config: &NodeLifecycleConfig) -> f64 {
    match state {
        ZoneState::Normal | ZoneState::FullDisruption => config.eviction_rate,
        ZoneState::PartialDisruption if nodes > config.large_cluster_size_threshold => config.secondary_eviction_rate,
        ZoneState::PartialDisruption => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    fn health(ready: u32, not_ready: u32) -> Health {
        Health { ready, not_ready }
    }
    fn second(s: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(s)
    }
    fn zones(all: &[(&str, u32, u32)]) -> BTreeMap<String, Health> {
        all.iter()
            .map(|(key, r, n)| ((*key).to_owned(), health(*r, *n)))
            .collect()
    }

    /// By hand from `ComputeZoneState`: all, two of three, three of five (60 %), three of six (50 %), 11 of 20 (55 %).
    #[test]
    fn states_of_a_zone() {
        use ZoneState::{FullDisruption, Normal, PartialDisruption};
        let config = NodeLifecycleConfig::kubernetes();
        for (ready, not_ready, state) in [
            (0, 0, Normal),
            (0, 1, FullDisruption),
            (1, 2, Normal),
            (2, 3, PartialDisruption),
            (3, 3, Normal),
            (9, 11, PartialDisruption),
            (10, 10, Normal),
            (100, 2, Normal),
        ] {
            assert_eq!(
                zone_state(health(ready, not_ready), &config),
                state,
                "{ready} {not_ready}"
            );
        }
    }

    fn taken_at(zones: &mut Zones, until: u64) -> Vec<(u64, NodeId)> {
        (0..until)
            .flat_map(|s| zones.take(second(s)).into_iter().map(move |node| (s, node)))
            .collect()
    }

    #[test]
    fn the_kth_node_of_a_zone_waits_ten_seconds_times_k_less_one() {
        let config = NodeLifecycleConfig::kubernetes();
        let mut all = Zones::default();
        for node in 0..4 {
            all.add("a", NodeId(node), &config);
            all.add("a", NodeId(node), &config);
        }
        all.add("b", NodeId(9), &config);
        let expected = [(0, 0), (0, 9), (10, 1), (20, 2), (30, 3)].map(|(s, node)| (s, NodeId(node)));
        assert_eq!(taken_at(&mut all, 60), expected);
        assert_eq!(all.next(), None);
    }

    #[test]
    fn small_zones_with_many_failures_stop_and_large_ones_slow_down() {
        let config = NodeLifecycleConfig::kubernetes();
        for (size, expected) in [(50, vec![]), (51, vec![0, 100, 200])] {
            let mut all = Zones::default();
            let failed = size * 6 / 10;
            all.update(&zones(&[("a", size - failed, failed), ("b", 5, 0)]), &config, second(0));
            for node in 0..3 {
                all.add("a", NodeId(node), &config);
            }
            let times: Vec<u64> = taken_at(&mut all, 250).into_iter().map(|(s, _)| s).collect();
            assert_eq!(times, expected, "{size} nodes");
        }
    }

    #[test]
    fn one_zone_down_is_drained_and_all_zones_down_are_not() {
        let config = NodeLifecycleConfig::kubernetes();
        let mut all = Zones::default();
        all.add("a", NodeId(0), &config);
        assert_eq!(
            all.update(&zones(&[("a", 0, 3), ("b", 3, 0)]), &config, second(0)),
            Disruption::AsBefore
        );
        assert_eq!(all.take(second(0)), [NodeId(0)]);
        assert_eq!(
            all.update(&zones(&[("a", 0, 3), ("b", 0, 3)]), &config, second(5)),
            Disruption::Everywhere
        );
        all.add("b", NodeId(3), &config);
        assert_eq!(all.take(second(100)), []);
        assert_eq!(all.next(), None, "no token ever comes");
        assert_eq!(
            all.update(&zones(&[("a", 0, 3), ("b", 0, 3)]), &config, second(105)),
            Disruption::AsBefore
        );
        assert_eq!(
            all.update(&zones(&[("a", 0, 3), ("b", 1, 2)]), &config, second(110)),
            Disruption::OverAgain
        );
        // Who waited without a limiter waits one interval of the new one.
        assert_eq!(all.take(second(119)), []);
        assert_eq!(all.take(second(120)), [NodeId(3)]);
    }

    #[test]
    fn a_node_that_is_well_again_leaves_the_queue() {
        let config = NodeLifecycleConfig::kubernetes();
        let mut all = Zones::default();
        all.add("", NodeId(0), &config);
        all.add("", NodeId(1), &config);
        assert!(all.remove("", NodeId(0)));
        assert!(!all.remove("", NodeId(0)));
        assert_eq!(all.take(second(0)), [NodeId(1)]);
    }

    #[test]
    fn zones_have_regions() {
        let mut node = NodeSpec::default();
        assert_eq!(zone_key(&node), "");
        node.labels.insert("topology.kubernetes.io/zone".into(), "z1".into());
        assert_eq!(zone_key(&node), ":\0:z1");
        node.labels.insert("topology.kubernetes.io/region".into(), "r".into());
        assert_eq!(zone_key(&node), "r:\0:z1");
    }
}
