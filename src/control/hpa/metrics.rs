//! Where the samples come from: a service that spreads a load over its pods ([`ServiceModel`]) and a metrics pipeline that
//! looks at the pods now and then ([`MetricsPipeline`]). The HPA sees the last look, never the present.

use std::collections::BTreeMap;

use super::Sample;
use crate::kernel::{SimDuration, SimTime};

/// How the cpu demand on a service becomes usage of its pods: equal shares for those that serve, and what one pod cannot
/// take is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceModel {
    /// The most one pod uses, in milli-cores: its cpu limit. `None`: no end. Default 1000 (one core).
    pub cap_per_pod_milli: Option<i64>,
    /// What a running pod uses that does not serve yet or no longer, in milli-cores; `None`: it is not reported at all.
    /// Default 0.
    pub idle_milli: Option<i64>,
}

impl Default for ServiceModel {
    fn default() -> Self {
        Self {
            cap_per_pod_milli: Some(1000),
            idle_milli: Some(0),
        }
    }
}

/// What the service model needs to know of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServicePod {
    /// Phase is Running.
    pub running: bool,
    /// Condition Ready is True.
    pub ready: bool,
    /// `deletionTimestamp` is set.
    pub deleting: bool,
}

impl ServicePod {
    /// Whether the pod is an endpoint of the service: Running, Ready and not being deleted.
    #[must_use]
    pub const fn serves(self) -> bool {
        self.running && self.ready && !self.deleting
    }
}

impl ServiceModel {
    /// Usage of one of `serving` pods under a total demand of `load_milli`: an equal share in whole milli-cores, halves to
    /// even, at most the cap. 0 when nobody serves.
    #[must_use]
    pub fn share(&self, load_milli: i64, serving: u32) -> i64 {
        if serving == 0 {
            return 0;
        }
        let share = divide_half_even(load_milli.max(0), i64::from(serving));
        self.cap_per_pod_milli.map_or(share, |cap| share.min(cap))
    }

    /// How much of a total demand of `load_milli` in milli-cores `serving` pods take; the rest is lost.
    #[must_use]
    pub fn served(&self, load_milli: i64, serving: u32) -> i64 {
        if serving == 0 {
            return 0;
        }
        let most = |cap: i64| cap.saturating_mul(i64::from(serving));
        load_milli.max(0).min(self.cap_per_pod_milli.map_or(i64::MAX, most))
    }

    /// Usage of each pod in milli-cores under a total demand of `load_milli`, in the order given; `None` for a pod that is
    /// not reported.
    pub fn usage<'a>(&self, load_milli: i64, pods: &'a [ServicePod]) -> impl Iterator<Item = Option<i64>> + use<'a> {
        let serving = pods.iter().filter(|pod| pod.serves()).count();
        let share = self.share(load_milli, u32::try_from(serving).unwrap_or(u32::MAX));
        let idle = self.idle_milli;
        pods.iter().map(move |pod| match (pod.serves(), pod.running) {
            (true, _) => Some(share),
            (false, true) => idle,
            (false, false) => None,
        })
    }
}

fn divide_half_even(dividend: i64, divisor: i64) -> i64 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    match (rest).cmp(&(divisor - rest)) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}

/// How usage is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipelineSettings {
    /// metrics-server's `--metric-resolution`: time between two looks, 15 s. Zero: every question is answered with the usage
    /// of that moment, as the metrics API of the recordings does.
    pub resolution: SimDuration,
    /// The window a sample claims when `resolution` is zero; otherwise the time between the looks it comes from. Default 10 s.
    pub instant_window: SimDuration,
    /// How long a pod has to run before it is reported. Default zero.
    pub appear_after: SimDuration,
    /// When the first look is; the others follow at the resolution. Kubernetes' is a matter of chance: when metrics-server
    /// was started. Default zero. For the caller of [`MetricsPipeline::scrape`].
    pub phase: SimDuration,
}

impl Default for PipelineSettings {
    fn default() -> Self {
        Self {
            resolution: SimDuration::from_secs(15),
            instant_window: SimDuration::from_secs(10),
            appear_after: SimDuration::ZERO,
            phase: SimDuration::ZERO,
        }
    }
}

/// A container younger than this when first looked at waits for the second look
/// (metrics-server `pkg/storage/pod.go: freshContainerMinMetricsResolution`).
const FRESH_CONTAINER_MIN_AGE: SimDuration = SimDuration::from_secs(10);

/// metrics-server: counts the cpu time of every pod, looks at the counters once per resolution, and answers with the mean
/// usage between the last two looks (`pkg/storage/pod.go: Store, GetMetrics`). A pod therefore has a sample from its second
/// look on, or from the first if it is between 10 s and one resolution old by then.
///
/// The caller says what each pod uses whenever that changes ([`MetricsPipeline::observe`]) and calls
/// [`MetricsPipeline::scrape`] once per resolution. Pods that share a load can be put on one tap
/// ([`MetricsPipeline::observe_on_tap`]): a change of what each of them uses then is one call, and so is a look at those that
/// have been on it for a while, however many they are.
#[derive(Clone, Debug)]
pub struct MetricsPipeline<K> {
    settings: PipelineSettings,
    pods: BTreeMap<K, Meter>,
    /// Pods that have been on one tap through two looks: their samples are the tap's, and nobody has to look at each.
    settled: BTreeMap<K, Settled>,
    /// Usage that pods have in common.
    taps: Vec<Tap>,
}

/// A pod that is known by its tap.
#[derive(Clone, Copy, Debug)]
struct Settled {
    started: SimTime,
    tap: usize,
}

/// Usage that pods have in common, and what the looks at it found.
#[derive(Clone, Copy, Debug, Default)]
struct Tap {
    counter: Counter,
    /// The last look: when, and the counter then.
    last: Option<(SimTime, i128)>,
    sample: Option<Sample>,
}

impl Tap {
    fn look(&mut self, now: SimTime) {
        let consumed = self.counter.at(now);
        let previous = self.last.replace((now, consumed));
        self.sample = previous.and_then(|(then, before)| mean_sample(consumed - before, then, now));
    }
}

fn mean_sample(consumed: i128, then: SimTime, now: SimTime) -> Option<Sample> {
    let window = now.since(then);
    (!window.is_zero()).then(|| Sample {
        usage_milli: mean_milli(consumed, window),
        at: now,
        window,
    })
}

/// cpu time of something whose usage changes now and then.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    /// Usage since `since`, in milli-cores.
    usage_milli: i64,
    /// Usage that is told in amounts, not by the rate: the counter does not run by itself.
    in_amounts: bool,
    since: SimTime,
    /// cpu time used until `since`, in milli-cores times nanoseconds.
    consumed: i128,
}

impl Counter {
    fn at(&self, now: SimTime) -> i128 {
        if self.in_amounts {
            return self.consumed;
        }
        let used = i128::from(self.usage_milli).saturating_mul(i128::from(now.since(self.since).as_nanos()));
        self.consumed.saturating_add(used)
    }

    fn set(&mut self, now: SimTime, usage_milli: i64) {
        self.consumed = self.at(now);
        self.since = now;
        self.usage_milli = usage_milli;
        self.in_amounts = false;
    }
}

#[derive(Clone, Debug)]
struct Meter {
    started: SimTime,
    /// What the pod uses by itself, and what it used before it came to its tap.
    own: Counter,
    /// The tap the pod is on, and the tap's counter when it came.
    tap: Option<(usize, i128)>,
    /// The last look: when, and the counter then.
    last: Option<(SimTime, i128)>,
    /// It was on its tap at that look already.
    on_tap_at_last: bool,
    sample: Option<Sample>,
}

impl Meter {
    const fn new(started: SimTime, now: SimTime) -> Self {
        Self {
            started,
            own: Counter {
                usage_milli: 0,
                in_amounts: false,
                since: now,
                consumed: 0,
            },
            tap: None,
            last: None,
            on_tap_at_last: false,
            sample: None,
        }
    }

    fn consumed(&self, now: SimTime, taps: &[Tap]) -> i128 {
        let shared = self.tap.map_or(0, |(tap, before)| taps[tap].counter.at(now) - before);
        self.own.at(now) + shared
    }

    fn usage_milli(&self, taps: &[Tap]) -> i64 {
        self.tap
            .map_or(self.own.usage_milli, |(tap, _)| taps[tap].counter.usage_milli)
    }

    /// Leaves the tap; what it gave stays on the pod's own counter.
    fn leave_tap(&mut self, now: SimTime, taps: &[Tap]) {
        self.own.consumed = self.consumed(now, taps);
        self.own.since = now;
        self.own.usage_milli = 0;
        self.tap = None;
        self.on_tap_at_last = false;
    }

    /// Looks; says whether the pod has been on its tap since before the last look.
    fn look(&mut self, now: SimTime, resolution: SimDuration, taps: &[Tap]) -> bool {
        let now_consumed = self.consumed(now, taps);
        let age = now.since(self.started);
        let fresh = age < resolution && age >= FRESH_CONTAINER_MIN_AGE;
        let previous = if fresh { Some((self.started, 0)) } else { self.last };
        self.last = Some((now, now_consumed));
        self.sample = previous.and_then(|(then, consumed)| mean_sample(now_consumed - consumed, then, now));
        let was_on_tap = std::mem::replace(&mut self.on_tap_at_last, self.tap.is_some());
        was_on_tap && self.tap.is_some() && age >= resolution
    }
}

/// Milli-cores from cpu time: whole nano-cores, then milli-cores rounded up (`resource.Quantity.MilliValue`).
fn mean_milli(consumed: i128, window: SimDuration) -> i64 {
    let nano_cores = consumed.saturating_mul(1_000_000) / i128::from(window.as_nanos());
    i64::try_from((nano_cores + 999_999) / 1_000_000).unwrap_or(i64::MAX)
}

impl<K: Ord + Copy> MetricsPipeline<K> {
    /// A pipeline that has seen nothing yet.
    #[must_use]
    pub const fn new(settings: PipelineSettings) -> Self {
        Self {
            settings,
            pods: BTreeMap::new(),
            settled: BTreeMap::new(),
            taps: Vec::new(),
        }
    }

    fn tap(&mut self, tap: usize) -> &mut Tap {
        if self.taps.len() <= tap {
            self.taps.resize(tap + 1, Tap::default());
        }
        &mut self.taps[tap]
    }

    /// From `now` on each pod on `tap` uses `usage_milli`. Calls come in order of time.
    pub fn set_tap(&mut self, now: SimTime, tap: usize, usage_milli: i64) {
        self.tap(tap).counter.set(now, usage_milli);
    }

    /// Each pod on `tap` has used `consumed` (milli-cores times nanoseconds) since the last call, and uses `usage_milli` at
    /// this moment. In place of [`MetricsPipeline::set_tap`], for usage that does not keep even.
    pub fn add_to_tap(&mut self, now: SimTime, tap: usize, consumed: i128, usage_milli: i64) {
        let counter = &mut self.tap(tap).counter;
        *counter = Counter {
            usage_milli,
            in_amounts: true,
            since: now,
            consumed: counter.at(now).saturating_add(consumed),
        };
    }

    /// From `now` on the pod, whose containers run since `started`, uses what `tap` says ([`MetricsPipeline::set_tap`], which
    /// has to be called for the tap before). Otherwise as [`MetricsPipeline::observe`].
    pub fn observe_on_tap(&mut self, now: SimTime, pod: K, started: SimTime, tap: usize) {
        let known = self.settled.get(&pod);
        if known.is_some_and(|settled| settled.tap == tap && settled.started == started) {
            return;
        }
        let (meter, taps) = self.meter(pod, started, now);
        if meter.tap.is_none_or(|(present, _)| present != tap) {
            meter.leave_tap(now, taps);
            meter.tap = Some((tap, taps[tap].counter.at(now)));
        }
    }

    /// The meter of a pod, a new one if its containers are new. A later start is a restart: its counter begins again.
    fn meter(&mut self, pod: K, started: SimTime, now: SimTime) -> (&mut Meter, &[Tap]) {
        let taps = &self.taps;
        let was_settled = self.settled.remove(&pod).map(|settled| {
            // Its counter is the tap's since the last look.
            let tap = &taps[settled.tap];
            let (at, counted) = tap.last.unwrap_or((now, tap.counter.at(now)));
            Meter {
                tap: Some((settled.tap, counted)),
                last: Some((at, 0)),
                on_tap_at_last: true,
                sample: tap.sample,
                ..Meter::new(settled.started, at)
            }
        });
        let fresh = || was_settled.unwrap_or_else(|| Meter::new(started, now));
        let meter = self.pods.entry(pod).or_insert_with(fresh);
        if meter.started != started {
            *meter = Meter::new(started, now);
        }
        (meter, &self.taps)
    }

    /// From `now` on the pod, whose containers run since `started`, uses `usage_milli`; `None`: it is gone or reports nothing.
    /// Calls come in order of time.
    pub fn observe(&mut self, now: SimTime, pod: K, started: SimTime, usage_milli: Option<i64>) {
        let Some(usage_milli) = usage_milli else {
            self.pods.remove(&pod);
            self.settled.remove(&pod);
            return;
        };
        let (meter, taps) = self.meter(pod, started, now);
        meter.leave_tap(now, taps);
        meter.own.usage_milli = usage_milli;
    }

    /// Looks at all pods.
    pub fn scrape(&mut self, now: SimTime) {
        for tap in &mut self.taps {
            tap.look(now);
        }
        let (settled, taps, resolution) = (&mut self.settled, &self.taps, self.settings.resolution);
        self.pods.retain(|pod, meter| {
            let by_tap = meter.look(now, resolution, taps);
            if let (true, Some((tap, _))) = (by_tap, meter.tap) {
                let started = meter.started;
                settled.insert(*pod, Settled { started, tap });
            }
            !by_tap
        });
    }

    /// Whether the samples of `pod` are those of its tap from now on, until it is told otherwise.
    #[must_use]
    pub fn is_settled(&self, pod: K) -> bool {
        self.settled.contains_key(&pod)
    }

    /// What the metrics API answers about `pod` when asked at `now`.
    #[must_use]
    pub fn sample(&self, pod: K, now: SimTime) -> Option<Sample> {
        let at_once = |started: SimTime, usage_milli: i64, sample: Option<Sample>| {
            if started + self.settings.appear_after > now {
                None
            } else if self.settings.resolution.is_zero() {
                Some(Sample {
                    usage_milli,
                    at: now,
                    window: self.settings.instant_window,
                })
            } else {
                sample
            }
        };
        if let Some(settled) = self.settled.get(&pod) {
            let tap = &self.taps[settled.tap];
            return at_once(settled.started, tap.counter.usage_milli, tap.sample);
        }
        let meter = self.pods.get(&pod)?;
        at_once(meter.started, meter.usage_milli(&self.taps), meter.sample)
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
