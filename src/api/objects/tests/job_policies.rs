//! The policies of Jobs: what is read, and what is refused, in the API server's words.

use serde_json::{Value as Json, json};

use super::{job, lines, read, with};
use crate::cluster::spec::{
    PodFailureAction, PodFailureRequirement, PodFailureRule, PodReplacementPolicy, SuccessRule,
};

/// An Indexed Job of ten indexes.
fn indexed(changes: &[(&str, Json)]) -> Json {
    let base = job(&[
        ("spec.completionMode", json!("Indexed")),
        ("spec.completions", json!(10)),
    ]);
    with(base, changes)
}

fn failure_policy(rules: Json) -> Json {
    indexed(&[
        ("spec.backoffLimitPerIndex", json!(1)),
        ("spec.podFailurePolicy.rules", rules),
    ])
}

fn success_policy(rules: Json) -> Json {
    indexed(&[("spec.successPolicy.rules", rules)])
}

#[test]
fn every_kind_of_failure_rule_is_read() {
    let outcome = read(&[failure_policy(json!([
        {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [1, 42]}},
        {"action": "FailIndex", "onExitCodes": {"operator": "NotIn", "values": [0, 7]}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
        {"action": "Count", "onPodConditions": [{"type": "ConfigIssue", "status": "Unknown"}, {"type": "a.io/B", "status": ""}]},
    ]))]);
    assert_eq!(outcome.text(), "");
    let codes = |container: Option<&str>, not_in, values: &[i32]| PodFailureRequirement::ExitCodes {
        container: container.map(str::to_owned),
        not_in,
        values: values.to_vec(),
    };
    let conditions = |patterns: &[(&str, &str)]| {
        let owned = |(kind, status): &(&str, &str)| ((*kind).to_owned(), (*status).to_owned());
        PodFailureRequirement::PodConditions(patterns.iter().map(owned).collect())
    };
    let rules = [
        (PodFailureAction::FailJob, codes(Some("main"), false, &[1, 42])),
        (PodFailureAction::FailIndex, codes(None, true, &[0, 7])),
        (PodFailureAction::Ignore, conditions(&[("DisruptionTarget", "True")])),
        (
            PodFailureAction::Count,
            conditions(&[("ConfigIssue", "Unknown"), ("a.io/B", "True")]),
        ),
    ];
    let rules = rules.map(|(action, requirement)| PodFailureRule { action, requirement });
    let job = outcome.job();
    assert_eq!(job.pod_failure_policy.as_deref(), Some(&rules[..]));
    assert_eq!(job.pod_replacement_policy, PodReplacementPolicy::Failed);
    assert!(job.only_replaces_failed_pods());
}

#[test]
fn wrong_failure_rules_are_told_with_their_places() {
    let many = |what: Json, count: usize| Json::Array(vec![what; count]);
    let rule = |rule: Json| lines(failure_policy(json!([rule])));
    let at = "E spec.podFailurePolicy.rules[0]";
    assert_eq!(
        rule(json!({"action": "Ignore"})),
        [format!(
            "{at}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"
        )]
    );
    assert_eq!(
        rule(json!({
            "action": "Ignore",
            "onExitCodes": {"operator": "In", "values": [1]},
            "onPodConditions": [{"type": "DisruptionTarget"}],
        })),
        [format!(
            "{at}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"
        )]
    );
    assert_eq!(
        rule(json!({"action": "Retry", "onPodConditions": [{"type": "X"}]})),
        [format!(
            "{at}.action: Unsupported value: \"Retry\": supported values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\""
        )]
    );
    assert_eq!(
        rule(json!({"action": "Count", "onExitCodes": {"operator": "Is", "values": [1]}})),
        [format!(
            "{at}.onExitCodes.operator: Unsupported value: \"Is\": supported values: \"In\", \"NotIn\""
        )]
    );
    assert_eq!(
        rule(json!({"action": "Count", "onExitCodes": {"values": [1]}})),
        [format!(
            "{at}.onExitCodes.operator: Required value: valid values: [\"In\" \"NotIn\"]"
        )]
    );
    assert_eq!(
        rule(json!({"action": "Count", "onExitCodes": {"operator": "In", "values": []}})),
        [format!(
            "{at}.onExitCodes.values: Invalid value: []: at least one value is required"
        )]
    );
    assert_eq!(
        rule(json!({"action": "Count", "onExitCodes": {"operator": "In", "values": [2, 2]}})),
        [format!("{at}.onExitCodes.values[1]: Duplicate value: 2")]
    );
    let codes: Vec<i32> = (1..=256).collect();
    assert_eq!(
        rule(json!({"action": "Count", "onExitCodes": {"operator": "In", "values": codes}})),
        [format!(
            "{at}.onExitCodes.values: Too many: 256: must have at most 255 items"
        )]
    );
    assert_eq!(
        rule(json!({"action": "Count", "onPodConditions": [{"type": "A B", "status": "Yes"}]})),
        [
            format!(
                "{at}.onPodConditions[0].type: Invalid value: \"A B\": name part must consist of alphanumeric characters, '-', \
                 '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or \
                 '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            ),
            format!(
                "{at}.onPodConditions[0].status: Unsupported value: \"Yes\": supported values: \"False\", \"True\", \"Unknown\""
            ),
        ]
    );
    assert_eq!(
        rule(json!({"action": "Count", "onPodConditions": many(json!({"type": "X"}), 21)})),
        [format!(
            "{at}.onPodConditions: Too many: 21: must have at most 20 items"
        )]
    );
    let ignore = json!({"action": "Ignore", "onPodConditions": [{"type": "X"}]});
    assert_eq!(
        lines(failure_policy(many(ignore, 21))),
        ["E spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items"]
    );
    // A container that the rule names may be one for initialisation.
    let init = (
        "spec.template.spec.initContainers",
        json!([{"name": "setup", "image": "x"}]),
    );
    let named =
        json!([{"action": "Count", "onExitCodes": {"operator": "In", "values": [1], "containerName": "setup"}}]);
    assert!(
        lines(with(failure_policy(named), &[init]))
            .iter()
            .all(|line| !line.starts_with('E'))
    );
    let restarts = ("spec.template.spec.restartPolicy", json!("OnFailure"));
    assert_eq!(
        lines(with(failure_policy(json!([])), &[restarts])),
        [
            "E spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when podFailurePolicy \
             is specified"
        ]
    );
}

#[test]
fn success_rules_are_read_with_their_indexes() {
    let outcome = read(&[success_policy(json!([
        {"succeededIndexes": "0,2-4,9"},
        {"succeededIndexes": "1-5", "succeededCount": 3},
        {"succeededCount": 10},
    ]))]);
    assert_eq!(outcome.text(), "");
    let rule = |indexes: Option<&[(u32, u32)]>, count| SuccessRule {
        indexes: indexes.map(<[_]>::to_vec),
        count,
    };
    assert_eq!(
        outcome.job().success_policy,
        [
            rule(Some(&[(0, 0), (2, 4), (9, 9)]), None),
            rule(Some(&[(1, 5)]), Some(3)),
            rule(None, Some(10)),
        ]
    );
}

#[test]
fn wrong_success_rules_are_told_with_their_places() {
    let rule = |rule: Json| lines(success_policy(json!([rule])));
    let at = "E spec.successPolicy.rules[0]";
    let indexes = |text: &str, what: &str| {
        assert_eq!(
            rule(json!({ "succeededIndexes": text })),
            [format!(
                "{at}.succeededIndexes: Invalid value: \"{text}\": error parsing succeededIndexes: {what}"
            )]
        );
    };
    indexes("3,1", "non-increasing order, previous: 3, current: 1");
    indexes("4-2", "non-increasing order, previous: 4, current: 2");
    indexes("1,1", "non-increasing order, previous: 1, current: 1");
    indexes("10", "too large index: \\\"10\\\"".replace('\\', "").as_str());
    indexes(
        "1,x",
        "cannot convert string to integer for index: \\\"x\\\""
            .replace('\\', "")
            .as_str(),
    );
    indexes(
        "1-2-3",
        "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'",
    );
    assert_eq!(
        rule(json!({})),
        [format!(
            "{at}: Required value: at least one of succeededCount or succeededIndexes must be specified"
        )]
    );
    assert_eq!(
        rule(json!({"succeededCount": 11, "succeededIndexes": "0-3"})),
        [
            format!(
                "{at}.succeededCount: Invalid value: 11: must be less than or equal to 10 (the number of specified completions)"
            ),
            format!(
                "{at}.succeededCount: Invalid value: 11: must be less than or equal to 4 (the number of indexes in the specified \
                 succeededIndexes field)"
            ),
        ]
    );
    assert_eq!(
        rule(json!({"succeededCount": -1})),
        [format!(
            "{at}.succeededCount: Invalid value: -1: must be greater than or equal to 0"
        )]
    );
    assert_eq!(
        lines(success_policy(json!([]))),
        [
            "E spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified"
        ]
    );
    assert_eq!(
        lines(success_policy(Json::Array(vec![json!({"succeededCount": 1}); 21]))),
        ["E spec.successPolicy.rules: Too many: 21: must have at most 20 items"]
    );
    let long = vec!["0"; 33_000].join(",");
    let told = rule(json!({ "succeededIndexes": long }));
    assert_eq!(
        told[0],
        format!("{at}.succeededIndexes: Too long: may not be more than 65536 bytes")
    );
}

#[test]
fn limits_per_index_go_with_indexes() {
    let outcome = read(&[indexed(&[
        ("spec.backoffLimitPerIndex", json!(2)),
        ("spec.maxFailedIndexes", json!(10)),
    ])]);
    assert_eq!(outcome.text(), "");
    assert_eq!(outcome.job().backoff_limit_per_index, Some(2));
    assert_eq!(outcome.job().max_failed_indexes, Some(10));
    assert_eq!(
        lines(indexed(&[
            ("spec.backoffLimitPerIndex", json!(-2)),
            ("spec.maxFailedIndexes", json!(11)),
        ])),
        [
            "E spec.backoffLimitPerIndex: Invalid value: -2: must be greater than or equal to 0",
            "E spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
            "E spec.maxFailedIndexes: Invalid value: 11: must be less than or equal to completions",
        ]
    );
    assert_eq!(
        lines(job(&[
            ("spec.backoffLimitPerIndex", json!(1)),
            ("spec.maxFailedIndexes", json!(1)),
        ])),
        [
            "E spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
            "E spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
        ]
    );
    assert!(
        lines(indexed(&[
            ("spec.completions", json!(200_000)),
            ("spec.backoffLimitPerIndex", json!(1)),
            ("spec.maxFailedIndexes", json!(150_000)),
        ]))
        .contains(&"E spec.maxFailedIndexes: Invalid value: 150000: must be less than or equal to 100000".to_owned())
    );
}

#[test]
fn another_controller_is_named_by_a_path() {
    let managed = |name: &str| lines(job(&[("spec.managedBy", json!(name))]));
    let outcome = read(&[job(&[("spec.managedBy", json!("kueue.x-k8s.io/multikueue"))])]);
    assert_eq!(outcome.text(), "");
    assert!(outcome.job().managed_elsewhere);
    assert!(
        !read(&[job(&[("spec.managedBy", json!("kubernetes.io/job-controller"))])])
            .job()
            .managed_elsewhere
    );
    assert_eq!(managed(""), ["E spec.managedBy: Required value"]);
    for wrong in ["kueue", "kueue/", "/x"] {
        assert_eq!(
            managed(wrong),
            [format!(
                "E spec.managedBy: Invalid value: \"{wrong}\": must be a domain-prefixed path (such as \"acme.io/foo\")"
            )]
        );
    }
    assert_eq!(
        managed("a.io/b c"),
        [
            "E spec.managedBy: Invalid value: \"b c\": Invalid path (regex used for validation is \
             '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"
        ]
    );
    assert_eq!(
        managed(&format!("a.io/{}", "x".repeat(60))),
        ["E spec.managedBy: Too long: may not be more than 63 bytes"]
    );
}
