//! Everything that can be pending in the calendar: one closed enum of small ids, each component owning its part.

use crate::cluster::ids::{DeploymentId, HpaId, JobId, NodeId, PodId};
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
    /// The delaying queue releases a Job.
    Due(JobId),
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
    /// Its informer shows a new node.
    NodeAdded(NodeId),
    /// Its informer shows a node that changed.
    NodeUpdated(NodeId, NodeChange),
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
}

/// What the Deployment controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentEvent {
    /// Its informers show a change of a Deployment or of its ReplicaSet.
    Seen(DeploymentId),
    /// An API call of a Deployment's present sync took effect.
    CallDone(DeploymentId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the ReplicaSet controller waits for. A ReplicaSet goes by the id of its Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaSetEvent {
    /// Its informers show a change of a ReplicaSet.
    Seen(DeploymentId),
    /// Its informers show a change of a pod.
    PodSeen(PodId),
    /// An API call of a ReplicaSet's present sync took effect.
    CallDone(DeploymentId),
    /// The event writer's call is done.
    EventWritten,
}

/// What the autoscaler waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpaEvent {
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
    /// The load on a Deployment changes.
    LoadChanges(DeploymentId),
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
            Self::Scheduler(event) => matches!(event, SchedulerEvent::FlushUnschedulable),
            Self::Kubelet(event) => matches!(event, KubeletEvent::PullRetry(..)),
            Self::Hpa(event) => matches!(event, HpaEvent::Due(_)),
            Self::Metrics(event) => matches!(event, MetricsEvent::Scrape),
            Self::Client(_)
            | Self::Job(_)
            | Self::Deployment(_)
            | Self::ReplicaSet(_)
            | Self::Script(_)
            | Self::Quota(_) => false,
        }
    }
}
