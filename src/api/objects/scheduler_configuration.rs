//! KubeSchedulerConfiguration (`staging/src/k8s.io/kube-scheduler/config/v1/types.go`,
//! `pkg/scheduler/apis/config/validation/validation.go`): profiles and plugins.

use std::collections::BTreeSet;

use super::context::Reading;
use super::plugin_args::read_plugin_args;
use super::reader::{Field, invalid, quoted, required};
use crate::api::problem::Problems;
use crate::api::schema;
use crate::api::value::Document;
use crate::cluster::ResourceTable;
use crate::cluster::spec::{
    DEFAULT_PLUGINS, OTHER_PLUGINS, Point, SchedulerConfiguration, SchedulerProfile, known_plugin,
};
use crate::kernel::SimDuration;
use crate::kernel::text::suggest;

/// The version that is read.
const GROUP: &str = "kubescheduler.config.k8s.io/";

/// Extension points at which nothing can be chosen here: they follow `filter` and `score`, or have no part in a simulation.
const OTHER_POINTS: [&str; 8] = [
    "queueSort",
    "preFilter",
    "preScore",
    "reserve",
    "permit",
    "preBind",
    "bind",
    "postBind",
];

/// Whether `document` is of the scheduler's own configuration.
#[must_use]
pub fn is_scheduler_configuration(document: &Document) -> bool {
    let version = document.root.get("apiVersion").and_then(|v| v.as_str());
    version.is_some_and(|version| version.starts_with(GROUP))
}

/// Reads a KubeSchedulerConfiguration; its structure is checked too.
pub fn read_scheduler_configuration(
    document: &Document,
    resources: &mut ResourceTable,
    problems: &mut Problems,
) -> SchedulerConfiguration {
    schema::check(document, problems);
    let mut reading = Reading::new(resources, problems);
    let root = Field::root(document);
    let kind = root.at("kind");
    if kind.str_or_empty() != "KubeSchedulerConfiguration" {
        let hint = "it stands under `pluginConfig` of a profile in a KubeSchedulerConfiguration";
        kind.error_with_hint(
            reading.problems,
            "arguments of a plugin are no object of their own",
            hint,
        );
    }
    reading.not_simulated(&root.at("extenders"), "no extender is asked");
    let parallelism = root.at("parallelism");
    if at_least(&parallelism, 1, &mut reading) != Some(1) {
        reading.not_simulated(&parallelism, "nodes are found in the order of the list, as with 1");
    }
    SchedulerConfiguration {
        percentage_of_nodes_to_score: read_percentage(&root, &mut reading),
        pod_initial_backoff: read_seconds(&root.at("podInitialBackoffSeconds"), &mut reading),
        pod_max_backoff: read_seconds(&root.at("podMaxBackoffSeconds"), &mut reading),
        client_qps: read_qps(&root.at_path("clientConnection.qps"), &mut reading),
        client_burst: at_least(&root.at_path("clientConnection.burst"), 0, &mut reading),
        profiles: read_profiles(&root.at("profiles"), &mut reading),
    }
}

fn at_least(field: &Field<'_>, least: i32, reading: &mut Reading<'_>) -> Option<u32> {
    let value = field.int32()?;
    if value < least {
        let detail = format!("must be an integer of at least {least}");
        field.error(reading.problems, invalid(value, &detail));
    }
    Some(value.max(least).unsigned_abs())
}

fn read_qps(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<f64> {
    let text = field.scalar()?;
    let qps = text.parse::<f64>().ok().filter(|qps| qps.is_finite());
    if qps.is_none() {
        field.error(reading.problems, invalid(quoted(text), "must be a number"));
    }
    // Below zero there is no limit, which 0 stands for here; 0 itself is the default.
    qps.filter(|qps| *qps != 0.0).map(|qps| qps.max(0.0))
}

fn read_seconds(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<SimDuration> {
    let seconds = field.int()?;
    if seconds <= 0 {
        field.error(reading.problems, invalid(seconds, "must be greater than 0"));
    }
    Some(SimDuration::from_secs(seconds.max(0).unsigned_abs()))
}

fn read_percentage(object: &Field<'_>, reading: &mut Reading<'_>) -> Option<u32> {
    let field = object.at("percentageOfNodesToScore");
    let value = field.int32()?;
    if !(0..=100).contains(&value) {
        field.error(reading.problems, invalid(value, "not in valid range [0-100]"));
    }
    Some(value.clamp(0, 100).unsigned_abs())
}

fn read_profiles(field: &Field<'_>, reading: &mut Reading<'_>) -> Vec<SchedulerProfile> {
    let items = field.items();
    if items.is_empty() {
        return vec![SchedulerProfile::default()];
    }
    let mut names = BTreeSet::new();
    let mut profiles = Vec::new();
    for item in &items {
        let name = item.at("schedulerName");
        let profile = read_profile(item, items.len() == 1, reading);
        if profile.scheduler_name.is_empty() {
            name.error(reading.problems, required(""));
        } else if !names.insert(profile.scheduler_name.clone()) {
            let text = format!("Duplicate value: {}", quoted(&profile.scheduler_name));
            name.error(reading.problems, text);
        }
        profiles.push(profile);
    }
    profiles
}

fn read_profile(field: &Field<'_>, only: bool, reading: &mut Reading<'_>) -> SchedulerProfile {
    let name = field.at("schedulerName").str_or_empty();
    // A lone profile may leave its name out (`setDefaults_KubeSchedulerProfile`).
    let name = if name.is_empty() && only {
        crate::cluster::spec::DEFAULT_SCHEDULER
    } else {
        name
    };
    let plugins = field.at("plugins");
    for point in OTHER_POINTS {
        let meaning = "plugins are chosen at multiPoint, preEnqueue, filter, postFilter and score";
        reading.not_simulated(&plugins.at(point), meaning);
    }
    let everywhere = merge_defaults(&PluginSet::read(&plugins.at("multiPoint"), None, reading));
    let mut profile = SchedulerProfile::with_plugins(name, &everywhere);
    profile.percentage_of_nodes_to_score = read_percentage(field, reading);
    for point in Point::ALL {
        let set = PluginSet::read(&plugins.at(point.name()), Some(point), reading);
        let names = |list: &[String]| list.iter().map(|name| (name.clone(), 0)).collect::<Vec<_>>();
        let merged =
            |list: &[String]| -> Vec<String> { set.over(&names(list)).into_iter().map(|(name, _)| name).collect() };
        match point {
            Point::PreEnqueue => profile.pre_enqueues = merged(&profile.pre_enqueues),
            Point::Filter => profile.filters = merged(&profile.filters),
            Point::PostFilter => profile.post_filters = merged(&profile.post_filters),
            Point::Score => {
                let scores = set.over(&profile.scores).into_iter();
                profile.scores = scores.map(|(name, weight)| (name, weight.max(1))).collect();
            }
        }
    }
    profile.args = read_plugin_args(&field.at("pluginConfig"), reading);
    profile
}

/// The defaults with what `multiPoint` says (`apis/config/v1/default_plugins.go: mergePluginSet`): what it enables again stays
/// in its place with the new weight, what else it enables comes last.
fn merge_defaults(set: &PluginSet) -> Vec<(String, i64)> {
    let mut added = set.enabled.clone();
    let mut merged = Vec::new();
    for default in DEFAULT_PLUGINS.iter().filter(|plugin| !set.disables(plugin.name)) {
        let again = added.iter().position(|(name, _)| name == default.name);
        merged.push(match again {
            Some(at) => added.remove(at),
            None => (default.name.to_owned(), default.weight),
        });
    }
    merged.extend(added);
    merged
}

/// `enabled` and `disabled` of one extension point.
#[derive(Default)]
struct PluginSet {
    enabled: Vec<(String, i64)>,
    disabled: Vec<String>,
}

impl PluginSet {
    fn read(field: &Field<'_>, point: Option<Point>, reading: &mut Reading<'_>) -> Self {
        let mut set = Self::default();
        for item in field.at("enabled").items() {
            let name = item.at("name");
            let Some(known) = read_name(&name, reading) else {
                continue;
            };
            if set.enabled.iter().any(|(other, _)| *other == known) {
                name.error(reading.problems, format!("plugin {} is enabled twice", quoted(&known)));
            }
            let plugin = known_plugin(&known).expect("read_name knows it");
            if let Some(point) = point.filter(|point| !plugin.acts_at(*point)) {
                let text = format!("plugin {} does nothing at {}", quoted(&known), point.name());
                name.error(reading.problems, text);
            }
            if !plugin.simulated {
                let text =
                    format!("plugin {known} is not simulated; it lets every pod pass and scores all nodes alike");
                reading.warn_once_for(plugin.name, &name, text, None);
            }
            set.enabled
                .push((known, i64::from(item.at("weight").int32().unwrap_or(0))));
        }
        for item in field.at("disabled").items() {
            let name = item.at("name");
            if name.str() == Some("*") {
                set.disabled.push("*".to_owned());
            } else {
                set.disabled.extend(read_name(&name, reading));
            }
        }
        set
    }
    fn disables(&self, name: &str) -> bool {
        self.disabled.iter().any(|other| other == "*" || other == name)
    }
    /// What acts at one extension point, from what `multiPoint` left (`framework/runtime/framework.go:
    /// expandMultiPointPlugins`): first what is enabled at both, as it stands here; then the rest of multiPoint; then the rest
    /// of what is enabled here.
    fn over(&self, everywhere: &[(String, i64)]) -> Vec<(String, i64)> {
        let left: Vec<&(String, i64)> = everywhere.iter().filter(|(name, _)| !self.disables(name)).collect();
        let is_here = |name: &str| self.enabled.iter().any(|(other, _)| other == name);
        let is_left = |name: &str| left.iter().any(|(other, _)| other == name);
        let (both, new): (Vec<_>, Vec<_>) = self.enabled.iter().cloned().partition(|(name, _)| is_left(name));
        let rest = left.iter().filter(|(name, _)| !is_here(name));
        both.into_iter().chain(rest.map(|p| (*p).clone())).chain(new).collect()
    }
}

/// A plugin's name, if there is such a plugin.
fn read_name(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<String> {
    let name = field.str_or_empty();
    if known_plugin(name).is_some() {
        return Some(name.to_owned());
    }
    let names = DEFAULT_PLUGINS.iter().chain(&OTHER_PLUGINS).map(|plugin| plugin.name);
    let hint = match suggest(name, names) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "plugins of one's own are not simulated".to_owned(),
    };
    let text = format!("plugin {} does not exist in kube-scheduler 1.36", quoted(name));
    field.error_with_hint(reading.problems, text, hint);
    None
}
