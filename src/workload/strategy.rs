//! In what order and at what pace n Jobs are submitted.

use std::fmt;
use std::str::FromStr;

use crate::kernel::text::suggest;
use crate::workload::Arrivals;

/// How the Jobs of an experiment are submitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// Submit one, wait until it is done, submit the next.
    Sequential,
    /// Submit all at once.
    Parallel,
    /// Submit so many at once, wait until all of these are done, submit the next so many.
    Batched(u32),
    /// Keep so many in flight: submit the next when one is done.
    Windowed(u32),
    /// Submit at given or random times, whatever is still running.
    Arrivals(Arrivals),
}

/// Why a text is no strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrategyError {
    /// No strategy has this name.
    #[error(
        "unknown strategy {found:?}{}; known are sequential, parallel, batched:K, windowed:K, arrivals",
        .suggestion.map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
    )]
    Unknown {
        /// What was found.
        found: String,
        /// The nearest strategy.
        suggestion: Option<&'static str>,
    },
    /// `batched` or `windowed` without a number.
    #[error("{name} needs how many Jobs it holds at once; write {name}:32")]
    NoSize {
        /// The strategy.
        name: &'static str,
    },
    /// The number of `batched` or `windowed` is not a whole number from 1.
    #[error(
        "{found:?} is not how many Jobs {name} can hold at once; write a whole number from 1 to 4294967295, as in {name}:32"
    )]
    Size {
        /// The strategy.
        name: &'static str,
        /// What was found.
        found: String,
    },
    /// A number after a strategy that takes none.
    #[error("{name} takes no number, but {found:?} follows it; write {name} alone, or batched:K or windowed:K")]
    NeedlessSize {
        /// The strategy.
        name: &'static str,
        /// What was found.
        found: String,
    },
    /// `arrivals` without saying which.
    #[error(
        "the strategy arrivals needs an arrival process; give arrivals such as poisson(rate=2/s), every(10s) or csv(file.csv,column=arrival_s)"
    )]
    NoArrivals,
    /// An arrival process beside a strategy that does not use it.
    #[error(
        "the arrivals {arrivals} are not used by the strategy {strategy}; leave one of them out, or use the strategy arrivals"
    )]
    NeedlessArrivals {
        /// The strategy.
        strategy: String,
        /// The arrival process.
        arrivals: String,
    },
}

impl Strategy {
    /// The strategy of a text and of an arrival process, either of which may be absent: an arrival process alone means
    /// [`Strategy::Arrivals`], nothing at all [`Strategy::Parallel`].
    pub fn choose(text: Option<&str>, arrivals: Option<Arrivals>) -> Result<Self, StrategyError> {
        match (text.map(str::trim), arrivals) {
            (None, None) => Ok(Self::Parallel),
            (None | Some("arrivals"), Some(arrivals)) => Ok(Self::Arrivals(arrivals)),
            (Some(text), None) => text.parse(),
            (Some(text), Some(arrivals)) => Err(StrategyError::NeedlessArrivals {
                strategy: text.parse::<Self>()?.to_string(),
                arrivals: arrivals.to_string(),
            }),
        }
    }

    /// How many Jobs may be in flight at once at most; `None` if nothing limits them.
    #[must_use]
    pub const fn most_in_flight(&self) -> Option<u32> {
        match self {
            Self::Sequential => Some(1),
            Self::Batched(k) | Self::Windowed(k) => Some(*k),
            Self::Parallel | Self::Arrivals(_) => None,
        }
    }
}

impl FromStr for Strategy {
    type Err = StrategyError;

    /// Reads `sequential`, `parallel`, `batched:K`, `windowed:K` (K >= 1). The name `arrivals` alone does not say which, so
    /// it is an error here; see [`Strategy::choose`].
    fn from_str(text: &str) -> Result<Self, StrategyError> {
        let text = text.trim();
        let (name, size) = match text.split_once(':') {
            Some((name, size)) => (name.trim(), Some(size.trim())),
            None => (text, None),
        };
        let without = |name, strategy: Result<Self, StrategyError>| match size {
            None => strategy,
            Some(found) => Err(StrategyError::NeedlessSize {
                name,
                found: found.to_owned(),
            }),
        };
        match name {
            "sequential" => without("sequential", Ok(Self::Sequential)),
            "parallel" => without("parallel", Ok(Self::Parallel)),
            "arrivals" => without("arrivals", Err(StrategyError::NoArrivals)),
            "batched" => at_once("batched", size).map(Self::Batched),
            "windowed" => at_once("windowed", size).map(Self::Windowed),
            _ => Err(StrategyError::Unknown {
                found: text.to_owned(),
                suggestion: suggest(name, ["sequential", "parallel", "batched", "windowed", "arrivals"]),
            }),
        }
    }
}

fn at_once(name: &'static str, size: Option<&str>) -> Result<u32, StrategyError> {
    let found = size
        .filter(|size| !size.is_empty())
        .ok_or(StrategyError::NoSize { name })?;
    let size = found.parse().ok().filter(|size| *size >= 1);
    size.ok_or_else(|| StrategyError::Size {
        name,
        found: found.to_owned(),
    })
}

/// The name as tables and CSV files spell it; which arrivals is not told.
impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequential => f.pad("sequential"),
            Self::Parallel => f.pad("parallel"),
            Self::Batched(k) => f.pad(&format!("batched:{k}")),
            Self::Windowed(k) => f.pad(&format!("windowed:{k}")),
            Self::Arrivals(_) => f.pad("arrivals"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::proptest;

    #[test]
    fn strategies_are_spelled_as_in_tables() {
        for (text, strategy) in [
            ("sequential", Strategy::Sequential),
            ("parallel", Strategy::Parallel),
            ("batched:1", Strategy::Batched(1)),
            ("windowed:32", Strategy::Windowed(32)),
        ] {
            assert_eq!(text.parse::<Strategy>(), Ok(strategy.clone()));
            assert_eq!(strategy.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_strategy_is_refused_with_advice() {
        let error = |text: &str| text.parse::<Strategy>().unwrap_err().to_string();
        insta::assert_snapshot!(error("paralel"), @r#"unknown strategy "paralel", did you mean "parallel"?; known are sequential, parallel, batched:K, windowed:K, arrivals"#);
        insta::assert_snapshot!(error(""), @r#"unknown strategy ""; known are sequential, parallel, batched:K, windowed:K, arrivals"#);
        insta::assert_snapshot!(error("batched"), @"batched needs how many Jobs it holds at once; write batched:32");
        insta::assert_snapshot!(error("windowed:"), @"windowed needs how many Jobs it holds at once; write windowed:32");
        insta::assert_snapshot!(error("batched:0"), @r#""0" is not how many Jobs batched can hold at once; write a whole number from 1 to 4294967295, as in batched:32"#);
        insta::assert_snapshot!(error("windowed:-3"), @r#""-3" is not how many Jobs windowed can hold at once; write a whole number from 1 to 4294967295, as in windowed:32"#);
        insta::assert_snapshot!(error("parallel:3"), @r#"parallel takes no number, but "3" follows it; write parallel alone, or batched:K or windowed:K"#);
        insta::assert_snapshot!(error("arrivals"), @"the strategy arrivals needs an arrival process; give arrivals such as poisson(rate=2/s), every(10s) or csv(file.csv,column=arrival_s)");
    }

    #[test]
    fn arrivals_choose_the_strategy_of_that_name() {
        let every: Arrivals = "every(10s)".parse().unwrap();
        let arrivals = Strategy::Arrivals(every.clone());
        assert_eq!(Strategy::choose(None, None), Ok(Strategy::Parallel));
        assert_eq!(Strategy::choose(Some("batched:4"), None), Ok(Strategy::Batched(4)));
        assert_eq!(Strategy::choose(None, Some(every.clone())), Ok(arrivals.clone()));
        assert_eq!(
            Strategy::choose(Some("arrivals"), Some(every.clone())),
            Ok(arrivals.clone())
        );
        assert_eq!(arrivals.to_string(), "arrivals");
        assert_eq!(Strategy::choose(Some("arrivals"), None), Err(StrategyError::NoArrivals));
        let clash = Strategy::choose(Some("sequential"), Some(every))
            .unwrap_err()
            .to_string();
        insta::assert_snapshot!(clash, @"the arrivals every(10s) are not used by the strategy sequential; leave one of them out, or use the strategy arrivals");
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(batched|windowed|.{0,5}):?.{0,12}") {
            let _ = text.parse::<Strategy>();
        }
    }
}
