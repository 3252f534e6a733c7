//! Searches whose answer is known.

use std::sync::Arc;

use super::*;
use crate::api::problem::Problems;
use crate::api::value::Source;
use crate::experiment::planning::Goal;
use crate::scenario::load::{Flags, load_documents, parse};
use crate::scenario::vary::assign;

/// Nodes of one GPU, and Jobs of one GPU that run for `runtime`, on the textbook's control plane.
fn text(jobs: u32, runtime: &str) -> String {
    format!(
        "apiVersion: makespan.dev/v1
kind: Scenario
spec:
  controlPlane: {{preset: ideal}}
  nodePools:
  - {{name: gpu, count: 1, allocatable: {{cpu: 8, memory: 8Gi, nvidia.com/gpu: 1}}}}
  jobs: [{{name: train, copies: {jobs}, runtime: '{runtime}'}}]
---
apiVersion: batch/v1
kind: Job
metadata: {{name: train}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: c, image: a:1, resources: {{limits: {{nvidia.com/gpu: 1}}}}}}]
"
    )
}

fn scenario(text: &str) -> Scenario {
    let source = Arc::new(Source {
        name: "test.yaml".to_owned(),
        text: text.to_owned(),
    });
    let mut problems = Problems::new();
    let documents = parse(&[source], &mut problems);
    load_documents("test", documents, &Flags::default(), &mut problems).expect("a scenario")
}

/// The plan for `goal` with 1 to 40 nodes.
fn planned(jobs: u32, runtime: &str, goal: &str) -> Plan {
    let goal: Goal = goal.parse().expect("a goal");
    let source = Arc::new(Source {
        name: "test.yaml".to_owned(),
        text: text(jobs, runtime),
    });
    let mut problems = Problems::new();
    let documents = parse(&[source], &mut problems);
    let scenario = |at: usize| {
        let (mut documents, mut flags, mut problems) = (documents.clone(), Flags::default(), Problems::new());
        assign(&mut documents, &mut flags, "nodes.gpu", &(at + 1).to_string()).expect("a path");
        let scenario = load_documents("test", documents, &flags, &mut problems);
        assert!(!problems.has_errors(), "{:?}", problems.list());
        scenario
    };
    let effort = Effort {
        confidence: 0.95,
        replications: 256,
    };
    plan(&goal, 40, &scenario, effort, &Progress::default()).expect("a plan")
}

fn nodes(plan: &Plan) -> Option<usize> {
    plan.answer.map(|at| at + 1)
}

#[test]
fn batches_of_equal_jobs() {
    // ⌈100 / c⌉ batches of a minute: ten of them need ten nodes.
    let plan = planned(100, "60s", "makespan <= 10m");
    assert_eq!(nodes(&plan), Some(10));
    assert!(plan.is_monotone);
    let below = &plan.tried[&8];
    assert_eq!(
        (below.verdict, below.replications),
        (Verdict::Missed, 16),
        "nine nodes need twelve batches"
    );
    assert_eq!(below.estimate(0, 0.95).map(|e| e.mean), Some(720.0));
    assert!(plan.tried.contains_key(&10), "one more is tried, too");
    assert!(plan.tried.len() <= 9, "bisection");
    let first = plan
        .limits
        .iter()
        .max_by(|a, b| a.share.total_cmp(&b.share))
        .expect("limits");
    assert_eq!(first.who, "nodes");
}

#[test]
fn chance_takes_more_replications_near_the_threshold() {
    let plan = planned(60, "exponential(mean=60s)", "mean(wait) <= 100s and failed_jobs <= 0");
    let answer = plan.answer.expect("forty nodes are enough");
    let replications: Vec<usize> = plan.tried.values().map(|tried| tried.replications).collect();
    assert!(
        replications.iter().any(|r| *r > 16) && replications.contains(&16),
        "{replications:?}"
    );
    // About (60 / c − 1) / 2 · 60 s: near 14 nodes.
    assert!((10..=18).contains(&(answer + 1)), "{}", answer + 1);
    let met = plan.tried[&answer].estimate(0, 0.95).expect("waits").mean;
    assert!(met <= 100.0, "{met}");
}

#[test]
fn more_can_be_worse() {
    // Of 8 nodes, eight Jobs of a minute use all; of more, a part.
    let plan = planned(8, "60s", "utilization >= 90% and makespan <= 2m");
    assert_eq!(nodes(&plan), Some(4));
    assert!(!plan.is_monotone);
}

#[test]
fn nothing_is_enough() {
    let plan = planned(8, "60s", "makespan <= 30s");
    assert_eq!(plan.answer, None);
    assert!(plan.tried.values().all(|tried| tried.verdict == Verdict::Missed));
}

#[test]
fn a_stopped_search_says_so() {
    let goal: Goal = "makespan <= 1s".parse().expect("a goal");
    let effort = Effort {
        confidence: 0.95,
        replications: 16,
    };
    let progress = Progress::default();
    let nothing = |_: usize| None;
    assert_eq!(
        plan(&goal, 3, &nothing, effort, &progress).err(),
        Some(NoPlan::BadValue(2))
    );
    progress.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let one = |_: usize| Some(scenario(&text(8, "60s")));
    assert_eq!(plan(&goal, 3, &one, effort, &progress).err(), Some(NoPlan::Stopped));
}
