//! From a SchedulerProfile, as KubeSchedulerConfiguration has it, to the plugins that work.

use smallvec::SmallVec;

use crate::cluster::ResourceTable;
use crate::cluster::spec::{FitStrategy, PluginArgs, SchedulerProfile};
use crate::control::scheduler::framework::{
    PodsEntry, PodsPlugin, PostFilters, Profile, SpecFilter, SpecScore, UsageFilter, UsageScore,
};
use crate::control::scheduler::plugins::balanced_allocation::BalancedAllocation;
use crate::control::scheduler::plugins::image_locality::ImageLocality;
use crate::control::scheduler::plugins::inter_pod_affinity::InterPodAffinity;
use crate::control::scheduler::plugins::node_affinity::{AddedNodeAffinity, NodeAffinityPlugin};
use crate::control::scheduler::plugins::node_name::NodeName;
use crate::control::scheduler::plugins::node_ports::NodePorts;
use crate::control::scheduler::plugins::node_resources_fit::NodeResourcesFit;
use crate::control::scheduler::plugins::node_unschedulable::NodeUnschedulable;
use crate::control::scheduler::plugins::pod_topology_spread::PodTopologySpread;
use crate::control::scheduler::plugins::scoring_strategy::{ScoringStrategy, StrategyKind, WeightedResources};
use crate::control::scheduler::plugins::taint_toleration::TaintToleration;

/// What a plugin brings, by the traits it has.
#[derive(Default)]
struct Parts {
    spec_filters: Vec<Box<dyn SpecFilter>>,
    usage_filter: Option<Box<dyn UsageFilter>>,
    spec_score: Option<Box<dyn SpecScore>>,
    usage_score: Option<Box<dyn UsageScore>>,
    pods: Option<Box<dyn PodsPlugin>>,
}

/// Makes a plugin from the arguments of its profile.
type Make = fn(&PluginArgs, &ResourceTable) -> Parts;

/// The plugins that filter or score: to add one, add its line.
const PLUGINS: [(&str, Make); 10] = [
    ("NodeUnschedulable", |_, _| filter(NodeUnschedulable)),
    ("NodeName", |_, _| filter(NodeName)),
    ("TaintToleration", |_, _| Parts {
        spec_score: Some(Box::new(TaintToleration)),
        ..filter(TaintToleration)
    }),
    ("NodeAffinity", node_affinity),
    ("NodePorts", |_, _| Parts {
        usage_filter: Some(Box::new(NodePorts)),
        ..Parts::default()
    }),
    ("NodeResourcesFit", node_resources_fit),
    ("PodTopologySpread", |args, _| pods(topology_spread(args))),
    ("InterPodAffinity", |args, _| {
        pods(InterPodAffinity {
            hard_pod_affinity_weight: args.hard_pod_affinity_weight,
            ignore_preferred_terms_of_existing_pods: args.ignore_preferred_terms_of_existing_pods,
        })
    }),
    ("NodeResourcesBalancedAllocation", |args, table| Parts {
        usage_score: Some(Box::new(BalancedAllocation {
            resources: weighted(args.balanced_resources.iter().map(|name| (name.as_str(), 1)), table),
        })),
        ..Parts::default()
    }),
    ("ImageLocality", |_, _| Parts {
        usage_score: Some(Box::new(ImageLocality)),
        ..Parts::default()
    }),
];

fn filter(plugin: impl SpecFilter + 'static) -> Parts {
    Parts {
        spec_filters: vec![Box::new(plugin)],
        ..Parts::default()
    }
}

fn pods(plugin: impl PodsPlugin + 'static) -> Parts {
    Parts {
        pods: Some(Box::new(plugin)),
        ..Parts::default()
    }
}

fn node_affinity(args: &PluginArgs, _: &ResourceTable) -> Parts {
    let plugin = NodeAffinityPlugin {
        added: args.added_affinity.clone(),
    };
    let mut parts = filter(plugin.clone());
    if let Some(terms) = &args.added_affinity.required {
        let enforced = AddedNodeAffinity { terms: terms.clone() };
        parts.spec_filters.insert(0, Box::new(enforced));
    }
    parts.spec_score = Some(Box::new(plugin));
    parts
}

fn topology_spread(args: &PluginArgs) -> PodTopologySpread {
    match &args.default_constraints {
        None => PodTopologySpread::default(),
        Some(defaults) => PodTopologySpread {
            defaults: defaults.clone(),
            system_defaulted: false,
        },
    }
}

fn node_resources_fit(args: &PluginArgs, table: &ResourceTable) -> Parts {
    let fit = &args.fit;
    let ignored = table.scalars().filter(|(_, name)| {
        let group = name.split_once('/').map(|(group, _)| group);
        // Only extended resources can be ignored; huge pages have no slash.
        group.is_some_and(|group| fit.ignored_resource_groups.iter().any(|ignored| ignored == group))
            || (group.is_some() && fit.ignored_resources.iter().any(|ignored| ignored == name))
    });
    let plugin = NodeResourcesFit {
        ignored: ignored.map(|(id, _)| id).collect(),
        strategy: ScoringStrategy {
            kind: match &fit.strategy {
                FitStrategy::LeastAllocated => StrategyKind::LeastAllocated,
                FitStrategy::MostAllocated => StrategyKind::MostAllocated,
                FitStrategy::RequestedToCapacityRatio(shape) => StrategyKind::RequestedToCapacityRatio(shape.clone()),
            },
            resources: weighted(
                fit.resources.iter().map(|(name, weight)| (name.as_str(), *weight)),
                table,
            ),
        },
    };
    Parts {
        usage_filter: Some(Box::new(plugin.clone())),
        usage_score: Some(Box::new(plugin)),
        ..Parts::default()
    }
}

/// A resource that no node and no pod knows counts for nothing anywhere.
fn weighted<'a>(resources: impl Iterator<Item = (&'a str, i64)>, table: &ResourceTable) -> WeightedResources {
    let known = resources.filter_map(|(name, weight)| Some((table.find(name)?, weight)));
    known.collect::<SmallVec<_>>()
}

impl Profile {
    /// The plugins of `profile`. Filters are asked kind by kind: by the node's specification, by its accounts, by other pods;
    /// within a kind in the order of the profile.
    #[must_use]
    pub fn new(profile: &SchedulerProfile, resources: &ResourceTable) -> Self {
        let mut built = Self {
            scheduler_name: profile.scheduler_name.clone(),
            percentage_of_nodes_to_score: profile.percentage_of_nodes_to_score,
            post_filters: PostFilters {
                dynamic_resources: has(&profile.post_filters, "DynamicResources"),
                preemption: has(&profile.post_filters, "DefaultPreemption"),
            },
            holds_gated_pods: has(&profile.pre_enqueues, "SchedulingGates"),
            asks_for_claims: has(&profile.filters, "VolumeBinding"),
            signs_pods: signs_pods(profile),
            ..Self::default()
        };
        let make = |name: &str| {
            let known = PLUGINS.iter().find(|(known, _)| *known == name);
            known.map(|(_, make)| make(&profile.args, resources))
        };
        for parts in profile.filters.iter().filter_map(|name| make(name)) {
            built.spec_filters.extend(parts.spec_filters);
            built.usage_filters.extend(parts.usage_filter);
            if let Some(plugin) = parts.pods {
                built.pods.push(PodsEntry {
                    plugin,
                    filters: true,
                    weight: 0,
                });
            }
        }
        for (name, weight) in &profile.scores {
            let Some(parts) = make(name) else { continue };
            built
                .spec_scores
                .extend(parts.spec_score.map(|plugin| (plugin, *weight)));
            built
                .usage_scores
                .extend(parts.usage_score.map(|plugin| (plugin, *weight)));
            let Some(plugin) = parts.pods else { continue };
            match built.pods.iter_mut().find(|entry| entry.plugin.name() == name) {
                Some(entry) => entry.weight = *weight,
                None => built.pods.push(PodsEntry {
                    plugin,
                    filters: false,
                    weight: *weight,
                }),
            }
        }
        built
    }
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other == name)
}

/// `plugins/podtopologyspread/plugin.go: SignPod`. The other plugins sign pods as far as they are simulated; pods with terms of
/// their own are not signed either, which is decided per pod.
fn signs_pods(profile: &SchedulerProfile) -> bool {
    let spreads = has(&profile.filters, "PodTopologySpread")
        || profile.scores.iter().any(|(name, _)| name == "PodTopologySpread");
    !spreads || !topology_spread(&profile.args).defaults.iter().any(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::{DEFAULT_PLUGINS, Point};

    #[test]
    fn the_default_plugins_in_order_with_weights() {
        let profile = Profile::new(&SchedulerProfile::default(), &ResourceTable::default());
        insta::assert_snapshot!(format!("{profile:?}"), @r#"Profile { filters: ["NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit", "PodTopologySpread", "InterPodAffinity"], scores: [("TaintToleration", 3), ("NodeAffinity", 2), ("NodeResourcesFit", 1), ("NodeResourcesBalancedAllocation", 1), ("ImageLocality", 1), ("PodTopologySpread", 2), ("InterPodAffinity", 2)] }"#);
        assert!(profile.holds_gated_pods && !profile.signs_pods);
        assert!(profile.post_filters.preemption && profile.post_filters.dynamic_resources);
    }

    #[test]
    fn what_is_said_to_be_simulated_is() {
        for plugin in DEFAULT_PLUGINS.iter().filter(|p| p.simulated) {
            let works = plugin.acts_at(Point::Filter) || plugin.acts_at(Point::Score);
            let known = PLUGINS.iter().any(|(name, _)| *name == plugin.name);
            assert_eq!(works, known, "{}", plugin.name);
        }
        for (name, make) in PLUGINS {
            let parts = make(&PluginArgs::default(), &ResourceTable::default());
            let names = (parts.spec_filters.iter().map(|p| p.name()))
                .chain(parts.usage_filter.iter().map(|p| p.name()))
                .chain(parts.spec_score.iter().map(|p| p.name()))
                .chain(parts.usage_score.iter().map(|p| p.name()))
                .chain(parts.pods.iter().map(|p| p.name()));
            assert!(names.into_iter().all(|own| own == name), "{name}");
        }
    }
}
