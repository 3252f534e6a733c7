//! Deployments, their ReplicaSets and autoscalers: what keeps services running and sized.
//!
//! * `deployment`, `replica_set`, `autoscaler`: one sync each, as machines that advance with each API call that took
//!   effect; `controller`: the queue, workers, clients and event writer they have in common.
//! * `load`: what is asked of a service. `metering`: what its pods use under that, and what the metrics APIs know of it.

mod autoscaler;
mod controller;
mod deployment;
mod load;
mod metering;
mod replica_set;

use crate::cluster::hpa::HpaStatus;
use crate::cluster::pod::Owner;
use crate::cluster::{DeploymentId, HpaId, Store};
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{DeploymentEvent, Event, HpaEvent, MetricsEvent, ReplicaSetEvent};
use crate::control::event_writer::EventWriter;

use autoscaler::Evaluation;
use controller::{Controller, Setup};
use deployment::DeploymentSync;
use metering::Metering;
use replica_set::ReplicaSetSync;

pub use load::{CustomMetric, MetricFigure, MetricScope, Reporting, ServiceFigure, ServiceLoad};
pub use metering::CustomMetricsSettings;

/// Whether an autoscaler ever does anything: it has a target, and the target has no other autoscaler
/// (`horizontal.go: validateAndParseSelector`, AmbiguousSelector).
fn may_act(id: HpaId, store: &Store) -> bool {
    let target = store.hpa_target(&store.hpas[id.index()]);
    let rivals = store.hpas.iter().filter(|hpa| store.hpa_target(hpa) == target).count();
    target.is_some() && rivals == 1
}

/// The Deployment, ReplicaSet and autoscaler controllers, and metrics-server.
#[derive(Debug)]
pub struct Services {
    deployments: Controller<DeploymentSync>,
    replica_sets: Controller<ReplicaSetSync>,
    autoscalers: Controller<Evaluation>,
    metering: Metering,
}

impl Services {
    /// Controllers at rest. `loads` by Deployment; a shorter list means no load on the rest.
    #[must_use]
    pub fn new(loads: Vec<Option<ServiceLoad>>, config: &ControlPlane, store: &Store) -> Self {
        let targets: Vec<Option<DeploymentId>> = store.hpas.iter().map(|hpa| store.hpa_target(hpa)).collect();
        let setup = |workers, written| Setup {
            limit: config.replica_set.client,
            clients: 1,
            workers,
            writer: EventWriter::new(config.replica_set.write_events, written),
        };
        let deployments = store.deployments.len();
        Self {
            deployments: Controller::new(
                setup(
                    config.replica_set.concurrent_deployment_syncs,
                    Event::Deployment(DeploymentEvent::EventWritten),
                ),
                (0..deployments).map(|_| DeploymentSync::default()),
            ),
            replica_sets: Controller::new(
                setup(
                    config.replica_set.concurrent_replica_set_syncs,
                    Event::ReplicaSet(ReplicaSetEvent::EventWritten),
                ),
                (0..deployments).map(|_| ReplicaSetSync::default()),
            ),
            metering: Metering::new(loads, deployments, |d| targets.contains(&Some(d)), config),
            autoscalers: Controller::new(
                Setup {
                    limit: config.hpa_controller.client,
                    clients: autoscaler::CLIENTS,
                    workers: config.hpa_controller.concurrent_syncs,
                    writer: EventWriter::new(config.hpa_controller.write_events, Event::Hpa(HpaEvent::EventWritten)),
                },
                targets
                    .iter()
                    .map(|target| Evaluation::new(target.unwrap_or(DeploymentId::NONE))),
            ),
        }
    }

    /// Deployments, autoscalers and bare pods are submitted at the beginning. An autoscaler looks for the first time one sync
    /// period after it was seen (`horizontal.go: enqueueHPA`).
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        let seen = ctx.config.api_latency + ctx.config.watch_latency;
        for d in (0..ctx.store.deployments.len() as u32).map(DeploymentId) {
            let deployment = &mut ctx.store.deployments[d.index()];
            let event = if deployment.spec.bare_replica_set {
                deployment.replica_set_replicas = deployment.replicas;
                Event::ReplicaSet(ReplicaSetEvent::Seen(d))
            } else {
                Event::Deployment(DeploymentEvent::Seen(d))
            };
            ctx.after(seen, event);
        }
        ctx.store.hpa_status.resize(ctx.store.hpas.len(), HpaStatus::default());
        for id in (0..ctx.store.hpas.len() as u32).map(HpaId) {
            if may_act(id, ctx.store) {
                ctx.after(seen + ctx.config.hpa.sync_period, Event::Hpa(HpaEvent::Due(id)));
            }
        }
        for which in 0..ctx.store.bare_pods.len() as u32 {
            ctx.create_pod(Owner::Nobody(which), u32::MAX);
        }
        self.metering.start(ctx);
    }

    /// Acts on what the Deployment controller waited for.
    pub fn handle_deployment(&mut self, event: DeploymentEvent, ctx: &mut Context<'_>) {
        match event {
            DeploymentEvent::Seen(d) => self.deployments.add(d, ctx),
            DeploymentEvent::CallDone(d) => self.deployments.call_done(d, &mut (), ctx),
            DeploymentEvent::EventWritten => self.deployments.event_written(ctx),
        }
    }

    /// Acts on what the ReplicaSet controller waited for.
    pub fn handle_replica_set(&mut self, event: ReplicaSetEvent, ctx: &mut Context<'_>) {
        match event {
            ReplicaSetEvent::Seen(d) => self.replica_sets.add(d, ctx),
            ReplicaSetEvent::PodSeen(pod) => {
                self.metering.pod_changed(pod, ctx);
                if let Owner::Deployment(d) = ctx.store.pods[pod.index()].owner {
                    self.replica_sets.add(d, ctx);
                }
            }
            ReplicaSetEvent::CallDone(d) => self.replica_sets.call_done(d, &mut (), ctx),
            ReplicaSetEvent::EventWritten => self.replica_sets.event_written(ctx),
        }
    }

    /// Acts on what the autoscaler waited for.
    pub fn handle_hpa(&mut self, event: HpaEvent, ctx: &mut Context<'_>) {
        match event {
            HpaEvent::Due(id) => self.autoscalers.add(id, ctx),
            HpaEvent::CallDone(id) => self.autoscalers.call_done(id, &mut self.metering, ctx),
            HpaEvent::EventWritten => self.autoscalers.event_written(ctx),
        }
    }

    /// Acts on what metrics-server waited for.
    pub fn handle_metrics(&mut self, event: MetricsEvent, ctx: &mut Context<'_>) {
        match event {
            MetricsEvent::Scrape => self.metering.scrape(ctx),
            MetricsEvent::LoadChanges(d) => self.metering.load_changes(d, ctx),
            MetricsEvent::AdapterLooks => self.metering.look_at_services(ctx),
        }
    }

    /// The run ends.
    pub fn finish(&mut self, ctx: &mut Context<'_>) {
        self.metering.finish(ctx);
    }
}
