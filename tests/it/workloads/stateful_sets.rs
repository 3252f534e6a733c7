//! StatefulSets: in order or all at once, updates down to a partition, by hand, with `minReadySeconds`.

use super::{Played, ideal, kubernetes, near, stateful_set};

/// Ordinals and times of lines that begin so.
fn ordinals(run: &Played, start: &str) -> Vec<(f64, u32)> {
    let lines = run.lines(&format!("{start} db-"));
    let ordinal = |text: &str| text.split(' ').next().unwrap().parse().unwrap();
    lines.into_iter().map(|(at, text)| (at, ordinal(text))).collect()
}

fn only(pairs: &[(f64, u32)]) -> Vec<u32> {
    pairs.iter().map(|(_, ordinal)| *ordinal).collect()
}

const IMAGE: &str = "at: 60s, set-image: statefulset/db, image: 'db:2'";

#[test]
fn parallel_pods_are_made_and_deleted_without_waiting() {
    let run = kubernetes(
        &stateful_set("replicas: 5, podManagementPolicy: Parallel"),
        2,
        "  until: 2m\n",
        &["at: 60s, scale: statefulset/db, replicas: 1"],
    );
    let created = ordinals(&run, "created");
    assert_eq!(only(&created), [0, 1, 2, 3, 4]);
    assert!(created.iter().all(|(at, _)| *at < 0.1), "{created:?}");
    let deleted = ordinals(&run, "deleting");
    // The highest first, in batches of 1, 2, 1.
    assert_eq!(only(&deleted), [4, 3, 2, 1]);
    assert!(deleted.iter().all(|(at, _)| *at < 60.2), "{deleted:?}");
}

#[test]
fn a_parallel_update_still_replaces_one_pod_at_a_time() {
    let run = kubernetes(
        &stateful_set("replicas: 3, podManagementPolicy: Parallel"),
        2,
        "  until: 2m\n",
        &[IMAGE],
    );
    let (deleted, ready) = (ordinals(&run, "deleting"), ordinals(&run, "ready"));
    assert_eq!(only(&deleted), [2, 1, 0]);
    for (pair, ready) in deleted.windows(2).zip(&ready[3..]) {
        assert!(pair[1].0 > ready.0 && pair[0].1 == ready.1, "{deleted:?} {ready:?}");
    }
}

#[test]
fn an_update_stops_at_its_partition_and_lost_pods_below_come_back_old() {
    let fields = "replicas: 4, updateStrategy: {rollingUpdate: {partition: 2}}";
    let run = kubernetes(
        &stateful_set(fields),
        2,
        "  until: 4m\n",
        &[
            IMAGE,
            "at: 100s, delete: {pod-of: statefulset/db, ordinal: 0}",
            "at: 150s, patch: statefulset/db, with: {spec: {updateStrategy: {rollingUpdate: {partition: 1}}}}",
        ],
    );
    let made: Vec<(f64, &str)> = run.lines("created ").into_iter().filter(|(at, _)| *at > 50.0).collect();
    let made: Vec<String> = made
        .iter()
        .map(|(at, line)| format!("{} {line}", at.round() as i32 / 50))
        .collect();
    let short: Vec<String> = made.iter().map(|line| line.replace(" on - image", "")).collect();
    assert_eq!(short, ["1 db-3 db:2", "1 db-2 db:2", "2 db-0 db:1", "3 db-1 db:2"]);
    let status = run.store.stateful_sets[0].status;
    assert_eq!(
        (status.updated_replicas, status.current_replicas, status.replicas),
        (3, 1, 4)
    );
    assert!(status.current != status.update, "the update is not complete");
}

#[test]
fn min_ready_seconds_count_for_creations_and_updates() {
    let run = ideal(
        &stateful_set("replicas: 3, minReadySeconds: 10"),
        1,
        "  until: 3m\n",
        &[IMAGE],
    );
    assert_eq!(ordinals(&run, "created")[..3], [(0.0, 0), (10.0, 1), (20.0, 2)]);
    assert_eq!(ordinals(&run, "deleting"), [(60.0, 2), (70.0, 1), (80.0, 0)]);
    assert_eq!(run.store.stateful_sets[0].status.available_replicas, 3);
}

#[test]
fn on_delete_replaces_only_what_somebody_deletes() {
    let run = kubernetes(
        &stateful_set("replicas: 3, updateStrategy: {type: OnDelete}"),
        1,
        "  until: 3m\n",
        &[IMAGE, "at: 90s, delete: {pod-of: statefulset/db, ordinal: 1}"],
    );
    let made: Vec<&str> = run.texts("created ");
    assert_eq!(made[3..], ["db-1 on - image db:2"]);
    let status = run.store.stateful_sets[0].status;
    assert_eq!((status.updated_replicas, status.current_replicas), (1, 2));
}

#[test]
fn a_broken_revision_blocks_an_ordered_update_for_ever() {
    let run = kubernetes(
        &stateful_set("replicas: 3"),
        1,
        "  until: 10m\n  images: {missing: ['db:2']}\n",
        &[IMAGE, "at: 200s, set-image: statefulset/db, image: 'db:3'"],
    );
    // The pod that cannot start is not replaced although there is a new revision: it takes a person.
    assert_eq!(only(&ordinals(&run, "deleting")), [2]);
    assert_eq!(run.store.running_pods, 2);
}

#[test]
fn defaults_of_a_limit_range_make_no_pod_look_outdated() {
    let range = "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: all}\nspec: {limits: [{type: Container, defaultRequest: {memory: 1Gi}}]}\n";
    let run = kubernetes(&(stateful_set("replicas: 2") + range), 1, "  until: 2m\n", &[IMAGE]);
    assert_eq!(only(&ordinals(&run, "created")), [0, 1, 1, 0]);
    let daemons = kubernetes(&(super::daemon_set("") + range), 2, "  until: 2m\n", &[]);
    assert_eq!(daemons.times("created ").len(), 2);
}

#[test]
fn a_pod_is_not_made_again_before_its_object_is_gone() {
    let run = kubernetes(
        &stateful_set("replicas: 2"),
        2,
        "  until: 2m\n",
        &["at: 60s, delete: {pod-of: statefulset/db, ordinal: 0}"],
    );
    let (gone, made) = (ordinals(&run, "gone"), ordinals(&run, "created"));
    assert_eq!((gone.len(), made[2].1), (1, 0));
    assert!(
        made[2].0 > gone[0].0 && near(made[2].0, gone[0].0, 0.1),
        "{gone:?} {made:?}"
    );
}
