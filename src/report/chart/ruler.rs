//! An axis measured out: from values to pixels, and where its ticks stand.

use crate::report::chart::axis::{Axis, Scale};
use crate::report::chart::font;
use crate::report::chart::frame::TICK_SIZE;
use crate::report::chart::ticks::{GAP, linear, ln, log, plain};

/// Which way an axis runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Across,
    Up,
}

/// One tick.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// Where, in the values' own unit.
    pub value: f64,
    /// What is written there; empty for a tick without words.
    pub label: String,
}

/// An axis measured out.
#[derive(Clone, Debug)]
pub(super) struct Ruler {
    /// The label with its unit.
    pub title: String,
    /// Ascending.
    pub ticks: Vec<Tick>,
    /// The ends, in the values' own unit.
    pub low: f64,
    pub high: f64,
    scale: Scale,
    from: f64,
    to: f64,
}

impl Ruler {
    /// Measures out `axis` for values in `extent` (`None`: no values at all) over `length` pixels starting at 0.
    /// The values have passed `check`.
    pub(super) fn new(axis: &Axis, extent: Option<(f64, f64)>, way: Way, length: f64) -> Self {
        let (low, high) = extent.unwrap_or(match axis.scale {
            Scale::Linear => (0.0, 1.0),
            Scale::Log => (1.0, 10.0),
        });
        let (unit, factor) = axis.unit_for(low, high);
        let (low, high) = (low / factor, high / factor);
        let (low, high, marks) = match axis.scale {
            Scale::Linear => linear(axis, &unit, (low, high), way, length),
            Scale::Log => log(low, high, way, length),
        };
        let mut ruler = Self {
            title: axis.title(&unit),
            ticks: Vec::new(),
            scale: axis.scale,
            low: low * factor,
            high: high * factor,
            from: 0.0,
            to: length,
        };
        ruler.ticks = if axis.ticks.is_empty() {
            marks
                .into_iter()
                .map(|(v, label)| Tick {
                    value: v * factor,
                    label,
                })
                .collect()
        } else {
            ruler.fixed_ticks(&axis.ticks, factor, way)
        };
        ruler
    }
    /// The same ruler, its low end at pixel `from` and its high end at `to`.
    pub(super) fn placed(mut self, from: f64, to: f64) -> Self {
        self.from = from;
        self.to = to;
        self
    }
    /// How far along the ruler `value` is, from 0 to 1; values beyond an end land on that end.
    pub(super) fn share(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (ln(value) - ln(self.low)) / (ln(self.high) - ln(self.low)),
        }
    }
    /// The pixel of `value`.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.from + self.share(value) * (self.to - self.from)
    }
    /// The widest label, in pixels.
    pub(super) fn label_width(&self) -> f64 {
        self.ticks
            .iter()
            .map(|t| font::width(&t.label, TICK_SIZE, false))
            .fold(0.0, f64::max)
    }
    /// Ticks where the caller wants them; labels that would touch their left neighbour stay blank, the last one wins.
    fn fixed_ticks(&self, values: &[f64], factor: f64, way: Way) -> Vec<Tick> {
        let mut values: Vec<f64> = values
            .iter()
            .copied()
            .filter(|v| (self.low..=self.high).contains(v))
            .collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let half = |tick: &Tick| match way {
            Way::Across => font::width(&tick.label, TICK_SIZE, false) / 2.0 + GAP / 2.0,
            Way::Up => TICK_SIZE * 0.75,
        };
        let mut ticks: Vec<Tick> = values
            .iter()
            .map(|&v| Tick {
                value: v,
                label: plain(v / factor),
            })
            .collect();
        let mut edge = f64::INFINITY;
        for tick in ticks.iter_mut().rev() {
            let (place, half) = (self.at(tick.value), half(tick));
            if place + half <= edge {
                edge = place - half;
            } else {
                tick.label.clear();
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, low: f64, high: f64, way: Way, length: f64) -> String {
        let ruler = Ruler::new(axis, Some((low, high)), way, length);
        let texts: Vec<&str> = ruler.ticks.iter().map(|t| t.label.as_str()).collect();
        format!("{}: {}", ruler.title, texts.join(" "))
    }

    #[test]
    fn ticks_are_round_and_carry_the_unit() {
        let makespan = Axis::time("makespan");
        assert_eq!(
            labels(&makespan, 310.0, 305_000.0, Way::Up, 330.0),
            "makespan [h]: 0 12 24 36 48 60 72 84 96"
        );
        assert_eq!(
            labels(&makespan.clone().log(), 310.0, 305_000.0, Way::Up, 330.0),
            "makespan [h]: 0.05 0.1 0.2 0.5 1 2 5 10 20 50 100"
        );
        assert_eq!(
            labels(&Axis::share("use"), 0.0, 0.4, Way::Up, 150.0),
            "use [%]: 0 50 100"
        );
        assert_eq!(
            labels(&Axis::count("queue", "pods"), 0.0, 2.0, Way::Up, 300.0),
            "queue [pods]: 0 1 2"
        );
        assert_eq!(
            labels(&Axis::number("x", ""), 0.001, 0.0052, Way::Across, 600.0),
            "x: 0.000 0.001 0.002 0.003 0.004 0.005"
        );
    }

    #[test]
    fn wanted_ticks_stand_where_the_data_are() {
        let n = Axis::count("Jobs n", "")
            .log()
            .ticks_at([10.0, 32.0, 100.0, 320.0, 1000.0]);
        assert_eq!(
            labels(&n, 10.0, 1000.0, Way::Across, 600.0),
            "Jobs n: 10 32 100 320 1,000"
        );
        let crowded = Axis::count("Jobs n", "").ticks_at([10.0, 32.0, 100.0, 320.0, 1000.0]);
        assert_eq!(
            labels(&crowded, 10.0, 1000.0, Way::Across, 600.0),
            "Jobs n:  32 100 320 1,000"
        );
    }

    #[test]
    fn values_map_to_pixels_in_order() {
        let ruler = Ruler::new(&Axis::number("", "").log(), Some((1.0, 100.0)), Way::Up, 200.0).placed(300.0, 100.0);
        let places: Vec<f64> = [1.0, 10.0, 100.0].iter().map(|v| ruler.at(*v)).collect();
        assert!(places[0] > places[1] && places[1] > places[2], "{places:?}");
        assert!(
            (places[0] - places[1] - (places[1] - places[2])).abs() < 1e-9,
            "equal factors, equal lengths"
        );
    }

    #[test]
    fn any_range_has_ticks_inside_it() {
        let values = [0.0, 1e-15, 1e-7, 0.3, 1.0, 7.0, 310.0, 1e6, 1e15];
        for axis in [
            Axis::number("", ""),
            Axis::count("", ""),
            Axis::time(""),
            Axis::share(""),
        ] {
            for (axis, low, high) in values.iter().flat_map(|&a| values.map(|b| (axis.clone(), a, b))) {
                if low > high {
                    continue;
                }
                let scales = if low > 0.0 {
                    vec![axis.clone(), axis.clone().log()]
                } else {
                    vec![axis.clone()]
                };
                for axis in scales {
                    for way in [Way::Up, Way::Across] {
                        let ruler = Ruler::new(&axis, Some((low, high)), way, 300.0);
                        let what = format!("{axis:?} {low}..{high} {way:?}: {:?}", ruler.ticks);
                        assert!(!ruler.ticks.is_empty() && ruler.ticks.len() < 40, "{what}");
                        assert!(ruler.at(low).is_finite() && ruler.at(high) >= ruler.at(low), "{what}");
                        assert!(ruler.ticks.windows(2).all(|t| t[0].value < t[1].value), "{what}");
                    }
                }
            }
        }
    }
}
