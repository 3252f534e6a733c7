//! Label selectors.

use std::fmt;

use crate::cluster::spec::{Labels, SelectorOperator, SelectorRequirement};

/// A label selector (`meta/v1: LabelSelector`): all its requirements must hold. An empty one selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSelector {
    /// `matchLabels`.
    pub match_labels: Labels,
    /// `matchExpressions`; operators `In`, `NotIn`, `Exists` and `DoesNotExist`.
    pub match_expressions: Vec<SelectorRequirement>,
}

impl LabelSelector {
    /// The selector that asks for these labels.
    #[must_use]
    pub fn of_labels(labels: &Labels) -> Self {
        Self {
            match_labels: labels.clone(),
            match_expressions: Vec::new(),
        }
    }
    /// Whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
    /// Whether it selects an object with `labels` (`apimachinery/pkg/labels/selector.go: Requirement.Matches`).
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|r| r.holds(labels.get(&r.key)))
    }
}

/// As a selector is written in queries and messages: `app=web,tier in (a,b),!old`
/// (`staging/src/k8s.io/apimachinery/pkg/labels/selector.go: internalSelector.String, Requirement.String`).
impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self
            .match_labels
            .iter()
            .map(|(key, value)| (key, format!("{key}={value}")));
        let expressions = self.match_expressions.iter().map(|r| (&r.key, r.text()));
        let mut parts: Vec<(&String, String)> = labels.chain(expressions).collect();
        parts.sort_by_key(|(key, _)| *key);
        let parts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
        f.write_str(&parts.join(","))
    }
}

impl SelectorRequirement {
    fn text(&self) -> String {
        let key = &self.key;
        let listed = || {
            let mut values = self.values.clone();
            values.sort();
            values.join(",")
        };
        match self.operator {
            SelectorOperator::In => format!("{key} in ({})", listed()),
            SelectorOperator::NotIn => format!("{key} notin ({})", listed()),
            SelectorOperator::Exists => key.clone(),
            SelectorOperator::DoesNotExist => format!("!{key}"),
            SelectorOperator::Gt => format!("{key}>{}", listed()),
            SelectorOperator::Lt => format!("{key}<{}", listed()),
        }
    }

    /// Whether the requirement holds of `value`, the value of its key, if there is one
    /// (`apimachinery/pkg/labels/selector.go: Requirement.Matches`).
    #[must_use]
    pub fn holds(&self, value: Option<&String>) -> bool {
        let compare = |holds: fn(&i64, &i64) -> bool| {
            let number = value.and_then(|v| v.parse::<i64>().ok());
            let bound = self.values.first().and_then(|v| v.parse::<i64>().ok());
            number.zip(bound).is_some_and(|(number, bound)| holds(&number, &bound))
        };
        match self.operator {
            SelectorOperator::In => value.is_some_and(|v| self.values.contains(v)),
            SelectorOperator::NotIn => value.is_none_or(|v| !self.values.contains(v)),
            SelectorOperator::Exists => value.is_some(),
            SelectorOperator::DoesNotExist => value.is_none(),
            SelectorOperator::Gt => compare(i64::gt),
            SelectorOperator::Lt => compare(i64::lt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_reads_as_in_queries() {
        let requirement = |key: &str, operator, values: &[&str]| SelectorRequirement {
            key: key.into(),
            operator,
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        let selector = LabelSelector {
            match_labels: [("tier", "web"), ("app", "a")]
                .map(|(k, v)| (k.into(), v.into()))
                .into(),
            match_expressions: vec![
                requirement("size", SelectorOperator::In, &["m", "l"]),
                requirement("kind", SelectorOperator::NotIn, &["x"]),
                requirement("gone", SelectorOperator::DoesNotExist, &[]),
                requirement("here", SelectorOperator::Exists, &[]),
            ],
        };
        assert_eq!(
            selector.to_string(),
            "app=a,!gone,here,kind notin (x),size in (l,m),tier=web"
        );
    }
}
