//! What a pod requests, part by part: containers, init containers, sidecars, pod-level resources and overhead.
//!
//! The arithmetic of `staging/src/k8s.io/component-helpers/resource/helpers.go: PodRequests, AggregateContainerRequests,
//! PodLimits`.

use std::collections::BTreeMap;

use crate::cluster::spec::{ContainerRequest, OwnRequests, Request};
use crate::cluster::{Amounts, ResourceId};

/// What a container without a cpu request counts in scoring, in milli-cores
/// (`pkg/scheduler/util/pod_resources.go: DefaultMilliCPURequest`).
const NONZERO_MILLI_CPU: i64 = 100;
/// What a container without a memory request counts in scoring, in bytes (`DefaultMemoryRequest`).
const NONZERO_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts per resource that was named, in the scheduler's units; a resource that was not named is absent, not zero.
pub type Requests = BTreeMap<ResourceId, i64>;

/// The requests and limits of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerRequests {
    /// Its name.
    pub name: String,
    /// What it requests; its limit where it has only that.
    pub requests: Requests,
    /// `resources.limits`.
    pub limits: Requests,
    /// An init container that goes on running (`restartPolicy: Always`).
    pub sidecar: bool,
}

/// The requests of a pod, part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodParts {
    /// `containers`.
    pub containers: Vec<ContainerRequests>,
    /// `initContainers` in order.
    pub init_containers: Vec<ContainerRequests>,
    /// `resources.requests` of the pod; `None` if the pod has none.
    pub pod_level: Option<Requests>,
    /// `resources.limits` of the pod.
    pub pod_level_limits: Requests,
    /// `overhead`.
    pub overhead: Requests,
}

fn add(into: &mut Requests, other: &Requests) {
    for (&id, &amount) in other {
        let sum = into.entry(id).or_insert(0);
        *sum = sum.saturating_add(amount);
    }
}

fn raise(into: &mut Requests, other: &Requests) {
    for (&id, &amount) in other {
        let most = into.entry(id).or_insert(amount);
        *most = (*most).max(amount);
    }
}

/// `requests` with `defaults` for the resources it does not name.
fn filled(requests: &Requests, defaults: &Requests) -> Requests {
    let mut out = defaults.clone();
    out.extend(requests);
    out
}

impl PodParts {
    /// What the containers need together at the worst moment, if each needs what `own` says.
    ///
    /// Sidecars run beside everything that starts after them, the other init containers one at a time before the containers.
    fn at_the_worst(&self, own: impl Fn(&ContainerRequests) -> Requests) -> Requests {
        let mut running = Requests::new();
        for container in &self.containers {
            add(&mut running, &own(container));
        }
        let mut sidecars = Requests::new();
        let mut starting = Requests::new();
        for container in &self.init_containers {
            let own = own(container);
            if container.sidecar {
                add(&mut running, &own);
                add(&mut sidecars, &own);
                raise(&mut starting, &sidecars);
            } else {
                let mut need = own;
                add(&mut need, &sidecars);
                raise(&mut starting, &need);
            }
        }
        raise(&mut running, &starting);
        running
    }
    /// What the containers request together at the worst moment; `defaults` stand in for what a container does not name.
    #[must_use]
    pub fn containers_need(&self, defaults: &Requests) -> Requests {
        self.at_the_worst(|container| filled(&container.requests, defaults))
    }
    fn with_defaults(&self, defaults: &Requests) -> Requests {
        let mut total = self.containers_need(defaults);
        if let Some(pod_level) = &self.pod_level {
            total.extend(pod_level);
        }
        add(&mut total, &self.overhead);
        total
    }
    /// The effective requests: what the scheduler subtracts from a node's room.
    #[must_use]
    pub fn effective(&self) -> Requests {
        self.with_defaults(&Requests::new())
    }
    /// The limits of the whole pod; overhead adds to those that there are.
    #[must_use]
    pub fn limits(&self) -> Requests {
        let mut total = self.at_the_worst(|container| container.limits.clone());
        total.extend(&self.pod_level_limits);
        for (id, amount) in &self.overhead {
            if let Some(limit) = total.get_mut(id) {
                *limit = limit.saturating_add(*amount);
            }
        }
        total
    }
    /// cpu (milli-cores) and memory (bytes) as scoring counts them
    /// (`pkg/scheduler/framework/types.go: PodInfo.calculateResource`): with pod-level requests, only a resource that nobody
    /// requests gets the default.
    #[must_use]
    pub fn nonzero(&self) -> (i64, i64) {
        let mut defaults = Requests::from([
            (ResourceId::CPU, NONZERO_MILLI_CPU),
            (ResourceId::MEMORY, NONZERO_MEMORY),
        ]);
        if self.pod_level.is_some() {
            let effective = self.effective();
            defaults.retain(|id, _| !effective.contains_key(id));
        }
        let total = self.with_defaults(&defaults);
        let of = |id| total.get(&id).copied().unwrap_or(0);
        (of(ResourceId::CPU), of(ResourceId::MEMORY))
    }
    /// Requests of containers and sidecars one by one, for autoscalers
    /// (`pkg/controller/podautoscaler/replica_calculator.go: calculateRequests`).
    #[must_use]
    pub fn own_requests(&self) -> OwnRequests {
        let request = |requests: &Requests| Request {
            cpu: requests.get(&ResourceId::CPU).copied(),
            memory: requests.get(&ResourceId::MEMORY).copied(),
        };
        let sidecars = self.init_containers.iter().filter(|c| c.sidecar);
        let containers = self.containers.iter().chain(sidecars).map(|c| ContainerRequest {
            name: c.name.clone(),
            request: request(&c.requests),
        });
        OwnRequests {
            containers: containers.collect(),
            pod_level: self.pod_level.is_some().then(|| request(&self.effective())),
        }
    }
    /// All containers, those that run first before.
    pub fn all_containers(&self) -> impl Iterator<Item = &ContainerRequests> {
        self.containers.iter().chain(&self.init_containers)
    }
    /// Whether the quality of service is BestEffort: nobody requests or limits cpu or memory
    /// (`pkg/apis/core/v1/helper/qos/qos.go: ComputePodQOS`).
    #[must_use]
    pub fn is_best_effort(&self) -> bool {
        let counts = |amounts: &Requests| {
            let of = |id| amounts.get(&id).is_some_and(|amount| *amount > 0);
            of(ResourceId::CPU) || of(ResourceId::MEMORY)
        };
        !self.all_containers().any(|c| counts(&c.requests) || counts(&c.limits))
            && !self.pod_level.as_ref().is_some_and(counts)
            && !counts(&self.pod_level_limits)
    }
}

/// The amounts as a dense row.
#[must_use]
pub fn to_amounts(requests: &Requests) -> Amounts {
    let mut amounts = Amounts::new();
    for (&id, &value) in requests {
        amounts.set(id, value);
    }
    amounts
}
