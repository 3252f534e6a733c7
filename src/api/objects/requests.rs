//! What a pod requests: containers, init containers, sidecars, pod-level resources and overhead.
//!
//! The arithmetic of `staging/src/k8s.io/component-helpers/resource/helpers.go: PodRequests, AggregateContainerRequests`, the
//! defaults of `pkg/apis/core/v1/defaults.go: SetDefaults_Pod`.

use super::context::Reading;
use super::reader::{Field, invalid};
use super::resources::{ContainerResources, is_pod_level, read_pod_level};
use crate::api::quantity::Quantity;
use crate::cluster::ResourceId;

pub use crate::cluster::spec::{ContainerRequests, PodParts, Requests, to_amounts};

/// The amount of `quantity` in the scheduler's unit of `id`.
#[must_use]
pub fn amount(id: ResourceId, quantity: Quantity) -> i64 {
    if id == ResourceId::CPU {
        quantity.milli_value()
    } else {
        quantity.value()
    }
}

/// Reads what the pod with this `spec` requests; `is_pod` as for [`ContainerResources::read`].
pub fn read_parts(spec: &Field<'_>, is_pod: bool, reading: &mut Reading<'_>) -> PodParts {
    let mut container = |field: &Field<'_>| {
        let resources = ContainerResources::read(&field.at("resources"), is_pod, reading);
        ContainerRequests {
            name: field.at("name").str_or_empty().to_owned(),
            requests: resources.effective(reading),
            limits: resources.limits(reading),
            sidecar: field.at("restartPolicy").str() == Some("Always"),
        }
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
    (parts.pod_level, parts.pod_level_limits) = pod_level(spec, &parts, reading);
    parts
}

/// The pod-level requests with their defaults (`defaults.go: defaultPodRequests`): where the pod has limits, a resource that
/// the containers request defaults to what they need, any other to the limit.
fn pod_level(spec: &Field<'_>, parts: &PodParts, reading: &mut Reading<'_>) -> (Option<Requests>, Requests) {
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
    let limits = limits.entries.iter().map(|(name, quantity, _)| {
        let id = reading.resources.intern(name);
        (id, amount(id, *quantity))
    });
    let limits = limits.collect();
    ((!requests.is_empty()).then_some(requests), limits)
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
