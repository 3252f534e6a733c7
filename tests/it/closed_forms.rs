//! Closed forms that hold exactly under the `ideal` control plane.

use makespan::control::{ControlPlane, End};
use makespan::kernel::SimDuration;
use makespan::kernel::random::distribution::Distribution;
use makespan::workload::strategy::Strategy;

use crate::support::{copies, makespan, play};

fn ideal(nodes: u32, gpus: i64, n: u32, d: u64, strategy: Strategy) -> SimDuration {
    let store = copies(nodes, gpus, n, &Distribution::Fixed(SimDuration::from_nanos(d)));
    let (store, outcome) = play(store, strategy, ControlPlane::ideal(), 1);
    assert_eq!(outcome.end, End::Finished);
    makespan(&store)
}

/// One by one: n·d. At once: ⌈n/c⌉·d. Batches of k: Σ ⌈k/c⌉·d. To the nanosecond.
#[test]
fn makespans_of_equal_jobs() {
    for (nodes, gpus) in [(1, 1), (1, 4), (3, 2), (4, 8)] {
        let c = u64::from(nodes) * gpus as u64;
        for n in [1u32, 2, 7, 32, 33, 100] {
            for d in [1, 999_999_937, 300_000_000_000] {
                let nanos = |span: SimDuration| span.as_nanos();
                let n64 = u64::from(n);
                assert_eq!(nanos(ideal(nodes, gpus, n, d, Strategy::Sequential)), n64 * d);
                assert_eq!(
                    nanos(ideal(nodes, gpus, n, d, Strategy::Parallel)),
                    n64.div_ceil(c) * d,
                    "n {n} c {c} d {d}"
                );
                let k = 5;
                let batches = (n64 / k) * k.div_ceil(c) + (n64 % k).div_ceil(c);
                assert_eq!(nanos(ideal(nodes, gpus, n, d, Strategy::Batched(5))), batches * d);
                assert_eq!(
                    nanos(ideal(nodes, gpus, n, d, Strategy::Windowed(5))),
                    n64.div_ceil(c.min(k)) * d
                );
            }
        }
    }
}
