//! The CronJob controller (`pkg/controller/cronjob/cronjob_controllerv2.go`): a work queue, workers that sync one CronJob each, one
//! event writer, one API client.

mod sync;
mod times;

use crate::cluster::CronJobId;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{CronJobEvent, Event};
use crate::control::event_writer::EventWriter;
use crate::control::limits::{LimitUse, WorkerUse};
use crate::control::rate_limit::TokenBucket;
use crate::control::work_queue::{Marked, Marks, WorkQueue};
use crate::kernel::SimTime;

use sync::{Call, CronState};

/// The CronJob controller.
#[derive(Debug)]
pub struct CronJobController {
    queue: WorkQueue<CronJobId>,
    client: TokenBucket,
    writer: EventWriter,
    idle_workers: u32,
    workers_use: WorkerUse,
    slots: Vec<Slot>,
}

/// What is kept of one key.
#[derive(Debug)]
struct Slot {
    state: CronState,
    /// The call in flight.
    call: Option<Call>,
    /// When the delaying queue releases it.
    due: SimTime,
    event_filter: u64,
    dirty: bool,
    processing: bool,
}

impl Marked for Slot {
    fn marks(&mut self) -> Marks<'_> {
        Marks {
            dirty: &mut self.dirty,
            processing: &mut self.processing,
        }
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            state: CronState::default(),
            call: None,
            due: SimTime::MAX,
            event_filter: 0,
            dirty: false,
            processing: false,
        }
    }
}

impl CronJobController {
    /// A controller at rest.
    #[must_use]
    pub fn new(config: &ControlPlane, cron_jobs: usize) -> Self {
        Self {
            queue: WorkQueue::default(),
            client: TokenBucket::new(config.cron_job.client),
            writer: EventWriter::new(config.cron_job.write_events, Event::CronJob(CronJobEvent::EventWritten)),
            idle_workers: config.cron_job.concurrent_syncs.max(1),
            workers_use: WorkerUse::default(),
            slots: (0..cron_jobs).map(|_| Slot::default()).collect(),
        }
    }

    /// CronJobs are submitted at the beginning.
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        for (id, slot) in self.slots.iter_mut().enumerate() {
            let taken = ctx.now + ctx.config.api_latency;
            slot.state.created = ctx.config.unix_time(taken);
            let seen = taken + ctx.config.watch_latency;
            ctx.at(seen, Event::CronJob(CronJobEvent::Seen(CronJobId(id as u32))));
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: CronJobEvent, ctx: &mut Context<'_>) {
        let waiting = self.queue.len();
        match event {
            CronJobEvent::Seen(id) => {
                self.ensure(id, ctx);
                self.queue.add(id, &mut self.slots);
            }
            CronJobEvent::Rescheduled(id) => self.reschedule(id, ctx),
            CronJobEvent::Due(id) => {
                let slot = &mut self.slots[id.index()];
                // An earlier due time replaced this one.
                if slot.due == ctx.now {
                    slot.due = SimTime::MAX;
                    self.queue.add(id, &mut self.slots);
                }
            }
            CronJobEvent::CallDone(id) => self.call_done(id, ctx),
            CronJobEvent::EventWritten => self.writer.written(&mut self.client, ctx),
        }
        if self.queue.len() > waiting {
            self.workers_use.joined(self.idle_workers > 0, ctx.now);
        }
        while self.idle_workers > 0 {
            let Some(id) = self.queue.get(&mut self.slots) else {
                self.workers_use.emptied(ctx.now);
                return;
            };
            self.workers_use.took();
            self.idle_workers -= 1;
            let slot = &mut self.slots[id.index()];
            slot.state.plan(id, ctx);
            for _ in 0..slot.state.events {
                self.writer.emit(&mut slot.event_filter, &mut self.client, ctx);
            }
            self.go_on(id, ctx);
        }
    }

    /// How it met its limits until `now`.
    pub fn limits(&self, config: &ControlPlane, now: SimTime) -> impl Iterator<Item = LimitUse> + use<> {
        let (who, config) = ("CronJob controller", &config.cron_job);
        let workers = self.workers_use.limit(who, config.concurrent_syncs, now);
        LimitUse::of_client(who, config.client, &self.client, now)
            .into_iter()
            .chain(std::iter::once(workers))
    }

    /// Makes room for what is kept of a CronJob that was submitted while the cluster ran.
    fn ensure(&mut self, id: CronJobId, ctx: &Context<'_>) {
        if self.slots.len() <= id.index() {
            self.slots.resize_with(id.index() + 1, Slot::default);
            let taken = ctx.now.since(SimTime::ZERO).saturating_sub(ctx.config.watch_latency);
            self.slots[id.index()].state.created = ctx.config.unix_time(SimTime::ZERO + taken);
        }
    }

    /// A CronJob has another schedule: it is looked at when that comes next, not now (`updateCronJob`). The time that the old one
    /// set stays, too.
    fn reschedule(&mut self, id: CronJobId, ctx: &mut Context<'_>) {
        let since = self.slots[id.index()].state.since();
        let now = ctx.config.unix_time(ctx.now);
        if let Some(next) = times::next_look(&ctx.store.cron_jobs[id.index()], since, now) {
            self.look_at(id, next, ctx);
        }
    }

    /// The delaying queue releases `id` at `next`, in seconds since 1970, unless it does so before.
    fn look_at(&mut self, id: CronJobId, next: i64, ctx: &mut Context<'_>) {
        let due = (ctx.config.at_unix(next) + ctx.config.cron_job.next_schedule_delta).max(ctx.now);
        let slot = &mut self.slots[id.index()];
        if due < slot.due {
            slot.due = due;
            ctx.at(due, Event::CronJob(CronJobEvent::Due(id)));
        }
    }

    fn call_done(&mut self, id: CronJobId, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[id.index()];
        let call = slot.call.take().expect("a call is in flight");
        slot.state.take_effect(id, call, ctx);
        self.go_on(id, ctx);
    }

    /// Sends the next call, or ends the sync.
    fn go_on(&mut self, id: CronJobId, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[id.index()];
        slot.call = slot.state.calls.pop_front();
        if slot.call.is_some() {
            let sent = self.client.take(ctx.now);
            let at = ctx.written(sent);
            ctx.at(at, Event::CronJob(CronJobEvent::CallDone(id)));
            return;
        }
        if let Some(next) = slot.state.next_look {
            self.look_at(id, next, ctx);
        }
        self.queue.done(id, &mut self.slots);
        self.idle_workers += 1;
    }
}
