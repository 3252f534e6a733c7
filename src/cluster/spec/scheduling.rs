//! What of a pod only the scheduler reads: other pods it wants near or far, spreading, ports, gates.

use crate::cluster::spec::LabelSelector;

/// The scheduler that pods without `schedulerName` have.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// The parts of a pod that matter for where it is placed beside other pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodScheduling {
    /// `schedulerName`; empty stands for [`DEFAULT_SCHEDULER`].
    pub scheduler_name: String,
    /// `schedulingGates`, by name. While there is one, the pod is not queued.
    pub gates: Vec<String>,
    /// `affinity.podAffinity`.
    pub pod_affinity: PodAffinity,
    /// `affinity.podAntiAffinity`.
    pub pod_anti_affinity: PodAffinity,
    /// `topologySpreadConstraints`.
    pub topology_spread: Vec<TopologySpreadConstraint>,
    /// How the owner (ReplicaSet or StatefulSet) and the Services of the pod select it together, for spreading by default.
    /// `None`: nothing that the scheduler knows selects it, as for pods of Jobs, and it is not spread by default.
    pub owner_selector: Option<LabelSelector>,
    /// `hostPort` of its containers.
    pub host_ports: Vec<HostPort>,
    /// PersistentVolumeClaims of its volumes that the input does not hold.
    pub absent_claims: Vec<String>,
}

impl PodScheduling {
    /// The scheduler that is to place the pod.
    #[must_use]
    pub fn scheduler(&self) -> &str {
        if self.scheduler_name.is_empty() {
            DEFAULT_SCHEDULER
        } else {
            &self.scheduler_name
        }
    }
}

/// Affinity or anti-affinity to other pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodAffinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution`: all must hold.
    pub required: Vec<PodAffinityTerm>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`: (weight 1-100, term).
    pub preferred: Vec<(i32, PodAffinityTerm)>,
}

impl PodAffinity {
    /// Whether a term names namespaces (`pkg/quota/v1/evaluator/core/pods.go: usesCrossNamespacePodAffinity`).
    #[must_use]
    pub fn crosses_namespaces(&self) -> bool {
        let preferred = self.preferred.iter().map(|(_, term)| term);
        let mut terms = self.required.iter().chain(preferred);
        terms.any(|term| !term.namespaces.is_empty() || term.namespace_selector.is_some())
    }
}

/// One term of affinity or anti-affinity: pods of some namespaces with some labels, and how near they count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodAffinityTerm {
    /// `labelSelector`; `None` selects no pod.
    pub selector: Option<LabelSelector>,
    /// `topologyKey`: nodes with the same value of this label are one place.
    pub topology_key: String,
    /// `namespaces`.
    pub namespaces: Vec<String>,
    /// `namespaceSelector`; `None` selects none. Without this and `namespaces` the pod's own namespace is meant.
    pub namespace_selector: Option<LabelSelector>,
    /// `matchLabelKeys`: labels that the other pods must share with this one.
    pub match_label_keys: Vec<String>,
    /// `mismatchLabelKeys`: labels that the other pods must not share with this one.
    pub mismatch_label_keys: Vec<String>,
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologySpreadConstraint {
    /// `maxSkew`, at least 1.
    pub max_skew: u32,
    /// `topologyKey`.
    pub topology_key: String,
    /// `true` for `whenUnsatisfiable: DoNotSchedule`, `false` for ScheduleAnyway.
    pub hard: bool,
    /// `labelSelector`; `None` selects no pod.
    pub selector: Option<LabelSelector>,
    /// `matchLabelKeys`: labels that counted pods must share with this one.
    pub match_label_keys: Vec<String>,
    /// `minDomains`, 1 by default: with fewer places the least count is taken to be 0.
    pub min_domains: u32,
    /// `nodeAffinityPolicy: Honor` (the default): only nodes that the pod's own selector and affinity allow count.
    pub honor_node_affinity: bool,
    /// `nodeTaintsPolicy: Honor` (not the default): only nodes whose taints the pod tolerates count.
    pub honor_node_taints: bool,
}

/// A port that a pod takes on its node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// `hostIP`; `0.0.0.0` (the default) is every address.
    pub ip: String,
    /// `protocol`, TCP by default.
    pub protocol: String,
    /// `hostPort`, 1 to 65535.
    pub port: u16,
}

impl HostPort {
    /// The address that stands for all.
    pub const ANY: &'static str = "0.0.0.0";

    /// Whether both cannot be taken on one node (`framework/types.go: HostPortInfo.CheckConflict`).
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == Self::ANY || other.ip == Self::ANY || self.ip == other.ip)
    }
}

/// An image that a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeImage {
    /// Its names, with tag.
    pub names: Vec<String>,
    /// Its size in bytes.
    pub size: i64,
}
