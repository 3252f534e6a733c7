use super::*;
use proptest::prelude::*;

const fn at(millis: u64) -> SimTime {
    SimTime::from_nanos(millis * 1_000_000)
}

const SERVING: ServicePod = ServicePod {
    running: true,
    ready: true,
    deleting: false,
};

fn usage(model: ServiceModel, load: i64, pods: &[ServicePod]) -> Vec<Option<i64>> {
    model.usage(load, pods).collect()
}

#[test]
fn the_load_is_shared_by_those_that_serve() {
    let starting = ServicePod {
        ready: false,
        ..SERVING
    };
    let pending = ServicePod {
        running: false,
        ..starting
    };
    let stopping = ServicePod {
        deleting: true,
        ..SERVING
    };
    let model = ServiceModel {
        cap_per_pod_milli: Some(400),
        idle_milli: Some(1),
    };
    let pods = [SERVING, starting, SERVING, pending, stopping];
    assert_eq!(usage(model, 500, &pods), [Some(250), Some(1), Some(250), None, Some(1)]);
    assert_eq!(
        usage(model, 5000, &pods),
        [Some(400), Some(1), Some(400), None, Some(1)]
    );
    let silent = ServiceModel {
        idle_milli: None,
        ..model
    };
    assert_eq!(usage(silent, 500, &pods), [Some(250), None, Some(250), None, None]);
    // Nobody serves: the load goes nowhere.
    assert_eq!(usage(model, 500, &[starting, pending]), [Some(1), None]);
    assert_eq!(usage(model, -500, &[SERVING]), [Some(0)]);
}

#[test]
fn shares_are_rounded_halves_to_even() {
    // As the recordings' metrics API: metrics.csv of hpa-restart-nobehavior-down, hpa-outside-range, hpa-stab30.
    let model = ServiceModel {
        cap_per_pod_milli: None,
        idle_milli: None,
    };
    for (load, pods, share) in [
        (100, 8, 12),
        (300, 8, 38),
        (45, 6, 8),
        (45, 2, 22),
        (100, 6, 17),
        (224, 5, 45),
        (900, 8, 112),
    ] {
        assert_eq!(model.share(load, pods), share, "{load} / {pods}");
    }
}

/// Samples of pod 1 as (usage, at, window), in milliseconds.
fn seen(pipeline: &MetricsPipeline<u32>, now: SimTime) -> Option<(i64, u64, u64)> {
    let millis = |nanos: u64| nanos / 1_000_000;
    pipeline
        .sample(1, now)
        .map(|s| (s.usage_milli, millis(s.at.as_nanos()), millis(s.window.as_nanos())))
}

#[test]
fn a_pod_is_seen_from_the_second_look_on_and_as_of_the_last_look() {
    let mut pipeline = MetricsPipeline::new(PipelineSettings::default());
    pipeline.observe(at(12_000), 1, at(12_000), Some(100));
    pipeline.scrape(at(15_000)); // 3 s old: too fresh
    assert_eq!(seen(&pipeline, at(15_000)), None);
    pipeline.observe(at(18_000), 1, at(12_000), Some(500));
    assert_eq!(seen(&pipeline, at(29_999)), None);
    pipeline.scrape(at(30_000));
    // 3 s of 100 and 12 s of 500: 6300/15 = 420.
    assert_eq!(seen(&pipeline, at(30_000)), Some((420, 30_000, 15_000)));
    pipeline.observe(at(31_000), 1, at(12_000), Some(0));
    assert_eq!(seen(&pipeline, at(44_000)), Some((420, 30_000, 15_000)));
    pipeline.scrape(at(45_000));
    // 500/15 = 33.3, rounded up.
    assert_eq!(seen(&pipeline, at(45_000)), Some((34, 45_000, 15_000)));
    pipeline.observe(at(46_000), 1, at(12_000), None);
    assert_eq!(seen(&pipeline, at(46_000)), None);
}

#[test]
fn between_ten_seconds_and_one_resolution_of_age_one_look_is_enough() {
    for (age, expected) in [
        (9_999, None),
        (10_000, Some((200, 60_000, 10_000))),
        (14_999, Some((200, 60_000, 14_999))),
        (15_000, None), // as old as the resolution: an earlier look should have seen it
    ] {
        let mut pipeline = MetricsPipeline::new(PipelineSettings::default());
        pipeline.observe(at(60_000 - age), 1, at(60_000 - age), Some(200));
        pipeline.scrape(at(60_000));
        assert_eq!(seen(&pipeline, at(60_000)), expected, "{age}");
    }
}

#[test]
fn a_restarted_container_begins_again() {
    let mut pipeline = MetricsPipeline::new(PipelineSettings::default());
    pipeline.observe(at(0), 1, at(0), Some(100));
    pipeline.scrape(at(15_000));
    pipeline.scrape(at(30_000));
    assert_eq!(seen(&pipeline, at(30_000)), Some((100, 30_000, 15_000)));
    pipeline.observe(at(40_000), 1, at(40_000), Some(700));
    pipeline.scrape(at(45_000));
    assert_eq!(seen(&pipeline, at(45_000)), None);
    pipeline.scrape(at(60_000));
    assert_eq!(seen(&pipeline, at(60_000)), Some((700, 60_000, 15_000)));
}

#[test]
fn without_resolution_the_present_is_answered() {
    let settings = PipelineSettings {
        resolution: SimDuration::ZERO,
        appear_after: SimDuration::from_secs(2),
        ..PipelineSettings::default()
    };
    let mut pipeline = MetricsPipeline::new(settings);
    pipeline.observe(at(1_000), 1, at(1_000), Some(100));
    assert_eq!(seen(&pipeline, at(2_999)), None);
    assert_eq!(seen(&pipeline, at(3_000)), Some((100, 3_000, 10_000)));
    pipeline.observe(at(4_000), 1, at(1_000), Some(300));
    assert_eq!(seen(&pipeline, at(4_000)), Some((300, 4_000, 10_000)));
}

proptest! {
    /// What the samples account for is what was used, to the rounding of one milli-core per look.
    #[test]
    fn cpu_time_is_conserved(steps in prop::collection::vec((1..40_000u64, 0..3_000i64), 1..50)) {
        let mut pipeline = MetricsPipeline::new(PipelineSettings::default());
        let (mut now, mut next_look, mut rate, mut used, mut accounted, mut looks) = (0, 15_000, 0i64, 0i64, 0i64, 0);
        pipeline.observe(at(0), 1, at(0), Some(0));
        // Used time up to the first look has no previous look to be compared with: begin there.
        pipeline.scrape(at(0));
        for (wait, usage) in steps {
            let until = now + wait;
            while next_look <= until {
                used += rate * (next_look - now) as i64;
                now = next_look;
                pipeline.scrape(at(now));
                let (milli, _, window) = seen(&pipeline, at(now)).unwrap();
                accounted += milli * window as i64;
                looks += 1;
                prop_assert!(accounted >= used && accounted <= used + looks * 15_000);
                next_look += 15_000;
            }
            used += rate * (until - now) as i64;
            now = until;
            rate = usage;
            pipeline.observe(at(now), 1, at(0), Some(usage));
        }
    }

    #[test]
    fn shares_add_up_to_the_load(load in 0..1_000_000i64, pods in 1..500u32) {
        let share = ServiceModel { cap_per_pod_milli: None, idle_milli: None }.share(load, pods);
        prop_assert!((2 * (share * i64::from(pods) - load)).abs() <= i64::from(pods));
    }
}

/// What happens to a pod: it serves, idles at 3 milli-cores, restarts, or is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Serve(u32),
    Idle(u32),
    Restart(u32),
    Gone(u32),
    Share(i64),
    Scrape,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4u32).prop_map(Step::Serve),
        (0..4u32).prop_map(Step::Idle),
        (0..4u32).prop_map(Step::Restart),
        (0..4u32).prop_map(Step::Gone),
        (0..900i64).prop_map(Step::Share),
        Just(Step::Scrape),
    ]
}

proptest! {
    /// Pods on a tap have the samples they would have if each were told of every change.
    #[test]
    fn a_tap_equals_telling_every_pod(steps in prop::collection::vec((1..9000u64, any_step()), 1..60), instant: bool) {
        let resolution = SimDuration::from_secs(if instant { 0 } else { 15 });
        let settings = PipelineSettings { resolution, ..PipelineSettings::default() };
        let (mut tapped, mut told) = (MetricsPipeline::new(settings), MetricsPipeline::new(settings));
        let (mut now, mut share, mut starts) = (SimTime::ZERO, 0, [SimTime::ZERO; 4]);
        let mut serving = [false; 4];
        tapped.set_tap(now, 1, share);
        for (gap, step) in steps {
            now += SimDuration::from_millis(gap);
            match step {
                Step::Serve(pod) | Step::Restart(pod) => {
                    if matches!(step, Step::Restart(_)) {
                        starts[pod as usize] = now;
                    }
                    serving[pod as usize] = true;
                    tapped.observe_on_tap(now, pod, starts[pod as usize], 1);
                    told.observe(now, pod, starts[pod as usize], Some(share));
                }
                Step::Idle(pod) | Step::Gone(pod) => {
                    serving[pod as usize] = false;
                    let usage = (step == Step::Idle(pod)).then_some(3);
                    tapped.observe(now, pod, starts[pod as usize], usage);
                    told.observe(now, pod, starts[pod as usize], usage);
                }
                Step::Share(milli) => {
                    share = milli;
                    tapped.set_tap(now, 1, share);
                    for pod in (0..4).filter(|pod| serving[*pod as usize]) {
                        told.observe(now, pod, starts[pod as usize], Some(share));
                    }
                }
                Step::Scrape => {
                    tapped.scrape(now);
                    told.scrape(now);
                }
            }
            for pod in 0..4 {
                prop_assert_eq!(tapped.sample(pod, now), told.sample(pod, now));
            }
        }
    }
}
