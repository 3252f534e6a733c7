//! Pods that have ended, the oldest first, without a look at all pods each time.

use crate::cluster::{PodId, Store};

/// What is known of pods that may have ended. Each pod is passed once; those that lived then are looked at again.
#[derive(Debug, Default)]
pub(super) struct EndedPods {
    /// The first pod that was not passed.
    next: u32,
    /// Passed pods that lived, in order of creation.
    lived: Vec<PodId>,
}

impl EndedPods {
    /// The oldest of the pods of `store` that have ended, as many as there are beyond `threshold` (`gcTerminated`); none if it is
    /// zero. No pod is named twice.
    ///
    /// Pods that were created in the same second go in the order of their names in Kubernetes, here as they were created.
    pub(super) fn surplus(&mut self, store: &Store, threshold: u32) -> Vec<PodId> {
        let mut surplus = Vec::new();
        let wanted = match threshold {
            0 => 0,
            _ => store.ended_pods.saturating_sub(threshold) as usize,
        };
        if wanted == 0 {
            return surplus;
        }
        self.lived.retain(|pod| {
            let record = &store.pods[pod.index()];
            let goes = record.phase.is_terminal() && surplus.len() < wanted;
            if goes && !record.gone {
                surplus.push(*pod);
            }
            !goes && !record.gone
        });
        while surplus.len() < wanted
            && let Some(record) = store.pods.get(self.next as usize)
        {
            let pod = PodId(self.next);
            self.next += 1;
            match (record.gone, record.phase.is_terminal()) {
                (true, _) => {}
                (false, true) => surplus.push(pod),
                (false, false) => self.lived.push(pod),
            }
        }
        surplus
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::pod::Owner;
    use crate::cluster::spec::PodTemplate;
    use crate::kernel::SimTime;

    fn store(pods: u32) -> Store {
        let mut store = Store::default();
        store.templates.push(std::sync::Arc::new(PodTemplate::default()));
        for _ in 0..pods {
            let template = crate::cluster::PodTemplateId(0);
            let _ = store.create_pod_of(Owner::Nobody(0), template, u32::MAX, SimTime::ZERO);
        }
        store
    }
    fn ids(pods: &[PodId]) -> Vec<u32> {
        pods.iter().map(|pod| pod.0).collect()
    }

    #[test]
    fn the_oldest_go_and_those_that_lived_are_asked_again() {
        let mut store = store(10);
        let mut ended = EndedPods::default();
        for pod in [1, 3, 5, 6, 9] {
            store.finish(PodId(pod), 0, SimTime::ZERO);
        }
        assert_eq!(ids(&ended.surplus(&store, 0)), [0; 0], "0 is no threshold");
        assert_eq!(ids(&ended.surplus(&store, 5)), [0; 0]);
        assert_eq!(ids(&ended.surplus(&store, 3)), [1, 3]);
        for pod in [1, 3] {
            store.remove_pod(PodId(pod));
        }
        // 0 and 2 were passed when they lived.
        store.finish(PodId(2), 1, SimTime::ZERO);
        assert_eq!(ids(&ended.surplus(&store, 2)), [2, 5]);
        for pod in [2, 5] {
            store.remove_pod(PodId(pod));
        }
        store.finish(PodId(4), 0, SimTime::ZERO);
        store.finish(PodId(0), 0, SimTime::ZERO);
        // Somebody else removes one of them.
        store.remove_pod(PodId(0));
        assert_eq!(ids(&ended.surplus(&store, 1)), [4, 6]);
        assert_eq!(store.ended_pods, 3);
    }
}
