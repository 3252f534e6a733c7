//! The kubelets: starting bound pods, noticing their end, restarting containers, stopping deleted pods
//! (`pkg/kubelet/kubelet.go`). All pods of a node act in parallel; only image pulls queue.

mod admission;
mod images;
mod lease;
mod outage;
mod restart;

use std::collections::BTreeMap;

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::outcome::{attempt_outcome, attempt_runtime};
use crate::cluster::pod::{Owner, Pod, PodPhase};
use crate::cluster::record::Record;
use crate::cluster::spec::{AttemptOutcome, RestartPolicy};
use crate::control::config::{ControlPlane, KubeletConfig};
use crate::control::context::Context;
use crate::control::event::{Event, KubeletEvent};
use crate::control::limits::LimitUse;
use crate::control::rate_limit::TokenBucket;
use crate::kernel::random::distribution::Distribution;
use crate::kernel::random::{Purpose, stream};
use crate::kernel::{SimDuration, SimTime};

use images::{Images, Obstacle};
use outage::Outage;
use restart::RestartBackoff;

pub(super) use lease::last_renewal;

/// Exit code of a container ended by SIGTERM.
pub const EXIT_SIGTERM: u8 = 143;
/// Exit code of a container killed at the end of its grace period.
pub const EXIT_SIGKILL: u8 = 137;

/// All kubelets of a cluster.
#[derive(Debug)]
pub struct Kubelets {
    clients: Vec<TokenBucket>,
    /// When each node's lifecycle event generator relists for the first time.
    relist_phase: Vec<SimDuration>,
    images: Images,
    /// Pods that restarted in place: their back-off and the exit code of the run that just ended.
    restarts: BTreeMap<PodId, RestartBackoff>,
    /// Kubelets that do not run.
    outages: BTreeMap<NodeId, Outage>,
}

impl Kubelets {
    /// Kubelets of `nodes` nodes.
    #[must_use]
    pub fn new(config: &ControlPlane, nodes: usize, seed: u64) -> Self {
        Self {
            clients: vec![TokenBucket::new(config.kubelet.client); nodes],
            relist_phase: (0..nodes).map(|node| relist_phase(node, config, seed)).collect(),
            images: Images::new(nodes),
            restarts: BTreeMap::new(),
            outages: BTreeMap::new(),
        }
    }

    /// How image pulls waited for one another until `now`.
    #[must_use]
    pub fn image_limit(&self, config: &KubeletConfig, now: SimTime) -> LimitUse {
        self.images.limit(config, now)
    }

    /// The kubelet of a node that came later.
    fn add_node(&mut self, ctx: &Context<'_>) {
        let node = self.clients.len();
        self.clients.push(TokenBucket::new(ctx.config.kubelet.client));
        self.relist_phase.push(relist_phase(node, ctx.config, ctx.seed));
        self.images.add_node();
    }

    /// Acts on what a kubelet waited for.
    pub fn handle(&mut self, event: KubeletEvent, ctx: &mut Context<'_>) {
        if !self.outages.is_empty() && self.park(event, ctx.store) {
            return;
        }
        match event {
            KubeletEvent::PodSeen(pod) => self.start_pod(pod, ctx),
            KubeletEvent::Started(pod, generation) => self.started(pod, generation, ctx),
            KubeletEvent::RunningWritten(pod, generation) => self.running_written(pod, generation, ctx),
            KubeletEvent::ReadyWritten(pod, generation) => {
                if is_current(ctx, pod, generation) {
                    if !ctx.store.lost.is_empty() {
                        ctx.store.lost.remove(&pod);
                    }
                    set_ready(pod, true, ctx);
                }
            }
            KubeletEvent::PullRetry(pod, generation) => self.pull_again(pod, generation, ctx),
            KubeletEvent::ExitSeen(pod, generation) => self.exit_seen(pod, generation, ctx),
            KubeletEvent::EndWritten(pod, generation) => {
                if is_current(ctx, pod, generation) {
                    // What was refused has no exit code, and is no success.
                    let refused = ctx.store.failures.get(&pod).is_some_and(|why| !why.has_exit_code());
                    let code = if refused {
                        EXIT_SIGKILL
                    } else {
                        self.exit_code(pod, ctx)
                    };
                    self.restarts.remove(&pod);
                    ctx.finish_pod(pod, code);
                }
            }
            KubeletEvent::BackingOffWritten(pod, generation) => {
                if is_current(ctx, pod, generation) {
                    ctx.record(Record::PodBackingOff(pod));
                    set_ready(pod, false, ctx);
                }
            }
            KubeletEvent::Restart(pod, generation) => self.restart(pod, generation, ctx),
            KubeletEvent::RestartWritten(pod, generation) => self.restart_written(pod, generation, ctx),
            KubeletEvent::DeletionSeen(pod) => self.stop_pod(pod, ctx),
            KubeletEvent::Stopped(pod) => self.stopped(pod, ctx),
            KubeletEvent::Removed(pod) => {
                if !ctx.store.pods[pod.index()].gone {
                    ctx.remove_pod(pod);
                }
            }
            KubeletEvent::Killed(pod) => self.killed(pod, ctx),
            KubeletEvent::DeadlineOver(pod) => self.deadline_over(pod, ctx),
        }
    }

    /// When a write by the kubelet of the pod's node takes effect.
    fn write(&mut self, pod: PodId, ctx: &mut Context<'_>) -> SimTime {
        let node = ctx.store.pods[pod.index()].node;
        let sent = self.clients[node.index()].take(ctx.now);
        ctx.written(sent)
    }

    /// Sandbox, images, containers. A pod whose image is missing stays Pending.
    fn start_pod(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        if record.deleting || record.phase.is_terminal() {
            return;
        }
        let (node, generation) = (record.node, record.generation);
        while self.clients.len() <= node.index() {
            self.add_node(ctx);
        }
        if !self.admit(pod, ctx) {
            return;
        }
        let (spec, template) = (&ctx.store.nodes[node.index()], ctx.store.template(pod));
        let config = &ctx.config.kubelet;
        match self.images.obstacle(node, spec, template, &config.images) {
            None => {}
            Some(Obstacle::Missing) => return self.pull_again(pod, generation, ctx),
            Some(Obstacle::NeverPull) => return ctx.record(Record::PodImagePullFailed(pod)),
        }
        let mut notes = ctx.observer.wants_events().then(Vec::new);
        let pulled = self.images.pull(node, spec, template, config, ctx.now, notes.as_mut());
        let latency = template.behaviour.start_latency.unwrap_or(config.start_latency);
        if !config.images.size.is_empty() {
            self.show_images(node, ctx);
        }
        let started = self.after_init_containers(pod, pulled + latency, ctx);
        for note in notes.into_iter().flatten() {
            ctx.record(Record::KubeletEvent(pod, note));
        }
        ctx.at(started, Event::Kubelet(KubeletEvent::Started(pod, generation)));
    }

    /// When the init containers are through that begin at `at`: one after another, each end noticed at a relist.
    fn after_init_containers(&self, pod: PodId, at: SimTime, ctx: &Context<'_>) -> SimTime {
        let runtimes = &ctx.store.template(pod).behaviour.init_runtimes;
        let draw = |(i, runtime): (usize, &Distribution)| {
            let (key, attempt, _) = draw_key(pod, ctx);
            let number = u64::from(attempt) << 16 | i as u64;
            runtime.sample(&mut stream(ctx.seed, Purpose::InitRuntime, key, number))
        };
        let spans = runtimes.iter().enumerate().map(draw);
        spans.fold(at, |at, span| self.next_relist(pod, at + span, ctx))
    }

    /// A pull failed: ErrImagePull, then ImagePullBackOff for 10, 20, 40 … 300 s.
    fn pull_again(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        if !is_current(ctx, pod, generation) {
            return;
        }
        let wait = self.images.failed_pull(pod, &ctx.config.kubelet);
        ctx.record(Record::PodImagePullFailed(pod));
        ctx.after(wait, Event::Kubelet(KubeletEvent::PullRetry(pod, generation)));
    }

    fn started(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        if !is_current(ctx, pod, generation) {
            return;
        }
        self.run(pod, generation, ctx);
        let at = self.write(pod, ctx);
        ctx.at(at, Event::Kubelet(KubeletEvent::RunningWritten(pod, generation)));
    }

    /// The containers run from now on; their end is noticed at the node's next relist.
    fn run(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        ctx.store.run_containers(pod, ctx.now);
        let Some(runtime) = runtime(pod, ctx) else { return };
        let seen = self.next_relist(pod, ctx.now + runtime, ctx);
        ctx.at(seen, Event::Kubelet(KubeletEvent::ExitSeen(pod, generation)));
    }

    fn next_relist(&self, pod: PodId, at: SimTime, ctx: &Context<'_>) -> SimTime {
        let node = ctx.store.pods[pod.index()].node;
        let phase = self.relist_phase[node.index()].as_nanos();
        relist_at_or_after(at, phase, ctx.config.kubelet.pleg_relist_period.as_nanos())
    }

    fn running_written(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        if !is_current(ctx, pod, generation) {
            return;
        }
        show_running(pod, ctx);
        await_readiness(pod, generation, ctx);
    }

    /// The kubelet noticed that the containers ended: the pod's end, or a restart.
    fn exit_seen(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        if !is_current(ctx, pod, generation) {
            return;
        }
        let restarts = match ctx.store.template(pod).restart_policy {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => self.exit_code(pod, ctx) != 0,
            RestartPolicy::Never => false,
        };
        if !restarts {
            let at = self.write(pod, ctx);
            ctx.at(at, Event::Kubelet(KubeletEvent::EndWritten(pod, generation)));
            return;
        }
        let wait = self.restarts.entry(pod).or_default().wait(ctx.now);
        if wait.is_zero() {
            self.restart(pod, generation, ctx);
            return;
        }
        let at = self.write(pod, ctx);
        ctx.at(at, Event::Kubelet(KubeletEvent::BackingOffWritten(pod, generation)));
        let wait = restart::jittered(wait, pod, ctx);
        ctx.after(wait, Event::Kubelet(KubeletEvent::Restart(pod, generation)));
    }

    fn restart(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        if !is_current(ctx, pod, generation) {
            return;
        }
        self.restarts
            .entry(pod)
            .or_default()
            .restarted(ctx.now, &ctx.config.kubelet);
        ctx.store.pods[pod.index()].generation = generation.wrapping_add(1);
        if !ctx.store.killed.is_empty() {
            ctx.store.killed.remove(&pod);
        }
        ctx.store.restart(pod);
        self.run(pod, generation.wrapping_add(1), ctx);
        let at = self.write(pod, ctx);
        ctx.at(
            at,
            Event::Kubelet(KubeletEvent::RestartWritten(pod, generation.wrapping_add(1))),
        );
    }

    fn restart_written(&mut self, pod: PodId, generation: u16, ctx: &mut Context<'_>) {
        if !is_current(ctx, pod, generation) {
            return;
        }
        if ctx.store.pods[pod.index()].phase == PodPhase::Pending {
            // The first run ended before it was shown: one write shows both.
            show_running(pod, ctx);
        }
        ctx.record(Record::PodRestarted(pod));
        ctx.owner_sees_pod(pod);
        await_readiness(pod, generation, ctx);
    }

    /// The containers were killed: noticed at the node's next relist.
    fn killed(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &mut ctx.store.pods[pod.index()];
        if record.deleting || record.phase.is_terminal() {
            return;
        }
        record.generation = record.generation.wrapping_add(1);
        let generation = record.generation;
        let shown = record.phase == PodPhase::Running;
        let seen = self.next_relist(pod, ctx.now, ctx);
        if !shown {
            let at = self.write(pod, ctx);
            ctx.at(at, Event::Kubelet(KubeletEvent::RunningWritten(pod, generation)));
        }
        ctx.at(seen, Event::Kubelet(KubeletEvent::ExitSeen(pod, generation)));
    }

    /// Deletion: the containers get SIGTERM and end after their stop latency, or are killed at the end of the grace period.
    fn stop_pod(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if ctx.store.pods[pod.index()].phase.is_terminal() {
            return;
        }
        let template = ctx.store.template(pod);
        let stop = template
            .behaviour
            .stop_latency
            .unwrap_or(ctx.config.kubelet.stop_latency);
        let stop = template.pre_stop + stop;
        let grace = ctx.store.deletions[&pod].grace;
        let killed = stop > grace;
        let after = stop.min(grace);
        ctx.store.pods[pod.index()].exit_code = if killed { EXIT_SIGKILL } else { EXIT_SIGTERM };
        let sent = ctx.written(ctx.now + after);
        ctx.at(sent, Event::Kubelet(KubeletEvent::Stopped(pod)));
    }

    fn stopped(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        if ctx.store.pods[pod.index()].phase.is_terminal() {
            return;
        }
        self.restarts.remove(&pod);
        let code = ctx.store.pods[pod.index()].exit_code;
        ctx.finish_pod(pod, code);
        let at = ctx.written(ctx.now);
        ctx.at(at, Event::Kubelet(KubeletEvent::Removed(pod)));
    }

    /// Exit code of the run that just ended, or is running.
    fn exit_code(&self, pod: PodId, ctx: &Context<'_>) -> u8 {
        if let Some(code) = ctx.store.killed.get(&pod) {
            return *code;
        }
        let (key, attempt, index) = draw_key(pod, ctx);
        let behaviour = &ctx.store.template(pod).behaviour;
        match attempt_outcome(behaviour, ctx.seed, key, attempt, index) {
            AttemptOutcome::Ok => 0,
            AttemptOutcome::Exit(code) => code,
        }
    }
}

/// When a node's lifecycle event generator relists for the first time.
fn relist_phase(node: usize, config: &ControlPlane, seed: u64) -> SimDuration {
    let period = config.kubelet.pleg_relist_period.as_nanos();
    let draw = rand::Rng::next_u64(&mut stream(seed, Purpose::KubeletPhase, node as u64, 0));
    SimDuration::from_nanos(if period == 0 { 0 } else { draw % period })
}

/// The first tick `phase + k·period` at or after `at`; `at` itself without a period.
fn relist_at_or_after(at: SimTime, phase: u64, period: u64) -> SimTime {
    if period == 0 {
        return at;
    }
    let nanos = at.as_nanos();
    let late = (nanos + period - phase % period) % period;
    SimTime::from_nanos(if late == 0 { nanos } else { nanos + period - late })
}

fn is_current(ctx: &Context<'_>, pod: PodId, generation: u16) -> bool {
    let record = &ctx.store.pods[pod.index()];
    record.generation == generation && !record.phase.is_terminal() && !record.deleting
}

fn show_running(pod: PodId, ctx: &mut Context<'_>) {
    ctx.store.start(pod);
    ctx.record(Record::PodRunning(pod));
    ctx.owner_sees_pod(pod);
}

/// New containers are Ready after the pod's delay, and not before (`pkg/kubelet/prober/prober_manager.go`: the results of
/// another container's probes do not count).
fn await_readiness(pod: PodId, generation: u16, ctx: &mut Context<'_>) {
    let delay = ctx.store.template(pod).behaviour.ready_delay;
    set_ready(pod, delay.is_zero(), ctx);
    if !delay.is_zero() {
        ctx.after(delay, Event::Kubelet(KubeletEvent::ReadyWritten(pod, generation)));
    }
}

pub(super) fn set_ready(pod: PodId, ready: bool, ctx: &mut Context<'_>) {
    if ctx.store.set_ready(pod, ready, ctx.now) {
        ctx.record(Record::PodReadiness(pod, ready));
        ctx.owner_sees_pod(pod);
    }
}

/// Key of a pod's draws: the stream's entity, the attempt, and for Indexed Jobs (index, attempt of that index).
fn draw_key(pod: PodId, ctx: &Context<'_>) -> (u64, u32, Option<(u32, u32)>) {
    let record: &Pod = &ctx.store.pods[pod.index()];
    let restarts = u32::from(record.restarts);
    let entity = ctx.store.draw_key(record.owner);
    let is_indexed = matches!(record.owner, Owner::Job(_)) && record.completion_index != u32::MAX;
    let index = is_indexed.then(|| {
        let starts = ctx.store.index_attempts.get(&pod).copied().unwrap_or(0);
        (record.completion_index, starts + restarts)
    });
    (entity, record.ordinal + restarts, index)
}

fn runtime(pod: PodId, ctx: &Context<'_>) -> Option<SimDuration> {
    let (key, attempt, index) = draw_key(pod, ctx);
    attempt_runtime(&ctx.store.template(pod).behaviour, ctx.seed, key, attempt, index)
}

/// `finishedAt` of a pod's container: the end that the container runtime notes, which the kubelet may show up to a relist
/// later. Of a pod whose containers nobody saw end, the time since which its condition Ready is False, or else its deletion
/// request, or else the end that was shown.
pub(super) fn container_end(pod: PodId, ctx: &Context<'_>) -> SimTime {
    let record = &ctx.store.pods[pod.index()];
    let shown = record.finished.happened().unwrap_or(ctx.now);
    // Nobody saw the containers end (`pkg/controller/job/backoff_utils.go: getFinishedTime`).
    let unseen = ctx
        .store
        .failures
        .get(&pod)
        .is_some_and(|failure| !failure.has_exit_code());
    if unseen || (record.deleting && record.finished.happened().is_none()) {
        let requested = ctx.store.deletions.get(&pod).map(|deletion| deletion.requested);
        return ctx
            .store
            .unready_since
            .get(&pod)
            .copied()
            .or(requested)
            .unwrap_or(shown);
    }
    // The end of a pod that was restarted in place is no failure that a Job's back-off counts.
    if record.deleting || record.restarts > 0 || ctx.store.killed.contains_key(&pod) {
        return shown;
    }
    match (record.started.happened(), runtime(pod, ctx)) {
        (Some(started), Some(runtime)) => shown.min(started + runtime),
        (_, _) => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relists_come_at_their_phase() {
        let at = SimTime::from_nanos;
        assert_eq!(relist_at_or_after(at(7), 3, 10), at(13));
        assert_eq!(relist_at_or_after(at(13), 3, 10), at(13));
        assert_eq!(relist_at_or_after(at(14), 3, 10), at(23));
        assert_eq!(relist_at_or_after(at(0), 3, 10), at(3));
        assert_eq!(relist_at_or_after(at(5), 3, 0), at(5));
    }
}
