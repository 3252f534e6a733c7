//! Sets of completion indexes, kept as runs (`pkg/controller/job/indexed_job_utils.go: orderedIntervals`).

use std::collections::BTreeMap;
use std::fmt;

/// A set of completion indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSet {
    /// Last index of each run, by its first. Runs neither overlap nor touch.
    runs: BTreeMap<u32, u32>,
    total: u32,
}

impl IndexSet {
    /// How many indexes are in the set.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.total
    }
    /// Whether `index` is in the set.
    #[must_use]
    pub fn contains(&self, index: u32) -> bool {
        self.run_of(index).is_some()
    }
    /// The run that holds `index`.
    fn run_of(&self, index: u32) -> Option<(u32, u32)> {
        let (&first, &last) = self.runs.range(..=index).next_back()?;
        (index <= last).then_some((first, last))
    }
    /// The runs (first, last), in order.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.runs.iter().map(|(&first, &last)| (first, last))
    }
    /// Adds `index`; says whether it was new.
    pub fn insert(&mut self, index: u32) -> bool {
        if self.contains(index) {
            return false;
        }
        let mut first = index;
        if let Some((before, last)) = index.checked_sub(1).and_then(|left| self.run_of(left)) {
            debug_assert_eq!(last + 1, index);
            first = before;
        }
        let last = index
            .checked_add(1)
            .and_then(|right| self.runs.remove(&right))
            .unwrap_or(index);
        self.runs.insert(first, last);
        self.total += 1;
        true
    }
    /// Takes away all indexes from `end` on, and returns them.
    pub fn truncate(&mut self, end: u32) -> Vec<u32> {
        let mut gone = Vec::new();
        while let Some((first, last)) = self.runs().last().filter(|(_, last)| *last >= end) {
            self.runs.remove(&first);
            gone.extend(first.max(end)..=last);
            if first < end {
                self.runs.insert(first, end - 1);
            }
        }
        self.total -= gone.len() as u32;
        gone
    }
    /// How many of the indexes in `runs` (sorted, apart) are in the set.
    #[must_use]
    pub fn count_in(&self, runs: &[(u32, u32)]) -> u32 {
        let overlap = |&(first, last): &(u32, u32)| -> u32 {
            let start = self.run_of(first).map_or(first, |(first, _)| first);
            let shared = |(f, l): (&u32, &u32)| (last.min(*l) + 1).saturating_sub(first.max(*f));
            self.runs.range(start..=last).map(shared).sum()
        };
        runs.iter().map(overlap).sum()
    }
}

/// As in `status.completedIndexes`: sorted, runs of three and more as `a-b`.
impl fmt::Display for IndexSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.runs().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{first}")?;
            match last - first {
                0 => {}
                1 => write!(f, ",{last}")?,
                _ => write!(f, "-{last}")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<u32> for IndexSet {
    fn from_iter<I: IntoIterator<Item = u32>>(indexes: I) -> Self {
        let mut set = Self::default();
        for index in indexes {
            set.insert(index);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_of_three_are_written_with_a_dash() {
        let text = |indexes: &[u32]| indexes.iter().copied().collect::<IndexSet>().to_string();
        assert_eq!(text(&[]), "");
        assert_eq!(text(&[7]), "7");
        assert_eq!(text(&[1, 0]), "0,1");
        assert_eq!(text(&[4, 0, 1, 3]), "0,1,3,4");
        assert_eq!(text(&[5, 3, 0, 4, 1]), "0,1,3-5");
        assert_eq!(text(&[u32::MAX, u32::MAX - 1, u32::MAX - 2]), "4294967293-4294967295");
    }

    proptest! {
        #[test]
        fn it_equals_a_set_of_numbers(inserted in prop::collection::vec(0u32..60, 0..80), end in 0u32..70,
                                      wanted in prop::collection::btree_set(0u32..60, 0..30)) {
            let mut set = IndexSet::default();
            let mut twin = BTreeSet::new();
            for index in inserted {
                prop_assert_eq!(set.insert(index), twin.insert(index));
            }
            let runs: Vec<(u32, u32)> = wanted.iter().copied().collect::<IndexSet>().runs().collect();
            prop_assert_eq!(set.count_in(&runs) as usize, twin.intersection(&wanted).count());
            let mut gone = set.truncate(end);
            gone.sort_unstable();
            prop_assert_eq!(gone, twin.split_off(&end).into_iter().collect::<Vec<_>>());
            prop_assert_eq!(set.total() as usize, twin.len());
            prop_assert!((0..70).all(|index| set.contains(index) == twin.contains(&index)));
            let runs: Vec<_> = set.runs().collect();
            prop_assert!(runs.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }
}
