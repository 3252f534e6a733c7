//! Where a pod may run beside other pods: pod affinity and anti-affinity, `topologySpreadConstraints`, host ports, gates
//! (`pkg/apis/core/validation/validation.go`).

use std::collections::BTreeSet;

use super::context::Reading;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};
use super::selector::read_label_selector;
use crate::cluster::spec::{
    HostPort, LabelSelector, Labels, PodAffinity, PodAffinityTerm, PodScheduling, TopologySpreadConstraint,
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Takes note of a Service, whose pods belong together.
pub fn collect_service(object: &Field<'_>, services: &mut Vec<(String, Labels)>) {
    let selector = object.at_path("spec.selector");
    if selector.is_present() {
        let namespace = object.at_path("metadata.namespace");
        let namespace = or_default(namespace.str_or_empty(), "default");
        services.push((namespace, selector.string_map()));
    }
}

/// Takes note of a PersistentVolumeClaim.
pub fn collect_claim(object: &Field<'_>, claims: &mut BTreeSet<(String, String)>) {
    let [namespace, name] = ["namespace", "name"].map(|key| object.at("metadata").at(key));
    let namespace = or_default(namespace.str_or_empty(), "default");
    claims.insert((namespace, name.str_or_empty().to_owned()));
}

/// The claims of a pod that the input does not hold.
fn absent_claims(spec: &Field<'_>, namespace: &str, reading: &Reading<'_>) -> Vec<String> {
    let volumes = spec.at("volumes").items();
    let names = volumes
        .iter()
        .filter_map(|volume| volume.at_path("persistentVolumeClaim.claimName").str());
    let known = |name: &str| reading.claims.contains(&(namespace.to_owned(), name.to_owned()));
    names.filter(|name| !known(name)).map(str::to_owned).collect()
}

/// How the Services of pods with `labels` select them together; `None`: they have no Service
/// (`pkg/scheduler/framework/plugins/helper/spread.go: DefaultSelector`).
fn service_selector(namespace: &str, labels: &Labels, services: &[(String, Labels)]) -> Option<LabelSelector> {
    let selects = |selector: &Labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    let of_pod = services
        .iter()
        .filter(|(ns, selector)| ns == namespace && selects(selector));
    let mut joined = Labels::new();
    for (_, selector) in of_pod {
        joined.extend(selector.clone());
    }
    (!joined.is_empty()).then(|| LabelSelector::of_labels(&joined))
}

/// Joins what the Services of pods and their owner select them by.
#[must_use]
pub fn joined_selector(services: Option<LabelSelector>, owner: Option<LabelSelector>) -> Option<LabelSelector> {
    match (services, owner) {
        (Some(services), Some(mut owner)) => {
            owner.match_labels.extend(services.match_labels);
            Some(owner)
        }
        (one, other) => one.or(other),
    }
}

/// Reads what the spec of a pod of `namespace` with `labels` says of other pods, of ports and of the scheduler.
pub fn read_scheduling(spec: &Field<'_>, namespace: &str, labels: &Labels, reading: &mut Reading<'_>) -> PodScheduling {
    let affinity = spec.at("affinity");
    let pod_affinity = read_pod_affinity(&affinity.at("podAffinity"), reading);
    let pod_anti_affinity = read_pod_affinity(&affinity.at("podAntiAffinity"), reading);
    PodScheduling {
        scheduler_name: spec.at("schedulerName").str_or_empty().to_owned(),
        gates: read_gates(&spec.at("schedulingGates"), reading),
        pod_affinity,
        pod_anti_affinity,
        topology_spread: spec
            .at("topologySpreadConstraints")
            .items()
            .iter()
            .map(|item| read_constraint(item, reading))
            .collect(),
        owner_selector: service_selector(namespace, labels, &reading.services),
        host_ports: read_host_ports(spec, reading),
        absent_claims: absent_claims(spec, namespace, reading),
    }
}

fn read_gates(gates: &Field<'_>, reading: &mut Reading<'_>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for gate in gates.items() {
        let name = gate.at("name");
        let text = name.str_or_empty().to_owned();
        // The API server names the gate, not its name (`validateSchedulingGates`).
        let field = name.renamed(gate.path());
        for problem in names::qualified_name(&text) {
            field.error(reading.problems, invalid(quoted(&text), &problem));
        }
        if known.contains(&text) {
            field.error(reading.problems, format!("Duplicate value: {}", quoted(&text)));
        }
        known.push(text);
    }
    known
}

fn read_pod_affinity(field: &Field<'_>, reading: &mut Reading<'_>) -> PodAffinity {
    let required = field.at(REQUIRED).items();
    let preferred = field.at(PREFERRED).items();
    PodAffinity {
        required: required.iter().map(|term| read_term(term, reading)).collect(),
        preferred: preferred
            .iter()
            .map(|item| {
                let field = item.at("weight");
                let weight = field.int32().unwrap_or(0);
                if !(1..=100).contains(&weight) {
                    field.error(reading.problems, invalid(weight, "must be in the range 1-100"));
                }
                (weight, read_term(&item.at("podAffinityTerm"), reading))
            })
            .collect(),
    }
}

fn read_term(field: &Field<'_>, reading: &mut Reading<'_>) -> PodAffinityTerm {
    for name in field.at("namespaces").items() {
        for text in names::dns_label(name.str_or_empty()) {
            // The API server names a field that does not exist (`validatePodAffinityTerm`).
            name.renamed(field.at("namespace").path())
                .error(reading.problems, invalid(name.json(), &text));
        }
    }
    let selector = read_optional_selector(&field.at("labelSelector"), reading);
    let keys = |name: &str, reading: &mut Reading<'_>| read_keys(&field.at(name), selector.is_some(), reading);
    let (match_label_keys, mismatch_label_keys) = (keys("matchLabelKeys", reading), keys("mismatchLabelKeys", reading));
    PodAffinityTerm {
        topology_key: read_topology_key(field, true, reading),
        namespaces: field.at("namespaces").string_list(),
        namespace_selector: read_optional_selector(&field.at("namespaceSelector"), reading),
        match_label_keys,
        mismatch_label_keys,
        selector,
    }
}

fn read_optional_selector(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<LabelSelector> {
    field.is_present().then(|| read_label_selector(field, reading))
}

/// Reads `matchLabelKeys` or `mismatchLabelKeys` (`validateLabelKeys`).
fn read_keys(field: &Field<'_>, has_selector: bool, reading: &mut Reading<'_>) -> Vec<String> {
    let keys = field.string_list();
    if !keys.is_empty() && !has_selector {
        field.error(
            reading.problems,
            "Forbidden: must not be specified when labelSelector is not set",
        );
    }
    for (item, key) in field.items().iter().zip(&keys) {
        for text in names::qualified_name(key) {
            item.error(reading.problems, invalid(quoted(key), &text));
        }
    }
    keys
}

fn read_topology_key(term: &Field<'_>, of_affinity: bool, reading: &mut Reading<'_>) -> String {
    let key = term.at("topologyKey");
    let text = key.str_or_empty();
    if text.is_empty() {
        key.error(reading.problems, required("can not be empty"));
    }
    // Of an empty one this is told, too (`validatePodAffinityTerm`); spread constraints are not looked at further.
    if !text.is_empty() || of_affinity {
        for problem in names::qualified_name(text) {
            key.error(reading.problems, invalid(key.json(), &problem));
        }
    }
    text.to_owned()
}

/// Reads a topology spread constraint.
pub fn read_constraint(field: &Field<'_>, reading: &mut Reading<'_>) -> TopologySpreadConstraint {
    let skew = field.at("maxSkew");
    let max_skew = skew.int32().unwrap_or(0);
    if max_skew <= 0 {
        skew.error(reading.problems, invalid(max_skew, "must be greater than zero"));
    }
    let topology_key = read_topology_key(field, false, reading);
    let policy = field.at("whenUnsatisfiable");
    let unsatisfiable = policy.str_or_empty();
    if !matches!(unsatisfiable, "DoNotSchedule" | "ScheduleAnyway") {
        let message = unsupported(unsatisfiable, &["DoNotSchedule", "ScheduleAnyway"]);
        policy.error(reading.problems, message);
    }
    let domains = field.at("minDomains");
    let min_domains = domains.int32();
    if let Some(count) = min_domains {
        if count <= 0 {
            domains.error(reading.problems, invalid(count, "must be greater than zero"));
        }
        if unsatisfiable == "ScheduleAnyway" {
            let detail = "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway";
            domains.error(reading.problems, invalid(count, detail));
        }
    }
    let selector = read_optional_selector(&field.at("labelSelector"), reading);
    TopologySpreadConstraint {
        max_skew: max_skew.max(1).unsigned_abs(),
        topology_key,
        hard: unsatisfiable == "DoNotSchedule",
        match_label_keys: read_keys(&field.at("matchLabelKeys"), selector.is_some(), reading),
        selector,
        min_domains: min_domains.unwrap_or(1).max(1).unsigned_abs(),
        honor_node_affinity: read_policy(&field.at("nodeAffinityPolicy"), reading).unwrap_or(true),
        honor_node_taints: read_policy(&field.at("nodeTaintsPolicy"), reading).unwrap_or(false),
    }
}

/// `Some(true)` for Honor.
fn read_policy(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<bool> {
    match field.str()? {
        "Honor" => Some(true),
        "Ignore" => Some(false),
        other => {
            field.error(reading.problems, unsupported(other, &["Honor", "Ignore"]));
            None
        }
    }
}

/// The host ports of containers and of sidecars (`pkg/scheduler/util/utils.go: GetHostPorts`).
fn read_host_ports(spec: &Field<'_>, reading: &mut Reading<'_>) -> Vec<HostPort> {
    let sidecars = spec.at("initContainers").items().into_iter();
    let sidecars = sidecars.filter(|container| container.at("restartPolicy").str() == Some("Always"));
    let host_network = spec.at("hostNetwork").bool() == Some(true);
    let mut ports = Vec::new();
    for container in spec.at("containers").items().into_iter().chain(sidecars) {
        for port in container.at("ports").items() {
            // With hostNetwork the API server fills in the container's own port (`SetDefaults_Pod`).
            let mut field = port.at("hostPort");
            if host_network && field.int().unwrap_or(0) == 0 {
                field = port.at("containerPort");
            }
            let number = field.int().unwrap_or(0);
            match u16::try_from(number) {
                Ok(0) => {}
                Ok(number) => ports.push(HostPort {
                    ip: or_default(port.at("hostIP").str_or_empty(), HostPort::ANY),
                    protocol: or_default(port.at("protocol").str_or_empty(), "TCP"),
                    port: number,
                }),
                Err(_) => field.error(
                    reading.problems,
                    invalid(number, "must be between 1 and 65535, inclusive"),
                ),
            }
        }
    }
    ports
}

fn or_default(text: &str, default: &str) -> String {
    if text.is_empty() { default } else { text }.to_owned()
}
