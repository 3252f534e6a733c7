//! Checks of services as a whole: autoscalers and loads have their Deployment, and what never ends has an end.

use crate::api::problem::{Problem, Problems, Severity};
use crate::api::value::Place;
use crate::cluster::spec::{
    AttemptOutcome, HpaSpec, MetricIdentifier, MetricSource, MetricSpec, MetricTarget, MissingRequest, ObjectSpec,
    Outcome, PodTemplate, ResourceName, RestartPolicy,
};
use crate::control::service::{CustomMetric, MetricScope, ServiceLoad};
use crate::kernel::text::suggest;
use crate::scenario::Scenario;
use crate::workload::Load;
use crate::workload::script::Action;

/// Tells what is wrong with the services of `scenario`.
pub(super) fn check(scenario: &Scenario, problems: &mut Problems) {
    for hpa in &scenario.hpas {
        check_autoscaler(hpa, scenario, problems);
    }
    let sized = scenario.service_templates().filter(|(kind, ..)| *kind != "DaemonSet");
    let names = sized.map(|(_, _, name, _)| name);
    for (i, (name, _)) in scenario.loads.iter().enumerate() {
        if !names.clone().any(|known| known == name) {
            let near = suggest(name, names.clone());
            problems.general_error(
                format!("spec.services: no Deployment {name:?} is among the manifests"),
                near.map(|near| format!("did you mean {near:?}?")),
            );
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

/// Two autoscalers of one workload are told where manifests are read.
fn check_autoscaler(hpa: &HpaSpec, scenario: &Scenario, problems: &mut Problems) {
    let what = format!("HorizontalPodAutoscaler {}/{}", hpa.namespace, hpa.name);
    let mut templates = scenario.service_templates();
    let is_target = |kind: &str, namespace: &str, name: &str| {
        kind == hpa.target_kind.name() && namespace == hpa.namespace && name == hpa.target
    };
    let Some((kind, _, name, template)) = templates.find(|(kind, namespace, name, _)| is_target(kind, namespace, name))
    else {
        // Told where manifests are read.
        return;
    };
    let target = format!("{kind} {name:?}");
    for metric in &hpa.metrics {
        check_requests(metric, &what, &target, template, problems);
        check_source(metric, &what, name, scenario, problems);
    }
    let needs_load = hpa.metrics.iter().any(|metric| metric.resource().is_some());
    if needs_load && !scenario.loads.iter().any(|(service, _)| service == name) {
        warn(
            format!("{what}: there is no load on {target}"),
            "its pods use no cpu; give it one in spec.services of a Scenario",
            problems,
        );
    }
}

/// A utilisation is a share of requests, so it needs them.
fn check_requests(metric: &MetricSpec, what: &str, target: &str, template: &PodTemplate, problems: &mut Problems) {
    let (Some((resource, container)), MetricTarget::Utilization(_)) = (metric.resource(), metric.target) else {
        return;
    };
    if *resource != ResourceName::Cpu && *resource != ResourceName::Memory {
        // Told where manifests are read.
        return;
    }
    let message = match template.own_requests.milli(resource, container) {
        Ok(_) => return,
        Err(MissingRequest::NoSuchContainer) => {
            format!("{what}: {target} has no container {:?}", container.unwrap_or_default())
        }
        Err(MissingRequest::OfContainer(_) | MissingRequest::OfPod) => {
            format!("{what}: a container of {target} has no {resource} request")
        }
    };
    let hint = "without it utilisation cannot be computed and the size stays as it is; give each container one";
    warn(message, hint, problems);
}

/// A metric that an adapter would give must come from somewhere. Without, it fails as it does in a cluster without one.
fn check_source(metric: &MetricSpec, what: &str, target: &str, scenario: &Scenario, problems: &mut Problems) {
    let given = |is_it: &dyn Fn(&str, &CustomMetric) -> bool| {
        let of = |(service, load): &(String, ServiceLoad)| load.metrics.iter().any(|m| is_it(service, m));
        scenario.loads.iter().any(of)
    };
    let (kind, wanted, is_given) = match &metric.source {
        MetricSource::Resource(_) | MetricSource::ContainerResource { .. } => return,
        MetricSource::Pods(wanted) => {
            let is_it = |service: &str, m: &CustomMetric| service == target && m.scope == MetricScope::Pods;
            let is_it = |service: &str, m: &CustomMetric| is_it(service, m) && is_meant(wanted, m);
            ("Pods", wanted, given(&is_it))
        }
        MetricSource::Object { metric: wanted, object } => {
            let scope = MetricScope::Object {
                kind: object.kind.clone(),
                name: object.name.clone(),
            };
            ("Object", wanted, given(&|_, m| m.scope == scope && is_meant(wanted, m)))
        }
        MetricSource::External(wanted) => {
            let is_it = |_: &str, m: &CustomMetric| m.scope == MetricScope::External && is_meant(wanted, m);
            ("External", wanted, given(&is_it))
        }
    };
    if !is_given {
        warn(
            format!(
                "{what}: nothing gives its {kind} metric {:?}, so it always fails",
                wanted.name
            ),
            "say where its numbers come from: metrics of a service, in spec.services of a Scenario",
            problems,
        );
    }
}

fn is_meant(wanted: &MetricIdentifier, metric: &CustomMetric) -> bool {
    metric.name == wanted.name && wanted.selects(&metric.labels)
}

fn warn(message: String, hint: &str, problems: &mut Problems) {
    problems.push(Problem {
        severity: Severity::Warning,
        code: "",
        source: None,
        place: Place::default(),
        path: String::new(),
        message,
        hint: Some(hint.to_owned()),
    });
}

/// What goes on for ever, if anything does.
fn why_it_never_ends(scenario: &Scenario) -> Option<String> {
    let submitted = scenario.script.steps.iter().flat_map(|step| match &step.action {
        Action::Submit { objects, .. } => objects.as_slice(),
        _ => &[],
    });
    let submitted = submitted.filter_map(|object| match object {
        ObjectSpec::CronJob(spec) => Some(spec.as_ref()),
        _ => None,
    });
    if let Some(cron_job) = scenario.cron_jobs.iter().chain(submitted).next() {
        return Some(format!(
            "CronJob {}/{} goes on for ever",
            cron_job.namespace, cron_job.name
        ));
    }
    if let Some(hpa) = scenario.hpas.first() {
        return Some(format!(
            "HorizontalPodAutoscaler {}/{} goes on for ever",
            hpa.namespace, hpa.name
        ));
    }
    let varies = |load: &Load| !matches!(load, Load::Constant(_));
    if let Some((name, _)) = scenario.loads.iter().find(|(_, service)| varies(service.driver())) {
        return Some(format!("the load on Deployment {name:?} varies for ever"));
    }
    let workloads = scenario
        .service_templates()
        .map(|(kind, namespace, name, template)| (format!("{kind} {namespace}/{name}"), template));
    let pods = scenario
        .pods
        .iter()
        .map(|p| (format!("Pod {}/{}", p.namespace, p.name), &p.template));
    let (what, _) = workloads
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
