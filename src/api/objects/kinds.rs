//! The kinds that Kubernetes 1.36 serves but makespan does not simulate yet.

/// (group and version, kinds separated by blanks); the core group has no name.
const KINDS: &[(&str, &str)] = &[
    (
        "v1",
        "Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace PersistentVolume PersistentVolumeClaim \
         PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
    ),
    ("apps/v1", "ControllerRevision DaemonSet StatefulSet"),
    ("batch/v1", "CronJob"),
    ("policy/v1", "Eviction PodDisruptionBudget"),
    ("scheduling.k8s.io/v1alpha1", "Workload PodGroup"),
    ("scheduling.k8s.io/v1alpha2", "Workload PodGroup"),
    (
        "networking.k8s.io/v1",
        "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    ),
    (
        "rbac.authorization.k8s.io/v1",
        "ClusterRole ClusterRoleBinding Role RoleBinding",
    ),
    (
        "storage.k8s.io/v1",
        "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
    ),
    ("coordination.k8s.io/v1", "Lease"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("events.k8s.io/v1", "Event"),
    ("node.k8s.io/v1", "RuntimeClass"),
    (
        "resource.k8s.io/v1",
        "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    ),
    (
        "resource.k8s.io/v1beta1",
        "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    ),
    (
        "resource.k8s.io/v1beta2",
        "DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice",
    ),
    ("certificates.k8s.io/v1", "CertificateSigningRequest"),
    (
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema PriorityLevelConfiguration",
    ),
    (
        "admissionregistration.k8s.io/v1",
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy \
         ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    ),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("metrics.k8s.io/v1beta1", "NodeMetrics PodMetrics"),
];

/// The kinds that are simulated, with their versions.
pub const SIMULATED: &[(&str, &str)] = &[
    ("v1", "Node"),
    ("v1", "Pod"),
    ("batch/v1", "Job"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
];

/// What leaving objects of a kind out means, where that changes what is simulated.
#[must_use]
pub fn meaning(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "CronJob" => "its Jobs are not started; give a Job and an arrival process instead",
        "DaemonSet" => "its pods take nothing from the nodes; lower the nodes' allocatable by what they request",
        "LimitRange" => "pods keep the requests they are written with",
        "PersistentVolumeClaim" => "pods do not wait for volumes",
        "PodDisruptionBudget" => "nothing is evicted that it could protect",
        "ReplicationController" => "its pods are not created; write a Deployment",
        "ResourceClaim" | "ResourceClaimTemplate" => "pods do not wait for devices; request them as extended resources",
        "ResourceQuota" => "no quota holds pods back",
        "RuntimeClass" => "its overhead is not added to pods",
        "StatefulSet" => "its pods are not created",
        _ => return None,
    })
}

/// How an `apiVersion` and a kind stand to what Kubernetes serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// Served by Kubernetes itself, not simulated.
    BuiltIn,
    /// In a group that is not Kubernetes' own: a custom resource.
    Custom,
    /// Kubernetes knows the kind, in another version: this one.
    OtherVersion(&'static str),
    /// In a group of Kubernetes, which has no such kind.
    Unknown,
}

/// Looks a kind that is not simulated up.
#[must_use]
pub fn look_up(api_version: &str, kind: &str) -> Served {
    let versions = |kind: &str| {
        let simulated = SIMULATED.iter().filter(|(_, k)| *k == kind).map(|(v, _)| *v).next();
        simulated.or_else(|| {
            KINDS
                .iter()
                .find(|(_, kinds)| kinds.split_ascii_whitespace().any(|k| k == kind))
                .map(|(v, _)| *v)
        })
    };
    let here = KINDS
        .iter()
        .any(|(v, kinds)| *v == api_version && kinds.split_ascii_whitespace().any(|k| k == kind));
    let group = |version: &str| {
        version
            .split_once('/')
            .map_or(String::new(), |(group, _)| group.to_owned())
    };
    let wanted = group(api_version);
    let own = !wanted.contains('.') || KINDS.iter().chain(SIMULATED).any(|(v, _)| group(v) == wanted);
    if here {
        Served::BuiltIn
    } else if !own {
        Served::Custom
    } else if let Some(version) = versions(kind) {
        Served::OtherVersion(version)
    } else {
        Served::Unknown
    }
}

/// All kinds Kubernetes serves, simulated or not, for "did you mean".
#[must_use]
pub fn all_kinds() -> Vec<&'static str> {
    let others = KINDS.iter().flat_map(|(_, kinds)| kinds.split_ascii_whitespace());
    SIMULATED.iter().map(|(_, kind)| *kind).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_looked_up_by_version() {
        assert_eq!(look_up("apps/v1", "StatefulSet"), Served::BuiltIn);
        assert_eq!(look_up("v1", "Job"), Served::OtherVersion("batch/v1"));
        assert_eq!(
            look_up("extensions/v1beta1", "Deployment"),
            Served::OtherVersion("apps/v1")
        );
        assert_eq!(look_up("kubeflow.org/v1", "PyTorchJob"), Served::Custom);
        assert_eq!(look_up("kueue.x-k8s.io/v1beta1", "ClusterQueue"), Served::Custom);
        assert_eq!(
            look_up("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
            Served::Custom
        );
        assert_eq!(look_up("batch/v1", "Jobb"), Served::Unknown);
        assert_eq!(look_up("storage.k8s.io/v1", "StorageClass"), Served::BuiltIn);
    }
}
