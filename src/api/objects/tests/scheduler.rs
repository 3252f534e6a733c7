//! KubeSchedulerConfiguration.

use std::sync::Arc;

use crate::api::objects::{is_scheduler_configuration, read_scheduler_configuration};
use crate::api::problem::Problems;
use crate::api::value::Source;
use crate::api::yaml;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{FitStrategy, SchedulerConfiguration, SchedulerProfile};

const HEAD: &str = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

fn read(body: &str) -> (SchedulerConfiguration, Vec<String>) {
    let mut problems = Problems::new();
    let source = Source {
        name: "scheduler.yaml".to_owned(),
        text: format!("{HEAD}{body}"),
    };
    let documents = yaml::load(Arc::new(source), &mut problems);
    assert!(is_scheduler_configuration(&documents[0]));
    let read = read_scheduler_configuration(&documents[0], &mut ResourceTable::default(), &mut problems);
    let told = problems.list().iter();
    let told = told.map(|p| {
        format!(
            "{:?} {}: {} ({})",
            p.severity,
            p.path,
            p.message,
            p.hint.as_deref().unwrap_or("")
        )
    });
    (read, told.collect())
}

fn read_well(body: &str) -> SchedulerConfiguration {
    let (read, problems) = read(body);
    assert_eq!(problems, Vec::<String>::new());
    read
}

#[test]
fn an_empty_configuration_is_the_default_one() {
    let read = read_well("");
    assert_eq!(read.profiles, [SchedulerProfile::default()]);
    assert_eq!(
        read,
        SchedulerConfiguration {
            profiles: vec![SchedulerProfile::default()],
            ..SchedulerConfiguration::default()
        }
    );
    let named = read_well("profiles: [{}]");
    assert_eq!(named.profiles, read.profiles, "a lone profile needs no name");
}

#[test]
fn bin_packing_of_gpus_beside_the_default() {
    let read = read_well(
        "
percentageOfNodesToScore: 50
podMaxBackoffSeconds: 5
clientConnection: {qps: 100, burst: 200}
profiles:
- schedulerName: default-scheduler
- schedulerName: packing
  percentageOfNodesToScore: 100
  plugins:
    score:
      disabled: [{name: NodeResourcesBalancedAllocation}]
      enabled: [{name: NodeResourcesFit, weight: 5}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeResourcesFitArgs
      ignoredResourceGroups: [example.com]
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: nvidia.com/gpu, weight: 10}, {name: cpu}]
        requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}
",
    );
    assert_eq!(
        (read.percentage_of_nodes_to_score, read.client_qps, read.client_burst),
        (Some(50), Some(100.0), Some(200))
    );
    let packing = &read.profiles[1];
    assert_eq!(packing.percentage_of_nodes_to_score, Some(100));
    assert_eq!(
        packing.args.fit.resources,
        [("nvidia.com/gpu".to_owned(), 10), ("cpu".to_owned(), 1)]
    );
    assert_eq!(
        packing.args.fit.strategy,
        FitStrategy::RequestedToCapacityRatio(vec![(0, 0), (100, 10)])
    );
    let scores: Vec<String> = packing.scores.iter().map(|(name, w)| format!("{name}={w}")).collect();
    assert_eq!(
        scores[0], "NodeResourcesFit=5",
        "what is enabled at the point itself comes first"
    );
    assert!(
        !scores.iter().any(|s| s.starts_with("NodeResourcesBalancedAllocation")),
        "{scores:?}"
    );
    assert_eq!(packing.filters, SchedulerProfile::default().filters);
}

#[test]
fn everything_off_but_what_is_named() {
    let read = read_well(
        "
profiles:
- plugins:
    multiPoint:
      disabled: [{name: '*'}]
      enabled: [{name: NodeResourcesFit}, {name: TaintToleration, weight: 7}, {name: DefaultBinder}]
    filter:
      disabled: [{name: '*'}]
      enabled: [{name: NodeName}]
",
    );
    let profile = &read.profiles[0];
    assert_eq!(profile.filters, ["NodeName"]);
    assert_eq!(
        profile.scores,
        [("NodeResourcesFit".to_owned(), 1), ("TaintToleration".to_owned(), 7)]
    );
    assert!(profile.post_filters.is_empty() && profile.pre_enqueues.is_empty());
}

#[test]
fn a_weight_at_multi_point_keeps_the_place() {
    let read = read_well("profiles: [{plugins: {multiPoint: {enabled: [{name: NodeAffinity, weight: 9}]}}}]");
    let mut expected = SchedulerProfile::default().scores;
    expected.iter_mut().find(|(name, _)| name == "NodeAffinity").unwrap().1 = 9;
    assert_eq!(read.profiles[0].scores, expected);
}

#[test]
fn spreading_and_affinity_by_arguments() {
    let read = read_well(
        "
profiles:
- pluginConfig:
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: ScheduleAnyway}]
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 100, ignorePreferredTermsOfExistingPods: true}
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [batch]}]}]
  - name: DefaultPreemption
    args: {minCandidateNodesPercentage: 20, minCandidateNodesAbsolute: 7}
",
    );
    let args = &read.profiles[0].args;
    let constraints = args.default_constraints.as_ref().unwrap();
    assert_eq!(
        (
            constraints[0].max_skew,
            constraints[0].topology_key.as_str(),
            constraints[0].hard
        ),
        (2, "rack", false)
    );
    assert_eq!(
        (
            args.hard_pod_affinity_weight,
            args.ignore_preferred_terms_of_existing_pods
        ),
        (100, true)
    );
    assert_eq!(args.added_affinity.required.as_ref().map(Vec::len), Some(1));
    assert_eq!(
        (args.min_candidate_nodes_percentage, args.min_candidate_nodes_absolute),
        (20, 7)
    );
}

#[test]
fn mistakes_are_told_with_places_and_hints() {
    let (_, problems) = read(
        "
percentageOfNodesToScore: 101
podInitialBackoffSeconds: 0
paralelism: 4
extenders: [{urlPrefix: http://x}]
profiles:
- schedulerName: a
  plugins:
    score:
      enabled: [{name: NodeResourceFit}, {name: NodeName}]
    bind:
      enabled: [{name: DefaultBinder}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy: {type: Most, resources: [{name: cpu, weight: 101}, {name: cpu}]}
      scoringStratgy: {}
  - name: NodeResourcesFit
  - name: VolumeBinding
    args: {bindTimeoutSeconds: 5}
  - name: PodTopologySpread
    args: {defaultConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}]}
- schedulerName: a
  plugins:
    multiPoint: {enabled: [{name: VolumeZone}, {name: Coscheduling}]}
- {}
",
    );
    insta::assert_snapshot!(problems.join("\n"), @r#"
    Error paralelism: strict decoding error: unknown field "paralelism" (did you mean "parallelism"?)
    Warning extenders: `extenders` is not simulated; no extender is asked ()
    Error percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100] ()
    Error podInitialBackoffSeconds: Invalid value: 0: must be greater than 0 ()
    Warning profiles[0].plugins.bind: `profiles[].plugins.bind` is not simulated; plugins are chosen at multiPoint, preEnqueue, filter, postFilter and score ()
    Error profiles[0].plugins.score.enabled[0].name: plugin "NodeResourceFit" does not exist in kube-scheduler 1.36 (did you mean "NodeResourcesFit"?)
    Error profiles[0].plugins.score.enabled[1].name: plugin "NodeName" does nothing at score ()
    Error profiles[0].pluginConfig[0].args.scoringStratgy: strict decoding error: unknown field "profiles[0].pluginConfig[0].args.scoringStratgy" (did you mean "scoringStrategy"?)
    Error profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: Invalid value: 101: not in valid range [1, 100] ()
    Error profiles[0].pluginConfig[0].args.scoringStrategy.resources[1].name: Duplicate value: "cpu" ()
    Error profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Most": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio" ()
    Error profiles[0].pluginConfig[1].name: repeated config for plugin "NodeResourcesFit" ()
    Warning profiles[0].pluginConfig[2].name: the arguments of VolumeBinding change nothing in the simulation ()
    Error profiles[0].pluginConfig[3].args.defaultConstraints: Invalid value: [{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"ScheduleAnyway"}]: when .defaultingType is System, must be empty (add `defaultingType: List`)
    Warning profiles[1].plugins.multiPoint.enabled[0].name: plugin VolumeZone is not simulated; it lets every pod pass and scores all nodes alike ()
    Error profiles[1].plugins.multiPoint.enabled[1].name: plugin "Coscheduling" does not exist in kube-scheduler 1.36 (did you mean "GangScheduling"?)
    Error profiles[1].schedulerName: Duplicate value: "a" ()
    Error profiles[2].schedulerName: Required value ()
    "#);
}
