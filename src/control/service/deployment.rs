//! The Deployment controller for one Deployment (`pkg/controller/deployment/sync.go`): it gives its one ReplicaSet the size
//! wanted and copies the ReplicaSet's status.

use crate::cluster::apps::ReplicaSetStatus;
use crate::cluster::{DeploymentId, ReplicaSetId, ScaleTarget};
use crate::control::context::Context;
use crate::control::deployment::rollout::{DeploymentStrategy, new_replica_set_size};
use crate::control::event::{DeploymentEvent, Event, ReplicaSetEvent};
use crate::control::service::controller::{Calls, Sync};

/// What the call in flight is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Idle,
    /// POST of the ReplicaSet, or PUT of its new size.
    WritingReplicaSet,
    /// PUT of the Deployment's status.
    WritingStatus,
}

/// The sync of a Deployment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeploymentSync {
    step: Step,
    /// The size that is being written.
    size: u32,
    /// The status that is being written, or was last.
    status: ReplicaSetStatus,
}

impl DeploymentSync {
    fn write_status(&mut self, d: DeploymentId, ctx: &Context<'_>) -> Option<Calls> {
        let set = new_replica_set(d, ctx);
        let status = set.map_or_else(ReplicaSetStatus::default, |rs| {
            ctx.store.replica_sets[rs.index()].status
        });
        if std::mem::replace(&mut self.status, status) == status {
            self.step = Step::Idle;
            return None;
        }
        self.step = Step::WritingStatus;
        Calls::some(1)
    }
}

impl Sync for DeploymentSync {
    type Key = DeploymentId;
    type Beside = ();

    fn begin(&mut self, d: DeploymentId, ctx: &mut Context<'_>) -> Option<Calls> {
        let deployment = &ctx.store.deployments[d.index()];
        if !deployment.exists() {
            return None;
        }
        let wanted = deployment.spec.replicas;
        let present = new_replica_set(d, ctx).map_or(0, |rs| ctx.store.replica_sets[rs.index()].spec.replicas);
        // With one ReplicaSet the strategy makes no difference.
        self.size = new_replica_set_size(DeploymentStrategy::default(), wanted, present, 0);
        if self.size == present {
            return self.write_status(d, ctx);
        }
        self.step = Step::WritingReplicaSet;
        Calls::some(1)
    }

    /// A new size is told in an event, ScalingReplicaSet.
    fn call_done(&mut self, d: DeploymentId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::WritingReplicaSet => {
                if let Some(rs) = new_replica_set(d, ctx) {
                    ctx.scale(ScaleTarget::ReplicaSet(rs), self.size);
                } else {
                    let rs = ctx.store.add_replica_set_of(d, self.size, ctx.now);
                    ctx.when_seen(Event::ReplicaSet(ReplicaSetEvent::Seen(rs)));
                }
                ctx.when_seen(Event::Deployment(DeploymentEvent::Seen(d)));
                true
            }
            Step::WritingStatus => false,
        }
    }

    fn advance(&mut self, d: DeploymentId, (): &mut (), ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
            Step::WritingReplicaSet => self.write_status(d, ctx),
        }
    }

    fn call_event(d: DeploymentId) -> Event {
        Event::Deployment(DeploymentEvent::CallDone(d))
    }
}

fn new_replica_set(d: DeploymentId, ctx: &Context<'_>) -> Option<ReplicaSetId> {
    ctx.store.deployments[d.index()].replica_sets.last().copied()
}
