//! The HorizontalPodAutoscaler controller for one autoscaler (`pkg/controller/podautoscaler/horizontal.go`): it reads the
//! target's size and the metrics, decides ([`crate::control::hpa::reconcile`]), writes the new size and its own status, and
//! comes again one sync period later.

use crate::cluster::hpa::{AbleToScale, HpaEvent as Told};
use crate::cluster::pod::PodPhase;
use crate::cluster::record::Record;
use crate::cluster::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::cluster::{HpaId, ScaleTarget};
use crate::control::context::Context;
use crate::control::event::{Event, HpaEvent};
use crate::control::hpa::{
    Decision, HpaState, MetricError, PodView, Reading, ReadyCondition, Seen, ambiguous, reconcile,
};
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
#[derive(Clone, Debug, Default)]
pub(super) struct Evaluation {
    /// The target as last found.
    target: Option<ScaleTarget>,
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

impl Evaluation {
    /// Its next look will be put in the calendar by the caller; `false` if it is there already.
    pub(super) const fn wait(&mut self) -> bool {
        !std::mem::replace(&mut self.waits, true)
    }
    /// Its next look has come.
    pub(super) const fn woke(&mut self) {
        self.waits = false;
    }

    /// Finds the target by its name, unless the one known is there still.
    fn find_target(&mut self, id: HpaId, ctx: &Context<'_>) {
        let spec = &ctx.store.hpas[id.index()];
        let known = self.target.filter(|known| ctx.store.is_hpa_target(spec, *known));
        self.target = known.or_else(|| ctx.store.hpa_target(spec));
    }

    /// Out of bounds, or scaled to zero, the size is corrected or left without a look at the metrics.
    fn needs_metrics(&self, id: HpaId, ctx: &Context<'_>) -> bool {
        let spec = &ctx.store.hpas[id.index()];
        (spec.min_replicas..=spec.max_replicas).contains(&self.scale.0)
    }

    /// The target is not there (`reconcileAutoscaler`).
    fn fail(&mut self, id: HpaId, ctx: &mut Context<'_>) -> Option<Calls> {
        let status = &mut ctx.store.hpa_status[id.index()];
        let before = status.able_to_scale.replace(AbleToScale::FailedGetScale);
        self.status_changed = before != Some(AbleToScale::FailedGetScale);
        if before.is_none_or(AbleToScale::status) {
            status.transitions[0] = ctx.now;
        }
        if self.status_changed {
            ctx.record(Record::HpaStatusChanged(id));
        }
        self.events += 1;
        ctx.record(Record::HpaEvent(id, Told::FailedGetScale));
        self.write_status()
    }

    /// The target's size is known. Out of bounds it is corrected; else its selector is noted, and the metrics are read unless
    /// its pods are those of others, too.
    fn found(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        if !self.needs_metrics(id, ctx) {
            return self.decide(id, metering, ctx);
        }
        ctx.store.hpa_selecting.insert(id);
        let rivals = ctx.store.hpa_rivals(id);
        let is_ambiguous = !rivals.is_empty();
        let status = &mut ctx.store.hpa_status[id.index()];
        let others = std::mem::replace(&mut status.rivals, rivals) != status.rivals;
        if is_ambiguous {
            let decision = ambiguous(&mut self.state, ctx.now, self.scale.0);
            return self.carry_out(id, decision, others, ctx);
        }
        self.step = Step::ReadingMetrics;
        call(METRICS_CLIENT, true)
    }

    fn decide(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        let Some(target) = self.target else {
            return self.fail(id, ctx);
        };
        metering.answer(target, ctx);
        let groups = metering.groups(target, ctx.now);
        let pods: Vec<PodView> = groups.iter().map(|group| self.view(group, ctx)).collect();
        let spec = &ctx.store.hpas[id.index()];
        let metrics = spec.metrics.iter();
        let readings: Vec<Reading> = metrics
            .map(|metric| {
                self.read(target, metric, &groups, metering, ctx)
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
        self.carry_out(id, decision, false, ctx)
    }

    /// Writes `decision` down, and what is to be written of it; `reworded`: a condition has other words.
    fn carry_out(&mut self, id: HpaId, decision: Decision, reworded: bool, ctx: &mut Context<'_>) -> Option<Calls> {
        let status = &mut ctx.store.hpa_status[id.index()];
        self.status_changed = decision.apply(status, ctx.now) || reworded;
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
        target: ScaleTarget,
        metric: &MetricSpec,
        groups: &[Group],
        metering: &Metering,
        ctx: &Context<'_>,
    ) -> Result<Reading, MetricError> {
        if let MetricSource::Object { .. } | MetricSource::External(_) = metric.source {
            return metering.value(metric, ctx.now).map(Reading::Value);
        }
        let samples = metering.samples(target, metric, groups, ctx)?;
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

    /// One that was deleted does nothing.
    fn begin(&mut self, id: HpaId, ctx: &mut Context<'_>) -> Option<Calls> {
        if ctx.store.deleted_hpas.contains(&id) {
            return None;
        }
        self.find_target(id, ctx);
        self.step = Step::ReadingScale;
        call(SCALE_CLIENT, true)
    }

    /// A new size is told in an event, SuccessfulRescale.
    fn call_done(&mut self, id: HpaId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::ReadingScale => {
                self.target = self.target.filter(|target| ctx.store.has_workload(*target));
                let sizes = |target| (ctx.store.desired_pods(target), ctx.store.status_replicas(target));
                self.scale = self.target.map_or((0, 0), sizes);
                false
            }
            Step::WritingScale => {
                let decision = self.decision.as_ref().expect("a size is written after a decision");
                let (desired, reason) = (decision.desired, decision.reason);
                if let Some(target) = self.target {
                    ctx.scale(target, desired);
                }
                ctx.record(Record::HpaEvent(id, Told::SuccessfulRescale(desired, reason)));
                true
            }
            Step::ReadingMetrics | Step::WritingStatus => false,
        }
    }

    fn advance(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::ReadingScale if self.target.is_some() => self.found(id, metering, ctx),
            Step::ReadingScale => self.fail(id, ctx),
            Step::ReadingMetrics => self.decide(id, metering, ctx),
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
