//! Which pods of a ReplicaSet go first.

use super::{deployment, ideal, kubernetes};

/// Names of the pods that a run deletes, in order.
fn victims<'a>(run: &'a super::Played, start: &str) -> Vec<&'a str> {
    let lines = run.texts(start);
    lines.into_iter().map(|line| line.split(' ').next().unwrap()).collect()
}

#[test]
fn a_cost_decides_among_pods_that_serve() {
    let cost = |ordinal: u32, cost: &str| {
        format!(
            "at: 40s, annotate: {{pod-of: deployment/web, ordinal: {ordinal}}}, annotations: {{controller.kubernetes.io/pod-deletion-cost: \
             {cost}}}"
        )
    };
    let run = kubernetes(
        &deployment("replicas: 5"),
        5,
        "  until: 2m\n",
        &[
            &cost(0, "'-5'"),
            &cost(1, "'100'"),
            &cost(3, "-20"),
            &cost(4, "7"),
            &cost(2, "'0'"),
            "at: 60s, scale: deployment/web, replicas: 1",
        ],
    );
    let made: Vec<&str> = victims(&run, "created ");
    let gone = victims(&run, "deleting ");
    assert_eq!(gone, [made[3], made[0], made[2], made[4]]);
    assert_eq!(run.store.running_pods, 1);
}

#[test]
fn pods_that_wait_or_start_go_before_any_cost() {
    // Six fit nowhere; the cheapest of the others stay.
    let run = kubernetes(
        &deployment("replicas: 70"),
        1,
        "  until: 2m\n",
        &[
            "at: 40s, annotate: {pod-of: deployment/web, ordinal: 0}, annotations: {controller.kubernetes.io/pod-deletion-cost: '-1000'}",
            "at: 60s, scale: deployment/web, replicas: 64",
        ],
    );
    assert!(
        run.texts("deleting ").iter().all(|line| line.contains(" on - ")),
        "{:?}",
        run.texts("deleting ")
    );
    assert_eq!(run.store.running_pods, 64);
}

#[test]
fn pods_that_were_restarted_go_before_those_that_were_not() {
    // All are Ready since the same second: the one whose container was restarted (at once, so it was never unready) goes.
    let manifest = deployment("replicas: 3").replace(
        "metadata: {labels: {app: web}}",
        "metadata: {labels: {app: web}, annotations: {makespan.dev/runtime: '1h,1h,30s,1h', makespan.dev/outcome: 'ok,ok,fail,ok'}}",
    );
    let run = ideal(
        &manifest,
        3,
        "  until: 2m\n",
        &["at: 60s, scale: deployment/web, replicas: 2"],
    );
    let (made, gone) = (victims(&run, "created "), victims(&run, "deleting "));
    assert_eq!(gone, [made[2]]);
}
