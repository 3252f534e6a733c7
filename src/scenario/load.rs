//! From sources and flags to a checked [`Scenario`]: everything is read and checked before anything stops.

use std::path::Path;
use std::sync::Arc;

use crate::api::objects::{Field, ReadContext, ReadObject, read_documents};
use crate::api::problem::Problems;
use crate::api::value::{Document, Place, Source};
use crate::api::{schema, yaml};
use crate::check::Workload;
use crate::check::{self, Cluster};
use crate::cluster::spec::{Behaviour, JobSpec, NodeSpec, ObjectSpec, Outcome, SchedulerConfiguration};
use crate::cluster::{Amounts, ResourceId, ResourceTable};
use crate::control::{ControlPlane, Preset};
use crate::kernel::random::distribution::Distribution;
use crate::kernel::text::suggest;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::changes::{self, Manifests};
use crate::scenario::checked::Purpose;
use crate::scenario::document::{self, Draft, JobEntry, MAX_NODES};
pub use crate::scenario::flags::Flags;
use crate::scenario::whole;
use crate::scenario::{Scenario, control_plane, failures, pools, scheduler, sources};
use crate::workload::strategy::Strategy;
use crate::workload::{Arrivals, Script, files};

/// Reads `sources` under `flags`. `None` if any problem is an error; if none is, the lessons of
/// [`crate::check`] are told as advice.
pub fn load(name: &str, given: &[Arc<Source>], flags: &Flags, problems: &mut Problems) -> Option<Scenario> {
    let documents = parse(given, problems);
    load_documents(name, documents, flags, problems)
}

/// The documents of `given`; what is wrong with their YAML is told.
pub fn parse(given: &[Arc<Source>], problems: &mut Problems) -> Vec<Document> {
    given.iter().flat_map(|source| documents(source, problems)).collect()
}

/// Reads `documents`, as [`parse`] gave them or with values that were set since, under `flags`. `None` if any problem is an error.
pub fn load_documents(
    name: &str,
    documents: Vec<Document>,
    flags: &Flags,
    problems: &mut Problems,
) -> Option<Scenario> {
    let (scenario, _) = read(name, documents, flags, Purpose::Run, problems);
    (!problems.has_errors()).then_some(scenario)
}

/// The scenario, which is of use only if no problem is an error, and the number of objects read.
pub(super) fn read(
    name: &str,
    documents: Vec<Document>,
    flags: &Flags,
    purpose: Purpose,
    problems: &mut Problems,
) -> (Scenario, usize) {
    let mut resources = ResourceTable::default();
    let (own, manifests): (Vec<Document>, Vec<Document>) = documents.into_iter().partition(document::is_own);
    let (scheduler, manifests) = scheduler::take(manifests, &mut resources, problems);
    for manifest in &manifests {
        schema::check(manifest, problems);
    }
    let mut draft = Draft::default();
    for (i, document) in own.iter().enumerate() {
        if i > 0 {
            let first = &own[0];
            let hint = format!(
                "the first is in {} line {}; leave one out",
                first.source.name, first.root.place.line
            );
            problems.error(
                &document.source,
                document.root.place,
                "kind",
                "a second Scenario; one is enough",
                Some(hint),
            );
        } else {
            draft = document::read(document, &flags.variables, &mut resources, problems);
        }
    }
    let objects = read_documents(
        &manifests,
        &mut ReadContext {
            resources: &mut resources,
            problems,
        },
    );
    let listed = check::Manifests::new(&manifests, &objects);
    let count = own.len() + listed.list().len();
    let mut lessons = Problems::new();
    check::lessons(&listed, &mut lessons);
    let mut loading = Loading {
        resources,
        draft,
        scheduler,
        flags,
        purpose,
        workloads: Vec::new(),
        default_nodes: false,
        problems,
    };
    let mut scenario = loading.scenario(name, objects);
    let (runtime, outcome) = (loading.flag_runtime(), loading.flag_outcome());
    let cluster = Cluster { nodes: &scenario.nodes };
    check::lessons_of_cluster(&loading.workloads, &cluster, &mut lessons);
    let mut resources = loading.resources;
    if let Some(document) = own.first() {
        let nodes = scenario.nodes.iter().map(|node| node.name.clone());
        let changes = Field::root(document).at_path("spec.changes");
        let mut manifests = Manifests::new(manifests, nodes);
        scenario.script = changes::read(
            &changes,
            &mut changes::Reading {
                manifests: &mut manifests,
                resources: &mut resources,
                variables: &flags.variables,
                problems,
            },
        );
        scenario.resources = resources;
        for template in changes::templates(&mut scenario.script) {
            let behaviour = &mut Arc::make_mut(template).behaviour;
            fill(behaviour, runtime.as_ref(), outcome.as_ref());
        }
        changes::check(&scenario.script, &changes, problems);
    }
    // What cannot be run has worse problems.
    if purpose == Purpose::Check || !problems.has_errors() {
        problems.append(lessons);
    }
    (scenario, count)
}

/// The documents of a source; that there are none is told.
pub(super) fn documents(source: &Arc<Source>, problems: &mut Problems) -> Vec<Document> {
    let before = problems.list().len();
    let documents = yaml::load(source.clone(), problems);
    if documents.is_empty() && problems.list().len() == before {
        let hint = "is it the right file?".to_owned();
        problems.warning(source, Place::default(), "", "no object is in it", Some(hint));
    }
    documents
}

struct Loading<'a> {
    resources: ResourceTable,
    draft: Draft,
    scheduler: Option<SchedulerConfiguration>,
    flags: &'a Flags,
    purpose: Purpose,
    workloads: Vec<Workload>,
    /// No node was given, so the built-in ones were taken.
    default_nodes: bool,
    problems: &'a mut Problems,
}

impl Loading<'_> {
    fn scenario(&mut self, name: &str, objects: Vec<ReadObject>) -> Scenario {
        let control_plane = self.control_plane();
        let strategy = self.strategy();
        let until = self.until();
        let mut scenario = Scenario {
            name: self.draft.name.clone().unwrap_or_else(|| name.to_owned()),
            resources: ResourceTable::default(),
            nodes: std::mem::take(&mut self.draft.nodes),
            pools: std::mem::take(&mut self.draft.pools),
            jobs: Vec::new(),
            cron_jobs: Vec::new(),
            deployments: Vec::new(),
            replica_sets: Vec::new(),
            stateful_sets: Vec::new(),
            daemon_sets: Vec::new(),
            loads: std::mem::take(&mut self.draft.services),
            hpas: Vec::new(),
            pods: Vec::new(),
            policies: Vec::new(),
            disruption_budgets: Vec::new(),
            strategy,
            script: Script::default(),
            control_plane,
            seed: self.flags.seed.or(self.draft.seed).unwrap_or(1),
            until,
            failures: Vec::new(),
            compare: self.draft.compare.take(),
        };
        self.take_objects(objects, &mut scenario);
        self.add_flag_nodes(&mut scenario);
        self.fill_jobs(&mut scenario);
        let jobs = self.workloads.iter_mut().filter(|workload| workload.kind == "Job");
        for (workload, (job, _)) in jobs.zip(&scenario.jobs) {
            workload.template = job.template.clone();
        }
        let entries = std::mem::take(&mut self.draft.failures);
        scenario.failures = failures::resolve(entries, &scenario.pools, &scenario.nodes, self.problems);
        whole::check(
            &scenario,
            &self.workloads,
            &self.resources,
            self.default_nodes,
            self.purpose == Purpose::Run,
            self.problems,
        );
        scenario.resources = self.resources.clone();
        scenario
    }

    fn general<T, E: std::fmt::Display>(&mut self, flag: &str, result: Result<T, E>) -> Option<T> {
        result
            .map_err(|error| self.problems.general_error(format!("{flag}: {error}"), None))
            .ok()
    }

    fn control_plane(&mut self) -> ControlPlane {
        let mut plane = self
            .draft
            .control_plane
            .clone()
            .unwrap_or_else(ControlPlane::kubernetes);
        if let Some(text) = &self.flags.control_plane {
            let images = std::mem::take(&mut plane.kubelet.images);
            if let Some(preset) = self.general("--control-plane", text.parse::<Preset>()) {
                plane = ControlPlane::new(preset);
            }
            plane.kubelet.images = images;
        }
        if let Some(configuration) = &self.scheduler {
            scheduler::apply(&mut plane, configuration);
        }
        for text in &self.flags.set.clone() {
            let result = match text.split_once('=') {
                Some((name, value)) => control_plane::set(&mut plane, name.trim(), value.trim()),
                None => Err(format!("{text:?}: write it as name=value")),
            };
            self.general("--set", result);
        }
        plane.scheduler.literal_queue |= self.flags.slow_twin;
        plane.scheduler.literal_search |= self.flags.slow_twin;
        plane.kubelet.images.missing.append(&mut self.draft.missing_images);
        plane.kubelet.images.pull_time.append(&mut self.draft.pull_times);
        plane.kubelet.images.size.append(&mut self.draft.image_sizes);
        plane
    }

    fn strategy(&mut self) -> Strategy {
        if self.flags.strategy.is_none() && self.flags.arrivals.is_none() {
            return self.draft.strategy.take().unwrap_or(Strategy::Parallel);
        }
        let arrivals = self.flags.arrivals.as_ref().map(|text| text.parse::<Arrivals>());
        let arrivals = arrivals.and_then(|result| self.general("--arrivals", result));
        let chosen = Strategy::choose(self.flags.strategy.as_deref(), arrivals);
        let mut strategy = self.general("--strategy", chosen).unwrap_or(Strategy::Parallel);
        let read = files::read_strategy(&mut strategy, Path::new(""));
        self.general("--arrivals", read);
        strategy
    }

    fn until(&mut self) -> Option<SimTime> {
        let flag = self.flags.until.as_ref().map(|text| text.parse::<SimDuration>());
        let flag = flag.and_then(|result| self.general("--until", result));
        // One that is wrong counts as given, so that its absence is not told as well.
        let wrong = self.flags.until.as_ref().map(|_| SimDuration::ZERO);
        flag.or(wrong).or(self.draft.until).map(|span| SimTime::ZERO + span)
    }

    fn take_objects(&mut self, objects: Vec<ReadObject>, scenario: &mut Scenario) {
        let offset = scenario.pools.len() as u32;
        for mut object in objects {
            self.read_files(&mut object);
            self.workloads.extend(Workload::of(&object));
            match object.spec {
                ObjectSpec::Node(mut node) => {
                    node.pool += offset;
                    while scenario.pools.len() <= node.pool as usize {
                        scenario.pools.push(node.name.clone());
                    }
                    scenario.nodes.push(node);
                }
                ObjectSpec::Job(job) => scenario.jobs.push((job, 1)),
                ObjectSpec::CronJob(job) => scenario.cron_jobs.push(*job),
                ObjectSpec::Deployment(deployment) => scenario.deployments.push(deployment),
                ObjectSpec::ReplicaSet(set) => scenario.replica_sets.push(set),
                ObjectSpec::StatefulSet(set) => scenario.stateful_sets.push(set),
                ObjectSpec::DaemonSet(set) => scenario.daemon_sets.push(set),
                ObjectSpec::Hpa(hpa) => scenario.hpas.push(hpa),
                ObjectSpec::Pod(pod) => scenario.pods.push(pod),
                policy @ (ObjectSpec::PriorityClass(_)
                | ObjectSpec::Namespace(_)
                | ObjectSpec::ResourceQuota(_)
                | ObjectSpec::LimitRange(_)) => scenario.policies.push(policy),
                ObjectSpec::DisruptionBudget(budget) => scenario.disruption_budgets.push(budget),
            }
        }
    }

    /// Reads the files that the object's annotations name; relative paths start at its own file.
    fn read_files(&mut self, object: &mut ReadObject) {
        let Some(template) = object.spec.template_mut() else {
            return;
        };
        let behaviour = &mut Arc::make_mut(template).behaviour;
        if let Err(error) = files::read_behaviour(behaviour, &sources::base(&object.source)) {
            self.problems.error(
                &object.source,
                object.place,
                "spec.template.metadata.annotations",
                error.to_string(),
                None,
            );
        }
    }

    /// The pool of `--nodes` and `--gpus-per-node`; without any node at all, the built-in 4 nodes of 8 GPUs.
    fn add_flag_nodes(&mut self, scenario: &mut Scenario) {
        let flagged = self.flags.nodes.is_some() || self.flags.gpus_per_node.is_some();
        if !flagged && self.purpose == Purpose::Check {
            return;
        }
        if flagged {
            // Flags replace what the files have.
            scenario.nodes.clear();
            scenario.pools.clear();
        }
        if !flagged && (!scenario.nodes.is_empty() || self.draft.has_pools || scenario.is_empty()) {
            return;
        }
        self.default_nodes = !flagged;
        let gpu = gpu_resource(scenario, &mut self.resources);
        let count = self.flags.nodes.unwrap_or(4);
        if !(1..=MAX_NODES).contains(&count) {
            let hint = format!("give a whole number from 1 to {MAX_NODES}");
            self.problems
                .general_error(format!("--nodes: {count} is out of range"), Some(hint));
            return;
        }
        let node = standard_node(gpu, self.flags.gpus_per_node.unwrap_or(8));
        let mut draft = Draft {
            pools: std::mem::take(&mut scenario.pools),
            ..Draft::default()
        };
        pools::add_nodes(&node, "node", count, &mut draft);
        scenario.nodes.append(&mut draft.nodes);
        scenario.pools = draft.pools;
    }

    /// Applies the scenario's `jobs` and then the flags to the Jobs.
    fn fill_jobs(&mut self, scenario: &mut Scenario) {
        let mut entries = std::mem::take(&mut self.draft.jobs);
        for entry in &mut entries {
            // Flags win over the scenario.
            entry.runtime.take_if(|_| self.flags.runtime.is_some());
            entry.outcome.take_if(|_| self.flags.failure.is_some());
        }
        for entry in &entries {
            let matching = scenario.jobs.iter_mut().filter(|(job, _)| job.name == entry.name);
            if matching.map(|(job, copies)| apply(entry, job, copies)).count() == 0 && !entry.name.is_empty() {
                let message = format!("no Job {:?} is among the manifests", entry.name);
                let near = suggest(&entry.name, scenario.jobs.iter().map(|(job, _)| job.name.as_str()));
                let hint = near.map(|near| format!("did you mean {near:?}?"));
                match &entry.place {
                    (Some(source), place) => self.problems.error(source, *place, "spec.jobs", message, hint),
                    (None, _) => self.problems.general_error(message, hint),
                }
            }
        }
        let runtime = self.flag_runtime();
        let outcome = self.flag_outcome();
        for (job, _) in &mut scenario.jobs {
            fill(
                &mut Arc::make_mut(&mut job.template).behaviour,
                runtime.as_ref(),
                outcome.as_ref(),
            );
        }
        for cron_job in &mut scenario.cron_jobs {
            fill(
                &mut Arc::make_mut(&mut cron_job.job.template).behaviour,
                runtime.as_ref(),
                outcome.as_ref(),
            );
        }
        for pod in &mut scenario.pods {
            fill(
                &mut Arc::make_mut(&mut pod.template).behaviour,
                runtime.as_ref(),
                outcome.as_ref(),
            );
        }
    }

    fn flag_outcome(&mut self) -> Option<Outcome> {
        let outcome = self.flags.failure.as_ref().map(|text| text.parse::<Outcome>());
        outcome.and_then(|result| self.general("--failure", result))
    }

    fn flag_runtime(&mut self) -> Option<Distribution> {
        let parsed = self.flags.runtime.as_ref().map(|text| text.parse::<Distribution>());
        // One that is wrong counts as given, so that its absence is not told as well.
        let mut runtime = self
            .general("--runtime", parsed?)
            .unwrap_or_else(|| SimDuration::ZERO.into());
        let read = files::read_distribution(&mut runtime, Path::new(""));
        self.general("--runtime", read);
        Some(runtime)
    }
}

impl Scenario {
    /// Whether nothing would run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
            && self.cron_jobs.is_empty()
            && self.deployments.is_empty()
            && self.replica_sets.is_empty()
            && self.stateful_sets.is_empty()
            && self.daemon_sets.is_empty()
            && self.pods.is_empty()
    }
}

fn apply(entry: &JobEntry, job: &mut JobSpec, copies: &mut u32) {
    *copies = entry.copies.unwrap_or(*copies);
    let behaviour = &mut Arc::make_mut(&mut job.template).behaviour;
    if let Some(runtime) = &entry.runtime {
        behaviour.runtime = vec![runtime.clone()];
    }
    if let Some(outcome) = &entry.outcome {
        behaviour.outcome = outcome.clone();
    }
}

fn fill(behaviour: &mut Behaviour, runtime: Option<&Distribution>, outcome: Option<&Outcome>) {
    if let (true, Some(runtime)) = (
        behaviour.runtime.is_empty() && behaviour.index_runtime.is_empty(),
        runtime,
    ) {
        behaviour.runtime = vec![runtime.clone()];
    }
    let untold = behaviour.outcome == Outcome::default() && behaviour.index_outcome.is_empty();
    if let (true, Some(outcome)) = (untold, outcome) {
        behaviour.outcome = outcome.clone();
    }
}

/// The first extended resource that any pod asks for; `nvidia.com/gpu` if none does.
fn gpu_resource(scenario: &Scenario, resources: &mut ResourceTable) -> ResourceId {
    let templates = scenario.jobs.iter().map(|(job, _)| &job.template);
    let templates = templates.chain(scenario.cron_jobs.iter().map(|cron_job| &cron_job.job.template));
    let templates = templates.chain(scenario.service_templates().map(|(_, _, _, template)| template));
    let asked = templates
        .flat_map(|template| template.requests.iter_nonzero().map(|(id, _)| id))
        .find(|id| *id > ResourceId::PODS);
    asked.unwrap_or_else(|| resources.intern("nvidia.com/gpu"))
}

/// A node of 64 cpu, 256 Gi, 110 pods, 1 Ti of ephemeral storage and `gpus` GPUs.
#[must_use]
pub fn standard_node(gpu: ResourceId, gpus: u32) -> NodeSpec {
    let mut allocatable = Amounts::new();
    allocatable.set(ResourceId::CPU, 64_000);
    allocatable.set(ResourceId::MEMORY, 256 << 30);
    allocatable.set(ResourceId::EPHEMERAL_STORAGE, 1 << 40);
    allocatable.set(ResourceId::PODS, 110);
    allocatable.set(gpu, i64::from(gpus));
    NodeSpec {
        name: "node".to_owned(),
        capacity: allocatable.clone(),
        allocatable,
        ..NodeSpec::default()
    }
}
