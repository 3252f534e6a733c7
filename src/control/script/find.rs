//! Objects by name, as people write them in scripts. A name may have been used before: the latest object that has it is meant.

use crate::cluster::pod::Owner;
use crate::cluster::{DeploymentId, JobId, NodeId, PodId, Store};
use crate::workload::script::{NodeRef, ObjectKind, ObjectRef, PodRef};

/// The Job of that name that was submitted.
pub(super) fn job(object: &ObjectRef, store: &Store) -> Option<JobId> {
    let is_it = |job: JobId| {
        let spec = store.job_spec(job);
        spec.namespace == object.namespace
            && object.name.starts_with(&spec.name)
            && store.jobs[job.index()].submitted.happened().is_some()
            && store.job_name(job) == object.name
    };
    (0..store.jobs.len() as u32).rev().map(JobId).find(|job| is_it(*job))
}

/// The Deployment or bare ReplicaSet of that name.
pub(super) fn deployment(object: &ObjectRef, store: &Store) -> Option<DeploymentId> {
    let bare = object.kind == ObjectKind::ReplicaSet;
    let which = store.deployments.iter().rposition(|d| {
        d.spec.bare_replica_set == bare && d.spec.name == object.name && d.spec.namespace == object.namespace
    })?;
    Some(DeploymentId(which as u32))
}

/// The node.
pub(super) fn node(node: &NodeRef, store: &Store, seed: u64) -> Option<NodeId> {
    match node {
        NodeRef::Named(name) => {
            let which = (0..store.nodes.len())
                .rev()
                .find(|i| store.node_states[*i].exists && store.nodes[*i].name == *name)?;
            Some(NodeId(which as u32))
        }
        NodeRef::Of(which) => store.pods[pod(which, store, seed)?.index()].node.some(),
    }
}

/// The pod.
pub(super) fn pod(pod: &PodRef, store: &Store, seed: u64) -> Option<PodId> {
    let all = || (0..store.pods.len() as u32).map(PodId);
    match pod {
        PodRef::Named { namespace, name } => all().rev().find(|pod| {
            !store.pods[pod.index()].gone
                && store.pod_namespace(*pod) == namespace
                && store.pod_name(*pod, seed) == *name
        }),
        PodRef::Of { owner, ordinal } => {
            let owner = self::owner(owner, store)?;
            let mut pods = all().filter(|pod| store.pods[pod.index()].owner == owner);
            pods.nth(*ordinal as usize)
        }
    }
}

fn owner(object: &ObjectRef, store: &Store) -> Option<Owner> {
    match object.kind {
        ObjectKind::Job => job(object, store).map(Owner::Job),
        ObjectKind::Deployment | ObjectKind::ReplicaSet => deployment(object, store).map(Owner::Deployment),
        ObjectKind::StatefulSet
        | ObjectKind::DaemonSet
        | ObjectKind::Node
        | ObjectKind::Pod
        | ObjectKind::CronJob
        | ObjectKind::HorizontalPodAutoscaler
        | ObjectKind::PriorityClass
        | ObjectKind::ResourceQuota
        | ObjectKind::LimitRange
        | ObjectKind::PodDisruptionBudget
        | ObjectKind::Namespace => None,
    }
}

/// Whether the status of a workload is current and all its replicas are updated and ready; with `replicas`, as many as that.
pub(super) fn rollout_is_done(object: &ObjectRef, replicas: Option<u32>, store: &Store) -> bool {
    let Some(d) = deployment(object, store) else {
        return false;
    };
    let deployment = &store.deployments[d.index()];
    let wanted = deployment.replicas;
    replicas.is_none_or(|replicas| replicas == wanted)
        && deployment.status.replicas == wanted
        && deployment.status.ready_replicas == wanted
}
