//! The DaemonSet controller for one DaemonSet: it carries out what [`crate::control::daemon_set`] decides.

use std::collections::{BTreeMap, VecDeque};

use crate::cluster::apps::WorkloadEvent;
use crate::cluster::ids::WorkloadId;
use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::spec::DaemonSetUpdate;
use crate::cluster::{DaemonSetId, NodeId, PodId};
use crate::control::context::Context;
use crate::control::daemon_set::{Changes, NodeView, PodView, eligibility, manage, roll, status};
use crate::control::event::{DaemonSetEvent, Event};
use crate::control::replica_set::availability::{available_from, shows_ready};
use crate::control::replica_set::slow_start;
use crate::control::service::controller::{Calls, Ended, Sync};
use crate::kernel::random::{Purpose, stream};
use crate::kernel::{SimDuration, SimTime};

/// What the calls in flight are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Idle,
    /// POST of a ControllerRevision.
    WritingRevision,
    /// POST of one slow-start batch of pods, at once.
    Creating,
    /// DELETE of pods, at once.
    Deleting,
    /// PUT of the status.
    WritingStatus,
}

/// What comes after the changes under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The rolling update.
    #[default]
    Managing,
    /// The status.
    Rolling,
}

/// The sync of a DaemonSet.
#[derive(Clone, Debug, Default)]
pub(super) struct DaemonSetSync {
    step: Step,
    phase: Phase,
    /// Nodes that get a pod, those of the calls in flight first.
    create: VecDeque<NodeId>,
    batches: VecDeque<u32>,
    delete: VecDeque<PodId>,
    /// The generation whose revision was written last.
    written: Option<u64>,
    /// The order in which nodes are looked at: Go walks a map.
    order: Vec<(u64, NodeId)>,
    /// Failed pods' nodes: the present wait and when it began (`failedPodsBackoff`).
    backoff: BTreeMap<NodeId, (SimDuration, SimTime)>,
    again: Option<SimTime>,
    refused: bool,
    /// Events that are to be written beside those of calls.
    events: u32,
}

impl DaemonSetSync {
    fn due_at(&mut self, at: SimTime) {
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }

    /// What the informers show, node by node.
    fn view(&mut self, id: DaemonSetId, ctx: &Context<'_>) -> Vec<NodeView> {
        for node in self.order.len()..ctx.store.nodes.len() {
            let mut draw = stream(ctx.seed, Purpose::DaemonSetOrder, u64::from(id.0), node as u64);
            self.order.push((rand::Rng::next_u64(&mut draw), NodeId(node as u32)));
        }
        let set = &ctx.store.daemon_sets[id.index()];
        let template = &ctx.store.templates[set.template().index()];
        let mut order = self.order.clone();
        order.sort_unstable();
        let mut views = Vec::with_capacity(order.len());
        for (_, node) in order {
            if !ctx.store.node_states[node.index()].exists {
                continue;
            }
            let pods = set.by_node.get(&node).map_or(&[][..], Vec::as_slice);
            let pods = pods.iter().filter_map(|pod| self.pod_view(id, *pod, ctx)).collect();
            let until = self.backoff.get(&node).map(|(wait, since)| *since + *wait);
            views.push(NodeView {
                node,
                eligibility: eligibility(template, &ctx.store.nodes[node.index()]),
                pods,
                backs_off: until.is_some_and(|until| ctx.now < until),
            });
        }
        views
    }

    fn pod_view(&self, id: DaemonSetId, pod: PodId, ctx: &Context<'_>) -> Option<PodView> {
        let set = &ctx.store.daemon_sets[id.index()];
        let record = &ctx.store.pods[pod.index()];
        if record.deleting && record.phase.is_terminal() {
            return None;
        }
        let changed = set.pods.pods.get(&pod).copied().unwrap_or(SimTime::MAX);
        let from = available_from(pod, changed, set.spec.min_ready, ctx);
        Some(PodView {
            pod,
            updated: ctx.store.base_template(record.template) == set.template(),
            ready: shows_ready(pod, ctx),
            available: from.is_some_and(|at| at <= ctx.now),
            terminating: record.deleting,
            failed: record.phase == PodPhase::Failed,
            succeeded: record.phase == PodPhase::Succeeded,
        })
    }

    /// Notes when waits will be over: those of pods that failed, and those for `minReadySeconds`.
    fn note_waits(&mut self, id: DaemonSetId, views: &[NodeView], ctx: &Context<'_>) {
        let waiting = views
            .iter()
            .filter(|n| n.backs_off && n.pods.iter().any(|pod| pod.failed));
        let ends: Vec<SimTime> = waiting
            .filter_map(|n| self.backoff.get(&n.node).map(|(wait, since)| *since + *wait))
            .collect();
        ends.into_iter().for_each(|at| self.due_at(at));
        let set = &ctx.store.daemon_sets[id.index()];
        if set.spec.min_ready.is_zero() {
            return;
        }
        for (pod, changed) in &set.pods.pods {
            let from = available_from(*pod, *changed, set.spec.min_ready, ctx);
            if let Some(at) = from.filter(|at| *at > ctx.now) {
                self.due_at(at);
            }
        }
    }

    fn manage(&mut self, id: DaemonSetId, ctx: &mut Context<'_>) -> Option<Calls> {
        self.phase = Phase::Managing;
        let views = self.view(id, ctx);
        self.note_waits(id, &views, ctx);
        let surges = matches!(
            ctx.store.daemon_sets[id.index()].spec.update,
            DaemonSetUpdate::RollingUpdate { max_surge, .. } if !max_surge.is_zero()
        );
        let changes = manage(&views, surges);
        let config = &ctx.config.daemon_set;
        for node in &changes.failed {
            let known = self.backoff.get(node).copied();
            // A wait that has been over for twice the longest one is forgotten.
            let known = known.filter(|(_, since)| ctx.now < *since + config.max_failed_pods_backoff.saturating_mul(2));
            let wait = known.map_or(config.failed_pods_backoff, |(wait, _)| {
                wait.saturating_mul(2).min(config.max_failed_pods_backoff)
            });
            self.backoff.insert(*node, (wait, ctx.now));
        }
        self.tell_of_ended(id, &changes, ctx);
        self.carry_out(id, changes, ctx)
    }

    /// Pods that ended and are deleted for that are told of (`podsShouldBeOnNode`).
    fn tell_of_ended(&mut self, id: DaemonSetId, changes: &Changes, ctx: &mut Context<'_>) {
        for pod in &changes.delete {
            let record = &ctx.store.pods[pod.index()];
            let event = match record.phase {
                PodPhase::Failed if changes.failed.contains(&record.node) => WorkloadEvent::FailedDaemonPod(*pod),
                PodPhase::Succeeded => WorkloadEvent::SucceededDaemonPod(*pod),
                PodPhase::Pending | PodPhase::Running | PodPhase::Failed => continue,
            };
            self.events += 1;
            ctx.workload_event(WorkloadId::DaemonSet(id), event);
        }
    }

    fn carry_out(&mut self, id: DaemonSetId, changes: Changes, ctx: &mut Context<'_>) -> Option<Calls> {
        let burst = ctx.config.daemon_set.burst_replicas as usize;
        self.create = changes.create.into_iter().take(burst).collect();
        self.batches = slow_start::batches(self.create.len() as u32).collect();
        self.delete = changes.delete.into_iter().take(burst).collect();
        self.go_on(id, ctx)
    }

    /// The next calls: batches of creations, then deletions, then what the next phase finds.
    fn go_on(&mut self, id: DaemonSetId, ctx: &mut Context<'_>) -> Option<Calls> {
        if let Some(batch) = self.batches.pop_front().filter(|_| !self.refused) {
            self.step = Step::Creating;
            return Calls::some(batch);
        }
        self.batches.clear();
        if !self.delete.is_empty() {
            self.step = Step::Deleting;
            return Calls::some(self.delete.len() as u32);
        }
        if self.phase == Phase::Managing && !self.refused {
            self.phase = Phase::Rolling;
            let views = self.view(id, ctx);
            let changes = roll(&views, ctx.store.daemon_sets[id.index()].spec.update);
            return self.carry_out(id, changes, ctx);
        }
        let views = self.view(id, ctx);
        let set = &ctx.store.daemon_sets[id.index()];
        if !set.exists() || status(&views, set.generation) == set.status {
            self.step = Step::Idle;
            return None;
        }
        self.step = Step::WritingStatus;
        Calls::some(1)
    }
}

impl Sync for DaemonSetSync {
    type Key = DaemonSetId;
    type Beside = ();

    fn begin(&mut self, id: DaemonSetId, ctx: &mut Context<'_>) -> Option<Calls> {
        (self.refused, self.again) = (false, None);
        let set = &ctx.store.daemon_sets[id.index()];
        if !set.exists() {
            return None;
        }
        let revision = Some(u64::from(set.template().0));
        if self.written != revision {
            self.written = revision;
            self.step = Step::WritingRevision;
            return Calls::some(1);
        }
        self.manage(id, ctx)
    }

    /// Creations and deletions are told in events, SuccessfulCreate, FailedCreate and SuccessfulDelete.
    fn call_done(&mut self, id: DaemonSetId, ctx: &mut Context<'_>) -> bool {
        let exists = ctx.store.daemon_sets[id.index()].exists();
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::WritingRevision => false,
            Step::Creating => {
                let node = self.create.pop_front().expect("one node for each POST in flight");
                if !exists {
                    return false;
                }
                let template = ctx.store.daemon_sets[id.index()].template();
                let made = ctx.try_create_pod_of(Owner::DaemonSet(id), template, u32::MAX, Some(node));
                match made {
                    Ok(pod) => ctx.workload_event(WorkloadId::DaemonSet(id), WorkloadEvent::SuccessfulCreate(pod)),
                    Err(_) => self.refused = true,
                }
                true
            }
            Step::Deleting => {
                let pod = self.delete.pop_front().expect("one pod for each DELETE in flight");
                let record = &ctx.store.pods[pod.index()];
                let is_news = !record.gone && !record.deleting;
                ctx.delete_pod(pod);
                if is_news {
                    ctx.workload_event(WorkloadId::DaemonSet(id), WorkloadEvent::SuccessfulDelete(pod));
                }
                is_news
            }
            Step::WritingStatus => {
                if exists {
                    let views = self.view(id, ctx);
                    let set = &mut ctx.store.daemon_sets[id.index()];
                    set.status = status(&views, set.generation);
                    ctx.status_written(WorkloadId::DaemonSet(id));
                    ctx.workload_seen(WorkloadId::DaemonSet(id));
                }
                false
            }
        }
    }

    fn advance(&mut self, id: DaemonSetId, (): &mut (), ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::WritingRevision => self.manage(id, ctx),
            Step::Creating | Step::Deleting => self.go_on(id, ctx),
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
        }
    }

    fn take_events(&mut self) -> u32 {
        std::mem::take(&mut self.events)
    }

    fn ended(&mut self, _: DaemonSetId, _: &mut Context<'_>) -> Ended {
        Ended {
            failed: self.refused,
            in_vain: self.refused,
            again: self.again,
        }
    }

    fn call_event(id: DaemonSetId) -> Event {
        Event::DaemonSet(DaemonSetEvent::CallDone(id))
    }
    fn due_event(id: DaemonSetId) -> Event {
        Event::DaemonSet(DaemonSetEvent::Due(id))
    }
}
