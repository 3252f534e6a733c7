//! Which combinations of values are played: all of several lists, or those of a table.

use crate::experiment::planning::Variation;

/// The most combinations of one sweep.
pub const MOST: usize = 100_000;

/// Combinations of values, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// What is varied, by its path in the scenario (see [`crate::scenario::vary`]).
    pub factors: Vec<String>,
    /// The combinations; each has a value for every factor.
    pub points: Vec<Vec<String>>,
}

impl Design {
    /// Every combination of the rows of `table` (of the only, empty row without one) with all values of `variations`; the last
    /// one varies fastest.
    ///
    /// # Errors
    /// What is wrong, in words: nothing to vary, something varied twice, too many combinations, a table that is none.
    pub fn new(table: Option<&str>, variations: &[Variation]) -> Result<Self, String> {
        let (mut factors, mut points) = match table {
            Some(text) => rows(text)?,
            None => (Vec::new(), vec![Vec::new()]),
        };
        for variation in variations {
            let values = &variation.values.0;
            if points.len().saturating_mul(values.len()) > MOST {
                return Err(format!("there are more than {MOST} combinations"));
            }
            factors.push(variation.path.clone());
            points = points
                .iter()
                .flat_map(|point| {
                    values
                        .iter()
                        .map(move |value| [point.as_slice(), std::slice::from_ref(value)].concat())
                })
                .collect();
        }
        if factors.is_empty() {
            return Err("nothing is varied: give --vary PATH=VALUES, or --points FILE".to_owned());
        }
        if let Some((_, twice)) = factors
            .iter()
            .enumerate()
            .find(|(i, path)| factors[..*i].contains(path))
        {
            return Err(format!("{twice} is varied twice"));
        }
        Ok(Self { factors, points })
    }

    /// What a combination sets.
    pub fn assignments(&self, point: usize) -> impl Iterator<Item = (&str, &str)> {
        let values = self.points[point].iter().map(String::as_str);
        self.factors.iter().map(String::as_str).zip(values)
    }

    /// Combinations that between them have every value: all that can be wrong with single values shows in them.
    #[must_use]
    pub fn samples(&self) -> Vec<usize> {
        let mut seen = std::collections::BTreeSet::new();
        let is_new = |point: &usize| {
            let values = self.points[*point].iter().enumerate();
            let new = values.filter(|value| seen.insert(*value)).count();
            new > 0
        };
        (0..self.points.len()).filter(is_new).collect()
    }
}

/// The header and the rows of a CSV table.
fn rows(text: &str) -> Result<(Vec<String>, Vec<Vec<String>>), String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let owned = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<String>>();
    let factors = owned(reader.headers().map_err(|error| error.to_string())?);
    let mut points = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let point = owned(&record);
        if point.iter().any(String::is_empty) {
            return Err(format!("line {line}: a value is missing"));
        }
        points.push(point);
        if points.len() > MOST {
            return Err(format!("there are more than {MOST} rows"));
        }
    }
    if factors.iter().any(String::is_empty) {
        return Err("the first line names what is varied, a path in each column; one is missing".to_owned());
    }
    if points.is_empty() {
        return Err("there is no row below the first line, which names what is varied".to_owned());
    }
    Ok((factors, points))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(table: Option<&str>, vary: &[&str]) -> String {
        let variations: Vec<Variation> = vary.iter().map(|text| text.parse().expect("values")).collect();
        match Design::new(table, &variations) {
            Ok(design) => {
                let points: Vec<String> = design.points.iter().map(|point| point.join("/")).collect();
                format!(
                    "{}: {} (samples {:?})",
                    design.factors.join(","),
                    points.join(" "),
                    design.samples()
                )
            }
            Err(why) => format!("error: {why}"),
        }
    }

    #[test]
    fn combinations_are_listed() {
        let told = [
            design(None, &["nodes=1..3"]),
            design(None, &["nodes=1,2", "rate=2/h,4/h,8/h"]),
            design(Some("a,b\n1,x\n2,\"y,z\"\n"), &[]),
            design(Some("a\n1\n2\n"), &["b=5,6"]),
            design(None, &[]),
            design(None, &["n=1,2", "n=3"]),
            design(None, &["n=1..1000", "m=1..1000"]),
            design(Some("a,b\n1\n"), &[]),
            design(Some("a,b\n1,\n"), &[]),
            design(Some("a,\n1,2\n"), &[]),
            design(Some("a\n"), &[]),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        nodes: 1 2 3 (samples [0, 1, 2])
        nodes,rate: 1/2/h 1/4/h 1/8/h 2/2/h 2/4/h 2/8/h (samples [0, 1, 2, 3])
        a,b: 1/x 2/y,z (samples [0, 1])
        a,b: 1/5 1/6 2/5 2/6 (samples [0, 1, 2])
        error: nothing is varied: give --vary PATH=VALUES, or --points FILE
        error: n is varied twice
        error: there are more than 100000 combinations
        error: CSV error: record 1 (line: 2, byte: 4): found record with 1 fields, but the previous record has 2 fields
        error: line 2: a value is missing
        error: the first line names what is varied, a path in each column; one is missing
        error: there is no row below the first line, which names what is varied
        ");
    }
}
