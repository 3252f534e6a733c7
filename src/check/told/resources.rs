//! Requests, limits, quantities.

use super::{error, says, warning};
use crate::check::Check;
use crate::check::examples::job;

const GPUS: &str = "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/";
const RESOURCES: &str = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/";
const QUANTITIES: &str = "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/";

pub(super) const CHECKS: &[Check] = &[
    error(
        "gpu-not-in-limits",
        |p| says(p, "Limit must be set for non overcommitable resources"),
        "A GPU (or another device) is asked for under `requests` only.",
        "Devices are handed out whole and cannot be shared beyond what there is, so they belong under `limits`; the request is then the same by itself.",
        GPUS,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi, nvidia.com/gpu: 1}\n          limits: {memory: 16Gi}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "gpu-request-differs",
        |p| says(p, "must be equal to") && says(p, "limit of"),
        "The request for a device differs from its limit.",
        "A device is either a container's own or it is not: there is no more and less of it, as there is of cpu time. Leave it out of `requests`.",
        GPUS,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi, nvidia.com/gpu: 1}\n          limits: {memory: 16Gi, nvidia.com/gpu: 2}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "gpu-fraction",
        |p| says(p, "must be an integer") && !says(p, "fractional byte value"),
        "A part of a device is asked for, such as half a GPU.",
        "Devices are counted, not measured. To share a GPU, the administrator offers parts of it as resources of their own: MIG (`nvidia.com/mig-1g.10gb`) or time slicing (`nvidia.com/gpu.shared`).",
        GPUS,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 0.5}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "resource-unknown",
        |p| says(p, "must be a standard resource") || says(p, "doesn't follow extended resource name standard"),
        "A container asks for a resource that is neither one of Kubernetes nor named after a vendor, such as `gpu`.",
        "Kubernetes itself knows cpu, memory, ephemeral-storage and huge pages. Everything else is offered by a device plugin and named after its vendor: nvidia.com/gpu, amd.com/gpu.",
        GPUS,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, gpu: 1}\n"
            ),
            job!(""),
        ),
    ),
    warning(
        "resource-misspelt",
        |p| says(p, "but no node of the input offers it"),
        "A device has a name that no node offers, and that is near to a well-known one: `nvidia.com/gpus`, `nvidia/gpu`.",
        "Any name with a slash is accepted, because any vendor may offer it. No node has this one, so the pod waits for ever: `0/4 nodes are available: 4 Insufficient nvidia.com/gpus`.",
        GPUS,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpus: 1}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "request-above-limit",
        |p| says(p, "must be less than or equal to") && says(p, "limit of"),
        "A container asks for more than its limit lets it use.",
        "The request is what is kept for the container, the limit what it may use at most; so the first is never larger.",
        RESOURCES,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 32Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 1}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "bad-quantity",
        |p| {
            says(p, "quantities must match")
                || says(p, "unable to parse quantity's suffix")
                || says(p, "unable to parse numeric part")
        },
        "An amount is not written as Kubernetes writes them.",
        "Amounts have the suffixes Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (powers of 1000), and m for thousandths. `16GB`, `16 Gi` and `16gi` are none.",
        QUANTITIES,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 16GB}\n          limits: {memory: 16GB, nvidia.com/gpu: 1}\n"
            ),
            job!(""),
        ),
    ),
    warning(
        "memory-fraction",
        |p| says(p, "fractional byte value"),
        "An amount of memory has a part of a byte: `100m` is a tenth of one.",
        "`m` means thousandths, which is right for cpu and never for memory. A container with a limit of one byte is killed as soon as it starts.",
        QUANTITIES,
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          requests: {cpu: 4, memory: 100m}\n          limits: {memory: 100m, nvidia.com/gpu: 1}\n"
            ),
            job!(""),
        ),
    ),
    error(
        "huge-pages-alone",
        |p| says(p, "HugePages require cpu or memory"),
        "A container asks for huge pages and neither for cpu nor for memory.",
        "Huge pages are memory that is set aside; who uses them computes, too.",
        "https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/",
        (
            job!(
                "",
                "      restartPolicy: Never\n",
                "        image: example.com/train:1.4\n        resources:\n          limits: {hugepages-2Mi: 64Mi}\n"
            ),
            job!(""),
        ),
    ),
];
