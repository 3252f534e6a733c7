//! Records of what happened. The model emits them; observers listen and never decide.

use crate::cluster::Store;
use crate::cluster::apps::WorkloadEvent;
use crate::cluster::hpa::HpaEvent;
use crate::cluster::ids::{HpaId, JobId, NodeId, PodId, ReplicaSetId, ScaleTarget, WorkloadId};
use crate::cluster::kubelet_note::KubeletNote;
use crate::cluster::pod::Owner;
use crate::kernel::SimTime;

/// Something that happened. New variants go to the end: a fingerprint counts the place of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// The client sent a Job.
    JobSubmitted(JobId),
    /// A Job's condition was written (interim or final).
    JobConditionWritten(JobId),
    /// The API server has a new pod.
    PodCreated(PodId),
    /// The scheduler found no node for a pod.
    PodUnschedulable(PodId),
    /// A pod was bound.
    PodBound(PodId, NodeId),
    /// A pod shows Running.
    PodRunning(PodId),
    /// A pod became Ready or unready.
    PodReadiness(PodId, bool),
    /// A container waits for its restart (CrashLoopBackOff).
    PodBackingOff(PodId),
    /// A container was restarted in place.
    PodRestarted(PodId),
    /// An image could not be pulled.
    PodImagePullFailed(PodId),
    /// A pod's deletion was requested.
    PodDeleting(PodId),
    /// A pod ended; its phase tells how.
    PodFinished(PodId),
    /// A pod object is gone.
    PodGone(PodId),
    /// The size wanted of a workload changed.
    Scaled(ScaleTarget, u32),
    /// An autoscaler looked: the utilisation it saw in percent of the request, if it has a metric of that type and a sample.
    HpaEvaluated(HpaId, Option<u32>),
    /// Demand on a service, what of it is served, or the number of pods that serve changed; the store has the figures.
    ServiceSampled(ScaleTarget),
    /// The API server has a new node.
    NodeAdded(NodeId),
    /// A node's specification or readiness changed.
    NodeChanged(NodeId),
    /// A Node object is gone.
    NodeRemoved(NodeId),
    /// The API server has a new workload.
    WorkloadCreated(WorkloadId),
    /// The specification of a workload changed. (A size alone is told by [`Self::Scaled`].)
    WorkloadChanged(WorkloadId),
    /// The object of a workload is gone.
    WorkloadRemoved(WorkloadId),
    /// The status of a workload was written.
    WorkloadStatus(WorkloadId),
    /// A Deployment gave one of its ReplicaSets another size: from, to (event ScalingReplicaSet).
    ReplicaSetScaled(ReplicaSetId, u32, u32),
    /// A pod got the condition DisruptionTarget.
    PodDisrupted(PodId),
    /// A node's kubelet is no longer heard of, or is heard of again; `node_states` tells which.
    KubeletChanged(NodeId),
    /// A pod was created with scheduling gates: its condition PodScheduled says SchedulingGated.
    PodGated(PodId),
    /// The specification or labels of a pod changed.
    PodChanged(PodId),
    /// `status.nominatedNodeName` of a pod changed; `NONE`: it was cleared.
    PodNominated(PodId, NodeId),
    /// The first pod was preempted to make room for the second (event Preempted).
    PodPreempted(PodId, PodId),
    /// The scheduler tried a pod; the store has the attempt. Only for observers that [ask](Observer::wants_attempts).
    PodAttempted(PodId),
    /// A request of somebody outside was refused; the store has it by this number.
    RequestRefused(u32),
    /// The status of an autoscaler changed; the store has it.
    HpaStatusChanged(HpaId),
    /// An Event about an autoscaler.
    HpaEvent(HpaId, HpaEvent),
    /// A Job's condition Suspended was written.
    JobSuspension(JobId),
    /// A Job's specification was changed.
    JobUpdated(JobId),
    /// A Job object is gone.
    JobGone(JobId),
    /// A controller was refused a pod for this owner (event FailedCreate); the store has the words.
    PodRefused(Owner),
    /// The scheduler says something else of a pod that it found no node for before; the store has the attempt. Only for observers
    /// that [ask](Observer::wants_attempts).
    PodRefusalChanged(PodId),
    /// An Event about a workload. Only for observers that [ask](Observer::wants_events).
    WorkloadEvent(WorkloadId, WorkloadEvent),
    /// An Event of a pod's kubelet about it. Only for observers that [ask](Observer::wants_events).
    KubeletEvent(PodId, KubeletNote),
}

/// A listener. It sees the store as it is just after what happened.
pub trait Observer {
    /// Takes note of `record` at `now`.
    fn record(&mut self, now: SimTime, record: Record, store: &Store);
    /// Whether it wants [`Record::PodAttempted`] and [`Record::PodRefusalChanged`], which cost time.
    fn wants_attempts(&self) -> bool {
        false
    }
    /// Whether it wants [`Record::WorkloadEvent`] and [`Record::KubeletEvent`], which cost time.
    fn wants_events(&self) -> bool {
        false
    }
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn record(&mut self, _: SimTime, _: Record, _: &Store) {}
}
