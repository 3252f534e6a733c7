//! A recording beside its replay: the aspects of both, joined by what they are.

use std::collections::{BTreeMap, BTreeSet};

use super::aspects::{Aspect, Nearness};
use super::check::{Check, Value};
use super::tolerance::{SHARE, Spread, Tolerance};

/// The aspects of everything that a comparison looks at.
#[derive(Debug, Default)]
pub struct Sides {
    /// Of the recording.
    pub real: Vec<Aspect>,
    /// Of recordings of the same scenario.
    pub repeats: Vec<Vec<Aspect>>,
    /// Of the replay.
    pub simulated: Vec<Aspect>,
    /// Of replays with other latencies of the API and of watches; empty if they were not needed.
    pub others: Vec<Vec<Aspect>>,
}

impl Sides {
    /// Every aspect of the recording, and every share of the replay that the recording does not know, as a check.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let known: BTreeSet<&str> = self.real.iter().map(|aspect| aspect.what.as_str()).collect();
        let more = self
            .simulated
            .iter()
            .filter(|aspect| !known.contains(aspect.what.as_str()));
        let more = more
            .filter(|aspect| aspect.nearness == Nearness::Share)
            .map(|aspect| (Value::Number(0.0), aspect));
        let simulated = by_name(&self.simulated);
        let repeats: Vec<_> = self.repeats.iter().map(|aspects| by_name(aspects)).collect();
        let others: Vec<_> = self.others.iter().map(|aspects| by_name(aspects)).collect();
        let own = self.real.iter().map(|aspect| (aspect.value.clone(), aspect));
        own.chain(more)
            .map(|(real, aspect)| {
                let of = |map: &BTreeMap<&str, &Value>| map.get(aspect.what.as_str()).map(|value| (*value).clone());
                let values = Values {
                    real,
                    repeats: repeats.iter().filter_map(of).collect(),
                    simulated: of(&simulated),
                    others: others.iter().filter_map(of).collect(),
                };
                values.check(&aspect.what, aspect.nearness)
            })
            .collect()
    }
}

fn by_name(aspects: &[Aspect]) -> BTreeMap<&str, &Value> {
    aspects
        .iter()
        .map(|aspect| (aspect.what.as_str(), &aspect.value))
        .collect()
}

/// All values of one aspect.
struct Values {
    real: Value,
    repeats: Vec<Value>,
    simulated: Option<Value>,
    others: Vec<Value>,
}

impl Values {
    fn check(self, what: &str, nearness: Nearness) -> Check {
        match nearness {
            Nearness::Exact => self.exact(what, &nearness),
            Nearness::Within(tolerance) => self.near(what, tolerance),
            Nearness::Share => {
                let values = Self {
                    simulated: self.simulated.or(Some(Value::Number(0.0))),
                    ..self
                };
                values.near(what, SHARE)
            }
        }
    }

    /// Equal to the recording or to one of its repeats.
    fn exact(self, what: &str, nearness: &Nearness) -> Check {
        let simulated = self.simulated.unwrap_or(Value::Absent);
        let as_repeat = self.real != simulated && self.repeats.contains(&simulated);
        Check {
            what: what.to_owned(),
            ok: self.real == simulated || as_repeat,
            real: self.real,
            simulated,
            tolerance: if as_repeat {
                "as in a repeat".to_owned()
            } else {
                nearness.text()
            },
        }
    }

    /// Near the recording, or else within the spreads of its repeats and of replays with other latencies.
    fn near(self, what: &str, tolerance: Tolerance) -> Check {
        let (Value::Number(real), Some(Value::Number(simulated))) = (&self.real, &self.simulated) else {
            return self.exact(what, &Nearness::Within(tolerance));
        };
        let near = tolerance.holds(*real, *simulated);
        let (real_spread, simulated_spread) = (spread(*real, &self.repeats), spread(*simulated, &self.others));
        let by_spread = !near && tolerance.overlap(real_spread, simulated_spread);
        let text = |name: &str, spread: Spread| {
            let decimals = if spread.most.abs() < 10.0 { 2 } else { 1 };
            format!("{name} {:.decimals$} to {:.decimals$}", spread.least, spread.most)
        };
        let spreads = [("recorded", real_spread), ("simulated", simulated_spread)];
        let wide = spreads.iter().filter(|(_, spread)| !near && spread.is_wide());
        let wide: Vec<String> = wide.map(|(name, spread)| text(name, *spread)).collect();
        let or = if wide.is_empty() {
            String::new()
        } else {
            format!(", or the spread: {}", wide.join(", "))
        };
        Check {
            what: what.to_owned(),
            ok: near || by_spread,
            tolerance: tolerance.text() + &or,
            real: Value::Number(*real),
            simulated: Value::Number(*simulated),
        }
    }
}

fn spread(own: f64, others: &[Value]) -> Spread {
    others.iter().fold(Spread::of(own), |spread, value| match value {
        Value::Number(number) => spread.with(*number),
        Value::Absent | Value::Text(_) => spread,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::recording::tolerance::MAKESPAN;

    fn near(what: &str, value: f64) -> Aspect {
        Aspect {
            what: what.to_owned(),
            value: Value::Number(value),
            nearness: Nearness::Within(MAKESPAN),
        }
    }

    fn exact(what: &str, value: &str) -> Aspect {
        Aspect {
            what: what.to_owned(),
            value: Value::Text(value.to_owned()),
            nearness: Nearness::Exact,
        }
    }

    fn share(what: &str, value: f64) -> Aspect {
        Aspect {
            what: what.to_owned(),
            value: Value::Number(value),
            nearness: Nearness::Share,
        }
    }

    fn lines(sides: &Sides) -> String {
        let line = |check: &Check| {
            let (real, simulated) = (check.real.text(), check.simulated.text());
            format!(
                "{} | {real} | {simulated} | {} | {}",
                check.what, check.tolerance, check.ok
            )
        };
        sides.checks().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn aspects_are_joined_by_name() {
        let sides = Sides {
            real: vec![
                near("m", 100.0),
                exact("a", "x"),
                exact("b", "x"),
                near("gone", 1.0),
                share("s", 3.0),
            ],
            simulated: vec![
                near("m", 102.0),
                exact("a", "x"),
                exact("b", "y"),
                near("more", 1.0),
                share("t", 6.0),
            ],
            ..Sides::default()
        };
        insta::assert_snapshot!(lines(&sides), @r"
        m | 100 | 102 | 3 % or 0.3 s | true
        a | x | x | exact | true
        b | x | y | exact | false
        gone | 1 | – | 3 % or 0.3 s | false
        s | 3 | 0 | 5 points | true
        t | 0 | 6 | 5 points | false
        ");
    }

    #[test]
    fn spreads_excuse_what_tolerances_do_not() {
        let sides = Sides {
            real: vec![near("m", 53.0), near("n", 53.0), exact("a", "x")],
            repeats: vec![vec![near("m", 46.0), exact("a", "y")]],
            simulated: vec![near("m", 44.9), near("n", 44.9), exact("a", "y")],
            others: vec![vec![near("n", 50.0)]],
        };
        insta::assert_snapshot!(lines(&sides), @r"
        m | 53 | 44.9 | 3 % or 0.3 s, or the spread: recorded 46.0 to 53.0 | true
        n | 53 | 44.9 | 3 % or 0.3 s, or the spread: simulated 44.9 to 50.0 | false
        a | x | y | as in a repeat | true
        ");
    }
}
