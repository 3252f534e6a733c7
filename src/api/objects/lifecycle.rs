//! How the containers of a pod come and go: pull policies, probes that tell when the pod is ready, hooks, init containers.

use super::context::Reading;
use super::reader::Field;
use crate::cluster::spec::{Behaviour, FailingProbe, PullPolicy};
use crate::kernel::SimDuration;

/// `imagePullPolicy` of each container, init containers first. The default depends on the tag: Always for `latest` or none
/// without a digest (`pkg/apis/core/v1/defaults.go: SetDefaults_Container`).
pub fn read_pull_policies(spec: &Field<'_>) -> Vec<PullPolicy> {
    let containers = spec.at("initContainers").items().into_iter();
    let with_image = containers.chain(spec.at("containers").items());
    let with_image = with_image.filter(|container| container.at("image").str().is_some());
    let policy = |container: Field<'_>| match container.at("imagePullPolicy").str_or_empty() {
        "Always" => PullPolicy::Always,
        "Never" => PullPolicy::Never,
        "IfNotPresent" => PullPolicy::IfNotPresent,
        _ if is_latest(container.at("image").str_or_empty()) => PullPolicy::Always,
        _ => PullPolicy::IfNotPresent,
    };
    with_image.map(policy).collect()
}

/// Whether the tag is `latest` or missing, and there is no digest (`pkg/util/parsers/parsers.go: ParseImageName`).
fn is_latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    !image.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// The longest sleep of the containers' preStop hooks; other hooks are told as not simulated.
pub fn read_pre_stop(spec: &Field<'_>, reading: &mut Reading<'_>) -> SimDuration {
    let mut longest = 0;
    for container in spec.at("containers").items() {
        let lifecycle = container.at("lifecycle");
        let sleep = lifecycle.at_path("preStop.sleep.seconds").int().unwrap_or(0);
        longest = longest.max(u64::try_from(sleep).unwrap_or(0));
        let own_latency = "say how long it takes with the annotation makespan.dev/stop-latency";
        for key in ["exec", "httpGet", "tcpSocket"] {
            reading.not_simulated(&lifecycle.at("preStop").at(key), own_latency);
        }
        reading.not_simulated(
            &lifecycle.at("postStart"),
            "say how long starting takes with the annotation makespan.dev/start-latency",
        );
    }
    SimDuration::from_secs(1).saturating_mul(longest)
}

/// Times of a probe, with their defaults (`pkg/apis/core/v1/defaults.go: SetDefaults_Probe`).
struct Probe {
    initial_delay: SimDuration,
    period: SimDuration,
    successes: u64,
}

impl Probe {
    fn read(field: &Field<'_>) -> Option<Self> {
        if !field.is_map() {
            return None;
        }
        let number = |key: &str, default: u64| {
            let given = field.at(key).int().and_then(|n| u64::try_from(n).ok());
            given.filter(|n| *n > 0).unwrap_or(default)
        };
        Some(Self {
            initial_delay: SimDuration::from_secs(1).saturating_mul(number("initialDelaySeconds", 0)),
            period: SimDuration::from_secs(1).saturating_mul(number("periodSeconds", 10)),
            successes: number("successThreshold", 1),
        })
    }
    /// The times at which it fails, if it is asked at `from` and every period after, and what it asks answers well from `well`
    /// on. Before its initial delay it is not asked.
    fn failures(&self, from: SimDuration, well: SimDuration, container: usize, startup: bool) -> Option<FailingProbe> {
        let period = self.period.as_nanos().max(1);
        let tries_until = |at: SimDuration| at.saturating_sub(from).as_nanos().div_ceil(period);
        let (skipped, failed) = (tries_until(self.initial_delay), tries_until(well));
        let count = u32::try_from(failed.saturating_sub(skipped)).unwrap_or(u32::MAX);
        (count > 0).then(|| FailingProbe {
            container: u16::try_from(container).unwrap_or(u16::MAX),
            startup,
            first: from + self.period.saturating_mul(skipped),
            period: self.period,
            count,
        })
    }
    /// When the probe has succeeded often enough, if it is asked at `from` and every period after, and what it asks answers
    /// well from `well` on; all counted from the start of the containers (`pkg/kubelet/prober/worker.go: doProbe`).
    fn succeeds(&self, from: SimDuration, well: SimDuration) -> SimDuration {
        let wait = well.max(self.initial_delay).saturating_sub(from).as_nanos();
        let tries = wait.div_ceil(self.period.as_nanos().max(1));
        from + self.period.saturating_mul(tries.saturating_add(self.successes - 1))
    }
}

/// The delay from Running to Ready that the probes of the containers make of the time at which the program is ready
/// (`makespan.dev/ready-delay`). The first probe comes when the container has started, the next ones a period apart each.
pub fn apply_probes(spec: &Field<'_>, behaviour: &mut Behaviour) {
    let well = behaviour.ready_delay;
    let init = spec.at("initContainers").items().len();
    for (place, container) in spec.at("containers").items().into_iter().enumerate() {
        let startup = Probe::read(&container.at("startupProbe"));
        let started = startup
            .as_ref()
            .map_or(SimDuration::ZERO, |probe| probe.succeeds(SimDuration::ZERO, well));
        let readiness = Probe::read(&container.at("readinessProbe"));
        let ready = readiness
            .as_ref()
            .map_or(started, |probe| probe.succeeds(started, well));
        behaviour.ready_delay = behaviour.ready_delay.max(ready);
        let told = |probe: Option<&Probe>, from, startup| probe?.failures(from, well, init + place, startup);
        let failing = [
            told(startup.as_ref(), SimDuration::ZERO, true),
            told(readiness.as_ref(), started, false),
        ];
        behaviour.failing_probes.extend(failing.into_iter().flatten());
    }
}

/// Tells that init containers take no time if nobody says how long they run.
pub fn check_init_containers(spec: &Field<'_>, behaviour: &Behaviour, reading: &mut Reading<'_>) {
    let field = spec.at("initContainers");
    let mut plain = 0;
    for container in field.items() {
        let own = container.at("restartPolicy");
        if own.str() != Some("Always") {
            reading.not_simulated(&own, "the pod's restartPolicy decides");
            plain += 1;
        }
    }
    let known = behaviour.init_runtimes.len();
    if plain > known {
        let message = match known {
            0 => "the init containers take no time and succeed".to_owned(),
            _ => format!("{plain} init containers have {known} run times; the others take no time"),
        };
        let hint = "say how long they run with the annotation makespan.dev/init-runtimes, such as `30s,2m`".to_owned();
        reading.warn_once(&field, &message, Some(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_fails_at_each_turn_until_all_is_well() {
        let probe = |delay: u64, period: u64| Probe {
            initial_delay: SimDuration::from_secs(delay),
            period: SimDuration::from_secs(period),
            successes: 1,
        };
        let told = |probe: &Probe, from: u64, well: u64| {
            let failing = probe.failures(SimDuration::from_secs(from), SimDuration::from_secs(well), 0, false);
            failing.map(|failing| (failing.first, failing.count))
        };
        let first = |seconds, count| Some((SimDuration::from_secs(seconds), count));
        assert_eq!(told(&probe(0, 10), 0, 25), first(0, 3)); // 0, 10, 20
        assert_eq!(told(&probe(0, 10), 0, 20), first(0, 2)); // at 20 s it is well
        assert_eq!(told(&probe(3, 5), 0, 15), first(5, 2)); // 5, 10
        assert_eq!(told(&probe(0, 10), 7, 30), first(7, 3)); // 7, 17, 27
        assert_eq!(told(&probe(30, 5), 0, 15), None);
        assert_eq!(told(&probe(0, 10), 0, 0), None);
    }

    #[test]
    fn only_latest_is_always_pulled() {
        for (image, latest) in [
            ("a", true),
            ("a:latest", true),
            ("registry:5000/a", true),
            ("registry:5000/a:1", false),
            ("a:1", false),
            ("a@sha256:0123", false),
        ] {
            assert_eq!(is_latest(image), latest, "{image}");
        }
    }

    /// By hand: probes at 0, 10, 20 s …; not before the initial delay; each further success a period later.
    #[test]
    fn a_probe_succeeds_at_its_next_turn() {
        let seconds = SimDuration::from_secs;
        let probe = |delay, period, successes| Probe {
            initial_delay: seconds(delay),
            period: seconds(period),
            successes,
        };
        let zero = SimDuration::ZERO;
        assert_eq!(probe(0, 10, 1).succeeds(zero, zero), zero);
        assert_eq!(probe(0, 10, 1).succeeds(zero, seconds(12)), seconds(20));
        assert_eq!(probe(15, 10, 1).succeeds(zero, seconds(12)), seconds(20));
        assert_eq!(probe(0, 5, 3).succeeds(zero, seconds(12)), seconds(25));
        assert_eq!(probe(0, 5, 1).succeeds(seconds(7), seconds(12)), seconds(12));
        assert_eq!(probe(0, 5, 1).succeeds(seconds(30), seconds(12)), seconds(30));
    }
}
