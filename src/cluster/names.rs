//! Names of what controllers make: copies of a Job, and pods.
//!
//! A name is worked out when it is asked for, from the seed and the owner, so that ten million pods cost no memory for theirs.

use std::sync::Arc;

use rand::Rng;

use crate::cluster::Store;
use crate::cluster::ids::{DeploymentId, JobId, PodId, ReplicaSetId};
use crate::cluster::pod::Owner;
use crate::kernel::random::{Purpose, stream};

/// The letters of generated names: no vowels, no look-alikes
/// (`staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go: alphanums`).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Letters of a random suffix (`staging/src/k8s.io/apiserver/pkg/storage/names/generate.go: randomLength`).
const SUFFIX_LENGTH: u32 = 5;

/// How many suffixes there are: 14,348,907.
const SUFFIXES: u64 = 27u64.pow(SUFFIX_LENGTH);

/// What comes before the suffix is cut to this many bytes (`generate.go: MaxGeneratedNameLength`, 63 − 5).
const MAX_BASE_LENGTH: usize = 58;

/// What tells the ReplicaSets of one Deployment apart (`apps/v1: DefaultDeploymentUniqueLabelKey`).
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// Owners other than Jobs draw from streams of their own.
const OF_DEPLOYMENT: u64 = 1 << 40;
/// Place of the number of a Deployment's ReplicaSet in the key of its draws.
const NUMBER_SHIFT: u32 = 42;
/// Place of what tells the other kinds apart.
const KIND_SHIFT: u32 = 36;
const OF_BARE_POD: u64 = 1 << 41;

impl Store {
    /// The name of a Job: the specification's own if it has one copy; with several, the number of the copy is added, as wide
    /// as the highest: `train-007`.
    #[must_use]
    pub fn job_name(&self, job: JobId) -> String {
        let record = &self.jobs[job.index()];
        let name = &self.job_specs[record.spec.index()].name;
        match self.job_copies[record.spec.index()] {
            0 | 1 => name.clone(),
            copies => {
                let width = (copies - 1).to_string().len();
                format!("{name}-{:0width$}", record.copy)
            }
        }
    }

    /// The namespace of a pod: its owner's, or its own.
    #[must_use]
    pub fn pod_namespace(&self, pod: PodId) -> &str {
        match self.pods[pod.index()].owner {
            Owner::Job(job) => &self.job_spec(job).namespace,
            Owner::ReplicaSet(id) => &self.replica_sets[id.index()].spec.namespace,
            Owner::StatefulSet(id) => &self.stateful_sets[id.index()].spec.namespace,
            Owner::DaemonSet(id) => &self.daemon_sets[id.index()].spec.namespace,
            Owner::Nobody(which) => &self.bare_pods[which as usize].namespace,
        }
    }

    /// Kind, namespace and name of an owner in the run with `seed`: `Job default/train`.
    #[must_use]
    pub fn owner_name(&self, owner: Owner, seed: u64) -> String {
        let (kind, namespace, name) = match owner {
            Owner::Job(job) => ("Job", &self.job_spec(job).namespace, self.job_name(job)),
            Owner::ReplicaSet(id) => {
                let namespace = &self.replica_sets[id.index()].spec.namespace;
                ("ReplicaSet", namespace, self.replica_set_name(id, seed))
            }
            Owner::StatefulSet(id) => {
                let spec = &self.stateful_sets[id.index()].spec;
                ("StatefulSet", &spec.namespace, spec.name.clone())
            }
            Owner::DaemonSet(id) => {
                let spec = &self.daemon_sets[id.index()].spec;
                ("DaemonSet", &spec.namespace, spec.name.clone())
            }
            Owner::Nobody(which) => {
                let spec = &self.bare_pods[which as usize];
                ("Pod", &spec.namespace, spec.name.clone())
            }
        };
        format!("{kind} {namespace}/{name}")
    }

    /// Key of the random draws for the pods of an owner: their names, how long they run, whether they fail.
    #[must_use]
    pub fn draw_key(&self, owner: Owner) -> u64 {
        match owner {
            Owner::Job(job) => u64::from(self.jobs[job.index()].key),
            Owner::ReplicaSet(id) => {
                let record = &self.replica_sets[id.index()];
                match record.deployment.some() {
                    Some(d) => OF_DEPLOYMENT | u64::from(record.number) << NUMBER_SHIFT | u64::from(d.0),
                    None => OF_DEPLOYMENT | 1 << KIND_SHIFT | u64::from(id.0),
                }
            }
            Owner::StatefulSet(id) => OF_DEPLOYMENT | 2 << KIND_SHIFT | u64::from(id.0),
            Owner::DaemonSet(id) => OF_DEPLOYMENT | 3 << KIND_SHIFT | u64::from(id.0),
            Owner::Nobody(which) => OF_BARE_POD | u64::from(which),
        }
    }

    /// The name of a ReplicaSet in the run with `seed`: `<deployment>-<hash>`, or its own.
    #[must_use]
    pub fn replica_set_name(&self, id: ReplicaSetId, seed: u64) -> String {
        let record = &self.replica_sets[id.index()];
        match record.deployment.some() {
            None => record.spec.name.clone(),
            Some(d) => {
                let hash = template_hash(d, record.number, seed);
                format!("{}-{hash}", self.deployments[d.index()].spec.name)
            }
        }
    }

    /// Gives the pods of a Deployment's ReplicaSet the label `pod-template-hash`, which tells them from those of others
    /// (`pkg/controller/deployment/sync.go: getNewReplicaSet`).
    pub(crate) fn label_with_hash(&mut self, id: ReplicaSetId, seed: u64) {
        let record = &self.replica_sets[id.index()];
        let Some(d) = record.deployment.some() else { return };
        let hash = template_hash(d, record.number, seed);
        let mut template = (*record.spec.template).clone();
        template.labels.insert(POD_TEMPLATE_HASH.to_owned(), hash);
        let template = self.add_template(&Arc::new(template));
        self.replica_sets[id.index()].template = template;
    }

    /// The name of a pod in the run with `seed`: `<job>-<suffix>`, of Indexed Jobs `<job>-<index>-<suffix>`, of Deployments
    /// `<deployment>-<hash>-<suffix>`, of bare ReplicaSets `<replica set>-<suffix>`, of StatefulSets
    /// `<stateful set>-<ordinal>`, of DaemonSets `<daemon set>-<suffix>`; a bare pod has its own.
    ///
    /// No two pods of one owner share a name, up to 14,348,907 of them. (Kubernetes draws again when a name is taken.)
    #[must_use]
    pub fn pod_name(&self, pod: PodId, seed: u64) -> String {
        let record = &self.pods[pod.index()];
        self.name_of(record.owner, record.completion_index, record.ordinal, seed)
            .1
    }

    /// The prefix (`generateName`) and the name of the pod that `owner` would make next.
    #[must_use]
    pub fn name_of_new_pod(&self, owner: Owner, completion_index: u32, seed: u64) -> (String, String) {
        let ordinal = match owner {
            Owner::Job(job) => self.jobs[job.index()].pods_created,
            Owner::ReplicaSet(id) => self.replica_sets[id.index()].pods.created,
            Owner::StatefulSet(id) => self.stateful_sets[id.index()].pods.created,
            Owner::DaemonSet(id) => self.daemon_sets[id.index()].pods.created,
            Owner::Nobody(_) => 0,
        };
        self.name_of(owner, completion_index, ordinal, seed)
    }

    /// Prefix and name; the same where the name is not generated.
    fn name_of(&self, owner: Owner, completion_index: u32, ordinal: u32, seed: u64) -> (String, String) {
        let base = match owner {
            Owner::Job(job) => {
                let name = self.job_name(job);
                match completion_index {
                    u32::MAX => name + "-",
                    index => {
                        let tail = format!("-{index}-");
                        cut(name, MAX_BASE_LENGTH - tail.len()) + &tail
                    }
                }
            }
            Owner::ReplicaSet(id) => self.replica_set_name(id, seed) + "-",
            Owner::StatefulSet(id) => {
                let name = format!("{}-{completion_index}", self.stateful_sets[id.index()].spec.name);
                return (name.clone(), name);
            }
            Owner::DaemonSet(id) => format!("{}-", self.daemon_sets[id.index()].spec.name),
            Owner::Nobody(which) => {
                let name = &self.bare_pods[which as usize].name;
                return (name.clone(), name.clone());
            }
        };
        let entity = match owner {
            // A Job's name goes with the Job, its run times with its place in the plan.
            Owner::Job(job) => u64::from(job.0),
            owner => self.draw_key(owner),
        };
        let base = cut(base, MAX_BASE_LENGTH);
        let name = format!("{base}{}", suffix(seed, entity, ordinal));
        (base, name)
    }
}

/// At most `length` bytes of `name`. Of Indexed Jobs the Job's name is cut so that the index stays
/// (`pkg/controller/job/indexed_job_utils.go: podGenerateNameWithIndex`).
fn cut(mut name: String, length: usize) -> String {
    let mut end = name.len().min(length);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name
}

/// The suffix of pod `ordinal` of an owner: place `offset + ordinal · step` in the ring of all suffixes. The step shares no
/// factor with the ring's size (a power of three), so every suffix comes once before any comes twice.
fn suffix(seed: u64, entity: u64, ordinal: u32) -> String {
    let mut stream = stream(seed, Purpose::NameSuffix, entity, 0);
    let offset = stream.next_u64() % SUFFIXES;
    let step = (stream.next_u64() % (SUFFIXES / 3)) * 3 + 1;
    let mut place = (offset + u64::from(ordinal) % SUFFIXES * step) % SUFFIXES;
    let letters = (0..SUFFIX_LENGTH).map(|_| {
        let letter = ALPHABET[(place % 27) as usize];
        place /= 27;
        char::from(letter)
    });
    letters.collect()
}

/// A pod template hash of ten letters: decimal digits of a 32-bit number, spelled in the safe alphabet
/// (`pkg/controller/controller_utils.go: ComputeHash`, `rand.go: SafeEncodeString`).
fn template_hash(deployment: DeploymentId, number: u32, seed: u64) -> String {
    const LEAST: u64 = 1_000_000_000;
    let draw = stream(
        seed,
        Purpose::NameSuffix,
        OF_DEPLOYMENT | u64::from(deployment.0),
        1 + u64::from(number),
    )
    .next_u64();
    let number = LEAST + draw % ((1 << 32) - LEAST);
    let spell = |digit: u8| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]);
    number.to_string().bytes().map(spell).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::cluster::spec::{
        DaemonSetSpec, DeploymentSpec, JobSpec, PodSpec, PodTemplate, ReplicaSetSpec, StatefulSetSpec,
    };
    use crate::kernel::SimTime;

    fn job_spec(name: &str) -> JobSpec {
        JobSpec {
            namespace: "ml".into(),
            name: name.into(),
            ..JobSpec::default()
        }
    }

    fn with_jobs(name: &str, copies: u32) -> Store {
        let mut store = Store::default();
        let spec = store.add_job_spec(job_spec(name));
        for _ in 0..copies {
            store.add_job(spec);
        }
        store
    }

    #[test]
    fn copies_are_numbered_as_wide_as_the_highest() {
        let name = |copies, job| with_jobs("train", copies).job_name(JobId(job));
        assert_eq!(name(1, 0), "train");
        assert_eq!(name(2, 1), "train-1");
        assert_eq!(name(10, 9), "train-9");
        assert_eq!(name(11, 9), "train-09");
        assert_eq!(name(1000, 7), "train-007");
    }

    #[test]
    fn pods_are_named_after_their_owner() {
        let mut store = with_jobs("train", 1);
        let web = DeploymentSpec {
            namespace: "web".into(),
            name: "web".into(),
            ..DeploymentSpec::default()
        };
        let web = store.add_deployment(web, SimTime::ZERO);
        let [first, second] = [3, 0].map(|replicas| store.add_replica_set_of(web, replicas, SimTime::ZERO));
        let cache = ReplicaSetSpec {
            name: "cache".into(),
            ..ReplicaSetSpec::default()
        };
        let cache = store.add_replica_set(cache, SimTime::ZERO);
        let data = StatefulSetSpec {
            name: "db".into(),
            ..StatefulSetSpec::default()
        };
        let data = store.add_stateful_set(data, SimTime::ZERO);
        let agent = DaemonSetSpec {
            name: "agent".into(),
            ..DaemonSetSpec::default()
        };
        let agent = store.add_daemon_set(agent, SimTime::ZERO);
        store.bare_pods.push(PodSpec {
            namespace: "tools".into(),
            name: "debug".into(),
            template: Arc::new(PodTemplate::default()),
        });
        let owners = [
            (Owner::Job(JobId(0)), u32::MAX),
            (Owner::Job(JobId(0)), 12),
            (Owner::ReplicaSet(first), u32::MAX),
            (Owner::ReplicaSet(cache), u32::MAX),
            (Owner::Nobody(0), u32::MAX),
            (Owner::ReplicaSet(second), u32::MAX),
            (Owner::StatefulSet(data), 3),
            (Owner::DaemonSet(agent), u32::MAX),
        ];
        let pods = owners.map(|(owner, index)| store.create_pod(owner, index, SimTime::ZERO));
        let names = pods.map(|pod| store.pod_name(pod, 1));
        let spelled = |text: &str, length| text.len() == length && text.bytes().all(|b| ALPHABET.contains(&b));
        assert!(spelled(names[0].strip_prefix("train-").unwrap(), 5), "{names:?}");
        assert!(spelled(names[1].strip_prefix("train-12-").unwrap(), 5), "{names:?}");
        let (hash, suffix) = names[2].strip_prefix("web-").unwrap().split_once('-').unwrap();
        assert!(spelled(hash, 10) && spelled(suffix, 5), "{names:?}");
        assert!(spelled(names[3].strip_prefix("cache-").unwrap(), 5), "{names:?}");
        assert_eq!((names[4].as_str(), names[6].as_str()), ("debug", "db-3"));
        assert!(spelled(names[7].strip_prefix("agent-").unwrap(), 5), "{names:?}");
        assert_ne!(
            names[5].split('-').nth(1),
            names[2].split('-').nth(1),
            "a hash for each revision"
        );
        let namespaces = pods.map(|pod| store.pod_namespace(pod).to_owned());
        assert_eq!(
            namespaces,
            ["ml", "ml", "web", "default", "tools", "web", "default", "default"]
        );
        assert_ne!(names[0], store.pod_name(pods[0], 2), "another seed, another name");
    }

    #[test]
    fn no_two_pods_of_a_job_share_a_name() {
        for entity in 0..3 {
            let names: BTreeSet<String> = (0..20_000).map(|ordinal| suffix(7, entity, ordinal)).collect();
            assert_eq!(names.len(), 20_000);
        }
        assert_eq!(
            suffix(7, 0, 5),
            suffix(7, 0, 5 + SUFFIXES as u32),
            "the ring has {SUFFIXES} places"
        );
    }

    #[test]
    fn long_names_are_cut_before_the_suffix() {
        let mut store = with_jobs(&"x".repeat(63), 1);
        let plain = store.create_pod(Owner::Job(JobId(0)), u32::MAX, SimTime::ZERO);
        let indexed = store.create_pod(Owner::Job(JobId(0)), 7, SimTime::ZERO);
        let name = store.pod_name(plain, 1);
        assert_eq!((name.len(), &name[..58]), (63, "x".repeat(58).as_str()));
        let name = store.pod_name(indexed, 1);
        assert_eq!((name.len(), &name[55..58]), (63, "-7-"));
    }
}
