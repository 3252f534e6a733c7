//! The readers of `failures` and `images` of a Scenario: what they take, and what they say of what they do not.

use std::sync::Arc;

use makespan::api::problem::{Problems, render};
use makespan::api::value::Source;
use makespan::cluster::spec::Breaks;
use makespan::kernel::SimDuration;
use makespan::kernel::random::distribution::Distribution;
use makespan::scenario::Scenario;
use makespan::scenario::load::{Flags, load};

const JOB: &str = "
---
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: c, image: i, resources: {limits: {nvidia.com/gpu: 1}}}
";

/// Reads a Scenario of two pools with these lines beside them.
fn read(spec: &str) -> Result<Scenario, String> {
    let text = format!(
        "apiVersion: makespan.dev/v1
kind: Scenario
spec:
  nodePools:
  - {{name: a, count: 2, allocatable: {{cpu: 8, memory: 8Gi, nvidia.com/gpu: 2}}}}
  - {{name: b, count: 1, allocatable: {{cpu: 8, memory: 8Gi}}}}
  jobs: [{{name: train, runtime: 5m}}]
{spec}{JOB}"
    );
    let name = "s.yaml".to_owned();
    let mut problems = Problems::new();
    let scenario = load(
        "test",
        &[Arc::new(Source { name, text })],
        &Flags::default(),
        &mut problems,
    );
    scenario.ok_or_else(|| render(&problems))
}

fn told(spec: &str) -> String {
    read(spec).expect_err("it must be refused")
}

#[test]
fn sources_of_failures_are_read() {
    let scenario = read(
        "  failures:
  - {of: nodes, between: exponential(mean=30d), repair: 'lognormal(median=10m,p95=1h)'}
  - {of: kubelets, pool: b, between: 90d, repair: 2m, from: 1h}
  - {of: nvidia.com/gpu, pool: a, between: 200d, repair: 1d, exitCode: 1}
  - {of: nvidia.com/gpu, between: 300d, repair: 1d}
",
    )
    .unwrap();
    let gpu = scenario.resources.find("nvidia.com/gpu").unwrap();
    let sources = &scenario.failures;
    let what: Vec<(Option<u32>, Breaks)> = sources.iter().map(|source| (source.pool, source.breaks)).collect();
    let device = |exit_code| Breaks::Device {
        resource: gpu,
        exit_code,
    };
    assert_eq!(
        what,
        [
            (None, Breaks::Node),
            (Some(1), Breaks::Kubelet),
            (Some(0), device(Some(1))),
            (None, device(None))
        ]
    );
    let days = |n: u64| SimDuration::from_secs(n * 86_400);
    assert_eq!(sources[1].between, Distribution::Fixed(days(90)));
    assert_eq!(
        (sources[0].from, sources[1].from),
        (SimDuration::ZERO, SimDuration::from_secs(3600))
    );
    assert_eq!(sources[2].repair, Distribution::Fixed(days(1)));
    assert_eq!(sources[0].between.to_string(), "exponential(mean=30d)");
}

#[test]
fn what_cannot_break_is_said_with_its_place() {
    insta::assert_snapshot!(told("  failures:
  - {of: disks, between: 30d, repair: 1h}
  - {of: nodes, between: 30d}
  - {of: nodes, between: 0s, repair: 1h}
  - {of: nodes, between: often, repair: 1h}
  - {of: nodes, between: 30d, repair: 1h, exitCode: 1}
  - {of: nvidia.com/gpu, between: 30d, repair: 1h, exitCode: 256}
  - {of: nvidia.com/gpu, between: 30d, repair: 1h, exitcode: 1}
  - nodes
"), @r#"
    error: s.yaml:9:10: spec.failures[0].of: "disks" does not break
      9 |   - {of: disks, between: 30d, repair: 1h}
        |          ^
      hint: write nodes, kubelets, or an extended resource such as nvidia.com/gpu
    error: s.yaml:10:5: spec.failures[1]: repair is missing
      10 |   - {of: nodes, between: 30d}
         |     ^
      hint: say what breaks (`of`), how long it lasts (`between`) and how long it is broken (`repair`)
    error: s.yaml:11:26: spec.failures[2].between: nothing may break all the time; give a duration above zero
      11 |   - {of: nodes, between: 0s, repair: 1h}
         |                          ^
    error: s.yaml:12:26: spec.failures[3].between: unknown distribution "often"; known are fixed, uniform, exponential, normal, lognormal, gamma, weibull, pareto, empirical
      12 |   - {of: nodes, between: often, repair: 1h}
         |                          ^
    error: s.yaml:13:53: spec.failures[4].exitCode: exitCode is for devices only
      13 |   - {of: nodes, between: 30d, repair: 1h, exitCode: 1}
         |                                                     ^
      hint: leave it out: a node takes its containers with it, a kubelet leaves them running
    error: s.yaml:14:62: spec.failures[5].exitCode: a whole number from 1 to 255 is needed here
      14 |   - {of: nvidia.com/gpu, between: 30d, repair: 1h, exitCode: 256}
         |                                                              ^
    error: s.yaml:15:62: spec.failures[6].exitcode: unknown field "exitcode"
      15 |   - {of: nvidia.com/gpu, between: 30d, repair: 1h, exitcode: 1}
         |                                                              ^
      hint: did you mean "exitCode"?
    error: s.yaml:16:5: spec.failures[7]: a map is needed here, with of, pool, between, repair, from, exitCode
      16 |   - nodes
         |     ^
    "#);
    insta::assert_snapshot!(told("  failures:
  - {of: nodes, pool: A, between: 30d, repair: 1h}
  - {of: amd.com/gpu, between: 30d, repair: 1h}
"), @r#"
    error: s.yaml:9:23: spec.failures[0]: there is no pool "A"
      9 |   - {of: nodes, pool: A, between: 30d, repair: 1h}
        |                       ^
      hint: did you mean "a"?
    error: s.yaml:10:5: spec.failures[1]: no node has such a device
      10 |   - {of: amd.com/gpu, between: 30d, repair: 1h}
         |     ^
      hint: name an extended resource that a node offers
    "#);
}

#[test]
fn sizes_of_images_and_a_bandwidth_are_pull_times() {
    let scenario = read(
        "  images:
    missing: [gone:1]
    pullTime: {slow: 90s}
    size: {big: 12Gi, small: 256Mi, none: 0}
    bandwidth: 512Mi
",
    )
    .unwrap();
    let images = &scenario.control_plane.kubelet.images;
    assert_eq!(images.missing, ["gone:1"]);
    let millis = |ms| SimDuration::from_millis(ms);
    let expected = [("slow", 90_000), ("big", 24_000), ("small", 500), ("none", 0)];
    let expected: Vec<_> = expected.map(|(name, ms)| (name.to_owned(), millis(ms))).into();
    assert_eq!(images.pull_time, expected);
    let sizes = [("big", 12 << 30), ("small", 256 << 20), ("none", 0)];
    assert_eq!(images.size, sizes.map(|(name, bytes)| (name.to_owned(), bytes)));
}

#[test]
fn images_that_make_no_sense_are_said_with_their_place() {
    insta::assert_snapshot!(told("  images:
    size: {big: 12Gi}
"), @"
    error: s.yaml:9:5: spec.images: size needs a bandwidth
      9 |     size: {big: 12Gi}
        |     ^
      hint: add `bandwidth: 500Mi`, the bytes a second of one pull
    ");
    insta::assert_snapshot!(told("  images:
    size: {big: huge, twice: 1Gi}
    pullTime: {twice: 9s, slow: never}
    bandwidth: 0
    speed: 1
"), @r#"
    error: s.yaml:9:17: spec.images.size[big]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      9 |     size: {big: huge, twice: 1Gi}
        |                 ^
      hint: give a quantity of bytes such as 12Gi
    error: s.yaml:9:30: spec.images.size[twice]: the image has a pullTime, too; one of them is enough
      9 |     size: {big: huge, twice: 1Gi}
        |                              ^
    error: s.yaml:10:33: spec.images.pullTime[slow]: "never" is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds
      10 |     pullTime: {twice: 9s, slow: never}
         |                                 ^
    error: s.yaml:11:16: spec.images.bandwidth: nothing would ever be pulled; give bytes a second above zero
      11 |     bandwidth: 0
         |                ^
    error: s.yaml:12:12: spec.images.speed: unknown field "speed"
      12 |     speed: 1
         |            ^
      hint: here may stand missing, pullTime, size, bandwidth
    "#);
}
