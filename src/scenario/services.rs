//! Checks of services as a whole: autoscalers and loads have their Deployment, and what never ends has an end.

use crate::api::problem::{Problem, Problems, Severity};
use crate::api::value::Place;
use crate::cluster::spec::{AttemptOutcome, HpaSpec, Outcome, PodTemplate, RestartPolicy};
use crate::kernel::text::suggest;
use crate::scenario::Scenario;
use crate::workload::Load;

/// Tells what is wrong with the services of `scenario`.
pub(super) fn check(scenario: &Scenario, problems: &mut Problems) {
    for hpa in &scenario.hpas {
        check_autoscaler(hpa, scenario, problems);
    }
    let names = scenario.deployments.iter().map(|d| d.name.as_str());
    for (i, (name, _)) in scenario.loads.iter().enumerate() {
        if !names.clone().any(|known| known == name) {
            no_deployment("spec.services", name, names.clone(), problems);
        }
        if scenario.loads[..i].iter().any(|(earlier, _)| earlier == name) {
            let message = format!("spec.services: a second load on Deployment {name:?}; one is enough");
            problems.general_error(message, None);
        }
    }
    if scenario.until.is_none()
        && let Some(reason) = why_it_never_ends(scenario)
    {
        let hint = "give --until 24h, or spec.until in the Scenario".to_owned();
        problems.general_error(format!("{reason}, so the run needs an end"), Some(hint));
    }
}

/// Two autoscalers of one Deployment are told where manifests are read.
fn check_autoscaler(hpa: &HpaSpec, scenario: &Scenario, problems: &mut Problems) {
    let what = format!("HorizontalPodAutoscaler {}/{}", hpa.namespace, hpa.name);
    let deployments = &scenario.deployments;
    let mut candidates = deployments.iter().filter(|d| d.namespace == hpa.namespace);
    let Some(target) = candidates.clone().find(|d| d.name == hpa.target) else {
        let elsewhere = deployments.iter().find(|d| d.name == hpa.target);
        if let Some(d) = elsewhere {
            problems.general_error(
                format!("{what}: Deployment {:?} is in namespace {:?}", d.name, d.namespace),
                Some("an autoscaler and its target are in one namespace".to_owned()),
            );
        } else {
            let names: Vec<&str> = candidates.by_ref().map(|d| d.name.as_str()).collect();
            no_deployment(&what, &hpa.target, names.into_iter(), problems);
        }
        return;
    };
    if target.template.hpa_cpu_request.is_none() {
        warn(
            format!("{what}: a container of Deployment {:?} has no cpu request", target.name),
            "without it utilisation cannot be computed and the size stays as it is; give each container one",
            problems,
        );
    }
    if !scenario.loads.iter().any(|(name, _)| *name == target.name) {
        warn(
            format!("{what}: there is no load on Deployment {:?}", target.name),
            "its pods use no cpu; give it one in spec.services of a Scenario",
            problems,
        );
    }
}

fn no_deployment<'a>(what: &str, target: &str, names: impl Iterator<Item = &'a str>, problems: &mut Problems) {
    problems.general_error(
        format!("{what}: no Deployment {target:?} is among the manifests"),
        suggest(target, names).map(|near| format!("did you mean {near:?}?")),
    );
}

fn warn(message: String, hint: &str, problems: &mut Problems) {
    problems.push(Problem {
        severity: Severity::Warning,
        source: None,
        place: Place::default(),
        path: String::new(),
        message,
        hint: Some(hint.to_owned()),
    });
}

/// What goes on for ever, if anything does.
fn why_it_never_ends(scenario: &Scenario) -> Option<String> {
    if let Some(hpa) = scenario.hpas.first() {
        return Some(format!(
            "HorizontalPodAutoscaler {}/{} goes on for ever",
            hpa.namespace, hpa.name
        ));
    }
    let varies = |load: &Load| !matches!(load, Load::Constant(_));
    if let Some((name, _)) = scenario.loads.iter().find(|(_, service)| varies(&service.load)) {
        return Some(format!("the load on Deployment {name:?} varies for ever"));
    }
    let deployments = scenario
        .deployments
        .iter()
        .map(|d| (format!("Deployment {}/{}", d.namespace, d.name), &d.template));
    let pods = scenario
        .pods
        .iter()
        .map(|p| (format!("Pod {}/{}", p.namespace, p.name), &p.template));
    let (what, _) = deployments
        .chain(pods)
        .find(|(_, template)| restarts_for_ever(template))?;
    Some(format!("{what}: its containers end and are restarted for ever"))
}

/// Whether the containers of a pod end by themselves, and no end of them is the pod's.
fn restarts_for_ever(template: &PodTemplate) -> bool {
    let behaviour = &template.behaviour;
    let always_fails = match &behaviour.outcome {
        Outcome::Script(attempts) => attempts
            .iter()
            .all(|outcome| matches!(outcome, AttemptOutcome::Exit(_))),
        Outcome::Probability { failure, .. } => *failure >= 1.0,
    };
    !behaviour.runtime.is_empty()
        && match template.restart_policy {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => always_fails,
            RestartPolicy::Never => false,
        }
}
