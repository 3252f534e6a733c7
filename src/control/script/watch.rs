//! What the client of a script sees while a step waits: pods that run, are Ready or are settled, rollouts, Jobs.
//!
//! Nothing is followed unless a script has a step that waits.

use std::collections::BTreeSet;

use crate::cluster::job::JobCondition;
use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::record::Record;
use crate::cluster::spec::ObjectSpec;
use crate::cluster::{JobId, NodeId, PodId, ReplicaSetId, StatefulSetId, Store};
use crate::control::script::find;
use crate::workload::script::{Action, ObjectRef, Order, PodRef, Step, Trigger, When};

/// Which pods are counted.
#[derive(Clone, Debug)]
struct Counting {
    namespace: Option<String>,
    ready: bool,
    count: usize,
    counted: BTreeSet<PodId>,
}

impl Counting {
    fn counts(&self, pod: PodId, store: &Store) -> bool {
        let record = &store.pods[pod.index()];
        let of_kind = if self.ready {
            record.ready
        } else {
            record.phase == PodPhase::Running
        };
        of_kind && !record.gone && self.namespace.as_ref().is_none_or(|n| n == store.pod_namespace(pod))
    }
    fn note(&mut self, pod: PodId, store: &Store) {
        if self.counts(pod, store) {
            self.counted.insert(pod);
        } else {
            self.counted.remove(&pod);
        }
    }
}

/// The pods of an object that are to settle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settling {
    owner: Owner,
    /// How many there will be.
    pods: u32,
}

impl Settling {
    /// The pods of `spec`, which was created just now; `None` if it makes none.
    pub(super) fn of(spec: &ObjectSpec, job: JobId, store: &Store) -> Option<Self> {
        let (owner, pods) = match spec {
            ObjectSpec::Job(spec) => {
                let most = spec.completions.unwrap_or(spec.parallelism);
                (Owner::Job(job), spec.parallelism.min(most))
            }
            ObjectSpec::Deployment(spec) => (Owner::ReplicaSet(ReplicaSetId::NONE), spec.replicas),
            ObjectSpec::ReplicaSet(spec) => (Owner::ReplicaSet(ReplicaSetId::NONE), spec.replicas),
            ObjectSpec::StatefulSet(spec) => (
                Owner::StatefulSet(StatefulSetId(store.stateful_sets.len() as u32 - 1)),
                spec.replicas,
            ),
            ObjectSpec::Pod(_) => (Owner::Nobody(store.bare_pods.len() as u32 - 1), 1),
            ObjectSpec::Node(_)
            | ObjectSpec::CronJob(_)
            | ObjectSpec::Hpa(_)
            | ObjectSpec::DaemonSet(_)
            | ObjectSpec::DisruptionBudget(_)
            | ObjectSpec::PriorityClass(_)
            | ObjectSpec::ResourceQuota(_)
            | ObjectSpec::LimitRange(_)
            | ObjectSpec::Namespace(_) => return None,
        };
        Some(Self { owner, pods })
    }
}

/// What is waited for.
#[derive(Clone, Debug)]
enum WaitFor {
    Pods(Counting),
    Settled { pod: PodRef, found: Option<PodId> },
    Rollout { object: ObjectRef, replicas: Option<u32> },
    Job(ObjectRef),
    Settling(Settling),
}

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// A step, to begin.
    Step(u32),
    /// A step that submits one object when the pods of the one before have settled: the step and the object before.
    Settled(u32, u32),
}

/// What the client watches.
#[derive(Debug, Default)]
pub struct Watch {
    waits: Vec<(Awaited, WaitFor)>,
    /// Whether some step waits for pods to settle, now or later.
    follows_settling: bool,
    /// Pods that the scheduler found no node for.
    unschedulable: BTreeSet<PodId>,
}

impl Watch {
    /// The watch for `steps`.
    #[must_use]
    pub(super) fn new(steps: &[Step]) -> Self {
        let settles = |step: &Step| {
            let triggered = matches!(
                step.when,
                When::After {
                    trigger: Trigger::PodSettled(_),
                    ..
                }
            );
            let ordered = matches!(
                step.action,
                Action::Submit {
                    order: Order::WhenSettled { .. },
                    ..
                }
            );
            triggered || ordered
        };
        Self {
            follows_settling: steps.iter().any(settles),
            ..Self::default()
        }
    }
    /// Whether a step waits for something that must be looked for.
    #[must_use]
    pub const fn is_armed(&self) -> bool {
        !self.waits.is_empty()
    }
    /// Whether records are of interest.
    #[must_use]
    pub const fn listens(&self) -> bool {
        self.follows_settling || self.is_armed()
    }

    /// Takes note of what happened.
    pub fn note(&mut self, record: Record, store: &Store) {
        let pod = match record {
            Record::PodUnschedulable(pod) | Record::PodGated(pod) => {
                self.unschedulable.insert(pod);
                return;
            }
            Record::PodRunning(pod)
            | Record::PodReadiness(pod, _)
            | Record::PodFinished(pod)
            | Record::PodDeleting(pod)
            | Record::PodGone(pod) => pod,
            _ => return,
        };
        for (_, wait) in &mut self.waits {
            if let WaitFor::Pods(counting) = wait {
                counting.note(pod, store);
            }
        }
    }

    /// Step `step` waits for `trigger` from now on.
    pub(super) fn arm(&mut self, step: u32, trigger: &Trigger, store: &Store) {
        let pods = |namespace: &Option<String>, count: u32, ready: bool| {
            let mut counting = Counting {
                namespace: namespace.clone(),
                ready,
                count: count as usize,
                counted: BTreeSet::new(),
            };
            for pod in (0..store.pods.len() as u32).map(PodId) {
                counting.note(pod, store);
            }
            WaitFor::Pods(counting)
        };
        let wait = match trigger {
            Trigger::Previous => return,
            Trigger::PodsRunning { namespace, count } => pods(namespace, *count, false),
            Trigger::PodsReady { namespace, count } => pods(namespace, *count, true),
            Trigger::PodSettled(pod) => WaitFor::Settled {
                pod: pod.clone(),
                found: None,
            },
            Trigger::RolloutDone { object, replicas } => WaitFor::Rollout {
                object: object.clone(),
                replicas: *replicas,
            },
            Trigger::JobFinished(job) => WaitFor::Job(job.clone()),
        };
        self.waits.push((Awaited::Step(step), wait));
    }
    /// The next object of step `step` waits for the pods of `object` to settle.
    pub(super) fn settle(&mut self, step: u32, object: u32, settling: Settling) {
        self.waits
            .push((Awaited::Settled(step, object), WaitFor::Settling(settling)));
    }
    /// Nobody waits for the pods of `object` any more.
    pub(super) fn forget(&mut self, step: u32, object: u32) {
        self.waits
            .retain(|(awaited, _)| *awaited != Awaited::Settled(step, object));
    }

    /// Who has waited long enough: what they wait for is there. They wait no longer.
    pub(super) fn take_satisfied(&mut self, store: &Store, seed: u64) -> Option<Awaited> {
        let unschedulable = &self.unschedulable;
        let which = self.waits.iter_mut().position(|(_, wait)| match wait {
            WaitFor::Pods(counting) => counting.counted.len() >= counting.count,
            WaitFor::Settled { pod, found } => {
                *found = found.or_else(|| find::pod(pod, store, seed));
                found.is_some_and(|pod| is_settled(pod, unschedulable, store))
            }
            WaitFor::Rollout { object, replicas } => find::rollout_is_done(object, *replicas, store),
            WaitFor::Job(job) => {
                find::job(job, store).is_some_and(|job| store.jobs[job.index()].condition.is_finished())
            }
            WaitFor::Settling(settling) => all_settled(*settling, unschedulable, store),
        })?;
        Some(self.waits.remove(which).0)
    }
}

fn is_settled(pod: PodId, unschedulable: &BTreeSet<PodId>, store: &Store) -> bool {
    let record = &store.pods[pod.index()];
    record.node != NodeId::NONE || unschedulable.contains(&pod) || record.phase.is_terminal()
}

/// The pods of an object that was submitted last are among the last pods.
fn all_settled(settling: Settling, unschedulable: &BTreeSet<PodId>, store: &Store) -> bool {
    if let Owner::Job(job) = settling.owner {
        let record = &store.jobs[job.index()];
        if matches!(record.condition, JobCondition::Complete | JobCondition::Failed(_)) {
            return true;
        }
        if record.pods_created < settling.pods {
            return false;
        }
    }
    let mut settled = 0;
    for pod in (0..store.pods.len() as u32).rev().map(PodId) {
        let owner = store.pods[pod.index()].owner;
        // The ReplicaSet that was submitted last is the last there is, whoever made it.
        let newest = Owner::ReplicaSet(ReplicaSetId((store.replica_sets.len() as u32).wrapping_sub(1)));
        if owner == settling.owner || (settling.owner == Owner::ReplicaSet(ReplicaSetId::NONE) && owner == newest) {
            if !is_settled(pod, unschedulable, store) {
                return false;
            }
            settled += 1;
            if settled == settling.pods {
                return true;
            }
        }
    }
    settled >= settling.pods
}
