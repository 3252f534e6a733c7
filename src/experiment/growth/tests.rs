use super::least_squares::line;
use super::*;
use crate::kernel::random::{Purpose, stream::stream};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};

const SIZES: [u64; 9] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

fn curve(sizes: &[u64], f: impl Fn(u64) -> f64) -> Vec<Point> {
    sizes.iter().map(|n| Point { n: *n, seconds: f(*n) }).collect()
}

/// The curve with a relative error of `scatter` on each point, the same every time.
fn noisy(points: &[Point], scatter: f64, seed: u64) -> Vec<Point> {
    let mut random = stream(seed, Purpose::Bootstrap, 1, 0);
    let wobble = |p: &Point| {
        let z: f64 = StandardNormal.sample(&mut random);
        Point {
            n: p.n,
            seconds: p.seconds * (1.0 + scatter * z),
        }
    };
    points.iter().map(wobble).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * b.abs().max(1e-9)
}

/// One curve of every law, with its coefficients.
fn known() -> Vec<(Law, f64, f64)> {
    vec![
        (Law::Linear, 20.0, 305.2),
        (Law::CeilLinear { slots: 32 }, 20.0, 305.2),
        (Law::NLogN, 2.0, 0.4),
        (Law::Quadratic, 30.0, 0.05),
    ]
}

#[test]
fn least_squares_by_hand() {
    // (0, 1), (1, 2), (2, 4), equal weights: means 1 and 7/3; b = 3/2, a = 7/3 − 3/2 = 5/6.
    // Residuals 1/6, −1/3, 1/6: RSS = 1/6. Standard error of b √(1/6 / 1 / 2) = 0.288675.
    // Σ (y − 7/3)² = (16 + 1 + 25)/9 = 14/3, R² = 1 − (1/6)/(14/3) = 27/28.
    let l = line(&[(0.0, 1.0, 1.0), (1.0, 2.0, 1.0), (2.0, 4.0, 1.0)], 2).unwrap();
    assert!(
        close(l.b, 1.5) && close(l.a, 5.0 / 6.0) && close(l.rss, 1.0 / 6.0),
        "{l:?}"
    );
    assert!(
        close(l.b_error, 0.288_675_13) && close(l.r_squared.unwrap(), 27.0 / 28.0),
        "{l:?}"
    );
    // A constant with weights 1/y²: y = 1 and 2 weigh 1 and 1/4, so (1 + 2/4) / (5/4) = 1.2;
    // RSS = 0.2² + (0.8/2)² = 0.04 + 0.16.
    let l = line(&[(0.0, 1.0, 1.0), (0.0, 2.0, 0.25)], 1).unwrap();
    assert!(close(l.a, 1.2) && close(l.rss, 0.2) && l.b == 0.0, "{l:?}");
    // No slope from points above each other.
    assert_eq!(line(&[(3.0, 1.0, 1.0), (3.0, 2.0, 1.0)], 2), None);
    assert_eq!(line(&[], 1), None);
}

#[test]
fn the_criterion_by_hand() {
    // N = 5, RSS = 5·e⁻⁴: N ln(RSS/N) = −20. Two coefficients, k = 3: −20 + 6 + 2·3·4/(5 − 3 − 1) = 10.
    let rss = 5.0 * libm::exp(-4.0);
    assert!(close(score(Criterion::Aicc, rss, 5, Law::Linear), 10.0));
    // One coefficient, k = 2: −20 + 4 + 2·2·3/(5 − 2 − 1) = −10.
    assert!(close(score(Criterion::Aicc, rss, 5, Law::Constant), -10.0));
    // Uncorrected with N = 4, RSS = 4·e⁻⁴: −16 + 6 and −16 + 4.
    let rss = 4.0 * libm::exp(-4.0);
    assert!(close(score(Criterion::Aic, rss, 4, Law::Quadratic), -10.0));
    assert!(close(score(Criterion::Aic, rss, 4, Law::Constant), -12.0));
    // Perfect fits are equally perfect.
    assert_eq!(
        score(Criterion::Aicc, 0.0, 9, Law::Linear),
        score(Criterion::Aicc, 1e-25, 9, Law::NLogN)
    );
}

#[test]
fn exact_curves_give_their_law_back() {
    for (law, a, b) in known() {
        let fit = fit(&curve(&SIZES, |n| a + b * law.regressor(n)), Some(32), 0.95).unwrap();
        assert_eq!((fit.law, fit.criterion, fit.distinct), (law, Criterion::Aicc, 9));
        let slope = fit.b.unwrap();
        assert!(
            close(fit.a, a) && close(slope.value, b) && slope.standard_error < 1e-6 * b,
            "{law}: {fit:?}"
        );
        assert!(fit.r_squared.unwrap() > 1.0 - 1e-12 && fit.worst_residual() < 1e-12);
        assert!(fit.others[0].delta > 100.0, "{law}: {:?}", fit.others);
        assert!(close(fit.predict(5_000), a + b * law.regressor(5_000)));
    }
    let flat = fit(&curve(&SIZES, |_| 300.1), Some(32), 0.95).unwrap();
    assert_eq!(
        (flat.law, flat.a, flat.b, flat.r_squared),
        (Law::Constant, 300.1, None, None)
    );
    assert_eq!(
        flat.exponent,
        Exponent {
            value: 0.0,
            interval: Interval { low: 0.0, high: 0.0 }
        }
    );
}

#[test]
fn noisy_curves_give_their_law_back() {
    for (law, a, b) in known() {
        let exact = curve(&SIZES, |n| a + b * law.regressor(n));
        let (mut right, mut covered) = (0, 0);
        for seed in 0..200 {
            let fit = fit(&noisy(&exact, 0.02, seed), Some(32), 0.95).unwrap();
            right += usize::from(fit.law == law);
            // The 95 % interval of b under the true law: t(7) = 2.365.
            let slope = fit.b.filter(|_| fit.law == law);
            covered += usize::from(slope.is_some_and(|s| (s.value - b).abs() < 2.365 * s.standard_error));
        }
        assert!(right >= 195, "{law}: {right} of 200");
        assert!(
            (178..=199).contains(&covered),
            "{law}: b covered {covered} times of {right}"
        );
    }
    let flat = curve(&SIZES, |_| 300.0);
    let right = (0..200)
        .filter(|seed| fit(&noisy(&flat, 0.02, *seed), None, 0.95).unwrap().law == Law::Constant)
        .count();
    assert!(right >= 190, "constant: {right} of 200");
}

#[test]
fn the_exponent_covers_the_power_it_was_made_with() {
    let exact = curve(&SIZES, |n| 3.0 * libm::pow(n as f64, 1.5));
    let covered = (0..500u64)
        .filter(|seed| {
            fit(&noisy(&exact, 0.05, *seed), None, 0.95)
                .unwrap()
                .exponent
                .interval
                .contains(1.5)
        })
        .count();
    assert!((460..=490).contains(&covered), "{covered} of 500");
}

#[test]
fn small_sizes_count_as_much_as_large_ones() {
    // 300 s per Job, but 2 % more at n = 5000: 30,000 s, ten times the whole makespan at n = 10.
    let mut points = curve(&SIZES, |n| 300.0 * n as f64);
    points[8].seconds *= 1.02;
    let relative = fit(&points, None, 0.95).unwrap();
    assert_eq!(relative.law, Law::Linear);
    assert!(relative.residuals[0].relative.abs() < 0.005, "{relative:?}");
    assert!(relative.worst_residual() < 0.02);
    // With absolute residuals the largest n bends the line so that it misses 3,000 s at n = 10 by more than a half.
    let plain: Vec<_> = points.iter().map(|p| (p.n as f64, p.seconds, 1.0)).collect();
    let absolute = line(&plain, 2).unwrap();
    assert!(
        (absolute.a + 10.0 * absolute.b - 3_000.0).abs() > 1_500.0,
        "{absolute:?}"
    );
}

#[test]
fn a_law_that_fits_poorly_is_called_out() {
    let mut points = curve(&SIZES, |n| 300.0 * n as f64);
    points[0].seconds = 1_000.0;
    let fit = fit(&points, None, 0.95).unwrap();
    assert!(fit.worst_residual() > 0.1, "{fit:?}");
    assert!(sentence("x", &fit).contains("no law tried fits well"));
}

#[test]
fn three_sizes_are_too_few_however_many_points() {
    let points: Vec<Point> = (0..20).flat_map(|_| curve(&[10, 100, 1_000], |n| n as f64)).collect();
    assert_eq!(fit(&points, None, 0.95), Err(GrowthError::TooFewPoints { distinct: 3 }));
    assert_eq!(fit(&[], None, 0.95), Err(GrowthError::TooFewPoints { distinct: 0 }));
}

#[test]
fn impossible_points_are_named() {
    for (n, seconds) in [(0, 1.0), (5, 0.0), (5, -1.0), (5, f64::INFINITY), (5, 1e-200)] {
        let mut points = curve(&SIZES, |n| n as f64);
        points.push(Point { n, seconds });
        assert_eq!(fit(&points, None, 0.95), Err(GrowthError::Impossible { n, seconds }));
    }
    let mut points = curve(&SIZES, |n| n as f64);
    points[3].seconds = f64::NAN;
    assert!(matches!(
        fit(&points, None, 0.95),
        Err(GrowthError::Impossible { n: 100, .. })
    ));
}

#[test]
fn four_points_are_compared_without_the_correction() {
    let fit4 = fit(&noisy(&curve(&SIZES[..4], |n| 5.0 * n as f64), 0.01, 3), None, 0.95).unwrap();
    assert_eq!(
        (fit4.law, fit4.criterion, fit4.distinct),
        (Law::Linear, Criterion::Aic, 4)
    );
    let fit5 = fit(&noisy(&curve(&SIZES[..5], |n| 5.0 * n as f64), 0.01, 3), None, 0.95).unwrap();
    assert_eq!((fit5.law, fit5.criterion), (Law::Linear, Criterion::Aicc));
    assert!(fit5.others.iter().all(|c| c.delta.is_finite()), "{:?}", fit5.others);
}

#[test]
fn a_falling_curve_has_no_growing_law() {
    let fit = fit(&curve(&SIZES, |n| 1_000.0 - 0.1 * n as f64), Some(32), 0.95).unwrap();
    assert_eq!((fit.law, fit.others.len()), (Law::Constant, 0));
    assert_eq!(fit.runner_up(), None);
}

#[test]
fn linear_and_rounds_are_told_apart_only_where_they_differ() {
    // Whole rounds only: both are exact, the simpler is taken, the other is as good.
    let whole = fit(
        &curve(&[32, 64, 128, 320, 640, 3_200], |n| 300.0 * n.div_ceil(32) as f64),
        Some(32),
        0.95,
    )
    .unwrap();
    assert_eq!(whole.law, Law::Linear);
    assert_eq!(
        whole.runner_up(),
        Some(Candidate {
            law: Law::CeilLinear { slots: 32 },
            delta: 0.0
        })
    );
    // Large n with 1 % of noise: a round is lost in it.
    let large: Vec<u64> = (1..=8).map(|i| 10_000 * i + 7 * i).collect();
    let exact = curve(&large, |n| 300.0 * n.div_ceil(32) as f64);
    let far = fit(&noisy(&exact, 0.01, 5), Some(32), 0.95).unwrap();
    assert!(far.runner_up().unwrap().delta < INDISTINCT, "{:?}", far.others);
    // The sizes of the built-in experiment: 10 and 32 Jobs take the same one round.
    let near = fit(
        &noisy(
            &curve(&[10, 32, 100, 320, 1_000], |n| 300.0 * n.div_ceil(32) as f64),
            0.01,
            5,
        ),
        Some(32),
        0.95,
    );
    let near = near.unwrap();
    assert_eq!(near.law, Law::CeilLinear { slots: 32 });
    assert!(near.runner_up().unwrap().delta > INDISTINCT, "{:?}", near.others);
    // Rounds of more Jobs than there ever are: one round, no slope to determine, so the law does not take part.
    let one = fit(&curve(&SIZES, |n| 3.0 * n as f64), Some(1_000_000), 0.95).unwrap();
    assert!(one.others.iter().all(|c| c.law != Law::CeilLinear { slots: 1_000_000 }));
}

#[test]
fn sentences() {
    // Coefficients and exponents computed apart from this code (normal equations by Cramer's rule, t(3) = 3.182).
    let say = |points: &[Point], round| sentence("sequential (kubernetes)", &fit(points, round, 0.95).unwrap());
    let sizes = [10, 32, 100, 320, 1_000];
    let wobble = [1.002, 0.999, 1.001, 0.998, 1.0];
    let linear: Vec<Point> = sizes
        .iter()
        .zip(wobble)
        .map(|(n, w)| Point {
            n: *n,
            seconds: 305.2 * *n as f64 * w,
        })
        .collect();
    insta::assert_snapshot!(say(&linear, None), @"sequential (kubernetes): grows linearly, 305.0 s per Job (R² 0.99999, exponent 1.000 ± 0.001, n = 10 … 1000)");
    let rounds = curve(&sizes, |n| 12.0 + 300.0 * n.div_ceil(32) as f64);
    insta::assert_snapshot!(say(&rounds, Some(32)), @"sequential (kubernetes): grows in rounds of 32 Jobs, 300.0 s per round (R² 1, exponent 0.79 ± 0.35, n = 10 … 1000)");
    insta::assert_snapshot!(say(&curve(&sizes, |n| 312.0 + 0.3 * n as f64), Some(32)), @"sequential (kubernetes): grows linearly, 0.3000 s per Job on top of 312.0 s (R² 1, exponent 0.14 ± 0.12, n = 10 … 1000)");
    insta::assert_snapshot!(say(&curve(&sizes, |n| 2.0 * (n * n) as f64), None), @"sequential (kubernetes): grows quadratically, 2.000 s times n² (R² 1, exponent 2.0000, n = 10 … 1000)");
    insta::assert_snapshot!(say(&curve(&sizes, |n| 0.5 * n as f64 * libm::log(n as f64)), None), @"sequential (kubernetes): grows as n·ln n, 0.5000 s times n·ln n (R² 1, exponent 1.24 ± 0.07, n = 10 … 1000)");
    insta::assert_snapshot!(say(&curve(&sizes, |_| 300.0), None), @"sequential (kubernetes): stays constant at 300.0 s (exponent 0.0000, n = 10 … 1000)");
    insta::assert_snapshot!(say(&curve(&[32, 64, 128, 320], |n| 10.0 * n as f64), Some(32)), @"sequential (kubernetes): grows linearly, 10.00 s per Job (R² 1, exponent 1.0000, n = 32 … 320); on this range it cannot be told apart from growth in rounds of 32 Jobs");
}

proptest! {
    /// Any line, on any range: the law, its coefficients, its exponent between 0 and 1.
    #[test]
    fn any_exact_line_is_found(a in 0.0f64..1e4, b in 0.01f64..1e3, first in 1u64..50, factor in 2u64..6) {
        let sizes: Vec<u64> = (0..6).map(|i| first * factor.pow(i)).collect();
        let fit = fit(&curve(&sizes, |n| a + b * n as f64), Some(7), 0.95).unwrap();
        prop_assert_eq!(fit.law, Law::Linear);
        prop_assert!((fit.b.unwrap().value / b - 1.0).abs() < 1e-6);
        prop_assert!((0.0..=1.0 + 1e-9).contains(&fit.exponent.value));
        prop_assert!(sentence("x", &fit).starts_with("x: grows linearly"));
    }
    /// Whatever the points: a law or an error, never a NaN.
    #[test]
    fn never_a_nan(points in prop::collection::vec((0u64..2_000, 0.0f64..1e9), 0..30), round in prop::option::of(0u64..100)) {
        let points: Vec<Point> = points.into_iter().map(|(n, seconds)| Point { n, seconds }).collect();
        if let Ok(fit) = fit(&points, round, 0.95) {
            let b = fit.b.map_or((1.0, 0.0), |b| (b.value, b.standard_error));
            prop_assert!(b.0 > 0.0 && b.1 >= 0.0 && fit.a.is_finite());
            prop_assert!(fit.r_squared.is_none_or(|r| (0.0..=1.0).contains(&r)));
            prop_assert!(fit.exponent.interval.low <= fit.exponent.value && fit.exponent.value <= fit.exponent.interval.high);
            prop_assert!(fit.others.iter().all(|c| c.delta >= 0.0));
            prop_assert!(!sentence("x", &fit).contains("NaN"));
        }
    }
}
