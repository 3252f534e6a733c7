//! The taint eviction controller (`pkg/controller/tainteviction/taint_eviction.go`): it deletes the pods of a node that do not
//! tolerate its NoExecute taints, each when its time is over.

use std::collections::BTreeMap;

use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::pod::Disruption;
use crate::cluster::spec::{NodeSpec, PodTemplate, TaintEffect};
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, TaintEvictionEvent};
use crate::control::event_writer::EventWriter;
use crate::control::limits::LimitUse;
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::kernel::{SimDuration, SimTime};

/// The calls about one pod, in order (`addConditionAndDeletePod`).
const GET: u8 = 0;
const PATCH: u8 = 1;
const DELETE: u8 = 2;

/// For how long a pod stays on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// For good: no NoExecute taint, or all tolerated without end.
    ForEver,
    /// For this long after the taint is seen.
    For(SimDuration),
}

/// `GetMatchingTolerations`, `getMinTolerationTime`: the least time of the tolerations that are used; nothing if a taint is not
/// tolerated at all.
fn stay(node: &NodeSpec, template: &PodTemplate) -> Stay {
    let mut stay = Stay::ForEver;
    for taint in node
        .taints
        .iter()
        .filter(|taint| taint.effect == TaintEffect::NoExecute)
    {
        // The first toleration that matches is the one that is used.
        let Some(used) = template
            .tolerations
            .iter()
            .find(|toleration| toleration.tolerates(taint))
        else {
            return Stay::For(SimDuration::ZERO);
        };
        if let Some(seconds) = used.toleration_seconds {
            let span = SimDuration::from_secs(1).saturating_mul(u64::try_from(seconds).unwrap_or(0));
            stay = match stay {
                Stay::ForEver => Stay::For(span),
                Stay::For(least) => Stay::For(least.min(span)),
            };
        }
    }
    stay
}

/// The controller.
#[derive(Debug)]
pub struct TaintEviction {
    client: TokenBucket,
    writer: EventWriter,
    /// Pods that will be deleted: since when that is known, and when.
    scheduled: BTreeMap<PodId, (SimTime, SimTime)>,
}

impl TaintEviction {
    /// A controller at rest.
    #[must_use]
    pub fn new(config: &ControlPlane) -> Self {
        let nodes = &config.node_lifecycle;
        let written = Event::TaintEviction(TaintEvictionEvent::EventWritten);
        Self {
            client: TokenBucket::new(nodes.client),
            writer: EventWriter::new(nodes.write_events, written),
            scheduled: BTreeMap::new(),
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: TaintEvictionEvent, ctx: &mut Context<'_>) {
        match event {
            TaintEvictionEvent::NodeSeen(node) => self.node_seen(node, ctx),
            TaintEvictionEvent::PodSeen(pod) => self.process(pod, ctx),
            TaintEvictionEvent::Due(pod) => {
                if self.scheduled.get(&pod).is_some_and(|(_, at)| *at == ctx.now) {
                    self.scheduled.remove(&pod);
                    self.evict(pod, ctx);
                }
            }
            TaintEvictionEvent::CallDone(pod, call) => self.call_done(pod, call, ctx),
            TaintEvictionEvent::EventWritten => self.writer.written(&mut self.client, ctx),
        }
    }

    /// Calls to the API server, and how many of them waited for a token.
    #[must_use]
    pub const fn api_calls(&self) -> (u64, u64) {
        (self.client.calls(), self.client.delayed())
    }
    /// How its client met its limit until `now`.
    #[must_use]
    pub fn limit(&self, client: RateLimit, now: SimTime) -> Option<LimitUse> {
        LimitUse::of_client("taint eviction controller", client, &self.client, now)
    }

    /// `handleNodeUpdate`.
    fn node_seen(&mut self, node: NodeId, ctx: &mut Context<'_>) {
        if ctx.store.node_states[node.index()].exists {
            for pod in ctx.store.pods_on(node) {
                self.process(pod, ctx);
            }
        }
    }

    /// `processPodOnNode`.
    fn process(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        let Some(node) = record
            .node
            .some()
            .filter(|_| !record.deleting && !record.phase.is_terminal())
        else {
            return;
        };
        match stay(&ctx.store.nodes[node.index()], ctx.store.template(pod)) {
            Stay::ForEver => {
                if self.scheduled.remove(&pod).is_some() {
                    // "Cancelling deletion of Pod".
                    self.writer.emit(&mut 0, &mut self.client, ctx);
                }
            }
            Stay::For(span) if span.is_zero() => {
                self.scheduled.remove(&pod);
                self.evict(pod, ctx);
            }
            Stay::For(span) => {
                // A time that runs already goes on.
                let known = self.scheduled.get(&pod);
                if known.is_none_or(|(since, _)| *since >= ctx.now) {
                    let at = ctx.now + span;
                    self.scheduled.insert(pod, (ctx.now, at));
                    ctx.at(at, Event::TaintEviction(TaintEvictionEvent::Due(pod)));
                }
            }
        }
    }

    /// `deletePodHandler`: "Marking for deletion Pod"; each pod by a goroutine of its own.
    fn evict(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        self.writer.emit(&mut 0, &mut self.client, ctx);
        self.call(pod, GET, ctx);
    }

    fn call(&mut self, pod: PodId, call: u8, ctx: &mut Context<'_>) {
        let sent = self.client.take(ctx.now);
        let at = if call == GET { ctx.read(sent) } else { ctx.written(sent) };
        ctx.at(at, Event::TaintEviction(TaintEvictionEvent::CallDone(pod, call)));
    }

    fn call_done(&mut self, pod: PodId, call: u8, ctx: &mut Context<'_>) {
        let record = &ctx.store.pods[pod.index()];
        if record.gone || record.deleting || record.phase.is_terminal() {
            return;
        }
        match call {
            GET => self.call(pod, PATCH, ctx),
            PATCH => {
                ctx.disrupt_pod(pod, Disruption::DeletionByTaintManager);
                self.call(pod, DELETE, ctx);
            }
            _ => ctx.delete_pod(pod),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::{Taint, Toleration};

    fn toleration(key: &str, seconds: Option<i64>) -> Toleration {
        Toleration {
            key: key.into(),
            exists: true,
            value: String::new(),
            effect: Some(TaintEffect::NoExecute),
            toleration_seconds: seconds,
        }
    }
    fn staying(taints: &[&str], tolerations: &[(&str, Option<i64>)]) -> Stay {
        let node = NodeSpec {
            taints: taints
                .iter()
                .map(|key| Taint::of_condition(key, TaintEffect::NoExecute))
                .collect(),
            ..NodeSpec::default()
        };
        let template = PodTemplate {
            tolerations: tolerations
                .iter()
                .map(|(key, seconds)| toleration(key, *seconds))
                .collect(),
            ..PodTemplate::default()
        };
        stay(&node, &template)
    }

    #[test]
    fn the_least_time_of_the_tolerations_that_match_counts() {
        let seconds = |s| Stay::For(SimDuration::from_secs(s));
        assert_eq!(staying(&[], &[]), Stay::ForEver);
        assert_eq!(staying(&["a"], &[]), seconds(0));
        assert_eq!(staying(&["a"], &[("a", None)]), Stay::ForEver);
        assert_eq!(staying(&["a"], &[("a", Some(300))]), seconds(300));
        assert_eq!(staying(&["a"], &[("a", Some(-5))]), seconds(0));
        assert_eq!(staying(&["a", "b"], &[("a", Some(300)), ("b", Some(10))]), seconds(10));
        assert_eq!(staying(&["a", "b"], &[("a", None), ("b", Some(10))]), seconds(10));
        assert_eq!(staying(&["a", "b"], &[("a", None)]), seconds(0));
    }
}
