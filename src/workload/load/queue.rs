//! Requests that wait while more arrive than can be served: a fluid that flows in at one rate and out at another, first in,
//! first out. It is exact for constant rates: what comes in between two calls is cut where the queue is empty, where it is
//! full, where the first in line has waited too long.

use std::collections::VecDeque;

use crate::kernel::{SimDuration, SimTime};

/// Less than this is nothing.
const NOTHING: f64 = 1e-9;

/// The rates of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    /// Requests that arrive in a second.
    pub arrivals: f64,
    /// Requests that can be served in a second.
    pub capacity: f64,
    /// Requests that wait at most; those that come then are dropped.
    pub room: f64,
    /// Who has waited so long is dropped.
    pub timeout: Option<SimDuration>,
}

/// What happened in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Flow {
    /// Requests that were served, or began to be.
    pub served: f64,
    /// Requests that found no room or waited too long.
    pub dropped: f64,
    /// Of those served, the ones that met no queue of this kind.
    pub at_once: f64,
}

/// Stretches are no shorter than this, so that what rounding leaves cannot stop the time.
const SHORTEST: SimDuration = SimDuration::from_nanos(1000);

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.max(b)
}

/// Requests that came one after another at an even rate.
#[derive(Clone, Copy, Debug)]
struct Batch {
    from: SimTime,
    to: SimTime,
    amount: f64,
    /// Requests per second at which they came.
    rate: f64,
}

impl Batch {
    /// When the request came that has `share` of the batch before it.
    fn came(&self, share: f64) -> SimTime {
        let span = self.to.since(self.from).as_nanos() as f64;
        self.from + SimDuration::from_nanos((span * share.clamp(0.0, 1.0)) as u64)
    }
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(super) struct FluidQueue {
    now: SimTime,
    batches: VecDeque<Batch>,
    backlog: f64,
}

impl FluidQueue {
    /// Requests that wait.
    pub(super) const fn backlog(&self) -> f64 {
        self.backlog
    }

    /// Lets the time go on to `until` at constant `rates`. `served(requests, first, last)` is told of requests whose waits, in
    /// seconds, run evenly from `first` to `last`.
    pub(super) fn advance(&mut self, until: SimTime, rates: Rates, served: &mut impl FnMut(f64, f64, f64)) -> Flow {
        let mut flow = Flow::default();
        self.shed(rates.room, &mut flow);
        while self.now < until {
            let left = until.since(self.now).as_secs_f64();
            if self.backlog < NOTHING && rates.arrivals <= rates.capacity {
                self.batches.clear();
                self.backlog = 0.0;
                flow.at_once += rates.arrivals * left;
                flow.served += rates.arrivals * left;
                self.now = until;
                break;
            }
            self.step(until, left, rates, &mut flow, served);
        }
        flow
    }

    /// One stretch in which nothing changes its way.
    fn step(
        &mut self,
        until: SimTime,
        left: f64,
        rates: Rates,
        flow: &mut Flow,
        served: &mut impl FnMut(f64, f64, f64),
    ) {
        let came = self.batches.front().map_or(rates.arrivals, |head| head.rate);
        let age = self
            .batches
            .front()
            .map_or(0.0, |head| self.now.since(head.from).as_secs_f64());
        let timeout = rates.timeout.map_or(f64::INFINITY, SimDuration::as_secs_f64);
        // The first in line is dropped as soon as it is due, while those behind it grow older than can be served.
        let expiring = age >= timeout - 1e-9 && came > rates.capacity;
        let out = if expiring { came } else { rates.capacity };
        let full = self.backlog >= rates.room - NOTHING;
        let admitted = if full { rates.arrivals.min(out) } else { rates.arrivals };
        let net = admitted - out;
        let mut span = left;
        // Behind the first batch may be one that came at another rate; what comes now only lengthens the last one.
        let lengthens = |head: &&Batch| self.batches.len() == 1 && head.to == self.now && same(head.rate, admitted);
        if let Some(head) = self.batches.front().filter(|head| !lengthens(head)) {
            span = span.min(head.amount / out.max(1e-12));
        }
        if net < 0.0 {
            span = span.min(self.backlog / -net);
        } else if net > 0.0 && !full {
            span = span.min((rates.room - self.backlog).max(0.0) / net);
        }
        if !expiring && timeout.is_finite() && came > rates.capacity {
            span = span.min((timeout - age).max(0.0) / (1.0 - rates.capacity / came));
        }
        let span = SimDuration::from_nanos((span * 1e9).ceil() as u64).max(SHORTEST);
        let end = (self.now + span).min(until);
        let seconds = end.since(self.now).as_secs_f64();
        self.admit(end, admitted, admitted * seconds);
        flow.dropped += (rates.arrivals - admitted) * seconds;
        let (kept, lost) = if expiring {
            (rates.capacity * seconds, (came - rates.capacity) * seconds)
        } else {
            (rates.capacity * seconds, 0.0)
        };
        self.leave(kept, lost, end, flow, served);
        self.now = end;
        if let Some(timeout) = rates.timeout {
            self.expire(timeout, flow);
        }
    }

    fn admit(&mut self, end: SimTime, rate: f64, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        self.backlog += amount;
        let (now, from) = (self.now, self.now);
        if let Some(last) = self
            .batches
            .back_mut()
            .filter(|last| last.to == now && same(last.rate, rate))
        {
            last.to = end;
            last.amount += amount;
            return;
        }
        self.batches.push_back(Batch {
            from,
            to: end,
            amount,
            rate,
        });
    }

    /// `kept` requests are served and `lost` dropped, mixed, from the front, evenly until `end`.
    fn leave(&mut self, kept: f64, lost: f64, end: SimTime, flow: &mut Flow, served: &mut impl FnMut(f64, f64, f64)) {
        let all = (kept + lost).min(self.backlog);
        if kept + lost <= 0.0 {
            return;
        }
        let keeps = kept / (kept + lost);
        let whole = end.since(self.now).as_secs_f64();
        // Seconds from now at which a request leaves, by what left before it.
        let leaves = |gone: f64| whole * (gone / (kept + lost)).min(1.0);
        let mut gone = 0.0;
        while gone < all - NOTHING {
            let Some(head) = self.batches.front_mut() else { break };
            let amount = head.amount.min(all - gone);
            let share = amount / head.amount;
            let (first, last) = (head.from, head.came(share));
            let wait = |came: SimTime, gone: f64| {
                let waited = self.now.as_secs_f64() - came.as_secs_f64() + leaves(gone);
                waited.max(0.0)
            };
            served(amount * keeps, wait(first, gone), wait(last, gone + amount));
            flow.served += amount * keeps;
            flow.dropped += amount * (1.0 - keeps);
            gone += amount;
            head.amount -= amount;
            head.from = last;
            if head.amount < NOTHING {
                self.batches.pop_front();
            }
        }
        self.backlog = (self.backlog - gone).max(0.0);
        if self.backlog < NOTHING {
            self.batches.clear();
            self.backlog = 0.0;
        }
    }

    /// Drops who has waited longer than `timeout`.
    fn expire(&mut self, timeout: SimDuration, flow: &mut Flow) {
        let Some(limit) = self.now.as_nanos().checked_sub(timeout.as_nanos()) else {
            return;
        };
        let limit = SimTime::from_nanos(limit);
        while let Some(head) = self.batches.front_mut() {
            if head.from >= limit {
                break;
            }
            let whole = head.to.since(head.from).as_nanos().max(1);
            let over = limit.min(head.to).since(head.from).as_nanos();
            let amount = head.amount * (over as f64 / whole as f64);
            flow.dropped += amount;
            self.backlog = (self.backlog - amount).max(0.0);
            if head.to <= limit {
                self.batches.pop_front();
            } else {
                head.amount -= amount;
                head.from = limit;
                break;
            }
        }
        if self.batches.is_empty() {
            self.backlog = 0.0;
        }
    }

    /// Drops what no longer has room, the last first.
    fn shed(&mut self, room: f64, flow: &mut Flow) {
        while self.backlog > room + NOTHING {
            let Some(tail) = self.batches.back_mut() else { break };
            let amount = tail.amount.min(self.backlog - room);
            flow.dropped += amount;
            self.backlog -= amount;
            if amount >= tail.amount - NOTHING {
                self.batches.pop_back();
            } else {
                tail.to = tail.came(1.0 - amount / tail.amount);
                tail.amount -= amount;
            }
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
