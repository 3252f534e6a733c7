//! kube-scheduler as a component: one scheduling loop over the queue, binding calls on the side
//! (`pkg/scheduler/schedule_one.go`).

use std::collections::BTreeMap;

use crate::cluster::Store;
use crate::cluster::ids::{NodeId, PodId, PodTemplateId};
use crate::cluster::pod::PodPhase;
use crate::cluster::record::Record;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, SchedulerEvent};
use crate::control::limits::{Limit, LimitUse, WorkerUse};
use crate::control::rate_limit::TokenBucket;
use crate::control::scheduler::again::{Again, queue_ahead};
use crate::control::scheduler::assigned::Assigned;
use crate::control::scheduler::hints::Rejectors;
use crate::control::scheduler::instant::InstantQueue;
use crate::control::scheduler::nominator::Nominator;
use crate::control::scheduler::preemption::executor::Executor;
use crate::control::scheduler::preemption::{PostFilter, Vain, mix};
use crate::control::scheduler::queue::SchedulingQueue;
use crate::control::scheduler::what_if::Nominated;
use crate::control::scheduler::{Placement, Placer};
use crate::kernel::SimTime;

/// What a scheduling cycle decided, until its time is over.
#[derive(Debug)]
pub(super) enum Verdict {
    /// A node was found and assumed.
    Placed,
    /// These plugins rejected all nodes. The number stands for the text of event FailedScheduling.
    Refused(Rejectors, u64, PostFilter),
    /// There is no node.
    NoNodes,
}

/// The queue: kube-scheduler's own, or its equal where attempts take no time and nothing backs off.
pub(super) enum Queue {
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
    /// Something changed that moves nobody, but with which an attempt may end otherwise than the one before.
    pub(super) const fn change(&mut self) {
        if let Self::Instant(queue) = self {
            queue.change();
        }
    }
    fn is_idle(&self) -> bool {
        match self {
            Self::Literal(queue) => queue.is_idle(),
            Self::Instant(queue) => queue.is_idle(),
        }
    }
}

/// What stands for the message that there are no nodes.
const NO_NODES: u64 = u64::MAX;

/// The scheduler.
pub struct Scheduler {
    pub(super) queue: Queue,
    pub(super) placer: Placer,
    pub(super) client: TokenBucket,
    /// A cycle, or the write of a failed one, is under way.
    busy: bool,
    pub(super) verdict: Verdict,
    /// The pod of the present cycle with the plugins that refused it.
    pub(super) in_flight: Option<(PodId, Rejectors)>,
    /// Something happened during the present cycle that makes its pod worth another one.
    pub(super) moved_in_flight: bool,
    pub(super) assigned: Assigned,
    pub(super) nominator: Nominator,
    pub(super) vain: Vain,
    pub(super) executor: Executor,
    /// Pods with scheduling gates, and since when they are there.
    pub(super) gated: BTreeMap<PodId, SimTime>,
    /// Some pod may wait for others to be bound.
    pub(super) heeds_bindings: bool,
    /// Message last written to each pod's condition, 0 for none.
    pub(super) message: Vec<u64>,
    /// The last refusal, if the next may be like it.
    pub(super) again: Option<Again>,
    /// The plugins behind the last refusal: template and numbers of its filters.
    last_rejectors: (PodTemplateId, u32, Rejectors),
    pub(super) flush_backoff_at: SimTime,
    pub(super) retry_errors_at: SimTime,
    pub(super) flush_unschedulable_armed: bool,
    /// Until then the look for pods that wait too long may find one that fits.
    pub(super) hope_until: SimTime,
    attempts: u64,
    /// How pods waited for the loop.
    loop_use: WorkerUse,
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
            in_flight: None,
            moved_in_flight: false,
            assigned: Assigned::default(),
            nominator: Nominator::default(),
            vain: Vain::default(),
            executor: Executor::default(),
            gated: BTreeMap::new(),
            heeds_bindings: false,
            message: Vec::new(),
            again: None,
            last_rejectors: (PodTemplateId::NONE, 0, Rejectors::NONE),
            flush_backoff_at: SimTime::MAX,
            retry_errors_at: SimTime::MAX,
            flush_unschedulable_armed: false,
            hope_until: SimTime::ZERO,
            attempts: 0,
            loop_use: WorkerUse::default(),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: SchedulerEvent, ctx: &mut Context<'_>) {
        // Templates come while the cluster runs, too; each is known before a pod of it is.
        while let Some(template) = ctx.store.templates.get(self.placer.template_count()) {
            self.placer.add_template(template.clone());
        }
        match event {
            SchedulerEvent::PodAdded(pod) => self.pod_added(pod, ctx),
            SchedulerEvent::AssignedPodAdded(pod) => self.assigned_pod_added(pod, ctx),
            SchedulerEvent::BindingSeen(pod) => self.binding_seen(pod, ctx),
            SchedulerEvent::AssignedPodDeleted(pod) => self.assigned_pod_deleted(pod, ctx),
            SchedulerEvent::PendingPodDeleted(pod) => self.pending_pod_deleted(pod, ctx),
            SchedulerEvent::DeletionSeen(pod) => self.deletion_seen(pod),
            SchedulerEvent::PodUpdated(pod, before) => self.pod_updated(pod, before, ctx),
            SchedulerEvent::NominationCleared(priority) => self.move_all(Some(priority), ctx),
            SchedulerEvent::NodeAdded(node) => self.node_added(node, ctx),
            SchedulerEvent::NodeUpdated(node, change) => self.node_updated(node, change, ctx),
            SchedulerEvent::NodeImage(node, image) => {
                // No pod that waits is tried again because of an image.
                let images = &ctx.store.nodes[node.index()].images;
                if let Some(image) = images.get(image as usize) {
                    let names = image.names.iter();
                    names.for_each(|name| self.placer.add_image(node, name, image.size));
                }
            }
            SchedulerEvent::NodeDeleted(node) => self.node_deleted(node, ctx),
            SchedulerEvent::PreemptionCall(number) => self.preemption_call(number, ctx),
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
                self.flush_backoff(ctx);
            }
            SchedulerEvent::RetryErrors => {
                self.retry_errors_at = SimTime::MAX;
                self.flush_backoff(ctx);
            }
            SchedulerEvent::FlushUnschedulable => self.flush_unschedulable(ctx),
        }
    }

    /// Calls to the API server, and how many of them waited for a token.
    #[must_use]
    pub const fn api_calls(&self) -> (u64, u64) {
        (self.client.calls(), self.client.delayed())
    }
    /// How its client met its limit until `now`.
    #[must_use]
    pub fn limit(&self, config: &ControlPlane, now: SimTime) -> Option<LimitUse> {
        LimitUse::of_client("kube-scheduler", config.scheduler.client, &self.client, now)
    }
    /// How pods waited for its loop, which does one cycle at a time, until `now`.
    #[must_use]
    pub fn loop_limit(&self, now: SimTime) -> LimitUse {
        LimitUse {
            limit: Limit::Cycles,
            asked: self.attempts,
            ..self.loop_use.limit("kube-scheduler", 1, now)
        }
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
    pub(super) fn wake(&mut self, ctx: &mut Context<'_>) {
        if !self.busy && !self.queue.is_idle() {
            self.busy = true;
            ctx.at(ctx.now, Event::Scheduler(SchedulerEvent::Cycle));
        }
    }

    /// Begins the next cycle; cycles that take no time, or during which nothing else happens, follow one another here.
    fn run(&mut self, ctx: &mut Context<'_>) {
        while !self.busy {
            let Some(pod) = self.queue.pop() else {
                self.loop_use.emptied(ctx.now);
                break;
            };
            if !ctx.config.scheduler.cycle_time.is_zero() {
                if self.queue.is_idle() {
                    self.loop_use.emptied(ctx.now);
                } else {
                    self.loop_use.joined(false, ctx.now);
                }
            }
            let record = &ctx.store.pods[pod.index()];
            if record.phase.is_terminal() || record.deleting {
                continue;
            }
            queue_ahead(&self.queue, ctx.store);
            self.attempts += 1;
            if self.refuse_again(pod, ctx) {
                continue;
            }
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
                if self.assigned.get(pod).is_none() {
                    ctx.record(Record::PodUnschedulable(pod));
                }
            }
        }
    }

    fn decide(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let template = ctx.store.pods[pod.index()].template;
        self.placer.set_time(ctx.now);
        let mut nominated = Nominated::new();
        let pinned = pinned(pod, ctx.store);
        let placement = if let Some(node) = pinned {
            nominated = self.nominator.before(pod, ctx.store);
            self.placer.place_on(template, node, &nominated)
        } else if self.nominator.is_empty() {
            self.placer.place(template)
        } else {
            nominated = self.nominator.before(pod, ctx.store);
            let own = self.nominator.node_of(pod);
            match own.filter(|node| self.placer.fits_on(template, *node, &nominated)) {
                Some(node) => Placement::Placed(node),
                None => self.placer.place_beside(template, &nominated),
            }
        };
        self.moved_in_flight = false;
        self.verdict = match placement {
            Placement::Placed(node) => {
                self.in_flight = None;
                self.denominate(pod);
                self.assume(pod, node, ctx);
                Verdict::Placed
            }
            Placement::Unschedulable(refusal) => {
                let mut rejectors = self.rejectors(template, refusal.filters);
                if pinned.is_some() {
                    rejectors = rejectors.union(Rejectors::NODE_AFFINITY);
                }
                self.in_flight = Some((pod, rejectors));
                let post_filter = self.post_filter(pod, &nominated, ctx);
                let message = match post_filter.message() {
                    0 => refusal.message,
                    more => mix(refusal.message, more),
                };
                // What was so at the cycle's beginning: much may happen until it ends.
                let fruitless = !matches!(post_filter, PostFilter::Found(_)) && self.nominator.is_empty();
                self.again = (fruitless && pinned.is_none()).then(|| Again {
                    template,
                    version: self.placer.version(),
                    rejectors,
                    message,
                });
                Verdict::Refused(rejectors, message, post_filter)
            }
            Placement::NoNodes => {
                self.in_flight = Some((pod, Rejectors::NONE));
                Verdict::NoNodes
            }
        };
        if ctx.observer.wants_attempts() {
            self.tell_attempt(pod, &nominated, ctx);
        }
    }

    /// The plugins that refused a pod. Most refusals are like the one before.
    fn rejectors(&mut self, template: PodTemplateId, filters: u32) -> Rejectors {
        let (known, by, rejectors) = self.last_rejectors;
        if (known, by) == (template, filters) {
            return rejectors;
        }
        let rejectors = self.placer.rejectors(template, filters);
        self.last_rejectors = (template, filters, rejectors);
        rejectors
    }

    fn conclude(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        match std::mem::replace(&mut self.verdict, Verdict::Placed) {
            Verdict::Placed => {
                let sent = self.client.take(ctx.now);
                let at = ctx.written(sent);
                ctx.at(at, Event::Scheduler(SchedulerEvent::Bound(pod)));
            }
            Verdict::Refused(rejectors, message, post_filter) => {
                self.refuse(pod, rejectors, message, Some(&post_filter), ctx);
            }
            Verdict::NoNodes => self.refuse(pod, Rejectors::NONE, NO_NODES, None, ctx),
        }
        self.in_flight = None;
    }

    /// `handleSchedulingFailure`: back to the queue, then the pod's condition is written if its message changed, or the node it is
    /// nominated for. The loop waits for that write.
    fn refuse(
        &mut self,
        pod: PodId,
        rejectors: Rejectors,
        message: u64,
        post_filter: Option<&PostFilter>,
        ctx: &mut Context<'_>,
    ) {
        let before = self.nominator.node_of(pod);
        let (mut after, mut held) = (before, false);
        match post_filter {
            Some(PostFilter::Found(candidate)) => {
                held = self.make_room(pod, candidate.node, &candidate.victims, ctx);
                self.nominator.set(pod, candidate.node);
                self.queue.change();
                after = Some(candidate.node);
            }
            Some(PostFilter::NoCandidate(_)) if before.is_some() => {
                self.denominate(pod);
                after = None;
            }
            Some(PostFilter::NoCandidate(_) | PostFilter::NotEligible(_)) | None => {}
        }
        match &mut self.queue {
            Queue::Literal(queue) => {
                queue.set_held(pod, held);
                queue.fail(pod, ctx.now, rejectors, self.moved_in_flight);
                self.arm_backoff_flush(ctx);
                self.arm_unschedulable_flush(ctx);
            }
            Queue::Instant(queue) => {
                if before.is_none() && after.is_none() {
                    return queue.fail();
                }
                for fresh in queue.drain_fresh_until_popped() {
                    if self.assigned.get(fresh).is_none() {
                        ctx.record(Record::PodUnschedulable(fresh));
                    }
                }
                queue.fail_alone(held);
                return ctx.nominate(pod, after);
            }
        }
        if self.message.len() <= pod.index() {
            self.message.resize(pod.index() + 1, 0);
        }
        let written = std::mem::replace(&mut self.message[pod.index()], message);
        if written == message && before == after {
            return;
        }
        if written == 0 {
            ctx.record(Record::PodUnschedulable(pod));
        } else if written != message && ctx.observer.wants_attempts() {
            ctx.record(Record::PodRefusalChanged(pod));
        }
        ctx.nominate(pod, after);
        let sent = self.client.take(ctx.now);
        let written = ctx.written(sent);
        if written > ctx.now {
            self.busy = true;
            ctx.at(written, Event::Scheduler(SchedulerEvent::Cycle));
        }
    }

    fn bound(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        let assumed = self.assigned.get(pod);
        if let Some((node, _)) = assumed.filter(|_| record.phase == PodPhase::Pending && !record.deleting) {
            ctx.bind(pod, node);
            // The event Scheduled, which another client of the scheduler writes.
            let _ = ctx.written(ctx.now);
            if self.heeds_bindings {
                ctx.when_seen(Event::Scheduler(SchedulerEvent::BindingSeen(pod)));
            }
        }
        // Deleted meanwhile: the watch's event gives back what was assumed.
    }

    /// Counts `pod` on `node` from now on.
    pub(super) fn assume(&mut self, pod: PodId, node: NodeId, ctx: &Context<'_>) {
        let template = ctx.store.pods[pod.index()].template;
        self.placer.assume(node, template);
        self.assigned.add(pod, node, template, ctx.store.template(pod).priority);
        if self.heeds_bindings || self.assigned.has_priorities() {
            self.queue.change();
        }
    }

    /// Gives back what `pod` had on its node; says whether it had anything.
    pub(super) fn release(&mut self, pod: PodId, ctx: &Context<'_>) -> bool {
        let assigned = self.assigned.remove(pod, ctx.store.template(pod).priority);
        let terminating = self.assigned.end_terminating(pod);
        match assigned {
            Some((node, template)) if terminating => self.placer.release_terminating(node, template),
            Some((node, template)) => self.placer.release(node, template),
            None => {}
        }
        assigned.is_some()
    }
}

/// The node that `pod` must go to, if it must go to one.
pub(super) fn pinned(pod: PodId, store: &Store) -> Option<NodeId> {
    store.pins.get(&pod).copied()
}
