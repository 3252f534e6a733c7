//! CronJobs: what is read, and what is refused, in the API server's words.

use serde_json::{Value as Json, json};

use super::{container, lines, read, with};
use crate::cluster::spec::{ConcurrencyPolicy, CronJobSpec, ObjectSpec};
use crate::kernel::SimDuration;

fn cron_job(changes: &[(&str, Json)]) -> Json {
    let base = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"},
        "spec": {
            "schedule": "*/5 2 * * *",
            "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container()]}}}},
        },
    });
    with(base, changes)
}

fn read_cron_job(changes: &[(&str, Json)]) -> CronJobSpec {
    let outcome = read(&[cron_job(changes)]);
    assert_eq!(outcome.text(), "");
    match &outcome.objects[0].spec {
        ObjectSpec::CronJob(spec) => CronJobSpec::clone(spec),
        other => panic!("{other:?} is no CronJob"),
    }
}

#[test]
fn a_cron_job_is_read_with_its_defaults() {
    let spec = read_cron_job(&[]);
    assert_eq!((spec.namespace.as_str(), spec.name.as_str()), ("default", "nightly"));
    assert_eq!(spec.concurrency_policy, ConcurrencyPolicy::Allow);
    assert_eq!(
        (spec.successful_jobs_history_limit, spec.failed_jobs_history_limit),
        (3, 1)
    );
    assert_eq!((spec.starting_deadline, spec.suspend), (None, false));
    // At 2:00 UTC on the first day of 1970, then every 5 minutes.
    assert_eq!(spec.schedule.next(0, &spec.time_zone), Some(7_200));
    let spec = read_cron_job(&[
        ("spec.schedule", json!("@every 90m")),
        ("spec.timeZone", json!("Europe/Berlin")),
        ("spec.concurrencyPolicy", json!("Replace")),
        ("spec.startingDeadlineSeconds", json!(30)),
        ("spec.suspend", json!(true)),
        ("spec.successfulJobsHistoryLimit", json!(0)),
        ("spec.failedJobsHistoryLimit", json!(7)),
        ("spec.jobTemplate.spec.backoffLimit", json!(2)),
        ("spec.jobTemplate.spec.parallelism", json!(4)),
        ("spec.jobTemplate.spec.ttlSecondsAfterFinished", json!(60)),
    ]);
    assert_eq!(spec.concurrency_policy, ConcurrencyPolicy::Replace);
    assert_eq!(
        (spec.successful_jobs_history_limit, spec.failed_jobs_history_limit),
        (0, 7)
    );
    assert_eq!(
        (spec.starting_deadline, spec.suspend),
        (Some(SimDuration::from_secs(30)), true)
    );
    assert_eq!(
        (spec.job.backoff_limit, spec.job.parallelism, spec.job.completions),
        (2, 4, None)
    );
    assert_eq!(spec.job.ttl_after_finished, Some(SimDuration::from_secs(60)));
    assert_eq!(spec.schedule.next(10, &spec.time_zone), Some(10 + 5_400));
}

#[test]
fn wrong_cron_jobs_are_told_with_their_places() {
    let told = |path: &str, value: Json| lines(cron_job(&[(path, value)]));
    assert_eq!(told("spec.schedule", json!("")), ["E spec.schedule: Required value"]);
    assert_eq!(
        told("spec.schedule", json!("hourly")),
        ["E spec.schedule: Invalid value: \"hourly\": expected exactly 5 fields, found 1: [hourly]"]
    );
    assert_eq!(
        told("spec.schedule", json!("TZ=UTC 0 0 * * *")),
        [
            "E spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        ]
    );
    assert_eq!(
        told("spec.timeZone", json!("Mars/Olympus")),
        ["E spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus"]
    );
    assert_eq!(
        told("spec.timeZone", json!("local")),
        [
            "E spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in \
             https://www.iana.org/time-zones"
        ]
    );
    assert_eq!(
        told("spec.concurrencyPolicy", json!("Queue")),
        [
            "E spec.concurrencyPolicy: Unsupported value: \"Queue\": supported values: \"Allow\", \"Forbid\", \"Replace\""
        ]
    );
    assert_eq!(
        told("spec.startingDeadlineSeconds", json!(-1)),
        ["E spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0"]
    );
    assert_eq!(
        told("spec.failedJobsHistoryLimit", json!(-1)),
        ["E spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0"]
    );
    let name = "n".repeat(53);
    assert_eq!(
        told("metadata.name", json!(name)),
        [format!(
            "E metadata.name: Invalid value: \"{name}\": must be no more than 52 characters"
        )]
    );
    // The template of its Jobs is checked where it stands.
    assert_eq!(
        told("spec.jobTemplate.spec.template.spec.restartPolicy", json!("Always")),
        ["E spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""]
    );
    assert_eq!(
        told("spec.jobTemplate.spec.completionMode", json!("Indexed"))[0],
        "E spec.jobTemplate.spec.completions: Required value: when completion mode is Indexed"
    );
    assert_eq!(
        told("spec.jobTemplate.spec.selector", json!({"matchLabels": {"a": "b"}})),
        [
            "E spec.jobTemplate.spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` will be auto-generated"
        ]
    );
    assert_eq!(
        told("spec.jobTemplate.spec.manualSelector", json!(true)),
        ["E spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\""]
    );
}
