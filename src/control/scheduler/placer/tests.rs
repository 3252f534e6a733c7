//! The scheduler's choice behind its door.

use super::*;
use crate::cluster::spec::{LabelSelector, Labels, PodAffinityTerm};
use crate::cluster::spec::{NodeSelectorTerm, SelectorOperator, SelectorRequirement};
use crate::control::scheduler::testing::{GI, arcs, node, pod, resources};

fn totals(placer: &Placer, shape: PodTemplateId) -> Vec<Vec<i64>> {
    let (nodes, columns) = placer.scores(shape);
    (0..nodes.len())
        .map(|i| columns.iter().map(|c| c.scores[i]).collect())
        .collect()
}

/// The worked example of scheduler.md, section 10.
#[test]
fn worked_scores() {
    let nodes = [node("a", 64, 512, 8), node("b", 64, 512, 8)];
    let templates = arcs(&[pod(4000, 16 * GI, 1), pod(32_000, 64 * GI, 0)]);
    let mut placer = Placer::new(&resources(), &nodes, &templates);
    placer.assume(NodeId(0), PodTemplateId(1));
    assert_eq!(
        totals(&placer, PodTemplateId(0)),
        [[300, 63, 74, 0], [300, 94, 74, 0]],
        "TaintToleration, NodeResourcesFit, BalancedAllocation, ImageLocality"
    );
    assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(NodeId(1)));
}

#[test]
fn what_fits_no_empty_node_is_told_by_pool() {
    let mut nodes = vec![node("a", 8, 32, 4), node("b", 8, 32, 4), node("c", 8, 32, 8)];
    nodes[2].pool = 1;
    let templates = arcs(&[pod(0, 0, 5), pod(0, 0, 9)]);
    let placer = Placer::new(&resources(), &nodes, &templates);
    assert_eq!(placer.could_ever_fit(PodTemplateId(0)), Ok(()));
    assert!(!placer.would_fit_empty(PodTemplateId(0), NodeId(1)));
    assert!(placer.would_fit_empty(PodTemplateId(0), NodeId(2)));
    let error = placer.could_ever_fit(PodTemplateId(1)).unwrap_err();
    insta::assert_snapshot!(error, @"0/3 nodes are available: 3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
    let pools: Vec<_> = placer
        .fit_by_pool(PodTemplateId(0))
        .into_iter()
        .map(|fit| (fit.pool, fit.fitting, fit.error.histogram()))
        .collect();
    assert_eq!(
        pools,
        [
            (0, 0, "2 Insufficient nvidia.com/gpu".to_owned()),
            (1, 1, String::new())
        ]
    );
}

#[test]
fn full_pod_slots_are_resolvable_and_told_beside_other_reasons() {
    let mut small = node("a", 8, 32, 0);
    small.allocatable.set(crate::cluster::ResourceId::PODS, 1);
    let templates = arcs(&[pod(100, 0, 0), pod(100, 0, 1)]);
    let mut placer = Placer::new(&resources(), &[small], &templates);
    placer.assume(NodeId(0), PodTemplateId(0));
    insta::assert_snapshot!(placer.explain(PodTemplateId(0)), @"0/1 nodes are available: 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
    insta::assert_snapshot!(placer.explain(PodTemplateId(1)), @"0/1 nodes are available: 1 Insufficient nvidia.com/gpu, 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
}

#[test]
fn no_nodes_is_an_error_of_its_own() {
    let mut placer = Placer::new(&resources(), &[], &arcs(&[pod(0, 0, 0)]));
    assert_eq!(placer.place(PodTemplateId(0)), Placement::NoNodes);
    insta::assert_snapshot!(placer.explain(PodTemplateId(0)), @"no nodes available to schedule pods");
    let id = placer.add_node(&node("a", 1, 1, 0));
    assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(id));
    placer.remove_node(id);
    assert_eq!(placer.place(PodTemplateId(0)), Placement::NoNodes);
    let mut moved = node("a", 1, 1, 0);
    moved.labels.insert("topology.kubernetes.io/zone".into(), "z".into());
    placer.update_node(id, &moved);
    assert_eq!(placer.place(PodTemplateId(0)), Placement::NoNodes, "it stays away");
}

fn named(lists: &[&[&str]]) -> PodTemplate {
    let fields = lists.iter().map(|values| SelectorRequirement {
        key: "metadata.name".into(),
        operator: SelectorOperator::In,
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    });
    let mut template = pod(100, 0, 0);
    template.node_affinity.required = Some(vec![NodeSelectorTerm {
        match_expressions: Vec::new(),
        match_fields: fields.collect(),
    }]);
    template
}

/// The first text is that of the recording placement-misc-unschedulable, pod fixed-name.
#[test]
fn pods_that_name_their_nodes() {
    let nodes = [node("a", 8, 32, 0), node("b", 8, 32, 0)];
    let templates = arcs(&[named(&[&["x"]]), named(&[&["a"], &["b"]]), named(&[&["b"]])]);
    let mut placer = Placer::new(&resources(), &nodes, &templates);
    insta::assert_snapshot!(placer.explain(PodTemplateId(0)), @"0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
    insta::assert_snapshot!(placer.explain(PodTemplateId(1)), @"0/2 nodes are available: pod affinity terms conflict. not found");
    assert_eq!(placer.place(PodTemplateId(2)), Placement::Placed(NodeId(1)));
    assert_eq!(placer.next_start_node_index(), 1, "one node was looked at");
}

#[test]
fn a_changed_node_is_seen() {
    let mut spec = node("a", 8, 32, 0);
    let mut placer = Placer::new(&resources(), std::slice::from_ref(&spec), &arcs(&[pod(6000, 0, 0)]));
    placer.assume(NodeId(0), PodTemplateId(0));
    assert!(matches!(placer.place(PodTemplateId(0)), Placement::Unschedulable(_)));
    spec.allocatable.set(crate::cluster::ResourceId::CPU, 12_000);
    placer.update_node(NodeId(0), &spec);
    assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(NodeId(0)));
    spec.unschedulable = true;
    placer.update_node(NodeId(0), &spec);
    assert_eq!(
        placer.explain(PodTemplateId(0)).histogram(),
        "1 node(s) were unschedulable"
    );
}

/// One node takes one pod. In the default profile each pod is searched for anew, as in the recording placement-batch-fullnode.
/// Where spreading by default is off, pods are signed, and the nodes come from the heap of the first search.
#[test]
fn equal_pods_that_fill_their_nodes_are_batched_where_spreading_is_off() {
    let nodes: Vec<NodeSpec> = (0..6).map(|i| node(&format!("n-{i}"), 8, 32, 4)).collect();
    let templates = arcs(&[pod(1000, GI, 4), pod(1000, GI, 0)]);
    let mut unspread = SchedulerProfile::default();
    unspread.args.default_constraints = Some(Vec::new());
    let run = |profile: &SchedulerProfile, batching: bool| {
        let profiles = std::slice::from_ref(profile);
        let mut placer = Placer::with_profiles(&resources(), &nodes, &templates, profiles);
        placer.set_opportunistic_batching(batching);
        let mut chosen = Vec::new();
        while let Placement::Placed(node) = placer.place(PodTemplateId(0)) {
            placer.assume(node, PodTemplateId(0));
            chosen.push(node.0);
        }
        chosen
    };
    let one_by_one = [0, 1, 2, 3, 4, 5];
    assert_eq!(run(&SchedulerProfile::default(), true), one_by_one);
    assert_eq!(run(&unspread, false), one_by_one);
    assert_eq!(run(&unspread, true), [0, 5, 4, 3, 2, 1]);
}

#[test]
fn a_pod_of_another_kind_between_ends_a_batch() {
    let nodes: Vec<NodeSpec> = (0..4).map(|i| node(&format!("n-{i}"), 8, 32, 4)).collect();
    let templates = arcs(&[pod(1000, GI, 4), pod(0, 0, 0)]);
    let mut unspread = SchedulerProfile::default();
    unspread.args.default_constraints = Some(Vec::new());
    let mut placer = Placer::with_profiles(&resources(), &nodes, &templates, &[unspread]);
    let mut place = |shape| {
        let Placement::Placed(node) = placer.place(PodTemplateId(shape)) else {
            panic!("there is room")
        };
        placer.assume(node, PodTemplateId(shape));
        node.0
    };
    assert_eq!(place(0), 0);
    place(1);
    assert_eq!(place(0), 1, "a full search again");
}

#[test]
fn a_pod_goes_by_the_profile_of_its_scheduler() {
    let nodes = [node("a", 64, 256, 8), node("b", 64, 256, 8)];
    let mut packing = SchedulerProfile {
        scheduler_name: "packing".to_owned(),
        ..SchedulerProfile::default()
    };
    packing.args.fit.strategy = crate::cluster::spec::FitStrategy::MostAllocated;
    packing.args.fit.resources = vec![("nvidia.com/gpu".to_owned(), 5)];
    let for_scheduler = |name: &str| {
        let mut template = pod(4000, 16 * GI, 1);
        template.scheduling.scheduler_name = name.to_owned();
        template
    };
    let templates = arcs(&[for_scheduler(""), for_scheduler("packing"), for_scheduler("volcano")]);
    let profiles = [SchedulerProfile::default(), packing];
    let mut placer = Placer::with_profiles(&resources(), &nodes, &templates, &profiles);
    placer.assume(NodeId(1), PodTemplateId(0));
    assert_eq!(placer.place(PodTemplateId(0)), Placement::Placed(NodeId(0)), "spreads");
    assert_eq!(placer.place(PodTemplateId(1)), Placement::Placed(NodeId(1)), "packs");
    let known = [0, 1, 2].map(|i| placer.has_scheduler(PodTemplateId(i)));
    assert_eq!(known, [true, true, false]);
}

#[test]
fn what_a_profile_adds_and_leaves_out() {
    let mut labelled = node("a", 8, 32, 4);
    labelled.labels.insert("pool".into(), "batch".into());
    let nodes = [labelled, node("b", 8, 32, 4)];
    let mut profile = SchedulerProfile::default();
    profile.args.added_affinity.required = Some(vec![NodeSelectorTerm {
        match_expressions: vec![SelectorRequirement {
            key: "pool".into(),
            operator: SelectorOperator::In,
            values: vec!["batch".into()],
        }],
        match_fields: Vec::new(),
    }]);
    profile.args.fit.ignored_resource_groups = vec!["nvidia.com".to_owned()];
    profile.post_filters.clear();
    let templates = arcs(&[pod(1000, GI, 9), pod(9000, GI, 9)]);
    let placer = Placer::with_profiles(&resources(), &nodes, &templates, &[profile]);
    insta::assert_snapshot!(placer.explain(PodTemplateId(1)), @"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match scheduler-enforced node affinity.");
    let rejected = placer.rejected_by_plugin(PodTemplateId(1));
    assert_eq!(rejected, [("NodeAffinity", 1), ("NodeResourcesFit", 1)]);
    assert_eq!(placer.could_ever_fit(PodTemplateId(0)), Ok(()), "GPUs are ignored");
}

/// Nothing of this is in a recording; the words are those of `plugins/interpodaffinity/filtering.go`.
#[test]
fn required_affinity_in_words_and_for_the_first_pod() {
    let mut nodes = vec![node("a", 8, 32, 4), node("b", 8, 32, 4), node("c", 8, 32, 4)];
    for (spec, zone) in nodes.iter_mut().zip(["x", "x", "y"]) {
        spec.labels.insert("zone".into(), zone.into());
    }
    let app = |name: &str| Labels::from([("app".to_owned(), name.to_owned())]);
    let near = |name: &str| PodAffinityTerm {
        selector: Some(LabelSelector::of_labels(&app(name))),
        topology_key: "zone".to_owned(),
        ..PodAffinityTerm::default()
    };
    let mut first = pod(1000, GI, 0);
    first.labels = app("web");
    first.scheduling.pod_affinity.required = vec![near("web")];
    let mut lonely = pod(1000, GI, 0);
    lonely.scheduling.pod_affinity.required = vec![near("db")];
    let mut shy = pod(1000, GI, 0);
    shy.labels = app("web");
    shy.scheduling.pod_anti_affinity.required = vec![near("web")];
    let templates = arcs(&[first, lonely, shy]);
    let mut placer = Placer::new(&resources(), &nodes, &templates);
    insta::assert_snapshot!(placer.explain(PodTemplateId(1)), @"0/3 nodes are available: 3 node(s) didn't match pod affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
    assert!(placer.could_ever_fit(PodTemplateId(1)).is_ok(), "such pods may come");
    assert_eq!(
        placer.place(PodTemplateId(0)),
        Placement::Placed(NodeId(0)),
        "the first of its kind"
    );
    placer.assume(NodeId(0), PodTemplateId(0));
    assert_eq!(placer.rejected_by_plugin(PodTemplateId(0)), [("InterPodAffinity", 1)]);
    insta::assert_snapshot!(placer.explain(PodTemplateId(2)).histogram(), @"2 node(s) didn't match pod anti-affinity rules");
    placer.assume(NodeId(2), PodTemplateId(2));
    insta::assert_snapshot!(placer.explain(PodTemplateId(0)).histogram(), @"1 node(s) didn't satisfy existing pods anti-affinity rules");
    let mut trial = placer.trial(PodTemplateId(2), NodeId(0));
    assert!(!trial.fits());
    trial.remove(PodTemplateId(0));
    assert!(trial.fits(), "with its only neighbour gone");
    assert_eq!(
        placer.resolvable_nodes(PodTemplateId(2)),
        [NodeId(0), NodeId(1), NodeId(2)]
    );
}
