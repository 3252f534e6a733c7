use super::*;
use crate::cluster::job::{FailureReason, JobCondition};
use crate::cluster::pod::Owner;
use crate::cluster::record::Record;
use crate::cluster::spec::{HpaSpec, MetricSpec, ScaleTargetKind};
use crate::cluster::{DeploymentId, HpaId, JobId, ReplicaSetId, ScaleTarget};
use crate::report::chart::{BarKind, GanttChart};
use crate::report::figures::Demand;
use crate::report::figures::testing::{Story, at, labels};

fn drawn(run: &Run<'_>) -> Vec<(String, Chart)> {
    let charts = charts(run, &labels());
    for (stem, chart) in &charts {
        assert!(chart.svg().expect(stem).contains("</svg>"));
    }
    charts
}

fn stems(charts: &[(String, Chart)]) -> Vec<&str> {
    charts.iter().map(|(stem, _)| stem.as_str()).collect()
}

fn step<'a>(charts: &'a [(String, Chart)], stem: &str) -> &'a StepChart {
    match charts.iter().find(|(s, _)| s == stem) {
        Some((_, Chart::Step(chart))) => chart,
        other => panic!("{stem}: {other:?}"),
    }
}

fn gantt(charts: &[(String, Chart)]) -> &GanttChart {
    match &charts[1].1 {
        Chart::Gantt(chart) => chart,
        other => panic!("{other:?}"),
    }
}

/// Job 0 fails and then succeeds, Job 1 is still running at 60 s, Job 2 waits.
fn story() -> Story {
    let mut story = Story::new(2, 4, 3);
    let job = |i| Owner::Job(JobId(i));
    for i in 0..3 {
        story.submit(0, i);
    }
    let first = story.create(1, job(0));
    story.bind(1, first, 0);
    story.start(4, first);
    let second = story.create(2, job(1));
    story.bind(2, second, 1);
    story.create(2, job(2));
    story.finish(14, first, 3);
    story.start(20, second);
    let again = story.create(24, job(0));
    story.bind(24, again, 1);
    story.start(26, again);
    story.finish(40, again, 0);
    story.finish_job(40, 0, JobCondition::Complete);
    story
}

#[test]
fn a_run_over_time() {
    let story = story();
    let charts = drawn(&story.run(60, &[]));
    assert_eq!(stems(&charts), ["queue-and-gpus", "attempts"]);
    let chart = step(&charts, "queue-and-gpus");
    assert_eq!(chart.end, Some(60.0));
    assert_eq!(chart.panels[0].series[0].steps, [(0.0, 0.0), (2.0, 1.0)]);
    assert_eq!(chart.panels[2].y.label, "GPUs allocated, of 8");
    let shares = [
        (0.0, 0.0),
        (1.0, 0.125),
        (2.0, 0.25),
        (14.0, 0.125),
        (24.0, 0.25),
        (40.0, 0.125),
    ];
    assert_eq!(chart.panels[2].series[0].steps, shares);
    insta::assert_snapshot!(chart.title, @"lesson: Pods and GPUs over time");
    insta::assert_snapshot!(chart.subtitle, @"train, run time 5m, on 1 node × 4 GPUs; seed 1");
}

#[test]
fn attempts_are_bars_on_their_nodes() {
    let story = story();
    let charts = drawn(&story.run(60, &[]));
    let chart = gantt(&charts);
    let bars = |lane: usize| -> Vec<(f64, f64, BarKind, &str)> {
        let bars = chart.lanes[lane].bars.iter();
        bars.map(|b| (b.start_s, b.end_s, b.kind, b.label.as_str())).collect()
    };
    assert_eq!(
        bars(0),
        [
            (1.0, 4.0, BarKind::Starting, ""),
            (4.0, 14.0, BarKind::Failed, "train-0")
        ]
    );
    let expected = [
        (2.0, 20.0, BarKind::Starting, ""),
        (20.0, 60.0, BarKind::Ok, "train-1"),
        (24.0, 26.0, BarKind::Starting, ""),
        (26.0, 40.0, BarKind::Ok, "train-0 (2)"),
    ];
    assert_eq!(bars(1), expected);
    insta::assert_snapshot!(chart.note.as_deref().unwrap_or(""), @"A number in brackets: which attempt of the Job it is. Pods that still ran at the end, or were scaled away, stand as succeeded.");
}

#[test]
fn of_many_nodes_the_first_that_ran_anything_are_shown() {
    let mut story = Story::new(100, 4, 60);
    for i in 0..60 {
        story.job(0, i, 99 - i);
    }
    let charts = drawn(&story.run(10, &[]));
    let chart = gantt(&charts);
    assert_eq!((chart.lanes.len(), chart.lanes[0].name.as_str()), (40, "node-40"));
    insta::assert_snapshot!(chart.note.as_deref().unwrap_or(""), @"The first 40 of 60 nodes that ran anything.");
}

#[test]
fn without_gpus_cpu_is_shown_and_without_pods_no_attempts() {
    let mut story = Story::new(1, 0, 1);
    let charts = drawn(&story.run(0, &[]));
    assert_eq!(stems(&charts), ["queue-and-gpus"]);
    story.job(0, 0, 0);
    let charts = drawn(&story.run(10, &[]));
    let chart = step(&charts, "queue-and-gpus");
    assert_eq!(chart.panels[2].y.label, "cpu requested, of 8 cores");
    assert_eq!(chart.panels[2].series[0].steps, [(0.0, 0.125), (10.0, 0.0)]);
    let empty = Story::new(0, 0, 0);
    assert_eq!(step(&drawn(&empty.run(0, &[])), "queue-and-gpus").panels.len(), 2);
}

#[test]
fn a_service_shows_its_load_its_replicas_and_what_its_autoscaler_saw() {
    let mut story = Story::new(1, 4, 0).with_deployment("front", 2);
    story.store.hpas.push(HpaSpec {
        namespace: "ml".to_owned(),
        name: "front".to_owned(),
        target_kind: ScaleTargetKind::Deployment,
        target: "front".to_owned(),
        min_replicas: 1,
        max_replicas: 6,
        metrics: vec![MetricSpec::cpu_utilization(50)],
        behavior: None,
    });
    story.timeline = Timeline::new(&story.store);
    let front = ScaleTarget::Deployment(DeploymentId(0));
    let pod = story.create(1, Owner::ReplicaSet(ReplicaSetId(0)));
    story.bind(1, pod, 0);
    story.start(5, pod);
    story.tell(15, Record::HpaEvaluated(HpaId(0), Some(80)));
    story
        .store
        .mark_deleting(pod, crate::kernel::SimDuration::ZERO, crate::kernel::SimTime::ZERO);
    story.finish(30, pod, 143);
    let demands = [Demand {
        target: front,
        steps: vec![(at(0), 800), (at(20), 1500), (at(99), 1)],
        cap_per_pod: Some(1000),
    }];
    let charts = drawn(&story.run(40, &demands));
    assert_eq!(stems(&charts), ["queue-and-gpus", "attempts", "service"]);
    assert!(charts.iter().all(|(_, chart)| chart.png().is_ok()));
    assert_eq!(gantt(&charts).lanes[0].bars[1].kind, BarKind::Ok);
    let panels = &step(&charts, "service").panels;
    assert_eq!(panels[0].series[0].steps, [(0.0, 0.8), (20.0, 1.5)]);
    // The one Ready pod serves what is asked for, then all it can, then nothing.
    assert_eq!(
        panels[0].series[1].steps,
        [(0.0, 0.0), (5.0, 0.8), (20.0, 1.0), (30.0, 0.0)]
    );
    assert_eq!(panels[1].series[0].steps, [(0.0, 0.0), (5.0, 1.0), (30.0, 0.0)]);
    assert_eq!(panels[1].series[1].steps, [(0.0, 2.0)]);
    assert_eq!(panels[1].series[2].steps, [(0.0, 6.0)]);
    assert_eq!(panels[2].series[0].steps, [(15.0, 0.8)]);
    assert_eq!(panels[2].series[1].steps, [(0.0, 0.5)]);
    let odd = Story::new(1, 4, 0).with_deployment("../a", 1).with_deployment("b", 1);
    assert_eq!(stems(&drawn(&odd.run(1, &[])))[1], "service-.._a");
    let two = Story::new(1, 4, 0)
        .with_deployment("front", 1)
        .with_deployment("back", 1);
    assert_eq!(
        stems(&drawn(&two.run(1, &[]))),
        ["queue-and-gpus", "service-front", "service-back"]
    );
}

#[test]
fn several_runs_share_their_panels() {
    let mut quick = Story::new(1, 4, 2);
    quick.job(0, 0, 0);
    quick.job(0, 1, 0);
    let mut slow = Story::new(1, 4, 2);
    slow.job(0, 0, 0);
    slow.job(90, 1, 0);
    let runs = [
        ("parallel".to_owned(), &quick.timeline, &quick.store),
        ("sequential".to_owned(), &slow.timeline, &slow.store),
    ];
    let Chart::Step(chart) = overview(&runs, &labels()) else {
        panic!("no step chart")
    };
    assert_eq!(chart.panels.len(), 3);
    let names: Vec<&str> = chart.panels[2].series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["parallel", "sequential"]);
    // Cut at 11 s, a little after the quick run.
    assert_eq!(chart.panels[1].series[1].steps, [(0.0, 0.0), (1.0, 1.0), (10.0, 0.0)]);
    insta::assert_snapshot!(chart.note.clone().unwrap_or_default(), @"Cut at 11s: sequential goes on until 1m 40s.");
    assert!(Chart::Step(chart).png().is_ok());
    assert!(overview(&[], &labels()).svg().is_ok());
}

#[test]
fn a_pod_that_never_ran_was_starting() {
    let mut story = Story::new(1, 4, 1);
    story.submit(0, 0);
    let pod = story.create(1, Owner::Job(JobId(0)));
    story.bind(2, pod, 0);
    story.finish(30, pod, 143);
    story.finish_job(30, 0, JobCondition::Failed(FailureReason::DeadlineExceeded));
    let charts = drawn(&story.run(30, &[]));
    let bars = &gantt(&charts).lanes[0].bars;
    assert_eq!((bars.len(), bars[0].kind, bars[0].end_s), (1, BarKind::Starting, 30.0));
}
