//! Nodes, kubelets and devices that fail by chance: whatever happens, the rules hold and one seed gives one run.

use std::sync::Arc;

use makespan::cluster::job::JobCondition;
use makespan::cluster::pod::PodPhase;
use makespan::cluster::spec::{Breaks, FailureSource, RestartPolicy};
use makespan::cluster::{ResourceId, Store};
use makespan::control::{ControlPlane, End, Input, Outcome, Simulation};
use makespan::kernel::random::distribution::Distribution;
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::utilization::split_between;
use makespan::observe::{Checker, Fingerprint, Utilization};
use makespan::workload::Script;
use makespan::workload::Strategy;
use proptest::prelude::*;
use proptest::strategy::Strategy as Generator;

use crate::support::{cluster, job};

fn source(breaks: Breaks, between: &str, repair: &str) -> FailureSource {
    FailureSource {
        pool: None,
        breaks,
        between: between.parse().expect("a distribution"),
        repair: repair.parse().expect("a distribution"),
        from: SimDuration::ZERO,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a store is played once")]
fn run(store: Store, plane: ControlPlane, seed: u64) -> (Store, Outcome, Fingerprint) {
    let mut simulation = Simulation::new(Input {
        script: Script::default(),
        services: vec![],
        strategy: Strategy::Parallel,
        control_plane: plane,
        seed,
        until: Some(SimTime::ZERO + SimDuration::from_secs(200 * 3600)),
        store: store.clone(),
    });
    let mut observers = (Checker::new(&store), Utilization::new(&store), Fingerprint::default());
    let outcome = simulation.run(&mut observers);
    let (mut checker, utilization, fingerprint) = observers;
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    for (id, _) in store.resources.iter() {
        let split = split_between(&store, id, SimTime::ZERO, outcome.ended_at);
        assert_eq!(utilization.split(id, outcome.ended_at), split);
    }
    (store, outcome, fingerprint)
}

/// Jobs of two pods of ten minutes each on a few nodes.
fn jobs(nodes: u32, gpus: i64, copies: u32, policy: RestartPolicy) -> (Store, ResourceId) {
    let (mut store, gpu) = cluster(nodes, gpus);
    let mut spec = job(gpu, Distribution::Fixed(SimDuration::from_secs(600)));
    spec.parallelism = 2;
    spec.completions = Some(2);
    spec.backoff_limit = 1000;
    Arc::make_mut(&mut spec.template).restart_policy = policy;
    let spec = store.add_job_spec(spec);
    for _ in 0..copies {
        store.add_job(spec);
    }
    (store, gpu)
}

fn sources(gpu: ResourceId) -> impl Generator<Value = Vec<FailureSource>> {
    let breaks = prop_oneof![
        Just(Breaks::Kubelet),
        Just(Breaks::Node),
        prop::option::of(1u8..).prop_map(move |exit_code| Breaks::Device {
            resource: gpu,
            exit_code
        }),
    ];
    let between = prop_oneof![Just("exponential(mean=40m)"), Just("uniform(1m,3h)"), Just("20m")];
    let repair = prop_oneof![
        Just("exponential(mean=5m)"),
        Just("30s"),
        Just("uniform(1s,20m)"),
        Just("0s")
    ];
    prop::collection::vec((breaks, between, repair).prop_map(|(b, m, r)| source(b, m, r)), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Capacity is kept, every pod ends once, GPU time adds up (the checker), all Jobs end, and again the same.
    #[test]
    fn rules_hold_while_nodes_fail(
        sources in sources(ResourceId(4)),
        nodes in 2u32..5,
        copies in 1u32..6,
        ideal in any::<bool>(),
        in_place in any::<bool>(),
        seed in 0u64..1000,
    ) {
        let policy = if in_place { RestartPolicy::OnFailure } else { RestartPolicy::Never };
        let (mut store, gpu) = jobs(nodes, 3, copies, policy);
        prop_assert_eq!(gpu, ResourceId(4), "the sources name the GPU");
        store.failure_sources = sources;
        let plane = || if ideal { ControlPlane::ideal() } else { ControlPlane::kubernetes() };
        let (after, outcome, fingerprint) = run(store.clone(), plane(), seed);
        prop_assert_eq!(outcome.end, End::Finished);
        for job in &after.jobs {
            prop_assert!(job.condition.is_finished());
            prop_assert!(job.condition != JobCondition::Complete || job.succeeded == 2);
        }
        for (i, node) in after.nodes.iter().enumerate() {
            prop_assert!(node.allocatable.get(gpu) <= node.capacity.get(gpu));
            prop_assert!(after.used(makespan::cluster::NodeId(i as u32), gpu) >= 0);
        }
        prop_assert_eq!(run(store, plane(), seed).2, fingerprint);
    }
}

/// Nodes that fail every 40 min or so lose the pods on them; the Jobs get there all the same, and GPU time is lost.
#[test]
fn nodes_that_crash_cost_goodput() {
    let (whole, gpu) = jobs(4, 4, 40, RestartPolicy::Never);
    let mut broken = whole.clone();
    broken.failure_sources = vec![source(Breaks::Node, "exponential(mean=40m)", "exponential(mean=5m)")];
    let goodput = |store: Store| {
        let (store, outcome, _) = run(store, ControlPlane::kubernetes(), 1);
        assert!(store.jobs.iter().all(|job| job.condition == JobCondition::Complete));
        let goodput = split_between(&store, gpu, SimTime::ZERO, outcome.ended_at).goodput();
        (goodput.expect("GPUs were used"), store)
    };
    let (all, _) = goodput(whole);
    assert_eq!(all, 1.0);
    let (some, store) = goodput(broken);
    assert!((0.5..0.97).contains(&some), "{some}");
    let failures: u32 = store.node_states.iter().map(|state| state.failures).sum();
    assert!(failures > 3, "{failures}");
    assert!(store.node_states.iter().any(|state| !state.down_time.is_zero()));
    let refused = store
        .failures
        .values()
        .filter(|f| f.reason(&store.resources) == "UnexpectedAdmissionError");
    assert!(refused.count() > 0);
}

/// A broken GPU lowers allocatable; the pod that used it ends with the exit code that was given, or notices nothing.
#[test]
fn broken_devices_lower_what_the_node_offers() {
    for exit_code in [Some(17), None] {
        let (mut store, gpu) = jobs(1, 4, 2, RestartPolicy::Never);
        let breaks = Breaks::Device {
            resource: gpu,
            exit_code,
        };
        store.failure_sources = vec![source(breaks, "uniform(2m,40m)", "1h")];
        let (store, outcome, _) = run(store, ControlPlane::ideal(), 1);
        assert_eq!(outcome.end, End::Finished);
        let failed: Vec<u8> = store
            .pods
            .iter()
            .filter(|p| p.phase == PodPhase::Failed)
            .map(|p| p.exit_code)
            .collect();
        match exit_code {
            Some(code) => {
                assert!(!failed.is_empty() && failed.iter().all(|c| *c == code), "{failed:?}");
                assert_eq!(store.pods.len(), 4 + failed.len());
            }
            None => assert!(failed.is_empty()),
        }
        assert!(store.node_states[0].device_failures > 0);
    }
}
