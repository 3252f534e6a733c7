//! The pods on every node by template, and the counters that plugins asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::spec::{NodeSpec, PodTemplate};
use crate::cluster::{NodeId, PodTemplateId};
use crate::control::scheduler::nodes::NodeTable;
use crate::control::scheduler::pods::counter::{Counter, CounterId, CounterKey, MatcherId, NodeSetId, TermId, Who};
use crate::control::scheduler::pods::domains::{KeyId, NodeRule, TopologyKeys};
use crate::control::scheduler::pods::matcher::{Namespaces, PodMatcher, PodTerm};

/// What kind of term it is that a pod carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Required affinity.
    RequiredAffinity,
    /// Required anti-affinity.
    RequiredAntiAffinity,
    /// Preferred affinity with this weight, or preferred anti-affinity with this weight below zero.
    Preferred(i32),
}

/// A term of affinity or anti-affinity that pods carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarriedTerm {
    /// Its kind.
    pub role: Role,
    /// Its topology key.
    pub key: KeyId,
    /// Which other pods it means.
    pub matcher: MatcherId,
}

/// Pods of one template on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    template: PodTemplateId,
    living: u32,
    terminating: u32,
}

#[derive(Clone, Debug)]
struct Template {
    pod: Arc<PodTemplate>,
    /// Counters that count its pods; one that counts each pod twice is there twice.
    counted_by: Vec<CounterId>,
    /// Terms that its pods carry.
    carries: Vec<TermId>,
}

#[derive(Clone, Debug)]
struct Matcher {
    matcher: PodMatcher,
    /// One bit a template.
    matched: Vec<u64>,
}

#[derive(Clone, Debug)]
struct NodeSet {
    rule: NodeRule,
    members: Vec<bool>,
}

/// Pods, terms and counters.
#[derive(Clone, Debug, Default)]
pub struct PodsTable {
    namespaces: Namespaces,
    templates: Vec<Template>,
    on_node: Vec<Vec<Group>>,
    pods: u64,
    keys: TopologyKeys,
    matchers: Vec<Matcher>,
    matcher_ids: BTreeMap<PodMatcher, MatcherId>,
    terms: Vec<CarriedTerm>,
    term_ids: BTreeMap<CarriedTerm, TermId>,
    sets: Vec<NodeSet>,
    counters: Vec<Counter>,
    counter_ids: BTreeMap<CounterKey, CounterId>,
}

impl PodsTable {
    /// Sets what namespace selectors see. Before the first template.
    pub fn set_namespaces(&mut self, namespaces: Namespaces) {
        debug_assert!(self.templates.is_empty(), "namespaces come first");
        self.namespaces = namespaces;
    }
    /// Makes the next template known with the terms it carries. Returns the earlier templates that a new one of these terms
    /// means: what they asked for must be asked anew.
    pub fn add_template(&mut self, pod: &Arc<PodTemplate>, nodes: &NodeTable) -> Vec<PodTemplateId> {
        let id = self.templates.len();
        self.templates.push(Template {
            pod: pod.clone(),
            counted_by: Vec::new(),
            carries: Vec::new(),
        });
        for matcher in &mut self.matchers {
            set_bit(&mut matcher.matched, id, matcher.matcher.matches(pod, &self.namespaces));
        }
        for (i, counter) in self.counters.iter().enumerate() {
            match counter.key.who {
                Who::Matched(matcher) if has_bit(&self.matchers[matcher.0 as usize].matched, id) => {
                    self.templates[id].counted_by.push(CounterId(i as u32));
                }
                Who::Matched(_) | Who::Carrying(_) => {}
            }
        }
        let known = self.terms.len();
        let template = PodTemplateId(id as u32);
        let mut registry = Registry { table: self, nodes };
        registry.carry_all(template, pod);
        let mut concerned = Vec::new();
        for term in &self.terms[known..] {
            let matched = &self.matchers[term.matcher.0 as usize].matched;
            concerned.extend(
                (0..id)
                    .filter(|t| has_bit(matched, *t))
                    .map(|t| PodTemplateId(t as u32)),
            );
        }
        concerned.sort_unstable();
        concerned.dedup();
        concerned
    }
    /// `node`, the next one, is new.
    pub fn add_node(&mut self, node: NodeId, spec: &NodeSpec) {
        self.on_node.push(Vec::new());
        self.attach(node, spec);
    }
    /// Begins to count the pods of `node`, whose specification may have changed.
    pub fn attach(&mut self, node: NodeId, spec: &NodeSpec) {
        self.keys.set_node(node, spec);
        for set in &mut self.sets {
            if set.members.len() <= node.index() {
                set.members.resize(node.index() + 1, false);
            }
            set.members[node.index()] = set.rule.counts(spec);
        }
        self.count_node(node, true);
    }
    /// Ceases to count the pods of `node`: it goes, or its specification is about to change.
    pub fn detach(&mut self, node: NodeId) {
        self.count_node(node, false);
    }
    /// A pod of `template` comes to `node`; `present`: the node is there.
    pub fn add(&mut self, node: NodeId, template: PodTemplateId, present: bool) {
        let groups = &mut self.on_node[node.index()];
        match groups.iter_mut().find(|group| group.template == template) {
            Some(group) => group.living += 1,
            None => groups.push(Group {
                template,
                living: 1,
                terminating: 0,
            }),
        }
        self.pods += 1;
        if present {
            self.count(node, template, |_| 1);
        }
    }
    /// A pod of `template` leaves `node`; `terminating`: it was told to before ([`PodsTable::terminate`]).
    pub fn remove(&mut self, node: NodeId, template: PodTemplateId, terminating: bool, present: bool) {
        let groups = &mut self.on_node[node.index()];
        let Some(at) = groups.iter().position(|group| group.template == template) else {
            debug_assert!(false, "node {} forgets a pod it did not have", node.0);
            return;
        };
        let group = &mut groups[at];
        if terminating {
            group.terminating -= 1;
        } else {
            group.living -= 1;
        }
        if group.living + group.terminating == 0 {
            groups.swap_remove(at);
        }
        self.pods -= 1;
        if present {
            self.count(node, template, |living| -i64::from(!(terminating && living)));
        }
    }
    /// A pod of `template` on `node` got a deletion timestamp: spreading counts it no longer.
    pub fn terminate(&mut self, node: NodeId, template: PodTemplateId, present: bool) {
        let groups = &mut self.on_node[node.index()];
        let Some(group) = groups.iter_mut().find(|group| group.template == template) else {
            debug_assert!(false, "node {} has no pod to terminate", node.0);
            return;
        };
        group.living -= 1;
        group.terminating += 1;
        if present {
            self.count(node, template, |living| -i64::from(living));
        }
    }
    /// The terms that pods carry.
    #[must_use]
    pub fn terms(&self) -> &[CarriedTerm] {
        &self.terms
    }
    /// Whether `matcher` means pods of `template`.
    #[must_use]
    pub fn means(&self, matcher: MatcherId, template: PodTemplateId) -> bool {
        has_bit(&self.matchers[matcher.0 as usize].matched, template.index())
    }
    /// How many pods on `node` that are not being deleted `matcher` means.
    #[must_use]
    pub fn living_on_node(&self, matcher: MatcherId, node: NodeId) -> i64 {
        let matched = &self.matchers[matcher.0 as usize].matched;
        let groups = self.on_node[node.index()].iter();
        let meant = groups.filter(|group| has_bit(matched, group.template.index()));
        meant.map(|group| i64::from(group.living)).sum()
    }
    pub(super) fn counter(&self, id: CounterId) -> &Counter {
        &self.counters[id.0 as usize]
    }
    pub(super) const fn keys(&self) -> &TopologyKeys {
        &self.keys
    }
    /// Whether `counter` counts pods on `node`, and by which value.
    pub(super) fn counted_value(&self, counter: &Counter, node: NodeId) -> Option<usize> {
        let member = match counter.key.nodes {
            NodeSetId(0) => true,
            NodeSetId(set) => self.sets[set as usize - 1].members[node.index()],
        };
        if member {
            self.keys.value(counter.key.key, node)
        } else {
            None
        }
    }
    /// How often `counter` counts one pod of `template`.
    pub(super) fn times(&self, counter: CounterId, template: PodTemplateId) -> i64 {
        let counted_by = &self.templates[template.index()].counted_by;
        counted_by.iter().filter(|c| **c == counter).count() as i64
    }

    /// Changes the counters of a pod of `template` on `node` by `by(counts only living pods)`.
    fn count(&mut self, node: NodeId, template: PodTemplateId, by: impl Fn(bool) -> i64) {
        for i in 0..self.templates[template.index()].counted_by.len() {
            let id = self.templates[template.index()].counted_by[i];
            let counter = &self.counters[id.0 as usize];
            if let Some(value) = self.counted_value(counter, node) {
                let by = by(counter.key.living);
                self.counters[id.0 as usize].add_pods(value, by);
            }
        }
    }
    fn count_node(&mut self, node: NodeId, comes: bool) {
        for i in 0..self.counters.len() {
            self.count_node_in(i, node, comes);
        }
    }
    fn count_node_in(&mut self, counter: usize, node: NodeId, comes: bool) {
        let Some(value) = self.counted_value(&self.counters[counter], node) else {
            return;
        };
        self.counters[counter].add_node(value, comes);
        let living = self.counters[counter].key.living;
        let mut pods = 0;
        for group in &self.on_node[node.index()] {
            let count = i64::from(group.living) + if living { 0 } else { i64::from(group.terminating) };
            pods += count * self.times(CounterId(counter as u32), group.template);
        }
        self.counters[counter].add_pods(value, if comes { pods } else { -pods });
    }
}

/// Where plugins say what they need to know of pods.
#[derive(Debug)]
pub struct Registry<'a> {
    /// The pods.
    pub table: &'a mut PodsTable,
    /// The nodes.
    pub nodes: &'a NodeTable,
}

impl Registry<'_> {
    /// A topology key.
    pub fn key(&mut self, label: &str) -> KeyId {
        self.table.keys.intern(label, self.nodes.specs())
    }
    /// Pods that a term, or several terms together, mean.
    pub fn matcher(&mut self, matcher: PodMatcher) -> MatcherId {
        if let Some(&known) = self.table.matcher_ids.get(&matcher) {
            return known;
        }
        let mut matched = Vec::new();
        for (i, template) in self.table.templates.iter().enumerate() {
            let matches = matcher.matches(&template.pod, &self.table.namespaces);
            set_bit(&mut matched, i, matches);
        }
        let id = MatcherId(self.table.matchers.len() as u32);
        self.table.matcher_ids.insert(matcher.clone(), id);
        self.table.matchers.push(Matcher { matcher, matched });
        id
    }
    /// A set of nodes.
    pub fn node_set(&mut self, rule: NodeRule) -> NodeSetId {
        if rule == NodeRule::default() {
            return NodeSetId(0);
        }
        let known = self.table.sets.iter().position(|set| set.rule == rule);
        let at = known.unwrap_or_else(|| {
            let members = self.nodes.specs().iter().map(|spec| rule.counts(spec)).collect();
            self.table.sets.push(NodeSet { rule, members });
            self.table.sets.len() - 1
        });
        NodeSetId(at as u32 + 1)
    }
    /// A counter, from now on kept up to date.
    pub fn counter(&mut self, key: CounterKey) -> CounterId {
        if let Some(&known) = self.table.counter_ids.get(&key) {
            return known;
        }
        let at = self.table.counters.len();
        let id = CounterId(at as u32);
        self.table.counter_ids.insert(key, id);
        self.table.counters.push(Counter::new(key));
        for i in 0..self.table.templates.len() {
            let times = match key.who {
                Who::Matched(matcher) => usize::from(self.table.means(matcher, PodTemplateId(i as u32))),
                Who::Carrying(term) => (self.table.templates[i].carries.iter()).filter(|t| **t == term).count(),
            };
            let counted_by = &mut self.table.templates[i].counted_by;
            counted_by.extend(std::iter::repeat_n(id, times));
        }
        for i in 0..self.nodes.len() as u32 {
            if self.nodes.is_present(NodeId(i)) {
                self.table.count_node_in(at, NodeId(i), true);
            }
        }
        id
    }
    /// A counter of pods that a term of affinity or anti-affinity means, or that carry it: on all nodes, also those that are
    /// being deleted.
    pub fn counter_of(&mut self, who: Who, key: KeyId) -> CounterId {
        self.counter(CounterKey {
            who,
            key,
            nodes: NodeSetId::default(),
            living: false,
        })
    }
    /// A counter of the pods that carry `term`.
    pub fn carriers(&mut self, term: CarriedTerm) -> CounterId {
        let id = self.table.term_ids[&term];
        self.counter_of(Who::Carrying(id), term.key)
    }

    fn carry_all(&mut self, template: PodTemplateId, pod: &PodTemplate) {
        let (near, far) = (&pod.scheduling.pod_affinity, &pod.scheduling.pod_anti_affinity);
        let required = near.required.iter().map(|term| (Role::RequiredAffinity, term));
        let anti = far.required.iter().map(|term| (Role::RequiredAntiAffinity, term));
        let preferred = near.preferred.iter().map(|(w, term)| (Role::Preferred(*w), term));
        let avoided = far.preferred.iter().map(|(w, term)| (Role::Preferred(-*w), term));
        for (role, term) in required.chain(anti).chain(preferred).chain(avoided) {
            let key = self.key(&term.topology_key);
            let matcher = self.matcher(PodMatcher(vec![PodTerm::of_affinity(pod, term)]));
            let carried = CarriedTerm { role, key, matcher };
            let next = TermId(self.table.terms.len() as u32);
            let id = *self.table.term_ids.entry(carried).or_insert(next);
            if id == next {
                self.table.terms.push(carried);
            }
            self.table.templates[template.index()].carries.push(id);
            let counter = self.carriers(carried);
            if id != next {
                // A new counter has looked at this template already.
                self.table.templates[template.index()].counted_by.push(counter);
            }
        }
    }
}

fn set_bit(bits: &mut Vec<u64>, at: usize, value: bool) {
    if bits.len() <= at / 64 {
        bits.resize(at / 64 + 1, 0);
    }
    if value {
        bits[at / 64] |= 1 << (at % 64);
    }
}

fn has_bit(bits: &[u64], at: usize) -> bool {
    bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}
