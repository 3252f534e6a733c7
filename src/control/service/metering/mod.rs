//! The load on services, what their pods use under it, and the metrics APIs' looks at that.
//!
//! * `requests`: loads given in requests per second. `scripted`: what scripts set. `wanted`: workloads that come later. `members`: pods sorted by how much an autoscaler has to look at.
//! * `custom`: metrics that adapters give.

mod custom;
mod members;
mod requests;
mod scripted;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::apps::ServiceDemand;
use crate::cluster::pod::{Pod, PodPhase};
use crate::cluster::record::Record;
use crate::cluster::spec::{MetricSource, MetricSpec, ResourceName};
use crate::cluster::{PodId, ScaleTarget};
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, MetricsEvent};
use crate::control::hpa::metrics::{MetricsPipeline, PipelineSettings, ServiceModel, ServicePod};
use crate::control::hpa::{MetricError, Sample};
use crate::control::service::load::{Reporting, ServiceLoad};
use crate::kernel::{SimDuration, SimTime};
use crate::workload::load::RequestService;
use crate::workload::script::ObjectRef;

pub use custom::CustomMetricsSettings;
use custom::{Adapters, Looks, State};
use members::Members;
pub(super) use members::{Group, GroupKind};
use requests::Requests;

/// How often a load without steps is followed if metrics-server answers at once and so needs no looks.
const FOLLOWING_PERIOD: SimDuration = SimDuration::from_secs(15);

/// A workload whose use of cpu somebody wants to know.
#[derive(Clone, Debug)]
struct Service {
    /// No load: its pods use nothing.
    load: Option<ServiceLoad>,
    model: ServiceModel,
    requests: Option<Box<Requests>>,
    /// Pods that served when last looked.
    serving: u32,
    /// Memory of each serving pod at metrics-server's last look, in bytes.
    memory: i64,
    members: Members,
    /// The tap of the pipeline that its serving pods are on: in order of coming.
    tap: usize,
}

/// The load on all services, metrics-server, and the adapters of other metrics.
#[derive(Debug)]
pub(super) struct Metering {
    /// In order of their workloads.
    services: Vec<(ScaleTarget, Service)>,
    settings: PipelineSettings,
    pipeline: MetricsPipeline<PodId>,
    adapters: Adapters,
    /// What adapters know.
    looks: BTreeMap<ScaleTarget, Looks>,
    /// Pods whose containers were restarted: how often, and since when the present ones run.
    restarted: BTreeMap<PodId, (u16, SimTime)>,
    /// Workloads that will have a load or an autoscaler, and are not followed yet.
    wanted: BTreeSet<ObjectRef>,
    /// Somebody looks at the pods, again and again.
    scraping: bool,
}

impl Metering {
    /// Workloads with `loads`, and those that `targets` of autoscalers name.
    pub(super) fn new(
        loads: Vec<(ScaleTarget, ServiceLoad)>,
        targets: impl Iterator<Item = ScaleTarget>,
        wanted: BTreeSet<ObjectRef>,
        config: &ControlPlane,
    ) -> Self {
        let metrics = |(target, load): &(ScaleTarget, ServiceLoad)| {
            let target = *target;
            load.metrics.clone().into_iter().map(move |metric| (target, metric))
        };
        let custom = loads.iter().flat_map(metrics).collect();
        let service = |(target, load): (ScaleTarget, Option<ServiceLoad>)| {
            let requests = load.as_ref().and_then(|load| load.requests.clone());
            let service = Service {
                model: load.as_ref().map_or_else(ServiceModel::default, ServiceLoad::model),
                requests: requests.map(|model| Box::new(Requests::new(RequestService::new(*model)))),
                memory: load.as_ref().map_or(0, |load| load.memory_per_pod),
                load,
                serving: 0,
                members: Members::default(),
                tap: 0,
            };
            (target, service)
        };
        let loads = loads.into_iter().map(|(target, load)| (target, Some(load)));
        let mut services: Vec<_> = loads.chain(targets.map(|target| (target, None))).map(service).collect();
        // Stable: of a workload that has a load and an autoscaler, what knows the load stays.
        services.sort_by_key(|(target, _)| *target);
        services.dedup_by_key(|(target, _)| *target);
        for (tap, (_, service)) in services.iter_mut().enumerate() {
            service.tap = tap;
        }
        Self {
            services,
            settings: config.metrics,
            pipeline: MetricsPipeline::new(config.metrics),
            adapters: Adapters::new(custom, config.custom_metrics),
            looks: BTreeMap::new(),
            restarted: BTreeMap::new(),
            wanted,
            scraping: false,
        }
    }

    /// Begins to follow the loads.
    pub(super) fn start(&mut self, ctx: &mut Context<'_>) {
        let metered = self.metered();
        for d in &metered {
            self.load_changes(*d, ctx);
        }
        if !metered.is_empty() {
            self.scraping = true;
            ctx.after(self.settings.phase, Event::Metrics(MetricsEvent::Scrape));
        }
        let looked_at = metered.iter().any(|d| self.adapters.look_at(*d));
        if looked_at && !self.adapters.settings().resolution.is_zero() {
            self.look_at_services(ctx);
        }
    }

    /// The sums of all services up to the end of the run.
    pub(super) fn finish(&mut self, ctx: &mut Context<'_>) {
        for d in self.metered() {
            if self.service(d).is_some_and(|service| service.requests.is_some()) {
                self.follow(d, ctx);
            }
        }
    }

    /// metrics-server looks at all pods; loads without steps are followed at the same time.
    pub(super) fn scrape(&mut self, ctx: &mut Context<'_>) {
        let metered = self.metered();
        let period = if self.settings.resolution.is_zero() {
            FOLLOWING_PERIOD
        } else {
            for d in &metered {
                self.accrue(*d, ctx);
                self.look_at_memory(*d);
            }
            self.pipeline.scrape(ctx.now);
            self.settings.resolution
        };
        for d in metered {
            self.follow(d, ctx);
        }
        ctx.after(period, Event::Metrics(MetricsEvent::Scrape));
    }

    /// The adapters look at the services that metrics are of.
    pub(super) fn look_at_services(&mut self, ctx: &mut Context<'_>) {
        let settings = self.adapters.settings();
        for d in self.metered() {
            if self.adapters.look_at(d) {
                self.follow(d, ctx);
                self.look_at_service(d, ctx);
            }
        }
        ctx.after(settings.resolution, Event::Metrics(MetricsEvent::AdapterLooks));
    }

    fn look_at_service(&mut self, d: ScaleTarget, ctx: &Context<'_>) {
        let Some(requests) = self.service(d).and_then(|service| service.requests.as_ref()) else {
            return;
        };
        let state = State {
            arrived: ctx.store.requests.get(&d).map_or(0.0, |figures| figures.arrived),
            served_per_pod: requests.served_per_pod,
            pods: self.service(d).map_or(0, |service| service.serving),
            present: requests.service.present(),
            busy_share: requests.service.busy_share(),
        };
        let settings = self.adapters.settings();
        let looks = self.looks.entry(d).or_default();
        if settings.resolution.is_zero() {
            *looks = Looks::default();
        }
        looks.look(ctx.now, settings.window, state);
    }

    /// The load on `d` is another from now on.
    pub(super) fn load_changes(&mut self, d: ScaleTarget, ctx: &mut Context<'_>) {
        self.follow(d, ctx);
        let load = self.service(d).and_then(|service| service.load.as_ref());
        if let Some(at) = load.and_then(|load| load.driver().next_step(ctx.now)) {
            ctx.at(at, Event::Metrics(MetricsEvent::LoadChanges(d)));
        }
    }

    /// A pod changed: whether it serves, idles or is gone. The others then have more to do, or less.
    pub(super) fn pod_changed(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if self.services.is_empty() && self.wanted.is_empty() {
            return;
        }
        let target = ctx.store.scale_target_of(pod);
        if !self.wanted.is_empty() {
            self.follow_if_wanted(target, ctx);
        }
        let Some((d, which)) = target.and_then(|target| Some((target, self.place(target)?))) else {
            return;
        };
        let record = &ctx.store.pods[pod.index()];
        let (idle_milli, tap) = (self.services[which].1.model.idle_milli, self.services[which].1.tap);
        let seen = ServicePod {
            running: record.phase == PodPhase::Running,
            ready: record.ready,
            deleting: record.deleting,
        };
        let (template, phase, gone) = (record.template, record.phase, record.gone);
        let started = self.running_since(pod, record, ctx.now);
        self.accrue(d, ctx);
        if seen.serves() {
            self.pipeline.observe_on_tap(ctx.now, pod, started, tap);
        } else {
            let usage = if seen.running { idle_milli } else { None };
            self.pipeline.observe(ctx.now, pod, started, usage);
        }
        let members = &mut self.services[which].1.members;
        members.remove(pod, template);
        match phase {
            PodPhase::Pending if !gone && !seen.deleting => members.add_pending(pod, template),
            PodPhase::Pending | PodPhase::Running if !gone => {
                members.fresh.insert(pod);
            }
            PodPhase::Pending | PodPhase::Running | PodPhase::Succeeded | PodPhase::Failed => {
                self.restarted.remove(&pod);
            }
        }
        self.follow(d, ctx);
    }

    /// Somebody asks for the samples of the pods of `d`. Without looks they are of this very moment.
    pub(super) fn answer(&mut self, d: ScaleTarget, ctx: &mut Context<'_>) {
        if self.settings.resolution.is_zero() {
            self.follow(d, ctx);
            self.look_at_memory(d);
        }
        if self.adapters.settings().resolution.is_zero() {
            for other in self.metered() {
                if self.adapters.look_at(other) {
                    self.follow(other, ctx);
                    self.look_at_service(other, ctx);
                }
            }
        }
        self.settle(d, ctx);
    }

    /// The pods of `d` in groups that an autoscaler takes for alike.
    pub(super) fn groups(&self, d: ScaleTarget, now: SimTime) -> Vec<Group> {
        let Some(service) = self.service(d) else {
            return Vec::new();
        };
        if self.reporting(d, now) == Reporting::FirstHalf {
            return service.members.singles();
        }
        service.members.groups()
    }

    /// What the API that has `metric` says of each pod of `groups`.
    pub(super) fn samples(
        &self,
        d: ScaleTarget,
        metric: &MetricSpec,
        groups: &[Group],
        ctx: &Context<'_>,
    ) -> Result<Vec<Option<Sample>>, MetricError> {
        let reported = self.reported(d, groups, ctx);
        let of_pods = groups.iter().zip(reported);
        match &metric.source {
            MetricSource::Resource(resource) => {
                let sample = |pod| self.resource_sample(d, pod, resource, ctx);
                let samples: Vec<Option<Sample>> = of_pods
                    .map(|(group, is)| if is { sample(group.pod) } else { None })
                    .collect();
                known_resource(resource, samples)
            }
            MetricSource::ContainerResource { resource, container } => {
                let mut samples = Vec::with_capacity(groups.len());
                for (group, is) in of_pods {
                    let sample = if is {
                        self.resource_sample(d, group.pod, resource, ctx)
                    } else {
                        None
                    };
                    samples.push(match sample {
                        Some(sample) => Some(self.share_of_container(d, group.pod, container, sample, ctx)?),
                        None => None,
                    });
                }
                known_resource(resource, samples)
            }
            MetricSource::Pods(identifier) => {
                let serving = self.adapters.of_pods(d, identifier, &self.looks, ctx.now)?;
                let last = self.looks.get(&d).and_then(Looks::last).unwrap_or(serving.at);
                let sample = |group: &Group| {
                    let pod = &ctx.store.pods[group.pod.index()];
                    if pod.phase != PodPhase::Running || pod.started > last {
                        return None;
                    }
                    // A pod that does not serve does nothing.
                    let usage_milli = if pod.ready { serving.usage_milli } else { 0 };
                    Some(Sample { usage_milli, ..serving })
                };
                Ok(groups.iter().map(sample).collect())
            }
            MetricSource::Object { .. } | MetricSource::External(_) => Ok(vec![None; groups.len()]),
        }
    }

    /// The number of an Object or External metric.
    pub(super) fn value(&self, metric: &MetricSpec, now: SimTime) -> Result<i64, MetricError> {
        match &metric.source {
            MetricSource::Object { metric, object } => self.adapters.of_object(object, metric, &self.looks, now),
            MetricSource::External(metric) => self.adapters.external(metric, &self.looks, now),
            MetricSource::Resource(_) | MetricSource::ContainerResource { .. } | MetricSource::Pods(_) => {
                Err(MetricError::NoMetrics)
            }
        }
    }

    fn resource_sample(
        &self,
        d: ScaleTarget,
        pod: PodId,
        resource: &ResourceName,
        ctx: &Context<'_>,
    ) -> Option<Sample> {
        let sample = self.pipeline.sample(pod, ctx.now)?;
        let usage_milli = match resource {
            ResourceName::Cpu => sample.usage_milli,
            ResourceName::Memory => {
                let service = self.service(d)?;
                let base = service.load.as_ref().map_or(0, |load| load.memory_per_pod);
                let serves = ctx.store.pods[pod.index()].ready;
                (if serves { service.memory } else { base }).saturating_mul(1000)
            }
            ResourceName::Other(_) => return None,
        };
        Some(Sample {
            usage_milli,
            at: ctx.config.api_instant(sample.at),
            ..sample
        })
    }

    /// What of a pod's usage is `container`'s: all of it if it is the one that serves, else nothing.
    fn share_of_container(
        &self,
        d: ScaleTarget,
        pod: PodId,
        container: &str,
        sample: Sample,
        ctx: &Context<'_>,
    ) -> Result<Sample, MetricError> {
        let containers = &ctx.store.template(pod).own_requests.containers;
        if !containers.iter().any(|c| c.name == container) {
            return Err(MetricError::ContainerNotReported(pod));
        }
        let load = self.service(d).and_then(|service| service.load.as_ref());
        let named = load.and_then(|load| load.container.as_deref());
        let serves = named.or(containers.first().map(|c| c.name.as_str())) == Some(container);
        Ok(Sample {
            usage_milli: if serves { sample.usage_milli } else { 0 },
            ..sample
        })
    }

    /// Pods that have been Ready for longer than any rule of autoscalers looks back are taken together from now on.
    fn settle(&mut self, d: ScaleTarget, ctx: &Context<'_>) {
        let (pipeline, by_looks) = (&self.pipeline, !self.settings.resolution.is_zero());
        let Ok(which) = self.services.binary_search_by_key(&d, |(target, _)| *target) else {
            return;
        };
        self.services[which].1.members.settle(|pod| {
            let record = &ctx.store.pods[pod.index()];
            let serves = record.phase == PodPhase::Running && record.ready && !record.deleting;
            if !serves || (by_looks && !pipeline.is_settled(pod)) {
                return None;
            }
            let sample = pipeline.sample(pod, ctx.now)?;
            let ready = ctx.config.api_instant(ctx.store.ready_changed(pod)?);
            // As `groupPods` asks while a pod starts; it stays true as samples get younger.
            (ctx.config.api_instant(sample.at) >= ready + sample.window).then_some(record.template)
        });
    }

    fn metered(&self) -> Vec<ScaleTarget> {
        self.services.iter().map(|(target, _)| *target).collect()
    }

    /// The place of `target` among the services.
    fn place(&self, target: ScaleTarget) -> Option<usize> {
        self.services.binary_search_by_key(&target, |(target, _)| *target).ok()
    }

    fn service(&self, target: ScaleTarget) -> Option<&Service> {
        self.place(target).map(|which| &self.services[which].1)
    }

    /// metrics-server sees what memory the serving pods have.
    fn look_at_memory(&mut self, d: ScaleTarget) {
        let Some(which) = self.place(d) else { return };
        let service = &mut self.services[which].1;
        let (Some(load), Some(requests)) = (&service.load, &service.requests) else {
            return;
        };
        let each = requests.service.present().busy / f64::from(service.serving.max(1));
        service.memory = load.memory_per_pod + (load.memory_per_request as f64 * each) as i64;
    }

    /// Takes stock of what was served until now.
    fn accrue(&mut self, d: ScaleTarget, ctx: &mut Context<'_>) {
        let Some(which) = self.place(d) else { return };
        let service = &mut self.services[which].1;
        if let Some(requests) = &mut service.requests {
            requests.advance(ctx.now, ctx.store.requests.entry(d).or_default());
            let used = requests.take_used();
            let each = requests.service.present().served / f64::from(service.serving.max(1));
            let usage = requests.cpu_milli(each);
            self.pipeline.add_to_tap(ctx.now, service.tap, used, usage);
        }
    }

    /// Shares the load of this moment among the pods that serve.
    fn follow(&mut self, d: ScaleTarget, ctx: &mut Context<'_>) {
        self.accrue(d, ctx);
        let Some(which) = self.place(d) else { return };
        let service = &mut self.services[which].1;
        let serving = ctx.store.ready_pods(d);
        let (now, changed) = if let Some(requests) = &mut service.requests {
            let present = requests.set(serving);
            let each = present.served / f64::from(serving.max(1));
            self.pipeline
                .add_to_tap(ctx.now, service.tap, 0, requests.cpu_milli(each));
            let now = ServiceDemand {
                demand_milli: requests.cpu_milli(present.arrivals),
                served_milli: requests.cpu_milli(present.served),
            };
            (now, requests::note(d, &present, ctx))
        } else {
            let demand = service.load.as_ref().map_or(0, |load| load.load.at(ctx.now));
            self.pipeline
                .set_tap(ctx.now, service.tap, service.model.share(demand, serving));
            let now = ServiceDemand {
                demand_milli: demand,
                served_milli: service.model.served(demand, serving),
            };
            (now, false)
        };
        let before = ctx.store.demands.insert(d, now).unwrap_or_default();
        let other_pods = std::mem::replace(&mut service.serving, serving) != serving;
        if service.load.is_some() && (changed || other_pods || before != now) {
            ctx.record(Record::ServiceSampled(d));
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

/// Of a resource that the metrics API does not have, the pods that are reported have no sample.
fn known_resource(resource: &ResourceName, samples: Vec<Option<Sample>>) -> Result<Vec<Option<Sample>>, MetricError> {
    match resource {
        ResourceName::Cpu | ResourceName::Memory => Ok(samples),
        ResourceName::Other(_) => Err(MetricError::NoReadyPods),
    }
}
