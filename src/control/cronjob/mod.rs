//! The CronJob controller (`pkg/controller/cronjob/cronjob_controllerv2.go`): a work queue, workers that sync one CronJob each, one
//! event writer, one API client.

mod sync;
mod times;

use crate::cluster::CronJobId;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{CronJobEvent, Event};
use crate::control::event_writer::EventWriter;
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

impl Slot {
    fn new() -> Self {
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

impl Marked for Slot {
    fn marks(&mut self) -> Marks<'_> {
        Marks {
            dirty: &mut self.dirty,
            processing: &mut self.processing,
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
            slots: (0..cron_jobs).map(|_| Slot::new()).collect(),
        }
    }

    /// Those that are there from the beginning are submitted then.
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
        match event {
            CronJobEvent::Seen(id) => {
                self.make_slot(id, ctx);
                self.queue.add(id, &mut self.slots);
            }
            CronJobEvent::Rescheduled(id) => {
                self.make_slot(id, ctx);
                self.slots[id.index()].state.reschedule(id, ctx);
                self.await_next(id, ctx);
            }
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
        while self.idle_workers > 0 {
            let Some(id) = self.queue.get(&mut self.slots) else {
                return;
            };
            self.idle_workers -= 1;
            let slot = &mut self.slots[id.index()];
            slot.state.plan(id, ctx);
            for _ in 0..slot.state.events {
                self.writer.emit(&mut slot.event_filter, &mut self.client, ctx);
            }
            self.go_on(id, ctx);
        }
    }

    fn call_done(&mut self, id: CronJobId, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[id.index()];
        let call = slot.call.take().expect("a call is in flight");
        slot.state.take_effect(id, call, ctx);
        self.go_on(id, ctx);
    }

    /// CronJobs that come later get their slots when they are seen.
    fn make_slot(&mut self, id: CronJobId, ctx: &Context<'_>) {
        while self.slots.len() <= id.index() {
            let mut slot = Slot::new();
            let made = ctx.store.cron_jobs_made.get(&CronJobId(self.slots.len() as u32));
            slot.state.created = ctx.config.unix_time(made.copied().unwrap_or(ctx.now));
            self.slots.push(slot);
        }
    }

    /// The delaying queue takes the key until its next time, and keeps the earliest due time of a key.
    fn await_next(&mut self, id: CronJobId, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[id.index()];
        let Some(next) = slot.state.next_look else { return };
        let due = (ctx.config.at_unix(next) + ctx.config.cron_job.next_schedule_delta).max(ctx.now);
        if due < slot.due {
            slot.due = due;
            ctx.at(due, Event::CronJob(CronJobEvent::Due(id)));
        }
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
        self.await_next(id, ctx);
        self.queue.done(id, &mut self.slots);
        self.idle_workers += 1;
    }
}
