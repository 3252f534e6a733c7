//! Which pods a ReplicaSet gives up when it shrinks (`pkg/controller/controller_utils.go: ActivePodsWithRanks.Less`,
//! `pkg/controller/replicaset/replica_set.go: getPodsToDelete, getPodsRankedByRelatedPodsOnSameNode`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::kernel::SimTime;

/// Phases of an active pod, the one given up first first (`controller_utils.go: podPhaseToOrdinal`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActivePhase {
    /// Not started.
    Pending,
    /// Its node does not answer.
    Unknown,
    /// Started.
    Running,
}

/// What the choice depends on, of one active pod. The API keeps times in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Number of the node the pod is bound to, if it is.
    pub node: Option<u32>,
    /// Phase.
    pub phase: ActivePhase,
    /// When condition Ready became True, if it is.
    pub ready_since: Option<SimTime>,
    /// Annotation `controller.kubernetes.io/pod-deletion-cost`, 0 without.
    pub deletion_cost: i32,
    /// Active pods of the same owner's ReplicaSets on the pod's node, this one included ([`rank_by_node`]).
    pub rank: u32,
    /// Highest restart count of its containers.
    pub restarts: u32,
    /// Highest restart count of its restartable init containers (sidecars).
    pub sidecar_restarts: u32,
    /// `metadata.creationTimestamp`.
    pub created: SimTime,
    /// Stands for `metadata.uid`, which is random: the last tie-breaker.
    pub uid: u64,
}

/// Fills in the ranks of `candidates`. `related_nodes` are the nodes of all active pods of the ReplicaSets with the same
/// controller (without a controller: of this ReplicaSet), candidates included.
pub fn rank_by_node(candidates: &mut [Candidate], related_nodes: impl IntoIterator<Item = Option<u32>>) {
    let mut pods_on_node: BTreeMap<Option<u32>, u32> = BTreeMap::new();
    for node in related_nodes {
        *pods_on_node.entry(node).or_default() += 1;
    }
    for candidate in candidates {
        candidate.rank = pods_on_node.get(&candidate.node).copied().unwrap_or(0);
    }
}

/// The subscripts of the `count` candidates to delete at `now`, the first to go first. If all go, they go as given
/// (`getPodsToDelete` does not sort then).
#[must_use]
pub fn victims(candidates: &[Candidate], now: SimTime, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    if count < candidates.len() {
        order = merge_sort(order, &|a, b| less(&candidates[a], &candidates[b], now));
        order.truncate(count);
    }
    order
}

/// Whether `a` goes before `b`.
///
/// Not transitive in all cases: pods that became ready at the same instant are told apart by restarts and age, others whose
/// ages only lie in the same power of two by uid. Hence no `Ord`.
fn less(a: &Candidate, b: &Candidate, now: SimTime) -> bool {
    let by_state = a
        .node
        .is_some()
        .cmp(&b.node.is_some())
        .then(a.phase.cmp(&b.phase))
        .then(a.ready_since.is_some().cmp(&b.ready_since.is_some()))
        .then(a.deletion_cost.cmp(&b.deletion_cost))
        .then(b.rank.cmp(&a.rank));
    if by_state != Ordering::Equal {
        return by_state == Ordering::Less;
    }
    if let (Some(ready_a), Some(ready_b)) = (a.ready_since, b.ready_since)
        && ready_a != ready_b
    {
        return younger(a, ready_a, b, ready_b, now);
    }
    let by_restarts = b
        .restarts
        .cmp(&a.restarts)
        .then(b.sidecar_restarts.cmp(&a.sidecar_restarts));
    if by_restarts != Ordering::Equal {
        return by_restarts == Ordering::Less;
    }
    if a.created != b.created {
        return younger(a, a.created, b, b.created, now);
    }
    a.uid < b.uid
}

/// Compares two ages by powers of two of their nanoseconds, then by uid (`controller_utils.go: logarithmicRankDiff`): of
/// pods about equally old a random one goes, so that scaling down does not empty the newest nodes only.
fn younger(a: &Candidate, since_a: SimTime, b: &Candidate, since_b: SimTime, now: SimTime) -> bool {
    let power = |since: SimTime| now.since(since).as_nanos().checked_ilog2();
    power(since_a).cmp(&power(since_b)).then(a.uid.cmp(&b.uid)) == Ordering::Less
}

/// A stable merge sort that does not mind an intransitive `less` (the standard library's sort may panic on one).
fn merge_sort(mut items: Vec<usize>, less: &impl Fn(usize, usize) -> bool) -> Vec<usize> {
    if items.len() < 2 {
        return items;
    }
    let right = merge_sort(items.split_off(items.len() / 2), less);
    let left = merge_sort(items, less);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(&&first), Some(&&second)) = (l.peek(), r.peek()) {
        if less(second, first) {
            merged.push(second);
            r.next();
        } else {
            merged.push(first);
            l.next();
        }
    }
    merged.extend(l.chain(r));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: SimTime = SimTime::from_nanos(1_000_000_000_000);

    fn seconds(secs: u64) -> SimTime {
        SimTime::from_nanos(secs * 1_000_000_000)
    }

    /// A pod that ran undisturbed for a long time.
    fn settled(uid: u64) -> Candidate {
        Candidate {
            node: Some(1),
            phase: ActivePhase::Running,
            ready_since: Some(seconds(101)),
            deletion_cost: 0,
            rank: 1,
            restarts: 0,
            sidecar_restarts: 0,
            created: seconds(100),
            uid,
        }
    }

    #[test]
    fn each_criterion_decides_before_all_that_follow() {
        let s = settled(9);
        // In the order of the rules: every pod is worse than the one before by one criterion, and has a lower uid.
        let ladder = [
            Candidate {
                node: None,
                phase: ActivePhase::Pending,
                ready_since: None,
                uid: 30,
                ..s
            },
            Candidate {
                phase: ActivePhase::Pending,
                ready_since: None,
                uid: 29,
                ..s
            },
            Candidate {
                phase: ActivePhase::Unknown,
                ready_since: None,
                uid: 28,
                ..s
            },
            Candidate {
                ready_since: None,
                uid: 27,
                ..s
            },
            Candidate {
                deletion_cost: -5,
                uid: 26,
                ..s
            },
            Candidate { rank: 3, uid: 25, ..s },
            Candidate { rank: 2, uid: 24, ..s },
            Candidate {
                ready_since: Some(seconds(990)),
                restarts: 0,
                uid: 23,
                ..s
            }, // 10 s: 2^33 ns
            Candidate {
                ready_since: Some(seconds(900)),
                restarts: 7,
                uid: 22,
                ..s
            }, // 100 s: 2^36 ns
            Candidate {
                restarts: 2,
                uid: 21,
                ..s
            },
            Candidate {
                restarts: 1,
                sidecar_restarts: 4,
                uid: 20,
                ..s
            },
            Candidate {
                restarts: 1,
                uid: 19,
                ..s
            },
            Candidate {
                created: seconds(999),
                uid: 18,
                ..s
            },
            Candidate {
                created: seconds(700),
                uid: 17,
                ..s
            },
            Candidate { uid: 3, ..s },
            Candidate { uid: 4, ..s },
            Candidate {
                deletion_cost: 1,
                uid: 2,
                ..s
            },
        ];
        let shuffled: Vec<Candidate> = (0..ladder.len()).map(|k| ladder[k * 7 % ladder.len()]).collect();
        let order = victims(&shuffled, NOW, ladder.len() - 1);
        let uids: Vec<u64> = order.iter().map(|&k| shuffled[k].uid).collect();
        let expected: Vec<u64> = ladder.iter().take(ladder.len() - 1).map(|c| c.uid).collect();
        assert_eq!(uids, expected);
    }

    #[test]
    fn ages_within_a_power_of_two_are_equal_and_the_uid_decides() {
        // 40 s = 2^35.2 ns and 60 s = 2^35.8 ns; 30 s = 2^34.8 ns.
        let at = |age: u64, uid| Candidate {
            ready_since: Some(seconds(1000 - age)),
            ..settled(uid)
        };
        assert!(less(&at(60, 1), &at(40, 2), NOW));
        assert!(less(&at(40, 1), &at(60, 2), NOW));
        assert!(less(&at(30, 2), &at(40, 1), NOW));
        // Ready this very moment, or by a clock that is ahead: younger than all.
        assert!(less(&at(0, 2), &at(1, 1), NOW));
    }

    #[test]
    fn ready_at_the_same_time_leaves_it_to_restarts() {
        let a = Candidate {
            restarts: 1,
            uid: 2,
            ..settled(0)
        };
        assert!(less(&a, &settled(1), NOW));
        assert!(!less(&settled(1), &a, NOW));
        // Another instant in the same power of two: the uid decides, restarts are not looked at.
        let b = Candidate {
            ready_since: Some(seconds(102)),
            ..settled(1)
        };
        assert!(less(&b, &a, NOW));
    }

    #[test]
    fn crowded_nodes_are_relieved_first() {
        let mut pods: Vec<Candidate> = [Some(4), Some(5), Some(4), Some(6)]
            .iter()
            .zip(1..)
            .map(|(&node, uid)| Candidate { node, ..settled(uid) })
            .collect();
        // An older ReplicaSet of the same Deployment has two pods on node 6 and one that waits.
        let related = pods
            .iter()
            .map(|p| p.node)
            .chain([Some(6), Some(6), None])
            .collect::<Vec<_>>();
        rank_by_node(&mut pods, related);
        assert_eq!(pods.iter().map(|p| p.rank).collect::<Vec<_>>(), [2, 1, 2, 3]);
        assert_eq!(victims(&pods, NOW, 3), [3, 0, 2]);
    }

    #[test]
    fn all_go_unsorted() {
        let pods = [settled(3), settled(1), settled(2)];
        assert_eq!(victims(&pods, NOW, 3), [0, 1, 2]);
        assert_eq!(victims(&pods, NOW, 2), [1, 2]);
        assert_eq!(victims(&pods, NOW, 0), [0; 0]);
        assert_eq!(victims(&[], NOW, 5), [0; 0]);
    }

    fn any_candidate() -> impl Strategy<Value = Candidate> {
        let phase = prop::sample::select(vec![ActivePhase::Pending, ActivePhase::Unknown, ActivePhase::Running]);
        let ready = prop::option::of((0..1000u64).prop_map(seconds));
        (
            prop::option::of(0..3u32),
            phase,
            ready,
            -1..2i32,
            0..3u32,
            0..2u32,
            0..1000u64,
        )
            .prop_map(
                |(node, phase, ready_since, deletion_cost, rank, restarts, created)| Candidate {
                    node,
                    phase,
                    ready_since,
                    deletion_cost,
                    rank,
                    restarts,
                    sidecar_restarts: 0,
                    created: seconds(created),
                    uid: 0,
                },
            )
    }

    proptest! {
        #[test]
        fn the_choice_is_a_set_of_that_size_and_less_is_antisymmetric(
            mut pods in prop::collection::vec(any_candidate(), 0..40), count in 0..45usize,
        ) {
            for (k, pod) in pods.iter_mut().enumerate() {
                pod.uid = (k as u64 * 31) % 41;
            }
            let mut chosen = victims(&pods, NOW, count);
            prop_assert_eq!(chosen.len(), count.min(pods.len()));
            chosen.sort_unstable();
            chosen.dedup();
            prop_assert_eq!(chosen.len(), count.min(pods.len()));
            for a in &pods {
                for b in &pods {
                    prop_assert_eq!(less(a, b, NOW), a.uid != b.uid && !less(b, a, NOW));
                }
            }
        }
    }
}
