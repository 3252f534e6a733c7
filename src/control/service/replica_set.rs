//! The ReplicaSet controller for one ReplicaSet (`pkg/controller/replicaset/replica_set.go: syncReplicaSet`): it creates the
//! pods that are missing or deletes those that are too many, then writes the status.
//!
//! A sync sees the store as it is: what the controller's expectations are for, not to act again on a stale cache, is met.

use std::collections::VecDeque;

use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::store::ReplicaSetStatus;
use crate::cluster::{DeploymentId, NodeId, PodId};
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

    fn write_status(&mut self, d: DeploymentId, ctx: &Context<'_>) -> Option<Calls> {
        if ctx.store.deployments[d.index()].status == self.status {
            self.step = Step::Idle;
            return None;
        }
        self.step = Step::WritingStatus;
        Calls::some(1)
    }
}

impl Sync for ReplicaSetSync {
    type Key = DeploymentId;
    type Beside = ();

    /// Terminating pods do not count, so they are replaced at once, and so are ended ones.
    fn begin(&mut self, d: DeploymentId, ctx: &mut Context<'_>) -> Option<Calls> {
        let deployment = &ctx.store.deployments[d.index()];
        self.status = ReplicaSetStatus {
            replicas: deployment.active,
            ready_replicas: deployment.ready,
        };
        let burst = ctx.config.replica_set.burst_replicas;
        match adjustment(deployment.active, deployment.replica_set_replicas, burst) {
            Adjustment::Create(count) => {
                self.batches = slow_start::batches(count).collect();
                self.create_batch()
            }
            Adjustment::Delete(count) => {
                self.victims = pods_to_delete(d, count, ctx);
                self.step = Step::Deleting;
                Calls::some(count)
            }
            Adjustment::Nothing => self.write_status(d, ctx),
        }
    }

    /// Creations and deletions are told in events, SuccessfulCreate and SuccessfulDelete.
    fn call_done(&mut self, d: DeploymentId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::Creating => {
                ctx.create_pod(Owner::Deployment(d), u32::MAX);
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
                let deployment = &mut ctx.store.deployments[d.index()];
                deployment.status = self.status;
                if !deployment.spec.bare_replica_set {
                    ctx.when_seen(Event::Deployment(DeploymentEvent::Seen(d)));
                }
                false
            }
        }
    }

    fn advance(&mut self, d: DeploymentId, (): &mut (), ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::Creating if !self.batches.is_empty() => self.create_batch(),
            Step::Creating | Step::Deleting => self.write_status(d, ctx),
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
        }
    }

    fn call_event(d: DeploymentId) -> Event {
        Event::ReplicaSet(ReplicaSetEvent::CallDone(d))
    }
}

/// The `count` pods of `d` that go first (`getPodsToDelete`).
fn pods_to_delete(d: DeploymentId, count: u32, ctx: &Context<'_>) -> VecDeque<PodId> {
    let (pods, mut candidates): (Vec<PodId>, Vec<Candidate>) = ctx.store.deployments[d.index()]
        .pods
        .keys()
        .filter(|pod| ctx.store.pods[pod.index()].is_active())
        .map(|pod| (*pod, candidate(d, *pod, ctx)))
        .unzip();
    let nodes: Vec<Option<u32>> = candidates.iter().map(|c| c.node).collect();
    rank_by_node(&mut candidates, nodes);
    let chosen = victims(&candidates, ctx.now, count as usize);
    chosen.into_iter().map(|which| pods[which]).collect()
}

fn candidate(d: DeploymentId, pod: PodId, ctx: &Context<'_>) -> Candidate {
    /// Keeps the draws of uids apart from those of names.
    const UIDS: u64 = 1 << 62;
    let record = &ctx.store.pods[pod.index()];
    let ready_changed = ctx.store.deployments[d.index()].pods[&pod];
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
