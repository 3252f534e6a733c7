//! Which pods a term or constraint means: namespaces and labels.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::policies::Policies;
use crate::cluster::spec::{
    LabelSelector, Labels, PodAffinityTerm, PodTemplate, SelectorOperator, SelectorRequirement,
};
use crate::workload::Script;

/// The label that every namespace has, with its name (`pkg/registry/core/namespace/strategy.go`).
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Labels of namespaces, for namespace selectors.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    labels: BTreeMap<String, Labels>,
}

impl Namespaces {
    /// Those of the cluster and those that `script` will create: no pod is in one before it is there.
    #[must_use]
    pub fn of(policies: &Policies, script: &Script) -> Self {
        let mut namespaces = Self::default();
        for namespace in script.namespaces() {
            namespaces.set(&namespace.name, &namespace.labels);
        }
        for (namespace, labels) in &policies.namespace_labels {
            namespaces.set(namespace, labels);
        }
        namespaces
    }
    /// Sets the labels that `namespace` has beside its name.
    pub fn set(&mut self, namespace: &str, labels: &Labels) {
        self.labels.insert(namespace.to_owned(), labels.clone());
    }
    fn selected(&self, namespace: &str, selector: &LabelSelector) -> bool {
        let mut labels = self.labels.get(namespace).cloned().unwrap_or_default();
        labels.insert(NAMESPACE_NAME.to_owned(), namespace.to_owned());
        selector.matches(&labels)
    }
}

/// Pods of some namespaces that a selector selects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodTerm {
    namespaces: BTreeSet<String>,
    namespace_selector: Option<LabelSelector>,
    /// `None` selects no pod.
    selector: Option<LabelSelector>,
}

impl PodTerm {
    /// The pods that a spread constraint of `pod` counts: of its namespace, by `selector`, and alike in `match_label_keys`.
    #[must_use]
    pub fn beside(pod: &PodTemplate, selector: Option<&LabelSelector>, match_label_keys: &[String]) -> Self {
        Self {
            namespaces: BTreeSet::from([pod.namespace.clone()]),
            namespace_selector: None,
            selector: selector.map(|s| with_keys(s, pod, match_label_keys, SelectorOperator::In)),
        }
    }
    /// The pods that an affinity term of `pod` means (`framework/types.go: newAffinityTerm, getNamespacesFromPodAffinityTerm`).
    #[must_use]
    pub fn of_affinity(pod: &PodTemplate, term: &PodAffinityTerm) -> Self {
        let mut namespaces: BTreeSet<String> = term.namespaces.iter().cloned().collect();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.insert(pod.namespace.clone());
        }
        let selector = term.selector.as_ref().map(|selector| {
            let matched = with_keys(selector, pod, &term.match_label_keys, SelectorOperator::In);
            with_keys(&matched, pod, &term.mismatch_label_keys, SelectorOperator::NotIn)
        });
        Self {
            namespaces,
            namespace_selector: term.namespace_selector.clone(),
            selector,
        }
    }
    /// Whether it means pods of `pod` (`framework/types.go: AffinityTerm.Matches`).
    #[must_use]
    pub fn matches(&self, pod: &PodTemplate, namespaces: &Namespaces) -> bool {
        let in_namespace = self.namespaces.contains(&pod.namespace)
            || (self.namespace_selector.as_ref()).is_some_and(|s| namespaces.selected(&pod.namespace, s));
        in_namespace && self.selector.as_ref().is_some_and(|s| s.matches(&pod.labels))
    }
}

/// Adds what label keys ask for, as the API server does when a pod is created (`pkg/registry/core/pod/strategy.go:
/// applyMatchLabelKeysAndMismatchLabelKeys`); keys that the pod lacks ask for nothing.
fn with_keys(
    selector: &LabelSelector,
    pod: &PodTemplate,
    keys: &[String],
    operator: SelectorOperator,
) -> LabelSelector {
    let mut selector = selector.clone();
    for key in keys {
        if let Some(value) = pod.labels.get(key) {
            selector.match_expressions.push(SelectorRequirement {
                key: key.clone(),
                operator,
                values: vec![value.clone()],
            });
        }
    }
    selector
}

/// Pods that every one of some terms means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodMatcher(pub Vec<PodTerm>);

impl PodMatcher {
    /// Whether it means pods of `pod`.
    #[must_use]
    pub fn matches(&self, pod: &PodTemplate, namespaces: &Namespaces) -> bool {
        self.0.iter().all(|term| term.matches(pod, namespaces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn pod(namespace: &str, pairs: &[(&str, &str)]) -> PodTemplate {
        PodTemplate {
            namespace: namespace.to_owned(),
            labels: labels(pairs),
            ..PodTemplate::default()
        }
    }

    #[test]
    fn namespaces_by_list_by_selector_and_by_default() {
        let me = pod("a", &[("app", "x"), ("v", "1")]);
        let mut term = PodAffinityTerm {
            selector: Some(LabelSelector::of_labels(&labels(&[("app", "x")]))),
            ..PodAffinityTerm::default()
        };
        let mut namespaces = Namespaces::default();
        namespaces.set("c", &labels(&[("team", "ml")]));
        let seen = |term: &PodAffinityTerm| {
            let matcher = PodTerm::of_affinity(&me, term);
            ["a", "b", "c"].map(|ns| matcher.matches(&pod(ns, &[("app", "x")]), &namespaces))
        };
        assert_eq!(seen(&term), [true, false, false], "its own");
        term.namespaces = vec!["b".to_owned()];
        assert_eq!(seen(&term), [false, true, false], "the list");
        term.namespace_selector = Some(LabelSelector::of_labels(&labels(&[("team", "ml")])));
        assert_eq!(seen(&term), [false, true, true], "list or selector");
        term.namespaces.clear();
        assert_eq!(seen(&term), [false, false, true], "a selector alone leaves out its own");
        term.namespace_selector = Some(LabelSelector::default());
        assert_eq!(seen(&term), [true, true, true], "an empty selector is all");
        let by_name = labels(&[("kubernetes.io/metadata.name", "b")]);
        term.namespace_selector = Some(LabelSelector::of_labels(&by_name));
        assert_eq!(seen(&term), [false, true, false], "by the name label");
        term.selector = None;
        assert_eq!(seen(&term), [false, false, false], "no selector selects nothing");
    }

    #[test]
    fn label_keys_ask_for_the_same_or_for_another_value() {
        let me = pod("a", &[("app", "x"), ("v", "1")]);
        let term = PodAffinityTerm {
            selector: Some(LabelSelector::default()),
            match_label_keys: vec!["app".to_owned(), "absent".to_owned()],
            mismatch_label_keys: vec!["v".to_owned()],
            ..PodAffinityTerm::default()
        };
        let matcher = PodTerm::of_affinity(&me, &term);
        let matches = |pairs: &[(&str, &str)]| matcher.matches(&pod("a", pairs), &Namespaces::default());
        assert!(matches(&[("app", "x"), ("v", "2")]));
        assert!(matches(&[("app", "x")]));
        assert!(!matches(&[("app", "x"), ("v", "1")]));
        assert!(!matches(&[("app", "y"), ("v", "2")]));
    }
}
