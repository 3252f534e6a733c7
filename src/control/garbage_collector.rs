//! The garbage collector (`pkg/controller/garbagecollector/garbagecollector.go`): it deletes what has lost its owner, object by
//! object, through its own client.

use std::collections::VecDeque;

use crate::cluster::ids::{PodId, ReplicaSetId, WorkloadId};
use crate::control::config::ControlPlane;
use crate::control::context::Context;
use crate::control::event::{Event, GcEvent};
use crate::control::rate_limit::TokenBucket;

/// An object whose owner is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dependent {
    Pod(PodId),
    ReplicaSet(ReplicaSetId),
}

/// What a worker does with its dependent (`attemptToDeleteItem`): it reads the object, then deletes it. That the owner is gone
/// it knows from its watch (`graph_builder.go: absentOwnerCache`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// GET of the object.
    ReadObject,
    /// DELETE of the object.
    Delete,
}

/// The garbage collector.
#[derive(Debug)]
pub struct GarbageCollector {
    client: TokenBucket,
    queue: VecDeque<Dependent>,
    workers: Vec<Option<(Dependent, Call)>>,
}

impl GarbageCollector {
    /// A garbage collector at rest.
    #[must_use]
    pub fn new(config: &ControlPlane) -> Self {
        Self {
            client: TokenBucket::new(config.garbage_collector.client),
            queue: VecDeque::new(),
            workers: vec![None; config.garbage_collector.concurrent_gc_syncs.max(1) as usize],
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: GcEvent, ctx: &mut Context<'_>) {
        match event {
            GcEvent::OwnerGone(owner) => {
                self.queue.extend(dependents(owner, ctx));
                self.start_workers(ctx);
            }
            GcEvent::CallDone { worker } => self.call_done(worker, ctx),
        }
    }

    fn start_workers(&mut self, ctx: &mut Context<'_>) {
        while let (Some(worker), false) = (self.workers.iter().position(Option::is_none), self.queue.is_empty()) {
            let Some(dependent) = self.queue.pop_front() else {
                return;
            };
            self.send(worker as u32, dependent, Call::ReadObject, ctx);
        }
    }

    fn send(&mut self, worker: u32, dependent: Dependent, call: Call, ctx: &mut Context<'_>) {
        self.workers[worker as usize] = Some((dependent, call));
        let sent = self.client.take(ctx.now);
        ctx.at(sent + ctx.config.api_latency, Event::Gc(GcEvent::CallDone { worker }));
    }

    fn call_done(&mut self, worker: u32, ctx: &mut Context<'_>) {
        let (dependent, call) = self.workers[worker as usize].expect("a call in flight has a worker");
        match call {
            Call::ReadObject => self.send(worker, dependent, Call::Delete, ctx),
            Call::Delete => {
                match dependent {
                    Dependent::Pod(pod) => ctx.delete_pod(pod),
                    Dependent::ReplicaSet(id) => ctx.delete_replica_set(id),
                }
                self.workers[worker as usize] = None;
                self.start_workers(ctx);
            }
        }
    }
}

/// What `owner` made and is still there.
fn dependents(owner: WorkloadId, ctx: &Context<'_>) -> Vec<Dependent> {
    match owner {
        WorkloadId::Deployment(id) => {
            let sets = &ctx.store.deployments[id.index()].replica_sets;
            sets.iter().map(|id| Dependent::ReplicaSet(*id)).collect()
        }
        WorkloadId::ReplicaSet(_) | WorkloadId::StatefulSet(_) | WorkloadId::DaemonSet(_) => {
            ctx.store.pods_of(owner).map(|(pod, _)| Dependent::Pod(pod)).collect()
        }
    }
}
