//! Reading distributions from texts.

use std::str::FromStr;

use super::error::ParseDistributionError as Error;
use super::family::Family;
use super::parametric::{Given, Parametric};
use super::special::normal_quantile;
use super::{Distribution, Empirical};
use crate::kernel::SimDuration;
use crate::kernel::text::{Arguments, Call, CallError, TimeColumn};

/// A name that a text may begin with.
struct Kind {
    name: &'static str,
    /// Keys that may be left out when the values stand in this order.
    by_place: &'static [&'static str],
    /// Keys that must be written.
    by_key: &'static [&'static str],
    /// The sets of keys, without an optional `max`, that determine the distribution.
    forms: &'static [&'static str],
    build: Build,
}

/// What the arguments make.
enum Build {
    Fixed,
    Empirical,
    Family(fn(&mut Reader<'_, '_>) -> Result<Family, Error>),
}

/// All of them, in the order that messages list them.
const KINDS: [Kind; 9] = [
    Kind {
        name: "fixed",
        by_place: &["value"],
        by_key: &[],
        forms: &["value"],
        build: Build::Fixed,
    },
    Kind {
        name: "uniform",
        by_place: &["min", "max"],
        by_key: &[],
        forms: &["min max"],
        build: Build::Family(uniform),
    },
    Kind {
        name: "exponential",
        by_place: &["mean"],
        by_key: &["median", "rate", "max"],
        forms: &["mean", "median", "rate"],
        build: Build::Family(exponential),
    },
    Kind {
        name: "normal",
        by_place: &["mean", "sd"],
        by_key: &["cv", "max"],
        forms: &["mean sd", "mean cv"],
        build: Build::Family(normal),
    },
    Kind {
        name: "lognormal",
        by_place: &[],
        by_key: &["median", "mean", "p90", "p95", "p99", "sigma", "cv", "sd", "max"],
        forms: &[
            "median p95",
            "median p90",
            "median p99",
            "median sigma",
            "median mean",
            "mean cv",
            "mean sd",
        ],
        build: Build::Family(lognormal),
    },
    Kind {
        name: "gamma",
        by_place: &[],
        by_key: &["mean", "cv", "sd", "shape", "scale", "max"],
        forms: &["mean cv", "mean sd", "mean shape", "shape scale"],
        build: Build::Family(gamma),
    },
    Kind {
        name: "weibull",
        by_place: &[],
        by_key: &["shape", "scale", "mean", "median", "max"],
        forms: &["shape scale", "shape mean", "shape median"],
        build: Build::Family(weibull),
    },
    Kind {
        name: "pareto",
        by_place: &[],
        by_key: &["min", "alpha", "mean", "max"],
        forms: &["min alpha", "min mean", "mean alpha"],
        build: Build::Family(pareto),
    },
    Kind {
        name: "empirical",
        by_place: &["file"],
        by_key: &["column", "unit", "max"],
        forms: &["file column"],
        build: Build::Empirical,
    },
];

impl Distribution {
    /// The names that a text may begin with.
    #[must_use]
    pub fn names() -> [&'static str; 9] {
        KINDS.map(|kind| kind.name)
    }
}

impl FromStr for Distribution {
    type Err = Error;

    /// Reads a duration (`5m`: always that long) or one of the distributions:
    ///
    /// * `fixed(5m)`, `uniform(1m,10m)` (or `min=`, `max=`)
    /// * `exponential(mean=5m)` (or `median=`, or `rate=12/h`)
    /// * `normal(mean=10m,sd=2m)` (or `cv=`), cut off at 0
    /// * `lognormal(median=20m,p95=1h)` (or `p90=`, `p99=`, `sigma=`, `mean=`), `lognormal(mean=30m,cv=0.8)` (or `sd=`)
    /// * `gamma(mean=10m,cv=0.5)` (or `sd=`, `shape=`), `gamma(shape=4,scale=2m)`
    /// * `weibull(shape=0.8,scale=10m)` (or `mean=`, `median=`)
    /// * `pareto(min=1m,alpha=1.5)`, `pareto(min=1m,mean=3m)`, `pareto(mean=3m,alpha=1.5)`
    /// * `empirical(file.csv,column=runtime_s)`, with `unit=` where the name does not end in one
    ///
    /// All but the first line take `max=`: the distribution given that the value is at most that.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if !text.contains('(') {
            return without_parameters(text);
        }
        let call = Call::parse(text)?;
        let kind = KINDS
            .iter()
            .find(|kind| kind.name == call.name)
            .ok_or_else(|| call.unknown_name("distribution", &Self::names()))?;
        let arguments = call.arguments(kind.by_place, kind.by_key)?;
        let mut reader = Reader {
            kind,
            arguments: &arguments,
            given: Vec::new(),
        };
        let family = match kind.build {
            Build::Fixed => return fixed(&mut reader).map(Self::Fixed),
            Build::Empirical => return empirical(&reader).map(Self::Empirical),
            Build::Family(build) => build(&mut reader)?,
        };
        // The end of a uniform distribution is no cut.
        let max = if matches!(family, Family::Uniform { .. }) {
            None
        } else {
            arguments.span("max")?
        };
        Parametric::new(kind.name, reader.given, family, max).map(Self::Parametric)
    }
}

/// A text without a parenthesis: a duration, or a name that lacks its parameters.
fn without_parameters(text: &str) -> Result<Distribution, Error> {
    let error = match text.parse() {
        Ok(span) => return Ok(Distribution::Fixed(span)),
        Err(error) => error,
    };
    if !text.starts_with(char::is_alphabetic) {
        return Err(Error::Duration(error));
    }
    let call = Call::parse(text)?;
    Err(match KINDS.iter().find(|kind| kind.name == call.name) {
        Some(kind) => Error::NoParameters {
            name: kind.name,
            forms: kind.forms,
        },
        None => call.unknown_name("distribution", &Distribution::names()).into(),
    })
}

/// Takes parameters out of the arguments, checks them, and remembers them in the order they are asked for.
struct Reader<'a, 'c> {
    kind: &'static Kind,
    arguments: &'a Arguments<'c>,
    given: Vec<(&'static str, Given)>,
}

impl Reader<'_, '_> {
    fn has(&self, key: &str) -> bool {
        self.arguments.get(key).is_some()
    }

    /// Checks that the keys are exactly those of one of the forms, apart from an optional `max`.
    fn check_form(&self) -> Result<(), Error> {
        let found: Vec<&'static str> = self.arguments.keys().collect();
        let fits = self.kind.forms.iter().any(|form| {
            let keys = || form.split(' ');
            keys().all(|key| found.contains(&key)) && found.iter().all(|f| *f == "max" || keys().any(|key| key == *f))
        });
        if fits {
            return Ok(());
        }
        let listed = |key: &str| self.kind.forms.iter().any(|form| form.split(' ').any(|k| k == key));
        Err(Error::Form {
            name: self.kind.name,
            found: found.into_iter().filter(|key| listed(key)).collect(),
            forms: self.kind.forms,
        })
    }

    /// The span of `key`, which the form has.
    fn span(&mut self, key: &'static str) -> Result<SimDuration, Error> {
        let span = self.arguments.span(key)?.ok_or_else(|| self.missing(key))?;
        self.given.push((key, Given::Span(span)));
        Ok(span)
    }
    /// The same, above zero.
    fn positive(&mut self, key: &'static str) -> Result<SimDuration, Error> {
        let span = self.span(key)?;
        if span.is_zero() {
            let name = self.kind.name;
            return Err(Error::Zero { name, key });
        }
        Ok(span)
    }
    /// The number of `key`, which the form has, from `low` to `high`.
    fn number(&mut self, key: &'static str, low: f64, high: f64) -> Result<f64, Error> {
        let number = self.arguments.number(key)?.ok_or_else(|| self.missing(key))?;
        in_range(self.kind.name, key, number, (low, high))?;
        self.given.push((key, Given::Number(number)));
        Ok(number)
    }
    /// Checks that `greater` is above `lesser`.
    fn ascending(
        &self,
        lesser: (&'static str, SimDuration),
        greater: (&'static str, SimDuration),
    ) -> Result<(), Error> {
        if lesser.1 < greater.1 {
            return Ok(());
        }
        Err(Error::Order {
            name: self.kind.name,
            lesser: lesser.0,
            lesser_value: lesser.1,
            greater: greater.0,
            greater_value: greater.1,
        })
    }
    fn missing(&self, key: &'static str) -> CallError {
        CallError::Missing {
            name: self.kind.name.to_owned(),
            key,
        }
    }
    /// The coefficient of variation, given as `cv` or as `sd` beside `mean`.
    fn variation(&mut self, mean: SimDuration) -> Result<f64, Error> {
        let (low, high) = CV;
        if self.has("cv") {
            return self.number("cv", low, high);
        }
        let cv = self.positive("sd")?.as_secs_f64() / mean.as_secs_f64();
        in_range(self.kind.name, "cv (that is sd / mean)", cv, CV)?;
        Ok(cv)
    }
}

// Ranges of the pure numbers: far wider than anything observed, narrow enough for every formula to stay finite.
const CV: (f64, f64) = (0.001, 30.0);
const SIGMA: (f64, f64) = (0.000_001, 20.0);
const GAMMA_SHAPE: (f64, f64) = (0.001, 1_000_000.0);
const WEIBULL_SHAPE: (f64, f64) = (0.05, 1_000.0);
const ALPHA: (f64, f64) = (0.01, 1_000.0);

/// Checks that a number, given or following from what was given, is in its range.
fn in_range(name: &'static str, key: &'static str, found: f64, (low, high): (f64, f64)) -> Result<(), Error> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(Error::Range {
        name,
        key,
        found,
        low,
        high,
    })
}

fn fixed(reader: &mut Reader<'_, '_>) -> Result<SimDuration, Error> {
    reader.check_form()?;
    reader.span("value")
}

fn uniform(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    let (min, max) = (reader.span("min")?, reader.span("max")?);
    reader.ascending(("min", min), ("max", max))?;
    Ok(Family::Uniform {
        min: min.as_secs_f64(),
        max: max.as_secs_f64(),
    })
}

fn exponential(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    let mean = if reader.has("mean") {
        reader.positive("mean")?.as_secs_f64()
    } else if reader.has("median") {
        reader.positive("median")?.as_secs_f64() / std::f64::consts::LN_2
    } else {
        let rate = reader.arguments.rate("rate")?.ok_or_else(|| reader.missing("rate"))?;
        reader.given.push(("rate", Given::Rate(rate)));
        1.0 / rate.per_second()
    };
    Ok(Family::Exponential { mean })
}

fn normal(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    if reader.has("cv") {
        let mean = reader.positive("mean")?.as_secs_f64();
        let cv = reader.number("cv", CV.0, CV.1)?;
        return Ok(Family::Normal { mean, sd: cv * mean });
    }
    Ok(Family::Normal {
        mean: reader.span("mean")?.as_secs_f64(),
        sd: reader.positive("sd")?.as_secs_f64(),
    })
}

fn lognormal(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    if !reader.has("median") {
        // mean = median exp(σ²/2) and cv² = exp(σ²) - 1.
        let mean = reader.positive("mean")?;
        let cv = reader.variation(mean)?;
        return Ok(Family::Lognormal {
            median: mean.as_secs_f64() / (1.0 + cv * cv).sqrt(),
            sigma: libm::log1p(cv * cv).sqrt(),
        });
    }
    let span = reader.positive("median")?;
    let median = span.as_secs_f64();
    if reader.has("sigma") {
        let sigma = reader.number("sigma", SIGMA.0, SIGMA.1)?;
        return Ok(Family::Lognormal { median, sigma });
    }
    let (key, p) = [("p90", 0.90), ("p95", 0.95), ("p99", 0.99)]
        .into_iter()
        .find(|(key, _)| reader.has(key))
        .unwrap_or(("mean", 0.0));
    let upper = reader.span(key)?;
    reader.ascending(("median", span), (key, upper))?;
    let ratio = libm::log(upper.as_secs_f64() / median);
    let sigma = if key == "mean" {
        (2.0 * ratio).sqrt()
    } else {
        ratio / normal_quantile(p)
    };
    in_range("lognormal", "sigma (it follows from the rest)", sigma, SIGMA)?;
    Ok(Family::Lognormal { median, sigma })
}

fn gamma(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    if !reader.has("mean") {
        let shape = reader.number("shape", GAMMA_SHAPE.0, GAMMA_SHAPE.1)?;
        let scale = reader.positive("scale")?.as_secs_f64();
        return Ok(Family::Gamma { shape, scale });
    }
    let mean = reader.positive("mean")?;
    let shape = if reader.has("shape") {
        reader.number("shape", GAMMA_SHAPE.0, GAMMA_SHAPE.1)?
    } else {
        let cv = reader.variation(mean)?;
        1.0 / (cv * cv)
    };
    let scale = mean.as_secs_f64() / shape;
    Ok(Family::Gamma { shape, scale })
}

fn weibull(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    let shape = reader.number("shape", WEIBULL_SHAPE.0, WEIBULL_SHAPE.1)?;
    let scale = if reader.has("scale") {
        reader.positive("scale")?.as_secs_f64()
    } else if reader.has("mean") {
        reader.positive("mean")?.as_secs_f64() / libm::tgamma(1.0 + 1.0 / shape)
    } else {
        reader.positive("median")?.as_secs_f64() / libm::pow(std::f64::consts::LN_2, 1.0 / shape)
    };
    Ok(Family::Weibull { shape, scale })
}

fn pareto(reader: &mut Reader<'_, '_>) -> Result<Family, Error> {
    reader.check_form()?;
    if !reader.has("min") {
        let mean = reader.positive("mean")?;
        let alpha = reader.number("alpha", ALPHA.0, ALPHA.1)?;
        if alpha <= 1.0 {
            return Err(Error::InfiniteMean { alpha, mean });
        }
        let min = mean.as_secs_f64() * (alpha - 1.0) / alpha;
        return Ok(Family::Pareto { min, alpha });
    }
    let span = reader.positive("min")?;
    let min = span.as_secs_f64();
    if reader.has("alpha") {
        let alpha = reader.number("alpha", ALPHA.0, ALPHA.1)?;
        return Ok(Family::Pareto { min, alpha });
    }
    let mean = reader.positive("mean")?;
    reader.ascending(("min", span), ("mean", mean))?;
    let mean = mean.as_secs_f64();
    let alpha = mean / (mean - min);
    in_range("pareto", "alpha (it follows from the rest)", alpha, (0.0, f64::MAX))?;
    Ok(Family::Pareto { min, alpha })
}

fn empirical(reader: &Reader<'_, '_>) -> Result<Empirical, Error> {
    let column = TimeColumn::from_arguments(reader.arguments, "runtime_s")?;
    Ok(Empirical::new(column, reader.arguments.span("max")?))
}
