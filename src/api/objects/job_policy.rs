//! The policies of a Job. They are not simulated yet; mistakes in them are told all the same
//! (`pkg/apis/batch/validation/validation.go: validatePodFailurePolicy, validateSuccessPolicy`).

use super::context::Reading;
use super::job::JobCounts;
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::cluster::spec::CompletionMode;

/// Most rules of a policy (`maxPodFailurePolicyRules`).
const MAX_RULES: usize = 20;
/// Most exit codes of a rule (`maxPodFailurePolicyOnExitCodesValues`).
const MAX_EXIT_CODES: usize = 255;
/// What a rule may do, in the validator's order.
const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];

/// Checks `podFailurePolicy`, `successPolicy`, `podReplacementPolicy` and `maxFailedIndexes` of a Job.
pub fn check_policies(spec: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    check_failed_indexes(spec, counts, reading);
    let failure = spec.at("podFailurePolicy");
    if failure.is_present() {
        check_failure_policy(spec, &failure, counts, reading);
    }
    check_replacement(spec, failure.is_present(), reading);
    let success = spec.at("successPolicy");
    if success.is_present() {
        check_success_policy(&success, counts, reading);
    }
}

fn check_failed_indexes(spec: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    let field = spec.at("maxFailedIndexes");
    let Some(value) = field.count(reading.problems) else {
        return;
    };
    if counts.per_index.is_none() {
        spec.at("backoffLimitPerIndex")
            .error(reading.problems, required("when maxFailedIndexes is specified"));
    }
    if counts.completions.is_some_and(|completions| value > completions) {
        field.error(
            reading.problems,
            invalid(value, "must be less than or equal to completions"),
        );
    }
}

fn check_failure_policy(spec: &Field<'_>, policy: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    let restart = spec.at_path("template.spec.restartPolicy");
    if restart.str() == Some("OnFailure") {
        let detail = "only \"Never\" is supported when podFailurePolicy is specified";
        restart.error(reading.problems, invalid(restart.json(), detail));
    }
    let rules = policy.at("rules");
    let items = rules.items();
    if items.len() > MAX_RULES {
        let message = format!("Too many: {}: must have at most {MAX_RULES} items", items.len());
        rules.error(reading.problems, message);
    }
    let pod = spec.at_path("template.spec");
    let containers = pod
        .at("containers")
        .items()
        .into_iter()
        .chain(pod.at("initContainers").items());
    let names: Vec<&str> = containers.filter_map(|c| c.at("name").str()).collect();
    for rule in items {
        check_rule(&rule, &names, counts, reading);
    }
}

fn check_rule(rule: &Field<'_>, containers: &[&str], counts: JobCounts, reading: &mut Reading<'_>) {
    let action = rule.at("action");
    match action.str_or_empty() {
        "" => {
            let valid = ACTIONS.map(quoted).join(" ");
            action.error(reading.problems, required(&format!("valid values: [{valid}]")));
        }
        "FailIndex" if counts.per_index.is_none() => {
            let detail = "requires the backoffLimitPerIndex to be set";
            action.error(reading.problems, invalid(action.json(), detail));
        }
        text if !ACTIONS.contains(&text) => action.error(reading.problems, unsupported(text, &ACTIONS)),
        _ => {}
    }
    let (codes, conditions) = (rule.at("onExitCodes"), rule.at("onPodConditions"));
    if codes.is_present() {
        check_exit_codes(&codes, containers, reading);
    }
    if codes.is_present() && !conditions.is_empty() {
        let detail = "specifying both OnExitCodes and OnPodConditions is not supported";
        rule.error(reading.problems, invalid(rule.json(), detail));
    } else if !codes.is_present() && conditions.is_empty() {
        let detail = "specifying one of OnExitCodes and OnPodConditions is required";
        rule.error(reading.problems, invalid(rule.json(), detail));
    }
}

fn check_exit_codes(codes: &Field<'_>, containers: &[&str], reading: &mut Reading<'_>) {
    let operator = codes.at("operator");
    let text = operator.str_or_empty();
    if text.is_empty() {
        let valid = ["In", "NotIn"].map(quoted).join(" ");
        operator.error(reading.problems, required(&format!("valid values: [{valid}]")));
    } else if !matches!(text, "In" | "NotIn") {
        operator.error(reading.problems, unsupported(text, &["In", "NotIn"]));
    }
    let container = codes.at("containerName");
    if container.str().is_some_and(|name| !containers.contains(&name)) {
        let detail = "must be one of the container or initContainer names in the pod template";
        container.error(reading.problems, invalid(container.json(), detail));
    }
    let values = codes.at("values");
    let items = values.items();
    if items.is_empty() {
        let detail = "at least one value is required";
        values.error(reading.problems, invalid("[]", detail));
    } else if items.len() > MAX_EXIT_CODES {
        let message = format!("Too many: {}: must have at most {MAX_EXIT_CODES} items", items.len());
        values.error(reading.problems, message);
    }
    let mut numbers = Vec::with_capacity(items.len());
    for item in items {
        let Some(value) = item.int32() else { continue };
        if text == "In" && value == 0 {
            item.error(reading.problems, invalid(value, "must not be 0 for the In operator"));
        }
        if numbers.contains(&value) {
            item.error(reading.problems, format!("Duplicate value: {value}"));
        }
        numbers.push(value);
    }
    if !numbers.is_sorted() {
        values.error(reading.problems, invalid(values.json(), "must be ordered"));
    }
}

fn check_replacement(spec: &Field<'_>, failure_policy: bool, reading: &mut Reading<'_>) {
    let field = spec.at("podReplacementPolicy");
    let supported: &[&str] = if failure_policy {
        &["Failed"]
    } else {
        &["Failed", "TerminatingOrFailed"]
    };
    if let Some(text) = field.str().filter(|t| !supported.contains(t)) {
        field.error(reading.problems, unsupported(text, supported));
    }
}

fn check_success_policy(policy: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    if counts.mode == CompletionMode::NonIndexed {
        policy.error_with_hint(
            reading.problems,
            invalid(success_policy_json(policy), "requires indexed completion mode"),
            "add `completionMode: Indexed`",
        );
        return;
    }
    let rules = policy.at("rules");
    let items = rules.items();
    if items.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        rules.error(reading.problems, required(detail));
    } else if items.len() > MAX_RULES {
        let message = format!("Too many: {}: must have at most {MAX_RULES} items", items.len());
        rules.error(reading.problems, message);
    }
    for rule in items {
        let (count, indexes) = (rule.at("succeededCount"), rule.at("succeededIndexes"));
        if !count.is_present() && !indexes.is_present() {
            let detail = "at least one of succeededCount or succeededIndexes must be specified";
            rule.error(reading.problems, required(detail));
        }
        let Some(value) = count.count(reading.problems) else {
            continue;
        };
        if let Some(completions) = counts.completions.filter(|&c| value > c) {
            let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
            count.error(reading.problems, invalid(value, &detail));
        }
    }
}

/// A success policy as the API server prints it: the internal type, whose fields have no JSON names.
fn success_policy_json(policy: &Field<'_>) -> String {
    let rules = policy.at("rules").items();
    let rules = rules.iter().map(|rule| {
        let [indexes, count] = ["succeededIndexes", "succeededCount"].map(|key| {
            let field = rule.at(key);
            if field.is_present() {
                field.json()
            } else {
                "null".to_owned()
            }
        });
        format!("{{\"SucceededIndexes\":{indexes},\"SucceededCount\":{count}}}")
    });
    format!("{{\"Rules\":[{}]}}", rules.collect::<Vec<_>>().join(","))
}
