//! Part of the index: the list in blocks of 64 positions, these in groups of 64 blocks, and the choice among equal spec scores.

use std::ops::Range;

use crate::control::scheduler::window::{Block, EqualTop, bits, nth_bit};

/// Blocks in a group.
const GROUP: usize = 64;

/// Which positions are feasible, and their scores, summed up.
#[derive(Debug, Default)]
pub struct Blocks {
    /// By position; 0 where it is not feasible.
    scores: Vec<i64>,
    blocks: Vec<Block>,
    /// Kept only if there are several: a short list is walked block by block.
    groups: Vec<Group>,
    feasible: usize,
}

/// Several blocks in a row.
#[derive(Clone, Copy, Debug)]
struct Group {
    max: i64,
    count: u32,
}

impl Group {
    fn of(blocks: &[Block]) -> Self {
        Self {
            max: blocks.iter().map(|block| block.max).max().unwrap_or(i64::MIN),
            count: blocks.iter().map(|block| block.count).sum(),
        }
    }
}

impl Blocks {
    /// A list of `positions`, none of them feasible.
    pub fn clear(&mut self, positions: usize) {
        self.feasible = 0;
        self.scores.clear();
        self.scores.resize(positions, 0);
        self.blocks.clear();
        self.blocks.resize(positions.div_ceil(64), Block::default());
        self.groups.clear();
        if self.blocks.len() > GROUP {
            self.groups.extend(self.blocks.chunks(GROUP).map(Group::of));
        }
    }
    /// How many positions there are.
    #[must_use]
    pub const fn positions(&self) -> usize {
        self.scores.len()
    }
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }
    /// How many are feasible.
    #[must_use]
    pub const fn feasible(&self) -> usize {
        self.feasible
    }
    /// Whether `position` is feasible.
    #[must_use]
    pub fn is_feasible(&self, position: usize) -> bool {
        self.blocks[position / 64].feasible >> (position % 64) & 1 == 1
    }
    /// The score of `position`.
    #[must_use]
    pub fn score(&self, position: usize) -> i64 {
        self.scores[position]
    }
    /// The blocks.
    #[must_use]
    pub fn list(&self) -> &[Block] {
        &self.blocks
    }
    /// `position` has this score from now on, or is not feasible.
    pub fn set(&mut self, position: usize, score: Option<i64>) {
        let (at, bit) = (position / 64, position % 64);
        self.scores[position] = score.unwrap_or(0);
        let before = self.blocks[at];
        let row = &self.scores[at * 64..self.scores.len().min(at * 64 + 64)];
        self.blocks[at].set(bit, score, row);
        let after = &self.blocks[at];
        self.feasible = self.feasible + after.count as usize - before.count as usize;
        if let Some(group) = self.groups.get_mut(at / GROUP) {
            group.count = group.count + after.count - before.count;
            if after.max >= group.max {
                group.max = after.max;
            } else if before.max == group.max {
                let first = at / GROUP * GROUP;
                *group = Group::of(&self.blocks[first..self.blocks.len().min(first + GROUP)]);
            }
        }
    }

    /// The choice of a search that begins at `start` and takes the first `wanted` feasible positions, round the list's end: the
    /// position with the highest score, of several the one that the heap brings up; and where the search ends. Some position is
    /// feasible.
    #[must_use]
    pub fn pick(&self, start: usize, wanted: usize) -> (usize, usize) {
        let mut search = Search {
            blocks: self,
            wanted: u32::try_from(wanted).unwrap_or(u32::MAX),
            rank: 0,
            max: i64::MIN,
            top: EqualTop::default(),
            edge: start / 64,
        };
        let from = !0 << (start % 64);
        let end = search
            .walk(search.edge..self.blocks.len(), from)
            .or_else(|| search.walk(0..search.edge + 1, !from));
        (search.top.position, end.unwrap_or(start))
    }
}

/// A search under way.
struct Search<'a> {
    blocks: &'a Blocks,
    wanted: u32,
    /// Feasible positions seen so far.
    rank: u32,
    /// Their highest score, and the best of those that have it.
    max: i64,
    top: EqualTop,
    /// The block in which the search begins and ends.
    edge: usize,
}

impl Search<'_> {
    /// Goes on through `range`; of the edge it sees the positions of `mask` only. Where the search ended, if it did.
    fn walk(&mut self, range: Range<usize>, mask: u64) -> Option<usize> {
        let mut at = range.start;
        while at < range.end {
            if at.is_multiple_of(GROUP)
                && let Some(group) = self.blocks.groups.get(at / GROUP)
                && !(at..at + GROUP).contains(&self.edge)
                && !self.heeds(group.max, group.count)
                && self.rank + group.count <= self.wanted
            {
                self.rank += group.count;
                at += GROUP;
                continue;
            }
            let block = &self.blocks.blocks[at];
            let seen = if at == self.edge {
                block.feasible & mask
            } else {
                block.feasible
            };
            let count = if at == self.edge {
                seen.count_ones()
            } else {
                block.count
            };
            if self.rank + count > self.wanted {
                // The first feasible position that is not wanted any more ends the search.
                let bit = nth_bit(seen, self.wanted - self.rank);
                self.look(at, seen & !(!0 << bit), self.wanted - self.rank);
                return Some(at * 64 + bit);
            }
            self.look(at, seen, count);
            self.rank += count;
            at += 1;
        }
        None
    }
    /// Whether the next `count` positions, of which the best has the score `max`, may hold the choice.
    fn heeds(&self, max: i64, count: u32) -> bool {
        max > self.max || (max == self.max && self.top.looks_before(self.rank + count))
    }
    /// Takes the feasible positions `seen` of block `at`, which are `count`.
    fn look(&mut self, at: usize, seen: u64, count: u32) {
        let block = &self.blocks.blocks[at];
        if count == 0 || !self.heeds(block.max, count) {
            return;
        }
        let (mut max, mut tied) = (block.max, block.best & seen);
        if tied == 0 {
            // The best are beyond the edge.
            max = i64::MIN;
            for bit in bits(seen) {
                let score = self.blocks.scores[at * 64 + bit];
                if score > max {
                    (max, tied) = (score, 0);
                }
                tied |= u64::from(score == max) << bit;
            }
        }
        if max > self.max {
            (self.max, self.top) = (max, EqualTop::default());
        }
        if max == self.max {
            self.top.offer_block(self.rank, seen, tied, at * 64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::scheduler::window::HeapTop;
    use proptest::prelude::*;

    /// The slow twin: position by position.
    fn literally(scores: &[Option<i64>], start: usize, wanted: usize) -> (usize, usize) {
        let mut top = HeapTop::default();
        let mut rank = 0;
        for position in (start..scores.len()).chain(0..start) {
            if let Some(score) = scores[position] {
                if rank as usize == wanted {
                    return (top.position, position);
                }
                top.offer(score, rank, position);
                rank += 1;
            }
        }
        (top.position, start)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Lists of up to three groups, scores that are mostly equal, positions that come and go.
        #[test]
        fn it_equals_the_walk_over_all_positions(
            length in 1usize..12_000,
            levels in 1i64..4,
            density in 1u32..9,
            steps in prop::collection::vec((any::<u64>(), any::<u32>()), 1..40),
        ) {
            let mut blocks = Blocks::default();
            blocks.clear(length);
            let mut scores = vec![None; length];
            let mut state = 1_u64;
            let mut draw = move || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 33
            };
            for (salt, size) in steps {
                for _ in 0..size as usize % (2 * length) {
                    let position = ((draw() ^ salt) % length as u64) as usize;
                    let score = (draw() % 8 < u64::from(density)).then(|| (draw() as i64) % levels);
                    scores[position] = score;
                    blocks.set(position, score);
                }
                let feasible = scores.iter().flatten().count();
                prop_assert_eq!(blocks.feasible(), feasible);
                if feasible == 0 {
                    continue;
                }
                let start = draw() as usize % length;
                for wanted in [1, draw() as usize % feasible + 1, feasible, usize::MAX] {
                    prop_assert_eq!(blocks.pick(start, wanted), literally(&scores, start, wanted));
                }
            }
        }
    }
}
