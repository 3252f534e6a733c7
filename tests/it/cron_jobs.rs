//! CronJobs: when Jobs start, under which names, and which of them stay.

use makespan::cluster::Store;
use makespan::cluster::job::JobCondition;
use makespan::cluster::record::Observer;
use makespan::cluster::spec::{AttemptOutcome, ConcurrencyPolicy, CronJobSpec, Outcome};
use makespan::control::{ControlPlane, End, Input, Simulation};
use makespan::kernel::cron::Schedule;
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::time_zone::TimeZone;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy;

use crate::support::{cluster, job};

fn seconds(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

/// Plays a CronJob whose Jobs run for `runtime` seconds, until `until` seconds.
fn play(schedule: &str, runtime: u64, until: u64, plane: ControlPlane, change: impl Fn(&mut CronJobSpec)) -> Store {
    let (mut store, gpu) = cluster(4, 8);
    let job = job(gpu, Distribution::Fixed(seconds(runtime)));
    store.add_template(&job.template);
    let mut spec = CronJobSpec {
        namespace: "default".into(),
        name: "nightly".into(),
        schedule: Schedule::parse(schedule).unwrap(),
        time_zone: TimeZone::UTC,
        starting_deadline: None,
        concurrency_policy: ConcurrencyPolicy::Allow,
        suspend: false,
        successful_jobs_history_limit: 3,
        failed_jobs_history_limit: 1,
        job,
    };
    change(&mut spec);
    store.add_template(&spec.job.template);
    store.cron_jobs.push(spec);
    let mut checker = Checker::new(&store);
    let mut simulation = Simulation::new(Input {
        store,
        strategy: Strategy::Parallel,
        script: makespan::workload::Script::default(),
        control_plane: plane,
        services: vec![],
        seed: 1,
        until: Some(SimTime::ZERO + seconds(until)),
    });
    let observer: &mut dyn Observer = &mut checker;
    let outcome = simulation.run(observer);
    assert_ne!(outcome.end, End::Stalled);
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    store
}

/// When Jobs were created, in seconds.
fn starts(store: &Store) -> Vec<f64> {
    store.jobs.iter().map(|job| job.submitted.as_secs_f64()).collect()
}

#[test]
fn jobs_start_at_their_times_and_have_names_by_the_minute() {
    let store = play("*/5 * * * *", 60, 1_000, ControlPlane::ideal(), |_| {});
    assert_eq!(starts(&store), [300.0, 600.0, 900.0]);
    // 2024-01-01T00:05:00Z is minute 28,401,125 since 1970.
    assert_eq!(store.job_name(makespan::cluster::JobId(0)), "nightly-28401125");
    assert!(store.jobs.iter().all(|job| job.condition == JobCondition::Complete));
    // 100 ms after the time, the call, and a call each before.
    let store = play("*/5 * * * *", 60, 1_000, ControlPlane::kubernetes(), |_| {});
    assert_eq!(starts(&store), [300.105, 600.105, 900.105]);
}

#[test]
fn every_counts_from_the_creation_and_zones_shift_the_clock() {
    let store = play("@every 200s", 10, 700, ControlPlane::ideal(), |_| {});
    assert_eq!(starts(&store), [200.0, 400.0, 600.0]);
    // Nine in Kathmandu is 03:15 UTC.
    let zone = TimeZone::named("Asia/Kathmandu").unwrap();
    let store = play("0 9 * * *", 10, 90_000, ControlPlane::ideal(), |spec| {
        spec.time_zone = zone.clone();
    });
    assert_eq!(starts(&store), [11_700.0]);
    let store = play("* * * * *", 10, 600, ControlPlane::ideal(), |spec| spec.suspend = true);
    assert_eq!(starts(&store), [0.0; 0]);
}

#[test]
fn concurrency_policies() {
    let with = |policy| {
        play("* * * * *", 90, 400, ControlPlane::ideal(), |spec| {
            spec.concurrency_policy = policy;
        })
    };
    assert_eq!(
        starts(&with(ConcurrencyPolicy::Allow)),
        [60.0, 120.0, 180.0, 240.0, 300.0, 360.0]
    );
    // At 120 s the first Job runs; it ends at 150 s, and the time that was missed is made up for at once.
    assert_eq!(starts(&with(ConcurrencyPolicy::Forbid)), [60.0, 150.0, 240.0, 330.0]);
    let store = with(ConcurrencyPolicy::Replace);
    assert_eq!(starts(&store), [60.0, 120.0, 180.0, 240.0, 300.0, 360.0]);
    assert!(
        store
            .jobs
            .iter()
            .take(5)
            .all(|job| job.gone && job.condition == JobCondition::Active)
    );
    assert_eq!(store.unfinished_jobs, 1);
    assert_eq!(store.pods.iter().filter(|pod| pod.gone).count(), 5);
}

#[test]
fn a_deadline_forgets_what_came_too_long_ago() {
    let store = play("* * * * *", 90, 400, ControlPlane::ideal(), |spec| {
        spec.concurrency_policy = ConcurrencyPolicy::Forbid;
        spec.starting_deadline = Some(seconds(20));
    });
    // At 150 s the time 120 s lies 30 s back.
    assert_eq!(starts(&store), [60.0, 180.0, 300.0]);
}

#[test]
fn old_jobs_go_with_their_pods() {
    let store = play("* * * * *", 10, 590, ControlPlane::ideal(), |_| {});
    let there: Vec<bool> = store.jobs.iter().map(|job| !job.gone).collect();
    assert_eq!(there, [false, false, false, false, false, false, true, true, true]);
    assert!(store.pods.iter().zip(&there).all(|(pod, there)| pod.gone != *there));
    let store = play("* * * * *", 10, 590, ControlPlane::ideal(), |spec| {
        let template = std::sync::Arc::make_mut(&mut spec.job.template);
        template.behaviour.outcome = Outcome::Script(vec![AttemptOutcome::Exit(1)]);
        spec.job.backoff_limit = 0;
    });
    assert_eq!(store.jobs.iter().filter(|job| !job.gone).count(), 1);
}
