//! What containers have besides resources: ports, environment, mounts, policies
//! (`pkg/apis/core/validation/validation.go: validateContainers, validateInitContainers, validateContainerCommon`).

use std::collections::BTreeSet;

use super::context::Reading;
use super::names;
use super::probe_checks::{check_lifecycle, check_port_number, forbid_lifecycle};
use super::reader::{Field, invalid, quoted, required, unsupported};

/// Fields of a pod that a variable of the environment may take its value from.
const POD_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Resources of a container that it may take it from.
const RESOURCE_FIELDS: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// Checks the containers of a pod with this `spec`, whose volumes have these names; without them, nobody knows.
pub fn check_containers(spec: &Field<'_>, volumes: Option<&BTreeSet<&str>>, reading: &mut Reading<'_>) {
    let mut ports = BTreeSet::new();
    for container in spec.at("containers").items() {
        check_container(&container, volumes, reading);
        check_lifecycle(&container, spec, reading);
        check_host_ports(&container, &mut ports, reading);
    }
    for container in spec.at("initContainers").items() {
        check_container(&container, volumes, reading);
        check_host_ports(&container, &mut BTreeSet::new(), reading);
        if container.at("restartPolicy").str() == Some("Always") {
            check_lifecycle(&container, spec, reading);
        } else {
            forbid_lifecycle(&container, reading);
        }
    }
    if spec.at("hostNetwork").bool() == Some(true) {
        check_host_network(spec, reading);
    }
}

fn check_container(container: &Field<'_>, volumes: Option<&BTreeSet<&str>>, reading: &mut Reading<'_>) {
    check_choice(
        &container.at("terminationMessagePolicy"),
        &["File", "FallbackToLogsOnError"],
        reading,
    );
    check_ports(&container.at("ports"), reading);
    for variable in container.at("env").items() {
        check_variable(&variable, reading);
    }
    for source in container.at("envFrom").items() {
        check_source(&source, reading);
    }
    check_mounts(&container.at("volumeMounts"), volumes, reading);
    check_choice(
        &container.at("imagePullPolicy"),
        &["Always", "IfNotPresent", "Never"],
        reading,
    );
}

/// A text that must be one of `supported`; an empty one is filled in.
pub fn check_choice(field: &Field<'_>, supported: &[&str], reading: &mut Reading<'_>) {
    if let Some(text) = field.str().filter(|text| !text.is_empty() && !supported.contains(text)) {
        field.error(reading.problems, unsupported(text, supported));
    }
}

fn check_ports(ports: &Field<'_>, reading: &mut Reading<'_>) {
    let mut seen = BTreeSet::new();
    for port in ports.items() {
        let name = port.at("name");
        if let Some(text) = name.str().filter(|text| !text.is_empty()) {
            let faults = names::port_name(text);
            for fault in &faults {
                name.error(reading.problems, invalid(quoted(text), fault));
            }
            if faults.is_empty() && !seen.insert(text) {
                name.error(reading.problems, format!("Duplicate value: {}", quoted(text)));
            }
        }
        let number = port.at("containerPort");
        match number.int().unwrap_or(0) {
            0 => number.error(reading.problems, required("")),
            other => check_port_number(&number, other, reading),
        }
        check_choice(&port.at("protocol"), &["SCTP", "TCP", "UDP"], reading);
    }
}

/// Ports of the node are taken once (`AccumulateUniqueHostPorts`).
fn check_host_ports(container: &Field<'_>, taken: &mut BTreeSet<String>, reading: &mut Reading<'_>) {
    for port in container.at("ports").items() {
        let field = port.at("hostPort");
        let Some(number) = field.int().filter(|number| *number != 0) else {
            continue;
        };
        let protocol = match port.at("protocol").str_or_empty() {
            "" => "TCP",
            given => given,
        };
        let key = format!("{protocol}/{}/{number}", port.at("hostIP").str_or_empty());
        if taken.contains(&key) {
            field.error(reading.problems, format!("Duplicate value: {}", quoted(&key)));
        } else {
            taken.insert(key);
        }
    }
}

/// With the node's network a container's port is one of the node (`validatePodHostNetworkDeps`).
fn check_host_network(spec: &Field<'_>, reading: &mut Reading<'_>) {
    for container in spec.at("containers").items() {
        for port in container.at("ports").items() {
            let (own, of_node) = (port.at("containerPort"), port.at("hostPort"));
            let number = of_node.int().unwrap_or(0);
            if number != 0 && own.int().unwrap_or(0) != number {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                of_node.error(reading.problems, invalid(number, detail));
            }
        }
    }
}

fn check_variable(variable: &Field<'_>, reading: &mut Reading<'_>) {
    let name = variable.at("name");
    match name.str_or_empty() {
        "" => name.error(reading.problems, required("")),
        text => check_variable_name(&name, text, reading),
    }
    let from = variable.at("valueFrom");
    if !from.is_present() {
        return;
    }
    let mut sources = 0;
    for key in [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ] {
        let source = from.at(key);
        if !source.is_present() {
            continue;
        }
        sources += 1;
        match key {
            "fieldRef" => check_field_ref(&source, reading),
            "resourceFieldRef" => check_resource_ref(&source, reading),
            "fileKeyRef" => {}
            _ => check_key_ref(&source, reading),
        }
    }
    let has_value = !variable.at("value").is_empty();
    let detail = match sources {
        0 => "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        _ if has_value => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    from.error(reading.problems, invalid("\"\"", detail));
}

fn check_variable_name(field: &Field<'_>, name: &str, reading: &mut Reading<'_>) {
    if !name.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=') {
        let detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
        field.error(reading.problems, invalid(quoted(name), detail));
    }
}

fn check_field_ref(source: &Field<'_>, reading: &mut Reading<'_>) {
    let path = source.at("fieldPath");
    let text = path.str_or_empty();
    if text.is_empty() {
        return path.error(reading.problems, required(""));
    }
    if let Some((map, key)) = text.strip_suffix("']").and_then(|start| start.split_once("['")) {
        let key = match map {
            "metadata.annotations" => key.to_ascii_lowercase(),
            "metadata.labels" => key.to_owned(),
            _ => {
                let detail = format!("error converting fieldPath: field label not supported: {text}");
                return path.error(reading.problems, invalid(quoted(text), &detail));
            }
        };
        for fault in names::qualified_name(&key) {
            source.error(reading.problems, invalid(quoted(&key), &fault));
        }
    } else if matches!(text, "metadata.annotations" | "metadata.labels") {
        path.error(reading.problems, unsupported(text, &POD_FIELDS));
    } else if !POD_FIELDS.contains(&text) {
        let detail = format!("error converting fieldPath: field label not supported: {text}");
        path.error(reading.problems, invalid(quoted(text), &detail));
    }
}

fn check_resource_ref(source: &Field<'_>, reading: &mut Reading<'_>) {
    let resource = source.at("resource");
    match resource.str_or_empty() {
        "" => resource.error(reading.problems, required("")),
        text if RESOURCE_FIELDS.contains(&text) => {}
        text if text.starts_with("requests.hugepages-") || text.starts_with("limits.hugepages-") => {}
        text => resource.error(reading.problems, unsupported(text, &RESOURCE_FIELDS)),
    }
}

/// A key of a ConfigMap or Secret.
fn check_key_ref(source: &Field<'_>, reading: &mut Reading<'_>) {
    let (name, key) = (source.at("name"), source.at("key"));
    for fault in names::dns_subdomain(name.str_or_empty()) {
        name.error(reading.problems, invalid(quoted(name.str_or_empty()), &fault));
    }
    match key.str_or_empty() {
        "" => key.error(reading.problems, required("")),
        text => {
            for fault in names::config_key(text) {
                key.error(reading.problems, invalid(quoted(text), &fault));
            }
        }
    }
}

fn check_source(source: &Field<'_>, reading: &mut Reading<'_>) {
    let prefix = source.at("prefix");
    if let Some(text) = prefix.str().filter(|text| !text.is_empty()) {
        check_variable_name(&prefix, text, reading);
    }
    let refs = ["configMapRef", "secretRef"].map(|key| source.at(key));
    let given = refs.iter().filter(|reference| reference.is_present()).count();
    for reference in refs.iter().filter(|reference| reference.is_present()) {
        let name = reference.at("name");
        match name.str_or_empty() {
            "" => name.error(reading.problems, required("")),
            text => {
                for fault in names::dns_subdomain(text) {
                    name.error(reading.problems, invalid(quoted(text), &fault));
                }
            }
        }
    }
    let detail = match given {
        0 => "must specify one of: `configMapRef` or `secretRef`",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    source.error(reading.problems, invalid("\"\"", detail));
}

fn check_mounts(mounts: &Field<'_>, volumes: Option<&BTreeSet<&str>>, reading: &mut Reading<'_>) {
    let mut paths = BTreeSet::new();
    for mount in mounts.items() {
        let (name, path) = (mount.at("name"), mount.at("mountPath"));
        let text = name.str_or_empty();
        if text.is_empty() {
            name.error(reading.problems, required(""));
        }
        if volumes.is_some_and(|volumes| !volumes.contains(text)) {
            let hint = "name a volume of spec.volumes, or add one";
            name.error_with_hint(reading.problems, format!("Not found: {}", quoted(text)), hint);
        }
        let place = path.str_or_empty();
        if place.is_empty() {
            path.error(reading.problems, required(""));
        }
        if !paths.insert(place) {
            path.error(reading.problems, invalid(quoted(place), "must be unique"));
        }
    }
}
