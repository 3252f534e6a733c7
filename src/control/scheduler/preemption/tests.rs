//! Preemption against brute force: all subsets of a node's pods are tried with plain arithmetic.

use std::cmp::Reverse;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::cluster::pod::Owner;
use crate::cluster::spec::{Allowance, LabelSelector, Labels, PodDisruptionBudget, PodSpec, PodTemplate};
use crate::cluster::{ResourceId, Store};
use crate::control::ControlPlane;
use crate::control::scheduler::Placer;
use crate::control::scheduler::assigned::Assigned;
use crate::control::scheduler::nominator::Nominator;
use crate::control::scheduler::testing::{GPU, node, pod, resources};
use crate::kernel::random::{Purpose, stream};
use crate::kernel::{SimDuration, SimTime};

/// A pod on a node: GPUs, cores, priority, second of its start, and which of two budgets protects it, if any.
#[derive(Clone, Debug)]
struct Placed {
    gpus: i64,
    cores: i64,
    priority: i32,
    second: u64,
    budget: u8,
}

fn placed() -> impl Strategy<Value = Placed> {
    (0..3i64, 0..3i64, 0..4i32, 0..5u64, 0..4u8).prop_map(|(gpus, cores, priority, second, budget)| Placed {
        gpus,
        cores,
        priority,
        second,
        budget,
    })
}

/// GPUs and cores that are left on a node, and its pods.
type Node = (i64, i64, Vec<Placed>);

fn template(placed: &Placed) -> PodTemplate {
    let mut template = pod(placed.cores * 1000, 0, placed.gpus);
    template.priority = placed.priority;
    template.namespace = "default".to_owned();
    template.labels = Labels::from([("budget".to_owned(), placed.budget.to_string())]);
    template
}

struct World {
    store: Store,
    placer: Placer,
    assigned: Assigned,
    nominator: Nominator,
    config: ControlPlane,
}

impl World {
    /// The nodes with their pods, and last the pod that waits.
    fn new(nodes: &[Node], least: [u32; 2], waits: &Placed) -> Self {
        let specs = nodes.iter().enumerate().map(|(i, (gpus, cores, pods))| {
            let used = |of: fn(&Placed) -> i64| pods.iter().map(of).sum::<i64>();
            node(&format!("n{i}"), cores + used(|p| p.cores), 1, gpus + used(|p| p.gpus))
        });
        let specs: Vec<_> = specs.collect();
        let mut store = Store::new(resources(), specs.clone());
        let everyone = nodes.iter().flat_map(|(.., pods)| pods).chain([waits]);
        for placed in everyone {
            let template = Arc::new(template(placed));
            store.add_template(&template);
            store.bare_pods.push(PodSpec {
                namespace: "default".into(),
                name: "p".into(),
                template,
            });
        }
        for (i, least) in least.into_iter().enumerate() {
            let label = [("budget".to_owned(), i.to_string())];
            store.disruption_budgets.push(PodDisruptionBudget {
                namespace: "default".into(),
                selector: Some(LabelSelector::of_labels(&label.into())),
                min_available: Some(Allowance::Pods(least)),
                ..PodDisruptionBudget::default()
            });
        }
        let mut placer = Placer::new(&store.resources, &specs, &store.templates);
        let mut assigned = Assigned::default();
        let homes = nodes
            .iter()
            .enumerate()
            .flat_map(|(i, (.., pods))| pods.iter().map(move |p| (i, p)));
        for (which, (home, placed)) in homes.enumerate() {
            let at = SimTime::ZERO + SimDuration::from_secs(placed.second);
            let id = store.create_pod(Owner::Nobody(which as u32), u32::MAX, at);
            let home = NodeId(home as u32);
            store.bind(id, home, at);
            store.start(id);
            store.set_ready(id, true, at);
            let template = store.pods[id.index()].template;
            placer.assume(home, template);
            assigned.add(id, home, template, placed.priority);
            assigned.saw_priority(placed.priority, &store);
        }
        assigned.saw_priority(waits.priority, &store);
        let which = store.bare_pods.len() as u32 - 1;
        store.create_pod(Owner::Nobody(which), u32::MAX, SimTime::ZERO);
        Self {
            store,
            placer,
            assigned,
            nominator: Nominator::default(),
            config: ControlPlane::ideal(),
        }
    }
    fn view(&self) -> View<'_> {
        View {
            store: &self.store,
            placer: &self.placer,
            assigned: &self.assigned,
            nominator: &self.nominator,
            config: &self.config,
            now: SimTime::ZERO + SimDuration::from_secs(100),
        }
    }
}

/// The victims on one node and how many of them budgets protect, by trying every set of pods that might stay: the one that keeps
/// the most important pods wins. `None`: no set lets the pod in. Victims are places in `pods`.
fn brute_force((gpus, cores, pods): &Node, left: [i64; 2], waits: &Placed) -> Option<(Vec<usize>, u32)> {
    let mut order: Vec<usize> = (0..pods.len()).filter(|i| pods[*i].priority < waits.priority).collect();
    if order.is_empty() {
        return None;
    }
    order.sort_by_key(|i| (Reverse(pods[*i].priority), pods[*i].second));
    let mut left = left;
    let mut protected = vec![false; pods.len()];
    for &i in &order {
        if let Some(budget) = left.get_mut(usize::from(pods[i].budget)) {
            *budget -= 1;
            protected[i] = *budget < 0;
        }
    }
    let importance = |i: &usize| (Reverse(pods[*i].priority), pods[*i].second);
    // The protected ones come first; both groups stay in order of importance.
    let mut tried = order;
    tried.sort_by_key(|i| !protected[*i]);
    let fits = |stay: u32| {
        let gone = (0..tried.len())
            .filter(|bit| stay >> bit & 1 == 0)
            .map(|bit| &pods[tried[bit]]);
        let (free_gpus, free_cores) = gone.fold((*gpus, *cores), |(g, c), p| (g + p.gpus, c + p.cores));
        free_gpus >= waits.gpus && free_cores >= waits.cores
    };
    // As a number whose highest bit is the pod tried first.
    let value = |stay: &u32| (0..tried.len()).fold(0u32, |value, bit| value << 1 | (stay >> bit & 1));
    let best = (0..1u32 << tried.len()).filter(|stay| fits(*stay)).max_by_key(value)?;
    let mut victims: Vec<usize> = (0..tried.len())
        .filter(|bit| best >> bit & 1 == 0)
        .map(|bit| tried[bit])
        .collect();
    let violations = victims.iter().filter(|i| protected[**i]).count() as u32;
    victims.sort_by_key(importance);
    Some((victims, violations))
}

proptest! {
    #[test]
    fn victims_and_node_are_those_of_brute_force(
        nodes in prop::collection::vec((0..2i64, 0..2i64, prop::collection::vec(placed(), 0..7)), 1..5),
        least in (0..6u32, 0..6u32),
        gpus in 1..5i64,
        cores in 0..5i64,
        priority in 0..5i32,
        seed in 0..100u64,
    ) {
        let waits = Placed { gpus, cores, priority, second: 0, budget: 3 };
        let world = World::new(&nodes, [least.0, least.1], &waits);
        let id = PodId(world.store.pods.len() as u32 - 1);
        let fits = nodes.iter().any(|(g, c, _)| *g >= gpus && *c >= cores);
        prop_assume!(!fits);
        let wanted = Wanted { percentage: 10, absolute: 100 };
        let luck = || stream(seed, Purpose::Preemption, 0, 0);
        let outcome = world.view().post_filter(id, &[], wanted, &mut Vain::default(), luck);

        let protected_by = |budget: u8| nodes.iter().flat_map(|(.., pods)| pods).filter(|p| p.budget == budget).count() as i64;
        let left = [0, 1].map(|b: u8| {
            let pods = protected_by(b);
            if pods == 0 { 0 } else { (pods - i64::from([least.0, least.1][usize::from(b)])).max(0) }
        });
        let candidates: Vec<_> = nodes
            .iter()
            .map(|node| brute_force(node, left, &waits).filter(|(victims, _)| !victims.is_empty()))
            .collect();
        let rank = |node: usize| {
            let (victims, violations) = candidates[node].as_ref()?;
            let pods: Vec<&Placed> = victims.iter().map(|i| &nodes[node].2[*i]).collect();
            let highest = pods.iter().map(|p| p.priority).max()?;
            let sum: i64 = pods.iter().map(|p| i64::from(p.priority) + (1 << 31)).sum();
            let earliest = pods.iter().filter(|p| p.priority == highest).map(|p| p.second).min()?;
            Some((*violations, highest, sum, pods.len(), Reverse(earliest)))
        };
        let best = (0..nodes.len()).filter_map(rank).min();
        match outcome {
            PostFilter::Found(found) => {
                let node = found.node.index();
                prop_assert_eq!(rank(node), best, "the best node");
                let first = world.assigned.on_node(found.node)[0].0 as usize;
                let places: Vec<usize> = found.victims.iter().map(|v| v.index() - first).collect();
                let (victims, violations) = candidates[node].clone().unwrap();
                let as_seen = |i: &usize| (nodes[node].2[*i].priority, nodes[node].2[*i].second);
                prop_assert_eq!(places.iter().map(as_seen).collect::<Vec<_>>(), victims.iter().map(as_seen).collect::<Vec<_>>());
                prop_assert_eq!(found.violations, violations);
            }
            PostFilter::NoCandidate(_) => prop_assert_eq!(best, None),
            PostFilter::NotEligible(why) => prop_assert!(false, "{:?}", why),
        }
    }
}

#[test]
fn how_many_candidates_are_enough() {
    let wanted = Wanted {
        percentage: 10,
        absolute: 100,
    };
    assert_eq!(
        [0, 7, 100, 999, 1000, 5000].map(|n| wanted.of(n)),
        [0, 7, 100, 100, 100, 500]
    );
}

#[test]
fn looks_in_vain_are_remembered_until_something_changes() {
    let low = Placed {
        gpus: 1,
        cores: 0,
        priority: 0,
        second: 0,
        budget: 3,
    };
    let [high, waits] = [5, 1].map(|priority| Placed {
        gpus: 2,
        priority,
        ..low.clone()
    });
    let mut world = World::new(&[(0, 4, vec![low, high])], [0, 0], &waits);
    let wanted = Wanted {
        percentage: 10,
        absolute: 100,
    };
    let mut vain = Vain::default();
    let luck = || stream(1, Purpose::Preemption, 0, 0);
    let look = |world: &World, vain: &mut Vain| world.view().post_filter(PodId(2), &[], wanted, vain, luck);
    assert!(matches!(look(&world, &mut vain), PostFilter::NoCandidate(n) if n != 0));
    let known = vain.looks.clone();
    look(&world, &mut vain);
    assert_eq!(vain.looks, known);
    let mut bigger = world.store.nodes[0].clone();
    bigger.allocatable.set(GPU, 4);
    bigger.allocatable.set(ResourceId::PODS, 9);
    world.placer.update_node(NodeId(0), &bigger);
    assert!(matches!(look(&world, &mut vain), PostFilter::Found(_)));
}
