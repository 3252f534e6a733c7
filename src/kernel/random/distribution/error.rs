//! Why a text is no distribution.

use crate::kernel::SimDuration;
use crate::kernel::text::CallError;
use crate::kernel::time::ParseDurationError;

/// Why a text is no distribution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseDistributionError {
    /// The form `name(key=value, …)` is not kept, or a name or value is wrong.
    #[error(transparent)]
    Text(#[from] CallError),
    /// The text begins like a duration but is none.
    #[error("{0}, or a distribution such as lognormal(median=20m,p95=1h)")]
    Duration(ParseDurationError),
    /// A known name, but no parenthesis after it.
    #[error("{name} lacks its parameters; write {}", one_of(.name, .forms))]
    NoParameters {
        /// The distribution.
        name: &'static str,
        /// The sets of keys that determine it.
        forms: &'static [&'static str],
    },
    /// The keys given do not determine the distribution, or determine it twice over.
    #[error("{name} is given {}; write {}", found_keys(.found), one_of(.name, .forms))]
    Form {
        /// The distribution.
        name: &'static str,
        /// The keys that were found.
        found: Vec<&'static str>,
        /// The sets of keys that determine it.
        forms: &'static [&'static str],
    },
    /// A parameter that must be above zero is zero.
    #[error("{key} of {name} is 0; it must be above 0")]
    Zero {
        /// The distribution.
        name: &'static str,
        /// The parameter.
        key: &'static str,
    },
    /// A number outside its range.
    #[error("{key} of {name} is {found}; it must be from {low} to {high}")]
    Range {
        /// The distribution.
        name: &'static str,
        /// The parameter.
        key: &'static str,
        /// What was found.
        found: f64,
        /// The least value.
        low: f64,
        /// The greatest value.
        high: f64,
    },
    /// Two parameters in the wrong order.
    #[error("{greater} of {name} is {greater_value}, but {lesser} is {lesser_value}; {greater} must be above {lesser}")]
    Order {
        /// The distribution.
        name: &'static str,
        /// The parameter that must be the lesser.
        lesser: &'static str,
        /// Its value.
        lesser_value: SimDuration,
        /// The parameter that must be the greater.
        greater: &'static str,
        /// Its value.
        greater_value: SimDuration,
    },
    /// A Pareto distribution given by its mean, with an alpha for which the mean is infinite.
    #[error(
        "pareto with alpha {alpha} has an infinite mean, so mean={mean} cannot be; give an alpha above 1, or min instead of mean"
    )]
    InfiniteMean {
        /// The exponent.
        alpha: f64,
        /// The mean that was asked for.
        mean: SimDuration,
    },
    /// `max` cuts off nearly all of the distribution.
    #[error(
        "max={max} of {name} keeps only {} % of the distribution; at least {} % must remain, so raise max or lower the rest",
        (.kept * 1e6).round() / 1e4,
        ParseDistributionError::LEAST_KEPT * 100.0
    )]
    Cut {
        /// The distribution.
        name: &'static str,
        /// The cut.
        max: SimDuration,
        /// The probability of values up to `max`.
        kept: f64,
    },
}

impl ParseDistributionError {
    /// The least share of a distribution that `max` must leave: less is a slip in a unit, not a cut tail.
    pub const LEAST_KEPT: f64 = 0.01;
}

fn found_keys(keys: &[&str]) -> String {
    match keys {
        [] => "nothing that determines it".to_owned(),
        [only] => format!("{only} alone"),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `uniform(min=…,max=…)` for each form, joined by `or`.
fn one_of(name: &str, forms: &[&str]) -> String {
    let calls: Vec<String> = forms
        .iter()
        .map(|form| {
            let keys: Vec<String> = form.split(' ').map(|key| format!("{key}=…")).collect();
            format!("{name}({})", keys.join(","))
        })
        .collect();
    calls.join(" or ")
}
