//! The literal walk's choice ([`select`]) without the walk: an index per pod template.
//!
//! The index holds, by position in the scheduler's list, which nodes are feasible and their usage score, summed up in blocks of
//! 64. It is brought up to date from the change log, so a node is evaluated again only if its accounts changed: a placement
//! costs a few evaluations and a look at each block, and a template that fits nowhere is refused without looking at any node.

use crate::cluster::NodeId;
use crate::control::scheduler::blocks::Blocks;
use crate::control::scheduler::checks::{PodsVerdicts, rejected_for_nominated};
use crate::control::scheduler::classes::NodeClasses;
use crate::control::scheduler::fit_error::{Diagnosis, Refusal};
use crate::control::scheduler::framework::{Profile, Rejection};
use crate::control::scheduler::nodes::NodeTable;
use crate::control::scheduler::order::NodeOrder;
use crate::control::scheduler::select;
use crate::control::scheduler::shape::PodShape;
use crate::control::scheduler::spec_groups::SpecGroups;
use crate::control::scheduler::window::{HeapTop, Window, bits, nth_bit};

/// What an index is made from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The accounts.
    pub table: &'a NodeTable,
    /// The order of the nodes.
    pub order: &'a NodeOrder,
    /// The classes of the nodes, refreshed.
    pub classes: &'a NodeClasses,
    /// The plugins.
    pub profile: &'a Profile,
}

/// What spec plugins say of one class of nodes.
#[derive(Clone, Copy, Debug)]
struct ClassVerdict {
    rejection: Option<Rejection>,
    /// Index into the raw score groups; unused if rejected.
    group: u32,
}

/// The index of one template.
#[derive(Debug)]
pub struct ShapeIndex {
    generation: u64,
    cursor: u64,
    classes: Vec<ClassVerdict>,
    groups: SpecGroups,
    rejections: Vec<Option<Rejection>>,
    blocks: Blocks,
    diagnosis: Diagnosis,
    refusal: Option<Refusal>,
}

/// A choice and where the next search starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Position of the node in the scheduler's list.
    pub position: usize,
    /// `nextStartNodeIndex` after this cycle.
    pub next_start: usize,
}

/// What is asked about nodes beside their own accounts.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What plugins that look at pods elsewhere say.
    pub verdicts: PodsVerdicts<'a>,
    /// Nodes that are rejected because of pods nominated to them, by number.
    pub nominated: &'a [(NodeId, Rejection)],
}

impl Asked<'_> {
    /// Why `node`, feasible by its own accounts, is rejected, if it is.
    fn rejects(&self, node: NodeId) -> Option<Rejection> {
        rejected_for_nominated(self.nominated, node).or_else(|| self.verdicts.filter(node))
    }
}

impl ShapeIndex {
    /// An index of all nodes for `shape`, which must not be narrowed by PreFilter.
    #[must_use]
    pub fn new(sources: &Sources<'_>, shape: &PodShape) -> Self {
        let mut index = Self {
            generation: 0,
            cursor: 0,
            classes: Vec::new(),
            groups: SpecGroups::default(),
            rejections: Vec::new(),
            blocks: Blocks::default(),
            diagnosis: Diagnosis::new(sources.profile, 0),
            refusal: None,
        };
        index.rebuild(sources, shape);
        index
    }
    /// Takes in what changed since the last time.
    pub fn refresh(&mut self, sources: &Sources<'_>, shape: &PodShape) {
        let log = sources.table.log();
        match log.since(self.cursor) {
            Some(changed)
                if self.generation == sources.classes.generation() && changed.len() <= self.blocks.positions() =>
            {
                for &node in changed {
                    if let Some(position) = sources.order.position(node) {
                        self.evaluate(sources, shape, node, position);
                    }
                }
                self.cursor = log.end();
            }
            Some(_) | None => self.rebuild(sources, shape),
        }
    }
    /// How many nodes are feasible.
    #[must_use]
    pub const fn feasible(&self) -> usize {
        self.blocks.feasible()
    }
    /// [`Diagnosis::refusal`] of the rejections.
    pub fn refusal(&mut self) -> Refusal {
        *self.refusal.get_or_insert_with(|| self.diagnosis.refusal())
    }
    /// The scheduler's choice in a search that begins at position `start` and ends when `wanted` nodes are found; `None` if no
    /// node is feasible.
    #[must_use]
    pub fn choose(&mut self, profile: &Profile, start: usize, wanted: usize) -> Option<Choice> {
        if self.blocks.feasible() == 0 {
            return None;
        }
        let (position, next_start) = if self.groups.are_uniform() {
            self.blocks.pick(start, wanted)
        } else {
            let window = self.window(start, wanted);
            (self.best_with_groups(profile, &window), window.end)
        };
        Some(Choice { position, next_start })
    }
    /// The same where plugins look at pods elsewhere, or nodes are rejected for pods nominated to them: every node that is
    /// feasible by its own accounts is asked about. `nodes` is the scheduler's list.
    ///
    /// # Errors
    /// No node is feasible, and why.
    pub fn choose_among(
        &mut self,
        profile: &Profile,
        (start, wanted): (usize, usize),
        nodes: &[NodeId],
        asked: &Asked<'_>,
    ) -> Result<Choice, Box<Diagnosis>> {
        let mut found: Vec<usize> = Vec::new();
        let mut rejected: Vec<(usize, Rejection)> = Vec::new();
        let next_start = self.find_among((start, wanted), nodes, asked, &mut found, &mut rejected);
        let position = match found.as_slice() {
            [] => {
                let mut diagnosis = self.diagnosis.clone();
                for rejection in asked.nominated.iter().filter_map(|(node, rejection)| {
                    // What the node's own accounts say counts for nothing where a nominated pod is in the way.
                    let at = nodes.iter().position(|n| n == node)?;
                    self.rejections[at].is_some().then_some((at, rejection))
                }) {
                    self.rejections[rejection.0]
                        .iter()
                        .for_each(|own| diagnosis.remove(own));
                    diagnosis.add(rejection.1);
                }
                rejected.iter().for_each(|(_, rejection)| diagnosis.add(rejection));
                return Err(Box::new(diagnosis));
            }
            [only] => *only,
            several => several[select::pick(&self.totals(profile, several, nodes, asked))],
        };
        Ok(Choice { position, next_start })
    }
    /// Whether [`ShapeIndex::choose_among`] would find a node.
    #[must_use]
    pub fn any_among(&self, nodes: &[NodeId], asked: &Asked<'_>) -> bool {
        let blocks = self.blocks.list().iter().enumerate();
        let mut positions = blocks.flat_map(|(block, summary)| bits(summary.feasible).map(move |bit| block * 64 + bit));
        positions.any(|position| asked.rejects(nodes[position]).is_none())
    }

    fn find_among(
        &self,
        (start, wanted): (usize, usize),
        nodes: &[NodeId],
        asked: &Asked<'_>,
        found: &mut Vec<usize>,
        rejected: &mut Vec<(usize, Rejection)>,
    ) -> usize {
        let whole = Window {
            start,
            end: start,
            wrapped_whole: true,
        };
        for (block, mask) in whole.blocks(self.blocks.list().len()) {
            for bit in bits(self.blocks.list()[block].feasible & mask) {
                let position = block * 64 + bit;
                match asked.rejects(nodes[position]) {
                    Some(rejection) => rejected.push((position, rejection)),
                    None if found.len() == wanted => return position,
                    None => found.push(position),
                }
            }
        }
        start
    }
    /// The total score of each of the feasible `positions`.
    fn totals(&mut self, profile: &Profile, positions: &[usize], nodes: &[NodeId], asked: &Asked<'_>) -> Vec<i64> {
        let mut totals: Vec<i64> = positions.iter().map(|position| self.blocks.score(*position)).collect();
        if !self.groups.are_uniform() {
            self.groups.start();
            positions.iter().for_each(|position| self.groups.note(*position));
            self.groups.normalize(profile);
            for (total, position) in totals.iter_mut().zip(positions) {
                *total += self.groups.offset(*position);
            }
        }
        let feasible: Vec<NodeId> = positions.iter().map(|position| nodes[*position]).collect();
        for column in asked.verdicts.score(&feasible) {
            for (total, score) in totals.iter_mut().zip(column.scores) {
                *total += score;
            }
        }
        totals
    }

    fn rebuild(&mut self, sources: &Sources<'_>, shape: &PodShape) {
        let list = sources.order.list();
        self.generation = sources.classes.generation();
        self.cursor = sources.table.log().end();
        self.groups.clear(sources.profile, shape);
        self.classes.clear();
        for &node in sources.classes.representatives() {
            let spec = sources.table.spec(node);
            let rejection = sources.profile.filter_spec(shape, spec);
            let group = match rejection {
                None => self.groups.find(sources.profile, shape, spec),
                Some(_) => 0,
            };
            self.classes.push(ClassVerdict { rejection, group });
        }
        self.refusal = None;
        self.diagnosis.clear(list.len());
        self.rejections.clear();
        self.rejections.resize(list.len(), None);
        self.blocks.clear(list.len());
        self.groups.of_position.clear();
        for (position, &node) in list.iter().enumerate() {
            let class = self.classes[sources.classes.class_of(node)];
            if !self.groups.are_uniform() {
                self.groups.of_position.push(class.group);
            }
            match class.rejection {
                Some(rejection) => {
                    self.diagnosis.add(&rejection);
                    self.rejections[position] = Some(rejection);
                }
                None => self.evaluate(sources, shape, node, position),
            }
        }
    }
    /// Asks the usage plugins about the node at `position` anew.
    fn evaluate(&mut self, sources: &Sources<'_>, shape: &PodShape, node: NodeId, position: usize) {
        if self.classes[sources.classes.class_of(node)].rejection.is_some() {
            return;
        }
        let view = sources.table.view(node);
        let new = sources.profile.filter_usage(shape, &view);
        let old = std::mem::replace(&mut self.rejections[position], new);
        if old != new {
            self.refusal = None;
            old.iter().for_each(|rejection| self.diagnosis.remove(rejection));
            new.iter().for_each(|rejection| self.diagnosis.add(rejection));
        }
        if new.is_some() && !self.blocks.is_feasible(position) {
            return;
        }
        let score = new.is_none().then(|| sources.profile.usage_total(shape, &view));
        self.blocks.set(position, score);
    }
    /// The feasible nodes that a search sees and takes.
    fn window(&self, start: usize, wanted: usize) -> Window {
        let mut window = Window {
            start,
            end: start,
            wrapped_whole: true,
        };
        let mut found = 0;
        for (block, mask) in window.blocks(self.blocks.list().len()) {
            let feasible = self.blocks.list()[block].feasible & mask;
            let count = feasible.count_ones() as usize;
            if found + count > wanted {
                // The first feasible node that is not wanted any more ends the search.
                window.end = block * 64 + nth_bit(feasible, (wanted - found) as u32);
                window.wrapped_whole = false;
                return window;
            }
            found += count;
        }
        window
    }
    /// The position with the highest score where spec scores differ: they are normalised over the window, then added.
    fn best_with_groups(&mut self, profile: &Profile, window: &Window) -> usize {
        self.groups.start();
        for (block, mask) in window.blocks(self.blocks.list().len()) {
            for bit in bits(self.blocks.list()[block].feasible & mask) {
                self.groups.note(block * 64 + bit);
            }
        }
        self.groups.normalize(profile);
        let mut heap = HeapTop::default();
        let mut rank = 0;
        for (block, mask) in window.blocks(self.blocks.list().len()) {
            for bit in bits(self.blocks.list()[block].feasible & mask) {
                let position = block * 64 + bit;
                heap.offer(
                    self.blocks.score(position) + self.groups.offset(position),
                    rank,
                    position,
                );
                rank += 1;
            }
        }
        heap.position
    }
}
