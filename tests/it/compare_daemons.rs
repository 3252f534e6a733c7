//! DaemonSets take their room in comparisons, too.

use std::sync::Arc;

use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::experiment::compare::{Progress, compare};
use makespan::scenario::Compare;
use makespan::scenario::load::{Flags, load};

/// Two nodes of 8 cpu, Jobs of 4 cpu and 10 s, and a DaemonSet on one node that asks for `daemon`.
fn scenario(daemon: &str) -> makespan::scenario::Scenario {
    let text = format!(
        "
apiVersion: makespan.dev/v1
kind: Scenario
metadata: {{name: t}}
spec:
  nodePools:
  - {{name: with, count: 1, allocatable: {{cpu: 8, memory: 8Gi}}, labels: {{agent: 'yes'}}}}
  - {{name: without, count: 1, allocatable: {{cpu: 8, memory: 8Gi}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: train}}
spec:
  template:
    metadata: {{annotations: {{makespan.dev/runtime: 10s}}}}
    spec: {{restartPolicy: Never, containers: [{{name: a, image: b, resources: {{requests: {{cpu: 4}}}}}}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec:
      nodeSelector: {{agent: 'yes'}}
      containers: [{{name: a, image: b, resources: {{requests: {{cpu: {daemon}}}}}}}]
"
    );
    let name = "t.yaml".to_owned();
    let mut problems = Problems::new();
    let flags = Flags {
        until: Some("1h".into()),
        ..Flags::default()
    };
    let scenario = load("t", &[Arc::new(Source { name, text })], &flags, &mut problems);
    scenario.unwrap_or_else(|| panic!("{}", render(&problems)))
}

#[test]
fn jobs_get_what_daemons_leave() {
    // 12 Jobs of half a node: three at a time beside a daemon that takes up to half of a node, two beside a larger one.
    for (daemon, slots, makespan) in [("1m", 3, 40.0), ("4", 3, 40.0), ("5", 2, 60.0)] {
        let asked = Compare {
            n: vec![12],
            strategies: vec![makespan::workload::Strategy::Parallel],
            control_planes: vec![makespan::control::Preset::Ideal],
            replications: 1,
            ..Compare::default()
        };
        let done = compare(&scenario(daemon), &asked, &Progress::default());
        assert_eq!(done.violations, [""; 0]);
        assert_eq!(done.sections[0].slots, Some(slots), "{daemon}");
        let row = &done.rows[0];
        let took = row.makespan.expect("all Jobs end");
        assert!((took.as_secs_f64() - makespan).abs() < 1e-6, "{daemon}: {took:?}");
        let bound = row.lower_bound.expect("there is a bound");
        assert!(bound <= took);
    }
}
