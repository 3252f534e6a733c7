//! Label selectors of workloads
//! (`staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go: ValidateLabelSelector`).

use super::context::Reading;
use super::metadata::read_labels;
use super::names;
use super::reader::{Field, invalid, labels_json, quoted, required};
use crate::cluster::spec::{LabelSelector, Labels, SelectorOperator, SelectorRequirement};

/// Reads `spec.selector` of a workload and checks it against the labels of its template; `kind` is the word for messages.
pub fn check_selector(
    spec: &Field<'_>,
    labels: &Labels,
    kind: &str,
    reading: &mut Reading<'_>,
) -> Option<LabelSelector> {
    let selector = spec.at("selector");
    if !selector.is_present() {
        let hint = "add `selector: {matchLabels: …}` with labels of the pod template";
        // DaemonSets are told the second only (`ValidateDaemonSetSpec`).
        if kind != "daemonset" {
            selector.error_with_hint(reading.problems, required(""), hint);
        }
        // No selector matches nothing.
        let field = spec.at_path("template.metadata.labels");
        let message = invalid(printed(&field, labels), "`selector` does not match template `labels`");
        field.error_with_hint(reading.problems, message, hint);
        return None;
    }
    let (equal, expressions) = (selector.at("matchLabels"), selector.at("matchExpressions"));
    if equal.is_empty() && expressions.is_empty() {
        let detail = format!("empty selector is invalid for {kind}");
        selector.error(reading.problems, invalid("{}", &detail));
        return None;
    }
    let read = read_label_selector(&selector, reading);
    if !read.matches(labels) {
        let field = spec.at_path("template.metadata.labels");
        let wanted: Vec<_> = read.match_labels.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        field.error_with_hint(
            reading.problems,
            invalid(printed(&field, labels), "`selector` does not match template `labels`"),
            format!(
                "give the pod template the labels of the selector ({})",
                if wanted.is_empty() {
                    expressions.json()
                } else {
                    wanted.join(", ")
                }
            ),
        );
    }
    Some(read)
}

/// Labels as the API server prints them: those that are absent are null.
fn printed(field: &Field<'_>, labels: &Labels) -> String {
    if field.is_present() {
        labels_json(labels)
    } else {
        "null".to_owned()
    }
}

/// Reads a label selector; what is wrong in it is told and left out.
pub fn read_label_selector(selector: &Field<'_>, reading: &mut Reading<'_>) -> LabelSelector {
    let items = selector.at("matchExpressions").items();
    LabelSelector {
        match_labels: read_labels(&selector.at("matchLabels"), reading),
        match_expressions: items
            .iter()
            .filter_map(|item| read_requirement(item, reading))
            .collect(),
    }
}

fn read_requirement(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<SelectorRequirement> {
    let [key, operator, values] = ["key", "operator", "values"].map(|name| field.at(name));
    for text in names::qualified_name(key.str_or_empty()) {
        key.error(reading.problems, invalid(quoted(key.str_or_empty()), &text));
    }
    let kind = match operator.str_or_empty() {
        "In" => SelectorOperator::In,
        "NotIn" => SelectorOperator::NotIn,
        "Exists" => SelectorOperator::Exists,
        "DoesNotExist" => SelectorOperator::DoesNotExist,
        other => {
            operator.error_with_hint(
                reading.problems,
                invalid(quoted(other), "not a valid selector operator"),
                "operators are In, NotIn, Exists and DoesNotExist",
            );
            return None;
        }
    };
    match kind {
        SelectorOperator::In | SelectorOperator::NotIn if values.is_empty() => values.error(
            reading.problems,
            required("must be specified when `operator` is 'In' or 'NotIn'"),
        ),
        SelectorOperator::Exists | SelectorOperator::DoesNotExist if !values.is_empty() => values.error(
            reading.problems,
            "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
        SelectorOperator::In
        | SelectorOperator::NotIn
        | SelectorOperator::Exists
        | SelectorOperator::DoesNotExist
        | SelectorOperator::Gt
        | SelectorOperator::Lt => {}
    }
    Some(SelectorRequirement {
        key: key.str_or_empty().to_owned(),
        operator: kind,
        values: values.string_list(),
    })
}
