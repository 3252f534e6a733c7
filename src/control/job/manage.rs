//! The middle of a sync: creates the pods that are missing, or deletes those that are too many (`manageJob`); of a Job that is
//! over, deletes all active pods (`deleteActivePods`).

use crate::cluster::PodId;
use crate::cluster::job::JobCondition;
use crate::cluster::job_indexes::IndexFailures;
use crate::cluster::pod::Owner;
use crate::control::context::Context;
use crate::control::job::backoff::{finish_time, remaining};
use crate::control::job::removal;
use crate::control::job::sync::{Ended, Fate, Hands, Step, Sync};
use crate::kernel::SimDuration;

impl Sync {
    /// The Job is over: deletes its active pods. They keep their finalizers, so that they are counted in this very sync: as
    /// failed if the Job failed, else not at all. Pods that are being deleted already and not counted yet are counted too.
    pub(super) fn delete_active_pods(&mut self, hands: &mut Hands<'_, '_>) {
        let store = &mut hands.ctx.store;
        let record = &store.jobs[self.job.index()];
        let fate = match self.verdict {
            Some(JobCondition::SuccessCriteriaMet) => Fate::Uncounted,
            _ => Fate::Failed,
        };
        let some = record.active + record.terminating > 0;
        let mut next = if some { record.pods.0 } else { PodId::NONE };
        while let Some(pod) = next.some() {
            let record = &mut store.pods[pod.index()];
            next = record.next_of_owner;
            if record.phase.is_terminal() {
                continue;
            }
            if record.is_active() {
                self.to_delete.push_back(pod);
            }
            if record.tracked && !record.listed {
                record.listed = true;
                self.ended.push(Ended { pod, fate, held: false });
                self.fresh.1 += u32::from(fate == Fate::Failed);
            }
        }
        let deleted = self.to_delete.len() as u32;
        self.report.active = 0;
        self.report.ready = 0;
        self.report.terminating += deleted;
        if deleted > 0 {
            self.call(Step::DeletingPods, deleted, hands);
        }
    }

    /// Creates or deletes pods. A sync never does both.
    pub(super) fn manage(&mut self, hands: &mut Hands<'_, '_>) {
        let ctx = &*hands.ctx;
        let record = &ctx.store.jobs[self.job.index()];
        let spec = ctx.store.job_spec(self.job);
        if spec.suspend {
            self.drop_pods(record.active, u32::MAX, hands);
            return;
        }
        let succeeded = self.succeeded(ctx);
        let active = record.active;
        let wanted = match spec.completions {
            None if succeeded > 0 => active,
            None => spec.parallelism,
            Some(completions) => spec.parallelism.min(completions.saturating_sub(succeeded)),
        };
        let most = ctx.config.job.max_pods_per_sync;
        let out_of_range = spec.is_indexed()
            && active > 0
            && ctx.store.job_indexes[&self.job].has_pods_from(spec.completions.unwrap_or(0));
        if (active > wanted || out_of_range) && self.drop_pods(active.saturating_sub(wanted), most, hands) {
            return;
        }
        let ctx = &*hands.ctx;
        let spec = ctx.store.job_spec(self.job);
        let withheld = if spec.only_replaces_failed_pods() {
            self.report.terminating
        } else {
            0
        };
        let missing = wanted.saturating_sub(withheld).saturating_sub(active).min(most);
        if missing > 0 {
            self.create_missing(missing, hands);
        }
    }

    /// Deletes at least `at_least` active pods, at most `most`: their finalizers first, so that they are not counted. Says
    /// whether there were any.
    fn drop_pods(&mut self, at_least: u32, most: u32, hands: &mut Hands<'_, '_>) -> bool {
        let chosen = removal::pods_to_delete(self.job, at_least as usize, hands.ctx);
        self.to_delete.extend(chosen.into_iter().take(most as usize));
        let dropped = self.to_delete.len() as u32;
        if dropped == 0 {
            return false;
        }
        let is_ready = |pod: &&PodId| hands.ctx.store.pods[pod.index()].ready;
        self.report.ready -= self.to_delete.iter().filter(is_ready).count() as u32;
        self.report.active -= dropped;
        self.report.terminating += dropped;
        self.call(Step::DroppingPods, dropped, hands);
        true
    }

    /// Begins to create pods, unless the back-off after failures holds them back.
    fn create_missing(&mut self, missing: u32, hands: &mut Hands<'_, '_>) {
        let ctx = &mut *hands.ctx;
        let spec = ctx.store.job_spec(self.job);
        let completions = spec.completions.unwrap_or(0);
        let per_index = spec.backoff_limit_per_index.is_some();
        self.to_create = missing;
        let mut wait = if per_index {
            SimDuration::ZERO
        } else {
            self.backoff.remaining(ctx)
        };
        if spec.is_indexed() && wait.is_zero() {
            let pending = ctx.store.job_indexes.entry(self.job).or_default();
            self.indexes.extend(pending.pending(missing as usize, completions));
            if per_index {
                wait = self.keep_due_indexes(ctx);
            }
            self.to_create = self.indexes.len() as u32;
        }
        if !wait.is_zero() {
            // While the back-off holds, the controller reports no active pods, whatever runs.
            self.report.active = 0;
            self.to_create = 0;
            let at = ctx.now + wait.max(ctx.config.job.sync_job_batch_period);
            ctx.sync_job_at(self.job, at);
        } else if self.to_create > 0 {
            self.create_batch(1, hands);
        }
    }

    /// Leaves only the indexes whose own back-off is over; if there is none, how long the first has to wait
    /// (`getPodCreationInfoForIndependentIndexes`).
    fn keep_due_indexes(&mut self, ctx: &Context<'_>) -> SimDuration {
        let now = ctx.config.wall_time(ctx.now);
        let failures = |pod| ctx.store.job_indexes[&self.job].failures(pod).absolute() + 1;
        let wait = |index: &u32| {
            let pod = self.ended[*self.delayed.get(index)?].pod;
            let wait = remaining(&ctx.config.job, failures(pod), finish_time(pod, ctx), now);
            (!wait.is_zero()).then_some(wait)
        };
        let least = self.indexes.iter().filter_map(wait).min();
        let due: Vec<u32> = self
            .indexes
            .iter()
            .copied()
            .filter(|index| wait(index).is_none())
            .collect();
        self.indexes.clear();
        self.indexes.extend(&due);
        if due.is_empty() {
            least.unwrap_or_default()
        } else {
            SimDuration::ZERO
        }
    }

    /// The API server takes a pod of the present batch, or refuses it: then this batch is the last, and the sync comes back with
    /// the delay of an error.
    pub(super) fn create_pod(&mut self, hands: &mut Hands<'_, '_>) {
        let index = self.indexes.pop_front();
        let created = hands
            .ctx
            .try_create_pod(Owner::Job(self.job), index.unwrap_or(u32::MAX));
        // SuccessfulCreate, or FailedCreate with the reason.
        self.emit(hands);
        let Ok(pod) = created else {
            self.failed = true;
            return;
        };
        self.report.active += 1;
        if let Some(index) = index {
            let replaced = self.delayed.get(&index).map(|place| self.ended[*place]);
            let store = &mut hands.ctx.store;
            let indexes = store.job_indexes.entry(self.job).or_default();
            if let starts @ 1.. = indexes.start(index) {
                store.index_attempts.insert(pod, starts);
            }
            if let Some(replaced) = replaced {
                let mut failures = indexes.failures(replaced.pod);
                count_failure(&mut failures, replaced.fate);
                indexes.annotate(pod, failures);
            }
        }
    }
}

/// The failure counts of the pod that replaces a failed one (`getNewIndexFailureCounts`).
const fn count_failure(failures: &mut IndexFailures, fate: Fate) {
    match fate {
        Fate::Ignored => failures.ignored += 1,
        Fate::Failed | Fate::Succeeded | Fate::Uncounted => failures.counted += 1,
    }
}
