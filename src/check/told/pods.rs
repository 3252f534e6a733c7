//! Pods and their templates, nodes.

use super::{error, field, says};
use crate::check::Check;
use crate::check::examples::job;

const PODS: &str = "https://kubernetes.io/docs/concepts/workloads/pods/";
const TAINTS: &str = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/";
const AFFINITY: &str = "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/";
const SPREAD: &str = "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/";

pub(super) const CHECKS: &[Check] = &[
    error(
        "no-containers",
        |p| field(p, "containers") && says(p, "Required value"),
        "A pod has no containers.",
        "A pod is one or more containers on one node; init containers alone do not make one.",
        PODS,
        (
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: train\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers: []\n",
            job!(""),
        ),
    ),
    error(
        "image-missing",
        |p| field(p, "image") && says(p, "Required value"),
        "A container has no image.",
        "The image is what runs; a command alone does not say in what.",
        "https://kubernetes.io/docs/concepts/containers/images/",
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        command: [python, train.py]\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "container-name",
        |p| field(p, "name") && p.path.to_ascii_lowercase().contains("containers["),
        "A container has no name, or one that another container of the pod has.",
        "Logs, metrics and failure policies name containers, so each has a name of its own.",
        PODS,
        (
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: train\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi}\n",
            job!(""),
        ),
    ),
    error(
        "toleration",
        |p| p.path.contains("tolerations["),
        "A toleration contradicts itself.",
        "`Exists` has no value, an empty key needs `Exists`, and tolerationSeconds is for the effect NoExecute only, because only that one sends running pods away.",
        TAINTS,
        (
            job!(
                "",
                "      restartPolicy: Never\n      tolerations:\n      - {key: nvidia.com/gpu, operator: Exists, value: present, effect: NoSchedule}\n"
            ),
            job!(
                "",
                "      restartPolicy: Never\n      tolerations:\n      - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}\n"
            ),
        ),
    ),
    error(
        "taint",
        |p| p.path.contains("taints["),
        "A taint of a node is not complete, has an effect that does not exist, or stands twice.",
        "The effects are NoSchedule, PreferNoSchedule and NoExecute; each may stand once for a key.",
        TAINTS,
        (
            "apiVersion: v1\nkind: Node\nmetadata:\n  name: gpu-0\nspec:\n  taints:\n  - {key: gpu, effect: NoWay}\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110}\n",
            "apiVersion: v1\nkind: Node\nmetadata:\n  name: gpu-0\nspec:\n  taints:\n  - {key: gpu, effect: NoSchedule}\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110}\n",
        ),
    ),
    error(
        "affinity",
        |p| p.path.contains(".affinity."),
        "A rule of node or pod affinity is not complete.",
        "Required node affinity needs at least one term, weights go from 1 to 100, and pod affinity needs a topologyKey: the label that says which nodes belong together, such as kubernetes.io/hostname.",
        AFFINITY,
        (
            job!(
                "",
                "      restartPolicy: Never\n      affinity:\n        podAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n          - labelSelector:\n              matchLabels: {app: cache}\n"
            ),
            job!(
                "",
                "      restartPolicy: Never\n      affinity:\n        podAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n          - topologyKey: topology.kubernetes.io/zone\n            labelSelector:\n              matchLabels: {app: cache}\n"
            ),
        ),
    ),
    error(
        "topology-spread",
        |p| p.path.contains("topologySpreadConstraints["),
        "A topologySpreadConstraint is not complete, or contradicts itself.",
        "maxSkew is at least 1, topologyKey and whenUnsatisfiable must be given, and minDomains makes sense with DoNotSchedule only.",
        SPREAD,
        (
            job!(
                "",
                "      restartPolicy: Never\n      topologySpreadConstraints:\n      - {maxSkew: 0, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}\n"
            ),
            job!(
                "",
                "      restartPolicy: Never\n      topologySpreadConstraints:\n      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}\n"
            ),
        ),
    ),
];
