//! The pod garbage collector (`pkg/controller/podgc/gc_controller.go`): pods whose node is gone, and pods that terminate on a node
//! that somebody declared out of service.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::node::NodeReadiness;
use crate::cluster::pod::{Disruption, PodFailure};
use crate::cluster::spec::Taint;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, PodGcEvent};
use crate::control::kubelet::EXIT_SIGKILL;
use crate::control::node_lifecycle::ticks::Ticks;
use crate::control::rate_limit::TokenBucket;
use crate::kernel::random::Purpose;
use crate::kernel::{SimDuration, SimTime};

/// What the present call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Idle,
    /// GET of a node that seems to be gone.
    Asking,
    /// PATCH of the first pod: Failed.
    Failing,
    /// DELETE of the first pod, without grace.
    Deleting,
}

/// The collector: one loop, one call at a time.
#[derive(Debug)]
pub struct PodGc {
    client: TokenBucket,
    sweeps: Ticks,
    /// The next sweep that is pending, or `MAX`.
    sweep_at: SimTime,
    /// Nodes that may have left pods behind, and when the first sweep after that was.
    nodes: BTreeMap<NodeId, SimTime>,
    /// Pods without a node that are being deleted.
    unscheduled: BTreeSet<PodId>,
    step: Step,
    /// Pods to collect; whether each gets the condition DisruptionTarget.
    pods: VecDeque<(PodId, bool)>,
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
            step: Step::Idle,
            pods: VecDeque::new(),
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
            PodGcEvent::Sweep => {
                if self.sweep_at == ctx.now {
                    self.sweep_at = SimTime::MAX;
                    self.sweep(ctx);
                }
            }
            PodGcEvent::CallDone => self.call_done(ctx),
        }
    }

    /// Calls to the API server, and how many of them waited for a token.
    #[must_use]
    pub const fn api_calls(&self) -> (u64, u64) {
        (self.client.calls(), self.client.delayed())
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
        if self.step != Step::Idle {
            self.arm(ctx.now + period, ctx);
            return;
        }
        let nodes: Vec<NodeId> = self.nodes.keys().copied().collect();
        for node in nodes {
            self.sweep_node(node, ctx);
        }
        let waits = self.nodes.keys().copied().collect::<Vec<_>>().into_iter().any(|node| {
            let pods = ctx.store.pods_on(node);
            pods.iter()
                .any(|pod| is_gone(node, ctx) || ctx.store.pods[pod.index()].deleting)
        });
        if waits && !period.is_zero() {
            self.arm(ctx.now + period, ctx);
        }
        let asks = self.pods.iter().any(|(_, orphan)| *orphan);
        // `gcUnscheduledTerminating`.
        let left = std::mem::take(&mut self.unscheduled);
        let left = left.into_iter().filter(|pod| !ctx.store.pods[pod.index()].gone);
        self.pods.extend(left.map(|pod| (pod, false)));
        if !self.pods.is_empty() {
            self.call(if asks { Step::Asking } else { Step::Failing }, ctx);
        }
    }

    fn sweep_node(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let mut pods = ctx.store.pods_on(node);
        if !is_gone(node, ctx) {
            // `gcTerminating`.
            if is_out_of_service(node, ctx) {
                pods.retain(|pod| ctx.store.pods[pod.index()].deleting);
                let not_ready = ctx.store.node_states[node.index()].ready != NodeReadiness::True;
                self.pods
                    .extend(pods.into_iter().filter(|_| not_ready).map(|pod| (pod, false)));
            } else {
                self.nodes.remove(&node);
            }
            return;
        }
        // `gcOrphaned`: first to quarantine. The sweep that comes when that ends exactly is a moment too early.
        let first = self.nodes.get_mut(&node).expect("only known nodes are swept");
        *first = (*first).min(ctx.now);
        let first = *first;
        let quarantine = ctx.config.node_lifecycle.gc_quarantine;
        if ctx.now.since(first) > quarantine {
            self.pods.extend(pods.into_iter().map(|pod| (pod, true)));
            self.nodes.remove(&node);
        } else if ctx.config.node_lifecycle.gc_check_period.is_zero() {
            self.arm(first + quarantine + SimDuration::from_nanos(1), ctx);
        }
    }

    fn call(&mut self, step: Step, ctx: &mut Context<'_>) {
        self.step = step;
        let sent = self.client.take(ctx.now);
        let at = ctx.written(sent);
        ctx.at(at, Event::PodGc(PodGcEvent::CallDone));
    }

    /// `markFailedAndDeletePodWithCondition`, pod by pod.
    fn call_done(&mut self, ctx: &mut Context<'_>) {
        let Some(&(pod, orphan)) = self.pods.front() else {
            self.step = Step::Idle;
            return;
        };
        match self.step {
            Step::Idle => unreachable!("no call is under way"),
            Step::Asking => self.call(Step::Failing, ctx),
            Step::Failing => {
                if !ctx.store.pods[pod.index()].phase.is_terminal() {
                    if orphan {
                        ctx.disrupt_pod(pod, Disruption::DeletionByPodGc);
                    }
                    let unscheduled = ctx.store.pods[pod.index()].node == NodeId::NONE;
                    let why = if unscheduled {
                        PodFailure::Unscheduled
                    } else {
                        PodFailure::NodeGone
                    };
                    ctx.fail_pod(pod, why, EXIT_SIGKILL);
                }
                self.call(Step::Deleting, ctx);
            }
            Step::Deleting => {
                ctx.delete_ended_pod(pod);
                self.pods.pop_front();
                if self.pods.is_empty() {
                    self.step = Step::Idle;
                } else {
                    self.call(Step::Failing, ctx);
                }
            }
        }
    }
}

fn is_gone(node: NodeId, ctx: &Context<'_>) -> bool {
    !ctx.store.node_states[node.index()].exists
}

fn is_out_of_service(node: NodeId, ctx: &Context<'_>) -> bool {
    let taints = &ctx.store.nodes[node.index()].taints;
    taints.iter().any(|taint| taint.key == Taint::OUT_OF_SERVICE)
}
