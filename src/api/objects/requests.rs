//! What a pod requests: containers, init containers, sidecars, pod-level resources and overhead.
//!
//! The arithmetic of `staging/src/k8s.io/component-helpers/resource/helpers.go: PodRequests, AggregateContainerRequests`, the
//! defaults of `pkg/apis/core/v1/defaults.go: SetDefaults_Pod`.

use std::collections::BTreeMap;

use super::context::Reading;
use super::reader::{Field, invalid};
use super::resources::{ContainerResources, is_pod_level, read_pod_level};
use crate::api::quantity::Quantity;
use crate::cluster::spec::{ContainerRequest, OwnRequests, Request};
use crate::cluster::{Amounts, ResourceId};

/// What a container without a cpu request counts in scoring, in milli-cores
/// (`pkg/scheduler/util/pod_resources.go: DefaultMilliCPURequest`).
const NONZERO_MILLI_CPU: i64 = 100;
/// What a container without a memory request counts in scoring, in bytes (`DefaultMemoryRequest`).
const NONZERO_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts per resource that was named, in the scheduler's units; a resource that was not named is absent, not zero.
pub type Requests = BTreeMap<ResourceId, i64>;

/// The requests of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerRequests {
    /// Its name.
    pub name: String,
    /// What it requests.
    pub requests: Requests,
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
    /// What the containers need together at the worst moment; `defaults` stand in for what a container does not name.
    ///
    /// Sidecars run beside everything that starts after them, the other init containers one at a time before the containers.
    #[must_use]
    pub fn containers_need(&self, defaults: &Requests) -> Requests {
        let mut running = Requests::new();
        for container in &self.containers {
            add(&mut running, &filled(&container.requests, defaults));
        }
        let mut sidecars = Requests::new();
        let mut starting = Requests::new();
        for container in &self.init_containers {
            let own = filled(&container.requests, defaults);
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
}

/// The amount of `quantity` in the scheduler's unit of `id`.
#[must_use]
pub fn amount(id: ResourceId, quantity: Quantity) -> i64 {
    if id == ResourceId::CPU {
        quantity.milli_value()
    } else {
        quantity.value()
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

/// Reads what the pod with this `spec` requests; `is_pod` as for [`ContainerResources::read`].
pub fn read_parts(spec: &Field<'_>, is_pod: bool, reading: &mut Reading<'_>) -> PodParts {
    let mut container = |field: &Field<'_>| ContainerRequests {
        name: field.at("name").str_or_empty().to_owned(),
        requests: ContainerResources::read(&field.at("resources"), is_pod, reading).effective(reading),
        sidecar: field.at("restartPolicy").str() == Some("Always"),
    };
    let mut parts = PodParts {
        init_containers: spec.at("initContainers").items().iter().map(&mut container).collect(),
        containers: spec.at("containers").items().iter().map(&mut container).collect(),
        ..PodParts::default()
    };
    for container in &mut parts.containers {
        container.sidecar = false;
    }
    for (name, field) in spec.at("overhead").entries() {
        if let Some(quantity) = field.quantity() {
            let id = reading.resources.intern(name);
            parts.overhead.insert(id, amount(id, quantity));
        }
    }
    parts.pod_level = pod_level(spec, &parts, reading);
    parts
}

/// The pod-level requests with their defaults (`defaults.go: defaultPodRequests`): where the pod has limits, a resource that
/// the containers request defaults to what they need, any other to the limit.
fn pod_level(spec: &Field<'_>, parts: &PodParts, reading: &mut Reading<'_>) -> Option<Requests> {
    let field = spec.at("resources");
    let (limits, given) = read_pod_level(&field, reading);
    let need = parts.containers_need(&Requests::new());
    let mut requests = Requests::new();
    for (name, quantity, entry) in &given.entries {
        let id = reading.resources.intern(name);
        let value = amount(id, *quantity);
        if let Some(&least) = need.get(&id).filter(|&&least| least > value) {
            let message = format!(
                "must be greater than or equal to aggregate container requests of {}",
                printed(id, least)
            );
            entry.error(reading.problems, invalid(format!("\"{quantity}\""), &message));
        }
        requests.insert(id, value);
    }
    if !limits.entries.is_empty() {
        for (&id, &value) in &need {
            if is_pod_level(reading.resources.name(id)) {
                requests.entry(id).or_insert(value);
            }
        }
        for (name, quantity, _) in &limits.entries {
            let id = reading.resources.intern(name);
            requests.entry(id).or_insert_with(|| amount(id, *quantity));
        }
    }
    (!requests.is_empty()).then_some(requests)
}

/// An amount as a quantity is printed.
fn printed(id: ResourceId, value: i64) -> String {
    if id == ResourceId::CPU && value % 1000 != 0 {
        format!("{value}m")
    } else if id == ResourceId::CPU {
        (value / 1000).to_string()
    } else {
        value.to_string()
    }
}
