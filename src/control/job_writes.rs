//! What requests about Jobs do when the API server takes them.

use crate::cluster::ids::{CronJobId, JobId};
use crate::cluster::job::JobCondition;
use crate::cluster::record::Record;
use crate::cluster::spec::JobSpec;
use crate::control::context::Context;
use crate::control::event::{ClientEvent, CronJobEvent, Event, GcEvent, JobEvent, TtlEvent};
use crate::kernel::SimTime;

impl Context<'_> {
    /// The API server takes a new Job, which `maker` made, while the cluster runs.
    pub fn create_job(&mut self, spec: JobSpec, maker: Option<CronJobId>) -> JobId {
        let spec = self.store.add_job_spec(spec);
        let job = self.store.add_job(spec);
        let record = &mut self.store.jobs[job.index()];
        record.condition = JobCondition::Active;
        record.submitted = self.now;
        self.store.unfinished_jobs += 1;
        if let Some(maker) = maker {
            self.store.cron_job_of.insert(job, maker);
        }
        self.record(Record::JobSubmitted(job));
        self.when_seen(Event::Job(JobEvent::Added(job)));
        job
    }

    /// Whoever made `job` will see that it changed.
    fn maker_sees_job(&mut self, job: JobId) {
        if let Some(maker) = self.store.cron_job_of.get(&job) {
            self.when_seen(Event::CronJob(CronJobEvent::Seen(*maker)));
        }
    }

    /// The API server takes a Job's final condition.
    pub fn finish_job(&mut self, job: JobId, condition: JobCondition) {
        debug_assert!(condition.is_finished());
        let record = &mut self.store.jobs[job.index()];
        record.condition = condition;
        record.finished = self.now;
        self.store.unfinished_jobs -= 1;
        self.record(Record::JobConditionWritten(job));
        self.when_seen(Event::Client(ClientEvent::SawFinished(job)));
        self.maker_sees_job(job);
    }

    /// The API server takes a new specification of a Job, be it one of many copies. The Job keeps its name. Nothing happens if the
    /// specification is the same; the Job controller syncs the Job at once if it is another (its `generation` changes).
    ///
    /// What may be changed is for the caller to check (`pkg/apis/batch/validation/validation.go: ValidateJobUpdate`).
    pub fn update_job(&mut self, job: JobId, spec: JobSpec) {
        let ttl = self.store.job_spec(job).ttl_after_finished;
        if self.store.jobs[job.index()].gone || !self.store.replace_job_spec(job, spec) {
            return;
        }
        if self.store.jobs[job.index()].condition.is_finished() && self.store.job_spec(job).ttl_after_finished != ttl {
            self.change_ttl(job);
        }
        self.record(Record::JobUpdated(job));
        self.when_seen(Event::Job(JobEvent::Updated(job)));
    }

    /// The TTL controller will see that a finished Job has another `ttlSecondsAfterFinished`, or none any more
    /// (`pkg/controller/ttlafterfinished/ttlafterfinished_controller.go: updateJob, processTTL`).
    fn change_ttl(&mut self, job: JobId) {
        let Some(ttl) = self.store.job_spec(job).ttl_after_finished else {
            self.store.ttl_changed.insert(job, SimTime::MAX);
            return;
        };
        let ended = self.config.api_time(self.store.jobs[job.index()].finished);
        let due = (ended + ttl).sim_time(self.config.wall_clock_offset);
        let due = due.max(self.now + self.config.watch_latency);
        self.store.ttl_changed.insert(job, due);
        self.at(due, Event::Ttl(TtlEvent::Due(job)));
    }

    /// The API server takes the deletion of a Job, pods later (background): the object is gone at once. The Job controller takes
    /// its finalizer off the pods that have it, the garbage collector deletes them.
    pub fn delete_job(&mut self, job: JobId) {
        if !self.store.jobs[job.index()].gone {
            self.remove_job(job);
            self.when_seen(Event::Gc(GcEvent::JobGone(job)));
        }
    }

    /// The API server takes the deletion of a Job, pods first (foreground): the object stays until its pods are gone.
    pub fn delete_job_after_pods(&mut self, job: JobId) {
        let record = &mut self.store.jobs[job.index()];
        if !record.gone && !record.deleting {
            record.deleting = true;
            self.when_seen(Event::Job(JobEvent::Updated(job)));
            self.when_seen(Event::Gc(GcEvent::JobWaits(job)));
        }
    }

    /// The Job object goes away. A client that waited for the Job's end waits no longer.
    pub fn remove_job(&mut self, job: JobId) {
        let record = &mut self.store.jobs[job.index()];
        if std::mem::replace(&mut record.gone, true) {
            return;
        }
        let submitted = record.condition != JobCondition::Unsubmitted;
        if submitted && !record.condition.is_finished() {
            self.store.unfinished_jobs -= 1;
            self.when_seen(Event::Client(ClientEvent::SawFinished(job)));
        }
        self.record(Record::JobGone(job));
        self.when_seen(Event::Job(JobEvent::Deleted(job)));
        self.maker_sees_job(job);
    }
}
