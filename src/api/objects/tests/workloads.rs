//! Deployments, ReplicaSets, autoscalers.

use super::*;
use crate::cluster::spec::{
    MetricSource, MetricSpec, MetricTarget, ResourceName, RestartPolicy, ScalingPolicy, SelectPolicy,
};
use crate::kernel::SimDuration;

#[test]
fn deployments_and_replica_sets() {
    let outcome = read(&[deployment(&[])]);
    assert_eq!(outcome.text(), "");
    let web = outcome.deployment();
    assert_eq!((web.replicas, web.min_ready, web.paused), (1, SimDuration::ZERO, false));
    assert_eq!(web.template.restart_policy, RestartPolicy::Always);

    let outcome = read(&[deployment(&[
        ("kind", json!("ReplicaSet")),
        ("spec.replicas", json!(0)),
        ("spec.minReadySeconds", json!(5)),
        (
            "spec.selector",
            json!({"matchExpressions": [
                {"key": "app", "operator": "In", "values": ["web", "api"]},
                {"key": "old", "operator": "DoesNotExist"},
            ]}),
        ),
    ])]);
    assert_eq!(outcome.text(), "");
    let set = outcome.replica_set();
    assert_eq!((set.replicas, set.min_ready), (0, SimDuration::from_secs(5)));
}

#[test]
fn expressions_of_selectors_are_matched_too() {
    for (operator, values, matches) in [
        ("In", json!(["web"]), true),
        ("In", json!(["api"]), false),
        ("NotIn", json!(["web"]), false),
        ("NotIn", json!(["api"]), true),
        ("Exists", Json::Null, true),
        ("DoesNotExist", Json::Null, false),
    ] {
        let mut expression = json!({"key": "app", "operator": operator});
        if !values.is_null() {
            expression["values"] = values;
        }
        let found = lines(deployment(&[(
            "spec.selector",
            json!({"matchExpressions": [expression]}),
        )]));
        assert_eq!(found.is_empty(), matches, "{operator}: {found:?}");
    }
}

#[test]
fn autoscaler_defaults() {
    let outcome = read(&[deployment(&[]), hpa(&[])]);
    assert_eq!(outcome.text(), "");
    let hpa = outcome.hpa();
    assert_eq!(
        (hpa.target.as_str(), hpa.min_replicas, hpa.max_replicas),
        ("web", 1, 10)
    );
    assert_eq!(hpa.metrics, [MetricSpec::cpu_utilization(80)]);
    assert_eq!(hpa.behavior, None);
}

#[test]
fn behavior_is_filled_in_where_it_is_begun() {
    let behavior = json!({"scaleDown": {"stabilizationWindowSeconds": 30, "tolerance": "0.0205"}});
    let outcome = read(&[deployment(&[]), hpa(&[("spec.behavior", behavior)])]);
    assert_eq!(outcome.text(), "");
    let behavior = outcome.hpa().behavior.as_ref().expect("behavior");
    let policy = |percent, value| ScalingPolicy {
        percent,
        value,
        period: SimDuration::from_secs(15),
    };
    let (up, down) = (&behavior.scale_up, &behavior.scale_down);
    assert_eq!(up.policies, [policy(false, 4), policy(true, 100)]);
    assert_eq!(
        (up.stabilization_window, up.select_policy),
        (Some(SimDuration::ZERO), SelectPolicy::Max)
    );
    assert_eq!(down.policies, [policy(true, 100)]);
    assert_eq!(down.stabilization_window, Some(SimDuration::from_secs(30)));
    assert_eq!((up.tolerance, down.tolerance), (None, Some(0.0205)));

    let given = json!({"scaleUp": {
        "selectPolicy": "Disabled", "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}],
    }});
    let outcome = read(&[deployment(&[]), hpa(&[("spec.behavior", given)])]);
    let behavior = outcome.hpa().behavior.as_ref().expect("behavior");
    assert_eq!(behavior.scale_up.select_policy, SelectPolicy::Disabled);
    assert_eq!(behavior.scale_up.policies[0].period, SimDuration::from_secs(60));
    assert_eq!(behavior.scale_down.stabilization_window, None);
}

#[test]
fn metrics_of_both_versions() {
    let cpu = |target: Json| json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
    let metrics = cpu(json!({"type": "Utilization", "averageUtilization": 60}));
    let outcome = read(&[deployment(&[]), hpa(&[("spec.metrics", metrics)])]);
    assert_eq!(outcome.text(), "");
    assert_eq!(outcome.hpa().metrics, [MetricSpec::cpu_utilization(60)]);

    let old = hpa(&[
        ("apiVersion", json!("autoscaling/v1")),
        ("spec.targetCPUUtilizationPercentage", json!(45)),
    ]);
    let outcome = read(&[deployment(&[]), old]);
    assert_eq!(outcome.text(), "");
    assert_eq!(outcome.hpa().metrics, [MetricSpec::cpu_utilization(45)]);
}

/// The errors of an autoscaler, one a line.
fn errors(changes: &[(&str, Json)]) -> String {
    let outcome = read(&[deployment(&[]), hpa(changes)]);
    outcome.text()
}

#[test]
fn rows_40_and_41_bounds() {
    insta::assert_snapshot!(errors(&[("spec.maxReplicas", json!(0))]), @r"
    E spec.maxReplicas: Required value: must be set and greater than 0
    E spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`
    ");
    insta::assert_snapshot!(errors(&[("spec.maxReplicas", json!(1)), ("spec.minReplicas", json!(2))]), @"E spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`");
    insta::assert_snapshot!(errors(&[("spec.maxReplicas", json!(-1)), ("spec.minReplicas", json!(-2))]), @r"
    E spec.minReplicas: Invalid value: -2: must be greater than or equal to 1
    E spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1
    ");
    insta::assert_snapshot!(errors(&[("spec.minReplicas", json!(0))]), @r"
    E spec.minReplicas: Invalid value: 0: must be greater than or equal to 1
    E spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas
    ");
}

#[test]
fn mistakes_in_targets_metrics_and_behavior() {
    insta::assert_snapshot!(errors(&[("spec.scaleTargetRef", Json::Null)]), @r#"
    E spec.scaleTargetRef.kind: Required value
    E spec.scaleTargetRef.name: Required value
    E spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group
    "#);
    let metric = |metric: Json| errors(&[("spec.metrics", json!([metric]))]);
    insta::assert_snapshot!(metric(json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}})), @"E spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization");
    insta::assert_snapshot!(metric(json!({"type": "Resource"})), @"E spec.metrics[0].resource: Required value: must populate information for the given metric source");
    insta::assert_snapshot!(metric(json!({"type": "Pods"})), @"E spec.metrics[0].pods: Required value: must populate information for the given metric source");
    insta::assert_snapshot!(errors(&[("spec.scaleTargetRef.kind", json!("DaemonSet"))]), @"E spec.scaleTargetRef.kind: scaling a DaemonSet is not simulated");
    let behavior = json!({
        "scaleUp": {"selectPolicy": "Most", "policies": [{"type": "Pods", "value": 0, "periodSeconds": 15}]},
        "scaleDown": {
            "stabilizationWindowSeconds": 3601, "policies": [{"type": "Percent", "value": 10, "periodSeconds": 3600}],
        },
    });
    insta::assert_snapshot!(errors(&[("spec.behavior", behavior)]), @r#"
    E spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min"
    E spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero
    E spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600
    E spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 3600: must be less than or equal to 1800
    "#);
    insta::assert_snapshot!(errors(&[("spec.behavior", json!({"scaleUp": {"policies": []}}))]), @"E spec.behavior.scaleUp.policies: Required value: must specify at least one Policy");
}

#[test]
fn metrics_of_all_types() {
    let metrics = json!([
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
        {"type": "ContainerResource", "containerResource": {
            "name": "cpu", "container": "main", "target": {"type": "Utilization", "averageUtilization": 70},
        }},
        {"type": "Pods", "pods": {"metric": {"name": "qps"}, "target": {"type": "AverageValue", "averageValue": "12500m"}}},
        {"type": "Object", "object": {
            "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "main"},
            "metric": {"name": "requests"}, "target": {"type": "Value", "value": "2k"},
        }},
        {"type": "External", "external": {
            "metric": {"name": "queue", "selector": {
                "matchLabels": {"name": "work"},
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["gpu"]}],
            }},
            "target": {"type": "AverageValue", "averageValue": "30"},
        }},
    ]);
    let outcome = read(&[deployment(&[]), hpa(&[("spec.metrics", metrics)])]);
    assert_eq!(outcome.text(), "");
    let metrics = &outcome.hpa().metrics;
    let targets: Vec<MetricTarget> = metrics.iter().map(|metric| metric.target).collect();
    assert_eq!(
        targets,
        [
            MetricTarget::AverageValue((1 << 30) * 1000),
            MetricTarget::Utilization(70),
            MetricTarget::AverageValue(12_500),
            MetricTarget::Value(2_000_000),
            MetricTarget::AverageValue(30_000),
        ]
    );
    assert_eq!(metrics[1].resource(), Some((&ResourceName::Cpu, Some("main"))));
    let MetricSource::External(external) = &metrics[4].source else {
        panic!("{metrics:?}");
    };
    assert!(
        external.selects(
            &[("name", "work"), ("tier", "gpu")]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into()
        )
    );
}

#[test]
fn mistakes_in_metrics_of_all_types() {
    let metric = |metric: Json| errors(&[("spec.metrics", json!([metric]))]);
    let pods = json!({"type": "Pods", "pods": {"metric": {"name": "qps"}, "target": {"type": "AverageValue", "averageValue": "0"}}});
    insta::assert_snapshot!(metric(pods), @r#"
    E spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive
    E spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue
    "#);
    let object = json!({"type": "Object", "object": {
        "describedObject": {"kind": "Ingress"}, "metric": {}, "target": {"type": "Value"},
    }});
    insta::assert_snapshot!(metric(object), @r"
    E spec.metrics[0].object.describedObject.name: Required value
    E spec.metrics[0].object.metric.name: Required value: must specify a metric name
    E spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue
    ");
    let external = json!({"type": "External", "pods": {}, "external": {
        "metric": {"name": "queue", "selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}},
        "target": {"type": "Value", "value": "1", "averageValue": "1"},
    }});
    insta::assert_snapshot!(metric(external), @r#"
    E spec.metrics[0].pods: Forbidden: must populate the given metric source only
    E spec.metrics[0].external.metric.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator
    E spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target
    "#);
    let container = json!({"type": "ContainerResource", "containerResource": {
        "name": "cpu", "target": {"type": "Sum", "averageUtilization": 0},
    }});
    insta::assert_snapshot!(metric(container), @r#"
    E spec.metrics[0].containerResource.container: Required value: must specify a container
    E spec.metrics[0].containerResource.target.type: Invalid value: "Sum": must be either Utilization, Value, or AverageValue
    E spec.metrics[0].containerResource.target.averageUtilization: Invalid value: 0: must be greater than 0
    "#);
    let gpu = json!({"type": "Resource", "resource": {"name": "nvidia.com/gpu", "target": {"type": "Utilization", "averageUtilization": 50}}});
    insta::assert_snapshot!(metric(gpu), @"W spec.metrics[0].resource.name: no metrics API reports nvidia.com/gpu as a resource of pods, so this metric always fails");
}
