//! The timeline of a recording, from its CSV files.
//!
//! `events.csv` tells every change that was watched; `pods.csv` has one row a pod and `jobs.csv` one row a Job with the time of
//! each change. Recordings with many Jobs have only the latter; where there are several, each adds what the others leave out.

use std::collections::{BTreeMap, BTreeSet};

use super::RecordingError;
use super::folder::Folder;
use super::rows::{Row as CsvRow, Rows};
use super::timeline::{PodFacts, Row, Timeline};

/// Columns of pods.csv that hold times, and the changes that they tell of.
const POD_COLUMNS: &[(&str, &str)] = &[
    ("created", "created"),
    ("scheduled", "scheduled"),
    ("running", "running"),
    ("ready", "ready"),
    ("deleting", "deleting"),
    ("finalizer_removed", "finalizers"),
    ("deleted", "deleted"),
];
/// The same of jobs.csv, of the only pod of each Job.
const JOB_POD_COLUMNS: &[(&str, &str)] = &[
    ("pod_created", "created"),
    ("pod_scheduled", "scheduled"),
    ("pod_running", "running"),
    ("pod_finished", "succeeded"),
    ("pod_finalizer_removed", "finalizers"),
];
/// More problems of one file than this are not told.
const MOST_PROBLEMS: usize = 10;

/// Reads what happened in the recording of `folder`.
///
/// # Errors
/// All that is malformed, or that nothing tells what happened.
pub fn read(folder: &Folder) -> Result<Timeline, Vec<RecordingError>> {
    let mut reader = Reader::default();
    let events = reader.file(folder, "events.csv", &["time_s", "kind", "name", "event"]);
    let pods = reader.file(folder, "pods.csv", &["pod", "created"]);
    let jobs = reader.file(folder, "jobs.csv", &["job"]);
    if let Some(rows) = &events {
        reader.each(rows, Reader::event);
    }
    if let Some(rows) = &pods {
        // What events.csv tells of a pod, pods.csv would only repeat.
        let mut in_events: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in reader.timeline.of_kind("Pod") {
            in_events.entry(row.name.clone()).or_default().insert(row.event.clone());
        }
        reader.in_events = in_events;
        reader.each(rows, Reader::pod);
        if events.is_none() {
            reader.tell_columns(rows, POD_COLUMNS);
            for end in ["succeeded", "failed"] {
                reader.timeline.add_told("Pod", end);
            }
        }
    }
    if let Some(rows) = &jobs {
        reader.jobs_in_events = reader.timeline.of_kind("Job").map(|row| row.name.clone()).collect();
        reader.pods_are_known = pods.is_some() || events.is_some();
        reader.each(rows, Reader::job);
        if !reader.pods_are_known {
            reader.tell_columns(rows, JOB_POD_COLUMNS);
        }
        if events.is_none() {
            for event in ["created", "condition"] {
                reader.timeline.add_told("Job", event);
            }
        }
    }
    let nothing = events.is_none() && pods.is_none() && jobs.is_none();
    if reader.problems.is_empty() && nothing && !folder.has("results.csv") {
        reader.problems.push(RecordingError::Malformed {
            file: folder.name(),
            reason: "none of events.csv, pods.csv and jobs.csv is there, so nothing tells what happened".to_owned(),
        });
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    reader.forget_what_was_not_recorded();
    reader.timeline.sort();
    Ok(reader.timeline)
}

#[derive(Default)]
struct Reader {
    timeline: Timeline,
    problems: Vec<RecordingError>,
    in_events: BTreeMap<String, BTreeSet<String>>,
    jobs_in_events: BTreeSet<String>,
    pods_are_known: bool,
}

impl Reader {
    /// The rows of `file`, which must have these columns.
    fn file(&mut self, folder: &Folder, file: &str, columns: &[&str]) -> Option<Rows> {
        match Rows::read(folder, file) {
            Ok(Some(rows)) => {
                let missing = columns.iter().filter(|column| !rows.has(column));
                let missing: Vec<&str> = missing.copied().collect();
                if missing.is_empty() {
                    return Some(rows);
                }
                self.problems.push(RecordingError::Malformed {
                    file: file.to_owned(),
                    reason: format!("there is no column {}", missing.join(", ")),
                });
                None
            }
            Ok(None) => None,
            Err(error) => {
                self.problems.push(error);
                None
            }
        }
    }

    fn each(&mut self, rows: &Rows, read: fn(&mut Self, CsvRow<'_>) -> Result<(), RecordingError>) {
        let before = self.problems.len();
        for row in rows.iter() {
            if let Err(problem) = read(self, row)
                && self.problems.len() - before < MOST_PROBLEMS
            {
                self.problems.push(problem);
            }
        }
    }

    /// Some recorders do not tell of these; one that never does is such a one.
    fn forget_what_was_not_recorded(&mut self) {
        for (kind, event) in [
            ("Pod", "container-waiting"),
            ("Pod", "container-not-waiting"),
            ("Deployment", "condition"),
            ("ReplicaSet", "condition"),
        ] {
            let seen = self.timeline.of_kind(kind).any(|row| row.event == event);
            if !seen {
                self.timeline.untold.insert((kind.to_owned(), event.to_owned()));
            }
        }
    }

    fn tell_columns(&mut self, rows: &Rows, columns: &[(&str, &str)]) {
        for (_, event) in columns.iter().filter(|(column, _)| rows.has(column)) {
            self.timeline.add_told("Pod", event);
        }
    }

    /// A row of events.csv.
    fn event(&mut self, row: CsvRow<'_>) -> Result<(), RecordingError> {
        let at = row.required_seconds("time_s")?;
        let (kind, name) = (row.required("kind")?, row.text("name").unwrap_or_default());
        let event = row.required("event")?;
        if kind == "Runner" {
            if event == "submit" {
                self.timeline.submitted.entry(name.to_owned()).or_insert(at);
            }
            return Ok(());
        }
        let mut change = Row::new(at, kind, name, event)
            .on(row.text("node").unwrap_or_default())
            .saying(row.text("detail").unwrap_or_default());
        if kind == "Pod" {
            // The fake kubelet shows a restart count of 0 when it deletes a pod.
            if event == "container-restarted" && change.detail == "restartCount=0" {
                return Ok(());
            }
            let facts = self.timeline.pods.entry(name.to_owned()).or_default();
            if event == "created" {
                take_owner(facts, &change.detail);
                change.detail = String::new();
            }
            if event == "scheduled" {
                facts.node = Some(change.node.clone());
            }
        }
        if !self.timeline.told.contains_key(kind) {
            self.timeline.told.insert(kind.to_owned(), None);
        }
        self.timeline.rows.push(change);
        Ok(())
    }

    /// A row of pods.csv.
    fn pod(&mut self, row: CsvRow<'_>) -> Result<(), RecordingError> {
        let name = row.required("pod")?.to_owned();
        let node = row.text("node").unwrap_or_default();
        let facts = PodFacts {
            owner: row.text("owner").unwrap_or_default().to_owned(),
            index: row.count("index")?,
            node: Some(node.to_owned()).filter(|node| !node.is_empty()),
        };
        // A StatefulSet's pod has as many rows as it had lives.
        let known_events = self.in_events.get(&name).cloned().unwrap_or_default();
        self.timeline.pods.insert(name.clone(), facts);
        if known_events.contains("created") {
            return Ok(());
        }
        for (column, event) in POD_COLUMNS {
            if let Some(at) = row.seconds(column)?
                && !known_events.contains(*event)
            {
                self.timeline.rows.push(Row::new(at, "Pod", &name, event).on(node));
            }
        }
        if let Some(at) = row.seconds("finished")? {
            let event = if row.text("phase") == Some("Failed") {
                "failed"
            } else {
                "succeeded"
            };
            if !known_events.contains(event) {
                let exit = row.text("exit").map(|code| format!("exitCode={code}"));
                let change = Row::new(at, "Pod", &name, event).on(node);
                self.timeline.rows.push(change.saying(exit.unwrap_or_default()));
            }
        }
        Ok(())
    }

    /// A row of jobs.csv. The second set of recordings has `submitted` and `job_failed`, the first only
    /// `submit_acknowledged`.
    fn job(&mut self, row: CsvRow<'_>) -> Result<(), RecordingError> {
        let name = row.required("job")?.to_owned();
        let submitted = match row.seconds("submitted")? {
            None => row.seconds("submit_acknowledged")?,
            sent => sent,
        };
        if let Some(at) = submitted {
            self.timeline.submitted.entry(format!("Job/{name}")).or_insert(at);
        }
        if !self.jobs_in_events.contains(&name) {
            if let Some(at) = row.seconds("job_seen")?.or(submitted) {
                self.timeline.rows.push(Row::new(at, "Job", &name, "created"));
            }
            for (column, condition) in [("job_complete", "Complete=True"), ("job_failed", "Failed=True")] {
                if let Some(at) = row.seconds(column)? {
                    self.timeline
                        .rows
                        .push(Row::new(at, "Job", &name, "condition").saying(condition));
                }
            }
        }
        if self.pods_are_known {
            return Ok(());
        }
        let node = row.text("node").unwrap_or_default();
        // The pod's own name was not kept.
        let pod = format!("{name}-pod");
        let facts = PodFacts {
            owner: name,
            index: None,
            node: Some(node.to_owned()).filter(|node| !node.is_empty()),
        };
        self.timeline.pods.insert(pod.clone(), facts);
        for (column, event) in JOB_POD_COLUMNS {
            if let Some(at) = row.seconds(column)? {
                self.timeline.rows.push(Row::new(at, "Pod", &pod, event).on(node));
            }
        }
        Ok(())
    }
}

/// `owner=train index=0`.
fn take_owner(facts: &mut PodFacts, detail: &str) {
    for part in detail.split_whitespace() {
        if let Some(owner) = part.strip_prefix("owner=") {
            owner.clone_into(&mut facts.owner);
        } else if let Some(index) = part.strip_prefix("index=") {
            facts.index = index.parse().ok();
        }
    }
}

#[cfg(test)]
mod tests;
