//! Problems in what a user gave: where, what was found, what to do. All of them are collected before anything stops.

use std::sync::Arc;

use crate::api::value::{Place, Source};

mod render;

pub use render::render;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be run: Kubernetes, or the simulator, would refuse it.
    Error,
    /// Nothing can be run, though nothing is wrong: data that is not shipped, such as a trace, is not on this machine.
    Absent,
    /// Accepted, but probably not what was meant, or not simulated.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Whether it keeps a run from being made.
    #[must_use]
    pub const fn forbids(self) -> bool {
        match self {
            Self::Error | Self::Absent => true,
            Self::Warning | Self::Note => false,
        }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The code of its check ([`crate::check::Check::code`]), where that is known; else empty.
    pub code: &'static str,
    /// The source it is in; `None` for a problem of the command line as a whole.
    pub source: Option<Arc<Source>>,
    /// Where in the source.
    pub place: Place,
    /// The field, as Kubernetes writes paths: `spec.template.spec.containers[0].image`. May be empty.
    pub path: String,
    /// What is wrong, in the API server's words where it has some, with what was found.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Problems gathered on the way. Reading goes on after a problem, so that one run tells them all.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    advice: Vec<Problem>,
}

impl Problems {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            list: Vec::new(),
            advice: Vec::new(),
        }
    }
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.list.push(problem);
    }
    /// Adds an error in `source`.
    pub fn error(
        &mut self,
        source: &Arc<Source>,
        place: Place,
        path: &str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Problem {
            severity: Severity::Error,
            code: "",
            source: Some(source.clone()),
            place,
            path: path.to_owned(),
            message: message.into(),
            hint,
        });
    }
    /// Adds a warning in `source`.
    pub fn warning(
        &mut self,
        source: &Arc<Source>,
        place: Place,
        path: &str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Problem {
            severity: Severity::Warning,
            code: "",
            source: Some(source.clone()),
            place,
            path: path.to_owned(),
            message: message.into(),
            hint,
        });
    }
    /// Adds an error that has no place in a file, such as one of a flag.
    pub fn general_error(&mut self, message: impl Into<String>, hint: Option<String>) {
        self.push(Problem {
            severity: Severity::Error,
            code: "",
            source: None,
            place: Place::default(),
            path: String::new(),
            message: message.into(),
            hint,
        });
    }
    /// Takes over the problems of `other`.
    pub fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
        self.advice.append(&mut other.advice);
    }
    /// Makes errors of all warnings: nothing that is asked for may be left out.
    pub fn forbid_warnings(&mut self) {
        for problem in &mut self.list {
            if problem.severity == Severity::Warning {
                problem.severity = Severity::Error;
            }
        }
    }
    /// Gives those from the `first`-th on that `belong` the code of a check.
    pub fn mark(&mut self, first: usize, code: &'static str, belong: impl Fn(&Problem) -> bool) {
        let since = self.list.iter_mut().skip(first);
        for problem in since.filter(|problem| belong(problem)) {
            problem.code = code;
        }
    }
    /// Whether any of them keeps a run from being made.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|p| p.severity.forbids())
    }
    /// Whether absent data is all that keeps a run from being made.
    #[must_use]
    pub fn only_absent(&self) -> bool {
        let mut forbidding = self.list.iter().filter(|p| p.severity.forbids()).peekable();
        forbidding.peek().is_some() && forbidding.all(|p| p.severity == Severity::Absent)
    }
    /// Adds what is no problem of this input as such, accepted and simulated as it stands, but is probably not what was meant:
    /// a lesson of [`crate::check`].
    pub fn advise(&mut self, problem: Problem) {
        self.advice.push(problem);
    }
    /// What is probably not meant, in order of appearance.
    #[must_use]
    pub fn advice(&self) -> &[Problem] {
        &self.advice
    }
    /// All of them, in order of appearance, advice left out.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.list
    }
}
