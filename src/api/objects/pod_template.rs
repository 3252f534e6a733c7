//! Pod templates, and Pods themselves: `metadata` and `spec` to a [`PodTemplate`]
//! (`pkg/apis/core/validation/validation.go: ValidatePodTemplateSpec`, `pkg/apis/core/v1/defaults.go`).

use std::collections::BTreeSet;

use super::affinity::{read_daemon_tolerations, read_node_affinity, read_tolerations};
use super::annotations::read_behaviour;
use super::context::Reading;
use super::lifecycle::{apply_probes, check_init_containers, read_pre_stop, read_pull_policies};
use super::metadata::{check_annotations, read_labels};
use super::names;
use super::pod_checks::{check_pod_spec, check_restart_policy};
use super::pod_scheduling::read_scheduling;
use super::priority::resolve_priority;
use super::reader::{Field, invalid, quoted, required, unsupported};
use super::requests::{read_parts, to_amounts};
use crate::cluster::ResourceId;
use crate::cluster::spec::{PodTemplate, RestartPolicy};
use crate::kernel::SimDuration;

/// `terminationGracePeriodSeconds` where it is not given (`SetDefaults_PodSpec`).
const DEFAULT_GRACE_SECONDS: u64 = 30;
/// Largest `activeDeadlineSeconds` of a pod.
const MAX_POD_DEADLINE: i64 = i32::MAX as i64;

/// What a pod template belongs to; it decides which restart policies are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// A Job: Never or OnFailure, and it must be said.
    Job,
    /// A ReplicaSet, also below a Deployment: Always.
    ReplicaSet,
    /// A StatefulSet: Always.
    StatefulSet,
    /// A DaemonSet: Always.
    DaemonSet,
    /// A bare Pod: any.
    Pod,
}

/// The annotation that says which pods of a ReplicaSet go first (`core/v1: PodDeletionCost`).
pub const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Reads a template: `metadata` and `spec` are its fields; `owner` is the metadata of the object it belongs to, and
/// `owner_name` that object's name.
pub fn read_pod_template(
    template: &Field<'_>,
    owner: &Field<'_>,
    owner_name: &str,
    workload: Workload,
    reading: &mut Reading<'_>,
) -> PodTemplate {
    let metadata = template.at("metadata");
    let spec = template.at("spec");
    let labels = if workload == Workload::Pod {
        // The object's own metadata, checked already.
        metadata.at("labels").string_map()
    } else {
        check_annotations(&metadata.at("annotations"), reading);
        // The API server names a path without `metadata` here (`ValidatePodTemplateSpec`).
        let field = metadata.at("labels");
        read_labels(&field.renamed(template.at("labels").path()), reading)
    };
    let pod_name = match workload {
        Workload::Pod => owner_name.to_owned(),
        Workload::StatefulSet => format!("{owner_name}-0"),
        Workload::Job | Workload::ReplicaSet | Workload::DaemonSet => format!("{owner_name}-"),
    };
    check_containers(&spec, workload, reading);
    check_pod_spec(&spec, workload == Workload::StatefulSet, reading);
    let parts = read_parts(&spec, workload == Workload::Pod, reading);
    let mut requests = to_amounts(&parts.effective());
    requests.set(ResourceId::PODS, 1);
    let (nonzero_cpu, nonzero_memory) = parts.nonzero();
    let (priority, preemption_policy) = resolve_priority(&spec, &pod_name, workload == Workload::Pod, reading);
    check_unsimulated(&spec, reading);
    let mut behaviour = read_behaviour(&metadata, owner, reading);
    check_init_containers(&spec, &behaviour, reading);
    apply_probes(&spec, &mut behaviour);
    let namespace = namespace_of(owner);
    let scheduling = read_scheduling(&spec, &namespace, &labels, reading);
    PodTemplate {
        namespace,
        labels,
        requests,
        nonzero_cpu,
        nonzero_memory,
        own_requests: parts.own_requests(),
        node_name: read_node_name(&spec, reading),
        node_selector: read_labels(&spec.at("nodeSelector"), reading),
        node_affinity: read_node_affinity(&spec, reading),
        tolerations: if workload == Workload::DaemonSet {
            read_daemon_tolerations(&spec, reading)
        } else {
            read_tolerations(&spec, reading)
        },
        scheduling,
        has_deadline: spec.at("activeDeadlineSeconds").int().is_some(),
        deletion_cost: read_deletion_cost(&metadata.at("annotations"), reading),
        priority_class: spec.at("priorityClassName").str_or_empty().to_owned(),
        priority,
        preemption_policy,
        restart_policy: read_restart_policy(&spec.at("restartPolicy"), workload, reading),
        images: read_images(&spec),
        termination_grace: read_grace(&spec),
        pull_policies: read_pull_policies(&spec),
        pre_stop: read_pre_stop(&spec, reading),
        active_deadline: read_pod_deadline(&spec, workload, reading),
        behaviour,
        parts,
    }
}

/// The annotation `controller.kubernetes.io/pod-deletion-cost`; 0 if it is absent or wrong, which is told
/// (`pkg/apis/core/validation/validation.go: ValidatePodSpecificAnnotations`).
fn read_deletion_cost(annotations: &Field<'_>, reading: &mut Reading<'_>) -> i32 {
    let entries = annotations.entries();
    let Some((_, field)) = entries.iter().find(|(key, _)| *key == POD_DELETION_COST) else {
        return 0;
    };
    let text = field.str_or_empty();
    parse_deletion_cost(text).unwrap_or_else(|| {
        let message = invalid(quoted(text), "must be a 32bit integer");
        field.error(reading.problems, message);
        0
    })
}

/// A whole number of 32 bits without a plus sign or leading zeros (`pkg/apis/core/helper/helpers.go:
/// GetDeletionCostFromPodAnnotations`).
pub fn parse_deletion_cost(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !text.starts_with('+') && (digits == "0" || !digits.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// The namespace of an object by its metadata.
fn namespace_of(metadata: &Field<'_>) -> String {
    let namespace = metadata.at("namespace").str_or_empty();
    if namespace.is_empty() { "default" } else { namespace }.to_owned()
}

fn read_restart_policy(field: &Field<'_>, workload: Workload, reading: &mut Reading<'_>) -> RestartPolicy {
    let text = field.str_or_empty();
    if workload != Workload::Pod {
        // That of a pod is told below.
        check_restart_policy(field, reading);
    }
    match workload {
        Workload::Job => match text {
            "Never" => RestartPolicy::Never,
            "OnFailure" => RestartPolicy::OnFailure,
            "" | "Always" => {
                field.error_with_hint(
                    reading.problems,
                    required("valid values: \"OnFailure\", \"Never\""),
                    "add `restartPolicy: Never` (a new pod per attempt) or `restartPolicy: OnFailure` (restart in the same pod)",
                );
                RestartPolicy::Never
            }
            other => {
                field.error(reading.problems, unsupported(other, &["OnFailure", "Never"]));
                RestartPolicy::Never
            }
        },
        Workload::ReplicaSet | Workload::StatefulSet | Workload::DaemonSet => {
            if !matches!(text, "" | "Always") {
                field.error_with_hint(
                    reading.problems,
                    unsupported(text, &["Always"]),
                    "leave restartPolicy out; for work that ends, write a Job",
                );
            }
            RestartPolicy::Always
        }
        Workload::Pod => match text {
            "" | "Always" => RestartPolicy::Always,
            "OnFailure" => RestartPolicy::OnFailure,
            "Never" => RestartPolicy::Never,
            other => {
                field.error(reading.problems, unsupported(other, &["Always", "OnFailure", "Never"]));
                RestartPolicy::Always
            }
        },
    }
}

fn check_containers(spec: &Field<'_>, workload: Workload, reading: &mut Reading<'_>) {
    let containers = spec.at("containers");
    if containers.is_empty() {
        containers.error(reading.problems, required(""));
    }
    let mut seen = BTreeSet::new();
    for container in containers.items().into_iter().chain(spec.at("initContainers").items()) {
        let name_field = container.at("name");
        let name = name_field.str_or_empty();
        if name.is_empty() {
            name_field.error(reading.problems, required(""));
        } else {
            for text in names::dns_label(name) {
                name_field.error(reading.problems, invalid(quoted(name), &text));
            }
            if !seen.insert(name) {
                name_field.error(reading.problems, format!("Duplicate value: {}", quoted(name)));
            }
        }
        let image = container.at("image");
        if image.is_empty() {
            image.error(reading.problems, required(""));
        } else if workload == Workload::Pod && image.str().is_some_and(|i| i.trim() != i) {
            // Templates may have them (`validateContainerOnlyForPod`).
            let text = invalid(image.json(), "must not have leading or trailing whitespace");
            image.error(reading.problems, text);
        }
    }
}

fn read_images(spec: &Field<'_>) -> Vec<String> {
    let containers = spec
        .at("initContainers")
        .items()
        .into_iter()
        .chain(spec.at("containers").items());
    containers
        .filter_map(|c| c.at("image").str().map(str::to_owned))
        .collect()
}

fn read_node_name(spec: &Field<'_>, reading: &mut Reading<'_>) -> Option<String> {
    let field = spec.at("nodeName");
    let name = field.str().filter(|n| !n.is_empty())?;
    for text in names::dns_subdomain(name) {
        field.error(reading.problems, invalid(field.json(), &text));
    }
    Some(name.to_owned())
}

/// A negative grace period counts as one second (`pkg/apis/core/validation/validation.go: ValidatePodSpec`).
fn read_grace(spec: &Field<'_>) -> SimDuration {
    let seconds = spec.at("terminationGracePeriodSeconds").int();
    // The longest span of the simulation is longer than any deadline people mean.
    let seconds = seconds.map_or(DEFAULT_GRACE_SECONDS, |s| u64::try_from(s).unwrap_or(1));
    SimDuration::from_secs(1).saturating_mul(seconds)
}

fn no_deadline(field: &Field<'_>, kind: &str, reading: &mut Reading<'_>) {
    let message = format!("Forbidden: activeDeadlineSeconds in {kind} is not Supported");
    field.error(reading.problems, message);
}

fn read_pod_deadline(spec: &Field<'_>, workload: Workload, reading: &mut Reading<'_>) -> Option<SimDuration> {
    let field = spec.at("activeDeadlineSeconds");
    let seconds = field.int()?;
    if !(1..=MAX_POD_DEADLINE).contains(&seconds) {
        let detail = format!("must be between 1 and {MAX_POD_DEADLINE}, inclusive");
        field.error(reading.problems, invalid(seconds, &detail));
    }
    match workload {
        Workload::ReplicaSet => no_deadline(&field, "ReplicaSet", reading),
        Workload::StatefulSet => no_deadline(&field, "StatefulSet", reading),
        Workload::DaemonSet => no_deadline(&field, "DaemonSet", reading),
        Workload::Job | Workload::Pod => {}
    }
    let seconds = u64::try_from(seconds).ok()?;
    Some(SimDuration::from_secs(1).saturating_mul(seconds))
}

/// Fields of a pod spec that would change the course of things, and are not simulated.
const UNSIMULATED: [(&str, &str); 4] = [
    ("resourceClaims", "the pod does not wait for devices"),
    (
        "runtimeClassName",
        "no overhead is added; write `overhead` if there is some",
    ),
    ("schedulingGroup", "the pod is scheduled alone"),
    ("readinessGates", "the pod is ready when its containers are"),
];
/// The same for containers.
const UNSIMULATED_IN_CONTAINERS: [(&str, &str); 2] = [
    ("livenessProbe", "no probe kills the container"),
    ("restartPolicyRules", "the pod's restartPolicy decides"),
];

fn check_unsimulated(spec: &Field<'_>, reading: &mut Reading<'_>) {
    for (key, meaning) in UNSIMULATED {
        reading.not_simulated(&spec.at(key), meaning);
    }
    for volume in spec.at("volumes").items() {
        for claim in ["persistentVolumeClaim", "ephemeral"] {
            reading.not_simulated(&volume.at(claim), "the pod does not wait for the volume");
        }
    }
    for container in spec.at("containers").items() {
        let own = container.at("restartPolicy");
        reading.not_simulated(&own, "the pod's restartPolicy decides");
        check_container_unsimulated(&container, reading);
    }
    for container in spec.at("initContainers").items() {
        check_container_unsimulated(&container, reading);
    }
}

fn check_container_unsimulated(container: &Field<'_>, reading: &mut Reading<'_>) {
    for (key, meaning) in UNSIMULATED_IN_CONTAINERS {
        reading.not_simulated(&container.at(key), meaning);
    }
    reading.not_simulated(
        &container.at_path("resources.claims"),
        "the pod does not wait for devices",
    );
}
