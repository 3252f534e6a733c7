//! The last part of a sync: counting ended pods and writing the status (`trackJobStatusAndRemoveFinalizers`,
//! `flushUncountedAndRemoveFinalizers`, `enactJobFinished`).

use crate::cluster::job::JobCondition;
use crate::cluster::record::Record;
use crate::control::context::Context;
use crate::control::event::{Event, TtlEvent};
use crate::control::job::sync::{Fate, Hands, Step, Sync, SyncEnd};

impl Sync {
    /// After the pods were managed: is the Job complete, and what must be written? How the sync ended, if nothing must.
    pub(super) fn track(&mut self, hands: &mut Hands<'_, '_>) -> Option<SyncEnd> {
        if self.verdict.is_none() {
            if self.is_complete(hands.ctx) {
                self.verdict = Some(JobCondition::SuccessCriteriaMet);
                self.release_all();
            } else {
                self.note_suspension(hands);
            }
        }
        self.choose_counted(hands.ctx);
        if self.must_write(hands.ctx) {
            self.call(Step::WritingUncounted, 1, hands);
            return None;
        }
        self.track_on(Step::WritingUncounted, hands)
    }

    /// Goes on after `step`.
    pub(super) fn track_on(&mut self, step: Step, hands: &mut Hands<'_, '_>) -> Option<SyncEnd> {
        let finalizers = self.ended[..self.counted].iter().filter(|ended| !ended.held).count() as u32;
        if step == Step::WritingUncounted && !self.failed_write && finalizers > 0 {
            self.cursor = 0;
            self.call(Step::RemovingFinalizers, finalizers, hands);
            return None;
        }
        if step != Step::WritingCounters && !self.failed_write && (self.counts_any(hands.ctx) || self.ends_job()) {
            self.ends_at = hands.ctx.config.api_time(hands.ctx.now);
            self.call(Step::WritingCounters, 1, hands);
            return None;
        }
        Some(self.end(hands.ctx))
    }

    fn is_complete(&self, ctx: &Context<'_>) -> bool {
        let enough = match ctx.store.job_spec(self.job).completions {
            None => self.succeeded(ctx) > 0,
            Some(completions) => self.succeeded(ctx) >= completions,
        };
        // During a back-off no pod is reported active, whatever runs.
        enough && self.report.active == 0
    }

    /// A Job that is over holds no pod back.
    fn release_all(&mut self) {
        for ended in &mut self.ended {
            ended.held = false;
        }
    }

    /// Condition Suspended follows `spec.suspend`; a Job that never was suspended has none. A resumed Job starts anew.
    fn note_suspension(&mut self, hands: &mut Hands<'_, '_>) {
        let store = &mut hands.ctx.store;
        let suspend = store.job_spec(self.job).suspend;
        let shown = store.job_notes.get(&self.job).and_then(|notes| notes.suspended);
        if shown.unwrap_or(false) == suspend {
            return;
        }
        self.suspended = Some(suspend);
        store.jobs[self.job.index()].start_time = if suspend {
            crate::kernel::WallTime::MAX
        } else {
            hands.ctx.config.api_time(hands.ctx.now)
        };
        self.emit(hands);
    }

    /// Takes the ended pods that this sync counts: at most `MaxUncountedPods` of those that are counted.
    fn choose_counted(&mut self, ctx: &Context<'_>) {
        let most = ctx.config.job.max_pods_per_sync;
        let mut counted = 0;
        self.counted = self.ended.len();
        for (place, ended) in self.ended.iter().enumerate() {
            let counts = match ended.fate {
                Fate::Succeeded | Fate::Failed => !ended.held,
                Fate::Ignored | Fate::Uncounted => false,
            };
            counted += u32::from(counts);
            if counted >= most {
                self.counted = place + 1;
                // The controller does not look whether there are more.
                self.left_over = true;
                return;
            }
        }
    }

    /// Whether the first PUT is due: something of the status changed.
    fn must_write(&self, ctx: &Context<'_>) -> bool {
        let record = &ctx.store.jobs[self.job.index()];
        let interim = self.verdict.is_some_and(|verdict| verdict != record.condition);
        let indexes = || {
            ctx.store
                .job_indexes
                .get(&self.job)
                .is_some_and(|indexes| indexes.unwritten)
        };
        self.report != record.written || self.suspended.is_some() || interim || self.counts_any(ctx) || indexes()
    }

    /// Whether names of pods go into the status, and later into its counters. Of Indexed Jobs the index of a success is enough.
    fn counts_any(&self, ctx: &Context<'_>) -> bool {
        let indexed = || ctx.store.job_spec(self.job).is_indexed();
        self.ended[..self.counted].iter().any(|ended| match ended.fate {
            Fate::Failed => !ended.held,
            Fate::Succeeded => !indexed(),
            Fate::Ignored | Fate::Uncounted => false,
        })
    }

    /// Whether the final condition is written now: all pods are counted, and none is terminating
    /// (`delayTerminalCondition`).
    fn ends_job(&self) -> bool {
        self.verdict.is_some() && !self.left_over && self.report.terminating == 0
    }

    /// The first PUT took effect, or was refused: no status may have more pods ready than active
    /// (`pkg/apis/batch/validation/validation.go: RejectMoreReadyThanActivePods`), which the controller tries during a back-off
    /// while other pods run. It then comes back with the delay of an error, with the same pods to count.
    pub(super) fn write_interim(&mut self, hands: &mut Hands<'_, '_>) {
        if self.report.ready > self.report.active {
            self.failed = true;
            self.failed_write = true;
            self.counted = 0;
            return;
        }
        let ctx = &mut *hands.ctx;
        self.backoff.keep(self.job, ctx);
        let record = &mut ctx.store.jobs[self.job.index()];
        record.written = self.report;
        let interim = self.verdict.filter(|verdict| *verdict != record.condition);
        if let Some(indexes) = ctx.store.job_indexes.get_mut(&self.job) {
            indexes.unwritten = false;
            record.succeeded = indexes.completed().total();
        }
        if self.suspended.is_some() || self.fail_job.is_some() || self.success_rule.is_some() {
            let notes = ctx.store.job_notes.entry(self.job).or_default();
            notes.suspended = self.suspended.or(notes.suspended);
            if interim.is_some() {
                notes.fail_job = self.fail_job.take();
                notes.success_rule = self.success_rule;
            }
        }
        if self.suspended.is_some() {
            ctx.record(Record::JobSuspension(self.job));
        }
        if let Some(interim) = interim {
            ctx.store.jobs[self.job.index()].condition = interim;
            ctx.record(Record::JobConditionWritten(self.job));
        }
        ctx.sync_job_batched(self.job);
    }

    /// The finalizer of the next counted pod is off.
    pub(super) fn remove_finalizer(&mut self, ctx: &mut Context<'_>) {
        while self.ended[self.cursor].held {
            self.cursor += 1;
        }
        let pod = self.ended[self.cursor].pod;
        self.cursor += 1;
        ctx.release_pod(pod);
        if let Some(indexes) = ctx.store.job_indexes.get_mut(&self.job) {
            indexes.forget(pod);
        }
        // With a second PUT to come, the sync that the status calls for is early enough.
        if !self.counts_any(ctx) && !self.ends_job() {
            ctx.sync_job_batched(self.job);
        }
    }

    /// The last PUT took effect: names have become counters, and the final condition is there if it is due.
    pub(super) fn write_counters(&mut self, hands: &mut Hands<'_, '_>) {
        let ctx = &mut *hands.ctx;
        let indexed = ctx.store.job_spec(self.job).is_indexed();
        let counted = self.ended[..self.counted].iter().filter(|ended| !ended.held);
        let good = counted.clone().filter(|ended| ended.fate == Fate::Succeeded).count() as u32;
        let bad = counted.filter(|ended| ended.fate == Fate::Failed).count() as u32;
        let record = &mut ctx.store.jobs[self.job.index()];
        record.succeeded += if indexed { 0 } else { good };
        record.failed += bad;
        let end = match self.verdict.filter(|_| self.ends_job()) {
            Some(JobCondition::SuccessCriteriaMet) => JobCondition::Complete,
            Some(JobCondition::FailureTarget(reason)) => JobCondition::Failed(reason),
            Some(other) => unreachable!("{other:?} is no verdict"),
            None => {
                ctx.sync_job_batched(self.job);
                return;
            }
        };
        let succeeded = record.succeeded;
        ctx.finish_job(self.job, end);
        if let Some(ttl) = ctx.store.job_spec(self.job).ttl_after_finished {
            let due = (self.ends_at + ttl).sim_time(ctx.config.wall_clock_offset);
            let seen = ctx.now + ctx.config.watch_latency;
            ctx.at(due.max(seen), Event::Ttl(TtlEvent::Due(self.job)));
        }
        let completions = ctx.store.job_spec(self.job).completions;
        if end == JobCondition::Complete && completions.is_some_and(|completions| succeeded > completions) {
            // TooManySucceededPods.
            self.emit(hands);
        }
        self.emit(hands);
    }
}
