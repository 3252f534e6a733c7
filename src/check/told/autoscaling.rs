//! HorizontalPodAutoscalers.

use super::{error, says, warning};
use crate::check::Check;
use crate::check::examples::deployment;

const HPA: &str = "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/";

macro_rules! hpa {
    ($spec:literal) => {
        concat!(
            deployment!(""),
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\nspec:\n",
            $spec
        )
    };
}

const GOOD: &str = hpa!(
    "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target: {type: Utilization, averageUtilization: 60}\n"
);

pub(super) const CHECKS: &[Check] = &[
    error(
        "hpa-bounds",
        |p| {
            matches!(p.path.as_str(), "spec.maxReplicas" | "spec.minReplicas")
                || says(p, "to support scaling to zero replicas")
        },
        "The bounds of an autoscaler are missing, below one or in the wrong order.",
        "maxReplicas must be given. minReplicas is 1 by default; 0 needs a metric that exists without pods (Object or External), because idle pods are what says that more are wanted.",
        HPA,
        (
            hpa!(
                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 5\n  maxReplicas: 3\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target: {type: Utilization, averageUtilization: 60}\n"
            ),
            GOOD,
        ),
    ),
    warning(
        "hpa-without-target",
        |p| p.path == "spec.scaleTargetRef.name" && says(p, "not found in namespace"),
        "An autoscaler names a workload that the input does not hold.",
        "The API server does not look for it, and the autoscaler reports FailedGetScale every 15 seconds. It finds the workload by kind, name and its own namespace.",
        HPA,
        (
            hpa!(
                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: website}\n  minReplicas: 2\n  maxReplicas: 10\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target: {type: Utilization, averageUtilization: 60}\n"
            ),
            GOOD,
        ),
    ),
    warning(
        "hpa-two-for-one",
        |p| says(p, "(AmbiguousSelector)"),
        "Two autoscalers size the same workload.",
        "Each would undo what the other does, so neither acts, and both report AmbiguousSelector. One autoscaler may have several metrics; the largest proposal counts.",
        HPA,
        (
            concat!(
                hpa!(
                    "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target: {type: Utilization, averageUtilization: 60}\n"
                ),
                "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web-too\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 5\n"
            ),
            GOOD,
        ),
    ),
    error(
        "hpa-target",
        |p| p.path.starts_with("spec.scaleTargetRef"),
        "The target of an autoscaler is not complete, or of a kind that cannot be sized.",
        "apiVersion (with its group), kind and name say what is sized: a Deployment, a StatefulSet, a ReplicaSet. A Job or a DaemonSet has no number of replicas.",
        HPA,
        (
            hpa!("  scaleTargetRef: {kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n"),
            GOOD,
        ),
    ),
    warning(
        "hpa-metric-without-source",
        |p| says(p, "no metrics API reports"),
        "An autoscaler asks for a resource that the metrics API does not have, such as GPUs.",
        "metrics-server reports cpu and memory of pods. Use of GPUs comes from an exporter and an adapter, as a metric of type Pods.",
        HPA,
        (
            hpa!(
                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n  metrics:\n  - type: Resource\n    resource:\n      name: nvidia.com/gpu\n      target: {type: Utilization, averageUtilization: 60}\n"
            ),
            GOOD,
        ),
    ),
    error(
        "hpa-metric",
        |p| p.path.starts_with("spec.metrics["),
        "A metric of an autoscaler is not complete, or contradicts itself.",
        "A metric has a type, the part of that name, and one target that fits it: averageUtilization or averageValue for resources, averageValue for Pods, value or averageValue for Object and External.",
        HPA,
        (
            hpa!(
                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target: {type: Utilization}\n"
            ),
            GOOD,
        ),
    ),
    error(
        "hpa-behavior",
        |p| p.path.starts_with("spec.behavior."),
        "The behavior of an autoscaler is out of bounds.",
        "A policy allows a number (or per cent) above 0 of pods in a period of at most 1800 seconds; a stabilisation window has at most 3600 seconds.",
        HPA,
        (
            hpa!(
                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 10\n  behavior:\n    scaleDown:\n      policies:\n      - {type: Pods, value: 1, periodSeconds: 3600}\n"
            ),
            GOOD,
        ),
    ),
];
