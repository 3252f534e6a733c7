//! The `Scenario` document: what Kubernetes does not know, beside the manifests.
//!
//! ```yaml
//! apiVersion: makespan.dev/v1
//! kind: Scenario
//! metadata: {name: mixed-team}
//! spec:
//!   seed: 1
//!   until: 24h
//!   controlPlane: {preset: kubernetes, jobController: {kubeAPIQPS: 20}}
//!   nodePools: [{name: a100, count: 4, allocatable: {cpu: "64", memory: 256Gi, nvidia.com/gpu: 8}}]
//!   # Or a list of nodes in a CSV file, see `scenario/pools.rs`.
//!   submission: {strategy: parallel}
//!   jobs: [{name: ml-train, copies: 100, runtime: 5m, outcome: ok}]
//!   images: {missing: [typo:latest], pullTime: {ml-image:latest: 90s}}
//!   failures: [{of: nodes, between: exponential(mean=30d), repair: 10m}] # see `scenario/failures.rs`
//!   # Or in requests a second, see `scenario/service.rs`.
//!   services: [{deployment: web, load: 'sine(mean=8,amplitude=6,period=24h)', capPerPod: 1}]
//!   compare: {jobs: [10, 100], nodes: [1, 2], strategies: [parallel], controlPlanes: [ideal], replications: 20}
//! ```

use std::sync::Arc;

use crate::api::objects::Field;
use crate::api::problem::Problems;
use crate::api::quantity::Quantity;
use crate::api::value::{Document, Source, Value, ValueKind};
use crate::cluster::ResourceTable;
use crate::cluster::spec::{NodeSpec, Outcome};
use crate::control::service::ServiceLoad;
use crate::control::{ControlPlane, Preset};
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;
use crate::kernel::text::suggest;
use crate::scenario::failures::FailureEntry;
use crate::scenario::sources::Variables;
use crate::scenario::{Compare, control_plane, failures, pools, service};
use crate::workload::strategy::Strategy;
use crate::workload::{Arrivals, files};

/// Group of makespan's own documents.
pub const API_GROUP: &str = "makespan.dev/";
/// Version of the Scenario document.
pub const API_VERSION: &str = "makespan.dev/v1";

/// Nodes that one pool or list may have.
pub(super) const MAX_NODES: u32 = 1_000_000;
/// Copies that one Job may have.
pub const MAX_JOBS: u32 = 20_000_000;

/// What the scenario says about one Job.
#[derive(Clone, Debug, Default)]
pub struct JobEntry {
    /// Name of the Job.
    pub name: String,
    /// How many copies are submitted.
    pub copies: Option<u32>,
    /// Run time, in place of what the manifest says.
    pub runtime: Option<Distribution>,
    /// Outcome, in place of what the manifest says.
    pub outcome: Option<Outcome>,
    /// For messages.
    pub place: (Option<Arc<Source>>, crate::api::value::Place),
}

/// What a Scenario document says; what it does not say is `None` or empty.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// `metadata.name`.
    pub name: Option<String>,
    /// `spec.seed`.
    pub seed: Option<u64>,
    /// `spec.until`.
    pub until: Option<SimDuration>,
    /// `spec.controlPlane`.
    pub control_plane: Option<ControlPlane>,
    /// `spec.nodePools`, with the pools' names.
    pub nodes: Vec<NodeSpec>,
    /// Names of these pools.
    pub pools: Vec<String>,
    /// Whether `spec.nodePools` names any, readable or not.
    pub has_pools: bool,
    /// `spec.submission`.
    pub strategy: Option<Strategy>,
    /// `spec.jobs`.
    pub jobs: Vec<JobEntry>,
    /// `spec.images.missing`.
    pub missing_images: Vec<String>,
    /// `spec.images.pullTime`.
    pub pull_times: Vec<(String, SimDuration)>,
    /// Images and their sizes in bytes.
    pub image_sizes: Vec<(String, i64)>,
    /// `spec.services`.
    pub services: Vec<(String, ServiceLoad)>,
    /// `spec.failures`.
    pub failures: Vec<FailureEntry>,
    /// `spec.compare`.
    pub compare: Option<Compare>,
}

/// Whether `document` is one of makespan's own.
#[must_use]
pub fn is_own(document: &Document) -> bool {
    document
        .root
        .get("apiVersion")
        .and_then(Value::as_str)
        .is_some_and(|v| v.starts_with(API_GROUP))
}

/// Reads a Scenario document.
///
/// `variables` are what `${NAME}` stands for in the path of a node list.
pub fn read(
    document: &Document,
    variables: &Variables,
    resources: &mut ResourceTable,
    problems: &mut Problems,
) -> Draft {
    let root = Field::root(document);
    let mut draft = Draft::default();
    check_keys(&root, &["apiVersion", "kind", "metadata", "spec"], problems);
    if root.at("apiVersion").str() != Some(API_VERSION) {
        root.at("apiVersion")
            .error(problems, format!("unknown version; this program reads {API_VERSION}"));
    }
    if root.at("kind").str() != Some("Scenario") {
        root.at("kind")
            .error(problems, "unknown kind; makespan's own documents are of kind Scenario");
        return draft;
    }
    let metadata = root.at("metadata");
    check_keys(&metadata, &["name", "labels", "annotations"], problems);
    draft.name = read_name(&metadata.at("name"), problems);
    let spec = root.at("spec");
    let known = [
        "seed",
        "until",
        "controlPlane",
        "nodePools",
        "submission",
        "jobs",
        "images",
        "services",
        "failures",
        "compare",
        "changes",
    ];
    check_keys(&spec, &known, problems);
    draft.seed = read_seed(&spec.at("seed"), problems);
    draft.until = parsed(&spec.at("until"), "a duration such as 24h", problems);
    if spec.at("controlPlane").is_present() {
        let mut plane = ControlPlane::kubernetes();
        control_plane::read(&spec.at("controlPlane"), &mut plane, problems);
        draft.control_plane = Some(plane);
    }
    let listed = list(&spec.at("nodePools"), problems);
    draft.has_pools = !listed.is_empty();
    for pool in listed {
        pools::read(&pool, variables, &mut draft, resources, problems);
    }
    read_submission(&spec.at("submission"), &mut draft, problems);
    draft.jobs = list(&spec.at("jobs"), problems)
        .iter()
        .map(|job| read_job(job, problems))
        .collect();
    read_images(&spec.at("images"), &mut draft, problems);
    for service in list(&spec.at("services"), problems) {
        draft.services.extend(service::read(&service, problems));
    }
    let broken = list(&spec.at("failures"), problems);
    let broken = broken
        .iter()
        .filter_map(|entry| failures::read(entry, resources, problems));
    draft.failures = broken.collect();
    if spec.at("compare").is_present() {
        draft.compare = Some(read_compare(&spec.at("compare"), problems));
    }
    draft
}

/// A name; it becomes the name of a folder, too.
fn read_name(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let name = text(field, problems)?;
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(fits) || name.starts_with('.') {
        let hint = "use letters, digits, - and _: results are written to a folder of this name";
        field.error_with_hint(problems, format!("{name:?} is no name for a scenario"), hint);
    }
    Some(name.to_owned())
}

fn read_seed(field: &Field<'_>, problems: &mut Problems) -> Option<u64> {
    let seed = field.scalar().and_then(|text| text.parse().ok());
    if seed.is_none() && field.is_present() {
        field.error(
            problems,
            format!("a whole number from 0 to {} is needed here", u64::MAX),
        );
    }
    seed
}

/// Tells keys that are not among `known`, with the nearest that is.
pub(super) fn check_keys(field: &Field<'_>, known: &[&'static str], problems: &mut Problems) {
    if field.is_present() && !field.is_map() {
        field.error(problems, format!("a map is needed here, with {}", known.join(", ")));
    }
    for (key, _) in field.entries() {
        if !known.contains(&key) {
            let hint = match suggest(key, known) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("here may stand {}", known.join(", ")),
            };
            field
                .at(key)
                .error_with_hint(problems, format!("unknown field {key:?}"), hint);
        }
    }
}

/// Reads a scalar by its `FromStr`; what is wrong is told in the words of its error.
pub(super) fn parsed<T: std::str::FromStr>(field: &Field<'_>, wanted: &str, problems: &mut Problems) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    if !field.is_present() {
        return None;
    }
    let Some(text) = field.scalar() else {
        field.error(problems, format!("{wanted} is needed here"));
        return None;
    };
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            let message = error.to_string();
            // Most errors say what to write, after a semicolon.
            if message.contains("; ") {
                field.error(problems, message);
            } else {
                field.error_with_hint(problems, message, format!("give {wanted}"));
            }
            None
        }
    }
}

/// The items of a list; anything else than a list is told.
pub(super) fn list<'a>(field: &Field<'a>, problems: &mut Problems) -> Vec<Field<'a>> {
    if field
        .value()
        .is_some_and(|value| !matches!(value.kind, ValueKind::List(_)))
    {
        let hint = "write [a, b], or one item per line after a dash";
        field.error_with_hint(problems, "a list is needed here", hint);
    }
    field.items()
}

/// A text; anything else is told.
pub(super) fn text<'a>(field: &Field<'a>, problems: &mut Problems) -> Option<&'a str> {
    if field.is_present() && field.str().is_none() {
        field.error_with_hint(problems, "a text is needed here", "put it in quotes");
    }
    field.str()
}

/// A whole number from 1 to `most`.
pub(super) fn count(field: &Field<'_>, most: u32, problems: &mut Problems) -> Option<u32> {
    let number: Option<u32> = field
        .scalar()
        .and_then(|text| text.parse().ok())
        .filter(|n| (1..=most).contains(n));
    if number.is_none() && field.is_present() {
        field.error(problems, format!("a whole number from 1 to {most} is needed here"));
    }
    number
}

fn read_submission(field: &Field<'_>, draft: &mut Draft, problems: &mut Problems) {
    check_keys(field, &["strategy", "arrivals"], problems);
    let arrivals: Option<Arrivals> = parsed(
        &field.at("arrivals"),
        "arrivals such as poisson(rate=2/s) or every(10s)",
        problems,
    );
    if !field.is_present() {
        return;
    }
    match Strategy::choose(field.at("strategy").scalar(), arrivals) {
        Ok(mut strategy) => {
            if let Err(error) = files::read_strategy(&mut strategy, &super::sources::base(field.source())) {
                field.at("arrivals").error(problems, error.to_string());
            }
            draft.strategy = Some(strategy);
        }
        Err(error) => field.at("strategy").error(problems, error.to_string()),
    }
}

fn read_job(field: &Field<'_>, problems: &mut Problems) -> JobEntry {
    check_keys(field, &["name", "copies", "runtime", "outcome"], problems);
    let name = text(&field.at("name"), problems).unwrap_or("");
    if field.is_map() && !field.at("name").is_present() {
        field.error_with_hint(
            problems,
            "name is missing",
            "name the Job of a manifest that this is about",
        );
    }
    let mut runtime: Option<Distribution> = parsed(
        &field.at("runtime"),
        "a duration or a distribution such as lognormal(median=20m,p95=1h)",
        problems,
    );
    let base = super::sources::base(field.source());
    if let Some(Err(error)) = runtime
        .as_mut()
        .map(|distribution| files::read_distribution(distribution, &base))
    {
        field.at("runtime").error(problems, error.to_string());
    }
    if field.at("runtime").is_present() {
        // One that is wrong counts as given, so that its absence is not told as well.
        runtime = runtime.or_else(|| Some(SimDuration::ZERO.into()));
    }
    JobEntry {
        name: name.to_owned(),
        copies: count(&field.at("copies"), MAX_JOBS, problems),
        runtime,
        outcome: parsed(
            &field.at("outcome"),
            "ok, fail, exit:3, a list such as \"fail,fail,ok\", or fail(p=0.1)",
            problems,
        ),
        place: (Some(field.source().clone()), field.place()),
    }
}

fn read_images(field: &Field<'_>, draft: &mut Draft, problems: &mut Problems) {
    check_keys(field, &["missing", "pullTime", "size", "bandwidth"], problems);
    let missing = list(&field.at("missing"), problems);
    draft.missing_images = missing
        .iter()
        .filter_map(|image| text(image, problems).map(str::to_owned))
        .collect();
    for (image, entry) in field.at("pullTime").entries() {
        if let Some(time) = parsed(&entry, "a duration such as 90s", problems) {
            draft.pull_times.push((image.to_owned(), time));
        }
    }
    read_image_sizes(field, draft, problems);
}

/// `size` of images in bytes, and the `bandwidth` of one pull in bytes a second: together they are pull times.
fn read_image_sizes(field: &Field<'_>, draft: &mut Draft, problems: &mut Problems) {
    let wanted = "a quantity of bytes such as 12Gi";
    let bandwidth: Option<Quantity> = parsed(&field.at("bandwidth"), "bytes a second such as 500Mi", problems);
    let bandwidth = bandwidth.map(|quantity| quantity.milli_value());
    if bandwidth.is_some_and(|rate| rate <= 0) {
        field
            .at("bandwidth")
            .error(problems, "nothing would ever be pulled; give bytes a second above zero");
    }
    if field.at("size").is_present() && !field.at("bandwidth").is_present() {
        let hint = "add `bandwidth: 500Mi`, the bytes a second of one pull";
        field.error_with_hint(problems, "size needs a bandwidth", hint);
    }
    for (image, entry) in field.at("size").entries() {
        let Some(size) = parsed::<Quantity>(&entry, wanted, problems) else {
            continue;
        };
        if draft.pull_times.iter().any(|(name, _)| *name == image) {
            entry.error(problems, "the image has a pullTime, too; one of them is enough");
        }
        // Without a bandwidth that makes sense there is nothing more to say.
        let Some(rate) = bandwidth.filter(|rate| *rate > 0) else {
            continue;
        };
        match SimDuration::from_secs_f64(size.milli_value() as f64 / rate as f64) {
            Some(time) => {
                draft.pull_times.push((image.to_owned(), time));
                draft.image_sizes.push((image.to_owned(), size.milli_value() / 1000));
            }
            None => entry.error(problems, format!("{wanted} is needed here")),
        }
    }
}

fn read_compare(field: &Field<'_>, problems: &mut Problems) -> Compare {
    check_keys(
        field,
        &["jobs", "nodes", "strategies", "controlPlanes", "replications"],
        problems,
    );
    let mut compare = Compare::default();
    if let Some(jobs) = factor(&field.at("jobs"), problems, |item, p| count(item, MAX_JOBS, p)) {
        // Not `n`: YAML 1.1 reads that as false.
        compare.n = jobs;
    }
    if let Some(nodes) = factor(&field.at("nodes"), problems, |item, p| count(item, MAX_NODES, p)) {
        compare.nodes = nodes;
    }
    let strategy =
        |item: &Field<'_>, p: &mut Problems| parsed(item, "sequential, parallel, batched:K or windowed:K", p);
    if let Some(strategies) = factor(&field.at("strategies"), problems, strategy) {
        compare.strategies = strategies;
    }
    let preset = |item: &Field<'_>, p: &mut Problems| parsed::<Preset>(item, "ideal or kubernetes", p);
    if let Some(presets) = factor(&field.at("controlPlanes"), problems, preset) {
        compare.control_planes = presets;
    }
    if let Some(replications) = count(&field.at("replications"), 1_000_000, problems) {
        compare.replications = replications;
    }
    compare
}

/// The values of one factor, if it is given; an empty list is told.
fn factor<T>(
    field: &Field<'_>,
    problems: &mut Problems,
    read: impl Fn(&Field<'_>, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let value = field.value()?;
    let items = list(field, problems);
    if items.is_empty() && matches!(value.kind, ValueKind::List(_)) {
        field.error_with_hint(
            problems,
            "the list is empty",
            "give at least one value, or leave the line out",
        );
    }
    Some(items.iter().filter_map(|item| read(item, problems)).collect())
}
