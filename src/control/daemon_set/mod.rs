//! Decisions of the DaemonSet controller that need nothing but their arguments (`pkg/controller/daemon/daemon_controller.go`,
//! `update.go`).

use crate::cluster::PodId;
use crate::cluster::apps::DaemonSetStatus;
use crate::cluster::ids::NodeId;
use crate::cluster::spec::{DaemonSetUpdate, NodeSpec, PodTemplate, TaintEffect};
use crate::control::scheduler::plugins::node_affinity::required_matches;
use crate::control::scheduler::plugins::taint_toleration::tolerates_all;

/// Whether a node should have a daemon pod, and whether one that is there may stay (`NodeShouldRunDaemonPod`). Resources do not
/// count: a pod that finds no room waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Eligibility {
    /// A pod should run there.
    pub should_run: bool,
    /// One that runs there stays.
    pub may_stay: bool,
}

/// Asks for `node`.
#[must_use]
pub fn eligibility(template: &PodTemplate, node: &NodeSpec) -> Eligibility {
    let named = template.node_name.as_ref().is_none_or(|name| *name == node.name);
    let required = template.node_affinity.required.as_deref();
    if !named || !required_matches(&template.node_selector, required, node) {
        return Eligibility::default();
    }
    let tolerated = tolerates_all(&template.tolerations, node);
    let mut evicting = node
        .taints
        .iter()
        .filter(|taint| taint.effect == TaintEffect::NoExecute);
    let stays = evicting.all(|taint| template.tolerations.iter().any(|t| t.tolerates(taint)));
    Eligibility {
        should_run: tolerated,
        may_stay: tolerated || stays,
    }
}

/// What a sync sees of a daemon pod. Those that ended while being deleted are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Which pod it is.
    pub pod: PodId,
    /// It is of the present template.
    pub updated: bool,
    /// It shows Ready.
    pub ready: bool,
    /// It has been Ready for `minReadySeconds`.
    pub available: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// It is Failed.
    pub failed: bool,
    /// It is Succeeded.
    pub succeeded: bool,
}

/// What a sync sees of a node.
#[derive(Clone, Debug)]
pub struct NodeView {
    /// Which node.
    pub node: NodeId,
    /// What should be there.
    pub eligibility: Eligibility,
    /// What is there, in order of creation.
    pub pods: Vec<PodView>,
    /// A failed pod there must not be replaced yet.
    pub backs_off: bool,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Nodes that get a pod.
    pub create: Vec<NodeId>,
    /// Pods to delete.
    pub delete: Vec<PodId>,
    /// Nodes whose failed pod is deleted: their back-off grows.
    pub failed: Vec<NodeId>,
}

/// Brings each node what it should have (`manage`, `podsShouldBeOnNode`).
#[must_use]
pub fn manage(nodes: &[NodeView], surges: bool) -> Changes {
    let mut changes = Changes::default();
    for node in nodes {
        if node.eligibility.should_run && node.pods.is_empty() {
            changes.create.push(node.node);
        } else if node.eligibility.may_stay {
            keep_one(node, surges, &mut changes);
        } else {
            let there = node.pods.iter().filter(|pod| !pod.terminating);
            changes.delete.extend(there.map(|pod| pod.pod));
        }
    }
    changes
}

fn keep_one(node: &NodeView, surges: bool, changes: &mut Changes) {
    let mut running = Vec::new();
    for pod in node.pods.iter().filter(|pod| !pod.terminating) {
        if pod.failed {
            if !node.backs_off {
                changes.failed.push(node.node);
                changes.delete.push(pod.pod);
            }
        } else if pod.succeeded {
            changes.delete.push(pod.pod);
        } else {
            running.push(pod);
        }
    }
    if running.len() <= 1 {
        return;
    }
    if !surges {
        changes.delete.extend(running[1..].iter().map(|pod| pod.pod));
        return;
    }
    // One of each revision may run; the old one goes when it is not Ready, or the new one is available.
    let new = running.iter().position(|pod| pod.updated);
    let old = running.iter().position(|pod| !pod.updated);
    let others = running
        .iter()
        .enumerate()
        .filter(|(i, _)| Some(*i) != new && Some(*i) != old);
    changes.delete.extend(others.map(|(_, pod)| pod.pod));
    if let (Some(new), Some(old)) = (new, old)
        && (!running[old].ready || running[new].available)
    {
        changes.delete.push(running[old].pod);
    }
}

/// Replaces pods of old revisions (`update.go: rollingUpdate`). `nodes` are in the order in which they are looked at.
#[must_use]
pub fn roll(nodes: &[NodeView], update: DaemonSetUpdate) -> Changes {
    let DaemonSetUpdate::RollingUpdate {
        max_unavailable,
        max_surge,
    } = update
    else {
        return Changes::default();
    };
    let desired = nodes.iter().filter(|node| node.eligibility.should_run).count() as u32;
    let surge = max_surge.of(desired, true);
    let with_pods = nodes.iter().filter(|node| !node.pods.is_empty());
    if surge > 0 {
        return surge_roll(with_pods, surge);
    }
    let most = max_unavailable.of(desired, true).max(1);
    let (mut unavailable, mut broken, mut candidates) = (0_u32, Vec::new(), Vec::new());
    for node in with_pods {
        match updated_pods(node) {
            Some((Some(new), None)) => unavailable += u32::from(!new.available),
            Some((None, Some(old))) if !old.available => broken.push(old.pod),
            Some((None, Some(old))) if unavailable < most => candidates.push(old.pod),
            Some((None, Some(_))) => {}
            // Others will be brought in order first.
            Some(_) | None => unavailable += 1,
        }
    }
    let room = most.saturating_sub(unavailable) as usize;
    candidates.truncate(room);
    broken.append(&mut candidates);
    Changes {
        delete: broken,
        ..Changes::default()
    }
}

fn surge_roll<'a>(nodes: impl Iterator<Item = &'a NodeView>, most: u32) -> Changes {
    let (mut surging, mut delete) = (0_u32, Vec::new());
    let (mut allowed, mut candidates) = (Vec::new(), Vec::new());
    for node in nodes {
        match updated_pods(node) {
            None => surging += 1,
            Some((_, None)) => {}
            Some((None, Some(old))) if !old.available => allowed.push(node.node),
            Some((None, Some(_))) if surging < most => candidates.push(node.node),
            Some((None, Some(_))) => {}
            Some((Some(new), Some(_))) if !new.available => surging += 1,
            Some((Some(_), Some(old))) => delete.push(old.pod),
        }
    }
    candidates.truncate(most.saturating_sub(surging) as usize);
    allowed.append(&mut candidates);
    Changes {
        create: allowed,
        delete,
        failed: Vec::new(),
    }
}

/// The new and the old pod of a node; `None` if there are several of either (`findUpdatedPodsOnNode`).
fn updated_pods(node: &NodeView) -> Option<(Option<&PodView>, Option<&PodView>)> {
    let (mut new, mut old) = (None, None);
    for pod in node.pods.iter().filter(|pod| !pod.terminating) {
        let place = if pod.updated { &mut new } else { &mut old };
        if place.replace(pod).is_some() {
            return None;
        }
    }
    Some((new, old))
}

/// The status that nodes and pods make (`updateDaemonSetStatus`): of each node the oldest pod counts.
#[must_use]
pub fn status(nodes: &[NodeView], generation: u32) -> DaemonSetStatus {
    let mut status = DaemonSetStatus {
        observed_generation: generation,
        ..DaemonSetStatus::default()
    };
    for node in nodes {
        let oldest = node.pods.first();
        if !node.eligibility.should_run {
            status.number_misscheduled += u32::from(oldest.is_some());
            continue;
        }
        status.desired_number_scheduled += 1;
        if let Some(pod) = oldest {
            status.current_number_scheduled += 1;
            status.number_ready += u32::from(pod.ready);
            status.number_available += u32::from(pod.available);
            status.updated_number_scheduled += u32::from(pod.updated);
        }
    }
    status.number_unavailable = status.desired_number_scheduled - status.number_available;
    status
}

#[cfg(test)]
mod tests;
