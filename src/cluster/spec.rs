//! Specifications: the checked form of what people ask for. Made by [`crate::api`] and [`crate::scenario`], read by
//! [`crate::control`]. Field names are Kubernetes' own in Rust's spelling; defaults are applied already.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::Amounts;
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;

/// Labels, node labels and selectors of the equality kind.
pub type Labels = BTreeMap<String, String>;

/// A Node (core/v1).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSpec {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `spec.taints`.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// `status.allocatable`, or capacity where absent; `pods` is 110 where neither names it.
    pub allocatable: Amounts,
    /// `status.capacity`, or allocatable where absent.
    pub capacity: Amounts,
    /// Index of the pool the node belongs to, for reports: nodes of one pool share everything but the name.
    pub pool: u32,
}

/// A node taint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Taint {
    /// Taint key.
    pub key: String,
    /// Taint value, may be empty.
    pub value: String,
    /// What the taint does.
    pub effect: TaintEffect,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaintEffect {
    /// Not scheduled there.
    NoSchedule,
    /// Scheduled there only if nothing better is found.
    PreferNoSchedule,
    /// Not scheduled there, and evicted.
    NoExecute,
}

/// A toleration of taints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// Key; empty with `Exists` tolerates every taint.
    pub key: String,
    /// `true` for operator Exists, `false` for Equal.
    pub exists: bool,
    /// Value for operator Equal.
    pub value: String,
    /// Effect, or all effects.
    pub effect: Option<TaintEffect>,
    /// For how long NoExecute is tolerated, or for ever.
    pub toleration_seconds: Option<i64>,
}

impl Toleration {
    /// Whether this toleration matches `taint` (`staging/src/k8s.io/api/core/v1/toleration.go: ToleratesTaint`).
    #[must_use]
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|e| e == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && (self.exists || self.value == taint.value)
    }
}

/// Operator of a node selector requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectorOperator {
    /// Value is one of the values.
    In,
    /// Value is absent or none of the values.
    NotIn,
    /// Key is present.
    Exists,
    /// Key is absent.
    DoesNotExist,
    /// Integer value greater than the one value.
    Gt,
    /// Integer value less than the one value.
    Lt,
}

/// One requirement on a node's labels (or, as match field, on its name).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SelectorRequirement {
    /// Label key; `metadata.name` in match fields.
    pub key: String,
    /// Operator.
    pub operator: SelectorOperator,
    /// Values.
    pub values: Vec<String>,
}

/// A node selector term: all requirements must hold; an empty term matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelectorTerm {
    /// `matchExpressions`.
    pub match_expressions: Vec<SelectorRequirement>,
    /// `matchFields`.
    pub match_fields: Vec<SelectorRequirement>,
}

/// Node affinity of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeAffinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`: one must match. `None`: no requirement.
    pub required: Option<Vec<NodeSelectorTerm>>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`: (weight 1-100, term).
    pub preferred: Vec<(i32, NodeSelectorTerm)>,
}

/// `restartPolicy` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RestartPolicy {
    /// Restart whatever the exit code.
    #[default]
    Always,
    /// Restart when the exit code is not zero.
    OnFailure,
    /// Never restart.
    Never,
}

/// How one attempt of a container ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptOutcome {
    /// Exit code 0.
    Ok,
    /// This exit code (1-255).
    Exit(u8),
}

/// How attempts end, in general.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Attempt k ends as entry k says; the last entry repeats. Never empty. `[Ok]` is the default.
    Script(Vec<AttemptOutcome>),
    /// Each attempt fails with this probability (0 to 1), independently, with exit code `exit_code`.
    Probability {
        /// Probability that an attempt fails.
        failure: f64,
        /// Exit code of a failed attempt.
        exit_code: u8,
    },
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Script(vec![AttemptOutcome::Ok])
    }
}

/// What Kubernetes does not know of a pod: how long it runs, how it ends, how long it takes to start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviour {
    /// Run time per attempt: attempt k (0-based, over all pods of the owner, plus in-place restarts) draws from entry k, the
    /// last entry repeats. Empty: runs until deleted.
    pub runtime: Vec<Distribution>,
    /// How attempts end.
    pub outcome: Outcome,
    /// By completion index (Indexed Jobs): run times that override `runtime` (the pods of that index, attempt by attempt).
    pub index_runtime: BTreeMap<u32, Vec<Distribution>>,
    /// By completion index: outcomes that override `outcome`, counted per index.
    pub index_outcome: BTreeMap<u32, Vec<AttemptOutcome>>,
    /// Sandbox and container start latency; `None`: the kubelet's default.
    pub start_latency: Option<SimDuration>,
    /// From Running to Ready.
    pub ready_delay: SimDuration,
    /// From the deletion request to the containers' end, at most the grace period; `None`: the kubelet's default.
    pub stop_latency: Option<SimDuration>,
}

/// A pod template, shared by all its pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTemplate {
    /// `metadata.labels`.
    pub labels: Labels,
    /// Effective requests: containers, init containers, sidecars, overhead; `pods` = 1.
    pub requests: Amounts,
    /// cpu requests as scoring counts them, in milli-cores: containers without a request count 100m.
    pub nonzero_cpu: i64,
    /// memory requests as scoring counts them, in bytes: containers without a request count 200Mi.
    pub nonzero_memory: i64,
    /// Σ of the containers' own cpu requests in milli-cores, `None` if any container lacks one (HPA needs them all).
    pub hpa_cpu_request: Option<i64>,
    /// `nodeName`: bound without the scheduler.
    pub node_name: Option<String>,
    /// `nodeSelector`.
    pub node_selector: Labels,
    /// `affinity.nodeAffinity`.
    pub node_affinity: NodeAffinity,
    /// `tolerations`, with the two that admission adds.
    pub tolerations: Vec<Toleration>,
    /// `priority`.
    pub priority: i32,
    /// `restartPolicy`.
    pub restart_policy: RestartPolicy,
    /// Images of the containers in start order (init containers first), duplicates kept.
    pub images: Vec<String>,
    /// `terminationGracePeriodSeconds`.
    pub termination_grace: SimDuration,
    /// What Kubernetes does not know.
    pub behaviour: Behaviour,
}

/// `completionMode` of a Job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompletionMode {
    /// Pods are interchangeable.
    #[default]
    NonIndexed,
    /// Each pod has a completion index 0..completions.
    Indexed,
}

/// A Job (batch/v1).
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`; with copies, the prefix of the names.
    pub name: String,
    /// `spec.parallelism`.
    pub parallelism: u32,
    /// `spec.completions`; `None`: work queue.
    pub completions: Option<u32>,
    /// `spec.completionMode`.
    pub completion_mode: CompletionMode,
    /// `spec.backoffLimit`.
    pub backoff_limit: u32,
    /// `spec.activeDeadlineSeconds`.
    pub active_deadline: Option<SimDuration>,
    /// `spec.suspend`.
    pub suspend: bool,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
}

/// A Deployment (apps/v1), or a bare ReplicaSet.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready: SimDuration,
    /// `true` for kind ReplicaSet: no Deployment stands above it.
    pub bare_replica_set: bool,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
}

/// A bare Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The pod.
    pub template: Arc<PodTemplate>,
}

/// A HorizontalPodAutoscaler (autoscaling/v2) on cpu utilisation of a Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaSpec {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.scaleTargetRef.name` of a Deployment.
    pub target: String,
    /// `spec.minReplicas`.
    pub min_replicas: u32,
    /// `spec.maxReplicas`.
    pub max_replicas: u32,
    /// Target cpu utilisation, percent of the request.
    pub target_cpu_utilization: u32,
    /// `spec.behavior`; `None` if the manifest has no `behavior`.
    pub behavior: Option<HpaBehavior>,
}

/// `spec.behavior` of an HPA with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaBehavior {
    /// `scaleUp`.
    pub scale_up: ScalingRules,
    /// `scaleDown`.
    pub scale_down: ScalingRules,
}

/// Rules for one direction of scaling.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingRules {
    /// `stabilizationWindowSeconds`; `None`: the controller's default.
    pub stabilization_window: Option<SimDuration>,
    /// `selectPolicy`.
    pub select_policy: SelectPolicy,
    /// `policies`.
    pub policies: Vec<ScalingPolicy>,
    /// `tolerance`; `None`: the controller's default.
    pub tolerance: Option<f64>,
}

/// `selectPolicy` of scaling rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The policy that allows the largest change.
    Max,
    /// The policy that allows the smallest change.
    Min,
    /// No scaling in this direction.
    Disabled,
}

/// One scaling policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// `true` for type Percent, `false` for type Pods.
    pub percent: bool,
    /// `value`: pods or percent.
    pub value: u32,
    /// `periodSeconds`.
    pub period: SimDuration,
}

/// Everything that was submitted, of whatever kind.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectSpec {
    /// A Node.
    Node(NodeSpec),
    /// A Job.
    Job(JobSpec),
    /// A Deployment or ReplicaSet.
    Deployment(DeploymentSpec),
    /// A HorizontalPodAutoscaler.
    Hpa(HpaSpec),
    /// A Pod.
    Pod(PodSpec),
}
