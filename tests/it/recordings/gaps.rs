//! Known gaps: which checks do not hold, and why.

use super::Gap;

pub(super) const GAPS: &[Gap] = &[
    Gap {
        recordings: &["daemonset"],
        checks: &["Node/ds-4: *"],
        reason: "a new Node has no condition Ready until its kubelet writes one; here it is Ready at once",
    },
    Gap {
        recordings: &["evict-no-policy"],
        checks: &["Job/train: deleted, *"],
        reason: "the sync that takes the evicted pod's finaliser off came 0.6 s later in the recording: its 1 s batch began with a later event of the pod",
    },
    Gap {
        recordings: &["successpolicy-count2"],
        checks: &["makespan*", "Job/train: *"],
        reason: "in the recording a sync came 1 ms before the second success, so the next one came a whole batch period of 1 s later",
    },
    // What is not simulated yet.
    Gap {
        recordings: &["nodefail-deleted"],
        checks: &["*"],
        reason: "which pods are on the node that fails is chance among equal nodes, and when pod garbage collection looks is chance, too",
    },
    Gap {
        recordings: &["nodefail-tol0"],
        checks: &["Job/*"],
        reason: "which pods are on the node that fails is chance among equal nodes",
    },
    Gap {
        recordings: &["placement-misc-unschedulable"],
        checks: &["replayed"],
        reason: "volumes are not simulated",
    },
    Gap {
        recordings: &["preemption-jobs-4of8", "preemption-slow-termination"],
        checks: &[
            "Job/urgent: what happened to its pods",
            "Job/urgent: why pods were unschedulable",
        ],
        reason: "several victims are deleted one after another and end 10 to 80 ms apart, so the preemptor is tried in vain in between; here \
                 they are deleted at once",
    },
    Gap {
        recordings: &["wakeup-node-added"],
        checks: &["Pod/want: why pods were unschedulable", "Node/gpu-new: change*"],
        reason: "a new Node has no condition Ready until its kubelet says so, and the pod is tried then; here the kubelet has said so at once",
    },
    // What is chance, or comes from the machine.
    Gap {
        recordings: &["deploy-rolling-default"],
        checks: &["ReplicaSet of web *: size*", "Deployment/web: Event ScalingReplicaSet"],
        reason: "two pods become Ready within 15 ms: whether one sync sees both, and the ReplicaSets change by two, is chance",
    },
    Gap {
        recordings: &["failures-par-100-32slots-r1"],
        checks: &["*: failed, last (s)"],
        reason: "when the last pod that fails gets one of the slots hangs on milliseconds",
    },
    Gap {
        recordings: &["hpa-outside-range"],
        checks: &["*: ready, *"],
        reason: "thirteen other scenarios began at the same time and used the controllers' token buckets",
    },
    Gap {
        recordings: &["lognormal-par-200-32slots-r1", "mix20-par-seed1"],
        checks: &["*: created, p50 (s)", "*: created, p90 (s)", "*: succeeded, p90 (s)"],
        reason: "the busy machine took some creations later",
    },
    Gap {
        recordings: &["throughput-par-100-r1"],
        checks: &["*"],
        reason: "the first pod was created 0.5 s after its Job was seen, and everything after it is as late",
    },
    Gap {
        recordings: &["throughput-par-100-r2"],
        checks: &["*"],
        reason: "the controller's token bucket was not full at t=0, as the recording itself notes",
    },
    Gap {
        recordings: &["throughput-par-100-r1-kcmqps200"],
        checks: &["pods created (1/s)"],
        reason: "the API server is the limit here, and its real capacity is no constant",
    },
];
