//! `actions.yaml`: what there was, what the client did and when, as it stands there; nothing of it is replayed yet.

mod read;

pub use read::read;

use crate::api::value::Value;
use crate::kernel::SimDuration;

/// The whole file.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    /// How it was recorded.
    pub options: Options,
    /// What existed before time zero, in order of creation.
    pub initial: Vec<ObjectRef>,
    /// What was done, in order of time.
    pub actions: Vec<Action>,
}

/// How a recording was made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How far into a whole wall-clock second time zero lay.
    pub wall_clock_offset: SimDuration,
    /// That whole second, since 1970, where it is known.
    pub wall_clock_start: Option<i64>,
    /// The namespace of everything, where there is one.
    pub namespace: Option<String>,
    /// End of the recording, in seconds.
    pub until: Option<f64>,
    /// Flags of kube-controller-manager and their values.
    pub kube_controller_manager: Vec<(String, String)>,
    /// Settings of kube-scheduler and their values.
    pub kube_scheduler: Vec<(String, String)>,
    /// Whether other scenarios shared the control plane, and the nodes with it.
    pub concurrent: bool,
    /// The model of the metrics API.
    pub metrics: Option<Metrics>,
    /// Names of options that are not known.
    pub unknown: Vec<String>,
}

/// The model of a recording's metrics API.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// `Deployment/web`.
    pub target: String,
    /// What a Running pod that is not Ready reports, in milli-cores; nothing if `None`.
    pub unready_running_pod_milli: Option<i64>,
    /// Most that a pod can use, in milli-cores.
    pub cap_per_pod_milli: Option<i64>,
    /// From how long after Running on a pod is reported, in seconds.
    pub appear_after_running_s: f64,
    /// Window of a sample, in seconds.
    pub window_s: f64,
}

/// An object: `template` of manifests.yaml under its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: String,
    /// Name of the manifest.
    pub template: String,
    /// Its own name.
    pub name: String,
}

/// A pod by its owner and order of creation, or any object by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By kind and name.
    Named(String, String),
    /// The pod of `owner` (`Job/train`) that was created as number `ordinal`, from 0.
    Nth {
        /// The owner.
        owner: String,
        /// From 0.
        ordinal: u32,
    },
}

/// What the client waited for before it acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// So many pods of the namespace are Running.
    PodsRunning(u32),
    /// So many pods of the namespace are Ready.
    PodsReady(u32),
    /// This pod is bound or marked unschedulable.
    PodSettled(String),
    /// The status of this workload (`Deployment/web`) is current, with so many replicas.
    RolloutDone(String, u32),
    /// The action before was done.
    Previous,
}

/// Something the client did.
#[derive(Clone, Debug)]
pub struct Action {
    /// When, in seconds.
    pub at: f64,
    /// What it had waited for, and for how many seconds more.
    pub when: Option<(Trigger, f64)>,
    /// It waited for something that is not known, so its recorded time serves.
    pub waited_for_unknown: bool,
    /// What it did.
    pub verb: Verb,
    /// The namespace that it names.
    pub namespace: Option<String>,
    /// The action in words, for messages.
    pub text: String,
}

/// What was done.
#[derive(Clone, Debug)]
pub enum Verb {
    /// POST of objects at these times, in seconds.
    Submit(Vec<(f64, ObjectRef)>),
    /// POST of one object after another, each when the one before had ended.
    SubmitSequential(Vec<ObjectRef>),
    /// The same in batches.
    SubmitBatched(u32, Vec<ObjectRef>),
    /// The same with at most so many in flight.
    SubmitWindowed(u32, Vec<ObjectRef>),
    /// POST of one object after another, each when all pods of the one before were bound or marked unschedulable.
    SubmitWhenSettled {
        /// The objects.
        objects: Vec<ObjectRef>,
        /// Seconds after which a gated pod counts as settled.
        gated_timeout_s: f64,
    },
    /// A merge patch.
    Patch {
        /// What was patched.
        target: Target,
        /// The patch.
        body: Value,
        /// Of which subresource.
        subresource: Option<String>,
    },
    /// DELETE.
    Delete(Target),
    /// POST to the Eviction API.
    Evict(Target),
    /// POST of a Node.
    CreateNode(ObjectRef),
    /// DELETE of a Node.
    DeleteNode(String),
    /// The kubelet of a node goes silent. The node is where the pod is bound, if one is given.
    StopKubelet(String, Option<Target>),
    /// It comes back.
    StartKubelet(String),
    /// Demand on a Deployment, in milli-cores.
    SetLoad(String, i64),
    /// Which pods of a Deployment have metrics: `all`, `none`, `first_half`.
    SetMetrics(String, String),
    /// Something else.
    Other(String),
}

impl Actions {
    /// Every object that is there or is submitted, in order.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectRef> {
        self.initial.iter().chain(self.actions.iter().flat_map(Action::objects))
    }
    /// The namespace that an action names for the manifest `name`, or that of everything.
    #[must_use]
    pub fn namespace(&self, kind: &str, name: &str) -> Option<&str> {
        let is_it = |object: &&ObjectRef| object.kind == kind && object.template == name;
        let mut own = self.actions.iter().filter(|action| action.objects().iter().any(is_it));
        let own = own.find_map(|action| action.namespace.as_deref());
        own.or(self.options.namespace.as_deref())
    }
    /// The object of that kind and name, with the manifest it is made from.
    #[must_use]
    pub fn object(&self, kind: &str, name: &str) -> ObjectRef {
        let known = self.objects().find(|object| object.kind == kind && object.name == name);
        known.cloned().unwrap_or_else(|| ObjectRef {
            kind: kind.to_owned(),
            template: name.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl Action {
    /// The objects that it submits, in order.
    #[must_use]
    pub fn objects(&self) -> Vec<&ObjectRef> {
        match &self.verb {
            Verb::Submit(sent) => sent.iter().map(|(_, object)| object).collect(),
            Verb::SubmitSequential(objects)
            | Verb::SubmitBatched(_, objects)
            | Verb::SubmitWindowed(_, objects)
            | Verb::SubmitWhenSettled { objects, .. } => objects.iter().collect(),
            Verb::CreateNode(node) => vec![node],
            Verb::Patch { .. }
            | Verb::Delete(_)
            | Verb::Evict(_)
            | Verb::DeleteNode(_)
            | Verb::StopKubelet(..)
            | Verb::StartKubelet(_)
            | Verb::SetLoad(..)
            | Verb::SetMetrics(..)
            | Verb::Other(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
