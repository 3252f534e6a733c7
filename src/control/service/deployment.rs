//! The Deployment controller for one Deployment: it carries out what [`crate::control::deployment::plan`] works out, call by
//! call.

use std::collections::VecDeque;

use crate::cluster::DeploymentId;
use crate::cluster::ids::{ReplicaSetId, WorkloadId};
use crate::control::context::Context;
use crate::control::deployment::{Call, ReplicaSetView, View, plan};
use crate::control::event::{DeploymentEvent, Event};
use crate::control::service::controller::{Calls, Ended, Sync};
use crate::kernel::SimTime;

/// The sync of a Deployment.
#[derive(Clone, Debug, Default)]
pub(super) struct DeploymentSync {
    /// Calls to come, the one in flight first.
    calls: VecDeque<Call>,
    failed: bool,
    look_again: Option<SimTime>,
    /// The ReplicaSet that this sync made.
    made: Option<ReplicaSetId>,
}

impl DeploymentSync {
    fn next(&self) -> Option<Calls> {
        Calls::some(u32::from(!self.calls.is_empty()))
    }

    /// The ReplicaSet that a plan means.
    fn meant(&self, id: ReplicaSetId) -> ReplicaSetId {
        id.some().or(self.made).unwrap_or(ReplicaSetId::NONE)
    }
}

impl Sync for DeploymentSync {
    type Key = DeploymentId;
    type Beside = ();

    fn begin(&mut self, d: DeploymentId, ctx: &mut Context<'_>) -> Option<Calls> {
        *self = Self::default();
        if !ctx.store.deployments[d.index()].exists() {
            return None;
        }
        let plan = plan(&view(d, ctx));
        self.calls = plan.calls.into();
        (self.failed, self.look_again) = (plan.failed, plan.look_again);
        self.next()
    }

    /// A new size is told in an event, ScalingReplicaSet.
    fn call_done(&mut self, d: DeploymentId, ctx: &mut Context<'_>) -> bool {
        let call = self.calls.pop_front().expect("a call is in flight");
        if !ctx.store.deployments[d.index()].exists() {
            self.calls.clear();
            return false;
        }
        match call {
            Call::Create { replicas, revision } => {
                self.made = Some(ctx.create_replica_set_of(d, replicas, revision));
                replicas > 0
            }
            Call::Resize(id, size) => ctx.resize_replica_set(self.meant(id), size),
            Call::Revise(id, revision) => {
                ctx.revise_replica_set(id, revision);
                false
            }
            Call::Delete(id) => {
                ctx.delete_replica_set(id);
                false
            }
            Call::Status(mut status, revision) => {
                if let Some(progressing) = &mut status.progressing {
                    progressing.replica_set = self.meant(progressing.replica_set);
                }
                let deployment = &mut ctx.store.deployments[d.index()];
                (deployment.status, deployment.revision) = (status, revision);
                ctx.copy_replica_failure(d, status.replica_failure);
                ctx.status_written(WorkloadId::Deployment(d));
                ctx.workload_seen(WorkloadId::Deployment(d));
                false
            }
            Call::Conflict => false,
        }
    }

    fn advance(&mut self, _: DeploymentId, (): &mut (), _: &mut Context<'_>) -> Option<Calls> {
        self.next()
    }

    fn ended(&mut self, _: DeploymentId, _: &mut Context<'_>) -> Ended {
        Ended {
            failed: self.failed,
            in_vain: false,
            again: self.look_again,
        }
    }

    fn call_event(d: DeploymentId) -> Event {
        Event::Deployment(DeploymentEvent::CallDone(d))
    }
    fn due_event(d: DeploymentId) -> Event {
        Event::Deployment(DeploymentEvent::Due(d))
    }
}

/// What the informers show of `d`.
fn view(d: DeploymentId, ctx: &Context<'_>) -> View {
    let deployment = &ctx.store.deployments[d.index()];
    let spec = &deployment.spec;
    let set = |id: &ReplicaSetId| {
        let rs = &ctx.store.replica_sets[id.index()];
        ReplicaSetView {
            id: *id,
            replicas: rs.spec.replicas,
            min_ready: rs.spec.min_ready,
            revision: rs.revision,
            desired_replicas: rs.desired_replicas,
            max_replicas: rs.max_replicas,
            generation: rs.generation,
            status: rs.status,
            has_pods: rs.pods.active + rs.pods.terminating > 0,
        }
    };
    let has_template = |id: &ReplicaSetId| {
        let rs = &ctx.store.replica_sets[id.index()].spec;
        rs.template_hash == spec.template_hash && rs.template == spec.template
    };
    View {
        replicas: spec.replicas,
        strategy: spec.strategy,
        paused: spec.paused,
        min_ready: spec.min_ready,
        progress_deadline: spec.progress_deadline,
        revision_history_limit: spec.revision_history_limit,
        generation: deployment.generation,
        revision: deployment.revision,
        status: deployment.status,
        sets: deployment.replica_sets.iter().map(set).collect(),
        new: deployment.replica_sets.iter().position(has_template),
        now: ctx.now,
        api_now: ctx.config.api_instant(ctx.now),
    }
}
