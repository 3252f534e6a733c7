//! Where pods were placed when a scenario was repeated on an empty cluster: `placements.parallelism1.csv`, recorded with a scheduler
//! of one worker, in which nothing is chance, and `placements.csv`, in which ties between nodes are.

use std::collections::{BTreeMap, BTreeSet};

use super::RecordingError;
use super::check::Check;
use super::folder::Folder;
use super::rows::Rows;
use super::timeline::Timeline;

/// What the scheduler said of each pod, in each of the repeats: a node, or the message with which it refused it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placements {
    /// With one worker.
    exact: BTreeMap<String, BTreeSet<String>>,
    /// With the default of 16.
    usual: BTreeMap<String, BTreeSet<String>>,
}

impl Placements {
    /// Reads both files of `folder`, as far as they are there.
    ///
    /// # Errors
    /// One of them is malformed.
    pub fn read(folder: &Folder) -> Result<Self, RecordingError> {
        let read = |file: &str| -> Result<BTreeMap<String, BTreeSet<String>>, RecordingError> {
            let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            if let Some(rows) = Rows::read(folder, file)? {
                for row in rows.iter() {
                    let outcome = row.text("node").or_else(|| row.text("unschedulable_message"));
                    let outcome = outcome.unwrap_or("neither bound nor refused").to_owned();
                    said.entry(row.required("pod")?.to_owned()).or_default().insert(outcome);
                }
            }
            Ok(said)
        };
        Ok(Self {
            exact: read("placements.parallelism1.csv")?,
            usual: read("placements.csv")?,
        })
    }

    /// Whether the recording tells of no placement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.usual.is_empty()
    }

    /// Each pod of the replay among what was recorded of it.
    #[must_use]
    pub fn checks(&self, simulated: &Timeline) -> Vec<Check> {
        let replayed = outcomes(simulated);
        let check = |file: &str, pod: &String, said: &BTreeSet<String>, tolerance: &str| {
            let own = replayed.get(pod);
            let said_texts: Vec<&str> = said.iter().map(String::as_str).collect();
            Check {
                what: format!("placement of {pod} ({file})"),
                real: said_texts.join(" | ").into(),
                simulated: own.cloned().unwrap_or_else(|| "not there".to_owned()).into(),
                tolerance: tolerance.to_owned(),
                ok: own.is_some_and(|own| said.contains(own)),
            }
        };
        let exact = self
            .exact
            .iter()
            .map(|(pod, said)| check("one worker", pod, said, "exact"));
        let usual = self.usual.iter().map(|(pod, said)| {
            // What one worker chooses, 16 may choose, too.
            let mut said = said.clone();
            said.extend(self.exact.get(pod).into_iter().flatten().cloned());
            check("16 workers", pod, &said, "one of those recorded")
        });
        exact.chain(usual).collect()
    }
}

/// What became of each pod: bare pods by name, others as `train#3`, the 4th pod of `train` in the order of binding.
fn outcomes(timeline: &Timeline) -> BTreeMap<String, String> {
    let mut of_owner: BTreeMap<&str, Vec<(f64, String)>> = BTreeMap::new();
    let mut outcomes = BTreeMap::new();
    for (pod, rows) in timeline.by_name("Pod") {
        let bound = rows.iter().find(|row| row.event == "scheduled");
        let refused = rows.iter().rfind(|row| row.event == "unschedulable");
        let outcome = match (bound, refused) {
            (Some(row), _) => row.node.clone(),
            (None, Some(row)) => row.detail.clone(),
            (None, None) => "neither bound nor refused".to_owned(),
        };
        let owner = timeline.pods.get(pod).map_or("", |facts| facts.owner.as_str());
        if owner.is_empty() {
            outcomes.insert(pod.to_owned(), outcome);
        } else {
            // Those that are not bound come last.
            let at = bound.map_or(f64::INFINITY, |row| row.at);
            of_owner.entry(owner).or_default().push((at, outcome));
        }
    }
    for (owner, mut pods) in of_owner {
        pods.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (k, (_, outcome)) in pods.into_iter().enumerate() {
            // Recordings name the Deployment, not its ReplicaSet.
            let names = [Some(owner), owner.rsplit_once('-').map(|(above, _)| above)];
            for name in names.into_iter().flatten() {
                outcomes.entry(format!("{name}#{k}")).or_insert_with(|| outcome.clone());
            }
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::recording::timeline::{PodFacts, Row};

    #[test]
    fn pods_are_compared_with_all_that_was_recorded_of_them() {
        let temporary = tempfile::tempdir().unwrap();
        let head = "repeat,pod,pod_name,node,unschedulable_message\n";
        let exact = "1,train#0,x,a,\n1,train#1,y,b,\n1,p,p,,Unschedulable: no\n";
        let usual = "1,train#0,x,b,\n2,train#0,x,c,\n1,gone#0,z,a,\n";
        std::fs::write(
            temporary.path().join("placements.parallelism1.csv"),
            format!("{head}{exact}"),
        )
        .unwrap();
        std::fs::write(temporary.path().join("placements.csv"), format!("{head}{usual}")).unwrap();
        let placements = Placements::read(&Folder::new(temporary.path())).unwrap();
        let mut timeline = Timeline::default();
        for (pod, owner) in [("train-x", "train"), ("train-y", "train"), ("p", "")] {
            let facts = PodFacts {
                owner: owner.to_owned(),
                ..PodFacts::default()
            };
            timeline.pods.insert(pod.to_owned(), facts);
        }
        timeline.rows = vec![
            Row::new(1.0, "Pod", "train-y", "scheduled").on("a"),
            Row::new(2.0, "Pod", "train-x", "scheduled").on("c"),
            Row::new(3.0, "Pod", "p", "unschedulable").saying("Unschedulable: no"),
        ];
        let line = |check: &Check| {
            format!(
                "{} | {} | {} | {}",
                check.what,
                check.real.text(),
                check.simulated.text(),
                check.ok
            )
        };
        let lines: Vec<String> = placements.checks(&timeline).iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        placement of p (one worker) | Unschedulable: no | Unschedulable: no | true
        placement of train#0 (one worker) | a | a | true
        placement of train#1 (one worker) | b | c | false
        placement of gone#0 (16 workers) | a | not there | false
        placement of train#0 (16 workers) | a | b | c | a | true
        ");
    }
}
