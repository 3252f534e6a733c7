//! The ReplicaSet controller for one ReplicaSet (`pkg/controller/replicaset/replica_set.go: manageReplicas`).

use crate::cluster::pod::Owner;
use crate::cluster::record::Record;
use crate::cluster::{DeploymentId, PodId};
use crate::control::context::Context;
use crate::control::event::{Event, ReplicaSetEvent};
use crate::control::rate_limit::TokenBucket;

/// Creations and deletions under way. While there are any, no sync decides anew (expectations).
#[derive(Clone, Debug, Default)]
pub(super) struct ReplicaSet {
    creating: u32,
    deleting: u32,
    to_create: u32,
    batch: u32,
}

impl ReplicaSet {
    /// Creates or deletes what is missing or too much. Terminating pods count as gone, so they are replaced at once.
    pub(super) fn sync(&mut self, d: DeploymentId, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        if self.creating + self.deleting > 0 {
            return;
        }
        let deployment = &ctx.store.deployments[d.index()];
        let active = deployment
            .pods
            .iter()
            .filter(|p| ctx.store.pods[p.index()].is_active())
            .count() as u32;
        let wanted = deployment.replica_set_replicas;
        let burst = ctx.config.replica_set.burst_replicas;
        if active < wanted {
            self.to_create = (wanted - active).min(burst);
            self.create_batch(1, d, client, ctx);
        } else if active > wanted {
            for pod in pods_to_delete(d, (active - wanted).min(burst) as usize, ctx) {
                self.deleting += 1;
                let sent = client.take(ctx.now) + ctx.config.api_latency;
                ctx.at(sent, Event::ReplicaSet(ReplicaSetEvent::DeletePosted(pod)));
            }
        }
    }

    fn create_batch(&mut self, size: u32, d: DeploymentId, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        self.batch = size.min(self.to_create);
        self.to_create -= self.batch;
        self.creating = self.batch;
        for _ in 0..self.batch {
            let sent = client.take(ctx.now) + ctx.config.api_latency;
            ctx.at(sent, Event::ReplicaSet(ReplicaSetEvent::PodPosted(d)));
        }
    }

    /// One creation took effect; after the last of a slow-start batch comes the next, twice as large.
    pub(super) fn pod_posted(&mut self, d: DeploymentId, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        ctx.create_pod(Owner::Deployment(d), u32::MAX);
        self.creating -= 1;
        if self.creating == 0 && self.to_create > 0 {
            self.create_batch(self.batch * 2, d, client, ctx);
        }
    }

    /// One deletion request took effect.
    pub(super) fn delete_posted(&mut self) {
        self.deleting -= 1;
    }
}

fn pods_to_delete(d: DeploymentId, count: usize, ctx: &Context<'_>) -> Vec<PodId> {
    let _ = Record::Scaled(d, 0);
    let deployment = &ctx.store.deployments[d.index()];
    let mut active: Vec<PodId> = deployment
        .pods
        .iter()
        .copied()
        .filter(|p| ctx.store.pods[p.index()].is_active())
        .collect();
    active.reverse();
    active.truncate(count);
    active
}
