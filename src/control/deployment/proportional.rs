//! Scaling in the middle of a roll-out: the pods to add or take are shared out among the ReplicaSets in proportion to their
//! sizes (`pkg/controller/deployment/sync.go: scale`, `util/deployment_util.go: GetReplicaSetProportion`).

/// What counts of one ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Present `spec.replicas`, more than 0.
    pub replicas: u32,
    /// Annotation `deployment.kubernetes.io/max-replicas`, 0 if there is none.
    pub max_replicas: u32,
}

/// The new sizes of the ReplicaSets, which come in order of creation, for a Deployment that may now have `allowed` pods in all.
#[must_use]
pub fn sizes(sets: &[Share], replicas: u32, max_surge: u32) -> Vec<u32> {
    let allowed = if replicas > 0 {
        i64::from(replicas) + i64::from(max_surge)
    } else {
        0
    };
    let total: i64 = sets.iter().map(|s| i64::from(s.replicas)).sum();
    let to_add = allowed - total;
    let mut sizes: Vec<i64> = sets.iter().map(|s| i64::from(s.replicas)).collect();
    if to_add == 0 {
        return sets.iter().map(|s| s.replicas).collect();
    }
    // The largest first; of equal ones the newer first to grow, the older first to shrink.
    let mut order: Vec<usize> = (0..sets.len()).collect();
    if to_add > 0 {
        order.reverse();
    }
    order.sort_by(|a, b| sets[*b].replicas.cmp(&sets[*a].replicas));
    let annotated = i64::from(replicas) + i64::from(max_surge);
    let mut added = 0;
    for which in &order {
        let share = proportion(sets[*which], annotated, replicas, to_add, added);
        sizes[*which] += share;
        added += share;
    }
    // The rounding's left-overs are the largest one's.
    if let Some(first) = order.first() {
        sizes[*first] = (sizes[*first] + to_add - added).max(0);
    }
    sizes
        .into_iter()
        .map(|size| u32::try_from(size.max(0)).unwrap_or(u32::MAX))
        .collect()
}

/// The share of one ReplicaSet in `to_add` pods, of which `added` are given away already.
fn proportion(set: Share, annotated: i64, replicas: u32, to_add: i64, added: i64) -> i64 {
    if set.replicas == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = fraction(set, annotated, replicas);
    let allowed = to_add - added;
    if to_add > 0 {
        fraction.min(allowed)
    } else {
        fraction.max(allowed)
    }
}

/// How far the ReplicaSet would grow if its part of the whole stayed the same (`getReplicaSetFraction`). Rounded half away from
/// zero, in whole numbers.
fn fraction(set: Share, annotated: i64, replicas: u32) -> i64 {
    if replicas == 0 {
        return -i64::from(set.replicas);
    }
    // The controller annotates every ReplicaSet; one without tells nothing of the whole.
    let before = match set.max_replicas {
        0 => return 0,
        before => i64::from(before),
    };
    let doubled = 2 * i64::from(set.replicas) * annotated + before;
    doubled.div_euclid(2 * before) - i64::from(set.replicas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn share(replicas: u32, max_replicas: u32) -> Share {
        Share { replicas, max_replicas }
    }

    #[test]
    fn pods_are_shared_out_by_size() {
        // The documentation's example: 10 replicas, maxSurge 3, 8 old and 5 new; scaled to 15 (18 in all).
        assert_eq!(sizes(&[share(8, 13), share(5, 13)], 15, 3), [11, 7]);
        // Down to 5 with a surge of 2: 7 in all; 8·7/13 = 4.3, 5·7/13 = 2.7.
        assert_eq!(sizes(&[share(8, 13), share(5, 13)], 5, 2), [4, 3]);
        // Equal sizes, one more: the newer grows. 5·11/10 = 5.5 is 6.
        assert_eq!(sizes(&[share(5, 10), share(5, 10)], 11, 0), [5, 6]);
        // One less: the older shrinks. 5·9/10 = 4.5 is 5 for both, so the left-over is the older one's.
        assert_eq!(sizes(&[share(5, 10), share(5, 10)], 9, 0), [4, 5]);
        assert_eq!(sizes(&[share(8, 13), share(5, 13)], 0, 0), [0, 0]);
        assert_eq!(sizes(&[share(8, 13), share(5, 13)], 10, 3), [8, 5]);
        // Nobody annotated: all goes to the largest.
        assert_eq!(sizes(&[share(3, 0), share(2, 0)], 9, 0), [7, 2]);
    }

    proptest! {
        #[test]
        fn all_that_is_allowed_is_given(sets in prop::collection::vec((1..50u32, 1..200u32), 1..6), replicas in 1..300u32, surge in 0..50u32) {
            // As Kubernetes annotates them: all alike, and never below the pods there are.
            let total: u32 = sets.iter().map(|(size, _)| size).sum();
            let max = total.max(sets[0].1);
            let shares: Vec<Share> = sets.iter().map(|(size, _)| share(*size, max)).collect();
            let new: u32 = sizes(&shares, replicas, surge).iter().sum();
            // Where the rounding leaves the largest one to give more than it has, it gives all it has.
            let allowed = replicas + surge;
            prop_assert!((allowed..allowed + sets.len() as u32).contains(&new), "{} of {}", new, allowed);
        }
    }
}
