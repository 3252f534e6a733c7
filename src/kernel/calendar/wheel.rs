//! A monotone radix wheel: eleven levels of 64 buckets.
//!
//! Write times in base 64. An event lies on the level of the highest digit in which its time differs from `base`, in the
//! bucket of that digit's value; `base` is a time that nothing pending precedes. So the earliest event is in the first
//! bucket of the lowest level that has any, and a bucket of level 0 holds one time only. When a longer bucket's turn comes,
//! `base` moves to its earliest time and its events move down, each at least one level.
//!
//! Equal times keep the order of pushing without a sequence number: at any moment they share one bucket, buckets are first
//! in, first out, and moving down goes through them in order into levels that are empty.
//!
//! `base` moves only in [`Calendar::pop`], never past the time popped. A look at the next time must not move it, or a later
//! push between the clock and that time would have no bucket; each bucket knows its earliest time instead.
//!
//! What is pushed for the present instant waits in a line beside the wheel: it comes after everything the wheel has for this
//! instant, which was pushed before the clock came here.
//!
//! The structure goes back to radix heaps (Ahuja, Mehlhorn, Orlin and Tarjan 1990) and hierarchical timing wheels (Varghese
//! and Lauck 1987).

use std::collections::VecDeque;

use super::blocks::{Blocks, Chain};
use crate::kernel::SimTime;

/// Bits of one digit.
const BITS: u32 = 6;
/// Buckets of a level: the values of a digit.
const RADIX: usize = 1 << BITS;
/// Digits of a 64-bit time.
const LEVELS: usize = 64_usize.div_ceil(BITS as usize);
/// A bucket of up to this many events is searched where it lies: cheaper than moving its events down.
const SEARCHED: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: u64,
    event: E,
}

/// Meaningful while its bit in `occupied` is set.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    earliest: u64,
    chain: Chain,
}

/// Pending events by time; events of equal time in the order of pushing.
///
/// Pushing and popping cost amortised constant time (an event moves down at most ten times, and seldom more than twice),
/// [`Calendar::peek_time`] always. In a steady state nothing is allocated; storage grows to the most events ever pending at once.
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    now: SimTime,
    len: usize,
    /// Nothing pending is earlier, nor is `now`.
    base: u64,
    /// Bit l: whether level l has an occupied bucket.
    levels: u16,
    /// Per level, bit d: whether bucket d is occupied.
    occupied: [u64; LEVELS],
    buckets: Box<[Bucket]>,
    blocks: Blocks<Entry<E>>,
    /// Events of the present instant that were pushed at it.
    present: VecDeque<E>,
}

impl<E: Copy> Calendar<E> {
    /// An empty calendar at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            now: SimTime::ZERO,
            len: 0,
            base: 0,
            levels: 0,
            occupied: [0; LEVELS],
            buckets: vec![Bucket::default(); LEVELS * RADIX].into_boxed_slice(),
            blocks: Blocks::new(),
            present: VecDeque::new(),
        }
    }

    /// The time of the event popped last; zero before the first.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are pending.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is pending.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many entries the storage has room for.
    #[cfg(test)]
    pub(super) fn storage(&self) -> usize {
        self.blocks.room()
    }

    /// Notes that `event` happens at `at`, after everything already noted for that time.
    ///
    /// # Panics
    /// If `at` is before [`Calendar::now`]: a model that reaches into the past is wrong.
    #[inline]
    pub fn push(&mut self, at: SimTime, event: E) {
        assert!(
            at >= self.now,
            "an event was pushed for {at}, and it is already {}",
            self.now
        );
        self.len += 1;
        if at == self.now {
            self.present.push_back(event);
        } else {
            self.place(Entry {
                at: at.as_nanos(),
                event,
            });
        }
    }

    /// The time of the event that [`Calendar::pop`] would return.
    #[must_use]
    pub fn peek_time(&self) -> Option<SimTime> {
        if !self.present.is_empty() {
            return Some(self.now);
        }
        (self.levels != 0).then(|| SimTime::from_nanos(self.earliest()))
    }

    /// Takes the earliest event, and among equal times the one pushed first; the clock moves to its time.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        if !self.present.is_empty() && (self.levels == 0 || self.earliest() != self.now.as_nanos()) {
            self.len -= 1;
            return self.present.pop_front().map(|event| (self.now, event));
        }
        if self.levels == 0 {
            return None;
        }
        let (level, digit) = self.lowest();
        let Bucket { earliest, chain } = self.buckets[level * RADIX + digit];
        let event = if level == 0 {
            let (entry, rest) = self.blocks.take_first(chain);
            self.keep(level, digit, earliest, rest);
            entry.event
        } else {
            match self.blocks.in_one_block(chain) {
                Some(positions) if positions.len() <= SEARCHED => self.take_earliest(level, digit),
                _ => self.move_down(level, digit),
            }
        };
        self.len -= 1;
        self.now = SimTime::from_nanos(earliest);
        Some((self.now, event))
    }

    /// The earliest time in the wheel; there must be one.
    #[inline]
    fn earliest(&self) -> u64 {
        let (level, digit) = self.lowest();
        self.buckets[level * RADIX + digit].earliest
    }

    /// The lowest occupied level and its first occupied bucket; there must be one.
    #[inline]
    fn lowest(&self) -> (usize, usize) {
        let level = self.levels.trailing_zeros() as usize;
        (level, self.occupied[level].trailing_zeros() as usize)
    }

    /// Puts an entry into its bucket.
    #[inline]
    fn place(&mut self, entry: Entry<E>) {
        let differing = (entry.at ^ self.base) | 1;
        let level = differing.ilog2() / BITS;
        let digit = (entry.at >> (level * BITS)) as usize % RADIX;
        let level = level as usize;
        let bucket = &mut self.buckets[level * RADIX + digit];
        if self.occupied[level] & (1 << digit) == 0 {
            self.occupied[level] |= 1 << digit;
            self.levels |= 1 << level;
            *bucket = Bucket {
                earliest: entry.at,
                chain: self.blocks.start(entry),
            };
        } else {
            bucket.earliest = bucket.earliest.min(entry.at);
            self.blocks.append(&mut bucket.chain, entry);
        }
    }

    /// Leaves `rest` in a bucket, whose earliest time is now `earliest`.
    #[inline]
    fn keep(&mut self, level: usize, digit: usize, earliest: u64, rest: Option<Chain>) {
        match rest {
            Some(chain) => self.buckets[level * RADIX + digit] = Bucket { earliest, chain },
            None => {
                self.occupied[level] &= !(1 << digit);
                self.levels &= !(u16::from(self.occupied[level] == 0) << level);
            }
        }
    }

    /// Takes the earliest event out of the first bucket, which lies in one block, and leaves the others there.
    fn take_earliest(&mut self, level: usize, digit: usize) -> E {
        let Bucket { earliest, chain } = self.buckets[level * RADIX + digit];
        let positions = self.blocks.in_one_block(chain).expect("the caller looked");
        let start = positions.start;
        let mut found = None;
        let mut second = u64::MAX;
        for (offset, entry) in self.blocks.values(positions).iter().enumerate() {
            if entry.at == earliest && found.is_none() {
                found = Some(offset);
            } else {
                second = second.min(entry.at);
            }
        }
        let offset = found.expect("a bucket holds its earliest time");
        let (entry, rest) = self.blocks.take_at(chain, start + offset);
        self.keep(level, digit, second, rest);
        if rest.is_none() {
            // Everything lower is empty too, so the base may catch up with the clock and nothing has to move.
            self.base = earliest;
        }
        entry.event
    }

    /// Moves the base to the earliest time of the first bucket, takes its earliest event and places the others anew.
    fn move_down(&mut self, level: usize, digit: usize) -> E {
        let Bucket { earliest, chain } = self.buckets[level * RADIX + digit];
        self.base = earliest;
        self.keep(level, digit, earliest, None);
        let mut found = None;
        let mut rest = Some(chain);
        while let Some(chain) = rest {
            let (entry, tail) = self.blocks.take_first(chain);
            rest = tail;
            if entry.at == earliest && found.is_none() {
                found = Some(entry.event);
            } else {
                self.place(entry);
            }
        }
        found.expect("a bucket holds its earliest time")
    }
}

impl<E: Copy> Default for Calendar<E> {
    fn default() -> Self {
        Self::new()
    }
}
