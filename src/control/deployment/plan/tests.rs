use super::*;
use crate::kernel::SimDuration;

fn at(secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

/// ReplicaSet `id` of `replicas` pods that are all available, of revision `id` + 1, sized for a Deployment of 4.
fn set_of(id: u32, replicas: u32) -> ReplicaSetView {
    ReplicaSetView {
        id: ReplicaSetId(id),
        replicas,
        min_ready: SimDuration::ZERO,
        revision: id + 1,
        desired_replicas: 4,
        max_replicas: 5,
        generation: 1,
        status: ReplicaSetStatus {
            observed_generation: 1,
            replicas,
            ready_replicas: replicas,
            available_replicas: replicas,
            terminating_replicas: Some(0),
            failed_create: false,
        },
        has_pods: replicas > 0,
    }
}

/// A Deployment of 4 whose present template is that of `new`, as its own last sync left it.
fn view(sets: &[ReplicaSetView], new: Option<usize>) -> View {
    let mut view = View {
        replicas: 4,
        strategy: DeploymentStrategy::default(),
        paused: false,
        min_ready: SimDuration::ZERO,
        progress_deadline: Some(SimDuration::from_secs(600)),
        revision_history_limit: 10,
        generation: 1,
        revision: new.map_or(1, |new| sets[new].revision),
        status: DeploymentStatus::default(),
        sets: sets.to_vec(),
        new,
        now: at(100),
        api_now: at(100),
    };
    view.status.progressing = Some(condition(DeploymentReason::ReplicaSetUpdated, ReplicaSetId(0), at(90)));
    view.status = of_roll_out(&view, &view.sets, new, &view.status);
    view
}

fn reason(plan: &Plan) -> Option<&'static str> {
    let status = plan.calls.iter().rev().find_map(|call| match call {
        Call::Status(status, _) => Some(status),
        Call::Create { .. } | Call::Resize(..) | Call::Revise(..) | Call::Delete(_) | Call::Conflict => None,
    });
    status.and_then(|status| status.progressing).map(|c| c.reason.name())
}

#[test]
fn the_first_sync_makes_the_replica_set_and_loses_its_last_write() {
    let mut fresh = view(&[], None);
    fresh.status = DeploymentStatus::default();
    fresh.revision = 0;
    let plan = plan(&fresh);
    assert_eq!(
        plan.calls[0],
        Call::Create {
            replicas: 4,
            revision: 1
        }
    );
    assert_eq!(reason(&plan), Some("NewReplicaSetCreated"));
    assert_eq!((plan.calls.last(), plan.failed), (Some(&Call::Conflict), true));
}

#[test]
fn a_finished_roll_out_is_told_once_and_then_left_alone() {
    let done = view(&[set_of(0, 4)], Some(0));
    assert_eq!(
        done.status.progressing.map(|c| c.reason),
        Some(DeploymentReason::NewReplicaSetAvailable)
    );
    assert_eq!(plan(&done), Plan::default());
}

#[test]
fn an_old_template_gets_its_replica_set_back_with_the_highest_revision() {
    let back = view(&[set_of(0, 0), set_of(1, 4)], Some(0));
    let revised = plan(&back);
    assert_eq!(revised.calls, [Call::Revise(ReplicaSetId(0), 3), Call::Conflict]);
    assert!(revised.failed);
    let mut newest = set_of(0, 0);
    newest.revision = 3;
    let next = View {
        revision: 2,
        ..view(&[newest, set_of(1, 4)], Some(0))
    };
    let calls = plan(&next).calls;
    assert!(matches!(calls[0], Call::Status(_, 3)), "{calls:?}");
    assert_eq!(calls[1], Call::Resize(ReplicaSetId(0), 1));
}

#[test]
fn a_paused_deployment_is_scaled_but_not_rolled_out() {
    let mut paused = view(&[set_of(0, 4)], None);
    paused.paused = true;
    let first = plan(&paused);
    assert_eq!(reason(&first), Some("DeploymentPaused"));
    assert!(!first.calls.iter().any(|call| matches!(call, Call::Create { .. })));
    paused.status.progressing = Some(condition(
        DeploymentReason::DeploymentPaused,
        ReplicaSetId::NONE,
        at(90),
    ));
    paused.replicas = 7;
    assert_eq!(plan(&paused).calls[0], Call::Resize(ReplicaSetId(0), 7));
    let resumed = View {
        paused: false,
        replicas: 4,
        ..paused
    };
    let calls = plan(&resumed).calls;
    let told = matches!(calls[0], Call::Status(status, _) if status.progressing.is_some_and(|c| c.reason == DeploymentReason::DeploymentResumed));
    assert!(told, "{calls:?}");
}

#[test]
fn old_replica_sets_beyond_the_limit_go_when_all_is_done() {
    let sets = [set_of(0, 0), set_of(1, 0), set_of(2, 0), set_of(3, 4)];
    let mut full = view(&sets, Some(3));
    full.revision_history_limit = 1;
    assert_eq!(plan(&full).calls, [0, 1].map(|id| Call::Delete(ReplicaSetId(id))));
    full.sets[0].status.replicas = 1;
    assert!(
        !plan(&full).calls.contains(&Call::Delete(ReplicaSetId(0))),
        "its pods are not gone"
    );
}

#[test]
fn a_roll_out_that_does_not_move_is_told_after_its_deadline() {
    let mut starting = set_of(1, 2);
    starting.status.ready_replicas = 0;
    starting.status.available_replicas = 0;
    let mut stuck = view(&[set_of(0, 3), starting], Some(1));
    let waiting = plan(&stuck);
    assert_eq!((waiting.calls.len(), waiting.look_again), (0, Some(at(701))));
    stuck.now = at(701);
    stuck.api_now = stuck.now;
    let told = plan(&stuck);
    assert_eq!(reason(&told), Some("ProgressDeadlineExceeded"));
    let Some(Call::Status(status, _)) = told.calls.last() else {
        panic!("{told:?}")
    };
    let after = View {
        status: *status,
        ..stuck
    };
    assert_eq!(plan(&after), Plan::default(), "nothing is rolled back");
}

#[test]
fn scaling_in_the_middle_of_a_roll_out_is_shared_out() {
    let grown = View {
        replicas: 8,
        ..view(&[set_of(0, 3), set_of(1, 2)], Some(1))
    };
    // 8 + 2 in all; 3·10/5 and 2·10/5.
    let calls = plan(&grown).calls;
    assert_eq!(
        calls[..2],
        [Call::Resize(ReplicaSetId(0), 6), Call::Resize(ReplicaSetId(1), 4)]
    );
}

#[test]
fn recreate_waits_for_the_old_pods() {
    let recreate = |sets: &[ReplicaSetView]| View {
        strategy: DeploymentStrategy::Recreate,
        ..view(sets, None)
    };
    assert_eq!(
        plan(&recreate(&[set_of(0, 4)])).calls[0],
        Call::Resize(ReplicaSetId(0), 0)
    );
    let mut going = set_of(0, 0);
    going.has_pods = true;
    let made = |sets: &[ReplicaSetView]| {
        plan(&recreate(sets))
            .calls
            .iter()
            .any(|c| matches!(c, Call::Create { .. }))
    };
    assert!(!made(&[going]));
    assert!(made(&[set_of(0, 0)]));
}
