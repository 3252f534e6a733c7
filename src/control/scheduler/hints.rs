//! Queueing hints: which events make it worth trying a refused pod again, plugin by plugin
//! (`pkg/scheduler/framework/plugins/*: EventsToRegister`).
//!
//! A refused pod remembers the plugins that refused it ([`Rejectors`]). An event in which none of them is interested leaves the
//! pod where it is (`pkg/scheduler/backend/queue/scheduling_queue.go: isPodWorthRequeuing`).

use crate::cluster::ResourceId;
use crate::cluster::node::NodeChange;
use crate::cluster::spec::{LabelSelector, NodeSpec, PodAffinityTerm, PodTemplate};
use crate::control::scheduler::framework::Profile;
use crate::control::scheduler::shape::PodShape;

/// A set of plugins that refused a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rejectors(u16);

impl Rejectors {
    /// No plugin: the attempt ended in an error.
    pub const NONE: Self = Self(0);
    /// NodeUnschedulable.
    pub const NODE_UNSCHEDULABLE: Self = Self(1);
    /// NodeName.
    pub const NODE_NAME: Self = Self(1 << 1);
    /// TaintToleration.
    pub const TAINT_TOLERATION: Self = Self(1 << 2);
    /// NodeAffinity.
    pub const NODE_AFFINITY: Self = Self(1 << 3);
    /// NodePorts.
    pub const NODE_PORTS: Self = Self(1 << 4);
    /// NodeResourcesFit.
    pub const NODE_RESOURCES_FIT: Self = Self(1 << 5);
    /// PodTopologySpread.
    pub const POD_TOPOLOGY_SPREAD: Self = Self(1 << 6);
    /// InterPodAffinity.
    pub const INTER_POD_AFFINITY: Self = Self(1 << 7);
    /// Plugins that have no hint here: every event is worth an attempt.
    pub const OTHER: Self = Self(1 << 15);

    /// The plugins with their names in KubeSchedulerConfiguration.
    pub const NAMED: [(&'static str, Self); 8] = [
        ("NodeUnschedulable", Self::NODE_UNSCHEDULABLE),
        ("NodeName", Self::NODE_NAME),
        ("TaintToleration", Self::TAINT_TOLERATION),
        ("NodeAffinity", Self::NODE_AFFINITY),
        ("NodePorts", Self::NODE_PORTS),
        ("NodeResourcesFit", Self::NODE_RESOURCES_FIT),
        ("PodTopologySpread", Self::POD_TOPOLOGY_SPREAD),
        ("InterPodAffinity", Self::INTER_POD_AFFINITY),
    ];

    /// The plugin of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = Self::NAMED.iter().find(|(known, _)| *known == name);
        known.map_or(Self::OTHER, |(_, plugin)| *plugin)
    }
    /// Both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// What both have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// Whether both have a plugin in common.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
    /// Whether there is no plugin.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The plugins by name; those without a hint are left out.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED
            .iter()
            .filter(move |(_, plugin)| self.intersects(*plugin))
            .map(|(name, _)| *name)
    }
}

/// What happened in the cluster, as the scheduler's informers show it (`pkg/scheduler/framework/events.go`).
#[derive(Clone, Copy, Debug)]
pub enum ClusterEvent<'a> {
    /// A pod was bound.
    AssignedPodAdd(&'a PodTemplate),
    /// A bound pod changed: before and after.
    AssignedPodUpdate(&'a PodTemplate, &'a PodTemplate),
    /// A bound pod ended or was deleted.
    AssignedPodDelete(&'a PodTemplate),
    /// There is a new node.
    NodeAdd(&'a NodeSpec),
    /// A node changed: before and after, and in what.
    NodeUpdate(&'a NodeSpec, &'a NodeSpec, NodeChange),
    /// A node went away.
    NodeDelete(&'a NodeSpec),
    /// The waiting pod itself changed: before and after.
    PodUpdate(&'a PodTemplate, &'a PodTemplate),
}

impl ClusterEvent<'_> {
    /// The plugins that want to hear of such events.
    #[must_use]
    pub fn interest(&self) -> Rejectors {
        let interested = match self {
            Self::AssignedPodAdd(_) | Self::AssignedPodUpdate(..) => PODS_TOGETHER,
            Self::AssignedPodDelete(_) => PODS_TOGETHER
                .union(Rejectors::NODE_RESOURCES_FIT)
                .union(Rejectors::NODE_PORTS),
            Self::NodeAdd(_) => Rejectors(Rejectors::OTHER.0 - 1),
            Self::NodeUpdate(_, _, change) => node_update_interest(*change),
            Self::NodeDelete(_) => Rejectors::POD_TOPOLOGY_SPREAD,
            Self::PodUpdate(..) => PODS_TOGETHER
                .union(Rejectors::TAINT_TOLERATION)
                .union(Rejectors::NODE_UNSCHEDULABLE)
                .union(Rejectors::NODE_RESOURCES_FIT),
        };
        interested.union(Rejectors::OTHER)
    }
}

/// The plugins that look at pods elsewhere.
const PODS_TOGETHER: Rejectors = Rejectors::POD_TOPOLOGY_SPREAD.union(Rejectors::INTER_POD_AFFINITY);

fn node_update_interest(change: NodeChange) -> Rejectors {
    let mut interested = Rejectors::NONE;
    if change.contains(NodeChange::ALLOCATABLE) {
        interested = interested.union(Rejectors::NODE_RESOURCES_FIT);
    }
    if change.contains(NodeChange::LABELS) {
        interested = interested.union(PODS_TOGETHER).union(Rejectors::NODE_AFFINITY);
    }
    if change.contains(NodeChange::TAINTS) {
        interested = interested
            .union(Rejectors::TAINT_TOLERATION)
            .union(Rejectors::NODE_UNSCHEDULABLE)
            .union(Rejectors::POD_TOPOLOGY_SPREAD);
    }
    interested
}

/// Whether `event` makes it worth trying a pod of `shape` again that these plugins of its `profile` refused.
#[must_use]
pub fn is_worth_requeuing(profile: &Profile, shape: &PodShape, rejectors: Rejectors, event: &ClusterEvent<'_>) -> bool {
    let asked = event.interest().intersection(rejectors);
    let pod = &shape.template;
    Rejectors::NAMED.iter().any(|(name, plugin)| {
        asked.intersects(*plugin)
            && match *plugin {
                Rejectors::NODE_NAME => true,
                Rejectors::NODE_RESOURCES_FIT => fit(pod, event),
                Rejectors::NODE_PORTS => ports(pod, event),
                Rejectors::POD_TOPOLOGY_SPREAD => spread(pod, event),
                Rejectors::INTER_POD_AFFINITY => affinity(pod, event),
                // NodeUnschedulable, TaintToleration and NodeAffinity look at the node alone.
                _ => now_passes(profile, name, shape, event),
            }
    }) || asked.intersects(Rejectors::OTHER)
}

/// `plugins/noderesources/fit.go: isSchedulableAfterPodEvent, isSchedulableAfterNodeChange`.
fn fit(pod: &PodTemplate, event: &ClusterEvent<'_>) -> bool {
    match event {
        // What was freed is not looked at.
        ClusterEvent::AssignedPodDelete(_) => true,
        ClusterEvent::NodeAdd(node) => fits_allocatable(pod, node),
        ClusterEvent::NodeUpdate(before, after, _) => fits_allocatable(pod, after) && has_more(pod, before, after),
        ClusterEvent::PodUpdate(before, after) => {
            let less = |(id, amount): (ResourceId, i64)| after.requests.get(id) < amount;
            before.requests.iter_nonzero().any(less)
        }
        ClusterEvent::AssignedPodAdd(_) | ClusterEvent::AssignedPodUpdate(..) | ClusterEvent::NodeDelete(_) => false,
    }
}

fn fits_allocatable(pod: &PodTemplate, node: &NodeSpec) -> bool {
    node.allocatable.get(ResourceId::PODS) >= 1
        && pod
            .requests
            .iter_nonzero()
            .all(|(id, amount)| id == ResourceId::PODS || amount <= node.allocatable.get(id))
}

/// `fit.go: haveAnyRequestedResourcesIncreased`.
fn has_more(pod: &PodTemplate, before: &NodeSpec, after: &NodeSpec) -> bool {
    let more = |id: ResourceId| after.allocatable.get(id) > before.allocatable.get(id);
    more(ResourceId::PODS) || pod.requests.iter_nonzero().any(|(id, _)| more(id))
}

/// The hints of plugins that look at a node alone: it passes now, and did not before.
fn now_passes(profile: &Profile, plugin: &str, shape: &PodShape, event: &ClusterEvent<'_>) -> bool {
    let passes = |node: &NodeSpec| {
        let mut filters = profile.spec_filters.iter().filter(|filter| filter.name() == plugin);
        filters.all(|filter| filter.passes(shape, node))
    };
    match event {
        ClusterEvent::NodeAdd(node) => passes(node),
        ClusterEvent::NodeUpdate(before, after, _) => passes(after) && !passes(before),
        // New tolerations; `PodTemplate` without any change of them would not be told of.
        ClusterEvent::PodUpdate(before, after) => before.tolerations != after.tolerations,
        ClusterEvent::AssignedPodAdd(_)
        | ClusterEvent::AssignedPodUpdate(..)
        | ClusterEvent::AssignedPodDelete(_)
        | ClusterEvent::NodeDelete(_) => false,
    }
}

/// `plugins/nodeports/node_ports.go: isSchedulableAfterPodDeleted`.
fn ports(pod: &PodTemplate, event: &ClusterEvent<'_>) -> bool {
    match event {
        ClusterEvent::AssignedPodDelete(deleted) => deleted.scheduling.host_ports.iter().any(|port| {
            let wanted = &pod.scheduling.host_ports;
            wanted.iter().any(|other| other.conflicts(port))
        }),
        ClusterEvent::NodeAdd(_) => true,
        ClusterEvent::AssignedPodAdd(_)
        | ClusterEvent::AssignedPodUpdate(..)
        | ClusterEvent::NodeUpdate(..)
        | ClusterEvent::NodeDelete(_)
        | ClusterEvent::PodUpdate(..) => false,
    }
}

/// `plugins/podtopologyspread/plugin.go: isSchedulableAfterPodChange, isSchedulableAfterNodeChange`.
fn spread(pod: &PodTemplate, event: &ClusterEvent<'_>) -> bool {
    let hard = || pod.scheduling.topology_spread.iter().filter(|c| c.hard);
    let counts = |other: &PodTemplate| {
        other.namespace == pod.namespace && hard().any(|c| selects(c.selector.as_ref(), &other.labels))
    };
    let counts_otherwise = |before: &PodTemplate, after: &PodTemplate| {
        let by =
            |selector: Option<&LabelSelector>| selects(selector, &before.labels) != selects(selector, &after.labels);
        after.namespace == pod.namespace && hard().any(|c| by(c.selector.as_ref()))
    };
    let has_keys = |node: &NodeSpec| hard().all(|c| node.labels.contains_key(&c.topology_key));
    match event {
        ClusterEvent::AssignedPodAdd(other) | ClusterEvent::AssignedPodDelete(other) => counts(other),
        ClusterEvent::AssignedPodUpdate(before, after) => counts_otherwise(before, after),
        ClusterEvent::NodeAdd(node) | ClusterEvent::NodeDelete(node) => has_keys(node),
        ClusterEvent::NodeUpdate(before, after, _) => {
            let moved = |key: &String| before.labels.get(key) != after.labels.get(key);
            has_keys(before) != has_keys(after)
                || (has_keys(after) && (hard().any(|c| moved(&c.topology_key)) || before.taints != after.taints))
        }
        ClusterEvent::PodUpdate(before, after) => {
            let tolerates = before.tolerations != after.tolerations && hard().any(|c| c.honor_node_taints);
            tolerates || counts_otherwise(before, after)
        }
    }
}

/// `plugins/interpodaffinity/plugin.go: isSchedulableAfterPodChange, isSchedulableAfterNodeChange`.
fn affinity(pod: &PodTemplate, event: &ClusterEvent<'_>) -> bool {
    let scheduling = &pod.scheduling;
    let (near, far) = (
        &scheduling.pod_affinity.required,
        &scheduling.pod_anti_affinity.required,
    );
    let wanted = |other: &PodTemplate| !near.is_empty() && near.iter().all(|term| means(term, pod, other));
    let shunned = |other: &PodTemplate| far.iter().any(|term| means(term, pod, other));
    // The other pod's own anti-affinity may have kept this one away.
    let shuns = |other: &PodTemplate| {
        let terms = &other.scheduling.pod_anti_affinity.required;
        terms.iter().any(|term| means(term, other, pod))
    };
    match event {
        ClusterEvent::AssignedPodAdd(other) => wanted(other),
        ClusterEvent::AssignedPodUpdate(before, after) => {
            (!wanted(before) && wanted(after)) || (shunned(before) && !shunned(after))
        }
        ClusterEvent::AssignedPodDelete(other) => shunned(other) || shuns(other),
        ClusterEvent::NodeAdd(node) => {
            near.iter().all(|term| node.labels.contains_key(&term.topology_key)) || !far.is_empty()
        }
        ClusterEvent::NodeUpdate(before, after, _) => {
            let mut keys = near.iter().chain(far).map(|term| &term.topology_key);
            keys.any(|key| before.labels.get(key) != after.labels.get(key))
        }
        ClusterEvent::NodeDelete(_) => false,
        ClusterEvent::PodUpdate(before, after) => before.labels != after.labels,
    }
}

fn selects(selector: Option<&LabelSelector>, labels: &crate::cluster::spec::Labels) -> bool {
    selector.is_some_and(|selector| selector.matches(labels))
}

/// Whether `term` of `pod` means `other`. A namespace selector is taken to select every namespace: at worst a pod is tried once
/// in vain.
fn means(term: &PodAffinityTerm, pod: &PodTemplate, other: &PodTemplate) -> bool {
    let own = term.namespaces.is_empty() && other.namespace == pod.namespace;
    let in_namespace = term.namespace_selector.is_some() || own || term.namespaces.contains(&other.namespace);
    in_namespace && selects(term.selector.as_ref(), &other.labels)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cluster::spec::{
        HostPort, Labels, PodAffinity, SchedulerProfile, TaintEffect, Toleration, TopologySpreadConstraint,
    };
    use crate::control::scheduler::testing::{GPU, node, pod, resources, taint};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn worth(pod: &PodTemplate, rejectors: Rejectors, event: ClusterEvent<'_>) -> bool {
        let profile = Profile::new(&SchedulerProfile::default(), &resources());
        is_worth_requeuing(&profile, &PodShape::new(Arc::new(pod.clone())), rejectors, &event)
    }

    fn updated(before: &NodeSpec, change: impl FnOnce(&mut NodeSpec)) -> (NodeSpec, NodeChange) {
        let mut after = before.clone();
        change(&mut after);
        let what = NodeChange::between(before, &after);
        (after, what)
    }

    #[test]
    fn fit_wants_any_end_and_nodes_with_more() {
        let (me, other) = (pod(4000, 0, 2), pod(1, 0, 0));
        let fit = Rejectors::NODE_RESOURCES_FIT;
        assert!(worth(&me, fit, ClusterEvent::AssignedPodDelete(&other)));
        assert!(!worth(&me, fit, ClusterEvent::AssignedPodAdd(&other)));
        assert!(worth(&me, fit, ClusterEvent::NodeAdd(&node("n", 4, 1, 2))));
        assert!(!worth(&me, fit, ClusterEvent::NodeAdd(&node("n", 4, 1, 1))));
        let before = node("n", 4, 1, 1);
        for (gpus, memory, expected) in [(2, 1, true), (3, 1, true), (1, 9, false)] {
            let (after, what) = updated(&before, |n| {
                n.allocatable.set(GPU, gpus);
                n.allocatable.set(ResourceId::MEMORY, memory);
            });
            assert_eq!(
                worth(&me, fit, ClusterEvent::NodeUpdate(&before, &after, what)),
                expected
            );
        }
        let big = node("n", 8, 1, 8);
        let (more_memory, what) = updated(&big, |n| n.allocatable.set(ResourceId::MEMORY, 99 << 30));
        assert!(
            !worth(&me, fit, ClusterEvent::NodeUpdate(&big, &more_memory, what)),
            "it requests none"
        );
        let (labelled, what) = updated(&big, |n| drop(n.labels.insert("a".into(), "b".into())));
        assert!(!worth(&me, fit, ClusterEvent::NodeUpdate(&big, &labelled, what)));
    }

    #[test]
    fn nodes_wake_pods_that_they_take_now_and_did_not_before() {
        let mut me = pod(0, 0, 0);
        me.node_selector = labels(&[("gpu", "a100")]);
        let plain = node("n", 1, 1, 0);
        let (labelled, label) = updated(&plain, |n| n.labels = labels(&[("gpu", "a100")]));
        let (tainted, taints) = updated(&plain, |n| n.taints = vec![taint("a", "", TaintEffect::NoSchedule)]);
        let (cordoned, cordon) = updated(&plain, |n| n.unschedulable = true);
        let cases = [
            (Rejectors::NODE_AFFINITY, &plain, &labelled, label, true),
            (Rejectors::NODE_AFFINITY, &labelled, &plain, label, false),
            (Rejectors::TAINT_TOLERATION, &tainted, &plain, taints, true),
            (Rejectors::TAINT_TOLERATION, &plain, &tainted, taints, false),
            (Rejectors::NODE_UNSCHEDULABLE, &cordoned, &plain, cordon, true),
            (Rejectors::NODE_UNSCHEDULABLE, &plain, &cordoned, cordon, false),
            (Rejectors::NODE_AFFINITY, &tainted, &plain, taints, false),
        ];
        for (rejectors, before, after, what, expected) in cases {
            let event = ClusterEvent::NodeUpdate(before, after, what);
            assert_eq!(worth(&me, rejectors, event), expected, "{rejectors:?} {what:?}");
            assert!(!worth(&me, Rejectors::NODE_NAME, event));
        }
        assert!(worth(&me, Rejectors::NODE_AFFINITY, ClusterEvent::NodeAdd(&labelled)));
        assert!(!worth(&me, Rejectors::NODE_AFFINITY, ClusterEvent::NodeAdd(&plain)));
        assert!(!worth(
            &me,
            Rejectors::TAINT_TOLERATION,
            ClusterEvent::NodeAdd(&tainted)
        ));
    }

    fn term(app: &str) -> PodAffinityTerm {
        PodAffinityTerm {
            selector: Some(LabelSelector::of_labels(&labels(&[("app", app)]))),
            topology_key: "zone".into(),
            ..PodAffinityTerm::default()
        }
    }

    fn app(name: &str) -> PodTemplate {
        PodTemplate {
            labels: labels(&[("app", name)]),
            ..pod(0, 0, 0)
        }
    }

    #[test]
    fn affinity_wants_its_friends_to_come_and_its_foes_to_go() {
        let mut me = app("me");
        let required = |app: &str| PodAffinity {
            required: vec![term(app)],
            preferred: vec![],
        };
        me.scheduling.pod_affinity = required("friend");
        me.scheduling.pod_anti_affinity = required("foe");
        let (friend, foe, mut shy) = (app("friend"), app("foe"), app("shy"));
        shy.scheduling.pod_anti_affinity = required("me");
        let by = Rejectors::INTER_POD_AFFINITY;
        assert!(worth(&me, by, ClusterEvent::AssignedPodAdd(&friend)));
        assert!(!worth(&me, by, ClusterEvent::AssignedPodAdd(&foe)));
        assert!(worth(&me, by, ClusterEvent::AssignedPodDelete(&foe)));
        assert!(worth(&me, by, ClusterEvent::AssignedPodDelete(&shy)));
        assert!(!worth(&me, by, ClusterEvent::AssignedPodDelete(&friend)));
        assert!(worth(&me, by, ClusterEvent::AssignedPodUpdate(&foe, &friend)));
        assert!(!worth(&me, by, ClusterEvent::AssignedPodUpdate(&friend, &foe)));
        let elsewhere = PodTemplate {
            namespace: "other".into(),
            ..friend
        };
        assert!(!worth(&me, by, ClusterEvent::AssignedPodAdd(&elsewhere)));
    }

    #[test]
    fn spreading_and_ports_look_at_what_concerns_them() {
        let mut me = app("web");
        me.scheduling.topology_spread = vec![TopologySpreadConstraint {
            max_skew: 1,
            topology_key: "zone".into(),
            hard: true,
            selector: term("web").selector,
            match_label_keys: vec![],
            min_domains: 1,
            honor_node_affinity: true,
            honor_node_taints: false,
        }];
        let spread = Rejectors::POD_TOPOLOGY_SPREAD;
        assert!(worth(&me, spread, ClusterEvent::AssignedPodAdd(&app("web"))));
        assert!(!worth(&me, spread, ClusterEvent::AssignedPodDelete(&app("db"))));
        let (plain, mut zoned) = (node("n", 1, 1, 0), node("n", 1, 1, 0));
        zoned.labels = labels(&[("zone", "a")]);
        assert!(worth(&me, spread, ClusterEvent::NodeDelete(&zoned)));
        assert!(!worth(&me, spread, ClusterEvent::NodeAdd(&plain)));
        let mut tainted = zoned.clone();
        tainted.taints = vec![taint("gpu", "", TaintEffect::NoSchedule)];
        let what = NodeChange::between(&zoned, &tainted);
        assert!(worth(&me, spread, ClusterEvent::NodeUpdate(&zoned, &tainted, what)));
        // Of its own labels only those matter that a constraint asks for, and tolerations if it minds taints.
        let (mut other, mut relabelled, mut tolerant) = (me.clone(), me.clone(), me.clone());
        other.labels.insert("tier".into(), "front".into());
        relabelled.labels.insert("app".into(), "db".into());
        tolerant.tolerations.clear();
        assert!(!worth(&me, spread, ClusterEvent::PodUpdate(&me, &other)));
        assert!(worth(&relabelled, spread, ClusterEvent::PodUpdate(&me, &relabelled)));
        for honors in [false, true] {
            me.scheduling.topology_spread[0].honor_node_taints = honors;
            tolerant.scheduling = me.scheduling.clone();
            me.tolerations = vec![Toleration {
                key: "gpu".into(),
                exists: true,
                value: String::new(),
                effect: None,
                toleration_seconds: None,
            }];
            let event = ClusterEvent::PodUpdate(&me, &tolerant);
            assert_eq!(worth(&tolerant, spread, event), honors);
        }

        let port = |port| HostPort {
            ip: HostPort::ANY.into(),
            protocol: "TCP".into(),
            port,
        };
        let (mut mine, mut same, mut another) = (pod(0, 0, 0), pod(0, 0, 0), pod(0, 0, 0));
        mine.scheduling.host_ports = vec![port(80)];
        same.scheduling.host_ports = vec![port(80), port(81)];
        another.scheduling.host_ports = vec![port(81)];
        let ports = Rejectors::NODE_PORTS;
        assert!(worth(&mine, ports, ClusterEvent::AssignedPodDelete(&same)));
        assert!(!worth(&mine, ports, ClusterEvent::AssignedPodDelete(&another)));
    }

    #[test]
    fn plugins_have_their_names() {
        assert_eq!(Rejectors::named("NodePorts"), Rejectors::NODE_PORTS);
        assert_eq!(Rejectors::named("Mine"), Rejectors::OTHER);
        let both = Rejectors::NODE_RESOURCES_FIT.union(Rejectors::TAINT_TOLERATION);
        assert_eq!(
            both.names().collect::<Vec<_>>(),
            ["TaintToleration", "NodeResourcesFit"]
        );
        let any = ClusterEvent::NodeDelete(&node("n", 1, 1, 0)).interest();
        assert!(any.intersects(Rejectors::OTHER));
    }
}
