//! The policies of a Job (`pkg/apis/batch/validation/validation.go: validatePodFailurePolicy, validateSuccessPolicy`).

use super::context::Reading;
use super::job::JobCounts;
use super::job_success_policy::read_success_policy;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::cluster::spec::{
    CompletionMode, PodFailureAction, PodFailureRequirement, PodFailureRule, PodReplacementPolicy, SuccessRule,
};

/// Most rules of a policy (`maxPodFailurePolicyRules`).
pub(super) const MAX_RULES: usize = 20;
/// Most exit codes of a rule (`maxPodFailurePolicyOnExitCodesValues`).
const MAX_EXIT_CODES: usize = 255;
/// Most patterns of conditions of a rule (`maxPodFailurePolicyOnPodConditionsPatterns`).
const MAX_PATTERNS: usize = 20;
/// Most failed indexes that an Indexed Job may allow (`maxFailedIndexesForIndexedJob`).
const MAX_FAILED_INDEXES: u32 = 100_000;
/// What a rule may do, in the validator's order.
const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];

/// The policies of a Job.
#[derive(Debug, Default)]
pub struct Policies {
    /// `maxFailedIndexes`.
    pub max_failed_indexes: Option<u32>,
    /// `podFailurePolicy`.
    pub failure: Option<Vec<PodFailureRule>>,
    /// `podReplacementPolicy`, with its default.
    pub replacement: PodReplacementPolicy,
    /// `successPolicy`.
    pub success: Vec<SuccessRule>,
}

/// Reads `podFailurePolicy`, `successPolicy`, `podReplacementPolicy` and `maxFailedIndexes` of a Job.
pub fn read_policies(spec: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) -> Policies {
    let max_failed_indexes = read_failed_indexes(spec, counts, reading);
    let failure = spec.at("podFailurePolicy");
    let rules = failure
        .is_present()
        .then(|| read_failure_policy(spec, &failure, counts, reading));
    let replacement = read_replacement(spec, failure.is_present(), reading);
    let success = spec.at("successPolicy");
    Policies {
        max_failed_indexes,
        failure: rules,
        replacement,
        success: if success.is_present() {
            read_success_policy(&success, counts, reading)
        } else {
            Vec::new()
        },
    }
}

fn read_failed_indexes(spec: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) -> Option<u32> {
    let field = spec.at("maxFailedIndexes");
    let value = field.count(reading.problems)?;
    if counts.per_index.is_none() {
        spec.at("backoffLimitPerIndex")
            .error(reading.problems, required("when maxFailedIndexes is specified"));
    }
    if counts.mode == CompletionMode::NonIndexed {
        let message = invalid(value, "requires indexed completion mode");
        field.error_with_hint(reading.problems, message, "add `completionMode: Indexed`");
        return Some(value);
    }
    if counts.completions.is_some_and(|completions| value > completions) {
        field.error(
            reading.problems,
            invalid(value, "must be less than or equal to completions"),
        );
    }
    if value > MAX_FAILED_INDEXES {
        let detail = format!("must be less than or equal to {MAX_FAILED_INDEXES}");
        field.error(reading.problems, invalid(value, &detail));
    }
    Some(value)
}

fn read_failure_policy(
    spec: &Field<'_>,
    policy: &Field<'_>,
    counts: JobCounts,
    reading: &mut Reading<'_>,
) -> Vec<PodFailureRule> {
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
    let read = |rule: &Field<'_>| {
        check_rule(rule, &names, counts, reading);
        failure_rule(rule)
    };
    items.iter().filter_map(read).collect()
}

/// The rule, unless it is one of those that were told to be wrong.
fn failure_rule(rule: &Field<'_>) -> Option<PodFailureRule> {
    let action = match rule.at("action").str()? {
        "Count" => PodFailureAction::Count,
        "FailIndex" => PodFailureAction::FailIndex,
        "FailJob" => PodFailureAction::FailJob,
        "Ignore" => PodFailureAction::Ignore,
        _ => return None,
    };
    let codes = rule.at("onExitCodes");
    let requirement = if codes.is_present() {
        PodFailureRequirement::ExitCodes {
            container: codes.at("containerName").str().map(str::to_owned),
            not_in: codes.at("operator").str() == Some("NotIn"),
            values: codes.at("values").items().iter().filter_map(Field::int32).collect(),
        }
    } else {
        let pattern = |pattern: Field<'_>| {
            let status = match pattern.at("status").str_or_empty() {
                "" => "True".to_owned(),
                status => status.to_owned(),
            };
            (pattern.at("type").str_or_empty().to_owned(), status)
        };
        PodFailureRequirement::PodConditions(rule.at("onPodConditions").items().into_iter().map(pattern).collect())
    };
    Some(PodFailureRule { action, requirement })
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
    check_conditions(&conditions, reading);
    // The API server leaves the value out of these.
    if codes.is_present() && !conditions.is_empty() {
        let message = "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported";
        rule.error(reading.problems, message);
    } else if !codes.is_present() && conditions.is_empty() {
        let message = "Invalid value: specifying one of OnExitCodes and OnPodConditions is required";
        rule.error(reading.problems, message);
    }
}

/// `validatePodFailurePolicyRuleOnPodConditions`; a status that is not given is True.
fn check_conditions(conditions: &Field<'_>, reading: &mut Reading<'_>) {
    let items = conditions.items();
    if items.len() > MAX_PATTERNS {
        let message = format!("Too many: {}: must have at most {MAX_PATTERNS} items", items.len());
        conditions.error(reading.problems, message);
    }
    for pattern in items {
        let kind = pattern.at("type");
        let text = kind.str_or_empty();
        for fault in names::qualified_name(text) {
            kind.error(reading.problems, invalid(quoted(text), &fault));
        }
        let status = pattern.at("status");
        let statuses = ["False", "True", "Unknown"];
        if let Some(text) = status.str().filter(|t| !t.is_empty() && !statuses.contains(t)) {
            status.error(reading.problems, unsupported(text, &statuses));
        }
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
        let given = if values.is_present() { "[]" } else { "null" };
        values.error(reading.problems, invalid(given, detail));
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

fn read_replacement(spec: &Field<'_>, failure_policy: bool, reading: &mut Reading<'_>) -> PodReplacementPolicy {
    let field = spec.at("podReplacementPolicy");
    let supported: &[&str] = if failure_policy {
        &["Failed"]
    } else {
        &["Failed", "TerminatingOrFailed"]
    };
    if let Some(text) = field.str().filter(|t| !supported.contains(t)) {
        field.error(reading.problems, unsupported(text, supported));
    }
    if failure_policy || field.str() == Some("Failed") {
        PodReplacementPolicy::Failed
    } else {
        PodReplacementPolicy::TerminatingOrFailed
    }
}
