//! HorizontalPodAutoscalers.

use crate::cluster::spec::MetricSpec;
use crate::kernel::SimDuration;

/// What kind of object an autoscaler sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScaleTargetKind {
    /// A Deployment.
    #[default]
    Deployment,
    /// A ReplicaSet without a Deployment above it.
    ReplicaSet,
    /// A StatefulSet.
    StatefulSet,
}

impl ScaleTargetKind {
    /// The kind as the API spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
        }
    }
    /// The resource as the API server names it.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Deployment => "deployments.apps",
            Self::ReplicaSet => "replicasets.apps",
            Self::StatefulSet => "statefulsets.apps",
        }
    }
}

/// A HorizontalPodAutoscaler (autoscaling/v2).
#[derive(Clone, Debug, PartialEq)]
pub struct HpaSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.scaleTargetRef.kind`.
    pub target_kind: ScaleTargetKind,
    /// `spec.scaleTargetRef.name`.
    pub target: String,
    /// `spec.minReplicas`.
    pub min_replicas: u32,
    /// `spec.maxReplicas`.
    pub max_replicas: u32,
    /// `spec.metrics`, never empty: without any, Kubernetes takes cpu at 80 % of the request.
    pub metrics: Vec<MetricSpec>,
    /// `spec.behavior`; `None` if the manifest has no `behavior`.
    pub behavior: Option<HpaBehavior>,
}

/// `spec.behavior` of an HPA with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaBehavior {
    /// `scaleUp`.
    pub scale_up: ScalingRules,
    /// `scaleDown`.
    pub scale_down: ScalingRules,
}

/// Rules for one direction of scaling.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingRules {
    /// `stabilizationWindowSeconds`; `None`: the controller's default.
    pub stabilization_window: Option<SimDuration>,
    /// `selectPolicy`.
    pub select_policy: SelectPolicy,
    /// `policies`.
    pub policies: Vec<ScalingPolicy>,
    /// `tolerance`; `None`: the controller's default.
    pub tolerance: Option<f64>,
}

/// `selectPolicy` of scaling rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The policy that allows the largest change.
    Max,
    /// The policy that allows the smallest change.
    Min,
    /// No scaling in this direction.
    Disabled,
}

/// One scaling policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// `true` for type Percent, `false` for type Pods.
    pub percent: bool,
    /// `value`: pods or percent.
    pub value: u32,
    /// `periodSeconds`.
    pub period: SimDuration,
}
