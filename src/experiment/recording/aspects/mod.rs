//! What is compared: each aspect of a timeline is a number or a text under a name that means the same in a recording and in its
//! replay. Two timelines are compared aspect by aspect.

mod events;

mod figures;

mod jobs;

mod pods;

mod workloads;

use super::check::Value;
use super::tolerance::{SHARE, Tolerance};
use super::view::View;
use crate::experiment::stats::{Probability, quantile_f64};

/// How near two values of an aspect must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nearness {
    /// Equal.
    Exact,
    /// Within a tolerance.
    Within(Tolerance),
    /// Shares in percent; one that is not there is 0.
    Share,
}

/// One aspect of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Aspect {
    /// What it is, with its unit.
    pub what: String,
    /// Its value.
    pub value: Value,
    /// How near it must be.
    pub nearness: Nearness,
}

impl Nearness {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Exact => "exact".to_owned(),
            Self::Within(tolerance) => tolerance.text(),
            Self::Share => SHARE.text(),
        }
    }
}

/// All aspects of a timeline.
#[derive(Debug, Default)]
pub struct Aspects(Vec<Aspect>);

impl Aspects {
    /// Draws them from `view`.
    #[must_use]
    pub fn of(view: &View<'_>) -> Vec<Aspect> {
        let mut aspects = Self::default();
        figures::add(view, &mut aspects);
        jobs::add(view, &mut aspects);
        pods::add(view, &mut aspects);
        workloads::add(view, &mut aspects);
        events::add(view, &mut aspects);
        aspects.0
    }

    fn exact(&mut self, what: impl Into<String>, value: impl Into<Value>) {
        self.0.push(Aspect {
            what: what.into(),
            value: value.into(),
            nearness: Nearness::Exact,
        });
    }
    fn near(&mut self, what: impl Into<String>, value: f64, tolerance: Tolerance) {
        self.0.push(Aspect {
            what: what.into(),
            value: Value::Number(value),
            nearness: Nearness::Within(tolerance),
        });
    }
    fn share(&mut self, what: impl Into<String>, percent: f64) {
        self.0.push(Aspect {
            what: what.into(),
            value: Value::Number(percent),
            nearness: Nearness::Share,
        });
    }
    /// Times in ascending order: each of a few, or the first, the middle, nine of ten and the last of many.
    fn times(&mut self, what: &str, times: &[f64], many: bool, tolerance: Tolerance) {
        if many {
            for (name, percent) in [("p50", 50), ("p90", 90)] {
                if let Some(time) = quantile(times, percent) {
                    self.near(format!("{what}, {name} (s)"), time, tolerance);
                }
            }
            if let Some(last) = times.last() {
                self.near(format!("{what}, last (s)"), *last, tolerance);
            }
            return;
        }
        for (k, time) in times.iter().enumerate() {
            self.near(format!("{what}, no. {} (s)", k + 1), *time, tolerance);
        }
    }
}

/// `values` in ascending order.
fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile(sorted: &[f64], percent: u32) -> Option<f64> {
    quantile_f64(sorted, Probability::new(percent, 100)?)
}

/// Equal texts together: `2× a; b`.
fn counted(texts: impl Iterator<Item = String>) -> String {
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_insert(0) += 1;
    }
    let parts = counts.into_iter().map(|(text, count)| match count {
        1 => text,
        count => format!("{count}× {text}"),
    });
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
