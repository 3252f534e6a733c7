//! The scheduling queue, step by step.

use crate::cluster::PodId;
use crate::control::ControlPlane;
use crate::control::scheduler::hints::Rejectors;
use crate::control::scheduler::queue::SchedulingQueue;
use crate::kernel::{SimDuration, SimTime};

fn at(millis: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(millis)
}

const FIT: Rejectors = Rejectors::NODE_RESOURCES_FIT;

fn fail(queue: &mut SchedulingQueue, pod: u32, millis: u64) {
    queue.fail(PodId(pod), at(millis), FIT, false);
}

#[test]
fn new_pods_overtake_pods_that_failed_often() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    queue.add(PodId(0), 0, at(0));
    for millis in [10, 20, 30, 40] {
        assert_eq!(queue.pop(), Some(PodId(0)));
        fail(&mut queue, 0, millis);
        queue.move_all(at(millis + 1), None);
    }
    queue.add(PodId(1), 0, at(50));
    assert_eq!(queue.pop(), Some(PodId(1)));
    // Active is empty: the head of the back-off queue is taken without waiting.
    assert_eq!(queue.pop(), Some(PodId(0)));
    assert_eq!(queue.pop(), None);
}

#[test]
fn back_off_ends_at_the_first_whole_second_after_its_expiry_second() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    queue.add(PodId(0), 0, at(0));
    queue.pop();
    fail(&mut queue, 0, 300);
    queue.move_all(at(400), None);
    // 0.3 s + 1 s expires in second 1, which is over at 2.0 s.
    assert_eq!(queue.next_flush(at(400)), Some(at(1000)));
    queue.flush_backoff(at(1000));
    assert_eq!(queue.next_flush(at(1000)), Some(at(2000)));
    queue.flush_backoff(at(2000));
    assert_eq!(queue.next_flush(at(2000)), None);
    assert_eq!(queue.pop(), Some(PodId(0)));
}

#[test]
fn a_move_during_the_attempt_sends_the_pod_to_back_off() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    queue.add(PodId(0), 0, at(0));
    queue.pop();
    queue.fail(PodId(0), at(2), FIT, true);
    assert!(!queue.has_unschedulable());
    assert_eq!(queue.pop(), Some(PodId(0)));
}

#[test]
fn the_end_of_a_pod_moves_only_pods_it_may_help() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    queue.add(PodId(0), 0, at(0));
    queue.pop();
    queue.fail(PodId(0), at(1), Rejectors::TAINT_TOLERATION, false);
    queue.move_all(at(2), None);
    assert!(queue.is_idle() && queue.has_unschedulable());
    queue.flush_unschedulable(at(400_000), SimDuration::from_secs(300));
    assert_eq!(queue.pop(), Some(PodId(0)));
}

#[test]
fn priority_goes_before_time() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    queue.add(PodId(0), 0, at(0));
    queue.add(PodId(1), 5, at(1));
    queue.add(PodId(2), 5, at(2));
    queue.remove(PodId(1));
    assert_eq!(
        [queue.pop(), queue.pop(), queue.pop()],
        [Some(PodId(2)), Some(PodId(0)), None]
    );
}

#[test]
fn removal_works_wherever_a_pod_waits() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    for pod in 0..4 {
        queue.add(PodId(pod), 0, at(0));
    }
    for pod in 0..3 {
        queue.pop();
        fail(&mut queue, pod, 1);
    }
    queue.remove(PodId(0));
    queue.remove(PodId(3));
    queue.move_all(at(2), None);
    queue.remove(PodId(1));
    assert_eq!([queue.pop(), queue.pop()], [Some(PodId(2)), None]);
    queue.add(PodId(5), 0, at(3));
    queue.pop();
    fail(&mut queue, 5, 4);
    assert!(queue.flush_unschedulable(at(300_000), SimDuration::from_secs(300)));
    assert!(!queue.flush_unschedulable(at(300_005), SimDuration::from_secs(300)));
    assert_eq!(queue.pop(), Some(PodId(5)));
}

#[test]
fn other_events_move_the_pods_whose_plugins_say_so() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    let [taint, affinity] = [Rejectors::TAINT_TOLERATION, Rejectors::NODE_AFFINITY];
    for (pod, by) in [(0, taint), (1, affinity), (2, taint.union(FIT)), (3, taint)] {
        queue.add(PodId(pod), 0, at(0));
        queue.pop();
        queue.fail(PodId(pod), at(1), by, false);
    }
    let mut asked = Vec::new();
    queue.move_where(at(2), taint, false, &mut |pod, _| {
        asked.push(pod.0);
        pod != PodId(3)
    });
    assert_eq!(asked, [0, 3, 2]);
    assert_eq!(
        [queue.pop(), queue.pop(), queue.pop()],
        [Some(PodId(0)), Some(PodId(2)), None]
    );
    queue.fail(PodId(2), at(3), taint.union(FIT), false);
    queue.move_where(at(4), taint, true, &mut |_, _| true);
    assert_eq!(
        [queue.pop(), queue.pop()],
        [Some(PodId(3)), None],
        "pod 2 waits for room"
    );
    queue.move_all(at(5), None);
    assert_eq!([queue.pop(), queue.pop()], [Some(PodId(2)), None]);
    assert_eq!(queue.unschedulable_by(PodId(1)), Some(affinity));
    queue.move_one(PodId(1), at(6));
    assert_eq!(queue.pop(), Some(PodId(1)));
}

#[test]
fn held_pods_and_those_of_higher_priority_stay() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    for pod in 0..3 {
        queue.add(PodId(pod), pod as i32, at(0));
    }
    for _ in 0..3 {
        let pod = queue.pop().unwrap();
        queue.set_held(pod, pod == PodId(0));
        // Something moved during the attempt; the held pod stays nevertheless.
        queue.fail(pod, at(1), FIT, pod == PodId(0));
    }
    queue.move_all(at(2), Some(1));
    assert_eq!([queue.pop(), queue.pop()], [Some(PodId(1)), None]);
    queue.set_held(PodId(0), false);
    assert_eq!(queue.pop(), None, "it waits for the next event");
    queue.move_all(at(3), None);
    assert_eq!([queue.pop(), queue.pop()], [Some(PodId(2)), Some(PodId(0))]);
}

#[test]
fn after_an_error_a_pod_is_not_taken_early() {
    let mut queue = SchedulingQueue::new(&ControlPlane::kubernetes());
    queue.add(PodId(0), 0, at(0));
    queue.pop();
    queue.fail(PodId(0), at(300), Rejectors::NONE, false);
    queue.move_all(at(400), None);
    assert!(queue.is_idle() && queue.has_only_errors() && !queue.has_unschedulable());
    queue.flush_backoff(at(1000));
    assert_eq!(queue.pop(), None);
    queue.flush_backoff(at(2000));
    assert_eq!(queue.pop(), Some(PodId(0)));
    // The second error in a row backs off for 2 s, a refusal after it for 1 s.
    queue.fail(PodId(0), at(2000), Rejectors::NONE, false);
    queue.flush_backoff(at(4000));
    assert_eq!(queue.pop(), None);
    queue.flush_backoff(at(5000));
    assert_eq!(queue.pop(), Some(PodId(0)));
    queue.fail(PodId(0), at(5000), FIT, true);
    queue.add(PodId(1), 0, at(5100));
    queue.flush_backoff(at(7000));
    assert_eq!([queue.pop(), queue.pop()], [Some(PodId(0)), Some(PodId(1))]);
}
