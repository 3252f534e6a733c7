//! A priority queue of pods for keys that mostly come in the order in which they are taken.
//!
//! Pods that wait for room fail one after another and go back with later and later times. Such keys are kept as they come, in a
//! sorted run; only a key that belongs before the run's end goes to a [`PriorityQueue`]. What is taken is the same.

use std::collections::VecDeque;
use std::hash::{BuildHasherDefault, Hasher};

use priority_queue::PriorityQueue;

use crate::cluster::ids::PodId;

/// Pod ids are dense, so they are their own hash, spread by a multiplication.
#[derive(Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    fn write_u32(&mut self, id: u32) {
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Pods by key, the largest key first. No two pods have the same key.
#[derive(Debug)]
pub struct RunQueue<K: Ord> {
    /// Falling keys. A removed pod leaves [`PodId::NONE`] behind, but never at the front.
    run: VecDeque<(K, PodId)>,
    /// Pods whose keys did not come in order.
    rest: PriorityQueue<PodId, K, BuildHasherDefault<IdHasher>>,
}

impl<K: Ord> Default for RunQueue<K> {
    fn default() -> Self {
        Self {
            run: VecDeque::new(),
            rest: PriorityQueue::default(),
        }
    }
}

impl<K: Ord + Copy> RunQueue<K> {
    /// Adds `pod`, which must not be there.
    pub fn push(&mut self, pod: PodId, key: K) {
        if self.run.back().is_none_or(|(last, _)| key < *last) {
            self.run.push_back((key, pod));
        } else {
            self.rest.push(pod, key);
        }
    }
    /// The largest key.
    #[must_use]
    pub fn peek(&self) -> Option<&K> {
        let run = self.run.front().map(|(key, _)| key);
        run.max(self.rest.peek().map(|(_, key)| key))
    }
    /// The first pod that came in order.
    #[must_use]
    pub fn upcoming(&self) -> Option<PodId> {
        self.run.front().map(|(_, pod)| *pod)
    }
    /// Takes the pod with the largest key.
    pub fn pop(&mut self) -> Option<PodId> {
        let run = self.run.front().map(|(key, _)| key);
        if run < self.rest.peek().map(|(_, key)| key) {
            return self.rest.pop().map(|(pod, _)| pod);
        }
        let (_, pod) = self.run.pop_front()?;
        self.drop_removed();
        Some(pod)
    }
    /// Takes out `pod`, which was pushed with `key` and may have been popped since.
    pub fn remove(&mut self, pod: PodId, key: K) {
        if self.rest.remove(&pod).is_some() {
            return;
        }
        if let Ok(at) = self.run.binary_search_by(|(other, _)| key.cmp(other)) {
            self.run[at].1 = PodId::NONE;
            self.drop_removed();
        }
    }
    /// Whether no pod is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.run.is_empty() && self.rest.is_empty()
    }

    fn drop_removed(&mut self) {
        while self.run.front().is_some_and(|(_, pod)| *pod == PodId::NONE) {
            self.run.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Step {
        Push(u64),
        Pop,
        Remove(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0u64..50).prop_map(Step::Push),
            2 => Just(Step::Pop),
            1 => (0usize..1000).prop_map(Step::Remove),
        ]
    }

    proptest! {
        /// Against a sorted map, with keys that rise, fall and mix.
        #[test]
        fn it_hands_out_the_largest_key(steps in prop::collection::vec(step(), 1..200), mixed in any::<bool>()) {
            let mut queue = RunQueue::default();
            let mut twin = BTreeMap::new();
            for (i, step) in steps.into_iter().enumerate() {
                let i = i as u64;
                match step {
                    Step::Push(key) => {
                        let key = (if mixed { key } else { 1000 - i }, i);
                        queue.push(PodId(i as u32), key);
                        twin.insert(key, PodId(i as u32));
                    }
                    Step::Pop => prop_assert_eq!(queue.pop(), twin.pop_last().map(|(_, pod)| pod)),
                    Step::Remove(which) => {
                        let Some((&key, &pod)) = twin.iter().nth(which % twin.len().max(1)) else { continue };
                        twin.remove(&key);
                        queue.remove(pod, key);
                    }
                }
                prop_assert_eq!(queue.peek(), twin.last_key_value().map(|(key, _)| key));
                prop_assert_eq!(queue.is_empty(), twin.is_empty());
            }
        }
    }
}
