//! Recordings written by hand: what Kubernetes does in each was worked out from its rules, not recorded.

use crate::support::program::{Folder, text};

/// A Node of 4 GPUs with further labels, and whatever else it has.
fn node(name: &str, labels: &str, more: &str) -> String {
    format!(
        "---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}{labels}}}}}
{more}
status: {{allocatable: {{cpu: '16', memory: 64Gi, pods: '110', nvidia.com/gpu: '4'}}}}
"
    )
}

/// A Pod of one GPU with the labels and fields.
fn pod(name: &str, labels: &str, port: &str, more: &str) -> String {
    format!(
        "---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{{labels}}}}}
spec:
  restartPolicy: Never
  containers:
  - {{name: main, image: 'example.invalid/train:1', {port}resources: {{limits: {{cpu: 100m, nvidia.com/gpu: '1'}}}}}}
  {more}
"
    )
}

/// What `makespan validate` says of a recording, and its exit code.
fn validated(manifests: &str, actions: &str, events: &str) -> (Option<i32>, String) {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    folder.write("own/manifests.yaml", manifests);
    // A whole second, no end: what people write who have no recorder.
    let options = "options: {namespace: own, t0_utc: '2026-11-23T18:37:06Z', until_s: 30}\n";
    folder.write("own/actions.yaml", format!("{options}{actions}"));
    folder.write(
        "own/events.csv",
        format!("time_s,kind,name,event,node,detail,seen_by\n{events}"),
    );
    let output = folder.run(&["validate", "own", "--quiet"]);
    (
        output.status.code(),
        text(&output.stdout).to_owned() + &text(&output.stderr),
    )
}

fn agrees(manifests: &str, actions: &str, events: &str) {
    let (code, shown) = validated(manifests, actions, events);
    assert_eq!(code, Some(0), "{shown}");
}

/// Events of the pod `want`, which waits because of `why` until `at`.
fn waited(created: f64, why: &str, helpful: bool, at: f64) -> String {
    let preemption = if helpful {
        "No preemption victims found for incoming pod"
    } else {
        "Preemption is not helpful for scheduling"
    };
    let (tried, seen, runs) = (created + 0.01, created, at + 0.51);
    format!(
        "{seen},Pod,want,created,,owner=
{tried},Pod,want,unschedulable,,\"Unschedulable: 0/1 nodes are available: 1 {why}. no new claims to deallocate, preemption: \
         0/1 nodes are available: 1 {preemption}.\"
{at},Pod,want,scheduled,n-0,
{runs},Pod,want,running,n-0,
{runs},Pod,want,ready,n-0,
"
    )
}

/// Events of a pod that is bound at once.
fn placed(name: &str, created: f64, node: &str) -> String {
    let (bound, runs) = (created + 0.01, created + 0.53);
    format!(
        "{created},Pod,{name},created,,owner=\n{bound},Pod,{name},scheduled,{node},\n{runs},Pod,{name},running,{node},\n\
         {runs},Pod,{name},ready,{node},\n"
    )
}

#[test]
fn a_node_that_changes_wakes_the_pod_it_now_takes() {
    let submit = "- {at_s: 0, do: submit, kind: Pod, name: want}\n";
    let patch = |body: &str| {
        format!(
            "initial: [{{kind: Node, name: n-0}}]\nactions:\n{submit}- {{at_s: 10, do: patch, kind: Node, name: n-0, body: \
             {body}, when: {{pod_settled: want, plus_s: 10}}}}\n"
        )
    };
    let cases = [
        // The taint that a cordon leaves goes with it.
        (
            node("n-0", "", "spec: {taints: [{key: gpu, effect: NoExecute}]}"),
            pod("want", "", "", ""),
            "{spec: {taints: null}}",
            "node(s) had untolerated taint(s)",
            false,
        ),
        (
            node("n-0", ", zone: b", ""),
            pod("want", "", "", "nodeSelector: {zone: a}"),
            "{metadata: {labels: {zone: a}}}",
            "node(s) didn't match Pod's node affinity/selector",
            false,
        ),
        (
            node("n-0", "", ""),
            pod("want", "", "", "").replace("nvidia.com/gpu: '1'", "nvidia.com/gpu: '8'"),
            "{status: {allocatable: {nvidia.com/gpu: '8'}}}, subresource: status",
            "Insufficient nvidia.com/gpu",
            false,
        ),
        (
            node("n-0", "", ""),
            pod(
                "want",
                "app: w",
                "",
                "topologySpreadConstraints: [{maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: \
                 {matchLabels: {app: w}}}]",
            ),
            "{metadata: {labels: {rack: r1}}}",
            "node(s) didn't match pod topology spread constraints (missing required label)",
            false,
        ),
    ];
    for (node, pod, body, why, helpful) in cases {
        agrees(&(node + &pod), &patch(body), &waited(0.01, why, helpful, 10.03));
    }
}

#[test]
fn a_pod_that_changes_is_tried_again() {
    let manifests = node("n-0", "", "spec: {taints: [{key: gpu, effect: NoSchedule}]}") + &pod("want", "", "", "");
    let actions = "initial: [{kind: Node, name: n-0}]
actions:
- {at_s: 0, do: submit, kind: Pod, name: want}
- {at_s: 5, do: patch, kind: Pod, name: want, body: {spec: {tolerations: [{key: gpu, operator: Exists}]}}, when: {pod_settled: \
                   want, plus_s: 5}}
";
    agrees(
        &manifests,
        actions,
        &waited(0.01, "node(s) had untolerated taint(s)", false, 5.03),
    );
}

#[test]
fn pods_that_come_go_and_change_wake_others() {
    let near = |kind: &str| {
        format!(
            "affinity: {{{kind}: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: kubernetes.io/hostname, \
             labelSelector: {{matchLabels: {{app: other}}}}}}]}}}}"
        )
    };
    let first = "initial: [{kind: Node, name: n-0}]\nactions:\n- {at_s: 0, do: submit, kind: Pod, name: other}\n\
                 - {at_s: 1, do: submit, kind: Pod, name: want, when: {pods_ready: 1, plus_s: 0.46}}\n";
    let then = |what: &str| format!("{first}- {{at_s: 6, {what}, when: {{pod_settled: want, plus_s: 5}}}}\n");
    let other = |port: &str| node("n-0", "", "") + &pod("other", "app: other", port, "");
    let stopped =
        "6.03,Pod,other,deleting,n-0,grace=30\n6.23,Pod,other,failed,n-0,exitCode=143\n6.24,Pod,other,deleted,n-0,\n";

    let shunned = other("") + &pod("want", "", "", &near("podAntiAffinity"));
    let why = "node(s) didn't match pod anti-affinity rules";
    let relabelled = then("do: patch, kind: Pod, name: other, body: {metadata: {labels: {app: null}}}");
    agrees(
        &shunned,
        &relabelled,
        &(placed("other", 0.01, "n-0") + &waited(1.02, why, true, 6.05)),
    );
    let deleted = then("do: delete, kind: Pod, name: other");
    agrees(
        &shunned,
        &deleted,
        &(placed("other", 0.01, "n-0") + stopped + &waited(1.02, why, true, 6.25)),
    );
    let port = "ports: [{containerPort: 80, hostPort: 8080}], ";
    let why = "node(s) didn't have free ports for the requested pod ports";
    agrees(
        &(other(port) + &pod("want", "", port, "")),
        &deleted,
        &(placed("other", 0.01, "n-0") + stopped + &waited(1.02, why, true, 6.25)),
    );
    // The other way round: the pod that it wants to be near comes later.
    let manifests = other("") + &pod("want", "", "", &near("podAffinity"));
    let actions = "initial: [{kind: Node, name: n-0}]\nactions:\n- {at_s: 0, do: submit, kind: Pod, name: want}\n\
                   - {at_s: 9, do: submit, kind: Pod, name: other, when: {pod_settled: want, plus_s: 9}}\n";
    let why = "node(s) didn't match pod affinity rules";
    agrees(
        &manifests,
        actions,
        &(waited(0.01, why, false, 9.07) + &placed("other", 9.04, "n-0")),
    );
}

/// A namespace selector goes by the labels of namespaces; objects in which nothing happens need no replay.
#[test]
fn namespaces_have_labels_and_services_are_no_gap() {
    let namespace = |name: &str, team: &str| {
        format!("---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{team: {team}}}}}}}\n")
    };
    let near = "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, \
                namespaceSelector: {matchLabels: {team: ml}}, labelSelector: {matchLabels: {app: x}}}]}}";
    let manifests = namespace("team-a", "web")
        + &namespace("team-b", "ml")
        + "---\n{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {app: y}, ports: [{port: 80}]}}\n"
        + "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}\n"
        + &node("n-0", "", "")
        + &node("n-1", "", "")
        + &pod("friend", "app: x", "", "")
        + &pod("other", "app: x", "", "nodeName: n-0")
        + &pod("want", "", "", near);
    let actions = "initial:
- {kind: Namespace, name: team-a}
- {kind: Node, name: n-0}
- {kind: Node, name: n-1}
- {kind: Service, name: s}
actions:
- {at_s: 0, do: submit, kind: ConfigMap, name: c}
- {at_s: 0, do: submit, kind: Namespace, name: team-b}
- {at_s: 1, do: submit, kind: Pod, name: other, namespace: team-a}
- {at_s: 2, do: patch, kind: Node, name: n-0, body: {spec: {unschedulable: true}}}
- {at_s: 3, do: submit, kind: Pod, name: friend, namespace: team-b}
- {at_s: 4, do: patch, kind: Node, name: n-0, body: {spec: {unschedulable: null}}}
- {at_s: 5, do: submit, kind: Pod, name: want}
";
    let bound = |name: &str, at: f64, node: &str| placed(name, at, node);
    let events = bound("other", 1.01, "n-0") + &bound("friend", 3.01, "n-1") + &bound("want", 5.01, "n-1");
    agrees(&manifests, actions, &events);
}

/// The comparison is not blind: where the rules say otherwise, it tells.
#[test]
fn a_wrong_guess_is_told() {
    let manifests = node("n-0", "", "") + &pod("want", "", "", "nodeSelector: {zone: a}");
    let actions = "initial: [{kind: Node, name: n-0}]\nactions:\n- {at_s: 0, do: submit, kind: Pod, name: want}\n";
    let (code, shown) = validated(&manifests, actions, &placed("want", 0.01, "n-0"));
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("Pod/want: what happened to its pods"), "{shown}");
}
