//! One simulated cluster: the components, the calendar, and the loop that plays them.

use crate::cluster::job::JobCondition;
use crate::cluster::pod::PodPhase;
use crate::cluster::record::Observer;
use crate::cluster::{PodId, ScaleTarget, Store};
use crate::control::admission::quota_controller::QuotaController;
use crate::control::api_server::ApiServer;
use crate::control::client::Client;
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::cronjob::CronJobController;
use crate::control::event::{ClientEvent, Event, NodeEvent};
use crate::control::eviction::Evictions;
use crate::control::failures::RandomFailures;
use crate::control::garbage_collector::GarbageCollector;
use crate::control::job::JobController;
use crate::control::kubelet::Kubelets;
use crate::control::limits::LimitUse;
use crate::control::node_lifecycle::{NodeLifecycle, PodGc, TaintEviction};
use crate::control::scheduler::cycle::Scheduler;
use crate::control::scheduler::pods::Namespaces;
use crate::control::scheduler::{FitError, Placer};
use crate::control::script::Player;
use crate::control::script::watch::Watch;
use crate::control::service::{ServiceLoad, Services};
use crate::control::ttl_after_finished::TtlAfterFinished;
use crate::kernel::SimTime;
use crate::kernel::calendar::Calendar;
use crate::workload::Script;
use crate::workload::strategy::Strategy;

/// What one run is made from. The store holds nodes, Jobs (not submitted yet), Deployments and bare pods.
pub struct Input {
    /// The cluster and what will be submitted.
    pub store: Store,
    /// How Jobs are submitted.
    pub strategy: Strategy,
    /// The control plane.
    pub control_plane: ControlPlane,
    /// What happens from outside while the cluster runs.
    pub script: Script,
    /// Load on services.
    pub services: Vec<(ScaleTarget, ServiceLoad)>,
    /// The seed.
    pub seed: u64,
    /// When the run ends at the latest.
    pub until: Option<SimTime>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All Jobs finished (and nothing else was asked for).
    Finished,
    /// The time limit came first.
    TimeLimit,
    /// Nothing can happen any more, but something is unfinished: pods that fit nowhere, pods that never end.
    Stalled,
    /// The caller asked to stop.
    Interrupted,
}

/// What a run did, besides what is in the store.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Why it ended.
    pub end: End,
    /// The last instant played.
    pub ended_at: SimTime,
    /// Events played.
    pub events: u64,
    /// API calls of the Job controller, and how many of them waited for a token.
    pub job_controller_calls: (u64, u64),
    /// API calls of the scheduler, and how many of them waited for a token.
    pub scheduler_calls: (u64, u64),
    /// Scheduling cycles.
    pub scheduling_attempts: u64,
}

/// A running simulation.
pub struct Simulation {
    now: SimTime,
    store: Store,
    calendar: Calendar<Event>,
    config: ControlPlane,
    api_server: ApiServer,
    seed: u64,
    until: SimTime,
    background: usize,
    events: u64,
    client: Client,
    player: Player,
    quotas: QuotaController,
    watch: Watch,
    jobs: JobController,
    scheduler: Scheduler,
    kubelets: Kubelets,
    services: Services,
    garbage_collector: GarbageCollector,
    ttl: TtlAfterFinished,
    cron_jobs: CronJobController,
    nodes: NodeControllers,
}

/// Who looks after nodes and what is on them.
struct NodeControllers {
    lifecycle: NodeLifecycle,
    taint_eviction: TaintEviction,
    pod_gc: PodGc,
    evictions: Evictions,
    failures: RandomFailures,
}

/// How many events are played, at least, between two looks at the caller's wish to stop.
const EVENTS_BETWEEN_CHECKS: u64 = 1 << 16;

impl Simulation {
    /// A simulation at its beginning.
    #[must_use]
    pub fn new(input: Input) -> Self {
        let Input {
            mut store,
            strategy,
            control_plane: config,
            script,
            services,
            seed,
            until,
        } = input;
        QuotaController::start(&mut store);
        let measured = script.measured();
        let namespaces = Namespaces::of(&store.policies, &script);
        let player = Player::new(script);
        let profiles = &config.scheduler.profiles;
        let mut placer = Placer::with_profiles(&store.resources, &store.nodes, &[], profiles);
        placer.set_namespaces(namespaces);
        for template in &store.templates {
            placer.add_template(template.clone());
        }
        placer.set_percentage_of_nodes_to_score(config.scheduler.percentage_of_nodes_to_score);
        placer.set_volume_binding(config.scheduler.volume_binding);
        placer.set_opportunistic_batching(config.scheduler.opportunistic_batching);
        placer.set_literal(config.scheduler.literal_search);
        Self {
            now: SimTime::ZERO,
            calendar: Calendar::new(),
            api_server: ApiServer::default(),
            seed,
            until: until.unwrap_or(SimTime::MAX),
            background: 0,
            events: 0,
            client: Client::new(strategy, store.jobs.len() as u32, seed),
            quotas: QuotaController::new(config.resource_quota.client),
            watch: player.watch(),
            player,
            jobs: JobController::new(&config.job),
            scheduler: Scheduler::new(&config, placer),
            kubelets: Kubelets::new(&config, store.nodes.len(), seed),
            services: Services::new(services, measured, &config, &store),
            garbage_collector: GarbageCollector::new(&config),
            ttl: TtlAfterFinished::new(&config.ttl_after_finished),
            cron_jobs: CronJobController::new(&config, store.cron_jobs.len()),
            nodes: NodeControllers {
                lifecycle: NodeLifecycle::new(&config, seed),
                taint_eviction: TaintEviction::new(&config),
                pod_gc: PodGc::new(&config, seed),
                evictions: Evictions::default(),
                failures: RandomFailures::default(),
            },
            store,
            config,
        }
    }

    /// Plays the run to its end.
    pub fn run(&mut self, observer: &mut dyn Observer) -> Outcome {
        self.run_while(observer, &mut |_| true)
    }

    /// Plays the run to its end, or until `go_on` (asked now and then with the present time) says no.
    pub fn run_while(&mut self, observer: &mut dyn Observer, go_on: &mut dyn FnMut(SimTime) -> bool) -> Outcome {
        let mut events = self.events;
        let (mut ctx, mut parts) = self.split(observer);
        parts.client.start(&mut ctx);
        parts.services.start(&mut ctx);
        parts.player.start(&mut ctx);
        parts.nodes.failures.start(&mut ctx);
        parts.cron_jobs.start(&mut ctx);
        let mut next_check = events + EVENTS_BETWEEN_CHECKS;
        let end = loop {
            if let Some(end) = parts.is_over(&ctx) {
                break end;
            }
            let Some((at, event)) = ctx.calendar.pop() else {
                break parts.stalled(ctx.store);
            };
            if at > ctx.until {
                ctx.now = ctx.until;
                break End::TimeLimit;
            }
            debug_assert!(at >= ctx.now, "time falls");
            ctx.now = at;
            *ctx.background -= usize::from(event.is_background());
            parts.dispatch(event, &mut ctx);
            events += 1 + std::mem::take(&mut ctx.skipped);
            if events >= next_check {
                next_check = events + EVENTS_BETWEEN_CHECKS;
                if !go_on(ctx.now) {
                    break End::Interrupted;
                }
            }
        };
        parts.services.finish(&mut ctx);
        (self.now, self.events) = (ctx.now, events);
        self.outcome(end)
    }

    /// Makes `event` happen at `at`, or now if that is over: what somebody outside does to the cluster.
    pub fn schedule(&mut self, at: SimTime, event: Event) {
        self.background += usize::from(event.is_background());
        self.calendar.push(at.max(self.now), event);
    }
    /// The cluster as it is now.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }
    /// The cluster as the run left it.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.store
    }
    /// Why pods of a template fit nowhere now, in kube-scheduler's words.
    #[must_use]
    pub fn explain(&self, template: crate::cluster::ids::PodTemplateId) -> FitError {
        self.scheduler.placer().explain(template)
    }

    /// What the scheduler would say of `pod`, which waits, if it tried it now.
    #[must_use]
    pub fn explain_pod(&self, pod: PodId) -> String {
        self.scheduler.explain_pod(pod, &self.store, &self.config, self.now)
    }

    /// Which limits of the control plane the run met so far, those that nobody asked for left out.
    #[must_use]
    pub fn limits(&self) -> Vec<LimitUse> {
        let mut limits: Vec<LimitUse> = self.jobs.limits(&self.config.job, self.now).collect();
        limits.extend(self.scheduler.limit(&self.config, self.now));
        if !self.config.scheduler.cycle_time.is_zero() {
            limits.push(self.scheduler.loop_limit(self.now));
        }
        limits.extend(self.services.limits(&self.config, self.now));
        limits.extend(self.cron_jobs.limits(&self.config, self.now));
        limits.extend(self.garbage_collector.limits(&self.config, self.now));
        limits.extend(self.ttl.limits(&self.config.ttl_after_finished, self.now));
        limits.extend(self.quotas.limit(self.config.resource_quota.client, self.now));
        let nodes = self.config.node_lifecycle.client;
        limits.extend(self.nodes.lifecycle.limit(nodes, self.now));
        limits.extend(self.nodes.taint_eviction.limit(nodes, self.now));
        limits.extend(self.nodes.pod_gc.limit(nodes, self.now));
        limits.push(self.kubelets.image_limit(&self.config.kubelet, self.now));
        limits.retain(|limit| limit.asked > 0);
        limits
    }

    fn outcome(&self, end: End) -> Outcome {
        Outcome {
            end,
            ended_at: self.now,
            events: self.events,
            job_controller_calls: self.jobs.api_calls(),
            scheduler_calls: self.scheduler.api_calls(),
            scheduling_attempts: self.scheduler.attempts(),
        }
    }

    /// The components beside the world they act in.
    fn split<'a>(&'a mut self, observer: &'a mut dyn Observer) -> (Context<'a>, Parts<'a>) {
        (
            Context {
                now: self.now,
                store: &mut self.store,
                calendar: &mut self.calendar,
                config: &self.config,
                api_server: &mut self.api_server,
                observer,
                background: &mut self.background,
                seed: self.seed,
                until: self.until,
                watch: &mut self.watch,
                skipped: 0,
            },
            Parts {
                client: &mut self.client,
                player: &mut self.player,
                quotas: &mut self.quotas,
                jobs: &mut self.jobs,
                scheduler: &mut self.scheduler,
                kubelets: &mut self.kubelets,
                services: &mut self.services,
                garbage_collector: &mut self.garbage_collector,
                nodes: &mut self.nodes,
                ttl: &mut self.ttl,
                cron_jobs: &mut self.cron_jobs,
            },
        )
    }
}

/// The components.
struct Parts<'a> {
    client: &'a mut Client,
    player: &'a mut Player,
    quotas: &'a mut QuotaController,
    jobs: &'a mut JobController,
    scheduler: &'a mut Scheduler,
    kubelets: &'a mut Kubelets,
    services: &'a mut Services,
    garbage_collector: &'a mut GarbageCollector,
    nodes: &'a mut NodeControllers,
    ttl: &'a mut TtlAfterFinished,
    cron_jobs: &'a mut CronJobController,
}

impl Parts<'_> {
    /// Whether the run is over, and how.
    #[inline]
    fn is_over(&self, ctx: &Context<'_>) -> Option<End> {
        let done = ctx.store.unfinished_jobs == 0 && self.client.is_done() && self.player.is_done();
        if done && !ctx.store.has_services() {
            return Some(End::Finished);
        }
        // With a time limit, services and retries go on until then.
        let idle = ctx.calendar.len() == *ctx.background && ctx.until == SimTime::MAX;
        let hope = || ctx.now < ctx.store.policies.hope_until && !ctx.store.refused_pods.is_empty();
        (idle && !hope() && !self.scheduler.has_hope(ctx.now)).then(|| self.stalled(ctx.store))
    }

    /// How a run ends in which nothing can happen any more.
    fn stalled(&self, store: &Store) -> End {
        let jobs_done =
            self.client.is_done() && self.player.is_done() && store.jobs.iter().all(|j| j.condition.is_finished());
        // Bound pods whose image is missing wait for ever too.
        let pods_wait = store.pods.iter().any(|pod| pod.phase == PodPhase::Pending);
        if jobs_done && !pods_wait {
            End::Finished
        } else {
            End::Stalled
        }
    }

    fn dispatch(&mut self, event: Event, ctx: &mut Context<'_>) {
        match event {
            Event::Client(ClientEvent::SawFinished(job)) if !self.client.submits(job) => {
                self.player.saw_finished(job, ctx);
            }
            Event::Client(event) => self.client.handle(event, ctx),
            Event::Job(event) => self.jobs.handle(event, ctx),
            Event::Scheduler(event) => self.scheduler.handle(event, ctx),
            Event::Kubelet(event) => self.kubelets.handle(event, ctx),
            Event::Deployment(event) => self.services.handle_deployment(event, ctx),
            Event::ReplicaSet(event) => self.services.handle_replica_set(event, ctx),
            Event::Hpa(event) => self.services.handle_hpa(event, ctx),
            Event::Metrics(event) => self.services.handle_metrics(event, ctx),
            Event::Script(event) => self.player.handle(event, self.services, ctx),
            Event::Quota(event) => self.quotas.handle(event, ctx),
            Event::StatefulSet(event) => self.services.handle_stateful_set(event, ctx),
            Event::DaemonSet(event) => self.services.handle_daemon_set(event, ctx),
            Event::Gc(event) => self.garbage_collector.handle(event, ctx),
            Event::Ttl(event) => self.ttl.handle(event, ctx),
            Event::CronJob(event) => self.cron_jobs.handle(event, ctx),
            Event::Node(event @ (NodeEvent::Joins(_) | NodeEvent::Fails(..) | NodeEvent::Repaired(..))) => {
                self.nodes.failures.handle(event, ctx);
            }
            Event::Node(event) => self.kubelets.handle_node(event, ctx),
            Event::NodeLifecycle(event) => self.nodes.lifecycle.handle(event, ctx),
            Event::TaintEviction(event) => self.nodes.taint_eviction.handle(event, ctx),
            Event::PodGc(event) => self.nodes.pod_gc.handle(event, ctx),
            Event::Eviction(event) => self.nodes.evictions.handle(event, ctx),
        }
        if ctx.watch.is_armed() {
            self.player.look(ctx);
        }
    }
}

/// Whether a Job ended well.
#[must_use]
pub fn is_complete(condition: JobCondition) -> bool {
    condition == JobCondition::Complete
}
