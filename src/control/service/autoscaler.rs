//! The HorizontalPodAutoscaler controller for one autoscaler (`pkg/controller/podautoscaler/horizontal.go`): it reads the
//! target's size and the metrics, decides ([`crate::control::hpa::reconcile`]), writes the new size and its own status, and
//! comes again one sync period later.

use crate::cluster::hpa::HpaEvent as Told;
use crate::cluster::pod::PodPhase;
use crate::cluster::record::Record;
use crate::cluster::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::cluster::{DeploymentId, HpaId, ScaleTarget};
use crate::control::context::Context;
use crate::control::event::{Event, HpaEvent};
use crate::control::hpa::{Decision, HpaState, MetricError, PodView, Reading, ReadyCondition, Seen, reconcile};
use crate::control::service::controller::{Calls, Ended, Sync};
use crate::control::service::metering::{Group, GroupKind, Metering};
use crate::kernel::SimTime;

/// Reads and writes sizes.
const SCALE_CLIENT: usize = 0;
/// Reads metrics.
const METRICS_CLIENT: usize = 1;
/// Writes statuses and events; the last, as [`super::controller::Setup::writer`] asks.
const STATUS_CLIENT: usize = 2;
/// How many clients there are.
pub(super) const CLIENTS: usize = 3;

/// What the call in flight is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Idle,
    /// GET of the target's size.
    ReadingScale,
    /// LIST of the samples of the target's pods.
    ReadingMetrics,
    /// PUT of the target's new size.
    WritingScale,
    /// PUT of the autoscaler's status.
    WritingStatus,
}

/// The evaluation of an autoscaler.
#[derive(Clone, Debug)]
pub(super) struct Evaluation {
    /// What it scales; id `NONE`: nothing that is there.
    target: ScaleTarget,
    /// No other autoscaler names its target.
    alone: bool,
    /// Its next look is in the calendar.
    waits: bool,
    state: HpaState,
    step: Step,
    /// The target's `spec.replicas` and `status.replicas` as read.
    scale: (u32, u32),
    /// What was last decided.
    decision: Option<Decision>,
    status_changed: bool,
    /// Events of the present look that are to be written.
    events: u32,
}

const fn call(client: usize, reads: bool) -> Option<Calls> {
    Some(Calls {
        client,
        count: 1,
        reads,
    })
}

/// Stands for a target that is not there.
const NO_TARGET: ScaleTarget = ScaleTarget::Deployment(DeploymentId::NONE);

impl Default for Evaluation {
    /// That of an autoscaler that has not looked yet.
    fn default() -> Self {
        Self {
            target: NO_TARGET,
            alone: false,
            waits: false,
            state: HpaState::default(),
            step: Step::Idle,
            scale: (0, 0),
            decision: None,
            status_changed: false,
            events: 0,
        }
    }
}

impl Evaluation {
    /// Whether no other autoscaler names its target (`horizontal.go: validateAndParseSelector`, AmbiguousSelector).
    pub(super) const fn set_alone(&mut self, alone: bool) {
        self.alone = alone;
    }
    /// Its next look will be put in the calendar by the caller; `false` if it is there already.
    pub(super) const fn wait(&mut self) -> bool {
        !std::mem::replace(&mut self.waits, true)
    }
    /// Its next look has come.
    pub(super) const fn woke(&mut self) {
        self.waits = false;
    }

    /// Finds the target by its name, unless the one known is there still; says whether there is one.
    fn find_target(&mut self, id: HpaId, ctx: &Context<'_>) -> bool {
        let spec = &ctx.store.hpas[id.index()];
        if !ctx.store.is_hpa_target(spec, self.target) {
            self.target = ctx.store.hpa_target(spec).unwrap_or(NO_TARGET);
        }
        self.target != NO_TARGET
    }

    /// Out of bounds, or scaled to zero, the size is corrected or left without a look at the metrics.
    fn needs_metrics(&self, id: HpaId, ctx: &Context<'_>) -> bool {
        let spec = &ctx.store.hpas[id.index()];
        (spec.min_replicas..=spec.max_replicas).contains(&self.scale.0)
    }

    fn decide(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        metering.answer(self.target, ctx);
        let groups = metering.groups(self.target, ctx.now);
        let pods: Vec<PodView> = groups.iter().map(|group| self.view(group, ctx)).collect();
        let spec = &ctx.store.hpas[id.index()];
        let metrics = spec.metrics.iter();
        let readings: Vec<Reading> = metrics
            .map(|metric| {
                self.read(metric, &groups, metering, ctx)
                    .unwrap_or_else(Reading::Failed)
            })
            .collect();
        let (current, status_replicas) = self.scale;
        let seen = Seen {
            current,
            status_replicas,
            pods: &pods,
            readings: &readings,
        };
        let decision = reconcile(spec, &mut self.state, &ctx.config.hpa, ctx.now, &seen);
        let status = &mut ctx.store.hpa_status[id.index()];
        self.status_changed = decision.apply(status, ctx.now);
        let utilization = status.utilization();
        let utilization = utilization.map(|u| u32::try_from(u).unwrap_or(u32::MAX));
        ctx.record(Record::HpaEvaluated(id, utilization));
        if self.status_changed {
            ctx.record(Record::HpaStatusChanged(id));
        }
        for event in decision.events() {
            self.events += 1;
            ctx.record(Record::HpaEvent(id, event));
        }
        let rescales = decision.rescales();
        self.decision = Some(decision);
        if rescales {
            self.step = Step::WritingScale;
            return call(SCALE_CLIENT, false);
        }
        self.write_status()
    }

    fn write_status(&mut self) -> Option<Calls> {
        if !self.status_changed {
            self.step = Step::Idle;
            return None;
        }
        self.step = Step::WritingStatus;
        call(STATUS_CLIENT, false)
    }

    /// What the metrics APIs say about `metric`.
    fn read(
        &self,
        metric: &MetricSpec,
        groups: &[Group],
        metering: &Metering,
        ctx: &Context<'_>,
    ) -> Result<Reading, MetricError> {
        if let MetricSource::Object { .. } | MetricSource::External(_) = metric.source {
            return metering.value(metric, ctx.now).map(Reading::Value);
        }
        let samples = metering.samples(self.target, metric, groups, ctx)?;
        let requests = match (metric.resource(), metric.target) {
            (Some((resource, container)), MetricTarget::Utilization(_)) => {
                let request = |group: &Group| {
                    let own = &ctx.store.template(group.pod).own_requests;
                    let request = own.milli(resource, container);
                    request.map_err(|missing| MetricError::MissingRequest(group.pod, missing))
                };
                groups.iter().map(request).collect()
            }
            _ => Vec::new(),
        };
        Ok(Reading::Pods { samples, requests })
    }

    /// Pods of the target as the API shows them.
    fn view(&self, group: &Group, ctx: &Context<'_>) -> PodView {
        let view = |pending, started: Option<SimTime>, ready| PodView {
            count: group.count,
            pending,
            failed: false,
            deleting: false,
            started,
            ready,
        };
        match group.kind {
            GroupKind::Pending => view(true, None, None),
            GroupKind::Settled => {
                let last_transition = SimTime::ZERO;
                view(
                    false,
                    Some(SimTime::ZERO),
                    Some(ReadyCondition {
                        status: true,
                        last_transition,
                    }),
                )
            }
            GroupKind::Single => {
                let record = &ctx.store.pods[group.pod.index()];
                // The kubelet takes a pod up, with Ready False, as soon as it is bound.
                let started = record.scheduled.happened().map(|at| ctx.config.api_instant(at));
                let changed = ctx.store.ready_changed(group.pod);
                let ready = started.map(|started| ReadyCondition {
                    status: record.ready,
                    last_transition: changed.map_or(started, |changed| ctx.config.api_instant(changed)),
                });
                PodView {
                    failed: record.phase == PodPhase::Failed,
                    deleting: record.deleting,
                    ..view(record.phase == PodPhase::Pending, started, ready)
                }
            }
        }
    }
}

impl Sync for Evaluation {
    type Key = HpaId;
    type Beside = Metering;

    /// One that has no target, or shares it, does nothing.
    fn begin(&mut self, id: HpaId, ctx: &mut Context<'_>) -> Option<Calls> {
        if !self.alone || ctx.store.deleted_hpas.contains(&id) || !self.find_target(id, ctx) {
            return None;
        }
        self.step = Step::ReadingScale;
        call(SCALE_CLIENT, true)
    }

    /// A new size is told in an event, SuccessfulRescale.
    fn call_done(&mut self, id: HpaId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::ReadingScale => {
                self.scale = (
                    ctx.store.desired_pods(self.target),
                    ctx.store.status_replicas(self.target),
                );
                false
            }
            Step::WritingScale => {
                let decision = self.decision.as_ref().expect("a size is written after a decision");
                let (desired, reason) = (decision.desired, decision.reason);
                ctx.scale(self.target, desired);
                ctx.record(Record::HpaEvent(id, Told::SuccessfulRescale(desired, reason)));
                true
            }
            Step::ReadingMetrics | Step::WritingStatus => false,
        }
    }

    fn advance(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::ReadingScale if self.needs_metrics(id, ctx) => {
                self.step = Step::ReadingMetrics;
                call(METRICS_CLIENT, true)
            }
            Step::ReadingScale | Step::ReadingMetrics => self.decide(id, metering, ctx),
            Step::WritingScale => self.write_status(),
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
        }
    }

    fn take_events(&mut self) -> u32 {
        std::mem::take(&mut self.events)
    }

    fn ended(&mut self, id: HpaId, ctx: &mut Context<'_>) -> Ended {
        if !ctx.store.deleted_hpas.contains(&id) && self.wait() {
            ctx.after(ctx.config.hpa.sync_period, Event::Hpa(HpaEvent::Due(id)));
        }
        Ended::default()
    }

    fn call_event(id: HpaId) -> Event {
        Event::Hpa(HpaEvent::CallDone(id))
    }
    fn due_event(id: HpaId) -> Event {
        Event::Hpa(HpaEvent::Due(id))
    }
}
