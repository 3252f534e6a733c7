//! `docs/validation.md`.

use std::fmt::Write as _;
use std::path::Path;

use makespan::experiment::recording::check::Validation;
use makespan::experiment::recording::tolerance::TABLE;
use makespan::report::validation::markdown;

use super::Gap;

const HEAD: &str = "# Validation

What the simulator gives beside what real Kubernetes did. This file is made by `UPDATE_VALIDATION=1 cargo test --test it recordings`;
the same test fails if the file is not what the simulator gives now. `makespan validate tests/recordings` shows the same in a terminal, and
`--all` every single check.

## What was recorded

Scenarios were played once, in real time, against Kubernetes 1.36.2: kube-apiserver, kube-controller-manager, kube-scheduler and etcd
with default flags unless a recording says otherwise, on a machine of 2 vCPU. Only the kubelet was a fake: a pod shows Running 0.5 s after it was
bound and ends when its annotation says so. A recorder watched the API and noted when each change arrived. The recordings stand in
`tests/recordings`; [recording-format.md](recording-format.md) describes them, and how to make one of your own cluster.

## How they are replayed

The same manifests are submitted, changed and deleted as the client did: at the recorded times, or when what the client waited for has
happened in the replay. Requests that were in flight together reach the simulated API server when the real one showed their objects, because nothing
else tells their order. The simulator has its defaults, and of the fake kubelet what its description says (start 0.5 s, no relist,
no image pulls), and of the recording machine that its API server took 500 writes a second. The 500 writes a second were
measured on one recording (throughput-par-100-r1-kcmqps200), which is no evidence for itself therefore.

How slow the API was, no option fixes, and the machine was now quiet and now busy. Each recording tells it by two steps that nothing else governs: from a
new pod to its binding (one watch, one write), and from the binding to Running (the same, and the kubelet's 0.5 s). The lesser of their two medians
is the time of a watch and a write, of which the write takes three quarters, as in quiet recordings. So the medians of these two steps are no evidence; makespans, rates and
the order of events are. Reads take 5 ms, as in every other simulation. Times of the replay are those at which a watch would have shown them.

## What is compared

Objects that are alike but for their names are compared together: which of ten equal Jobs gets the first GPU is chance. Names, uids and other things drawn at
random are left out of texts. Everything that a recording tells and that has a counterpart is compared:

* makespan, waits (p50 and p90) and rates;
* how many pods each owner had and how they ended, with exit codes;
* conditions of Jobs with reasons and messages, and counts of their last status;
* what happened to each pod, in order; what came within 20 ms is told in any order;
* when it happened: each time, or p50, p90 and the last of more than 12 pods;
* messages: why pods are unschedulable, why they were disrupted;
* sizes of workloads over time and the status of autoscalers, changes of nodes;
* nodes chosen.

Counts, conditions, orders and texts must be equal. Numbers may differ by

";

const AFTER_TOLERANCES: &str = "
The first and the second are a share of the recorded number and a distance from it; the larger counts. What lies farther off is still within its tolerance
if the *spread* says that the scenario has many courses: the spread of its recorded repeats, or of replays at other latencies (0.6 to 4
times those measured) with requests in the order in which they were sent.

";

/// Fails if the file is not what these validations give; writes it if it is asked to.
pub(super) fn check(validations: &[Validation], gaps: &[Gap]) {
    let text = document(validations, gaps);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    if std::env::var_os("UPDATE_VALIDATION").is_some() {
        std::fs::write(&path, &text).expect("docs/validation.md can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/validation.md is not what the simulator gives now; UPDATE_VALIDATION=1 cargo test --test it recordings makes it"
    );
}

fn document(validations: &[Validation], gaps: &[Gap]) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| what | share | distance | why |\n|---|--:|--:|---|\n");
    for tolerance in TABLE {
        let (percent, distance) = (tolerance.percent, tolerance.distance);
        let _ = writeln!(
            text,
            "| {} | {percent} % | {distance} {} | {} |",
            tolerance.mechanism, tolerance.unit, tolerance.why
        );
    }
    text.push_str(AFTER_TOLERANCES);
    text.push_str("## Recordings\n\n");
    text.push_str(&markdown(validations));
    text.push_str("\n## Known gaps\n\n");
    for gap in gaps {
        let covers = |validation: &&Validation| {
            let mut failing = validation.failures();
            failing.any(|check| gap.covers(&validation.name, &check.what))
        };
        let recordings: Vec<&str> = validations
            .iter()
            .filter(covers)
            .map(|validation| validation.name.as_str())
            .collect();
        let _ = writeln!(text, "* {}: {}.", recordings.join(", "), gap.reason);
    }
    text.push_str(&crate::mistakes::section());
    text
}
