use super::*;
use crate::cluster::spec::ScalingPolicy;
use proptest::prelude::*;

const fn at(secs: u64) -> SimTime {
    SimTime::from_nanos(secs * 1_000_000_000)
}

fn span(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

fn spec(min: u32, max: u32, behavior: Option<HpaBehavior>) -> HpaSpec {
    HpaSpec {
        namespace: "default".into(),
        name: "web".into(),
        target_kind: crate::cluster::spec::ScaleTargetKind::Deployment,
        target: "web".into(),
        min_replicas: min,
        max_replicas: max,
        metrics: Vec::new(),
        behavior,
    }
}

fn pods(value: u32, period: u64) -> ScalingPolicy {
    ScalingPolicy {
        percent: false,
        value,
        period: span(period),
    }
}

fn percent(value: u32, period: u64) -> ScalingPolicy {
    ScalingPolicy {
        percent: true,
        value,
        period: span(period),
    }
}

fn rules(window: Option<u64>, policies: &[ScalingPolicy]) -> ScalingRules {
    ScalingRules {
        stabilization_window: window.map(span),
        select_policy: SelectPolicy::Max,
        policies: policies.to_vec(),
        tolerance: None,
    }
}

/// `behavior: {}` with Kubernetes' defaults filled in.
fn default_behavior() -> HpaBehavior {
    HpaBehavior {
        scale_up: rules(Some(0), &[percent(100, 15), pods(4, 15)]),
        scale_down: rules(None, &[percent(100, 15)]),
    }
}

/// Feeds proposals (second, proposal) to an HPA of `start` replicas; what it makes of each, carried out at once.
fn play(spec: &HpaSpec, start: u32, proposals: &[(u64, u32)]) -> Vec<u32> {
    let (mut state, settings, mut current) = (HpaState::default(), HpaSettings::default(), start);
    let mut sizes = Vec::new();
    for &(second, proposal) in proposals {
        state.record_initial_recommendation(at(second), current);
        let desired = normalize(spec, &mut state, &settings, at(second), current, proposal).desired;
        if desired != current {
            state.store_scale_event(spec.behavior.as_ref(), at(second), current, desired);
        }
        current = desired;
        sizes.push(current);
    }
    sizes
}

/// The same proposal every 15 s.
fn steady(proposal: u32, ticks: u64) -> Vec<(u64, u32)> {
    (1..=ticks).map(|tick| (15 * tick, proposal)).collect()
}

#[test]
fn without_behavior_growth_doubles_from_four() {
    // max(2 * current, 4): 4, 8, 16, 32, then maxReplicas 40 (recording hpa-default-max40).
    assert_eq!(play(&spec(1, 40, None), 1, &steady(1000, 6)), [4, 8, 16, 32, 40, 40]);
    assert_eq!(play(&spec(1, 40, None), 3, &steady(1000, 2)), [6, 12]);
}

#[test]
fn with_default_behavior_growth_is_the_larger_of_four_pods_and_double() {
    // From 1: 1 + 4 = 5; 2 * 5 = 10; 20; 40.
    assert_eq!(
        play(&spec(1, 30, Some(default_behavior())), 1, &steady(1000, 5)),
        [5, 10, 20, 30, 30]
    );
}

#[test]
fn shrinking_waits_until_the_last_higher_recommendation_is_300_s_old() {
    for behavior in [None, Some(default_behavior())] {
        let spec = spec(1, 30, behavior);
        let mut proposals = vec![(15, 10), (30, 10)];
        proposals.extend((3..=24).map(|tick| (15 * tick, if tick == 5 { 6 } else { 2 })));
        let sizes = play(&spec, 10, &proposals);
        // The last 10 was said at 30 s: from 330 s on (tick 22) the 6 of 75 s rules, until 375 s (tick 25).
        let expected: Vec<u32> = (1..=24).map(|tick| if tick < 22 { 10 } else { 6 }).collect();
        assert_eq!(sizes, expected);
        let (mut state, settings) = (HpaState::default(), HpaSettings::default());
        state.record_initial_recommendation(at(0), 5);
        let held = normalize(&spec, &mut state, &settings, at(0), 5, 2);
        assert_eq!(
            (held.desired, held.able_to_scale),
            (5, AbleToScale::ScaleDownStabilized)
        );
        assert_eq!(normalize(&spec, &mut state, &settings, at(299), 5, 2).desired, 5);
        let free = normalize(&spec, &mut state, &settings, at(300), 5, 2);
        assert_eq!((free.desired, free.able_to_scale), (2, AbleToScale::ReadyForNewScale));
    }
}

#[test]
fn a_scale_up_window_takes_the_lowest_recommendation() {
    let mut behavior = default_behavior();
    behavior.scale_up = rules(Some(60), &[percent(900, 15)]);
    behavior.scale_down.stabilization_window = Some(span(0));
    let spec = spec(1, 30, Some(behavior));
    let (mut state, settings) = (HpaState::default(), HpaSettings::default());
    state.record_initial_recommendation(at(15), 3);
    for (second, proposal, desired, able_to_scale) in [
        (15, 9, 3, AbleToScale::ScaleUpStabilized), // the size found counts: 3
        (30, 7, 3, AbleToScale::ScaleUpStabilized),
        (60, 8, 3, AbleToScale::ScaleUpStabilized),
        (75, 9, 7, AbleToScale::ScaleUpStabilized), // 3 and 9 of 15 s are 60 s old; 7, 8, 9 remain
        (90, 2, 2, AbleToScale::ReadyForNewScale),  // down at once
    ] {
        let normalized = normalize(&spec, &mut state, &settings, at(second), 3, proposal);
        assert_eq!(
            (normalized.desired, normalized.able_to_scale),
            (desired, able_to_scale),
            "{second}"
        );
    }
}

#[test]
fn the_bounds_win_and_say_so() {
    let settings = HpaSettings::default();
    for behavior in [None, Some(default_behavior())] {
        let spec = spec(2, 8, behavior);
        let one = |current, proposal| {
            // No initial recommendation: nothing is held back.
            let mut state = HpaState::default();
            let normalized = normalize(&spec, &mut state, &settings, at(0), current, proposal);
            (normalized.desired, normalized.scaling_limited)
        };
        assert_eq!(one(4, 5), (5, ScalingLimited::DesiredWithinRange));
        assert_eq!(one(4, 4), (4, ScalingLimited::DesiredWithinRange));
        assert_eq!(one(4, 9), (8, ScalingLimited::TooManyReplicas)); // both limits are 8: the bound is named
        assert_eq!(
            one(3, 9),
            if spec.behavior.is_none() {
                (6, ScalingLimited::ScaleUpLimit)
            } else {
                (7, ScalingLimited::ScaleUpLimit)
            }
        );
        assert_eq!(one(4, 1), (2, ScalingLimited::TooFewReplicas));
        assert_eq!(one(4, 2), (2, ScalingLimited::DesiredWithinRange));
    }
}

/// The limits alone: sizes the policies allow from `current` after the given events (second, from, to), at 100 s.
fn limits(scale_up: &ScalingRules, scale_down: &ScalingRules, current: u32, events: &[(u64, u32, u32)]) -> (u32, u32) {
    let behavior = HpaBehavior {
        scale_up: scale_up.clone(),
        scale_down: scale_down.clone(),
    };
    let mut state = HpaState::default();
    for &(second, from, to) in events {
        state.store_scale_event(Some(&behavior), at(second), from, to);
    }
    (
        scale_up_limit(scale_up, &state, at(100), current),
        scale_down_limit(scale_down, &state, at(100), current),
    )
}

#[test]
fn policies_count_from_the_size_at_the_start_of_their_period() {
    let up = rules(Some(0), &[percent(50, 30), pods(3, 30)]);
    let down = rules(Some(0), &[percent(50, 30), pods(2, 60)]);
    // Up: ceil(7 * 1.5) = 11, 7 + 3 = 10. Down: trunc(7 * 0.5) = 3, 7 - 2 = 5.
    assert_eq!(limits(&up, &down, 7, &[]), (11, 3));
    // 20 s ago 5 -> 7: both periods began with 5. Up: ceil(7.5) = 8, 5 + 3 = 8. Down: trunc(2.5) = 2, 3.
    assert_eq!(limits(&up, &down, 7, &[(80, 5, 7)]), (8, 2));
    // 40 s ago 5 -> 7: only the 60 s period began with 5: 5 - 2 = 3; trunc(3.5) = 3.
    assert_eq!(limits(&up, &down, 7, &[(60, 5, 7)]), (11, 3));
    // 30 s ago is no longer inside a period of 30 s.
    assert_eq!(limits(&up, &down, 7, &[(70, 5, 7)]), (11, 3));
    // 10 s ago 9 -> 7: up ceil(13.5) = 14, 12; down trunc(4.5) = 4, 9 - 2 = 7.
    assert_eq!(limits(&up, &down, 7, &[(90, 9, 7)]), (14, 4));
    // Down and up again inside the period cancel out.
    assert_eq!(limits(&up, &down, 7, &[(85, 7, 4), (95, 4, 7)]), (11, 3));
}

#[test]
fn the_selected_policy_decides() {
    let mut up = rules(Some(0), &[percent(50, 30), pods(1, 30)]);
    let mut down = rules(Some(0), &[percent(50, 30), pods(1, 30)]);
    assert_eq!(limits(&up, &down, 10, &[]), (15, 5));
    (up.select_policy, down.select_policy) = (SelectPolicy::Min, SelectPolicy::Min);
    assert_eq!(limits(&up, &down, 10, &[]), (11, 9));
    (up.select_policy, down.select_policy) = (SelectPolicy::Disabled, SelectPolicy::Disabled);
    assert_eq!(limits(&up, &down, 10, &[]), (10, 10));
    // A small percentage still makes a step upwards: ceil(1.01), but none downwards: trunc(9.9) is one.
    let one = rules(Some(0), &[percent(1, 30)]);
    assert_eq!(limits(&one, &one, 1, &[]), (2, 0));
    assert_eq!(limits(&one, &one, 10, &[]), (11, 9));
    // More than all is none.
    assert_eq!(limits(&one, &rules(Some(0), &[percent(250, 30)]), 10, &[]).1, 0);
}

#[test]
fn a_used_up_period_never_turns_the_direction() {
    // 4 pods per 60 s: 2 -> 6 at 15 s; someone scales to 9 by hand; the limit 2 + 4 + 3 = 9 holds at 9, not below.
    let mut behavior = default_behavior();
    behavior.scale_up = rules(Some(0), &[pods(4, 60)]);
    let spec = spec(1, 30, Some(behavior.clone()));
    let (mut state, settings) = (HpaState::default(), HpaSettings::default());
    state.store_scale_event(Some(&behavior), at(15), 2, 6);
    let held = normalize(&spec, &mut state, &settings, at(30), 9, 20);
    assert_eq!((held.desired, held.scaling_limited), (9, ScalingLimited::ScaleUpLimit));
    // By hand down to 1: the period began with 1 - 4 = -3 pods, the limit would be 1.
    let held = normalize(&spec, &mut state, &settings, at(45), 1, 20);
    assert_eq!((held.desired, held.scaling_limited), (1, ScalingLimited::ScaleUpLimit));
    let free = normalize(&spec, &mut state, &settings, at(75), 1, 20);
    assert_eq!(free.desired, 5);
}

#[test]
fn a_new_event_takes_the_place_of_the_last_outdated_one() {
    let behavior = HpaBehavior {
        scale_up: rules(Some(0), &[pods(4, 15)]),
        scale_down: rules(Some(0), &[pods(1, 60)]),
    };
    let mut state = HpaState::default();
    for (second, from, to) in [(10, 1, 2), (20, 2, 4), (30, 4, 8), (40, 8, 9)] {
        state.store_scale_event(Some(&behavior), at(second), from, to);
    }
    // At 30 s the event of 10 s is outdated (20 s >= 15 s) and replaced, at 40 s that of 20 s.
    let kept: Vec<u64> = state
        .scale_up_events
        .iter()
        .map(|event| event.at.as_nanos() / 1_000_000_000)
        .collect();
    assert_eq!(kept, [30, 40]);
    // So the 60 s of the scale-down policy see 4 + 1 of the 8 pods added: 9 - 5 = 4 at the start, one less is allowed.
    assert_eq!(scale_down_limit(&behavior.scale_down, &state, at(50), 9), 3);
    // Without behavior nothing is kept.
    let before = state.clone();
    state.store_scale_event(None, at(50), 9, 10);
    assert_eq!(state, before);
}

fn any_rules() -> impl Strategy<Value = ScalingRules> {
    let policy = (any::<bool>(), 1..200u32, 1..120u64).prop_map(|(percent, value, period)| ScalingPolicy {
        percent,
        value,
        period: span(period),
    });
    let select = prop::sample::select(vec![SelectPolicy::Max, SelectPolicy::Min, SelectPolicy::Disabled]);
    (prop::option::of(0..400u64), select, prop::collection::vec(policy, 1..4)).prop_map(
        |(window, select_policy, policies)| ScalingRules {
            stabilization_window: window.map(span),
            select_policy,
            policies,
            tolerance: None,
        },
    )
}

proptest! {
    #[test]
    fn the_size_keeps_between_its_bounds_and_moves_towards_what_was_recommended(
        up in any_rules(), down in any_rules(), with in any::<bool>(),
        start in 2..20u32, proposals in prop::collection::vec(0..60u32, 1..60),
    ) {
        let spec = spec(2, 20, with.then_some(HpaBehavior { scale_up: up, scale_down: down }));
        let steps: Vec<(u64, u32)> = proposals.iter().zip(1..).map(|(&p, tick)| (15 * tick, p)).collect();
        let sizes = play(&spec, start, &steps);
        let mut current = start;
        for (k, &size) in sizes.iter().enumerate() {
            prop_assert!((2..=20).contains(&size));
            let seen = &proposals[..=k];
            if size > current {
                prop_assert!(seen.iter().any(|&p| p >= size));
            } else if size < current {
                prop_assert!(proposals[k] <= size.max(2));
            }
            current = size;
        }
    }
}
