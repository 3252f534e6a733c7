//! What figures say was run, and the extra runs that charts over time are drawn from.

use crate::report::figures::{Chart, Labels};
use crate::scenario::{Compare, Scenario};

/// Labels of a comparison.
pub fn compare_labels(_: &Scenario, _: &Compare) -> Labels {
    Labels::default()
}

/// Labels of one run.
pub fn run_labels(_: &Scenario) -> Labels {
    Labels::default()
}

/// Charts over time of sample runs.
pub fn sample_charts(_: &Scenario, _: &Compare, _: &Labels) -> Vec<(String, Chart)> {
    Vec::new()
}
