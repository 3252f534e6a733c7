//! The slow twin: a binary heap on (time, sequence), too simple to be wrong.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::kernel::SimTime;

/// Pending events by time; events of equal time in the order of pushing. The same methods as [`super::Calendar`].
#[derive(Clone, Debug)]
pub struct HeapCalendar<E> {
    now: SimTime,
    pushed: u64,
    heap: BinaryHeap<Reverse<Entry<E>>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: SimTime,
    sequence: u64,
    event: E,
}

impl<E> Entry<E> {
    const fn key(&self) -> (SimTime, u64) {
        (self.at, self.sequence)
    }
}
impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<E: Copy> HeapCalendar<E> {
    /// An empty calendar at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            now: SimTime::ZERO,
            pushed: 0,
            heap: BinaryHeap::new(),
        }
    }

    /// The time of the event popped last; zero before the first.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Notes that `event` happens at `at`, after everything already noted for that time.
    ///
    /// # Panics
    /// If `at` is before [`HeapCalendar::now`]: a model that reaches into the past is wrong.
    pub fn push(&mut self, at: SimTime, event: E) {
        assert!(
            at >= self.now,
            "an event was pushed for {at}, and it is already {}",
            self.now
        );
        self.heap.push(Reverse(Entry {
            at,
            sequence: self.pushed,
            event,
        }));
        self.pushed += 1;
    }

    /// The time of the event that [`HeapCalendar::pop`] would return.
    #[must_use]
    pub fn peek_time(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the earliest event, and among equal times the one pushed first; the clock moves to its time.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let Reverse(Entry { at, event, .. }) = self.heap.pop()?;
        self.now = at;
        Some((at, event))
    }
}

impl<E: Copy> Default for HeapCalendar<E> {
    fn default() -> Self {
        Self::new()
    }
}
