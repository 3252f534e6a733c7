//! The pod garbage collector (`pkg/controller/podgc/gc_controller.go`). Every so often it looks at all pods and deletes, in this
//! order: the oldest of those that have ended, if there are too many; those that terminate on a node that somebody declared out of
//! service; those whose node is gone; those that terminate and never had a node.

mod ended;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::node::NodeReadiness;
use crate::cluster::pod::{Disruption, PodFailure};
use crate::cluster::spec::Taint;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, PodGcCall, PodGcEvent};
use crate::control::kubelet::EXIT_SIGKILL;
use crate::control::limits::LimitUse;
use crate::control::node_lifecycle::ticks::Ticks;
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::kernel::random::Purpose;
use crate::kernel::{SimDuration, SimTime};

use ended::EndedPods;

/// One of the four steps of a look (`gc`), with the pods it found.
#[derive(Debug)]
enum Step {
    /// `gcTerminated`, `gcTerminating`: a goroutine a pod.
    AtOnce(Vec<PodId>),
    /// `gcOrphaned`: a GET of each node, then one pod after another; these get the condition DisruptionTarget.
    Orphans { nodes: u32, pods: VecDeque<PodId> },
    /// `gcUnscheduledTerminating`: one pod after another.
    Unscheduled(VecDeque<PodId>),
}

/// The collector: one loop.
#[derive(Debug)]
pub struct PodGc {
    client: TokenBucket,
    sweeps: Ticks,
    /// The next look that is pending, or `MAX`.
    sweep_at: SimTime,
    /// Nodes that may have left pods behind, and when the first look after that was.
    nodes: BTreeMap<NodeId, SimTime>,
    /// Pods that were deleted before they had a node, and that a finalizer keeps.
    unscheduled: BTreeSet<PodId>,
    ended: EndedPods,
    /// What the present look has still to do, and calls in flight.
    steps: VecDeque<Step>,
    in_flight: u32,
}

impl PodGc {
    /// A collector at rest.
    #[must_use]
    pub fn new(config: &ControlPlane, seed: u64) -> Self {
        let nodes = &config.node_lifecycle;
        let phase = nodes.phases.map(|phases| phases.gc);
        Self {
            client: TokenBucket::new(nodes.client),
            sweeps: Ticks::new(nodes.gc_check_period, phase, seed, Purpose::PodGc, 0),
            sweep_at: SimTime::MAX,
            nodes: BTreeMap::new(),
            unscheduled: BTreeSet::new(),
            ended: EndedPods::default(),
            steps: VecDeque::new(),
            in_flight: 0,
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: PodGcEvent, ctx: &mut Context<'_>) {
        match event {
            PodGcEvent::NodeSeen(node) => {
                if is_gone(node, ctx) || is_out_of_service(node, ctx) {
                    self.nodes.entry(node).or_insert(SimTime::MAX);
                    self.arm(ctx.now, ctx);
                }
            }
            PodGcEvent::PodSeen(pod) => {
                self.unscheduled.insert(pod);
                self.arm(ctx.now, ctx);
            }
            PodGcEvent::TooManyEnded => self.arm(ctx.now, ctx),
            PodGcEvent::Sweep => {
                if self.sweep_at == ctx.now {
                    self.sweep_at = SimTime::MAX;
                    self.sweep(ctx);
                }
            }
            PodGcEvent::CallDone(pod, call) => self.call_done(pod, call, ctx),
        }
    }

    /// Calls to the API server, and how many of them waited for a token.
    #[must_use]
    pub const fn api_calls(&self) -> (u64, u64) {
        (self.client.calls(), self.client.delayed())
    }
    /// How its client met its limit until `now`.
    #[must_use]
    pub fn limit(&self, client: RateLimit, now: SimTime) -> Option<LimitUse> {
        LimitUse::of_client("pod garbage collector", client, &self.client, now)
    }

    fn arm(&mut self, from: SimTime, ctx: &mut Context<'_>) {
        let at = self.sweeps.at_or_after(from);
        if at < self.sweep_at {
            self.sweep_at = at;
            ctx.at(at, Event::PodGc(PodGcEvent::Sweep));
        }
    }

    /// `gc`.
    fn sweep(&mut self, ctx: &mut Context<'_>) {
        let period = ctx.config.node_lifecycle.gc_check_period;
        if self.in_flight > 0 {
            // The loop is still at its last look.
            self.arm(ctx.now + period, ctx);
            return;
        }
        let mut at_once = self
            .ended
            .surplus(ctx.store, ctx.config.node_lifecycle.terminated_pod_gc_threshold);
        if !at_once.is_empty() {
            self.steps.push_back(Step::AtOnce(std::mem::take(&mut at_once)));
        }
        let (mut gone, nodes) = (BTreeSet::new(), self.nodes.keys().copied().collect::<Vec<_>>());
        for node in nodes {
            self.sweep_node(node, &mut at_once, &mut gone, ctx);
        }
        if !at_once.is_empty() {
            at_once.sort_unstable();
            self.steps.push_back(Step::AtOnce(at_once));
        }
        if !gone.is_empty() {
            let nodes = gone.len() as u32;
            let left = ctx.store.pods.iter().enumerate();
            let left = left.filter(|(_, pod)| !pod.gone && gone.contains(&pod.node));
            let pods = left.map(|(id, _)| PodId(id as u32)).collect();
            self.steps.push_back(Step::Orphans { nodes, pods });
        }
        let waits = |pod: &PodId| !ctx.store.pods[pod.index()].gone;
        self.unscheduled.retain(waits);
        if !self.unscheduled.is_empty() {
            let pods = std::mem::take(&mut self.unscheduled);
            self.steps.push_back(Step::Unscheduled(pods.into_iter().collect()));
        }
        if self.is_needed_again(ctx) && !period.is_zero() {
            self.arm(ctx.now + period, ctx);
        }
        self.go_on(ctx);
    }

    /// Whether the next look may find something, as far as that is known now.
    fn is_needed_again(&self, ctx: &mut Context<'_>) -> bool {
        let threshold = ctx.config.node_lifecycle.terminated_pod_gc_threshold;
        let too_many = threshold > 0 && ctx.store.ended_pods > threshold;
        too_many
            || self.nodes.keys().any(|node| {
                let pods = ctx.store.pods_on(*node);
                let terminates = |pod: &PodId| ctx.store.pods[pod.index()].deleting;
                is_gone(*node, ctx) || pods.iter().any(terminates)
            })
    }

    /// What one node left behind: pods that terminate go into `terminating`, a node whose quarantine is over into `gone`.
    fn sweep_node(
        &mut self,
        node: NodeId,
        terminating: &mut Vec<PodId>,
        gone: &mut BTreeSet<NodeId>,
        ctx: &mut Context<'_>,
    ) {
        if !is_gone(node, ctx) {
            if !is_out_of_service(node, ctx) {
                self.nodes.remove(&node);
            } else if ctx.store.node_states[node.index()].ready != NodeReadiness::True {
                let pods = ctx.store.pods_on(node);
                let deleted = |pod: &PodId| ctx.store.pods[pod.index()].deleting;
                terminating.extend(pods.into_iter().filter(deleted));
            }
            return;
        }
        // First to quarantine. The look that comes when that ends exactly is a moment too early.
        let first = self.nodes.get_mut(&node).expect("only known nodes are looked at");
        *first = (*first).min(ctx.now);
        let first = *first;
        let quarantine = ctx.config.node_lifecycle.gc_quarantine;
        if ctx.now.since(first) > quarantine {
            gone.insert(node);
            self.nodes.remove(&node);
        } else if ctx.config.node_lifecycle.gc_check_period.is_zero() {
            self.arm(first + quarantine + SimDuration::from_nanos(1), ctx);
        }
    }

    /// Sends the next calls of the present step, if none is in flight, or goes to the next step.
    fn go_on(&mut self, ctx: &mut Context<'_>) {
        while self.in_flight == 0
            && let Some(step) = self.steps.pop_front()
        {
            match step {
                Step::AtOnce(pods) => {
                    for pod in pods {
                        self.begin(pod, PodGcCall::Fail, ctx);
                    }
                }
                Step::Orphans { nodes: 0, mut pods } => {
                    if let Some(pod) = pods.pop_front() {
                        self.begin(pod, PodGcCall::FailOrphan, ctx);
                        self.steps.push_front(Step::Orphans { nodes: 0, pods });
                    }
                }
                Step::Orphans { nodes, pods } => {
                    self.call(PodId::NONE, PodGcCall::Ask, ctx);
                    self.steps.push_front(Step::Orphans { nodes: nodes - 1, pods });
                }
                Step::Unscheduled(mut pods) => {
                    if let Some(pod) = pods.pop_front() {
                        self.begin(pod, PodGcCall::Fail, ctx);
                        self.steps.push_front(Step::Unscheduled(pods));
                    }
                }
            }
        }
    }

    /// `markFailedAndDeletePodWithCondition`: a pod that has ended is not marked.
    fn begin(&mut self, pod: PodId, mark: PodGcCall, ctx: &mut Context<'_>) {
        let ended = ctx.store.pods[pod.index()].phase.is_terminal();
        self.call(pod, if ended { PodGcCall::Delete } else { mark }, ctx);
    }

    fn call(&mut self, pod: PodId, call: PodGcCall, ctx: &mut Context<'_>) {
        self.in_flight += 1;
        let sent = self.client.take(ctx.now);
        let at = match call {
            PodGcCall::Ask => ctx.read(sent),
            PodGcCall::Fail | PodGcCall::FailOrphan | PodGcCall::Delete => ctx.written(sent),
        };
        ctx.at(at, Event::PodGc(PodGcEvent::CallDone(pod, call)));
    }

    fn call_done(&mut self, pod: PodId, call: PodGcCall, ctx: &mut Context<'_>) {
        self.in_flight -= 1;
        match call {
            PodGcCall::Ask => {}
            PodGcCall::Fail | PodGcCall::FailOrphan => {
                let record = &ctx.store.pods[pod.index()];
                if !record.gone && !record.phase.is_terminal() {
                    if call == PodGcCall::FailOrphan {
                        ctx.disrupt_pod(pod, Disruption::DeletionByPodGc);
                    }
                    let why = match ctx.store.pods[pod.index()].node {
                        NodeId::NONE => PodFailure::Unscheduled,
                        _ => PodFailure::NodeGone,
                    };
                    ctx.fail_pod(pod, why, EXIT_SIGKILL);
                }
                self.call(pod, PodGcCall::Delete, ctx);
            }
            PodGcCall::Delete => ctx.delete_ended_pod(pod),
        }
        self.go_on(ctx);
    }
}

fn is_gone(node: NodeId, ctx: &Context<'_>) -> bool {
    !ctx.store.node_states[node.index()].exists
}

fn is_out_of_service(node: NodeId, ctx: &Context<'_>) -> bool {
    let taints = &ctx.store.nodes[node.index()].taints;
    taints.iter().any(|taint| taint.key == Taint::OUT_OF_SERVICE)
}
