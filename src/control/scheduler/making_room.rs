//! The scheduler where preemption, and who watches it, come in: the look for victims, the calls that send them away, and what is
//! told of an attempt.

use crate::cluster::attempt::{AttemptResult, SCHEDULING_GATED_MESSAGE, SchedulingAttempt};
use crate::cluster::pod::Disruption;
use crate::cluster::record::Record;
use crate::cluster::spec::PodTemplate;
use crate::cluster::{NodeId, PodId, Store};
use crate::control::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, SchedulerEvent};
use crate::control::scheduler::cycle::{Queue, Scheduler, Verdict};
use crate::control::scheduler::preemption::executor::{Call, Next};
use crate::control::scheduler::preemption::{PostFilter, Vain, View, Wanted};
use crate::control::scheduler::what_if::Nominated;
use crate::kernel::SimTime;
use crate::kernel::random::{Purpose, stream};

impl Scheduler {
    fn view<'a>(&'a self, store: &'a Store, config: &'a ControlPlane, now: SimTime) -> View<'a> {
        View {
            store,
            placer: &self.placer,
            assigned: &self.assigned,
            nominator: &self.nominator,
            config,
            now,
        }
    }

    /// What the scheduler would say of `pod`, which waits, if it tried it at `now`.
    #[must_use]
    pub fn explain_pod(&self, pod: PodId, store: &Store, config: &ControlPlane, now: SimTime) -> String {
        if self.gated.contains_key(&pod) {
            return SCHEDULING_GATED_MESSAGE.to_owned();
        }
        let nominated = self.nominator.before(pod, store);
        let wanted = wanted(store.template(pod), config);
        let view = self.view(store, config, now);
        let luck = || stream(0, Purpose::Preemption, 0, 0);
        let outcome = view.post_filter(pod, &nominated, wanted, &mut Vain::default(), luck);
        view.message(pod, &nominated, &outcome, wanted).to_string()
    }

    /// Looks for pods that could make room for `pod`, which no node takes.
    pub(super) fn post_filter(&mut self, pod: PodId, nominated: &Nominated, ctx: &Context<'_>) -> PostFilter {
        let mut vain = std::mem::take(&mut self.vain);
        let luck = || stream(ctx.seed, Purpose::Preemption, u64::from(pod.0), ctx.now.as_nanos());
        let outcome = self.view(ctx.store, ctx.config, ctx.now).post_filter(
            pod,
            nominated,
            wanted(ctx.store.template(pod), ctx.config),
            &mut vain,
            luck,
        );
        self.vain = vain;
        outcome
    }

    /// Tells observers that asked for it what the attempt on `pod` came to.
    pub(super) fn tell_attempt(&self, pod: PodId, nominated: &Nominated, ctx: &mut Context<'_>) {
        let template = ctx.store.pods[pod.index()].template;
        let view = self.view(ctx.store, ctx.config, ctx.now);
        let (result, message) = match &self.verdict {
            Verdict::Placed => {
                let node = self.assigned.get(pod).map_or(NodeId::NONE, |(node, _)| node);
                (AttemptResult::Assumed(node), String::new())
            }
            Verdict::Refused(_, _, outcome) => {
                let result = match outcome {
                    PostFilter::Found(candidate) => AttemptResult::Nominated(candidate.node),
                    PostFilter::NoCandidate(_) | PostFilter::NotEligible(_) => AttemptResult::Refused,
                };
                (
                    result,
                    view.message(pod, nominated, outcome, wanted(ctx.store.template(pod), ctx.config))
                        .to_string(),
                )
            }
            Verdict::NoNodes => (AttemptResult::Error, self.placer.explain(template).to_string()),
        };
        let rejected_by = match result {
            AttemptResult::Assumed(_) => Vec::new(),
            AttemptResult::Nominated(_) | AttemptResult::Refused | AttemptResult::Error => {
                match ctx.store.pins.get(&pod) {
                    Some(node) => {
                        let diagnosis = self.placer.diagnose_on(template, *node, nominated);
                        diagnosis.by_plugin(self.placer.shape(template), self.placer.profile(template))
                    }
                    None => self.placer.rejected_by_plugin_beside(template, nominated),
                }
            }
        };
        ctx.store.attempt = Some(Box::new(SchedulingAttempt {
            pod,
            result,
            nodes: self.placer.node_count(template) as u32,
            rejected_by,
            message,
        }));
        ctx.record(Record::PodAttempted(pod));
    }

    /// Begins to send `victims` away from `node`; says whether `pod` is held until that is done.
    pub(super) fn make_room(&mut self, pod: PodId, node: NodeId, victims: &[PodId], ctx: &mut Context<'_>) -> bool {
        let to_go = |victim: &&PodId| !ctx.store.pods[victim.index()].deleting;
        let victims: Vec<PodId> = victims.iter().filter(to_go).copied().collect();
        if victims.is_empty() {
            return false;
        }
        let priority = ctx.store.template(pod).priority;
        let lower = |other: &&PodId| ctx.store.template(**other).priority < priority;
        let clear = self.nominator.on_node(node).iter().filter(lower).copied().collect();
        let calls = self.executor.start(pod, victims, clear);
        self.send_calls(&calls, ctx);
        !self.is_seen_to_go(&calls)
    }

    /// `victim` is seen to go, or to be gone: pods that wait only for the calls for it are held no more, so that this event, or
    /// the next, moves them (`pkg/scheduler/framework/preemption/executor.go: IsPodRunningPreemption`).
    pub(super) fn let_go_of_waiting(&mut self, victim: PodId) {
        if self.executor.is_idle() {
            return;
        }
        let waiting: Vec<PodId> = self.executor.waiting_for(victim).collect();
        for preemptor in waiting {
            self.let_go(preemptor);
        }
    }

    /// `pod` is nominated for no node; says whether it was.
    pub(super) fn denominate(&mut self, pod: PodId) -> bool {
        let was = self.nominator.remove(pod).is_some();
        if was {
            self.queue.change();
        }
        was
    }

    fn let_go(&mut self, preemptor: PodId) {
        match &mut self.queue {
            Queue::Literal(queue) => queue.set_held(preemptor, false),
            Queue::Instant(queue) => queue.release(preemptor, false),
        }
    }

    /// Whether these calls are for a last victim that is seen to go already.
    fn is_seen_to_go(&self, calls: &[u32]) -> bool {
        let calls = calls.iter().filter_map(|number| self.executor.call(*number));
        let mut last = calls.filter_map(|(_, call)| match call {
            Call::Disrupt(victim) if self.executor.waiting_for(victim).next().is_some() => Some(victim),
            Call::Disrupt(_) | Call::Delete(_) | Call::ClearNomination(_) => None,
        });
        last.any(|victim| self.assigned.get(victim).is_none() || self.assigned.is_terminating(victim))
    }

    /// All calls of a preemption are done. The end of a victim that ended by itself before its turn came was seen while
    /// `preemptor` was held, and nothing else may come that moves it: kube-scheduler finds it again when it looks for pods that
    /// have waited too long. Where nothing waits for that long (`ideal`), it is tried at once.
    fn calls_done(&mut self, preemptor: PodId, last: PodId, ctx: &mut Context<'_>) {
        let missed = self.assigned.get(last).is_none();
        let config = &ctx.config.scheduler;
        let at_once = missed && config.pod_initial_backoff.is_zero();
        match &mut self.queue {
            Queue::Literal(queue) => {
                queue.set_held(preemptor, false);
                if at_once {
                    queue.move_one(preemptor, ctx.now);
                } else if missed && queue.unschedulable_by(preemptor).is_some() {
                    let longest = config.pod_max_in_unschedulable_pods + config.unschedulable_flush_period;
                    self.hope_until = self.hope_until.max(ctx.now + longest);
                }
            }
            Queue::Instant(queue) => queue.release(preemptor, at_once),
        }
        self.wake(ctx);
    }

    fn send_calls(&mut self, calls: &[u32], ctx: &mut Context<'_>) {
        for &number in calls {
            let sent = self.client.take(ctx.now);
            let at = ctx.written(sent);
            ctx.at(at, Event::Scheduler(SchedulerEvent::PreemptionCall(number)));
        }
    }

    /// A call of preemption takes effect.
    pub(super) fn preemption_call(&mut self, number: u32, ctx: &mut Context<'_>) {
        let Some((preemptor, call)) = self.executor.call(number) else {
            return;
        };
        let mut refused = false;
        match call {
            Call::ClearNomination(pod) => {
                self.denominate(pod);
                ctx.nominate(pod, None);
            }
            Call::Disrupt(victim) => {
                let record = &ctx.store.pods[victim.index()];
                refused = record.gone || record.phase.is_terminal();
                if !refused {
                    ctx.disrupt_pod(victim, Disruption::PreemptionByScheduler);
                }
            }
            Call::Delete(victim) => {
                if ctx.store.pods[victim.index()].is_active() {
                    ctx.delete_pod(victim);
                }
                ctx.record(Record::PodPreempted(victim, preemptor));
            }
        }
        match self.executor.done(number, refused) {
            Next::Calls(calls) => {
                self.send_calls(&calls, ctx);
                if self.is_seen_to_go(&calls) {
                    self.let_go(preemptor);
                }
            }
            Next::Done { preemptor, last } => self.calls_done(preemptor, last, ctx),
        }
    }
}

/// How many candidates end the search for victims, by the arguments of the pod's profile.
fn wanted(template: &PodTemplate, config: &ControlPlane) -> Wanted {
    let mut profiles = config.scheduler.profiles.iter();
    let own = profiles.find(|profile| profile.scheduler_name == template.scheduling.scheduler());
    own.map_or(Wanted::default(), |profile| Wanted {
        percentage: profile.args.min_candidate_nodes_percentage,
        absolute: profile.args.min_candidate_nodes_absolute,
    })
}
