//! Services with an autoscaler or a scripted load: they are there from the beginning of the run, and the load and the answers of
//! the metrics API are given over time.

use std::collections::{BTreeMap, BTreeSet};

use super::super::actions::{Action, Actions, Verb};
use super::Planner;
use crate::cluster::spec::{DeploymentSpec, HpaSpec, ObjectSpec};
use crate::control::service::{Reporting, ServiceLoad};
use crate::kernel::{SimDuration, SimTime};
use crate::workload::load::Load;

/// What the plan has of services.
#[derive(Debug, Default)]
pub(super) struct Services {
    /// Names of Deployments that have a load or an autoscaler.
    names: BTreeSet<String>,
    pub(super) deployments: Vec<DeploymentSpec>,
    pub(super) loads: BTreeMap<String, ServiceLoad>,
    pub(super) hpas: Vec<HpaSpec>,
    pub(super) hpa_submitted: Vec<SimTime>,
}

impl Services {
    /// The services of these actions.
    pub(super) fn new(actions: &Actions) -> Self {
        let of = |action: &Action| match &action.verb {
            Verb::SetLoad(target, _) | Verb::SetMetrics(target, _) => {
                target.strip_prefix("Deployment/").map(str::to_owned)
            }
            _ => None,
        };
        let metrics = actions.options.metrics.as_ref();
        let metrics = metrics.and_then(|metrics| metrics.target.strip_prefix("Deployment/").map(str::to_owned));
        Self {
            names: actions.actions.iter().filter_map(of).chain(metrics).collect(),
            ..Self::default()
        }
    }
}

impl Planner<'_> {
    /// Takes over what belongs to a service; `false` if `action` does not.
    pub(super) fn is_of_a_service(&mut self, action: &Action) -> bool {
        let at = self.time(action.at);
        match &action.verb {
            Verb::Submit(sent) => {
                let [(_, object)] = &sent[..] else { return false };
                match self.manifests.spec(object) {
                    Some(ObjectSpec::Deployment(spec))
                        if self.services.names.contains(&spec.name) && at == SimTime::ZERO =>
                    {
                        self.services.deployments.push(spec);
                        true
                    }
                    // One that takes the place of another comes when it comes.
                    Some(ObjectSpec::Hpa(spec))
                        if action.when.is_none()
                            && self.services.hpas.iter().all(|known| known.target != spec.target) =>
                    {
                        self.services.hpas.push(spec);
                        self.services.hpa_submitted.push(at);
                        true
                    }
                    _ => false,
                }
            }
            Verb::SetLoad(target, milli) => {
                let Some(service) = self.service(target) else {
                    return false;
                };
                if let Load::Steps(steps) = &mut service.load {
                    steps.retain(|(earlier, _)| *earlier < at);
                    steps.push((at, *milli));
                }
                true
            }
            Verb::SetMetrics(target, report) => {
                let reporting = match report.as_str() {
                    "all" => Reporting::All,
                    "none" => Reporting::Nothing,
                    "first_half" => Reporting::FirstHalf,
                    _ => return false,
                };
                let Some(service) = self.service(target) else {
                    return false;
                };
                service.reporting.push((at, reporting));
                true
            }
            _ => false,
        }
    }

    fn service(&mut self, target: &str) -> Option<&mut ServiceLoad> {
        let name = target.strip_prefix("Deployment/")?;
        if !self
            .services
            .deployments
            .iter()
            .any(|deployment| deployment.name == name)
        {
            return None;
        }
        let metrics = self.actions.options.metrics.clone().unwrap_or_default();
        let load = || ServiceLoad {
            idle_per_pod: metrics.unready_running_pod_milli,
            ..ServiceLoad::new(
                Load::Steps(Vec::new()),
                Some(metrics.cap_per_pod_milli.unwrap_or(i64::MAX)),
            )
        };
        Some(self.services.loads.entry(name.to_owned()).or_insert_with(load))
    }

    /// The recordings' metrics API answers with the usage of the moment in which it is asked.
    pub(super) fn set_metrics_api(&mut self) {
        let Some(metrics) = &self.actions.options.metrics else {
            return;
        };
        let seconds = |seconds: f64| SimDuration::from_secs_f64(seconds.max(0.0)).unwrap_or_default();
        self.plane.metrics.resolution = SimDuration::ZERO;
        self.plane.metrics.instant_window = seconds(metrics.window_s);
        self.plane.metrics.appear_after = seconds(metrics.appear_after_running_s);
    }
}
