//! Queueing theory: with Poisson arrivals, equal one-GPU Jobs and the `ideal` control plane, a cluster of c GPUs is the textbook
//! queue of c servers, and its mean wait is known.

use makespan::cluster::Store;
use makespan::control::{ControlPlane, End};
use makespan::kernel::text::Rate;
use makespan::workload::{Arrivals, Strategy};

use crate::support::{copies, play};

/// Seconds a Job runs on average.
const SERVICE: f64 = 10.0;
/// Jobs left out until the queue is as long as it usually is.
const WARM_UP: usize = 5_000;
const BATCHES: usize = 30;
const BATCH: usize = 1_500;
/// Student's t with 29 degrees of freedom: 99.9 % between −t and t.
const T: f64 = 3.659;

/// Plays n = 50,000 Jobs on `nodes` nodes of `gpus` GPUs with the load `rho` per GPU.
fn queue(nodes: u32, gpus: i64, rho: f64, runtime: &str) -> Store {
    let servers = f64::from(nodes) * gpus as f64;
    let rate = Rate::new(rho * servers / SERVICE).expect("a rate above zero");
    let n = (WARM_UP + BATCHES * BATCH) as u32;
    let store = copies(nodes, gpus, n, &runtime.parse().expect("a distribution"));
    let strategy = Strategy::Arrivals(Arrivals::Poisson { rate });
    let (store, outcome) = play(store, strategy, ControlPlane::ideal(), 20_260_101);
    assert_eq!(outcome.end, End::Finished);
    store
}

/// Mean of `value` over the Jobs after the warm-up, and half the width of its confidence interval by batch means.
fn batch_means(store: &Store, value: impl Fn(f64) -> f64) -> (f64, f64) {
    let waits: Vec<f64> = store
        .jobs
        .iter()
        .skip(WARM_UP)
        .map(|job| value(job.wait().expect("every Job started").as_secs_f64()))
        .collect();
    let means: Vec<f64> = waits
        .chunks(BATCH)
        .map(|b| b.iter().sum::<f64>() / b.len() as f64)
        .collect();
    assert_eq!(means.len(), BATCHES);
    let count = BATCHES as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, T * (variance / count).sqrt())
}

fn expect(what: &str, (mean, half): (f64, f64), theory: f64, precision: f64) {
    assert!(
        (mean - theory).abs() <= half,
        "{what}: {mean:.3} ± {half:.3}, but theory says {theory:.3}"
    );
    assert!(
        half <= precision * theory,
        "{what}: {mean:.3} ± {half:.3} is too vague to tell anything"
    );
}

/// The probability that a Job waits in M/M/c with `load` = c·rho (Erlang 1917), by the recursion of Erlang B.
pub fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocking = (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
    let rho = load / f64::from(servers);
    blocking / (1.0 - rho * (1.0 - blocking))
}

#[test]
fn erlang_c_is_as_tabled() {
    // One server: rho. Two servers: rho² · 2 ÷ (1 + rho).
    assert!((erlang_c(1, 0.8) - 0.8).abs() < 1e-12);
    assert!((erlang_c(2, 1.4) - 2.0 * 0.49 / 1.7).abs() < 1e-12);
    // 4 Erlang on 5 servers: 0.5541 in the tables.
    assert!((erlang_c(5, 4.0) - 0.5541).abs() < 5e-5);
}

fn mmc(nodes: u32, gpus: i64, rho: f64, precision: f64) {
    let servers = nodes * gpus as u32;
    let store = queue(nodes, gpus, rho, "exponential(mean=10s)");
    let waiting = erlang_c(servers, rho * f64::from(servers));
    let mean = waiting * SERVICE / (f64::from(servers) * (1.0 - rho));
    let what = format!("M/M/{servers} at {rho}");
    expect(
        &format!("{what}, mean wait"),
        batch_means(&store, |w| w),
        mean,
        precision,
    );
    let waits = batch_means(&store, |w| f64::from(u8::from(w > 0.0)));
    expect(&format!("{what}, share that waits"), waits, waiting, precision);
}

#[test]
fn one_gpu_is_m_m_1() {
    mmc(1, 1, 0.5, 0.15);
    mmc(1, 1, 0.8, 0.3);
}

#[test]
fn several_gpus_are_m_m_c() {
    mmc(1, 2, 0.7, 0.2);
    mmc(4, 2, 0.7, 0.3);
}

#[test]
fn equal_runtimes_wait_half_as_long() {
    // Pollaczek and Khinchine: rho · service ÷ (2 · (1 − rho)).
    for (rho, precision) in [(0.5, 0.1), (0.8, 0.2)] {
        let store = queue(1, 1, rho, "10s");
        let theory = rho * SERVICE / (2.0 * (1.0 - rho));
        expect(
            &format!("M/D/1 at {rho}"),
            batch_means(&store, |w| w),
            theory,
            precision,
        );
    }
}
