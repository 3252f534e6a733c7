//! DaemonSets: updates with surge, by hand, several at a time; pods that fail.

use super::{Played, daemon_set, ideal, kubernetes};

const IMAGE: &str = "at: 60s, set-image: daemonset/agent, image: 'agent:2'";

/// Times and nodes of lines that begin so and are about this image, after the update.
fn of_image(run: &Played, start: &str, image: &str) -> Vec<(f64, String)> {
    let lines = run.lines(start).into_iter();
    let about = lines.filter(|(at, line)| *at >= 60.0 && line.ends_with(image));
    about
        .map(|(at, line)| (at, line.split(' ').nth(2).unwrap().to_owned()))
        .collect()
}

#[test]
fn with_surge_a_node_has_its_new_pod_before_the_old_one_goes() {
    let update = "updateStrategy: {rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}, minReadySeconds: 5,";
    let run = kubernetes(&daemon_set(update), 4, "  until: 5m\n", &[IMAGE]);
    let (ready, deleted) = (
        of_image(&run, "ready ", "agent:2"),
        of_image(&run, "deleting ", "agent:1"),
    );
    assert_eq!((ready.len(), deleted.len()), (4, 4));
    for (at, node) in &deleted {
        let (since, _) = ready.iter().find(|(_, other)| other == node).unwrap();
        assert!(at - since >= 4.0, "{node}: Ready {since}, the old one goes {at}");
    }
    // Never more than two nodes with a new pod that is not available.
    let made = run
        .lines("created ")
        .into_iter()
        .filter(|(_, line)| line.ends_with("agent:2"));
    let made: Vec<f64> = made.map(|(at, _)| at).collect();
    assert!(made[1] < 61.0 && made[2] > deleted[0].0 - 0.5, "{made:?} {deleted:?}");
}

#[test]
fn several_nodes_may_be_without_a_pod() {
    let update = |share: &str| format!("updateStrategy: {{rollingUpdate: {{maxUnavailable: {share}}}}},");
    for (share, at_once) in [("1", 1), ("3", 3), ("'30%'", 2), ("'100%'", 6)] {
        let run = kubernetes(&daemon_set(&update(share)), 6, "  until: 5m\n", &[IMAGE]);
        let (mut missing, mut most) = (0_usize, 0);
        for (at, line) in &run.log.lines {
            if at.as_secs_f64() < 60.0 {
                continue;
            }
            if line.starts_with("deleting ") {
                missing += 1;
            } else if line.starts_with("ready ") {
                missing -= 1;
            }
            most = most.max(missing);
        }
        assert_eq!(most, at_once, "{share}");
        assert_eq!(run.store.daemon_sets[0].status.updated_number_scheduled, 6, "{share}");
    }
}

#[test]
fn on_delete_waits_for_somebody() {
    let run = kubernetes(
        &daemon_set("updateStrategy: {type: OnDelete},"),
        3,
        "  until: 3m\n",
        &[IMAGE, "at: 90s, delete: {pod-of: daemonset/agent, ordinal: 1}"],
    );
    let made = of_image(&run, "ready ", "agent:2");
    assert_eq!(made.len(), 1);
    assert_eq!(run.store.daemon_sets[0].status.updated_number_scheduled, 1);
}

/// The kubelet refuses the pods: something else has what they need, past the scheduler.
#[test]
fn a_pod_that_fails_is_replaced_after_a_wait_that_doubles() {
    let squatter = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: squatter}\nspec: {nodeName: node, containers: [{name: main, image: a, \
                    resources: {requests: {cpu: '64'}}}]}\n";
    // Pinned by hand, the pods go past the scheduler, too.
    let manifest = daemon_set("").replace("spec: {containers", "spec: {nodeName: node, containers") + squatter;
    let run = ideal(&manifest, 1, "  until: 40s\n", &[]);
    let failed = run.times("event DaemonSet FailedDaemonPod ");
    let made = run.times("created agent");
    // The first is replaced at once, then after 1, 2, 4, … s.
    let gaps: Vec<f64> = made.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps[..5], [0.0, 1.0, 2.0, 4.0, 8.0], "{made:?} {failed:?}");
    let text = run.texts("event DaemonSet FailedDaemonPod ")[0];
    assert!(
        text.starts_with("Found failed daemon pod default/agent-")
            && text.ends_with(" on node node, will try to kill it"),
        "{text}"
    );
    assert_eq!(failed.len(), run.texts("event DaemonSet SuccessfulDelete ").len());
}

#[test]
fn a_taint_that_evicts_takes_the_pod_and_its_end_brings_it_back() {
    let run = kubernetes(
        &daemon_set(""),
        3,
        "  until: 3m\n",
        &[
            "at: 60s, taint: node-1, taints: ['gpu=broken:NoExecute']",
            "at: 90s, taint: node-1, taints: ['gpu-']",
            "at: 100s, taint: node-2, taints: ['gpu=new:NoSchedule']",
        ],
    );
    let deleted = run.lines("deleting ");
    assert_eq!(deleted.len(), 1);
    assert!(
        deleted[0].1.contains(" on node-1 ") && deleted[0].0 > 60.0 && deleted[0].0 < 62.0,
        "{deleted:?}"
    );
    let made = run.times("created ");
    assert!(made[3] > 90.0 && made[3] < 91.0, "{made:?}");
    // NoSchedule keeps the pod that is there.
    assert_eq!(run.store.running_pods, 3);
}
