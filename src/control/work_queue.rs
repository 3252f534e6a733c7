//! A controller's work queue: first in, first out, each key at most once, never two workers on one key
//! (`staging/src/k8s.io/client-go/util/workqueue/queue.go`). The marks of a key live in its record.

use std::collections::VecDeque;

use crate::cluster::ids::JobId;
use crate::cluster::job::Job;

/// Keys that wait for a worker.
#[derive(Clone, Debug, Default)]
pub struct WorkQueue {
    queue: VecDeque<JobId>,
}

impl WorkQueue {
    /// Adds `key`; while it waits this does nothing, while it is being worked on it waits for the end of that.
    pub fn add(&mut self, key: JobId, jobs: &mut [Job]) {
        let job = &mut jobs[key.index()];
        if job.dirty {
            return;
        }
        job.dirty = true;
        if !job.processing {
            self.queue.push_back(key);
        }
    }
    /// Takes the key that has waited longest.
    pub fn get(&mut self, jobs: &mut [Job]) -> Option<JobId> {
        let key = self.queue.pop_front()?;
        let job = &mut jobs[key.index()];
        job.dirty = false;
        job.processing = true;
        Some(key)
    }
    /// Ends the work on `key`; it goes to the end of the queue if it was added meanwhile.
    pub fn done(&mut self, key: JobId, jobs: &mut [Job]) {
        let job = &mut jobs[key.index()];
        job.processing = false;
        if job.dirty {
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
    use crate::cluster::ids::JobSpecId;

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
