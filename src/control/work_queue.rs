//! A controller's work queue: first in, first out, each key at most once, never two workers on one key
//! (`staging/src/k8s.io/client-go/util/workqueue/queue.go`). The marks of a key live in its record.

use std::collections::VecDeque;

use crate::cluster::job::Job;

/// A key's record, which keeps the queue's marks.
pub trait Marked {
    /// The marks.
    fn marks(&mut self) -> Marks<'_>;
}

/// What a queue notes of a key.
#[derive(Debug)]
pub struct Marks<'a> {
    /// It is to be worked on, or to be worked on again.
    pub dirty: &'a mut bool,
    /// A worker has it.
    pub processing: &'a mut bool,
}

impl Marked for Job {
    fn marks(&mut self) -> Marks<'_> {
        Marks {
            dirty: &mut self.dirty,
            processing: &mut self.processing,
        }
    }
}

/// Keys that wait for a worker.
#[derive(Clone, Debug)]
pub struct WorkQueue<K> {
    queue: VecDeque<K>,
}

impl<K> Default for WorkQueue<K> {
    fn default() -> Self {
        Self { queue: VecDeque::new() }
    }
}

impl<K: Copy + Into<usize>> WorkQueue<K> {
    /// Adds `key`; while it waits this does nothing, while it is being worked on it waits for the end of that.
    pub fn add<R: Marked>(&mut self, key: K, records: &mut [R]) {
        let marks = records[key.into()].marks();
        if *marks.dirty {
            return;
        }
        *marks.dirty = true;
        if !*marks.processing {
            self.queue.push_back(key);
        }
    }
    /// Takes the key that has waited longest.
    pub fn get<R: Marked>(&mut self, records: &mut [R]) -> Option<K> {
        let key = self.queue.pop_front()?;
        let marks = records[key.into()].marks();
        *marks.dirty = false;
        *marks.processing = true;
        Some(key)
    }
    /// Ends the work on `key`; it goes to the end of the queue if it was added meanwhile.
    pub fn done<R: Marked>(&mut self, key: K, records: &mut [R]) {
        let marks = records[key.into()].marks();
        *marks.processing = false;
        if *marks.dirty {
            self.queue.push_back(key);
        }
    }
    /// Keys waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }
    /// Whether no key waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ids::{JobId, JobSpecId};

    #[test]
    fn a_key_waits_once_and_is_never_worked_on_twice_at_a_time() {
        let mut jobs: Vec<Job> = (0..3).map(|i| Job::new(JobSpecId(0), i, i)).collect();
        let mut queue = WorkQueue::default();
        for key in [0, 1, 0, 2] {
            queue.add(JobId(key), &mut jobs);
        }
        assert_eq!(queue.len(), 3);
        assert_eq!(queue.get(&mut jobs), Some(JobId(0)));
        queue.add(JobId(0), &mut jobs);
        queue.add(JobId(0), &mut jobs);
        assert_eq!(queue.get(&mut jobs), Some(JobId(1)));
        queue.done(JobId(0), &mut jobs);
        assert_eq!(queue.get(&mut jobs), Some(JobId(2)));
        assert_eq!(queue.get(&mut jobs), Some(JobId(0)));
        queue.done(JobId(0), &mut jobs);
        assert!(queue.is_empty());
    }
}
