//! The story of a pod: what happened to it, as `kubectl describe` words the events, and what it waited for. And those of
//! workloads and autoscalers (`objects`).

mod kubelet;
mod listen;
mod objects;
mod subject;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cluster::PodId;
use crate::kernel::SimTime;
use crate::observe::Seconds;

use objects::ObjectId;

pub use objects::ObjectStory;
pub use subject::{Subject, UnknownKind};

/// How many pods of an owner are told of.
pub const MOST_PODS: usize = 10;

/// Listens to the pods of one subject.
#[derive(Clone, Debug)]
pub struct Stories {
    subject: Subject,
    seed: u64,
    pods: Vec<PodStory>,
    /// Place in `pods` plus one, by pod; 0 for pods that are not told of.
    places: Vec<u32>,
    /// Pods of the subject beyond [`MOST_PODS`].
    more: u32,
    objects: Vec<ObjectStory>,
    /// Place in `objects`; `None` for those that are not asked about.
    object_places: BTreeMap<ObjectId, Option<usize>>,
}

impl Stories {
    /// Listens to the pods of `subject` in a run with `seed`, from its beginning on.
    #[must_use]
    pub fn new(subject: Subject, seed: u64) -> Self {
        Self {
            subject,
            seed,
            pods: Vec::new(),
            places: Vec::new(),
            more: 0,
            objects: Vec::new(),
            object_places: BTreeMap::new(),
        }
    }
    /// The stories, in order of creation.
    #[must_use]
    pub fn pods(&self) -> &[PodStory] {
        &self.pods
    }
    /// The stories of workloads and autoscalers, in order of their first entries.
    #[must_use]
    pub fn objects(&self) -> &[ObjectStory] {
        &self.objects
    }
    /// The run ended at `now`: what kubelets were about to tell by then is told.
    pub fn finish(&mut self, now: SimTime) {
        for story in &mut self.pods {
            story.tell_planned(now);
        }
    }
    /// How many pods of the subject are not told of.
    #[must_use]
    pub const fn more(&self) -> u32 {
        self.more
    }
}

/// The story of one pod.
#[derive(Clone, Debug, Serialize)]
pub struct PodStory {
    /// The pod.
    #[serde(skip)]
    pub id: PodId,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Kind and name of its owner; empty for a bare pod.
    pub owner: String,
    /// What happened, in order of time.
    pub entries: Vec<Entry>,
    /// What kept it from nodes, in order of time.
    pub rejections: Vec<Rejection>,
    /// What its kubelet will tell, unless something comes between.
    #[serde(skip)]
    planned: Vec<Planned>,
}

/// An entry to come.
#[derive(Clone, Debug)]
struct Planned {
    at: SimTime,
    kind: EntryKind,
    reason: &'static str,
    message: String,
}

/// Whether an entry is an Event of Kubernetes, and of which type, or a change of the pod's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum EntryKind {
    /// An Event of type Normal.
    Normal,
    /// An Event of type Warning.
    Warning,
    /// A change that the pod's status shows.
    Status,
}

impl EntryKind {
    /// As tables show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
            Self::Status => "Status",
        }
    }
}

/// One thing that happened, or several times the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The first time.
    #[serde(rename = "time_s")]
    pub time: Seconds,
    /// The last time.
    #[serde(rename = "last_time_s")]
    pub last: Seconds,
    /// How often.
    pub count: u32,
    /// What kind of entry.
    pub kind: EntryKind,
    /// Who says so.
    pub from: &'static str,
    /// `reason` of an Event, or what of the status changed.
    pub reason: &'static str,
    /// The words.
    pub message: String,
}

/// A stretch of time in which one plugin rejected the same number of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The plugin.
    pub plugin: &'static str,
    /// How many nodes it rejected; a node counts for the first plugin that rejects it.
    pub nodes: u32,
    /// How many nodes there were.
    pub of: u32,
    /// The first attempt that found it so.
    #[serde(rename = "from_s")]
    pub from: Seconds,
    /// The attempt that no longer did; `None`: none did.
    #[serde(rename = "to_s")]
    pub to: Option<Seconds>,
    /// Attempts that found it so.
    pub attempts: u32,
}

impl PodStory {
    fn tell(&mut self, now: SimTime, kind: EntryKind, from: &'static str, reason: &'static str, message: String) {
        self.entries.tell(now, kind, from, reason, message);
    }

    /// Takes up what an attempt says of each plugin.
    fn rejected(&mut self, now: SimTime, rejected_by: &[(&'static str, u32)], of: u32) {
        let time = Seconds::from(now);
        for open in self.rejections.iter_mut().filter(|open| open.to.is_none()) {
            if rejected_by.contains(&(open.plugin, open.nodes)) && open.of == of {
                open.attempts += 1;
            } else {
                open.to = Some(time);
            }
        }
        for &(plugin, nodes) in rejected_by.iter().filter(|(_, nodes)| *nodes > 0) {
            let open = |known: &Rejection| known.to.is_none() && known.plugin == plugin;
            if !self.rejections.iter().any(open) {
                self.rejections.push(Rejection {
                    plugin,
                    nodes,
                    of,
                    from: time,
                    to: None,
                    attempts: 1,
                });
            }
        }
    }
}

/// Lists of entries grow so.
trait Entries {
    /// Adds an entry, or counts the last one of the same words once more.
    fn tell(&mut self, now: SimTime, kind: EntryKind, from: &'static str, reason: &'static str, message: String);
}

impl Entries for Vec<Entry> {
    fn tell(&mut self, now: SimTime, kind: EntryKind, from: &'static str, reason: &'static str, message: String) {
        let time = Seconds::from(now);
        let same =
            |entry: &&mut Entry| entry.kind == EntryKind::Warning && entry.reason == reason && entry.message == message;
        if let Some(entry) = self.last_mut().filter(|_| kind == EntryKind::Warning).filter(same) {
            entry.count += 1;
            entry.last = time;
            return;
        }
        self.push(Entry {
            time,
            last: time,
            count: 1,
            kind,
            from,
            reason,
            message,
        });
    }
}
