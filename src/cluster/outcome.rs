//! How attempts end and how long they run: texts for outcomes, and the draw for one attempt.

use std::fmt;
use std::str::FromStr;

use crate::cluster::spec::{AttemptOutcome, Behaviour, Outcome};
use crate::kernel::SimDuration;
use crate::kernel::random::Purpose;
use crate::kernel::random::distribution::uniform;
use crate::kernel::random::stream::stream;
use crate::kernel::text::{Call, CallError, suggest};

/// Why a text is no outcome.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseOutcomeError {
    /// The form `fail(p=…,exit=…)` is not kept.
    #[error(transparent)]
    Text(#[from] CallError),
    /// An entry is no outcome.
    #[error(
        "{found:?} is not an outcome{}; write ok, fail, exit:3, a list such as fail,fail,ok, or a probability of failure such as 0.1, 10% or fail(p=0.1,exit=3)",
        .suggestion.map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
    )]
    Unknown {
        /// What was found.
        found: String,
        /// The nearest outcome.
        suggestion: Option<&'static str>,
    },
    /// An exit code outside its range.
    #[error("{found:?} is not an exit code; it must be a whole number from {least} to 255")]
    ExitCode {
        /// What was found.
        found: String,
        /// The least exit code in this place.
        least: u8,
    },
    /// A number that is no probability.
    #[error(
        "{found:?} is not a probability; write a number from 0 to 1 or a percentage up to 100%, or exit:N for an exit code"
    )]
    Probability {
        /// What was found.
        found: String,
    },
    /// A list with a probability in it.
    #[error(
        "{found:?} mixes a list of attempts with a probability; give either a list (fail,fail,ok) or one probability"
    )]
    Mixed {
        /// The whole text.
        found: String,
    },
    /// Nothing between two commas.
    #[error("entry {position} of the list {found:?} is empty; write ok, fail or exit:N for each attempt")]
    EmptyEntry {
        /// The whole text.
        found: String,
        /// Position from 1.
        position: usize,
    },
}

impl FromStr for AttemptOutcome {
    type Err = ParseOutcomeError;

    /// Reads `ok`, `fail` (exit code 1) or `exit:N` with N from 0 (which is `ok`) to 255.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text {
            "ok" => return Ok(Self::Ok),
            "fail" => return Ok(Self::Exit(1)),
            _ => {}
        }
        let Some(code) = text.strip_prefix("exit:") else {
            return Err(ParseOutcomeError::Unknown {
                found: text.to_owned(),
                suggestion: suggest(text, ["ok", "fail", "exit:1"]),
            });
        };
        match exit_code(code, 0)? {
            0 => Ok(Self::Ok),
            code => Ok(Self::Exit(code)),
        }
    }
}

impl fmt::Display for AttemptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Exit(1) => f.write_str("fail"),
            Self::Exit(code) => write!(f, "exit:{code}"),
        }
    }
}

impl FromStr for Outcome {
    type Err = ParseOutcomeError;

    /// Reads a list of attempts (`ok`, `fail,fail,ok`, `exit:137,ok`) or a probability of failure per attempt (`0.1`,
    /// `10%`, `fail(p=0.1)`, `fail(p=0.1,exit=3)`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some((before, _)) = text.split_once('(') {
            if before.contains(',') {
                return Err(ParseOutcomeError::Mixed { found: text.to_owned() });
            }
            return random(&Call::parse(text)?);
        }
        if text.starts_with(|c: char| c.is_ascii_digit() || ".-+".contains(c)) {
            if text.contains(',') {
                return Err(ParseOutcomeError::Mixed { found: text.to_owned() });
            }
            return Ok(Self::Probability {
                failure: probability(text)?,
                exit_code: 1,
            });
        }
        attempt_list(text).map(Self::Script)
    }
}

/// Reads a list of attempts, `fail,exit:3,ok`. It is never empty.
pub fn attempt_list(text: &str) -> Result<Vec<AttemptOutcome>, ParseOutcomeError> {
    let entries: Vec<&str> = text.split(',').collect();
    let several = entries.len() > 1;
    let read = |(i, entry): (usize, &str)| {
        if several && entry.trim().is_empty() {
            let found = text.to_owned();
            return Err(ParseOutcomeError::EmptyEntry { found, position: i + 1 });
        }
        entry.parse()
    };
    entries.into_iter().enumerate().map(read).collect()
}

/// `fail(p=0.1,exit=3)`.
fn random(call: &Call) -> Result<Outcome, ParseOutcomeError> {
    if call.name != "fail" {
        return Err(call.unknown_name("outcome", &["fail"]).into());
    }
    let arguments = call.arguments(&["p"], &["exit"])?;
    Ok(Outcome::Probability {
        failure: probability(arguments.required("p")?)?,
        exit_code: arguments.get("exit").map_or(Ok(1), |code| exit_code(code, 1))?,
    })
}

fn exit_code(text: &str, least: u8) -> Result<u8, ParseOutcomeError> {
    text.trim()
        .parse()
        .ok()
        .filter(|code| *code >= least)
        .ok_or_else(|| ParseOutcomeError::ExitCode {
            found: text.to_owned(),
            least,
        })
}

/// A number from 0 to 1, or a percentage.
fn probability(text: &str) -> Result<f64, ParseOutcomeError> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text, 1.0),
    };
    number
        .parse()
        .map(|n: f64| n / scale)
        .ok()
        .filter(|p| (0.0..=1.0).contains(p))
        .ok_or_else(|| ParseOutcomeError::Probability { found: text.to_owned() })
}

/// Parsing the text gives the same outcome.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script(attempts) => {
                for (i, attempt) in attempts.iter().enumerate() {
                    write!(f, "{}{attempt}", if i == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Probability { failure, exit_code: 1 } => write!(f, "fail(p={failure})"),
            Self::Probability { failure, exit_code } => write!(f, "fail(p={failure},exit={exit_code})"),
        }
    }
}

/// Entry `attempt` of `list`; the last one repeats.
fn entry<T>(list: &[T], attempt: u32) -> Option<&T> {
    list.get(attempt as usize).or(list.last())
}

/// How attempt `attempt` (from 0, over all pods of the owner and their restarts in place) of the owner `job_key` ends.
///
/// `index` is the completion index of the pod and the attempt of that index (from 0), if it has one: a list given for the
/// index takes precedence. Where chance decides, the same arguments decide the same.
#[must_use]
pub fn attempt_outcome(
    behaviour: &Behaviour,
    seed: u64,
    job_key: u64,
    attempt: u32,
    index: Option<(u32, u32)>,
) -> AttemptOutcome {
    if let Some((index, attempt_of_index)) = index
        && let Some(list) = behaviour.index_outcome.get(&index)
        && let Some(outcome) = entry(list, attempt_of_index)
    {
        return *outcome;
    }
    match &behaviour.outcome {
        Outcome::Script(list) => entry(list, attempt).copied().unwrap_or(AttemptOutcome::Ok),
        Outcome::Probability { failure, exit_code } => {
            let mut stream = stream(seed, Purpose::Outcome, job_key, u64::from(attempt));
            if uniform(&mut stream) < *failure {
                AttemptOutcome::Exit(*exit_code)
            } else {
                AttemptOutcome::Ok
            }
        }
    }
}

/// How long attempt `attempt` of the owner `job_key` runs; `None`: until it is deleted. The arguments are those of
/// [`attempt_outcome`]. A run time given for a completion index is drawn by (index, attempt of the index), so it does not
/// depend on the order in which indexes happen to start.
///
/// # Panics
///
/// If a distribution's file was not read, see
/// [`Distribution::sample`](crate::kernel::random::distribution::Distribution::sample).
#[must_use]
pub fn attempt_runtime(
    behaviour: &Behaviour,
    seed: u64,
    job_key: u64,
    attempt: u32,
    index: Option<(u32, u32)>,
) -> Option<SimDuration> {
    /// Keeps the draws of indexes apart from those of attempts.
    const OF_INDEX: u64 = 1 << 63;
    if let Some((index, attempt_of_index)) = index
        && let Some(list) = behaviour.index_runtime.get(&index)
        && let Some(runtime) = entry(list, attempt_of_index)
    {
        let minor = OF_INDEX | u64::from(index) << 31 | u64::from(attempt_of_index & (u32::MAX >> 1));
        return Some(runtime.sample(&mut stream(seed, Purpose::Runtime, job_key, minor)));
    }
    let runtime = entry(&behaviour.runtime, attempt)?;
    Some(runtime.sample(&mut stream(seed, Purpose::Runtime, job_key, u64::from(attempt))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::distribution::Distribution;
    use AttemptOutcome::{Exit, Ok as Good};
    use proptest::prelude::*;

    fn secs(n: u64) -> SimDuration {
        SimDuration::from_secs(n)
    }

    #[test]
    fn outcomes_are_read_as_people_write_them() {
        let script = |list: &[AttemptOutcome]| Ok(Outcome::Script(list.to_vec()));
        let chance = |failure, exit_code| Ok(Outcome::Probability { failure, exit_code });
        for (text, right) in [
            ("ok", script(&[Good])),
            ("fail", script(&[Exit(1)])),
            ("exit:3", script(&[Exit(3)])),
            ("exit:0", script(&[Good])),
            (" fail, exit:42 ,ok", script(&[Exit(1), Exit(42), Good])),
            ("0.1", chance(0.1, 1)),
            ("10%", chance(0.1, 1)),
            ("1", chance(1.0, 1)),
            ("0", chance(0.0, 1)),
            ("fail(p=0.1)", chance(0.1, 1)),
            ("fail(25%)", chance(0.25, 1)),
            ("fail(p=0.1, exit=137)", chance(0.1, 137)),
        ] {
            assert_eq!(text.parse::<Outcome>(), right, "{text}");
        }
    }

    #[test]
    fn what_is_no_outcome_is_refused_with_advice() {
        let error = |text: &str| text.parse::<Outcome>().unwrap_err().to_string();
        insta::assert_snapshot!(error("fial"), @r#""fial" is not an outcome, did you mean "fail"?; write ok, fail, exit:3, a list such as fail,fail,ok, or a probability of failure such as 0.1, 10% or fail(p=0.1,exit=3)"#);
        insta::assert_snapshot!(error("exit:256"), @r#""256" is not an exit code; it must be a whole number from 0 to 255"#);
        insta::assert_snapshot!(error("fail(p=0.1,exit=0)"), @r#""0" is not an exit code; it must be a whole number from 1 to 255"#);
        insta::assert_snapshot!(error("3"), @r#""3" is not a probability; write a number from 0 to 1 or a percentage up to 100%, or exit:N for an exit code"#);
        insta::assert_snapshot!(error("-0.1"), @r#""-0.1" is not a probability; write a number from 0 to 1 or a percentage up to 100%, or exit:N for an exit code"#);
        insta::assert_snapshot!(error("ok,,fail"), @r#"entry 2 of the list "ok,,fail" is empty; write ok, fail or exit:N for each attempt"#);
        insta::assert_snapshot!(error("ok,fail(p=0.1)"), @r#""ok,fail(p=0.1)" mixes a list of attempts with a probability; give either a list (fail,fail,ok) or one probability"#);
        insta::assert_snapshot!(error("fail(exit=3)"), @"fail needs p; write fail(p=…)");
        insta::assert_snapshot!(error("fail(q=3)"), @r#"fail has no parameter "q"; it has p, exit"#);
    }

    #[test]
    fn lists_go_by_attempt_and_the_last_entry_repeats() {
        let mut behaviour = Behaviour {
            runtime: vec![secs(3).into(), secs(6).into(), secs(9).into()],
            outcome: "fail,exit:3,ok".parse().unwrap(),
            ..Behaviour::default()
        };
        let runtime = |b: &Behaviour, attempt, index| attempt_runtime(b, 1, 0, attempt, index);
        let outcome = |b: &Behaviour, attempt, index| attempt_outcome(b, 1, 0, attempt, index);
        for (attempt, span, end) in [
            (0, 3, Exit(1)),
            (1, 6, Exit(3)),
            (2, 9, Good),
            (7, 9, Good),
            (u32::MAX, 9, Good),
        ] {
            assert_eq!(runtime(&behaviour, attempt, Some((5, 0))), Some(secs(span)));
            assert_eq!(outcome(&behaviour, attempt, Some((5, 0))), end);
        }
        behaviour
            .index_runtime
            .insert(2, vec![secs(20).into(), secs(30).into()]);
        behaviour.index_outcome.insert(2, vec![Exit(9), Good]);
        assert_eq!(runtime(&behaviour, 4, Some((2, 0))), Some(secs(20)));
        assert_eq!(runtime(&behaviour, 9, Some((2, 5))), Some(secs(30)));
        assert_eq!(outcome(&behaviour, 4, Some((2, 0))), Exit(9));
        assert_eq!(outcome(&behaviour, 4, Some((2, 1))), Good);
        // Other indexes, and pods without one, keep the general list.
        assert_eq!(runtime(&behaviour, 0, Some((3, 0))), Some(secs(3)));
        assert_eq!(outcome(&behaviour, 0, None), Exit(1));
        assert_eq!(attempt_runtime(&Behaviour::default(), 1, 0, 0, None), None);
        assert_eq!(attempt_outcome(&Behaviour::default(), 1, 0, 0, None), Good);
    }

    #[test]
    fn draws_depend_on_seed_job_and_attempt_and_on_nothing_else() {
        let random: Distribution = "lognormal(median=20m,p95=1h)".parse().unwrap();
        let mut behaviour = Behaviour {
            runtime: vec![random.clone()],
            ..Behaviour::default()
        };
        let plain = attempt_runtime(&behaviour, 1, 7, 2, None);
        assert_eq!(plain, attempt_runtime(&behaviour, 1, 7, 2, Some((4, 0))));
        for (seed, job, attempt) in [(2, 7, 2), (1, 8, 2), (1, 7, 3)] {
            assert_ne!(plain, attempt_runtime(&behaviour, seed, job, attempt, None));
        }
        // An index with its own runtime: by (index, its attempt), whatever the overall order.
        behaviour.index_runtime.insert(4, vec![random]);
        let own = attempt_runtime(&behaviour, 1, 7, 2, Some((4, 0)));
        assert_ne!(own, plain);
        assert_eq!(own, attempt_runtime(&behaviour, 1, 7, 11, Some((4, 0))));
        assert_ne!(own, attempt_runtime(&behaviour, 1, 7, 2, Some((4, 1))));
    }

    #[test]
    fn failures_come_as_often_as_said() {
        let chance = |text: &str| Behaviour {
            outcome: text.parse().unwrap(),
            ..Behaviour::default()
        };
        let failures = |b: &Behaviour| {
            (0..20_000)
                .filter(|job| attempt_outcome(b, 5, *job, 0, None) == Exit(3))
                .count()
        };
        let count = failures(&chance("fail(p=0.1,exit=3)")) as f64;
        assert!(
            (count - 2_000.0).abs() < 5.0 * (20_000.0f64 * 0.1 * 0.9).sqrt(),
            "{count}"
        );
        assert_eq!(failures(&chance("fail(p=0,exit=3)")), 0);
        assert_eq!(failures(&chance("fail(p=1,exit=3)")), 20_000);
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(
            codes in prop::collection::vec(0u8..=255, 1..6), failure in 0.0f64..=1.0, exit_code in 1u8..=255,
        ) {
            let list = codes.into_iter().map(|c| if c == 0 { Good } else { Exit(c) }).collect();
            for outcome in [Outcome::Script(list), Outcome::Probability { failure, exit_code }] {
                prop_assert_eq!(outcome.to_string().parse::<Outcome>(), Ok(outcome));
            }
        }
        #[test]
        fn reading_never_panics(text in ".{0,20}", text2 in "[a-z0-9:.,()%=]{0,20}") {
            let _ = text.parse::<Outcome>();
            let _ = text2.parse::<Outcome>();
        }
    }
}
