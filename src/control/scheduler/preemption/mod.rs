//! Preemption: pods of lower priority make room (`pkg/scheduler/framework/preemption/preemption.go`,
//! `plugins/defaultpreemption/default_preemption.go`).
//!
//! * [`victims`]: which pods of one node would have to go; [`pick`]: which node is best.
//! * [`executor`]: the API calls that send them away.
//! * here: who may preempt, which nodes are looked at, and what is said if none helps.

use std::collections::BTreeMap;

use rand::Rng;

use crate::cluster::pod::Disruption;
use crate::cluster::spec::PreemptionPolicy;
use crate::cluster::{NodeId, PodId, PodTemplateId};
use crate::control::disruption::Budgets;
use crate::control::scheduler::fit_error::{FitError, NO_VICTIMS, POLICY_NEVER, Preemption, VICTIMS_TERMINATING};
use crate::kernel::random::{Purpose, Stream, stream};

pub mod executor;

pub mod pick;

pub mod victims;

pub use victims::{Candidate, NoCandidate, View};

/// What came of the look for pods that could make room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostFilter {
    /// These pods are to go, and the pod is nominated for their node.
    Found(Candidate),
    /// No node helps. The number stands for what is said of the nodes: 0 if none of them has a pod of lower priority.
    NoCandidate(u64),
    /// The pod may not preempt.
    NotEligible(NotEligible),
}

/// Why a pod may not preempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEligible {
    /// `preemptionPolicy: Never`.
    Never,
    /// Others make room for it already.
    Terminating,
}

impl NotEligible {
    /// As the scheduler words it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Never => POLICY_NEVER,
            Self::Terminating => VICTIMS_TERMINATING,
        }
    }
}

impl PostFilter {
    /// Stands for what is said of it: 0 is what a scheduler says that finds no pod of lower priority.
    #[must_use]
    pub const fn message(&self) -> u64 {
        match self {
            Self::Found(_) => 1,
            Self::NotEligible(NotEligible::Never) => 2,
            Self::NotEligible(NotEligible::Terminating) => 3,
            Self::NoCandidate(message) => *message,
        }
    }
}

/// How many candidates end the search (`DefaultPreemptionArgs`).
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// `minCandidateNodesPercentage`.
    pub percentage: u32,
    /// `minCandidateNodesAbsolute`.
    pub absolute: u32,
}

impl Default for Wanted {
    /// `pkg/scheduler/apis/config/v1/defaults.go: SetDefaults_DefaultPreemptionArgs`.
    fn default() -> Self {
        Self {
            percentage: 10,
            absolute: 100,
        }
    }
}

impl Wanted {
    /// Of so many nodes (`calculateNumCandidates`).
    #[must_use]
    pub fn of(self, nodes: usize) -> usize {
        (nodes * self.percentage as usize / 100)
            .max(self.absolute as usize)
            .min(nodes)
    }
}

/// Looks that found nothing, by template: as long as nothing changes, the next pod of it finds nothing either.
#[derive(Debug, Default)]
pub struct Vain {
    looks: BTreeMap<PodTemplateId, (Version, u64)>,
}

/// Changes whenever the outcome of a look may.
type Version = ((u64, u64), u64);

impl View<'_> {
    /// Looks for pods that could make room for `pod`, which no node takes; `nominated` are the pods
    /// that go before it, with the nodes they are nominated for. Nothing is changed but `vain`.
    pub fn post_filter(
        &self,
        pod: PodId,
        nominated: &[(NodeId, PodTemplateId)],
        wanted: Wanted,
        vain: &mut Vain,
        luck: impl FnOnce() -> Stream,
    ) -> PostFilter {
        let template = self.store.pods[pod.index()].template;
        if !self.placer.profile(template).post_filters.preemption {
            return PostFilter::NoCandidate(0);
        }
        if let Some(why) = self.not_eligible(pod) {
            return PostFilter::NotEligible(why);
        }
        if !self.assigned.has_below(self.priority(pod)) {
            return PostFilter::NoCandidate(0);
        }
        let version = (self.placer.version(), self.nominator.version());
        // A pod that is nominated, or must go to one node, is unlike the others of its template.
        let alike = self.nominator.node_of(pod).is_none() && !self.store.pins.contains_key(&pod);
        let known = vain.looks.get(&template).filter(|(then, _)| alike && *then == version);
        if let Some((_, message)) = known {
            return PostFilter::NoCandidate(*message);
        }
        let mut luck = luck();
        match self.look(pod, nominated, wanted, &mut luck) {
            Ok(candidates) => {
                let best = pick::best(&candidates, self);
                // The real scheduler takes whichever a Go map yields first.
                let which = if best.len() > 1 {
                    below(&mut luck, best.len())
                } else {
                    0
                };
                PostFilter::Found(best[which].clone())
            }
            Err(reasons) => {
                let message = number_of(&reasons);
                if alike {
                    vain.looks.insert(template, (version, message));
                }
                PostFilter::NoCandidate(message)
            }
        }
    }

    /// `PodEligibleToPreemptOthers`.
    fn not_eligible(&self, pod: PodId) -> Option<NotEligible> {
        if self.store.template(pod).preemption_policy == PreemptionPolicy::Never {
            return Some(NotEligible::Never);
        }
        let nominated = self.nominator.node_of(pod)?;
        if !self.placer.nodes().is_present(nominated) {
            return None;
        }
        let template = self.store.pods[pod.index()].template;
        let rejection = self.placer.rejection(template, nominated);
        if rejection.is_some_and(|rejection| !rejection.resolvable) {
            return None;
        }
        let makes_room = |other: &PodId| {
            let record = &self.store.pods[other.index()];
            record.deleting && record.disruption == Disruption::PreemptionByScheduler
        };
        let mut lower = self.preemptible(pod, nominated).into_iter();
        lower
            .any(|other| makes_room(&other))
            .then_some(NotEligible::Terminating)
    }

    /// The candidates among the nodes that could help (`findCandidates`, `DryRunPreemption`).
    ///
    /// # Errors
    /// If there are none: why not, with the number of nodes of each reason.
    fn look(
        &self,
        pod: PodId,
        nominated: &[(NodeId, PodTemplateId)],
        wanted: Wanted,
        luck: &mut Stream,
    ) -> Result<Vec<Candidate>, Vec<(NoCandidate, u32)>> {
        let template = self.store.pods[pod.index()].template;
        let mut nodes = self.placer.resolvable_nodes_beside(template, nominated);
        if let Some(pin) = self.store.pins.get(&pod) {
            nodes.retain(|node| node == pin);
        }
        let wanted = wanted.of(nodes.len());
        let budgets = if nodes.is_empty() {
            Budgets::default()
        } else {
            Budgets::of(self.store)
        };
        let (mut candidates, mut reasons) = (Vec::new(), Vec::new());
        let mut any_without_violation = false;
        for at in 0..nodes.len() {
            if wanted < nodes.len() {
                // The order is that of a Go map, begun at a random place: any node may be next.
                let next = at + below(luck, nodes.len() - at);
                nodes.swap(at, next);
            }
            match self.select_victims(pod, nodes[at], nominated, &budgets) {
                Ok(candidate) if candidate.victims.is_empty() => {}
                Ok(candidate) => {
                    any_without_violation |= candidate.violations == 0;
                    candidates.push(candidate);
                    if any_without_violation && candidates.len() >= wanted {
                        break;
                    }
                }
                Err(reason) => match reasons.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, count)) => *count += 1,
                    None => reasons.push((reason, 1)),
                },
            }
        }
        if candidates.is_empty() {
            Err(reasons)
        } else {
            Ok(candidates)
        }
    }

    /// What event FailedScheduling says of an attempt on `pod` that came to `outcome`.
    #[must_use]
    pub fn message(
        &self,
        pod: PodId,
        nominated: &[(NodeId, PodTemplateId)],
        outcome: &PostFilter,
        wanted: Wanted,
    ) -> FitError {
        let template = self.store.pods[pod.index()].template;
        let error = match self.store.pins.get(&pod) {
            Some(node) => self.placer.explain_on(template, *node, nominated),
            None => self.placer.explain_beside(template, nominated),
        };
        error.with_preemption(match outcome {
            PostFilter::Found(_) => Preemption::Found,
            PostFilter::NotEligible(why) => Preemption::NotEligible(why.message()),
            PostFilter::NoCandidate(0) => Preemption::NotTried,
            PostFilter::NoCandidate(_) => {
                // The order of the nodes matters only if candidates are found.
                let mut luck = stream(0, Purpose::Preemption, 0, 0);
                let reasons = self.look(pod, nominated, wanted, &mut luck).err().unwrap_or_default();
                Preemption::NoCandidate(self.reasons(template, &reasons))
            }
        })
    }

    /// Nodes by what is said of them.
    fn reasons(&self, template: PodTemplateId, reasons: &[(NoCandidate, u32)]) -> Vec<(u32, String)> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (reason, count) in reasons {
            let texts = match reason {
                NoCandidate::NoVictims => vec![NO_VICTIMS.to_owned()],
                NoCandidate::Rejected(rejection) => self.placer.reasons(template, rejection),
            };
            for text in texts {
                *counts.entry(text).or_insert(0) += count;
            }
        }
        counts.into_iter().map(|(text, count)| (count, text)).collect()
    }
}

/// A number below `n`, each equally likely.
fn below(luck: &mut Stream, n: usize) -> usize {
    ((u128::from(luck.next_u64()) * n as u128) >> 64) as usize
}

/// Stands for what is said of the nodes; 0 if none has a pod of lower priority.
fn number_of(reasons: &[(NoCandidate, u32)]) -> u64 {
    let mut rejections: Vec<_> = reasons
        .iter()
        .filter_map(|(reason, count)| match reason {
            NoCandidate::NoVictims => None,
            NoCandidate::Rejected(r) => Some((r.filter, r.reasons, *count)),
        })
        .collect();
    rejections.sort_unstable();
    rejections.iter().fold(0, |number, (filter, reasons, count)| {
        mix(
            mix(mix(number, u64::from(*filter)), u64::from(*reasons)),
            u64::from(*count),
        )
    })
}

/// Takes `word` into a number that stands for a text.
#[must_use]
pub const fn mix(number: u64, word: u64) -> u64 {
    let mixed = (number ^ word ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests;
