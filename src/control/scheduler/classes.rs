//! Nodes grouped by what spec plugins can tell apart, so that a pod template is checked once per class and not once per node.
//!
//! Labels count only as far as some template asks for them: `kubernetes.io/hostname` differs on every node, but matters for
//! the few values that selectors name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::cluster::spec::{NodeAffinity, NodeSelectorTerm, NodeSpec, PodTemplate, SelectorOperator, Taint};
use crate::cluster::{Amounts, NodeId};
use crate::control::scheduler::nodes::NodeTable;

/// What the templates seen so far ask about nodes.
#[derive(Clone, Debug, Default)]
struct Interest {
    keys: BTreeMap<String, Values>,
    names: BTreeSet<String>,
}

/// Which values of a label key can be told apart.
#[derive(Clone, Debug, Default)]
struct Values {
    /// All of them: someone compares numbers.
    all: bool,
    /// These; the others are alike.
    some: BTreeSet<String>,
}

impl Interest {
    /// Takes note of what `template` asks; says whether anything is new.
    fn add(&mut self, template: &PodTemplate) -> bool {
        let mut new = false;
        if let Some(name) = &template.node_name {
            new |= self.names.insert(name.clone());
        }
        for (key, value) in &template.node_selector {
            new |= self.add_key(key).some.insert(value.clone());
        }
        self.add_affinity(&template.node_affinity) || new
    }

    fn add_affinity(&mut self, affinity: &NodeAffinity) -> bool {
        let mut new = false;
        let required = affinity.required.iter().flatten();
        for term in required.chain(affinity.preferred.iter().map(|(_, term)| term)) {
            new |= self.add_term(term);
        }
        new
    }

    fn add_term(&mut self, term: &NodeSelectorTerm) -> bool {
        let mut new = false;
        for name in term.match_fields.iter().flat_map(|field| &field.values) {
            new |= self.names.insert(name.clone());
        }
        for requirement in &term.match_expressions {
            new |= !self.keys.contains_key(&requirement.key);
            let values = self.add_key(&requirement.key);
            match requirement.operator {
                SelectorOperator::In | SelectorOperator::NotIn => {
                    for value in &requirement.values {
                        new |= values.some.insert(value.clone());
                    }
                }
                SelectorOperator::Exists | SelectorOperator::DoesNotExist => {}
                SelectorOperator::Gt | SelectorOperator::Lt => {
                    new |= !values.all;
                    values.all = true;
                }
            }
        }
        new
    }

    fn add_key(&mut self, key: &str) -> &mut Values {
        if !self.keys.contains_key(key) {
            self.keys.insert(key.to_owned(), Values::default());
        }
        self.keys.get_mut(key).expect("just inserted")
    }
}

/// Everything of a node that the templates can tell apart.
#[derive(PartialEq, Eq, Hash)]
struct ClassKey<'a> {
    /// By key of interest: absent, some value nobody names, or a named value.
    labels: Vec<Option<Option<&'a str>>>,
    name: Option<&'a str>,
    taints: &'a [Taint],
    unschedulable: bool,
    allocatable: &'a Amounts,
}

impl<'a> ClassKey<'a> {
    fn new(interest: &Interest, node: &'a NodeSpec) -> Self {
        let label = |(key, values): (&String, &Values)| {
            let value = node.labels.get(key)?;
            Some((values.all || values.some.contains(value)).then_some(value.as_str()))
        };
        Self {
            labels: interest.keys.iter().map(label).collect(),
            name: interest.names.contains(&node.name).then_some(node.name.as_str()),
            taints: &node.taints,
            unschedulable: node.unschedulable,
            allocatable: &node.allocatable,
        }
    }
}

/// The classes of all nodes.
#[derive(Clone, Debug, Default)]
pub struct NodeClasses {
    interest: Interest,
    class_of: Vec<u32>,
    representatives: Vec<NodeId>,
    spec_version: u64,
    stale: bool,
    generation: u64,
}

impl NodeClasses {
    /// Takes note of what `template` asks for.
    pub fn add_template(&mut self, template: &PodTemplate) {
        self.stale |= self.interest.add(template);
    }
    /// Takes note of what a profile adds to what all its pods ask for.
    pub fn add_affinity(&mut self, affinity: &NodeAffinity) {
        self.stale |= self.interest.add_affinity(affinity);
    }
    /// Groups the nodes anew if they or the questions changed.
    pub fn refresh(&mut self, table: &NodeTable) {
        if !self.stale && self.spec_version == table.spec_version() {
            return;
        }
        (self.stale, self.spec_version) = (false, table.spec_version());
        self.generation += 1;
        self.class_of.clear();
        self.representatives.clear();
        let mut classes: HashMap<ClassKey<'_>, u32> = HashMap::new();
        for i in 0..table.len() as u32 {
            let key = ClassKey::new(&self.interest, table.spec(NodeId(i)));
            let class = *classes.entry(key).or_insert_with(|| {
                self.representatives.push(NodeId(i));
                self.representatives.len() as u32 - 1
            });
            self.class_of.push(class);
        }
    }
    /// A number that grows with every new grouping.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }
    /// The class of `node`, as a subscript.
    #[must_use]
    pub fn class_of(&self, node: NodeId) -> usize {
        self.class_of[node.index()] as usize
    }
    /// One node of each class.
    #[must_use]
    pub fn representatives(&self) -> &[NodeId] {
        &self.representatives
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::scheduler::testing::{node, pod};

    fn count(classes: &mut NodeClasses, table: &NodeTable) -> usize {
        classes.refresh(table);
        classes.representatives().len()
    }

    #[test]
    fn labels_count_only_as_far_as_someone_asks() {
        let mut table = NodeTable::new(5);
        for i in 0..6 {
            let mut spec = node("n", 8, 32, if i < 3 { 4 } else { 8 });
            spec.labels.insert("kubernetes.io/hostname".into(), format!("n-{i}"));
            table.add(&spec);
        }
        let mut classes = NodeClasses::default();
        assert_eq!(count(&mut classes, &table), 2, "by allocatable");
        let mut template = pod(0, 0, 1);
        template
            .node_selector
            .insert("kubernetes.io/hostname".into(), "n-4".into());
        classes.add_template(&template);
        let generation = classes.generation();
        assert_eq!(count(&mut classes, &table), 3, "n-4 stands out");
        assert!(classes.generation() > generation);
        let generation = classes.generation();
        classes.add_template(&template);
        assert_eq!(count(&mut classes, &table), 3);
        assert_eq!(classes.generation(), generation, "nothing new was asked");
        assert_ne!(classes.class_of(NodeId(4)), classes.class_of(NodeId(5)));
        assert_eq!(classes.class_of(NodeId(3)), classes.class_of(NodeId(5)));
    }
}
