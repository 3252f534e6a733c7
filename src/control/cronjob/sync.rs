//! One sync of one CronJob (`pkg/controller/cronjob/cronjob_controllerv2.go: syncCronJob, cleanupFinishedJobs`): it decides from
//! what its caches show, and then sends one call after another.

use std::collections::VecDeque;

use crate::cluster::job::JobCondition;
use crate::cluster::spec::{ConcurrencyPolicy, CronJobSpec};
use crate::cluster::{CronJobId, JobId};
use crate::control::context::Context;
use crate::control::cronjob::times::{MANY_MISSED, next_look, recent};

/// A call of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// GET of a Job.
    Read,
    /// DELETE of a Job, its pods later (background).
    Delete(JobId),
    /// POST of the Job for this time.
    Create(i64),
    /// PUT of the CronJob's status.
    WriteStatus,
}

/// What is kept of one CronJob.
#[derive(Clone, Debug, Default)]
pub(super) struct CronState {
    /// `metadata.creationTimestamp`, in seconds since 1970.
    pub created: i64,
    /// `status.lastScheduleTime`.
    pub last_schedule: Option<i64>,
    /// `status.active`, with the scheduled time of each.
    pub active: Vec<(JobId, i64)>,
    /// Its Jobs that are there.
    pub jobs: Vec<JobId>,
    /// Calls of the present sync that are not sent.
    pub calls: VecDeque<Call>,
    /// When it is to be looked at again, in seconds since 1970.
    pub next_look: Option<i64>,
    /// Events that the sync is about to write.
    pub events: u32,
}

impl CronState {
    /// From when on its schedule counts: its last start, or its creation.
    pub(super) fn since(&self) -> i64 {
        self.last_schedule.unwrap_or(self.created)
    }

    /// Decides what a sync does.
    pub(super) fn plan(&mut self, id: CronJobId, ctx: &Context<'_>) {
        self.calls.clear();
        self.events = 0;
        self.next_look = None;
        if ctx.store.deleted_cron_jobs.contains(&id) {
            return;
        }
        let spec = &ctx.store.cron_jobs[id.index()];
        let now = ctx.config.unix_time(ctx.now);
        let mut changed = self.notice_ended(ctx);
        if !spec.suspend {
            changed |= self.plan_start(spec, now);
            let creates = self.calls.iter().find_map(|call| match call {
                Call::Create(time) => Some(*time),
                Call::Read | Call::Delete(_) | Call::WriteStatus => None,
            });
            let since = creates.unwrap_or(self.since());
            self.next_look = next_look(spec, since, now);
        }
        let surplus = self.surplus(spec, ctx);
        changed |= !surplus.is_empty();
        self.events += surplus.len() as u32;
        self.calls.extend(surplus.into_iter().map(Call::Delete));
        if changed {
            self.calls.push_back(Call::WriteStatus);
        }
    }

    /// Jobs that are over or gone leave the active list.
    fn notice_ended(&mut self, ctx: &Context<'_>) -> bool {
        let before = self.active.len();
        let record = |job: JobId| &ctx.store.jobs[job.index()];
        let (mut events, mut missing) = (0, 0);
        self.active.retain(|(job, _)| {
            let (gone, over) = (record(*job).gone, record(*job).condition.is_finished());
            // SawCompletedJob; MissingJob, after a GET that finds nothing.
            events += u32::from(gone || over);
            missing += usize::from(gone);
            !gone && !over
        });
        self.events += events;
        self.calls.extend(std::iter::repeat_n(Call::Read, missing));
        self.jobs.retain(|job| !record(*job).gone);
        self.active.len() != before
    }

    /// Whether a Job is started now. Says whether the status changes.
    fn plan_start(&mut self, spec: &CronJobSpec, now: i64) -> bool {
        let Some(recent) = recent(spec, self.since(), now, true) else {
            return false;
        };
        // TooManyMissedTimes.
        self.events += u32::from(recent.missed > MANY_MISSED);
        let Some(time) = recent.most_recent else { return false };
        let deadline = spec
            .starting_deadline
            .map(|deadline| deadline.as_nanos() / 1_000_000_000);
        if deadline.is_some_and(|deadline| time.saturating_add_unsigned(deadline) < now) {
            // MissSchedule.
            self.events += 1;
            return false;
        }
        // Names have minutes, so there is at most one Job a minute.
        let named = |(_, scheduled): &(JobId, i64)| scheduled / 60 == time / 60;
        if self.last_schedule == Some(time) || self.active.iter().any(named) {
            return false;
        }
        match spec.concurrency_policy {
            ConcurrencyPolicy::Forbid if !self.active.is_empty() => {
                // JobAlreadyActive.
                self.events += 1;
                return false;
            }
            ConcurrencyPolicy::Replace => {
                let replaced = self.active.iter().flat_map(|(job, _)| [Call::Read, Call::Delete(*job)]);
                self.calls.extend(replaced);
                self.events += self.active.len() as u32;
            }
            ConcurrencyPolicy::Allow | ConcurrencyPolicy::Forbid => {}
        }
        self.calls.push_back(Call::Create(time));
        // SuccessfulCreate.
        self.events += 1;
        true
    }

    /// Finished Jobs beyond the history limits, the oldest first.
    fn surplus(&self, spec: &CronJobSpec, ctx: &Context<'_>) -> Vec<JobId> {
        let over = |good: bool| {
            let wanted = |condition| match condition {
                JobCondition::Complete => good,
                JobCondition::Failed(_) => !good,
                JobCondition::Unsubmitted
                | JobCondition::Active
                | JobCondition::SuccessCriteriaMet
                | JobCondition::FailureTarget(_) => false,
            };
            let jobs = self.jobs.iter().copied();
            let mut jobs: Vec<JobId> = jobs
                .filter(|job| wanted(ctx.store.jobs[job.index()].condition))
                .collect();
            jobs.sort_by_key(|job| (ctx.store.jobs[job.index()].start_time, *job));
            jobs
        };
        let limits = [
            (true, spec.successful_jobs_history_limit),
            (false, spec.failed_jobs_history_limit),
        ];
        let beyond = limits.map(|(good, limit)| {
            let mut jobs = over(good);
            jobs.truncate(jobs.len().saturating_sub(limit as usize));
            jobs
        });
        beyond.concat()
    }

    /// A call took effect.
    pub(super) fn take_effect(&mut self, id: CronJobId, call: Call, ctx: &mut Context<'_>) {
        match call {
            Call::Read => {}
            Call::Delete(job) => {
                ctx.delete_job(job);
                self.active.retain(|(active, _)| *active != job);
                self.jobs.retain(|known| *known != job);
            }
            // The owner that the Job would name is gone, and the garbage collector would take it away.
            Call::Create(_) if ctx.store.deleted_cron_jobs.contains(&id) => {}
            Call::Create(time) => {
                let spec = &ctx.store.cron_jobs[id.index()];
                let mut job = spec.job.clone();
                job.name = format!("{}-{}", spec.name, time / 60);
                let job = ctx.create_job(job, Some(id));
                self.active.push((job, time));
                self.jobs.push(job);
                self.last_schedule = Some(time);
            }
            Call::WriteStatus => {
                use crate::control::event::{CronJobEvent, Event};
                ctx.when_seen(Event::CronJob(CronJobEvent::Seen(id)));
            }
        }
    }
}
