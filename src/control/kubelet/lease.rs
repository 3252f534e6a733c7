//! A kubelet's lease, renewed every so often (`pkg/kubelet/kubelet.go: NewMainKubelet`, `staging/src/k8s.io/component-helpers/
//! apimachinery/lease/controller.go: Run`). Nothing happens while all is well; only of a kubelet that stops somebody asks when
//! it was heard of last.

use rand::RngExt as _;

use crate::cluster::ids::NodeId;
use crate::control::config::ControlPlane;
use crate::kernel::random::{Purpose, stream};
use crate::kernel::{SimDuration, SimTime};

/// When the kubelet of `node` renewed its lease last, if it ran until `now`: each renewal comes the interval, stretched by chance,
/// after the one before.
pub(in crate::control) fn last_renewal(node: NodeId, now: SimTime, config: &ControlPlane, seed: u64) -> SimTime {
    let interval = config.kubelet.node_lease_renew_interval;
    if interval.is_zero() {
        return now;
    }
    let mut random = stream(seed, Purpose::NodeLease, u64::from(node.0), 0);
    let stretched = |share: f64| {
        let span = interval.as_secs_f64() * share;
        SimDuration::from_secs_f64(span).unwrap_or(interval)
    };
    let drawn = random.random::<f64>();
    let phases = config.node_lifecycle.phases;
    // The lease was renewed before the run began, too.
    let mut last = SimTime::ZERO;
    let mut next = SimTime::ZERO + phases.map_or_else(|| stretched(drawn), |phases| phases.lease);
    while next <= now {
        last = next;
        next += stretched(1.0 + config.kubelet.node_lease_jitter * random.random::<f64>());
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_kubelet_was_heard_of_within_one_interval() {
        let config = ControlPlane::kubernetes();
        for node in 0..50 {
            let now = SimTime::ZERO + SimDuration::from_secs(1000);
            let silence = now.since(last_renewal(NodeId(node), now, &config, 3));
            assert!(silence <= SimDuration::from_millis(10_400), "{silence}");
        }
    }

    #[test]
    fn renewals_come_every_10_to_10_4_seconds() {
        let config = ControlPlane::kubernetes();
        let mut renewals: Vec<SimTime> = (0..200)
            .map(|s| last_renewal(NodeId(0), SimTime::ZERO + SimDuration::from_secs(s), &config, 3))
            .collect();
        renewals.dedup();
        let gaps = renewals[1..].windows(2).map(|w| w[1].since(w[0]).as_secs_f64());
        assert!(gaps.clone().all(|gap| (10.0..=10.4).contains(&gap)), "{renewals:?}");
        assert!(gaps.count() > 15);
    }
}
