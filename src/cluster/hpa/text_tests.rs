use super::*;
use crate::cluster::hpa::HpaStatus;
use crate::cluster::spec::{Labels, MetricIdentifier, MetricSelector, ObjectReference, ResourceName, ScaleTargetKind};

fn identifier(name: &str) -> MetricIdentifier {
    MetricIdentifier {
        name: name.into(),
        selector: None,
    }
}

fn selecting(name: &str, key: &str, value: &str) -> MetricIdentifier {
    MetricIdentifier {
        name: name.into(),
        selector: Some(MetricSelector {
            match_labels: Labels::from([(key.to_owned(), value.to_owned())]),
            match_expressions: Vec::new(),
        }),
    }
}

fn ingress() -> ObjectReference {
    ObjectReference {
        api_version: "networking.k8s.io/v1".into(),
        kind: "Ingress".into(),
        name: "main".into(),
    }
}

/// An autoscaler with a metric of every kind.
fn store() -> Store {
    let metric = |source, target| MetricSpec { source, target };
    let object = || MetricSource::Object {
        metric: identifier("requests"),
        object: ingress(),
    };
    let container = MetricSource::ContainerResource {
        resource: ResourceName::Memory,
        container: "app".into(),
    };
    let metrics = vec![
        MetricSpec::cpu_utilization(50),
        metric(
            MetricSource::Resource(ResourceName::Memory),
            MetricTarget::AverageValue(1),
        ),
        metric(container, MetricTarget::Utilization(50)),
        metric(MetricSource::Pods(identifier("qps")), MetricTarget::AverageValue(1)),
        metric(object(), MetricTarget::Value(1)),
        metric(object(), MetricTarget::AverageValue(1)),
        metric(
            MetricSource::External(selecting("queue", "name", "work")),
            MetricTarget::Value(1),
        ),
        metric(
            MetricSource::External(identifier("queue")),
            MetricTarget::AverageValue(1),
        ),
    ];
    let hpas = vec![HpaSpec {
        namespace: "ml".into(),
        name: "web".into(),
        target_kind: ScaleTargetKind::Deployment,
        target: "web".into(),
        min_replicas: 1,
        max_replicas: 9,
        metrics,
        behavior: None,
    }];
    Store {
        hpas,
        hpa_status: vec![HpaStatus::default()],
        ..Store::default()
    }
}

fn message(event: HpaEvent) -> String {
    let text = store().hpa_event_text(HpaId(0), event, 1);
    format!("{} {}", text.reason, text.message)
}

#[test]
fn reasons_name_the_metric_as_the_controller_does() {
    let reasons = (0..8).map(|m| message(HpaEvent::SuccessfulRescale(7, RescaleReason::AboveTarget(m))));
    let reasons: Vec<String> = reasons.collect();
    insta::assert_snapshot!(reasons.join("\n"), @r"
    SuccessfulRescale New size: 7; reason: cpu resource utilization (percentage of request) above target
    SuccessfulRescale New size: 7; reason: memory resource above target
    SuccessfulRescale New size: 7; reason: memory container resource utilization (percentage of request) above target
    SuccessfulRescale New size: 7; reason: pods metric qps above target
    SuccessfulRescale New size: 7; reason: Ingress metric requests above target
    SuccessfulRescale New size: 7; reason: external metric requests(nil) above target
    SuccessfulRescale New size: 7; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{name: work,},MatchExpressions:[]LabelSelectorRequirement{},}) above target
    SuccessfulRescale New size: 7; reason: external metric queue(nil) above target
    ");
    let others = [
        RescaleReason::BelowTarget,
        RescaleReason::AboveMaxReplicas,
        RescaleReason::BelowMinReplicas,
    ];
    let others = others.map(|reason| message(HpaEvent::SuccessfulRescale(2, reason)));
    insta::assert_snapshot!(others.join("\n"), @r"
    SuccessfulRescale New size: 2; reason: All metrics below target
    SuccessfulRescale New size: 2; reason: Current number of replicas above Spec.MaxReplicas
    SuccessfulRescale New size: 2; reason: Current number of replicas below Spec.MinReplicas
    ");
}

#[test]
fn failures_are_worded_as_calculator_and_clients_do() {
    let failures = [
        (0, MetricError::NoMetrics),
        (1, MetricError::NoReadyPods),
        (2, MetricError::ContainerNotReported(PodId(0))),
        (3, MetricError::NoApi),
        (3, MetricError::UnknownMetric),
        (3, MetricError::NoReadyPods),
        (4, MetricError::UnknownMetric),
        (5, MetricError::NoApi),
        (6, MetricError::NoApi),
        (7, MetricError::UnknownMetric),
        (6, MetricError::NoPods),
    ];
    let failures = failures.map(|(metric, error)| message(HpaEvent::FailedGetMetric(metric, error)));
    insta::assert_snapshot!(failures.join("\n"), @r"
    FailedGetResourceMetric failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API
    FailedGetResourceMetric failed to get memory usage: did not receive metrics for targeted pods (pods might be unready)
    FailedGetContainerResourceMetric failed to get memory utilization: unable to get metrics for resource memory: container app not present in metrics for pod ml/
    FailedGetPodsMetric unable to get metric qps: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    FailedGetPodsMetric unable to get metric qps: unable to fetch metrics from custom metrics API: the server could not find the metric qps for pods
    FailedGetPodsMetric did not receive metrics for targeted pods (pods might be unready)
    FailedGetObjectMetric unable to get metric requests: Ingress on ml main/unable to fetch metrics from custom metrics API: the server could not find the metric requests for ingresses.networking.k8s.io main
    FailedGetObjectMetric failed to get requests object metric: unable to get metric requests: Ingress on ml main/unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered
    FailedGetExternalMetric failed to get external metric queue: unable to get external metric ml/queue/&LabelSelector{MatchLabels:map[string]string{name: work,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)
    FailedGetExternalMetric failed to get queue external metric: unable to get external metric ml/queue/nil: no metrics returned from external metrics API
    FailedGetExternalMetric failed to get external metric queue: unable to calculate ready pods: no pods returned by selector while calculating replica count
    ");
    // As recorded in hpa-missing-all, where it is the only metric.
    let all = message(HpaEvent::FailedComputeMetricsReplicas {
        invalid: 1,
        first: 0,
        error: MetricError::NoMetrics,
    });
    insta::assert_snapshot!(all, @"FailedComputeMetricsReplicas invalid metrics (1 invalid out of 8), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API");
}

#[test]
fn conditions_are_listed_as_they_were_set() {
    let mut store = store();
    assert!(store.hpa_conditions(HpaId(0), 1).is_empty());
    store.hpa_status[0] = HpaStatus {
        able_to_scale: Some(AbleToScale::SucceededRescale(4)),
        scaling_active: Some(ScalingActive::ValidMetricFound(3)),
        scaling_limited: Some(ScalingLimited::ScaleUpLimit),
        ..HpaStatus::default()
    };
    let conditions = store.hpa_conditions(HpaId(0), 1);
    let lines = conditions
        .iter()
        .map(|c| format!("{} {} {}: {}", c.kind, c.status, c.reason, c.message));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    AbleToScale true SucceededRescale: the HPA controller was able to update the target scale to 4
    ScalingActive true ValidMetricFound: the HPA was able to successfully calculate a replica count from pods metric qps
    ScalingLimited true ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate
    ");
}
