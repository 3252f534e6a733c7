//! Label selectors of workloads
//! (`staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go: ValidateLabelSelector`).

use super::context::Reading;
use super::metadata::read_labels;
use super::names;
use super::reader::{Field, invalid, quoted, required};
use crate::cluster::spec::Labels;

/// One requirement of `matchExpressions`; equality is `In` with one value.
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|v| self.values.contains(v));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

/// Checks `spec.selector` of a workload against the labels of its template; `kind` is the word for messages.
pub fn check_selector(spec: &Field<'_>, labels: &Labels, kind: &str, reading: &mut Reading<'_>) {
    let selector = spec.at("selector");
    if !selector.is_present() {
        let hint = "add `selector: {matchLabels: …}` with labels of the pod template";
        selector.error_with_hint(reading.problems, required(""), hint);
        return;
    }
    let (equal, expressions) = (selector.at("matchLabels"), selector.at("matchExpressions"));
    if equal.is_empty() && expressions.is_empty() {
        let detail = format!("empty selector is invalid for {kind}");
        selector.error(reading.problems, invalid("{}", &detail));
        return;
    }
    let equal = read_labels(&equal, reading);
    let items = expressions.items();
    let read: Vec<_> = items.iter().map(|item| read_requirement(item, reading)).collect();
    let matches = equal.iter().all(|(key, value)| labels.get(key) == Some(value))
        && read.iter().flatten().all(|r| r.matches(labels));
    if !matches {
        let field = spec.at_path("template.metadata.labels");
        let wanted: Vec<_> = equal.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        field.error_with_hint(
            reading.problems,
            invalid(
                super::reader::labels_json(labels),
                "`selector` does not match template `labels`",
            ),
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
}

fn read_requirement(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<Requirement> {
    let [key, operator, values] = ["key", "operator", "values"].map(|name| field.at(name));
    for text in names::qualified_name(key.str_or_empty()) {
        key.error(reading.problems, invalid(quoted(key.str_or_empty()), &text));
    }
    let kind = match operator.str_or_empty() {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
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
        Operator::In | Operator::NotIn if values.is_empty() => values.error(
            reading.problems,
            required("must be specified when `operator` is 'In' or 'NotIn'"),
        ),
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => values.error(
            reading.problems,
            "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
        Operator::In | Operator::NotIn | Operator::Exists | Operator::DoesNotExist => {}
    }
    Some(Requirement {
        key: key.str_or_empty().to_owned(),
        operator: kind,
        values: values.string_list(),
    })
}
