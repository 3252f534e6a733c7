//! First-in, first-out chains of small values, all in one arena of fixed-size blocks.
//!
//! A chain is read and written like an array, block after block, so moving one streams through memory; a block that runs
//! empty goes back to the arena and serves the next chain, so a steady state allocates nothing.

use std::ops::Range;

/// Values per block. Larger blocks stream better, smaller ones waste less in the many short chains (see benches/README.md).
const BLOCK: u32 = 32;

/// No block.
const NONE: u32 = u32::MAX;

/// A chain of at least one value in a [`Blocks`] arena. Positions count values over the whole arena.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chain {
    first: u32,
    last: u32,
}

/// The arena that holds the values of all chains.
#[derive(Clone, Debug)]
pub(super) struct Blocks<T> {
    slots: Vec<T>,
    /// Per block: the one that follows it in its chain, or in the list of free blocks.
    next: Vec<u32>,
    free: u32,
}

impl<T: Copy> Blocks<T> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            next: Vec::new(),
            free: NONE,
        }
    }

    /// How many values the arena has room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.slots.len()
    }

    /// A block of the arena; a new one is filled with `filler`, which nobody reads.
    fn take_block(&mut self, filler: T) -> u32 {
        if self.free != NONE {
            let block = self.free;
            self.free = self.next[block as usize];
            return block;
        }
        let block = u32::try_from(self.next.len()).expect("the arena is indexed by u32");
        assert!(block < NONE / BLOCK, "more than four thousand million pending events");
        self.next.push(NONE);
        self.slots.resize(self.slots.len() + BLOCK as usize, filler);
        block
    }

    fn give_back(&mut self, block: u32) {
        self.next[block as usize] = self.free;
        self.free = block;
    }

    /// A new chain of one value.
    pub(super) fn start(&mut self, value: T) -> Chain {
        let position = self.take_block(value) * BLOCK;
        self.slots[position as usize] = value;
        Chain {
            first: position,
            last: position,
        }
    }

    /// Adds `value` at the end of `chain`.
    #[inline]
    pub(super) fn append(&mut self, chain: &mut Chain, value: T) {
        let mut position = chain.last + 1;
        if position.is_multiple_of(BLOCK) {
            let block = self.take_block(value);
            self.next[(chain.last / BLOCK) as usize] = block;
            position = block * BLOCK;
        }
        self.slots[position as usize] = value;
        chain.last = position;
    }

    /// Takes the first value off; the chain that is left, if any is.
    #[inline]
    pub(super) fn take_first(&mut self, chain: Chain) -> (T, Option<Chain>) {
        let value = self.slots[chain.first as usize];
        let block = chain.first / BLOCK;
        if chain.first == chain.last {
            self.give_back(block);
            return (value, None);
        }
        let mut first = chain.first + 1;
        if first.is_multiple_of(BLOCK) {
            first = self.next[block as usize] * BLOCK;
            self.give_back(block);
        }
        (value, Some(Chain { first, ..chain }))
    }

    /// Where the values of `chain` lie, if they lie in one block.
    #[inline]
    pub(super) fn in_one_block(&self, chain: Chain) -> Option<Range<usize>> {
        (chain.first / BLOCK == chain.last / BLOCK).then(|| chain.first as usize..chain.last as usize + 1)
    }

    /// The values at `positions`, which [`Blocks::in_one_block`] gave.
    #[inline]
    pub(super) fn values(&self, positions: Range<usize>) -> &[T] {
        &self.slots[positions]
    }

    /// Takes the value at `position` out of a chain that lies in one block; the others keep their order.
    #[inline]
    pub(super) fn take_at(&mut self, chain: Chain, position: usize) -> (T, Option<Chain>) {
        let value = self.slots[position];
        if chain.first == chain.last {
            self.give_back(chain.first / BLOCK);
            return (value, None);
        }
        self.slots.copy_within(position + 1..chain.last as usize + 1, position);
        (
            value,
            Some(Chain {
                last: chain.last - 1,
                ..chain
            }),
        )
    }
}
