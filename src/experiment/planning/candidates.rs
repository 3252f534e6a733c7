//! What is varied, and the values that may be tried: `nodes.a100=1..64`.

use std::str::FromStr;

/// The most values that one variation may have.
const MOST: usize = 100_000;

/// The values that may be tried, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates(pub Vec<String>);

/// A path in the scenario and the values that may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variation {
    /// The path, see [`crate::scenario::vary`].
    pub path: String,
    /// The values.
    pub values: Candidates,
}

impl FromStr for Variation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, values) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?}: write PATH=VALUES, such as nodes.a100=1..64"))?;
        let path = path.trim().to_owned();
        if path.is_empty() {
            return Err(format!("{text:?}: the path before = is missing"));
        }
        let values = values.parse().map_err(|why| format!("{text:?}: {why}"))?;
        Ok(Self { path, values })
    }
}

impl FromStr for Candidates {
    type Err = String;

    /// `1..64` every whole number, `4..64:4` every fourth; `log:1..1000:7` seven numbers that grow by a constant factor, rounded;
    /// `5m,10m,'f(a=1,b=2)'` a list, in which commas in parentheses belong to the value.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let values = if let Some(range) = text.strip_prefix("log:") {
            log_range(range)?
        } else if text.contains("..") {
            range(text)?
        } else {
            list(text)
        };
        if values.is_empty() || values.iter().any(String::is_empty) {
            return Err("a value is missing".to_owned());
        }
        Ok(Self(values))
    }
}

/// Ends and the number behind the colon of `from..to:number`.
fn ends(text: &str) -> Result<(u64, u64, Option<u64>), String> {
    let wrong = || format!("{text:?} is no range such as 1..64 or 4..64:4");
    let (range, number) = match text.split_once(':') {
        Some((range, number)) => (range, Some(number.trim().parse().map_err(|_| wrong())?)),
        None => (text, None),
    };
    let (from, to) = range.split_once("..").ok_or_else(wrong)?;
    let (from, to): (u64, u64) = (
        from.trim().parse().map_err(|_| wrong())?,
        to.trim().parse().map_err(|_| wrong())?,
    );
    if from > to {
        return Err(format!("{text:?}: {from} is more than {to}"));
    }
    if number == Some(0) {
        return Err(format!("{text:?}: 0 leads nowhere"));
    }
    Ok((from, to, number))
}

fn range(text: &str) -> Result<Vec<String>, String> {
    let (from, to, step) = ends(text)?;
    let step = step.unwrap_or(1);
    if (to - from) / step >= MOST as u64 {
        return Err(format!("{text:?} has more than {MOST} values"));
    }
    Ok((from..=to).step_by(step as usize).map(|n| n.to_string()).collect())
}

fn log_range(text: &str) -> Result<Vec<String>, String> {
    let (from, to, number) = ends(text)?;
    let number = number.unwrap_or(10).min(MOST as u64);
    if from == 0 {
        return Err(format!("{text:?}: a logarithmic range begins at 1 or later"));
    }
    let factor = to as f64 / from as f64;
    let steps = (number - 1).max(1) as f64;
    let mut values: Vec<u64> = (0..number)
        .map(|i| libm::round(from as f64 * libm::pow(factor, i as f64 / steps)) as u64)
        .collect();
    values.dedup();
    Ok(values.iter().map(u64::to_string).collect())
}

fn list(text: &str) -> Vec<String> {
    let (mut values, mut depth) = (vec![String::new()], 0_i32);
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match values.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => values.push(String::new()),
        }
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_listed() {
        let texts = [
            "n=1..5",
            "n=4..13:4",
            "n=log:1..1000:4",
            "n=log:1..3:9",
            "rate=2/h, 4/h",
            "runtime=5m,lognormal(median=5m,p95=1h)",
            "n=",
            "n=5..1",
            "n=1..5:0",
            "n=a..b",
            "=3",
            "n",
            "n=log:0..5",
            "n=0..9999999",
        ];
        let told = texts.map(|text| match text.parse::<Variation>() {
            Ok(variation) => format!("{}: {}", variation.path, variation.values.0.join(" | ")),
            Err(problem) => format!("error: {problem}"),
        });
        insta::assert_snapshot!(told.join("\n"), @r#"
        n: 1 | 2 | 3 | 4 | 5
        n: 4 | 8 | 12
        n: 1 | 10 | 100 | 1000
        n: 1 | 2 | 3
        rate: 2/h | 4/h
        runtime: 5m | lognormal(median=5m,p95=1h)
        error: "n=": a value is missing
        error: "n=5..1": "5..1": 5 is more than 1
        error: "n=1..5:0": "1..5:0": 0 leads nowhere
        error: "n=a..b": "a..b" is no range such as 1..64 or 4..64:4
        error: "=3": the path before = is missing
        error: "n": write PATH=VALUES, such as nodes.a100=1..64
        error: "n=log:0..5": "0..5": a logarithmic range begins at 1 or later
        error: "n=0..9999999": "0..9999999" has more than 100000 values
        "#);
    }
}
