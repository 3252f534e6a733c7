//! How much of the cluster was in use: exact integrals over time, in resource units times nanoseconds.
//!
//! A pod uses what it requests from its binding to its end. [`Utilization`] listens and needs memory for nodes and resources
//! only; [`split_between`] works the same figures out of the pods of a finished run, for any window.

use std::ops::AddAssign;

use crate::cluster::pod::{Owner, Pod, PodPhase};
use crate::cluster::record::{Observer, Record};
use crate::cluster::{NodeId, PodId, ResourceId, Store};
use crate::kernel::SimTime;

/// The integral over time of a whole-number quantity that changes in steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Integral {
    area: i128,
    level: i64,
    since: SimTime,
}

impl Integral {
    pub(super) const fn new(from: SimTime) -> Self {
        Self {
            area: 0,
            level: 0,
            since: from,
        }
    }
    pub(super) fn until(&self, to: SimTime) -> i128 {
        self.area + i128::from(self.level) * i128::from(to.since(self.since).as_nanos())
    }
    pub(super) fn change(&mut self, at: SimTime, by: i64) {
        self.area = self.until(at);
        self.since = self.since.max(at);
        self.level += by;
    }
}

/// Use of one resource, in its unit times nanoseconds, by what became of the pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// By pods of Jobs and bare pods that ended with success.
    pub succeeded: i128,
    /// By those that ended with failure, were deleted, or lost.
    pub failed: i128,
    /// By those that have not ended.
    pub open: i128,
    /// By pods of Deployments and ReplicaSets, which serve while they run and never succeed.
    pub service: i128,
}

impl Split {
    /// All use.
    #[must_use]
    pub const fn total(&self) -> i128 {
        self.succeeded + self.failed + self.open + self.service
    }
    /// The share of use by Jobs and bare pods that ended in success, 0 to 1; `None` if they used nothing. Time before a
    /// restart in place counts with the pod's end.
    #[must_use]
    pub fn goodput(&self) -> Option<f64> {
        ratio(self.succeeded, self.succeeded + self.failed + self.open)
    }
}

impl AddAssign for Split {
    fn add_assign(&mut self, other: Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.open += other.open;
        self.service += other.service;
    }
}

/// `part ÷ whole`; `None` if the whole is nothing.
#[must_use]
pub(super) fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The area of `amount` over the time from `from` to `to`.
#[must_use]
pub(super) fn area(amount: i64, from: SimTime, to: SimTime) -> i128 {
    i128::from(amount) * i128::from(to.since(from).as_nanos())
}

/// Listens and adds up the use of every resource, in the cluster and on each node, from an instant on.
#[derive(Clone, Debug)]
pub struct Utilization {
    from: SimTime,
    width: usize,
    /// Allocatable of the cluster and of each node over time.
    offered: Vec<Integral>,
    node_offered: Vec<Integral>,
    cluster: Vec<Integral>,
    nodes: Vec<Integral>,
    service: Vec<Integral>,
    /// Of pods that ended: (success, failure) per resource.
    ended: Vec<(i128, i128)>,
}

impl Utilization {
    /// Adds up from the beginning on.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self::since(store, SimTime::ZERO)
    }

    /// Adds up from `from` on, for example the end of a warm-up. It must listen from the beginning all the same.
    #[must_use]
    pub fn since(store: &Store, from: SimTime) -> Self {
        let width = store.resources.len();
        let steady = |level: i64| Integral {
            level,
            ..Integral::new(from)
        };
        let of_nodes = store.nodes.iter().flat_map(|n| n.allocatable.to_row(width));
        Self {
            from,
            width,
            offered: store.allocatable_total.iter().map(|total| steady(*total)).collect(),
            node_offered: of_nodes.map(steady).collect(),
            cluster: vec![Integral::new(from); width],
            nodes: vec![Integral::new(from); width * store.nodes.len()],
            service: vec![Integral::new(from); width],
            ended: vec![(0, 0); width],
        }
    }

    /// Use of `resource` until `to`, which must not be before the last record.
    #[must_use]
    pub fn busy(&self, resource: ResourceId, to: SimTime) -> i128 {
        self.cluster[resource.index()].until(to)
    }
    /// The same on one node.
    #[must_use]
    pub fn node_busy(&self, node: NodeId, resource: ResourceId, to: SimTime) -> i128 {
        self.nodes[node.index() * self.width + resource.index()].until(to)
    }
    /// Used ÷ allocatable, 0 to 1, time-weighted until `to`; `None` if no node has any, or no time passed.
    #[must_use]
    pub fn utilization(&self, resource: ResourceId, to: SimTime) -> Option<f64> {
        ratio(self.busy(resource, to), self.offered[resource.index()].until(to))
    }
    /// The same of one node.
    #[must_use]
    pub fn node_utilization(&self, node: NodeId, resource: ResourceId, to: SimTime) -> Option<f64> {
        let offered = &self.node_offered[node.index() * self.width + resource.index()];
        ratio(self.node_busy(node, resource, to), offered.until(to))
    }
    /// Use until `to` by what became of the pods.
    #[must_use]
    pub fn split(&self, resource: ResourceId, to: SimTime) -> Split {
        let (succeeded, failed) = self.ended[resource.index()];
        let service = self.service[resource.index()].until(to);
        Split {
            succeeded,
            failed,
            service,
            open: self.busy(resource, to) - succeeded - failed - service,
        }
    }

    /// A node came, changed or went.
    fn offer(&mut self, now: SimTime, node: NodeId, store: &Store) {
        let row = node.index() * self.width;
        if self.nodes.len() <= row {
            let none = Integral::new(self.from);
            self.nodes.resize(row + self.width, none);
            self.node_offered.resize(row + self.width, none);
        }
        let exists = store.node_states[node.index()].exists;
        let amounts = store.nodes[node.index()].allocatable.to_row(self.width);
        for (resource, amount) in amounts.into_iter().enumerate() {
            let offered = &mut self.node_offered[row + resource];
            let by = if exists { amount } else { 0 } - offered.level;
            offered.change(now, by);
            self.offered[resource].change(now, by);
        }
    }

    fn change(&mut self, now: SimTime, pod: PodId, sign: i64, store: &Store) {
        let record = &store.pods[pod.index()];
        let Some(node) = record.node.some() else { return };
        let row = node.index() * self.width;
        for (id, amount) in store.template(pod).requests.iter_nonzero() {
            let by = sign * amount;
            self.cluster[id.index()].change(now, by);
            self.nodes[row + id.index()].change(now, by);
            match (record.owner, record.phase) {
                (Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_), _) => {
                    self.service[id.index()].change(now, by);
                }
                (Owner::Job(_) | Owner::Nobody(_), PodPhase::Pending | PodPhase::Running) => {}
                (Owner::Job(_) | Owner::Nobody(_), PodPhase::Succeeded) => {
                    self.ended[id.index()].0 += area(amount, record.scheduled.max(self.from), now);
                }
                (Owner::Job(_) | Owner::Nobody(_), PodPhase::Failed) => {
                    self.ended[id.index()].1 += area(amount, record.scheduled.max(self.from), now);
                }
            }
        }
    }
}

impl Observer for Utilization {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::PodBound(pod, _) => self.change(now, pod, 1, store),
            Record::PodFinished(pod) => self.change(now, pod, -1, store),
            Record::NodeAdded(node) | Record::NodeChanged(node) | Record::NodeRemoved(node) => {
                self.offer(now, node, store);
            }
            Record::JobSubmitted(_)
            | Record::PodDisrupted(_)
            | Record::KubeletChanged(_)
            | Record::JobConditionWritten(_)
            | Record::PodCreated(_)
            | Record::PodUnschedulable(_)
            | Record::PodRunning(_)
            | Record::PodReadiness(..)
            | Record::PodBackingOff(_)
            | Record::PodRestarted(_)
            | Record::PodImagePullFailed(_)
            | Record::PodDeleting(_)
            | Record::PodGone(_)
            | Record::PodGated(_)
            | Record::PodChanged(_)
            | Record::PodNominated(..)
            | Record::PodPreempted(..)
            | Record::PodAttempted(_)
            | Record::PodRefusalChanged(_)
            | Record::Scaled(..)
            | Record::WorkloadCreated(_)
            | Record::WorkloadChanged(_)
            | Record::WorkloadRemoved(_)
            | Record::WorkloadStatus(_)
            | Record::ReplicaSetScaled(..)
            | Record::HpaEvaluated(..)
            | Record::JobSuspension(_)
            | Record::JobUpdated(_)
            | Record::JobGone(_)
            | Record::WorkloadEvent(..)
            | Record::KubeletEvent(..)
            | Record::ServiceSampled(_)
            | Record::RequestRefused(_)
            | Record::PodRefused(_)
            | Record::HpaStatusChanged(_)
            | Record::HpaEvent(..) => {}
        }
    }
}

/// Use of `resource` between `from` and `to`, worked out from the pods of `store`. A pod that ended after `to` counts as open.
#[must_use]
pub fn split_between(store: &Store, resource: ResourceId, from: SimTime, to: SimTime) -> Split {
    let mut split = Split::default();
    for pod in &store.pods {
        let amount = store.templates[pod.template.index()].requests.get(resource);
        if amount != 0 {
            split += split_of_pod(pod, amount, from, to);
        }
    }
    split
}

/// What one pod that requests `amount` used between `from` and `to`.
pub(super) fn split_of_pod(pod: &Pod, amount: i64, from: SimTime, to: SimTime) -> Split {
    let used = area(amount, pod.scheduled.max(from), pod.finished.min(to));
    let ended = pod.finished <= to;
    let mut split = Split::default();
    match (pod.owner, pod.phase) {
        (Owner::ReplicaSet(_) | Owner::StatefulSet(_) | Owner::DaemonSet(_), _) => split.service = used,
        (Owner::Job(_) | Owner::Nobody(_), PodPhase::Succeeded) if ended => split.succeeded = used,
        (Owner::Job(_) | Owner::Nobody(_), PodPhase::Failed) if ended => split.failed = used,
        (Owner::Job(_) | Owner::Nobody(_), _) => split.open = used,
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{JobId, ReplicaSetId};
    use crate::observe::testing::{Story, at, store};

    const SECOND: i128 = 1_000_000_000;

    /// Two pods of Jobs (one ends well, one badly), one of a Deployment, one that is still bound; 3 GPUs each.
    fn story(from: u64) -> (Story<Utilization>, ResourceId) {
        let (store, gpu) = store(3, 3);
        let observer = Utilization::since(&store, at(from));
        let mut story = Story { store, observer };
        let good = story.place(10, Owner::Job(JobId(0)), 0);
        let bad = story.place(20, Owner::Job(JobId(1)), 1);
        story.finish(30, bad, 1);
        story.finish(40, good, 0);
        story.place(50, Owner::ReplicaSet(ReplicaSetId(0)), 0);
        story.place(55, Owner::Job(JobId(2)), 1);
        let unbound = story.create(56, Owner::Job(JobId(2)));
        story.finish(57, unbound, 143);
        (story, gpu)
    }

    #[test]
    fn use_is_split_by_how_pods_ended() {
        let (story, gpu) = story(0);
        let expected = Split {
            succeeded: 90 * SECOND,
            failed: 30 * SECOND,
            service: 30 * SECOND,
            open: 15 * SECOND,
        };
        assert_eq!(story.observer.split(gpu, at(60)), expected);
        assert_eq!(split_between(&story.store, gpu, SimTime::ZERO, at(60)), expected);
        assert_eq!(expected.total(), story.observer.busy(gpu, at(60)));
        assert_eq!(expected.goodput(), Some(90.0 / 135.0));
        // 165 GPU·s of 8 GPUs over 60 s.
        assert_eq!(story.observer.utilization(gpu, at(60)), Some(165.0 / 480.0));
        assert_eq!(story.observer.utilization(ResourceId::MEMORY, at(60)), None);
    }

    #[test]
    fn nodes_add_up_to_the_cluster() {
        let (story, gpu) = story(0);
        let node = |i| story.observer.node_busy(NodeId(i), gpu, at(60));
        assert_eq!((node(0), node(1)), (120 * SECOND, 45 * SECOND));
        assert_eq!(node(0) + node(1), story.observer.busy(gpu, at(60)));
        let utilization = story.observer.node_utilization(NodeId(1), gpu, at(60));
        assert_eq!(utilization, Some(45.0 / 240.0));
    }

    #[test]
    fn nodes_that_come_and_go_offer_what_they_have_while_they_are_there() {
        let (store, gpu) = store(1, 1);
        let observer = Utilization::new(&store);
        let mut story = Story { store, observer };
        let spec = story.store.nodes[0].clone();
        let each = spec.allocatable.get(gpu) as f64;
        let node = story.store.add_node(spec);
        story.tell(10, Record::NodeAdded(node));
        story.store.remove_node(NodeId(0));
        story.tell(20, Record::NodeRemoved(NodeId(0)));
        story.place(30, Owner::Job(JobId(0)), node.0);
        // Two nodes at first, three for 10 s, two again.
        let offered = each * (2.0 * 60.0 + 10.0);
        let used = story.observer.busy(gpu, at(60)) as f64 / 1e9;
        assert_eq!(story.observer.utilization(gpu, at(60)), Some(used / offered));
        assert_eq!(
            story.observer.node_utilization(node, gpu, at(60)),
            Some(used / (each * 50.0))
        );
        assert_eq!(story.observer.node_utilization(NodeId(0), gpu, at(60)), Some(0.0));
    }

    #[test]
    fn a_warm_up_is_left_out() {
        for from in [0, 5, 10, 25, 30, 35, 52] {
            let (story, gpu) = story(from);
            let pods = split_between(&story.store, gpu, at(from), at(60));
            assert_eq!(story.observer.split(gpu, at(60)), pods, "from {from}");
        }
        let (story, gpu) = story(25);
        assert_eq!(story.observer.split(gpu, at(60)).failed, 15 * SECOND);
    }

    #[test]
    fn nothing_used_has_no_ratio() {
        let (store, gpu) = store(0, 1);
        let observer = Utilization::new(&store);
        assert_eq!(observer.utilization(gpu, SimTime::ZERO), None);
        assert_eq!(observer.utilization(gpu, at(1)), Some(0.0));
        assert_eq!(observer.split(gpu, at(1)).goodput(), None);
    }
}
