//! Bars that overlap in time, side by side on one lane.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// A time for the heap; the values have been checked to be finite.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment(f64);

impl Eq for Moment {}
impl Ord for Moment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Gives each span (start, end), in order of start, a row that is free at its start: the one that became free last, so
/// that a span follows directly on the one it continues; of several the lowest. Spans that touch may share a row.
/// Returns the rows and how many there are, which is the largest number of spans at one time.
pub(super) fn pack(spans: &[(f64, f64)]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by(|&a, &b| {
        spans[a]
            .0
            .total_cmp(&spans[b].0)
            .then(spans[a].1.total_cmp(&spans[b].1))
            .then(a.cmp(&b))
    });
    let mut busy: BinaryHeap<Reverse<(Moment, usize)>> = BinaryHeap::new();
    let mut free: BTreeSet<(Reverse<Moment>, usize)> = BTreeSet::new();
    let mut rows = vec![0; spans.len()];
    let mut count = 0;
    for i in order {
        let (start, end) = spans[i];
        while let Some(&Reverse((until, row))) = busy.peek()
            && until.0 <= start
        {
            busy.pop();
            free.insert((Reverse(until), row));
        }
        let row = free.pop_first().map_or(count, |(_, row)| row);
        count = count.max(row + 1);
        rows[i] = row;
        busy.push(Reverse((Moment(end), row)));
    }
    (rows, count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slots_are_used_again() {
        let spans = [(0.0, 10.0), (0.0, 5.0), (5.0, 8.0), (9.0, 12.0), (3.0, 4.0)];
        assert_eq!(pack(&spans), (vec![1, 0, 0, 0, 2], 3));
        // Row 0 is free since 4, row 1 since 5: what starts at 5 goes on where something ended at 5.
        assert_eq!(pack(&[(0.0, 4.0), (0.0, 5.0), (5.0, 6.0)]), (vec![0, 1, 1], 2));
        assert_eq!(pack(&[]), (vec![], 0));
    }

    proptest! {
        #[test]
        fn bars_of_a_row_never_overlap_and_rows_are_few(raw in prop::collection::vec((0u32..200, 0u32..40), 0..60)) {
            let spans: Vec<(f64, f64)> =
                raw.iter().map(|&(s, l)| (f64::from(s), f64::from(s + l))).collect();
            let (rows, count) = pack(&spans);
            for i in 0..spans.len() {
                for j in 0..i {
                    let apart = spans[i].1 <= spans[j].0 || spans[j].1 <= spans[i].0;
                    prop_assert!(rows[i] != rows[j] || apart, "{:?} {:?}", spans[i], spans[j]);
                }
            }
            let depth = |t: f64| spans.iter().filter(|s| s.0 <= t && t < s.1).count();
            let deepest = spans.iter().map(|s| depth(s.0)).max().unwrap_or(0);
            prop_assert!(count >= deepest && count <= deepest + spans.iter().filter(|s| s.0 == s.1).count());
        }
    }
}
