//! The pods of a Job in the store: the list of all of them, and the list of those that ended and are to be counted.

use crate::cluster::pod::{Owner, Pod, PodPhase};
use crate::cluster::spec::JobSpec;
use crate::cluster::{JobId, PodId, Store};

impl Store {
    /// All pods that `job` ever had, in order of creation.
    pub fn pods_of_job(&self, job: JobId) -> impl Iterator<Item = (PodId, &Pod)> + '_ {
        let mut next = self.jobs[job.index()].pods.0;
        std::iter::from_fn(move || {
            let id = next.some()?;
            let pod = &self.pods[id.index()];
            next = pod.next_of_owner;
            Some((id, pod))
        })
    }

    /// Gives `job` another specification; it keeps its name. Says whether it is another.
    pub fn replace_job_spec(&mut self, job: JobId, mut spec: JobSpec) -> bool {
        let name = self.job_name(job);
        let old = self.jobs[job.index()].spec;
        let before = &self.job_specs[old.index()];
        if spec.template == before.template {
            spec.template = before.template.clone();
        }
        spec.name.clone_from(&before.name);
        if spec == *before {
            return false;
        }
        // Copies share a specification; this one gets its own.
        spec.name = name;
        if self.job_copies[old.index()] == 1 {
            self.job_templates[old.index()] = self.add_template(&spec.template);
            self.job_specs[old.index()] = spec;
        } else {
            let own = self.add_job_spec(spec);
            self.job_copies[own.index()] = 1;
            let record = &mut self.jobs[job.index()];
            record.spec = own;
            record.copy = 0;
        }
        true
    }

    pub(super) fn link_job_pod(&mut self, job_id: JobId, pod: PodId) -> u32 {
        let job = &mut self.jobs[job_id.index()];
        match job.pods.1.some() {
            None => job.pods.0 = pod,
            Some(last) => self.pods[last.index()].next_of_owner = pod,
        }
        job.pods.1 = pod;
        job.active += 1;
        job.pods_created += 1;
        job.pods_created - 1
    }

    /// The completion index of `pod`, if it has one, needs another pod.
    pub fn give_index_back(&mut self, job: JobId, pod: PodId) {
        let index = self.pods[pod.index()].completion_index;
        if index != u32::MAX {
            self.job_indexes.entry(job).or_default().give_back(index);
        }
    }

    /// Whether the Job of `pod` may leave it its finalizer for long after its deletion was requested: until it shows Failed, or
    /// until its index has another pod.
    #[must_use]
    pub fn keeps_failed_pods(&self, pod: PodId) -> bool {
        let Owner::Job(job) = self.pods[pod.index()].owner else {
            return false;
        };
        let spec = self.job_spec(job);
        spec.only_replaces_failed_pods() || spec.backoff_limit_per_index.is_some()
    }

    /// Adds `pod` to the ended pods that its Job has to count, unless it is there already or need not be counted.
    pub(super) fn append_uncounted(&mut self, job: JobId, pod: PodId) {
        let record = &mut self.pods[pod.index()];
        if record.listed || !record.tracked {
            return;
        }
        record.listed = true;
        record.next_uncounted = PodId::NONE;
        let job = &mut self.jobs[job.index()];
        match job.uncounted.1.some() {
            None => job.uncounted.0 = pod,
            Some(last) => self.pods[last.index()].next_uncounted = pod,
        }
        job.uncounted.1 = pod;
    }

    /// Moves the ended pods that `job` has to count to the end of `ended`.
    pub fn take_uncounted(&mut self, job: JobId, ended: &mut Vec<PodId>) {
        let list = std::mem::replace(&mut self.jobs[job.index()].uncounted, (PodId::NONE, PodId::NONE));
        let mut next = list.0;
        while let Some(pod) = next.some() {
            ended.push(pod);
            next = self.pods[pod.index()].next_uncounted;
        }
    }

    /// Puts pods that [`Self::take_uncounted`] gave back to the front of the list.
    pub fn put_back_uncounted(&mut self, job: JobId, ended: impl DoubleEndedIterator<Item = PodId>) {
        let list = &mut self.jobs[job.index()].uncounted;
        for pod in ended.rev() {
            self.pods[pod.index()].next_uncounted = list.0;
            list.0 = pod;
            if list.1 == PodId::NONE {
                list.1 = pod;
            }
        }
    }

    pub(super) fn finish_job_pod(&mut self, job: JobId, pod: PodId, deleting: bool) {
        self.jobs[job.index()].terminating -= u32::from(deleting);
        self.append_uncounted(job, pod);
        let record = &self.pods[pod.index()];
        // A success that will be counted completes its index then.
        let stays = record.phase == PodPhase::Succeeded && record.tracked;
        let returned = deleting && !self.job_spec(job).only_replaces_failed_pods();
        if !stays && !returned {
            self.give_index_back(job, pod);
        }
    }
}
