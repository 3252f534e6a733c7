//! What can be wrong with a text of the form `name(value, key=value, …)`.

use crate::kernel::time::ParseDurationError;

/// Why a text of the form `name(value, key=value, …)` was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// There is nothing.
    #[error("the text is empty")]
    Empty,
    /// No name before the parenthesis, or signs that no name has.
    #[error("{text:?} has no name before its parenthesis; write name(key=value, …)")]
    NoName {
        /// The whole text.
        text: String,
    },
    /// The closing parenthesis is missing.
    #[error("{text:?} ends before its closing parenthesis")]
    Unclosed {
        /// The whole text.
        text: String,
    },
    /// A quoted value has no end.
    #[error("{text:?} has a quotation mark that is never closed, or text right after a closed one")]
    Quote {
        /// The whole text.
        text: String,
    },
    /// Something follows the closing parenthesis.
    #[error("{rest:?} after the closing parenthesis in {text:?}; leave it out")]
    Trailing {
        /// The whole text.
        text: String,
        /// What follows.
        rest: String,
    },
    /// Nothing between two commas, or nothing after a key.
    #[error("parameter {position} of {name} is empty; write key=value")]
    EmptyArgument {
        /// Name before the parenthesis.
        name: String,
        /// Position from 1.
        position: usize,
    },
    /// The name is none of those that are known here.
    #[error("unknown {what} {found:?}{}; known are {known}", hint(.suggestion.as_deref()))]
    UnknownName {
        /// What was to be named, for example `distribution`.
        what: &'static str,
        /// What was found.
        found: String,
        /// The nearest known name.
        suggestion: Option<String>,
        /// All known names.
        known: String,
    },
    /// The key is none of those that this name has.
    #[error("{name} has no parameter {found:?}{}; it has {known}", hint(.suggestion.as_deref()))]
    UnknownParameter {
        /// Name before the parenthesis.
        name: String,
        /// What was found.
        found: String,
        /// The nearest known key.
        suggestion: Option<String>,
        /// All known keys.
        known: String,
    },
    /// A value without a key in a place where none is expected.
    #[error("{name} cannot tell what {value:?} means by its place; write it as key=value with one of {known}")]
    Unnamed {
        /// Name before the parenthesis.
        name: String,
        /// The value.
        value: String,
        /// All known keys.
        known: String,
    },
    /// A key is given twice.
    #[error("{name} is given {key} twice; leave one out")]
    Repeated {
        /// Name before the parenthesis.
        name: String,
        /// The key.
        key: String,
    },
    /// A key that must be there is missing.
    #[error("{name} needs {key}; write {name}({key}=…)")]
    Missing {
        /// Name before the parenthesis.
        name: String,
        /// The key.
        key: &'static str,
    },
    /// The value of a key is no duration.
    #[error("{key} of {name}: {source}")]
    Duration {
        /// Name before the parenthesis.
        name: String,
        /// The key.
        key: String,
        /// What is wrong with the value.
        source: ParseDurationError,
    },
    /// The value of a key is no number.
    #[error("{key} of {name}: {found:?} is not a number; write it as 2, 0.5 or 1e-3")]
    Number {
        /// Name before the parenthesis.
        name: String,
        /// The key.
        key: String,
        /// What was found.
        found: String,
    },
    /// The value of a key is no rate.
    #[error("{key} of {name}: {found:?} is not a rate above zero; write it as 2/s, 30/m or 500/h")]
    Rate {
        /// Name before the parenthesis.
        name: String,
        /// The key.
        key: String,
        /// What was found.
        found: String,
    },
    /// The value of `unit` is no unit of time.
    #[error("unit of {name}: {found:?} is not a unit of time; known are ns, us, ms, s, m, h, d")]
    Unit {
        /// Name before the parenthesis.
        name: String,
        /// What was found.
        found: String,
    },
    /// Neither the column's name nor `unit=` says the unit.
    #[error(
        "the column name {column:?} does not end in a unit of time (_ns, _us, _ms, _s, _m, _h, _d); add unit=s or another"
    )]
    NoUnit {
        /// The column.
        column: String,
    },
}

/// `, did you mean "x"?` or nothing.
fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
}
