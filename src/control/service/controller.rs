//! What the controllers of services have in common: a work queue, workers that sync one key each, API clients with their
//! limits, and one event writer.

use crate::control::context::Context;
use crate::control::event::Event;
use crate::control::event_writer::EventWriter;
use crate::control::limits::{LimitUse, WorkerUse};
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::control::work_queue::{Marked, Marks, WorkQueue};
use crate::kernel::SimTime;

/// API calls that a step of a sync sends at once, each with a token of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calls {
    /// Which of the controller's clients sends them.
    pub client: usize,
    /// How many, at least one.
    pub count: u32,
    /// Whether they are reads.
    pub reads: bool,
}

impl Calls {
    /// `count` calls of the first client; nothing for 0.
    pub(super) fn some(count: u32) -> Option<Self> {
        (count > 0).then_some(Self {
            client: 0,
            count,
            reads: false,
        })
    }
}

/// The sync of one key: a machine that advances when the calls of its present step took effect.
pub(super) trait Sync {
    /// What the queue holds.
    type Key: Copy + Into<usize>;
    /// What a sync looks at beside the store.
    type Beside;

    /// Begins; the calls of the first step, or `None` if there is nothing to do.
    fn begin(&mut self, key: Self::Key, ctx: &mut Context<'_>) -> Option<Calls>;
    /// One call took effect. Returns whether an event is written about it.
    fn call_done(&mut self, key: Self::Key, ctx: &mut Context<'_>) -> bool;
    /// All calls of the step took effect; the calls of the next one, or `None` at the end.
    fn advance(&mut self, key: Self::Key, beside: &mut Self::Beside, ctx: &mut Context<'_>) -> Option<Calls>;
    /// Events that the last step told of beside its calls; they are written now.
    fn take_events(&mut self) -> u32 {
        0
    }
    /// The sync ended; how, and when the next is due if nothing happens before.
    fn ended(&mut self, _key: Self::Key, _ctx: &mut Context<'_>) -> Ended {
        Ended::default()
    }
    /// What happens when a call of `key` takes effect.
    fn call_event(key: Self::Key) -> Event;
    /// What happens when a sync of `key` is due ([`Ended`]).
    fn due_event(key: Self::Key) -> Event;
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    /// With an error: the key is added again after a back-off (`AddRateLimited`).
    pub failed: bool,
    /// The error was a refused pod: until admission lets more in, the next try is in vain, too, and keeps no run going.
    pub in_vain: bool,
    /// When the key is to be added again (`AddAfter`).
    pub again: Option<SimTime>,
}

/// The size of a controller.
pub(super) struct Setup {
    /// The limits of each client.
    pub limit: RateLimit,
    /// How many clients it has.
    pub clients: usize,
    /// How many keys it syncs at once.
    pub workers: u32,
    /// Writes events through the last of the clients.
    pub writer: EventWriter,
    /// The limit on retries of all keys together.
    pub retries: RateLimit,
}

/// A controller.
#[derive(Debug)]
pub(super) struct Controller<S: Sync> {
    queue: WorkQueue<S::Key>,
    clients: Vec<TokenBucket>,
    writer: EventWriter,
    workers: u32,
    idle_workers: u32,
    workers_use: WorkerUse,
    /// Spaces out retries of all keys.
    retries: TokenBucket,
    slots: Vec<Slot<S>>,
}

/// What is kept of one key.
#[derive(Debug)]
struct Slot<S> {
    sync: S,
    in_flight: u32,
    event_filter: u64,
    /// When the delaying queue adds the key; `MAX`: it does not wait there.
    due: SimTime,
    /// What it waits for there will not matter any more, so it must not keep the run going.
    moot: bool,
    /// Syncs that failed since the last one that did not.
    failures: u8,
    dirty: bool,
    processing: bool,
}

impl<S> Slot<S> {
    const fn new(sync: S) -> Self {
        Self {
            sync,
            in_flight: 0,
            event_filter: 0,
            due: SimTime::MAX,
            moot: false,
            failures: 0,
            dirty: false,
            processing: false,
        }
    }
}

impl<S> Marked for Slot<S> {
    fn marks(&mut self) -> Marks<'_> {
        Marks {
            dirty: &mut self.dirty,
            processing: &mut self.processing,
        }
    }
}

impl<S: Sync> Controller<S> {
    /// A controller at rest with full token buckets; `syncs` by key.
    pub(super) fn new(setup: Setup, syncs: impl Iterator<Item = S>) -> Self {
        Self {
            queue: WorkQueue::default(),
            clients: vec![TokenBucket::new(setup.limit); setup.clients],
            writer: setup.writer,
            workers: setup.workers,
            idle_workers: setup.workers.max(1),
            workers_use: WorkerUse::default(),
            retries: TokenBucket::new(setup.retries),
            slots: syncs.map(Slot::new).collect(),
        }
    }

    /// How `who` met its limits until `now`: of its clients the one that waited longest, and its workers.
    pub(super) fn limits(
        &self,
        who: &'static str,
        limit: RateLimit,
        now: SimTime,
    ) -> impl Iterator<Item = LimitUse> + use<S> {
        let uses = self
            .clients
            .iter()
            .filter_map(|client| LimitUse::of_client(who, limit, client, now));
        let longest = uses.reduce(|most, other| {
            if other.pressure.waited() > most.pressure.waited() {
                other
            } else {
                most
            }
        });
        let workers = self.workers_use.limit(who, self.workers, now);
        longest.into_iter().chain(std::iter::once(workers))
    }

    /// Makes room for what is kept of `key`, which may be new.
    fn ensure(&mut self, key: S::Key)
    where
        S: Default,
    {
        let index: usize = key.into();
        while self.slots.len() <= index {
            self.slots.push(Slot::new(S::default()));
        }
    }

    /// The sync of `key`, which may be new.
    pub(super) fn sync_mut(&mut self, key: S::Key) -> &mut S
    where
        S: Default,
    {
        self.ensure(key);
        &mut self.slots[key.into()].sync
    }

    /// Something about `key`, which may be new, changed.
    pub(super) fn add_new(&mut self, key: S::Key, ctx: &mut Context<'_>)
    where
        S: Default,
    {
        self.ensure(key);
        self.add(key, ctx);
    }

    /// Something about `key` changed.
    pub(super) fn add(&mut self, key: S::Key, ctx: &mut Context<'_>) {
        let waiting = self.queue.len();
        self.queue.add(key, &mut self.slots);
        if self.queue.len() > waiting {
            self.workers_use.joined(self.idle_workers > 0, ctx.now);
        }
        self.start_workers(ctx);
    }

    /// The delaying queue releases `key`, unless an earlier event did.
    pub(super) fn due(&mut self, key: S::Key, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[key.into()];
        *ctx.background -= usize::from(std::mem::take(&mut slot.moot));
        if ctx.now >= slot.due {
            slot.due = SimTime::MAX;
            self.add(key, ctx);
        }
    }

    /// A call of the present step of `key` took effect.
    pub(super) fn call_done(&mut self, key: S::Key, beside: &mut S::Beside, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[key.into()];
        slot.in_flight -= 1;
        if slot.sync.call_done(key, ctx) {
            let client = self.clients.last_mut().expect("a controller has a client");
            self.writer.emit(&mut slot.event_filter, client, ctx);
        }
        if slot.in_flight == 0 {
            let calls = slot.sync.advance(key, beside, ctx);
            for _ in 0..slot.sync.take_events() {
                let client = self.clients.last_mut().expect("a controller has a client");
                self.writer.emit(&mut slot.event_filter, client, ctx);
            }
            self.go_on(key, calls, ctx);
            self.start_workers(ctx);
        }
    }

    /// The event writer's call is done.
    pub(super) fn event_written(&mut self, ctx: &mut Context<'_>) {
        let client = self.clients.last_mut().expect("a controller has a client");
        self.writer.written(client, ctx);
    }

    /// Gives waiting keys to idle workers. A sync that needs no call ends at once, so this loops.
    fn start_workers(&mut self, ctx: &mut Context<'_>) {
        while self.idle_workers > 0 {
            let Some(key) = self.queue.get(&mut self.slots) else {
                self.workers_use.emptied(ctx.now);
                return;
            };
            self.workers_use.took();
            self.idle_workers -= 1;
            let slot = &mut self.slots[key.into()];
            let calls = slot.sync.begin(key, ctx);
            for _ in 0..slot.sync.take_events() {
                let client = self.clients.last_mut().expect("a controller has a client");
                self.writer.emit(&mut slot.event_filter, client, ctx);
            }
            self.go_on(key, calls, ctx);
        }
    }

    /// Sends the calls of the next step, or ends the sync.
    fn go_on(&mut self, key: S::Key, calls: Option<Calls>, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[key.into()];
        if let Some(calls) = calls {
            slot.in_flight = calls.count;
            for _ in 0..calls.count {
                let sent = self.clients[calls.client].take(ctx.now);
                let at = if calls.reads { ctx.read(sent) } else { ctx.written(sent) };
                ctx.at(at, S::call_event(key));
            }
        } else {
            let ended = slot.sync.ended(key, ctx);
            self.schedule(key, ended, ctx);
            self.queue.done(key, &mut self.slots);
            self.idle_workers += 1;
        }
    }

    /// Has the delaying queue add `key` again, if it must. The queue keeps the earliest time of a key
    /// (`staging/src/k8s.io/client-go/util/workqueue/delaying_queue.go: insert`).
    fn schedule(&mut self, key: S::Key, ended: Ended, ctx: &mut Context<'_>) {
        let slot = &mut self.slots[key.into()];
        let (mut again, mut in_vain) = (ended.again, false);
        if ended.failed {
            let queue = &ctx.config.work_queue;
            let wait = if ended.in_vain {
                queue.backoff_of_refused(slot.failures)
            } else {
                queue.backoff(slot.failures)
            };
            let at = (ctx.now + wait).max(self.retries.take(ctx.now));
            in_vain = ended.in_vain && again.is_none();
            again = Some(again.map_or(at, |again| again.min(at)));
            slot.failures = slot.failures.saturating_add(1);
        } else {
            slot.failures = 0;
        }
        match again {
            Some(at) => {
                let was_moot = std::mem::take(&mut slot.moot);
                *ctx.background -= usize::from(was_moot);
                let is_earlier = at < slot.due;
                if is_earlier {
                    slot.due = at;
                    ctx.at(at, S::due_event(key));
                }
                if in_vain && (is_earlier || was_moot) {
                    slot.moot = true;
                    *ctx.background += 1;
                }
            }
            None if slot.due != SimTime::MAX && !slot.moot => {
                slot.moot = true;
                *ctx.background += 1;
            }
            None => {}
        }
    }
}
