//! A fit as one plain sentence.

use super::{Fit, INDISTINCT, Law};
use crate::experiment::format::{percent, seconds};

/// A law that misses a point by more than this share is called out.
const POOR: f64 = 0.1;
/// A constant part below this share of the largest makespan is not worth words.
const SMALL: f64 = 0.05;

/// What a fit says of `curve`, for example `sequential (kubernetes): grows linearly, 305.2 s per Job (R² 0.99998,
/// exponent 1.00 ± 0.01, n = 10 … 1000)`. It names what fits as well, and says so if even the best law fits poorly.
#[must_use]
pub fn sentence(curve: &str, fit: &Fit) -> String {
    let mut text = format!("{curve}: {} ({})", growth(fit), evidence(fit));
    let rivals: Vec<String> = fit
        .others
        .iter()
        .filter(|c| c.delta < INDISTINCT)
        .map(|c| name(c.law))
        .collect();
    if !rivals.is_empty() {
        text.push_str(&format!(
            "; on this range it cannot be told apart from {}",
            rivals.join(" or ")
        ));
    }
    if fit.worst_residual() > POOR {
        text.push_str(&format!(
            "; no law tried fits well, this one is off by up to {}",
            percent(fit.worst_residual())
        ));
    }
    text
}

/// The law and its coefficients in words.
fn growth(fit: &Fit) -> String {
    let Some(b) = fit.b else {
        return format!("stays constant at {}", seconds(fit.a));
    };
    let factor = seconds(b.value);
    let grows = match fit.law {
        Law::Constant => return format!("stays constant at {}", seconds(fit.a)),
        Law::Linear => format!("grows linearly, {factor} per Job"),
        Law::CeilLinear { slots } => format!("grows in rounds of {slots} Jobs, {factor} per round"),
        Law::NLogN => format!("grows as n·ln n, {factor} times n·ln n"),
        Law::Quadratic => format!("grows quadratically, {factor} times n²"),
    };
    if fit.a.abs() < SMALL * fit.predict(fit.n_max).abs() {
        grows
    } else if fit.a > 0.0 {
        format!("{grows} on top of {}", seconds(fit.a))
    } else {
        format!("{grows} less {}", seconds(-fit.a))
    }
}

/// R², exponent and range.
fn evidence(fit: &Fit) -> String {
    // A constant explains no variation by its nature, so its R² says nothing.
    let r_squared = fit
        .b
        .and(fit.r_squared)
        .map_or_else(String::new, |r| format!("R² {}, ", nearly_one(r)));
    let (value, half) = (fit.exponent.value, fit.exponent.interval.half_width());
    // As many decimals as show one digit of the half width, from two to four.
    let decimals = if half >= 0.005 {
        2
    } else if half >= 0.000_5 {
        3
    } else {
        4
    };
    // A value that rounds to zero loses its sign.
    let value = if value.abs() < 0.5 * libm::pow(10.0, -f64::from(decimals)) {
        0.0
    } else {
        value
    };
    let places = decimals as usize;
    let error = if half < 0.000_05 {
        String::new()
    } else {
        format!(" ± {half:.places$}")
    };
    let exponent = format!("exponent {value:.places$}{error}");
    format!("{r_squared}{exponent}, n = {} … {}", fit.n_min, fit.n_max)
}

/// A share to five decimals, rounded down, so that only a perfect fit reads 1.
fn nearly_one(r: f64) -> String {
    if r >= 1.0 - 1e-12 {
        "1".to_owned()
    } else {
        format!("{:.5}", (r * 1e5).floor() / 1e5)
    }
}

/// The law as a rival's name.
fn name(law: Law) -> String {
    match law {
        Law::Constant => "a constant".to_owned(),
        Law::Linear => "linear growth".to_owned(),
        Law::CeilLinear { slots } => format!("growth in rounds of {slots} Jobs"),
        Law::NLogN => "growth as n·ln n".to_owned(),
        Law::Quadratic => "quadratic growth".to_owned(),
    }
}
