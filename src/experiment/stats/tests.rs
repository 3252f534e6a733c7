use super::*;
use crate::kernel::random::{Purpose, stream::stream};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

#[test]
fn t_quantiles_agree_with_the_textbook_table() {
    // (degrees of freedom, two-sided 90 %, 95 %, 99 %), the table printed in any statistics textbook, three decimals.
    for (freedom, p90, p95, p99) in [
        (1, 6.314, 12.706, 63.657),
        (2, 2.920, 4.303, 9.925),
        (3, 2.353, 3.182, 5.841),
        (4, 2.132, 2.776, 4.604),
        (5, 2.015, 2.571, 4.032),
        (9, 1.833, 2.262, 3.250),
        (10, 1.812, 2.228, 3.169),
        (19, 1.729, 2.093, 2.861),
        (30, 1.697, 2.042, 2.750),
        (60, 1.671, 2.000, 2.660),
        (120, 1.658, 1.980, 2.617),
        (1_000_000, 1.645, 1.960, 2.576),
    ] {
        for (confidence, expected) in [(0.90, p90), (0.95, p95), (0.99, p99)] {
            let t = t_two_sided(confidence, freedom).expect("defined");
            assert!(
                (t - expected).abs() < 0.0006,
                "t({freedom}) at {confidence}: {t}, table {expected}"
            );
        }
    }
}

#[test]
fn t_quantiles_agree_with_closed_forms() {
    for confidence in [0.5, 0.8, 0.9, 0.95, 0.99, 0.999] {
        // One degree of freedom is the Cauchy distribution: tan(π·confidence / 2).
        let cauchy = libm::tan(std::f64::consts::PI * confidence / 2.0);
        assert!(close(t_two_sided(confidence, 1).unwrap(), cauchy), "{confidence}");
        // Two: with q = (1 + confidence)/2, t = (2q − 1) · √(2 / (4q(1 − q))) = confidence · √(2 / (1 − confidence²)).
        let two = confidence * libm::sqrt(2.0 / (1.0 - confidence * confidence));
        assert!(close(t_two_sided(confidence, 2).unwrap(), two), "{confidence}");
    }
}

#[test]
fn what_has_no_interval_is_none() {
    assert_eq!(t_two_sided(0.95, 0), None);
    for confidence in [0.0, 1.0, -0.5, 2.0, f64::NAN] {
        assert_eq!(t_two_sided(confidence, 5), None);
        assert_eq!(Summary::of(&[1.0, 2.0]).unwrap().interval(confidence), None);
    }
    assert_eq!(Summary::of(&[]), None);
    assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
    let one = Summary::of(&[4.0]).unwrap();
    assert_eq!(
        one,
        Summary {
            n: 1,
            mean: 4.0,
            sd: None,
            min: 4.0,
            max: 4.0
        }
    );
    assert_eq!(one.interval(0.95), None);
}

#[test]
fn the_summary_of_five_numbers_by_hand() {
    // 2, 4, 4, 5, 10: sum 25, mean 5; squares of the deviations 9 + 1 + 1 + 0 + 25 = 36; sd = √(36/4) = 3.
    let summary = Summary::of(&[2.0, 4.0, 4.0, 5.0, 10.0]).unwrap();
    assert_eq!(
        summary,
        Summary {
            n: 5,
            mean: 5.0,
            sd: Some(3.0),
            min: 2.0,
            max: 10.0
        }
    );
    // Half width: t(4) = 2.776445 times 3/√5 = 1.341641, which is 3.724992.
    let interval = summary.interval(0.95).unwrap();
    assert!((interval.half_width() - 3.724_992).abs() < 1e-5, "{interval:?}");
    assert!(close(interval.low + interval.high, 10.0));
}

#[test]
fn equal_elements_deviate_by_exactly_nothing() {
    let summary = Summary::of(&[0.1; 7]).unwrap();
    assert_eq!((summary.mean, summary.sd), (0.1, Some(0.0)));
    assert_eq!(summary.interval(0.95), Some(Interval { low: 0.1, high: 0.1 }));
}

#[test]
fn pairs_by_hand() {
    // Differences 1, 2, 3: mean 2, sd 1, half width t(2)/√3 = 4.302653/1.732051 = 2.484138.
    let paired = paired_difference(&[11.0, 22.0, 33.0], &[10.0, 20.0, 30.0], 0.95).unwrap();
    assert_eq!((paired.n, paired.mean), (3, 2.0));
    assert!((paired.interval.unwrap().half_width() - 2.484_138).abs() < 1e-5);
    // Ratios 2 and 8: the geometric mean is √16 = 4.
    let ratio = paired_ratio(&[2.0, 8.0], &[1.0, 1.0], 0.95).unwrap();
    assert!(close(ratio.mean, 4.0), "{ratio:?}");
    // ln 2 and ln 8 lie ln 2 = 0.693147 from their mean ln 4; the half width is t(1) · ln 2 = 12.706205 · 0.693147.
    let high = libm::exp(libm::log(4.0) + 12.706_204_736 * std::f64::consts::LN_2);
    assert!((ratio.interval.unwrap().high / high - 1.0).abs() < 1e-6);
    // One pair: the ratio itself, no interval.
    assert_eq!(
        paired_ratio(&[63.0], &[2.0], 0.95),
        Some(Estimate {
            n: 1,
            mean: 31.5,
            interval: None
        })
    );
    assert_eq!(paired_ratio(&[1.0, 2.0], &[1.0], 0.95), None);
    assert_eq!(paired_ratio(&[1.0], &[0.0], 0.95), None);
    assert_eq!(paired_difference(&[1.0, 2.0], &[1.0], 0.95), None);
    assert_eq!(paired_difference(&[], &[], 0.95), None);
}

#[test]
fn quantiles_of_type_7_by_hand() {
    let p = |a, b| Probability::new(a, b).unwrap();
    // Four elements, p = 1/4: position 3/4, so 10 + 0.75·(20 − 10) = 17.5, rounded up to 18.
    assert_eq!(quantile(&[10, 20, 30, 40], p(1, 4)), Some(18));
    assert_eq!(quantile_f64(&[10.0, 20.0, 30.0, 40.0], p(1, 4)), Some(17.5));
    // Twenty-one elements 0, 10, …, 200, p95: position 19, so 190.
    let even: Vec<u64> = (0..21).map(|i| i * 10).collect();
    assert_eq!(quantile(&even, Probability::P95), Some(190));
    // Ten elements 1 … 10, p95: position 8.55, so 9 + 0.55 = 9.55.
    let ten: Vec<f64> = (1..=10).map(f64::from).collect();
    assert!(close(quantile_f64(&ten, Probability::P95).unwrap(), 9.55));
    // Two elements far apart: nothing is lost to floats. 0.99·(2^63 + 2) rounds exactly.
    let wide = [0, 9_223_372_036_854_775_810];
    assert_eq!(quantile(&wide, Probability::P99), Some(9_131_138_316_486_228_052));
    assert_eq!(quantile(&[7], Probability::P99), Some(7));
    assert_eq!(quantile(&[], Probability::P50), None);
    assert_eq!(quantile_f64(&[], Probability::P50), None);
    assert_eq!(Probability::new(2, 1), None);
    assert_eq!(Probability::new(0, 0), None);
}

/// The promise of a 95 % interval: in 2,000 samples it covers the true mean 94 to 96 times in a hundred.
#[test]
fn the_interval_covers_the_truth_as_often_as_it_says() {
    for size in [3usize, 10, 30] {
        let covered = (0..2_000u64)
            .filter(|sample| {
                let mut random = stream(2_026, Purpose::Bootstrap, size as u64, *sample);
                let xs: Vec<f64> = (0..size)
                    .map(|_| {
                        let z: f64 = StandardNormal.sample(&mut random);
                        50.0 + 7.0 * z
                    })
                    .collect();
                Summary::of(&xs)
                    .and_then(|s| s.interval(0.95))
                    .expect("an interval")
                    .contains(50.0)
            })
            .count();
        assert!((1_880..=1_920).contains(&covered), "size {size}: {covered} of 2000");
    }
}

proptest! {
    #[test]
    fn the_mean_lies_inside(sample in prop::collection::vec(-1e9f64..1e9, 1..50)) {
        let s = Summary::of(&sample).unwrap();
        prop_assert!(s.min <= s.mean + 1e-6 && s.mean <= s.max + 1e-6);
        prop_assert_eq!(s.sd.is_some(), sample.len() > 1);
        if let Some(interval) = s.interval(0.95) {
            prop_assert!(interval.low <= s.mean && s.mean <= interval.high);
        }
    }
    #[test]
    fn a_ratio_and_its_inverse_tell_the_same(pairs in prop::collection::vec((0.1f64..1e6, 0.1f64..1e6), 2..20)) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let there = paired_ratio(&a, &b, 0.95).unwrap();
        let back = paired_ratio(&b, &a, 0.95).unwrap();
        prop_assert!((there.mean * back.mean - 1.0).abs() < 1e-9);
    }
    #[test]
    fn quantiles_are_ordered_and_inside(mut xs in prop::collection::vec(any::<u64>(), 1..60), a in 0u32..=100, b in 0u32..=100) {
        xs.sort_unstable();
        let q = |p| quantile(&xs, Probability::new(p, 100).unwrap()).unwrap();
        prop_assert!(q(a.min(b)) <= q(a.max(b)));
        prop_assert_eq!((q(0), q(100)), (xs[0], xs[xs.len() - 1]));
    }
}
