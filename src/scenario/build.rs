//! From a checked scenario to what one simulation is made from.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::cluster::spec::{NodeSpec, PodTemplate};
use crate::cluster::{PodTemplateId, ScaleTarget, Store};
use crate::control::daemon_set::eligibility;
use crate::control::scheduler::{Placement, Placer};
use crate::control::service::ServiceLoad;
use crate::control::{ControlPlane, Input, admission};
use crate::kernel::SimTime;
use crate::scenario::Scenario;
use crate::workload::Load;
use crate::workload::script::{Action, ObjectKind, Script};
use crate::workload::strategy::Strategy;

impl Scenario {
    /// What a run of this scenario as it stands is made from.
    #[must_use]
    pub fn input(&self, seed: u64) -> Input {
        let mut store = self.empty_store();
        let mut templates = Templates::default();
        let mut specs = Vec::with_capacity(self.jobs.len());
        for (job, _) in &self.jobs {
            let mut job = job.clone();
            job.template = templates.shared(&job.template);
            specs.push(store.add_job_spec(job));
        }
        let copies: Vec<u32> = self.jobs.iter().map(|(_, copies)| *copies).collect();
        for i in evenly(&copies) {
            store.add_job(specs[i]);
        }
        for deployment in &self.deployments {
            store.add_deployment(deployment.clone(), SimTime::ZERO);
        }
        for set in &self.replica_sets {
            store.add_replica_set(set.clone(), SimTime::ZERO);
        }
        for set in &self.stateful_sets {
            store.add_stateful_set(set.clone(), SimTime::ZERO);
        }
        for set in &self.daemon_sets {
            store.add_daemon_set(set.clone(), SimTime::ZERO);
        }
        for cron_job in &self.cron_jobs {
            let mut cron_job = cron_job.clone();
            cron_job.job.template = templates.shared(&cron_job.job.template);
            store.add_template(&cron_job.job.template);
            store.cron_jobs.push(cron_job);
        }
        for pod in &self.pods {
            let mut pod = pod.clone();
            pod.template = templates.shared(&pod.template);
            store.add_template(&pod.template);
            store.bare_pods.push(pod);
        }
        store.hpas.clone_from(&self.hpas);
        let services = store.workloads().filter_map(|workload| {
            let target = ScaleTarget::of(workload)?;
            let (_, name) = store.workload_name(workload);
            let (_, load) = self.loads.iter().find(|(service, _)| service == name)?;
            Some((target, load.clone()))
        });
        let mut services: Vec<_> = services.collect();
        self.add_scripted_services(&store, &mut services);
        Input {
            script: self.script.clone(),
            services,
            strategy: self.strategy.clone(),
            control_plane: self.control_plane.clone(),
            seed,
            until: self.until,
            store,
        }
    }

    /// What a run of `n` copies of the scenario's Jobs, in turn, is made from.
    #[must_use]
    pub fn experiment_input(&self, n: u32, strategy: &Strategy, control_plane: &ControlPlane, seed: u64) -> Input {
        let mut store = self.store_of(self.nodes_beside_daemons());
        let specs: Vec<_> = self
            .jobs
            .iter()
            .map(|(job, _)| store.add_job_spec(job.clone()))
            .collect();
        for i in 0..n as usize {
            store.add_job(specs[i % specs.len()]);
        }
        Input {
            store,
            strategy: strategy.clone(),
            control_plane: control_plane.clone(),
            script: Script::default(),
            services: Vec::new(),
            seed,
            until: self.until,
        }
    }

    /// A workload whose load or metrics a script sets is measured from the beginning.
    fn add_scripted_services(&self, store: &Store, services: &mut Vec<(ScaleTarget, ServiceLoad)>) {
        for step in &self.script.steps {
            let (Action::SetLoad { object, .. } | Action::SetMetrics { object, .. }) = &step.action else {
                continue;
            };
            let target = store.workloads().find_map(|workload| {
                let (namespace, name) = store.workload_name(workload);
                let target = ScaleTarget::of(workload)?;
                let kind = match target {
                    ScaleTarget::Deployment(_) => ObjectKind::Deployment,
                    ScaleTarget::ReplicaSet(_) => ObjectKind::ReplicaSet,
                    ScaleTarget::StatefulSet(_) => ObjectKind::StatefulSet,
                };
                let is_it = kind == object.kind && namespace == object.namespace && name == object.name;
                is_it.then_some(target)
            });
            if let Some(target) = target
                && services.iter().all(|(known, _)| *known != target)
            {
                services.push((target, ServiceLoad::new(Load::Constant(0), None)));
            }
        }
    }

    /// The nodes with what DaemonSets leave of them, for experiments: their pods are there before the first Job and stay, so what
    /// they ask for is taken off what a node has to give. A daemon pod that does not fit an empty node takes nothing.
    #[must_use]
    pub fn nodes_beside_daemons(&self) -> Vec<NodeSpec> {
        let mut nodes = self.nodes.clone();
        for set in &self.daemon_sets {
            let requests = &set.template.requests;
            for node in &mut nodes {
                let fits = requests
                    .iter_nonzero()
                    .all(|(id, amount)| amount <= node.allocatable.get(id));
                if fits && eligibility(&set.template, node).should_run {
                    for (id, amount) in requests.iter_nonzero() {
                        node.allocatable.set(id, node.allocatable.get(id) - amount);
                    }
                }
            }
        }
        nodes
    }

    fn empty_store(&self) -> Store {
        self.store_of(self.nodes.clone())
    }

    fn store_of(&self, nodes: Vec<NodeSpec>) -> Store {
        let mut store = Store::new(self.resources.clone(), nodes);
        for policy in &self.policies {
            // Names are unique, and so is the default class: reading saw to it.
            let _ = admission::create(&mut store, policy);
        }
        store.disruption_budgets.clone_from(&self.disruption_budgets);
        store.failure_sources.clone_from(&self.failures);
        store
    }
}

/// The order of copies: kind i comes `copies[i]` times, spread evenly over the whole, kinds in their order where they meet.
/// So a team's large and small Jobs arrive mixed, as they do in life, and single Jobs keep the order they are written in.
fn evenly(copies: &[u32]) -> Vec<usize> {
    let of_kind = |(kind, &m): (usize, &u32)| (0..m).map(move |k| (k, m, kind));
    let mut order: Vec<(u32, u32, usize)> = copies.iter().enumerate().flat_map(of_kind).collect();
    // Copy k of m has its place at k/m.
    let cross = |a: u32, b: u32| u64::from(a) * u64::from(b);
    order.sort_by(|(k1, m1, kind1), (k2, m2, kind2)| cross(*k1, *m2).cmp(&cross(*k2, *m1)).then(kind1.cmp(kind2)));
    order.into_iter().map(|(_, _, kind)| kind).collect()
}

/// Templates by content: manifests that are alike share one, so that the scheduler sees one shape.
#[derive(Default)]
struct Templates {
    /// By a hash of what mostly differs.
    known: BTreeMap<u64, Vec<Arc<PodTemplate>>>,
}

impl Templates {
    fn shared(&mut self, template: &Arc<PodTemplate>) -> Arc<PodTemplate> {
        let mut hasher = DefaultHasher::new();
        (
            &template.namespace,
            &template.labels,
            &template.requests,
            &template.images,
        )
            .hash(&mut hasher);
        let alike = self.known.entry(hasher.finish()).or_default();
        if let Some(known) = alike.iter().find(|known| *known == template) {
            return known.clone();
        }
        alike.push(template.clone());
        template.clone()
    }
}

/// How many pods of `template` the empty nodes hold, each node in turn; the slots of the cluster.
#[must_use]
pub fn slots(store: &Store, template: PodTemplateId, most: u64) -> Vec<u64> {
    let mut placer = Placer::new(&store.resources, &store.nodes, &store.templates);
    let room = placer.room_by_node(template, most);
    match room.filter(|room| room.iter().fold(0, |sum: u64, room| sum.saturating_add(*room)) <= most) {
        Some(room) => room,
        None => filled(&mut placer, template, most),
    }
}

/// The same by filling the cluster pod by pod.
fn filled(placer: &mut Placer, template: PodTemplateId, most: u64) -> Vec<u64> {
    let mut slots = vec![0; placer.nodes().len()];
    for _ in 0..most {
        match placer.place(template) {
            Placement::Placed(node) => {
                placer.assume(node, template);
                slots[node.index()] += 1;
            }
            Placement::Unschedulable(_) | Placement::NoNodes => break,
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Amounts, ResourceId, ResourceTable};

    #[test]
    fn the_room_of_each_node_alone_is_what_filling_the_cluster_finds() {
        let mut resources = ResourceTable::default();
        let gpu = resources.intern("nvidia.com/gpu");
        let node = |i: u32| {
            let mut allocatable = Amounts::new();
            allocatable.set(ResourceId::CPU, 4_000 + 1_000 * i64::from(i % 3));
            allocatable.set(ResourceId::PODS, 110);
            allocatable.set(gpu, i64::from(i % 5));
            NodeSpec {
                name: format!("n-{i}"),
                capacity: allocatable.clone(),
                allocatable,
                unschedulable: i.is_multiple_of(7),
                ..NodeSpec::default()
            }
        };
        for (cpu, gpus) in [(0, 1), (700, 0), (1_500, 1), (100, 3), (90_000, 0)] {
            let mut template = PodTemplate::default();
            template.requests.set(ResourceId::PODS, 1);
            template.requests.set(ResourceId::CPU, cpu);
            template.requests.set(gpu, gpus);
            let mut store = Store::new(resources.clone(), (0..30).map(node).collect());
            let id = store.add_template(&Arc::new(template));
            let mut placer = Placer::new(&store.resources, &store.nodes, &store.templates);
            let slow = filled(&mut placer, id, 10_000);
            assert_eq!(slots(&store, id, 10_000), slow, "cpu {cpu}, GPUs {gpus}");
            assert_eq!(
                slots(&store, id, 3).iter().sum::<u64>(),
                slow.iter().sum::<u64>().min(3)
            );
        }
    }

    #[test]
    fn copies_are_spread_evenly() {
        assert_eq!(evenly(&[1, 1, 1]), [0, 1, 2]);
        assert_eq!(evenly(&[4, 2, 1]), [0, 1, 2, 0, 0, 1, 0]);
        assert_eq!(evenly(&[3]), [0, 0, 0]);
        assert_eq!(evenly(&[0, 2]), [1, 1]);
        assert!(evenly(&[]).is_empty());
    }
}
