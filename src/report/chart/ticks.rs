//! Where ticks stand and what they say: round numbers on linear and logarithmic axes.

use crate::report::chart::axis::{Axis, Quantity};
use crate::report::chart::font;
use crate::report::chart::frame::TICK_SIZE;
use crate::report::chart::ruler::Way;
use crate::report::number::{decade, number, power_of_ten};

/// The least room between two labels side by side, in pixels.
pub(super) const GAP: f64 = 12.0;

/// The natural logarithm, the same on every machine.
pub(super) fn ln(value: f64) -> f64 {
    libm::log(value)
}

/// Values and labels of ticks, in the shown unit.
pub(super) type Marks = Vec<(f64, String)>;

/// The range and ticks of a linear axis, all in the shown unit.
pub(super) fn linear(axis: &Axis, unit: &str, (low, high): (f64, f64), way: Way, length: f64) -> (f64, f64, Marks) {
    let starts_at_zero = low >= 0.0 && (way == Way::Up || low <= 0.5 * high);
    let mut low = if starts_at_zero { 0.0 } else { low };
    let mut high = if high <= 0.0 && way == Way::Up { 0.0 } else { high };
    if axis.quantity == Quantity::Share && way == Way::Up {
        high = high.max(100.0);
    }
    // Whole things need a whole step of room; so that there is a tick to read.
    if axis.quantity == Quantity::Count && high - low < 1.0 {
        (low, high) = (libm::floor(low), (libm::floor(low) + 1.0).max(high));
    }
    // A range too small to tell apart, or none at all, gets some room.
    let least = (low.abs().max(high.abs()) * 1e-9).max(1e-15);
    if high - low < least {
        let room = if low == 0.0 && high == 0.0 {
            1.0
        } else {
            low.abs().max(high.abs()) * 0.1
        };
        high += room;
        if low != 0.0 {
            low -= room;
        }
    }
    let most = match way {
        Way::Up => (length / 44.0).clamp(1.0, 8.0),
        Way::Across => (length / 40.0).clamp(1.0, 10.0),
    };
    let hours = axis.quantity == Quantity::Time && unit == "h";
    let mut steps = RoundStep::at_least((high - low) / most, hours);
    if axis.quantity == Quantity::Count {
        steps = steps.max(RoundStep::new(1, 0));
    }
    loop {
        let step = steps.value();
        let first = libm::floor(low / step + 1e-9);
        let last = libm::ceil(high / step - 1e-9).max(first + 1.0);
        let (from, to) = match way {
            Way::Up => (first * step, last * step),
            Way::Across => (low, high),
        };
        let marks: Marks = (first as i64..=last as i64)
            .map(|i| steps.times(i))
            .filter(|v| (from - step * 1e-9..=to + step * 1e-9).contains(v))
            .map(|v| (v.clamp(from, to), steps.label(v)))
            .collect();
        let room = length * step / (to - from);
        let fits = way == Way::Up
            || marks
                .iter()
                .all(|(_, l)| font::width(l, TICK_SIZE, false) + GAP <= room);
        if fits || marks.len() <= 2 {
            return (from, to, marks);
        }
        steps = steps.next();
    }
}

/// A distance between ticks that people count in: 1, 2 or 5 times a power of ten; of hours 1, 2, 6, 12, 24, 48 and on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RoundStep {
    mantissa: i64,
    exponent: i32,
    hours: bool,
}

impl RoundStep {
    fn new(mantissa: i64, exponent: i32) -> Self {
        Self {
            mantissa,
            exponent,
            hours: false,
        }
    }
    fn at_least(width: f64, hours: bool) -> Self {
        let exponent = if hours { decade(width).min(0) } else { decade(width) };
        let mut step = Self {
            mantissa: 1,
            exponent,
            hours,
        };
        while step.value() < width * (1.0 - 1e-9) {
            step = step.next();
        }
        step
    }
    fn next(self) -> Self {
        match self.mantissa {
            2 if self.hours && self.exponent == 0 => Self { mantissa: 6, ..self },
            m if self.hours && self.exponent == 0 && m > 2 => Self {
                mantissa: 2 * m,
                ..self
            },
            1 => Self { mantissa: 2, ..self },
            2 => Self { mantissa: 5, ..self },
            _ => Self {
                mantissa: 1,
                exponent: self.exponent + 1,
                ..self
            },
        }
    }
    fn max(self, other: Self) -> Self {
        if self.value() < other.value() { other } else { self }
    }
    fn value(self) -> f64 {
        self.times(1)
    }
    /// `count` steps, rounded once.
    fn times(self, count: i64) -> f64 {
        let whole = (count * self.mantissa) as f64;
        if self.exponent < 0 {
            whole / power_of_ten(-self.exponent)
        } else {
            whole * power_of_ten(self.exponent)
        }
    }
    /// A tick's label, with the decimals that tell it from its neighbours; as a power of ten where that is long.
    fn label(self, value: f64) -> String {
        if value.abs() >= 1e9 || (self.exponent < -6 && value != 0.0) {
            return plain(value);
        }
        number(value, self.exponent.clamp(-6, 0).unsigned_abs() as usize)
    }
}

/// The range and ticks of a logarithmic axis, all in the shown unit.
pub(super) fn log(low: f64, high: f64, way: Way, length: f64) -> (f64, f64, Marks) {
    let (low, high) = match way {
        // Values stand a little inside, so that markers are not cut by the frame.
        Way::Across => {
            let room = libm::exp((ln(high) - ln(low)) * 0.03).max(1.05);
            (low / room, high * room)
        }
        Way::Up => (round_down(low), round_up(high)),
    };
    let decades = libm::log10(high / low).max(1e-9);
    let per_decade = length / decades;
    let mantissas: &[i64] = match way {
        Way::Up if per_decade >= 75.0 => &[1, 2, 5],
        Way::Up if per_decade >= 50.0 => &[1, 3],
        Way::Across if per_decade >= 230.0 => &[1, 2, 5],
        Way::Across if per_decade >= 130.0 => &[1, 3],
        Way::Up | Way::Across => &[1],
    };
    let least_room = if way == Way::Up { 24.0 } else { 70.0 };
    let stride = libm::ceil(least_room / per_decade).max(1.0) as i32;
    let mut marks = Marks::new();
    for exponent in decade(low)..=decade(high) {
        for &mantissa in mantissas {
            let value = RoundStep::new(mantissa, exponent).value();
            if exponent.rem_euclid(stride) == 0 && (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(&value) {
                marks.push((value.clamp(low, high), plain(value)));
            }
        }
    }
    if marks.len() < 2 {
        marks = vec![(low, plain(low)), (high, plain(high))];
    }
    (low, high, marks)
}

/// The largest of 1, 2, 5 times a power of ten that is not above `value`.
fn round_down(value: f64) -> f64 {
    let exponent = decade(value);
    let candidates = [5, 2, 1].map(|mantissa| RoundStep::new(mantissa, exponent).value());
    candidates
        .into_iter()
        .find(|c| *c <= value * (1.0 + 1e-9))
        .unwrap_or(candidates[2])
}

/// The smallest of 1, 2, 5 times a power of ten that is above `value`.
fn round_up(value: f64) -> f64 {
    let mut step = RoundStep::new(1, decade(value));
    while step.value() <= value * (1.0 + 1e-9) {
        step = step.next();
    }
    step.value()
}

/// A number with as many decimals as it needs (four significant digits), or a power of ten where that is long.
pub(super) fn plain(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}").replace(".000e", "e").replace("00e", "e");
    }
    let most = if size == 0.0 {
        0
    } else {
        (3 - decade(size)).max(0) as usize
    };
    let text = number(value, most);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
