//! Why a pod fits nowhere: counts while looking ([`Diagnosis`]), words on demand ([`FitError`]).

use std::fmt;

use crate::cluster::ResourceTable;
use crate::control::scheduler::framework::{Profile, REASONS_PER_USAGE_FILTER, Rejection};
use crate::control::scheduler::plugins::node_affinity::{CONFLICT_REASON, NARROWED_REASON};
use crate::control::scheduler::shape::{PodShape, PreFilter};

/// A failed attempt in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stands for the text: two failures of one template have the same number if and only if they read the same ([`FitError`]),
    /// short of a chance of one in 2^64.
    pub message: u64,
    /// Whether a usage filter rejected some node, so that any pod that ends wakes the pod up
    /// (`plugins/noderesources/fit.go: isSchedulableAfterPodEvent`).
    pub by_usage: bool,
    /// One bit for each filter that rejected some node, by its number in a [`Rejection`] ([`Profile::filter_name`]): the plugins
    /// whose queueing hints may wake the pod (`Diagnosis.UnschedulablePlugins`).
    pub filters: u32,
}

/// How many nodes were rejected for which reason (`framework.Diagnosis` without the names and texts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    nodes: u32,
    spec_filters: u8,
    counts: Vec<u32>,
    resolvable: u32,
    unresolvable: u32,
    absent: u32,
}

impl Diagnosis {
    /// No rejections yet, of a cluster of `nodes` nodes.
    #[must_use]
    pub fn new(profile: &Profile, nodes: usize) -> Self {
        let wide = profile.usage_filters.len() + profile.pods.len();
        let slots = profile.spec_filters.len() + wide * REASONS_PER_USAGE_FILTER as usize;
        Self {
            nodes: nodes as u32,
            spec_filters: profile.spec_filters.len() as u8,
            counts: vec![0; slots],
            resolvable: 0,
            unresolvable: 0,
            absent: 0,
        }
    }
    /// Forgets all rejections; the cluster now has `nodes` nodes.
    pub fn clear(&mut self, nodes: usize) {
        self.counts.fill(0);
        self.nodes = nodes as u32;
        (self.resolvable, self.unresolvable, self.absent) = (0, 0, 0);
    }
    /// One more node is rejected.
    pub fn add(&mut self, rejection: &Rejection) {
        for slot in slots(self.spec_filters, rejection) {
            self.counts[slot] += 1;
        }
        *self.kind(rejection) += 1;
    }
    /// One node is not rejected any more.
    pub fn remove(&mut self, rejection: &Rejection) {
        for slot in slots(self.spec_filters, rejection) {
            self.counts[slot] -= 1;
        }
        *self.kind(rejection) -= 1;
    }
    /// PreFilter left out `nodes` nodes.
    pub fn set_absent(&mut self, nodes: usize) {
        self.absent = nodes as u32;
    }
    /// The failure in short, if no node was feasible.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let numbers = [self.nodes, self.resolvable, self.unresolvable, self.absent];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for &number in numbers.iter().chain(&self.counts) {
            state = (state ^ u64::from(number)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            state ^= state >> 32;
        }
        Refusal {
            message: state,
            by_usage: self.counts[usize::from(self.spec_filters)..]
                .iter()
                .any(|count| *count > 0),
            filters: self.rejected_by().fold(0, |mask, filter| mask | 1 << filter),
        }
    }
    /// The numbers of the filters that rejected some node, in order.
    fn rejected_by(&self) -> impl Iterator<Item = usize> {
        let spec = usize::from(self.spec_filters);
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let mut last = None;
        counted.filter_map(move |(slot, _)| {
            let filter = match slot.checked_sub(spec) {
                None => slot,
                Some(rest) => spec + rest / REASONS_PER_USAGE_FILTER as usize,
            };
            (last.replace(filter) != Some(filter)).then_some(filter)
        })
    }
    /// The words for it.
    #[must_use]
    pub fn explain(&self, shape: &PodShape, profile: &Profile, resources: &ResourceTable) -> FitError {
        let mut reasons: Vec<(u32, String)> = Vec::new();
        for (slot, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let text = match slot.checked_sub(profile.spec_filters.len()) {
                None => profile.spec_filters[slot].reason().to_owned(),
                Some(rest) => {
                    let per_filter = REASONS_PER_USAGE_FILTER as usize;
                    let (filter, bit) = (rest / per_filter, (rest % per_filter) as u32);
                    match filter.checked_sub(profile.usage_filters.len()) {
                        None => profile.usage_filters[filter].reason(bit, shape, resources),
                        Some(filter) => profile.pods[filter].plugin.reason(bit).to_owned(),
                    }
                }
            };
            reasons.push((count, text));
        }
        let conflict = shape.pre_filter == PreFilter::Conflict;
        if self.absent > 0 && !conflict {
            reasons.push((self.absent, NARROWED_REASON.to_owned()));
        }
        FitError {
            nodes: self.nodes,
            pre_filter: conflict.then_some(CONFLICT_REASON),
            reasons,
            not_helpful: self.unresolvable + self.absent,
            no_victims: self.resolvable,
        }
    }

    fn kind(&mut self, rejection: &Rejection) -> &mut u32 {
        if rejection.resolvable {
            &mut self.resolvable
        } else {
            &mut self.unresolvable
        }
    }
}

/// Where the reasons of `rejection` are counted: one place per spec filter, then a row of places per other filter.
fn slots(spec_filters: u8, rejection: &Rejection) -> impl Iterator<Item = usize> + use<> {
    let first = match rejection.filter.checked_sub(spec_filters) {
        None => usize::from(rejection.filter),
        Some(usage) => usize::from(spec_filters) + usize::from(usage) * REASONS_PER_USAGE_FILTER as usize,
    };
    let mut left = rejection.reasons;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some(first + bit as usize)
    })
}

/// Why a pod fits nowhere (`framework/types.go: FitError`). `Display` gives the text of the PodScheduled condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitError {
    /// How many nodes the cluster has.
    pub nodes: u32,
    /// What PreFilter said, if it rejected the pod outright.
    pub pre_filter: Option<&'static str>,
    /// How many nodes were rejected for which reason; a node may count for several.
    pub reasons: Vec<(u32, String)>,
    /// How many nodes preemption could not help.
    pub not_helpful: u32,
    /// How many nodes preemption could help if they had pods of lower priority; none is looked for.
    pub no_victims: u32,
}

impl FitError {
    /// The reasons as the text has them: `4 Insufficient cpu, 6 node(s) were unschedulable`, sorted as strings.
    #[must_use]
    pub fn histogram(&self) -> String {
        histogram(self.reasons.iter().map(|(count, reason)| (*count, reason.as_str())))
    }
}

fn histogram<'a>(entries: impl Iterator<Item = (u32, &'a str)>) -> String {
    let mut texts: Vec<String> = entries
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} {reason}"))
        .collect();
    texts.sort();
    texts.join(", ")
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes;
        if nodes == 0 {
            return f.write_str("no nodes available to schedule pods");
        }
        write!(f, "0/{nodes} nodes are available: ")?;
        match self.pre_filter {
            Some(message) => write!(f, "{message}.")?,
            None => write!(f, "{}.", self.histogram())?,
        }
        let preemption = histogram(
            [
                (self.not_helpful, "Preemption is not helpful for scheduling"),
                (self.no_victims, "No preemption victims found for incoming pod"),
            ]
            .into_iter(),
        );
        write!(
            f,
            " no new claims to deallocate, preemption: 0/{nodes} nodes are available: {preemption}."
        )
    }
}

impl std::error::Error for FitError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histogram_entries_are_sorted_as_strings() {
        let error = FitError {
            nodes: 12,
            pre_filter: None,
            reasons: vec![
                (2, "node(s) had untolerated taint(s)".into()),
                (10, "Insufficient nvidia.com/gpu".into()),
                (10, "Insufficient cpu".into()),
            ],
            not_helpful: 2,
            no_victims: 10,
        };
        insta::assert_snapshot!(error, @"0/12 nodes are available: 10 Insufficient cpu, 10 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/12 nodes are available: 10 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.");
    }

    #[test]
    fn what_is_added_can_be_removed_and_the_refusal_follows() {
        let mut diagnosis = Diagnosis::new(&Profile::default(), 3);
        let empty = diagnosis.refusal();
        let taint = Rejection {
            filter: 2,
            reasons: 1,
            resolvable: false,
        };
        let fit = Rejection {
            filter: 5,
            reasons: 0b101,
            resolvable: true,
        };
        diagnosis.add(&taint);
        let one = diagnosis.refusal();
        diagnosis.add(&fit);
        assert_ne!(diagnosis.refusal().message, one.message);
        assert!(diagnosis.refusal().by_usage && !one.by_usage);
        diagnosis.remove(&fit);
        assert_eq!(diagnosis.refusal(), one);
        diagnosis.remove(&taint);
        assert_eq!(diagnosis.refusal(), empty);
        assert_ne!(one, empty);
    }
}
