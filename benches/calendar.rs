//! How much does one event cost in the calendar? The hold model: pop the earliest event, push it again at now + a random
//! span, with a constant number of events pending; the wheel beside the heap it has to beat.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use makespan::kernel::calendar::{Calendar, HeapCalendar};
use makespan::kernel::{SimDuration, SimTime};

/// 16 bytes, like the events of the simulation.
type Event = [u32; 4];

/// Pops and pushes per timed batch.
const BATCH: u64 = 10_000;
/// The mean span, in seconds.
const MEAN_SECS: f64 = 300.0;
/// Spans are drawn ahead, so that the logarithm is not timed.
const SPANS: usize = 1 << 16;

trait Pending {
    fn push(&mut self, at: SimTime, event: Event);
    fn pop(&mut self) -> Option<(SimTime, Event)>;
}
impl Pending for Calendar<Event> {
    fn push(&mut self, at: SimTime, event: Event) {
        self.push(at, event);
    }
    fn pop(&mut self) -> Option<(SimTime, Event)> {
        self.pop()
    }
}
impl Pending for HeapCalendar<Event> {
    fn push(&mut self, at: SimTime, event: Event) {
        self.push(at, event);
    }
    fn pop(&mut self) -> Option<(SimTime, Event)> {
        self.pop()
    }
}

/// A full period of a 64-bit linear congruential generator, upper bits (Knuth's MMIX constants): good enough for spans.
struct Uniform(u64);

impl Uniform {
    /// In (0, 1].
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }
}

fn nanos(secs: f64) -> u64 {
    SimDuration::from_secs_f64(secs).expect("a span in range").as_nanos()
}

/// Exponential spans: the pending events of a busy queue.
fn exponential() -> Vec<u64> {
    let mut uniform = Uniform(1);
    (0..SPANS).map(|_| nanos(-MEAN_SECS * uniform.next().ln())).collect()
}

/// What a simulated control plane does: half the events at once, most others within milliseconds, a few run for minutes.
fn control_plane() -> Vec<u64> {
    let mut uniform = Uniform(2);
    let span = |uniform: &mut Uniform| match uniform.next() {
        chance if chance < 0.50 => 0,
        chance if chance < 0.80 => nanos(0.005),
        chance if chance < 0.95 => nanos(uniform.next()),
        _ => nanos(-MEAN_SECS * uniform.next().ln()),
    };
    (0..SPANS).map(|_| span(&mut uniform)).collect()
}

/// `pending` events, then some turnovers (at least a batch), so that the mix of spans is the steady one.
fn fill(calendar: &mut impl Pending, pending: u64, spans: &[u64], turnovers: u64) {
    for event in 0..pending {
        let at = SimTime::from_nanos(spans[event as usize % SPANS]);
        calendar.push(at, [event as u32, 0, 0, 0]);
    }
    hold(calendar, (pending * turnovers).max(BATCH), spans);
}

fn hold(calendar: &mut impl Pending, turns: u64, spans: &[u64]) {
    for turn in 0..turns {
        let (now, mut event) = calendar.pop().expect("as many events are pushed as popped");
        event[1] = event[1].wrapping_add(1);
        // A walk through the table that depends on the event, so that no two events share their row of spans.
        let span = spans[(turn as usize).wrapping_add(event[0] as usize * 31) % SPANS];
        calendar.push(now + SimDuration::from_nanos(span), event);
    }
}

fn measure(criterion: &mut Criterion, model: &str, spans: &[u64], sizes: &[u64]) {
    let mut group = criterion.benchmark_group(model);
    group.throughput(Throughput::Elements(BATCH));
    for &pending in sizes {
        let mut wheel = Calendar::new();
        fill(&mut wheel, pending, spans, 2);
        group.bench_function(BenchmarkId::new("wheel", pending), |bencher| {
            bencher.iter(|| hold(black_box(&mut wheel), BATCH, spans));
        });
        drop(wheel);
        let mut heap = HeapCalendar::new();
        fill(&mut heap, pending, spans, 2);
        group.bench_function(BenchmarkId::new("heap", pending), |bencher| {
            bencher.iter(|| hold(black_box(&mut heap), BATCH, spans));
        });
    }
    group.finish();
}

fn calendar(criterion: &mut Criterion) {
    measure(criterion, "hold", &exponential(), &[1_000, 100_000, 1_000_000]);
    measure(criterion, "control-plane", &control_plane(), &[1_000, 100_000]);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500));
    targets = calendar
}
criterion_main!(benches);
