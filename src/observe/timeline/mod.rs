//! Quantities over time, for charts and tables: pods, Jobs, resources, replicas.

mod series;

use std::io;

use crate::cluster::pod::Owner;
use crate::cluster::record::{Observer, Record};
use crate::cluster::{DeploymentId, HpaId, PodId, ResourceId, Store};
use crate::kernel::SimTime;

use series::Series;
pub use series::Step;

/// What a series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeriesKind {
    /// Pods that are created, not bound, not ended.
    PendingPods,
    /// Pods that show Running.
    RunningPods,
    /// Jobs submitted and not finished.
    UnfinishedJobs,
    /// Requests of bound pods over all nodes, in the resource's unit (milli-cores, bytes, pieces).
    Allocated(ResourceId),
    /// What all nodes offer, in the same unit.
    Allocatable(ResourceId),
    /// `spec.replicas` of a Deployment.
    DesiredReplicas(DeploymentId),
    /// Its Ready pods.
    ReadyReplicas(DeploymentId),
    /// cpu that its load would use, in milli-cores.
    Demand(DeploymentId),
    /// What of that its Ready pods give, in milli-cores; the rest goes unserved.
    Served(DeploymentId),
    /// cpu utilisation that an autoscaler saw, in percent of the request. An evaluation without a sample leaves no step.
    HpaUtilization(HpaId),
}

/// Steps a series keeps at most, unless told otherwise: 1.6 MB.
pub const DEFAULT_LIMIT: usize = 100_000;

/// Listens and keeps the steps of all series. A series that outgrows its limit is thinned: the elapsed time is cut into
/// `limit / 8` equal parts, and of each part the first, least, greatest and last step stay.
#[derive(Clone, Debug)]
pub struct Timeline {
    resources: usize,
    deployments: usize,
    /// In the order of [`Self::place`].
    series: Vec<Series>,
}

/// Series that every cluster has: pending pods, running pods, unfinished Jobs.
const COUNTS: usize = 3;
/// Series of each Deployment.
const OF_DEPLOYMENT: usize = 4;

impl Timeline {
    /// A timeline of a run that begins with `store`.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self::with_limit(store, DEFAULT_LIMIT)
    }

    /// The same with at most `limit` steps per series (at least 16).
    #[must_use]
    pub fn with_limit(store: &Store, limit: usize) -> Self {
        let (resources, deployments) = (store.resources.len(), store.deployments.len());
        let all = COUNTS + 2 * resources + OF_DEPLOYMENT * deployments + store.hpas.len();
        let mut timeline = Self {
            resources,
            deployments,
            series: vec![Series::new(limit); all],
        };
        let start = SimTime::ZERO;
        timeline.push(start, SeriesKind::PendingPods, store.pending_pods.into());
        timeline.push(start, SeriesKind::RunningPods, store.running_pods.into());
        timeline.push(start, SeriesKind::UnfinishedJobs, store.unfinished_jobs.into());
        for (id, _) in store.resources.iter() {
            timeline.push(start, SeriesKind::Allocated(id), store.used_total[id.index()]);
            timeline.push(start, SeriesKind::Allocatable(id), store.allocatable_total[id.index()]);
        }
        for (i, deployment) in store.deployments.iter().enumerate() {
            let id = DeploymentId(i as u32);
            timeline.push(start, SeriesKind::DesiredReplicas(id), deployment.replicas.into());
            timeline.push(start, SeriesKind::ReadyReplicas(id), deployment.ready.into());
        }
        timeline
    }

    /// The steps of `kind` in order of time; empty if the run has no such series, or nothing was ever known of it.
    #[must_use]
    pub fn steps(&self, kind: SeriesKind) -> &[Step] {
        self.place(kind)
            .and_then(|place| self.series.get(place))
            .map_or(&[], Series::steps)
    }

    /// The value of `kind` at `at`; `None` before the first step.
    #[must_use]
    pub fn value_at(&self, kind: SeriesKind, at: SimTime) -> Option<i64> {
        let steps = self.steps(kind);
        let after = steps.partition_point(|step| step.at <= at);
        after.checked_sub(1).map(|last| steps[last].value)
    }

    /// All series of the run, those without a step among them.
    pub fn kinds(&self) -> impl Iterator<Item = SeriesKind> + use<> {
        let resources = (0..self.resources).map(|i| ResourceId(i as u16));
        let deployments = (0..self.deployments).map(|i| DeploymentId(i as u32));
        let hpas = self.series.len() - COUNTS - 2 * self.resources - OF_DEPLOYMENT * self.deployments;
        [
            SeriesKind::PendingPods,
            SeriesKind::RunningPods,
            SeriesKind::UnfinishedJobs,
        ]
        .into_iter()
        .chain(resources.flat_map(|id| [SeriesKind::Allocated(id), SeriesKind::Allocatable(id)]))
        .chain(deployments.flat_map(|id| {
            [
                SeriesKind::DesiredReplicas(id),
                SeriesKind::ReadyReplicas(id),
                SeriesKind::Demand(id),
                SeriesKind::Served(id),
            ]
        }))
        .chain((0..hpas).map(|i| SeriesKind::HpaUtilization(HpaId(i as u32))))
    }

    /// Writes all steps as CSV with the columns `series`, `unit`, `time_s`, `value`, series by series.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_csv(&self, store: &Store, out: impl io::Write) -> csv::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(["series", "unit", "time_s", "value"])?;
        for kind in self.kinds() {
            let (name, unit) = (kind.name(store), kind.unit(store));
            for step in self.steps(kind) {
                csv.write_record([name.as_str(), unit, &step.at.to_string(), &step.value.to_string()])?;
            }
        }
        csv.flush()?;
        Ok(())
    }

    fn place(&self, kind: SeriesKind) -> Option<usize> {
        let after_resources = COUNTS + 2 * self.resources;
        let resource = |id: ResourceId, which| (id.index() < self.resources).then_some(COUNTS + 2 * id.index() + which);
        let deployment = |id: DeploymentId, which| {
            (id.index() < self.deployments).then_some(after_resources + OF_DEPLOYMENT * id.index() + which)
        };
        match kind {
            SeriesKind::PendingPods => Some(0),
            SeriesKind::RunningPods => Some(1),
            SeriesKind::UnfinishedJobs => Some(2),
            SeriesKind::Allocated(id) => resource(id, 0),
            SeriesKind::Allocatable(id) => resource(id, 1),
            SeriesKind::DesiredReplicas(id) => deployment(id, 0),
            SeriesKind::ReadyReplicas(id) => deployment(id, 1),
            SeriesKind::Demand(id) => deployment(id, 2),
            SeriesKind::Served(id) => deployment(id, 3),
            SeriesKind::HpaUtilization(id) => Some(after_resources + OF_DEPLOYMENT * self.deployments + id.index()),
        }
    }

    fn push(&mut self, at: SimTime, kind: SeriesKind, value: i64) {
        if let Some(series) = self.place(kind).and_then(|place| self.series.get_mut(place)) {
            series.push(at, value);
        }
    }

    /// A pod was bound or ended: what its requests changed.
    fn note_use(&mut self, now: SimTime, pod: PodId, store: &Store) {
        self.push(now, SeriesKind::PendingPods, store.pending_pods.into());
        for (id, _) in store.template(pod).requests.iter_nonzero() {
            self.push(now, SeriesKind::Allocated(id), store.used_total[id.index()]);
        }
    }

    fn note_ready(&mut self, now: SimTime, pod: PodId, store: &Store) {
        if let Owner::Deployment(id) = store.pods[pod.index()].owner {
            let ready = store.deployments[id.index()].ready;
            self.push(now, SeriesKind::ReadyReplicas(id), ready.into());
        }
    }
}

impl Observer for Timeline {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::JobSubmitted(_) | Record::JobConditionWritten(_) | Record::JobGone(_) => {
                self.push(now, SeriesKind::UnfinishedJobs, store.unfinished_jobs.into());
            }
            Record::PodCreated(_) => self.push(now, SeriesKind::PendingPods, store.pending_pods.into()),
            Record::PodBound(pod, _) => self.note_use(now, pod, store),
            Record::PodRunning(_) => self.push(now, SeriesKind::RunningPods, store.running_pods.into()),
            Record::PodFinished(pod) => {
                self.note_use(now, pod, store);
                self.note_ready(now, pod, store);
                self.push(now, SeriesKind::RunningPods, store.running_pods.into());
            }
            Record::PodReadiness(pod, _) | Record::PodDeleting(pod) => self.note_ready(now, pod, store),
            Record::Scaled(id, replicas) => self.push(now, SeriesKind::DesiredReplicas(id), replicas.into()),
            Record::HpaEvaluated(id, utilization) => {
                if let Some(percent) = utilization {
                    self.push(now, SeriesKind::HpaUtilization(id), percent.into());
                }
            }
            Record::ServiceSampled(id) => {
                let deployment = &store.deployments[id.index()];
                self.push(now, SeriesKind::Demand(id), deployment.demand_milli);
                self.push(now, SeriesKind::Served(id), deployment.served_milli);
            }
            Record::PodUnschedulable(_)
            | Record::PodBackingOff(_)
            | Record::PodRestarted(_)
            | Record::PodImagePullFailed(_)
            | Record::PodGone(_)
            | Record::NodeAdded(_)
            | Record::NodeChanged(_)
            | Record::NodeRemoved(_)
            | Record::JobSuspension(_)
            | Record::JobUpdated(_) => {}
        }
    }
}

impl SeriesKind {
    /// The name of the series in files: what is counted and of which object.
    #[must_use]
    pub fn name(self, store: &Store) -> String {
        let deployment = |id: DeploymentId| {
            let spec = &store.deployments[id.index()].spec;
            format!("{}/{}", spec.namespace, spec.name)
        };
        match self {
            Self::PendingPods => "pending_pods".to_owned(),
            Self::RunningPods => "running_pods".to_owned(),
            Self::UnfinishedJobs => "unfinished_jobs".to_owned(),
            Self::Allocated(id) => format!("allocated:{}", store.resources.name(id)),
            Self::Allocatable(id) => format!("allocatable:{}", store.resources.name(id)),
            Self::DesiredReplicas(id) => format!("desired_replicas:{}", deployment(id)),
            Self::ReadyReplicas(id) => format!("ready_replicas:{}", deployment(id)),
            Self::Demand(id) => format!("demand:{}", deployment(id)),
            Self::Served(id) => format!("served:{}", deployment(id)),
            Self::HpaUtilization(id) => {
                let spec = &store.hpas[id.index()];
                format!("hpa_utilization:{}/{}", spec.namespace, spec.name)
            }
        }
    }

    /// The unit of the values.
    #[must_use]
    pub fn unit(self, store: &Store) -> &'static str {
        match self {
            Self::PendingPods | Self::RunningPods | Self::DesiredReplicas(_) | Self::ReadyReplicas(_) => "pods",
            Self::UnfinishedJobs => "jobs",
            Self::Allocated(id) | Self::Allocatable(id) => store.resources.unit(id),
            Self::Demand(_) | Self::Served(_) => "millicores",
            Self::HpaUtilization(_) => "percent",
        }
    }
}

#[cfg(test)]
mod tests;
