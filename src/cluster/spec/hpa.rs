//! HorizontalPodAutoscalers.

use crate::kernel::SimDuration;

/// A HorizontalPodAutoscaler (autoscaling/v2) on cpu utilisation of a Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.scaleTargetRef.name` of a Deployment.
    pub target: String,
    /// `spec.minReplicas`.
    pub min_replicas: u32,
    /// `spec.maxReplicas`.
    pub max_replicas: u32,
    /// Target cpu utilisation, percent of the request.
    pub target_cpu_utilization: u32,
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
