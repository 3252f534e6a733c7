//! kube-scheduler as a component: one scheduling loop over the queue, binding calls on the side
//! (`pkg/scheduler/schedule_one.go`).

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::node::NodeChange;
use crate::cluster::pod::PodPhase;
use crate::cluster::record::Record;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, SchedulerEvent};
use crate::control::rate_limit::TokenBucket;
use crate::control::scheduler::instant::InstantQueue;
use crate::control::scheduler::queue::SchedulingQueue;
use crate::control::scheduler::{Placement, Placer, Refusal};
use crate::kernel::SimTime;

/// What a scheduling cycle decided, until its time is over.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    /// A node was found and assumed.
    Placed,
    /// No node, and in short why.
    Refused(Refusal),
}

/// The queue: kube-scheduler's own, or its equal where attempts take no time and nothing backs off.
enum Queue {
    Literal(Box<SchedulingQueue>),
    Instant(InstantQueue),
}

impl Queue {
    fn new(config: &ControlPlane) -> Self {
        let scheduler = &config.scheduler;
        let instant = scheduler.cycle_time.is_zero() && scheduler.pod_max_backoff.is_zero() && !scheduler.literal_queue;
        if instant {
            Self::Instant(InstantQueue::default())
        } else {
            Self::Literal(Box::new(SchedulingQueue::new(config)))
        }
    }
    fn pop(&mut self) -> Option<PodId> {
        match self {
            Self::Literal(queue) => queue.pop(),
            Self::Instant(queue) => queue.pop(),
        }
    }
    fn is_idle(&self) -> bool {
        match self {
            Self::Literal(queue) => queue.is_idle(),
            Self::Instant(queue) => queue.is_idle(),
        }
    }
    fn move_all(&mut self, now: SimTime) {
        match self {
            Self::Literal(queue) => queue.move_all(now),
            Self::Instant(queue) => queue.move_all(),
        }
    }
}

/// The scheduler.
pub struct Scheduler {
    queue: Queue,
    placer: Placer,
    client: TokenBucket,
    /// A cycle, or the write of a failed one, is under way.
    busy: bool,
    verdict: Verdict,
    moves: u64,
    /// Node of each pod that is assumed or bound, `NONE` before.
    assumed: Vec<NodeId>,
    /// Message last written to each pod's condition, 0 for none.
    message: Vec<u64>,
    flush_backoff_at: SimTime,
    flush_unschedulable_armed: bool,
    attempts: u64,
}

impl Scheduler {
    /// A scheduler that knows the nodes and templates of `placer`.
    #[must_use]
    pub fn new(config: &ControlPlane, placer: Placer) -> Self {
        Self {
            queue: Queue::new(config),
            placer,
            client: TokenBucket::new(config.scheduler.client),
            busy: false,
            verdict: Verdict::Placed,
            moves: 0,
            assumed: Vec::new(),
            message: Vec::new(),
            flush_backoff_at: SimTime::MAX,
            flush_unschedulable_armed: false,
            attempts: 0,
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: SchedulerEvent, ctx: &mut Context<'_>) {
        match event {
            SchedulerEvent::PodAdded(pod) => {
                let record = &ctx.store.pods[pod.index()];
                if record.phase == PodPhase::Pending && !record.deleting {
                    let (template, priority) = (record.template, ctx.store.template(pod).priority);
                    match &mut self.queue {
                        Queue::Literal(queue) => queue.add(pod, priority, ctx.now),
                        Queue::Instant(queue) => queue.add(pod, priority, template),
                    }
                    self.wake(ctx);
                }
            }
            SchedulerEvent::AssignedPodAdded(pod) => self.assume(pod, ctx.store.pods[pod.index()].node, ctx),
            SchedulerEvent::AssignedPodDeleted(pod) => {
                self.release(pod, ctx);
                self.move_all(ctx);
            }
            SchedulerEvent::PendingPodDeleted(pod) => {
                // Of the instant queue it is dropped when its turn comes.
                if let Queue::Literal(queue) = &mut self.queue {
                    queue.remove(pod);
                }
                // What an assumed pod gives back may be just what another waits for: its binding fails, and that counts as
                // the deletion of an assigned pod (`pkg/scheduler/schedule_one.go: handleBindingCycleError`).
                if self.release(pod, ctx) {
                    self.move_all(ctx);
                }
            }
            SchedulerEvent::NodeAdded(node) => {
                let seen = self.placer.add_node(&ctx.store.nodes[node.index()]);
                assert_eq!(seen, node, "nodes are seen in the order in which they were made");
                self.move_all(ctx);
            }
            SchedulerEvent::NodeUpdated(node, change) => {
                if change != NodeChange::CONDITIONS {
                    self.placer.update_node(node, &ctx.store.nodes[node.index()]);
                    self.move_all(ctx);
                }
            }
            SchedulerEvent::NodeDeleted(node) => self.placer.remove_node(node),
            SchedulerEvent::Cycle => {
                self.busy = false;
                self.run(ctx);
            }
            SchedulerEvent::CycleDone(pod) => {
                self.busy = false;
                self.conclude(pod, ctx);
                self.run(ctx);
            }
            SchedulerEvent::Bound(pod) => self.bound(pod, ctx),
            SchedulerEvent::FlushBackoff => {
                self.flush_backoff_at = SimTime::MAX;
                if let Queue::Literal(queue) = &mut self.queue {
                    queue.flush_backoff(ctx.now);
                }
                self.arm_backoff_flush(ctx);
                self.wake(ctx);
            }
            SchedulerEvent::FlushUnschedulable => {
                self.flush_unschedulable_armed = false;
                if let Queue::Literal(queue) = &mut self.queue {
                    queue.flush_unschedulable(ctx.now, ctx.config.scheduler.pod_max_in_unschedulable_pods);
                }
                self.arm_unschedulable_flush(ctx);
                self.wake(ctx);
            }
        }
    }

    /// Calls to the API server, and how many of them waited for a token.
    #[must_use]
    pub const fn api_calls(&self) -> (u64, u64) {
        (self.client.calls(), self.client.delayed())
    }
    /// Scheduling cycles so far.
    #[must_use]
    pub const fn attempts(&self) -> u64 {
        self.attempts
    }
    /// The nodes and plugins, to ask why a pod does not fit.
    #[must_use]
    pub const fn placer(&self) -> &Placer {
        &self.placer
    }

    /// Sees to it that the loop runs, after everything else that happens at this instant.
    fn wake(&mut self, ctx: &mut Context<'_>) {
        if !self.busy && !self.queue.is_idle() {
            self.busy = true;
            ctx.at(ctx.now, Event::Scheduler(SchedulerEvent::Cycle));
        }
    }

    /// Begins the next cycle; cycles that take no time, or during which nothing else happens, follow one another here.
    fn run(&mut self, ctx: &mut Context<'_>) {
        while !self.busy {
            let Some(pod) = self.queue.pop() else { break };
            let record = &ctx.store.pods[pod.index()];
            if record.phase.is_terminal() || record.deleting {
                continue;
            }
            self.attempts += 1;
            self.decide(pod, ctx);
            let config = &ctx.config.scheduler;
            let done = ctx.now + config.cycle_time;
            let nothing_between = config.cycle_time.is_zero() || (!config.literal_queue && ctx.skip_to(done));
            if nothing_between {
                self.conclude(pod, ctx);
            } else {
                self.busy = true;
                ctx.at(done, Event::Scheduler(SchedulerEvent::CycleDone(pod)));
            }
        }
        if let Queue::Instant(queue) = &mut self.queue {
            for pod in queue.drain_fresh() {
                if self.assumed.get(pod.index()).is_none_or(|node| *node == NodeId::NONE) {
                    ctx.record(Record::PodUnschedulable(pod));
                }
            }
        }
    }

    fn decide(&mut self, pod: PodId, ctx: &Context<'_>) {
        if let Queue::Literal(queue) = &self.queue {
            self.moves = queue.moves();
        }
        let template = ctx.store.pods[pod.index()].template;
        self.verdict = match self.placer.place(template) {
            Placement::Placed(node) => {
                self.assume(pod, node, ctx);
                Verdict::Placed
            }
            Placement::Unschedulable(refusal) => Verdict::Refused(refusal),
            Placement::NoNodes => Verdict::Refused(Refusal {
                message: u64::MAX,
                by_usage: false,
            }),
        };
    }

    fn conclude(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        match self.verdict {
            Verdict::Placed => {
                let sent = self.client.take(ctx.now);
                let at = ctx.written(sent);
                ctx.at(at, Event::Scheduler(SchedulerEvent::Bound(pod)));
            }
            Verdict::Refused(refusal) => self.refuse(pod, refusal, ctx),
        }
    }

    /// `handleSchedulingFailure`: back to the queue, then the pod's condition is written if its message changed. The loop
    /// waits for that write.
    fn refuse(&mut self, pod: PodId, refusal: Refusal, ctx: &mut Context<'_>) {
        let queue = match &mut self.queue {
            Queue::Literal(queue) => queue,
            Queue::Instant(queue) => return queue.fail(),
        };
        queue.fail(pod, ctx.now, self.moves, refusal.by_usage);
        self.arm_backoff_flush(ctx);
        self.arm_unschedulable_flush(ctx);
        if self.message.len() <= pod.index() {
            self.message.resize(pod.index() + 1, 0);
        }
        let message = refusal.message;
        let written = std::mem::replace(&mut self.message[pod.index()], message);
        if written == message {
            return;
        }
        if written == 0 {
            ctx.record(Record::PodUnschedulable(pod));
        }
        let sent = self.client.take(ctx.now);
        let written = ctx.written(sent);
        if written > ctx.now {
            self.busy = true;
            ctx.at(written, Event::Scheduler(SchedulerEvent::Cycle));
        }
    }

    fn bound(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        if record.phase == PodPhase::Pending && !record.deleting {
            ctx.bind(pod, self.assumed[pod.index()]);
            // The event Scheduled, which another client of the scheduler writes.
            let _ = ctx.written(ctx.now);
        }
        // Deleted meanwhile: the watch's event gives back what was assumed.
    }

    /// Room was made somewhere: pods that fitted nowhere are tried again.
    fn move_all(&mut self, ctx: &mut Context<'_>) {
        self.queue.move_all(ctx.now);
        self.arm_backoff_flush(ctx);
        self.wake(ctx);
    }

    /// Counts `pod` on `node` from now on.
    fn assume(&mut self, pod: PodId, node: NodeId, ctx: &Context<'_>) {
        self.placer.assume(node, ctx.store.pods[pod.index()].template);
        if self.assumed.len() <= pod.index() {
            self.assumed.resize(pod.index() + 1, NodeId::NONE);
        }
        self.assumed[pod.index()] = node;
    }

    /// Gives back what `pod` had on its node; says whether it had anything.
    fn release(&mut self, pod: PodId, ctx: &Context<'_>) -> bool {
        let assumed = self.assumed.get_mut(pod.index());
        let node = assumed.and_then(|node| std::mem::replace(node, NodeId::NONE).some());
        if let Some(node) = node {
            self.placer.release(node, ctx.store.pods[pod.index()].template);
        }
        node.is_some()
    }

    fn arm_backoff_flush(&mut self, ctx: &mut Context<'_>) {
        let Queue::Literal(queue) = &self.queue else { return };
        if let Some(at) = queue.next_flush(ctx.now).filter(|at| *at < self.flush_backoff_at) {
            self.flush_backoff_at = at;
            ctx.at(at, Event::Scheduler(SchedulerEvent::FlushBackoff));
        }
    }

    fn arm_unschedulable_flush(&mut self, ctx: &mut Context<'_>) {
        let Queue::Literal(queue) = &self.queue else { return };
        if queue.has_unschedulable() && !self.flush_unschedulable_armed {
            self.flush_unschedulable_armed = true;
            let period = ctx.config.scheduler.unschedulable_flush_period;
            ctx.after(period, Event::Scheduler(SchedulerEvent::FlushUnschedulable));
        }
    }
}
