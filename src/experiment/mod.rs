//! Experiments: statistics, bounds, growth laws, result rows, which work on numbers; and [`recording`], which replays what
//! real clusters did.
//!
//! The way of a result: a run ends in a [`CompareRow`]; rows of several replications become an [`Aggregate`]; the
//! aggregates of one curve become a [`growth::Fit`] and a [`CurveRow`]; [`answer::answer`] says it in one sentence.

pub mod format;

pub mod stats;

pub mod bounds;

pub mod growth;

pub mod table;

pub mod rows;

pub mod theory;

pub mod compare;

pub mod aggregate;

pub mod answer;

pub mod planning;

pub mod sweep;

pub mod recording;

pub use aggregate::{Aggregate, aggregate, curve_rows};
pub use rows::{CompareRow, CurveRow};
