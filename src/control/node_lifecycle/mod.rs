//! The node lifecycle controller (`pkg/controller/nodelifecycle/node_lifecycle_controller.go`): it notices that nothing is heard
//! of a kubelet, says so in conditions and taints, and takes the taints away again. Beside it, each a controller of its own with
//! its own client: the taint eviction controller, which deletes pods that do not tolerate NoExecute taints, and the pod garbage
//! collector, which deletes what nodes left behind.
//!
//! While all nodes are well nothing of this is pending: the loops are played only when they would find something.

mod config;
mod pod_gc;
mod taint_eviction;
mod taints;
mod ticks;
pub mod zone;

use std::collections::{BTreeMap, VecDeque};

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::node::NodeReadiness;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, NodeLifecycleEvent};
use crate::control::event_writer::EventWriter;
use crate::control::kubelet::{last_renewal, set_ready};
use crate::control::limits::LimitUse;
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::kernel::random::Purpose;
use crate::kernel::{SimDuration, SimTime};

pub use config::{NodeLifecycleConfig, NodePhases};
pub use pod_gc::PodGc;
pub use taint_eviction::TaintEviction;
pub(in crate::control) use ticks::Ticks;
use zone::{Disruption, Health, Zones, zone_key};

/// Nodes whose health is written at a time (`pkg/controller/nodelifecycle/scheduler/taint_manager.go: UpdateWorkerSize`).
const WORKERS: u32 = 8;

/// What the controller knows of a node that is, or lately was, not well.
#[derive(Clone, Debug)]
struct Trouble {
    zone: String,
    /// The look at which its kubelet's last sign of life was seen; `MAX` while it is heard of.
    probe: SimTime,
    /// Condition Ready at the last look.
    observed: NodeReadiness,
    /// Whether the condition Unknown is to be written.
    write_unknown: bool,
    /// Pods to be shown as not ready, one after another.
    pods: VecDeque<PodId>,
}

/// The controller.
#[derive(Debug)]
pub struct NodeLifecycle {
    client: TokenBucket,
    writer: EventWriter,
    monitor: Ticks,
    passes: Ticks,
    /// The next look that is pending, or `MAX`.
    look_at: SimTime,
    /// The next pass over the queues that is pending, or `MAX`.
    pass_at: SimTime,
    troubled: BTreeMap<NodeId, Trouble>,
    zones: Zones,
    /// Nodes of the present look that wait for a worker, and how many workers are busy. The next look waits for them.
    waiting: VecDeque<NodeId>,
    busy: u32,
}

impl NodeLifecycle {
    /// A controller that knows all nodes and finds them well.
    #[must_use]
    pub fn new(config: &ControlPlane, seed: u64) -> Self {
        let nodes = &config.node_lifecycle;
        let phase = nodes.phases.map(|phases| phases.monitor);
        Self {
            client: TokenBucket::new(nodes.client),
            writer: EventWriter::new(
                nodes.write_events,
                Event::NodeLifecycle(NodeLifecycleEvent::EventWritten),
            ),
            monitor: Ticks::new(nodes.monitor_period, phase, seed, Purpose::NodeMonitor, 0),
            passes: Ticks::new(nodes.eviction_period, phase, seed, Purpose::NodeMonitor, 1),
            look_at: SimTime::MAX,
            pass_at: SimTime::MAX,
            troubled: BTreeMap::new(),
            zones: Zones::default(),
            waiting: VecDeque::new(),
            busy: 0,
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: NodeLifecycleEvent, ctx: &mut Context<'_>) {
        match event {
            NodeLifecycleEvent::Silent(node) => self.silent(node, ctx),
            NodeLifecycleEvent::NodeSeen(node) => self.node_seen(node, ctx),
            NodeLifecycleEvent::Monitor => {
                if self.look_at == ctx.now {
                    self.look_at = SimTime::MAX;
                    self.look(ctx);
                }
            }
            NodeLifecycleEvent::CallDone(node) => self.call_done(node, ctx),
            NodeLifecycleEvent::NoScheduleWritten(node) => taints::write_no_schedule(node, ctx),
            NodeLifecycleEvent::NoExecutePass => {
                if self.pass_at == ctx.now {
                    self.pass_at = SimTime::MAX;
                    self.taint_no_execute(ctx);
                }
            }
            NodeLifecycleEvent::NoExecuteWritten(node) => taints::write_no_execute(node, ctx),
            NodeLifecycleEvent::EventWritten => self.writer.written(&mut self.client, ctx),
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
        LimitUse::of_client("node lifecycle controller", client, &self.client, now)
    }

    /// A kubelet stopped. Its lease was renewed a while ago, and that was seen at the look after.
    fn silent(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let state = ctx.store.node_states[node.index()];
        let renewed = last_renewal(node, ctx.now, ctx.config, ctx.seed).max(state.created);
        let probe = self.monitor.at_or_after(renewed + ctx.config.watch_latency);
        self.trouble(node, ctx).probe = probe;
        self.arm(ctx);
    }

    fn trouble(&mut self, node: NodeId, ctx: &Context<'_>) -> &mut Trouble {
        let new = || Trouble {
            zone: zone_key(&ctx.store.nodes[node.index()]),
            probe: SimTime::MAX,
            observed: match ctx.store.node_states[node.index()].ready {
                NodeReadiness::Absent => NodeReadiness::Absent,
                NodeReadiness::True | NodeReadiness::False | NodeReadiness::Unknown => NodeReadiness::True,
            },
            write_unknown: false,
            pods: VecDeque::new(),
        };
        self.troubled.entry(node).or_insert_with(new)
    }

    /// The informer shows a node: its NoSchedule taints follow its conditions at once, all else waits for the next look.
    fn node_seen(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let state = ctx.store.node_states[node.index()];
        if !state.exists {
            return;
        }
        if taints::no_schedule(node, ctx).is_some() {
            let at = self.taints_written(ctx);
            ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::NoScheduleWritten(node)));
        }
        let is_ill = matches!(state.ready, NodeReadiness::False | NodeReadiness::Unknown);
        if is_ill || self.troubled.contains_key(&node) {
            let trouble = self.trouble(node, ctx);
            if state.kubelet_alive {
                trouble.probe = SimTime::MAX;
            }
            self.look_next(ctx.now, ctx);
        }
    }

    /// When a change of the taints of a node takes effect: GET, then PATCH (`staging/src/k8s.io/cloud-provider/node/helpers/taints.go:
    /// AddOrUpdateTaintOnNode, RemoveTaintOffNode`).
    fn taints_written(&mut self, ctx: &mut Context<'_>) -> SimTime {
        let known = ctx.read(self.client.take(ctx.now));
        ctx.written(self.client.take(known))
    }

    /// The next look at which a silent kubelet is found out.
    fn arm(&mut self, ctx: &mut Context<'_>) {
        let over = self.troubled.iter().filter_map(|(node, trouble)| {
            let ready = ctx.store.node_states[node.index()].ready;
            let is_open = trouble.probe != SimTime::MAX && ready != NodeReadiness::Unknown;
            is_open.then(|| trouble.probe + grace_period(ready, &ctx.config.node_lifecycle))
        });
        // The grace period is a whole number of periods, and each look comes a period after the end of the one before, thus a
        // little later than the multiple: the look at the very end of the grace period finds it over.
        if let Some(over) = over.min() {
            self.look_next(over.max(ctx.now), ctx);
        }
    }

    fn look_next(&mut self, from: SimTime, ctx: &mut Context<'_>) {
        let at = self.monitor.at_or_after(from);
        if at < self.look_at {
            self.look_at = at;
            ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::Monitor));
        }
    }

    /// `monitorNodeHealth`.
    fn look(&mut self, ctx: &mut Context<'_>) {
        if self.is_looking() {
            // The loop is still at its last look.
            self.look_next(ctx.now + ctx.config.node_lifecycle.monitor_period, ctx);
            return;
        }
        let nodes: Vec<NodeId> = self.troubled.keys().copied().collect();
        for node in nodes {
            self.look_at_node(node, ctx);
        }
        self.work(ctx);
        if !self.is_looking() {
            self.conclude(ctx);
        }
    }

    fn is_looking(&self) -> bool {
        self.busy > 0 || !self.waiting.is_empty()
    }

    /// `tryUpdateNodeHealth`, `processTaintBaseEviction`.
    fn look_at_node(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let state = ctx.store.node_states[node.index()];
        let trouble = self
            .troubled
            .get_mut(&node)
            .expect("only nodes in trouble are looked at");
        if !state.exists {
            self.zones.remove(&trouble.zone, node);
            self.troubled.remove(&node);
            return;
        }
        let grace = grace_period(state.ready, &ctx.config.node_lifecycle);
        let over = trouble.probe != SimTime::MAX && ctx.now.since(trouble.probe) >= grace;
        trouble.write_unknown = over && state.ready != NodeReadiness::Unknown;
        let current = if trouble.write_unknown {
            NodeReadiness::Unknown
        } else {
            state.ready
        };
        let observed = std::mem::replace(&mut trouble.observed, current);
        match current {
            NodeReadiness::Absent => {}
            NodeReadiness::True => self.mark_reachable(node, ctx),
            NodeReadiness::False | NodeReadiness::Unknown => {
                if observed == NodeReadiness::True {
                    let mut pods = ctx.store.pods_on(node);
                    pods.retain(|pod| ctx.store.pods[pod.index()].ready);
                    trouble.pods = pods.into();
                    self.writer.emit(&mut 0, &mut self.client, ctx);
                }
                let trouble = &self.troubled[&node];
                if trouble.write_unknown || !trouble.pods.is_empty() {
                    self.waiting.push_back(node);
                }
                if !self.troubled[&node].write_unknown {
                    self.mark_for_tainting(node, ctx);
                }
            }
        }
    }

    /// `markNodeForTainting`; a taint of the other kind is changed at once.
    fn mark_for_tainting(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        if taints::has_other_no_execute(node, ctx) {
            let at = self.taints_written(ctx);
            ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::NoExecuteWritten(node)));
        } else if let Some(trouble) = self.troubled.get(&node) {
            self.zones.add(&trouble.zone, node, &ctx.config.node_lifecycle);
            self.arm_pass(ctx);
        }
    }

    /// `markNodeAsReachable`: no NoExecute taint of the two remains.
    fn mark_reachable(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        if let Some(trouble) = self.troubled.get(&node) {
            self.zones.remove(&trouble.zone, node);
        }
        if taints::has_no_execute(node, ctx) {
            let at = self.taints_written(ctx);
            ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::NoExecuteWritten(node)));
        }
    }

    /// Gives waiting nodes to idle workers.
    fn work(&mut self, ctx: &mut Context<'_>) {
        while self.busy < WORKERS
            && let Some(node) = self.waiting.pop_front()
        {
            self.busy += 1;
            self.send(node, ctx);
        }
    }

    /// Sends the next call about a node: its condition, or that of its next pod. Without any the worker is idle again.
    fn send(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let more = self
            .troubled
            .get(&node)
            .is_some_and(|t| t.write_unknown || !t.pods.is_empty());
        if more {
            let sent = self.client.take(ctx.now);
            let at = ctx.written(sent);
            ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::CallDone(node)));
        } else {
            self.busy -= 1;
            self.work(ctx);
            if !self.is_looking() {
                self.conclude(ctx);
            }
        }
    }

    fn call_done(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        if let Some(trouble) = self.troubled.get_mut(&node) {
            if std::mem::replace(&mut trouble.write_unknown, false) {
                if ctx.store.node_states[node.index()].kubelet_alive {
                    // It came back in this very moment: the write is in vain.
                    trouble.pods.clear();
                } else {
                    ctx.set_node_ready(node, NodeReadiness::Unknown);
                    self.mark_for_tainting(node, ctx);
                }
            } else if let Some(pod) = trouble.pods.pop_front() {
                self.mark_pod_not_ready(pod, ctx);
            }
        }
        self.send(node, ctx);
    }

    /// `pkg/controller/util/node/controller_utils.go: MarkPodsNotReady`, one pod of it.
    fn mark_pod_not_ready(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if ctx.store.pods[pod.index()].ready {
            ctx.store.lost.insert(pod, ctx.now);
            set_ready(pod, false, ctx);
            self.writer.emit(&mut 0, &mut self.client, ctx);
        }
    }

    /// The end of a look: how ill are the zones?
    fn conclude(&mut self, ctx: &mut Context<'_>) {
        let mut health: BTreeMap<String, Health> = BTreeMap::new();
        for (node, state) in ctx.store.nodes.iter().zip(&ctx.store.node_states) {
            if state.exists {
                let zone = health.entry(zone_key(node)).or_default();
                match state.ready {
                    NodeReadiness::True => zone.ready += 1,
                    NodeReadiness::False | NodeReadiness::Unknown | NodeReadiness::Absent => zone.not_ready += 1,
                }
            }
        }
        match self.zones.update(&health, &ctx.config.node_lifecycle, ctx.now) {
            Disruption::AsBefore => {}
            Disruption::Everywhere => {
                let nodes: Vec<NodeId> = self.troubled.keys().copied().collect();
                for node in nodes {
                    self.mark_reachable(node, ctx);
                }
            }
            Disruption::OverAgain => {
                let silent = self
                    .troubled
                    .values_mut()
                    .filter(|trouble| trouble.probe != SimTime::MAX);
                silent.for_each(|trouble| trouble.probe = ctx.now);
                // Who was taken from the queues comes back at the next look.
                self.look_next(ctx.now + ctx.config.node_lifecycle.monitor_period, ctx);
            }
        }
        let states = &ctx.store.node_states;
        self.troubled
            .retain(|node, trouble| trouble.probe != SimTime::MAX || states[node.index()].ready != NodeReadiness::True);
        self.arm(ctx);
        self.arm_pass(ctx);
    }

    fn arm_pass(&mut self, ctx: &mut Context<'_>) {
        let Some(next) = self.zones.next() else { return };
        let at = self.passes.at_or_after(next.max(ctx.now));
        if at < self.pass_at {
            self.pass_at = at;
            ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::NoExecutePass));
        }
    }

    /// `doNoExecuteTaintingPass`.
    fn taint_no_execute(&mut self, ctx: &mut Context<'_>) {
        for node in self.zones.take(ctx.now) {
            let state = ctx.store.node_states[node.index()];
            // One that is well again has cost its token all the same.
            if state.exists && matches!(state.ready, NodeReadiness::False | NodeReadiness::Unknown) {
                let at = self.taints_written(ctx);
                ctx.at(at, Event::NodeLifecycle(NodeLifecycleEvent::NoExecuteWritten(node)));
            }
        }
        self.arm_pass(ctx);
    }
}

/// For how long nothing may be heard of a node (`tryUpdateNodeHealth`).
const fn grace_period(ready: NodeReadiness, config: &NodeLifecycleConfig) -> SimDuration {
    match ready {
        NodeReadiness::Absent => config.startup_grace_period,
        NodeReadiness::True | NodeReadiness::False | NodeReadiness::Unknown => config.monitor_grace_period,
    }
}
