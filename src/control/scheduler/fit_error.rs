//! Why a pod fits nowhere: counts while looking ([`Diagnosis`]), words on demand ([`FitError`]).

use std::fmt;

use crate::cluster::ResourceTable;
use crate::control::scheduler::framework::{PostFilters, Profile, REASONS_PER_USAGE_FILTER, Rejection};
use crate::control::scheduler::plugins::node_affinity::NARROWED_REASON;
use crate::control::scheduler::shape::PodShape;

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
    /// Nodes by the filter that rejected them.
    by_filter: Vec<u32>,
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
            by_filter: vec![0; profile.filters()],
            resolvable: 0,
            unresolvable: 0,
            absent: 0,
        }
    }
    /// Forgets all rejections; the cluster now has `nodes` nodes.
    pub fn clear(&mut self, nodes: usize) {
        self.counts.fill(0);
        self.by_filter.fill(0);
        self.nodes = nodes as u32;
        (self.resolvable, self.unresolvable, self.absent) = (0, 0, 0);
    }
    /// One more node is rejected.
    pub fn add(&mut self, rejection: &Rejection) {
        for slot in slots(self.spec_filters, rejection) {
            self.counts[slot] += 1;
        }
        self.by_filter[usize::from(rejection.filter)] += 1;
        *self.kind(rejection) += 1;
    }
    /// One node is not rejected any more.
    pub fn remove(&mut self, rejection: &Rejection) {
        for slot in slots(self.spec_filters, rejection) {
            self.counts[slot] -= 1;
        }
        self.by_filter[usize::from(rejection.filter)] -= 1;
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
            filters: (self.by_filter.iter().enumerate())
                .filter(|(_, nodes)| **nodes > 0)
                .fold(0, |mask, (filter, _)| mask | 1 << filter),
        }
    }
    /// How many nodes each plugin rejected, those that rejected none left out, in the order in which they are asked.
    #[must_use]
    pub fn by_plugin(&self, shape: &PodShape, profile: &Profile) -> Vec<(&'static str, u32)> {
        let mut plugins: Vec<(&'static str, u32)> = Vec::new();
        if self.absent > 0 {
            plugins.push((shape.pre_filter.plugin(), self.absent));
        }
        for (filter, &nodes) in self.by_filter.iter().enumerate().filter(|(_, nodes)| **nodes > 0) {
            let name = profile.filter_name(filter as u8);
            match plugins.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += nodes,
                None => plugins.push((name, nodes)),
            }
        }
        plugins
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
        let pre_filter = shape.pre_filter.message();
        if self.absent > 0 && pre_filter.is_none() {
            reasons.push((self.absent, NARROWED_REASON.to_owned()));
        }
        FitError {
            nodes: self.nodes,
            pre_filter,
            reasons,
            not_helpful: self.unresolvable + self.absent,
            no_victims: self.resolvable,
            post_filters: profile.post_filters,
            preemption: Preemption::NotTried,
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
    pub pre_filter: Option<String>,
    /// How many nodes were rejected for which reason; a node may count for several.
    pub reasons: Vec<(u32, String)>,
    /// How many nodes preemption could not help.
    pub not_helpful: u32,
    /// How many nodes preemption could help if they had pods of lower priority.
    pub no_victims: u32,
    /// Which plugins have a word after the reasons.
    pub post_filters: PostFilters,
    /// What came of preemption.
    pub preemption: Preemption,
}

/// What came of preemption, as far as the text of a failure tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preemption {
    /// No pod has a lower priority, so no node can be helped.
    #[default]
    NotTried,
    /// The pod may not preempt (`default_preemption.go: PodEligibleToPreemptOthers`): `preemptionPolicy=Never.` or
    /// `a terminating pod on the nominated node.`
    NotEligible(&'static str),
    /// Victims were looked for on the nodes that could be helped and not found: how many nodes for which reason. Nodes that
    /// cannot be helped are added.
    NoCandidate(Vec<(u32, String)>),
    /// Victims were found. The plugins that come after filtering then say nothing at all.
    Found,
}

/// What is said of nodes without pods of lower priority.
pub const NO_VICTIMS: &str = "No preemption victims found for incoming pod";

/// Why a pod may not preempt whose `preemptionPolicy` is Never.
pub const POLICY_NEVER: &str = "preemptionPolicy=Never.";

/// Why a pod may not preempt while pods that it preempted are still ending.
pub const VICTIMS_TERMINATING: &str = "a terminating pod on the nominated node.";

/// Longest note of an event, in bytes (`apis/core/validation: NoteLengthLimit`).
const NOTE_LIMIT: usize = 1024;

impl FitError {
    /// The same failure with what came of preemption.
    #[must_use]
    pub fn with_preemption(self, preemption: Preemption) -> Self {
        Self { preemption, ..self }
    }
    /// The text as an event of the scheduler has it: at most 1,024 bytes (`schedule_one.go: truncateMessage`).
    #[must_use]
    pub fn event_message(&self) -> String {
        const SUFFIX: &str = " ...";
        let mut text = self.to_string();
        if text.len() > NOTE_LIMIT {
            let end = (0..=NOTE_LIMIT - SUFFIX.len())
                .rev()
                .find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or(0));
            text.push_str(SUFFIX);
        }
        text
    }
    /// What the plugins after filtering say, or nothing (`framework.go: RunPostFilterPlugins`).
    fn post_filter_message(&self) -> String {
        if self.pre_filter.is_some() && self.post_filters.dynamic_resources {
            // PreFilter ended before the turn of DynamicResources, which then finds nothing of its own; the recording
            // placement-misc-unschedulable has these words for a pod that VolumeBinding rejected so.
            return "not found".to_owned();
        }
        let nodes = self.nodes;
        let tried = |reasons: &[(u32, String)]| {
            let helpless = (self.not_helpful, "Preemption is not helpful for scheduling");
            let reasons = reasons.iter().map(|(count, reason)| (*count, reason.as_str()));
            let text = histogram(reasons.chain([helpless]));
            format!("0/{nodes} nodes are available: {text}.")
        };
        let preemption = match &self.preemption {
            Preemption::Found => return String::new(),
            Preemption::NotTried => tried(&[(self.no_victims, NO_VICTIMS.to_owned())]),
            Preemption::NoCandidate(reasons) => tried(reasons),
            Preemption::NotEligible(why) => format!("not eligible due to {why}"),
        };
        let mut messages = Vec::new();
        if self.post_filters.dynamic_resources {
            messages.push("no new claims to deallocate".to_owned());
        }
        if self.post_filters.preemption {
            messages.push(format!("preemption: {preemption}"));
        }
        messages.join(", ")
    }
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
        match &self.pre_filter {
            Some(message) => write!(f, "{message}.")?,
            None => write!(f, "{}.", self.histogram())?,
        }
        let after = self.post_filter_message();
        if after.is_empty() {
            Ok(())
        } else {
            write!(f, " {after}")
        }
    }
}

impl std::error::Error for FitError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::SchedulerProfile;
    use crate::control::scheduler::testing::pod;

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
            post_filters: DEFAULT_POST_FILTERS,
            preemption: Preemption::NotTried,
        };
        insta::assert_snapshot!(error, @"0/12 nodes are available: 10 Insufficient cpu, 10 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/12 nodes are available: 10 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.");
    }

    const DEFAULT_POST_FILTERS: PostFilters = PostFilters {
        dynamic_resources: true,
        preemption: true,
    };

    fn error(post_filters: PostFilters, preemption: Preemption) -> FitError {
        FitError {
            nodes: 3,
            pre_filter: None,
            reasons: vec![(3, "Insufficient cpu".into())],
            not_helpful: 1,
            no_victims: 2,
            post_filters,
            preemption,
        }
    }

    #[test]
    fn what_is_said_of_preemption() {
        let say = |preemption| error(DEFAULT_POST_FILTERS, preemption).to_string();
        insta::assert_snapshot!(say(Preemption::Found), @"0/3 nodes are available: 3 Insufficient cpu.");
        insta::assert_snapshot!(say(Preemption::NotEligible(POLICY_NEVER)), @"0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.");
        let reasons = vec![(1, NO_VICTIMS.to_owned()), (1, "Insufficient cpu".to_owned())];
        insta::assert_snapshot!(say(Preemption::NoCandidate(reasons)), @"0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.");
        let off = PostFilters::default();
        insta::assert_snapshot!(error(off, Preemption::NotTried), @"0/3 nodes are available: 3 Insufficient cpu.");
    }

    #[test]
    fn events_hold_1024_bytes() {
        let mut long = error(DEFAULT_POST_FILTERS, Preemption::Found);
        assert_eq!(long.event_message(), long.to_string());
        long.reasons = vec![(1, "é".repeat(600))];
        let message = long.event_message();
        assert!(
            message.ends_with(" ...") && message.len() <= 1024 && message.len() > 1020,
            "{}",
            message.len()
        );
    }

    #[test]
    fn what_is_added_can_be_removed_and_the_refusal_follows() {
        let profile = Profile::new(&SchedulerProfile::default(), &ResourceTable::default());
        let mut diagnosis = Diagnosis::new(&profile, 3);
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
        assert_eq!(
            diagnosis.by_plugin(&PodShape::new(pod(0, 0, 0).into()), &profile),
            [("TaintToleration", 1), ("NodeResourcesFit", 1)]
        );
        assert_ne!(diagnosis.refusal().message, one.message);
        assert!(diagnosis.refusal().by_usage && !one.by_usage);
        diagnosis.remove(&fit);
        assert_eq!(diagnosis.refusal(), one);
        diagnosis.remove(&taint);
        assert_eq!(diagnosis.refusal(), empty);
        assert_ne!(one, empty);
    }
}
