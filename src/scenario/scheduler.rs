//! The scheduler's own configuration (KubeSchedulerConfiguration) among the sources.

use crate::api::objects::{is_scheduler_configuration, read_scheduler_configuration};
use crate::api::problem::Problems;
use crate::api::value::Document;
use crate::cluster::ResourceTable;
use crate::cluster::spec::SchedulerConfiguration;
use crate::control::{ControlPlane, Preset};

/// Takes the scheduler's configuration out of `documents` and reads it, if there is one. A second one is an error.
pub(super) fn take(
    documents: Vec<Document>,
    resources: &mut ResourceTable,
    problems: &mut Problems,
) -> (Option<SchedulerConfiguration>, Vec<Document>) {
    let (own, others): (Vec<_>, Vec<_>) = documents.into_iter().partition(is_scheduler_configuration);
    for document in own.iter().skip(1) {
        let first = &own[0];
        let hint = format!(
            "the first is in {} line {}; schedulers of several names are profiles of one configuration",
            first.source.name, first.root.place.line
        );
        let message = "a second KubeSchedulerConfiguration; one is enough";
        problems.error(&document.source, document.root.place, "kind", message, Some(hint));
    }
    let read = own
        .first()
        .map(|document| read_scheduler_configuration(document, resources, problems));
    (read, others)
}

/// Sets what the configuration says. Times and limits are Kubernetes' own: the ideal control plane has none.
pub(super) fn apply(plane: &mut ControlPlane, configuration: &SchedulerConfiguration) {
    let scheduler = &mut plane.scheduler;
    scheduler.profiles.clone_from(&configuration.profiles);
    if let Some(percentage) = configuration.percentage_of_nodes_to_score {
        scheduler.percentage_of_nodes_to_score = percentage;
    }
    if plane.preset == Preset::Ideal {
        return;
    }
    if let Some(backoff) = configuration.pod_initial_backoff {
        scheduler.pod_initial_backoff = backoff;
    }
    if let Some(backoff) = configuration.pod_max_backoff {
        scheduler.pod_max_backoff = backoff;
    }
    if let Some(qps) = configuration.client_qps {
        scheduler.client.kube_api_qps = qps;
    }
    if let Some(burst) = configuration.client_burst {
        scheduler.client.kube_api_burst = burst;
    }
}
