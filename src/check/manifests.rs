//! The objects of an input as the lessons see them: what was written, and what it was read as.

use std::collections::BTreeMap;

use crate::api::objects::{Field, ReadObject, objects_of};
use crate::api::value::Document;
use crate::cluster::spec::{ObjectSpec, PodTemplate};

/// One object.
#[derive(Debug)]
pub struct Manifest<'a> {
    /// Its kind; empty if makespan does not know it.
    pub kind: &'static str,
    /// What was written.
    pub field: Field<'a>,
    /// What it was read as, if the simulation has a part for it.
    pub spec: Option<&'a ObjectSpec>,
}

/// All objects of an input.
#[derive(Debug)]
pub struct Manifests<'a> {
    list: Vec<Manifest<'a>>,
    /// Positions by kind, namespace and name.
    by_name: BTreeMap<(&'static str, &'a str, &'a str), usize>,
    /// Positions by kind.
    by_kind: BTreeMap<&'static str, Vec<usize>>,
}

impl<'a> Manifests<'a> {
    /// The objects of `documents`, which were read as `read`.
    #[must_use]
    pub fn new(documents: &'a [Document], read: &'a [ReadObject]) -> Self {
        let mut specs = read.iter().peekable();
        let mut manifests = Self {
            list: Vec::new(),
            by_name: BTreeMap::new(),
            by_kind: BTreeMap::new(),
        };
        for (ordinal, (kind, field)) in objects_of(documents).into_iter().enumerate() {
            let spec = specs.next_if(|object| object.ordinal == ordinal);
            let manifest = Manifest {
                kind,
                field,
                spec: spec.map(|object| &object.spec),
            };
            let position = manifests.list.len();
            let key = (kind, manifest.namespace(), manifest.name());
            manifests.by_name.entry(key).or_insert(position);
            manifests.by_kind.entry(kind).or_default().push(position);
            manifests.list.push(manifest);
        }
        manifests
    }
    /// All of them, in order.
    #[must_use]
    pub fn list(&self) -> &[Manifest<'a>] {
        &self.list
    }
    /// Those of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Manifest<'a>> {
        let positions = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        positions.iter().map(|&position| &self.list[position])
    }
    /// The first of this kind, namespace and name.
    #[must_use]
    pub fn get(&self, kind: &'static str, namespace: &str, name: &str) -> Option<&Manifest<'a>> {
        self.by_name
            .get(&(kind, namespace, name))
            .map(|&position| &self.list[position])
    }
}

impl<'a> Manifest<'a> {
    /// `metadata.name`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.field.at_path("metadata.name").str_or_empty()
    }
    /// `metadata.namespace`, with its default.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        match self.field.at_path("metadata.namespace").str_or_empty() {
            "" => "default",
            namespace => namespace,
        }
    }
    /// The pod template; a Pod is its own.
    #[must_use]
    pub fn template(&self) -> Option<Field<'a>> {
        match self.kind {
            "Pod" => Some(self.field.clone()),
            "Job" | "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => {
                Some(self.field.at_path("spec.template"))
            }
            "CronJob" => Some(self.field.at_path("spec.jobTemplate.spec.template")),
            _ => None,
        }
    }
    /// The spec of its pods.
    #[must_use]
    pub fn pod_spec(&self) -> Option<Field<'a>> {
        self.template().map(|template| template.at("spec"))
    }
    /// The containers of its pods, init containers left out.
    #[must_use]
    pub fn containers(&self) -> Vec<Field<'a>> {
        self.pod_spec()
            .map_or_else(Vec::new, |spec| spec.at("containers").items())
    }
    /// The spec of the Job that it is or makes.
    #[must_use]
    pub fn job_spec(&self) -> Option<Field<'a>> {
        match self.kind {
            "Job" => Some(self.field.at("spec")),
            "CronJob" => Some(self.field.at_path("spec.jobTemplate.spec")),
            _ => None,
        }
    }
    /// What its pods were read as.
    #[must_use]
    pub fn pods(&self) -> Option<&'a PodTemplate> {
        match self.spec? {
            ObjectSpec::Job(job) => Some(&job.template),
            ObjectSpec::CronJob(cron_job) => Some(&cron_job.job.template),
            ObjectSpec::Deployment(deployment) => Some(&deployment.template),
            ObjectSpec::ReplicaSet(set) => Some(&set.template),
            ObjectSpec::StatefulSet(set) => Some(&set.template),
            ObjectSpec::DaemonSet(set) => Some(&set.template),
            ObjectSpec::Pod(pod) => Some(&pod.template),
            ObjectSpec::Node(_)
            | ObjectSpec::Hpa(_)
            | ObjectSpec::DisruptionBudget(_)
            | ObjectSpec::PriorityClass(_)
            | ObjectSpec::Namespace(_)
            | ObjectSpec::ResourceQuota(_)
            | ObjectSpec::LimitRange(_) => None,
        }
    }
    /// How many GPUs one of its pods holds, counted over all resources that are named like GPUs.
    #[must_use]
    pub fn gpus(&self) -> i64 {
        let of_container = |container: &Field<'_>| -> i64 {
            let limits = container.at_path("resources.limits").entries();
            let gpus = limits.iter().filter(|(name, _)| is_gpu(name));
            gpus.filter_map(|(_, field)| field.quantity()).map(|q| q.value()).sum()
        };
        self.containers().iter().map(of_container).sum()
    }
}

/// Whether a resource is a GPU or the like by its name.
fn is_gpu(name: &str) -> bool {
    let device = name.rsplit('/').next().unwrap_or(name);
    name.contains('/')
        && (device.starts_with("gpu") || device.starts_with("mig-") || ["i915", "xe", "tpu", "gaudi"].contains(&device))
}
