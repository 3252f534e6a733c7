//! Schedulers by name: a KubeSchedulerConfiguration beside the manifests, from the files to the nodes that pods get.

use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::cluster::Store;
use makespan::cluster::pod::PodPhase;
use makespan::cluster::record::Silent;
use makespan::control::{End, Simulation};
use makespan::scenario::load::{Flags, load};

const NODES: &str = "
apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools:
  - {name: gpu, count: 4, allocatable: {cpu: 64, memory: 256Gi, nvidia.com/gpu: 8}}
";

const CONFIGURATION: &str = "
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
- schedulerName: packing
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy: {type: MostAllocated, resources: [{name: nvidia.com/gpu, weight: 100}]}
";

fn job(name: &str, scheduler: &str, pods: u32, extra: &str) -> String {
    format!(
        "
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
  parallelism: {pods}
  completions: {pods}
  template:
    metadata: {{labels: {{job: {name}}}, annotations: {{makespan.dev/runtime: 100s}}}}
    spec:
      schedulerName: {scheduler}
      restartPolicy: Never
      containers:
      - name: main
        image: train
        resources: {{requests: {{cpu: 8, memory: 32Gi}}, limits: {{nvidia.com/gpu: 1}}}}
{extra}"
    )
}

/// Loads and plays, at most for 1,000 s; returns the cluster, how it ended and the warnings.
fn play(documents: &[&str], control_plane: &str) -> (Store, End, Vec<String>) {
    let sources: Vec<_> = documents
        .iter()
        .map(|text| {
            Arc::new(Source {
                name: "input.yaml".to_owned(),
                text: (*text).to_owned(),
            })
        })
        .collect();
    let flags = Flags {
        control_plane: Some(control_plane.to_owned()),
        until: Some("1000s".to_owned()),
        ..Flags::default()
    };
    let mut problems = Problems::new();
    let scenario = load("test", &sources, &flags, &mut problems);
    let told = problems.list().iter().map(|p| p.message.clone()).collect();
    let scenario = scenario.unwrap_or_else(|| panic!("{told:?}", told = problems.list()));
    let mut simulation = Simulation::new(scenario.input(1));
    let outcome = simulation.run(&mut Silent);
    (simulation.into_store(), outcome.end, told)
}

/// How many pods of each Job specification ran on each node, most first.
fn spread(store: &Store) -> Vec<usize> {
    let mut nodes = vec![0; store.nodes.len()];
    for pod in store.pods.iter().filter(|pod| pod.phase == PodPhase::Succeeded) {
        nodes[pod.node.index()] += 1;
    }
    nodes.sort_unstable_by(|a, b| b.cmp(a));
    nodes
}

#[test]
fn each_pod_goes_by_its_own_profile() {
    for plane in ["ideal", "kubernetes"] {
        let (store, end, told) = play(&[NODES, &job("a", "default-scheduler", 8, "")], plane);
        assert_eq!((end, told), (End::Finished, Vec::new()), "{plane}");
        assert_eq!(spread(&store), [2, 2, 2, 2], "{plane}: spread");
        let (store, end, told) = play(&[NODES, CONFIGURATION, &job("a", "packing", 8, "")], plane);
        assert_eq!((end, told), (End::Finished, Vec::new()), "{plane}");
        assert_eq!(spread(&store), [8, 0, 0, 0], "{plane}: packed");
    }
}

#[test]
fn nobody_schedules_for_an_unknown_scheduler() {
    let (store, end, told) = play(&[NODES, CONFIGURATION, &job("a", "volcano", 1, "")], "kubernetes");
    assert_ne!(end, End::Finished);
    assert_eq!(store.pods[0].phase, PodPhase::Pending);
    insta::assert_snapshot!(told.join("\n"), @r#"Job default/a: no scheduler is called "volcano", so nobody schedules its pods; there is default-scheduler, packing"#);
}

#[test]
fn pods_that_avoid_one_another_take_a_node_each() {
    let apart = "
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {job: a}}}
";
    for plane in ["ideal", "kubernetes"] {
        let manifest = job("a", "default-scheduler", 6, apart);
        let (store, end, told) = play(&[NODES, &manifest], plane);
        assert_eq!((end, told), (End::Finished, Vec::new()), "{plane}");
        assert_eq!(spread(&store), [2, 2, 1, 1], "{plane}: four at a time, then two");
        let mut intervals: Vec<_> = store.pods.iter().map(|p| (p.node, p.scheduled, p.finished)).collect();
        intervals.sort_unstable();
        let apart = intervals.windows(2).all(|w| w[0].0 != w[1].0 || w[0].2 <= w[1].1);
        assert!(apart, "{plane}: never two on a node: {intervals:?}");
    }
}
