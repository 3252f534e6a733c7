//! Scores of a real scheduler with one worker (`scores.parallelism1.csv`): of every plugin for every node that a pod fits. The
//! simulator's plugins are asked the same, after the pods before were put where the real scheduler put them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RecordingError;
use super::check::Check;
use super::folder::Folder;
use super::rows::Rows;
use crate::cluster::spec::{NodeSpec, PodTemplate};
use crate::cluster::{NodeId, PodTemplateId, ResourceTable};
use crate::control::scheduler::Placer;

/// Columns that are no plugin.
const NO_PLUGINS: [&str; 3] = ["pod", "node", "chosen"];

/// Scores of one pod by node, then by plugin.
type Scores = BTreeMap<String, BTreeMap<String, i64>>;

/// What was recorded of one run: the pods in the order in which they were placed.
#[derive(Clone, Debug, Default)]
pub struct RecordedScores {
    /// Label (`train#3`), generated name, node.
    placed: Vec<(String, String, String)>,
    by_pod: BTreeMap<String, Scores>,
}

impl RecordedScores {
    /// Reads the files of `folder`; nothing if there are none.
    ///
    /// # Errors
    /// One of them is malformed.
    pub fn read(folder: &Folder) -> Result<Self, RecordingError> {
        let mut recorded = Self::default();
        let rows = (
            Rows::read(folder, "placements.parallelism1.csv")?,
            Rows::read(folder, "scores.parallelism1.csv")?,
        );
        let (Some(placements), Some(scores)) = rows else {
            return Ok(recorded);
        };
        for row in placements.iter().filter(|row| row.text("repeat").unwrap_or("1") == "1") {
            let pod = row.required("pod")?.to_owned();
            let name = row.text("pod_name").unwrap_or(&pod).to_owned();
            recorded
                .placed
                .push((pod, name, row.text("node").unwrap_or_default().to_owned()));
        }
        let mut cycles: BTreeMap<String, usize> = BTreeMap::new();
        for row in scores.iter() {
            let next = cycles.len();
            cycles.entry(row.required("pod")?.to_owned()).or_insert(next);
            let of_pod = recorded.by_pod.entry(row.required("pod")?.to_owned()).or_default();
            let of_node = of_pod.entry(row.required("node")?.to_owned()).or_default();
            for plugin in scores.columns().filter(|column| !NO_PLUGINS.contains(column)) {
                if let Some(score) = row.text(plugin).and_then(|score| score.parse().ok()) {
                    of_node.insert(plugin.to_owned(), score);
                }
            }
        }
        // Placements are in the order of binding, which pods of one workload may leave; scores are in that of cycles.
        let workload = |label: &str| label.split('#').next().unwrap_or(label).to_owned();
        let mut start = 0;
        while start < recorded.placed.len() {
            let own = workload(&recorded.placed[start].0);
            let same = recorded.placed[start..]
                .iter()
                .take_while(|(label, ..)| workload(label) == own);
            let end = start + same.count();
            recorded.placed[start..end].sort_by_key(|(_, name, _)| cycles.get(name).copied().unwrap_or(usize::MAX));
            start = end;
        }
        Ok(recorded)
    }

    /// The scores of each pod that was scored. `template` finds the template of a workload by its name.
    #[must_use]
    pub fn checks(
        &self,
        resources: &ResourceTable,
        nodes: &[NodeSpec],
        template: impl Fn(&str) -> Option<Arc<PodTemplate>>,
    ) -> Vec<Check> {
        let mut placer = Placer::new(resources, nodes, &[]);
        let mut known: BTreeMap<String, PodTemplateId> = BTreeMap::new();
        let mut checks = Vec::new();
        for (label, name, node) in &self.placed {
            let workload = label.split('#').next().unwrap_or(label);
            let shape = match known.get(workload) {
                Some(shape) => *shape,
                None => match template(workload) {
                    Some(template) => *known
                        .entry(workload.to_owned())
                        .or_insert(placer.add_template(template)),
                    None => continue,
                },
            };
            // A pod that was not placed then was scored at a later time.
            if let Some(recorded) = self.by_pod.get(name).filter(|_| !node.is_empty()) {
                let simulated = scores(&placer, shape, nodes, recorded);
                checks.push(Check::exact(
                    format!("scores of {label} (one worker)"),
                    text(recorded),
                    text(&simulated),
                ));
            }
            if let Some(at) = nodes.iter().position(|known| known.name == *node) {
                placer.assume(NodeId(at as u32), shape);
            }
        }
        checks
    }
}

/// What the simulator's plugins say. One that it does not ask says 0, and only plugins of the recording count.
fn scores(placer: &Placer, shape: PodTemplateId, nodes: &[NodeSpec], recorded: &Scores) -> Scores {
    let (feasible, columns) = placer.scores(shape);
    let asked: Vec<&String> = recorded.values().flat_map(BTreeMap::keys).collect();
    let of_node = |(i, id): (usize, &NodeId)| {
        let mut scores: BTreeMap<String, i64> = asked.iter().map(|plugin| ((*plugin).clone(), 0)).collect();
        scores.extend(
            columns
                .iter()
                .map(|column| (column.plugin.to_owned(), column.scores[i])),
        );
        let total = columns.iter().map(|column| column.scores[i]).sum();
        scores.insert("TOTAL".to_owned(), total);
        (nodes[id.index()].name.clone(), scores)
    };
    feasible.iter().enumerate().map(of_node).collect()
}

fn text(scores: &Scores) -> String {
    let of_node = |(node, scores): (&String, &BTreeMap<String, i64>)| {
        let scores: Vec<String> = scores
            .iter()
            .map(|(plugin, score)| format!("{plugin} {score}"))
            .collect();
        format!("{node}: {}", scores.join(" "))
    };
    scores.iter().map(of_node).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::experiment::recording::Recording;

    #[test]
    fn every_score_counts() {
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/placement-batch-equal");
        let temporary = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(recorded).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, temporary.path().join(path.file_name().unwrap())).unwrap();
        }
        let scores = Recording::read(temporary.path()).unwrap().scores;
        assert!(scores.len() == 12 && scores.iter().all(|check| check.ok), "{scores:?}");
        let file = temporary.path().join("scores.parallelism1.csv");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen(",300,", ",299,", 1)).unwrap();
        let scores = Recording::read(temporary.path()).unwrap().scores;
        assert_eq!(scores.iter().filter(|check| !check.ok).count(), 1);
    }
}
