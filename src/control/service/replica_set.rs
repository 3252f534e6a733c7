//! The ReplicaSet controller for one ReplicaSet (`pkg/controller/replicaset/replica_set.go: syncReplicaSet`): it creates the
//! pods that are missing or deletes those that are too many, then writes the status.
//!
//! A sync sees the store as it is: what the controller's expectations are for, not to act again on a stale cache, is met.

use std::collections::VecDeque;

use crate::cluster::apps::{ReplicaSetStatus, WorkloadEvent};
use crate::cluster::ids::WorkloadId;
use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::{NodeId, PodId, ReplicaSetId};
use crate::control::context::Context;
use crate::control::event::{Event, ReplicaSetEvent};
use crate::control::replica_set::availability::availability;
use crate::control::replica_set::deletion_order::{ActivePhase, Candidate, rank_by_node, victims};
use crate::control::replica_set::{Adjustment, adjustment, slow_start};
use crate::control::service::controller::{Calls, Ended, Sync};
use crate::kernel::SimTime;
use crate::kernel::random::{Purpose, stream};

/// What the calls in flight are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Idle,
    /// POST of one slow-start batch of pods, at once.
    Creating,
    /// DELETE of all pods that are too many, at once.
    Deleting,
    /// PUT of the status.
    WritingStatus,
}

/// The sync of a ReplicaSet.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplicaSetSync {
    step: Step,
    /// Sizes of the slow-start batches to come.
    batches: VecDeque<u32>,
    /// Pods to delete, in the order of the calls in flight.
    victims: VecDeque<PodId>,
    /// What there was when the sync began: the status to write.
    status: ReplicaSetStatus,
    /// When the next of its pods will have been Ready for `minReadySeconds`.
    next_available: Option<SimTime>,
    /// A pod was refused.
    refused: bool,
}

impl ReplicaSetSync {
    fn create_batch(&mut self) -> Option<Calls> {
        self.step = Step::Creating;
        self.batches.pop_front().and_then(Calls::some)
    }

    fn write_status(&mut self, id: ReplicaSetId, ctx: &Context<'_>) -> Option<Calls> {
        self.status.failed_create = self.refused;
        let set = &ctx.store.replica_sets[id.index()];
        if !set.exists() || set.status == self.status {
            self.step = Step::Idle;
            return None;
        }
        self.step = Step::WritingStatus;
        Calls::some(1)
    }
}

impl Sync for ReplicaSetSync {
    type Key = ReplicaSetId;
    type Beside = ();

    /// Terminating pods do not count, so they are replaced at once, and so are ended ones.
    fn begin(&mut self, id: ReplicaSetId, ctx: &mut Context<'_>) -> Option<Calls> {
        *self = Self::default();
        let set = &ctx.store.replica_sets[id.index()];
        if !set.exists() {
            return None;
        }
        let (available, next) = availability(&set.pods, set.spec.min_ready, ctx);
        self.next_available = next;
        self.status = ReplicaSetStatus {
            observed_generation: set.generation,
            replicas: set.pods.active,
            ready_replicas: set.pods.ready,
            available_replicas: available,
            terminating_replicas: Some(set.pods.terminating),
            failed_create: false,
        };
        let burst = ctx.config.replica_set.burst_replicas;
        match adjustment(set.pods.active, set.spec.replicas, burst) {
            Adjustment::Create(count) => {
                self.batches = slow_start::batches(count).collect();
                self.create_batch()
            }
            Adjustment::Delete(count) => {
                self.victims = pods_to_delete(id, count, ctx);
                self.step = Step::Deleting;
                Calls::some(count)
            }
            Adjustment::Nothing => self.write_status(id, ctx),
        }
    }

    /// Creations and deletions are told in events, SuccessfulCreate, FailedCreate and SuccessfulDelete.
    fn call_done(&mut self, id: ReplicaSetId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::Creating => {
                match ctx.try_create_pod(Owner::ReplicaSet(id), u32::MAX) {
                    Ok(pod) => ctx.workload_event(WorkloadId::ReplicaSet(id), WorkloadEvent::SuccessfulCreate(pod)),
                    Err(_) => self.refused = true,
                }
                true
            }
            Step::Deleting => {
                let pod = self.victims.pop_front().expect("one pod for each DELETE in flight");
                let active = ctx.store.pods[pod.index()].is_active();
                if active {
                    ctx.delete_pod(pod);
                    ctx.workload_event(WorkloadId::ReplicaSet(id), WorkloadEvent::SuccessfulDelete(pod));
                }
                active
            }
            Step::WritingStatus => {
                ctx.store.replica_sets[id.index()].status = self.status;
                ctx.set_replica_failure(WorkloadId::ReplicaSet(id), self.status.failed_create);
                ctx.status_written(WorkloadId::ReplicaSet(id));
                ctx.replica_set_seen(id);
                false
            }
        }
    }

    fn advance(&mut self, id: ReplicaSetId, (): &mut (), ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            // A batch with an error is the last.
            Step::Creating if !self.batches.is_empty() && !self.refused => self.create_batch(),
            Step::Creating | Step::Deleting => self.write_status(id, ctx),
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
        }
    }

    fn ended(&mut self, _: ReplicaSetId, _: &mut Context<'_>) -> Ended {
        Ended {
            failed: self.refused,
            in_vain: self.refused,
            again: self.next_available,
        }
    }

    fn call_event(id: ReplicaSetId) -> Event {
        Event::ReplicaSet(ReplicaSetEvent::CallDone(id))
    }
    fn due_event(id: ReplicaSetId) -> Event {
        Event::ReplicaSet(ReplicaSetEvent::Due(id))
    }
}

/// The `count` pods of the ReplicaSet that go first (`getPodsToDelete`). Those that share a node with many go before others,
/// where the pods of all ReplicaSets of the Deployment count (`getIndirectlyRelatedPods`).
fn pods_to_delete(id: ReplicaSetId, count: u32, ctx: &Context<'_>) -> VecDeque<PodId> {
    let set = &ctx.store.replica_sets[id.index()];
    let is_active = |pod: &PodId| ctx.store.pods[pod.index()].is_active();
    let node = |pod: &PodId| ctx.store.pods[pod.index()].node.some().map(|NodeId(node)| node);
    let (pods, mut candidates): (Vec<PodId>, Vec<Candidate>) = set
        .pods
        .pods
        .iter()
        .filter(|(pod, _)| is_active(pod))
        .map(|(pod, ready_changed)| (*pod, candidate(*pod, *ready_changed, ctx)))
        .unzip();
    let alone = [id];
    let related = match set.deployment.some() {
        Some(d) => ctx.store.deployments[d.index()].replica_sets.as_slice(),
        None => &alone,
    };
    let nodes = related.iter().flat_map(|rs| {
        let pods = ctx.store.replica_sets[rs.index()].pods.pods.keys();
        pods.filter(|pod| is_active(pod)).map(node)
    });
    rank_by_node(&mut candidates, nodes);
    let chosen = victims(&candidates, ctx.now, count as usize);
    chosen.into_iter().map(|which| pods[which]).collect()
}

fn candidate(pod: PodId, ready_changed: SimTime, ctx: &Context<'_>) -> Candidate {
    /// Keeps the draws of uids apart from those of names.
    const UIDS: u64 = 1 << 62;
    let record = &ctx.store.pods[pod.index()];
    let mut uid = stream(ctx.seed, Purpose::NameSuffix, UIDS | u64::from(pod.0), 0);
    Candidate {
        node: record.node.some().map(|NodeId(node)| node),
        phase: match record.phase {
            PodPhase::Pending => ActivePhase::Pending,
            PodPhase::Running | PodPhase::Succeeded | PodPhase::Failed => ActivePhase::Running,
        },
        ready_since: record.ready.then(|| ctx.config.api_instant(ready_changed)),
        deletion_cost: ctx.store.template(pod).deletion_cost,
        rank: 0,
        restarts: u32::from(record.restarts),
        sidecar_restarts: 0,
        created: ctx.config.api_instant(record.created),
        uid: rand::Rng::next_u64(&mut uid),
    }
}
