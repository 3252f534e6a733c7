//! From records to entries. The words of Events are those of the components that write them.

use crate::cluster::attempt::{AttemptResult, SCHEDULING_GATED, SCHEDULING_GATED_MESSAGE};
use crate::cluster::pod::{Disruption, Owner};
use crate::cluster::record::{Observer, Record};
use crate::cluster::{NodeId, PodId, Store};
use crate::kernel::SimTime;

use super::subject::owner_of;
use super::{Entry, EntryKind, MOST_PODS, PodStory, Stories};

const API_SERVER: &str = "api server";
const SCHEDULER: &str = "default-scheduler";
pub(super) const KUBELET: &str = "kubelet";
const TAINT_MANAGER: &str = "taint-eviction-controller";

/// Events are cut to this many bytes (`staging/src/k8s.io/client-go/tools/events/event_recorder.go`).
const MOST_BYTES: usize = 1024;

impl Observer for Stories {
    fn record(&mut self, now: SimTime, record: Record, store: &Store) {
        if let Record::PodCreated(pod) = record {
            self.created(now, pod, store);
            return;
        }
        let Some(pod) = pod_of(record) else {
            self.object_record(now, record, store);
            return;
        };
        let place = self.places.get(pod.index()).copied().unwrap_or(0);
        if place == 0 {
            return;
        }
        let seed = self.seed;
        let story = &mut self.pods[place as usize - 1];
        story.of_kubelet(now, record, store);
        if matches!(record, Record::PodAttempted(_)) {
            attempted(story, now, store);
        } else {
            if matches!(record, Record::PodDisrupted(_))
                && store.pods[pod.index()].disruption == Disruption::DeletionByTaintManager
            {
                let message = format!("Marking for deletion Pod {}/{}", story.namespace, story.name);
                story.tell(now, EntryKind::Normal, TAINT_MANAGER, "TaintManagerEviction", message);
            }
            if let Some((kind, from, reason, message)) = words(record, pod, store, seed) {
                story.tell(now, kind, from, reason, message);
            }
        }
    }

    fn wants_attempts(&self) -> bool {
        true
    }
    fn wants_events(&self) -> bool {
        true
    }
}

impl Stories {
    fn created(&mut self, now: SimTime, pod: PodId, store: &Store) {
        let name = store.pod_name(pod, self.seed);
        if !self.subject.means(pod, &name, store, self.seed) {
            return;
        }
        if self.pods.len() == MOST_PODS {
            self.more += 1;
            return;
        }
        let owner = owner_of(pod, store, self.seed);
        let mut story = PodStory {
            id: pod,
            namespace: store.pod_namespace(pod).to_owned(),
            name,
            owner,
            entries: Vec::new(),
            rejections: Vec::new(),
            planned: Vec::new(),
        };
        let message = if story.owner.is_empty() {
            "The API server has the pod".to_owned()
        } else {
            format!("The API server has the pod, made for {}", story.owner)
        };
        // What its owner was told before it got this pod.
        let record = &store.pods[pod.index()];
        if let Some(refused) = store.refused_pods.get(&record.owner) {
            story.entries.push(Entry {
                time: refused.first.into(),
                last: refused.last.into(),
                count: refused.count,
                kind: EntryKind::Warning,
                from: controller_of(record.owner),
                reason: "FailedCreate",
                message: refused.event(),
            });
        }
        story.tell(now, EntryKind::Status, API_SERVER, "Pending", message);
        self.pods.push(story);
        if self.places.len() <= pod.index() {
            self.places.resize(pod.index() + 1, 0);
        }
        self.places[pod.index()] = self.pods.len() as u32;
    }
}

/// Who makes the pods of `owner`, as Events name it.
const fn controller_of(owner: Owner) -> &'static str {
    match owner {
        Owner::Job(_) => "job-controller",
        Owner::ReplicaSet(_) => "replicaset-controller",
        Owner::StatefulSet(_) => "statefulset-controller",
        Owner::DaemonSet(_) => "daemonset-controller",
        Owner::Nobody(_) => API_SERVER,
    }
}

/// The pod that `record` is about.
const fn pod_of(record: Record) -> Option<PodId> {
    match record {
        Record::PodCreated(pod)
        | Record::PodUnschedulable(pod)
        | Record::PodBound(pod, _)
        | Record::PodRunning(pod)
        | Record::PodReadiness(pod, _)
        | Record::PodBackingOff(pod)
        | Record::PodRestarted(pod)
        | Record::PodImagePullFailed(pod)
        | Record::PodDeleting(pod)
        | Record::PodFinished(pod)
        | Record::PodGone(pod)
        | Record::PodDisrupted(pod)
        | Record::PodGated(pod)
        | Record::PodChanged(pod)
        | Record::PodNominated(pod, _)
        | Record::PodPreempted(pod, _)
        | Record::PodAttempted(pod)
        | Record::KubeletEvent(pod, _) => Some(pod),
        _ => None,
    }
}

fn attempted(story: &mut PodStory, now: SimTime, store: &Store) {
    let Some(attempt) = store.attempt.as_deref() else {
        return;
    };
    story.rejected(now, &attempt.rejected_by, attempt.nodes);
    if !matches!(attempt.result, AttemptResult::Assumed(_)) {
        story.tell(
            now,
            EntryKind::Warning,
            SCHEDULER,
            "FailedScheduling",
            cut(&attempt.message),
        );
    }
}

fn cut(message: &str) -> String {
    let mut end = message.len().min(MOST_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message[..end].to_owned()
}

type Words = (EntryKind, &'static str, &'static str, String);

/// What a record says, in Kubernetes' words where it is an Event or a condition.
fn words(record: Record, pod: PodId, store: &Store, seed: u64) -> Option<Words> {
    use EntryKind::{Normal, Status};
    let full_name = || format!("{}/{}", store.pod_namespace(pod), store.pod_name(pod, seed));
    let node_name = |node: NodeId| store.nodes[node.index()].name.as_str();
    let words = match record {
        Record::PodBound(_, node) => {
            let message = format!("Successfully assigned {} to {}", full_name(), node_name(node));
            (Normal, SCHEDULER, "Scheduled", message)
        }
        Record::PodGated(_) => (
            Status,
            API_SERVER,
            SCHEDULING_GATED,
            SCHEDULING_GATED_MESSAGE.to_owned(),
        ),
        Record::PodChanged(_) => (
            Status,
            API_SERVER,
            "Changed",
            "Its specification or labels were changed".to_owned(),
        ),
        Record::PodNominated(_, node) => {
            let message = match node.some() {
                Some(node) => format!("status.nominatedNodeName is {}", node_name(node)),
                None => "status.nominatedNodeName was cleared".to_owned(),
            };
            (Status, SCHEDULER, "Nominated", message)
        }
        Record::PodPreempted(_, by) => {
            let node = node_name(store.pods[pod.index()].node);
            let message = format!("Preempted by pod {} on node {node}", store.pod_name(by, seed));
            (Normal, SCHEDULER, "Preempted", message)
        }
        Record::PodDisrupted(_) => {
            let disruption = store.pods[pod.index()].disruption;
            let message = format!(
                "DisruptionTarget=True reason={}: {}",
                disruption.reason(),
                disruption.message()
            );
            (Status, disrupter(disruption), "DisruptionTarget", message)
        }
        Record::PodRunning(_) => (Status, KUBELET, "Running", "Its containers run".to_owned()),
        Record::PodReadiness(_, true) => (Status, KUBELET, "Ready", "Ready=True".to_owned()),
        Record::PodReadiness(_, false) => (Status, KUBELET, "Unready", "Ready=False".to_owned()),
        Record::PodRestarted(_) => {
            let restarts = store.pods[pod.index()].restarts;
            (
                Status,
                KUBELET,
                "Restarted",
                format!("Restart {restarts} of its container"),
            )
        }
        Record::PodDeleting(_) => (
            Status,
            API_SERVER,
            "Terminating",
            "Its deletion was requested".to_owned(),
        ),
        Record::PodFinished(_) => finished(pod, store),
        Record::PodGone(_) => (Status, API_SERVER, "Gone", "The object is deleted".to_owned()),
        _ => return None,
    };
    Some(words)
}

const fn disrupter(disruption: Disruption) -> &'static str {
    match disruption {
        Disruption::None | Disruption::EvictionByEvictionApi => API_SERVER,
        Disruption::PreemptionByScheduler => SCHEDULER,
        Disruption::DeletionByTaintManager => TAINT_MANAGER,
        Disruption::DeletionByPodGc => "pod-garbage-collector",
        Disruption::TerminationByKubelet => KUBELET,
    }
}

fn finished(pod: PodId, store: &Store) -> Words {
    let record = &store.pods[pod.index()];
    let failure = store.failures.get(&pod);
    let message = match failure {
        Some(failure) if !failure.has_exit_code() => failure.message(&store.resources),
        Some(failure) => format!("{} (exit code {})", failure.message(&store.resources), record.exit_code),
        None => format!("Its containers ended with exit code {}", record.exit_code),
    };
    (EntryKind::Status, KUBELET, record.phase.name(), message)
}
