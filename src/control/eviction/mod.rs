//! The Eviction API (`pkg/registry/core/pod/storage/eviction.go`), and `kubectl cordon` and `drain`, which use it
//! (`staging/src/k8s.io/kubectl/pkg/drain/drain.go`).

use std::collections::BTreeMap;

use crate::cluster::Store;
use crate::cluster::ids::{NodeId, PodId};
use crate::cluster::pod::{Disruption, Owner, Pod, PodPhase};
use crate::cluster::refusal::Refusal;
use crate::control::context::Context;
use crate::control::disruption::{Counts, count, disruptions_allowed, protects};
use crate::control::event::{Event, EvictionEvent};
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::kernel::SimDuration;

/// Limits of kubectl's client: client-go's defaults (`staging/src/k8s.io/client-go/rest/config.go: DefaultQPS, DefaultBurst`).
const KUBECTL: RateLimit = RateLimit::new(5.0, 10);
/// How long a drain waits before it asks again for a pod that a disruption budget protects (`drain.go: evictPods`).
const RETRY: SimDuration = SimDuration::from_secs(5);
/// HTTP status of a request that may be repeated later.
const TOO_MANY_REQUESTS: u16 = 429;
/// Its message.
const VIOLATES: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
/// The message to a request for a pod that two budgets protect.
const TWO_BUDGETS: &str =
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";

impl Context<'_> {
    /// A client asks the Eviction API for `pod` now; a refusal is not repeated.
    pub fn evict(&mut self, pod: PodId) {
        self.after(self.config.api_latency, Event::Eviction(EvictionEvent::Requested(pod)));
    }
    /// A client asks to delete `pod` now, with the pod's own grace period, as `kubectl delete pod` does.
    pub fn delete_pod_by_user(&mut self, pod: PodId) {
        self.after(self.config.api_latency, Event::Eviction(EvictionEvent::Deleted(pod)));
    }
    /// `kubectl cordon`, sent now: no new pods are placed on `node`.
    pub fn cordon(&mut self, node: NodeId) {
        self.after(
            self.config.api_latency,
            Event::Eviction(EvictionEvent::Cordoned(node, true)),
        );
    }
    /// `kubectl uncordon`, sent now.
    pub fn uncordon(&mut self, node: NodeId) {
        self.after(
            self.config.api_latency,
            Event::Eviction(EvictionEvent::Cordoned(node, false)),
        );
    }
    /// `kubectl drain --ignore-daemonsets --force`, started now: cordons `node`, then evicts its pods, all at once, asking again
    /// every 5 s for those that a disruption budget protects.
    pub fn drain(&mut self, node: NodeId) {
        self.cordon(node);
        let listed = self.config.api_latency + self.config.api_read_latency;
        self.after(listed, Event::Eviction(EvictionEvent::Listed(node)));
    }
}

/// The Eviction API, and the drains that are under way.
#[derive(Debug, Default)]
pub struct Evictions {
    /// The client of each drain.
    drains: BTreeMap<NodeId, TokenBucket>,
}

impl Evictions {
    /// Acts on what it waited for.
    pub fn handle(&mut self, event: EvictionEvent, ctx: &mut Context<'_>) {
        match event {
            EvictionEvent::Requested(pod) => {
                if let Err(refusal) = evict(pod, ctx) {
                    let (namespace, name) = (ctx.store.pod_namespace(pod), ctx.store.pod_name(pod, ctx.seed));
                    let request = format!("evict Pod {namespace}/{name}");
                    ctx.refuse(request, refusal);
                }
            }
            EvictionEvent::Deleted(pod) => {
                if is_active(pod, ctx) {
                    ctx.delete_pod(pod);
                } else if ctx.store.pods[pod.index()].phase.is_terminal() {
                    ctx.delete_ended_pod(pod);
                }
            }
            EvictionEvent::Cordoned(node, unschedulable) => {
                if ctx.store.node_states[node.index()].exists {
                    ctx.update_node(node, |spec| spec.unschedulable = unschedulable);
                }
            }
            EvictionEvent::Listed(node) => {
                self.drains.insert(node, TokenBucket::new(KUBECTL));
                for pod in ctx.store.pods_on(node) {
                    if is_drained(pod, ctx) {
                        self.ask(pod, ctx);
                    }
                }
            }
            EvictionEvent::Drain(pod) => self.ask(pod, ctx),
            EvictionEvent::DrainRequested(pod) => {
                if evict(pod, ctx).is_err_and(|refusal| refusal.code == TOO_MANY_REQUESTS) {
                    ctx.after(RETRY, Event::Eviction(EvictionEvent::Drain(pod)));
                }
            }
        }
    }

    /// A drain sends its request for `pod`.
    fn ask(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let node = ctx.store.pods[pod.index()].node;
        let client = self.drains.entry(node).or_insert_with(|| TokenBucket::new(KUBECTL));
        let at = client.take(ctx.now) + ctx.config.api_latency;
        ctx.at(at, Event::Eviction(EvictionEvent::DrainRequested(pod)));
    }
}

/// The Eviction API takes a request. If it grants it, it marks the pod, then deletes it: two writes to the store. A pod that
/// has ended is deleted, one that is being deleted already is left to that.
///
/// # Errors
/// 429: a disruption budget does not allow it now. 500: more than one budget protects the pod, which the API does not support.
pub(in crate::control) fn evict(pod: PodId, ctx: &mut Context<'_>) -> Result<(), Refusal> {
    if is_active(pod, ctx) {
        ask_budgets(pod, ctx.store)?;
        ctx.disrupt_pod(pod, Disruption::EvictionByEvictionApi);
    }
    ctx.after(ctx.config.api_latency, Event::Eviction(EvictionEvent::Deleted(pod)));
    Ok(())
}

/// Whether the disruption budgets allow the eviction of `pod` (`eviction.go: Create, canIgnorePDB, checkAndDecrement`).
fn ask_budgets(pod: PodId, store: &Store) -> Result<(), Refusal> {
    let (record, template) = (&store.pods[pod.index()], store.template(pod));
    if store.disruption_budgets.is_empty() || record.phase == PodPhase::Pending {
        return Ok(());
    }
    let mut budgets = store
        .disruption_budgets
        .iter()
        .filter(|budget| protects(budget, template));
    let Some(budget) = budgets.next() else {
        return Ok(());
    };
    if budgets.next().is_some() {
        return Err(Refusal {
            code: 500,
            message: TWO_BUDGETS.to_owned(),
        });
    }
    let counts = count(budget, store);
    if !record.ready {
        // The most that could be disrupted, less what may be, is what must stay.
        let all = Counts {
            healthy: u32::MAX,
            ..counts
        };
        let must_stay = u32::MAX - disruptions_allowed(budget, all);
        if budget.always_allow_unhealthy || (must_stay > 0 && counts.healthy >= must_stay) {
            return Ok(());
        }
    }
    // `status.disruptedPods`: granted, and not deleted yet.
    let is_going = |pod: &&Pod| {
        let evicted = pod.disruption == Disruption::EvictionByEvictionApi && pod.is_active() && pod.ready;
        evicted && protects(budget, &store.templates[pod.template.index()])
    };
    let going = store.pods.iter().filter(is_going).count() as u32;
    if disruptions_allowed(budget, counts) > going {
        Ok(())
    } else {
        Err(Refusal {
            code: TOO_MANY_REQUESTS,
            message: VIOLATES.to_owned(),
        })
    }
}

fn is_active(pod: PodId, ctx: &Context<'_>) -> bool {
    ctx.store.pods[pod.index()].is_active()
}

/// Whether a drain evicts `pod`: not the pods of a DaemonSet, which would come back at once.
fn is_drained(pod: PodId, ctx: &Context<'_>) -> bool {
    is_active(pod, ctx) && !matches!(ctx.store.pods[pod.index()].owner, Owner::DaemonSet(_))
}
