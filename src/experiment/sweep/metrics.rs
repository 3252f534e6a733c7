//! What is measured in each run, as one writes it: `p95(wait),makespan,utilization`.

use std::fmt;
use std::str::FromStr;

use crate::experiment::planning::Metric;

/// Measured by a sweep unless something else is asked for.
pub const USUAL: &str = "makespan,mean(wait),p95(wait),utilization,failed_jobs,unfinished_jobs";

/// Measured when two scenarios are compared, unless something else is asked for: all there is.
pub const EVERY: &str = "makespan,mean(wait),p50(wait),p95(wait),max(wait),mean(turnaround),p95(turnaround),max(turnaround),\
    mean(queue),max(queue),utilization,goodput,failed_jobs,unfinished_jobs,attempts";

/// Metrics, each once, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricList(pub Vec<Metric>);

impl FromStr for MetricList {
    type Err = String;

    /// Commas in parentheses and brackets belong to a metric. Metrics that are named twice are taken once.
    ///
    /// # Errors
    /// Everything that is wrong with any metric, in words.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut parts, mut depth) = (vec![String::new()], 0_i32);
        for c in text.chars() {
            depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
            match parts.last_mut() {
                Some(last) if c != ',' || depth > 0 => last.push(c),
                _ => parts.push(String::new()),
            }
        }
        let (mut metrics, mut problems) = (Vec::<Metric>::new(), Vec::new());
        for part in parts {
            match part.parse() {
                Ok(metric) if metrics.contains(&metric) => {}
                Ok(metric) => metrics.push(metric),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self(metrics))
        } else {
            Err(problems.join("; "))
        }
    }
}

impl fmt::Display for MetricList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(Metric::to_string).collect();
        f.write_str(&texts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let texts = [
            USUAL,
            EVERY,
            "p95(wait), makespan",
            "p95(wait[gpus=8,job=a]),makespan,makespan",
            "p95(wiat),makespan,wait",
            "",
        ];
        let told = texts.map(|text| match text.parse::<MetricList>() {
            Ok(list) => list.to_string(),
            Err(problem) => format!("error: {problem}"),
        });
        insta::assert_snapshot!(told.join("\n"), @r#"
        makespan,mean(wait),p95(wait),utilization,failed_jobs,unfinished_jobs
        makespan,mean(wait),p50(wait),p95(wait),max(wait),mean(turnaround),p95(turnaround),max(turnaround),mean(queue),max(queue),utilization,goodput,failed_jobs,unfinished_jobs,attempts
        p95(wait),makespan
        p95(wait[gpus=8,job=a]),makespan
        error: there is no metric "wiat"; did you mean "wait"?; a run has many of wait: write mean(wait), p95(wait) or max(wait)
        error: there is no metric ""; there are makespan, wait, turnaround, queue, utilization, goodput, failed_jobs, unfinished_jobs, attempts
        "#);
    }
}
