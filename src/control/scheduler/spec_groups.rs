//! Part of the index: the scores of spec plugins, which depend on a node's class and on which classes a search finds.

use crate::cluster::spec::NodeSpec;
use crate::control::scheduler::framework::Profile;
use crate::control::scheduler::shape::PodShape;

/// Classes of nodes with equal raw spec scores, and what these come to in one window.
#[derive(Debug, Default)]
pub struct SpecGroups {
    /// Weighted plugins that take part, as indices into `Profile::spec_scores`.
    plugins: Vec<usize>,
    /// Raw scores, one row of `plugins.len()` per group.
    raw: Vec<Vec<i64>>,
    /// Group by position; empty if there is one group at most.
    pub of_position: Vec<u32>,
    present: Vec<bool>,
    offsets: Vec<i64>,
    column: Vec<i64>,
}

impl SpecGroups {
    /// Forgets the groups; `shape` tells which plugins take part.
    pub fn clear(&mut self, profile: &Profile, shape: &PodShape) {
        self.raw.clear();
        self.plugins.clear();
        let plugins = profile.spec_scores.iter().enumerate();
        self.plugins
            .extend(plugins.filter(|(_, (p, _))| !p.skips(shape)).map(|(i, _)| i));
    }
    /// The group of a node with this specification.
    pub fn find(&mut self, profile: &Profile, shape: &PodShape, spec: &NodeSpec) -> u32 {
        let row: Vec<i64> = self
            .plugins
            .iter()
            .map(|&i| profile.spec_scores[i].0.score(shape, spec))
            .collect();
        let found = self.raw.iter().position(|known| *known == row);
        found.unwrap_or_else(|| {
            self.raw.push(row);
            self.raw.len() - 1
        }) as u32
    }
    /// Whether spec scores are the same for all feasible nodes, so that they decide nothing.
    #[must_use]
    pub fn are_uniform(&self) -> bool {
        self.raw.len() <= 1
    }
    /// Begins a window: no group is present.
    pub fn start(&mut self) {
        self.present.clear();
        self.present.resize(self.raw.len(), false);
    }
    /// The node at `position` is in the window.
    pub fn note(&mut self, position: usize) {
        self.present[self.of_position[position] as usize] = true;
    }
    /// Normalises every plugin's scores over the groups that are present.
    pub fn normalize(&mut self, profile: &Profile) {
        self.offsets.clear();
        self.offsets.resize(self.raw.len(), 0);
        for (column, &plugin) in self.plugins.iter().enumerate() {
            let (plugin, weight) = &profile.spec_scores[plugin];
            let present = || (0..self.raw.len()).filter(|group| self.present[*group]);
            self.column.clear();
            self.column.extend(present().map(|group| self.raw[group][column]));
            plugin.normalize(&mut self.column);
            for (group, score) in present().zip(&self.column) {
                self.offsets[group] += weight * score;
            }
        }
    }
    /// Weighted spec scores of the node at `position`, which is in the window.
    #[must_use]
    pub fn offset(&self, position: usize) -> i64 {
        self.offsets[self.of_position[position] as usize]
    }
}
