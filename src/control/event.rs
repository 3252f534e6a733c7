//! Everything that can be pending in the calendar: one closed enum of small ids, each component owning its part.

use crate::cluster::ids::{CronJobId, DeploymentId, HpaId, JobId, NodeId, PodId};
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
    /// For the garbage collector.
    Gc(GcEvent),
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

/// What the garbage collector waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GcEvent {
    /// Its informers show that a Job is gone.
    JobGone(JobId),
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

/// What the CronJob controller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronJobEvent {
    /// Its informers show a new CronJob, or a change of one or of its Jobs.
    Seen(CronJobId),
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

impl Event {
    /// Whether the event repeats for ever without any progress; a run in which nothing else is pending has stalled.
    #[must_use]
    pub const fn is_background(self) -> bool {
        match self {
            Self::Scheduler(event) => matches!(event, SchedulerEvent::FlushUnschedulable),
            Self::Kubelet(event) => matches!(event, KubeletEvent::PullRetry(..)),
            Self::Hpa(event) => matches!(event, HpaEvent::Due(_)),
            Self::Metrics(event) => matches!(event, MetricsEvent::Scrape),
            Self::CronJob(event) => matches!(event, CronJobEvent::Due(_)),
            Self::Client(_) | Self::Job(_) | Self::Deployment(_) | Self::ReplicaSet(_) | Self::Gc(_) | Self::Ttl(_) => {
                false
            }
        }
    }
}
