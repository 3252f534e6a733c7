//! Random streams, one per (seed, purpose, entity).
//!
//! A draw for one entity never shifts another's: change the submission strategy or the scheduler and every Job keeps the
//! runtime it had. That is what lets alternatives be compared on the same luck (common random numbers).

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// What a stream of random numbers is used for. Each purpose has its own family of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u64)]
pub enum Purpose {
    /// How long an attempt of a pod runs.
    Runtime = 1,
    /// Whether an attempt fails.
    Outcome = 2,
    /// Gaps between arrivals.
    Arrival = 3,
    /// Phase of a node's pod lifecycle event generator (relist period).
    KubeletPhase = 4,
    /// Jitter of the kubelet's back-off wake-ups.
    KubeletJitter = 5,
    /// Sandbox and container start latency of a pod.
    StartLatency = 6,
    /// Resampling for confidence intervals.
    Bootstrap = 7,
    /// The random suffix of generated names.
    NameSuffix = 8,
    /// The chance element inside kube-scheduler.
    Scheduler = 9,
    /// Which of several equally good nodes preemption makes room on.
    Preemption = 16,
    /// Phase of the node lifecycle controller's loops.
    NodeMonitor = 20,
    /// Phase and jitter of a kubelet's lease renewals.
    NodeLease = 21,
    /// Phase of the pod garbage collector.
    PodGc = 22,
    /// When nodes and devices fail, and for how long.
    Failure = 23,
    /// How long an init container runs.
    InitRuntime = 24,
    /// The order in which a DaemonSet's controller looks at nodes.
    DaemonSetOrder = 30,
    /// When a kubelet lists its images, and writes the status of its node.
    KubeletImages = 40,
}

/// A portable random number generator (PCG 128/64 MCG) that any `rand` distribution accepts.
pub type Stream = Pcg64Mcg;

/// SplitMix64's finaliser: a bijection of `u64` that mixes every bit (Steele, Lea and Flood 2014).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The stream of `purpose` for the entity (`major`, `minor`), for example (Job, attempt), under `seed`.
///
/// The same arguments give the same numbers on every machine, whatever was drawn before.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, major: u64, minor: u64) -> Stream {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let a = mix(seed.wrapping_add(GOLDEN));
    let b = mix(a ^ (purpose as u64).wrapping_mul(GOLDEN));
    let c = mix(b ^ major.wrapping_add(GOLDEN));
    let d = mix(c.wrapping_add(minor.wrapping_mul(GOLDEN)));
    let mut state = [0u8; 16];
    state[..8].copy_from_slice(&d.to_le_bytes());
    state[8..].copy_from_slice(&mix(d ^ GOLDEN).to_le_bytes());
    Stream::from_seed(state)
}

/// The seed of replication `replication` of an experiment with seed `seed`.
#[must_use]
pub fn replication_seed(seed: u64, replication: u64) -> u64 {
    if replication == 0 {
        seed
    } else {
        mix(seed ^ mix(replication.wrapping_add(0x5851_f42d_4c95_7f2d)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_each_part_of_the_key() {
        let first = |s, p, a, b| stream(s, p, a, b).next_u64();
        let base = first(1, Purpose::Runtime, 0, 0);
        assert_eq!(base, first(1, Purpose::Runtime, 0, 0));
        for other in [
            first(2, Purpose::Runtime, 0, 0),
            first(1, Purpose::Outcome, 0, 0),
            first(1, Purpose::Runtime, 1, 0),
            first(1, Purpose::Runtime, 0, 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn neighbouring_entities_are_uncorrelated() {
        let n = 20_000u64;
        let mean = (0..n)
            .map(|i| (stream(7, Purpose::Runtime, i, 0).next_u64() >> 11) as f64 / (1u64 << 53) as f64)
            .sum::<f64>()
            / n as f64;
        // The standard deviation of the mean of n uniforms is 1/sqrt(12 n) = 0.002; five of them.
        assert!((mean - 0.5).abs() < 0.0102, "mean {mean}");
    }
}
