//! What the scheduler's informers show, and which waiting pods are tried again for it (`pkg/scheduler/eventhandlers.go`).

use crate::cluster::node::NodeChange;
use crate::cluster::pod::PodPhase;
use crate::cluster::spec::PodTemplate;
use crate::cluster::{NodeId, PodId, PodTemplateId};
use crate::control::context::Context;
use crate::control::scheduler::cycle::{Queue, Scheduler, pinned};
use crate::control::scheduler::hints::{ClusterEvent, Rejectors, is_worth_requeuing};

impl Scheduler {
    /// A new pod without a node.
    pub(super) fn pod_added(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        let template = ctx.store.template(pod);
        let waits = record.phase == PodPhase::Pending && !record.deleting;
        let shape = record.template;
        if !waits || !self.placer.has_scheduler(shape) {
            return;
        }
        let gated = self.placer.profile(shape).holds_gated_pods && !template.scheduling.gates.is_empty();
        self.heeds_bindings |= heeds_bindings(template);
        self.assigned.saw_priority(template.priority, ctx.store);
        if gated {
            self.gated.insert(pod, ctx.now);
        } else {
            self.enqueue(pod, ctx.now, ctx);
        }
    }

    fn enqueue(&mut self, pod: PodId, since: crate::kernel::SimTime, ctx: &mut Context<'_>) {
        let priority = ctx.store.template(pod).priority;
        match &mut self.queue {
            Queue::Literal(queue) => queue.add(pod, priority, since),
            Queue::Instant(queue) => {
                let template = ctx.store.pods[pod.index()].template;
                if pinned(pod, ctx.store).is_some() {
                    queue.add_alone(pod, priority, template);
                } else {
                    queue.add(pod, priority, template);
                }
            }
        }
        self.wake(ctx);
    }

    /// A pod that was bound without the scheduler.
    pub(super) fn assigned_pod_added(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let template = ctx.store.template(pod);
        self.assigned.saw_priority(template.priority, ctx.store);
        self.assume(pod, ctx.store.pods[pod.index()].node, ctx);
        self.binding_seen(pod, ctx);
    }

    /// A pod that the scheduler bound.
    pub(super) fn binding_seen(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if self.heeds_bindings && self.assigned.get(pod).is_some() {
            let template = ctx.store.templates[ctx.store.pods[pod.index()].template.index()].clone();
            self.requeue(&ClusterEvent::AssignedPodAdd(&template), ctx);
        }
    }

    /// A bound pod ended.
    pub(super) fn assigned_pod_deleted(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        self.release(pod, ctx);
        self.let_go_of_waiting(pod);
        self.deleted(pod, ctx);
    }

    /// A bound pod is being deleted; it keeps its room until it has ended.
    pub(super) fn deletion_seen(&mut self, pod: PodId) {
        self.let_go_of_waiting(pod);
        if let Some((node, template)) = self.assigned.get(pod)
            && self.assigned.terminate(pod)
        {
            self.placer.terminate(node, template);
            self.queue.change();
        }
    }

    /// A pod that waited was deleted.
    pub(super) fn pending_pod_deleted(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let gated = self.gated.remove(&pod).is_some();
        match &mut self.queue {
            Queue::Literal(queue) => queue.remove(pod),
            Queue::Instant(queue) => {
                let record = &ctx.store.pods[pod.index()];
                if !gated && self.assigned.get(pod).is_none() {
                    queue.forget(pod, ctx.store.template(pod).priority, record.template);
                }
            }
        }
        let nominated = self.denominate(pod);
        ctx.store.nominated.remove(&pod);
        // What an assumed pod gives back may be just what another waits for: its binding fails, and that counts as
        // the deletion of an assigned pod (`pkg/scheduler/schedule_one.go: handleBindingCycleError`).
        if self.release(pod, ctx) {
            self.deleted(pod, ctx);
        } else if nominated {
            self.move_all(Some(ctx.store.template(pod).priority), ctx);
        }
    }

    /// Room was made where `pod` was.
    fn deleted(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if self.heeds_bindings {
            let template = ctx.store.templates[ctx.store.pods[pod.index()].template.index()].clone();
            self.requeue(&ClusterEvent::AssignedPodDelete(&template), ctx);
        }
        self.move_all(None, ctx);
    }

    /// The specification of a pod changed.
    pub(super) fn pod_updated(&mut self, pod: PodId, before: PodTemplateId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        let old = ctx.store.templates[before.index()].clone();
        let new = ctx.store.templates[record.template.index()].clone();
        if record.phase.is_terminal() || record.gone {
            return;
        }
        self.heeds_bindings |= heeds_bindings(&new);
        if let Some(since) = self.gated.get(&pod).copied() {
            if new.scheduling.gates.is_empty() {
                self.gated.remove(&pod);
                self.enqueue(pod, since, ctx);
            }
        } else if self.assigned.get(pod).is_some() {
            let node = self.assigned.get(pod).map_or(NodeId::NONE, |(node, _)| node);
            let terminating = self.assigned.is_terminating(pod);
            self.release(pod, ctx);
            self.assume(pod, node, ctx);
            if terminating {
                self.deletion_seen(pod);
            }
            self.requeue(&ClusterEvent::AssignedPodUpdate(&old, &new), ctx);
        } else {
            self.waiting_pod_updated(pod, &ClusterEvent::PodUpdate(&old, &new), ctx);
        }
    }

    fn waiting_pod_updated(&mut self, pod: PodId, event: &ClusterEvent<'_>, ctx: &mut Context<'_>) {
        let template = ctx.store.pods[pod.index()].template;
        let (profile, shape) = (self.placer.profile(template), self.placer.shape(template));
        if let Some((_, by)) = self.in_flight.filter(|(in_flight, _)| *in_flight == pod) {
            self.moved_in_flight |= is_worth_requeuing(profile, shape, by, event);
            return;
        }
        match &mut self.queue {
            Queue::Literal(queue) => {
                if queue
                    .unschedulable_by(pod)
                    .is_some_and(|by| is_worth_requeuing(profile, shape, by, event))
                {
                    queue.move_one(pod, ctx.now);
                }
                self.arm_backoff_flush(ctx);
            }
            Queue::Instant(queue) => {
                queue.remove(pod);
                queue.move_all(None);
                let record = &ctx.store.pods[pod.index()];
                queue.add(pod, ctx.store.template(pod).priority, record.template);
            }
        }
        self.wake(ctx);
    }

    /// There is a new node.
    pub(super) fn node_added(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let spec = ctx.store.nodes[node.index()].clone();
        let seen = self.placer.add_node(&spec);
        assert_eq!(seen, node, "nodes are seen in the order in which they were made");
        self.requeue(&ClusterEvent::NodeAdd(&spec), ctx);
    }

    /// A node changed.
    pub(super) fn node_updated(&mut self, node: NodeId, change: NodeChange, ctx: &mut Context<'_>) {
        if change == NodeChange::CONDITIONS || !self.placer.nodes().is_present(node) {
            return;
        }
        let before = self.placer.nodes().spec(node).clone();
        let after = ctx.store.nodes[node.index()].clone();
        self.placer.update_node(node, &after);
        self.requeue(&ClusterEvent::NodeUpdate(&before, &after, change), ctx);
    }

    /// A node went away.
    pub(super) fn node_deleted(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        let spec = self.placer.nodes().spec(node).clone();
        self.placer.remove_node(node);
        self.requeue(&ClusterEvent::NodeDelete(&spec), ctx);
    }

    /// Tries those pods again for which `event` makes it worth it; pods that NodeResourcesFit refused and that wait for room are
    /// left to [`Self::move_all`].
    fn requeue(&mut self, event: &ClusterEvent<'_>, ctx: &mut Context<'_>) {
        let placer = &self.placer;
        if let Some((pod, by)) = self.in_flight {
            let template = ctx.store.pods[pod.index()].template;
            let (profile, shape) = (placer.profile(template), placer.shape(template));
            self.moved_in_flight |= is_worth_requeuing(profile, shape, by, event);
        }
        match &mut self.queue {
            Queue::Literal(queue) => {
                // Neighbours often share template and plugins.
                let mut last = None;
                let beside_fit = matches!(event, ClusterEvent::AssignedPodDelete(_));
                queue.move_where(ctx.now, event.interest(), beside_fit, &mut |pod, by| {
                    let template = ctx.store.pods[pod.index()].template;
                    if last.is_none_or(|(known, _)| known != (template, by)) {
                        let worth = is_worth_requeuing(placer.profile(template), placer.shape(template), by, event);
                        last = Some(((template, by), worth));
                    }
                    last.is_some_and(|(_, worth)| worth)
                });
            }
            Queue::Instant(queue) => queue.move_all(None),
        }
        self.arm_backoff_flush(ctx);
        self.wake(ctx);
    }

    /// Room was made somewhere: pods that found none are tried again, only those of at most `priority` if it is given.
    pub(super) fn move_all(&mut self, priority: Option<i32>, ctx: &mut Context<'_>) {
        if let Some((pod, by)) = self.in_flight {
            let included = priority.is_none_or(|most| ctx.store.template(pod).priority <= most);
            self.moved_in_flight |= included && by.intersects(Rejectors::NODE_RESOURCES_FIT);
        }
        match &mut self.queue {
            Queue::Literal(queue) => queue.move_all(ctx.now, priority),
            Queue::Instant(queue) => queue.move_all(priority),
        }
        self.arm_backoff_flush(ctx);
        self.wake(ctx);
    }
}

/// Whether pods of `template` may wait for others to be bound or to go, other than by room.
fn heeds_bindings(template: &PodTemplate) -> bool {
    let scheduling = &template.scheduling;
    !scheduling.pod_affinity.required.is_empty()
        || !scheduling.pod_anti_affinity.required.is_empty()
        || scheduling.topology_spread.iter().any(|c| c.hard)
        || !scheduling.host_ports.is_empty()
}
