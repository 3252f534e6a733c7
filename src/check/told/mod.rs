//! Problems that the readers of manifests tell: each is recognised by the API server's words.

use crate::api::problem::{Problem, Severity};
use crate::check::{Check, Finder, Level};

mod autoscaling;
mod jobs;
mod pods;
mod resources;
mod structure;
mod values;
mod workloads;

pub(super) use values::{ABSENT, OTHER_ERROR, OTHER_WARNING};

/// All of them; the first that recognises a problem names it.
pub(super) fn all() -> impl Iterator<Item = &'static Check> {
    let particular = [
        structure::CHECKS,
        resources::CHECKS,
        jobs::CHECKS,
        workloads::CHECKS,
        autoscaling::CHECKS,
        pods::CHECKS,
    ];
    particular.into_iter().flatten().chain(values::CHECKS)
}

/// The check of a problem that has no code of its own.
pub(super) fn recognise(problem: &Problem) -> &'static Check {
    let forbids = problem.severity.forbids();
    // What the readers only warn of never is an error here.
    let is_it = |check: &&Check| {
        (forbids || check.level != Level::Error) && matches!(check.finder, Finder::Told(is_it) if is_it(problem))
    };
    if problem.severity == Severity::Absent {
        return &ABSENT;
    }
    let rest = if forbids { &OTHER_ERROR } else { &OTHER_WARNING };
    all().find(is_it).unwrap_or(rest)
}

/// Whether the message of a problem has this text.
fn says(problem: &Problem, text: &str) -> bool {
    problem.message.contains(text)
}

/// Whether the field of a problem has this name, list indices aside.
fn field(problem: &Problem, name: &str) -> bool {
    problem.path.rsplit('.').next().is_some_and(|last| {
        let end = last.find('[').unwrap_or(last.len());
        &last[..end] == name
    })
}

/// An error that the readers tell.
const fn error(
    code: &'static str,
    is_it: fn(&Problem) -> bool,
    what: &'static str,
    why: &'static str,
    page: &'static str,
    (bad, good): (&'static str, &'static str),
) -> Check {
    Check {
        code,
        level: Level::Error,
        what,
        why,
        bad,
        good,
        page,
        finder: Finder::Told(is_it),
    }
}

/// A warning that the readers tell.
const fn warning(
    code: &'static str,
    is_it: fn(&Problem) -> bool,
    what: &'static str,
    why: &'static str,
    page: &'static str,
    examples: (&'static str, &'static str),
) -> Check {
    Check {
        level: Level::Warning,
        ..error(code, is_it, what, why, page, examples)
    }
}

/// A note that the readers tell.
const fn note(
    code: &'static str,
    is_it: fn(&Problem) -> bool,
    what: &'static str,
    why: &'static str,
    page: &'static str,
    examples: (&'static str, &'static str),
) -> Check {
    Check {
        level: Level::Note,
        ..error(code, is_it, what, why, page, examples)
    }
}
