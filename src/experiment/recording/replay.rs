//! The replay: a run of the simulator, and its course as the recorder would have seen it.

use std::collections::BTreeMap;

use super::Recording;
use super::course::{Course, JobCourse, PodCourse};
use crate::cluster::Store;
use crate::cluster::ids::{JobId, PodId};
use crate::cluster::pod::{Owner, Pod};
use crate::cluster::record::{Observer, Record};
use crate::control::{ControlPlane, Simulation};
use crate::kernel::{SimDuration, SimTime};

impl Recording {
    /// Plays the recording's scenario and says what happened.
    #[must_use]
    pub fn replay(&self) -> Course {
        let mut watch = Watch::default();
        let mut simulation = Simulation::new(self.scenario.input(self.scenario.seed));
        simulation.run(&mut watch);
        let seen = Seen {
            start: self.start,
            plane: &self.scenario.control_plane,
        };
        seen.course(simulation.store(), &watch)
    }
}

/// Notes what the store does not keep.
#[derive(Debug, Default)]
struct Watch {
    running: BTreeMap<PodId, SimTime>,
    restarts: BTreeMap<PodId, Vec<SimTime>>,
}

impl Observer for Watch {
    fn record(&mut self, now: SimTime, record: Record, _: &Store) {
        match record {
            Record::PodRunning(pod) => drop(self.running.insert(pod, now)),
            Record::PodRestarted(pod) => self.restarts.entry(pod).or_default().push(now),
            Record::JobSubmitted(_)
            | Record::JobConditionWritten(_)
            | Record::PodCreated(_)
            | Record::PodUnschedulable(_)
            | Record::PodBound(..)
            | Record::PodReadiness(..)
            | Record::PodBackingOff(_)
            | Record::PodImagePullFailed(_)
            | Record::PodDeleting(_)
            | Record::PodFinished(_)
            | Record::PodGone(_)
            | Record::NodeAdded(_)
            | Record::NodeChanged(_)
            | Record::NodeRemoved(_)
            | Record::Scaled(..)
            | Record::HpaEvaluated(..)
            | Record::JobSuspension(_)
            | Record::JobUpdated(_)
            | Record::JobGone(_)
            | Record::ServiceSampled(_) => {}
        }
    }
}

/// How the recorder sees: by watches, each change one watch latency after it took effect, and with its own time zero.
#[derive(Clone, Copy, Debug)]
struct Seen<'a> {
    start: SimDuration,
    plane: &'a ControlPlane,
}

impl Seen<'_> {
    fn change(&self, at: SimTime) -> Option<f64> {
        let at = at.happened()?;
        Some((at + self.start + self.plane.watch_latency).as_secs_f64())
    }

    fn course(&self, store: &Store, watch: &Watch) -> Course {
        let mut course = Course::default();
        let plane = self.plane;
        for (id, job) in store.jobs.iter().enumerate() {
            let finished = job.condition.is_finished();
            let job_course = JobCourse {
                // The client's own time: nothing is watched.
                submitted: job.submitted.happened().map(|at| (at + self.start).as_secs_f64()),
                seen: job
                    .submitted
                    .happened()
                    .and_then(|at| self.change(at + plane.client.apply_cost + plane.api_latency)),
                ended: self.change(job.finished),
                condition: if finished { job.condition.name() } else { "" }.to_owned(),
                reason: finished.then(|| store.job_reason(JobId(id as u32)).to_owned()),
            };
            course
                .jobs
                .insert(store.job_specs[job.spec.index()].name.clone(), job_course);
        }
        for (id, pod) in store.pods.iter().enumerate() {
            course.pods.push(self.pod(PodId(id as u32), pod, store, watch));
        }
        course
    }

    fn pod(&self, id: PodId, pod: &Pod, store: &Store, watch: &Watch) -> PodCourse {
        let owner = match pod.owner {
            Owner::Job(job) => store.job_spec(job).name.clone(),
            Owner::Deployment(deployment) => store.deployments[deployment.index()].spec.name.clone(),
            Owner::Nobody(_) => String::new(),
        };
        let restarts = watch.restarts.get(&id).map_or(&[][..], Vec::as_slice);
        PodCourse {
            owner,
            created: self.change(pod.created),
            scheduled: self.change(pod.scheduled),
            running: watch.running.get(&id).and_then(|at| self.change(*at)),
            finished: self.change(pod.finished),
            restarts: restarts.iter().filter_map(|at| self.change(*at)).collect(),
        }
    }
}
