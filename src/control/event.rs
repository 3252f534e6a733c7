//! Everything that can be pending in the calendar: one closed enum of small ids, each component owning its part.

use crate::cluster::ids::{DeploymentId, HpaId, JobId, PodId};

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
    /// For the Deployment and ReplicaSet controllers.
    ReplicaSet(ReplicaSetEvent),
    /// For the HorizontalPodAutoscaler controller and the metrics pipeline.
    Hpa(HpaEvent),
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
    /// Its informer no longer shows a bound pod (ended or deleted): AssignedPodDelete.
    AssignedPodDeleted(PodId),
    /// A pod that waited was deleted.
    PendingPodDeleted(PodId),
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

/// What the Deployment and ReplicaSet controllers wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaSetEvent {
    /// The informers show a change of a Deployment's replicas.
    DeploymentChanged(DeploymentId),
    /// The informers show a change of a ReplicaSet or its pods.
    Sync(DeploymentId),
    /// The creation of one pod takes effect.
    PodPosted(DeploymentId),
    /// The deletion request of one pod takes effect.
    DeletePosted(PodId),
}

/// What the autoscaler and its metrics wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpaEvent {
    /// The next evaluation of one autoscaler.
    Evaluate(HpaId),
    /// The metrics pipeline scrapes all pods.
    Scrape,
    /// The write of a new size takes effect.
    Rescaled(HpaId, u32),
}

impl Event {
    /// Whether the event repeats for ever without any progress; a run in which nothing else is pending has stalled.
    #[must_use]
    pub const fn is_background(self) -> bool {
        match self {
            Self::Scheduler(event) => matches!(event, SchedulerEvent::FlushUnschedulable),
            Self::Kubelet(event) => matches!(event, KubeletEvent::PullRetry(..)),
            Self::Hpa(event) => matches!(event, HpaEvent::Evaluate(_) | HpaEvent::Scrape),
            Self::Client(_) | Self::Job(_) | Self::ReplicaSet(_) => false,
        }
    }
}
