//! Events of kubelets about containers and images, as 1.36 words them (`pkg/kubelet/kuberuntime/kuberuntime_container.go`,
//! `pkg/kubelet/images/image_manager.go`, `pkg/kubelet/prober/prober.go`). `kubectl describe` puts the container in front.
//!
//! What a kubelet will tell is known when the pod starts; it is kept until its time comes, and forgotten if the pod is deleted
//! or ends before.

use super::listen::KUBELET;
use super::{Entries, EntryKind, Planned, PodStory};
use crate::cluster::Store;
use crate::cluster::kubelet_note::{ImageNote, KubeletNote};
use crate::cluster::record::Record;
use crate::cluster::spec::PodTemplate;
use crate::kernel::{SimDuration, SimTime};

/// Failures of a probe are told so often at most.
const MOST_FAILURES: u64 = 10_000;

impl PodStory {
    /// Takes note of what `record` makes the pod's kubelet tell.
    pub(super) fn of_kubelet(&mut self, now: SimTime, record: Record, store: &Store) {
        self.tell_planned(now);
        let template = store.template(self.id);
        match record {
            Record::KubeletEvent(_, note) => self.plan_image(now, note, template),
            Record::PodRunning(_) => {
                let started = store.pods[self.id.index()].started.min(now);
                self.containers_start(started, template);
            }
            Record::PodRestarted(_) => self.containers_start(now, template),
            Record::PodBackingOff(_) => self.back_off(now, template),
            Record::PodImagePullFailed(_) => self.pull_failed(now, template),
            Record::PodDeleting(_) => {
                self.planned.clear();
                self.stopping(now, store);
            }
            Record::PodFinished(_) | Record::PodGone(_) => self.planned.clear(),
            _ => {}
        }
    }

    /// Tells what was planned for times until `now`.
    pub(super) fn tell_planned(&mut self, now: SimTime) {
        if self.planned.is_empty() {
            return;
        }
        self.planned.sort_by_key(|planned| planned.at);
        let due = self.planned.partition_point(|planned| planned.at <= now);
        for planned in self.planned.drain(..due) {
            self.entries
                .tell(planned.at, planned.kind, KUBELET, planned.reason, planned.message);
        }
    }

    fn plan(&mut self, at: SimTime, kind: EntryKind, reason: &'static str, message: String) {
        self.planned.push(Planned {
            at,
            kind,
            reason,
            message,
        });
    }

    fn plan_image(&mut self, now: SimTime, note: KubeletNote, template: &PodTemplate) {
        let place = usize::from(note.container);
        let (container, image) = (container(template, place), image(template, place));
        let asked = now + note.after;
        match note.image {
            ImageNote::Present => {
                let message = format!(
                    "{container}: Container image \"{image}\" already present on machine and can be accessed by the pod"
                );
                self.plan(asked, EntryKind::Normal, "Pulled", message);
            }
            ImageNote::Pulled { pull, with_wait } => {
                let message = format!("{container}: Pulling image \"{image}\"");
                self.plan(asked, EntryKind::Normal, "Pulling", message);
                let message = format!(
                    "{container}: Successfully pulled image \"{image}\" in {} ({} including waiting)",
                    go_duration(pull),
                    go_duration(with_wait)
                );
                self.plan(asked + with_wait, EntryKind::Normal, "Pulled", message);
            }
        }
    }

    fn containers_start(&mut self, at: SimTime, template: &PodTemplate) {
        for place in main_containers(template) {
            let container = container(template, place);
            for (reason, message) in [("Created", "Container created"), ("Started", "Container started")] {
                let message = format!("{container}: {message}");
                self.entries.tell(at, EntryKind::Normal, KUBELET, reason, message);
            }
        }
        for probe in &template.behaviour.failing_probes {
            let container = container(template, usize::from(probe.container));
            let kind = if probe.startup { "Startup" } else { "Readiness" };
            for k in 0..u64::from(probe.count).min(MOST_FAILURES) {
                let at = at + probe.first + probe.period.saturating_mul(k);
                let message = format!("{container}: {kind} probe failed");
                self.plan(at, EntryKind::Warning, "Unhealthy", message);
            }
        }
    }

    /// Pods have no uid here; the text ends before it.
    fn back_off(&mut self, now: SimTime, template: &PodTemplate) {
        for place in main_containers(template).take(1) {
            let message = format!(
                "{}: Back-off restarting failed container {} in pod {}_{}",
                container(template, place),
                container_name(template, place),
                self.name,
                self.namespace
            );
            self.entries.tell(now, EntryKind::Warning, KUBELET, "BackOff", message);
        }
    }

    /// Which of the images it is, only the registry knows; the pod's first is named.
    fn pull_failed(&mut self, now: SimTime, template: &PodTemplate) {
        let (container, image) = (container(template, 0), image(template, 0));
        let events = [
            (EntryKind::Normal, "Pulling", format!("Pulling image \"{image}\"")),
            (
                EntryKind::Warning,
                "Failed",
                format!("Failed to pull image \"{image}\""),
            ),
            (EntryKind::Warning, "Failed", "Error: ErrImagePull".to_owned()),
            (
                EntryKind::Normal,
                "BackOff",
                format!("Back-off pulling image \"{image}\""),
            ),
            (EntryKind::Warning, "Failed", "Error: ImagePullBackOff".to_owned()),
        ];
        for (kind, reason, message) in events {
            self.entries
                .tell(now, kind, KUBELET, reason, format!("{container}: {message}"));
        }
    }

    /// Containers that run are stopped.
    fn stopping(&mut self, now: SimTime, store: &Store) {
        let record = &store.pods[self.id.index()];
        if record.started.happened().is_none() || record.phase.is_terminal() {
            return;
        }
        let template = store.template(self.id);
        for place in main_containers(template) {
            let name = container_name(template, place);
            let message = format!("{}: Stopping container {name}", container(template, place));
            self.entries.tell(now, EntryKind::Normal, KUBELET, "Killing", message);
        }
    }
}

/// Places of the containers that are no init containers.
fn main_containers(template: &PodTemplate) -> std::ops::Range<usize> {
    let init = template.parts.init_containers.len();
    init..init + template.parts.containers.len()
}

fn container_name(template: &PodTemplate, place: usize) -> &str {
    let parts = &template.parts;
    let mut all = parts.init_containers.iter().chain(&parts.containers);
    all.nth(place).map_or("", |container| container.name.as_str())
}

/// The container as Events name it (`involvedObject.fieldPath`).
fn container(template: &PodTemplate, place: usize) -> String {
    let field = if place < template.parts.init_containers.len() {
        "initContainers"
    } else {
        "containers"
    };
    format!("spec.{field}{{{}}}", container_name(template, place))
}

fn image(template: &PodTemplate, place: usize) -> &str {
    template.images.get(place).map_or("", String::as_str)
}

/// A duration as Go prints it, cut to milliseconds: `1m2.5s`, `350ms`.
fn go_duration(span: SimDuration) -> String {
    let millis = span.as_nanos() / 1_000_000;
    if millis < 1000 {
        return if millis == 0 {
            "0s".to_owned()
        } else {
            format!("{millis}ms")
        };
    }
    let (hours, minutes, rest) = (millis / 3_600_000, millis / 60_000 % 60, millis % 60_000);
    let fraction = format!("{:03}", rest % 1000);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let seconds = format!("{}{point}{fraction}s", rest / 1000);
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, _) => format!("{minutes}m{seconds}"),
        (_, _) => format!("{hours}h{minutes}m{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        let text = |millis: u64| go_duration(SimDuration::from_millis(millis));
        assert_eq!(
            [0, 350, 1000, 2050, 62_500, 3_600_000, 3_661_001].map(text),
            ["0s", "350ms", "1s", "2.05s", "1m2.5s", "1h0m0s", "1h1m1.001s"]
        );
    }
}
