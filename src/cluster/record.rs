//! Records of what happened. The model emits them; observers listen and never decide.

use crate::cluster::Store;
use crate::cluster::ids::{DeploymentId, HpaId, JobId, NodeId, PodId};
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
    /// A Deployment's desired replicas changed.
    Scaled(DeploymentId, u32),
    /// An autoscaler looked: cpu utilisation in percent of the request, if any pod had a sample.
    HpaEvaluated(HpaId, Option<u32>),
    /// Demand on a Deployment, what of it is served, or the number of pods that serve changed; the store has the figures.
    ServiceSampled(DeploymentId),
    /// The API server has a new node.
    NodeAdded(NodeId),
    /// A node's specification or readiness changed.
    NodeChanged(NodeId),
    /// A Node object is gone.
    NodeRemoved(NodeId),
    /// A Job's condition Suspended was written.
    JobSuspension(JobId),
    /// A Job's specification was changed.
    JobUpdated(JobId),
    /// A Job object is gone.
    JobGone(JobId),
}

/// A listener. It sees the store as it is just after what happened.
pub trait Observer {
    /// Takes note of `record` at `now`.
    fn record(&mut self, now: SimTime, record: Record, store: &Store);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn record(&mut self, _: SimTime, _: Record, _: &Store) {}
}
