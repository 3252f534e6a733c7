//! The policies of a Job (`pkg/apis/batch/validation/validation.go: validatePodFailurePolicy, validateSuccessPolicy`).

use super::context::Reading;
use super::job::JobCounts;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::cluster::spec::{
    CompletionMode, PodFailureAction, PodFailureRequirement, PodFailureRule, PodReplacementPolicy, SuccessRule,
};

/// Most rules of a policy (`maxPodFailurePolicyRules`).
const MAX_RULES: usize = 20;
/// Most exit codes of a rule (`maxPodFailurePolicyOnExitCodesValues`).
const MAX_EXIT_CODES: usize = 255;
/// Most conditions of a rule (`maxPodFailurePolicyOnPodConditionsPatterns`).
const MAX_CONDITIONS: usize = 20;
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
    let indexed = counts.mode == CompletionMode::Indexed;
    if indexed && counts.completions.is_some_and(|completions| value > completions) {
        field.error(
            reading.problems,
            invalid(value, "must be less than or equal to completions"),
        );
    }
    if !indexed {
        field.error(reading.problems, invalid(value, "requires indexed completion mode"));
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
            let status = pattern.at("status").str().unwrap_or("True").to_owned();
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
    if codes.is_present() && !conditions.is_empty() {
        let message = "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported";
        rule.error(reading.problems, message);
    } else if !codes.is_present() && conditions.is_empty() {
        let message = "Invalid value: specifying one of OnExitCodes and OnPodConditions is required";
        rule.error(reading.problems, message);
    }
    check_conditions(&conditions, reading);
}

fn check_conditions(conditions: &Field<'_>, reading: &mut Reading<'_>) {
    let items = conditions.items();
    if items.len() > MAX_CONDITIONS {
        let message = format!("Too many: {}: must have at most {MAX_CONDITIONS} items", items.len());
        conditions.error(reading.problems, message);
    }
    for pattern in items {
        let (kind, status) = (pattern.at("type"), pattern.at("status"));
        for text in names::qualified_name(kind.str_or_empty()) {
            kind.error(reading.problems, invalid(quoted(kind.str_or_empty()), &text));
        }
        // Without a status True is meant (`SetDefaults_Job`).
        if let Some(text) = status
            .str()
            .filter(|text| !["", "False", "True", "Unknown"].contains(text))
        {
            status.error(reading.problems, unsupported(text, &["False", "True", "Unknown"]));
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

fn read_success_policy(policy: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) -> Vec<SuccessRule> {
    if counts.mode == CompletionMode::NonIndexed {
        policy.error_with_hint(
            reading.problems,
            invalid(success_policy_json(policy), "requires indexed completion mode"),
            "add `completionMode: Indexed`",
        );
        return Vec::new();
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
    items
        .iter()
        .map(|rule| read_success_rule(rule, counts, reading))
        .collect()
}

fn read_success_rule(rule: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) -> SuccessRule {
    let (count, indexes) = (rule.at("succeededCount"), rule.at("succeededIndexes"));
    if !count.is_present() && !indexes.is_present() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        rule.error(reading.problems, required(detail));
    }
    let completions = counts.completions.unwrap_or(0);
    let runs = indexes.str().and_then(|text| match parse_indexes(text, completions) {
        Ok(runs) => Some(runs),
        Err(what) => {
            let detail = format!("error parsing succeededIndexes: {what}");
            indexes.error(reading.problems, invalid(quoted(text), &detail));
            None
        }
    });
    let value = count.count(reading.problems);
    let bounds = [
        Some((completions, "the number of specified completions")),
        indexes.is_present().then(|| {
            // Indexes that cannot be read are none.
            let runs = runs.as_deref().unwrap_or_default();
            let total: u32 = runs.iter().map(|(first, last)| last - first + 1).sum();
            (total, "the number of indexes in the specified succeededIndexes field")
        }),
    ];
    for (most, of_what) in bounds.into_iter().flatten() {
        if let Some(value) = value.filter(|value| *value > most) {
            let detail = format!("must be less than or equal to {most} ({of_what})");
            count.error(reading.problems, invalid(value, &detail));
        }
    }
    SuccessRule {
        indexes: runs,
        count: value,
    }
}

/// Reads `0,2-4,7`: increasing indexes and intervals below `completions`
/// (`pkg/apis/batch/validation/validation.go: validateIndexesFormat`).
fn parse_indexes(text: &str, completions: u32) -> Result<Vec<(u32, u32)>, String> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let fragments = text.split(',').filter(|_| !text.is_empty());
    for fragment in fragments {
        let parts: Vec<&str> = fragment.split('-').collect();
        let index = |part: &str| match part.parse::<u32>() {
            Err(_) => Err(format!("cannot convert string to integer for index: {}", quoted(part))),
            Ok(index) if index >= completions => Err(format!("too large index: {}", quoted(part))),
            Ok(index) => Ok(index),
        };
        let ordered = |before: u32, after: u32| {
            if before < after {
                Ok(())
            } else {
                Err(format!("non-increasing order, previous: {before}, current: {after}"))
            }
        };
        let first = index(parts[0])?;
        let last = match parts[..] {
            [_] => first,
            [_, last] => index(last)?,
            _ => {
                return Err(format!(
                    "the fragment {} violates the requirement that an index interval can have at most two parts separated \
                     by '-'",
                    quoted(fragment)
                ));
            }
        };
        if parts.len() == 2 {
            ordered(first, last)?;
        }
        if let Some((_, before)) = runs.last() {
            ordered(*before, first)?;
        }
        runs.push((first, last));
    }
    Ok(runs)
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
