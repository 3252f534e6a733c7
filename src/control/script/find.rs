//! Objects by name, as people write them in scripts. A name may have been used before: the latest object that has it is meant.

use crate::cluster::pod::Owner;
use crate::cluster::{JobId, NodeId, PodId, ScaleTarget, Store, WorkloadId};
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

/// The workload of apps/v1 of that name.
pub(super) fn workload(object: &ObjectRef, store: &Store) -> Option<WorkloadId> {
    let is_it = |workload: &WorkloadId| {
        let (kind, exists) = match *workload {
            WorkloadId::Deployment(id) => (ObjectKind::Deployment, store.deployments[id.index()].exists()),
            WorkloadId::ReplicaSet(id) => (ObjectKind::ReplicaSet, store.replica_sets[id.index()].exists()),
            WorkloadId::StatefulSet(id) => (ObjectKind::StatefulSet, store.stateful_sets[id.index()].exists()),
            WorkloadId::DaemonSet(id) => (ObjectKind::DaemonSet, store.daemon_sets[id.index()].exists()),
        };
        exists && kind == object.kind && store.workload_name(*workload) == (&object.namespace, &object.name)
    };
    store.workloads().filter(is_it).last()
}

/// The same, if it has a size.
pub(super) fn scale_target(object: &ObjectRef, store: &Store) -> Option<ScaleTarget> {
    workload(object, store).and_then(ScaleTarget::of)
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
        NodeRef::Of(which) => {
            let node = store.pods[pod(which, store, seed)?.index()].node.some();
            node.filter(|node| store.node_states[node.index()].exists)
        }
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
            let job = match owner.kind {
                ObjectKind::Job => Some(Owner::Job(job(owner, store)?)),
                _ => None,
            };
            let workload = workload(owner, store);
            let mut pods = all().filter(|pod| match job {
                Some(job) => store.pods[pod.index()].owner == job,
                None => workload.is_some() && store.workload_of(*pod) == workload,
            });
            pods.nth(*ordinal as usize)
        }
    }
}

/// Whether the status of a workload is current and all its replicas are updated and ready; with `replicas`, as many as that.
pub(super) fn rollout_is_done(object: &ObjectRef, replicas: Option<u32>, store: &Store) -> bool {
    let Some(workload) = workload(object, store) else {
        return false;
    };
    let (is_current, counts) = match workload {
        WorkloadId::Deployment(id) => {
            let (own, status) = (&store.deployments[id.index()], &store.deployments[id.index()].status);
            let counts = [status.replicas, status.updated_replicas, status.ready_replicas];
            (status.observed_generation == own.generation, counts)
        }
        WorkloadId::ReplicaSet(id) => {
            let (own, status) = (&store.replica_sets[id.index()], &store.replica_sets[id.index()].status);
            let counts = [status.replicas, status.replicas, status.ready_replicas];
            (status.observed_generation == own.generation, counts)
        }
        WorkloadId::StatefulSet(id) => {
            let (own, status) = (
                &store.stateful_sets[id.index()],
                &store.stateful_sets[id.index()].status,
            );
            let counts = [status.replicas, status.updated_replicas, status.ready_replicas];
            (status.observed_generation == own.generation, counts)
        }
        WorkloadId::DaemonSet(id) => {
            let (own, status) = (&store.daemon_sets[id.index()], &store.daemon_sets[id.index()].status);
            let scheduled = [status.current_number_scheduled, status.updated_number_scheduled];
            let counts = [scheduled[0], scheduled[1], status.number_ready];
            (status.observed_generation == own.generation, counts)
        }
    };
    let wanted = store.desired_pods(workload);
    is_current && replicas.is_none_or(|replicas| replicas == wanted) && counts == [wanted; 3]
}
