//! CronJobs (`pkg/apis/batch/validation/validation.go: validateCronJobSpec`, `pkg/apis/batch/v1/defaults.go: SetDefaults_CronJob`).

use super::context::Reading;
use super::job::read_job_template;
use super::metadata::{Scope, read_metadata};
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::cluster::spec::{ConcurrencyPolicy, CronJobSpec};
use crate::kernel::SimDuration;
use crate::kernel::cron::Schedule;
use crate::kernel::time_zone::TimeZone;

/// Longest name: that of its Jobs is eleven letters longer.
const MAX_NAME: usize = 52;
/// `successfulJobsHistoryLimit` where it is not given.
const SUCCESSFUL_JOBS: u32 = 3;
/// `failedJobsHistoryLimit` where it is not given.
const FAILED_JOBS: u32 = 1;

/// Reads a CronJob; nothing if its schedule is wrong, which is told.
pub fn read_cron_job(object: &Field<'_>, ordinal: usize, reading: &mut Reading<'_>) -> Option<CronJobSpec> {
    let metadata = read_metadata(object, Scope::Namespaced, ordinal, reading);
    if metadata.name.len() > MAX_NAME {
        metadata.field.at("name").error(
            reading.problems,
            invalid(
                quoted(&metadata.name),
                &format!("must be no more than {MAX_NAME} characters"),
            ),
        );
    }
    let spec = object.at("spec");
    let schedule = read_schedule(&spec.at("schedule"), reading);
    let time_zone = read_time_zone(&spec.at("timeZone"), reading);
    let deadline = spec.at("startingDeadlineSeconds").seconds(reading.problems);
    let policy = spec.at("concurrencyPolicy");
    let concurrency_policy = match policy.str_or_empty() {
        "" | "Allow" => ConcurrencyPolicy::Allow,
        "Forbid" => ConcurrencyPolicy::Forbid,
        "Replace" => ConcurrencyPolicy::Replace,
        other => {
            policy.error(reading.problems, unsupported(other, &["Allow", "Forbid", "Replace"]));
            ConcurrencyPolicy::Allow
        }
    };
    let mut limit = |key: &str, default| spec.at(key).count(reading.problems).unwrap_or(default);
    let successful = limit("successfulJobsHistoryLimit", SUCCESSFUL_JOBS);
    let failed = limit("failedJobsHistoryLimit", FAILED_JOBS);
    let job = read_job_template(&spec.at("jobTemplate"), &metadata, reading);
    Some(CronJobSpec {
        namespace: metadata.namespace,
        name: metadata.name,
        schedule: schedule?,
        time_zone,
        starting_deadline: deadline.map(|s| SimDuration::from_secs(1).saturating_mul(s)),
        concurrency_policy,
        suspend: spec.at("suspend").bool() == Some(true),
        successful_jobs_history_limit: successful,
        failed_jobs_history_limit: failed,
        job,
    })
}

fn read_schedule(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<Schedule> {
    let text = field.str_or_empty();
    if text.is_empty() {
        field.error(reading.problems, required(""));
        return None;
    }
    if text.contains("TZ") {
        field.error_with_hint(
            reading.problems,
            invalid(
                quoted(text),
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
            ),
            "write the zone as `timeZone: Europe/Berlin`",
        );
        return None;
    }
    match Schedule::parse(text) {
        Ok(schedule) => Some(schedule),
        Err(what) => {
            field.error_with_hint(
                reading.problems,
                invalid(quoted(text), &what),
                "minute, hour, day of the month, month, day of the week, such as `*/5 8-18 * * mon-fri`; or `@every 90m`",
            );
            None
        }
    }
}

fn read_time_zone(field: &Field<'_>, reading: &mut Reading<'_>) -> TimeZone {
    let Some(text) = field.str() else {
        return TimeZone::UTC;
    };
    let problem = if text.is_empty() {
        "must be nil or non-empty string".to_owned()
    } else if text.eq_ignore_ascii_case("Local") {
        "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones".to_owned()
    } else if let Some(zone) = TimeZone::named(text) {
        return zone;
    } else {
        format!("unknown time zone {text}")
    };
    field.error(reading.problems, invalid(quoted(text), &problem));
    TimeZone::UTC
}
