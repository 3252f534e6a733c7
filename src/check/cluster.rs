//! Workloads and the cluster that they are to run on, as the lessons about both see them.

use std::sync::Arc;

use crate::api::objects::ReadObject;
use crate::api::problem::Problems;
use crate::api::value::{Place, Source};
use crate::cluster::spec::{JobSpec, NodeSpec, ObjectSpec, PodTemplate};

/// What makes pods, and where it stands.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Kind, namespace and name, for messages: `Job default/train`.
    pub what: String,
    /// Its kind.
    pub kind: &'static str,
    /// How many pods it may have at once; `None` for what has one on each node.
    pub pods: Option<u32>,
    /// Its pods.
    pub template: Arc<PodTemplate>,
    /// The deadline of the Job that it is or makes, in seconds.
    pub deadline: Option<crate::kernel::SimDuration>,
    /// The source it stands in.
    pub source: Arc<Source>,
    /// Where it begins there.
    pub place: Place,
}

/// The nodes that pods may be put on.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a> {
    /// Its nodes; empty if none were given.
    pub nodes: &'a [NodeSpec],
}

impl Workload {
    /// The workload that `object` is, if it makes pods.
    #[must_use]
    pub fn of(object: &ReadObject) -> Option<Self> {
        let job_pods = |job: &JobSpec| job.completions.map_or(job.parallelism, |all| all.min(job.parallelism));
        let (kind, namespace, name, pods, template) = match &object.spec {
            ObjectSpec::Job(job) => ("Job", &job.namespace, &job.name, Some(job_pods(job)), &job.template),
            ObjectSpec::CronJob(c) => (
                "CronJob",
                &c.namespace,
                &c.name,
                Some(job_pods(&c.job)),
                &c.job.template,
            ),
            ObjectSpec::Deployment(d) => ("Deployment", &d.namespace, &d.name, Some(d.replicas), &d.template),
            ObjectSpec::ReplicaSet(set) => (
                "ReplicaSet",
                &set.namespace,
                &set.name,
                Some(set.replicas),
                &set.template,
            ),
            ObjectSpec::StatefulSet(set) => (
                "StatefulSet",
                &set.namespace,
                &set.name,
                Some(set.replicas),
                &set.template,
            ),
            ObjectSpec::DaemonSet(set) => ("DaemonSet", &set.namespace, &set.name, None, &set.template),
            ObjectSpec::Pod(pod) => ("Pod", &pod.namespace, &pod.name, Some(1), &pod.template),
            ObjectSpec::Node(_)
            | ObjectSpec::Hpa(_)
            | ObjectSpec::DisruptionBudget(_)
            | ObjectSpec::PriorityClass(_)
            | ObjectSpec::Namespace(_)
            | ObjectSpec::ResourceQuota(_)
            | ObjectSpec::LimitRange(_) => return None,
        };
        let deadline = match &object.spec {
            ObjectSpec::Job(job) => job.active_deadline,
            ObjectSpec::CronJob(cron_job) => cron_job.job.active_deadline,
            _ => None,
        };
        Some(Self {
            what: format!("{kind} {namespace}/{name}"),
            kind,
            pods,
            template: template.clone(),
            deadline,
            source: object.source.clone(),
            place: object.place,
        })
    }
    /// Tells a warning about it.
    pub fn warning(&self, problems: &mut Problems, path: &str, message: &str, hint: String) {
        let message = format!("{}: {message}", self.what);
        problems.warning(&self.source, self.place, path, message, Some(hint));
    }
    /// Tells an error about it.
    pub fn error(&self, problems: &mut Problems, path: &str, message: &str, hint: String) {
        let message = format!("{}: {message}", self.what);
        problems.error(&self.source, self.place, path, message, Some(hint));
    }
}
