//! Pods that admission refuses to the controllers of workloads: what they tell, when they try again.

use makespan::cluster::WorkloadId;
use makespan::cluster::ids::{DaemonSetId, ReplicaSetId};
use makespan::control::End;

use super::{Played, daemon_set, deployment, ideal, kubernetes, near, stateful_set};

fn quota(pods: u32) -> String {
    format!("---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: team}}\nspec: {{hard: {{pods: '{pods}'}}}}\n")
}

/// A Deployment of one pod, which takes one of the quota's until [`FREED`].
fn held(manifests: &str) -> String {
    let holder = deployment("replicas: 1")
        .replace("name: web}", "name: holder}")
        .replace("app: web", "app: holder");
    format!("{holder}---\n{manifests}")
}

const FREED: &str = "at: 20s, scale: deployment/holder, replicas: 0";

/// Times of failed tries, and of the pods that were made.
fn tries(run: &Played, kind: &str) -> Vec<f64> {
    run.times(&format!("event {kind} FailedCreate "))
}

#[test]
fn a_replica_set_tells_why_and_tries_again_until_the_quota_is_free() {
    let manifests = held(&(deployment("replicas: 3") + &quota(3)));
    let run = ideal(&manifests, 1, "  until: 60s\n", &[FREED]);
    // Slow start: 1, then 2, of which one is refused.
    let failed = tries(&run, "ReplicaSet");
    // Whatever happens to its pods wakes it at once; in between 5 ms · 2ⁿ after the n-th failure.
    let gaps: Vec<f64> = failed
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|gap| *gap > 0.1)
        .collect();
    assert!(gaps.len() >= 4, "{failed:?}");
    assert!(
        gaps.windows(2).all(|pair| near(pair[1], 2.0 * pair[0], 1e-6)),
        "{failed:?}"
    );
    let exponent = (gaps[0] / 0.005).log2();
    assert!(near(exponent, exponent.round(), 1e-6), "{failed:?}");
    let text = run.texts("event ReplicaSet FailedCreate ")[0];
    let (name, why) = text
        .strip_prefix("Error creating: pods \"")
        .unwrap()
        .split_once('"')
        .unwrap();
    assert!(name.starts_with("web-"), "{name}");
    assert_eq!(
        why,
        " is forbidden: exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3"
    );
    // There is room from 20 s on; the next try after that succeeds, and the condition goes.
    let made: Vec<f64> = run
        .lines("event ReplicaSet SuccessfulCreate Created pod: web-")
        .iter()
        .map(|(at, _)| *at)
        .collect();
    let next = failed.last().unwrap() + 2.0 * gaps.last().unwrap();
    assert!(
        made.len() == 3 && made[2] > 20.0 && near(made[2], next, 0.02),
        "{made:?} {failed:?}"
    );
    assert!(run.store.replica_failures.is_empty());
    let failed = run.store.replica_sets.iter().any(|set| set.status.failed_create);
    assert!(!failed && run.store.deployments.iter().all(|d| d.status.replica_failure.is_none()));
}

#[test]
fn the_condition_goes_up_to_the_deployment_and_keeps_its_first_words() {
    let run = kubernetes(&(deployment("replicas: 3") + &quota(1)), 1, "  until: 30s\n", &[]);
    let set = &run.store.replica_failures[&WorkloadId::ReplicaSet(ReplicaSetId(0))];
    let first = run.texts("event ReplicaSet FailedCreate ")[0];
    assert_eq!(format!("Error creating: {}", set.message), first);
    let d = WorkloadId::Deployment(makespan::cluster::DeploymentId(0));
    assert_eq!(run.store.replica_failures[&d], *set);
    let status = &run.web().status;
    assert_eq!((status.replica_failure, status.replicas), (Some(ReplicaSetId(0)), 1));
    // One at a time: each try costs one call only.
    assert!(tries(&run, "ReplicaSet").len() < 16);
}

#[test]
fn tries_in_vain_keep_no_run_going() {
    for manifests in [
        deployment("replicas: 3"),
        stateful_set("replicas: 3, podManagementPolicy: Parallel"),
        daemon_set(""),
    ] {
        let run = kubernetes(&(manifests + &quota(1)), 3, "", &[]);
        assert_eq!(run.end, End::Finished);
        assert_eq!(run.store.running_pods, 1);
    }
}

#[test]
fn a_stateful_set_words_it_its_own_way() {
    let run = kubernetes(
        &held(&(stateful_set("replicas: 3") + &quota(2))),
        1,
        "  until: 90s\n",
        &[FREED],
    );
    let failed = run.texts("event StatefulSet FailedCreate ");
    assert_eq!(
        failed[0],
        "create Pod db-1 in StatefulSet db failed error: pods \"db-1\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, \
         limited: pods=2"
    );
    assert!(
        run.texts("event StatefulSet FailedCreate ")
            .iter()
            .any(|text| text.contains("db-2"))
    );
    assert_eq!(
        run.texts("event StatefulSet SuccessfulCreate ")[..2],
        [
            "create Pod db-0 in StatefulSet db successful",
            "create Pod db-1 in StatefulSet db successful"
        ]
    );
    let times = tries(&run, "StatefulSet");
    assert!(times[0] < 5.0 && run.times("created db-1")[0] > 20.0, "{times:?}");
}

#[test]
fn a_daemon_set_makes_what_it_may_and_goes_on_when_there_is_room() {
    let run = kubernetes(&held(&(daemon_set("") + &quota(3))), 4, "  until: 90s\n", &[FREED]);
    let text = run.texts("event DaemonSet FailedCreate ")[0];
    assert!(text.starts_with("Error creating: pods \"agent-"), "{text}");
    assert!(
        text.ends_with("is forbidden: exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3"),
        "{text}"
    );
    let set = &run.store.daemon_sets[DaemonSetId(0).index()];
    assert_eq!((set.status.desired_number_scheduled, set.status.number_ready), (4, 3));
    assert_eq!(run.store.running_pods, 3);
}
