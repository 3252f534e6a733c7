//! Charts, texts and summaries of real comparisons and runs. The charts are written to `target/charts-real/`, to be looked at.

use std::path::PathBuf;
use std::sync::Arc;

use makespan::cluster::spec::{AttemptOutcome, DeploymentSpec, HpaSpec, MetricSpec, Outcome, ScaleTargetKind};
use makespan::cluster::{DeploymentId, ScaleTarget, Store};
use makespan::control::{ControlPlane, Preset, Simulation};
use makespan::experiment::compare::{Comparison, Progress, compare, plane_of};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::{RunMetrics, Timeline};
use makespan::report::figures::{Chart, Demand, Labels, Run, run, summary, text};
use makespan::report::table::Border;
use makespan::scenario::{Compare, Scenario};
use makespan::workload::Script;
use makespan::workload::strategy::Strategy;

use crate::support;

const PAPER: text::Paper = text::Paper {
    border: Border::Light,
    width: Some(100),
};

/// One kind of Job on `nodes` nodes of 8 GPUs.
fn scenario(nodes: u32, runtime: &Distribution) -> Scenario {
    let (store, gpu) = support::cluster(nodes, 8);
    let mut job = support::job(gpu, runtime.clone());
    job.name = "ml-train".to_owned();
    Scenario {
        name: "sequential-vs-parallel".to_owned(),
        resources: store.resources,
        nodes: store.nodes,
        pools: vec!["gpu".to_owned()],
        jobs: vec![(job, 1)],
        cron_jobs: Vec::new(),
        deployments: Vec::new(),
        replica_sets: Vec::new(),
        stateful_sets: Vec::new(),
        daemon_sets: Vec::new(),
        loads: Vec::new(),
        hpas: Vec::new(),
        pods: Vec::new(),
        policies: Vec::new(),
        disruption_budgets: Vec::new(),
        strategy: Strategy::Parallel,
        script: Script::default(),
        control_plane: ControlPlane::kubernetes(),
        seed: 1,
        until: None,
        failures: Vec::new(),
        compare: None,
    }
}

fn labels(runtime: &str, replications: u32) -> Labels {
    Labels {
        title: "sequential-vs-parallel".to_owned(),
        job: "ml-train".to_owned(),
        runtime: runtime.to_owned(),
        nodes: "4 nodes × 8 GPUs".to_owned(),
        setting: String::new(),
        seed: 1,
        replications,
    }
}

fn five_minutes() -> Distribution {
    Distribution::Fixed(SimDuration::from_secs(300))
}

fn play_all(scenario: &Scenario, factors: &Compare) -> Comparison {
    let comparison = compare(scenario, factors, &Progress::default());
    assert_eq!(comparison.violations, Vec::<String>::new());
    comparison
}

/// Draws `charts` into a folder where people can look at them.
fn write(folder: &str, charts: &[(String, Chart)]) -> Vec<String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts-real")).join(folder);
    std::fs::create_dir_all(&folder).expect("target/ can be written");
    let write = |(stem, chart): &(String, Chart)| {
        let (svg, png) = (chart.svg().expect(stem), chart.png().expect(stem));
        assert!(
            svg.len() < 2_000_000 && png.len() < 1_000_000,
            "{stem}: {} {}",
            svg.len(),
            png.len()
        );
        std::fs::write(folder.join(format!("{stem}.svg")), svg).expect("written");
        std::fs::write(folder.join(format!("{stem}.png")), png).expect("written");
        stem.clone()
    };
    charts.iter().map(write).collect()
}

/// A run and what listened to it.
struct Played {
    store: Store,
    timeline: Timeline,
    metrics: RunMetrics,
    ended_at: SimTime,
}

impl Played {
    fn new(mut simulation: Simulation) -> Self {
        let mut timeline = Timeline::new(simulation.store());
        let outcome = simulation.run(&mut timeline);
        let store = simulation.into_store();
        Self {
            metrics: RunMetrics::new(&store, &outcome),
            ended_at: outcome.ended_at,
            timeline,
            store,
        }
    }
    fn of(scenario: &Scenario, n: u32, strategy: &Strategy) -> Self {
        let plane = plane_of(scenario, Preset::Kubernetes);
        Self::new(Simulation::new(scenario.experiment_input(
            n,
            strategy,
            &plane,
            scenario.seed,
        )))
    }
    fn view<'a>(&'a self, demands: &'a [Demand]) -> Run<'a> {
        Run {
            limits: &[],
            store: &self.store,
            timeline: &self.timeline,
            metrics: &self.metrics,
            ended_at: self.ended_at,
            seed: 1,
            pools: &[],
            demands,
        }
    }
}

#[test]
fn the_comparison_of_the_issue() {
    let scenario = scenario(4, &five_minutes());
    let comparison = play_all(&scenario, &Compare::default());
    let charts = makespan::report::figures::compare::charts(&comparison, &labels("5m", 1));
    assert_eq!(write("compare", &charts), ["makespan", "makespan-loglog", "speedup"]);
    let shown = text::compare(&comparison, &PAPER);
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts-real/compare.txt"),
        &shown,
    )
    .expect("written");
    assert!(shown.contains("Submitting all 1,000 Jobs at once takes"), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&summary::compare(&comparison, Some("How much faster?"))).expect("JSON");
    assert_eq!(json["runs"], 40);
    assert_eq!(json["sections"][0]["aggregates"].as_array().map(Vec::len), Some(40));
    assert_eq!(json["sections"][0]["curves"].as_array().map(Vec::len), Some(8));
}

#[test]
fn a_comparison_with_luck_has_bands() {
    let runtime: Distribution = "lognormal(median=5m,p95=15m)".parse().expect("a distribution");
    let factors = Compare {
        n: vec![10, 32, 100, 320],
        replications: 5,
        ..Compare::default()
    };
    let comparison = play_all(&scenario(4, &runtime), &factors);
    let labels = labels("lognormal(median=5m,p95=15m)", 5);
    let charts = makespan::report::figures::compare::charts(&comparison, &labels);
    write("compare-luck", &charts);
    let shown = text::compare(&comparison, &PAPER);
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts-real/luck.txt"),
        &shown,
    )
    .expect("written");
    assert!(shown.contains(" ± "), "{shown}");
}

#[test]
fn a_comparison_of_clusters() {
    let factors = Compare {
        n: vec![200],
        nodes: vec![1, 2, 3, 4, 6, 8],
        ..Compare::default()
    };
    let comparison = play_all(&scenario(1, &five_minutes()), &factors);
    let charts = makespan::report::figures::compare::charts(&comparison, &labels("5m", 1));
    assert_eq!(write("compare-slots", &charts), ["makespan-slots", "speedup-slots"]);
    let shown = text::compare(&comparison, &PAPER);
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts-real/slots.txt"),
        &shown,
    )
    .expect("written");
    assert!(shown.contains("With 8 nodes, 64 slots: Submitting"), "{shown}");
}

#[test]
fn a_run_and_several_side_by_side() {
    let runtime: Distribution = "lognormal(median=5m,p95=8m)".parse().expect("a distribution");
    let mut scenario = scenario(4, &runtime);
    let template = Arc::make_mut(&mut scenario.jobs[0].0.template);
    template.behaviour.outcome = Outcome::Probability {
        failure: 0.1,
        exit_code: 1,
    };
    let mut labels = labels("lognormal(median=5m,p95=8m)", 1);
    labels.title.clear();
    labels.setting = "160 Jobs at once, 1 in 10 attempts fails; control plane kubernetes".to_owned();
    let played = Played::of(&scenario, 160, &Strategy::Parallel);
    let stems = write("run", &run::charts(&played.view(&[]), &labels));
    assert_eq!(stems, ["queue-and-gpus", "attempts"]);
    let shown = text::run(&played.view(&[]), &[], &PAPER);
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts-real/run.txt"),
        &shown,
    )
    .expect("written");
    assert!(shown.contains("Makespan "), "{shown}");

    let strategies = Compare::default().strategies;
    let runs: Vec<(String, Played)> = strategies
        .iter()
        .map(|s| (s.to_string(), Played::of(&scenario, 160, s)))
        .collect();
    let views: Vec<(String, &Timeline, &Store)> = runs
        .iter()
        .map(|(name, played)| (name.clone(), &played.timeline, &played.store))
        .collect();
    labels.setting = "160 Jobs, 1 in 10 attempts fails; control plane kubernetes".to_owned();
    write("run", &[("overview".to_owned(), run::overview(&views, &labels))]);
}

#[test]
fn a_service_beside_jobs() {
    let mut scenario = scenario(2, &five_minutes());
    scenario.until = Some(SimTime::ZERO + SimDuration::from_secs(3600));
    scenario.jobs[0].1 = 5;
    let mut template = (*scenario.jobs[0].0.template).clone();
    template.behaviour.runtime.clear();
    template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Ok]);
    scenario.deployments = vec![DeploymentSpec {
        namespace: "web".to_owned(),
        name: "front".to_owned(),
        replicas: 20,
        template: Arc::new(template),
        ..DeploymentSpec::default()
    }];
    scenario.hpas = vec![HpaSpec {
        namespace: "web".to_owned(),
        name: "front".to_owned(),
        target_kind: ScaleTargetKind::Deployment,
        target: "front".to_owned(),
        min_replicas: 2,
        max_replicas: 20,
        metrics: vec![MetricSpec::cpu_utilization(60)],
        behavior: None,
    }];
    let played = Played::new(Simulation::new(scenario.input(1)));
    let minute = |i: u64| SimTime::ZERO + SimDuration::from_secs(60 * i);
    let demands = [Demand {
        target: ScaleTarget::Deployment(DeploymentId(0)),
        steps: (0..60).map(|i| (minute(i), 12_000 + 200 * i as i64)).collect(),
        cap_per_pod: Some(1000),
    }];
    let view = played.view(&demands);
    let stems = write("service", &run::charts(&view, &labels("", 1)));
    assert_eq!(stems, ["queue-and-gpus", "attempts", "service"]);
    let shown = text::run(
        &view,
        &["0/2 nodes are available: 2 Insufficient nvidia.com/gpu.".to_owned()],
        &PAPER,
    );
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/charts-real/service.txt"),
        &shown,
    )
    .expect("written");
    assert!(shown.contains("Without a node at the end: 4 pods."), "{shown}");
}
