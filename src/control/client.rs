//! The client that submits Jobs: kubectl in the hands of a person or a script, with one of the submission strategies.

use crate::cluster::ids::JobId;
use crate::cluster::job::JobCondition;
use crate::cluster::record::Record;
use crate::control::context::Context;
use crate::control::event::{ClientEvent, Event, JobEvent};
use crate::kernel::SimTime;
use crate::workload::strategy::Strategy;

/// The client: submits all Jobs of the store in order.
#[derive(Debug)]
pub struct Client {
    strategy: Strategy,
    /// Times of arrival, where the strategy has them.
    arrivals: Vec<SimTime>,
    /// The next Job to submit.
    next: u32,
    jobs: u32,
    /// Requests sent and not answered.
    requests: u32,
    /// Jobs submitted and not seen finished.
    in_flight: u32,
}

impl Client {
    /// A client that will submit `jobs` Jobs.
    #[must_use]
    pub fn new(strategy: Strategy, jobs: u32, seed: u64) -> Self {
        let arrivals = match &strategy {
            Strategy::Arrivals(arrivals) => arrivals.times(jobs as usize, seed),
            Strategy::Sequential | Strategy::Parallel | Strategy::Batched(_) | Strategy::Windowed(_) => Vec::new(),
        };
        Self {
            strategy,
            arrivals,
            next: 0,
            jobs,
            requests: 0,
            in_flight: 0,
        }
    }

    /// Sends what may be sent at the start.
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        if matches!(self.strategy, Strategy::Arrivals(_)) {
            self.await_arrival(ctx);
        } else {
            self.send_more(ctx);
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: ClientEvent, ctx: &mut Context<'_>) {
        match event {
            ClientEvent::Arrival => {
                self.send(ctx);
                self.await_arrival(ctx);
            }
            ClientEvent::Posted(job) => {
                self.requests -= 1;
                let record = &mut ctx.store.jobs[job.index()];
                record.condition = JobCondition::Active;
                ctx.when_seen(Event::Job(JobEvent::Added(job)));
                self.send_more(ctx);
            }
            // Jobs that others made are not its own.
            ClientEvent::SawFinished(job) if job.0 >= self.jobs => {}
            ClientEvent::SawFinished(_) => {
                self.in_flight -= 1;
                self.send_more(ctx);
            }
        }
    }

    /// Whether `job` is one of those that it submits.
    #[must_use]
    pub const fn submits(&self, job: JobId) -> bool {
        job.0 < self.jobs
    }
    /// Whether every Job was sent.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.next == self.jobs
    }

    /// One event for the next arrival: the others stay outside the calendar.
    fn await_arrival(&self, ctx: &mut Context<'_>) {
        if let Some(at) = self.arrivals.get(self.next as usize) {
            ctx.at((*at).max(ctx.now), Event::Client(ClientEvent::Arrival));
        }
    }

    fn send_more(&mut self, ctx: &mut Context<'_>) {
        while self.next < self.jobs && self.may_send(ctx) {
            self.send(ctx);
        }
    }

    fn may_send(&self, ctx: &Context<'_>) -> bool {
        match &self.strategy {
            Strategy::Sequential => self.in_flight == 0,
            Strategy::Parallel => self.requests < ctx.config.client.concurrency.max(1),
            // One after another; a new batch only when the one before has finished whole.
            Strategy::Batched(k) => self.one_by_one(ctx) && (!self.next.is_multiple_of(*k) || self.in_flight == 0),
            Strategy::Windowed(k) => self.one_by_one(ctx) && self.in_flight < *k,
            Strategy::Arrivals(_) => false,
        }
    }

    /// Whether a client that sends its requests one after another may send the next.
    fn one_by_one(&self, ctx: &Context<'_>) -> bool {
        self.requests == 0 || (ctx.config.api_latency + ctx.config.client.apply_cost).is_zero()
    }

    fn send(&mut self, ctx: &mut Context<'_>) {
        let job = JobId(self.next);
        self.next += 1;
        self.requests += 1;
        self.in_flight += 1;
        ctx.store.jobs[job.index()].submitted = ctx.now;
        ctx.store.unfinished_jobs += 1;
        ctx.record(Record::JobSubmitted(job));
        let at = ctx.written(ctx.now + ctx.config.client.apply_cost);
        ctx.at(at, Event::Client(ClientEvent::Posted(job)));
    }
}
