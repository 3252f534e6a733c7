//! The load on services, what their pods use under it, and metrics-server's looks at that.

use std::collections::BTreeMap;

use crate::cluster::pod::{Owner, Pod, PodPhase};
use crate::cluster::record::Record;
use crate::cluster::{DeploymentId, PodId};
use crate::control::context::Context;
use crate::control::event::{Event, MetricsEvent};
use crate::control::hpa::Sample;
use crate::control::hpa::metrics::{MetricsPipeline, PipelineSettings, ServiceModel, ServicePod};
use crate::control::service::ServiceLoad;
use crate::kernel::{SimDuration, SimTime};
use crate::workload::Load;

/// How often a load without steps is followed if metrics-server answers at once and so needs no looks.
const FOLLOWING_PERIOD: SimDuration = SimDuration::from_secs(15);

/// A Deployment whose use of cpu somebody wants to know.
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
    /// By Deployment; `None`: nobody asks.
    services: Vec<Option<Service>>,
    settings: PipelineSettings,
    pipeline: MetricsPipeline<PodId>,
    /// Pods whose containers were restarted: how often, and since when the present ones run.
    restarted: BTreeMap<PodId, (u16, SimTime)>,
}

impl Metering {
    /// `loads` by Deployment, of which there are `deployments`; those for which `is_target` says so are autoscaled.
    pub(super) fn new(
        loads: Vec<Option<ServiceLoad>>,
        deployments: usize,
        is_target: impl Fn(DeploymentId) -> bool,
        settings: PipelineSettings,
    ) -> Self {
        let mut loads = loads.into_iter();
        let service = |d: usize| {
            let load = loads.next().flatten();
            if load.is_none() && !is_target(DeploymentId(d as u32)) {
                return None;
            }
            Some(Service {
                model: load.as_ref().map_or_else(ServiceModel::default, ServiceLoad::model),
                load: load.map(|load| load.load),
                serving: 0,
            })
        };
        Self {
            services: (0..deployments).map(service).collect(),
            settings,
            pipeline: MetricsPipeline::new(settings),
            restarted: BTreeMap::new(),
        }
    }

    /// Begins to follow the loads.
    pub(super) fn start(&mut self, ctx: &mut Context<'_>) {
        let metered = self.metered();
        for d in &metered {
            self.load_changes(*d, ctx);
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
        for d in self.metered() {
            self.follow(d, ctx);
        }
        ctx.after(period, Event::Metrics(MetricsEvent::Scrape));
    }

    /// The load on `d` is another from now on.
    pub(super) fn load_changes(&mut self, d: DeploymentId, ctx: &mut Context<'_>) {
        self.follow(d, ctx);
        let load = self.service(d).and_then(|service| service.load.as_ref());
        if let Some(at) = load.and_then(|load| load.next_step(ctx.now)) {
            ctx.at(at, Event::Metrics(MetricsEvent::LoadChanges(d)));
        }
    }

    /// A pod changed: whether it serves, idles or is gone. The others then have more to do, or less.
    pub(super) fn pod_changed(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        let Owner::Deployment(d) = record.owner else { return };
        let Some(idle_milli) = self.service(d).map(|service| service.model.idle_milli) else {
            return;
        };
        let seen = ServicePod {
            running: record.phase == PodPhase::Running,
            ready: record.ready,
            deleting: record.deleting,
        };
        let started = self.running_since(pod, record, ctx.now);
        if seen.serves() {
            self.pipeline.observe_on_tap(ctx.now, pod, started, d.index());
        } else {
            let usage = if seen.running { idle_milli } else { None };
            self.pipeline.observe(ctx.now, pod, started, usage);
        }
        if record.phase.is_terminal() {
            self.restarted.remove(&pod);
        }
        self.follow(d, ctx);
    }

    /// Somebody asks for the samples of the pods of `d`. Without looks they are of this very moment.
    pub(super) fn answer(&mut self, d: DeploymentId, ctx: &mut Context<'_>) {
        if self.settings.resolution.is_zero() {
            self.follow(d, ctx);
        }
    }

    /// What the metrics API says of `pod`.
    pub(super) fn sample(&self, pod: PodId, now: SimTime) -> Option<Sample> {
        self.pipeline.sample(pod, now)
    }

    fn metered(&self) -> Vec<DeploymentId> {
        let all = self.services.iter().enumerate();
        all.filter(|(_, service)| service.is_some())
            .map(|(d, _)| DeploymentId(d as u32))
            .collect()
    }

    fn service(&self, d: DeploymentId) -> Option<&Service> {
        self.services[d.index()].as_ref()
    }

    /// Shares the load of this moment among the pods that serve.
    fn follow(&mut self, d: DeploymentId, ctx: &mut Context<'_>) {
        let Some(service) = &mut self.services[d.index()] else {
            return;
        };
        let deployment = &mut ctx.store.deployments[d.index()];
        let serving = deployment.ready;
        let demand = service.load.as_ref().map_or(0, |load| load.at(ctx.now));
        let share = service.model.share(demand, serving);
        self.pipeline.set_tap(ctx.now, d.index(), share);
        let served = service.model.served(demand, serving);
        let before = (deployment.demand_milli, deployment.served_milli, service.serving);
        if before != (demand, served, serving) {
            deployment.demand_milli = demand;
            deployment.served_milli = served;
            service.serving = serving;
            if service.load.is_some() {
                ctx.record(Record::ServiceSampled(d));
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
