//! When Jobs arrive, if they come by themselves instead of waiting for one another.

use std::fmt;
use std::str::FromStr;

use crate::kernel::random::Purpose;
use crate::kernel::random::distribution::uniform;
use crate::kernel::random::stream::stream;
use crate::kernel::text::{Call, CallError, Rate, TimeColumn};
use crate::kernel::{SimDuration, SimTime};

/// An arrival process.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// At random: the gaps, the one before the first arrival among them, are independent and exponential.
    Poisson {
        /// Arrivals per second on average.
        rate: Rate,
    },
    /// At regular intervals, the first at time zero.
    Fixed {
        /// From one arrival to the next.
        interval: SimDuration,
    },
    /// At these times, in ascending order.
    Times(Vec<SimTime>),
    /// At the times in a column of a CSV file that is yet to be read (`crate::workload::files` makes it `Times`).
    Unread(TimeColumn),
}

/// Why a text is no arrival process.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseArrivalsError {
    /// The form `name(key=value, …)` is not kept, or a name or value is wrong.
    #[error(transparent)]
    Text(#[from] CallError),
    /// Neither or both of `rate` and `mean`.
    #[error("poisson needs either rate or mean; write poisson(rate=2/s), or poisson(mean=500ms) for the mean gap")]
    Poisson,
    /// A mean gap of zero.
    #[error("mean of poisson is 0s; the mean gap between arrivals must be above 0")]
    ZeroGap,
    /// Times that go back.
    #[error("{later} follows {earlier} in times; write them in ascending order")]
    Order {
        /// The time before.
        earlier: SimDuration,
        /// The time that should not be less.
        later: SimDuration,
    },
}

impl Arrivals {
    /// The times of the first `n` arrivals in ascending order; fewer if no more are known ([`Arrivals::at_most`]). The
    /// first k of them are the same for every n >= k. Gap i of a Poisson process is drawn from its own stream.
    ///
    /// # Panics
    ///
    /// If they stand in a file that was not read: a simulation is built only from arrivals that were.
    #[must_use]
    pub fn times(&self, n: usize, seed: u64) -> Vec<SimTime> {
        match self {
            Self::Poisson { rate } => {
                let mut now = SimTime::ZERO;
                let next = |i| {
                    let u = uniform(&mut stream(seed, Purpose::Arrival, i, 0));
                    let gap = -libm::log1p(-u) / rate.per_second();
                    now += SimDuration::from_secs_f64(gap).unwrap_or(SimDuration::MAX);
                    now
                };
                (0..n as u64).map(next).collect()
            }
            Self::Fixed { interval } => (0..n as u64)
                .map(|i| SimTime::ZERO + interval.saturating_mul(i))
                .collect(),
            Self::Times(times) => times.iter().take(n).copied().collect(),
            Self::Unread(column) => {
                panic!("a simulation is built from arrivals that were read, but csv({column}) was not")
            }
        }
    }

    /// How many arrivals there are; `None` if there is no end to them, or a file must be read first.
    #[must_use]
    pub fn at_most(&self) -> Option<usize> {
        match self {
            Self::Times(times) => Some(times.len()),
            Self::Poisson { .. } | Self::Fixed { .. } | Self::Unread(_) => None,
        }
    }
}

impl FromStr for Arrivals {
    type Err = ParseArrivalsError;

    /// Reads `poisson(rate=2/s)`, `poisson(mean=500ms)` (the mean gap), `every(10s)`, `times(0s,10s,1m)`,
    /// `csv(file.csv,column=arrival_s)` (with `unit=` where the column's name does not end in one).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let call = Call::parse(text)?;
        match call.name.as_str() {
            "poisson" => {
                let arguments = call.arguments(&[], &["rate", "mean"])?;
                let rate = match (arguments.rate("rate")?, arguments.span("mean")?) {
                    (Some(rate), None) => rate,
                    (None, Some(gap)) => Rate::with_mean_gap(gap).ok_or(ParseArrivalsError::ZeroGap)?,
                    (None, None) | (Some(_), Some(_)) => return Err(ParseArrivalsError::Poisson),
                };
                Ok(Self::Poisson { rate })
            }
            "every" => {
                let arguments = call.arguments(&["interval"], &[])?;
                arguments.required("interval")?;
                let interval = arguments.span("interval")?.unwrap_or_default();
                Ok(Self::Fixed { interval })
            }
            "times" => times(&call).map(Self::Times),
            "csv" => {
                let arguments = call.arguments(&["file"], &["column", "unit"])?;
                Ok(Self::Unread(TimeColumn::from_arguments(&arguments, "arrival_s")?))
            }
            _ => Err(call
                .unknown_name("arrival process", &["poisson", "every", "times", "csv"])
                .into()),
        }
    }
}

/// The durations of `times(0s,10s,…)` as instants.
fn times(call: &Call) -> Result<Vec<SimTime>, ParseArrivalsError> {
    let mut last = SimDuration::ZERO;
    let mut times = Vec::with_capacity(call.arguments.len());
    for (key, value) in &call.arguments {
        if let Some(key) = key {
            return Err(ParseArrivalsError::Text(CallError::UnknownParameter {
                name: call.name.clone(),
                found: key.clone(),
                suggestion: None,
                known: "only times, as in times(0s,10s,1m)".to_owned(),
            }));
        }
        let time = value.parse().map_err(|source| CallError::Duration {
            name: call.name.clone(),
            key: "an entry".to_owned(),
            source,
        })?;
        if time < last {
            return Err(ParseArrivalsError::Order {
                earlier: last,
                later: time,
            });
        }
        last = time;
        times.push(SimTime::ZERO + time);
    }
    Ok(times)
}

/// Parsing the text gives equal arrivals.
impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poisson { rate } => write!(f, "{}", poisson_text(*rate)),
            Self::Fixed { interval } => write!(f, "every({interval})"),
            Self::Times(times) => {
                let texts: Vec<String> = times.iter().map(|t| t.since(SimTime::ZERO).to_string()).collect();
                write!(f, "times({})", texts.join(","))
            }
            Self::Unread(column) => write!(f, "csv({column})"),
        }
    }
}

/// By the rate, or by the mean gap if that is exact and much shorter: `mean=7s` rather than a rate of sixteen digits.
fn poisson_text(rate: Rate) -> String {
    let by_rate = format!("poisson(rate={rate})");
    let gap = SimDuration::from_secs_f64(1.0 / rate.per_second()).filter(|gap| Rate::with_mean_gap(*gap) == Some(rate));
    match gap.map(|gap| format!("poisson(mean={gap})")) {
        Some(by_gap) if by_gap.len() + 5 < by_rate.len() => by_gap,
        Some(_) | None => by_rate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arrivals(text: &str) -> Arrivals {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn texts_are_read_and_printed() {
        for text in [
            "poisson(rate=2/s)",
            "poisson(rate=30/h)",
            "poisson(mean=7s)",
            "every(10s)",
            "times(0s,10s,10s,1m)",
            "csv(file.csv,column=arrival_s)",
            "csv(file.csv,column=when,unit=ms)",
        ] {
            assert_eq!(arrivals(text).to_string(), text);
            assert_eq!(arrivals(text).to_string().parse(), Ok(arrivals(text)));
        }
        assert_eq!(arrivals("csv(a.csv)"), arrivals("csv(file=a.csv,column=arrival_s)"));
        assert_eq!(arrivals("poisson(mean=500ms)"), arrivals("poisson(rate=2/s)"));
    }

    #[test]
    fn what_is_no_arrival_process_is_refused_with_advice() {
        let error = |text: &str| text.parse::<Arrivals>().unwrap_err().to_string();
        insta::assert_snapshot!(error("possion(rate=2/s)"), @r#"unknown arrival process "possion", did you mean "poisson"?; known are poisson, every, times, csv"#);
        insta::assert_snapshot!(error("poisson()"), @"poisson needs either rate or mean; write poisson(rate=2/s), or poisson(mean=500ms) for the mean gap");
        insta::assert_snapshot!(error("poisson(rate=2)"), @r#"rate of poisson: "2" is not a rate above zero; write it as 2/s, 30/m or 500/h"#);
        insta::assert_snapshot!(error("poisson(mean=0s)"), @"mean of poisson is 0s; the mean gap between arrivals must be above 0");
        insta::assert_snapshot!(error("every()"), @"every needs interval; write every(interval=…)");
        insta::assert_snapshot!(error("times(10s,5s)"), @"5s follows 10s in times; write them in ascending order");
        insta::assert_snapshot!(error("csv(a.csv,column=when)"), @r#"the column name "when" does not end in a unit of time (_ns, _us, _ms, _s, _m, _h, _d); add unit=s or another"#);
    }

    #[test]
    fn regular_and_given_times_are_exact() {
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        assert_eq!(arrivals("every(10s)").times(3, 1), [at(0), at(10), at(20)]);
        assert_eq!(arrivals("times(1s,4s)").times(1, 1), [at(1)]);
        assert_eq!(arrivals("times(1s,4s)").times(9, 1), [at(1), at(4)]);
        assert_eq!(arrivals("times(1s,4s)").at_most(), Some(2));
    }

    #[test]
    fn poisson_arrivals_do_not_depend_on_how_many_are_asked_for() {
        let poisson = arrivals("poisson(rate=2/s)");
        let many = poisson.times(1000, 7);
        assert_eq!(poisson.times(10, 7), many[..10]);
        assert_ne!(poisson.times(10, 8), many[..10]);
        assert!(many.is_sorted());
        // Twice the rate: the same luck, half the time.
        let twice = arrivals("poisson(rate=4/s)").times(1000, 7);
        let (slow, fast) = (many[999].as_secs_f64(), twice[999].as_secs_f64());
        assert!((slow / fast - 2.0).abs() < 1e-6);
    }

    #[test]
    fn poisson_gaps_are_exponential() {
        let n = 20_000;
        let times = arrivals("poisson(mean=500ms)").times(n, 3);
        let mut last = SimTime::ZERO;
        let gaps: Vec<f64> = times
            .iter()
            .map(|t| (*t - std::mem::replace(&mut last, *t)).as_secs_f64())
            .collect();
        let n = n as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        assert!((mean - 0.5).abs() < 5.0 * 0.5 / n.sqrt(), "mean gap {mean}");
        // The share of gaps above the mean is 1/e.
        let e = (-1.0f64).exp();
        let share = gaps.iter().filter(|g| **g > 0.5).count() as f64 / n;
        assert!((share - e).abs() < 5.0 * (e * (1.0 - e) / n).sqrt(), "share {share}");
        // Neighbouring gaps are uncorrelated.
        let covariance = gaps.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>() / n;
        assert!(
            (covariance / 0.25).abs() < 5.0 / n.sqrt(),
            "correlation {}",
            covariance / 0.25
        );
    }

    #[test]
    fn the_first_arrivals_are_the_same_on_every_machine() {
        let times = arrivals("poisson(rate=30/h)").times(3, 1);
        let texts: Vec<String> = times.iter().map(SimTime::to_string).collect();
        insta::assert_snapshot!(texts.join(" "), @"153.388488611 189.270253976 194.780735108");
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(per_second in 1e-6f64..1e6, nanos: u64, mut times: Vec<u64>) {
            times.sort_unstable();
            for arrivals in [
                Arrivals::Poisson { rate: Rate::new(per_second).unwrap() },
                Arrivals::Fixed { interval: SimDuration::from_nanos(nanos) },
                Arrivals::Times(times.into_iter().map(SimTime::from_nanos).collect()),
            ] {
                prop_assert_eq!(arrivals.to_string().parse::<Arrivals>(), Ok(arrivals));
            }
        }
        #[test]
        fn reading_never_panics(text in "(poisson|every|times|csv|.{0,5})\\(?.{0,20}\\)?") {
            let _ = text.parse::<Arrivals>();
        }
    }
}
