//! The course of a recording, from its CSV files and its summary.

use std::collections::BTreeMap;

use serde_json::Value;

use super::RecordingError;
use super::course::{Course, JobCourse, PodCourse};
use super::folder::Folder;
use super::rows::{Row, Rows};

/// Reads what happened in the recording of `folder`.
///
/// # Errors
/// A file is malformed, or nothing tells of the Jobs or of the pods.
pub fn read(folder: &Folder) -> Result<Course, RecordingError> {
    let mut course = Course::default();
    // Rows of events.csv name the pod; with only jobs.csv there are no such rows.
    let mut pods: Vec<(&str, PodCourse)> = Vec::new();
    let jobs = Rows::read(folder, "jobs.csv")?;
    match &jobs {
        Some(rows) => {
            for row in rows.iter() {
                let (name, job) = job_of_row(row)?;
                course.jobs.insert(name, job);
            }
        }
        None => jobs_of_summary(&folder.text("summary.json")?, &mut course)?,
    }
    let pod_rows = Rows::read(folder, "pods.csv")?;
    match (&pod_rows, &jobs) {
        (Some(rows), _) => {
            for row in rows.iter() {
                pods.push((row.required("pod")?, pod_of_row(row)?));
            }
        }
        // Without pods.csv, jobs.csv has the times of each Job's only pod.
        (None, Some(rows)) => {
            for row in rows.iter() {
                pods.push(("", pod_of_job_row(row)?));
            }
        }
        (None, None) => {
            return Err(RecordingError::Malformed {
                file: folder.name(),
                reason: "neither jobs.csv nor pods.csv is there".to_owned(),
            });
        }
    }
    if let Some(rows) = Rows::read(folder, "events.csv")? {
        take_events(&rows, &mut course.jobs, &mut pods)?;
    }
    course.pods = pods.into_iter().map(|(_, pod)| pod).collect();
    course
        .pods
        .sort_by(|a, b| a.created.unwrap_or(0.0).total_cmp(&b.created.unwrap_or(0.0)));
    Ok(course)
}

/// The second set of recordings has `submitted` and `job_failed`, the first only `submit_acknowledged`.
fn job_of_row(row: Row<'_>) -> Result<(String, JobCourse), RecordingError> {
    let submitted = match row.seconds("submitted")? {
        None => row.seconds("submit_acknowledged")?,
        sent => sent,
    };
    let (complete, failed) = (row.seconds("job_complete")?, row.seconds("job_failed")?);
    let condition = match (complete, failed) {
        (Some(_), _) => "Complete",
        (None, Some(_)) => "Failed",
        (None, None) => "",
    };
    let job = JobCourse {
        submitted,
        seen: row.seconds("job_seen")?,
        ended: complete.or(failed),
        condition: condition.to_owned(),
        reason: None,
    };
    Ok((row.required("job")?.to_owned(), job))
}

fn pod_of_row(row: Row<'_>) -> Result<PodCourse, RecordingError> {
    Ok(PodCourse {
        owner: row.required("owner")?.to_owned(),
        created: row.seconds("created")?,
        scheduled: row.seconds("scheduled")?,
        running: row.seconds("running")?,
        finished: row.seconds("finished")?,
        restarts: Vec::new(),
    })
}

fn pod_of_job_row(row: Row<'_>) -> Result<PodCourse, RecordingError> {
    Ok(PodCourse {
        owner: row.required("job")?.to_owned(),
        created: row.seconds("pod_created")?,
        scheduled: row.seconds("pod_scheduled")?,
        running: row.seconds("pod_running")?,
        finished: row.seconds("pod_finished")?,
        restarts: Vec::new(),
    })
}

/// `jobs` of summary.json: `complete`, `failed`, and `cond_<Type>: [status, reason, time]`.
fn jobs_of_summary(text: &str, course: &mut Course) -> Result<(), RecordingError> {
    let malformed = |reason: String| RecordingError::Malformed {
        file: "summary.json".to_owned(),
        reason,
    };
    let summary: Value = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    let Some(jobs) = summary["jobs"].as_object() else {
        return Err(malformed("it has no jobs, and there is no jobs.csv".to_owned()));
    };
    for (name, job) in jobs {
        let condition = ["Complete", "Failed"]
            .into_iter()
            .find(|condition| job[format!("cond_{condition}")][0] == "True")
            .unwrap_or_default();
        let reason = job[format!("cond_{condition}")][1].as_str();
        let job = JobCourse {
            submitted: None,
            seen: job["created"].as_f64(),
            ended: job["complete"].as_f64().or_else(|| job["failed"].as_f64()),
            condition: condition.to_owned(),
            reason: reason.map(str::to_owned),
        };
        course.jobs.insert(name.clone(), job);
    }
    Ok(())
}

/// What only events.csv tells: when the client sent each Job, reasons of conditions, restarts in place.
fn take_events(
    rows: &Rows,
    jobs: &mut BTreeMap<String, JobCourse>,
    pods: &mut [(&str, PodCourse)],
) -> Result<(), RecordingError> {
    for row in rows.iter() {
        let (Some(kind), Some(name), Some(event)) = (row.text("kind"), row.text("name"), row.text("event")) else {
            continue;
        };
        let time = row.seconds("time_s")?;
        match (kind, event) {
            ("Runner", "submit") => {
                let job = name.strip_prefix("Job/").and_then(|name| jobs.get_mut(name));
                if let Some(job) = job {
                    job.submitted = job.submitted.or(time);
                }
            }
            ("Job", "condition") => {
                let reason = row.text("detail").and_then(final_reason);
                if let (Some(job), Some(reason)) = (jobs.get_mut(name), reason) {
                    job.reason = Some(reason.to_owned());
                }
            }
            // The fake kubelet shows a restart count of 0 when it deletes a pod.
            ("Pod", "container-restarted") if row.text("detail") != Some("restartCount=0") => {
                let pod = pods.iter_mut().find(|(pod, _)| *pod == name);
                if let (Some((_, pod)), Some(time)) = (pod, time) {
                    pod.restarts.push(time);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The reason in `Complete=True reason=R: message`.
fn final_reason(detail: &str) -> Option<&str> {
    let rest = ["Complete=True reason=", "Failed=True reason="]
        .into_iter()
        .find_map(|start| detail.strip_prefix(start))?;
    Some(rest.split_once(':').map_or(rest, |(reason, _)| reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_files(files: &[(&str, &str)]) -> Result<Course, RecordingError> {
        let temporary = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(temporary.path().join(name), text).unwrap();
        }
        read(&Folder::new(temporary.path()))
    }

    #[test]
    fn the_first_set_tells_of_jobs_in_its_summary() {
        let course = read_files(&[
            (
                "summary.json",
                r#"{"jobs": {"a": {"complete": null, "failed": 7.5, "cond_Failed": ["True", "BackoffLimitExceeded", 7.5]}}}"#,
            ),
            ("pods.csv", "pod,owner,created,finished\na-2,a,3.5,\na-1,a,0.5,1.5\n"),
            (
                "events.csv",
                "time_s,kind,name,event,node,detail\n0.1,Runner,Job/a,submit,,HTTP 201\n2.5,Pod,a-1,container-restarted,n,restartCount=1\n\
                 4.5,Pod,a-1,container-restarted,n,restartCount=0\n",
            ),
        ])
        .unwrap();
        let job = &course.jobs["a"];
        assert_eq!((job.submitted, job.ended), (Some(0.1), Some(7.5)));
        assert_eq!(
            (job.condition.as_str(), job.reason.as_deref()),
            ("Failed", Some("BackoffLimitExceeded"))
        );
        assert_eq!(
            course.pods.iter().map(|p| p.created).collect::<Vec<_>>(),
            [Some(0.5), Some(3.5)]
        );
        assert_eq!(course.pods[1].finished, None);
        assert_eq!(course.pods[0].restarts, [2.5]);
    }

    #[test]
    fn jobs_csv_stands_for_pods_csv_where_every_job_has_one_pod() {
        let course = read_files(&[(
            "jobs.csv",
            "job,submit_acknowledged,pod_created,pod_running,job_complete\na,0.2,0.3,0.9,4\n",
        )])
        .unwrap();
        assert_eq!(course.jobs["a"].submitted, Some(0.2));
        assert_eq!(course.jobs["a"].condition, "Complete");
        assert_eq!(course.pods[0].running, Some(0.9));
    }

    #[test]
    fn a_reason_ends_at_the_colon() {
        assert_eq!(
            final_reason("Complete=True reason=CompletionsReached: Reached expected number"),
            Some("CompletionsReached")
        );
        assert_eq!(final_reason("FailureTarget=True reason=BackoffLimitExceeded: x"), None);
    }

    #[test]
    fn a_recording_without_results_is_refused() {
        assert!(matches!(read_files(&[]), Err(RecordingError::Unreadable { .. })));
        assert!(matches!(
            read_files(&[("summary.json", "{\"jobs\": {}}")]),
            Err(RecordingError::Malformed { .. })
        ));
    }
}
