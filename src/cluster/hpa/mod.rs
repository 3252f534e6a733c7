//! What an autoscaler last found, decided and told: its status, its conditions and its Events, as small values; `text` words
//! them as Kubernetes does (`pkg/controller/podautoscaler/horizontal.go: setCondition`, `setStatus` and their callers).

mod rivals;
mod text;

pub use text::{Condition, EventText};

use crate::cluster::ids::{HpaId, PodId};
use crate::cluster::spec::MissingRequest;
use crate::kernel::SimTime;

/// `status` of a HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HpaStatus {
    /// `currentReplicas`; `None` before the first look.
    pub current_replicas: Option<u32>,
    /// `desiredReplicas`.
    pub desired_replicas: u32,
    /// `lastScaleTime`.
    pub last_scale: Option<SimTime>,
    /// `currentMetrics` in the order of the specification; `None` for one that could not be had.
    pub metrics: Vec<Option<MetricStatus>>,
    /// Condition `AbleToScale`.
    pub able_to_scale: Option<AbleToScale>,
    /// Condition `ScalingActive`.
    pub scaling_active: Option<ScalingActive>,
    /// Condition `ScalingLimited`.
    pub scaling_limited: Option<ScalingLimited>,
    /// The autoscalers that take the target's pods for theirs, if there are several; this one among them.
    pub rivals: Vec<HpaId>,
    /// `lastTransitionTime` of the three conditions, in this order.
    pub transitions: [SimTime; 3],
}

/// One of `status.currentMetrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricStatus {
    /// `averageUtilization`: whole percent of the requests, truncated; for targets of that type.
    pub utilization: Option<i64>,
    /// `averageValue` or `value`, in thousandths of the metric's unit.
    pub milli: i64,
}

impl HpaStatus {
    /// cpu or memory utilisation in percent, of the first metric that has one.
    #[must_use]
    pub fn utilization(&self) -> Option<i64> {
        self.metrics.iter().flatten().find_map(|metric| metric.utilization)
    }
}

/// Reasons of condition `AbleToScale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AbleToScale {
    /// The target is not there. The only reason with status False.
    FailedGetScale,
    /// The target was found and nothing more was said: no metric, or the target is scaled to zero.
    SucceededGetScale,
    /// The recommendation was not held back by a stabilisation window.
    ReadyForNewScale,
    /// A higher recommendation of the scale-down window was taken instead of the present one.
    ScaleDownStabilized,
    /// A lower recommendation of the scale-up window was taken instead of the present one.
    ScaleUpStabilized,
    /// The target was given this new size.
    SucceededRescale(u32),
}

impl AbleToScale {
    /// The reason as the API spells it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::FailedGetScale => "FailedGetScale",
            Self::SucceededGetScale => "SucceededGetScale",
            Self::ReadyForNewScale => "ReadyForNewScale",
            Self::ScaleDownStabilized => "ScaleDownStabilized",
            Self::ScaleUpStabilized => "ScaleUpStabilized",
            Self::SucceededRescale(_) => "SucceededRescale",
        }
    }
    /// The status of the condition.
    #[must_use]
    pub const fn status(self) -> bool {
        !matches!(self, Self::FailedGetScale)
    }
}

/// Reasons of condition `ScalingActive`. A metric goes by its place in the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalingActive {
    /// A recommendation could be computed; it is this metric's.
    ValidMetricFound(u16),
    /// This metric could not be had; the replicas stay.
    FailedGetMetric(u16, MetricError),
    /// The target is scaled to zero; the autoscaler leaves it there.
    ScalingDisabled,
    /// Several autoscalers take the target's pods for theirs ([`HpaStatus::rivals`]); none of them scales.
    AmbiguousSelector,
}

impl ScalingActive {
    /// The status of the condition.
    #[must_use]
    pub const fn status(self) -> bool {
        match self {
            Self::ValidMetricFound(_) => true,
            Self::FailedGetMetric(..) | Self::ScalingDisabled | Self::AmbiguousSelector => false,
        }
    }
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

/// Why a metric gave no recommendation (`replica_calculator.go`, `metrics/client.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricError {
    /// The API that should have the metric is not there: nothing in the scenario gives metrics of this kind.
    NoApi,
    /// The API is there and does not know the metric.
    UnknownMetric,
    /// The API answers, with nothing.
    NoMetrics,
    /// There are samples, but of pods that do not count: unready, terminating or failed.
    NoReadyPods,
    /// The selector of the target finds no pod.
    NoPods,
    /// A pod has no request of the resource; one is enough.
    MissingRequest(PodId, MissingRequest),
    /// The requests of the pods that count add up to zero.
    ZeroRequest,
    /// The metrics of this pod have no such container.
    ContainerNotReported(PodId),
}

/// Why the size was changed: the text of event `SuccessfulRescale` after `reason: `.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RescaleReason {
    /// The target had more than `maxReplicas`.
    AboveMaxReplicas,
    /// The target had fewer than `minReplicas`.
    BelowMinReplicas,
    /// This metric asked for more than there is.
    AboveTarget(u16),
    /// All metrics asked for less than there is.
    BelowTarget,
    /// The metrics asked for what there is, but a stabilisation window undid a change made by hand.
    None,
}

/// An Event about a HorizontalPodAutoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HpaEvent {
    /// `SuccessfulRescale`: the target was given this size.
    SuccessfulRescale(u32, RescaleReason),
    /// `FailedGetResourceMetric` and its siblings: this metric could not be had.
    FailedGetMetric(u16, MetricError),
    /// `FailedComputeMetricsReplicas`: no size could be computed.
    FailedComputeMetricsReplicas {
        /// How many metrics could not be had.
        invalid: u16,
        /// The first of them.
        first: u16,
        /// Why not.
        error: MetricError,
    },
    /// `AmbiguousSelector`: several autoscalers take the target's pods for theirs.
    AmbiguousSelector,
    /// `FailedComputeMetricsReplicas` for that reason.
    FailedComputeAmbiguous,
    /// `FailedGetScale`: the target is not there.
    FailedGetScale,
}
