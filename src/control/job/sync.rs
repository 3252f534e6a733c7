//! One sync of one Job by one worker (`syncJob`), as a machine that advances with each API call that took effect.
//!
//! The order is the controller's: look at the pods, decide whether the Job is over, delete or create pods
//! (`manageJob`), then count ended pods: PUT their names, PATCH their finalizers away, PUT the counters
//! (`trackJobStatusAndRemoveFinalizers`).

use crate::cluster::ids::{JobId, PodId};
use crate::cluster::job::{FailureReason, JobCondition, WrittenStatus};
use crate::cluster::pod::{Owner, PodPhase};
use crate::cluster::record::Record;
use crate::cluster::spec::{CompletionMode, RestartPolicy};
use crate::control::context::Context;
use crate::control::event::{Event, JobEvent};
use crate::control::event_writer::EventWriter;
use crate::control::job::backoff;
use crate::control::rate_limit::TokenBucket;
use crate::kernel::SimDuration;

/// What the calls in flight are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Idle,
    /// DELETE of every active pod, at once.
    DeletingPods,
    /// POST of one slow-start batch of pods, at once.
    CreatingPods,
    /// PUT of the names of ended pods and the interim condition.
    WritingUncounted,
    /// PATCH of the finalizers of these pods, at once.
    RemovingFinalizers,
    /// PUT of the counters and the final condition.
    WritingStatus,
}

/// A worker's present sync.
#[derive(Debug)]
pub(super) struct Sync {
    job: JobId,
    step: Step,
    /// Calls of the present step that have not taken effect.
    in_flight: u32,
    /// Pods to create after the present batch.
    to_create: u32,
    /// Size of the present slow-start batch.
    batch: u32,
    /// Pods to delete in the present step.
    to_delete: Vec<PodId>,
    /// Ended pods seen by this sync, and how many of them are counted already.
    ended: Vec<PodId>,
    counted: usize,
    /// How the Job is to end, if it is.
    verdict: Option<JobCondition>,
    /// The status to write.
    report: WrittenStatus,
    /// Whether the status must be written even if no pod ended.
    must_write: bool,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            job: JobId::NONE,
            step: Step::Idle,
            in_flight: 0,
            to_create: 0,
            batch: 0,
            to_delete: Vec::new(),
            ended: Vec::new(),
            counted: 0,
            verdict: None,
            report: WrittenStatus::default(),
            must_write: false,
        }
    }
}

impl Sync {
    /// The Job of the present or last sync.
    pub(super) const fn job(&self) -> JobId {
        self.job
    }

    /// Begins a sync of `job`; returns whether it ended at once, without a call.
    pub(super) fn begin(&mut self, job: JobId, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) -> bool {
        self.job = job;
        self.ended.clear();
        self.counted = 0;
        let condition = ctx.store.jobs[job.index()].condition;
        if condition.is_finished() || ctx.store.job_spec(job).suspend {
            return true;
        }
        self.must_write = self.set_start_time(ctx);
        self.take_ended_pods(ctx);
        backoff::update(job, &self.ended, ctx);
        let record = &ctx.store.jobs[job.index()];
        self.report = WrittenStatus {
            active: record.active,
            ready: record.ready,
            terminating: record.terminating,
        };
        self.verdict = match condition {
            JobCondition::SuccessCriteriaMet | JobCondition::FailureTarget(_) => Some(condition),
            JobCondition::Unsubmitted | JobCondition::Active | JobCondition::Complete | JobCondition::Failed(_) => {
                self.failure(ctx).map(JobCondition::FailureTarget)
            }
        };
        if self.verdict.is_some() {
            self.delete_active_pods(worker, client, ctx);
        } else {
            self.manage_pods(worker, client, ctx);
        }
        self.in_flight == 0 && self.track(worker, client, ctx)
    }

    /// One call of the present step took effect; returns whether the sync ended.
    pub(super) fn call_done(
        &mut self,
        worker: u32,
        client: &mut TokenBucket,
        writer: &mut EventWriter,
        ctx: &mut Context<'_>,
    ) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle worker has no calls in flight"),
            Step::DeletingPods => {
                let pod = self.to_delete.pop().expect("one pod for each DELETE in flight");
                self.delete_pod(pod, client, writer, ctx);
            }
            Step::CreatingPods => {
                self.create_pod(ctx);
                self.emit(writer, client, ctx);
            }
            Step::WritingUncounted => self.write_interim(ctx),
            Step::RemovingFinalizers => {}
            Step::WritingStatus => self.write_status(client, writer, ctx),
        }
        self.in_flight -= 1;
        self.in_flight == 0 && self.advance(worker, client, ctx)
    }

    /// All calls of a step took effect: the next step. Returns whether the sync ended.
    fn advance(&mut self, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle worker has no steps"),
            Step::DeletingPods => {
                // Pods deleted because the Job failed are counted as failed in this very sync.
                self.take_ended_pods(ctx);
                let record = &ctx.store.jobs[self.job.index()];
                self.report = WrittenStatus {
                    active: record.active,
                    ready: record.ready,
                    terminating: record.terminating,
                };
                self.track(worker, client, ctx)
            }
            Step::CreatingPods if self.to_create > 0 => {
                self.create_batch(self.batch * 2, worker, client, ctx);
                false
            }
            Step::CreatingPods => self.track(worker, client, ctx),
            Step::WritingUncounted => {
                let calls = self.chunk(ctx).len() as u32;
                self.call(Step::RemovingFinalizers, calls, worker, client, ctx);
                false
            }
            Step::RemovingFinalizers => {
                self.call(Step::WritingStatus, 1, worker, client, ctx);
                false
            }
            Step::WritingStatus if self.counted < self.ended.len() => {
                self.call(Step::WritingUncounted, 1, worker, client, ctx);
                false
            }
            Step::WritingStatus => {
                self.step = Step::Idle;
                true
            }
        }
    }

    /// Sends `calls` calls at once, each with its own token.
    fn call(&mut self, step: Step, calls: u32, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        debug_assert!(calls > 0 && self.in_flight == 0);
        self.step = step;
        self.in_flight = calls;
        for _ in 0..calls {
            let sent = client.take(ctx.now);
            let at = ctx.written(sent);
            ctx.at(at, Event::Job(JobEvent::CallDone { worker }));
        }
    }

    /// The first sync sets `status.startTime`; each sync re-arms `activeDeadlineSeconds`. Returns whether it was the first.
    fn set_start_time(&self, ctx: &mut Context<'_>) -> bool {
        let first = ctx.store.jobs[self.job.index()].start_time.happened().is_none();
        if first {
            ctx.store.jobs[self.job.index()].start_time = ctx.config.api_time(ctx.now);
        }
        if let Some(deadline) = ctx.store.job_spec(self.job).active_deadline {
            let end = ctx.store.jobs[self.job.index()].start_time + deadline;
            let end = end.sim_time(ctx.config.wall_clock_offset);
            if end > ctx.now {
                ctx.sync_job_at(self.job, end);
            }
        }
        first
    }

    /// Takes over the ended pods that no sync has seen yet; indexes of failed ones wait for a pod again.
    fn take_ended_pods(&mut self, ctx: &mut Context<'_>) {
        let record = &mut ctx.store.jobs[self.job.index()];
        let mut next = record.uncounted.0;
        record.uncounted = (PodId::NONE, PodId::NONE);
        while let Some(pod) = next.some() {
            let ended = &ctx.store.pods[pod.index()];
            if ended.completion_index != u32::MAX && ended.phase != PodPhase::Succeeded {
                ctx.store
                    .pending_indexes
                    .entry(self.job)
                    .or_default()
                    .give_back(ended.completion_index);
            }
            next = ended.next_uncounted;
            self.ended.push(pod);
        }
    }

    /// Succeeded and failed pods, counted and newly seen.
    fn totals(&self, ctx: &Context<'_>) -> (u32, u32) {
        let record = &ctx.store.jobs[self.job.index()];
        let fresh = &self.ended[self.counted..];
        let good = fresh
            .iter()
            .filter(|p| ctx.store.pods[p.index()].phase == PodPhase::Succeeded)
            .count() as u32;
        (record.succeeded + good, record.failed + fresh.len() as u32 - good)
    }

    /// Whether the Job fails now, and why: `backoffLimit` before `activeDeadlineSeconds`.
    fn failure(&self, ctx: &Context<'_>) -> Option<FailureReason> {
        let record = &ctx.store.jobs[self.job.index()];
        let spec = ctx.store.job_spec(self.job);
        let (_, failed) = self.totals(ctx);
        let restarts_exceed = spec.template.restart_policy == RestartPolicy::OnFailure
            && if spec.backoff_limit == 0 {
                record.restarts > 0
            } else {
                record.restarts >= spec.backoff_limit
            };
        if failed > spec.backoff_limit || restarts_exceed {
            return Some(FailureReason::BackoffLimitExceeded);
        }
        let deadline = spec.active_deadline?;
        (ctx.config.wall_time(ctx.now).since(record.start_time) >= deadline).then_some(FailureReason::DeadlineExceeded)
    }

    /// Writes an event about the Job.
    fn emit(&self, writer: &mut EventWriter, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        let mut filter = ctx.store.jobs[self.job.index()].event_filter;
        writer.emit(&mut filter, client, ctx);
        ctx.store.jobs[self.job.index()].event_filter = filter;
    }

    fn delete_active_pods(&mut self, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        let record = &ctx.store.jobs[self.job.index()];
        self.to_delete.clear();
        let mut next = if record.active > 0 { record.pods.0 } else { PodId::NONE };
        while let Some(pod) = next.some() {
            if ctx.store.pods[pod.index()].is_active() {
                self.to_delete.push(pod);
            }
            next = ctx.store.pods[pod.index()].next_of_owner;
        }
        // Taken from the end: the oldest pod goes first.
        self.to_delete.reverse();
        if !self.to_delete.is_empty() {
            self.call(Step::DeletingPods, self.to_delete.len() as u32, worker, client, ctx);
        }
    }

    fn delete_pod(&self, pod: PodId, client: &mut TokenBucket, writer: &mut EventWriter, ctx: &mut Context<'_>) {
        if ctx.store.pods[pod.index()].is_active() {
            ctx.delete_pod(pod);
            self.emit(writer, client, ctx);
        }
    }

    /// `manageJob`: creates the pods that are missing, unless the back-off after failures holds them back.
    fn manage_pods(&mut self, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        let record = &ctx.store.jobs[self.job.index()];
        let spec = ctx.store.job_spec(self.job);
        let (succeeded, _) = self.totals(ctx);
        let active = record.active;
        let wanted = match spec.completions {
            None if succeeded > 0 => active,
            None => spec.parallelism,
            Some(completions) => spec.parallelism.min(completions.saturating_sub(succeeded)),
        };
        let missing = wanted.saturating_sub(active);
        if missing == 0 {
            return;
        }
        let config = &ctx.config.job;
        let now = ctx.config.wall_time(ctx.now);
        let wait = backoff::remaining(config, record.failures_after_success, record.last_failure, now);
        if wait > SimDuration::ZERO {
            // While the back-off holds, the controller reports no active pods, whatever runs.
            self.report.active = 0;
            let at = ctx.now + wait.max(config.sync_job_batch_period);
            ctx.sync_job_at(self.job, at);
            return;
        }
        self.to_create = missing.min(config.max_pods_per_sync);
        self.create_batch(1, worker, client, ctx);
    }

    /// Sends the next slow-start batch: 1, 2, 4, … pods (`pkg/controller/controller_utils.go: slowStartBatch`).
    fn create_batch(&mut self, size: u32, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        self.batch = size.min(self.to_create);
        self.to_create -= self.batch;
        self.call(Step::CreatingPods, self.batch, worker, client, ctx);
    }

    fn create_pod(&mut self, ctx: &mut Context<'_>) {
        let spec = ctx.store.job_spec(self.job);
        let (mode, completions) = (spec.completion_mode, spec.completions.unwrap_or(0));
        let index = match mode {
            CompletionMode::NonIndexed => None,
            CompletionMode::Indexed => ctx.store.pending_indexes.entry(self.job).or_default().take(completions),
        };
        let pod = ctx.create_pod(Owner::Job(self.job), index.map_or(u32::MAX, |(index, _)| index));
        if let Some((_, starts @ 1..)) = index {
            ctx.store.index_attempts.insert(pod, starts);
        }
        self.report.active += 1;
    }

    /// After the pods were managed: is the Job complete, and what must be written? Returns whether nothing must.
    fn track(&mut self, worker: u32, client: &mut TokenBucket, ctx: &mut Context<'_>) -> bool {
        if self.verdict.is_none() && self.is_complete(ctx) {
            self.verdict = Some(JobCondition::SuccessCriteriaMet);
        }
        let changed = self.must_write
            || self.report != ctx.store.jobs[self.job.index()].written
            || (self.verdict.is_some() && self.report.terminating == 0);
        if !self.ended.is_empty() {
            self.call(Step::WritingUncounted, 1, worker, client, ctx);
        } else if changed {
            self.call(Step::WritingStatus, 1, worker, client, ctx);
        }
        self.in_flight == 0
    }

    fn is_complete(&self, ctx: &Context<'_>) -> bool {
        let record = &ctx.store.jobs[self.job.index()];
        let (succeeded, _) = self.totals(ctx);
        let enough = match ctx.store.job_spec(self.job).completions {
            None => succeeded > 0,
            Some(completions) => succeeded >= completions,
        };
        enough && record.active == 0 && self.report.active == 0
    }

    /// The ended pods that are counted next, at most `MaxUncountedPods`.
    fn chunk(&self, ctx: &Context<'_>) -> &[PodId] {
        let end = self
            .ended
            .len()
            .min(self.counted + ctx.config.job.max_pods_per_sync as usize);
        &self.ended[self.counted..end]
    }

    fn write_interim(&mut self, ctx: &mut Context<'_>) {
        let record = &mut ctx.store.jobs[self.job.index()];
        record.written = self.report;
        if let Some(verdict) = self.verdict.filter(|v| *v != record.condition) {
            record.condition = verdict;
            ctx.record(Record::JobConditionWritten(self.job));
        }
        ctx.sync_job_batched(self.job);
    }

    /// Moves the chunk to the counters; the final condition follows when nothing is left to count and nothing terminates
    /// (`enactJobFinished`, `delayTerminalCondition`).
    fn write_status(&mut self, client: &mut TokenBucket, writer: &mut EventWriter, ctx: &mut Context<'_>) {
        let chunk = self.chunk(ctx);
        let good = chunk
            .iter()
            .filter(|p| ctx.store.pods[p.index()].phase == PodPhase::Succeeded)
            .count() as u32;
        let bad = chunk.len() as u32 - good;
        self.counted += chunk.len();
        let record = &mut ctx.store.jobs[self.job.index()];
        record.succeeded += good;
        record.failed += bad;
        record.written = self.report;
        let last = self.counted == self.ended.len() && self.report.terminating == 0;
        let end = match self.verdict {
            Some(JobCondition::SuccessCriteriaMet) if last => JobCondition::Complete,
            Some(JobCondition::FailureTarget(reason)) if last => JobCondition::Failed(reason),
            Some(interim) => {
                record.condition = interim;
                ctx.sync_job_batched(self.job);
                return;
            }
            None => {
                ctx.sync_job_batched(self.job);
                return;
            }
        };
        ctx.finish_job(self.job, end);
        self.emit(writer, client, ctx);
    }
}
