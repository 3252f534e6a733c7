//! What theory says of a run beside what the run gives: bounds hold, closed forms are met, whatever the Jobs are like.

use std::sync::Arc;

use makespan::cluster::spec::{AttemptOutcome, JobSpec, Outcome, PodTemplate, RestartPolicy};
use makespan::control::{ControlPlane, Preset};
use makespan::experiment::compare::{Progress, compare};
use makespan::kernel::SimDuration;
use makespan::kernel::random::distribution::Distribution;
use makespan::scenario::{Compare, Scenario};
use makespan::workload::Script;
use makespan::workload::strategy::Strategy;

use crate::support;

/// Jobs like `change` makes them of one-pod Jobs with run times of about an hour, on 2 nodes of 2 GPUs.
fn scenario(change: impl Fn(&mut JobSpec, &mut PodTemplate)) -> Scenario {
    let (store, gpu) = support::cluster(2, 2);
    let runtime: Distribution = "lognormal(median=1h,p95=3h)".parse().unwrap();
    let mut job = support::job(gpu, runtime);
    let mut template = (*job.template).clone();
    change(&mut job, &mut template);
    job.template = Arc::new(template);
    Scenario {
        name: "bounds".to_owned(),
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
        seed: 3,
        until: None,
        failures: Vec::new(),
        compare: None,
    }
}

/// Plays `scenario` under all strategies and both control planes; returns how many rows had a lower and an upper bound.
fn check(what: &str, scenario: &Scenario) -> (usize, usize) {
    let factors = Compare {
        n: vec![1, 2, 5, 9],
        nodes: Vec::new(),
        strategies: vec![
            Strategy::Sequential,
            Strategy::Batched(3),
            Strategy::Windowed(2),
            Strategy::Parallel,
        ],
        control_planes: Preset::ALL.to_vec(),
        replications: 2,
    };
    let rows = compare(scenario, &factors, &Progress::default()).rows;
    assert_eq!(rows.len(), 4 * 4 * 2 * 2);
    for row in &rows {
        let place = format!(
            "{what}: n {} {} {} replication {}",
            row.n, row.strategy, row.control_plane, row.replication
        );
        let makespan = row.makespan.expect("all Jobs end");
        if let Some(lower) = row.lower_bound {
            assert!(
                lower <= makespan,
                "{place}: {makespan} is below the lower bound {lower}"
            );
        }
        if let (Some(upper), "ideal") = (row.upper_bound, row.control_plane.as_str()) {
            assert!(
                makespan <= upper,
                "{place}: {makespan} is above the upper bound {upper}"
            );
        }
        if let (Some(theory), "ideal") = (row.theory, row.control_plane.as_str()) {
            assert_eq!(makespan, theory, "{place}");
        }
    }
    let lower = rows.iter().filter(|row| row.lower_bound.is_some()).count();
    (lower, rows.iter().filter(|row| row.upper_bound.is_some()).count())
}

fn always_failing(template: &mut PodTemplate) {
    template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Exit(1)]);
}

#[test]
fn bounds_hold_for_plain_jobs_and_are_there() {
    assert_eq!(check("plain", &scenario(|_, _| {})), (64, 64));
}

#[test]
fn bounds_hold_where_jobs_retry_or_fail() {
    check(
        "fails once",
        &scenario(|_, template| {
            template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Exit(1), AttemptOutcome::Ok]);
        }),
    );
    check("always fails", &scenario(|_, template| always_failing(template)));
    // The container that reaches the limit by its restart is killed, not run to its end.
    check(
        "always fails in place",
        &scenario(|_, template| {
            always_failing(template);
            template.restart_policy = RestartPolicy::OnFailure;
        }),
    );
    check(
        "pods are deleted with their failed Job",
        &scenario(|job, template| {
            always_failing(template);
            (job.completions, job.parallelism, job.backoff_limit) = (Some(6), 3, 0);
        }),
    );
    check(
        "deadline",
        &scenario(|job, _| job.active_deadline = Some(SimDuration::from_secs(600))),
    );
}

#[test]
fn bounds_hold_for_jobs_of_several_pods() {
    check("one pod after another", &scenario(|job, _| job.completions = Some(4)));
    check(
        "all pods at once",
        &scenario(|job, _| (job.completions, job.parallelism) = (Some(3), 3)),
    );
    check(
        "work queue",
        &scenario(|job, _| (job.completions, job.parallelism) = (None, 3)),
    );
    check(
        "run times by index",
        &scenario(|job, template| {
            job.completion_mode = makespan::cluster::spec::CompletionMode::Indexed;
            (job.completions, job.parallelism) = (Some(2), 2);
            let second = Distribution::Fixed(SimDuration::from_secs(1));
            template.behaviour.index_runtime = [(0, vec![second.clone()]), (1, vec![second])].into();
        }),
    );
}
