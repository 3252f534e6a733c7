//! A service that is asked for so many requests a second: how many its pods serve at once, how long requests wait, how many are
//! dropped.
//!
//! While the pods keep up, waits are those of a steady M/M/c/K queue ([`super::erlang`]); with service times that vary more or
//! less than exponential ones, in proportion (1 + cv²) / 2 (Allen and Cunneen). While more arrives than can be served, or a
//! queue from that time is left, waits are those of a fluid ([`super::queue`]). All pods share one queue in both.

use crate::cluster::latency::Latencies;
use crate::kernel::random::distribution::Distribution;
use crate::kernel::{SimDuration, SimTime};
use crate::workload::Load;

use super::erlang::{self, Steady};
use super::queue::{Flow, FluidQueue, Rates};

/// Requests that wait at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Room {
    /// So many beside each Ready pod.
    PerPod(u32),
    /// So many before the whole service, at a gateway.
    InAll(u32),
    /// Any number.
    Unlimited,
}

/// What a request costs and how requests are served.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestModel {
    /// Requests per second, in thousandths.
    pub rate: Load,
    /// Time that serving one takes.
    pub service_time: Distribution,
    /// Requests that one pod serves at once.
    pub concurrency: u32,
    /// Requests that wait at most.
    pub room: Room,
    /// A request that has waited so long is dropped; `None`: it waits for ever.
    pub timeout: Option<SimDuration>,
    /// cpu time that one request costs; `None`: its service time on one core.
    pub cpu_per_request: Option<SimDuration>,
    /// Most cpu that one pod uses, in milli-cores; it serves no more requests at once than that allows. `None`: no end.
    pub cap_per_pod: Option<i64>,
}

/// Parts into which a distribution of service times or waits is cut, finer towards its tail: so many of equal weight up to
/// each share. Each part is represented by its middle.
const STRATA: [(u32, f64); 5] = [(9, 0.9), (6, 0.99), (5, 0.999), (3, 0.9999), (1, 1.0)];
/// Waits of requests that are served one after another are spread over so many points.
const POINTS: u32 = 8;

/// The middles of the parts, as shares, with their weights.
fn strata() -> impl Iterator<Item = (f64, f64)> {
    let begins = [0.0].into_iter().chain(STRATA.iter().map(|(_, end)| *end));
    STRATA.iter().zip(begins).flat_map(|((parts, end), begin)| {
        let weight = (end - begin) / f64::from(*parts);
        (0..*parts).map(move |part| (begin + (f64::from(part) + 0.5) * weight, weight))
    })
}

impl RequestModel {
    /// Mean service time in seconds.
    fn mean(&self) -> f64 {
        self.service_time.mean().unwrap_or(0.0)
    }

    /// cpu time of one request in core-seconds.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        self.cpu_per_request
            .map_or_else(|| self.mean(), SimDuration::as_secs_f64)
    }

    /// Requests that `pods` serve at once: their concurrency, or fewer if their cpu does not suffice.
    fn servers(&self, pods: u32) -> u64 {
        let pods = u64::from(pods);
        let most = pods * u64::from(self.concurrency);
        let cpu = self.cpu_seconds();
        let (Some(cap), true) = (self.cap_per_pod, cpu > 0.0) else {
            return most;
        };
        let fed = (pods as f64 * (cap as f64 / 1000.0) * self.mean() / cpu) as u64;
        most.min(fed.max(u64::from(pods > 0)))
    }

    fn room(&self, pods: u32) -> f64 {
        match self.room {
            Room::PerPod(requests) => f64::from(requests) * f64::from(pods),
            Room::InAll(requests) => f64::from(requests),
            Room::Unlimited => f64::INFINITY,
        }
    }

    /// Service times in seconds with their weights.
    fn service_times(&self) -> Vec<(f64, f64)> {
        if let Some(fixed) = self.service_time.is_fixed() {
            return vec![(fixed.as_secs_f64(), 1.0)];
        }
        let time = |p: f64| self.service_time.quantile(p).unwrap_or(0.0);
        strata().map(|(p, weight)| (time(p), weight)).collect()
    }
}

/// What a service does at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Present {
    /// Requests that arrive in a second.
    pub arrivals: f64,
    /// Requests served in a second.
    pub served: f64,
    /// Requests dropped in a second.
    pub dropped: f64,
    /// Requests that could be served in a second.
    pub capacity: f64,
    /// Requests that are being served.
    pub busy: f64,
    /// Requests that wait.
    pub waiting: f64,
    /// Latencies (wait and service) below which 50, 95 and 99 % of those who come now stay; `None` if nobody is served.
    pub latency: Option<[SimDuration; 3]>,
}

/// The service as it runs. Times of calls ascend.
#[derive(Clone, Debug)]
pub struct RequestService {
    model: RequestModel,
    /// Seconds, with their weights.
    service_times: Vec<(f64, f64)>,
    /// (1 + cv²) / 2.
    variability: f64,
    queue: FluidQueue,
    since: SimTime,
    pods: u32,
    arrivals: f64,
    steady: Steady,
    /// Requests served in a second while requests wait.
    throughput: f64,
    /// Latencies in the steady state with their shares.
    table: Vec<(SimDuration, f64)>,
}

impl RequestService {
    /// A service without pods at time zero.
    #[must_use]
    pub fn new(model: RequestModel) -> Self {
        let service_times = model.service_times();
        let mean: f64 = service_times.iter().map(|(time, weight)| time * weight).sum();
        let square = |(time, weight): &(f64, f64)| (time - mean) * (time - mean) * weight;
        let variance: f64 = service_times.iter().map(square).sum();
        let variability = if mean > 0.0 {
            f64::midpoint(1.0, variance / (mean * mean))
        } else {
            1.0
        };
        let mut service = Self {
            model,
            service_times,
            variability,
            queue: FluidQueue::default(),
            since: SimTime::ZERO,
            pods: 0,
            arrivals: 0.0,
            steady: erlang::steady(0.0, 0.0, 0, 0.0),
            throughput: 0.0,
            table: Vec::new(),
        };
        service.settle();
        service
    }

    /// What was asked for.
    #[must_use]
    pub const fn model(&self) -> &RequestModel {
        &self.model
    }

    fn capacity(&self) -> f64 {
        let mean = self.model.mean();
        let servers = self.model.servers(self.pods) as f64;
        if mean > 0.0 {
            servers / mean
        } else if servers > 0.0 {
            f64::MAX
        } else {
            0.0
        }
    }

    fn rates(&self) -> Rates {
        Rates {
            arrivals: self.arrivals * (1.0 - self.steady.blocked),
            capacity: self.throughput,
            room: self.model.room(self.pods),
            timeout: self.model.timeout,
        }
    }

    /// Lets the time go on to `now` as things are. Returns the requests that were served and dropped; latencies are counted.
    pub fn advance(&mut self, now: SimTime, latencies: &mut Latencies) -> (f64, f64) {
        let span = now.since(self.since).as_secs_f64();
        self.since = now;
        let rates = self.rates();
        let times = &self.service_times;
        let flow: Flow = self.queue.advance(now, rates, &mut |requests, first, last| {
            for point in 0..POINTS {
                let wait = first + (last - first) * (f64::from(point) + 0.5) / f64::from(POINTS);
                for (time, share) in times {
                    latencies.add(seconds(wait + time), requests * share / f64::from(POINTS));
                }
            }
        });
        if flow.at_once > 0.0 {
            for (latency, share) in &self.table {
                latencies.add(*latency, flow.at_once * share);
            }
        }
        (flow.served, flow.dropped + self.arrivals * self.steady.blocked * span)
    }

    /// From now on `pods` serve and the load is that of this moment. To be called after [`Self::advance`].
    pub fn set(&mut self, pods: u32) {
        let arrivals = self.model.rate.at(self.since) as f64 / 1000.0;
        if (pods, arrivals) == (self.pods, self.arrivals) {
            return;
        }
        (self.pods, self.arrivals) = (pods, arrivals);
        self.settle();
    }

    /// The steady state at the present load; while more arrives than can be served, only what of it gets through.
    fn settle(&mut self) {
        let servers = self.model.servers(self.pods);
        let mean = self.model.mean();
        let capacity = self.capacity();
        let patience = self.model.timeout.map_or(f64::INFINITY, SimDuration::as_secs_f64);
        let room = self.model.room(self.pods).min(patience * capacity);
        let steady = erlang::steady(self.arrivals, mean, servers, room);
        let overload = self.arrivals > capacity;
        if overload {
            // The fluid drops what is beyond.
            self.throughput = (self.arrivals * (1.0 - steady.blocked)).min(capacity);
            self.steady = erlang::steady(0.0, mean, servers, room);
        } else {
            self.throughput = capacity;
            self.steady = steady;
        }
        self.table = self.latencies_when_steady();
    }

    fn latencies_when_steady(&self) -> Vec<(SimDuration, f64)> {
        let mut table = Vec::new();
        let mut add = |wait: f64, weight: f64| {
            let times = self.service_times.iter();
            table.extend(times.map(|(time, share)| (seconds(wait + time), weight * share)));
        };
        add(0.0, 1.0 - self.steady.waits);
        if self.steady.waits > 1e-9 {
            for (p, weight) in strata() {
                add(self.steady.wait(p) * self.variability, self.steady.waits * weight);
            }
        }
        table
    }

    /// What the service does now.
    #[must_use]
    pub fn present(&self) -> Present {
        let (rates, backlog) = (self.rates(), self.queue.backlog());
        let capacity = rates.capacity;
        let queued = backlog > 1e-9;
        let overloaded = rates.arrivals > capacity;
        let served = if queued || overloaded { capacity } else { rates.arrivals };
        let full = backlog >= rates.room - 1e-9;
        let late = rates
            .timeout
            .is_some_and(|timeout| backlog >= capacity * timeout.as_secs_f64() * (1.0 - 1e-6));
        let turned_away = if overloaded && (full || late) {
            rates.arrivals - capacity
        } else {
            0.0
        };
        let wait = if capacity > 0.0 { backlog / capacity } else { 0.0 };
        let waiting = if queued {
            backlog
        } else {
            rates.arrivals * self.steady.mean_wait() * self.variability
        };
        Present {
            arrivals: self.arrivals,
            served,
            dropped: turned_away + self.arrivals * self.steady.blocked,
            capacity: self.capacity(),
            busy: (served * self.model.mean()).min(self.model.servers(self.pods) as f64),
            waiting,
            latency: (served > 0.0).then(|| self.quantiles(if queued { Some(wait) } else { None })),
        }
    }

    /// Quantiles of the latency of who comes now, with this wait or with the steady state's.
    fn quantiles(&self, wait: Option<f64>) -> [SimDuration; 3] {
        let mut sorted = match wait {
            Some(wait) => {
                let times = self.service_times.iter();
                times.map(|(time, share)| (seconds(wait + time), *share)).collect()
            }
            None => self.table.clone(),
        };
        sorted.sort_by_key(|(latency, _)| *latency);
        [0.5, 0.95, 0.99].map(|p| {
            let mut below = 0.0;
            let found = sorted.iter().find(|(_, share)| {
                below += share;
                below >= p - 1e-9
            });
            found
                .or(sorted.last())
                .map_or(SimDuration::ZERO, |(latency, _)| *latency)
        })
    }

    /// The share of the requests that the pods could serve at once which they do serve, from 0 to 1.
    #[must_use]
    pub fn busy_share(&self) -> f64 {
        let servers = self.model.servers(self.pods) as f64;
        if servers > 0.0 {
            self.present().busy / servers
        } else {
            0.0
        }
    }
}

fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds.max(0.0)).unwrap_or(SimDuration::MAX)
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
