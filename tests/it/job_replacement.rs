//! When a Job replaces pods that are being deleted: at once, or only when they have failed (`podReplacementPolicy`); from when
//! its back-off counts then; and what becomes of pods that are deleted before they have a node.

use std::sync::Arc;

use makespan::cluster::job::{FailureReason, JobCondition};
use makespan::cluster::pod::{Owner, Pod, PodPhase};
use makespan::cluster::record::{Observer, Record};
use makespan::cluster::spec::{
    CompletionMode, JobSpec, PodFailureAction, PodFailureRequirement, PodFailureRule, PodReplacementPolicy, Toleration,
};
use makespan::cluster::{JobId, PodId, Store};
use makespan::control::{ControlPlane, End, Input, Outcome, Simulation};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::Strategy as Submission;
use makespan::workload::script::{Action, NodeRef, ObjectKind, ObjectRef, PodRef, Script, Step};
use proptest::prelude::*;

use crate::support::{cluster, job};

const SECOND: SimDuration = SimDuration::from_secs(1);

/// At each change of a pod: how many pods of the Job have not ended.
#[derive(Default)]
struct Crowd {
    most: usize,
    deletions: Vec<(f64, PodId)>,
    failed: Vec<PodId>,
}

impl Observer for Crowd {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::PodCreated(_) => {
                let alive = store.pods_of_job(JobId(0)).filter(|(_, pod)| !pod.phase.is_terminal());
                self.most = self.most.max(alive.count());
            }
            Record::PodDeleting(pod) => self.deletions.push((now.as_secs_f64(), pod)),
            Record::PodFinished(pod) => self.failed.push(pod),
            _ => {}
        }
    }
}

/// Pods of `seconds`, each of which takes `stop` to stop.
fn spec(store_gpu: makespan::cluster::ResourceId, seconds: u64, stop: u64) -> JobSpec {
    let mut spec = job(store_gpu, Distribution::Fixed(SECOND.saturating_mul(seconds)));
    Arc::make_mut(&mut spec.template).behaviour.stop_latency = Some(SECOND.saturating_mul(stop));
    spec
}

fn train() -> ObjectRef {
    ObjectRef::new(ObjectKind::Job, "default", "train")
}

fn of_train(ordinal: u32) -> PodRef {
    PodRef::Of {
        owner: train(),
        ordinal,
    }
}

fn delete(at: u64, ordinal: u32) -> Step {
    let pod = of_train(ordinal);
    Step::at(
        SimTime::ZERO + SECOND.saturating_mul(at),
        Action::DeletePod { pod, grace: None },
    )
}

fn evict(at: u64, ordinal: u32) -> Step {
    let pod = of_train(ordinal);
    Step::at(SimTime::ZERO + SECOND.saturating_mul(at), Action::Evict { pod })
}

struct Played {
    store: Store,
    outcome: Outcome,
    crowd: Crowd,
}

/// Plays one Job on `gpus` GPUs.
fn play(gpus: i64, steps: Vec<Step>, plane: ControlPlane, change: impl FnOnce(&mut JobSpec)) -> Played {
    let (mut store, gpu) = cluster(1, gpus);
    let mut spec = spec(gpu, 40, 20);
    change(&mut spec);
    let id = store.add_job_spec(spec);
    store.add_job(id);
    let mut checker = Checker::new(&store);
    let mut crowd = Crowd::default();
    let mut simulation = Simulation::new(Input {
        store,
        strategy: Submission::Parallel,
        control_plane: plane,
        script: Script { steps },
        services: Vec::new(),
        seed: 1,
        until: None,
    });
    let outcome = simulation.run(&mut (&mut checker, &mut crowd));
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    Played { store, outcome, crowd }
}

fn created(pod: &Pod) -> f64 {
    pod.created.as_secs_f64()
}

fn finished(pod: &Pod) -> f64 {
    pod.finished.as_secs_f64()
}

fn failed_policy(spec: &mut JobSpec) {
    spec.pod_replacement_policy = PodReplacementPolicy::Failed;
}

fn ignore_disruptions() -> Vec<PodFailureRule> {
    let disrupted = ("DisruptionTarget".to_owned(), "True".to_owned());
    vec![PodFailureRule {
        action: PodFailureAction::Ignore,
        requirement: PodFailureRequirement::PodConditions(vec![disrupted]),
    }]
}

#[test]
fn a_terminating_pod_is_replaced_after_the_back_off_or_only_when_it_has_failed() {
    // Deleted at 10 s, stops at 30 s. From the deletion request the back-off lasts until 20 s; from the end until 40 s.
    let played = |change: fn(&mut JobSpec)| play(8, vec![delete(10, 0)], ControlPlane::ideal(), change).store;
    let store = played(|_| {});
    assert_eq!((created(&store.pods[1]), finished(&store.pods[0])), (20.0, 30.0));
    assert_eq!(
        (store.jobs[0].failed, store.jobs[0].condition),
        (1, JobCondition::Complete)
    );
    let store = played(failed_policy);
    assert_eq!((created(&store.pods[1]), finished(&store.pods[0])), (40.0, 30.0));
    assert_eq!(
        (store.jobs[0].failed, store.jobs[0].condition),
        (1, JobCondition::Complete)
    );
    // A podFailurePolicy alone waits likewise, as it looks at how the pod ended.
    let store = played(|spec| spec.pod_failure_policy = Some(Vec::new()));
    assert_eq!(created(&store.pods[1]), 40.0);
}

#[test]
fn the_kill_at_the_end_of_the_grace_period_is_the_end() {
    let played = play(8, vec![delete(10, 0)], ControlPlane::ideal(), |spec| {
        failed_policy(spec);
        Arc::make_mut(&mut spec.template).termination_grace = SECOND.saturating_mul(5);
    });
    let first = &played.store.pods[0];
    assert_eq!((first.exit_code, finished(first)), (137, 15.0));
    assert_eq!(created(&played.store.pods[1]), 25.0);
}

#[test]
fn an_ignored_eviction_waits_for_the_end_and_does_not_count() {
    let played = play(8, vec![evict(10, 0)], ControlPlane::kubernetes(), |spec| {
        spec.backoff_limit = 0;
        spec.pod_failure_policy = Some(ignore_disruptions());
    });
    let store = &played.store;
    assert_eq!(
        (store.jobs[0].failed, store.jobs[0].condition),
        (0, JobCondition::Complete)
    );
    assert!(created(&store.pods[1]) >= finished(&store.pods[0]) + 9.0);
    assert_eq!(played.crowd.most, 1);
}

#[test]
fn an_index_is_free_when_its_pod_is_or_when_it_has_failed() {
    let indexed = |spec: &mut JobSpec| {
        spec.completion_mode = CompletionMode::Indexed;
        (spec.completions, spec.parallelism) = (Some(3), 2);
        spec.backoff_limit_per_index = Some(5);
        spec.backoff_limit = i32::MAX as u32;
    };
    let indexes = |store: &Store| store.pods.iter().map(|pod| pod.completion_index).collect::<Vec<_>>();
    // Index 0 is deleted at 10 s. It is the lowest that needs a pod, so nothing comes before its own back-off is over.
    let played = play(8, vec![delete(10, 0)], ControlPlane::ideal(), indexed);
    assert_eq!(indexes(&played.store), [0, 1, 0, 2]);
    assert_eq!(created(&played.store.pods[2]), 20.0);
    assert_eq!(played.crowd.most, 3);
    // Waiting for the end, the terminating pod keeps both its index and its place.
    let played = play(8, vec![delete(10, 0)], ControlPlane::ideal(), |spec| {
        indexed(spec);
        failed_policy(spec);
    });
    assert_eq!(indexes(&played.store), [0, 1, 0, 2]);
    assert_eq!(created(&played.store.pods[2]), 40.0);
    assert_eq!(played.crowd.most, 2);
    assert_eq!(played.store.jobs[0].condition, JobCondition::Complete);
}

#[test]
fn a_deadline_fails_the_job_when_its_pods_have_stopped() {
    for change in [(|_| {}) as fn(&mut JobSpec), failed_policy] {
        let played = play(8, Vec::new(), ControlPlane::ideal(), |spec| {
            change(spec);
            spec.parallelism = 2;
            spec.completions = Some(2);
            spec.active_deadline = Some(SECOND.saturating_mul(15));
        });
        let record = &played.store.jobs[0];
        assert_eq!(record.condition, JobCondition::Failed(FailureReason::DeadlineExceeded));
        // Deleted at 15 s, stopped at 35 s.
        assert_eq!(record.finished.as_secs_f64(), 35.0);
        assert_eq!((record.failed, record.terminating), (2, 0));
    }
}

#[test]
fn a_pod_without_a_node_is_gone_once_it_is_counted() {
    // There is no GPU: the pod waits, and is deleted at 10 s.
    let played = play(0, vec![delete(10, 0)], ControlPlane::kubernetes(), |_| {});
    let waited = &played.store.pods[0];
    assert_eq!(played.store.deletions[&PodId(0)].grace, SimDuration::ZERO);
    // One batch period after the deletion, the sync takes its finaliser off.
    assert!((finished(waited) - 11.0).abs() < 0.1, "{}", finished(waited));
    assert!(waited.gone && played.store.failures.is_empty());
    let again = created(&played.store.pods[1]);
    assert!((19.9..20.2).contains(&again), "{again}");
    assert_eq!((played.store.jobs[0].failed, played.outcome.end), (1, End::Stalled));
}

#[test]
fn pod_garbage_collection_fails_a_pod_without_a_node_that_its_job_waits_for() {
    let two = |spec: &mut JobSpec| {
        (spec.parallelism, spec.completions) = (2, Some(2));
        failed_policy(spec);
    };
    let played = play(1, vec![delete(10, 1)], ControlPlane::kubernetes(), two);
    let store = &played.store;
    let waited = &store.pods[1];
    assert_eq!(waited.phase, PodPhase::Failed);
    assert!(store.failures.contains_key(&PodId(1)));
    // It sweeps every 20 s.
    let swept = finished(waited);
    assert!(swept > 10.0 && swept < 30.2, "{swept}");
    // Nothing ran, so the back-off counts from the deletion request, and is over by then.
    assert!(created(&store.pods[2]) > swept && created(&store.pods[2]) < swept.max(20.0) + 1.2);
    assert_eq!(played.crowd.most, 2);
    assert_eq!((store.jobs[0].failed, store.jobs[0].succeeded), (1, 2));
}

#[test]
fn the_last_condition_waits_until_a_pod_without_a_node_is_gone() {
    let played = play(1, vec![delete(10, 1)], ControlPlane::kubernetes(), |spec| {
        (spec.parallelism, spec.completions) = (2, Some(2));
        spec.backoff_limit = 0;
    });
    let record = &played.store.jobs[0];
    assert_eq!(
        record.condition,
        JobCondition::Failed(FailureReason::BackoffLimitExceeded)
    );
    assert_eq!(record.failed, 2);
    assert_eq!(played.outcome.end, End::Finished);
}

#[test]
fn a_pod_that_never_was_ready_ended_when_its_kubelet_first_said_so() {
    let mut plane = ControlPlane::kubernetes();
    plane.kubelet.start_latency = SECOND.saturating_mul(20);
    let played = play(8, vec![delete(8, 0)], plane, |_| {});
    // Bound in second 0, so the back-off is over at 10 s, not at 18 s.
    let again = created(&played.store.pods[1]);
    assert!((9.9..10.2).contains(&again), "{again}");
    // Once it is Ready, the deletion request counts.
    let played = play(8, vec![delete(8, 0)], ControlPlane::kubernetes(), |_| {});
    let again = created(&played.store.pods[1]);
    assert!((17.9..18.2).contains(&again), "{again}");
}

#[test]
fn a_node_that_was_lost_and_came_back_is_forgotten() {
    let node = || NodeRef::Named("node-0".into());
    let at = |secs: u64, action| Step::at(SimTime::ZERO + SECOND.saturating_mul(secs), action);
    let steps = vec![
        at(10, Action::StopKubelet { node: node() }),
        at(100, Action::StartKubelet { node: node() }),
        delete(150, 0),
    ];
    let played = play(8, steps, ControlPlane::kubernetes(), |spec| {
        let template = Arc::make_mut(&mut spec.template);
        template.behaviour.runtime = vec![Distribution::Fixed(SECOND.saturating_mul(400))];
        template.tolerations = vec![Toleration {
            key: String::new(),
            exists: true,
            value: String::new(),
            effect: None,
            toleration_seconds: None,
        }];
    });
    // Ready was False from about 60 to 100 s. The deletion at 150 s is what counts.
    let again = created(&played.store.pods[1]);
    assert!((159.9..160.3).contains(&again), "{again}");
    assert_eq!(played.store.jobs[0].condition, JobCondition::Complete);
}

#[test]
fn a_watch_slower_than_calls_holds_a_sync_that_comes_too_early() {
    // Many pods of one Job end at about the same time, and each sync of theirs takes longer than a batch period.
    let slow = |gate: bool| {
        let mut plane = ControlPlane::kubernetes();
        plane.watch_latency = SimDuration::from_millis(300);
        plane.job.stale_controller_consistency = gate;
        let played = play(64, Vec::new(), plane, |spec| {
            (spec.parallelism, spec.completions) = (60, Some(180));
            let template = Arc::make_mut(&mut spec.template);
            template.behaviour.runtime = vec![Distribution::Fixed(SECOND.saturating_mul(5))];
        });
        assert_eq!(played.store.jobs[0].condition, JobCondition::Complete);
        played.store.jobs[0].finished.as_secs_f64()
    };
    let (held, free) = (slow(true), slow(false));
    assert!(held > free + 0.6, "{held} {free}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is deleted when, a Job that waits for the end of its pods never has more of them than its parallelism, and all
    /// Jobs end with what they want.
    #[test]
    fn deletions_never_let_pods_overlap(
        deletions in prop::collection::vec((1u64..120, 0u32..12, any::<bool>()), 0..12),
        parallelism in 1u32..5,
        more in 0u32..4,
        gpus in 1i64..5,
        indexed in any::<bool>(),
        per_index in any::<bool>(),
        waits in any::<bool>(),
        ideal in any::<bool>(),
    ) {
        let mut steps: Vec<Step> = deletions
            .iter()
            .map(|(at, ordinal, evicts)| if *evicts { evict(*at, *ordinal) } else { delete(*at, *ordinal) })
            .collect();
        steps.sort_by_key(|step| match step.when {
            makespan::workload::script::When::At(at) => at,
            _ => SimTime::ZERO,
        });
        let plane = if ideal { ControlPlane::ideal() } else { ControlPlane::kubernetes() };
        let played = play(gpus, steps, plane, |spec| {
            spec.parallelism = parallelism;
            spec.completions = Some(parallelism + more);
            spec.backoff_limit = i32::MAX as u32;
            if indexed {
                spec.completion_mode = CompletionMode::Indexed;
                spec.backoff_limit_per_index = per_index.then_some(100);
            }
            if waits {
                failed_policy(spec);
            }
        });
        let record = &played.store.jobs[0];
        prop_assert_eq!(record.condition, JobCondition::Complete);
        prop_assert_eq!(record.succeeded, parallelism + more);
        if waits {
            prop_assert!(played.crowd.most <= parallelism as usize);
        }
        let failed = played.store.pods.iter().filter(|pod| pod.phase == PodPhase::Failed).count() as u32;
        prop_assert_eq!(record.failed, failed);
        prop_assert!(played.store.pods.iter().all(|pod| !pod.tracked && matches!(pod.owner, Owner::Job(_))));
    }
}
