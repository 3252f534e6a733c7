//! The words of an autoscaler's conditions and Events, made when they are asked for.

use crate::cluster::hpa::{AbleToScale, HpaEvent, MetricError, RescaleReason, ScalingActive, ScalingLimited};
use crate::cluster::ids::HpaId;
use crate::cluster::spec::{HpaSpec, MetricSource, MetricSpec, MetricTarget, MissingRequest};
use crate::cluster::{PodId, Store};
use crate::kernel::SimTime;

/// A condition as `kubectl describe hpa` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `type`.
    pub kind: &'static str,
    /// `status`.
    pub status: bool,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
    /// `lastTransitionTime`.
    pub last_transition: SimTime,
}

/// An Event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventText {
    /// `type` is Warning, not Normal.
    pub warning: bool,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
}

impl Store {
    /// The conditions of an autoscaler in the order in which the controller sets them, in the run with `seed` (for names of
    /// pods). Empty before its first look.
    #[must_use]
    pub fn hpa_conditions(&self, hpa: HpaId, seed: u64) -> Vec<Condition> {
        let Some(status) = self.hpa_status.get(hpa.index()) else {
            return Vec::new();
        };
        let words = Words {
            store: self,
            spec: &self.hpas[hpa.index()],
            seed,
        };
        let [able, active, limited] = status.transitions;
        let condition = |kind, status, reason, message, last_transition| Condition {
            kind,
            status,
            reason,
            message,
            last_transition,
        };
        let mut conditions = Vec::new();
        conditions.extend(
            status
                .able_to_scale
                .map(|a| condition("AbleToScale", a.status(), a.reason(), words.able_to_scale(a), able)),
        );
        conditions.extend(status.scaling_active.map(|a| {
            let (reason, message) = words.scaling_active(a, &status.rivals);
            condition("ScalingActive", a.status(), reason, message, active)
        }));
        conditions.extend(status.scaling_limited.map(|l| {
            condition(
                "ScalingLimited",
                l.status(),
                l.reason(),
                scaling_limited(l).to_owned(),
                limited,
            )
        }));
        conditions
    }

    /// An Event about an autoscaler in words, in the run with `seed`.
    #[must_use]
    pub fn hpa_event_text(&self, hpa: HpaId, event: HpaEvent, seed: u64) -> EventText {
        let spec = &self.hpas[hpa.index()];
        let words = Words {
            store: self,
            spec,
            seed,
        };
        let rivals = self
            .hpa_status
            .get(hpa.index())
            .map_or(&[][..], |status| &status.rivals);
        match event {
            HpaEvent::AmbiguousSelector => EventText {
                warning: true,
                reason: "AmbiguousSelector",
                message: words.ambiguous(rivals),
            },
            HpaEvent::FailedComputeAmbiguous => EventText {
                warning: true,
                reason: "FailedComputeMetricsReplicas",
                message: words.ambiguous(rivals),
            },
            HpaEvent::FailedGetScale => EventText {
                warning: true,
                reason: "FailedGetScale",
                message: words.no_target(),
            },
            HpaEvent::SuccessfulRescale(size, reason) => EventText {
                warning: false,
                reason: "SuccessfulRescale",
                message: format!("New size: {size}; reason: {}", words.rescale_reason(reason)),
            },
            HpaEvent::FailedGetMetric(metric, error) => EventText {
                warning: true,
                reason: words.metric(metric).map_or("FailedGetResourceMetric", failed_get),
                message: words.failure(metric, error),
            },
            HpaEvent::FailedComputeMetricsReplicas { invalid, first, error } => EventText {
                warning: true,
                reason: "FailedComputeMetricsReplicas",
                message: format!(
                    "invalid metrics ({invalid} invalid out of {}), first error is: {}{}",
                    spec.metrics.len(),
                    words.metric(first).map(of_metric).unwrap_or_default(),
                    words.failure(first, error)
                ),
            },
        }
    }
}

/// `FailedGetResourceMetric` and its siblings.
fn failed_get(metric: &MetricSpec) -> &'static str {
    match &metric.source {
        MetricSource::Resource(_) => "FailedGetResourceMetric",
        MetricSource::ContainerResource { .. } => "FailedGetContainerResourceMetric",
        MetricSource::Pods(_) => "FailedGetPodsMetric",
        MetricSource::Object { .. } => "FailedGetObjectMetric",
        MetricSource::External(_) => "FailedGetExternalMetric",
    }
}

/// What stands before the failure of a metric where several are told (`computeReplicasForMetric`).
fn of_metric(metric: &MetricSpec) -> String {
    match &metric.source {
        MetricSource::Resource(resource) => format!("failed to get {resource} resource metric value: "),
        MetricSource::ContainerResource { container, .. } => {
            format!("failed to get {container} container metric value: ")
        }
        MetricSource::Pods(_) => "failed to get pods metric value: ".to_owned(),
        MetricSource::Object { .. } => "failed to get object metric value: ".to_owned(),
        MetricSource::External(metric) => format!("failed to get {} external metric value: ", metric.name),
    }
}

const fn scaling_limited(limited: ScalingLimited) -> &'static str {
    match limited {
        ScalingLimited::DesiredWithinRange => "the desired count is within the acceptable range",
        ScalingLimited::TooFewReplicas => "the desired replica count is less than the minimum replica count",
        ScalingLimited::TooManyReplicas => "the desired replica count is more than the maximum replica count",
        ScalingLimited::ScaleUpLimit => "the desired replica count is increasing faster than the maximum scale rate",
        ScalingLimited::ScaleDownLimit => "the desired replica count is decreasing faster than the maximum scale rate",
    }
}

/// The name of a metric in reasons (`metricNameProposal`).
fn metric_name(metric: &MetricSpec) -> String {
    let external = |metric: &crate::cluster::spec::MetricIdentifier| {
        format!("external metric {}({})", metric.name, metric.selector_text())
    };
    match (&metric.source, metric.target) {
        (MetricSource::Resource(resource), MetricTarget::Utilization(_)) => {
            format!("{resource} resource utilization (percentage of request)")
        }
        (MetricSource::ContainerResource { resource, .. }, MetricTarget::Utilization(_)) => {
            format!("{resource} container resource utilization (percentage of request)")
        }
        (MetricSource::Resource(resource) | MetricSource::ContainerResource { resource, .. }, _) => {
            format!("{resource} resource")
        }
        (MetricSource::Pods(metric), _) => format!("pods metric {}", metric.name),
        (MetricSource::Object { metric, object }, MetricTarget::Value(_)) => {
            format!("{} metric {}", object.kind, metric.name)
        }
        // The controller calls an Object metric with an average an external one.
        (MetricSource::Object { metric, .. } | MetricSource::External(metric), _) => external(metric),
    }
}

/// One autoscaler, and what names its pods.
struct Words<'a> {
    store: &'a Store,
    spec: &'a HpaSpec,
    seed: u64,
}

impl Words<'_> {
    fn metric(&self, place: u16) -> Option<&MetricSpec> {
        self.spec.metrics.get(usize::from(place))
    }

    fn rescale_reason(&self, reason: RescaleReason) -> String {
        match reason {
            RescaleReason::AboveMaxReplicas => "Current number of replicas above Spec.MaxReplicas".to_owned(),
            RescaleReason::BelowMinReplicas => "Current number of replicas below Spec.MinReplicas".to_owned(),
            RescaleReason::AboveTarget(metric) => {
                format!(
                    "{} above target",
                    self.metric(metric).map(metric_name).unwrap_or_default()
                )
            }
            RescaleReason::BelowTarget => "All metrics below target".to_owned(),
            RescaleReason::None => String::new(),
        }
    }

    fn able_to_scale(&self, able: AbleToScale) -> String {
        match able {
            AbleToScale::FailedGetScale => {
                format!(
                    "the HPA controller was unable to get the target's current scale: {}",
                    self.no_target()
                )
            }
            AbleToScale::SucceededGetScale => {
                "the HPA controller was able to get the target's current scale".to_owned()
            }
            AbleToScale::ReadyForNewScale => "recommended size matches current size".to_owned(),
            AbleToScale::ScaleDownStabilized => {
                "recent recommendations were higher than current one, applying the highest recent recommendation"
                    .to_owned()
            }
            AbleToScale::ScaleUpStabilized => {
                "recent recommendations were lower than current one, applying the lowest recent recommendation"
                    .to_owned()
            }
            AbleToScale::SucceededRescale(size) => {
                format!("the HPA controller was able to update the target scale to {size}")
            }
        }
    }

    /// What the API server says of a target that is not there.
    fn no_target(&self) -> String {
        format!(
            "{} \"{}\" not found",
            self.spec.target_kind.resource(),
            self.spec.target
        )
    }

    /// Go walks a map of the autoscalers, so their order is chance there; here it is that of their creation.
    fn ambiguous(&self, rivals: &[HpaId]) -> String {
        let selector = self
            .store
            .hpa_target(self.spec)
            .map(|target| self.store.selector(target).to_string());
        let rivals = rivals.iter().filter_map(|id| self.store.hpas.get(id.index()));
        let rivals: Vec<String> = rivals.map(|hpa| format!("{}/{}", hpa.namespace, hpa.name)).collect();
        format!(
            "pods by selector {} are controlled by multiple HPAs: [{}]",
            selector.unwrap_or_default(),
            rivals.join(" ")
        )
    }

    fn scaling_active(&self, active: ScalingActive, rivals: &[HpaId]) -> (&'static str, String) {
        match active {
            ScalingActive::ValidMetricFound(metric) => (
                "ValidMetricFound",
                format!(
                    "the HPA was able to successfully calculate a replica count from {}",
                    self.metric(metric).map(metric_name).unwrap_or_default()
                ),
            ),
            ScalingActive::FailedGetMetric(metric, error) => (
                self.metric(metric).map_or("FailedGetResourceMetric", failed_get),
                format!(
                    "the HPA was unable to compute the replica count: {}",
                    self.failure(metric, error)
                ),
            ),
            ScalingActive::AmbiguousSelector => ("AmbiguousSelector", self.ambiguous(rivals)),
            ScalingActive::ScalingDisabled => (
                "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero".to_owned(),
            ),
        }
    }

    /// Why a metric could not be had, in the words of the calculator and of the API client
    /// (`replica_calculator.go`, `metrics/client.go`).
    fn failure(&self, place: u16, error: MetricError) -> String {
        let Some(metric) = self.metric(place) else {
            return String::new();
        };
        match &metric.source {
            MetricSource::Resource(_) | MetricSource::ContainerResource { .. } => self.resource_failure(metric, error),
            MetricSource::Pods(identifier) => {
                let name = &identifier.name;
                match error {
                    MetricError::NoApi | MetricError::UnknownMetric | MetricError::NoMetrics => {
                        let why = custom_api(error, name, "pods");
                        format!("unable to get metric {name}: {why}")
                    }
                    _ => self.calculation(metric, error),
                }
            }
            MetricSource::Object {
                metric: identifier,
                object,
            } => {
                let name = &identifier.name;
                let why = match error {
                    MetricError::NoPods => {
                        format!("unable to calculate ready pods: {}", self.calculation(metric, error))
                    }
                    _ => {
                        let of = format!("{} {}", object.resource(), object.name);
                        let why = custom_api(error, name, &of);
                        // The format of the original takes its arguments in this order.
                        format!(
                            "unable to get metric {name}: {} on {} {}/{why}",
                            object.kind, self.spec.namespace, object.name
                        )
                    }
                };
                match metric.target {
                    MetricTarget::Value(_) => why,
                    MetricTarget::AverageValue(_) | MetricTarget::Utilization(_) => {
                        format!("failed to get {name} object metric: {why}")
                    }
                }
            }
            MetricSource::External(identifier) => {
                let name = &identifier.name;
                let series = format!("{}/{name}/{}", self.spec.namespace, identifier.selector_text());
                let why = match error {
                    MetricError::NoPods => {
                        format!("unable to calculate ready pods: {}", self.calculation(metric, error))
                    }
                    MetricError::NoApi => format!(
                        "unable to get external metric {series}: unable to fetch metrics from external metrics API: the server \
                         could not find the requested resource (get {name}.external.metrics.k8s.io)"
                    ),
                    _ => {
                        format!("unable to get external metric {series}: no metrics returned from external metrics API")
                    }
                };
                match metric.target {
                    MetricTarget::Value(_) => format!("failed to get external metric {name}: {why}"),
                    MetricTarget::AverageValue(_) | MetricTarget::Utilization(_) => {
                        format!("failed to get {name} external metric: {why}")
                    }
                }
            }
        }
    }

    fn resource_failure(&self, metric: &MetricSpec, error: MetricError) -> String {
        let Some((resource, container)) = metric.resource() else {
            return String::new();
        };
        let what = match metric.target {
            MetricTarget::Utilization(_) => "utilization",
            MetricTarget::AverageValue(_) | MetricTarget::Value(_) => "usage",
        };
        let why = match error {
            MetricError::NoApi => format!(
                "unable to get metrics for resource {resource}: unable to fetch metrics from resource metrics API: the server \
                 could not find the requested resource (get pods.metrics.k8s.io)"
            ),
            MetricError::UnknownMetric | MetricError::NoMetrics => {
                format!("unable to get metrics for resource {resource}: no metrics returned from resource metrics API")
            }
            MetricError::ContainerNotReported(pod) => format!(
                "unable to get metrics for resource {resource}: container {} not present in metrics for pod {}/{}",
                container.unwrap_or_default(),
                self.spec.namespace,
                self.pod_name(pod)
            ),
            MetricError::NoReadyPods
            | MetricError::NoPods
            | MetricError::MissingRequest(..)
            | MetricError::ZeroRequest => self.calculation(metric, error),
        };
        format!("failed to get {resource} {what}: {why}")
    }

    /// What the calculator says itself.
    fn calculation(&self, metric: &MetricSpec, error: MetricError) -> String {
        match error {
            MetricError::NoReadyPods => "did not receive metrics for targeted pods (pods might be unready)".to_owned(),
            MetricError::NoPods => "no pods returned by selector while calculating replica count".to_owned(),
            MetricError::ZeroRequest => "no metrics returned matched known pods".to_owned(),
            MetricError::MissingRequest(pod, missing) => self.missing_request(metric, pod, missing),
            MetricError::NoApi
            | MetricError::UnknownMetric
            | MetricError::NoMetrics
            | MetricError::ContainerNotReported(_) => String::new(),
        }
    }

    fn missing_request(&self, metric: &MetricSpec, pod: PodId, missing: MissingRequest) -> String {
        let Some((resource, container)) = metric.resource() else {
            return String::new();
        };
        let name = self.pod_name(pod);
        match missing {
            MissingRequest::OfContainer(place) => {
                let containers = self.store.pods.get(pod.index());
                let containers = containers.map(|_| &self.store.template(pod).own_requests.containers);
                let container = containers.and_then(|c| c.get(usize::from(place)));
                let container = container.map_or("", |c| c.name.as_str());
                format!("missing request for {resource} in container {container} of Pod {name}")
            }
            MissingRequest::OfPod => format!("missing pod-level request for {resource} in Pod {name}"),
            MissingRequest::NoSuchContainer => {
                format!("container {} not found in Pod {name}", container.unwrap_or_default())
            }
        }
    }

    fn pod_name(&self, pod: PodId) -> String {
        if self.store.pods.get(pod.index()).is_some() {
            self.store.pod_name(pod, self.seed)
        } else {
            String::new()
        }
    }
}

/// What the client of the custom metrics API says about a metric of `of` (`metrics/client.go: customMetricsClient`).
fn custom_api(error: MetricError, name: &str, of: &str) -> String {
    match error {
        MetricError::NoApi => "unable to fetch metrics from custom metrics API: no custom metrics API \
             (custom.metrics.k8s.io) registered"
            .to_owned(),
        MetricError::UnknownMetric => {
            format!(
                "unable to fetch metrics from custom metrics API: the server could not find the metric {name} for {of}"
            )
        }
        _ => "no metrics returned from custom metrics API".to_owned(),
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
