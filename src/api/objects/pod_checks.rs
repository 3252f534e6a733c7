//! What of a pod's spec is checked and not read further: volumes, names, policies
//! (`pkg/apis/core/validation/validation.go: ValidatePodSpec, ValidateVolumes`).

use std::collections::BTreeSet;

use super::container_checks::{check_choice, check_containers};
use super::context::Reading;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};

/// Kinds of volumes in the validator's order, each with the field that it cannot do without.
const VOLUMES: [(&str, &str); 29] = [
    ("emptyDir", ""),
    ("hostPath", "path"),
    ("gitRepo", "repository"),
    ("gcePersistentDisk", "pdName"),
    ("awsElasticBlockStore", "volumeID"),
    ("secret", "secretName"),
    ("nfs", "server"),
    ("iscsi", "targetPortal"),
    ("glusterfs", "endpoints"),
    ("flocker", ""),
    ("persistentVolumeClaim", "claimName"),
    ("rbd", "image"),
    ("cinder", "volumeID"),
    ("cephfs", "monitors"),
    ("quobyte", "registry"),
    ("downwardAPI", ""),
    ("fc", ""),
    ("azureFile", "secretName"),
    ("configMap", "name"),
    ("vsphereVolume", "volumePath"),
    ("photonPersistentDisk", "pdID"),
    ("portworxVolume", "volumeID"),
    ("azureDisk", "diskName"),
    ("storageos", ""),
    ("scaleIO", "gateway"),
    ("projected", ""),
    ("csi", "driver"),
    ("ephemeral", "volumeClaimTemplate"),
    ("image", ""),
];
const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// Checks the spec of a pod. The owner may make further volumes for it (`more_volumes`), as a StatefulSet does of its claims.
pub fn check_pod_spec(spec: &Field<'_>, more_volumes: bool, reading: &mut Reading<'_>) {
    let volumes = check_volumes(&spec.at("volumes"), reading);
    check_containers(spec, (!more_volumes).then_some(&volumes), reading);
    check_policies(spec, reading);
    for key in ["hostname", "subdomain"] {
        check_name(&spec.at(key), names::dns_label, reading);
    }
    for key in ["serviceAccountName", "priorityClassName", "runtimeClassName"] {
        check_name(&spec.at(key), names::dns_subdomain, reading);
    }
    for gate in spec.at("readinessGates").items() {
        let kind = gate.at("conditionType");
        for fault in names::qualified_name(kind.str_or_empty()) {
            kind.error(reading.problems, invalid(quoted(kind.str_or_empty()), &fault));
        }
    }
    check_security(&spec.at("securityContext"), reading);
    for key in ["containers", "initContainers"] {
        for container in spec.at(key).items() {
            check_security(&container.at("securityContext"), reading);
        }
    }
}

fn check_name(field: &Field<'_>, check: fn(&str) -> Vec<String>, reading: &mut Reading<'_>) {
    if let Some(text) = field.str().filter(|text| !text.is_empty()) {
        for fault in check(text) {
            field.error(reading.problems, invalid(quoted(text), &fault));
        }
    }
}

fn check_policies(spec: &Field<'_>, reading: &mut Reading<'_>) {
    let dns = spec.at("dnsPolicy");
    check_choice(&dns, &DNS_POLICIES, reading);
    if dns.str() == Some("None") {
        let config = spec.at("dnsConfig");
        if !config.is_present() {
            let detail = "must provide `dnsConfig` when `dnsPolicy` is None";
            config.error(reading.problems, required(detail));
        } else if config.at("nameservers").is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            config.at("nameservers").error(reading.problems, required(detail));
        }
    }
    let preemption = spec.at("preemptionPolicy");
    if preemption.is_present() && preemption.str() == Some("") {
        preemption.error(reading.problems, required(""));
    }
    check_choice(&preemption, &["PreemptLowerPriority", "Never"], reading);
}

/// The restart policy as any pod may have it (`validateRestartPolicy`); its owner may allow less.
pub fn check_restart_policy(field: &Field<'_>, reading: &mut Reading<'_>) {
    if let Some(text) = field
        .str()
        .filter(|text| !text.is_empty() && !RESTART_POLICIES.contains(text))
    {
        field.error(reading.problems, unsupported(text, &RESTART_POLICIES));
    }
}

/// Checks the volumes and returns the names of those that can be mounted.
fn check_volumes<'a>(volumes: &Field<'a>, reading: &mut Reading<'_>) -> BTreeSet<&'a str> {
    let mut known = BTreeSet::new();
    for volume in volumes.items() {
        let before = reading.problems.list().len();
        check_volume_source(&volume, reading);
        let name = volume.at("name");
        let text = name.str_or_empty();
        if text.is_empty() {
            name.error(reading.problems, required(""));
        } else {
            check_name(&name, names::dns_label, reading);
        }
        if known.contains(text) {
            name.error(reading.problems, format!("Duplicate value: {}", quoted(text)));
        } else if reading.problems.list().len() == before {
            known.insert(text);
        }
    }
    known
}

/// Without any source the API server fills in an emptyDir (`SetDefaults_Volume`).
fn check_volume_source(volume: &Field<'_>, reading: &mut Reading<'_>) {
    let given = VOLUMES.iter().filter(|(kind, _)| volume.at(kind).is_present());
    for (i, (kind, needed)) in given.enumerate() {
        let source = volume.at(kind);
        if i > 0 {
            let message = "Forbidden: may not specify more than 1 volume type";
            source.error(reading.problems, message);
        } else if !needed.is_empty() && source.at(needed).is_empty() {
            source.at(needed).error(reading.problems, required(""));
        }
    }
}

/// Users and groups (`ValidateSecurityContext`, `validatePodSpecSecurityContext`).
fn check_security(context: &Field<'_>, reading: &mut Reading<'_>) {
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        let field = context.at(key);
        if let Some(id) = field.int().filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
            let detail = format!("must be between 0 and {}, inclusive", i32::MAX);
            field.error(reading.problems, invalid(id, &detail));
        }
    }
    let privileged = context.at("privileged").bool() == Some(true);
    let escalation = context.at("allowPrivilegeEscalation");
    if privileged && escalation.bool() == Some(false) {
        let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        context.error(reading.problems, invalid(context.json(), detail));
    }
}
