//! The taints that stand for conditions of a node.

use crate::cluster::ids::NodeId;
use crate::cluster::node::NodeReadiness;
use crate::cluster::spec::{NodeSpec, Taint, TaintEffect};
use crate::control::context::Context;

/// Keys of the NoSchedule taints that the controller keeps, and those of the NoExecute ones.
const NO_SCHEDULE: [&str; 3] = [Taint::NOT_READY, Taint::UNREACHABLE, Taint::UNSCHEDULABLE];
const NO_EXECUTE: [&str; 2] = [Taint::NOT_READY, Taint::UNREACHABLE];

/// The key of the taint that `ready` asks for.
const fn key(ready: NodeReadiness) -> Option<&'static str> {
    match ready {
        NodeReadiness::True | NodeReadiness::Absent => None,
        NodeReadiness::False => Some(Taint::NOT_READY),
        NodeReadiness::Unknown => Some(Taint::UNREACHABLE),
    }
}

/// `doNoScheduleTaintingPass`: the taints that `node` should have, if it has others.
pub(super) fn no_schedule(node: NodeId, ctx: &Context<'_>) -> Option<Vec<Taint>> {
    let spec = &ctx.store.nodes[node.index()];
    let ready = key(ctx.store.node_states[node.index()].ready);
    let wanted = |name: &str| ready == Some(name) || (spec.unschedulable && name == Taint::UNSCHEDULABLE);
    changed(spec, TaintEffect::NoSchedule, &NO_SCHEDULE, wanted)
}

/// The taints of `spec` with those of `effect` and `keys` as `wanted`; `None` if they are so already.
fn changed(spec: &NodeSpec, effect: TaintEffect, keys: &[&str], wanted: impl Fn(&str) -> bool) -> Option<Vec<Taint>> {
    let mut taints = spec.taints.clone();
    for name in keys {
        let is_it = |taint: &Taint| taint.key == *name && taint.effect == effect;
        match (wanted(name), taints.iter().any(is_it)) {
            (true, false) => taints.push(Taint::of_condition(name, effect)),
            (false, true) => taints.retain(|taint| !is_it(taint)),
            (true, true) | (false, false) => {}
        }
    }
    (taints != spec.taints).then_some(taints)
}

pub(super) fn write_no_schedule(node: NodeId, ctx: &mut Context<'_>) {
    if let Some(taints) = no_schedule(node, ctx) {
        write(node, taints, ctx);
    }
}

/// Writes the NoExecute taint that fits the condition of the node now, or takes the taints away.
pub(super) fn write_no_execute(node: NodeId, ctx: &mut Context<'_>) {
    let ready = key(ctx.store.node_states[node.index()].ready);
    let spec = &ctx.store.nodes[node.index()];
    if let Some(taints) = changed(spec, TaintEffect::NoExecute, &NO_EXECUTE, |name| ready == Some(name)) {
        write(node, taints, ctx);
    }
}

fn write(node: NodeId, taints: Vec<Taint>, ctx: &mut Context<'_>) {
    if ctx.store.node_states[node.index()].exists {
        ctx.update_node(node, |spec| spec.taints = taints);
    }
}

fn has(node: NodeId, keys: impl Fn(&str) -> bool, ctx: &Context<'_>) -> bool {
    let taints = &ctx.store.nodes[node.index()].taints;
    taints
        .iter()
        .any(|taint| taint.effect == TaintEffect::NoExecute && keys(&taint.key))
}

/// Whether the node has a NoExecute taint of a condition.
pub(super) fn has_no_execute(node: NodeId, ctx: &Context<'_>) -> bool {
    has(node, |name| NO_EXECUTE.contains(&name), ctx)
}

/// Whether it has the one of another condition than it is in.
pub(super) fn has_other_no_execute(node: NodeId, ctx: &Context<'_>) -> bool {
    let ready = key(ctx.store.node_states[node.index()].ready);
    has(node, |name| NO_EXECUTE.contains(&name) && ready != Some(name), ctx)
}
