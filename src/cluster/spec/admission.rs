//! What governs admission: priority classes, namespaces, limit ranges, resource quotas.

use std::collections::BTreeMap;

use crate::cluster::ResourceId;
use crate::cluster::spec::{Labels, Requests};

/// A PriorityClass (scheduling.k8s.io/v1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriorityClassSpec {
    /// `metadata.name`.
    pub name: String,
    /// `value`.
    pub value: i32,
    /// `globalDefault`.
    pub global_default: bool,
    /// `preemptionPolicy: Never`.
    pub never_preempts: bool,
}

/// A Namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceSpec {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`, to which the API server adds one with the name.
    pub labels: Labels,
}

/// What a limit of a LimitRange is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// Each container.
    Container,
    /// The pod as a whole.
    Pod,
}

impl LimitKind {
    /// `type` in manifests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "Container",
            Self::Pod => "Pod",
        }
    }
}

/// One entry of `spec.limits` of a LimitRange, with the defaults of the API filled in. Amounts in the scheduler's units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRangeItem {
    /// `type`.
    pub kind: LimitKind,
    /// `max`.
    pub max: Requests,
    /// `min`.
    pub min: Requests,
    /// `default`: limits of containers that have none.
    pub default: Requests,
    /// `defaultRequest`: requests of containers that have none.
    pub default_request: Requests,
    /// `maxLimitRequestRatio`, in thousandths.
    pub max_limit_request_ratio: BTreeMap<ResourceId, i64>,
}

/// A LimitRange (v1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitRangeSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.limits` about containers and pods.
    pub limits: Vec<LimitRangeItem>,
}

/// What of pods a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// `pods`: those that have not ended.
    Pods,
    /// `count/pods`: the objects, ended or not.
    PodObjects,
    /// `cpu`, `requests.cpu`, `requests.nvidia.com/gpu`, …: what those that have not ended request.
    Requests(ResourceId),
    /// `limits.cpu`, `limits.memory`, …: their limits.
    Limits(ResourceId),
}

/// One entry of `spec.hard`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardLimit {
    /// The name as written: `requests.cpu`.
    pub name: String,
    /// What is counted.
    pub counted: Counted,
    /// How much there may be, in the scheduler's units.
    pub hard: i64,
}

/// Which pods a quota is about; all of its requirements must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaScope {
    /// `Terminating` (`true`): pods with activeDeadlineSeconds. `NotTerminating`: the others.
    Terminating(bool),
    /// `BestEffort` (`true`): pods without any cpu or memory request or limit. `NotBestEffort`: the others.
    BestEffort(bool),
    /// `PriorityClass` with an operator: `In` (`Some(true)`) or `NotIn` the names, `Exists` without names.
    PriorityClass {
        /// `Exists`, `In`, `NotIn` or `DoesNotExist`.
        operator: ScopeOperator,
        /// Names of classes.
        names: Vec<String>,
    },
    /// `CrossNamespacePodAffinity`: pods with terms of affinity that name namespaces.
    CrossNamespacePodAffinity,
}

/// Operator of a scope selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeOperator {
    /// One of the values.
    In,
    /// None of the values.
    NotIn,
    /// There is one.
    Exists,
    /// There is none.
    DoesNotExist,
}

/// A ResourceQuota (v1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceQuotaSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.hard`, sorted by name.
    pub hard: Vec<HardLimit>,
    /// `spec.scopes` and `spec.scopeSelector`.
    pub scopes: Vec<QuotaScope>,
}
