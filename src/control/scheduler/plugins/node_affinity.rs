//! `nodeSelector` and node affinity (`plugins/nodeaffinity/node_affinity.go`,
//! `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`).

use std::collections::BTreeSet;

use crate::cluster::spec::{Labels, NodeAffinity, NodeSelectorTerm, NodeSpec, PodTemplate, SelectorOperator};
use crate::control::scheduler::framework::{SpecFilter, SpecScore, default_normalize_score};
use crate::control::scheduler::shape::{PodShape, PreFilter};

/// The only field that match fields know.
const NAME_FIELD: &str = "metadata.name";

/// What the filter says if the required terms name contradicting nodes.
pub const CONFLICT_REASON: &str = "pod affinity terms conflict";

/// What is said of nodes that PreFilter left out.
pub const NARROWED_REASON: &str = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

/// Filter on `nodeSelector` and required terms; score for preferred terms.
#[derive(Clone, Debug, Default)]
pub struct NodeAffinityPlugin {
    /// NodeAffinityArgs `addedAffinity`: its preferred terms count for every pod.
    pub added: NodeAffinity,
}

/// Filter on the required terms of NodeAffinityArgs `addedAffinity`, which the scheduler asks of every pod.
#[derive(Clone, Debug)]
pub struct AddedNodeAffinity {
    /// The terms; one must match.
    pub terms: Vec<NodeSelectorTerm>,
}

impl SpecFilter for AddedNodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }
    fn reason(&self) -> &'static str {
        "node(s) didn't match scheduler-enforced node affinity"
    }
    fn passes(&self, _shape: &PodShape, node: &NodeSpec) -> bool {
        self.terms.iter().any(|term| term_matches(term, node))
    }
}

impl SpecFilter for NodeAffinityPlugin {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }
    fn reason(&self) -> &'static str {
        "node(s) didn't match Pod's node affinity/selector"
    }
    fn passes(&self, shape: &PodShape, node: &NodeSpec) -> bool {
        let template = &shape.template;
        required_matches(
            &template.node_selector,
            template.node_affinity.required.as_deref(),
            node,
        )
    }
}

impl SpecScore for NodeAffinityPlugin {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }
    fn skips(&self, shape: &PodShape) -> bool {
        shape.template.node_affinity.preferred.is_empty() && self.added.preferred.is_empty()
    }
    /// Σ of the weights of the preferred terms that match.
    fn score(&self, shape: &PodShape, node: &NodeSpec) -> i64 {
        let preferred = self.added.preferred.iter();
        preferred
            .chain(&shape.template.node_affinity.preferred)
            .filter(|(_, term)| term_matches(term, node))
            .map(|(weight, _)| i64::from(*weight))
            .sum()
    }
    fn normalize(&self, scores: &mut [i64]) {
        default_normalize_score(false, scores);
    }
}

/// Whether a pod with this node selector and these required terms may go to `node` (`nodeaffinity.go: GetRequiredNodeAffinity`).
#[must_use]
pub fn required_matches(selector: &Labels, required: Option<&[NodeSelectorTerm]>, node: &NodeSpec) -> bool {
    selector.iter().all(|(key, value)| node.labels.get(key) == Some(value))
        && required.is_none_or(|terms| terms.iter().any(|term| term_matches(term, node)))
}

/// Which nodes are worth looking at (`node_affinity.go: PreFilter`): those that the required terms name, if all terms name some.
#[must_use]
pub fn pre_filter(template: &PodTemplate) -> PreFilter {
    let Some(terms) = template.node_affinity.required.as_ref().filter(|t| !t.is_empty()) else {
        return PreFilter::AllNodes;
    };
    let mut names = BTreeSet::new();
    for term in terms {
        let mut lists = term
            .match_fields
            .iter()
            .filter(|r| r.key == NAME_FIELD && r.operator == SelectorOperator::In)
            .map(|r| r.values.iter().cloned().collect::<BTreeSet<_>>());
        let Some(first) = lists.next() else {
            return PreFilter::AllNodes;
        };
        names.extend(lists.fold(first, |all, one| all.intersection(&one).cloned().collect()));
    }
    if names.is_empty() {
        PreFilter::Conflict
    } else {
        PreFilter::Names(names)
    }
}

fn term_matches(term: &NodeSelectorTerm, node: &NodeSpec) -> bool {
    if term.match_expressions.is_empty() && term.match_fields.is_empty() {
        return false;
    }
    term.match_expressions.iter().all(|r| r.holds(node.labels.get(&r.key)))
        && term
            .match_fields
            .iter()
            .all(|r| r.holds((r.key == NAME_FIELD).then_some(&node.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::SelectorRequirement;

    fn requirement(key: &str, operator: SelectorOperator, values: &[&str]) -> SelectorRequirement {
        SelectorRequirement {
            key: key.to_owned(),
            operator,
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }
    }

    fn names(lists: &[&[&str]]) -> NodeSelectorTerm {
        NodeSelectorTerm {
            match_expressions: Vec::new(),
            match_fields: lists
                .iter()
                .map(|values| requirement(NAME_FIELD, SelectorOperator::In, values))
                .collect(),
        }
    }

    fn with_required(terms: Vec<NodeSelectorTerm>) -> PodTemplate {
        let mut template = PodTemplate::default();
        template.node_affinity.required = Some(terms);
        template
    }

    #[test]
    fn operators_on_present_and_absent_labels() {
        use SelectorOperator::{DoesNotExist, Exists, Gt, In, Lt, NotIn};
        let (a, seven, text) = ("a".to_owned(), "7".to_owned(), "seven".to_owned());
        let cases = [
            (In, vec!["a", "b"], Some(&a), true),
            (In, vec!["b"], Some(&a), false),
            (In, vec!["a"], None, false),
            (NotIn, vec!["a"], Some(&a), false),
            (NotIn, vec!["b"], Some(&a), true),
            (NotIn, vec!["a"], None, true),
            (Exists, vec![], Some(&a), true),
            (Exists, vec![], None, false),
            (DoesNotExist, vec![], Some(&a), false),
            (DoesNotExist, vec![], None, true),
            (Gt, vec!["6"], Some(&seven), true),
            (Gt, vec!["7"], Some(&seven), false),
            (Gt, vec!["6"], Some(&text), false),
            (Gt, vec!["6"], None, false),
            (Lt, vec!["8"], Some(&seven), true),
            (Lt, vec!["7"], Some(&seven), false),
            (Lt, vec!["x"], Some(&seven), false),
        ];
        for (operator, values, value, expected) in cases {
            let r = requirement("k", operator, &values);
            assert_eq!(r.holds(value), expected, "{r:?} on {value:?}");
        }
    }

    #[test]
    fn an_empty_term_and_an_empty_list_match_nothing() {
        let node = NodeSpec::default();
        assert!(!term_matches(&NodeSelectorTerm::default(), &node));
        let shape = PodShape::new(with_required(Vec::new()).into());
        assert!(!NodeAffinityPlugin::default().passes(&shape, &node));
    }

    #[test]
    fn pre_filter_joins_terms_and_intersects_within_a_term() {
        let both = pre_filter(&with_required(vec![
            names(&[&["a", "b"], &["b", "c"]]),
            names(&[&["d"]]),
        ]));
        assert_eq!(both, PreFilter::Names(["b", "d"].map(str::to_owned).into()));
        let conflict = pre_filter(&with_required(vec![names(&[&["a"], &["b"]])]));
        assert_eq!(conflict, PreFilter::Conflict);
        let open = pre_filter(&with_required(vec![names(&[&["a"]]), NodeSelectorTerm::default()]));
        assert_eq!(open, PreFilter::AllNodes);
        assert_eq!(pre_filter(&PodTemplate::default()), PreFilter::AllNodes);
    }
}
