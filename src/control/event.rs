//! Everything that can be pending in the calendar: one closed enum of small ids, each component owning its part.

use crate::cluster::ids::{
    CronJobId, DaemonSetId, DeploymentId, HpaId, JobId, NodeId, PodId, PodTemplateId, ReplicaSetId, ScaleTarget,
    StatefulSetId, WorkloadId,
};
use crate::cluster::node::NodeChange;

/// A pending event, 12 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// For the client that submits.
    Client(ClientEvent),
    /// For the Job controller.
    Job(JobEvent),
    /// For kube-scheduler.
    Scheduler(SchedulerEvent),
    /// For the kubelet of the pod's node.
    Kubelet(KubeletEvent),
    /// For the Deployment controller.
    Deployment(DeploymentEvent),
    /// For the ReplicaSet controller.
    ReplicaSet(ReplicaSetEvent),
    /// For the HorizontalPodAutoscaler controller.
    Hpa(HpaEvent),
    /// For metrics-server, and the load that it measures.
    Metrics(MetricsEvent),
    /// For the client of a script.
    Script(ScriptEvent),
    /// For the quota controller.
    Quota(QuotaEvent),
    /// For the StatefulSet controller.
    StatefulSet(StatefulSetEvent),
    /// For the DaemonSet controller.
    DaemonSet(DaemonSetEvent),
    /// For the garbage collector.
    Gc(GcEvent),
    /// For a node: its power, its kubelet, its devices.
    Node(NodeEvent),
    /// For the node lifecycle controller.
    NodeLifecycle(NodeLifecycleEvent),
    /// For the taint eviction controller.
    TaintEviction(TaintEvictionEvent),
    /// For the pod garbage collector.
    PodGc(PodGcEvent),
    /// For the Eviction API, and those who drain nodes with it.
    Eviction(EvictionEvent),
    /// For the TTL controller.
    Ttl(TtlEvent),
    /// For the CronJob controller.
    CronJob(CronJobEvent),
}

/// What the client waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The time of the next arrival has come.
    Arrival,
    /// The API server has the Job; the client has the answer.
    Posted(JobId),
    /// The client's watch showed that a Job finished.
    SawFinished(JobId),
}

/// What the Job controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// Its informer shows a new Job.
    Added(JobId),
    /// Its informer shows a Job whose specification changed.
    Updated(JobId),
    /// Its informer no longer shows a Job.
    Deleted(JobId),
    /// The PATCH of the next pod without a Job took effect.
    OrphanReleased,
    /// The delaying queue releases a Job.
    Due(JobId),
    /// Likewise, after a sync in which the API server refused a pod.
    Retry(JobId),
    /// An API call of a worker's present step took effect.
    CallDone {
        /// The worker.
        worker: u32,
    },
    /// The event writer's call is done.
    EventWritten,
}

/// What kube-scheduler waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchedulerEvent {
    /// Its informer shows a new pod without a node.
    PodAdded(PodId),
    /// Its informer shows a pod that was bound without it: AssignedPodAdd.
    AssignedPodAdded(PodId),
    /// Its informer no longer shows a bound pod (ended or deleted): AssignedPodDelete.
    AssignedPodDeleted(PodId),
    /// A pod that waited was deleted.
    PendingPodDeleted(PodId),
    /// Its informer shows that it bound a pod, if some pod may wait for that.
    BindingSeen(PodId),
    /// Its informer shows that a bound pod is being deleted.
    DeletionSeen(PodId),
    /// Its informer shows a pod, bound or not, with another template than this.
    PodUpdated(PodId, PodTemplateId),
    /// Its informer shows that a pod of this priority is nominated for its node no more.
    NominationCleared(i32),
    /// A call of preemption takes effect.
    PreemptionCall(u32),
    /// Its informer shows a new node.
    NodeAdded(NodeId),
    /// Its informer shows a node that changed.
    NodeUpdated(NodeId, NodeChange),
    /// Its informer shows a node with another image, by its place in `status.images`.
    NodeImage(NodeId, u32),
    /// Its informer no longer shows a node.
    NodeDeleted(NodeId),
    /// The scheduling loop may take the next pod.
    Cycle,
    /// The scheduling cycle of this pod ends.
    CycleDone(PodId),
    /// The bind call of this pod takes effect.
    Bound(PodId),
    /// The whole second at which pods leave the back-off queue.
    FlushBackoff,
    /// The same, while all that back off are pods whose attempts ended in an error.
    RetryErrors,
    /// The periodic look for pods that were unschedulable for too long.
    FlushUnschedulable,
}

/// What a kubelet waits for. `generation` makes timers of a pod's earlier life stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KubeletEvent {
    /// The watch shows a bound pod.
    PodSeen(PodId),
    /// Sandbox and images are there; the containers run.
    Started(PodId, u16),
    /// The write that shows Running takes effect.
    RunningWritten(PodId, u16),
    /// The pod became ready; the write takes effect.
    ReadyWritten(PodId, u16),
    /// An image pull failed again.
    PullRetry(PodId, u16),
    /// The containers' end was noticed.
    ExitSeen(PodId, u16),
    /// The write that shows the end takes effect.
    EndWritten(PodId, u16),
    /// The write that shows CrashLoopBackOff takes effect.
    BackingOffWritten(PodId, u16),
    /// The wait before a restart is over.
    Restart(PodId, u16),
    /// The write that shows a restart takes effect.
    RestartWritten(PodId, u16),
    /// The watch shows a deletion request.
    DeletionSeen(PodId),
    /// The final write or deletion of a pod being deleted takes effect.
    Stopped(PodId),
    /// The object of a deleted pod goes away.
    Removed(PodId),
    /// Something killed the containers of a pod.
    Killed(PodId),
    /// The pod's own deadline is over.
    DeadlineOver(PodId),
}

impl KubeletEvent {
    /// The pod it is about.
    #[must_use]
    pub const fn pod(self) -> PodId {
        match self {
            Self::PodSeen(pod)
            | Self::Started(pod, _)
            | Self::RunningWritten(pod, _)
            | Self::ReadyWritten(pod, _)
            | Self::PullRetry(pod, _)
            | Self::ExitSeen(pod, _)
            | Self::EndWritten(pod, _)
            | Self::BackingOffWritten(pod, _)
            | Self::Restart(pod, _)
            | Self::RestartWritten(pod, _)
            | Self::DeletionSeen(pod)
            | Self::Stopped(pod)
            | Self::Removed(pod)
            | Self::Killed(pod)
            | Self::DeadlineOver(pod) => pod,
        }
    }
}

/// What the Deployment controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentEvent {
    /// Its informers show a change of a Deployment or of its ReplicaSet.
    Seen(DeploymentId),
    /// An API call of a Deployment's present sync took effect.
    CallDone(DeploymentId),
    /// The delaying queue releases a Deployment.
    Due(DeploymentId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the ReplicaSet controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaSetEvent {
    /// Its informers show a change of a ReplicaSet.
    Seen(ReplicaSetId),
    /// Its informers show a change of a pod.
    PodSeen(PodId),
    /// An API call of a ReplicaSet's present sync took effect.
    CallDone(ReplicaSetId),
    /// The delaying queue releases a ReplicaSet.
    Due(ReplicaSetId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the StatefulSet controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatefulSetEvent {
    /// Its informers show a change of a StatefulSet.
    Seen(StatefulSetId),
    /// Its informers show a change of a pod.
    PodSeen(PodId),
    /// An API call of a StatefulSet's present sync took effect.
    CallDone(StatefulSetId),
    /// The delaying queue releases a StatefulSet.
    Due(StatefulSetId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the DaemonSet controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonSetEvent {
    /// Its informers show a change of a DaemonSet.
    Seen(DaemonSetId),
    /// Its informers show a change of a pod.
    PodSeen(PodId),
    /// Its informers show a node that came, changed or went.
    NodeSeen(NodeId),
    /// An API call of a DaemonSet's present sync took effect.
    CallDone(DaemonSetId),
    /// The delaying queue releases a DaemonSet.
    Due(DaemonSetId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the garbage collector waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GcEvent {
    /// Its informers show that an owner is gone.
    OwnerGone(WorkloadId),
    /// Its informers show that a Job is gone.
    JobGone(JobId),
    /// Its informers show that a CronJob is gone.
    CronJobGone(CronJobId),
    /// Its informers show a Job that waits for its pods to be gone.
    JobWaits(JobId),
    /// Its informers show that a pod of such a Job is gone.
    PodGone(JobId),
    /// An API call of a worker took effect.
    CallDone {
        /// The worker.
        worker: u32,
    },
}

/// What the autoscaler waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpaEvent {
    /// Its informer shows an autoscaler that is new, changed or gone.
    Seen(HpaId),
    /// The next evaluation of an autoscaler is due.
    Due(HpaId),
    /// An API call of an autoscaler's present evaluation took effect.
    CallDone(HpaId),
    /// The event writer's call is done.
    EventWritten,
}

/// What metrics-server waits for, and the load that it measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsEvent {
    /// It looks at all pods.
    Scrape,
    /// The load on a service changes.
    LoadChanges(ScaleTarget),
    /// The adapters of other metrics look at the services.
    AdapterLooks,
}

/// What happens to nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeEvent {
    /// The kubelet stops, or loses the network; containers go on.
    KubeletStops(NodeId),
    /// The node stops with everything on it.
    Crashes(NodeId),
    /// The kubelet runs again, after a boot if the node had stopped.
    KubeletStarts(NodeId),
    /// Its kubelet's write of its conditions takes effect.
    StatusWritten(NodeId),
    /// It is new, and may fail by chance from now on.
    Joins(NodeId),
    /// Its kubelet's write of a pulled image, by its place in the list of sizes, takes effect.
    ImageWritten(NodeId, u32),
    /// Somebody deletes the Node object.
    Deleted(NodeId),
    /// A failure by chance, of this source; for devices, of this device.
    Fails(NodeId, u8, u8),
    /// The end of such a failure.
    Repaired(NodeId, u8, u8),
}

/// What the node lifecycle controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeLifecycleEvent {
    /// It looks at all nodes.
    Monitor,
    /// A kubelet stopped; nobody knows yet.
    Silent(NodeId),
    /// Its informer shows a node that is new, or whose condition Ready or `spec.unschedulable` changed.
    NodeSeen(NodeId),
    /// The next call about the health of a node took effect.
    CallDone(NodeId),
    /// The NoSchedule taints of a node are written.
    NoScheduleWritten(NodeId),
    /// It looks at the queues of nodes to be tainted NoExecute.
    NoExecutePass,
    /// The NoExecute taints of a node are written.
    NoExecuteWritten(NodeId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the taint eviction controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaintEvictionEvent {
    /// Its informer shows a node whose NoExecute taints changed.
    NodeSeen(NodeId),
    /// Its informer shows a pod that was bound to a node with such taints.
    PodSeen(PodId),
    /// The time of a pod may be over.
    Due(PodId),
    /// A call about a pod took effect: GET, PATCH, DELETE.
    CallDone(PodId, u8),
    /// The event writer's call is done.
    EventWritten,
}

/// What the pod garbage collector waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodGcEvent {
    /// Its informer shows something that may be its business.
    NodeSeen(NodeId),
    /// Its informer shows that a pod without a node is being deleted, and is still there.
    PodSeen(PodId),
    /// More pods have ended than the threshold allows.
    TooManyEnded,
    /// It looks at all pods.
    Sweep,
    /// A call about a pod took effect.
    CallDone(PodId, PodGcCall),
}

/// A call of the pod garbage collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodGcCall {
    /// GET of a node that seems to be gone.
    Ask,
    /// PATCH of the pod: Failed.
    Fail,
    /// The same with the condition DisruptionTarget.
    FailOrphan,
    /// DELETE of the pod, without grace.
    Delete,
}

/// What the Eviction API and drains wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvictionEvent {
    /// A request to evict a pod arrives.
    Requested(PodId),
    /// The API server deletes the pod it marked.
    Deleted(PodId),
    /// `kubectl cordon`, or `uncordon`, takes effect.
    Cordoned(NodeId, bool),
    /// `kubectl drain` has listed the pods of a node.
    Listed(NodeId),
    /// A drain asks, or asks again, to evict a pod.
    Drain(PodId),
    /// A drain's request arrives.
    DrainRequested(PodId),
}

/// What the client of a script waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEvent {
    /// A step begins.
    Due(u32),
    /// The API server has taken a request, or refused it.
    Answered(u32),
    /// A step waits no longer for the pods of one of its objects.
    GaveUp(u32, u32),
}

/// What the CronJob controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronJobEvent {
    /// Its informers show a new CronJob, or a change of one or of its Jobs.
    Seen(CronJobId),
    /// Its informer shows a CronJob whose schedule or time zone changed.
    Rescheduled(CronJobId),
    /// The delaying queue releases a CronJob.
    Due(CronJobId),
    /// An API call of a CronJob's present sync took effect.
    CallDone(CronJobId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the TTL controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtlEvent {
    /// The time of a finished Job is over.
    Due(JobId),
    /// The GET of the Job is answered.
    Read(JobId),
    /// The DELETE of the Job took effect.
    Deleted(JobId),
}

/// What the quota controller waits for. A quota goes by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaEvent {
    /// Its informers show a change of a quota, or of what it counts.
    Seen(u32),
    /// The write of a quota's status takes effect.
    Written(u32),
}

impl Event {
    /// Whether the event repeats for ever without any progress; a run in which nothing else is pending has stalled.
    #[must_use]
    pub const fn is_background(self) -> bool {
        match self {
            Self::Scheduler(event) => matches!(event, SchedulerEvent::FlushUnschedulable | SchedulerEvent::RetryErrors),
            Self::Kubelet(event) => matches!(event, KubeletEvent::PullRetry(..)),
            Self::Hpa(event) => matches!(event, HpaEvent::Due(_)),
            Self::Metrics(event) => matches!(event, MetricsEvent::Scrape),
            // Failures bring no progress, repairs may.
            Self::Node(event) => matches!(event, NodeEvent::Fails(..)),
            // Without a change of what governs admission the next try is in vain, too.
            Self::Job(event) => matches!(event, JobEvent::Retry(_)),
            Self::Client(_)
            | Self::Deployment(_)
            | Self::ReplicaSet(_)
            | Self::StatefulSet(_)
            | Self::DaemonSet(_)
            | Self::Gc(_)
            | Self::Ttl(_)
            | Self::Script(_)
            | Self::Quota(_) => false,
            Self::NodeLifecycle(_) | Self::TaintEviction(_) | Self::PodGc(_) | Self::Eviction(_) => false,
            Self::CronJob(event) => matches!(event, CronJobEvent::Due(_)),
        }
    }
}
