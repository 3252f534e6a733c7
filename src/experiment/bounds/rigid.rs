//! Bounds for rigid jobs: pods that need several slots of one node at once, such as training pods of 1, 2, 4 and 8 GPUs.
//!
//! `nodes` holds the slots of each node; one pool without nodes is `&[c]`. A Job of several pods is one entry for each
//! pod (they start independently of each other), which fits the parallel strategy only: the others wait for whole Jobs.

use super::{SimDuration, span, upper};

/// A pod that needs `width` slots of one node for `runtime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RigidJob {
    /// How long it runs, all attempts together.
    pub runtime: SimDuration,
    /// Slots (GPUs, say) it holds while it runs. 0: it holds none, and any node will do.
    pub width: u64,
}

impl RigidJob {
    fn nanos(self) -> u128 {
        u128::from(self.runtime.as_nanos())
    }
    fn area(self) -> u128 {
        self.nanos().saturating_mul(u128::from(self.width))
    }
}

/// Whether every job fits some node.
pub(super) fn all_fit(jobs: &[RigidJob], nodes: &[u64]) -> bool {
    let widest = jobs.iter().map(|job| job.width).max();
    widest.is_none_or(|widest| nodes.iter().any(|slots| *slots >= widest))
}

/// How many jobs of `width` run at the same time at most: Σ ⌊slots / width⌋ over the nodes; `None` (no limit) for 0.
pub(super) fn places(nodes: &[u64], width: u64) -> Option<u64> {
    (width > 0).then(|| nodes.iter().fold(0u64, |sum, slots| sum.saturating_add(slots / width)))
}

/// No schedule is shorter than the greatest of
///
/// * the longest runtime;
/// * the area bound ⌈Σ w_i d_i / Σ slots⌉;
/// * for each width w: ⌈Σ d_i over jobs at least that wide / Σ ⌊slots / w⌋⌉, since no more of them run at a time. For jobs
///   of one width this is the bound of one-slot jobs on Σ ⌊slots / w⌋ slots.
///
/// `None` if a job fits no node.
#[must_use]
pub fn rigid_lower(jobs: &[RigidJob], nodes: &[u64]) -> Option<SimDuration> {
    if !all_fit(jobs, nodes) {
        return None;
    }
    let longest = jobs.iter().map(|job| job.nanos()).max().unwrap_or(0);
    let slots: u128 = nodes.iter().map(|slots| u128::from(*slots)).sum();
    let area = jobs.iter().fold(0u128, |sum, job| sum.saturating_add(job.area()));
    let mut bound = longest.max(if slots > 0 { area.div_ceil(slots) } else { 0 });

    let mut widest_first: Vec<RigidJob> = jobs.to_vec();
    widest_first.sort_by_key(|job| std::cmp::Reverse(job.width));
    let mut work = 0u128;
    for group in widest_first.chunk_by(|a, b| a.width == b.width) {
        work += group.iter().map(|job| job.nanos()).sum::<u128>();
        if let Some(places) = places(nodes, group[0].width) {
            bound = bound.max(work.div_ceil(u128::from(places)));
        }
    }
    Some(span(bound))
}

/// No schedule that starts a waiting job wherever it fits is longer than this, whether it serves the queue strictly in
/// order or lets smaller jobs pass.
///
/// Jobs of one width: Graham's bound on Σ ⌊slots / w⌋ slots. Otherwise, with W the greatest width: while job l waits,
/// some job not wider than W fits nowhere, so every node has at least slots − W + 1 slots busy, together
/// B = Σ max(0, slots − W + 1). Until l starts, the others' area (A − w_l d_l) lasts for no more than that divided by B;
/// then l runs. Hence max over l of (A − w_l d_l) / B + d_l, which for one-slot jobs is Graham's bound again.
///
/// `None` if a job fits no node.
#[must_use]
pub fn rigid_upper(jobs: &[RigidJob], nodes: &[u64]) -> Option<SimDuration> {
    windowed_rigid_upper(jobs, nodes, u64::MAX)
}

/// [`rigid_upper`] with at most k jobs in flight, the next one submitted as soon as one ends.
///
/// Jobs of one width: Graham's bound on min(k, Σ ⌊slots / w⌋) slots. Otherwise, until job l starts either a submitted job
/// waits (B slots are busy, as above) or all k in flight run, which lasts for (Σ d_i − d_l) / k at most; so that is added.
///
/// `None` if a job fits no node, or k = 0.
#[must_use]
pub fn windowed_rigid_upper(jobs: &[RigidJob], nodes: &[u64], k: u64) -> Option<SimDuration> {
    let Some(first) = jobs.first() else {
        return Some(SimDuration::ZERO);
    };
    if k == 0 || !all_fit(jobs, nodes) {
        return None;
    }
    if jobs.iter().all(|job| job.width == first.width) {
        let runtimes: Vec<SimDuration> = jobs.iter().map(|job| job.runtime).collect();
        let places = places(nodes, first.width).unwrap_or(u64::MAX);
        return upper(&runtimes, places.min(k));
    }
    let widest = jobs.iter().map(|job| job.width).max().unwrap_or(0).max(1);
    let busy: u128 = nodes
        .iter()
        .map(|slots| u128::from((slots.saturating_add(1)).saturating_sub(widest)))
        .sum();
    let area = jobs.iter().fold(0u128, |sum, job| sum.saturating_add(job.area()));
    let work: u128 = jobs.iter().map(|job| job.nanos()).sum();
    let windows_full = |job: &RigidJob| {
        if jobs.len() as u64 <= k {
            0
        } else {
            (work - job.nanos()) / u128::from(k)
        }
    };
    let bound = jobs
        .iter()
        // The greatest area saturates; then so does the span.
        .map(|job| ((area - job.area()) / busy.max(1)).saturating_add(windows_full(job) + job.nanos()))
        .max()
        .unwrap_or(0);
    Some(span(bound))
}
