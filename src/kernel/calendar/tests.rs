//! The wheel and its twin side by side, and what both promise.

use proptest::prelude::*;

use super::{Calendar, HeapCalendar};
use crate::kernel::{SimDuration, SimTime};

const fn at(nanos: u64) -> SimTime {
    SimTime::from_nanos(nanos)
}

fn drain(calendar: &mut Calendar<u32>) -> Vec<(u64, u32)> {
    std::iter::from_fn(|| calendar.pop())
        .map(|(time, event)| (time.as_nanos(), event))
        .collect()
}

#[test]
fn events_come_by_time_and_equal_times_in_the_order_of_pushing() {
    let mut calendar = Calendar::new();
    for (event, nanos) in [500, 3, 500, 0, u64::MAX, 3, 500].into_iter().enumerate() {
        calendar.push(at(nanos), event as u32);
    }
    assert_eq!(calendar.len(), 7);
    let expected = [(0, 3), (3, 1), (3, 5), (500, 0), (500, 2), (500, 6), (u64::MAX, 4)];
    assert_eq!(drain(&mut calendar), expected);
    assert!(calendar.is_empty());
    assert_eq!(
        (calendar.pop(), calendar.peek_time(), calendar.now()),
        (None, None, SimTime::MAX)
    );
}

#[test]
fn a_look_at_a_far_time_leaves_room_for_pushes_before_it() {
    let mut calendar = Calendar::new();
    calendar.push(at(1_000_000), 1);
    assert_eq!(calendar.peek_time(), Some(at(1_000_000)));
    calendar.push(at(999_999), 2);
    calendar.push(at(7), 3);
    calendar.push(at(1_000_000), 4);
    assert_eq!(calendar.peek_time(), Some(at(7)));
    assert_eq!(calendar.now(), SimTime::ZERO);
    assert_eq!(
        drain(&mut calendar),
        [(7, 3), (999_999, 2), (1_000_000, 1), (1_000_000, 4)]
    );
}

#[test]
fn a_crowd_at_one_time_stays_in_line_through_every_level() {
    let mut calendar = Calendar::new();
    let far = u64::MAX / 3;
    for event in 0..1_000 {
        calendar.push(at(far + u64::from(event % 3)), event);
    }
    calendar.push(at(5), 1_000);
    assert_eq!(calendar.pop(), Some((at(5), 1_000)));
    let order = drain(&mut calendar);
    let mut expected: Vec<(u64, u32)> = (0..1_000).map(|event| (far + u64::from(event % 3), event)).collect();
    expected.sort_by_key(|&(time, _)| time);
    assert_eq!(order, expected);
}

#[test]
#[should_panic(expected = "an event was pushed for 0.000000009, and it is already 0.000000010")]
fn the_past_is_closed() {
    let mut calendar = Calendar::new();
    calendar.push(at(10), ());
    calendar.pop();
    calendar.push(at(9), ());
}

#[test]
#[should_panic(expected = "an event was pushed for 0.000000009, and it is already 0.000000010")]
fn the_past_is_closed_for_the_twin_too() {
    let mut calendar = HeapCalendar::new();
    calendar.push(at(10), ());
    calendar.pop();
    calendar.push(at(9), ());
}

#[test]
fn a_steady_state_keeps_to_its_storage() {
    let mut calendar = Calendar::new();
    for event in 0..1_000_u32 {
        calendar.push(at(u64::from(event) * 7_919), event);
    }
    let mut reached = 0;
    for step in 0..200_000_u64 {
        let (now, event) = calendar.pop().expect("the number of events is constant");
        calendar.push(now + SimDuration::from_nanos((step * 2_654_435_761) % 9_000_000), event);
        if step == 100_000 {
            reached = calendar.storage();
        }
    }
    assert_eq!(calendar.storage(), reached);
    assert!(reached < 1_000 + 64 * 3 * 32, "{reached} slots for 1,000 events");
}

/// What a model does with a calendar.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Push at now plus so many nanoseconds.
    Push(u64),
    Pop,
    Peek,
}

fn spans() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => Just(0),
        3 => 0_u64..4,
        2 => 0_u64..200,
        2 => (0_u64..5).prop_map(|seconds| seconds * 1_000_000_000),
        2 => (0_u32..64, 0_u64..3).prop_map(|(power, more)| (1_u64 << power) + more),
        1 => any::<u64>(),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => spans().prop_map(Step::Push),
        4 => Just(Step::Pop),
        1 => Just(Step::Peek),
    ];
    prop::collection::vec(step, 0..600)
}

fn same_answers(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut wheel = Calendar::new();
    let mut heap = HeapCalendar::new();
    for (event, &step) in steps.iter().enumerate() {
        match step {
            Step::Push(span) => {
                let time = heap.now() + SimDuration::from_nanos(span);
                wheel.push(time, event);
                heap.push(time, event);
            }
            Step::Pop => prop_assert_eq!(wheel.pop(), heap.pop()),
            Step::Peek => prop_assert_eq!(wheel.peek_time(), heap.peek_time()),
        }
        prop_assert_eq!((wheel.now(), wheel.len()), (heap.now(), heap.len()));
        prop_assert_eq!(wheel.is_empty(), heap.is_empty());
    }
    while let Some(next) = heap.pop() {
        prop_assert_eq!(wheel.peek_time(), Some(next.0));
        prop_assert_eq!(wheel.pop(), Some(next));
    }
    prop_assert_eq!(wheel.pop(), None);
    Ok(())
}

proptest! {
    #[test]
    fn the_wheel_answers_like_the_heap(steps in steps()) {
        same_answers(&steps)?;
    }

    /// Mostly pushes first, so that buckets grow past one block and move down.
    #[test]
    fn long_buckets_move_down_in_order(
        crowd in prop::collection::vec(prop_oneof![0_u64..20, 4_000_u64..5_000, 1_000_000_u64..1_000_100], 100..800),
        steps in steps(),
    ) {
        let mut all: Vec<Step> = crowd.into_iter().map(Step::Push).collect();
        all.extend(steps);
        same_answers(&all)?;
    }
}
