//! The pods of an autoscaled service, sorted by how much an autoscaler has to look at: pods that wait for a node or start are
//! alike by template, and so are those that have served for a while. Only the few between are looked at one by one, so an
//! evaluation of ten thousand pods costs no more than one of ten.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{PodId, PodTemplateId};

/// Pods by template.
type ByTemplate = BTreeMap<PodTemplateId, BTreeSet<PodId>>;

/// The pods of one service.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    /// Phase Pending.
    pending: ByTemplate,
    /// Looked at one by one.
    pub(super) fresh: BTreeSet<PodId>,
    /// Serving for so long that all is the same for them.
    settled: ByTemplate,
}

/// Pods that an autoscaler takes for alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control::service) struct Group {
    /// One of them.
    pub pod: PodId,
    /// How many there are.
    pub count: u32,
    /// What is known of all of them.
    pub kind: GroupKind,
}

/// What is known of the pods of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control::service) enum GroupKind {
    /// They are Pending.
    Pending,
    /// They have been Ready, and had samples, for longer than any rule looks back.
    Settled,
    /// Nothing; there is one.
    Single,
}

fn remove(groups: &mut ByTemplate, template: PodTemplateId, pod: PodId) -> bool {
    let Some(group) = groups.get_mut(&template) else {
        return false;
    };
    let removed = group.remove(&pod);
    if group.is_empty() {
        groups.remove(&template);
    }
    removed
}

impl Members {
    /// Forgets a pod; says whether it was settled.
    pub(super) fn remove(&mut self, pod: PodId, template: PodTemplateId) -> bool {
        if !self.fresh.remove(&pod) {
            remove(&mut self.pending, template, pod);
        }
        remove(&mut self.settled, template, pod)
    }

    /// A pod that waits or starts.
    pub(super) fn add_pending(&mut self, pod: PodId, template: PodTemplateId) {
        self.pending.entry(template).or_default().insert(pod);
    }

    /// Moves the fresh pods that are as `is_settled` wants to those that are alike; it gives their template.
    pub(super) fn settle(&mut self, mut is_settled: impl FnMut(PodId) -> Option<PodTemplateId>) {
        let settled = &mut self.settled;
        self.fresh.retain(|pod| {
            let template = is_settled(*pod);
            if let Some(template) = template {
                settled.entry(template).or_default().insert(*pod);
            }
            template.is_none()
        });
    }

    /// All pods in groups.
    pub(super) fn groups(&self) -> Vec<Group> {
        let of = |groups: &ByTemplate, kind| -> Vec<Group> {
            let group = |pods: &BTreeSet<PodId>| {
                let pod = *pods.first()?;
                let count = pods.len() as u32;
                Some(Group { pod, count, kind })
            };
            groups.values().filter_map(group).collect()
        };
        let single = |pod: &PodId| Group {
            pod: *pod,
            count: 1,
            kind: GroupKind::Single,
        };
        let mut groups = of(&self.settled, GroupKind::Settled);
        groups.extend(self.fresh.iter().map(single));
        groups.extend(of(&self.pending, GroupKind::Pending));
        groups
    }

    /// All pods one by one.
    pub(super) fn singles(&self) -> Vec<Group> {
        let all = |groups: &ByTemplate| -> Vec<PodId> { groups.values().flatten().copied().collect() };
        let mut pods: Vec<PodId> = all(&self.settled);
        pods.extend(&self.fresh);
        pods.extend(all(&self.pending));
        pods.sort_unstable();
        pods.into_iter()
            .map(|pod| Group {
                pod,
                count: 1,
                kind: GroupKind::Single,
            })
            .collect()
    }
}
