use super::*;

const OLD: usize = 0;
const NEW: usize = 1;

fn healthy(ordinal: u32, revision: usize) -> PodView {
    PodView {
        pod: PodId(100 + ordinal),
        ordinal,
        revision,
        ready: true,
        available: true,
        terminating: false,
        ended: false,
    }
}

fn starting(ordinal: u32, revision: usize) -> PodView {
    PodView {
        ready: false,
        available: false,
        ..healthy(ordinal, revision)
    }
}

fn terminating(ordinal: u32, revision: usize) -> PodView {
    PodView {
        terminating: true,
        ..healthy(ordinal, revision)
    }
}

fn view(replicas: u32, pods: &[PodView]) -> View {
    View {
        replicas,
        start: 0,
        parallel: false,
        update_strategy: StatefulSetUpdate::RollingUpdate { partition: 0 },
        current: OLD,
        update: OLD,
        generation: 1,
        status: StatefulSetStatus::default(),
        pods: pods.to_vec(),
        max_batch: 500,
    }
}

/// The calls about pods, group by group.
fn calls(view: &View) -> Vec<Vec<String>> {
    let text = |call: &Call| match call {
        Call::Create { ordinal, revision } => Some(format!("+{ordinal}r{revision}")),
        Call::Delete(pod) => Some(format!("-{}", pod.0 - 100)),
        Call::Status(_) => None,
    };
    let groups = plan(view);
    let groups = groups.iter().map(|group| group.iter().filter_map(text).collect());
    groups.filter(|group: &Vec<String>| !group.is_empty()).collect()
}

fn status(view: &View) -> StatefulSetStatus {
    match plan(view).last().and_then(|group| group.last()) {
        Some(Call::Status(status)) => *status,
        other => panic!("{other:?} is no status"),
    }
}

#[test]
fn ordered_pods_come_one_after_another_and_go_from_the_top() {
    assert_eq!(calls(&view(3, &[])), [["+0r0"]]);
    assert_eq!(calls(&view(3, &[starting(0, OLD)])), [[""; 0]; 0]);
    assert_eq!(calls(&view(3, &[healthy(0, OLD)])), [["+1r0"]]);
    // A gap is filled before anything else.
    assert_eq!(calls(&view(2, &[healthy(1, OLD), healthy(2, OLD)])), [["+0r0"]]);
    let all = [0, 1, 2, 3].map(|i| healthy(i, OLD));
    assert_eq!(calls(&view(2, &all)), [["-3"]]);
    let last = [healthy(0, OLD), healthy(1, OLD), healthy(2, OLD), terminating(3, OLD)];
    assert_eq!(calls(&view(2, &last)), [[""; 0]; 0]);
    // While a pod that stays is not Ready nothing goes; an unhealthy one that goes itself does not hold up itself.
    assert_eq!(calls(&view(2, &[starting(0, OLD), all[1], all[2]])), [[""; 0]; 0]);
    assert_eq!(calls(&view(2, &[all[0], all[1], starting(2, OLD)])), [["-2"]]);
    assert_eq!(
        calls(&view(1, &[all[0], starting(1, OLD), starting(2, OLD)])),
        [[""; 0]; 0]
    );
}

#[test]
fn ended_pods_are_deleted_and_made_again_once_they_are_gone() {
    let ended = PodView {
        ended: true,
        ..starting(0, OLD)
    };
    assert_eq!(calls(&view(2, &[ended, healthy(1, OLD)])), [["-0"]]);
    let going = PodView {
        terminating: true,
        ..ended
    };
    assert_eq!(calls(&view(2, &[going, healthy(1, OLD)])), [[""; 0]; 0]);
    assert_eq!(calls(&view(2, &[healthy(1, OLD)])), [["+0r0"]]);
}

#[test]
fn updates_go_from_the_top_down_to_the_partition() {
    let updating = |pods: &[PodView], partition| View {
        update: NEW,
        update_strategy: StatefulSetUpdate::RollingUpdate { partition },
        ..view(3, pods)
    };
    let old = [0, 1, 2].map(|i| healthy(i, OLD));
    assert_eq!(calls(&updating(&old, 0)), [["-2"]]);
    assert_eq!(
        status(&updating(&old, 0)).current_replicas,
        2,
        "the one that goes is not counted"
    );
    assert_eq!(calls(&updating(&[old[0], old[1]], 0)), [["+2r1"]]);
    assert_eq!(calls(&updating(&[old[0], old[1], starting(2, NEW)], 0)), [[""; 0]; 0]);
    assert_eq!(calls(&updating(&[old[0], old[1], healthy(2, NEW)], 0)), [["-1"]]);
    assert_eq!(calls(&updating(&[old[0], old[1], healthy(2, NEW)], 2)), [[""; 0]; 0]);
    // Below the partition a lost pod comes back as it was.
    assert_eq!(calls(&updating(&[old[0], healthy(2, NEW)], 2)), [["+1r0"]]);
    let on_delete = View {
        update_strategy: StatefulSetUpdate::OnDelete,
        ..updating(&old, 0)
    };
    assert_eq!(calls(&on_delete), [[""; 0]; 0]);
    let lost = View {
        pods: vec![old[0], old[1]],
        ..on_delete
    };
    assert_eq!(calls(&lost), [["+2r1"]]);
}

#[test]
fn a_finished_update_becomes_the_current_revision() {
    let new = [0, 1].map(|i| healthy(i, NEW));
    let done = View {
        update: NEW,
        ..view(2, &new)
    };
    let written = status(&done);
    assert_eq!((written.current, written.update), (NEW, NEW));
    assert_eq!((written.current_replicas, written.updated_replicas), (2, 2));
    assert_eq!(
        plan(&View {
            status: written,
            ..done
        }),
        [[]; 0]
    );
}

#[test]
fn parallel_pods_come_in_batches_and_go_at_once() {
    let parallel = |replicas, pods: &[PodView]| View {
        parallel: true,
        ..view(replicas, pods)
    };
    let groups = calls(&parallel(5, &[]));
    assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2]);
    assert_eq!(groups[2], ["+3r0", "+4r0"]);
    // Places that need nothing count for the batches.
    assert_eq!(calls(&parallel(3, &[starting(0, OLD)])), [["+1r0", "+2r0"]]);
    let all = [0, 1, 2, 3].map(|i| starting(i, OLD));
    assert_eq!(calls(&parallel(1, &all)), [vec!["-3"], vec!["-2", "-1"]]);
    // An update waits for what is not healthy also here.
    let updating = View {
        update: NEW,
        ..parallel(2, &[healthy(0, OLD), starting(1, NEW)])
    };
    assert_eq!(calls(&updating), [[""; 0]; 0]);
}

#[test]
fn ordinals_may_start_elsewhere() {
    let from_five = |pods: &[PodView]| View {
        start: 5,
        ..view(2, pods)
    };
    assert_eq!(calls(&from_five(&[healthy(5, OLD)])), [["+6r0"]]);
    assert_eq!(
        calls(&from_five(&[healthy(0, OLD), healthy(5, OLD), healthy(6, OLD)])),
        [["-0"]]
    );
}
