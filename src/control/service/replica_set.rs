//! The ReplicaSet controller for one ReplicaSet (`pkg/controller/replicaset/replica_set.go: syncReplicaSet`): it creates the
//! pods that are missing or deletes those that are too many, then writes the status.
//!
//! A sync sees the store as it is: what the controller's expectations are for, not to act again on a stale cache, is met.

use std::collections::VecDeque;

use crate::cluster::apps::ReplicaSetStatus;
use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::{NodeId, PodId, ReplicaSetId};
use crate::control::context::Context;
use crate::control::event::{DeploymentEvent, Event, ReplicaSetEvent};
use crate::control::replica_set::deletion_order::{ActivePhase, Candidate, rank_by_node, victims};
use crate::control::replica_set::{Adjustment, adjustment, slow_start};
use crate::control::service::controller::{Calls, Sync};
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
}

impl ReplicaSetSync {
    fn create_batch(&mut self) -> Option<Calls> {
        self.step = Step::Creating;
        self.batches.pop_front().and_then(Calls::some)
    }

    fn write_status(&mut self, id: ReplicaSetId, ctx: &Context<'_>) -> Option<Calls> {
        if ctx.store.replica_sets[id.index()].status == self.status {
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
        let set = &ctx.store.replica_sets[id.index()];
        if !set.exists() {
            return None;
        }
        self.status = ReplicaSetStatus {
            observed_generation: set.generation,
            replicas: set.pods.active,
            ready_replicas: set.pods.ready,
            available_replicas: set.pods.ready,
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

    /// Creations and deletions are told in events, SuccessfulCreate and SuccessfulDelete.
    fn call_done(&mut self, id: ReplicaSetId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::Creating => {
                ctx.create_pod(Owner::ReplicaSet(id), u32::MAX);
                true
            }
            Step::Deleting => {
                let pod = self.victims.pop_front().expect("one pod for each DELETE in flight");
                let active = ctx.store.pods[pod.index()].is_active();
                if active {
                    ctx.delete_pod(pod);
                }
                active
            }
            Step::WritingStatus => {
                let set = &mut ctx.store.replica_sets[id.index()];
                set.status = self.status;
                if let Some(d) = set.deployment.some() {
                    ctx.when_seen(Event::Deployment(DeploymentEvent::Seen(d)));
                }
                false
            }
        }
    }

    fn advance(&mut self, id: ReplicaSetId, (): &mut (), ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::Creating if !self.batches.is_empty() => self.create_batch(),
            Step::Creating | Step::Deleting => self.write_status(id, ctx),
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
        }
    }

    fn call_event(id: ReplicaSetId) -> Event {
        Event::ReplicaSet(ReplicaSetEvent::CallDone(id))
    }
}

/// The `count` pods of `d` that go first (`getPodsToDelete`).
fn pods_to_delete(id: ReplicaSetId, count: u32, ctx: &Context<'_>) -> VecDeque<PodId> {
    let (pods, mut candidates): (Vec<PodId>, Vec<Candidate>) = ctx.store.replica_sets[id.index()]
        .pods
        .pods
        .keys()
        .filter(|pod| ctx.store.pods[pod.index()].is_active())
        .map(|pod| (*pod, candidate(id, *pod, ctx)))
        .unzip();
    let nodes: Vec<Option<u32>> = candidates.iter().map(|c| c.node).collect();
    rank_by_node(&mut candidates, nodes);
    let chosen = victims(&candidates, ctx.now, count as usize);
    chosen.into_iter().map(|which| pods[which]).collect()
}

fn candidate(id: ReplicaSetId, pod: PodId, ctx: &Context<'_>) -> Candidate {
    /// Keeps the draws of uids apart from those of names.
    const UIDS: u64 = 1 << 62;
    let record = &ctx.store.pods[pod.index()];
    let ready_changed = ctx.store.replica_sets[id.index()].pods.pods[&pod];
    let mut uid = stream(ctx.seed, Purpose::NameSuffix, UIDS | u64::from(pod.0), 0);
    Candidate {
        node: record.node.some().map(|NodeId(node)| node),
        phase: match record.phase {
            PodPhase::Pending => ActivePhase::Pending,
            PodPhase::Running | PodPhase::Succeeded | PodPhase::Failed => ActivePhase::Running,
        },
        ready_since: record.ready.then(|| ctx.config.api_instant(ready_changed)),
        deletion_cost: 0,
        rank: 0,
        restarts: u32::from(record.restarts),
        sidecar_restarts: 0,
        created: ctx.config.api_instant(record.created),
        uid: rand::Rng::next_u64(&mut uid),
    }
}
