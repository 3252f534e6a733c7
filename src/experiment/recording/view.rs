//! A timeline as comparisons see it: pods in groups that mean the same in a recording and in its replay, whatever their
//! generated names.

use std::collections::{BTreeMap, BTreeSet};

use super::timeline::{Row, Timeline};

/// With more groups of a kind than this, all objects of the kind are one group.
const MANY_GROUPS: usize = 12;
/// With more pods than this, a group is compared by quantiles and shares.
const MANY_PODS: usize = 12;

/// An object that manifests or actions name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Everything else of it: objects of one shape are alike, and what happens to one might as well happen to another.
    pub shape: String,
}

/// What is told of a kind, but by no row of its own.
const WHOLE: &[(&str, &str)] = &[
    ("Job", "condition reason"),
    ("Job", "final status"),
    ("Pod", "unschedulable message"),
    ("Pod", "container-waiting message"),
    ("Pod", "deleting grace"),
    ("Deployment", "size"),
    ("ReplicaSet", "size"),
    ("StatefulSet", "size"),
    ("Deployment", "final status"),
    ("ReplicaSet", "final status"),
    ("StatefulSet", "final status"),
    ("DaemonSet", "final status"),
];

/// How objects are put in groups; drawn from the recording, and the same for its repeats and replays.
#[derive(Clone, Debug, Default)]
pub struct Grouping {
    /// Kinds of the owners by name.
    kinds: BTreeMap<String, String>,
    /// Labels of groups of several objects, by kind and name of each.
    shared: BTreeMap<(String, String), String>,
    /// The first node of those that are like each node.
    node_classes: BTreeMap<String, String>,
    /// Whether nodes are not compared.
    without_nodes: bool,
    /// Groups of many pods.
    long: BTreeSet<String>,
    /// What is compared: what both sides tell.
    told: BTreeSet<(String, String)>,
}

impl Grouping {
    /// The grouping for `real`, whose objects are `declared`, compared with `simulated`.
    #[must_use]
    pub fn new(declared: &[Declared], real: &Timeline, simulated: &Timeline) -> Self {
        let mut kinds: BTreeMap<String, String> = BTreeMap::new();
        let owners = ["Job", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];
        for object in declared.iter().filter(|object| owners.contains(&object.kind.as_str())) {
            kinds.entry(object.name.clone()).or_insert_with(|| object.kind.clone());
        }
        let mut told = BTreeSet::new();
        for row in real.rows.iter().chain(&simulated.rows) {
            if row.kind == "Job" {
                kinds.entry(row.name.clone()).or_insert_with(|| row.kind.clone());
            }
            if real.tells(&row.kind, &row.event) && simulated.tells(&row.kind, &row.event) {
                told.insert((row.kind.clone(), row.event.clone()));
            }
        }
        let whole = WHOLE
            .iter()
            .filter(|(kind, what)| real.tells(kind, what) && simulated.tells(kind, what));
        told.extend(whole.map(|(kind, what)| ((*kind).to_owned(), (*what).to_owned())));
        let mut grouping = Self {
            kinds,
            told,
            shared: shared(declared),
            node_classes: node_classes(declared),
            ..Self::default()
        };
        let view = View::new(real, &grouping);
        let long = view.groups.iter().filter(|(_, pods)| pods.len() > MANY_PODS);
        grouping.long = long.map(|(label, _)| label.clone()).collect();
        grouping
    }

    /// The label of an object: its own, or that of the group to which it belongs.
    #[must_use]
    pub fn label(&self, kind: &str, name: &str) -> String {
        let shared = self.shared.get(&(kind.to_owned(), name.to_owned()));
        shared.cloned().unwrap_or_else(|| format!("{kind}/{name}"))
    }

    /// The same without a look at nodes: others used them too, or they are compared one by one.
    #[must_use]
    pub fn without_nodes(mut self) -> Self {
        self.without_nodes = true;
        self
    }
    /// The first of the nodes that are like `node`; nothing if all nodes are alike, or are not compared.
    #[must_use]
    pub fn node_class(&self, node: &str) -> Option<&str> {
        let class = self.node_classes.get(node).filter(|_| !self.without_nodes)?;
        let several = self.node_classes.values().any(|other| other != class);
        several.then_some(class)
    }
    /// Kind and name of what a pod belongs to in the end: of a ReplicaSet's pod the Deployment, of a bare pod itself.
    #[must_use]
    pub fn owner(&self, pod: &str, owner: &str) -> (String, String) {
        if owner.is_empty() {
            return ("Pod".to_owned(), pod.to_owned());
        }
        if let Some(kind) = self.kinds.get(owner) {
            return (kind.clone(), owner.to_owned());
        }
        let above = owner.rsplit_once('-').map(|(name, _)| name);
        match above.and_then(|name| Some((self.kinds.get(name)?, name))) {
            Some((kind, name)) => (kind.clone(), name.to_owned()),
            None => ("ReplicaSet".to_owned(), owner.to_owned()),
        }
    }
    /// Whether rows of this kind are told by both sides.
    #[must_use]
    pub fn compares(&self, kind: &str, event: &str) -> bool {
        self.told.contains(&(kind.to_owned(), event.to_owned()))
    }
    /// Whether a group has too many pods to compare each.
    #[must_use]
    pub fn is_long(&self, label: &str) -> bool {
        self.long.contains(label)
    }
}

/// Nodes by what they are like.
fn node_classes(declared: &[Declared]) -> BTreeMap<String, String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut classes = BTreeMap::new();
    for node in declared.iter().filter(|object| object.kind == "Node") {
        let class = first.entry(&node.shape).or_insert(&node.name);
        classes.insert(node.name.clone(), (*class).to_owned());
    }
    classes
}

/// Groups of Jobs and bare pods that are alike; of many such groups one.
fn shared(declared: &[Declared]) -> BTreeMap<(String, String), String> {
    let mut shared = BTreeMap::new();
    for kind in ["Job", "Pod"] {
        let mut shapes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for object in declared.iter().filter(|object| object.kind == kind) {
            shapes.entry(&object.shape).or_default().push(&object.name);
        }
        let crowded = shapes.len() > MANY_GROUPS;
        for names in shapes.values().filter(|names| crowded || names.len() > 1) {
            let first = names.iter().min().copied().unwrap_or_default();
            let label = if crowded {
                format!("all {kind}s")
            } else if shapes.len() == 1 {
                format!("{} {kind}s", names.len())
            } else {
                format!("{} {kind}s like {first}", names.len())
            };
            shared.extend(
                names
                    .iter()
                    .map(|name| ((kind.to_owned(), (*name).to_owned()), label.clone())),
            );
        }
    }
    shared
}

/// One life of one pod: from its creation on. A StatefulSet's pod has several under one name.
#[derive(Clone, Debug)]
pub struct Life<'a> {
    /// Name of the pod.
    pub pod: &'a str,
    /// Its changes, in order of time.
    pub rows: Vec<&'a Row>,
}

impl Life<'_> {
    /// When `event` happened first.
    #[must_use]
    pub fn at(&self, event: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.event == event).map(|row| row.at)
    }
}

/// A timeline with its pods in groups.
#[derive(Debug)]
pub struct View<'a> {
    /// The timeline.
    pub timeline: &'a Timeline,
    /// How pods are put in groups.
    pub grouping: &'a Grouping,
    /// Lives by label of their group, in order of creation.
    pub groups: BTreeMap<String, Vec<Life<'a>>>,
    /// Names of ReplicaSets by order of their first pod: `web` has revision 1, 2, …
    pub revisions: BTreeMap<&'a str, (String, usize)>,
}

impl<'a> View<'a> {
    /// `timeline` in the groups of `grouping`.
    #[must_use]
    pub fn new(timeline: &'a Timeline, grouping: &'a Grouping) -> Self {
        let mut lives: Vec<Life<'a>> = Vec::new();
        for (pod, rows) in timeline.by_name("Pod") {
            for row in rows {
                let continues = row.event != "created" && lives.last().is_some_and(|life| life.pod == pod);
                if !continues {
                    lives.push(Life { pod, rows: Vec::new() });
                }
                if let Some(life) = lives.last_mut() {
                    life.rows.push(row);
                }
            }
        }
        lives.sort_by(|a, b| a.rows[0].at.total_cmp(&b.rows[0].at));
        let mut view = Self {
            timeline,
            grouping,
            groups: BTreeMap::new(),
            revisions: BTreeMap::new(),
        };
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for life in lives {
            let direct = timeline.pods.get(life.pod).map_or("", |facts| facts.owner.as_str());
            let (kind, name) = grouping.owner(life.pod, direct);
            let mut label = grouping.label(&kind, &name);
            if direct != name && !direct.is_empty() {
                let known = view.revisions.get(direct).cloned();
                let (_, revision) = known.unwrap_or_else(|| {
                    let next = count.entry(name.clone()).or_insert(0);
                    *next += 1;
                    view.revisions.insert(direct, (name.clone(), *next));
                    (name.clone(), *next)
                });
                label = format!("{label} revision {revision}");
            }
            view.groups.entry(label).or_default().push(life);
        }
        view
    }

    /// Whether rows of this kind are compared.
    #[must_use]
    pub fn compares(&self, kind: &str, event: &str) -> bool {
        self.grouping.compares(kind, event)
    }
    /// The changes of a life that are compared.
    pub fn compared<'b>(&'b self, life: &'b Life<'a>) -> impl Iterator<Item = &'a Row> + use<'a, 'b> {
        life.rows.iter().copied().filter(|row| self.compares("Pod", &row.event))
    }
    /// `text` with the names of pods and ReplicaSets, and everything else that was drawn at random, replaced.
    #[must_use]
    pub fn without_names(&self, text: &str) -> String {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_name) {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            // A full stop behind a name belongs to the sentence.
            let word = rest[..end].trim_end_matches('.');
            match self.replacement(word) {
                Some(replacement) => out.push_str(&replacement),
                None => out.push_str(word),
            }
            rest = &rest[word.len().max(1).min(rest.len())..];
            if word.is_empty() {
                out.push('.');
            }
        }
        out.push_str(rest);
        out
    }

    fn replacement(&self, word: &str) -> Option<String> {
        if is_uid(word) {
            return Some("<uid>".to_owned());
        }
        if let Some((name, revision)) = self.revisions.get(word) {
            return Some(format!("<{name} revision {revision}>"));
        }
        let facts = self.timeline.pods.get(word)?;
        let (kind, owner) = self.grouping.owner(word, &facts.owner);
        // Names of bare pods and of pods of StatefulSets are not drawn.
        (kind != "Pod" && kind != "StatefulSet").then(|| format!("<pod of {owner}>"))
    }
}

/// `20ecebca-1d7c-43bd-b78e-07ebbab20b24`.
fn is_uid(word: &str) -> bool {
    let lengths = word.split('-').map(str::len);
    word.len() == 36 && lengths.eq([8, 4, 4, 4, 12]) && word.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::recording::timeline::PodFacts;

    fn timeline(pods: &[(&str, &str, f64)]) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.told.insert("Pod".to_owned(), None);
        for (pod, owner, at) in pods {
            timeline.rows.push(Row::new(*at, "Pod", pod, "created"));
            let facts = PodFacts {
                owner: (*owner).to_owned(),
                ..PodFacts::default()
            };
            timeline.pods.insert((*pod).to_owned(), facts);
        }
        timeline
    }

    fn declared(objects: &[(&str, &str, &str)]) -> Vec<Declared> {
        let owned = |(kind, name, shape): &(&str, &str, &str)| Declared {
            kind: (*kind).to_owned(),
            name: (*name).to_owned(),
            shape: (*shape).to_owned(),
        };
        objects.iter().map(owned).collect()
    }

    #[test]
    fn pods_go_with_what_they_belong_to_in_the_end() {
        let real = timeline(&[
            ("train-x", "train", 1.0),
            ("web-aa-x", "web-aa", 3.0),
            ("web-bb-x", "web-bb", 2.0),
            ("web-bb-y", "web-bb", 2.5),
            ("db-0", "db", 4.0),
            ("db-0", "db", 5.0),
            ("bare", "", 6.0),
        ]);
        let objects = declared(&[
            ("Job", "train", ""),
            ("Deployment", "web", ""),
            ("StatefulSet", "db", ""),
        ]);
        let grouping = Grouping::new(&objects, &real, &real);
        let view = View::new(&real, &grouping);
        let sizes: Vec<(&str, usize)> = view
            .groups
            .iter()
            .map(|(label, pods)| (label.as_str(), pods.len()))
            .collect();
        let expected = [
            ("Deployment/web revision 1", 2),
            ("Deployment/web revision 2", 1),
            ("Job/train", 1),
            ("Pod/bare", 1),
            ("StatefulSet/db", 2),
        ];
        assert_eq!(sizes, expected);
        let text = "Preempted by pod 20ecebca-1d7c-43bd-b78e-07ebbab20b24; web-aa, db-0, bare. Pod ns/train-x...";
        assert_eq!(
            view.without_names(text),
            "Preempted by pod <uid>; <web revision 2>, db-0, bare. Pod ns/<pod of train>..."
        );
    }

    #[test]
    fn objects_that_are_alike_are_one_group() {
        let real = timeline(&[("a-x", "a", 1.0), ("b-x", "b", 2.0), ("c-x", "c", 3.0)]);
        let objects = declared(&[("Job", "a", "small"), ("Job", "b", "small"), ("Job", "c", "large")]);
        let grouping = Grouping::new(&objects, &real, &real);
        let view = View::new(&real, &grouping);
        let labels: Vec<&str> = view.groups.keys().map(String::as_str).collect();
        assert_eq!(labels, ["2 Jobs like a", "Job/c"]);
        assert!(grouping.compares("Pod", "created") && !grouping.compares("Node", "changed"));
        assert!(!grouping.is_long("2 Jobs like a"));
    }

    #[test]
    fn of_many_groups_one_is_made() {
        let names: Vec<String> = (0..13).map(|i| format!("job-{i}")).collect();
        let pods: Vec<(String, &str)> = names.iter().map(|name| (format!("{name}-x"), name.as_str())).collect();
        let pods: Vec<(&str, &str, f64)> = pods.iter().map(|(pod, job)| (pod.as_str(), *job, 1.0)).collect();
        let objects: Vec<(&str, &str, &str)> = names.iter().map(|name| ("Job", name.as_str(), name.as_str())).collect();
        let real = timeline(&pods);
        let grouping = Grouping::new(&declared(&objects), &real, &real);
        assert!(grouping.is_long("all Jobs"));
        assert_eq!(View::new(&real, &grouping).groups["all Jobs"].len(), 13);
    }
}
