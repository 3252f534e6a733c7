//! The conditions of a HorizontalPodAutoscaler and the reasons it gives, in Kubernetes' own words
//! (`pkg/controller/podautoscaler/horizontal.go: setCondition` and its callers).

use std::fmt;

/// Reasons of condition `AbleToScale`; its status is True for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AbleToScale {
    /// The target was found and nothing more was said: no metric, or the target is scaled to zero.
    SucceededGetScale,
    /// The recommendation was not held back by a stabilisation window.
    ReadyForNewScale,
    /// A higher recommendation of the scale-down window was taken instead of the present one.
    ScaleDownStabilized,
    /// A lower recommendation of the scale-up window was taken instead of the present one.
    ScaleUpStabilized,
    /// The target was given a new size.
    SucceededRescale,
}

impl AbleToScale {
    /// The reason as the API spells it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::SucceededGetScale => "SucceededGetScale",
            Self::ReadyForNewScale => "ReadyForNewScale",
            Self::ScaleDownStabilized => "ScaleDownStabilized",
            Self::ScaleUpStabilized => "ScaleUpStabilized",
            Self::SucceededRescale => "SucceededRescale",
        }
    }
}

/// Reasons of condition `ScalingActive`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalingActive {
    /// A recommendation could be computed.
    ValidMetricFound,
    /// The metric could not be had; the replicas stay.
    FailedGetResourceMetric(MetricError),
    /// The target is scaled to zero; the autoscaler leaves it there.
    ScalingDisabled,
}

impl ScalingActive {
    /// The reason as the API spells it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ValidMetricFound => "ValidMetricFound",
            Self::FailedGetResourceMetric(_) => "FailedGetResourceMetric",
            Self::ScalingDisabled => "ScalingDisabled",
        }
    }
    /// The status of the condition.
    #[must_use]
    pub const fn status(self) -> bool {
        match self {
            Self::ValidMetricFound => true,
            Self::FailedGetResourceMetric(_) | Self::ScalingDisabled => false,
        }
    }
}

/// Why no utilisation could be computed (`replica_calculator.go: GetResourceReplicas`, `metrics/client.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MetricError {
    /// The metrics API has no sample of any pod of the target.
    #[error("unable to get metrics for resource cpu: no metrics returned from resource metrics API")]
    NoMetrics,
    /// There are samples, but of pods that do not count: unready, terminating or failed.
    #[error("did not receive metrics for targeted pods (pods might be unready)")]
    NoReadyPods,
    /// A container of some pod of the target has no cpu request; one is enough.
    #[error("missing request for cpu")]
    MissingRequest,
    /// The requests of the pods that count add up to zero.
    #[error("no metrics returned matched known pods")]
    ZeroRequest,
}

/// Reasons of condition `ScalingLimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalingLimited {
    /// Not limited.
    DesiredWithinRange,
    /// Raised to `minReplicas`.
    TooFewReplicas,
    /// Lowered to `maxReplicas`.
    TooManyReplicas,
    /// Growth was cut to the rate allowed.
    ScaleUpLimit,
    /// Shrinking was cut to the rate allowed.
    ScaleDownLimit,
}

impl ScalingLimited {
    /// The reason as the API spells it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::DesiredWithinRange => "DesiredWithinRange",
            Self::TooFewReplicas => "TooFewReplicas",
            Self::TooManyReplicas => "TooManyReplicas",
            Self::ScaleUpLimit => "ScaleUpLimit",
            Self::ScaleDownLimit => "ScaleDownLimit",
        }
    }
    /// The status of the condition: whether something was cut.
    #[must_use]
    pub const fn status(self) -> bool {
        !matches!(self, Self::DesiredWithinRange)
    }
}

/// The reason in event `SuccessfulRescale`; the text is that of the event after `reason: `.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RescaleReason {
    /// The target had more than `maxReplicas`.
    AboveMaxReplicas,
    /// The target had fewer than `minReplicas`.
    BelowMinReplicas,
    /// The metric asked for more than there is.
    AboveTarget,
    /// The metric asked for less than there is.
    BelowTarget,
}

impl fmt::Display for RescaleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AboveMaxReplicas => "Current number of replicas above Spec.MaxReplicas",
            Self::BelowMinReplicas => "Current number of replicas below Spec.MinReplicas",
            Self::AboveTarget => "cpu resource utilization (percentage of request) above target",
            Self::BelowTarget => "All metrics below target",
        })
    }
}
