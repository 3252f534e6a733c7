//! From problems to findings: each gets the code and the level of its check.

use crate::api::problem::{Problem, Problems, Severity};
use crate::check::{Finding, Level, find, told};

/// See [`super::findings`].
pub(super) fn classify(problems: &Problems) -> Vec<Finding> {
    let mut sources: Vec<&str> = Vec::new();
    let mut found: Vec<(usize, Finding)> = Vec::new();
    for problem in problems.list().iter().chain(problems.advice()) {
        let name = problem.source.as_ref().map(|source| source.name.as_str());
        let position = name.map_or(0, |name| {
            // Problems of one source mostly come together, so it is among the last.
            let known = sources.iter().rposition(|known| *known == name);
            1 + known.unwrap_or_else(|| {
                sources.push(name);
                sources.len() - 1
            })
        });
        found.push((position, finding(problem)));
    }
    found.sort_by_key(|(position, finding)| (*position, finding.problem.place, finding.check.level));
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn finding(problem: &Problem) -> Finding {
    let given = Some(problem.code).filter(|code| !code.is_empty());
    let check = given.and_then(find).unwrap_or_else(|| told::recognise(problem));
    let mut problem = problem.clone();
    problem.code = check.code;
    problem.severity = match check.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Note => Severity::Note,
    };
    Finding { check, problem }
}
