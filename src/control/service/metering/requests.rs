//! A service whose load is requests: the queue before its pods, kept up to date with the store's figures.

use crate::cluster::ScaleTarget;
use crate::cluster::requests::{RequestFigures, RequestRates};
use crate::control::context::Context;
use crate::kernel::SimTime;
use crate::kernel::time::NANOS_PER_SEC;
use crate::workload::load::{Present, RequestService};

/// The requests to one service.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    pub(super) service: RequestService,
    since: SimTime,
    arrivals: f64,
    /// Pods that served since then.
    pods: u32,
    /// Requests that each serving pod has served so far.
    pub(super) served_per_pod: f64,
    /// cpu that each serving pod has used since it was last asked, in milli-cores times nanoseconds.
    used: f64,
}

impl Requests {
    pub(super) fn new(service: RequestService) -> Self {
        Self {
            service,
            since: SimTime::ZERO,
            arrivals: 0.0,
            pods: 0,
            served_per_pod: 0.0,
            used: 0.0,
        }
    }

    /// Lets the time go on to `now`.
    pub(super) fn advance(&mut self, now: SimTime, figures: &mut RequestFigures) {
        let span = now.since(self.since).as_secs_f64();
        let (served, dropped) = self.service.advance(now, &mut figures.latencies);
        figures.arrived += self.arrivals * span;
        figures.served += served;
        figures.dropped += dropped;
        self.since = now;
        if self.pods > 0 {
            let share = served / f64::from(self.pods);
            self.served_per_pod += share;
            self.used += share * self.service.model().cpu_seconds() * 1000.0 * NANOS_PER_SEC as f64;
        }
    }

    /// cpu that each serving pod has used since the last call.
    pub(super) fn take_used(&mut self) -> i128 {
        std::mem::take(&mut self.used) as i128
    }

    /// From now on `pods` serve; the load is that of this moment.
    pub(super) fn set(&mut self, pods: u32) -> Present {
        self.service.set(pods);
        let present = self.service.present();
        self.pods = pods;
        self.arrivals = present.arrivals;
        present
    }

    /// cpu of all serving pods under `present`, in milli-cores.
    pub(super) fn cpu_milli(&self, requests: f64) -> i64 {
        (requests * self.service.model().cpu_seconds() * 1000.0).round() as i64
    }
}

/// Writes `present` into the store; says whether anything changed that shows.
pub(super) fn note(target: ScaleTarget, present: &Present, ctx: &mut Context<'_>) -> bool {
    let milli = |rate: f64| (rate * 1000.0).round() as i64;
    let rates = RequestRates {
        arrivals_milli: milli(present.arrivals),
        served_milli: milli(present.served),
        dropped_milli: milli(present.dropped),
        capacity_milli: milli(present.capacity),
        waiting: present.waiting.round() as i64,
        latency: present.latency,
    };
    let now = ctx.now;
    let figures = ctx.store.requests.entry(target).or_default();
    figures.overload.note(now, present.arrivals > present.capacity);
    std::mem::replace(&mut figures.present, rates) != rates
}
