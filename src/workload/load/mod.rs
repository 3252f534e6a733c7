//! Load on a service over time: the cpu that all its pods together would use, in milli-cores, or the requests that arrive in a
//! second, in thousandths; and what a service makes of its requests ([`RequestService`]).

mod erlang;

mod milli;

mod queue;

mod recorded;

mod service;

use std::fmt;
use std::str::FromStr;

use crate::kernel::text::{Arguments, Call, CallError};
use crate::kernel::{SimDuration, SimTime};
use milli::Milli;

pub use milli::MilliError;
pub use recorded::{Interpolation, Recorded};
pub use service::{Present, RequestModel, RequestService, Room};

/// Total cpu demand on a service over time.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Always the same, in milli-cores.
    Constant(i64),
    /// From each time on so many milli-cores; nothing before the first. Times ascend.
    Steps(Vec<(SimTime, i64)>),
    /// mean + amplitude sin(2π (t + phase) / period), and nothing where that is negative.
    Sine {
        /// The middle, in milli-cores.
        mean: i64,
        /// How far it swings to either side, in milli-cores.
        amplitude: i64,
        /// From one peak to the next, above zero.
        period: SimDuration,
        /// How far into the wave time zero is; a quarter of the period begins at the peak.
        phase: SimDuration,
    },
    /// From the columns of a CSV file.
    Recorded(Recorded),
}

/// Why a text is no load.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseLoadError {
    /// The form `name(key=value, …)` is not kept, or a name or value is wrong.
    #[error(transparent)]
    Text(#[from] CallError),
    /// A value is no amount of cpu.
    #[error("{key} of {name}: {source}")]
    Cpu {
        /// Name before the parenthesis.
        name: String,
        /// The key.
        key: String,
        /// What is wrong.
        source: MilliError,
    },
    /// A step without its time, or a time that is none.
    #[error("step {position} of steps: {found:?} is not time=cpu; write steps(0s=500m,10m=4000m)")]
    Step {
        /// Position from 1.
        position: usize,
        /// What was found.
        found: String,
    },
    /// `steps()`.
    #[error("steps has no steps; write steps(0s=500m,10m=4000m)")]
    NoSteps,
    /// Steps that do not ascend in time.
    #[error(
        "step {position} of steps is at {later}, not after {earlier}; write the steps in order of time, each time once"
    )]
    Order {
        /// Position from 1.
        position: usize,
        /// The time before.
        earlier: SimDuration,
        /// The time that should be greater.
        later: SimDuration,
    },
    /// A period of zero.
    #[error("period of sine is 0s; it must be above 0")]
    ZeroPeriod,
    /// An interpolation that does not exist.
    #[error("interpolation of csv: {found:?} is unknown; known are step, linear")]
    Interpolation {
        /// What was found.
        found: String,
    },
}

impl Load {
    /// The demand at `t` in milli-cores, never negative.
    ///
    /// # Panics
    ///
    /// If the load is recorded and its file was not read: a simulation is built only from loads that were
    /// (`crate::workload::files`).
    #[must_use]
    pub fn at(&self, t: SimTime) -> i64 {
        match self {
            Self::Constant(milli) => *milli,
            Self::Steps(steps) => {
                let begun = steps.partition_point(|(from, _)| *from <= t);
                begun.checked_sub(1).map_or(0, |last| steps[last].1)
            }
            Self::Sine {
                mean,
                amplitude,
                period,
                phase,
            } => {
                // Reduced to one period in integers, so that the millionth wave is as exact as the first.
                let nanos = u128::from(t.as_nanos()) + u128::from(phase.as_nanos());
                let into = (nanos % u128::from(period.as_nanos().max(1))) as f64 / period.as_nanos().max(1) as f64;
                let swing = libm::sin(2.0 * std::f64::consts::PI * into) * *amplitude as f64;
                (*mean as f64 + swing).round().max(0.0) as i64
            }
            Self::Recorded(recorded) => recorded.at(t),
        }
    }
}

impl Load {
    /// When the demand steps to another value next, after `t`. `None`: never again, or it varies without steps
    /// ([`Load::is_smooth`]).
    #[must_use]
    pub fn next_step(&self, t: SimTime) -> Option<SimTime> {
        match self {
            Self::Constant(_) | Self::Sine { .. } => None,
            Self::Steps(steps) => steps
                .get(steps.partition_point(|(from, _)| *from <= t))
                .map(|step| step.0),
            Self::Recorded(recorded) => recorded.next_step(t),
        }
    }

    /// Whether the demand varies without steps.
    #[must_use]
    pub const fn is_smooth(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Steps(_) => false,
            Self::Sine { .. } => true,
            Self::Recorded(recorded) => recorded.is_smooth(),
        }
    }
}

impl FromStr for Load {
    type Err = ParseLoadError;

    /// Reads `2000m` or `constant(2000m)`, `steps(0s=500m,10m=4000m)`, `sine(mean=8,amplitude=6,period=24h)` (and
    /// `phase=6h`), `csv(load.csv)` (with `time=`, `column=`, `interpolation=step|linear`). Cpu is in cores, or in
    /// milli-cores with the suffix m, as Kubernetes writes it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.starts_with(|c: char| c.is_ascii_digit() || ".-+".contains(c)) {
            return cpu("the text", "load", text).map(Self::Constant);
        }
        let call = Call::parse(text)?;
        match call.name.as_str() {
            "constant" => {
                let arguments = call.arguments(&["value"], &[])?;
                cpu_argument(&arguments, "value").map(Self::Constant)
            }
            "steps" => steps(&call).map(Self::Steps),
            "sine" => {
                let arguments = call.arguments(&[], &["mean", "amplitude", "period", "phase"])?;
                arguments.required("period")?;
                let period = arguments.span("period")?.unwrap_or_default();
                if period.is_zero() {
                    return Err(ParseLoadError::ZeroPeriod);
                }
                Ok(Self::Sine {
                    mean: cpu_argument(&arguments, "mean")?,
                    amplitude: cpu_argument(&arguments, "amplitude")?,
                    period,
                    phase: arguments.span("phase")?.unwrap_or_default(),
                })
            }
            "csv" => recorded::from_call(&call).map(Self::Recorded),
            _ => Err(call.unknown_name("load", &["constant", "steps", "sine", "csv"]).into()),
        }
    }
}

fn cpu(key: &str, name: &str, text: &str) -> Result<i64, ParseLoadError> {
    text.parse()
        .map(|Milli(milli)| milli)
        .map_err(|source| ParseLoadError::Cpu {
            name: name.to_owned(),
            key: key.to_owned(),
            source,
        })
}

fn cpu_argument(arguments: &Arguments<'_>, key: &'static str) -> Result<i64, ParseLoadError> {
    cpu(key, arguments.name(), arguments.required(key)?)
}

fn steps(call: &Call) -> Result<Vec<(SimTime, i64)>, ParseLoadError> {
    let mut steps: Vec<(SimTime, i64)> = Vec::with_capacity(call.arguments.len());
    for (i, (time, value)) in call.arguments.iter().enumerate() {
        let wrong = || ParseLoadError::Step {
            position: i + 1,
            found: time
                .as_ref()
                .map_or_else(|| value.clone(), |time| format!("{time}={value}")),
        };
        let time: SimDuration = time.as_ref().and_then(|time| time.parse().ok()).ok_or_else(wrong)?;
        let at = SimTime::ZERO + time;
        if let Some((last, _)) = steps.last()
            && *last >= at
        {
            return Err(ParseLoadError::Order {
                position: i + 1,
                earlier: last.since(SimTime::ZERO),
                later: time,
            });
        }
        steps.push((at, cpu(&time.to_string(), &call.name, value)?));
    }
    if steps.is_empty() {
        return Err(ParseLoadError::NoSteps);
    }
    Ok(steps)
}

/// The canonical text. Parsing it gives an equal load (a recorded one comes back unread).
impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(milli) => write!(f, "constant({})", Milli(*milli)),
            Self::Steps(steps) => {
                f.write_str("steps(")?;
                for (i, (from, milli)) in steps.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}={}", from.since(SimTime::ZERO), Milli(*milli))?;
                }
                f.write_str(")")
            }
            Self::Sine {
                mean,
                amplitude,
                period,
                phase,
            } => {
                let (mean, amplitude) = (Milli(*mean), Milli(*amplitude));
                write!(f, "sine(mean={mean},amplitude={amplitude},period={period}")?;
                if !phase.is_zero() {
                    write!(f, ",phase={phase}")?;
                }
                f.write_str(")")
            }
            Self::Recorded(recorded) => write!(f, "{recorded}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn load(text: &str) -> Load {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }
    fn at(load: &Load, secs: u64) -> i64 {
        load.at(SimTime::ZERO + SimDuration::from_secs(secs))
    }

    #[test]
    fn texts_are_read_and_printed() {
        for (text, printed) in [
            ("2000m", "constant(2)"),
            ("constant(1500m)", "constant(1500m)"),
            ("steps(0s=500m, 10m=4)", "steps(0s=500m,10m=4)"),
            (
                "sine(mean=8,amplitude=6,period=24h)",
                "sine(mean=8,amplitude=6,period=1d)",
            ),
            (
                "sine(mean=8,amplitude=6,period=24h,phase=6h)",
                "sine(mean=8,amplitude=6,period=1d,phase=6h)",
            ),
            (
                "csv(load.csv)",
                "csv(load.csv,time=time_s,column=load_m,interpolation=step)",
            ),
        ] {
            assert_eq!(load(text).to_string(), printed);
            assert_eq!(load(printed), load(text));
        }
    }

    #[test]
    fn what_is_no_load_is_refused_with_advice() {
        let error = |text: &str| text.parse::<Load>().unwrap_err().to_string();
        insta::assert_snapshot!(error("sinus(mean=8)"), @r#"unknown load "sinus", did you mean "sine"?; known are constant, steps, sine, csv"#);
        insta::assert_snapshot!(error("constant(many)"), @r#"value of constant: "many" is not an amount; write cores (or requests per second) such as 2 or 0.5, or thousandths such as 500m"#);
        insta::assert_snapshot!(error("-2"), @r#"the text of load: "-2" is negative; a load is 0 or more"#);
        insta::assert_snapshot!(error("steps()"), @"steps has no steps; write steps(0s=500m,10m=4000m)");
        insta::assert_snapshot!(error("steps(500m)"), @r#"step 1 of steps: "500m" is not time=cpu; write steps(0s=500m,10m=4000m)"#);
        insta::assert_snapshot!(error("steps(0s=1,x=2)"), @r#"step 2 of steps: "x=2" is not time=cpu; write steps(0s=500m,10m=4000m)"#);
        insta::assert_snapshot!(error("steps(10s=1,10s=2)"), @"step 2 of steps is at 10s, not after 10s; write the steps in order of time, each time once");
        insta::assert_snapshot!(error("sine(mean=1,amplitude=1,period=0s)"), @"period of sine is 0s; it must be above 0");
        insta::assert_snapshot!(error("sine(mean=1,period=1h)"), @"sine needs amplitude; write sine(amplitude=…)");
        insta::assert_snapshot!(error("csv(load.csv,interpolation=cubic)"), @r#"interpolation of csv: "cubic" is unknown; known are step, linear"#);
    }

    #[test]
    fn steps_hold_until_the_next() {
        let steps = load("steps(10s=500m,20s=4)");
        let values: Vec<i64> = [0, 9, 10, 19, 20, 1_000_000].map(|t| at(&steps, t)).to_vec();
        assert_eq!(values, [0, 0, 500, 500, 4000, 4000]);
        assert_eq!(at(&load("7"), 5), 7000);
    }

    #[test]
    fn steps_are_announced() {
        let second = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
        let steps = load("steps(10s=500m,20s=4)");
        let next = |secs| steps.next_step(second(secs));
        assert_eq!(
            [next(0), next(9), next(10), next(20)],
            [Some(second(10)), Some(second(10)), Some(second(20)), None]
        );
        assert_eq!(load("7").next_step(second(0)), None);
        let wave = load("sine(mean=8,amplitude=6,period=24h)");
        assert_eq!(wave.next_step(second(0)), None);
        assert_eq!([&steps, &wave].map(Load::is_smooth), [false, true]);
    }

    #[test]
    fn a_wave_has_its_extremes_at_the_quarters_and_never_goes_below_nothing() {
        let wave = load("sine(mean=8,amplitude=6,period=24h)");
        let hour = 3600;
        for (hours, milli) in [
            (0, 8000),
            (6, 14_000),
            (12, 8000),
            (18, 2000),
            (24, 8000),
            (2, 11_000),
            (2_400_006, 14_000),
        ] {
            assert_eq!(at(&wave, hours * hour), milli, "{hours} h");
        }
        let shifted = load("sine(mean=8,amplitude=6,period=24h,phase=6h)");
        assert_eq!(at(&shifted, 0), 14_000);
        let deep = load("sine(mean=1,amplitude=6,period=24h)");
        assert_eq!(at(&deep, 18 * hour), 0);
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(
            mean in 0i64..1_000_000_000, amplitude in 0i64..1_000_000, period in 1u64.., phase: u64,
            mut steps in prop::collection::btree_map(any::<u64>(), 0i64..1_000_000, 1..5),
        ) {
            let (period, phase) = (SimDuration::from_nanos(period), SimDuration::from_nanos(phase));
            let steps = std::mem::take(&mut steps).into_iter().map(|(t, v)| (SimTime::from_nanos(t), v)).collect();
            for load in [Load::Constant(mean), Load::Steps(steps), Load::Sine { mean, amplitude, period, phase }] {
                prop_assert_eq!(load.to_string().parse::<Load>(), Ok(load));
            }
        }
        #[test]
        fn reading_never_panics_and_no_load_is_negative(
            text in "(sine|steps|csv|constant|.{0,5})\\(?.{0,20}\\)?", amplitude in 0i64..100_000, t: u64, phase: u64,
        ) {
            let _ = text.parse::<Load>();
            let (period, phase) = (SimDuration::from_secs(60), SimDuration::from_nanos(phase));
            let load = Load::Sine { mean: 5000, amplitude, period, phase }.at(SimTime::from_nanos(t));
            prop_assert!((0..=5000 + amplitude).contains(&load));
        }
    }
}
