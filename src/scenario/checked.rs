//! Reading for `makespan check`: everything is told, and nothing need be there to be run.

use std::sync::Arc;

use crate::api::problem::Problems;
use crate::api::value::{Document, Source};
use crate::scenario::document;
use crate::scenario::load::{Flags, documents, read};

/// What the input is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be run: what a run needs must be there.
    Run,
    /// To be checked: it may be a part of something larger.
    Check,
}

/// Reads `sources` as [`crate::scenario::load::load`] does and tells everything that is wrong with them or not what was meant,
/// though nothing need be there to be run. If several sources hold a Scenario, each of those is checked alone. Returns how many
/// objects there were.
pub fn check(given: &[Arc<Source>], flags: &Flags, problems: &mut Problems) -> usize {
    let mut parts: Vec<Vec<Document>> = given.iter().map(|source| documents(source, problems)).collect();
    let is_scenario = |part: &Vec<Document>| part.iter().any(document::is_own);
    let groups = if parts.iter().filter(|part| is_scenario(part)).count() > 1 {
        let (mut groups, rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_scenario);
        groups.push(rest.into_iter().flatten().collect());
        groups
    } else {
        vec![parts.drain(..).flatten().collect()]
    };
    let objects = groups.into_iter().map(|documents| {
        let mut found = Problems::new();
        let (_, objects) = read("check", documents, flags, Purpose::Check, &mut found);
        problems.append(found);
        objects
    });
    objects.sum()
}
