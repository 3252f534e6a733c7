use super::*;
use proptest::prelude::*;

fn at(secs: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(secs).unwrap()
}

fn rates(arrivals: f64, capacity: f64) -> Rates {
    Rates {
        arrivals,
        capacity,
        room: f64::INFINITY,
        timeout: None,
    }
}

/// Requests that waited, the integral of their waits, the longest wait.
#[derive(Default)]
struct Waits {
    requests: f64,
    total: f64,
    longest: f64,
}

impl Waits {
    fn take(&mut self) -> impl FnMut(f64, f64, f64) + '_ {
        |requests, first, last| {
            self.requests += requests;
            self.total += requests * (first + last) / 2.0;
            self.longest = self.longest.max(first).max(last);
        }
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()))
}

/// 10 s of 30 a second where 20 are served, then 10 a second: 100 wait at the peak, gone 10 s later. The waits together are
/// the area between what came and what was served: 100 · 20 s / 2.
#[test]
fn an_overload_leaves_the_area_between_load_and_capacity() {
    let (mut queue, mut waits) = (FluidQueue::default(), Waits::default());
    let up = queue.advance(at(10.0), rates(30.0, 20.0), &mut waits.take());
    assert!(close(queue.backlog(), 100.0), "{queue:?}");
    assert!(close(up.served, 200.0) && up.dropped == 0.0, "{up:?}");
    let down = queue.advance(at(40.0), rates(10.0, 20.0), &mut waits.take());
    assert_eq!(queue.backlog(), 0.0);
    assert!(close(down.served, 100.0 + 300.0), "{down:?}");
    // The queue is empty at 20 s; who comes after that is served at once.
    assert!(close(down.at_once, 200.0), "{down:?}");
    assert!(
        close(waits.requests, 400.0) && close(waits.total, 1000.0),
        "{} {}",
        waits.requests,
        waits.total
    );
    // The last of the rush came at 10 s and was served when the 300 before it were: at 15 s.
    assert!(close(waits.longest, 5.0), "{}", waits.longest);
}

/// Room for 50: full after 5 s, then 10 a second are dropped, and the wait stays at 50 / 20 s.
#[test]
fn a_full_queue_drops_what_comes() {
    let (mut queue, mut waits) = (FluidQueue::default(), Waits::default());
    let full = Rates {
        room: 50.0,
        ..rates(30.0, 20.0)
    };
    let flow = queue.advance(at(15.0), full, &mut waits.take());
    assert!(close(flow.served, 300.0) && close(flow.dropped, 100.0), "{flow:?}");
    assert!(
        close(queue.backlog(), 50.0) && close(waits.longest, 2.5),
        "{}",
        waits.longest
    );
}

/// Who has waited 2 s is dropped. Of the 30 that came each second 20 can be served: the first in line is 2 s old when
/// t·(1 − 20/30) = 2 s, at 6 s; from then on 10 a second are dropped.
#[test]
fn who_waits_too_long_is_dropped() {
    let (mut queue, mut waits) = (FluidQueue::default(), Waits::default());
    let impatient = Rates {
        timeout: Some(SimDuration::from_secs(2)),
        ..rates(30.0, 20.0)
    };
    let before = queue.advance(at(6.0), impatient, &mut waits.take());
    assert!(before.dropped < 1e-6, "{before:?}");
    let after = queue.advance(at(16.0), impatient, &mut waits.take());
    assert!(close(after.dropped, 100.0) && close(after.served, 200.0), "{after:?}");
    assert!(
        close(waits.longest, 2.0) && close(queue.backlog(), 60.0),
        "{} {queue:?}",
        waits.longest
    );
    // Nobody serves any more: all are dropped when they are 2 s old.
    let none = queue.advance(
        at(18.0),
        Rates {
            arrivals: 0.0,
            capacity: 0.0,
            ..impatient
        },
        &mut waits.take(),
    );
    assert!(
        close(none.dropped, 60.0) && queue.backlog() < 1e-6,
        "{none:?} {queue:?}"
    );
}

/// Half of the pods are gone, and with them half of the room.
#[test]
fn what_has_no_room_any_more_is_dropped() {
    let mut queue = FluidQueue::default();
    queue.advance(at(10.0), rates(30.0, 20.0), &mut |_, _, _| {});
    let half = Rates {
        room: 40.0,
        ..rates(0.0, 10.0)
    };
    let mut last = 0.0;
    let flow = queue.advance(at(20.0), half, &mut |_, _, wait| last = wait);
    assert!(close(flow.dropped, 60.0) && close(flow.served, 40.0), "{flow:?}");
    // The 40 first in line came until 8 s (200 served before them, 30 a second), and the last of them leaves at 14 s.
    assert!(close(last, 6.0), "{last}");
}

proptest! {
    /// Nothing is lost or made: what arrived was served, was dropped, or waits. In pieces or in one, it is the same.
    #[test]
    fn every_request_is_accounted_for(
        stretches in prop::collection::vec((0.0..50.0f64, 0.0..50.0f64, 0.1..30.0f64), 1..12),
        room in prop::option::of(0.0..200.0f64), timeout in prop::option::of(0u64..20),
    ) {
        let (mut whole, mut pieces) = (FluidQueue::default(), FluidQueue::default());
        let (mut now, mut arrived, mut flows) = (0.0, 0.0, [Flow::default(); 2]);
        let mut longest = 0.0_f64;
        for (arrivals, capacity, span) in stretches {
            let rates = Rates { arrivals, capacity, room: room.unwrap_or(f64::INFINITY), timeout: timeout.map(SimDuration::from_secs) };
            let mut add = |which: usize, flow: Flow| {
                flows[which].served += flow.served;
                flows[which].dropped += flow.dropped;
            };
            arrived += arrivals * span;
            let flow = whole.advance(at(now + span), rates, &mut |_, first, last| longest = longest.max(first).max(last));
            add(0, flow);
            for part in 1..=7 {
                let flow = pieces.advance(at(now + span * f64::from(part) / 7.0), rates, &mut |_, _, _| {});
                add(1, flow);
            }
            now += span;
            for (queue, flow) in [(&whole, &flows[0]), (&pieces, &flows[1])] {
                prop_assert!((flow.served + flow.dropped + queue.backlog() - arrived).abs() < 1e-3, "{flow:?} {} of {arrived}", queue.backlog());
            }
        }
        prop_assert!((flows[0].served - flows[1].served).abs() < 1e-2, "{:?}", flows);
        prop_assert!(timeout.is_none_or(|timeout| longest <= timeout as f64 + 1e-6), "{longest}");
    }
}
