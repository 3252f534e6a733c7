//! The custom and the external metrics API: what an adapter in front of a monitoring system answers. It looks at the services
//! once per resolution, and means over a window come from these looks.

use std::collections::{BTreeMap, VecDeque};

use crate::cluster::ScaleTarget;
use crate::cluster::spec::{MetricIdentifier, ObjectReference};
use crate::control::hpa::{MetricError, Sample};
use crate::control::service::load::{CustomMetric, MetricFigure, MetricScope, ServiceFigure};
use crate::kernel::{SimDuration, SimTime};
use crate::workload::load::Present;

/// How an adapter measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomMetricsSettings {
    /// Time between two looks; zero: every question is answered with the state of that moment. Default 15 s.
    pub resolution: SimDuration,
    /// Span over which rates are means. Default 1 min.
    pub window: SimDuration,
}

impl Default for CustomMetricsSettings {
    fn default() -> Self {
        Self {
            resolution: SimDuration::from_secs(15),
            window: SimDuration::from_secs(60),
        }
    }
}

/// What a look found.
#[derive(Clone, Copy, Debug)]
struct Look {
    at: SimTime,
    /// Requests that came so far.
    arrived: f64,
    /// Requests that a pod served so far that always served.
    served_per_pod: f64,
    /// Pods that served.
    pods: u32,
    present: Present,
    busy_share: f64,
}

/// What is known of one service.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks {
    looks: VecDeque<Look>,
}

/// What a service shows at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) arrived: f64,
    pub(super) served_per_pod: f64,
    pub(super) pods: u32,
    pub(super) present: Present,
    pub(super) busy_share: f64,
}

impl Looks {
    /// Looks at `state`.
    pub(super) fn look(&mut self, now: SimTime, window: SimDuration, state: State) {
        // One look at or before the beginning of the window stays.
        while self.looks.get(1).is_some_and(|next| next.at + window <= now) {
            self.looks.pop_front();
        }
        self.looks.push_back(Look {
            at: now,
            arrived: state.arrived,
            served_per_pod: state.served_per_pod,
            pods: state.pods,
            present: state.present,
            busy_share: state.busy_share,
        });
    }

    /// When it was last looked.
    pub(super) fn last(&self) -> Option<SimTime> {
        self.looks.back().map(|look| look.at)
    }

    /// A figure in thousandths, of each serving pod or of the whole service; `None` before there is one.
    fn value(&self, figure: ServiceFigure, per_pod: bool) -> Option<i64> {
        let (first, last) = (self.looks.front()?, self.looks.back()?);
        let span = last.at.since(first.at).as_secs_f64();
        let share = if per_pod { f64::from(last.pods.max(1)) } else { 1.0 };
        let value = match figure {
            ServiceFigure::RequestsPerSecond if span > 0.0 && per_pod => {
                (last.served_per_pod - first.served_per_pod) / span
            }
            ServiceFigure::RequestsPerSecond if span > 0.0 => (last.arrived - first.arrived) / span,
            // A rate needs two looks; without a resolution the rate of the moment is known.
            ServiceFigure::RequestsPerSecond if self.looks.len() > 1 => return None,
            ServiceFigure::RequestsPerSecond if per_pod => last.present.served / share,
            ServiceFigure::RequestsPerSecond => last.present.arrivals,
            ServiceFigure::Concurrency => last.present.busy / share,
            ServiceFigure::QueueLength => last.present.waiting / share,
            ServiceFigure::Utilization => last.busy_share * 100.0,
            ServiceFigure::Latency => last.present.latency.map_or(0.0, |[_, p95, _]| p95.as_secs_f64()),
        };
        // Rounded up, as `resource.Quantity.MilliValue` does; what binary fractions add is no thousandth.
        Some((value * 1000.0 - 1e-6).ceil().max(0.0) as i64)
    }
}

/// All metrics of adapters, with the services that they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct Adapters {
    metrics: Vec<(ScaleTarget, CustomMetric)>,
    settings: CustomMetricsSettings,
}

impl Adapters {
    pub(super) const fn new(metrics: Vec<(ScaleTarget, CustomMetric)>, settings: CustomMetricsSettings) -> Self {
        Self { metrics, settings }
    }

    pub(super) const fn settings(&self) -> CustomMetricsSettings {
        self.settings
    }

    /// Whether some metric is a figure of `d`, so that it has to be looked at.
    pub(super) fn look_at(&self, d: ScaleTarget) -> bool {
        let is_figure = |metric: &CustomMetric| matches!(metric.figure, MetricFigure::Service(_));
        self.metrics.iter().any(|(of, metric)| *of == d && is_figure(metric))
    }

    /// Why `name` is not known to the API of `scopes`.
    fn unknown(&self, of_api: impl Fn(&MetricScope) -> bool) -> MetricError {
        if self.metrics.iter().any(|(_, metric)| of_api(&metric.scope)) {
            MetricError::UnknownMetric
        } else {
            MetricError::NoApi
        }
    }

    fn number(
        &self,
        of: ScaleTarget,
        metric: &CustomMetric,
        per_pod: bool,
        looks: &BTreeMap<ScaleTarget, Looks>,
        now: SimTime,
    ) -> Option<i64> {
        match &metric.figure {
            MetricFigure::Series(load) => Some(load.at(self.held(now))),
            MetricFigure::Service(figure) => looks.get(&of)?.value(*figure, per_pod),
        }
    }

    /// The last look at or before `now`.
    fn held(&self, now: SimTime) -> SimTime {
        let resolution = self.settings.resolution.as_nanos();
        let nanos = now.as_nanos();
        SimTime::from_nanos(nanos - nanos.checked_rem(resolution).unwrap_or(0))
    }

    /// The sample of each serving pod of `d`.
    pub(super) fn of_pods(
        &self,
        d: ScaleTarget,
        wanted: &MetricIdentifier,
        looks: &BTreeMap<ScaleTarget, Looks>,
        now: SimTime,
    ) -> Result<Sample, MetricError> {
        let of_pods = |scope: &MetricScope| *scope == MetricScope::Pods;
        let of_custom_api = |scope: &MetricScope| *scope != MetricScope::External;
        let found = self.metrics.iter().find(|(of, metric)| {
            *of == d && of_pods(&metric.scope) && metric.name == wanted.name && wanted.selects(&metric.labels)
        });
        let (_, metric) = found.ok_or_else(|| self.unknown(of_custom_api))?;
        let value = self.number(d, metric, true, looks, now).ok_or(MetricError::NoMetrics)?;
        Ok(Sample {
            usage_milli: value,
            at: self.held(now),
            window: self.settings.window,
        })
    }

    /// The value of a metric of an object.
    pub(super) fn of_object(
        &self,
        object: &ObjectReference,
        wanted: &MetricIdentifier,
        looks: &BTreeMap<ScaleTarget, Looks>,
        now: SimTime,
    ) -> Result<i64, MetricError> {
        let is_it = |scope: &MetricScope| match scope {
            MetricScope::Object { kind, name } => *kind == object.kind && *name == object.name,
            MetricScope::Pods | MetricScope::External => false,
        };
        let found = self
            .metrics
            .iter()
            .find(|(_, metric)| is_it(&metric.scope) && metric.name == wanted.name && wanted.selects(&metric.labels));
        let (of, metric) = found.ok_or_else(|| self.unknown(|scope| *scope != MetricScope::External))?;
        self.number(*of, metric, false, looks, now)
            .ok_or(MetricError::NoMetrics)
    }

    /// The sum of the external series that are meant.
    pub(super) fn external(
        &self,
        wanted: &MetricIdentifier,
        looks: &BTreeMap<ScaleTarget, Looks>,
        now: SimTime,
    ) -> Result<i64, MetricError> {
        let is_external = |scope: &MetricScope| *scope == MetricScope::External;
        let series = self.metrics.iter().filter(|(_, metric)| {
            is_external(&metric.scope) && metric.name == wanted.name && wanted.selects(&metric.labels)
        });
        let values = series.filter_map(|(of, metric)| self.number(*of, metric, false, looks, now));
        let sum = values.fold(None, |sum: Option<i64>, value| {
            Some(sum.unwrap_or(0).saturating_add(value))
        });
        sum.ok_or_else(|| self.unknown(is_external))
    }
}
