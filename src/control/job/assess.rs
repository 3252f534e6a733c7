//! The first half of a sync: what ended, and whether the Job is over. Causes come in the order of `syncJob`: conditions that
//! are written already, `podFailurePolicy`, `backoffLimit`, `activeDeadlineSeconds`, failed indexes, `successPolicy`.

use crate::cluster::PodId;
use crate::cluster::job::{FailureReason, JobCondition, WrittenStatus};
use crate::cluster::pod::PodPhase;
use crate::cluster::spec::{JobSpec, PodFailureAction, RestartPolicy};
use crate::control::context::Context;
use crate::control::job::backoff::{BackoffRecord, finish_time};
use crate::control::job::sync::{Ended, Fate, Sync};
use crate::control::job::{pod_failure_policy, success_policy};

impl Sync {
    /// The first sync of a Job that is not suspended sets `status.startTime`; each re-arms `activeDeadlineSeconds`.
    pub(super) fn set_start_time(&self, ctx: &mut Context<'_>) {
        let spec = ctx.store.job_spec(self.job);
        if spec.suspend {
            return;
        }
        let deadline = spec.active_deadline;
        if ctx.store.jobs[self.job.index()].start_time.happened().is_none() {
            ctx.store.jobs[self.job.index()].start_time = ctx.config.api_time(ctx.now);
        }
        if let Some(deadline) = deadline {
            let end = ctx.store.jobs[self.job.index()].start_time + deadline;
            let end = end.sim_time(ctx.config.wall_clock_offset);
            if end > ctx.now {
                ctx.sync_job_at(self.job, end);
            }
        }
    }

    /// Classifies the ended pods and decides whether the Job is over.
    pub(super) fn assess(&mut self, ctx: &mut Context<'_>) {
        let record = &ctx.store.jobs[self.job.index()];
        self.report = WrittenStatus {
            active: record.active,
            ready: record.ready,
            terminating: record.terminating,
        };
        let condition = record.condition;
        self.classify(ctx);
        self.backoff = BackoffRecord::of(self.job, ctx);
        if self.fresh != (0, 0) || self.ended.iter().any(|ended| ended.fate == Fate::Ignored) {
            // Ignored failures count here.
            let failed = |fate| matches!(fate, Fate::Failed | Fate::Ignored);
            let known = self.ended.iter().filter(|ended| ended.fate != Fate::Uncounted);
            self.backoff = self
                .backoff
                .with(known.map(|ended| (ended.pod, failed(ended.fate))), ctx);
        }
        self.verdict = match condition {
            JobCondition::SuccessCriteriaMet | JobCondition::FailureTarget(_) => Some(condition),
            JobCondition::Unsubmitted | JobCondition::Active | JobCondition::Complete | JobCondition::Failed(_) => self
                .job_failure(ctx)
                .or_else(|| self.index_failure(ctx))
                .map(JobCondition::FailureTarget)
                .or_else(|| self.early_success(ctx)),
        };
        self.hold_failed_pods(ctx);
    }

    /// Says of each ended pod what it means, and notes it at its completion index.
    fn classify(&mut self, ctx: &mut Context<'_>) {
        let indexed = ctx.store.job_spec(self.job).is_indexed();
        if indexed {
            let completions = ctx.store.job_spec(self.job).completions.unwrap_or(0);
            let indexes = ctx.store.job_indexes.entry(self.job).or_default();
            indexes.truncate(completions);
        }
        self.fresh = (0, 0);
        let taken = std::mem::take(&mut self.taken);
        for &pod in &taken {
            // It ended while its finalizer was being taken off to delete it: it is not counted.
            if !ctx.store.pods[pod.index()].tracked {
                if ctx.store.pods[pod.index()].phase == PodPhase::Succeeded {
                    ctx.store.give_index_back(self.job, pod);
                }
                continue;
            }
            let fate = self.fate(pod, indexed, ctx);
            self.fresh.0 += u32::from(fate == Fate::Succeeded);
            self.fresh.1 += u32::from(fate == Fate::Failed);
            self.ended.push(Ended { pod, fate, held: false });
        }
        self.taken = taken;
        self.taken.clear();
    }

    fn fate(&mut self, pod: PodId, indexed: bool, ctx: &mut Context<'_>) -> Fate {
        let record = &ctx.store.pods[pod.index()];
        let (succeeded, index) = (record.phase == PodPhase::Succeeded, record.completion_index);
        let spec = ctx.store.job_spec(self.job);
        let valid = !indexed || index < spec.completions.unwrap_or(0);
        if succeeded || !valid {
            if indexed {
                let indexes = ctx.store.job_indexes.entry(self.job).or_default();
                if valid {
                    indexes.complete(index);
                } else {
                    indexes.give_back(index);
                }
            }
            return if valid { Fate::Succeeded } else { Fate::Uncounted };
        }
        let limit = spec.backoff_limit_per_index.filter(|_| indexed);
        let (mut counted, mut fails_index) = (true, false);
        if spec.pod_failure_policy.is_some() {
            let matched = pod_failure_policy::matched(pod, spec, ctx);
            counted = matched.is_counted();
            fails_index = matched.action == Some(PodFailureAction::FailIndex);
            if self.fail_job.is_none() {
                self.fail_job = matched.fail_job;
            }
        }
        if let Some(limit) = limit {
            let indexes = ctx.store.job_indexes.entry(self.job).or_default();
            if fails_index || counted && indexes.failures(pod).counted >= limit {
                indexes.fail(index);
            }
        }
        if counted { Fate::Failed } else { Fate::Ignored }
    }

    /// Pods that succeeded: counted, and newly seen.
    pub(super) fn succeeded(&self, ctx: &Context<'_>) -> u32 {
        if ctx.store.job_spec(self.job).is_indexed() {
            let indexes = ctx.store.job_indexes.get(&self.job);
            indexes.map_or(0, |indexes| indexes.completed().total())
        } else {
            ctx.store.jobs[self.job.index()].succeeded + self.fresh.0
        }
    }

    /// Why the Job fails now, if it does, before its indexes are looked at.
    fn job_failure(&self, ctx: &Context<'_>) -> Option<FailureReason> {
        if self.fail_job.is_some() {
            return Some(FailureReason::PodFailurePolicy);
        }
        let record = &ctx.store.jobs[self.job.index()];
        let spec = ctx.store.job_spec(self.job);
        if record.failed + self.fresh.1 > spec.backoff_limit || restarts_exceed(record.restarts, spec) {
            return Some(FailureReason::BackoffLimitExceeded);
        }
        let deadline = spec.active_deadline.filter(|_| !spec.suspend)?;
        (ctx.config.wall_time(ctx.now).since(record.start_time) >= deadline).then_some(FailureReason::DeadlineExceeded)
    }

    /// Whether failed indexes fail the Job.
    fn index_failure(&self, ctx: &Context<'_>) -> Option<FailureReason> {
        let spec = ctx.store.job_spec(self.job);
        spec.backoff_limit_per_index?;
        let indexes = ctx.store.job_indexes.get(&self.job)?;
        let failed = indexes.failed().total();
        if spec.max_failed_indexes.is_some_and(|most| failed > most) {
            return Some(FailureReason::MaxFailedIndexesExceeded);
        }
        let all = failed + indexes.completed().total() >= spec.completions.unwrap_or(0);
        (failed > 0 && all).then_some(FailureReason::FailedIndexes)
    }

    /// Whether the Job's `successPolicy` is met.
    fn early_success(&mut self, ctx: &Context<'_>) -> Option<JobCondition> {
        let spec = ctx.store.job_spec(self.job);
        if spec.success_policy.is_empty() || !spec.is_indexed() {
            return None;
        }
        let succeeded = ctx.store.job_indexes.get(&self.job)?.completed();
        let completions = spec.completions.unwrap_or(0);
        self.success_rule = success_policy::matched(&spec.success_policy, completions, succeeded);
        self.success_rule.map(|_| JobCondition::SuccessCriteriaMet)
    }

    /// With `backoffLimitPerIndex`, the last failed pod of an index that waits for another one keeps its finalizer
    /// (`getPodsWithDelayedDeletionPerIndex`).
    fn hold_failed_pods(&mut self, ctx: &Context<'_>) {
        self.delayed.clear();
        let spec = ctx.store.job_spec(self.job);
        let Some(indexes) = ctx.store.job_indexes.get(&self.job) else {
            return;
        };
        if spec.backoff_limit_per_index.is_none() {
            return;
        }
        for (place, ended) in self.ended.iter().enumerate() {
            let index = ctx.store.pods[ended.pod.index()].completion_index;
            let failed = matches!(ended.fate, Fate::Failed | Fate::Ignored);
            let done = indexes.completed().contains(index) || indexes.failed().contains(index);
            if !failed || done || indexes.is_busy(index) {
                continue;
            }
            let key = |place: usize| {
                let pod = self.ended[place].pod;
                (indexes.failures(pod).absolute(), finish_time(pod, ctx))
            };
            let last = self.delayed.entry(index).or_insert(place);
            let (before, after) = (key(*last), key(place));
            if before.0 <= after.0 && before.1 <= after.1 {
                *last = place;
            }
        }
        if self.verdict.is_none() {
            for place in self.delayed.values() {
                self.ended[*place].held = true;
            }
        }
    }
}

/// Whether restarts in place use up the limit; the limit itself is already too much, unlike failures
/// (`pastBackoffLimitOnFailure`).
fn restarts_exceed(restarts: u32, spec: &JobSpec) -> bool {
    spec.template.restart_policy == RestartPolicy::OnFailure && restarts >= spec.backoff_limit.max(1)
}
