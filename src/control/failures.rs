//! Failures by chance: of nodes, of kubelets, of devices. Each node, and each device of a node, has its own stream of random
//! numbers, so its luck is the same whatever else happens.

use std::collections::BTreeMap;

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::spec::{Breaks, FailureSource};
use crate::cluster::{ResourceId, Store};
use crate::control::context::Context;
use crate::control::event::{Event, KubeletEvent, NodeEvent};
use crate::kernel::SimDuration;
use crate::kernel::random::{Purpose, stream};

/// Devices of one resource of a node that may fail; more are not told apart.
const MOST_DEVICES: i64 = 256;

/// All sources of failures.
#[derive(Debug, Default)]
pub struct RandomFailures {
    /// How often each source struck each node or device: which numbers of its stream come next.
    strikes: BTreeMap<(NodeId, u8, u8), u32>,
    /// By how many sources a device is broken now.
    broken: BTreeMap<(NodeId, ResourceId, u8), u32>,
    /// By how many sources a node, or its kubelet, is down now.
    down: BTreeMap<NodeId, u32>,
}

impl RandomFailures {
    /// Plans the first failure of every node and device; of nodes that come later when they come.
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        for source in 0..ctx.store.failure_sources.len() {
            for node in 0..ctx.store.nodes.len() {
                self.plan_node(NodeId(node as u32), source as u8, ctx);
            }
        }
    }

    /// Acts on a failure, or the end of one.
    pub fn handle(&mut self, event: NodeEvent, ctx: &mut Context<'_>) {
        match event {
            NodeEvent::Fails(node, source, device) => self.fails(node, source, device, ctx),
            NodeEvent::Repaired(node, source, device) => self.repaired(node, source, device, ctx),
            NodeEvent::Joins(node) => {
                for source in 0..ctx.store.failure_sources.len() {
                    self.plan_node(node, source as u8, ctx);
                }
            }
            NodeEvent::KubeletStops(_)
            | NodeEvent::Crashes(_)
            | NodeEvent::KubeletStarts(_)
            | NodeEvent::StatusWritten(_)
            | NodeEvent::ImageWritten(..)
            | NodeEvent::Deleted(_) => {}
        }
    }

    fn plan_node(&mut self, node: NodeId, source: u8, ctx: &mut Context<'_>) {
        let FailureSource { pool, breaks, from, .. } = &ctx.store.failure_sources[usize::from(source)];
        let spec = &ctx.store.nodes[node.index()];
        if pool.is_some_and(|pool| pool != spec.pool) {
            return;
        }
        let devices = match breaks {
            Breaks::Kubelet | Breaks::Node => 1,
            Breaks::Device { resource, .. } => spec.capacity.get(*resource).clamp(0, MOST_DEVICES),
        };
        let from = *from;
        for device in 0..devices {
            self.plan(node, source, device as u8, from, ctx);
        }
    }

    /// Plans the next failure, `rest` and the drawn span from now.
    fn plan(&mut self, node: NodeId, source: u8, device: u8, rest: SimDuration, ctx: &mut Context<'_>) {
        let strike = self.strikes.get(&(node, source, device)).copied().unwrap_or(0);
        let between = &ctx.store.failure_sources[usize::from(source)].between;
        let span = between.sample(&mut stream_of(node, source, device, strike * 2, ctx));
        if span != SimDuration::MAX {
            ctx.after(rest + span, Event::Node(NodeEvent::Fails(node, source, device)));
        }
    }

    fn fails(&mut self, node: NodeId, source: u8, device: u8, ctx: &mut Context<'_>) {
        if !ctx.store.node_states[node.index()].exists {
            return;
        }
        let strike = self.strikes.entry((node, source, device)).or_insert(0);
        let number = *strike * 2 + 1;
        *strike += 1;
        let repair = &ctx.store.failure_sources[usize::from(source)].repair;
        let span = repair.sample(&mut stream_of(node, source, device, number, ctx));
        ctx.after(span, Event::Node(NodeEvent::Repaired(node, source, device)));
        match ctx.store.failure_sources[usize::from(source)].breaks {
            Breaks::Kubelet => {
                *self.down.entry(node).or_insert(0) += 1;
                ctx.stop_kubelet(node);
            }
            Breaks::Node => {
                *self.down.entry(node).or_insert(0) += 1;
                ctx.crash_node(node);
            }
            Breaks::Device { resource, exit_code } => {
                ctx.store.node_states[node.index()].device_failures += 1;
                let hit = exit_code.and_then(|code| Some((user_of(node, resource, device, ctx)?, code)));
                let times = self.broken.entry((node, resource, device)).or_insert(0);
                *times += 1;
                if *times == 1 {
                    change_allocatable(node, resource, -1, ctx);
                }
                if let Some((pod, code)) = hit {
                    ctx.store.killed.insert(pod, code);
                    ctx.at(ctx.now, Event::Kubelet(KubeletEvent::Killed(pod)));
                }
            }
        }
    }

    fn repaired(&mut self, node: NodeId, source: u8, device: u8, ctx: &mut Context<'_>) {
        match ctx.store.failure_sources[usize::from(source)].breaks {
            Breaks::Kubelet | Breaks::Node => {
                let causes = self.down.entry(node).or_insert(1);
                *causes -= 1;
                if *causes == 0 {
                    ctx.start_kubelet(node);
                }
            }
            Breaks::Device { resource, .. } => {
                let times = self.broken.entry((node, resource, device)).or_insert(1);
                *times -= 1;
                if *times == 0 {
                    change_allocatable(node, resource, 1, ctx);
                }
            }
        }
        self.plan(node, source, device, SimDuration::ZERO, ctx);
    }
}

/// The stream of one draw: gaps have even numbers, repairs odd ones.
fn stream_of(node: NodeId, source: u8, device: u8, number: u32, ctx: &Context<'_>) -> crate::kernel::random::Stream {
    let entity = (u64::from(node.0) << 16) | (u64::from(source) << 8) | u64::from(device);
    stream(ctx.seed, Purpose::Failure, entity, u64::from(number))
}

fn change_allocatable(node: NodeId, resource: ResourceId, by: i64, ctx: &mut Context<'_>) {
    if ctx.store.node_states[node.index()].exists {
        ctx.update_node(node, |spec| {
            let healthy = spec.allocatable.get(resource) + by;
            spec.allocatable.set(resource, healthy.max(0));
        });
    }
}

/// The pod that uses `device` of `resource`: devices are handed out in order of their numbers, to pods in order of creation,
/// and those that are not healthy to nobody.
fn user_of(node: NodeId, resource: ResourceId, device: u8, ctx: &mut Context<'_>) -> Option<PodId> {
    let pods = ctx.store.pods_on(node);
    let store: &Store = ctx.store;
    let mut first = 0;
    pods.into_iter().find(|pod| {
        let devices = store.template(*pod).requests.get(resource);
        let is_user = (first..first + devices).contains(&i64::from(device));
        first += devices;
        is_user && store.pods[pod.index()].started.happened().is_some()
    })
}
