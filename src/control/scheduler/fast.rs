//! The literal walk's choice ([`select`](crate::control::scheduler::select)) without the walk: an index per pod template.
//!
//! The index holds, by position in the scheduler's list, which nodes are feasible and their usage score, summed up in blocks of
//! 64. It is brought up to date from the change log, so a node is evaluated again only if its accounts changed: a placement
//! costs a few evaluations and a look at each block, and a template that fits nowhere is refused without looking at any node.

use crate::cluster::NodeId;
use crate::control::scheduler::classes::NodeClasses;
use crate::control::scheduler::fit_error::Diagnosis;
use crate::control::scheduler::framework::{Profile, Rejection};
use crate::control::scheduler::nodes::NodeTable;
use crate::control::scheduler::order::NodeOrder;
use crate::control::scheduler::shape::PodShape;

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

/// 64 positions in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// Feasible positions.
    feasible: u64,
    /// Feasible positions with the highest score.
    best: u64,
    /// The highest score; meaningless without feasible positions.
    max: i64,
}

impl Block {
    /// Position `bit` became infeasible or got another score; `scores` are the block's.
    fn set(&mut self, bit: usize, score: Option<i64>, scores: &[i64]) {
        let mask = 1 << bit;
        self.best &= !mask;
        match score {
            None => self.feasible &= !mask,
            Some(score) => {
                let first = self.feasible & !mask == 0;
                self.feasible |= mask;
                if first || score > self.max {
                    (self.max, self.best) = (score, mask);
                } else if score == self.max {
                    self.best |= mask;
                }
            }
        }
        if self.best == 0 {
            self.max = i64::MIN;
            for bit in bits(self.feasible) {
                match scores[bit].cmp(&self.max) {
                    std::cmp::Ordering::Greater => (self.max, self.best) = (scores[bit], 1 << bit),
                    std::cmp::Ordering::Equal => self.best |= 1 << bit,
                    std::cmp::Ordering::Less => {}
                }
            }
        }
    }
    /// The highest score among the feasible positions of `mask`, which are not all.
    fn max_of(&self, mask: u64, scores: &[i64]) -> i64 {
        if self.best & mask != 0 {
            return self.max;
        }
        bits(self.feasible & mask)
            .map(|bit| scores[bit])
            .max()
            .unwrap_or(i64::MIN)
    }
}

fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}

/// Where rank `rank` of the candidate list stands in a walk over the heap's tree that visits a node before its left subtree and
/// that before its right one. Among equal maxima `heap.Init` brings up the first of that walk: a parent stays above an equal
/// child and the left child wins over an equal right one.
pub(super) fn heap_key(rank: u32) -> u64 {
    let path = rank + 1;
    let depth = path.leading_zeros();
    (u64::from(path << depth) << 6) | u64::from(31 - depth)
}

/// The index of one template.
#[derive(Debug)]
pub struct ShapeIndex {
    generation: u64,
    cursor: u64,
    classes: Vec<ClassVerdict>,
    /// Raw spec scores that occur together; all nodes of a group have them.
    groups: Groups,
    scores: Vec<i64>,
    rejections: Vec<Option<Rejection>>,
    blocks: Vec<Block>,
    feasible: usize,
    diagnosis: Diagnosis,
    digest: Option<u64>,
}

/// A choice and where the next search starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Position of the node in the scheduler's list.
    pub position: usize,
    /// `nextStartNodeIndex` after this cycle.
    pub next_start: usize,
}

impl ShapeIndex {
    /// An index of all nodes for `shape`, which must not be narrowed by PreFilter.
    #[must_use]
    pub fn new(sources: &Sources<'_>, shape: &PodShape) -> Self {
        let mut index = Self {
            generation: 0,
            cursor: 0,
            classes: Vec::new(),
            groups: Groups::default(),
            scores: Vec::new(),
            rejections: Vec::new(),
            blocks: Vec::new(),
            feasible: 0,
            diagnosis: Diagnosis::new(sources.profile, 0),
            digest: None,
        };
        index.rebuild(sources, shape);
        index
    }
    /// Takes in what changed since the last time.
    pub fn refresh(&mut self, sources: &Sources<'_>, shape: &PodShape) {
        let log = sources.table.log();
        match log.since(self.cursor) {
            Some(changed) if self.generation == sources.classes.generation() && changed.len() <= self.scores.len() => {
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
        self.feasible
    }
    /// [`Diagnosis::digest`] of the rejections.
    pub fn digest(&mut self) -> u64 {
        *self.digest.get_or_insert_with(|| self.diagnosis.digest())
    }
    /// The scheduler's choice in a search that begins at position `start` and ends when `wanted` nodes are found; `None` if no
    /// node is feasible.
    #[must_use]
    pub fn choose(&mut self, profile: &Profile, start: usize, wanted: usize) -> Option<Choice> {
        if self.feasible == 0 {
            return None;
        }
        let window = self.window(start, wanted);
        let position = if self.groups.are_uniform() {
            self.best_of(&window)
        } else {
            self.best_with_groups(profile, &window)
        };
        Some(Choice {
            position,
            next_start: window.end,
        })
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
        self.feasible = 0;
        self.digest = None;
        self.diagnosis.clear(list.len());
        self.scores.clear();
        self.scores.resize(list.len(), 0);
        self.rejections.clear();
        self.rejections.resize(list.len(), None);
        self.blocks.clear();
        self.blocks.resize(list.len().div_ceil(64), Block::default());
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
            self.digest = None;
            old.iter().for_each(|rejection| self.diagnosis.remove(rejection));
            new.iter().for_each(|rejection| self.diagnosis.add(rejection));
        }
        let (block, bit) = (position / 64, position % 64);
        let was_feasible = self.blocks[block].feasible >> bit & 1 == 1;
        if new.is_some() && !was_feasible {
            return;
        }
        self.feasible = self.feasible + usize::from(new.is_none()) - usize::from(was_feasible);
        let score = new.is_none().then(|| sources.profile.usage_total(shape, &view));
        self.scores[position] = score.unwrap_or(0);
        let row = &self.scores[block * 64..self.scores.len().min(block * 64 + 64)];
        self.blocks[block].set(bit, score, row);
    }
    /// The feasible nodes that a search sees and takes.
    fn window(&self, start: usize, wanted: usize) -> Window {
        let mut window = Window {
            start,
            end: start,
            wrapped_whole: true,
        };
        let mut found = 0;
        for (block, mask) in window.blocks(self.blocks.len()) {
            let feasible = self.blocks[block].feasible & mask;
            let count = feasible.count_ones() as usize;
            if found + count > wanted {
                // The first feasible node that is not wanted any more ends the search.
                let bit = bits(feasible)
                    .nth(wanted - found)
                    .expect("more feasible positions than wanted");
                window.end = block * 64 + bit;
                window.wrapped_whole = false;
                return window;
            }
            found += count;
        }
        window
    }
    /// The position with the highest usage score; of several the one the heap brings up.
    fn best_of(&self, window: &Window) -> usize {
        let scores_of = |block: usize| &self.scores[block * 64..self.scores.len().min(block * 64 + 64)];
        let mut max = i64::MIN;
        for (block, mask) in window.blocks(self.blocks.len()) {
            let summary = &self.blocks[block];
            if summary.feasible & mask != 0 {
                max = max.max(summary.max_of(mask, scores_of(block)));
            }
        }
        let mut heap = HeapTop::default();
        let mut rank = 0;
        for (block, mask) in window.blocks(self.blocks.len()) {
            let summary = &self.blocks[block];
            let seen = summary.feasible & mask;
            if summary.max == max {
                for bit in bits(summary.best & mask) {
                    heap.offer(max, rank + rank_in(seen, bit), block * 64 + bit);
                }
            } else if summary.max > max {
                let scores = scores_of(block);
                for bit in bits(seen).filter(|bit| scores[*bit] == max) {
                    heap.offer(max, rank + rank_in(seen, bit), block * 64 + bit);
                }
            }
            if heap.is_final() {
                break;
            }
            rank += seen.count_ones();
        }
        heap.position
    }
    /// The same if spec scores differ: they are normalised over the window, then added.
    fn best_with_groups(&mut self, profile: &Profile, window: &Window) -> usize {
        self.groups.start();
        for (block, mask) in window.blocks(self.blocks.len()) {
            for bit in bits(self.blocks[block].feasible & mask) {
                self.groups.note(block * 64 + bit);
            }
        }
        self.groups.normalize(profile);
        let mut heap = HeapTop::default();
        let mut rank = 0;
        for (block, mask) in window.blocks(self.blocks.len()) {
            for bit in bits(self.blocks[block].feasible & mask) {
                let position = block * 64 + bit;
                heap.offer(self.scores[position] + self.groups.offset(position), rank, position);
                rank += 1;
            }
        }
        heap.position
    }
}

/// How many of `seen` stand before `bit`.
fn rank_in(seen: u64, bit: usize) -> u32 {
    (seen & ((1 << bit) - 1)).count_ones()
}

/// The best candidate so far.
#[derive(Debug)]
struct HeapTop {
    score: i64,
    key: u64,
    position: usize,
}

impl Default for HeapTop {
    fn default() -> Self {
        Self {
            score: i64::MIN,
            key: u64::MAX,
            position: 0,
        }
    }
}

impl HeapTop {
    fn offer(&mut self, score: i64, rank: u32, position: usize) {
        let key = heap_key(rank);
        if score > self.score || (score == self.score && key < self.key) {
            *self = Self { score, key, position };
        }
    }
    /// Whether no other candidate of the same score can win: this one is the root already.
    fn is_final(&self) -> bool {
        self.key == heap_key(0)
    }
}

/// A stretch of the list, round its end if need be.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: usize,
    /// First position not in it.
    end: usize,
    /// Whether it is the whole list (then `end` is `start`).
    wrapped_whole: bool,
}

impl Window {
    /// Its blocks in order, with the positions that belong to it. A block that holds both ends comes twice.
    fn blocks(&self, count: usize) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (first, from) = (self.start / 64, !0 << (self.start % 64));
        let (last, until) = (self.end / 64, !(!0 << (self.end % 64)));
        let straight = !self.wrapped_whole && self.start < self.end;
        let head = if straight { last + 1 } else { count };
        let tail = if straight { 0 } else { last + 1 };
        let masked = move |block: usize, is_head: bool| {
            let mut mask = !0;
            if is_head && block == first {
                mask &= from;
            }
            if (straight || !is_head) && block == last {
                mask &= until;
            }
            (block, mask)
        };
        (first..head)
            .map(move |block| masked(block, true))
            .chain((0..tail).map(move |block| masked(block, false)))
    }
}

/// Classes of nodes with equal raw spec scores, and what these come to in one window.
#[derive(Debug, Default)]
struct Groups {
    /// Weighted plugins that take part, as indices into `Profile::spec_scores`.
    plugins: Vec<usize>,
    /// Raw scores, one row of `plugins.len()` per group.
    raw: Vec<Vec<i64>>,
    /// Group by position; empty if there is one group at most.
    of_position: Vec<u32>,
    present: Vec<bool>,
    offsets: Vec<i64>,
    column: Vec<i64>,
}

impl Groups {
    fn clear(&mut self, profile: &Profile, shape: &PodShape) {
        self.raw.clear();
        self.plugins.clear();
        let plugins = profile.spec_scores.iter().enumerate();
        self.plugins
            .extend(plugins.filter(|(_, (p, _))| !p.skips(shape)).map(|(i, _)| i));
    }
    fn find(&mut self, profile: &Profile, shape: &PodShape, spec: &crate::cluster::spec::NodeSpec) -> u32 {
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
    fn are_uniform(&self) -> bool {
        self.raw.len() <= 1
    }
    fn start(&mut self) {
        self.present.clear();
        self.present.resize(self.raw.len(), false);
    }
    fn note(&mut self, position: usize) {
        self.present[self.of_position[position] as usize] = true;
    }
    /// Normalises every plugin's scores over the groups that are present.
    fn normalize(&mut self, profile: &Profile) {
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
    fn offset(&self, position: usize) -> i64 {
        self.offsets[self.of_position[position] as usize]
    }
}
