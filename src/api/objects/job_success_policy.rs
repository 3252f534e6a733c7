//! `successPolicy` of a Job (`pkg/apis/batch/validation/validation.go: validateSuccessPolicy`).

use super::context::Reading;
use super::job::JobCounts;
use super::job_policy::MAX_RULES;
use super::reader::{Field, invalid, quoted, required};
use crate::cluster::spec::{CompletionMode, SuccessRule};

/// Longest `succeededIndexes`, in bytes (`maxJobSuccessPolicySucceededIndexesLimit`).
const MAX_SUCCEEDED_INDEXES: usize = 64 * 1024;

/// Reads the rules of `successPolicy`.
pub(super) fn read_success_policy(
    policy: &Field<'_>,
    counts: JobCounts,
    reading: &mut Reading<'_>,
) -> Vec<SuccessRule> {
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
    if indexes.str().is_some_and(|text| text.len() > MAX_SUCCEEDED_INDEXES) {
        let message = format!("Too long: may not be more than {MAX_SUCCEEDED_INDEXES} bytes");
        indexes.error(reading.problems, message);
    }
    let runs = indexes.str().and_then(|text| match parse_indexes(text, completions) {
        Ok(runs) => Some(runs),
        Err(what) => {
            let detail = format!("error parsing succeededIndexes: {what}");
            indexes.error(reading.problems, invalid(quoted(text), &detail));
            None
        }
    });
    let value = count.count(reading.problems);
    let mut at_most = |most: u32, of_what: &str| {
        if let Some(value) = value.filter(|value| *value > most) {
            let detail = format!("must be less than or equal to {most} ({of_what})");
            count.error(reading.problems, invalid(value, &detail));
        }
    };
    at_most(completions, "the number of specified completions");
    if let Some(runs) = &runs {
        let total: u32 = runs.iter().map(|(first, last)| last - first + 1).sum();
        at_most(total, "the number of indexes in the specified succeededIndexes field");
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
