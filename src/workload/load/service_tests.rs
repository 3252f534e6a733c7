use super::*;
use proptest::prelude::*;

fn model(rate: &str, service_time: &str, concurrency: u32) -> RequestModel {
    RequestModel {
        rate: rate.parse().unwrap(),
        service_time: service_time.parse().unwrap(),
        concurrency,
        room: Room::Unlimited,
        timeout: None,
        cpu_per_request: None,
        cap_per_pod: None,
    }
}

fn at(secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

fn milli(span: SimDuration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// One pod that serves one request at a time, 100 ms in the mean, 8 a second: the mean wait of M/M/1 is ρ/(μ − λ) = 0.4 s and
/// the latency is exponential with rate μ − λ = 2/s.
#[test]
fn a_steady_service_waits_as_erlang_says() {
    let mut service = RequestService::new(model("8", "exponential(mean=100ms)", 1));
    let mut latencies = Latencies::default();
    service.set(1);
    let (served, dropped) = service.advance(at(3600), &mut latencies);
    assert!((served - 8.0 * 3600.0).abs() < 1e-6 && dropped == 0.0);
    let mean = latencies.mean().unwrap().as_secs_f64();
    assert!((mean - 0.5).abs() < 0.02, "{mean}");
    for (p, exact) in [(0.5, 346.6), (0.95, 1497.9), (0.99, 2302.6)] {
        let found = milli(latencies.quantile(p).unwrap());
        assert!((found - exact).abs() < 0.05 * exact, "{p}: {found} for {exact}");
    }
    let present = service.present();
    // L_q = λ·W_q = 3.2 and 0.8 are being served.
    assert!(
        (present.waiting - 3.2).abs() < 0.1 && (present.busy - 0.8).abs() < 1e-6,
        "{present:?}"
    );
}

#[test]
fn constant_service_times_wait_half_as_long() {
    let mean = |service_time: &str| {
        let mut service = RequestService::new(model("8", service_time, 1));
        let mut latencies = Latencies::default();
        service.set(1);
        service.advance(at(3600), &mut latencies);
        latencies.mean().unwrap().as_secs_f64() - 0.1
    };
    // M/D/1: half the wait of M/M/1, exactly.
    let (constant, exponential) = (mean("100ms"), mean("exponential(mean=100ms)"));
    assert!((constant - 0.2).abs() < 0.01, "{constant}");
    assert!((exponential - 0.4).abs() < 0.02, "{exponential}");
}

/// 2 pods of 10 requests a second each; 30 a second come for 60 s, then 4 pods serve.
#[test]
fn an_overload_shows_as_latency_and_then_drains() {
    let mut service = RequestService::new(model("30", "100ms", 1));
    let mut latencies = Latencies::default();
    service.set(2);
    let (served, _) = service.advance(at(60), &mut latencies);
    assert!((served - 1200.0).abs() < 1e-6);
    let present = service.present();
    assert!(
        (present.waiting - 600.0).abs() < 1e-6 && (present.capacity - 20.0).abs() < 1e-9,
        "{present:?}"
    );
    // Who comes now has 600 before him: 30 s, and 100 ms of service.
    assert!(
        (milli(present.latency.unwrap()[0]) - 30_100.0).abs() < 1.0,
        "{present:?}"
    );
    service.set(4);
    let (served, dropped) = service.advance(at(120), &mut latencies);
    // 40 a second until the 600 are gone after 60 s.
    assert!((served - 2400.0).abs() < 1e-6 && dropped == 0.0, "{served}");
    assert!(service.present().waiting < 1.0);
    // 60·30 came while it grew, 60·30 while it shrank: the median of waits is between.
    let median = milli(latencies.quantile(0.5).unwrap());
    assert!((8_000.0..16_000.0).contains(&median), "{median}");
}

#[test]
fn room_and_patience_end_in_drops() {
    let mut full = RequestService::new(RequestModel {
        room: Room::PerPod(5),
        ..model("30", "100ms", 1)
    });
    full.set(2);
    let (served, dropped) = full.advance(at(10), &mut Latencies::default());
    // 10 wait after a second; then 10 a second have no room.
    // With so little room the pods idle now and then, so a few more are dropped than the fluid alone would.
    assert!(
        (199.0..200.0).contains(&served) && (90.0..91.0).contains(&dropped),
        "{served} {dropped}"
    );
    assert!((full.present().dropped - 10.0).abs() < 0.1, "{:?}", full.present());
    let mut late = RequestService::new(RequestModel {
        timeout: Some(SimDuration::from_secs(1)),
        ..model("30", "100ms", 1)
    });
    late.set(2);
    let mut latencies = Latencies::default();
    late.advance(at(100), &mut latencies);
    assert!(milli(latencies.quantile(1.0).unwrap()) < 1120.0);
    // Nobody serves: without room all are dropped, before a gateway they wait.
    for (room, waiting) in [(Room::PerPod(5), 0.0), (Room::InAll(1000), 300.0)] {
        let mut none = RequestService::new(RequestModel {
            room,
            ..model("30", "100ms", 1)
        });
        none.set(0);
        let (served, dropped) = none.advance(at(10), &mut Latencies::default());
        assert!(
            served == 0.0 && (dropped - (300.0 - waiting)).abs() < 1e-6,
            "{room:?} {dropped}"
        );
        assert!((none.present().waiting - waiting).abs() < 1e-6);
    }
}

#[test]
fn cpu_bounds_what_is_served_at_once() {
    // 8 at once would take 8 · 50 ms / 100 ms = 4 cores; with one core 2 are served at once.
    let mut service = RequestService::new(RequestModel {
        cpu_per_request: Some(SimDuration::from_millis(50)),
        cap_per_pod: Some(1000),
        ..model("100", "100ms", 8)
    });
    service.set(3);
    assert!(
        (service.present().capacity - 60.0).abs() < 1e-9,
        "{:?}",
        service.present()
    );
}

proptest! {
    /// More load never means less served, fewer drops or shorter latencies; more pods never mean the reverse.
    #[test]
    fn load_and_pods_are_monotone(
        rate in 0i64..200_000, more in 0i64..50_000, pods in 1u32..20, extra in 0u32..5, concurrency in 1u32..8,
        room in prop::option::of(0u32..50), timeout in prop::option::of(1u64..20),
    ) {
        let play = |rate: i64, pods: u32| {
            let mut service = RequestService::new(RequestModel {
                room: room.map_or(Room::Unlimited, Room::PerPod),
                timeout: timeout.map(SimDuration::from_secs),
                ..model(&format!("{rate}m"), "exponential(mean=200ms)", concurrency)
            });
            let mut latencies = Latencies::default();
            service.set(pods);
            let (served, dropped) = service.advance(at(100), &mut latencies);
            (served, dropped)
        };
        let (base, loaded, roomy) = (play(rate, pods), play(rate + more, pods), play(rate, pods + extra));
        // A queue that fills up first takes as many as there is room for, which a steady one does not.
        let filling = |pods: u32| room.map_or(1e-6, |room| f64::from(room * pods) + 1e-6).max(timeout.map_or(0.0, |_| rate as f64));
        prop_assert!(base.0 <= loaded.0 + 1e-6 && base.1 <= loaded.1 + filling(pods), "{base:?} {loaded:?}");
        prop_assert!(base.0 <= roomy.0 + 1e-6 && roomy.1 <= base.1 + filling(pods + extra), "{base:?} {roomy:?}");
        prop_assert!(base.0 >= 0.0 && base.1 >= 0.0);
    }
}
