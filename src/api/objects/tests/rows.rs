//! The API server's texts, mistake by mistake: the numbered rows of the notes on validation, and answers of a real API
//! server (Kubernetes 1.36.2).

use super::*;

const T: &str = "spec.template.spec";

/// Checks that the object has exactly these problems.
#[track_caller]
pub(super) fn expect(object: Json, expected: &[&str]) {
    assert_eq!(lines(object), expected);
}

#[test]
fn rows_1_to_4_restart_policy() {
    let required = "E spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"";
    expect(job(&[("spec.template.spec.restartPolicy", Json::Null)]), &[required]);
    expect(
        job(&[("spec.template.spec.restartPolicy", json!("Always"))]),
        &[required],
    );
    expect(
        job(&[("spec.template.spec.restartPolicy", json!("never"))]),
        &[
            "E spec.template.spec.restartPolicy: Unsupported value: \"never\": supported values: \"Always\", \"OnFailure\", \"Never\"",
            "E spec.template.spec.restartPolicy: Unsupported value: \"never\": supported values: \"OnFailure\", \"Never\"",
        ],
    );
    expect(
        deployment(&[("spec.template.spec.restartPolicy", json!("Never"))]),
        &["E spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""],
    );
    expect(
        pod(&[("spec.restartPolicy", json!("Sometimes"))]),
        &[
            "E spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
        ],
    );
    let policy = json!({"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}]});
    let changed = job(&[
        ("spec.podFailurePolicy", policy),
        ("spec.template.spec.restartPolicy", json!("OnFailure")),
    ]);
    assert_eq!(
        lines(changed)[0],
        "E spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when podFailurePolicy \
         is specified"
    );
}

#[test]
fn rows_5_to_7_counts() {
    expect(
        job(&[
            ("spec.completionMode", json!("Indexed")),
            ("spec.parallelism", json!(2)),
        ]),
        &["E spec.completions: Required value: when completion mode is Indexed"],
    );
    // Neither given: both default to 1, so a real API server accepts it (recorded).
    expect(job(&[("spec.completionMode", json!("Indexed"))]), &[]);
    expect(
        job(&[
            ("spec.completionMode", json!("Indexed")),
            ("spec.completions", json!(100_001)),
            ("spec.parallelism", json!(100_001)),
        ]),
        &[
            "E spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed",
        ],
    );
    for field in [
        "parallelism",
        "completions",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    ] {
        let path = format!("spec.{field}");
        let found = lines(job(&[(&path, json!(-1))]));
        let expected = format!("E {path}: Invalid value: -1: must be greater than or equal to 0");
        assert_eq!(found[0], expected);
    }
    expect(
        deployment(&[("spec.replicas", json!(-1)), ("spec.minReadySeconds", json!(-2))]),
        &[
            "E spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "E spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0",
        ],
    );
}

#[test]
fn rows_8_to_11_indexed_only() {
    let first = |changes: &[(&str, Json)]| lines(job(changes))[0].clone();
    assert_eq!(
        first(&[("spec.backoffLimitPerIndex", json!(1))]),
        "E spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"
    );
    let indexed = [
        ("spec.completionMode", json!("Indexed")),
        ("spec.completions", json!(3)),
    ];
    let with = |more: &[(&str, Json)]| first(&[&indexed[..], more].concat());
    assert_eq!(
        with(&[("spec.maxFailedIndexes", json!(1))]),
        "E spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified"
    );
    assert_eq!(
        with(&[
            ("spec.backoffLimitPerIndex", json!(1)),
            ("spec.maxFailedIndexes", json!(9))
        ]),
        "E spec.maxFailedIndexes: Invalid value: 9: must be less than or equal to completions"
    );
    assert_eq!(
        first(&[("spec.successPolicy", json!({"rules": [{"succeededCount": 1}]}))]),
        "E spec.successPolicy: Invalid value: {\"Rules\":[{\"SucceededIndexes\":null,\"SucceededCount\":1}]}: requires indexed \
         completion mode"
    );
}

#[test]
fn rows_12_to_17_policies() {
    let first = |policy: Json| lines(job(&[("spec.podFailurePolicy", policy)]))[0].clone();
    let rule = |rule: Json| first(json!({"rules": [rule]}));
    let codes = |codes: Json| rule(json!({"action": "FailJob", "onExitCodes": codes}));
    let at = "E spec.podFailurePolicy.rules[0]";
    assert_eq!(
        rule(json!({"onExitCodes": {"operator": "In", "values": [1]}})),
        format!("{at}.action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]")
    );
    assert_eq!(
        rule(json!({"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [1]}})),
        format!("{at}.action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set")
    );
    assert_eq!(
        codes(json!({"operator": "In", "values": [0]})),
        format!("{at}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator")
    );
    assert_eq!(
        codes(json!({"operator": "In", "values": [3, 1]})),
        format!("{at}.onExitCodes.values: Invalid value: [3,1]: must be ordered")
    );
    assert_eq!(
        codes(json!({"operator": "In", "values": [1], "containerName": "x"})),
        format!(
            "{at}.onExitCodes.containerName: Invalid value: \"x\": must be one of the container or initContainer names in \
             the pod template"
        )
    );
    let replacement = job(&[
        ("spec.podFailurePolicy", json!({"rules": []})),
        ("spec.podReplacementPolicy", json!("TerminatingOrFailed")),
    ]);
    assert_eq!(
        lines(replacement)[0],
        "E spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\""
    );
}

#[test]
fn rows_18_and_20_mode_and_name() {
    expect(
        job(&[("spec.completionMode", json!("indexed"))]),
        &["E spec.completionMode: Unsupported value: \"indexed\": supported values: \"NonIndexed\", \"Indexed\""],
    );
    let name = "a".repeat(62);
    expect(
        job(&[
            ("metadata.name", json!(name)),
            ("spec.completionMode", json!("Indexed")),
            ("spec.completions", json!(11)),
        ]),
        &[&format!(
            "E metadata.name: Invalid value: \"{name}\": will not able to create pod with invalid DNS label: {name}-10"
        )],
    );
    let name = "a".repeat(64);
    expect(
        job(&[("metadata.name", json!(name))]),
        &[&format!(
            "E spec.template.labels: Invalid value: \"{name}\": must be no more than 63 bytes"
        )],
    );
    let name = "a".repeat(254);
    expect(
        job(&[("metadata.name", json!(name))]),
        &[
            &format!("E metadata.name: Invalid value: \"{name}\": must be no more than 253 characters"),
            &format!("E spec.template.labels: Invalid value: \"{name}\": must be no more than 63 bytes"),
        ],
    );
}

#[test]
fn rows_33_to_39_deployments() {
    expect(
        deployment(&[("spec.template.metadata.labels", json!({"app": "b"}))]),
        &[
            "E spec.template.metadata.labels: Invalid value: {\"app\":\"b\"}: `selector` does not match template `labels`",
        ],
    );
    expect(
        deployment(&[("spec.selector", Json::Null)]),
        &[
            "E spec.selector: Required value",
            // No selector matches nothing.
            "E spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`",
        ],
    );
    expect(
        deployment(&[("spec.selector", json!({}))]),
        &["E spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    );
    let strategy = |strategy: Json| deployment(&[("spec.strategy", strategy)]);
    expect(
        strategy(json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}})),
        &["E spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
    );
    expect(
        strategy(json!({"rollingUpdate": {"maxUnavailable": "120%"}})),
        &["E spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"120%\": must not be greater than 100%"],
    );
    expect(strategy(json!({"rollingUpdate": {"maxSurge": "120%"}})), &[]);
    expect(
        strategy(json!({"type": "Recreate", "rollingUpdate": {"maxSurge": 1}})),
        &["E spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    );
    expect(
        deployment(&[
            ("spec.minReadySeconds", json!(10)),
            ("spec.progressDeadlineSeconds", json!(10)),
        ]),
        &["E spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"],
    );
    expect(
        deployment(&[("spec.template.spec.activeDeadlineSeconds", json!(5))]),
        &[
            "E spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
        ],
    );
}

#[test]
fn rows_43_44_56_57_priority() {
    let class = |name: &str, value: i64| json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value});
    expect(
        class("high", 1_000_000_001),
        &["E value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    );
    expect(
        class("system-x", 1),
        &[
            "E metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. \
             error: system-x is not a known system priority class",
        ],
    );
    expect(class("system-node-critical", 2_000_001_000), &[]);
    expect(
        job(&[("spec.template.spec.priorityClassName", json!("nope"))]),
        &[
            "W spec.template.spec.priorityClassName: pods \"train-\" is forbidden: no PriorityClass with name nope was found; \
             the object is taken, but no pod of it is while this is so",
        ],
    );
    expect(
        pod(&[("spec.priority", json!(5))]),
        &[
            "E spec.priority: pods \"p\" is forbidden: the integer value of priority (5) must not be provided in pod spec; \
             priority admission controller computed 0 from the given PriorityClass name",
        ],
    );
    expect(pod(&[("spec.priority", json!(0))]), &[]);
}

#[test]
fn rows_45_to_49_tolerations_and_spreading() {
    let toleration = |toleration: Json| job(&[("spec.template.spec.tolerations", json!([toleration]))]);
    for (operator, shown) in [(json!("Equal"), "Equal"), (Json::Null, "")] {
        let mut bare = json!({"value": "v", "effect": "NoSchedule"});
        if !operator.is_null() {
            bare["operator"] = operator;
        }
        expect(
            toleration(bare),
            &[&format!(
                "E {T}.tolerations[0].operator: Invalid value: \"{shown}\": operator must be Exists when `key` is empty, \
                 which means \"match all values and all keys\""
            )],
        );
    }
    expect(
        toleration(json!({"key": "a", "operator": "Exists", "value": "v"})),
        &[&format!(
            "E {T}.tolerations[0].operator: Invalid value: \"v\": value must be empty when `operator` is 'Exists'"
        )],
    );
    expect(
        toleration(json!({"key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5})),
        &[&format!(
            "E {T}.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"
        )],
    );
    let spread = |spread: Json| {
        lines(job(&[(
            "spec.template.spec.topologySpreadConstraints",
            json!([spread]),
        )]))
    };
    let at = format!("E {T}.topologySpreadConstraints[0]");
    assert_eq!(
        spread(json!({"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "DoNotSchedule"})),
        [
            format!("{at}.maxSkew: Invalid value: 0: must be greater than zero"),
            format!("{at}.topologyKey: Required value: can not be empty"),
        ]
    );
    assert_eq!(
        spread(json!({"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2})),
        [format!(
            "{at}.minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"
        )]
    );
}

#[test]
fn rows_50_54_55_taints_and_affinity() {
    let taints = json!([{"key": "a", "effect": "NoSchedule"}, {"key": "a", "value": "x", "effect": "NoSchedule"}]);
    expect(
        node(&[("spec.taints", taints)]),
        &[
            "E metadata.taints[1]: Duplicate value: {\"Key\":\"a\",\"Value\":\"x\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: \
             taints must be unique by key and effect pair",
        ],
    );
    expect(
        node(&[("spec.taints", json!([{"key": "a", "effect": "NoWay"}]))]),
        &[
            "E metadata.taints[0].effect: Unsupported value: \"NoWay\": supported values: \"NoSchedule\", \
             \"PreferNoSchedule\", \"NoExecute\"",
        ],
    );
    let at = format!("E {T}.affinity.nodeAffinity");
    let affinity = |affinity: Json| lines(job(&[("spec.template.spec.affinity.nodeAffinity", affinity)]));
    assert_eq!(
        affinity(json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}})),
        [format!(
            "{at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one \
             node selector term"
        )]
    );
    assert_eq!(
        affinity(json!({"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 0, "preference": {}}]})),
        [format!(
            "{at}.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100"
        )]
    );
}

#[test]
fn rows_59_and_60_huge_jobs() {
    let huge = |more: &[(&str, Json)]| {
        let base = [
            ("spec.completionMode", json!("Indexed")),
            ("spec.completions", json!(200_000)),
            ("spec.backoffLimitPerIndex", json!(1)),
        ];
        lines(job(&[&base[..], more].concat()))[0].clone()
    };
    assert_eq!(
        huge(&[]),
        "E spec.maxFailedIndexes: Required value: must be specified when completions is above 100000"
    );
    assert_eq!(
        huge(&[("spec.maxFailedIndexes", json!(1)), ("spec.parallelism", json!(20_000))]),
        "E spec.parallelism: Invalid value: 20000: must be less than or equal to 10000 when completions are above 100000 and \
         used with backoff limit per index"
    );
}

#[test]
fn labels_selectors_and_namespaces() {
    let text = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \
        and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
        '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    expect(
        job(&[("spec.template.metadata.labels", json!({"a": "b c!"}))]),
        &[
            // A Job without labels gets those of its pods.
            &format!("E metadata.labels: Invalid value: \"b c!\": {text}"),
            &format!("E spec.template.labels: Invalid value: \"b c!\": {text}"),
        ],
    );
    expect(
        job(&[("spec.selector", json!({"matchLabels": {"a": "b"}}))]),
        &[
            "E spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"batch.kubernetes.io/controller-uid\":\"<uid>\"}}: \
             `selector` not auto-generated",
            "E spec.template.metadata.labels: Invalid value: {\"batch.kubernetes.io/controller-uid\":\"<uid>\",\
             \"batch.kubernetes.io/job-name\":\"train\",\"controller-uid\":\"<uid>\",\"job-name\":\"train\"}: `selector` does not \
             match template `labels`",
        ],
    );
    // Read back from a cluster: `kubectl get job -o yaml`.
    expect(
        job(&[(
            "spec.selector",
            json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "6be7"}}),
        )]),
        &[],
    );
    assert!(
        lines(job(&[("metadata.namespace", json!("A"))]))[0]
            .starts_with("E metadata.namespace: Invalid value: \"A\": a lowercase RFC 1123 label")
    );
}
