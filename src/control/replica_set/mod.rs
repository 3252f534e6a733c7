//! Decisions of the ReplicaSet controller that need nothing but their arguments
//! (`pkg/controller/replicaset/replica_set.go: manageReplicas`).

pub mod availability;
pub mod deletion_order;
pub mod slow_start;

/// The most pods one sync of a ReplicaSet creates or deletes (`replica_set.go: BurstReplicas`).
pub const BURST_REPLICAS: u32 = 500;

/// What one sync of a ReplicaSet does about its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Create this many pods, in [`slow_start::batches`].
    Create(u32),
    /// Delete this many pods, chosen by [`deletion_order::victims`], all at once.
    Delete(u32),
    /// The size is right.
    Nothing,
}

/// Compares the active pods (not Succeeded, not Failed, not terminating: `controller_utils.go: FilterActivePods`) with the
/// size wanted, at most `burst` at a time (Kubernetes: [`BURST_REPLICAS`]).
#[must_use]
pub fn adjustment(active: u32, replicas: u32, burst: u32) -> Adjustment {
    match active.cmp(&replicas) {
        std::cmp::Ordering::Less => Adjustment::Create((replicas - active).min(burst)),
        std::cmp::Ordering::Greater => Adjustment::Delete((active - replicas).min(burst)),
        std::cmp::Ordering::Equal => Adjustment::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_closes_the_gap_in_steps_of_500_at_most() {
        for (active, replicas, expected) in [
            (0, 0, Adjustment::Nothing),
            (7, 7, Adjustment::Nothing),
            (0, 200, Adjustment::Create(200)),
            (3, 4, Adjustment::Create(1)),
            (0, 501, Adjustment::Create(500)),
            (10, 3, Adjustment::Delete(7)),
            (900, 0, Adjustment::Delete(500)),
            (0, u32::MAX, Adjustment::Create(500)),
        ] {
            assert_eq!(
                adjustment(active, replicas, BURST_REPLICAS),
                expected,
                "{active} of {replicas}"
            );
        }
    }
}
