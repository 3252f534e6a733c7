//! The HorizontalPodAutoscaler controller for one autoscaler (`pkg/controller/podautoscaler/horizontal.go`): it reads the
//! target's size and the metrics, decides ([`crate::control::hpa::reconcile`]), writes the new size and its own status, and
//! comes again one sync period later.

use crate::cluster::pod::PodPhase;
use crate::cluster::record::Record;
use crate::cluster::{HpaId, PodId, ScaleTarget};
use crate::control::context::Context;
use crate::control::event::{Event, HpaEvent};
use crate::control::hpa::{Decision, HpaState, PodMetric, ReadyCondition, Sample, reconcile};
use crate::control::service::controller::{Calls, Ended, Sync};
use crate::control::service::metering::Metering;
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
    target: ScaleTarget,
    state: HpaState,
    step: Step,
    /// The target's size as read.
    current: u32,
    /// What was last decided; tells whether the status changed.
    decision: Option<Decision>,
    status_changed: bool,
}

const fn call(client: usize) -> Option<Calls> {
    Some(Calls { client, count: 1 })
}

impl Evaluation {
    /// An autoscaler of `target` that has not looked yet.
    pub(super) fn new(target: ScaleTarget) -> Self {
        Self {
            target,
            state: HpaState::default(),
            step: Step::Idle,
            current: 0,
            decision: None,
            status_changed: false,
        }
    }

    /// Out of bounds, or scaled to zero, the size is corrected or left without a look at the metrics.
    fn needs_metrics(&self, id: HpaId, ctx: &Context<'_>) -> bool {
        let spec = &ctx.store.hpas[id.index()];
        (spec.min_replicas..=spec.max_replicas).contains(&self.current)
    }

    fn decide(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        metering.answer(self.target, ctx);
        let pods = self.pods(metering, ctx);
        let spec = &ctx.store.hpas[id.index()];
        let decision = reconcile(spec, &mut self.state, &ctx.config.hpa, ctx.now, self.current, &pods);
        self.status_changed = self.decision.replace(decision) != Some(decision);
        let utilization = decision.utilization.map(|u| u32::try_from(u).unwrap_or(u32::MAX));
        ctx.record(Record::HpaEvaluated(id, utilization));
        if decision.rescales() {
            self.step = Step::WritingScale;
            return call(SCALE_CLIENT);
        }
        self.write_status()
    }

    fn write_status(&mut self) -> Option<Calls> {
        if !self.status_changed {
            self.step = Step::Idle;
            return None;
        }
        self.step = Step::WritingStatus;
        call(STATUS_CLIENT)
    }

    /// The target's pods as the API shows them.
    fn pods(&self, metering: &Metering, ctx: &Context<'_>) -> Vec<PodMetric> {
        let metric = |(pod, ready_changed): (PodId, SimTime)| {
            let record = &ctx.store.pods[pod.index()];
            // The kubelet takes a pod up, with Ready False, as soon as it is bound.
            let started = record.scheduled.happened().map(|at| ctx.config.api_instant(at));
            PodMetric {
                pending: record.phase == PodPhase::Pending,
                failed: record.phase == PodPhase::Failed,
                deleting: record.deleting,
                started,
                ready: started.map(|started| ReadyCondition {
                    status: record.ready,
                    last_transition: ready_changed
                        .happened()
                        .map_or(started, |changed| ctx.config.api_instant(changed)),
                }),
                request_milli: ctx.store.template(pod).hpa_cpu_request,
                sample: metering.sample(pod, ctx.now).map(|sample| Sample {
                    at: ctx.config.api_instant(sample.at),
                    ..sample
                }),
            }
        };
        ctx.store.pods_of(self.target).map(metric).collect()
    }
}

impl Sync for Evaluation {
    type Key = HpaId;
    type Beside = Metering;

    fn begin(&mut self, _: HpaId, _: &mut Context<'_>) -> Option<Calls> {
        self.step = Step::ReadingScale;
        call(SCALE_CLIENT)
    }

    /// A new size is told in an event, SuccessfulRescale.
    fn call_done(&mut self, _: HpaId, ctx: &mut Context<'_>) -> bool {
        match self.step {
            Step::Idle => unreachable!("an idle sync has no calls in flight"),
            Step::ReadingScale => {
                self.current = ctx.store.desired_pods(self.target);
                false
            }
            Step::WritingScale => {
                let decision = self.decision.expect("a size is written after a decision");
                ctx.scale(self.target, decision.desired);
                true
            }
            Step::ReadingMetrics | Step::WritingStatus => false,
        }
    }

    fn advance(&mut self, id: HpaId, metering: &mut Metering, ctx: &mut Context<'_>) -> Option<Calls> {
        match self.step {
            Step::ReadingScale if self.needs_metrics(id, ctx) => {
                self.step = Step::ReadingMetrics;
                call(METRICS_CLIENT)
            }
            Step::ReadingScale | Step::ReadingMetrics => self.decide(id, metering, ctx),
            Step::WritingScale => self.write_status(),
            Step::Idle | Step::WritingStatus => {
                self.step = Step::Idle;
                None
            }
        }
    }

    fn ended(&mut self, id: HpaId, ctx: &mut Context<'_>) -> Ended {
        ctx.after(ctx.config.hpa.sync_period, Event::Hpa(HpaEvent::Due(id)));
        Ended::default()
    }

    fn call_event(id: HpaId) -> Event {
        Event::Hpa(HpaEvent::CallDone(id))
    }
    fn due_event(id: HpaId) -> Event {
        Event::Hpa(HpaEvent::Due(id))
    }
}
