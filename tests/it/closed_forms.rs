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

#[test]
fn kubernetes_smoke() {
    for n in [1u32, 10, 30, 100] {
        let mut plane = ControlPlane::kubernetes();
        plane.kubelet.start_latency = SimDuration::from_millis(500);
        plane.kubelet.pleg_relist_period = SimDuration::ZERO;
        let store = copies(200, 8, n, &Distribution::Fixed(SimDuration::from_secs(2)));
        let (store, outcome) = play(store, Strategy::Parallel, plane, 1);
        println!("n {n}: {} events {} {:?}", makespan(&store), outcome.events, outcome);
    }
}

#[test]
fn kubernetes_smoke2() {
    let plane = || {
        let mut plane = ControlPlane::kubernetes();
        plane.kubelet.start_latency = SimDuration::from_millis(500);
        plane.kubelet.pleg_relist_period = SimDuration::ZERO;
        plane
    };
    let go = |name: &str, nodes, gpus, n, d, s: Strategy, real: f64| {
        let store = copies(nodes, gpus, n, &Distribution::Fixed(SimDuration::from_secs(d)));
        let (store, outcome) = play(store, s, plane(), 1);
        let m = makespan(&store).as_secs_f64();
        let last_created = store.pods.iter().map(|p| p.created).max().unwrap();
        println!(
            "{name}: {m:.2} real {real} err {:.1}% last created {last_created} ev {} att {}",
            (m / real - 1.0) * 100.0,
            outcome.events,
            outcome.scheduling_attempts
        );
    };
    go("thr-par-10", 200, 8, 10, 2, Strategy::Parallel, 3.89);
    go("thr-par-30", 200, 8, 30, 2, Strategy::Parallel, 9.22);
    go("thr-par-100", 200, 8, 100, 2, Strategy::Parallel, 29.18);
    go("thr-par-200", 200, 8, 200, 2, Strategy::Parallel, 58.56);
    go("thr-par-1000", 200, 8, 1000, 2, Strategy::Parallel, 300.2);
    go("thr-seq-10", 200, 8, 10, 2, Strategy::Sequential, 36.15);
    go("thr-seq-30", 200, 8, 30, 2, Strategy::Sequential, 108.6);
    go("seq-10", 1, 4, 10, 5, Strategy::Sequential, 65.86);
    go("par-10-4", 1, 4, 10, 5, Strategy::Parallel, 17.78);
    go("par-10-16", 2, 8, 10, 5, Strategy::Parallel, 6.87);
    go("batched32", 4, 8, 128, 5, Strategy::Batched(32), 48.45);
    go("windowed32", 4, 8, 128, 5, Strategy::Windowed(32), 46.5);
    go("cross", 4, 8, 300, 10, Strategy::Parallel, 109.1);
    go("requeue50", 1, 4, 50, 3, Strategy::Parallel, 48.6);
}
