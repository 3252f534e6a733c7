//! Quantities over time, for charts and tables: pods, Jobs, resources, replicas.

mod requests;
mod series;

use std::collections::BTreeMap;
use std::io;

use crate::cluster::record::{Observer, Record};
use crate::cluster::{HpaId, PodId, ResourceId, ScaleTarget, Store, WorkloadId};
use crate::kernel::SimTime;

pub use requests::RequestSeries;
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
    /// `spec.replicas` of a workload; of a DaemonSet the nodes that should run it.
    DesiredReplicas(WorkloadId),
    /// Its Ready pods.
    ReadyReplicas(WorkloadId),
    /// cpu that its load would use, in milli-cores.
    Demand(ScaleTarget),
    /// What of that its Ready pods give, in milli-cores; the rest goes unserved.
    Served(ScaleTarget),
    /// Of a load in requests, one of these figures.
    Requests(ScaleTarget, RequestSeries),
    /// cpu utilisation that an autoscaler saw, in percent of the request. An evaluation without a sample leaves no step.
    HpaUtilization(HpaId),
}

/// Steps a series keeps at most, unless told otherwise: 1.6 MB.
pub const DEFAULT_LIMIT: usize = 100_000;

/// Listens and keeps the steps of all series. A series that outgrows its limit is thinned: the elapsed time is cut into
/// `limit / 8` equal parts, and of each part the first, least, greatest and last step stay.
#[derive(Clone, Debug)]
pub struct Timeline {
    limit: usize,
    resources: usize,
    /// What every cluster has, in the order of [`Self::place`].
    series: Vec<Series>,
    /// What workloads have, which may come at any time.
    workloads: BTreeMap<(WorkloadId, u8), Series>,
    hpas: Vec<Series>,
}

/// The first of the series that tell of requests, among those of a workload.
const FIRST_OF_REQUESTS: u8 = 4;
/// Series that every cluster has: pending pods, running pods, unfinished Jobs.
const COUNTS: usize = 3;

impl Timeline {
    /// A timeline of a run that begins with `store`.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self::with_limit(store, DEFAULT_LIMIT)
    }

    /// The same with at most `limit` steps per series (at least 16).
    #[must_use]
    pub fn with_limit(store: &Store, limit: usize) -> Self {
        let resources = store.resources.len();
        let mut timeline = Self {
            limit,
            resources,
            series: vec![Series::new(limit); COUNTS + 2 * resources],
            workloads: BTreeMap::new(),
            hpas: vec![Series::new(limit); store.hpas.len()],
        };
        let start = SimTime::ZERO;
        timeline.push(start, SeriesKind::PendingPods, store.pending_pods.into());
        timeline.push(start, SeriesKind::RunningPods, store.running_pods.into());
        timeline.push(start, SeriesKind::UnfinishedJobs, store.unfinished_jobs.into());
        for (id, _) in store.resources.iter() {
            timeline.push(start, SeriesKind::Allocated(id), store.used_total[id.index()]);
            timeline.push(start, SeriesKind::Allocatable(id), store.allocatable_total[id.index()]);
        }
        for workload in store.workloads() {
            timeline.note_workload(start, workload, store);
        }
        timeline
    }

    /// The steps of `kind` in order of time; empty if the run has no such series, or nothing was ever known of it.
    #[must_use]
    pub fn steps(&self, kind: SeriesKind) -> &[Step] {
        let series = match self.place(kind) {
            Place::Always(place) => self.series.get(place),
            Place::Workload(workload, which) => self.workloads.get(&(workload, which)),
            Place::Hpa(place) => self.hpas.get(place),
        };
        series.map_or(&[], Series::steps)
    }

    /// The value of `kind` at `at`; `None` before the first step.
    #[must_use]
    pub fn value_at(&self, kind: SeriesKind, at: SimTime) -> Option<i64> {
        let steps = self.steps(kind);
        let after = steps.partition_point(|step| step.at <= at);
        after.checked_sub(1).map(|last| steps[last].value)
    }

    /// All series of the run; of workloads those that have a step.
    pub fn kinds(&self) -> impl Iterator<Item = SeriesKind> {
        let resources = (0..self.resources).map(|i| ResourceId(i as u16));
        let workloads = self
            .workloads
            .keys()
            .filter_map(|(workload, which)| SeriesKind::of_workload(*workload, *which));
        [
            SeriesKind::PendingPods,
            SeriesKind::RunningPods,
            SeriesKind::UnfinishedJobs,
        ]
        .into_iter()
        .chain(resources.flat_map(|id| [SeriesKind::Allocated(id), SeriesKind::Allocatable(id)]))
        .chain(workloads)
        .chain((0..self.hpas.len()).map(|i| SeriesKind::HpaUtilization(HpaId(i as u32))))
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

    fn place(&self, kind: SeriesKind) -> Place {
        let resource = |id: ResourceId, which| {
            // One past the end for what the run does not have.
            Place::Always(if id.index() < self.resources {
                COUNTS + 2 * id.index() + which
            } else {
                self.series.len()
            })
        };
        match kind {
            SeriesKind::PendingPods => Place::Always(0),
            SeriesKind::RunningPods => Place::Always(1),
            SeriesKind::UnfinishedJobs => Place::Always(2),
            SeriesKind::Allocated(id) => resource(id, 0),
            SeriesKind::Allocatable(id) => resource(id, 1),
            SeriesKind::DesiredReplicas(id) => Place::Workload(id, 0),
            SeriesKind::ReadyReplicas(id) => Place::Workload(id, 1),
            SeriesKind::Demand(id) => Place::Workload(id.into(), 2),
            SeriesKind::Served(id) => Place::Workload(id.into(), 3),
            SeriesKind::Requests(id, series) => Place::Workload(id.into(), FIRST_OF_REQUESTS + series as u8),
            SeriesKind::HpaUtilization(id) => Place::Hpa(id.index()),
        }
    }

    fn push(&mut self, at: SimTime, kind: SeriesKind, value: i64) {
        let limit = self.limit;
        let series = match self.place(kind) {
            Place::Always(place) => self.series.get_mut(place),
            Place::Workload(workload, which) => {
                let entry = self.workloads.entry((workload, which));
                Some(entry.or_insert_with(|| Series::new(limit)))
            }
            Place::Hpa(place) => {
                if self.hpas.len() <= place {
                    // It came while the cluster ran.
                    self.hpas.resize_with(place + 1, || Series::new(limit));
                }
                self.hpas.get_mut(place)
            }
        };
        if let Some(series) = series {
            series.push(at, value);
        }
    }

    /// Nodes came, changed or went: what there is of each resource.
    fn note_nodes(&mut self, now: SimTime, store: &Store) {
        for (id, _) in store.resources.iter() {
            self.push(now, SeriesKind::Allocatable(id), store.allocatable_total[id.index()]);
        }
    }

    /// What is wanted of a workload, and what is there.
    fn note_workload(&mut self, now: SimTime, workload: WorkloadId, store: &Store) {
        let (desired, ready) = (store.desired_pods(workload), store.ready_pods(workload));
        self.push(now, SeriesKind::DesiredReplicas(workload), desired.into());
        self.push(now, SeriesKind::ReadyReplicas(workload), ready.into());
    }

    /// A pod was bound or ended: what its requests changed.
    fn note_use(&mut self, now: SimTime, pod: PodId, store: &Store) {
        self.push(now, SeriesKind::PendingPods, store.pending_pods.into());
        for (id, _) in store.template(pod).requests.iter_nonzero() {
            self.push(now, SeriesKind::Allocated(id), store.used_total[id.index()]);
        }
    }

    fn note_ready(&mut self, now: SimTime, pod: PodId, store: &Store) {
        if let Some(workload) = store.workload_of(pod) {
            let ready = store.ready_pods(workload);
            self.push(now, SeriesKind::ReadyReplicas(workload), ready.into());
        }
    }
}

impl Observer for Timeline {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        match record {
            Record::JobSubmitted(_)
            | Record::JobConditionWritten(_)
            | Record::JobGone(_)
            | Record::WorkloadEvent(..)
            | Record::KubeletEvent(..) => {
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
            Record::Scaled(id, replicas) => self.push(now, SeriesKind::DesiredReplicas(id.into()), replicas.into()),
            Record::HpaEvaluated(id, utilization) => {
                if let Some(percent) = utilization {
                    self.push(now, SeriesKind::HpaUtilization(id), percent.into());
                }
            }
            Record::ServiceSampled(id) => {
                let demand = store.demands.get(&id).copied().unwrap_or_default();
                self.push(now, SeriesKind::Demand(id), demand.demand_milli);
                self.push(now, SeriesKind::Served(id), demand.served_milli);
                if let Some(figures) = store.requests.get(&id) {
                    for (series, value) in requests::values(&figures.present) {
                        self.push(now, SeriesKind::Requests(id, series), value);
                    }
                }
            }
            Record::NodeAdded(_) | Record::NodeChanged(_) | Record::NodeRemoved(_) => self.note_nodes(now, store),
            Record::WorkloadCreated(workload) => {
                if !store.is_part_of_another(workload) {
                    self.note_workload(now, workload, store);
                }
            }
            Record::WorkloadStatus(workload) => match workload {
                // Nobody but its status says how many nodes should run a DaemonSet.
                WorkloadId::DaemonSet(_) => self.note_workload(now, workload, store),
                WorkloadId::Deployment(_) | WorkloadId::ReplicaSet(_) | WorkloadId::StatefulSet(_) => {}
            },
            Record::PodUnschedulable(_)
            | Record::PodBackingOff(_)
            | Record::PodRestarted(_)
            | Record::PodImagePullFailed(_)
            | Record::PodGone(_)
            | Record::HpaStatusChanged(_)
            | Record::HpaEvent(..)
            | Record::PodGated(_)
            | Record::PodChanged(_)
            | Record::PodNominated(..)
            | Record::PodPreempted(..)
            | Record::PodAttempted(_)
            | Record::PodRefusalChanged(_)
            | Record::RequestRefused(_)
            | Record::PodRefused(_)
            | Record::WorkloadChanged(_)
            | Record::WorkloadRemoved(_)
            | Record::JobSuspension(_)
            | Record::JobUpdated(_)
            | Record::ReplicaSetScaled(..) => {}
            Record::PodDisrupted(_) | Record::KubeletChanged(_) => {}
        }
    }
}

/// Where a series is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Among those that every cluster has.
    Always(usize),
    /// Of a workload, the one of this number.
    Workload(WorkloadId, u8),
    /// Of an autoscaler.
    Hpa(usize),
}

impl SeriesKind {
    /// The series `which` of a workload, as [`Timeline::place`] numbers them.
    const fn of_workload(workload: WorkloadId, which: u8) -> Option<Self> {
        match (which, ScaleTarget::of(workload)) {
            (0, _) => Some(Self::DesiredReplicas(workload)),
            (1, _) => Some(Self::ReadyReplicas(workload)),
            (2, Some(target)) => Some(Self::Demand(target)),
            (3, Some(target)) => Some(Self::Served(target)),
            (FIRST_OF_REQUESTS.., Some(target)) => match RequestSeries::numbered(which - FIRST_OF_REQUESTS) {
                Some(series) => Some(Self::Requests(target, series)),
                None => None,
            },
            (_, _) => None,
        }
    }

    /// The name of the series in files: what is counted and of which object.
    #[must_use]
    pub fn name(self, store: &Store) -> String {
        let workload = |id: WorkloadId| {
            let (namespace, name) = store.workload_name(id);
            match id {
                WorkloadId::Deployment(_) => format!("{namespace}/{name}"),
                WorkloadId::ReplicaSet(_) | WorkloadId::StatefulSet(_) | WorkloadId::DaemonSet(_) => {
                    format!("{}:{namespace}/{name}", id.kind())
                }
            }
        };
        match self {
            Self::PendingPods => "pending_pods".to_owned(),
            Self::RunningPods => "running_pods".to_owned(),
            Self::UnfinishedJobs => "unfinished_jobs".to_owned(),
            Self::Allocated(id) => format!("allocated:{}", store.resources.name(id)),
            Self::Allocatable(id) => format!("allocatable:{}", store.resources.name(id)),
            Self::DesiredReplicas(id) => format!("desired_replicas:{}", workload(id)),
            Self::ReadyReplicas(id) => format!("ready_replicas:{}", workload(id)),
            Self::Demand(id) => format!("demand:{}", workload(id.into())),
            Self::Served(id) => format!("served:{}", workload(id.into())),
            Self::Requests(id, series) => format!("{}:{}", series.name(), workload(id.into())),
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
            Self::Requests(_, series) => series.unit(),
            Self::HpaUtilization(_) => "percent",
        }
    }
}

#[cfg(test)]
mod tests;
