//! What the workloads of apps/v1 have in common.

use super::context::Reading;
use super::metadata::{Metadata, Scope, read_metadata};
use super::pod_scheduling::joined_selector;
use super::pod_template::{Workload, read_pod_template};
use super::reader::{Field, invalid, quoted};
use super::selector::check_selector;
use crate::api::value::{Value, ValueKind};
use crate::cluster::spec::{IntOrPercent, LabelSelector, PodTemplate};

/// The fields that all of them have.
pub struct Common<'a> {
    /// The object's metadata.
    pub metadata: Metadata<'a>,
    /// `spec`.
    pub spec: Field<'a>,
    /// `spec.replicas`; DaemonSets have none.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: u32,
    /// `spec.selector`.
    pub selector: LabelSelector,
    /// `spec.template`.
    pub template: PodTemplate,
}

/// Reads metadata, `minReadySeconds`, selector and template; `word` is the API server's word for the kind.
pub fn read_common<'a>(
    object: &Field<'a>,
    workload: Workload,
    word: &str,
    ordinal: usize,
    reading: &mut Reading<'_>,
) -> Common<'a> {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let spec = object.at("spec");
    let replicas = spec.at("replicas").count(reading.problems).unwrap_or(1);
    let min_ready = spec.at("minReadySeconds").count(reading.problems).unwrap_or(0);
    let mut template = read_pod_template(&spec.at("template"), &metadata.field, &metadata.name, workload, reading);
    let selector = check_selector(&spec, &template.labels, word, reading);
    match workload {
        // The scheduler spreads them by the selector of their owner
        // (`pkg/scheduler/framework/plugins/helper/spread.go: DefaultSelector`).
        Workload::ReplicaSet | Workload::StatefulSet => {
            let services = template.scheduling.owner_selector.take();
            template.scheduling.owner_selector = joined_selector(services, selector.clone());
        }
        Workload::DaemonSet | Workload::Job | Workload::Pod => {}
    }
    Common {
        metadata,
        spec,
        replicas,
        min_ready,
        selector: selector.unwrap_or_default(),
        template,
    }
}

/// An update strategy as the API server prints it: its internal type, whose fields have no JSON names. What is not given of
/// `rollingUpdate` is `absent`.
pub fn strategy_json(kind: &str, rolling: &Field<'_>, keys: &[&str], absent: &str) -> String {
    let rolling = if rolling.is_present() {
        rolling_json(rolling, keys, absent)
    } else {
        "null".to_owned()
    };
    format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", quoted(kind))
}

/// The same of `rollingUpdate` alone.
pub fn rolling_json(rolling: &Field<'_>, keys: &[&str], absent: &str) -> String {
    let entries = keys.iter().map(|key| {
        let field = rolling.at(key);
        let value = if field.is_present() {
            field.json()
        } else {
            absent.to_owned()
        };
        let (first, rest) = key.split_at(1);
        format!("\"{}{rest}\":{value}", first.to_ascii_uppercase())
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}

/// Reads a count or percentage; `None` if it is absent or wrong, which is told.
pub fn read_share(field: &Field<'_>, at_most_all: bool, reading: &mut Reading<'_>) -> Option<IntOrPercent> {
    if let Some(count) = field.int() {
        let pods = u32::try_from(count).ok();
        if pods.is_none() {
            let message = invalid(count, "must be greater than or equal to 0");
            field.error(reading.problems, message);
        }
        return pods.map(IntOrPercent::Int);
    }
    let text = field.str()?;
    let percent = text.strip_suffix('%').and_then(|n| n.parse::<u32>().ok());
    match percent {
        None => {
            let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                          '93%', regex used for validation is '[0-9]+%')";
            field.error(reading.problems, invalid(field.json(), detail));
        }
        Some(percent) if at_most_all && percent > 100 => {
            field.error(reading.problems, invalid(field.json(), "must not be greater than 100%"));
        }
        Some(_) => {}
    }
    percent.map(IntOrPercent::Percent)
}

/// A number that stands for `spec.template` as it is written, whatever the order of its fields (FNV-1a).
pub fn template_hash(spec: &Field<'_>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    spec.at("template").value().map_or(OFFSET, |value| hash(value, OFFSET))
}

fn hash(value: &Value, state: u64) -> u64 {
    match &value.kind {
        ValueKind::Null => bytes(b"n", state),
        ValueKind::Bool(flag) => bytes(&[b'b', u8::from(*flag)], state),
        ValueKind::Number(text) => bytes(text.as_bytes(), bytes(b"#", state)),
        ValueKind::String(text) => bytes(text.as_bytes(), bytes(b"\"", state)),
        ValueKind::List(items) => bytes(
            b"]",
            items.iter().fold(bytes(b"[", state), |state, item| hash(item, state)),
        ),
        ValueKind::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, value)| (&key.name, value)).collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |state, (key, value): (&String, &Value)| hash(value, bytes(key.as_bytes(), bytes(b":", state)));
            bytes(b"}", entries.into_iter().fold(bytes(b"{", state), entry))
        }
    }
}

fn bytes(bytes: &[u8], state: u64) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes
        .iter()
        .fold(state, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(PRIME))
}
