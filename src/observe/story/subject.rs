//! Which pods are told of.

use crate::cluster::pod::Owner;
use crate::cluster::{PodId, Store, WorkloadId};

/// The pods that are asked about: one by its name, or those of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `pod`, `job`, `deployment`, `replicaset`, `statefulset`, `daemonset`, `hpa`; `None`: whatever has the name.
    kind: Option<Kind>,
    name: String,
}

/// Kinds that are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pod,
    Job,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Hpa,
}

const KINDS: [(&str, Kind); 8] = [
    ("pod", Kind::Pod),
    ("job", Kind::Job),
    ("deployment", Kind::Deployment),
    ("replicaset", Kind::ReplicaSet),
    ("statefulset", Kind::StatefulSet),
    ("daemonset", Kind::DaemonSet),
    ("hpa", Kind::Hpa),
    ("horizontalpodautoscaler", Kind::Hpa),
];

/// A kind that nothing is told of, or none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no kind that is told of; use pod/NAME, job/NAME, deployment/NAME, replicaset/NAME, statefulset/NAME, daemonset/NAME, hpa/NAME, or a name alone"
)]
pub struct UnknownKind(String);

impl std::str::FromStr for Subject {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((kind, name)) = text.split_once('/') else {
            return Ok(Self {
                kind: None,
                name: text.to_owned(),
            });
        };
        let wanted = kind.to_lowercase();
        let wanted = wanted.strip_suffix('s').unwrap_or(&wanted);
        let known = KINDS.iter().find(|(name, _)| *name == wanted);
        let (_, kind) = known.ok_or_else(|| UnknownKind(kind.to_owned()))?;
        Ok(Self {
            kind: Some(*kind),
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match KINDS.iter().find(|(_, kind)| Some(*kind) == self.kind) {
            Some((kind, _)) => write!(f, "{kind}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Kind {
    /// As manifests name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Job => "Job",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Hpa => "HorizontalPodAutoscaler",
        }
    }
    pub(super) const fn of(workload: WorkloadId) -> Self {
        match workload {
            WorkloadId::Deployment(_) => Self::Deployment,
            WorkloadId::ReplicaSet(_) => Self::ReplicaSet,
            WorkloadId::StatefulSet(_) => Self::StatefulSet,
            WorkloadId::DaemonSet(_) => Self::DaemonSet,
        }
    }
}

impl Subject {
    /// Whether the object of `kind` called `name` is meant.
    pub(super) fn is(&self, kind: Kind, name: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind) && name == self.name
    }
    /// Whether `pod`, called `name`, is meant.
    pub(super) fn means(&self, pod: PodId, name: &str, store: &Store, seed: u64) -> bool {
        if self.kind.is_none_or(|kind| kind == Kind::Pod) && name == self.name {
            return true;
        }
        owners(pod, store, seed)
            .iter()
            .any(|(kind, name)| self.kind.is_none_or(|wanted| wanted == *kind) && *name == self.name)
    }
}

/// Kind and name of the owner of `pod`, `Job/train`; of a Deployment's pod, of its ReplicaSet. Empty for a bare pod.
pub(super) fn owner_of(pod: PodId, store: &Store, seed: u64) -> String {
    let owners = owners(pod, store, seed);
    let Some((kind, name)) = owners.first() else {
        return String::new();
    };
    format!("{}/{name}", kind.name())
}

/// The owner of `pod`, and the owner's owner.
fn owners(pod: PodId, store: &Store, seed: u64) -> Vec<(Kind, String)> {
    let owner = store.pods[pod.index()].owner;
    let workload = store.workload_of(pod).map(|id| store.workload_name(id).1.to_owned());
    match owner {
        Owner::Job(job) => vec![(Kind::Job, store.job_name(job))],
        Owner::ReplicaSet(id) => {
            let mut owners = vec![(Kind::ReplicaSet, store.replica_set_name(id, seed))];
            if let Some(deployment) = workload.filter(|name| *name != owners[0].1) {
                owners.push((Kind::Deployment, deployment));
            }
            owners
        }
        Owner::StatefulSet(_) => workload.map(|name| (Kind::StatefulSet, name)).into_iter().collect(),
        Owner::DaemonSet(_) => workload.map(|name| (Kind::DaemonSet, name)).into_iter().collect(),
        Owner::Nobody(_) => Vec::new(),
    }
}
