//! What a kubelet checks before it takes a pod (`pkg/kubelet/lifecycle/predicate.go: Admit, generalFilter`,
//! `pkg/kubelet/cm/devicemanager/manager.go: devicesToAllocate`). Pods that the scheduler placed pass, unless the node changed
//! meanwhile; pods that name their node may not.

use crate::cluster::ResourceId;
use crate::cluster::ids::PodId;
use crate::cluster::pod::PodFailure;
use crate::cluster::spec::TaintEffect;
use crate::control::context::Context;
use crate::control::event::{Event, KubeletEvent};
use crate::control::kubelet::{EXIT_SIGKILL, EXIT_SIGTERM, Kubelets};
use crate::control::scheduler::plugins::node_affinity::required_matches;

impl Kubelets {
    /// Takes `pod`, or refuses it. The time that it may be active begins now, as `status.startTime` shows it.
    pub(super) fn admit(&mut self, pod: PodId, ctx: &mut Context<'_>) -> bool {
        if ctx.config.kubelet.fake {
            return true;
        }
        if let Some(failure) = refusal(pod, ctx) {
            self.reject(pod, failure, ctx);
            return false;
        }
        if let Some(deadline) = ctx.store.template(pod).active_deadline {
            // Pods whose time is over are looked for once a second, like containers that ended.
            let over = ctx.config.api_instant(ctx.now) + deadline;
            let at = self.next_relist(pod, over.max(ctx.now), ctx);
            ctx.at(at, Event::Kubelet(KubeletEvent::DeadlineOver(pod)));
        }
        true
    }

    /// `pkg/kubelet/active_deadline.go`: the containers are stopped as at a deletion; then the pod shows Failed.
    pub(super) fn deadline_over(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        if record.deleting || record.phase.is_terminal() {
            return;
        }
        let generation = record.generation.wrapping_add(1);
        let template = ctx.store.template(pod);
        let stop = template
            .behaviour
            .stop_latency
            .unwrap_or(ctx.config.kubelet.stop_latency);
        let stop = template.pre_stop + stop;
        let after = stop.min(template.termination_grace);
        let code = if stop > after { EXIT_SIGKILL } else { EXIT_SIGTERM };
        ctx.store.pods[pod.index()].generation = generation;
        ctx.store.killed.insert(pod, code);
        ctx.store.failures.insert(pod, PodFailure::DeadlineExceeded);
        let at = ctx.written(ctx.now + after);
        ctx.at(at, Event::Kubelet(KubeletEvent::EndWritten(pod, generation)));
    }

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
