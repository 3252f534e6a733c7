//! How many pods a roll-out may have and miss, and the size of the new ReplicaSet
//! (`pkg/controller/deployment/util/deployment_util.go`, `rolling.go: reconcileNewReplicaSet`).

pub use crate::cluster::spec::{DeploymentStrategy, IntOrPercent};

/// Bounds of a roll-out in pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// Pods there may be above the size wanted.
    pub max_surge: u32,
    /// Pods that may be missing.
    pub max_unavailable: u32,
}

/// Turns both bounds into pods for a size of `replicas`: surge rounds up, unavailable down; as both 0 would never get
/// anywhere, unavailable becomes 1 then (`deployment_util.go: ResolveFenceposts`).
#[must_use]
pub fn resolve_fenceposts(max_surge: IntOrPercent, max_unavailable: IntOrPercent, replicas: u32) -> Fenceposts {
    let max_surge = max_surge.of(replicas, true);
    let mut max_unavailable = max_unavailable.of(replicas, false);
    if max_surge == 0 && max_unavailable == 0 {
        max_unavailable = 1;
    }
    Fenceposts {
        max_surge,
        max_unavailable,
    }
}

impl DeploymentStrategy {
    /// The bounds for a Deployment of `replicas`; both 0 for Recreate, unavailable at most `replicas`
    /// (`deployment_util.go: MaxSurge, MaxUnavailable`).
    #[must_use]
    pub fn fenceposts(self, replicas: u32) -> Fenceposts {
        match self {
            Self::Recreate => Fenceposts {
                max_surge: 0,
                max_unavailable: 0,
            },
            Self::RollingUpdate {
                max_surge,
                max_unavailable,
            } => {
                let posts = resolve_fenceposts(max_surge, max_unavailable, replicas);
                Fenceposts {
                    max_unavailable: posts.max_unavailable.min(replicas),
                    ..posts
                }
            }
        }
    }

    /// Pods that must stay available: `replicas` − maxUnavailable.
    #[must_use]
    pub fn min_available(self, replicas: u32) -> u32 {
        replicas - self.fenceposts(replicas).max_unavailable
    }
}

/// The size the new ReplicaSet may have now (`deployment_util.go: NewRSNewReplicas`, and for a ReplicaSet that is too big
/// `rolling.go: reconcileNewReplicaSet`): as much of `replicas` as fits under `replicas` + maxSurge beside the
/// `old_replica_sets`.
///
/// * `replicas`: `spec.replicas` of the Deployment;
/// * `new_replica_set`: present `spec.replicas` of the new ReplicaSet, 0 if it is about to be created;
/// * `old_replica_sets`: sum of `spec.replicas` of all others. Recreate waits for their pods to go before it asks.
///
/// With a single ReplicaSet the answer is `replicas`: creation and scaling go in one step (`sync.go: scale` likewise).
#[must_use]
pub fn new_replica_set_size(
    strategy: DeploymentStrategy,
    replicas: u32,
    new_replica_set: u32,
    old_replica_sets: u32,
) -> u32 {
    if new_replica_set >= replicas {
        return replicas;
    }
    match strategy {
        DeploymentStrategy::Recreate => replicas,
        DeploymentStrategy::RollingUpdate { max_surge, .. } => {
            let most = replicas.saturating_add(max_surge.of(replicas, true));
            let room = most.saturating_sub(new_replica_set.saturating_add(old_replica_sets));
            new_replica_set + room.min(replicas - new_replica_set)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IntOrPercent::{Int, Percent};
    use super::*;
    use proptest::prelude::*;

    fn rolling(max_surge: IntOrPercent, max_unavailable: IntOrPercent) -> DeploymentStrategy {
        DeploymentStrategy::RollingUpdate {
            max_surge,
            max_unavailable,
        }
    }

    #[test]
    fn surge_rounds_up_and_unavailable_down() {
        for (surge, unavailable, replicas, expected) in [
            (Percent(25), Percent(25), 1, (1, 0)),  // 0.25
            (Percent(25), Percent(25), 4, (1, 1)),  // 1
            (Percent(25), Percent(25), 5, (2, 1)),  // 1.25
            (Percent(25), Percent(25), 10, (3, 2)), // 2.5
            (Percent(0), Percent(25), 3, (0, 1)),   // 0 and 0.75: both 0, so 1
            (Int(0), Int(0), 3, (0, 1)),
            (Int(2), Percent(50), 5, (2, 2)),
            (Percent(150), Int(7), 2, (3, 2)),     // unavailable is capped at the size
            (Percent(25), Percent(25), 0, (0, 0)), // 1, capped at 0
        ] {
            let posts = rolling(surge, unavailable).fenceposts(replicas);
            assert_eq!(
                (posts.max_surge, posts.max_unavailable),
                expected,
                "{surge:?} {unavailable:?} of {replicas}"
            );
        }
        assert_eq!(
            resolve_fenceposts(Percent(0), Percent(0), 0),
            Fenceposts {
                max_surge: 0,
                max_unavailable: 1
            }
        );
        assert_eq!(DeploymentStrategy::Recreate.min_available(4), 4);
        assert_eq!(DeploymentStrategy::default().min_available(10), 8);
    }

    #[test]
    fn the_new_replica_set_takes_what_fits_beside_the_old() {
        let default = DeploymentStrategy::default();
        for (strategy, replicas, new, old, expected) in [
            (default, 10, 0, 0, 10),               // first creation
            (default, 10, 4, 0, 10),               // scaled up: 13 - 4 = 9, but 6 are missing
            (default, 3, 10, 0, 3),                // scaled down
            (default, 0, 10, 0, 0),                // scaled to zero
            (default, 10, 0, 10, 3),               // roll-out begins: 10 + 3 - 10
            (default, 10, 3, 10, 3),               // no room: 13 - 13
            (default, 10, 3, 8, 5),                // 13 - 11
            (default, 10, 8, 1, 10),               // 13 - 9 = 4, but 2 are missing
            (rolling(Int(0), Int(1)), 4, 0, 4, 0), // waits for the old to shrink
            (rolling(Int(0), Int(1)), 4, 0, 3, 1), // 4 - 3
            (DeploymentStrategy::Recreate, 4, 0, 0, 4),
        ] {
            assert_eq!(
                new_replica_set_size(strategy, replicas, new, old),
                expected,
                "{replicas} {new} {old}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_single_replica_set_always_takes_the_size_wanted(replicas: u32, new: u32, surge in 0..300u32) {
            let strategy = rolling(Percent(surge), Percent(25));
            prop_assert_eq!(new_replica_set_size(strategy, replicas, new, 0), replicas);
        }

        #[test]
        fn a_roll_out_keeps_under_its_ceiling(replicas in 0..1000u32, new in 0..1000u32, old in 0..1000u32, surge in 0..300u32) {
            let strategy = rolling(Percent(surge), Percent(0));
            let size = new_replica_set_size(strategy, replicas, new, old);
            let ceiling = replicas + strategy.fenceposts(replicas).max_surge;
            prop_assert!(size <= replicas);
            prop_assert!(size + old <= ceiling.max(new + old));
            prop_assert!(size >= new.min(replicas));
        }
    }
}
