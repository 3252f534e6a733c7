//! Nodes and pod templates for tests, written short.

use std::sync::Arc;

use proptest::prelude::*;

use crate::cluster::spec::{
    HostPort, LabelSelector, Labels, NodeSpec, PodAffinity, PodAffinityTerm, PodTemplate, Taint, TaintEffect,
    TopologySpreadConstraint,
};
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

fn arbitrary_selector() -> impl Strategy<Value = Option<LabelSelector>> {
    let app = |value: u8| LabelSelector::of_labels(&Labels::from([("app".to_owned(), format!("a{value}"))]));
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(LabelSelector::default())),
        6 => (0..3_u8).prop_map(move |value| Some(app(value))),
    ]
}

fn arbitrary_key() -> impl Strategy<Value = String> {
    prop_oneof![Just("zone"), Just("kubernetes.io/hostname"), Just("gpu")].prop_map(str::to_owned)
}

fn arbitrary_term() -> impl Strategy<Value = PodAffinityTerm> {
    let namespaces = prop_oneof![4 => Just(vec![]), 1 => Just(vec!["ns1".to_owned()])];
    let namespace_selector = prop_oneof![4 => Just(None), 1 => Just(Some(LabelSelector::default()))];
    let keys = || prop_oneof![4 => Just(vec![]), 1 => Just(vec!["v".to_owned()])];
    (
        arbitrary_selector(),
        arbitrary_key(),
        namespaces,
        namespace_selector,
        keys(),
        keys(),
    )
        .prop_map(
            |(selector, topology_key, namespaces, namespace_selector, match_keys, mismatch_keys)| PodAffinityTerm {
                selector,
                topology_key,
                namespaces,
                namespace_selector,
                match_label_keys: match_keys,
                mismatch_label_keys: mismatch_keys,
            },
        )
}

fn arbitrary_affinity() -> impl Strategy<Value = PodAffinity> {
    let required = prop::collection::vec(arbitrary_term(), 0..2);
    let preferred = prop::collection::vec((1..100_i32, arbitrary_term()), 0..2);
    (required, preferred).prop_map(|(required, preferred)| PodAffinity { required, preferred })
}

fn arbitrary_constraint() -> impl Strategy<Value = TopologySpreadConstraint> {
    let policies = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (1..3_u32, arbitrary_key(), arbitrary_selector(), 1..4_u32, policies).prop_map(
        |(max_skew, topology_key, selector, min_domains, (hard, by_version, affinity, taints))| {
            TopologySpreadConstraint {
                max_skew,
                topology_key,
                hard,
                selector,
                match_label_keys: if by_version { vec!["v".to_owned()] } else { Vec::new() },
                min_domains: if hard { min_domains } else { 1 },
                honor_node_affinity: affinity,
                honor_node_taints: taints,
            }
        },
    )
}

/// The template of a small pod that cares about other pods, or is cared about.
pub fn arbitrary_companion() -> impl Strategy<Value = PodTemplate> {
    let labels = (0..3_u8, 0..3_u8, 0..2_u8);
    let affinity = prop_oneof![2 => Just(None), 1 => (arbitrary_affinity(), arbitrary_affinity()).prop_map(Some)];
    let spread = prop_oneof![2 => Just(vec![]), 1 => prop::collection::vec(arbitrary_constraint(), 1..3)];
    (labels, affinity, spread, any::<bool>(), 0..4_u8, 0..6_u16).prop_map(
        |((app, version, namespace), affinity, spread, owned, gpu, port)| {
            let mut template = pod(100, GI / 8, 0);
            template.namespace = format!("ns{namespace}");
            template.labels.insert("app".to_owned(), format!("a{app}"));
            if version > 0 {
                template.labels.insert("v".to_owned(), format!("v{version}"));
            }
            if gpu == 0 {
                template.node_selector.insert("gpu".to_owned(), "g1".to_owned());
            }
            let scheduling = &mut template.scheduling;
            (scheduling.pod_affinity, scheduling.pod_anti_affinity) = affinity.unwrap_or_default();
            scheduling.topology_spread = spread;
            scheduling.owner_selector = owned.then(|| LabelSelector::of_labels(&template.labels));
            if port < 2 {
                scheduling.host_ports.push(HostPort {
                    ip: HostPort::ANY.to_owned(),
                    protocol: "TCP".to_owned(),
                    port: 8080 + port,
                });
            }
            template
        },
    )
}
