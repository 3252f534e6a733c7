//! Functions that the families need, on `libm` only, so that all machines agree on every bit (for gamma's draws see
//! `gamma_draw`).

use rand_distr::{Distribution, Gamma, Open01};

use crate::kernel::random::Stream;

/// A uniform number strictly between 0 and 1, a multiple of 2⁻⁵³.
#[must_use]
pub fn uniform(stream: &mut Stream) -> f64 {
    // 52 random bits and a half: exact in a double, and never 0 or 1.
    Open01.sample(stream)
}

/// The standard normal density at `z`.
pub(super) fn normal_density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt()
}

/// The standard normal distribution function at `z`.
pub(super) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The value that a standard normal variable stays below with probability `p`.
///
/// Algorithm AS 241, routine PPND16 (Wichura 1988, Applied Statistics 37, 477-484); relative accuracy about 1e-16.
pub(super) fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_4,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return f64::INFINITY.copysign(q);
    }
    let r = (-libm::log(tail)).sqrt();
    let z = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    z.copysign(q)
}

/// Horner's rule, constant term first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The regularised lower incomplete gamma function P(a, x): the distribution function of a gamma variable of shape `a`
/// and scale 1. By its power series left of the mode, by its continued fraction right of it (Abramowitz and Stegun 1964,
/// 6.5.29 and 6.5.31).
pub(super) fn gamma_cdf(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x.is_infinite() {
        return 1.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    let sum = if x < a + 1.0 {
        front * gamma_series(a, x)
    } else {
        1.0 - front * gamma_fraction(a, x)
    };
    sum.clamp(0.0, 1.0)
}

/// Terms that either expansion may take; the square root of the greatest shape times a few is enough.
const MOST_TERMS: u32 = 100_000;

fn gamma_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for n in 1..MOST_TERMS {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

/// Evaluated from the front by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / away_from_zero(b);
    let mut value = d;
    for n in 1..MOST_TERMS {
        let n = f64::from(n);
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / away_from_zero(numerator * d + b);
        c = away_from_zero(b + numerator / c);
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// A gamma variable of shape `shape` and scale 1: `rand_distr`'s, by Marsaglia and Tsang (2000, ACM TOMS 26, 363-372).
///
/// `rand_distr` takes `ln` and `exp` from `num-traits`, which asks the platform for them. For shapes from 1 on they only
/// decide, all but never differently, whether a proposal is kept, and give the value itself only where a normal variable
/// lies beyond 3.65 (or an exponential one beyond 7.7): less than one draw in 2,000, which then differs by a last bit at
/// most, far below the nanosecond that spans are rounded to. For smaller shapes every value would be a power; that one is
/// taken here, with `libm`.
pub(super) fn gamma_draw(shape: f64, stream: &mut Stream) -> f64 {
    if shape < 1.0 {
        // Section 6 of the paper: a variable of shape + 1, times a power of a uniform.
        let power = libm::pow(uniform(stream), 1.0 / shape);
        return gamma_draw(shape + 1.0, stream) * power;
    }
    Gamma::new(shape, 1.0)
        .expect("every shape that can be read is finite and above 0")
        .sample(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::Purpose;
    use crate::kernel::random::stream::stream;

    #[test]
    fn the_normal_quantile_inverts_the_distribution_function() {
        for p in [
            1e-300, 1e-20, 1e-9, 1e-3, 0.02, 0.0749, 0.0751, 0.3, 0.5, 0.7, 0.95, 0.99, 0.999_999,
        ] {
            let back = normal_cdf(normal_quantile(p));
            assert!(
                (back - p).abs() <= 4e-14 * p.max(1e-280) * p.ln().abs().max(1.0),
                "{p} came back as {back}"
            );
        }
        // Tables: z(0.95), z(0.975), z(0.99).
        for (p, z) in [
            (0.95, 1.644_853_626_951_472_7),
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_840_8),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-14);
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn the_incomplete_gamma_function_agrees_with_closed_forms() {
        for x in [0.001, 0.1, 0.5, 1.0, 2.0, 3.0, 10.0, 40.0] {
            let one = -libm::expm1(-x);
            let half = libm::erf(libm::sqrt(x));
            // Shape 3: 1 - e^-x (1 + x + x²/2).
            let three = 1.0 - libm::exp(-x) * (1.0 + x + x * x / 2.0);
            for (a, right) in [(1.0, one), (0.5, half), (3.0, three)] {
                assert!((gamma_cdf(a, x) - right).abs() < 1e-14, "P({a}, {x})");
            }
        }
        // The median of a large shape a is near a - 1/3.
        assert!((gamma_cdf(1e6, 1e6 - 1.0 / 3.0) - 0.5).abs() < 1e-8);
        assert_eq!(gamma_cdf(2.0, 0.0), 0.0);
        assert_eq!(gamma_cdf(2.0, f64::INFINITY), 1.0);
    }

    #[test]
    fn uniform_numbers_fill_the_open_interval() {
        let mut stream = stream(3, Purpose::Runtime, 0, 0);
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|_| uniform(&mut stream)).collect();
        assert!(draws.iter().all(|u| *u > 0.0 && *u < 1.0));
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 5.0 / f64::from(12 * n).sqrt(), "mean {mean}");
        let low = draws.iter().filter(|u| **u < 0.01).count() as f64;
        assert!((low - 1000.0).abs() < 5.0 * 990f64.sqrt(), "{low} of {n} below 0.01");
    }
}
