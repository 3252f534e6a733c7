//! `spec.changes` of a Scenario: what happens from outside while the cluster runs, in kubectl's words.
//!
//! ```yaml
//! changes:
//! - {at: 5m, scale: deployment/web, replicas: 3}
//! - {at: 10m, set-image: deployment/web, image: web:2}
//! - {after: {rollout: deployment/web}, wait: 30s, drain: node-3}
//! - {at: 20m, patch: job/train, with: {spec: {parallelism: 4}}}
//! - {at: 30m, apply: more-jobs.yaml, order: windowed:8}
//! - {at: 40m, delete: {pod-of: job/train, ordinal: 0}}
//! - {at: 50m, stop-kubelet: node-1}
//! ```
//!
//! Every step has one verb, and `at` (a time) or `after` (what it waits for) with `wait`. Objects are named `kind/name`, with
//! `namespace` beside where it is not `default`.

mod apply;
mod manifests;
mod refs;
mod verbs;

use std::sync::Arc;

use crate::api::objects::Field;
use crate::api::problem::Problems;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{ObjectSpec, PodTemplate};
use crate::kernel::text::suggest;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::document::{check_keys, count, parsed};
use crate::scenario::sources::Variables;
use crate::workload::script::{Action, ObjectKind, Script, Step, Trigger, When};

pub(super) use manifests::Manifests;

/// What the readers of changes share.
pub(super) struct Reading<'a> {
    /// The objects by name, as they are after the steps read so far.
    pub manifests: &'a mut Manifests,
    /// Names of resources.
    pub resources: &'a mut ResourceTable,
    /// What `${NAME}` stands for in paths.
    pub variables: &'a Variables,
    /// Where problems go.
    pub problems: &'a mut Problems,
}

/// Keys that any step may have.
const COMMON: [&str; 4] = ["at", "after", "wait", "namespace"];

/// Reads `spec.changes`.
pub(super) fn read(changes: &Field<'_>, reading: &mut Reading<'_>) -> Script {
    let mut script = Script::default();
    if changes.is_present() && changes.items().is_empty() {
        let hint = "write one step per line after a dash, such as {at: 5m, scale: deployment/web, replicas: 3}";
        changes.error_with_hint(reading.problems, "a list of steps is needed here", hint);
    }
    for step in changes.items() {
        let when = read_when(&step, script.steps.is_empty(), reading);
        let actions = read_action(&step, reading);
        let (Some(mut when), Some(actions)) = (when, actions) else {
            continue;
        };
        for action in actions {
            script.steps.push(Step { when, action });
            when = When::After {
                trigger: Trigger::Previous,
                delay: SimDuration::ZERO,
            };
        }
    }
    script
}

/// The one verb of a step, and what it does.
fn read_action(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let given: Vec<&str> = step.entries().iter().map(|(key, _)| *key).collect();
    let mut found = verbs::VERBS.iter().filter(|verb| given.contains(&verb.name));
    let Some(verb) = found.next() else {
        let names = || verbs::VERBS.iter().map(|verb| verb.name);
        let near = given.iter().find_map(|key| {
            let known = COMMON.contains(key);
            if known { None } else { suggest(key, names()) }
        });
        let hint = match near {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("say what to do: {}", names().collect::<Vec<_>>().join(", ")),
        };
        step.error_with_hint(reading.problems, "the step does nothing", hint);
        return None;
    };
    if let Some(other) = found.next() {
        let message = format!("a step does one thing, here both {} and {}", verb.name, other.name);
        step.error_with_hint(reading.problems, message, "write two steps");
        return None;
    }
    let known: Vec<&'static str> = COMMON
        .into_iter()
        .chain([verb.name])
        .chain(verb.keys.iter().copied())
        .collect();
    check_keys(step, &known, reading.problems);
    (verb.read)(step, reading)
}

fn read_when(step: &Field<'_>, is_first: bool, reading: &mut Reading<'_>) -> Option<When> {
    let wait = span(&step.at("wait"), reading.problems);
    let (at, after) = (step.at("at"), step.at("after"));
    match (at.is_present(), after.is_present()) {
        (true, false) => {
            if step.at("wait").is_present() {
                let hint = "add it to `at`, or say what to wait for with `after`";
                step.at("wait")
                    .error_with_hint(reading.problems, "wait goes with after", hint);
            }
            let at = parsed::<SimDuration>(&at, "a duration such as 5m", reading.problems)?;
            Some(When::At(SimTime::ZERO + at))
        }
        (false, true) => Some(When::After {
            trigger: read_trigger(&after, step, is_first, reading)?,
            delay: wait,
        }),
        (true, true) => {
            let hint = "keep `at` for a time of its own, or `after` to wait for something";
            step.error_with_hint(reading.problems, "a step has `at` or `after`, not both", hint);
            None
        }
        (false, false) => {
            let hint = "add `at: 5m`, or `after: previous`";
            step.error_with_hint(reading.problems, "when the step begins is missing", hint);
            None
        }
    }
}

fn span(field: &Field<'_>, problems: &mut Problems) -> SimDuration {
    parsed(field, "a duration such as 30s", problems).unwrap_or(SimDuration::ZERO)
}

fn read_trigger(after: &Field<'_>, step: &Field<'_>, is_first: bool, reading: &mut Reading<'_>) -> Option<Trigger> {
    const KINDS: [&str; 5] = ["pods-running", "pods-ready", "pod-settled", "rollout", "job"];
    if after.str() == Some("previous") {
        if is_first {
            let hint = "give the first step a time with `at`";
            after.error_with_hint(reading.problems, "there is no step before the first", hint);
        }
        return Some(Trigger::Previous);
    }
    let known: Vec<&'static str> = KINDS.into_iter().chain(["replicas", "namespace"]).collect();
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| after.at(kind).is_present()).collect();
    check_keys(after, &known, reading.problems);
    let [kind] = given[..] else {
        if after.is_map() || after.str().is_some() {
            let hint = format!("write `previous`, or a map with one of {}", KINDS.join(", "));
            after.error_with_hint(reading.problems, "what the step waits for is not clear", hint);
        }
        return None;
    };
    let field = after.at(kind);
    let namespace = after.at("namespace").str().or(step.at("namespace").str());
    let mut pods = |ready| {
        let count = count(&field, u32::MAX, reading.problems)?;
        let namespace = namespace.map(str::to_owned);
        Some(if ready {
            Trigger::PodsReady { namespace, count }
        } else {
            Trigger::PodsRunning { namespace, count }
        })
    };
    match kind {
        "pods-running" => pods(false),
        "pods-ready" => pods(true),
        "pod-settled" => refs::pod(&field, step, reading).map(Trigger::PodSettled),
        "rollout" => Some(Trigger::RolloutDone {
            object: refs::object(&field, step, &refs::WORKLOADS, reading)?,
            replicas: count(&after.at("replicas"), u32::MAX, reading.problems),
        }),
        _ => refs::object(&field, step, &[ObjectKind::Job], reading).map(Trigger::JobFinished),
    }
}

/// The templates of Jobs and bare pods that `script` creates or changes.
pub(super) fn templates(script: &mut Script) -> impl Iterator<Item = &mut Arc<PodTemplate>> {
    let specs = script.steps.iter_mut().flat_map(|step| match &mut step.action {
        Action::Submit { objects, .. } => objects.iter_mut().collect::<Vec<_>>(),
        Action::Update { change, .. } => vec![&mut change.0, &mut change.1],
        Action::Scale { .. }
        | Action::Delete { .. }
        | Action::DeletePod { .. }
        | Action::Evict { .. }
        | Action::SetDeletionCost { .. }
        | Action::DeleteNode { .. }
        | Action::Cordon { .. }
        | Action::Drain { .. }
        | Action::Taint { .. }
        | Action::Label { .. }
        | Action::StopKubelet { .. }
        | Action::StartKubelet { .. }
        | Action::Reboot { .. }
        | Action::SetLoad { .. }
        | Action::SetMetrics { .. } => Vec::new(),
    });
    let ends = |spec: &&mut ObjectSpec| matches!(spec, ObjectSpec::Job(_) | ObjectSpec::Pod(_));
    specs.filter(ends).filter_map(ObjectSpec::template_mut)
}

/// Tells Jobs that come without a run time.
pub(super) fn check(script: &Script, changes: &Field<'_>, problems: &mut Problems) {
    for step in &script.steps {
        let Action::Submit { objects, .. } = &step.action else {
            continue;
        };
        for object in objects {
            if let ObjectSpec::Job(job) = object
                && job.template.behaviour.runtime.is_empty()
                && job.template.behaviour.index_runtime.is_empty()
            {
                let message = format!("Job {}/{}: how long its pods run is not given", job.namespace, job.name);
                let hint = "give --runtime 5m, or the annotation makespan.dev/runtime on its pod template";
                changes.error_with_hint(problems, message, hint);
            }
        }
    }
}

#[cfg(test)]
mod tests;
