//! Pods that name their node go past the scheduler, but it counts them.

use std::sync::Arc;

use makespan::cluster::spec::JobSpec;
use makespan::cluster::{NodeId, ResourceId, Store};
use makespan::control::{ControlPlane, End};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy;

use crate::support::{cluster, job, play_with};

/// A Job of one pod that takes `gpus` GPUs for 10 s.
fn ten_seconds(gpu: ResourceId, gpus: i64, node: Option<&str>) -> JobSpec {
    let mut spec = job(gpu, Distribution::Fixed(SimDuration::from_secs(10)));
    let template = Arc::make_mut(&mut spec.template);
    template.requests.set(gpu, gpus);
    template.node_name = node.map(str::to_owned);
    spec
}

/// Plays Jobs of the given sizes in parallel on two nodes of four GPUs, the first on the node of its own choice.
fn play(sizes: &[i64], node: &str, mut plane: ControlPlane, literal: bool) -> Store {
    let (mut store, gpu) = cluster(2, 4);
    for (i, gpus) in sizes.iter().enumerate() {
        let spec = store.add_job_spec(ten_seconds(gpu, *gpus, (i == 0).then_some(node)));
        store.add_job(spec);
    }
    plane.scheduler.literal_queue = literal;
    let mut checker = Checker::new(&store);
    let (store, outcome) = play_with(store, Strategy::Parallel, plane, 1, &mut checker);
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    assert_eq!(outcome.end, End::Finished);
    store
}

#[test]
fn others_wait_for_what_it_takes() {
    for literal in [false, true] {
        let store = play(&[4, 4, 4], "node-1", ControlPlane::ideal(), literal);
        let nodes: Vec<NodeId> = store.pods.iter().map(|pod| pod.node).collect();
        assert_eq!(nodes[0], NodeId(1));
        assert_eq!(nodes[1], NodeId(0), "the other node is free");
        let third = &store.pods[2];
        assert_eq!(third.scheduled, SimTime::ZERO + SimDuration::from_secs(10));
    }
    play(&[4, 4, 4], "node-1", ControlPlane::kubernetes(), true);
}

#[test]
fn a_node_with_more_than_it_has_takes_no_more() {
    let store = play(&[6, 1, 4, 1], "node-0", ControlPlane::ideal(), false);
    let first = store.pods[0].finished;
    for pod in &store.pods[1..] {
        assert!(pod.node == NodeId(1) || pod.scheduled >= first, "{pod:?}");
    }
}
