//! What happens to a cluster from outside while it runs: objects submitted, changed and deleted, nodes broken and mended, load
//! and metrics switched. A script is data; `control::script` plays it as a client of the API server.

use std::collections::BTreeSet;

use crate::cluster::spec::{Labels, ObjectSpec, ScaleTargetKind, Taint, TaintEffect};
use crate::kernel::{SimDuration, SimTime};

/// Steps in the order in which they are written down.
///
/// A step with a time of its own happens then, whatever the others do. A step with a trigger waits for the step before it to be
/// done, then for the trigger, then for its delay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Script {
    /// The workloads whose load or metrics it sets, and those that its autoscalers name.
    #[must_use]
    pub fn measured(&self) -> BTreeSet<ObjectRef> {
        let mut measured = BTreeSet::new();
        let mut note = |spec: &ObjectSpec| {
            if let ObjectSpec::Hpa(hpa) = spec {
                let kind = match hpa.target_kind {
                    ScaleTargetKind::Deployment => ObjectKind::Deployment,
                    ScaleTargetKind::ReplicaSet => ObjectKind::ReplicaSet,
                    ScaleTargetKind::StatefulSet => ObjectKind::StatefulSet,
                };
                measured.insert(ObjectRef::new(kind, &hpa.namespace, &hpa.target));
            }
        };
        for step in &self.steps {
            match &step.action {
                Action::Submit { objects, .. } => objects.iter().for_each(&mut note),
                Action::Update { change, .. } => note(&change.1),
                _ => {}
            }
        }
        let set = self.steps.iter().filter_map(|step| match &step.action {
            Action::SetLoad { object, .. } | Action::SetMetrics { object, .. } => Some(object.clone()),
            _ => None,
        });
        measured.extend(set);
        measured
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When its first request is sent.
    pub when: When,
    /// What is done.
    pub action: Action,
}

impl Step {
    /// `action` at a time of its own.
    #[must_use]
    pub const fn at(at: SimTime, action: Action) -> Self {
        Self {
            when: When::At(at),
            action,
        }
    }
}

/// When a step begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At this time.
    At(SimTime),
    /// So long after the trigger, which counts from the end of the step before.
    After {
        /// What is waited for.
        trigger: Trigger,
        /// How long the client waits then.
        delay: SimDuration,
    },
}

/// What a step waits for. The client learns of it by watching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The step before is done: all its requests are answered, and what it waited for itself has come.
    Previous,
    /// At least so many pods show Running (of one namespace, or of all).
    PodsRunning {
        /// The namespace; `None`: all.
        namespace: Option<String>,
        /// How many.
        count: u32,
    },
    /// At least so many pods are Ready (of one namespace, or of all).
    PodsReady {
        /// The namespace; `None`: all.
        namespace: Option<String>,
        /// How many.
        count: u32,
    },
    /// The pod is bound, or the scheduler found no node for it.
    PodSettled(PodRef),
    /// The workload's status is current, and its replicas, updated and ready replicas are all as many as it wants; with
    /// `replicas`, as many as that.
    RolloutDone {
        /// A Deployment, ReplicaSet, StatefulSet or DaemonSet.
        object: ObjectRef,
        /// How many.
        replicas: Option<u32>,
    },
    /// The Job shows Complete or Failed.
    JobFinished(ObjectRef),
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// v1 Node.
    Node,
    /// v1 Pod.
    Pod,
    /// batch/v1 Job.
    Job,
    /// batch/v1 CronJob.
    CronJob,
    /// apps/v1 Deployment.
    Deployment,
    /// apps/v1 ReplicaSet.
    ReplicaSet,
    /// apps/v1 StatefulSet.
    StatefulSet,
    /// apps/v1 DaemonSet.
    DaemonSet,
    /// autoscaling HorizontalPodAutoscaler.
    HorizontalPodAutoscaler,
    /// scheduling.k8s.io/v1 PriorityClass.
    PriorityClass,
    /// v1 ResourceQuota.
    ResourceQuota,
    /// v1 LimitRange.
    LimitRange,
    /// policy/v1 PodDisruptionBudget.
    PodDisruptionBudget,
    /// v1 Namespace.
    Namespace,
}

impl ObjectKind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Node,
        Self::Pod,
        Self::Job,
        Self::CronJob,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::HorizontalPodAutoscaler,
        Self::PriorityClass,
        Self::ResourceQuota,
        Self::LimitRange,
        Self::PodDisruptionBudget,
        Self::Namespace,
    ];

    /// `kind` in manifests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::PriorityClass => "PriorityClass",
            Self::ResourceQuota => "ResourceQuota",
            Self::LimitRange => "LimitRange",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::Namespace => "Namespace",
        }
    }
    /// The resource with its group, as messages of the API server name it: `jobs.batch`.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Node => "nodes",
            Self::Pod => "pods",
            Self::Job => "jobs.batch",
            Self::CronJob => "cronjobs.batch",
            Self::Deployment => "deployments.apps",
            Self::ReplicaSet => "replicasets.apps",
            Self::StatefulSet => "statefulsets.apps",
            Self::DaemonSet => "daemonsets.apps",
            Self::HorizontalPodAutoscaler => "horizontalpodautoscalers.autoscaling",
            Self::PriorityClass => "priorityclasses.scheduling.k8s.io",
            Self::ResourceQuota => "resourcequotas",
            Self::LimitRange => "limitranges",
            Self::PodDisruptionBudget => "poddisruptionbudgets.policy",
            Self::Namespace => "namespaces",
        }
    }
    /// Whether its objects live in namespaces.
    #[must_use]
    pub const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Node | Self::PriorityClass | Self::Namespace)
    }
}

impl std::fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An object by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its namespace; empty where the kind has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// An object of a namespaced kind.
    #[must_use]
    pub fn new(kind: ObjectKind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind,
            namespace: if kind.is_namespaced() {
                namespace.into()
            } else {
                String::new()
            },
            name: name.into(),
        }
    }
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PodRef {
    /// By its name: a bare pod's own, or the one that its controller gave it.
    Named {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The `ordinal`-th pod, from 0, that was created for this owner.
    Of {
        /// A Job, Deployment (the pods of all its ReplicaSets), ReplicaSet, StatefulSet or DaemonSet.
        owner: ObjectRef,
        /// Which one.
        ordinal: u32,
    },
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeRef {
    /// By its name.
    Named(String),
    /// The node that a pod is bound to.
    Of(PodRef),
}

/// How several objects are submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// So many requests in flight at most, in list order; `None`: as many as the client of the run has.
    Parallel {
        /// How many.
        concurrency: Option<u32>,
    },
    /// The first; each next one when the one before is seen Complete or Failed.
    Sequential,
    /// So many one after another; the next ones when all of these are seen Complete or Failed.
    Batched(u32),
    /// One after another, at most so many submitted and not seen Complete or Failed.
    Windowed(u32),
    /// The first; each next one when every pod of the one before is bound or was found to fit nowhere. A pod that is held back
    /// by scheduling gates counts as settled after `gated_timeout`.
    WhenSettled {
        /// How long the client waits for a gated pod.
        gated_timeout: SimDuration,
    },
}

impl Default for Order {
    fn default() -> Self {
        Self::Parallel { concurrency: None }
    }
}

/// Which pods the metrics pipeline reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsReport {
    /// All that it can.
    #[default]
    All,
    /// None.
    None,
    /// The first half, rounded down, in the order in which they became Ready.
    FirstHalf,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Creates objects.
    Submit {
        /// The objects in list order, of any kinds.
        objects: Vec<ObjectSpec>,
        /// How.
        order: Order,
    },
    /// Changes an object as a patch of its manifest does: the fields in which the two specifications differ are set, all others
    /// stay as they are in the cluster.
    Update {
        /// Which object.
        object: ObjectRef,
        /// Its manifest before and after the patch.
        change: Box<(ObjectSpec, ObjectSpec)>,
    },
    /// Sets `spec.replicas` (of a Job: `spec.parallelism`).
    Scale {
        /// Which object.
        object: ObjectRef,
        /// How many.
        replicas: u32,
    },
    /// Deletes an object that is no pod and no node. What it owns is deleted by the garbage collector.
    Delete {
        /// Which object.
        object: ObjectRef,
    },
    /// Deletes a pod.
    DeletePod {
        /// Which pod.
        pod: PodRef,
        /// The grace period in place of the pod's own.
        grace: Option<SimDuration>,
    },
    /// Asks the Eviction API to evict a pod.
    Evict {
        /// Which pod.
        pod: PodRef,
    },
    /// Sets the annotation `controller.kubernetes.io/pod-deletion-cost` of a pod, or takes it away (0).
    SetDeletionCost {
        /// Which pod.
        pod: PodRef,
        /// The cost.
        cost: i32,
    },
    /// Deletes a Node object.
    DeleteNode {
        /// Which node.
        node: NodeRef,
    },
    /// Marks a node unschedulable, or schedulable again.
    Cordon {
        /// Which node.
        node: NodeRef,
        /// `true`: unschedulable.
        unschedulable: bool,
    },
    /// Cordons a node and evicts its pods, as `kubectl drain --ignore-daemonsets` does.
    Drain {
        /// Which node.
        node: NodeRef,
    },
    /// Adds and removes taints.
    Taint {
        /// Which node.
        node: NodeRef,
        /// Added, or given another value.
        add: Vec<Taint>,
        /// Removed: key, and effect or all effects.
        remove: Vec<(String, Option<TaintEffect>)>,
    },
    /// Sets and removes labels of a node.
    Label {
        /// Which node.
        node: NodeRef,
        /// Labels to set.
        set: Labels,
        /// Keys to remove.
        remove: Vec<String>,
    },
    /// The node's kubelet stops: nothing is heard of it.
    StopKubelet {
        /// Which node.
        node: NodeRef,
    },
    /// The node's kubelet is back; its containers ran on.
    StartKubelet {
        /// Which node.
        node: NodeRef,
    },
    /// The machine stops and is back after a time; its containers are gone then.
    Reboot {
        /// Which node.
        node: NodeRef,
        /// How long it is away.
        away: SimDuration,
    },
    /// The total cpu load on a service from now on.
    SetLoad {
        /// A Deployment, ReplicaSet or StatefulSet.
        object: ObjectRef,
        /// Milli-cores.
        total_cpu_milli: i64,
    },
    /// Which pods of a service the metrics pipeline reports from now on.
    SetMetrics {
        /// A Deployment, ReplicaSet or StatefulSet.
        object: ObjectRef,
        /// Which pods.
        report: MetricsReport,
    },
}
