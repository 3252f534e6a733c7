//! What is asked of a cluster: `p95(wait) <= 15m and failed_jobs <= 1`.

use std::fmt;
use std::str::FromStr;

use super::metric::{Metric, Unit};
use crate::kernel::SimDuration;

/// On which side of the threshold the number must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `<=`.
    AtMost,
    /// `>=`.
    AtLeast,
}

/// One demand: the mean of a metric over independent runs is at most, or at least, a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What is measured in each run.
    pub metric: Metric,
    /// On which side.
    pub side: Side,
    /// Of what, in the metric's unit (seconds, a share, a count).
    pub threshold: f64,
}

/// All that is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// At least one; all must hold.
    pub clauses: Vec<Clause>,
}

impl Clause {
    /// Whether a mean of `value` meets it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        match self.side {
            Side::AtMost => value <= self.threshold,
            Side::AtLeast => value >= self.threshold,
        }
    }
    /// A value of its metric, for people.
    #[must_use]
    pub fn text(&self, value: f64) -> String {
        self.metric.measure.unit().text(value)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::AtMost => "<=",
            Side::AtLeast => ">=",
        };
        write!(f, "{} {side} {}", self.metric, self.text(self.threshold))
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clauses: Vec<String> = self.clauses.iter().map(Clause::to_string).collect();
        write!(f, "{}", clauses.join(" and "))
    }
}

impl FromStr for Clause {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        // A filter such as [gpus=8] has a = of its own, so the sign is looked for behind it.
        let behind = text.rfind([')', ']']).map_or(0, |at| at + 1);
        let sign = text[behind..].find(['<', '>', '=']).map(|at| behind + at);
        let sign =
            sign.ok_or_else(|| format!("{text:?} is no goal: write METRIC <= VALUE, such as p95(wait) <= 15m"))?;
        let rest = text[sign..].trim_start_matches(['<', '>', '=']);
        let side = match &text[sign..text.len() - rest.len()] {
            "<=" | "<" => Side::AtMost,
            ">=" | ">" => Side::AtLeast,
            other => return Err(format!("{text:?}: {other} is neither <= nor >=")),
        };
        let metric: Metric = text[..sign].parse()?;
        let threshold = threshold(rest.trim(), metric.measure.unit()).map_err(|why| format!("{text:?}: {why}"))?;
        Ok(Self {
            metric,
            side,
            threshold,
        })
    }
}

fn threshold(text: &str, unit: Unit) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    match unit {
        Unit::Seconds => text
            .replace(' ', "")
            .parse::<SimDuration>()
            .map(SimDuration::as_secs_f64)
            .map_err(|_| format!("{text:?} is no time, such as 15m or 1h30m")),
        Unit::Share => match text.strip_suffix('%') {
            Some(percent) => number(percent).map(|p| p / 100.0),
            None => number(text),
        }
        .filter(|share| *share <= 1.0)
        .ok_or_else(|| format!("{text:?} is no share, such as 80%")),
        Unit::Count => number(text).ok_or_else(|| format!("{text:?} is no number")),
    }
}

impl FromStr for Goal {
    type Err = String;

    /// # Errors
    /// Everything that is wrong with any clause, in words.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut clauses, mut problems) = (Vec::new(), Vec::new());
        for part in text.split(" and ") {
            match part.parse() {
                Ok(clause) => clauses.push(clause),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { clauses })
        } else {
            Err(problems.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match text.parse::<Goal>() {
            Ok(goal) => goal.to_string(),
            Err(problem) => format!("error: {problem}"),
        }
    }

    #[test]
    fn goals_are_read() {
        let texts = [
            "p95(wait)<=15m",
            "p99.9(turnaround) < 2h and failed_jobs <= 1",
            "utilization >= 80%",
            "mean(wait[gpus=8, team=nlp]) <= 90s",
            "max(queue) <= 100",
            "median(wait) <= 5",
            "wait <= 15m",
            "p95(makespan) <= 1h",
            "p95(wiat) <= 15m and utilisation >= 2",
            "goodput >= 120%",
            "p95(wait) = 15m",
            "p95(wait)",
            "p101(wait) <= 1s",
            "p95(wait[8]) <= 1s",
            "p95(queue) <= 7",
            "",
        ];
        insta::assert_snapshot!(texts.map(read).join("\n"), @r#"
        p95(wait) <= 15m
        p99.9(turnaround) <= 2h and failed_jobs <= 1
        utilization >= 80 %
        mean(wait[gpus=8,team=nlp]) <= 1m 30s
        max(queue) <= 100
        p50(wait) <= 5s
        error: a run has many of wait: write mean(wait), p95(wait) or max(wait)
        error: a run has one makespan: write it without "p95" around it
        error: there is no metric "wiat"; did you mean "wait"?; there is no metric "utilisation"; did you mean "utilization"?
        error: "goodput >= 120%": "120%" is no share, such as 80%
        error: "p95(wait) = 15m": = is neither <= nor >=
        error: "p95(wait)" is no goal: write METRIC <= VALUE, such as p95(wait) <= 15m
        error: "p101" is no statistic; there are mean, max, median, p95 and the like
        error: [8] is no filter; write [job=NAME], [namespace=NAME], [priorityClass=NAME], [gpus=N] or [LABEL=VALUE]
        error: of the queue there are mean(queue), over time, and max(queue)
        error: "" is no goal: write METRIC <= VALUE, such as p95(wait) <= 15m
        "#);
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "p95(wait[job=train,gpus=8]) <= 1h 15m",
            "goodput >= 80 %",
            "max(queue) <= 12",
        ] {
            let goal: Goal = text.parse().expect(text);
            assert_eq!(goal.to_string(), text);
        }
    }
}
