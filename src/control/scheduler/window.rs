//! Parts of the index: blocks of 64 positions, a stretch of the list that a search sees, and the heap's choice among equals.

/// 64 positions in a row.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Feasible positions.
    pub feasible: u64,
    /// Feasible positions with the highest score.
    pub best: u64,
    /// The highest score; `i64::MIN` without feasible positions.
    pub max: i64,
    /// How many positions are feasible.
    pub count: u32,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            feasible: 0,
            best: 0,
            max: i64::MIN,
            count: 0,
        }
    }
}

impl Block {
    /// Position `bit` became infeasible or got another score; `scores` are the block's.
    pub fn set(&mut self, bit: usize, score: Option<i64>, scores: &[i64]) {
        let mask = 1 << bit;
        self.count += u32::from(score.is_some());
        self.count -= u32::from(self.feasible & mask != 0);
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
}

/// The positions in a mask, lowest first.
pub fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}

/// The place of the set bit of `mask` that has `before` set ones below it; `mask` has more than that.
#[must_use]
pub fn nth_bit(mask: u64, before: u32) -> usize {
    const EACH: u64 = u64::MAX / 255;
    debug_assert!(before < mask.count_ones(), "too few bits");
    // How many are set in each byte, then in all bytes up to each.
    let pairs = mask - ((mask >> 1) & (EACH * 0x55));
    let nibbles = (pairs & (EACH * 0x33)) + ((pairs >> 2) & (EACH * 0x33));
    let up_to = ((nibbles + (nibbles >> 4)) & (EACH * 0x0f)).wrapping_mul(EACH);
    // The first byte that makes the count exceed `before`: the others stay below 128 in the difference.
    let exceeds = ((up_to | (EACH * 0x80)) - EACH * (u64::from(before) + 1)) & (EACH * 0x80);
    let byte = exceeds.trailing_zeros() & !7;
    let mut left = u64::from(before) - (((up_to << 8) >> byte) & 0xff);
    let mut rest = mask >> byte;
    while left > 0 {
        rest &= rest - 1;
        left -= 1;
    }
    (byte + rest.trailing_zeros()) as usize
}

/// How many of `seen` stand before `bit`.
#[must_use]
pub fn rank_in(seen: u64, bit: usize) -> u32 {
    (seen & ((1 << bit) - 1)).count_ones()
}

/// A stretch of the list, round its end if need be.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First position in it.
    pub start: usize,
    /// First position not in it.
    pub end: usize,
    /// Whether it is the whole list (then `end` is `start`).
    pub wrapped_whole: bool,
}

impl Window {
    /// Its blocks in order, with the positions that belong to it. A block that holds both ends comes twice.
    pub fn blocks(&self, count: usize) -> impl Iterator<Item = (usize, u64)> + use<> {
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

/// Where rank `rank` of the candidate list stands in a walk over the heap's tree that visits a node before its left subtree and
/// that before its right one. Among equal maxima `heap.Init` brings up the first of that walk: a parent stays above an equal
/// child and the left child wins over an equal right one.
#[must_use]
pub fn heap_key(rank: u32) -> u64 {
    let path = rank + 1;
    let depth = path.leading_zeros();
    (u64::from(path << depth) << 6) | u64::from(31 - depth)
}

/// The best candidate so far.
#[derive(Debug)]
pub struct HeapTop {
    score: i64,
    key: u64,
    /// Where it stands in the list.
    pub position: usize,
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
    /// Takes another candidate: the `rank`-th of all.
    pub fn offer(&mut self, score: i64, rank: u32, position: usize) {
        let key = heap_key(rank);
        if score > self.score || (score == self.score && key < self.key) {
            *self = Self { score, key, position };
        }
    }
}

/// The best of candidates with equal scores, offered by rising rank.
///
/// Among the ranks of one level of the tree only those in a stretch of it stand before the best so far in the walk of
/// [`heap_key`]: those whose path begins with less than the best's. Nothing else is looked at.
#[derive(Debug)]
pub struct EqualTop {
    /// Rank of the best so far, plus one; 0: there is none.
    path: u32,
    /// Where it stands in the list.
    pub position: usize,
    /// Of the level that comes next, the ranks that win: from this one on,
    from: u32,
    /// and before this one.
    until: u32,
}

impl Default for EqualTop {
    fn default() -> Self {
        Self {
            path: 0,
            position: 0,
            from: 0,
            until: u32::MAX,
        }
    }
}

impl EqualTop {
    /// Takes the candidates `tied` of a block whose first position is `position`. Ranks go by `seen`, which holds `tied`, and the
    /// first of them is `rank`.
    pub fn offer_block(&mut self, mut rank: u32, mut seen: u64, tied: u64, position: usize) {
        while !self.is_final() && tied & seen != 0 {
            while rank >= self.until {
                self.go_down();
            }
            if rank < self.from {
                let skipped = self.from - rank;
                if skipped >= seen.count_ones() {
                    return;
                }
                seen &= !0 << nth_bit(seen, skipped);
                rank = self.from;
                continue;
            }
            let bit = (tied & seen).trailing_zeros() as usize;
            rank += rank_in(seen, bit);
            seen &= !0 << bit;
            if rank < self.until {
                self.take(rank, position + bit);
            }
        }
    }
    /// Whether candidates before rank `end` may win.
    #[must_use]
    pub const fn looks_before(&self, end: u32) -> bool {
        end > self.from && !self.is_final()
    }
    /// Whether no other candidate can win: this one is the first of its level, and all above it were seen.
    const fn is_final(&self) -> bool {
        self.from == self.until
    }
    /// The candidate of `rank`, which is in the stretch, is the best so far.
    fn take(&mut self, rank: u32, position: usize) {
        self.path = rank + 1;
        self.position = position;
        self.from = (1 << self.path.ilog2()) - 1;
        self.until = rank;
        self.go_down();
    }
    /// The stretch of the next level.
    fn go_down(&mut self) {
        self.from = 2 * self.from + 1;
        self.until = 2 * self.until + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_bits_of_the_extreme_masks_are_found() {
        assert!((0..64).all(|n| nth_bit(u64::MAX, n) == n as usize));
        assert!((0..64).all(|bit| nth_bit(1 << bit, 0) == bit));
    }

    proptest! {
        #[test]
        fn the_nth_bit_is_the_nth_of_all(a in any::<u64>(), b in any::<u64>(), sparse in any::<bool>()) {
            let mask = if sparse { a & b } else { a | b };
            for (n, bit) in bits(mask).enumerate() {
                prop_assert_eq!(nth_bit(mask, n as u32), bit);
            }
        }

        /// Skipping all but the first of each level loses nothing.
        #[test]
        fn of_equal_candidates_the_first_in_the_walk_wins(
            blocks in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 1..12), first in 0u32..100,
        ) {
            let mut top = EqualTop::default();
            let mut rank = first;
            let mut slow = (u64::MAX, 0);
            for (block, (a, b, c)) in blocks.iter().enumerate() {
                let (seen, tied) = (a | b, (a | b) & c);
                top.offer_block(rank, seen, tied, block * 64);
                for bit in bits(tied) {
                    slow = slow.min((heap_key(rank + rank_in(seen, bit)), block * 64 + bit));
                }
                rank += seen.count_ones();
            }
            let key = if top.path == 0 { u64::MAX } else { heap_key(top.path - 1) };
            prop_assert_eq!((key, top.position), slow);
        }
    }
}
