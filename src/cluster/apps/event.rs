//! Events of the controllers of workloads, in their words (`pkg/controller/controller_utils.go: RealPodControl`,
//! `pkg/controller/statefulset/stateful_pod_control.go: recordPodEvent`, `pkg/controller/daemon/daemon_controller.go`).

use crate::cluster::Store;
use crate::cluster::hpa::EventText;
use crate::cluster::ids::{PodId, WorkloadId};

/// An Event about a workload. New sizes of a Deployment's ReplicaSets are told by
/// [`Record::ReplicaSetScaled`](crate::cluster::record::Record::ReplicaSetScaled).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkloadEvent {
    /// `SuccessfulCreate`: the controller made a pod.
    SuccessfulCreate(PodId),
    /// `FailedCreate`: the API server refused a pod; [`Store::pod_refusals`] has its words.
    FailedCreate,
    /// `SuccessfulDelete`: the controller deleted a pod.
    SuccessfulDelete(PodId),
    /// `FailedDaemonPod`: a pod of a DaemonSet failed and will be deleted.
    FailedDaemonPod(PodId),
    /// `SucceededDaemonPod`: a pod of a DaemonSet ended well and will be deleted.
    SucceededDaemonPod(PodId),
}

/// What a ReplicaSet's condition ReplicaFailure says, and that of its Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaFailure {
    /// `message`: what the API server answered when it first refused a pod.
    pub message: String,
    /// `lastTransitionTime`.
    pub since: crate::kernel::SimTime,
}

impl Store {
    /// The component that writes Events about `workload`.
    #[must_use]
    pub const fn event_source(workload: WorkloadId) -> &'static str {
        match workload {
            WorkloadId::Deployment(_) => "deployment-controller",
            WorkloadId::ReplicaSet(_) => "replicaset-controller",
            WorkloadId::StatefulSet(_) => "statefulset-controller",
            WorkloadId::DaemonSet(_) => "daemonset-controller",
        }
    }

    /// An Event about a workload in words, in the run with `seed`, as it is worded at this moment.
    #[must_use]
    pub fn workload_event_text(&self, workload: WorkloadId, event: WorkloadEvent, seed: u64) -> EventText {
        let name = |pod| self.pod_name(pod, seed);
        let text = |warning, reason, message| EventText {
            warning,
            reason,
            message,
        };
        let error = || self.pod_refusals.get(&workload).map_or("", |refusal| &refusal.message);
        if let WorkloadId::StatefulSet(id) = workload {
            let set = &self.stateful_sets[id.index()].spec.name;
            let told = |verb: &str, pod: PodId| format!("{verb} Pod {} in StatefulSet {set} successful", name(pod));
            return match event {
                WorkloadEvent::SuccessfulCreate(pod) => text(false, "SuccessfulCreate", told("create", pod)),
                WorkloadEvent::SuccessfulDelete(pod) => text(false, "SuccessfulDelete", told("delete", pod)),
                WorkloadEvent::FailedCreate
                | WorkloadEvent::FailedDaemonPod(_)
                | WorkloadEvent::SucceededDaemonPod(_) => {
                    let pod = self.pod_refusals.get(&workload).map_or("", |refusal| &refusal.pod);
                    let message = format!("create Pod {pod} in StatefulSet {set} failed error: {}", error());
                    text(true, "FailedCreate", message)
                }
            };
        }
        let found = |how: &str, pod: PodId, what: &str| {
            let (namespace, node) = (self.pod_namespace(pod), self.pods[pod.index()].node);
            let node = node.some().map_or("", |node| self.nodes[node.index()].name.as_str());
            format!(
                "Found {how} daemon pod {namespace}/{} on node {node}, will try to {what} it",
                name(pod)
            )
        };
        match event {
            WorkloadEvent::SuccessfulCreate(pod) => {
                text(false, "SuccessfulCreate", format!("Created pod: {}", name(pod)))
            }
            WorkloadEvent::FailedCreate => text(true, "FailedCreate", format!("Error creating: {}", error())),
            WorkloadEvent::SuccessfulDelete(pod) => {
                text(false, "SuccessfulDelete", format!("Deleted pod: {}", name(pod)))
            }
            WorkloadEvent::FailedDaemonPod(pod) => text(true, "FailedDaemonPod", found("failed", pod, "kill")),
            WorkloadEvent::SucceededDaemonPod(pod) => {
                text(false, "SucceededDaemonPod", found("succeeded", pod, "delete"))
            }
        }
    }
}
