//! Whatever stands anywhere, reading ends, and says where.

use proptest::prelude::*;

use super::*;

/// Objects that between them have most of the fields that are read.
fn rich() -> Vec<Json> {
    let train = job(&[
        ("spec.completionMode", json!("Indexed")),
        ("spec.completions", json!(4)),
        ("spec.backoffLimitPerIndex", json!(1)),
        ("spec.maxFailedIndexes", json!(2)),
        (
            "spec.podFailurePolicy",
            json!({"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1, 2]}}]}),
        ),
        ("spec.successPolicy", json!({"rules": [{"succeededCount": 1}]})),
        (
            "spec.template.metadata.annotations",
            json!({
                "makespan.dev/runtime": "lognormal(median=20m,p95=1h),5m", "makespan.dev/outcome": "fail(p=0.1)",
                "sim/index-duration": "{\"0\": 4}", "sim/index-outcome": "{\"0\": \"ok\"}",
            }),
        ),
        (
            "spec.template.spec.tolerations",
            json!([{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]),
        ),
        (
            "spec.template.spec.affinity.nodeAffinity",
            json!({
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{
                    "matchExpressions": [{"key": "k", "operator": "Gt", "values": ["1"]}],
                    "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}],
                }]},
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}],
            }),
        ),
        (
            "spec.template.spec.topologySpreadConstraints",
            json!([{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 1}]),
        ),
        (
            "spec.template.spec.resources",
            json!({"limits": {"cpu": "4"}, "requests": {"cpu": "2"}}),
        ),
        (
            "spec.template.spec.initContainers",
            json!([{
                "name": "i", "image": "x", "restartPolicy": "Always",
                "resources": {"limits": {"nvidia.com/gpu": "1"}, "requests": {"memory": "1Gi"}},
            }]),
        ),
    ]);
    let taints = json!([{"key": "a", "value": "b", "effect": "NoSchedule"}]);
    let web = deployment(&[(
        "spec.strategy",
        json!({"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}),
    )]);
    let policies = json!([{"type": "Pods", "value": 2, "periodSeconds": 60}]);
    let scaler = hpa(&[
        (
            "spec.metrics",
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]),
        ),
        (
            "spec.behavior.scaleUp",
            json!({"policies": policies, "tolerance": "0.1", "stabilizationWindowSeconds": 5}),
        ),
    ]);
    let class = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "c"}, "value": 5,
    });
    vec![train, node(&[("spec.taints", taints)]), web, scaler, class, pod(&[])]
}

/// The JSON pointers of everything below `value`.
fn pointers(value: &Json, at: &str, out: &mut Vec<String>) {
    let mut step = |key: &str, inner: &Json| {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        out.push(pointer.clone());
        pointers(inner, &pointer, out);
    };
    match value {
        Json::Object(map) => map.iter().for_each(|(key, inner)| step(key, inner)),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, inner)| step(&i.to_string(), inner)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn anything() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-3i64..3).prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        "[-+]?[0-9.]{1,4}[eEkKMGimu]{0,2}".prop_map(Json::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{}, null, "x", [1]])),
        Just(json!({"a": {"b": []}, "": null})),
    ]
}

#[test]
fn the_rich_objects_are_in_order() {
    let outcome = read(&rich());
    assert!(!outcome.problems.has_errors(), "{}", outcome.text());
    assert_eq!(outcome.objects.len(), 6);
}

proptest! {
    #[test]
    fn reading_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4)) {
        let mut all = Json::Array(rich());
        for (index, value) in changes {
            let mut places = Vec::new();
            pointers(&all, "", &mut places);
            if !places.is_empty() {
                let pointer: &String = index.get(&places);
                *all.pointer_mut(pointer).expect("a pointer just collected") = value;
            }
        }
        let outcome = read(all.as_array().map_or(&[], Vec::as_slice));
        for problem in outcome.problems.list() {
            prop_assert!(problem.place.line > 0, "{} has no place: {}", problem.path, problem.message);
        }
    }
}
