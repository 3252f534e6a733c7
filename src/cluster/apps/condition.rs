//! Conditions of Deployments, as `status.conditions` words them.

use crate::cluster::ReplicaSetId;
use crate::kernel::SimTime;

/// `status` of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody can tell.
    Unknown,
}

impl ConditionStatus {
    /// As the API spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// `reason` of a Deployment's condition (`pkg/controller/deployment/util/deployment_util.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeploymentReason {
    /// Available: enough pods are.
    MinimumReplicasAvailable,
    /// Available: too few pods are.
    MinimumReplicasUnavailable,
    /// Progressing: a ReplicaSet of the present template was made.
    NewReplicaSetCreated,
    /// Progressing: a ReplicaSet of the present template was there already.
    FoundNewReplicaSet,
    /// Progressing: sizes or pods moved.
    ReplicaSetUpdated,
    /// Progressing: the roll-out is complete.
    NewReplicaSetAvailable,
    /// Progressing: nothing moved for `progressDeadlineSeconds`.
    ProgressDeadlineExceeded,
    /// Progressing: `spec.paused` was set.
    DeploymentPaused,
    /// Progressing: `spec.paused` was taken back.
    DeploymentResumed,
}

impl DeploymentReason {
    /// Kubernetes' name of the reason.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinimumReplicasAvailable => "MinimumReplicasAvailable",
            Self::MinimumReplicasUnavailable => "MinimumReplicasUnavailable",
            Self::NewReplicaSetCreated => "NewReplicaSetCreated",
            Self::FoundNewReplicaSet => "FoundNewReplicaSet",
            Self::ReplicaSetUpdated => "ReplicaSetUpdated",
            Self::NewReplicaSetAvailable => "NewReplicaSetAvailable",
            Self::ProgressDeadlineExceeded => "ProgressDeadlineExceeded",
            Self::DeploymentPaused => "DeploymentPaused",
            Self::DeploymentResumed => "DeploymentResumed",
        }
    }

    /// `status` of a condition that has this reason.
    #[must_use]
    pub const fn status(self) -> ConditionStatus {
        match self {
            Self::MinimumReplicasAvailable
            | Self::NewReplicaSetCreated
            | Self::FoundNewReplicaSet
            | Self::ReplicaSetUpdated
            | Self::NewReplicaSetAvailable => ConditionStatus::True,
            Self::MinimumReplicasUnavailable | Self::ProgressDeadlineExceeded => ConditionStatus::False,
            Self::DeploymentPaused | Self::DeploymentResumed => ConditionStatus::Unknown,
        }
    }

    /// `message` of the condition (`deployment_util.go`, `progress.go`, `sync.go`); `replica_set` is the name of the new
    /// ReplicaSet.
    #[must_use]
    pub fn message(self, replica_set: &str) -> String {
        match self {
            Self::MinimumReplicasAvailable => "Deployment has minimum availability.".to_owned(),
            Self::MinimumReplicasUnavailable => "Deployment does not have minimum availability.".to_owned(),
            Self::NewReplicaSetCreated => format!("Created new replica set \"{replica_set}\""),
            Self::FoundNewReplicaSet => format!("Found new replica set \"{replica_set}\""),
            Self::ReplicaSetUpdated => format!("ReplicaSet \"{replica_set}\" is progressing."),
            Self::NewReplicaSetAvailable => format!("ReplicaSet \"{replica_set}\" has successfully progressed."),
            Self::ProgressDeadlineExceeded => format!("ReplicaSet \"{replica_set}\" has timed out progressing."),
            Self::DeploymentPaused => "Deployment is paused".to_owned(),
            Self::DeploymentResumed => "Deployment is resumed".to_owned(),
        }
    }
}

/// A condition of a Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeploymentCondition {
    /// `reason`, from which `status` follows.
    pub reason: DeploymentReason,
    /// The ReplicaSet that the message names, or `NONE`.
    pub replica_set: ReplicaSetId,
    /// `lastUpdateTime`.
    pub last_update: SimTime,
    /// `lastTransitionTime`.
    pub last_transition: SimTime,
}

impl DeploymentCondition {
    /// `status`.
    #[must_use]
    pub const fn status(&self) -> ConditionStatus {
        self.reason.status()
    }
}
