//! CronJobs: when Jobs start, under which names, and which of them stay.

use makespan::cluster::Store;
use makespan::cluster::job::JobCondition;
use makespan::cluster::record::Observer;
use makespan::cluster::spec::{AttemptOutcome, ConcurrencyPolicy, CronJobSpec, ObjectSpec, Outcome};
use makespan::control::{ControlPlane, End, Input, Simulation};
use makespan::kernel::cron::Schedule;
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::time_zone::TimeZone;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy;
use makespan::workload::script::{Action, ObjectKind, ObjectRef, Order, Script, Step};

use crate::support::{cluster, job};

fn seconds(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

/// A cluster, and a CronJob whose Jobs run for `runtime` seconds.
fn made(schedule: &str, runtime: u64) -> (Store, CronJobSpec) {
    let (mut store, gpu) = cluster(4, 8);
    let job = job(gpu, Distribution::Fixed(seconds(runtime)));
    store.add_template(&job.template);
    let spec = CronJobSpec {
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
    (store, spec)
}

/// Plays a CronJob whose Jobs run for `runtime` seconds, until `until` seconds.
fn play(schedule: &str, runtime: u64, until: u64, plane: ControlPlane, change: impl Fn(&mut CronJobSpec)) -> Store {
    let (mut store, mut spec) = made(schedule, runtime);
    change(&mut spec);
    store.add_template(&spec.job.template);
    store.cron_jobs.push(spec);
    play_script(store, Vec::new(), until, plane)
}

fn play_script(store: Store, steps: Vec<Step>, until: u64, plane: ControlPlane) -> Store {
    let mut checker = Checker::new(&store);
    let mut simulation = Simulation::new(Input {
        store,
        strategy: Strategy::Parallel,
        script: Script { steps },
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

fn at(secs: u64, action: Action) -> Step {
    Step::at(SimTime::ZERO + seconds(secs), action)
}

fn submit(spec: &CronJobSpec) -> Action {
    Action::Submit {
        objects: vec![ObjectSpec::CronJob(Box::new(spec.clone()))],
        order: Order::default(),
    }
}

fn nightly() -> ObjectRef {
    ObjectRef::new(ObjectKind::CronJob, "default", "nightly")
}

/// Changes the CronJob from one specification to another.
fn patch(before: &CronJobSpec, after: &CronJobSpec) -> Action {
    let boxed = |spec: &CronJobSpec| ObjectSpec::CronJob(Box::new(spec.clone()));
    Action::Update {
        object: nightly(),
        change: Box::new((boxed(before), boxed(after))),
    }
}

#[test]
fn a_cron_job_that_comes_later_starts_with_the_next_time() {
    let (store, spec) = made("* * * * *", 5);
    let steps = vec![at(130, submit(&spec)), at(150, submit(&spec))];
    let store = play_script(store, steps, 310, ControlPlane::kubernetes());
    let times: Vec<i64> = starts(&store).iter().map(|at| at.floor() as i64).collect();
    assert_eq!(times, [180, 240, 300]);
    let refused: Vec<&str> = store.refused.iter().map(|refused| refused.message.as_str()).collect();
    assert_eq!(refused, ["cronjobs.batch \"nightly\" already exists"]);
}

#[test]
fn suspension_stops_new_starts_and_resuming_makes_up_for_the_latest() {
    let (store, spec) = made("* * * * *", 5);
    let mut suspended = spec.clone();
    suspended.suspend = true;
    let steps = vec![
        at(10, submit(&spec)),
        at(90, patch(&spec, &suspended)),
        at(250, patch(&suspended, &spec)),
    ];
    let store = play_script(store, steps, 310, ControlPlane::ideal());
    // 120 and 180 are lost; 240 is started 10 s late.
    assert_eq!(
        starts(&store).iter().map(|at| at.floor() as i64).collect::<Vec<_>>(),
        [60, 250, 300]
    );
    let names: Vec<String> = (0..3)
        .map(|job| store.job_name(makespan::cluster::JobId(job)))
        .collect();
    let minute = |name: &String| name.rsplit('-').next().unwrap().parse::<i64>().unwrap();
    assert_eq!(minute(&names[1]) - minute(&names[0]), 3);
}

#[test]
fn another_schedule_counts_from_its_next_time_on() {
    let (store, spec) = made("*/10 * * * *", 5);
    let mut often = spec.clone();
    often.schedule = Schedule::parse("* * * * *").unwrap();
    // The minutes before the change are not made up for: the next look is at 240 s.
    let steps = vec![at(10, submit(&spec)), at(200, patch(&spec, &often))];
    let store = play_script(store, steps, 310, ControlPlane::ideal());
    assert_eq!(
        starts(&store).iter().map(|at| at.floor() as i64).collect::<Vec<_>>(),
        [240, 300]
    );
}

#[test]
fn a_deleted_cron_job_takes_its_jobs_with_it() {
    let (store, spec) = made("* * * * *", 500);
    let delete = Action::Delete { object: nightly() };
    let steps = vec![at(10, submit(&spec)), at(130, delete.clone()), at(140, delete)];
    let store = play_script(store, steps, 400, ControlPlane::kubernetes());
    assert_eq!(store.jobs.len(), 2);
    assert!(store.jobs.iter().all(|job| job.gone));
    assert!(store.pods.iter().all(|pod| pod.gone));
    let refused: Vec<&str> = store.refused.iter().map(|refused| refused.message.as_str()).collect();
    assert_eq!(refused, ["cronjobs.batch \"nightly\" not found"]);
}
