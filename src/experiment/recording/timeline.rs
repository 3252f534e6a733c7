//! What happened in a cluster, as a recorder's watches show it: one form for recordings and for their replays, so that both are
//! measured by the same code.

use std::collections::{BTreeMap, BTreeSet};

/// One change of one object, as a row of events.csv.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Seconds from the recording's time zero.
    pub at: f64,
    /// Kind of the object: `Pod`, `Job`, …; `Event` for core Events.
    pub kind: String,
    /// Its name; of core Events `<Kind>/<name>` of what they are about.
    pub name: String,
    /// What happened: `created`, `scheduled`, `condition`, …; of core Events their reason.
    pub event: String,
    /// The node, where one is known.
    pub node: String,
    /// The rest: a message, a status, an exit code.
    pub detail: String,
}

impl Row {
    /// A row without node and detail.
    #[must_use]
    pub fn new(at: f64, kind: &str, name: &str, event: &str) -> Self {
        Self {
            at,
            kind: kind.to_owned(),
            name: name.to_owned(),
            event: event.to_owned(),
            node: String::new(),
            detail: String::new(),
        }
    }
    /// The same with a node.
    #[must_use]
    pub fn on(mut self, node: &str) -> Self {
        node.clone_into(&mut self.node);
        self
    }
    /// The same with a detail.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// What does not change about a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodFacts {
    /// Name of its direct owner; empty for a bare pod.
    pub owner: String,
    /// Its completion index.
    pub index: Option<u32>,
    /// Where it was bound.
    pub node: Option<String>,
}

/// Which changes a timeline tells of: events by kind of object; `None` for all of a kind.
pub type Told = BTreeMap<String, Option<BTreeSet<String>>>;

/// What happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// All changes, in order of time.
    pub rows: Vec<Row>,
    /// The pods by name.
    pub pods: BTreeMap<String, PodFacts>,
    /// When the client sent each object (`Job/train`), in seconds.
    pub submitted: BTreeMap<String, f64>,
    /// What the rows tell of.
    pub told: Told,
    /// What of that they do not tell, by kind and event.
    pub untold: BTreeSet<(String, String)>,
}

impl Timeline {
    /// Whether changes of this kind are told.
    #[must_use]
    pub fn tells(&self, kind: &str, event: &str) -> bool {
        match self.told.get(kind) {
            _ if self.untold.contains(&(kind.to_owned(), event.to_owned())) => false,
            None => false,
            Some(None) => true,
            Some(Some(events)) => events.contains(event),
        }
    }
    /// Adds `event` to what is told of `kind`.
    pub fn add_told(&mut self, kind: &str, event: &str) {
        let known = self
            .told
            .entry(kind.to_owned())
            .or_insert_with(|| Some(BTreeSet::new()));
        if let Some(events) = known {
            events.insert(event.to_owned());
        }
    }
    /// Puts the rows in order of time; rows of one instant keep theirs.
    pub fn sort(&mut self) {
        self.rows.sort_by(|a, b| a.at.total_cmp(&b.at));
    }
    /// Without what came after `end`, if there is one.
    #[must_use]
    pub fn until(mut self, end: Option<f64>) -> Self {
        if let Some(end) = end {
            self.rows.retain(|row| row.at <= end);
        }
        self
    }
    /// The rows of one kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }
    /// The rows of each object of a kind, in order of time.
    #[must_use]
    pub fn by_name<'a>(&'a self, kind: &'a str) -> BTreeMap<&'a str, Vec<&'a Row>> {
        let mut objects: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in self.of_kind(kind) {
            objects.entry(&row.name).or_default().push(row);
        }
        objects
    }
    /// When each Job was seen Complete or Failed.
    #[must_use]
    pub fn ended_jobs(&self) -> BTreeMap<&str, f64> {
        let ended = self.of_kind("Job").filter(|row| {
            row.event == "condition"
                && (row.detail.starts_with("Complete=True") || row.detail.starts_with("Failed=True"))
        });
        ended.map(|row| (row.name.as_str(), row.at)).collect()
    }
    /// When the last Job ended; nothing if there is none, or if one that was seen has not ended.
    #[must_use]
    pub fn makespan(&self) -> Option<f64> {
        let ended = self.ended_jobs();
        let unfinished = self.of_kind("Job").any(|row| !ended.contains_key(row.name.as_str()));
        let last = ended.values().copied().reduce(f64::max);
        last.filter(|_| !unfinished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(at: f64, name: &str, text: &str) -> Row {
        Row::new(at, "Job", name, "condition").saying(text)
    }

    #[test]
    fn the_makespan_needs_every_job_to_end() {
        let mut timeline = Timeline {
            rows: vec![
                condition(3.0, "a", "Complete=True reason=CompletionsReached: x"),
                condition(1.0, "b", "SuccessCriteriaMet=True reason=x: y"),
            ],
            ..Timeline::default()
        };
        assert_eq!(timeline.makespan(), None);
        timeline
            .rows
            .push(condition(2.0, "b", "Failed=True reason=BackoffLimitExceeded: x"));
        timeline.sort();
        assert_eq!(timeline.makespan(), Some(3.0));
        assert_eq!(timeline.clone().until(Some(2.0)).ended_jobs(), [("b", 2.0)].into());
        assert_eq!(Timeline::default().makespan(), None);
    }

    #[test]
    fn a_timeline_knows_what_it_tells() {
        let mut timeline = Timeline::default();
        timeline.add_told("Pod", "created");
        timeline.told.insert("Job".to_owned(), None);
        timeline.add_told("Job", "created");
        assert!(timeline.tells("Pod", "created") && timeline.tells("Job", "status"));
        assert!(!timeline.tells("Pod", "ready") && !timeline.tells("Node", "changed"));
    }
}
