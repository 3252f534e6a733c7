//! Deployments, their ReplicaSets and autoscalers: what keeps services running and sized.

mod replica_set;

use crate::cluster::Store;
use crate::cluster::pod::Owner;
use crate::cluster::{DeploymentId, PodId};
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, HpaEvent, ReplicaSetEvent};
use crate::control::rate_limit::TokenBucket;
use crate::workload::Load;

use replica_set::ReplicaSet;

/// The load on one Deployment.
#[derive(Clone, Debug)]
pub struct ServiceLoad {
    /// Total cpu demand over time, in milli-cores.
    pub load: Load,
    /// What one pod can use at most, in milli-cores; `None`: one core.
    pub cap_per_pod: Option<i64>,
}

impl ServiceLoad {
    /// A load shared by the ready pods of a Deployment.
    #[must_use]
    pub const fn new(load: Load, cap_per_pod: Option<i64>) -> Self {
        Self { load, cap_per_pod }
    }
}

/// The Deployment and ReplicaSet controllers and the autoscaler.
#[derive(Debug)]
pub struct Services {
    deployment_client: TokenBucket,
    replica_set_client: TokenBucket,
    replica_sets: Vec<ReplicaSet>,
}

impl Services {
    /// Controllers at rest.
    #[must_use]
    pub fn new(_services: Vec<Option<ServiceLoad>>, config: &ControlPlane, store: &Store) -> Self {
        Self {
            deployment_client: TokenBucket::new(config.replica_set.client),
            replica_set_client: TokenBucket::new(config.replica_set.client),
            replica_sets: store.deployments.iter().map(|_| ReplicaSet::default()).collect(),
        }
    }

    /// Deployments and bare pods are submitted at the beginning.
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        for d in 0..ctx.store.deployments.len() as u32 {
            let seen = ctx.config.api_latency + ctx.config.watch_latency;
            ctx.after(
                seen,
                Event::ReplicaSet(ReplicaSetEvent::DeploymentChanged(DeploymentId(d))),
            );
        }
        for which in 0..ctx.store.bare_pods.len() as u32 {
            ctx.create_pod(Owner::Nobody(which), u32::MAX);
        }
    }

    /// Acts on what the Deployment and ReplicaSet controllers waited for.
    pub fn handle_replica_set(&mut self, event: ReplicaSetEvent, ctx: &mut Context<'_>) {
        match event {
            ReplicaSetEvent::DeploymentChanged(d) => self.write_replica_set(d, ctx),
            ReplicaSetEvent::Sync(d) => {
                let client = &mut self.replica_set_client;
                self.replica_sets[d.index()].sync(d, client, ctx);
            }
            ReplicaSetEvent::PodPosted(d) => {
                let client = &mut self.replica_set_client;
                self.replica_sets[d.index()].pod_posted(d, client, ctx);
            }
            ReplicaSetEvent::DeletePosted(pod) => self.delete_posted(pod, ctx),
        }
    }

    /// Acts on what the autoscaler waited for.
    pub fn handle_hpa(&mut self, _event: HpaEvent, _ctx: &mut Context<'_>) {}

    /// The Deployment controller creates or resizes the ReplicaSet with one call; a bare ReplicaSet needs none.
    fn write_replica_set(&mut self, d: DeploymentId, ctx: &mut Context<'_>) {
        let deployment = &mut ctx.store.deployments[d.index()];
        if deployment.replica_set_replicas == deployment.replicas {
            return;
        }
        deployment.replica_set_replicas = deployment.replicas;
        let written = if deployment.spec.bare_replica_set {
            ctx.now
        } else {
            self.deployment_client.take(ctx.now) + ctx.config.api_latency
        };
        ctx.at(
            written + ctx.config.watch_latency,
            Event::ReplicaSet(ReplicaSetEvent::Sync(d)),
        );
    }

    fn delete_posted(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if let Owner::Deployment(d) = ctx.store.pods[pod.index()].owner {
            self.replica_sets[d.index()].delete_posted();
        }
        if ctx.store.pods[pod.index()].is_active() {
            ctx.delete_pod(pod);
        }
    }
}
