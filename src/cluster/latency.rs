//! Latencies of requests, counted in classes whose width is 1/64 of the power of two below them, so that a quantile is
//! within 1.6 % of the truth whatever its size. Counts are floats: a fluid has no whole requests.

use crate::kernel::SimDuration;

/// Classes of one power of two.
const PARTS: u64 = 64;
/// Below this many nanoseconds each is a class of its own.
const EXACT: u64 = PARTS;
/// Classes in all: 64 below 64 ns, then 64 for each of the 58 powers from 2^6 to 2^63.
const CLASSES: usize = (PARTS * 59) as usize;

/// A histogram of latencies.
#[derive(Clone, Debug, PartialEq)]
pub struct Latencies {
    counts: Vec<f64>,
    total: f64,
    /// Sum of latencies in seconds.
    sum: f64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            counts: vec![0.0; CLASSES],
            total: 0.0,
            sum: 0.0,
        }
    }
}

fn class(nanos: u64) -> usize {
    if nanos < EXACT {
        return nanos as usize;
    }
    let power = u64::from(nanos.ilog2());
    let part = (nanos >> (power - 6)) - PARTS;
    ((power - 5) * PARTS + part) as usize
}

/// Where a class begins, in nanoseconds.
fn start(class: usize) -> f64 {
    let (power, part) = (class as u64 / PARTS, class as u64 % PARTS);
    match power {
        0 => part as f64,
        _ => (PARTS + part) as f64 * (1_u64 << (power - 1)) as f64,
    }
}

impl Latencies {
    /// Counts `requests` that took `latency`.
    pub fn add(&mut self, latency: SimDuration, requests: f64) {
        self.counts[class(latency.as_nanos())] += requests;
        self.total += requests;
        self.sum += requests * latency.as_secs_f64();
    }

    /// Requests counted.
    #[must_use]
    pub const fn total(&self) -> f64 {
        self.total
    }

    /// Their mean latency; `None` without any.
    #[must_use]
    pub fn mean(&self) -> Option<SimDuration> {
        (self.total > 0.0).then(|| SimDuration::from_secs_f64(self.sum / self.total).unwrap_or_default())
    }

    /// The latency that a share `p` of the requests stays at or below; `None` without any. Within a class requests are
    /// taken to lie evenly.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<SimDuration> {
        if self.total <= 0.0 {
            return None;
        }
        let wanted = p.clamp(0.0, 1.0) * self.total;
        let (mut below, mut last) = (0.0, 0.0);
        for (class, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let (from, to) = (start(class), start(class + 1));
            last = to;
            if below + count >= wanted {
                let nanos = from + (to - from) * ((wanted - below) / count).clamp(0.0, 1.0);
                return Some(SimDuration::from_nanos(nanos as u64));
            }
            below += count;
        }
        Some(SimDuration::from_nanos(last as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_histogram_has_no_quantile() {
        let latencies = Latencies::default();
        assert_eq!(
            (latencies.quantile(0.5), latencies.mean(), latencies.total()),
            (None, None, 0.0)
        );
    }

    proptest! {
        #[test]
        fn classes_ascend_and_hold_what_belongs_to_them(nanos: u64) {
            let class = class(nanos);
            prop_assert!(class < CLASSES);
            prop_assert!(start(class) <= nanos as f64);
            prop_assert!((nanos as f64) < start(class + 1) || nanos > 1 << 53);
        }

        /// Against sorting all of them.
        #[test]
        fn quantiles_are_within_their_class(mut nanos in prop::collection::vec(1u64..1_000_000_000_000, 1..200), p in 0.0..1.0f64) {
            let mut latencies = Latencies::default();
            for latency in &nanos {
                latencies.add(SimDuration::from_nanos(*latency), 1.0);
            }
            nanos.sort_unstable();
            let place = ((p * nanos.len() as f64).ceil() as usize).clamp(1, nanos.len()) - 1;
            let (exact, found) = (nanos[place] as f64, latencies.quantile(p).unwrap().as_nanos() as f64);
            prop_assert!((found - exact).abs() <= exact / 64.0 + 1.0, "{found} for {exact}");
        }
    }
}
