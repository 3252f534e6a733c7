//! PodDisruptionBudgets.

use serde_json::{Value as Json, json};

use super::*;
use crate::cluster::spec::{Allowance, LabelSelector, ObjectSpec, PodDisruptionBudget};

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn pdb(spec: Json) -> Json {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": spec})
}

fn budget(spec: Json) -> PodDisruptionBudget {
    let outcome = read(&[pdb(spec)]);
    assert_eq!(outcome.text(), "");
    match &outcome.objects[0].spec {
        ObjectSpec::DisruptionBudget(budget) => budget.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn budgets_are_read_in_numbers_and_shares() {
    let labels = [("app".to_owned(), "web".to_owned())].into();
    let plain = budget(json!({"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 2}));
    assert_eq!(plain.namespace, "default");
    assert_eq!(plain.selector, Some(LabelSelector::of_labels(&labels)));
    assert_eq!(
        (plain.min_available, plain.max_unavailable),
        (Some(Allowance::Pods(2)), None)
    );
    let share = budget(json!({"maxUnavailable": "30%", "unhealthyPodEvictionPolicy": "AlwaysAllow"}));
    assert_eq!(
        (share.max_unavailable, share.selector),
        (Some(Allowance::Percent(30)), None)
    );
    assert!(share.always_allow_unhealthy && !plain.always_allow_unhealthy);
}

#[test]
fn impossible_budgets_are_refused() {
    let text = |spec| read(&[pdb(spec)]).text();
    let percent = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used \
                   for validation is '[0-9]+%')";
    let cases = [
        (
            json!({"minAvailable": -1}),
            "minAvailable",
            "Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            json!({"minAvailable": "120%"}),
            "minAvailable",
            "Invalid value: \"120%\": must not be greater than 100%",
        ),
        (
            json!({"maxUnavailable": "some"}),
            "maxUnavailable",
            &format!("Invalid value: \"some\": {percent}"),
        ),
        (
            json!({"unhealthyPodEvictionPolicy": "Never"}),
            "unhealthyPodEvictionPolicy",
            "Unsupported value: \"Never\": supported values: \"AlwaysAllow\", \"IfHealthyBudget\"",
        ),
    ];
    for (spec, field, message) in cases {
        assert_eq!(text(spec), format!("E spec.{field}: {message}"));
    }
    let both = text(json!({"minAvailable": 1, "maxUnavailable": 1}));
    assert!(
        both.ends_with("minAvailable and maxUnavailable cannot be both set"),
        "{both}"
    );
}
