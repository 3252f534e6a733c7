//! The completion indexes of one Indexed Job (`pkg/controller/job/indexed_job_utils.go`): which are done, which wait for a
//! pod, and how often each failed. Kept up to date as pods come and go; the Job controller works all of it out anew from its
//! pods in each sync, which a test compares.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::PodId;
use crate::cluster::index_set::IndexSet;

/// The annotations that count failures of an index on its pod; they are there with `backoffLimitPerIndex`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexFailures {
    /// `batch.kubernetes.io/job-index-failure-count`: failures of earlier pods of the index.
    pub counted: u32,
    /// `batch.kubernetes.io/job-index-ignored-failure-count`: those that a `podFailurePolicy` ignored.
    pub ignored: u32,
}

impl IndexFailures {
    /// Both (`getIndexAbsoluteFailureCount`).
    #[must_use]
    pub const fn absolute(self) -> u32 {
        self.counted.saturating_add(self.ignored)
    }
}

/// The completion indexes of an Indexed Job.
#[derive(Clone, Debug, Default)]
pub struct JobIndexes {
    /// Indexes that succeeded, `status.completedIndexes`.
    completed: IndexSet,
    /// Indexes that failed for good, `status.failedIndexes`.
    failed: IndexSet,
    /// Indexes that had a pod and need another one.
    returned: BTreeSet<u32>,
    /// The lowest index that never had a pod.
    next: u32,
    /// How often each index was started.
    starts: BTreeMap<u32, u32>,
    /// Annotations of pods, where not zero.
    failures: BTreeMap<PodId, IndexFailures>,
    /// Whether the sets changed since the status was written last.
    pub unwritten: bool,
}

impl JobIndexes {
    /// Indexes that succeeded.
    #[must_use]
    pub const fn completed(&self) -> &IndexSet {
        &self.completed
    }
    /// Indexes that failed for good.
    #[must_use]
    pub const fn failed(&self) -> &IndexSet {
        &self.failed
    }
    /// The `count` lowest indexes below `completions` that need a pod (`firstPendingIndexes`).
    pub fn pending(&self, count: usize, completions: u32) -> impl Iterator<Item = u32> + '_ {
        // What was returned had a pod, so it lies below `next`.
        let returned = self.returned.range(..completions).copied();
        returned.chain(self.next..completions.max(self.next)).take(count)
    }
    /// A pod of `index` is made; how often there was one before.
    pub fn start(&mut self, index: u32) -> u32 {
        if index >= self.next {
            self.returned.extend(self.next..index);
            self.next = index + 1;
        }
        self.returned.remove(&index);
        let starts = self.starts.entry(index).or_insert(0);
        *starts += 1;
        *starts - 1
    }
    /// A pod of `index` is out of the way without success: the index needs another one, unless it is done.
    pub fn give_back(&mut self, index: u32) {
        if !self.completed.contains(index) && !self.failed.contains(index) {
            self.returned.insert(index);
        }
    }
    /// `index` succeeded; says whether that is new.
    pub fn complete(&mut self, index: u32) -> bool {
        self.returned.remove(&index);
        let new = self.completed.insert(index);
        self.unwritten |= new;
        new
    }
    /// `index` failed for good.
    pub fn fail(&mut self, index: u32) {
        self.returned.remove(&index);
        self.unwritten |= self.failed.insert(index);
    }
    /// `completions` is less than it was: indexes beyond it are forgotten (`parseIndexesFromString`).
    pub fn truncate(&mut self, completions: u32) {
        let gone = [self.completed.truncate(completions), self.failed.truncate(completions)].concat();
        self.unwritten |= !gone.is_empty();
        self.returned.extend(gone);
    }
    /// Whether a pod of `index` is in its way: it is neither waiting for one nor done.
    #[must_use]
    pub fn is_busy(&self, index: u32) -> bool {
        index < self.next
            && !self.returned.contains(&index)
            && !self.completed.contains(index)
            && !self.failed.contains(index)
    }
    /// Whether any index from `completions` on ever had a pod.
    #[must_use]
    pub const fn has_pods_from(&self, completions: u32) -> bool {
        self.next > completions
    }
    /// The failure counts on a pod.
    #[must_use]
    pub fn failures(&self, pod: PodId) -> IndexFailures {
        self.failures.get(&pod).copied().unwrap_or_default()
    }
    /// Puts failure counts on a pod.
    pub fn annotate(&mut self, pod: PodId, failures: IndexFailures) {
        if failures.absolute() > 0 {
            self.failures.insert(pod, failures);
        }
    }
    /// A pod is counted; nobody asks for its annotations any more.
    pub fn forget(&mut self, pod: PodId) {
        self.failures.remove(&pod);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_pending_index_comes_first() {
        let mut indexes = JobIndexes::default();
        let pending = |indexes: &JobIndexes, count| indexes.pending(count, 3).collect::<Vec<_>>();
        assert_eq!(pending(&indexes, 2), [0, 1]);
        assert_eq!((indexes.start(0), indexes.start(1)), (0, 0));
        indexes.give_back(1);
        indexes.give_back(0);
        assert_eq!(pending(&indexes, 9), [0, 1, 2]);
        assert_eq!(indexes.start(0), 1);
        assert_eq!(pending(&indexes, 9), [1, 2]);
        // Of two requests sent at once, the second may take effect first.
        indexes.start(2);
        assert_eq!(pending(&indexes, 9), [1]);
        assert!(indexes.is_busy(0) && indexes.is_busy(2) && !indexes.is_busy(1));
    }

    #[test]
    fn what_is_done_needs_no_pod() {
        let mut indexes = JobIndexes::default();
        for index in 0..4 {
            indexes.start(index);
        }
        indexes.give_back(2);
        indexes.fail(2);
        assert!(indexes.complete(1) && !indexes.complete(1));
        indexes.give_back(1);
        indexes.give_back(2);
        assert_eq!(indexes.pending(9, 4).count(), 0);
        assert!(indexes.unwritten && !indexes.is_busy(1) && indexes.is_busy(3));
        // Fewer completions, and more again: what lay beyond is to be done anew.
        indexes.truncate(2);
        assert_eq!((indexes.completed().total(), indexes.failed().total()), (1, 0));
        assert_eq!(indexes.pending(9, 2).count(), 0);
        assert_eq!(indexes.pending(9, 5).collect::<Vec<_>>(), [2, 4]);
    }
}
