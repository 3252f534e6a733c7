//! One sync of one Job by one worker (`syncJob`), as a machine that advances with each API call that took effect.
//!
//! The order is the controller's: look at the pods and decide whether the Job is over (`assess`), delete or create pods
//! (`manage`), then count ended pods: PUT their names, PATCH their finalizers away, PUT the counters (`track`).

use std::collections::{BTreeMap, VecDeque};

use crate::cluster::ids::{JobId, PodId};
use crate::cluster::job::{JobCondition, WrittenStatus};
use crate::cluster::job_conditions::FailJobMatch;
use crate::control::context::Context;
use crate::control::event::{Event, JobEvent};
use crate::control::event_writer::EventWriter;
use crate::control::job::backoff::BackoffRecord;
use crate::control::rate_limit::TokenBucket;
use crate::kernel::WallTime;

/// What the calls in flight are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    #[default]
    Idle,
    /// DELETE of every active pod of a Job that is over, at once.
    DeletingPods,
    /// PATCH of the finalizer and then DELETE of each pod that is too many: such pods are not counted.
    DroppingPods,
    /// POST of one slow-start batch of pods, at once.
    CreatingPods,
    /// PUT of the names of ended pods and the interim condition.
    WritingUncounted,
    /// PATCH of the finalizers of these pods, at once.
    RemovingFinalizers,
    /// PUT of the counters and the final condition.
    WritingCounters,
}

/// What an ended pod means to its Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It succeeded.
    Succeeded,
    /// It failed, and counts.
    Failed,
    /// It failed, and a `podFailurePolicy` ignores it.
    Ignored,
    /// It is neither: its index is none of the Job's any more, or the Job is over.
    Uncounted,
}

/// An ended pod that has its finalizer still.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub pod: PodId,
    pub fate: Fate,
    /// Its finalizer stays until its replacement is there, which inherits its failure count.
    pub held: bool,
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncEnd {
    /// Well.
    Good,
    /// With an error: the key comes back with the rate limiter's delay.
    Error,
    /// Likewise, as the API server refused a pod: nothing but a change of what governs admission helps.
    Refused,
}

/// What a step works with.
pub(super) struct Hands<'a, 'b> {
    pub worker: u32,
    pub client: &'a mut TokenBucket,
    pub writer: &'a mut EventWriter,
    pub ctx: &'a mut Context<'b>,
}

/// A worker's present sync.
#[derive(Debug)]
pub(super) struct Sync {
    pub(super) job: JobId,
    step: Step,
    /// Calls of the present step that have not taken effect.
    in_flight: u32,
    /// Pods to create after the present batch.
    pub(super) to_create: u32,
    /// Size of the present slow-start batch.
    batch: u32,
    /// Completion indexes to create pods for, in order.
    pub(super) indexes: VecDeque<u32>,
    /// Pods to delete in the present step, and those of them whose finalizer is off already.
    pub(super) to_delete: VecDeque<PodId>,
    dropped: VecDeque<PodId>,
    /// Ended pods seen by this sync.
    pub(super) ended: Vec<Ended>,
    /// How many of them this sync counts.
    pub(super) counted: usize,
    /// More are left for another sync.
    pub(super) left_over: bool,
    /// Successes and counted failures among them.
    pub(super) fresh: (u32, u32),
    /// The back-off record with these pods.
    pub(super) backoff: BackoffRecord,
    /// How the Job is to end, if it is, and what is to be noted with it.
    pub(super) verdict: Option<JobCondition>,
    pub(super) fail_job: Option<FailJobMatch>,
    pub(super) success_rule: Option<u32>,
    /// New status of condition Suspended.
    pub(super) suspended: Option<bool>,
    /// The status to write.
    pub(super) report: WrittenStatus,
    /// When the final condition was made up, as the API shows it.
    pub(super) ends_at: WallTime,
    /// Something went wrong.
    pub(super) failed: bool,
    /// The first PUT was refused.
    pub(super) failed_write: bool,
    /// The next of `ended` whose finalizer comes off.
    pub(super) cursor: usize,
    /// The list that the Job gave, while it is read.
    pub(super) taken: Vec<PodId>,
    /// By completion index, the place in `ended` of the failed pod that a new pod of the index replaces.
    pub(super) delayed: BTreeMap<u32, usize>,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            job: JobId::NONE,
            step: Step::Idle,
            in_flight: 0,
            to_create: 0,
            batch: 0,
            indexes: VecDeque::new(),
            to_delete: VecDeque::new(),
            dropped: VecDeque::new(),
            ended: Vec::new(),
            counted: 0,
            left_over: false,
            fresh: (0, 0),
            backoff: BackoffRecord::default(),
            verdict: None,
            fail_job: None,
            success_rule: None,
            suspended: None,
            report: WrittenStatus::default(),
            ends_at: WallTime::ZERO,
            failed: false,
            failed_write: false,
            cursor: 0,
            taken: Vec::new(),
            delayed: BTreeMap::new(),
        }
    }
}

impl Sync {
    /// The Job of the present or last sync.
    pub(super) const fn job(&self) -> JobId {
        self.job
    }

    /// Begins a sync of `job`; how it ended, if it did at once, without a call.
    pub(super) fn begin(&mut self, job: JobId, hands: &mut Hands<'_, '_>) -> Option<SyncEnd> {
        self.job = job;
        self.reset();
        let record = &hands.ctx.store.jobs[job.index()];
        if record.condition.is_finished() || record.gone || hands.ctx.store.job_spec(job).managed_elsewhere {
            return Some(SyncEnd::Good);
        }
        self.set_start_time(hands.ctx);
        hands.ctx.store.take_uncounted(job, &mut self.taken);
        self.assess(hands.ctx);
        #[cfg(debug_assertions)]
        crate::control::job::twin::check(self, hands.ctx);
        if self.verdict.is_some() {
            self.delete_active_pods(hands);
        } else if !hands.ctx.store.jobs[job.index()].deleting {
            self.manage(hands);
        }
        if self.in_flight > 0 { None } else { self.track(hands) }
    }

    fn reset(&mut self) {
        self.to_create = 0;
        self.indexes.clear();
        self.ended.clear();
        self.counted = 0;
        self.left_over = false;
        self.verdict = None;
        self.fail_job = None;
        self.success_rule = None;
        self.suspended = None;
        self.failed = false;
        self.failed_write = false;
        debug_assert!(self.to_delete.is_empty() && self.dropped.is_empty() && self.taken.is_empty());
    }

    /// One call of the present step took effect; how the sync ended, if it did.
    pub(super) fn call_done(&mut self, hands: &mut Hands<'_, '_>) -> Option<SyncEnd> {
        if hands.ctx.store.jobs[self.job.index()].gone {
            return self.call_in_vain();
        }
        match self.step {
            Step::Idle => unreachable!("an idle worker has no calls in flight"),
            Step::DeletingPods => {
                let pod = self.to_delete.pop_front().expect("one pod for each DELETE in flight");
                self.delete_pod(pod, hands);
            }
            Step::DroppingPods => self.drop_pod(hands),
            Step::CreatingPods => self.create_pod(hands),
            Step::WritingUncounted => self.write_interim(hands),
            Step::RemovingFinalizers => self.remove_finalizer(hands.ctx),
            Step::WritingCounters => self.write_counters(hands),
        }
        self.in_flight -= 1;
        if self.in_flight > 0 { None } else { self.advance(hands) }
    }

    /// The Job went away during the sync: nothing takes effect any more.
    fn call_in_vain(&mut self) -> Option<SyncEnd> {
        self.in_flight -= 1;
        if self.in_flight > 0 {
            return None;
        }
        self.to_delete.clear();
        self.dropped.clear();
        self.step = Step::Idle;
        Some(SyncEnd::Good)
    }

    /// All calls of a step took effect: the next step. How the sync ended, if it did.
    fn advance(&mut self, hands: &mut Hands<'_, '_>) -> Option<SyncEnd> {
        match self.step {
            Step::Idle => unreachable!("an idle worker has no steps"),
            // A batch with an error is the last (`slowStartBatch`).
            Step::CreatingPods if self.to_create > 0 && !self.failed => {
                self.create_batch(self.batch * 2, hands);
                None
            }
            Step::DeletingPods | Step::DroppingPods | Step::CreatingPods => self.track(hands),
            Step::WritingUncounted | Step::RemovingFinalizers | Step::WritingCounters => {
                self.track_on(self.step, hands)
            }
        }
    }

    /// Sends `calls` calls at once, each with its own token.
    pub(super) fn call(&mut self, step: Step, calls: u32, hands: &mut Hands<'_, '_>) {
        debug_assert!(calls > 0 && self.in_flight == 0);
        self.step = step;
        self.in_flight = calls;
        for _ in 0..calls {
            send(hands);
        }
    }

    /// Ends the sync: what was not counted goes back to the Job's list.
    pub(super) fn end(&mut self, ctx: &mut Context<'_>) -> SyncEnd {
        self.step = Step::Idle;
        let counted = self.counted;
        let left = self.ended.iter().enumerate();
        let left = left.filter(|(place, ended)| *place >= counted || ended.held);
        ctx.store.put_back_uncounted(self.job, left.map(|(_, ended)| ended.pod));
        match (self.failed, self.failed_write) {
            (false, _) => SyncEnd::Good,
            (true, true) => SyncEnd::Error,
            (true, false) => SyncEnd::Refused,
        }
    }

    /// Writes an event about the Job.
    pub(super) fn emit(&self, hands: &mut Hands<'_, '_>) {
        let ctx = &mut *hands.ctx;
        let mut filter = ctx.store.jobs[self.job.index()].event_filter;
        hands.writer.emit(&mut filter, hands.client, ctx);
        ctx.store.jobs[self.job.index()].event_filter = filter;
    }

    fn delete_pod(&self, pod: PodId, hands: &mut Hands<'_, '_>) {
        if hands.ctx.store.pods[pod.index()].is_active() {
            hands.ctx.delete_pod(pod);
            self.emit(hands);
        }
    }

    /// The finalizer of the next pod is off: DELETE it; or a DELETE took effect (`deleteJobPods`). All finalizers go first, as
    /// calls are served in the order in which they are sent.
    fn drop_pod(&mut self, hands: &mut Hands<'_, '_>) {
        if let Some(pod) = self.to_delete.pop_front() {
            hands.ctx.release_pod(pod);
            hands.ctx.sync_job_batched(self.job);
            self.dropped.push_back(pod);
            self.in_flight += 1;
            send(hands);
        } else {
            let pod = self.dropped.pop_front().expect("one pod for each DELETE in flight");
            self.delete_pod(pod, hands);
        }
    }

    /// Sends the next slow-start batch: 1, 2, 4, … pods (`pkg/controller/controller_utils.go: slowStartBatch`).
    pub(super) fn create_batch(&mut self, size: u32, hands: &mut Hands<'_, '_>) {
        self.batch = size.min(self.to_create);
        self.to_create -= self.batch;
        self.call(Step::CreatingPods, self.batch, hands);
    }
}

/// Sends one call of the present step.
fn send(hands: &mut Hands<'_, '_>) {
    let sent = hands.client.take(hands.ctx.now);
    let done = Event::Job(JobEvent::CallDone { worker: hands.worker });
    let at = hands.ctx.written(sent);
    hands.ctx.at(at, done);
}
