//! The StatefulSet controller for one StatefulSet: it carries out what [`crate::control::stateful_set::plan`] works out.

use std::collections::VecDeque;

use crate::cluster::StatefulSetId;
use crate::cluster::apps::WorkloadEvent;
use crate::cluster::ids::WorkloadId;
use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::spec::PodManagementPolicy;
use crate::control::context::Context;
use crate::control::event::{Event, StatefulSetEvent};
use crate::control::replica_set::availability::{available_from, shows_ready};
use crate::control::service::controller::{Calls, Ended, Sync};
use crate::control::stateful_set::{Call, PodView, View, plan};
use crate::kernel::SimTime;

/// The sync of a StatefulSet.
#[derive(Clone, Debug, Default)]
pub(super) struct StatefulSetSync {
    /// Groups of calls to come, the one in flight first.
    groups: VecDeque<VecDeque<Call>>,
    /// The POST or PUT of a ControllerRevision is in flight, before the plan is made.
    writing_revision: bool,
    /// The revision that was last written, plus one.
    written: usize,
    next_available: Option<SimTime>,
    refused: bool,
}

impl StatefulSetSync {
    fn plan(&mut self, id: StatefulSetId, ctx: &Context<'_>) -> Option<Calls> {
        let (view, next) = view(id, ctx);
        self.next_available = next;
        self.groups = plan(&view).into_iter().map(VecDeque::from).collect();
        self.next()
    }

    fn next(&self) -> Option<Calls> {
        self.groups.front().and_then(|group| Calls::some(group.len() as u32))
    }
}

impl Sync for StatefulSetSync {
    type Key = StatefulSetId;
    type Beside = ();

    fn begin(&mut self, id: StatefulSetId, ctx: &mut Context<'_>) -> Option<Calls> {
        (self.refused, self.next_available) = (false, None);
        self.groups.clear();
        let set = &ctx.store.stateful_sets[id.index()];
        if !set.exists() {
            return None;
        }
        if self.written != set.update + 1 {
            self.writing_revision = true;
            return Calls::some(1);
        }
        self.plan(id, ctx)
    }

    /// Creations and deletions are told in events, SuccessfulCreate, FailedCreate and SuccessfulDelete.
    fn call_done(&mut self, id: StatefulSetId, ctx: &mut Context<'_>) -> bool {
        let set = &mut ctx.store.stateful_sets[id.index()];
        if self.writing_revision {
            self.written = set.update + 1;
            return false;
        }
        let group = self.groups.front_mut().expect("a group is in flight");
        let call = group.pop_front().expect("a call is in flight");
        if !set.exists() {
            return false;
        }
        match call {
            Call::Create { ordinal, revision } => {
                if set.by_ordinal.contains_key(&ordinal) {
                    return false;
                }
                let template = set.revisions[revision].template;
                let made = ctx.try_create_pod_of(Owner::StatefulSet(id), template, ordinal, None);
                match made {
                    Ok(pod) => ctx.workload_event(WorkloadId::StatefulSet(id), WorkloadEvent::SuccessfulCreate(pod)),
                    Err(_) => self.refused = true,
                }
                true
            }
            Call::Delete(pod) => {
                let record = &ctx.store.pods[pod.index()];
                let is_news = !record.gone && !record.deleting;
                ctx.delete_pod(pod);
                if is_news {
                    ctx.workload_event(WorkloadId::StatefulSet(id), WorkloadEvent::SuccessfulDelete(pod));
                }
                is_news
            }
            Call::Status(status) => {
                set.status = status;
                set.current = status.current;
                ctx.status_written(WorkloadId::StatefulSet(id));
                ctx.workload_seen(WorkloadId::StatefulSet(id));
                false
            }
        }
    }

    fn advance(&mut self, id: StatefulSetId, (): &mut (), ctx: &mut Context<'_>) -> Option<Calls> {
        if std::mem::take(&mut self.writing_revision) {
            return self.plan(id, ctx);
        }
        self.groups.pop_front();
        if self.refused {
            // An error ends what was under way; the status is written all the same.
            let is_status = |group: &VecDeque<Call>| matches!(group.front(), Some(Call::Status(_)));
            self.groups.retain(is_status);
        }
        self.next()
    }

    fn ended(&mut self, _: StatefulSetId, _: &mut Context<'_>) -> Ended {
        Ended {
            failed: self.refused,
            in_vain: self.refused,
            again: self.next_available,
        }
    }

    fn call_event(id: StatefulSetId) -> Event {
        Event::StatefulSet(StatefulSetEvent::CallDone(id))
    }
    fn due_event(id: StatefulSetId) -> Event {
        Event::StatefulSet(StatefulSetEvent::Due(id))
    }
}

/// What the informers show of a StatefulSet, and when its next pod will be available.
fn view(id: StatefulSetId, ctx: &Context<'_>) -> (View, Option<SimTime>) {
    let set = &ctx.store.stateful_sets[id.index()];
    let mut next = None::<SimTime>;
    let mut pods = Vec::with_capacity(set.by_ordinal.len());
    for (ordinal, pod) in &set.by_ordinal {
        let record = &ctx.store.pods[pod.index()];
        let ready = shows_ready(*pod, ctx) && record.phase == PodPhase::Running;
        let changed = set.pods.pods.get(pod).copied().unwrap_or(SimTime::MAX);
        let from = available_from(*pod, changed, set.spec.min_ready, ctx).filter(|_| ready);
        if let Some(at) = from.filter(|at| *at > ctx.now) {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        let template = ctx.store.base_template(record.template);
        let revision = set.revisions.iter().position(|r| r.template == template);
        pods.push(PodView {
            pod: *pod,
            ordinal: *ordinal,
            revision: revision.unwrap_or(usize::MAX),
            ready,
            available: from.is_some_and(|at| at <= ctx.now),
            terminating: record.deleting,
            ended: record.phase.is_terminal(),
        });
    }
    let view = View {
        replicas: set.spec.replicas,
        start: set.spec.start_ordinal,
        parallel: set.spec.pod_management == PodManagementPolicy::Parallel,
        update_strategy: set.spec.update,
        current: set.current,
        update: set.update,
        generation: set.generation,
        status: set.status,
        pods,
        max_batch: ctx.config.stateful_set.max_batch_size,
    };
    (view, next)
}
