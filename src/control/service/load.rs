//! What is asked of the pods of a Deployment, and what can be measured there: the part of a service that Kubernetes does not
//! know.

use crate::cluster::spec::Labels;
use crate::control::hpa::metrics::ServiceModel;
use crate::kernel::SimTime;
use crate::workload::Load;
use crate::workload::load::RequestModel;

/// The load on one Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceLoad {
    /// Total cpu demand over time, in milli-cores. Not looked at if there are `requests`.
    pub load: Load,
    /// What one pod can use at most, in milli-cores; `None`: one core.
    pub cap_per_pod: Option<i64>,
    /// What a running pod uses that does not serve, in milli-cores; `None`: such a pod is not reported at all.
    pub idle_per_pod: Option<i64>,
    /// The load in requests per second, in place of `load`.
    pub requests: Option<Box<RequestModel>>,
    /// Memory of a running pod in bytes.
    pub memory_per_pod: i64,
    /// Memory of each request that a pod is serving, in bytes.
    pub memory_per_request: i64,
    /// The container that uses all this; `None`: the first.
    pub container: Option<String>,
    /// From each time on, whose samples the metrics API has; all before the first.
    pub reporting: Vec<(SimTime, Reporting)>,
    /// Metrics that adapters give of this service.
    pub metrics: Vec<CustomMetric>,
}

impl ServiceLoad {
    /// A load shared by the ready pods of a Deployment; the others use nothing.
    #[must_use]
    pub const fn new(load: Load, cap_per_pod: Option<i64>) -> Self {
        Self {
            load,
            cap_per_pod,
            idle_per_pod: Some(0),
            requests: None,
            memory_per_pod: 0,
            memory_per_request: 0,
            container: None,
            reporting: Vec::new(),
            metrics: Vec::new(),
        }
    }

    /// What changes the demand over time.
    #[must_use]
    pub fn driver(&self) -> &Load {
        self.requests.as_ref().map_or(&self.load, |requests| &requests.rate)
    }

    /// How a load in cpu becomes usage of pods.
    pub(super) fn model(&self) -> ServiceModel {
        ServiceModel {
            cap_per_pod_milli: self.cap_per_pod.or(ServiceModel::default().cap_per_pod_milli),
            idle_milli: self.idle_per_pod,
        }
    }
}

/// Whose samples the metrics API has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reporting {
    /// All pods'.
    #[default]
    All,
    /// Nobody's.
    Nothing,
    /// Those of the half (rounded down) that became Ready first.
    FirstHalf,
}

/// A metric that an adapter gives: the custom metrics API (of pods and objects) or the external metrics API.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomMetric {
    /// Its name.
    pub name: String,
    /// Whom it describes.
    pub scope: MetricScope,
    /// Labels of the series, for selectors.
    pub labels: Labels,
    /// Where its numbers come from.
    pub figure: MetricFigure,
}

/// Whom a metric describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricScope {
    /// Each pod of the service.
    Pods,
    /// One object.
    Object {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// Nothing in the cluster.
    External,
}

/// Where the numbers of a metric come from.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricFigure {
    /// A series over time, in thousandths.
    Series(Load),
    /// What the service does.
    Service(ServiceFigure),
}

/// A figure of a service that serves requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceFigure {
    /// Requests per second: of pods what they serve, of an object or an external series what arrives. The mean over the
    /// window of the adapter.
    RequestsPerSecond,
    /// Requests that are being served.
    Concurrency,
    /// Requests that wait.
    QueueLength,
    /// Requests that are being served, in percent of those that could be served at once; so a GPU's use, if it serves them.
    Utilization,
    /// Latency in seconds below which 95 % of the requests stay.
    Latency,
}

impl ServiceFigure {
    /// All figures.
    pub const ALL: [Self; 5] = [
        Self::RequestsPerSecond,
        Self::Concurrency,
        Self::QueueLength,
        Self::Utilization,
        Self::Latency,
    ];

    /// Its name in scenarios.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestsPerSecond => "requestsPerSecond",
            Self::Concurrency => "concurrency",
            Self::QueueLength => "queueLength",
            Self::Utilization => "utilization",
            Self::Latency => "latency",
        }
    }
}
