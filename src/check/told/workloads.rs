//! Deployments and their like, budgets, classes, and what concerns the input as a whole.

use super::{error, field, says, warning};
use crate::check::Check;
use crate::check::examples::{deployment, job};

const DEPLOYMENTS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/";
const BUDGETS: &str = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/";
const PRIORITY: &str = "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/";

pub(super) const CHECKS: &[Check] = &[
    error(
        "workload-restart-policy",
        |p| field(p, "restartPolicy") && says(p, "supported values: \"Always\"") && !says(p, "\"OnFailure\""),
        "The pods of a Deployment (or ReplicaSet, StatefulSet, DaemonSet) have a restart policy other than Always.",
        "These kinds keep pods running, so a container that ends is always started again. Work that ends is a Job.",
        DEPLOYMENTS,
        (deployment!("", "      restartPolicy: Never\n"), deployment!("")),
    ),
    error(
        "selector-mismatch",
        |p| says(p, "`selector` does not match template `labels`"),
        "The selector does not match the labels of the pods that are made.",
        "A controller knows its pods by their labels. Pods that it could not find again, it would make again and again.",
        DEPLOYMENTS,
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: website}\n    spec:\n      containers:\n      - name: server\n        image: example.com/web:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n",
            deployment!(""),
        ),
    ),
    error(
        "selector-missing",
        |p| p.path == "spec.selector" && (says(p, "Required value") || says(p, "empty selector")),
        "A Deployment (or its like) has no selector, or an empty one.",
        "The selector says which pods are the controller's own. An empty one would be all pods of the namespace.",
        DEPLOYMENTS,
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n      - name: server\n        image: example.com/web:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n",
            deployment!(""),
        ),
    ),
    warning(
        "stateful-set-pods",
        |_| false,
        "The pods of a StatefulSet are such as the API server refuses.",
        "Of a StatefulSet the API server checks only the labels of its pods. It takes this one, and refuses each pod of it with this message (event FailedCreate), so that the set has none.",
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
        (
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\nspec:\n  serviceName: db\n  selector:\n    matchLabels: {app: db}\n  template:\n    metadata:\n      labels: {app: db}\n    spec:\n      containers:\n      - name: server\n        image: example.com/db:2.0\n        resources:\n          requests: {cpu: 1, memory: 4Gi}\n          limits: {memory: 2Gi}\n",
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\nspec:\n  serviceName: db\n  selector:\n    matchLabels: {app: db}\n  template:\n    metadata:\n      labels: {app: db}\n    spec:\n      containers:\n      - name: server\n        image: example.com/db:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n",
        ),
    ),
    error(
        "rolling-update",
        |p| {
            p.path.contains("spec.strategy")
                || p.path.contains("spec.updateStrategy")
                || field(p, "progressDeadlineSeconds")
        },
        "The strategy of an update could not make progress, or contradicts itself.",
        "An update makes room by taking pods away (maxUnavailable) or by adding more than wanted (maxSurge); with both at 0 it could do neither.",
        DEPLOYMENTS,
        (
            deployment!("  strategy:\n    rollingUpdate: {maxSurge: 0, maxUnavailable: 0}\n"),
            deployment!("  strategy:\n    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}\n"),
        ),
    ),
    error(
        "deadline-not-supported",
        |p| says(p, "activeDeadlineSeconds in"),
        "Pods of a Deployment (or its like) have an activeDeadlineSeconds.",
        "A deadline ends a pod for good, and these kinds keep pods running. A Job has a deadline of its own in `spec.activeDeadlineSeconds`.",
        DEPLOYMENTS,
        (deployment!("", "      activeDeadlineSeconds: 600\n"), deployment!("")),
    ),
    error(
        "budget-both",
        |p| says(p, "minAvailable and maxUnavailable cannot be both set"),
        "A PodDisruptionBudget has both minAvailable and maxUnavailable.",
        "Both say the same in two ways; together they could contradict each other.",
        BUDGETS,
        (
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  minAvailable: 1\n  maxUnavailable: 1\n  selector:\n    matchLabels: {app: web}\n",
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels: {app: web}\n",
        ),
    ),
    warning(
        "priority-class-missing",
        |p| says(p, "no PriorityClass with name") && says(p, "the object is taken"),
        "A workload names a priority class that the input does not hold.",
        "The API server takes the workload and refuses its pods one by one (FailedCreate), until the class exists. If it is in your cluster already, all is well: makespan sees the files only.",
        PRIORITY,
        (
            job!("", "      restartPolicy: Never\n      priorityClassName: urgent\n"),
            job!(
                "",
                "      restartPolicy: Never\n      priorityClassName: system-cluster-critical\n"
            ),
        ),
    ),
    error(
        "priority-class",
        |p| {
            says(p, "user defined priority")
                || says(p, "'system-' prefix")
                || says(p, "There is already a default")
                || says(p, "PriorityClass")
                || says(p, "integer value of priority")
        },
        "A priority class is out of range or reserved, or a pod names one that does not exist.",
        "Classes of users go up to 1000000000; what is above belongs to the system. Pods name a class and get its number at their creation.",
        PRIORITY,
        (
            "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata:\n  name: urgent\nvalue: 2000000000\n",
            "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata:\n  name: urgent\nvalue: 1000000\n",
        ),
    ),
    warning(
        "fits-no-node",
        |p| says(p, "fit no node, even an empty one"),
        "No node of the given cluster could hold a pod of this workload, even if it were empty.",
        "Kubernetes accepts the object, and its pods wait for ever. The message says for each pool of nodes what is short.",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
        (
            concat!(
                job!(
                    "  parallelism: 1\n",
                    "      restartPolicy: Never\n",
                    "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 16}\n"
                ),
                "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: gpu-0\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110, nvidia.com/gpu: 8}\n"
            ),
            concat!(
                job!(
                    "  parallelism: 1\n",
                    "      restartPolicy: Never\n",
                    "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 8}\n"
                ),
                "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: gpu-0\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110, nvidia.com/gpu: 8}\n"
            ),
        ),
    ),
];
