//! Waiting in a service that keeps up: the queue M/M/c/K of Erlang. Arrivals are Poisson, c requests are served at once, each
//! takes an exponential time, at most Q wait, and who finds Q waiting is turned away.
//!
//! With a = λ·S the load offered and ρ = a / c, the share of time in which j requests wait beside c in service is
//! proportional to B·ρ^j, where B = B(c, a) is Erlang's loss formula and the states without a queue together weigh 1
//! (Kleinrock, Queueing Systems, volume 1, 3.5 and 3.8). Without a bound (Q → ∞, ρ < 1) the share that waits is Erlang's C, and
//! the wait of those is exponential with rate c/S − λ; with a bound it is cut at what Q requests take.

/// What a request meets in a steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steady {
    /// Share of requests turned away.
    pub blocked: f64,
    /// Share of the accepted requests that have to wait.
    pub waits: f64,
    /// The wait of these has a density in proportion to exp(−`rate`·t), per second …
    pub rate: f64,
    /// … up to here, in seconds; may be infinite if `rate` is above zero.
    pub longest: f64,
}

/// Terms of Erlang's loss formula beyond this change nothing in a double.
const NEGLIGIBLE: f64 = 1e-17;
/// Loss below 1e-15 is none.
const NEVER: f64 = 1e15;

/// Erlang's B: the share of requests that find all `servers` busy if nobody waits. 1/B = Σ c!/(c−k)! / a^k for k = 0 … c;
/// the sum stops where it is settled, so it costs about the square root of `servers` terms where it costs most.
pub(super) fn loss(servers: u64, offered: f64) -> f64 {
    if offered <= 0.0 {
        return 0.0;
    }
    let (mut term, mut sum) = (1.0_f64, 1.0_f64);
    for k in 0..servers {
        term *= (servers - k) as f64 / offered;
        sum += term;
        if term < NEGLIGIBLE * sum {
            break;
        }
        if sum > NEVER {
            return 0.0;
        }
    }
    1.0 / sum
}

/// The steady state of `servers` that each serve one request in `service` seconds in the mean, at `arrivals` per second, if at
/// most `room` requests wait. Of an overload (ρ > 1) only the share turned away is told.
pub(super) fn steady(arrivals: f64, service: f64, servers: u64, room: f64) -> Steady {
    let nothing = Steady {
        blocked: 0.0,
        waits: 0.0,
        rate: 1.0,
        longest: 0.0,
    };
    if servers == 0 || service <= 0.0 || arrivals <= 0.0 {
        return nothing;
    }
    let capacity = servers as f64 / service;
    let load = arrivals / capacity;
    let loss = loss(servers, arrivals * service);
    if loss == 0.0 {
        return nothing;
    }
    if load > 1.0 {
        return Steady {
            blocked: blocked_when_overloaded(load, loss, room),
            ..nothing
        };
    }
    // ρ^room, and Σ ρ^j for j below `room`.
    let full = if room.is_finite() { libm::pow(load, room) } else { 0.0 };
    let queued = if 1.0 - load < 1e-9 {
        room
    } else {
        (1.0 - full) / (1.0 - load)
    };
    if !queued.is_finite() {
        // As loaded as can be, without a bound: no steady state. The fluid tells what happens.
        return nothing;
    }
    let weight = 1.0 + loss * load * queued;
    let blocked = loss * full / weight;
    Steady {
        blocked,
        waits: (loss * queued / weight / (1.0 - blocked)).min(1.0),
        rate: capacity - arrivals,
        longest: room / capacity,
    }
}

/// The share turned away where more comes than can be served: at least 1 − 1/ρ, and more if there is little room, because
/// servers then idle now and then.
fn blocked_when_overloaded(load: f64, loss: f64, room: f64) -> f64 {
    // Everything divided by ρ^room, which may be beyond all doubles.
    let empty = if room.is_finite() { libm::pow(load, -room) } else { 0.0 };
    loss / (empty + loss * load * (1.0 - empty) / (load - 1.0))
}

impl Steady {
    /// The wait in seconds that a share `p` of those that wait stays at or below.
    pub(super) fn wait(&self, p: f64) -> f64 {
        let within = -libm::expm1(-self.rate * self.longest);
        if !self.longest.is_finite() {
            return -libm::log1p(-p) / self.rate;
        }
        if within.abs() < 1e-9 {
            return p * self.longest;
        }
        (-libm::log1p(-p * within) / self.rate).clamp(0.0, self.longest)
    }

    /// The mean wait in seconds of all accepted requests.
    pub(super) fn mean_wait(&self) -> f64 {
        let x = self.rate * self.longest;
        let of_waiting = if !self.longest.is_finite() {
            1.0 / self.rate
        } else if x.abs() < 1e-6 {
            self.longest / 2.0
        } else {
            1.0 / self.rate - self.longest / libm::expm1(x)
        };
        self.waits * of_waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// B(c, a) by its recursion: B(0) = 1, B(c) = a·B(c−1) / (c + a·B(c−1)).
    fn recursive_loss(servers: u64, offered: f64) -> f64 {
        (1..=servers).fold(1.0, |loss, c| offered * loss / (c as f64 + offered * loss))
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn tables_of_erlang_agree() {
        // Any table of Erlang B: 5 servers, 3 erlang: 0.11005; 10 servers, 10 erlang: 0.21458.
        assert!((loss(5, 3.0) - 0.110_054).abs() < 1e-6);
        assert!((loss(10, 10.0) - 0.214_582).abs() < 1e-6);
        // One server without a bound: a share ρ waits 1/(μ − λ), so the mean wait is ρ/(μ − λ).
        let one = steady(8.0, 0.1, 1, f64::INFINITY);
        assert!(close(one.waits, 0.8) && close(one.mean_wait(), 0.4), "{one:?}");
        // Two servers, ρ = 0.75: C = 2ρ²/(1 + ρ) = 0.642857.
        let two = steady(1.5, 1.0, 2, f64::INFINITY);
        assert!(close(two.waits, 9.0 / 14.0), "{two:?}");
        // The median of the wait of those who wait: ln 2 / (μ − λ).
        assert!(close(two.wait(0.5), std::f64::consts::LN_2 / 0.5));
        // One server, room for one more, ρ = 1: three states alike, so a third is turned away and half of the rest waits.
        let full = steady(1.0, 1.0, 1, 1.0);
        assert!(close(full.blocked, 1.0 / 3.0) && close(full.waits, 0.5), "{full:?}");
    }

    proptest! {
        #[test]
        fn the_short_sum_is_the_recursion(servers in 1u64..3000, share in 0.01..2.0f64) {
            let offered = share * servers as f64;
            let (sum, recursion) = (loss(servers, offered), recursive_loss(servers, offered));
            prop_assert!((sum - recursion).abs() < 1e-12 + 1e-9 * recursion, "{sum} {recursion}");
        }

        /// The share turned away and the share that waits, from the probabilities of all states.
        #[test]
        fn the_steady_state_is_that_of_the_birth_and_death_process(
            servers in 1u64..30, room in 0u64..40, load in 0.05..3.0f64, service in 0.01..5.0f64,
        ) {
            let arrivals = load * servers as f64 / service;
            let (mut state, mut weights) = (1.0, vec![1.0]);
            for n in 1..=servers + room {
                state *= arrivals * service / n.min(servers) as f64;
                weights.push(state);
            }
            let all: f64 = weights.iter().sum();
            let blocked = weights[(servers + room) as usize] / all;
            let waiting: f64 = weights[servers as usize..(servers + room) as usize].iter().sum::<f64>() / all;
            let found = steady(arrivals, service, servers, room as f64);
            prop_assert!((found.blocked - blocked).abs() < 1e-9, "{found:?} {blocked}");
            if load > 1.0 {
                return Ok(());
            }
            prop_assert!((found.waits - waiting / (1.0 - blocked)).abs() < 1e-9, "{found:?} {waiting}");
            prop_assert!(found.wait(0.0) <= found.wait(0.5) && found.wait(0.5) <= found.wait(1.0));
            prop_assert!(found.wait(1.0) <= found.longest + 1e-9);
            prop_assert!((0.0..=found.longest + 1e-9).contains(&found.mean_wait()));
        }
    }
}
