//! `makespan check`: what is wrong with manifests, or is not what was meant, with a lesson for each kind of problem.
//!
//! Problems come from three sides. The structural check ([`crate::api::schema`]) and the readers of the kinds
//! ([`crate::api::objects`]) tell what the API server refuses, in its words; `told` recognises those and gives each its code.
//! `lessons` look at what the API server accepts. All of them, with their lessons, are listed in [`all`].
//!
//! **A new check** is one file in `lessons` (what it finds, why that matters, a bad and a good example, the function, its
//! tests) and one line in `lessons/mod.rs`. docs/checks.md is made from the list.

use crate::api::problem::{Problem, Problems, Severity};

mod classify;
mod cluster;
mod document;
mod examples;
mod explain;
mod lessons;
mod manifests;
mod output;
mod sarif;
mod told;

pub use cluster::{Cluster, Workload};
pub use document::markdown;
pub use explain::{explain, table_of_codes};
pub use manifests::{Manifest, Manifests};
pub use output::{csv, json, table};
pub use sarif::sarif;

use crate::api::objects::Field;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The API server refuses the object, or makespan its own input.
    Error,
    /// It is accepted, but it is not what was meant.
    Warning,
    /// It is accepted and may be meant, but makespan does not simulate it.
    Note,
}

impl Level {
    /// The word for it, as SARIF has it, too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// How a check finds what it is about.
#[derive(Clone, Copy, Debug)]
pub enum Finder {
    /// The readers of manifests tell it; this recognises it.
    Told(fn(&Problem) -> bool),
    /// It looks at one object among all.
    Object(fn(&Manifest<'_>, &Manifests<'_>, &mut Report<'_>)),
    /// It looks at one workload and the cluster that it is to run on.
    Cluster(fn(&Workload, &Cluster<'_>, &mut Report<'_>)),
}

/// A kind of problem, and the lesson about it.
#[derive(Debug)]
pub struct Check {
    /// Its name, which never changes: `image-latest`.
    pub code: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What it finds, in one sentence.
    pub what: &'static str,
    /// Why that matters and what happens, in some sentences.
    pub why: &'static str,
    /// A manifest that has the problem; empty where no manifest can show it.
    pub bad: &'static str,
    /// The same without the problem; empty if `bad` is.
    pub good: &'static str,
    /// Where Kubernetes' documentation (or that of makespan) tells more.
    pub page: &'static str,
    /// How it is found.
    pub finder: Finder,
}

/// What a check tells its findings to.
#[derive(Debug)]
pub struct Report<'a> {
    check: &'static Check,
    problems: &'a mut Problems,
}

impl Report<'_> {
    /// Tells a finding at `field`, and what to do about it.
    pub fn tell(&mut self, field: &Field<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Problem {
            severity: Severity::Warning,
            code: self.check.code,
            source: Some(field.source().clone()),
            place: field.place(),
            path: field.path().to_owned(),
            message: message.into(),
            hint: Some(hint.into()),
        });
    }
    /// Tells a finding about a whole workload.
    pub fn tell_of(&mut self, workload: &Workload, path: &str, message: &str, hint: impl Into<String>) {
        self.push(Problem {
            severity: Severity::Warning,
            code: self.check.code,
            source: Some(workload.source.clone()),
            place: workload.place,
            path: path.to_owned(),
            message: format!("{}: {message}", workload.what),
            hint: Some(hint.into()),
        });
    }
    fn push(&mut self, problem: Problem) {
        self.problems.advise(problem);
    }
}

/// One finding of [`findings`].
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of problem it is.
    pub check: &'static Check,
    /// The problem itself, with its code, and with the severity of its check.
    pub problem: Problem,
}

/// Every check, in the order of docs/checks.md.
pub fn all() -> impl Iterator<Item = &'static Check> {
    told::all()
        .chain([&told::OTHER_ERROR, &told::OTHER_WARNING, &told::ABSENT])
        .chain(lessons::LESSONS.iter().copied())
}

/// The check with this code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Check> {
    all().find(|check| check.code == code)
}

/// The lessons about `manifests`: what Kubernetes accepts and is not what was meant.
pub fn lessons(manifests: &Manifests<'_>, problems: &mut Problems) {
    for manifest in manifests.list() {
        for check in lessons::LESSONS {
            if let Finder::Object(run) = check.finder {
                run(manifest, manifests, &mut Report { check, problems });
            }
        }
    }
}

/// The lessons about workloads on the cluster that they are to run on.
pub fn lessons_of_cluster(workloads: &[Workload], cluster: &Cluster<'_>, problems: &mut Problems) {
    for workload in workloads {
        for check in lessons::LESSONS {
            if let Finder::Cluster(run) = check.finder {
                run(workload, cluster, &mut Report { check, problems });
            }
        }
    }
}

/// What was told, with the code of each problem, in the order of sources and places.
#[must_use]
pub fn findings(problems: &Problems) -> Vec<Finding> {
    classify::classify(problems)
}
