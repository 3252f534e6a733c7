//! What the readers of one input share: the resource table, the problems, what the whole input holds, what was told already.

use std::collections::BTreeSet;

use super::priority::PriorityClasses;
use super::reader::Field;
use crate::api::problem::Problems;
use crate::cluster::ResourceTable;
use crate::cluster::spec::Labels;

/// The state of reading one input.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The resources of the simulation.
    pub resources: &'a mut ResourceTable,
    /// The problems found so far.
    pub problems: &'a mut Problems,
    /// The priority classes of the input, with the two that every cluster has.
    pub priorities: PriorityClasses,
    /// The names of resources that some Node of the input offers.
    pub offered: BTreeSet<String>,
    /// The namespace and name of each PersistentVolumeClaim of the input.
    pub claims: BTreeSet<(String, String)>,
    /// The namespace and selector of each Service of the input.
    pub services: Vec<(String, Labels)>,
    /// Paths (without list indices) that a warning was given for.
    told: BTreeSet<String>,
}

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub fn new(resources: &'a mut ResourceTable, problems: &'a mut Problems) -> Self {
        Self {
            resources,
            problems,
            priorities: PriorityClasses::default(),
            offered: BTreeSet::new(),
            claims: BTreeSet::new(),
            services: Vec::new(),
            told: BTreeSet::new(),
        }
    }
    /// Warns about a field, the first time its path (list indices aside) comes up in the whole input.
    pub fn warn_once(&mut self, field: &Field<'_>, message: impl Into<String>, hint: Option<String>) {
        if self.told.insert(without_indices(field.path())) {
            field.warning(self.problems, message, hint);
        }
    }
    /// Warns once, if the field is there, that it is not simulated and what that means.
    pub fn not_simulated(&mut self, field: &Field<'_>, meaning: &str) {
        if !field.is_empty() {
            let message = format!("`{}` is not simulated; {meaning}", without_indices(field.path()));
            self.warn_once(field, message, None);
        }
    }
    /// Warns once about something that has no field of its own, known by `key`.
    pub fn warn_once_for(&mut self, key: &str, field: &Field<'_>, message: impl Into<String>, hint: Option<String>) {
        if self.told.insert(key.to_owned()) {
            field.warning(self.problems, message, hint);
        }
    }
}

/// `containers[3].ports[0]` as `containers[].ports[]`; map keys stay.
fn without_indices(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        out.push('[');
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = if after[digits..].starts_with(']') {
            &after[digits..]
        } else {
            after
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::without_indices;

    #[test]
    fn indices_go_and_keys_stay() {
        for (path, expected) in [
            ("spec.replicas", "spec.replicas"),
            ("a[0].b[12].c", "a[].b[].c"),
            ("limits[nvidia.com/gpu]", "limits[nvidia.com/gpu]"),
            ("limits[2x]", "limits[2x]"),
        ] {
            assert_eq!(without_indices(path), expected);
        }
    }
}
