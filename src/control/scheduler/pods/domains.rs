//! Topology domains: nodes with the same value of a label; and sets of nodes that a constraint counts.

use std::collections::BTreeMap;

use crate::cluster::NodeId;
use crate::cluster::spec::{Labels, NodeSelectorTerm, NodeSpec, PodTemplate, Toleration};
use crate::control::scheduler::plugins::{node_affinity, taint_toleration};

/// Number of a topology key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub u32);

/// The value of a node that lacks the label.
const ABSENT: u32 = u32::MAX;

/// One topology key: its values, and which value each node has.
#[derive(Clone, Debug)]
struct TopologyKey {
    label: String,
    numbers: BTreeMap<String, u32>,
    of_node: Vec<u32>,
}

impl TopologyKey {
    fn number(&mut self, spec: &NodeSpec) -> u32 {
        let Some(value) = spec.labels.get(&self.label) else {
            return ABSENT;
        };
        if let Some(&number) = self.numbers.get(value) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(value.clone(), number);
        number
    }
}

/// All topology keys that someone asks for.
#[derive(Clone, Debug, Default)]
pub struct TopologyKeys {
    keys: Vec<TopologyKey>,
}

impl TopologyKeys {
    /// The number of `label`; `specs` are all nodes.
    pub fn intern(&mut self, label: &str, specs: &[NodeSpec]) -> KeyId {
        if let Some(known) = self.keys.iter().position(|key| key.label == label) {
            return KeyId(known as u32);
        }
        let mut key = TopologyKey {
            label: label.to_owned(),
            numbers: BTreeMap::new(),
            of_node: Vec::new(),
        };
        for spec in specs {
            let number = key.number(spec);
            key.of_node.push(number);
        }
        self.keys.push(key);
        KeyId((self.keys.len() - 1) as u32)
    }
    /// `node` is new or has other labels.
    pub fn set_node(&mut self, node: NodeId, spec: &NodeSpec) {
        for key in &mut self.keys {
            let number = key.number(spec);
            if key.of_node.len() <= node.index() {
                key.of_node.resize(node.index() + 1, ABSENT);
            }
            key.of_node[node.index()] = number;
        }
    }
    /// The number of the value that `node` has, if it has one.
    #[must_use]
    pub fn value(&self, key: KeyId, node: NodeId) -> Option<usize> {
        match self.keys[key.0 as usize].of_node[node.index()] {
            ABSENT => None,
            number => Some(number as usize),
        }
    }
    /// How many values there are or were.
    #[must_use]
    pub fn values(&self, key: KeyId) -> usize {
        self.keys[key.0 as usize].numbers.len()
    }
}

/// Which nodes' pods a constraint counts: those that have all of some labels, and, if asked for, that the pod's own node
/// selector, affinity and tolerations let it use (`plugins/podtopologyspread/common.go: matchNodeInclusionPolicies`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRule {
    labels: Vec<String>,
    selector: Labels,
    required: Option<Vec<NodeSelectorTerm>>,
    tolerations: Option<Vec<Toleration>>,
}

impl NodeRule {
    /// The rule of a constraint of `pod`.
    #[must_use]
    pub fn new(labels: Vec<String>, pod: &PodTemplate, honor_affinity: bool, honor_taints: bool) -> Self {
        let mut rule = Self {
            labels,
            ..Self::default()
        };
        if honor_affinity {
            rule.selector.clone_from(&pod.node_selector);
            rule.required.clone_from(&pod.node_affinity.required);
        }
        if honor_taints {
            rule.tolerations = Some(pod.tolerations.clone());
        }
        rule
    }
    /// Whether pods on a node like this count.
    #[must_use]
    pub fn counts(&self, node: &NodeSpec) -> bool {
        self.labels.iter().all(|label| node.labels.contains_key(label))
            && node_affinity::required_matches(&self.selector, self.required.as_deref(), node)
            && self
                .tolerations
                .as_ref()
                .is_none_or(|tolerations| taint_toleration::tolerates_all(tolerations, node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::TaintEffect;
    use crate::control::scheduler::testing::{node, pod, taint};

    #[test]
    fn values_are_numbered_and_follow_the_labels() {
        let zoned = |zone: &str| {
            let mut spec = node("n", 1, 1, 0);
            spec.labels.insert("zone".into(), zone.into());
            spec
        };
        let specs = [zoned("a"), zoned("b"), node("n", 1, 1, 0), zoned("a")];
        let mut keys = TopologyKeys::default();
        let key = keys.intern("zone", &specs);
        assert_eq!(keys.intern("zone", &specs), key);
        let values = |keys: &TopologyKeys| [0, 1, 2, 3].map(|i| keys.value(key, NodeId(i)));
        assert_eq!(values(&keys), [Some(0), Some(1), None, Some(0)]);
        keys.set_node(NodeId(0), &zoned("c"));
        assert_eq!(values(&keys), [Some(2), Some(1), None, Some(0)]);
        assert_eq!(keys.values(key), 3);
    }

    #[test]
    fn a_rule_asks_only_for_what_it_honours() {
        let mut tainted = node("n", 1, 1, 0);
        tainted.taints.push(taint("k", "v", TaintEffect::NoSchedule));
        let mut choosy = pod(0, 0, 0);
        choosy.node_selector.insert("gpu".into(), "yes".into());
        let counts = |labels: &[&str], affinity, taints| {
            let labels = labels.iter().map(|l| (*l).to_owned()).collect();
            NodeRule::new(labels, &choosy, affinity, taints).counts(&tainted)
        };
        assert!(counts(&[], false, false));
        assert!(!counts(&["zone"], false, false));
        assert!(!counts(&[], true, false));
        assert!(!counts(&[], false, true));
    }
}
