//! Kubelets that stop and return, and nodes that go down and boot.
//!
//! A stopped kubelet does nothing: what it would have done is kept until it runs again, while its containers go on. A node that
//! went down has lost its containers; when it boots, its kubelet finds pods that it must start again or give up.

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::node::NodeReadiness;
use crate::cluster::pod::PodFailure;
use crate::cluster::record::Record;
use crate::cluster::spec::RestartPolicy;
use crate::cluster::{ResourceId, Store};
use crate::control::context::Context;
use crate::control::event::{Event, KubeletEvent, NodeEvent, NodeLifecycleEvent};
use crate::control::kubelet::{EXIT_SIGKILL, Kubelets};
use crate::kernel::{SimDuration, SimTime};

/// Exit code of a container of which the runtime knows only that it is gone (containerd: `unknownExitStatus`).
pub(super) const EXIT_UNKNOWN: u8 = 255;

/// A kubelet that does not run.
#[derive(Clone, Debug, Default)]
pub(super) struct Outage {
    /// The whole node is down.
    crashed: bool,
    /// What the kubelet would have done, in order.
    parked: Vec<KubeletEvent>,
}

impl Context<'_> {
    /// The kubelet of `node` stops now, or loses the network. Its containers go on.
    pub fn stop_kubelet(&mut self, node: NodeId) {
        self.at(self.now, Event::Node(NodeEvent::KubeletStops(node)));
    }
    /// The kubelet of `node` runs again now. If the whole node was down, it has just booted.
    pub fn start_kubelet(&mut self, node: NodeId) {
        self.at(self.now, Event::Node(NodeEvent::KubeletStarts(node)));
    }
    /// `node` goes down now with everything on it.
    pub fn crash_node(&mut self, node: NodeId) {
        self.at(self.now, Event::Node(NodeEvent::Crashes(node)));
    }
    /// `node` goes down now and is back after `down`.
    pub fn reboot(&mut self, node: NodeId, down: SimDuration) {
        self.crash_node(node);
        self.after(down, Event::Node(NodeEvent::KubeletStarts(node)));
    }
}

impl Kubelets {
    /// Acts on what happens to a node.
    pub fn handle_node(&mut self, event: NodeEvent, ctx: &mut Context<'_>) {
        match event {
            NodeEvent::KubeletStops(node) => self.stop(node, false, ctx),
            NodeEvent::Crashes(node) => self.stop(node, true, ctx),
            NodeEvent::KubeletStarts(node) => self.start(node, ctx),
            NodeEvent::StatusWritten(node) => {
                let state = ctx.store.node_states[node.index()];
                if state.exists && state.kubelet_alive {
                    ctx.set_node_ready(node, NodeReadiness::True);
                }
            }
            NodeEvent::Deleted(node) => ctx.delete_node(node),
            NodeEvent::ImageWritten(node, size) => self.image_written(node, size, ctx),
            NodeEvent::Joins(_) | NodeEvent::Fails(..) | NodeEvent::Repaired(..) => {}
        }
    }

    /// Keeps `event` if the kubelet of its pod does not run.
    pub(super) fn park(&mut self, event: KubeletEvent, store: &Store) -> bool {
        let node = store.pods[event.pod().index()].node;
        let Some(outage) = self.outages.get_mut(&node) else {
            return false;
        };
        outage.parked.push(event);
        true
    }

    fn stop(&mut self, node: NodeId, crashed: bool, ctx: &mut Context<'_>) {
        let known = self.outages.contains_key(&node);
        self.outages.entry(node).or_default().crashed |= crashed;
        if known {
            return;
        }
        let state = &mut ctx.store.node_states[node.index()];
        state.kubelet_alive = false;
        state.down_since = ctx.now;
        state.failures += 1;
        ctx.record(Record::KubeletChanged(node));
        ctx.at(ctx.now, Event::NodeLifecycle(NodeLifecycleEvent::Silent(node)));
    }

    fn start(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let Some(outage) = self.outages.remove(&node) else {
            return;
        };
        let now = ctx.now;
        let state = &mut ctx.store.node_states[node.index()];
        state.kubelet_alive = true;
        state.down_time = state.down_until(now);
        state.down_since = SimTime::MAX;
        ctx.record(Record::KubeletChanged(node));
        // Its lease and, through a client without limit, the conditions of its node.
        ctx.when_seen(Event::NodeLifecycle(NodeLifecycleEvent::NodeSeen(node)));
        ctx.after(ctx.config.api_latency, Event::Node(NodeEvent::StatusWritten(node)));
        for pod in ctx.store.pods_on(node) {
            if outage.crashed {
                self.recover(pod, ctx);
            } else {
                self.show_ready_again(pod, ctx);
            }
        }
        self.show_images(node, ctx);
        if !outage.crashed {
            for event in outage.parked {
                ctx.at(now, Event::Kubelet(event));
            }
        }
    }

    /// The containers ran all the time: the condition that the node lifecycle controller changed is changed back.
    fn show_ready_again(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        let generation = record.generation;
        if !record.deleting && ctx.store.lost.contains_key(&pod) {
            let at = self.write(pod, ctx);
            ctx.at(at, Event::Kubelet(KubeletEvent::ReadyWritten(pod, generation)));
        }
    }

    /// What becomes of a pod whose containers are gone, when its node has booted.
    fn recover(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &mut ctx.store.pods[pod.index()];
        let generation = record.generation.wrapping_add(1);
        record.generation = generation;
        let (ran, deleting) = (record.started.happened().is_some(), record.deleting);
        if deleting {
            record.exit_code = EXIT_SIGKILL;
            let at = self.write(pod, ctx);
            ctx.at(at, Event::Kubelet(KubeletEvent::Stopped(pod)));
            return;
        }
        if let Some(device) = device_of(pod, ctx.store) {
            self.reject(pod, PodFailure::DeviceUnregistered(device), ctx);
            return;
        }
        if !ran {
            ctx.at(ctx.now, Event::Kubelet(KubeletEvent::PodSeen(pod)));
            return;
        }
        ctx.store.killed.insert(pod, EXIT_UNKNOWN);
        match ctx.store.template(pod).restart_policy {
            RestartPolicy::Never => {
                let at = self.write(pod, ctx);
                ctx.at(at, Event::Kubelet(KubeletEvent::EndWritten(pod, generation)));
            }
            RestartPolicy::Always | RestartPolicy::OnFailure => {
                let own = ctx.store.template(pod).behaviour.start_latency;
                let latency = own.unwrap_or(ctx.config.kubelet.start_latency);
                ctx.after(latency, Event::Kubelet(KubeletEvent::Restart(pod, generation)));
            }
        }
    }
}

/// The first extended resource that the pod asks for.
fn device_of(pod: PodId, store: &Store) -> Option<ResourceId> {
    let mut requests = store.template(pod).requests.iter_nonzero().map(|(id, _)| id);
    requests.find(|id| *id > ResourceId::PODS)
}
