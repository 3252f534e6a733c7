//! How narrow intervals must become: `p95(wait) < 5% and makespan < 30s`.

use std::fmt;
use std::str::FromStr;

use crate::experiment::format::{duration_of_secs, number, percent};
use crate::experiment::planning::Metric;
use crate::experiment::planning::metric::Unit;
use crate::experiment::stats::Estimate;
use crate::kernel::SimDuration;

/// What half the width of an interval may be at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// This share of the mean.
    OfMean(f64),
    /// So much, in the metric's unit.
    Absolute(f64),
}

/// One demand: the interval of the mean of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// Of what.
    pub metric: Metric,
    /// How narrow.
    pub width: Width,
}

/// Demands that must all hold; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision(pub Vec<Demand>);

impl Demand {
    /// Whether `sample` shows the mean that precisely.
    #[must_use]
    pub fn holds(&self, sample: &[f64], confidence: f64) -> bool {
        self.holds_for(Estimate::of(sample, confidence))
    }

    /// Whether the estimate is that precise. One without an interval (of one run, or where something was without end) is not.
    #[must_use]
    pub fn holds_for(&self, estimate: Option<Estimate>) -> bool {
        let Some((mean, interval)) = estimate.and_then(|estimate| Some((estimate.mean, estimate.interval?))) else {
            return false;
        };
        let most = match self.width {
            Width::OfMean(share) => share * mean.abs(),
            Width::Absolute(width) => width,
        };
        interval.half_width() <= most
    }
}

impl FromStr for Demand {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let behind = text.rfind([')', ']']).map_or(0, |at| at + 1);
        let sign = text[behind..].find('<').map(|at| behind + at);
        let sign = sign.ok_or_else(|| {
            format!("{text:?} is no precision: write METRIC < WIDTH, such as p95(wait) < 5% or makespan < 30s")
        })?;
        let name = text[..sign].trim();
        // As one also says it: ci(p95(wait)) < 5%.
        let inner = name.strip_prefix("ci(").and_then(|rest| rest.strip_suffix(')'));
        let metric: Metric = inner.unwrap_or(name).parse()?;
        let width = text[sign + 1..].trim_start_matches('=').trim();
        let positive = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0);
        let width = match (width.strip_suffix('%'), metric.measure.unit()) {
            (Some(percent), _) => positive(percent).map(|percent| Width::OfMean(percent / 100.0)),
            (None, Unit::Seconds) => width
                .replace(' ', "")
                .parse::<SimDuration>()
                .ok()
                .filter(|width| !width.is_zero())
                .map(|width| Width::Absolute(width.as_secs_f64())),
            (None, Unit::Share | Unit::Count) => positive(width).map(Width::Absolute),
        };
        let width = width.ok_or_else(|| format!("{text:?}: the width is no share such as 5%, nor a time or number"))?;
        Ok(Self { metric, width })
    }
}

impl FromStr for Precision {
    type Err = String;

    /// # Errors
    /// Everything that is wrong with any demand, in words.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut demands, mut problems) = (Vec::new(), Vec::new());
        for part in text.split(" and ") {
            match part.parse() {
                Ok(demand) => demands.push(demand),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self(demands))
        } else {
            Err(problems.join("; "))
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = match (self.width, self.metric.measure.unit()) {
            (Width::OfMean(share), _) => percent(share),
            (Width::Absolute(width), Unit::Seconds) => duration_of_secs(width),
            (Width::Absolute(width), Unit::Share | Unit::Count) => number(width),
        };
        write!(f, "{} < {width}", self.metric)
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let demands: Vec<String> = self.0.iter().map(Demand::to_string).collect();
        f.write_str(&demands.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precisions_are_read() {
        let texts = [
            "p95(wait) < 5%",
            "ci(p95(wait[gpus=8])) <= 5 %",
            "makespan<30s and utilization < 0.01 and failed_jobs < 2",
            "makespan < 0s",
            "makespan < 0%",
            "makespan > 5%",
            "makspan < 5%",
            "utilization < 5s",
        ];
        let told = texts.map(|text| match text.parse::<Precision>() {
            Ok(precision) => precision.to_string(),
            Err(problem) => format!("error: {problem}"),
        });
        insta::assert_snapshot!(told.join("\n"), @r#"
        p95(wait) < 5 %
        p95(wait[gpus=8]) < 5 %
        makespan < 30s and utilization < 0.01 and failed_jobs < 2
        error: "makespan < 0s": the width is no share such as 5%, nor a time or number
        error: "makespan < 0%": the width is no share such as 5%, nor a time or number
        error: "makespan > 5%" is no precision: write METRIC < WIDTH, such as p95(wait) < 5% or makespan < 30s
        error: there is no metric "makspan"; did you mean "makespan"?
        error: "utilization < 5s": the width is no share such as 5%, nor a time or number
        "#);
    }

    #[test]
    fn a_width_is_half_the_interval() {
        // Mean 10, standard error 1.08, t(3) = 3.18.
        let sample = [8.0, 12.0, 8.267_949_192_431_123, 11.732_050_807_568_877];
        let half = Estimate::of(&sample, 0.95)
            .and_then(|e| e.interval)
            .expect("four elements")
            .half_width();
        let holds = |text: &str| text.parse::<Demand>().expect("a demand").holds(&sample, 0.95);
        assert!((half - 3.45).abs() < 0.02, "{half}");
        assert!(holds("makespan < 40%") && !holds("makespan < 30%"));
        assert!(holds("makespan < 4s") && !holds("makespan < 3s"));
        let demand: Demand = "makespan < 99%".parse().expect("a demand");
        assert!(!demand.holds(&[1.0], 0.95), "one run shows nothing");
        assert!(!demand.holds(&[1.0, 1.0, f64::INFINITY], 0.95));
    }
}
