use super::*;
use crate::cluster::spec::{HpaBehavior, MetricSpec, ScaleTargetKind, ScalingPolicy, ScalingRules, SelectPolicy};
use proptest::prelude::*;

const fn at(secs: u64) -> SimTime {
    SimTime::from_nanos(secs * 1_000_000_000)
}

fn spec(min: u32, max: u32) -> HpaSpec {
    HpaSpec {
        namespace: "default".into(),
        name: "web".into(),
        target_kind: ScaleTargetKind::Deployment,
        target: "web".into(),
        min_replicas: min,
        max_replicas: max,
        metrics: vec![MetricSpec::cpu_utilization(50)],
        behavior: None,
    }
}

/// Pods that have been ready since zero.
fn pods(count: u32) -> PodView {
    PodView {
        count,
        pending: false,
        failed: false,
        deleting: false,
        started: Some(SimTime::ZERO),
        ready: Some(ReadyCondition {
            status: true,
            last_transition: SimTime::ZERO,
        }),
    }
}

fn sample(usage_milli: i64, now: SimTime) -> Option<Sample> {
    Some(Sample {
        usage_milli,
        at: now,
        window: SimDuration::from_secs(10),
    })
}

/// An evaluation of `current` pods, each using `usage` of 100 milli-cores.
fn decide(spec: &HpaSpec, state: &mut HpaState, second: u64, current: u32, usage: i64) -> Decision {
    let now = at(second);
    let reading = Reading::Pods {
        samples: vec![sample(usage, now)],
        requests: vec![Ok(100)],
    };
    decide_by(spec, state, second, current, &[reading])
}

fn decide_by(spec: &HpaSpec, state: &mut HpaState, second: u64, current: u32, readings: &[Reading]) -> Decision {
    let seen = Seen {
        current,
        status_replicas: current,
        pods: &[pods(current)],
        readings,
    };
    reconcile(spec, state, &HpaSettings::default(), at(second), &seen)
}

#[test]
fn outside_the_bounds_the_metric_is_not_looked_at() {
    let mut state = HpaState::default();
    let above = decide(&spec(2, 6), &mut state, 15, 12, 1000);
    assert_eq!((above.desired, above.reason), (6, RescaleReason::AboveMaxReplicas));
    assert_eq!(
        (above.metrics.len(), above.scaling_active, above.scaling_limited),
        (0, None, None)
    );
    assert_eq!(above.able_to_scale, AbleToScale::SucceededRescale(6));
    let below = decide(&spec(2, 6), &mut state, 30, 1, 0);
    assert_eq!((below.desired, below.reason), (2, RescaleReason::BelowMinReplicas));
}

#[test]
fn zero_replicas_switch_the_autoscaler_off() {
    let decision = decide(&spec(1, 6), &mut HpaState::default(), 15, 0, 0);
    assert!(!decision.rescales());
    assert_eq!(decision.scaling_active, Some(ScalingActive::ScalingDisabled));
    assert_eq!(decision.able_to_scale, AbleToScale::SucceededGetScale);
}

#[test]
fn a_failing_metric_leaves_the_target_alone() {
    let decision = decide_by(
        &spec(1, 6),
        &mut HpaState::default(),
        15,
        3,
        &[Reading::Failed(MetricError::NoMetrics)],
    );
    assert!(!decision.rescales() && decision.failed());
    assert_eq!(
        decision.scaling_active,
        Some(ScalingActive::FailedGetMetric(0, MetricError::NoMetrics))
    );
    assert_eq!((decision.proposed, decision.reason), (None, RescaleReason::None));
    assert_eq!(decision.metrics, [None]);
}

#[test]
fn the_first_300_s_do_not_shrink_below_the_size_found() {
    let (spec, mut state) = (spec(1, 6), HpaState::default());
    for tick in 1..=20 {
        assert!(!decide(&spec, &mut state, 15 * tick, 5, 0).rescales(), "{tick}");
    }
    let free = decide(&spec, &mut state, 315, 5, 0);
    assert_eq!(
        (free.proposed, free.desired, free.reason),
        (Some(0), 1, RescaleReason::BelowTarget)
    );
    assert_eq!(free.scaling_limited, Some(ScalingLimited::TooFewReplicas));
    // After a restart of the controller the 300 s begin anew.
    assert!(!decide(&spec, &mut HpaState::default(), 330, 5, 0).rescales());
}

#[test]
fn a_window_that_undoes_a_manual_change_gives_the_reason_of_the_proposal() {
    let (spec, mut state) = (spec(1, 12), HpaState::default());
    assert_eq!(decide(&spec, &mut state, 15, 10, 50).desired, 10);
    // Scaled to 6 by hand while the load falls to a fifth: 6 pods at 17 % ask for 3, the window says 10.
    let decision = decide(&spec, &mut state, 30, 6, 17);
    assert_eq!((decision.proposed, decision.desired), (Some(3), 10));
    assert_eq!(decision.reason, RescaleReason::BelowTarget);
    assert_eq!(decide(&spec, &mut state, 45, 6, 50).reason, RescaleReason::None);
}

#[test]
fn tolerance_of_the_behavior_replaces_the_flag() {
    let rules = |tolerance| ScalingRules {
        stabilization_window: Some(SimDuration::ZERO),
        select_policy: SelectPolicy::Max,
        policies: vec![ScalingPolicy {
            percent: true,
            value: 100,
            period: SimDuration::from_secs(15),
        }],
        tolerance,
    };
    let behavior = |up, down| {
        Some(HpaBehavior {
            scale_up: rules(up),
            scale_down: rules(down),
        })
    };
    for (behavior, usage, desired) in [
        (behavior(None, None), 55, 4),
        (behavior(Some(0.05), None), 55, 5), // ratio 1.1 > 1.05
        (behavior(Some(0.05), None), 45, 4),
        (behavior(None, Some(0.05)), 30, 3), // 0.6 of 4 = 2.4
        (behavior(None, Some(0.5)), 30, 4),
    ] {
        let spec = HpaSpec {
            behavior,
            ..spec(1, 10)
        };
        assert_eq!(
            decide(&spec, &mut HpaState::default(), 15, 4, usage).desired,
            desired,
            "{usage}"
        );
    }
}

proptest! {
    /// A service under constant load settles: once every pod serves, the size stops moving, and utilisation is then within
    /// the tolerance of the target or a bound holds it.
    #[test]
    fn constant_load_settles(load in 1..20_000i64, start in 1..50u32) {
        let (spec, mut state, mut current) = (spec(1, 200), HpaState::default(), start);
        let model = metrics::ServiceModel { cap_per_pod_milli: None, idle_milli: None };
        let mut utilization = 0;
        for tick in 1..=60 {
            utilization = model.share(load, current);
            current = decide(&spec, &mut state, 15 * tick, current, utilization).desired;
        }
        let last = decide(&spec, &mut state, 15 * 61, current, model.share(load, current));
        prop_assert!(!last.rescales());
        // One pod fewer would be above the target (by the usage as rounded), or the tolerance keeps what there is.
        let within = (45..=55).contains(&utilization);
        let needed = utilization * i64::from(current) > 50 * i64::from(current - 1);
        prop_assert!(within || current == 1 || current == 200 || needed, "{utilization} {current}");
    }
}
