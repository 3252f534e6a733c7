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

/// An old ReplicaSet in a roll-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Old {
    /// `spec.replicas`.
    pub replicas: u32,
    /// `status.availableReplicas`.
    pub available: u32,
}

/// The resizings of the `old` ReplicaSets (the oldest first) that availability allows now, in the order of their writes: first
/// pods that are not available anyway, then as many as are available beyond `replicas` − maxUnavailable
/// (`rolling.go: reconcileOldReplicaSets, cleanupUnhealthyReplicas, scaleDownOldReplicaSetsForRollingUpdate`).
///
/// * `new`, `new_available`: `spec.replicas` and `status.availableReplicas` of the new ReplicaSet;
/// * `available`: `status.availableReplicas` of all.
///
/// The pairs are places in `old` and new sizes; one ReplicaSet may come twice.
#[must_use]
pub fn shrink(
    strategy: DeploymentStrategy,
    replicas: u32,
    new: u32,
    new_available: u32,
    available: u32,
    old: &[Old],
) -> Vec<(usize, u32)> {
    let mut steps = Vec::new();
    let min_available = strategy.min_available(replicas);
    let sum: u32 = old.iter().map(|rs| rs.replicas).sum();
    let unavailable_new = i64::from(new) - i64::from(new_available);
    let spare = i64::from(sum) + i64::from(new) - i64::from(min_available) - unavailable_new;
    let Some(mut spare) = u32::try_from(spare).ok().filter(|spare| *spare > 0 && sum > 0) else {
        return steps;
    };
    let mut sizes: Vec<u32> = old.iter().map(|rs| rs.replicas).collect();
    for (i, rs) in old.iter().enumerate() {
        let unhealthy = rs.replicas.saturating_sub(rs.available).min(spare);
        if unhealthy > 0 {
            spare -= unhealthy;
            sizes[i] -= unhealthy;
            steps.push((i, sizes[i]));
        }
    }
    let mut beyond = available.saturating_sub(min_available);
    for (i, size) in sizes.into_iter().enumerate() {
        let fewer = size.min(beyond);
        if fewer > 0 {
            beyond -= fewer;
            steps.push((i, size - fewer));
        }
    }
    steps
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

    #[test]
    fn old_replica_sets_shrink_as_availability_allows() {
        let default = DeploymentStrategy::default();
        let old = |sizes: &[(u32, u32)]| -> Vec<Old> {
            sizes
                .iter()
                .map(|(replicas, available)| Old {
                    replicas: *replicas,
                    available: *available,
                })
                .collect()
        };
        let healthy = old(&[(6, 6)]);
        // 6 wanted, 5 must be available; 2 new ones are not yet: one can go.
        assert_eq!(shrink(default, 6, 2, 0, 6, &healthy), [(0, 5)]);
        // Then none, until a new one is.
        assert_eq!(shrink(default, 6, 3, 0, 5, &old(&[(5, 5)])), []);
        assert_eq!(shrink(default, 6, 3, 1, 6, &old(&[(5, 5)])), [(0, 4)]);
        // Unhealthy ones of the oldest go first, without regard to what is available beyond the least.
        assert_eq!(shrink(default, 6, 2, 0, 4, &old(&[(2, 0), (4, 4)])), [(0, 1)]);
        assert_eq!(shrink(default, 4, 1, 1, 4, &old(&[(1, 0), (3, 3)])), [(0, 0), (1, 2)]);
        // A ReplicaSet with both comes twice.
        assert_eq!(shrink(default, 4, 4, 4, 6, &old(&[(3, 2)])), [(0, 2), (0, 0)]);
        assert_eq!(shrink(default, 4, 4, 4, 4, &[]), []);
        let safe = rolling(Int(1), Int(0));
        assert_eq!(shrink(safe, 4, 1, 0, 4, &old(&[(4, 4)])), []);
        assert_eq!(shrink(safe, 4, 1, 1, 5, &old(&[(4, 4)])), [(0, 3)]);
    }

    proptest! {
        #[test]
        fn what_is_available_stays_available(
            replicas in 1..50u32,
            new in (0..50u32, 0..50u32),
            old in prop::collection::vec((1..30u32, 0..30u32), 0..5),
            unavailable in 0..100u32,
        ) {
            let strategy = rolling(Int(1), Percent(unavailable));
            let (new, new_available) = (new.0, new.1.min(new.0));
            let old: Vec<Old> = old.iter().map(|(r, a)| Old { replicas: *r, available: *a.min(r) }).collect();
            let available = new_available + old.iter().map(|rs| rs.available).sum::<u32>();
            let mut sizes: Vec<u32> = old.iter().map(|rs| rs.replicas).collect();
            for (i, size) in shrink(strategy, replicas, new, new_available, available, &old) {
                prop_assert!(size < sizes[i]);
                sizes[i] = size;
            }
            let left: u32 = old.iter().zip(&sizes).map(|(rs, size)| rs.available.min(*size)).sum::<u32>() + new_available;
            prop_assert!(left >= strategy.min_available(replicas).min(available));
        }

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
