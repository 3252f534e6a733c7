//! Label selectors.

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

impl SelectorRequirement {
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
