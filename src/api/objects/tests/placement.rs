//! Nodes, and where pods may go.

use super::*;
use crate::cluster::ResourceId;
use crate::cluster::spec::{PreemptionPolicy, SelectorOperator, TaintEffect, Toleration};

#[test]
fn a_node_keeps_what_the_scheduler_looks_at() {
    let outcome = read(&[node(&[
        ("metadata.labels", json!({"zone": "a"})),
        (
            "spec.taints",
            json!([{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]),
        ),
        ("spec.unschedulable", json!(true)),
        (
            "status.capacity",
            json!({"cpu": "65", "memory": "257Gi", "ephemeral-storage": "1Ti"}),
        ),
    ])]);
    assert_eq!(outcome.text(), "");
    let node = outcome.node();
    assert_eq!(node.name, "n-0");
    assert_eq!(node.labels["zone"], "a");
    assert_eq!(node.labels["kubernetes.io/hostname"], "n-0");
    assert_eq!(
        (node.taints[0].key.as_str(), node.taints[0].effect),
        ("gpu", TaintEffect::NoSchedule)
    );
    assert!(node.unschedulable);
    assert_eq!(node.allocatable.get(ResourceId::CPU), 64_000);
    assert_eq!(node.allocatable.get(ResourceId::MEMORY), 256 << 30);
    assert_eq!(outcome.amount(&node.allocatable, "nvidia.com/gpu"), 8);
    assert_eq!(node.capacity.get(ResourceId::CPU), 65_000);
    assert_eq!(node.capacity.get(ResourceId::EPHEMERAL_STORAGE), 1 << 40);
    // pods is named by allocatable only.
    assert_eq!(
        (
            node.allocatable.get(ResourceId::PODS),
            node.capacity.get(ResourceId::PODS)
        ),
        (110, 110)
    );
}

#[test]
fn capacity_and_allocatable_stand_in_for_each_other() {
    let room = json!({"cpu": "4", "memory": "8Gi"});
    for (given, absent) in [("capacity", "allocatable"), ("allocatable", "capacity")] {
        let mut object = node(&[]);
        object["status"] = json!({given: room});
        let outcome = read(&[object]);
        assert_eq!(outcome.text(), "", "{absent} is absent");
        let node = outcome.node();
        assert_eq!(node.capacity, node.allocatable);
        assert_eq!(node.allocatable.get(ResourceId::CPU), 4_000);
        assert_eq!(node.allocatable.get(ResourceId::PODS), 110);
    }
}

#[test]
fn nodes_without_room_or_not_ready_are_warned_about() {
    insta::assert_snapshot!(read(&[node(&[("status", Json::Null)])]).text(), @r"
    W status.capacity: the node has no cpu, so no pod that requests cpu fits on it
    W status.capacity: the node has no memory, so no pod that requests memory fits on it
    ");
    let conditions = json!([{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "Unknown"}]);
    insta::assert_snapshot!(read(&[node(&[("status.conditions", conditions)])]).text(), @"W status.conditions[1].status: the node was not ready when it was recorded (Ready=Unknown); it is taken as ready");
    let negative = node(&[(
        "status.allocatable",
        json!({"cpu": "-1", "memory": "1Gi", "nvidia.com/gpu": "1.5"}),
    )]);
    insta::assert_snapshot!(read(&[negative]).text(), @r#"
    E status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0
    E status.allocatable.nvidia.com/gpu: Invalid value: "1500m": must be an integer
    W status.allocatable: the node has no cpu, so no pod that requests cpu fits on it
    "#);
}

#[test]
fn nodes_that_differ_in_their_names_only_share_a_pool() {
    let named = |name: &str, more: &[(&str, Json)]| {
        let own = [
            ("metadata.name", json!(name)),
            ("metadata.labels", json!({"kubernetes.io/hostname": name, "zone": "a"})),
        ];
        node(&[&own[..], more].concat())
    };
    let outcome = read(&[
        named("a", &[]),
        named("b", &[("spec.unschedulable", json!(true))]),
        named("c", &[]),
        named("d", &[("status.allocatable.cpu", json!("63"))]),
    ]);
    let pools: Vec<u32> = outcome
        .objects
        .iter()
        .map(|o| {
            if let ObjectSpec::Node(node) = &o.spec {
                node.pool
            } else {
                panic!("a node")
            }
        })
        .collect();
    assert_eq!(pools, [0, 1, 0, 2]);
}

#[test]
fn selectors_and_affinity_are_kept() {
    let outcome = read(&[job(&[
        ("spec.template.spec.nodeSelector", json!({"zone": "a"})),
        (
            "spec.template.spec.affinity.nodeAffinity",
            json!({
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{
                    "matchExpressions": [
                        {"key": "gpu", "operator": "In", "values": ["a100", "h100"]},
                        {"key": "cores", "operator": "Gt", "values": ["8"]},
                    ],
                    "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n-0"]}],
                }]},
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 7, "preference": {"matchExpressions": [{"key": "fast", "operator": "Exists"}]}},
                ],
            }),
        ),
    ])]);
    assert_eq!(outcome.text(), "");
    let template = &outcome.job().template;
    assert_eq!(template.node_selector["zone"], "a");
    let required = template.node_affinity.required.as_ref().expect("required terms");
    assert_eq!(required.len(), 1);
    assert_eq!(required[0].match_expressions[0].values, ["a100", "h100"]);
    assert_eq!(required[0].match_expressions[1].operator, SelectorOperator::Gt);
    assert_eq!(required[0].match_fields[0].operator, SelectorOperator::NotIn);
    let (weight, term) = &template.node_affinity.preferred[0];
    assert_eq!(
        (*weight, term.match_expressions[0].operator),
        (7, SelectorOperator::Exists)
    );
}

#[test]
fn mistakes_in_affinity() {
    let term = |term: Json| {
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}});
        let found = lines(job(&[("spec.template.spec.affinity.nodeAffinity", required)]));
        let prefix = "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.\
                      nodeSelectorTerms[0].";
        found.join("\n").replace(prefix, "")
    };
    let expression = |operator: &str, values: &[&str]| {
        term(json!({"matchExpressions": [{"key": "k", "operator": operator, "values": values}]}))
    };
    insta::assert_snapshot!(expression("In", &[]), @"E matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'");
    insta::assert_snapshot!(expression("Exists", &["x"]), @"E matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    insta::assert_snapshot!(expression("Gt", &["1", "2"]), @"E matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'");
    insta::assert_snapshot!(expression("Equals", &["x"]), @r#"E matchExpressions[0].operator: Invalid value: "Equals": not a valid selector operator"#);
    insta::assert_snapshot!(term(json!({"matchFields": [{"key": "spec.x", "operator": "Exists"}]})), @r#"
    E matchFields[0].operator: Invalid value: "Exists": not a valid selector operator
    E matchFields[0].key: Invalid value: "spec.x": not a valid field selector key
    "#);
}

fn added(key: &str) -> Toleration {
    Toleration {
        key: format!("node.kubernetes.io/{key}"),
        exists: true,
        value: String::new(),
        effect: Some(TaintEffect::NoExecute),
        toleration_seconds: Some(300),
    }
}

#[test]
fn admission_adds_two_tolerations_unless_they_are_there() {
    let tolerations = |given: Json| {
        let outcome = read(&[job(&[("spec.template.spec.tolerations", given)])]);
        assert_eq!(outcome.text(), "");
        outcome.job().template.tolerations.clone()
    };
    assert_eq!(tolerations(json!([])), [added("not-ready"), added("unreachable")]);
    let own = tolerations(json!([
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 10},
        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoSchedule"},
    ]));
    assert_eq!(own.len(), 3);
    assert_eq!(own[0].toleration_seconds, Some(10));
    assert_eq!(own[2], added("unreachable"));
    // Everything is tolerated already.
    assert_eq!(tolerations(json!([{"operator": "Exists"}])).len(), 1);
}

#[test]
fn priorities_come_from_classes() {
    let class = |name: &str, value: i64, more: &[(&str, Json)]| {
        let base = json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value,
        });
        with(base, more)
    };
    let using = |name: &str| job(&[("spec.template.spec.priorityClassName", json!(name))]);
    let never = [("preemptionPolicy", json!("Never"))];
    // The class stands after the Job that uses it.
    let outcome = read(&[using("high"), class("high", 1000, &never)]);
    assert_eq!(outcome.text(), "");
    assert_eq!(outcome.job().template.priority, 1000);
    assert_eq!(outcome.job().template.preemption_policy, PreemptionPolicy::Never);
    assert_eq!(outcome.objects.len(), 2);

    let preempting = read(&[
        using("high"),
        class("high", 1000, &[]),
        with(using("high"), &[("metadata.name", json!("b"))]),
    ]);
    insta::assert_snapshot!(preempting.text(), @"");
    assert_eq!(
        preempting.job().template.preemption_policy,
        PreemptionPolicy::PreemptLowerPriority
    );

    assert_eq!(
        read(&[using("system-cluster-critical")]).job().template.priority,
        2_000_000_000
    );
    let default = [("globalDefault", json!(true)), ("preemptionPolicy", json!("Never"))];
    assert_eq!(
        read(&[job(&[]), class("usual", 5, &default)]).job().template.priority,
        5
    );
    let twice = read(&[class("usual", 5, &default), class("other", 6, &default)]);
    insta::assert_snapshot!(twice.text(), @r#"E globalDefault: priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist"#);
}
