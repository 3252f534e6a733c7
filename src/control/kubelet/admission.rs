//! What a kubelet checks before it takes a pod (`pkg/kubelet/lifecycle/predicate.go: Admit, generalFilter`,
//! `pkg/kubelet/cm/devicemanager/manager.go: devicesToAllocate`). Pods that the scheduler placed pass, unless the node changed
//! meanwhile; pods that name their node may not.

use crate::cluster::ResourceId;
use crate::cluster::ids::PodId;
use crate::cluster::pod::PodFailure;
use crate::cluster::spec::TaintEffect;
use crate::control::context::Context;
use crate::control::event::{Event, KubeletEvent};
use crate::control::kubelet::Kubelets;
use crate::control::scheduler::plugins::node_affinity::required_matches;

impl Kubelets {
    /// Refuses `pod`: it fails, with the reason why.
    pub(super) fn reject(&mut self, pod: PodId, failure: PodFailure, ctx: &mut Context<'_>) {
        let record = &mut ctx.store.pods[pod.index()];
        record.generation = record.generation.wrapping_add(1);
        let generation = record.generation;
        ctx.store.failures.insert(pod, failure);
        let at = self.write(pod, ctx);
        ctx.at(at, Event::Kubelet(KubeletEvent::EndWritten(pod, generation)));
    }
}

/// Why the kubelet does not take `pod`, if it does not. Devices are handed out first; then cpu, memory and the like must be
/// enough for all pods of the node together, and the node must still be one that the pod wants.
pub(super) fn refusal(pod: PodId, ctx: &Context<'_>) -> Option<PodFailure> {
    let node = ctx.store.pods[pod.index()].node;
    let (spec, template) = (&ctx.store.nodes[node.index()], ctx.store.template(pod));
    let lacks = |devices: bool| {
        template.requests.iter_nonzero().find_map(|(resource, requested)| {
            let (all, capacity) = (ctx.store.used(node, resource), spec.allocatable.get(resource));
            let is_device = resource > ResourceId::PODS;
            (is_device == devices && all > capacity).then(|| (resource, requested, all - requested, capacity))
        })
    };
    if let Some((resource, requested, used, capacity)) = lacks(true) {
        let available = (capacity - used).max(0);
        return Some(PodFailure::DevicesUnavailable {
            resource,
            requested,
            available,
        });
    }
    if let Some((resource, requested, used, capacity)) = lacks(false) {
        return Some(PodFailure::OutOf {
            resource,
            requested,
            used,
            capacity,
        });
    }
    template.node_name.as_ref()?;
    let terms = template.node_affinity.required.as_deref();
    if !required_matches(&template.node_selector, terms, spec) {
        return Some(PodFailure::NodeAffinity);
    }
    let untolerated = spec.taints.iter().any(|taint| {
        taint.effect == TaintEffect::NoExecute && !template.tolerations.iter().any(|t| t.tolerates(taint))
    });
    untolerated.then_some(PodFailure::TaintToleration)
}
