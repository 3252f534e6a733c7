//! Deployments, their ReplicaSets and autoscalers: what keeps services running and sized.
//!
//! * `deployment`, `replica_set`, `autoscaler`: one sync each, as machines that advance with each API call that took
//!   effect; `controller`: the queue, workers, clients and event writer they have in common.
//! * `load`: what is asked of a service. `metering`: what its pods use under that, and what the metrics APIs know of it.

mod autoscaler;
mod controller;
mod daemon_set;
mod deployment;
mod load;
mod metering;
mod replica_set;
mod stateful_set;

use std::collections::BTreeSet;

use crate::cluster::hpa::HpaStatus;
use crate::cluster::pod::Owner;
use crate::cluster::{DaemonSetId, HpaId, ScaleTarget, Store, WorkloadId};
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{
    DaemonSetEvent, DeploymentEvent, Event, HpaEvent, MetricsEvent, ReplicaSetEvent, StatefulSetEvent,
};
use crate::control::event_writer::EventWriter;
use crate::control::limits::LimitUse;
use crate::control::workload_calls::seen_event;
use crate::kernel::SimTime;
use crate::workload::script::ObjectRef;

use autoscaler::Evaluation;
use controller::{Controller, Setup};
use daemon_set::DaemonSetSync;
use deployment::DeploymentSync;
use metering::Metering;
use replica_set::ReplicaSetSync;
use stateful_set::StatefulSetSync;

pub use load::{CustomMetric, MetricFigure, MetricScope, Reporting, ServiceFigure, ServiceLoad};
pub use metering::CustomMetricsSettings;

/// The Deployment, ReplicaSet and autoscaler controllers, and metrics-server.
#[derive(Debug)]
pub struct Services {
    deployments: Controller<DeploymentSync>,
    replica_sets: Controller<ReplicaSetSync>,
    stateful_sets: Controller<StatefulSetSync>,
    daemon_sets: Controller<DaemonSetSync>,
    autoscalers: Controller<Evaluation>,
    metering: Metering,
}

impl Services {
    /// Controllers at rest. `loads` on some workloads; `measured` will have a load or an autoscaler later.
    #[must_use]
    pub fn new(
        loads: Vec<(ScaleTarget, ServiceLoad)>,
        measured: BTreeSet<ObjectRef>,
        config: &ControlPlane,
        store: &Store,
    ) -> Self {
        let targets = store.hpas.iter().filter_map(|hpa| store.hpa_target(hpa));
        let setup_of = |limit, workers, write_events, written| Setup {
            limit,
            clients: 1,
            workers,
            writer: EventWriter::new(write_events, written),
            retries: config.work_queue.retries,
        };
        let setup = |workers, written| {
            setup_of(
                config.replica_set.client,
                workers,
                config.replica_set.write_events,
                written,
            )
        };
        let (stateful, daemon) = (&config.stateful_set, &config.daemon_set);
        Self {
            deployments: Controller::new(
                setup(
                    config.replica_set.concurrent_deployment_syncs,
                    Event::Deployment(DeploymentEvent::EventWritten),
                ),
                std::iter::empty(),
            ),
            replica_sets: Controller::new(
                setup(
                    config.replica_set.concurrent_replica_set_syncs,
                    Event::ReplicaSet(ReplicaSetEvent::EventWritten),
                ),
                std::iter::empty(),
            ),
            stateful_sets: Controller::new(
                setup_of(
                    stateful.client,
                    stateful.concurrent_syncs,
                    stateful.write_events,
                    Event::StatefulSet(StatefulSetEvent::EventWritten),
                ),
                std::iter::empty(),
            ),
            daemon_sets: Controller::new(
                setup_of(
                    daemon.client,
                    daemon.concurrent_syncs,
                    daemon.write_events,
                    Event::DaemonSet(DaemonSetEvent::EventWritten),
                ),
                std::iter::empty(),
            ),
            metering: Metering::new(loads, targets, measured, config),
            autoscalers: Controller::new(
                Setup {
                    limit: config.hpa_controller.client,
                    clients: autoscaler::CLIENTS,
                    workers: config.hpa_controller.concurrent_syncs,
                    writer: EventWriter::new(config.hpa_controller.write_events, Event::Hpa(HpaEvent::EventWritten)),
                    retries: config.work_queue.retries,
                },
                std::iter::empty(),
            ),
        }
    }

    /// How the controllers met their limits until `now`.
    #[must_use]
    pub fn limits(&self, config: &ControlPlane, now: SimTime) -> Vec<LimitUse> {
        let client = config.replica_set.client;
        let hpa = config.hpa_controller.client;
        let deployments = self.deployments.limits("Deployment controller", client, now);
        deployments
            .chain(self.replica_sets.limits("ReplicaSet controller", client, now))
            .chain(
                self.stateful_sets
                    .limits("StatefulSet controller", config.stateful_set.client, now),
            )
            .chain(
                self.daemon_sets
                    .limits("DaemonSet controller", config.daemon_set.client, now),
            )
            .chain(self.autoscalers.limits("HorizontalPodAutoscaler controller", hpa, now))
            .collect()
    }

    /// Deployments, autoscalers and bare pods are submitted at the beginning. An autoscaler looks for the first time one sync
    /// period after it was seen (`horizontal.go: enqueueHPA`).
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        let seen = ctx.config.api_latency + ctx.config.watch_latency;
        let workloads: Vec<WorkloadId> = ctx.store.workloads().collect();
        for workload in workloads {
            ctx.after(seen, seen_event(workload));
        }
        ctx.store.hpa_status.resize(ctx.store.hpas.len(), HpaStatus::default());
        for id in (0..ctx.store.hpas.len() as u32).map(HpaId) {
            let submitted = ctx.store.hpa_submitted.get(&id).copied().unwrap_or(ctx.now);
            self.autoscalers.sync_mut(id).wait();
            let first = submitted + seen + ctx.config.hpa.sync_period;
            ctx.at(first, Event::Hpa(HpaEvent::Due(id)));
        }
        ctx.submit_bare_pods();
        self.metering.start(ctx);
    }

    /// The load on a service is `cpu_milli` from now on; says whether the service is measured at all.
    pub fn set_load(&mut self, target: ScaleTarget, cpu_milli: i64, ctx: &mut Context<'_>) -> bool {
        self.metering.set_load(target, cpu_milli, ctx)
    }
    /// Whose samples of a service the metrics API has from now on; says whether the service is measured at all.
    pub fn set_reporting(&mut self, target: ScaleTarget, reporting: Reporting, ctx: &mut Context<'_>) -> bool {
        self.metering.set_reporting(target, reporting, ctx)
    }

    /// Acts on what the Deployment controller waited for.
    pub fn handle_deployment(&mut self, event: DeploymentEvent, ctx: &mut Context<'_>) {
        match event {
            DeploymentEvent::Seen(d) => self.deployments.add_new(d, ctx),
            DeploymentEvent::CallDone(d) => self.deployments.call_done(d, &mut (), ctx),
            DeploymentEvent::Due(d) => self.deployments.due(d, ctx),
            DeploymentEvent::EventWritten => self.deployments.event_written(ctx),
        }
    }

    /// Acts on what the ReplicaSet controller waited for.
    pub fn handle_replica_set(&mut self, event: ReplicaSetEvent, ctx: &mut Context<'_>) {
        match event {
            ReplicaSetEvent::Seen(id) => self.replica_sets.add_new(id, ctx),
            ReplicaSetEvent::PodSeen(pod) => {
                self.metering.pod_changed(pod, ctx);
                if let Owner::ReplicaSet(id) = ctx.store.pods[pod.index()].owner {
                    self.replica_sets.add_new(id, ctx);
                }
            }
            ReplicaSetEvent::CallDone(id) => self.replica_sets.call_done(id, &mut (), ctx),
            ReplicaSetEvent::Due(id) => self.replica_sets.due(id, ctx),
            ReplicaSetEvent::EventWritten => self.replica_sets.event_written(ctx),
        }
    }

    /// Acts on what the StatefulSet controller waited for.
    pub fn handle_stateful_set(&mut self, event: StatefulSetEvent, ctx: &mut Context<'_>) {
        match event {
            StatefulSetEvent::Seen(id) => self.stateful_sets.add_new(id, ctx),
            StatefulSetEvent::PodSeen(pod) => {
                self.metering.pod_changed(pod, ctx);
                if let Owner::StatefulSet(id) = ctx.store.pods[pod.index()].owner {
                    self.stateful_sets.add_new(id, ctx);
                }
            }
            StatefulSetEvent::CallDone(id) => self.stateful_sets.call_done(id, &mut (), ctx),
            StatefulSetEvent::Due(id) => self.stateful_sets.due(id, ctx),
            StatefulSetEvent::EventWritten => self.stateful_sets.event_written(ctx),
        }
    }

    /// Acts on what the DaemonSet controller waited for. A node that came, changed or went may concern any DaemonSet.
    pub fn handle_daemon_set(&mut self, event: DaemonSetEvent, ctx: &mut Context<'_>) {
        match event {
            DaemonSetEvent::Seen(id) => self.daemon_sets.add_new(id, ctx),
            DaemonSetEvent::PodSeen(pod) => {
                if let Owner::DaemonSet(id) = ctx.store.pods[pod.index()].owner {
                    self.daemon_sets.add_new(id, ctx);
                }
            }
            DaemonSetEvent::NodeSeen(_) => {
                for id in (0..ctx.store.daemon_sets.len() as u32).map(DaemonSetId) {
                    self.daemon_sets.add_new(id, ctx);
                }
            }
            DaemonSetEvent::CallDone(id) => self.daemon_sets.call_done(id, &mut (), ctx),
            DaemonSetEvent::Due(id) => self.daemon_sets.due(id, ctx),
            DaemonSetEvent::EventWritten => self.daemon_sets.event_written(ctx),
        }
    }

    /// Acts on what the autoscaler waited for.
    pub fn handle_hpa(&mut self, event: HpaEvent, ctx: &mut Context<'_>) {
        match event {
            HpaEvent::Seen(id) => {
                if !ctx.store.deleted_hpas.contains(&id) && self.autoscalers.sync_mut(id).wait() {
                    ctx.after(ctx.config.hpa.sync_period, Event::Hpa(HpaEvent::Due(id)));
                }
            }
            HpaEvent::Due(id) => {
                self.autoscalers.sync_mut(id).woke();
                self.autoscalers.add(id, ctx);
            }
            HpaEvent::CallDone(id) => self.autoscalers.call_done(id, &mut self.metering, ctx),
            HpaEvent::EventWritten => self.autoscalers.event_written(ctx),
        }
    }

    /// Acts on what metrics-server waited for.
    pub fn handle_metrics(&mut self, event: MetricsEvent, ctx: &mut Context<'_>) {
        match event {
            MetricsEvent::Scrape => self.metering.scrape(ctx),
            MetricsEvent::LoadChanges(target) => self.metering.load_changes(target, ctx),
            MetricsEvent::AdapterLooks => self.metering.look_at_services(ctx),
        }
    }

    /// The run ends.
    pub fn finish(&mut self, ctx: &mut Context<'_>) {
        self.metering.finish(ctx);
    }
}
