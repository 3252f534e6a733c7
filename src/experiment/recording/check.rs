//! One comparison of a recording with its replay, and all of them together, as people and machines read them.

use serde::{Serialize, Serializer};

/// A number or a text of one side; `Absent` if that side does not tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing was told.
    Absent,
    /// A number, in the unit that the check names.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Absent, Self::Number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Number(count as f64)
    }
}

impl Value {
    /// The value for a person: three decimals at most.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Absent => "–".to_owned(),
            Self::Number(number) => rounded(*number).to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(rounded(*number)),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Recorders write three decimals; more would be noise. No zero has a sign.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0 + 0.0
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What is compared, with its unit.
    pub what: String,
    /// As recorded.
    pub real: Value,
    /// As simulated.
    pub simulated: Value,
    /// How far they may lie apart.
    pub tolerance: String,
    /// Whether they do not lie farther apart.
    pub ok: bool,
}

impl Check {
    /// A check of values that must be equal.
    #[must_use]
    pub fn exact(what: impl Into<String>, real: impl Into<Value>, simulated: impl Into<Value>) -> Self {
        let (real, simulated) = (real.into(), simulated.into());
        let ok = real == simulated;
        Self {
            what: what.into(),
            real,
            simulated,
            tolerance: "exact".to_owned(),
            ok,
        }
    }
    /// The check that fails because something was not replayed or not compared.
    #[must_use]
    pub fn not_replayed(what: &str, why: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            real: Value::Text(why.into()),
            simulated: Value::Absent,
            tolerance: "must be replayed".to_owned(),
            ok: false,
        }
    }
}

/// The makespan of both sides, in seconds: when the last Job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Makespan {
    /// As recorded.
    #[serde(serialize_with = "seconds")]
    pub real: Option<f64>,
    /// As simulated.
    #[serde(serialize_with = "seconds")]
    pub simulated: Option<f64>,
}

impl Makespan {
    /// Simulated less recorded, in percent of the recorded.
    #[must_use]
    pub fn error_percent(&self) -> Option<f64> {
        let real = self.real.filter(|real| *real != 0.0)?;
        Some((self.simulated? - real) / real * 100.0)
    }
}

fn seconds<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(rounded).serialize(serializer)
}

/// What came of the comparison of one recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    /// Name of the recording's folder.
    pub name: String,
    /// Whether every check holds.
    pub ok: bool,
    /// When the last Job ended; nothing where there is no Job.
    pub makespan_s: Makespan,
    /// Every comparison.
    pub checks: Vec<Check>,
}

impl Validation {
    /// A recording with its checks.
    #[must_use]
    pub fn new(name: String, makespan_s: Makespan, checks: Vec<Check>) -> Self {
        Self {
            name,
            ok: checks.iter().all(|check| check.ok),
            makespan_s,
            checks,
        }
    }
    /// The checks that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.ok)
    }
    /// How many checks hold.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.checks.iter().filter(|check| check.ok).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_get_numbers_texts_and_nulls() {
        let checks = vec![
            Check::exact("pods", 3_usize, 3_usize),
            Check::exact("reason", "Completed".to_owned(), Value::Absent),
            Check::not_replayed("action", "request"),
        ];
        let makespan = Makespan {
            real: Some(1.23456),
            simulated: None,
        };
        let validation = Validation::new("x".to_owned(), makespan, checks);
        assert_eq!(
            (validation.ok, validation.passed(), validation.failures().count()),
            (false, 1, 2)
        );
        insta::assert_snapshot!(serde_json::to_string(&validation).unwrap(), @r#"{"name":"x","ok":false,"makespan_s":{"real":1.235,"simulated":null},"checks":[{"what":"pods","real":3,"simulated":3,"tolerance":"exact","ok":true},{"what":"reason","real":"Completed","simulated":null,"tolerance":"exact","ok":false},{"what":"action","real":"request","simulated":null,"tolerance":"must be replayed","ok":false}]}"#);
    }

    #[test]
    fn people_get_three_decimals_and_no_signed_zero() {
        assert_eq!(Value::Number(1.000_4).text(), "1");
        assert_eq!(Value::Number(-0.000_1).text(), "0");
        assert_eq!(Value::Absent.text(), "–");
    }
}
