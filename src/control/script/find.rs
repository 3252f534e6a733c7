//! Objects by name, as people write them in scripts. A name may have been used before: the latest object that has it is meant.

use crate::cluster::pod::Owner;
use crate::cluster::{JobId, NodeId, PodId, Store, WorkloadId};
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

/// The workload of that name.
pub(super) fn workload(object: &ObjectRef, store: &Store) -> Option<WorkloadId> {
    let is_it = |workload: &WorkloadId| {
        workload.kind() == object.kind.name()
            && store.workload_name(*workload) == (object.namespace.as_str(), object.name.as_str())
    };
    store.workloads().filter(is_it).last()
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
            let is_of = |pod: &PodId| match (job(owner, store), workload(owner, store)) {
                (Some(job), _) if owner.kind == ObjectKind::Job => store.pods[pod.index()].owner == Owner::Job(job),
                (_, Some(workload)) => {
                    let own = store.pods[pod.index()].owner;
                    store.workload_of(*pod) == Some(workload)
                        || matches!((own, workload), (Owner::ReplicaSet(own), WorkloadId::ReplicaSet(set)) if own == set)
                }
                (_, None) => false,
            };
            all().filter(is_of).nth(*ordinal as usize)
        }
    }
}

/// Whether the status of a workload is current and all its replicas are updated and ready; with `replicas`, as many as that.
pub(super) fn rollout_is_done(object: &ObjectRef, replicas: Option<u32>, store: &Store) -> bool {
    let Some(workload) = workload(object, store) else {
        return false;
    };
    let (wanted, seen) = match workload {
        WorkloadId::Deployment(id) => {
            let deployment = &store.deployments[id.index()];
            let status = &deployment.status;
            let is_current = status.observed_generation == deployment.generation;
            let counts = [status.replicas, status.updated_replicas, status.ready_replicas];
            (deployment.spec.replicas, is_current.then_some(counts))
        }
        WorkloadId::ReplicaSet(id) => {
            let set = &store.replica_sets[id.index()];
            let status = &set.status;
            let is_current = status.observed_generation == set.generation;
            let counts = [status.replicas, status.replicas, status.ready_replicas];
            (set.spec.replicas, is_current.then_some(counts))
        }
        WorkloadId::StatefulSet(id) => {
            let set = &store.stateful_sets[id.index()];
            let status = &set.status;
            let is_current = status.observed_generation == set.generation;
            let counts = [status.replicas, status.updated_replicas, status.ready_replicas];
            (set.spec.replicas, is_current.then_some(counts))
        }
        WorkloadId::DaemonSet(id) => {
            let set = &store.daemon_sets[id.index()];
            let status = &set.status;
            let is_current = status.observed_generation == set.generation;
            let counts = [
                status.current_number_scheduled,
                status.updated_number_scheduled,
                status.number_ready,
            ];
            (status.desired_number_scheduled, is_current.then_some(counts))
        }
    };
    replicas.is_none_or(|replicas| replicas == wanted) && seen.is_some_and(|seen| seen == [wanted; 3])
}
