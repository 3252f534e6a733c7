//! The load on services, what their pods use under it, and metrics-server's looks at that.

use std::collections::BTreeMap;

use crate::cluster::apps::ServiceDemand;
use crate::cluster::pod::{Pod, PodPhase};
use crate::cluster::record::Record;
use crate::cluster::{PodId, ScaleTarget};
use crate::control::context::Context;
use crate::control::event::{Event, MetricsEvent};
use crate::control::hpa::Sample;
use crate::control::hpa::metrics::{MetricsPipeline, PipelineSettings, ServiceModel, ServicePod};
use crate::control::service::ServiceLoad;
use crate::kernel::{SimDuration, SimTime};
use crate::workload::Load;

/// How often a load without steps is followed if metrics-server answers at once and so needs no looks.
const FOLLOWING_PERIOD: SimDuration = SimDuration::from_secs(15);

/// A workload whose use of cpu somebody wants to know.
#[derive(Clone, Debug)]
struct Service {
    /// No load: its pods use nothing.
    load: Option<Load>,
    model: ServiceModel,
    /// Pods that served when last looked.
    serving: u32,
}

/// The load on all services and metrics-server.
#[derive(Debug)]
pub(super) struct Metering {
    /// In order of their workloads.
    services: Vec<(ScaleTarget, Service)>,
    settings: PipelineSettings,
    pipeline: MetricsPipeline<PodId>,
    /// Pods whose containers were restarted: how often, and since when the present ones run.
    restarted: BTreeMap<PodId, (u16, SimTime)>,
}

impl Metering {
    /// Workloads with `loads`, and those that `targets` of autoscalers name.
    pub(super) fn new(
        loads: Vec<(ScaleTarget, ServiceLoad)>,
        targets: impl Iterator<Item = ScaleTarget>,
        settings: PipelineSettings,
    ) -> Self {
        let service = |(target, load): (ScaleTarget, Option<ServiceLoad>)| {
            let service = Service {
                model: load.as_ref().map_or_else(ServiceModel::default, ServiceLoad::model),
                load: load.map(|load| load.load),
                serving: 0,
            };
            (target, service)
        };
        let loads = loads.into_iter().map(|(target, load)| (target, Some(load)));
        let mut services: Vec<_> = loads.chain(targets.map(|target| (target, None))).map(service).collect();
        // Stable: of a workload that has a load and an autoscaler, what knows the load stays.
        services.sort_by_key(|(target, _)| *target);
        services.dedup_by_key(|(target, _)| *target);
        Self {
            services,
            settings,
            pipeline: MetricsPipeline::new(settings),
            restarted: BTreeMap::new(),
        }
    }

    /// Begins to follow the loads.
    pub(super) fn start(&mut self, ctx: &mut Context<'_>) {
        let metered = self.metered();
        for target in &metered {
            self.load_changes(*target, ctx);
        }
        if !metered.is_empty() {
            ctx.after(self.settings.phase, Event::Metrics(MetricsEvent::Scrape));
        }
    }

    /// metrics-server looks at all pods; loads without steps are followed at the same time.
    pub(super) fn scrape(&mut self, ctx: &mut Context<'_>) {
        let period = if self.settings.resolution.is_zero() {
            FOLLOWING_PERIOD
        } else {
            self.pipeline.scrape(ctx.now);
            self.settings.resolution
        };
        for which in 0..self.services.len() {
            self.follow(which, ctx);
        }
        ctx.after(period, Event::Metrics(MetricsEvent::Scrape));
    }

    /// The load on `target` is another from now on.
    pub(super) fn load_changes(&mut self, target: ScaleTarget, ctx: &mut Context<'_>) {
        let Some(which) = self.place(target) else { return };
        self.follow(which, ctx);
        let load = self.services[which].1.load.as_ref();
        if let Some(at) = load.and_then(|load| load.next_step(ctx.now)) {
            ctx.at(at, Event::Metrics(MetricsEvent::LoadChanges(target)));
        }
    }

    /// A pod changed: whether it serves, idles or is gone. The others then have more to do, or less.
    pub(super) fn pod_changed(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if self.services.is_empty() {
            return;
        }
        let Some(which) = ctx.store.scale_target_of(pod).and_then(|target| self.place(target)) else {
            return;
        };
        let record = &ctx.store.pods[pod.index()];
        let idle_milli = self.services[which].1.model.idle_milli;
        let seen = ServicePod {
            running: record.phase == PodPhase::Running,
            ready: record.ready,
            deleting: record.deleting,
        };
        let started = self.running_since(pod, record, ctx.now);
        if seen.serves() {
            self.pipeline.observe_on_tap(ctx.now, pod, started, which);
        } else {
            let usage = if seen.running { idle_milli } else { None };
            self.pipeline.observe(ctx.now, pod, started, usage);
        }
        if record.phase.is_terminal() {
            self.restarted.remove(&pod);
        }
        self.follow(which, ctx);
    }

    /// Somebody asks for the samples of the pods of `target`. Without looks they are of this very moment.
    pub(super) fn answer(&mut self, target: ScaleTarget, ctx: &mut Context<'_>) {
        if let (true, Some(which)) = (self.settings.resolution.is_zero(), self.place(target)) {
            self.follow(which, ctx);
        }
    }

    /// What the metrics API says of `pod`.
    pub(super) fn sample(&self, pod: PodId, now: SimTime) -> Option<Sample> {
        self.pipeline.sample(pod, now)
    }

    fn metered(&self) -> Vec<ScaleTarget> {
        self.services.iter().map(|(target, _)| *target).collect()
    }

    /// The place of `target` among the services.
    fn place(&self, target: ScaleTarget) -> Option<usize> {
        self.services.binary_search_by_key(&target, |(target, _)| *target).ok()
    }

    /// Shares the load of this moment among the pods that serve.
    fn follow(&mut self, which: usize, ctx: &mut Context<'_>) {
        let (target, service) = &mut self.services[which];
        let serving = ctx.store.ready_pods(*target);
        let demand = service.load.as_ref().map_or(0, |load| load.at(ctx.now));
        let share = service.model.share(demand, serving);
        self.pipeline.set_tap(ctx.now, which, share);
        let now = ServiceDemand {
            demand_milli: demand,
            served_milli: service.model.served(demand, serving),
        };
        let before = ctx.store.demands.insert(*target, now).unwrap_or_default();
        if std::mem::replace(&mut service.serving, serving) != serving || before != now {
            let (target, has_load) = (*target, service.load.is_some());
            if has_load {
                ctx.record(Record::ServiceSampled(target));
            }
        }
    }

    /// Since when the present containers of `pod` run; a restart is noticed now.
    fn running_since(&mut self, pod: PodId, record: &Pod, now: SimTime) -> SimTime {
        if record.restarts == 0 {
            return record.started;
        }
        let known = self.restarted.entry(pod).or_insert((0, now));
        if known.0 != record.restarts {
            *known = (record.restarts, now);
        }
        known.1
    }
}
