//! Nodes and pod templates for tests, written short.

use std::sync::Arc;

use crate::cluster::spec::{NodeSpec, PodTemplate, Taint, TaintEffect};
use crate::cluster::{Amounts, ResourceId, ResourceTable};

/// The one extended resource of the tests.
pub const GPU: ResourceId = ResourceId(4);

pub const GI: i64 = 1 << 30;

pub fn resources() -> ResourceTable {
    let mut table = ResourceTable::default();
    assert_eq!(table.intern("nvidia.com/gpu"), GPU);
    table
}

pub fn amounts(cpu: i64, memory: i64, gpu: i64) -> Amounts {
    let mut amounts = Amounts::new();
    amounts.set(ResourceId::CPU, cpu);
    amounts.set(ResourceId::MEMORY, memory);
    amounts.set(GPU, gpu);
    amounts
}

/// A node of `cpu` cores, `memory` GiB, `gpu` GPUs and 110 pod slots.
pub fn node(name: &str, cpu: i64, memory: i64, gpu: i64) -> NodeSpec {
    let mut allocatable = amounts(cpu * 1000, memory * GI, gpu);
    allocatable.set(ResourceId::PODS, 110);
    NodeSpec {
        name: name.to_owned(),
        capacity: allocatable.clone(),
        allocatable,
        ..NodeSpec::default()
    }
}

/// The template of a pod with one container that requests `cpu` milli-cores, `memory` bytes and `gpu` GPUs; 0 requests nothing.
pub fn pod(cpu: i64, memory: i64, gpu: i64) -> PodTemplate {
    let mut requests = amounts(cpu, memory, gpu);
    requests.set(ResourceId::PODS, 1);
    PodTemplate {
        requests,
        nonzero_cpu: if cpu == 0 { 100 } else { cpu },
        nonzero_memory: if memory == 0 { 200 << 20 } else { memory },
        ..PodTemplate::default()
    }
}

pub fn arcs(templates: &[PodTemplate]) -> Vec<Arc<PodTemplate>> {
    templates.iter().cloned().map(Arc::new).collect()
}

pub fn taint(key: &str, value: &str, effect: TaintEffect) -> Taint {
    Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect,
    }
}
