//! The row of `growth.csv`.

use crate::experiment::growth::{Fit, GrowthError, sentence};
use crate::experiment::table::{Cell, Row};

/// One curve: makespan against n for a strategy under a control plane, and the law it follows.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveRow {
    /// The strategy.
    pub strategy: String,
    /// The control plane.
    pub control_plane: String,
    /// The law and its numbers, or why there is none.
    pub fit: Result<Fit, GrowthError>,
    /// n at which some run did not end, so that they are no part of the curve.
    pub unfinished: Vec<u64>,
}

impl CurveRow {
    /// What the curve does, in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let curve = format!("{} ({})", self.strategy, self.control_plane);
        let mut text = match &self.fit {
            Ok(fit) => sentence(&curve, fit),
            Err(error) => format!("{curve}: {error}"),
        };
        if !self.unfinished.is_empty() {
            let sizes: Vec<String> = self.unfinished.iter().map(u64::to_string).collect();
            text.push_str(&format!("; left out, for not all Jobs ended: n = {}", sizes.join(", ")));
        }
        text
    }
}

impl Row for CurveRow {
    const COLUMNS: &'static [&'static str] = &[
        "strategy",
        "control_plane",
        "law",
        "a_s",
        "b_s",
        "b_unit",
        "b_standard_error",
        "r_squared",
        "exponent",
        "exponent_low",
        "exponent_high",
        "n_min",
        "n_max",
        "points",
        "worst_residual",
        "criterion",
        "runner_up",
        "delta_aicc",
        "sentence",
    ];

    fn cells(&self) -> Vec<Cell> {
        let fit = self.fit.as_ref().ok();
        let number = |of: &dyn Fn(&Fit) -> Option<f64>| Cell::maybe(fit.and_then(of), Cell::Number);
        let count = |of: &dyn Fn(&Fit) -> u64| Cell::maybe(fit.map(of), Cell::Count);
        let text = |of: &dyn Fn(&Fit) -> Option<String>| Cell::maybe(fit.and_then(of), Cell::Text);
        vec![
            Cell::text(&self.strategy),
            Cell::text(&self.control_plane),
            text(&|f| Some(f.law.to_string())),
            number(&|f| Some(f.a)),
            number(&|f| f.b.map(|b| b.value)),
            text(&|f| f.law.b_unit().map(str::to_owned)),
            number(&|f| f.b.map(|b| b.standard_error)),
            number(&|f| f.r_squared),
            number(&|f| Some(f.exponent.value)),
            number(&|f| Some(f.exponent.interval.low)),
            number(&|f| Some(f.exponent.interval.high)),
            count(&|f| f.n_min),
            count(&|f| f.n_max),
            count(&|f| f.residuals.len() as u64),
            Cell::maybe(fit.map(Fit::worst_residual), Cell::Ratio),
            text(&|f| Some(f.criterion.to_string())),
            text(&|f| f.runner_up().map(|c| c.law.to_string())),
            number(&|f| f.runner_up().map(|c| c.delta)),
            Cell::text(self.sentence()),
        ]
    }
}
