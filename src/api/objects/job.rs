//! Jobs (`pkg/apis/batch/validation/validation.go: ValidateJob`, `pkg/apis/batch/v1/defaults.go: SetDefaults_Job`).

use std::sync::Arc;

use super::context::Reading;
use super::job_policy::read_policies;
use super::metadata::{Metadata, Scope, read_labels, read_metadata};
use super::names;
use super::pod_template::{Workload, read_pod_template};
use super::reader::{Field, invalid, labels_json, quoted, required, unsupported};
use super::selector::read_label_selector;
use crate::cluster::spec::{CompletionMode, JobSpec, LabelSelector, Labels};
use crate::kernel::SimDuration;

/// `backoffLimit` where it is not given.
const DEFAULT_BACKOFF_LIMIT: u32 = 6;
/// The same with `backoffLimitPerIndex`.
const BACKOFF_LIMIT_WITH_INDEXES: u32 = i32::MAX as u32;
/// Most pods at once of an Indexed Job (`maxParallelismForIndexedJob`).
const MAX_INDEXED_PARALLELISM: u32 = 100_000;
/// Completions above which Jobs with a per-index limit are bounded further (`completionsSoftLimit`).
const COMPLETIONS_SOFT_LIMIT: u32 = 100_000;
/// Those bounds (`parallelismLimitForHighCompletions`, `maxFailedIndexesLimitForHighCompletions`).
const HIGH_COMPLETIONS_LIMIT: u32 = 10_000;
/// `managedBy` of the Jobs that the Job controller itself runs.
const JOB_CONTROLLER: &str = "kubernetes.io/job-controller";
/// What `manualSelector` of a CronJob's template may be.
const SELECTORS: &str = "supported values: \"nil\", \"false\"";
/// Longest `managedBy`, in bytes (`maxManagedByLength`).
const MAX_MANAGER: usize = 63;
/// What a path may have beside letters and digits (`httpPathFmt`).
const PATH_SIGNS: &str = "/-._~%!$&'()*+,;=:";
/// Labels by which the Job controller finds its pods, in a Job that was read back from a cluster.
const GENERATED_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

/// Labels that hold the Job's name, on its pods.
const NAME_LABELS: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];
/// Stands for the uid that a Job gets when it is created.
const UID: &str = "<uid>";

/// The counts of a Job with their defaults, as far as the checks of other fields need them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCounts {
    /// `completionMode`.
    pub mode: CompletionMode,
    /// `parallelism`.
    pub parallelism: u32,
    /// `completions`.
    pub completions: Option<u32>,
    /// `backoffLimitPerIndex`.
    pub per_index: Option<u32>,
}

/// Reads a Job.
pub fn read_job(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> JobSpec {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    let spec = object.at("spec");
    default_labels(&metadata, &spec, reading);
    check_name(&metadata, reading);
    check_selector(&spec, &metadata.name, reading);
    let counts = read_counts(&spec, reading);
    check_pod_names(&metadata, counts, reading);
    read_spec(&spec, counts, &metadata, reading)
}

/// A Job without labels gets those of its template (`SetDefaults_Job`), so what is wrong with them is told of both.
fn default_labels(metadata: &Metadata<'_>, spec: &Field<'_>, reading: &mut Reading<'_>) {
    let own = metadata.field.at("labels");
    if own.is_empty() {
        let labels = spec.at_path("template.metadata.labels");
        read_labels(&labels.renamed(own.path()), reading);
    }
}

/// Reads the `jobTemplate` of the CronJob with this metadata. The Job's name is still open.
pub fn read_job_template(template: &Field<'_>, owner: &Metadata<'_>, reading: &mut Reading<'_>) -> JobSpec {
    let spec = template.at("spec");
    // `ValidateJobTemplateSpec`.
    let [selector, manual] = ["selector", "manualSelector"].map(|key| spec.at(key));
    if selector.is_present() {
        selector.error_with_hint(
            reading.problems,
            invalid(selector.json(), "`selector` will be auto-generated"),
            "leave the selector out: each Job gets one",
        );
    }
    if manual.bool() == Some(true) {
        manual.error(reading.problems, format!("Unsupported value: true: {SELECTORS}"));
    }
    let mut counts = read_counts(&spec, reading);
    // Only Jobs get defaults for their counts, and the API server asks before there is one.
    if counts.mode == CompletionMode::Indexed && !spec.at("completions").is_present() {
        counts.completions = None;
    }
    read_spec(&spec, counts, owner, reading)
}

fn read_spec(spec: &Field<'_>, counts: JobCounts, metadata: &Metadata<'_>, reading: &mut Reading<'_>) -> JobSpec {
    check_indexed(spec, counts, reading);
    let backoff_limit = spec.at("backoffLimit").count(reading.problems);
    let deadline = spec.at("activeDeadlineSeconds").seconds(reading.problems);
    let template = read_pod_template(
        &spec.at("template"),
        &metadata.field,
        &metadata.name,
        Workload::Job,
        reading,
    );
    let policies = read_policies(spec, counts, reading);
    let ttl = spec.at("ttlSecondsAfterFinished").count(reading.problems);
    let containers = spec.at_path("template.spec").at("containers").items();
    let manager = spec.at("managedBy");
    check_manager(&manager, reading);
    JobSpec {
        backoff_limit: backoff_limit.unwrap_or(if counts.per_index.is_some() {
            BACKOFF_LIMIT_WITH_INDEXES
        } else {
            DEFAULT_BACKOFF_LIMIT
        }),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        parallelism: counts.parallelism,
        completions: counts.completions,
        completion_mode: counts.mode,
        active_deadline: deadline.map(|s| SimDuration::from_secs(1).saturating_mul(s)),
        backoff_limit_per_index: counts.per_index,
        max_failed_indexes: policies.max_failed_indexes,
        pod_failure_policy: policies.failure,
        pod_replacement_policy: policies.replacement,
        success_policy: policies.success,
        ttl_after_finished: ttl.map(|s| SimDuration::from_secs(s.into())),
        suspend: spec.at("suspend").bool() == Some(true),
        managed_elsewhere: manager.str().is_some_and(|name| name != JOB_CONTROLLER),
        container: containers
            .first()
            .map_or("", |c| c.at("name").str_or_empty())
            .to_owned(),
        template: Arc::new(template),
    }
}

/// `managedBy` is a path below a domain (`staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go:
/// IsDomainPrefixedPath`).
fn check_manager(manager: &Field<'_>, reading: &mut Reading<'_>) {
    let Some(text) = manager.str() else { return };
    match text.split_once('/') {
        _ if text.is_empty() => manager.error(reading.problems, required("")),
        Some((host, path)) if !host.is_empty() && !path.is_empty() => {
            for fault in names::dns_subdomain(host) {
                manager.error(reading.problems, invalid(quoted(host), &fault));
            }
            let is_of_path = |c: char| c.is_ascii_alphanumeric() || PATH_SIGNS.contains(c);
            if !path.chars().all(is_of_path) {
                let detail = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                manager.error(reading.problems, invalid(quoted(path), detail));
            }
        }
        _ => {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            manager.error(reading.problems, invalid(quoted(text), detail));
        }
    }
    if text.len() > MAX_MANAGER {
        let message = format!("Too long: may not be more than {MAX_MANAGER} bytes");
        manager.error(reading.problems, message);
    }
}

fn read_counts(spec: &Field<'_>, reading: &mut Reading<'_>) -> JobCounts {
    let [parallelism, completions] = ["parallelism", "completions"].map(|key| spec.at(key));
    let neither = !parallelism.is_present() && !completions.is_present();
    let mode_field = spec.at("completionMode");
    let mode = match mode_field.str_or_empty() {
        "" | "NonIndexed" => CompletionMode::NonIndexed,
        "Indexed" => CompletionMode::Indexed,
        other => {
            mode_field.error(reading.problems, unsupported(other, &["NonIndexed", "Indexed"]));
            CompletionMode::NonIndexed
        }
    };
    JobCounts {
        mode,
        parallelism: parallelism.count(reading.problems).unwrap_or(1),
        completions: if neither {
            Some(1)
        } else {
            completions.count(reading.problems)
        },
        per_index: spec.at("backoffLimitPerIndex").count(reading.problems),
    }
}

fn check_indexed(spec: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    if counts.mode == CompletionMode::NonIndexed {
        if let Some(limit) = counts.per_index {
            let message = invalid(limit, "requires indexed completion mode");
            spec.at("backoffLimitPerIndex")
                .error_with_hint(reading.problems, message, "add `completionMode: Indexed`");
        }
        return;
    }
    let completions = spec.at("completions");
    if !completions.is_present() && counts.completions.is_none() {
        completions.error_with_hint(
            reading.problems,
            required("when completion mode is Indexed"),
            "add `completions`, the number of indexes",
        );
    }
    if counts.parallelism > MAX_INDEXED_PARALLELISM {
        let detail = format!("must be less than or equal to {MAX_INDEXED_PARALLELISM} when completion mode is Indexed");
        spec.at("parallelism")
            .error(reading.problems, invalid(counts.parallelism, &detail));
    }
    check_many_indexes(spec, counts, reading);
}

/// The names of an Indexed Job's pods must be labels.
fn check_pod_names(metadata: &Metadata<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    if counts.mode == CompletionMode::NonIndexed {
        return;
    }
    if let Some(last) = counts.completions.and_then(|c| c.checked_sub(1)) {
        let pod = format!("{}-{last}", metadata.name);
        if !metadata.name.is_empty() && !names::dns_label(&pod).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {pod}");
            metadata.field.at("name").error_with_hint(
                reading.problems,
                invalid(quoted(&metadata.name), &detail),
                format!(
                    "the pods of an Indexed Job are named <Job>-<index>, at most {} characters of a-z, 0-9 and -",
                    names::LABEL_MAX
                ),
            );
        }
    }
}

fn check_many_indexes(spec: &Field<'_>, counts: JobCounts, reading: &mut Reading<'_>) {
    let (Some(_), Some(completions)) = (counts.per_index, counts.completions) else {
        return;
    };
    if completions <= COMPLETIONS_SOFT_LIMIT {
        return;
    }
    let failed = spec.at("maxFailedIndexes");
    match failed.int32() {
        None => {
            let detail = format!("must be specified when completions is above {COMPLETIONS_SOFT_LIMIT}");
            failed.error(reading.problems, required(&detail));
        }
        Some(value) if i64::from(value) > i64::from(HIGH_COMPLETIONS_LIMIT) => {
            let detail = format!(
                "must be less than or equal to {HIGH_COMPLETIONS_LIMIT} when completions are above \
                 {COMPLETIONS_SOFT_LIMIT} and used with backoff limit per index"
            );
            failed.error(reading.problems, invalid(value, &detail));
        }
        Some(_) => {}
    }
    if counts.parallelism > HIGH_COMPLETIONS_LIMIT {
        let detail = format!(
            "must be less than or equal to {HIGH_COMPLETIONS_LIMIT} when completions are above {COMPLETIONS_SOFT_LIMIT} \
             and used with backoff limit per index"
        );
        spec.at("parallelism")
            .error(reading.problems, invalid(counts.parallelism, &detail));
    }
}

/// The Job's name becomes the value of a label on its pods, so it may be no longer than one.
fn check_name(metadata: &Metadata<'_>, reading: &mut Reading<'_>) {
    if metadata.name.len() > names::LABEL_MAX {
        let message = invalid(
            quoted(&metadata.name),
            &format!("must be no more than {} bytes", names::LABEL_MAX),
        );
        metadata
            .field
            .at("name")
            .renamed("spec.template.labels")
            .error_with_hint(
                reading.problems,
                message,
                format!(
                    "shorten metadata.name to {} characters: it becomes a label of the Job's pods",
                    names::LABEL_MAX
                ),
            );
    }
}

/// A selector of one's own needs `manualSelector: true`; one that a cluster generated is let pass.
fn check_selector(spec: &Field<'_>, name: &str, reading: &mut Reading<'_>) {
    let selector = spec.at("selector");
    if !selector.is_present() || spec.at("manualSelector").bool() == Some(true) {
        return;
    }
    let mut labels = selector.at("matchLabels").string_map();
    if GENERATED_LABELS.iter().any(|key| labels.contains_key(*key)) {
        return;
    }
    // The API server adds its own label before it looks (`pkg/registry/batch/job/strategy.go: generateSelector`).
    let own: Labels = [(GENERATED_LABELS[0].to_owned(), UID.to_owned())].into();
    labels.extend(own.clone());
    let expressions = selector.at("matchExpressions");
    let further = if expressions.is_empty() {
        String::new()
    } else {
        format!(",\"matchExpressions\":{}", expressions.json())
    };
    let printed = format!("{{\"matchLabels\":{}{further}}}", labels_json(&labels));
    selector.error_with_hint(
        reading.problems,
        invalid(printed, "`selector` not auto-generated"),
        "leave the selector out: the Job controller makes one",
    );
    let template = spec.at_path("template.metadata.labels");
    let mut pods = template.string_map();
    pods.extend(own);
    pods.extend([(GENERATED_LABELS[1].to_owned(), UID.to_owned())]);
    pods.extend(NAME_LABELS.map(|key| (key.to_owned(), name.to_owned())));
    let wanted = LabelSelector {
        match_labels: labels,
        ..read_label_selector(&selector, reading)
    };
    if !wanted.matches(&pods) {
        let message = invalid(labels_json(&pods), "`selector` does not match template `labels`");
        template.error(reading.problems, message);
    }
}
