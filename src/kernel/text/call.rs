//! Texts of the form `name(value, key=value, …)`: reading them, and saying what is wrong with them.

use std::borrow::Cow;

use super::{CallError, Rate, TimeUnit, suggest};
use crate::kernel::SimDuration;

/// A text of the form `name(value, key=value, …)`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What stands before the parenthesis, in lower case.
    pub name: String,
    /// Key (if any) and value of each argument in order; quotation marks are taken off.
    pub arguments: Vec<(Option<String>, String)>,
}

impl Call {
    /// Takes `text` apart. A name alone counts as a call without arguments. Values that hold commas, parentheses or
    /// equals signs stand in quotation marks: `csv("my, file.csv")`, with `\"` and `\\` for the marks themselves.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CallError::Empty);
        }
        let owned = || text.to_owned();
        let (name, inside) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => (name.trim(), Some(rest)),
        };
        let plain = |c: char| c.is_alphanumeric() || "-_.:%".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(CallError::NoName { text: owned() });
        }
        let name = name.to_lowercase();
        let mut call = Self {
            name,
            arguments: Vec::new(),
        };
        let Some(inside) = inside else { return Ok(call) };
        let (pieces, rest) = split(inside, text)?;
        if !rest.trim().is_empty() {
            return Err(CallError::Trailing {
                text: owned(),
                rest: rest.trim().to_owned(),
            });
        }
        if let [only] = pieces[..]
            && only.trim().is_empty()
        {
            return Ok(call);
        }
        for (i, piece) in pieces.into_iter().enumerate() {
            let argument = argument(piece, text)?.ok_or_else(|| CallError::EmptyArgument {
                name: call.name.clone(),
                position: i + 1,
            })?;
            call.arguments.push(argument);
        }
        Ok(call)
    }

    /// An error that says that this call's name is none of `known`.
    #[must_use]
    pub fn unknown_name(&self, what: &'static str, known: &[&'static str]) -> CallError {
        CallError::UnknownName {
            what,
            found: self.name.clone(),
            suggestion: suggest(&self.name, known).map(str::to_owned),
            known: known.join(", "),
        }
    }

    /// The arguments by key: `by_place` may be given without a key in that order, `by_key` only with one. Unknown and
    /// repeated keys are errors.
    pub fn arguments(
        &self,
        by_place: &'static [&'static str],
        by_key: &'static [&'static str],
    ) -> Result<Arguments<'_>, CallError> {
        let known = || by_place.iter().chain(by_key).copied();
        let list = || known().collect::<Vec<_>>().join(", ");
        let mut values: Vec<(&'static str, &str)> = Vec::new();
        for (i, (key, value)) in self.arguments.iter().enumerate() {
            let key = match key {
                Some(found) => known()
                    .find(|k| k == found)
                    .ok_or_else(|| CallError::UnknownParameter {
                        name: self.name.clone(),
                        found: found.clone(),
                        suggestion: suggest(found, by_place.iter().chain(by_key).copied()).map(str::to_owned),
                        known: list(),
                    })?,
                None => by_place.get(i).copied().ok_or_else(|| CallError::Unnamed {
                    name: self.name.clone(),
                    value: value.clone(),
                    known: list(),
                })?,
            };
            if values.iter().any(|(k, _)| *k == key) {
                return Err(CallError::Repeated {
                    name: self.name.clone(),
                    key: key.to_owned(),
                });
            }
            values.push((key, value));
        }
        Ok(Arguments { call: self, values })
    }
}

/// Splits `inside` at its commas up to the parenthesis that closes it; also gives what follows that.
fn split<'t>(inside: &'t str, text: &str) -> Result<(Vec<&'t str>, &'t str), CallError> {
    let (mut pieces, mut start, mut depth, mut in_quotes, mut escaped) = (Vec::new(), 0, 0usize, false, false);
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => {}
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ')' => {
                pieces.push(&inside[start..at]);
                return Ok((pieces, &inside[at + 1..]));
            }
            ',' if depth == 0 => {
                pieces.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    let text = text.to_owned();
    Err(if in_quotes {
        CallError::Quote { text }
    } else {
        CallError::Unclosed { text }
    })
}

/// `value` or `key=value`; `None` if either is empty.
fn argument(piece: &str, text: &str) -> Result<Option<(Option<String>, String)>, CallError> {
    let piece = piece.trim();
    let (key, value) = match piece.split_once('=') {
        Some((key, value)) if !key.contains('"') => (Some(key.trim()), value.trim()),
        _ => (None, piece),
    };
    if value.is_empty() || key.is_some_and(str::is_empty) {
        return Ok(None);
    }
    let value = unquote(value).ok_or_else(|| CallError::Quote { text: text.to_owned() })?;
    Ok(Some((key.map(str::to_owned), value)))
}

/// `value` without its quotation marks, if it has any; `None` if the second one is not at its end.
fn unquote(value: &str) -> Option<String> {
    let Some(rest) = value.strip_prefix('"') else {
        return Some(value.to_owned());
    };
    let mut plain = String::with_capacity(rest.len());
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next()?),
            '"' => return chars.as_str().is_empty().then_some(plain),
            c => plain.push(c),
        }
    }
    None
}

/// `value` as it must be written in a call: in quotation marks if it would not be read back without.
#[must_use]
pub fn quoted(value: &str) -> Cow<'_, str> {
    if !value.is_empty() && value.trim() == value && !value.contains([',', '(', ')', '=', '"']) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// The arguments of a call by key, all of them known.
#[derive(Clone, Debug)]
pub struct Arguments<'c> {
    call: &'c Call,
    values: Vec<(&'static str, &'c str)>,
}

impl<'c> Arguments<'c> {
    /// Name of the call.
    #[must_use]
    pub fn name(&self) -> &'c str {
        &self.call.name
    }
    /// The keys that were given, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.values.iter().map(|(key, _)| *key)
    }
    /// The text of `key`, if it was given.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'c str> {
        self.values.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }
    /// The text of `key`, which must be there.
    pub fn required(&self, key: &'static str) -> Result<&'c str, CallError> {
        self.get(key).ok_or_else(|| CallError::Missing {
            name: self.call.name.clone(),
            key,
        })
    }
    /// The duration of `key`, if it was given.
    pub fn span(&self, key: &str) -> Result<Option<SimDuration>, CallError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|source| CallError::Duration {
            name: self.call.name.clone(),
            key: key.to_owned(),
            source,
        })
    }
    /// The finite number of `key`, if it was given.
    pub fn number(&self, key: &str) -> Result<Option<f64>, CallError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            Ok(_) | Err(_) => Err(CallError::Number {
                name: self.call.name.clone(),
                key: key.to_owned(),
                found: text.to_owned(),
            }),
        }
    }
    /// The unit of time of `key`, if it was given.
    pub fn unit(&self, key: &str) -> Result<Option<TimeUnit>, CallError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|()| CallError::Unit {
            name: self.call.name.clone(),
            found: text.to_owned(),
        })
    }
    /// The rate of `key`, if it was given.
    pub fn rate(&self, key: &str) -> Result<Option<Rate>, CallError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|()| CallError::Rate {
            name: self.call.name.clone(),
            key: key.to_owned(),
            found: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> String {
        let call = match Call::parse(text) {
            Err(e) => return e.to_string(),
            Ok(call) => call,
        };
        match call.arguments(&["mean"], &["sd", "max"]) {
            Err(e) => e.to_string(),
            Ok(_) => panic!("{text} was read"),
        }
    }

    #[test]
    fn arguments_are_found_by_place_and_by_key() {
        let call = Call::parse(" Normal( 10m , sd = 2m )").unwrap();
        assert_eq!(call.name, "normal");
        let arguments = call.arguments(&["mean"], &["sd", "max"]).unwrap();
        assert_eq!(arguments.span("mean"), Ok(Some(SimDuration::from_secs(600))));
        assert_eq!(arguments.get("sd"), Some("2m"));
        assert_eq!(arguments.get("max"), None);
        assert_eq!(arguments.keys().collect::<Vec<_>>(), ["mean", "sd"]);
        assert!(Call::parse("ok").unwrap().arguments.is_empty());
        assert!(Call::parse("poisson( )").unwrap().arguments.is_empty());
    }

    #[test]
    fn quotation_marks_protect_a_value() {
        let call = Call::parse(r#"csv("a, (b)=\"c\".csv", column="x")"#).unwrap();
        assert_eq!(call.arguments[0], (None, "a, (b)=\"c\".csv".to_owned()));
        assert_eq!(call.arguments[1], (Some("column".to_owned()), "x".to_owned()));
        let call = Call::parse("csv(my(1).csv)").unwrap();
        assert_eq!(call.arguments[0].1, "my(1).csv");
    }

    #[test]
    fn what_is_wrong_is_said() {
        insta::assert_snapshot!(error(" "), @"the text is empty");
        insta::assert_snapshot!(error("(5m)"), @r#""(5m)" has no name before its parenthesis; write name(key=value, …)"#);
        insta::assert_snapshot!(error("normal(mean=5m"), @r#""normal(mean=5m" ends before its closing parenthesis"#);
        insta::assert_snapshot!(error("normal(5m) s"), @r#""s" after the closing parenthesis in "normal(5m) s"; leave it out"#);
        insta::assert_snapshot!(error("normal(5m,,sd=1)"), @"parameter 2 of normal is empty; write key=value");
        insta::assert_snapshot!(error("normal(mean=)"), @"parameter 1 of normal is empty; write key=value");
        insta::assert_snapshot!(error("normal(maen=5m)"), @r#"normal has no parameter "maen", did you mean "mean"?; it has mean, sd, max"#);
        insta::assert_snapshot!(error("normal(5m,6m)"), @r#"normal cannot tell what "6m" means by its place; write it as key=value with one of mean, sd, max"#);
        insta::assert_snapshot!(error("normal(5m,mean=6m)"), @"normal is given mean twice; leave one out");
        insta::assert_snapshot!(error("normal(\"5m)"), @r#""normal(\"5m)" has a quotation mark that is never closed, or text right after a closed one"#);
    }

    #[test]
    fn values_are_checked_by_kind() {
        let call = Call::parse("normal(mean=x,sd=nan,max=-5s)").unwrap();
        let arguments = call.arguments(&["mean"], &["sd", "max"]).unwrap();
        let text = |e: CallError| e.to_string();
        insta::assert_snapshot!(text(arguments.span("mean").unwrap_err()), @r#"mean of normal: "x" is not a duration; write it as 90s, 5m, 1h30m, 250ms or a number of seconds"#);
        insta::assert_snapshot!(text(arguments.number("sd").unwrap_err()), @r#"sd of normal: "nan" is not a number; write it as 2, 0.5 or 1e-3"#);
        insta::assert_snapshot!(text(arguments.span("max").unwrap_err()), @r#"max of normal: "-5s" is negative; a duration starts at 0s"#);
        insta::assert_snapshot!(text(arguments.rate("mean").unwrap_err()), @r#"mean of normal: "x" is not a rate above zero; write it as 2/s, 30/m or 500/h"#);
        insta::assert_snapshot!(text(call.unknown_name("distribution", &["lognormal", "uniform"])), @r#"unknown distribution "normal", did you mean "lognormal"?; known are lognormal, uniform"#);
    }

    proptest! {
        #[test]
        fn quoted_values_are_read_back(value in ".{0,20}") {
            let call = Call::parse(&format!("csv({})", quoted(&value)));
            prop_assert_eq!(call.map(|c| c.arguments), Ok(vec![(None, value)]));
        }
        #[test]
        fn reading_never_panics(text in "[a-z]{0,3}\\(?.{0,20}\\)?") {
            let _ = Call::parse(&text);
        }
    }
}
