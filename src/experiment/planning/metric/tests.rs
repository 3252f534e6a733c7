//! Metrics of a small run that is easy to reckon by hand.

use super::*;
use crate::cluster::JobId;
use crate::cluster::job::FailureReason;
use crate::cluster::pod::Owner;
use crate::cluster::record::Silent;
use crate::control::End;
use crate::observe::testing::{Story, at, store};

fn outcome() -> Outcome {
    Outcome {
        end: End::Finished,
        ended_at: at(60),
        events: 0,
        job_controller_calls: (0, 0),
        scheduler_calls: (0, 0),
        scheduling_attempts: 0,
    }
}

/// Two Jobs submitted at 10 s, one of which runs 12-22 s and completes, the other 13-43 s and fails; with `third`, one more that
/// never starts.
fn story(third: bool) -> Story<Silent> {
    let (store, _) = store(if third { 3 } else { 2 }, 4);
    let mut story = Story {
        store,
        observer: Silent,
    };
    for job in 0..if third { 3 } else { 2 } {
        story.submit(10, JobId(job));
    }
    let first = story.place(12, Owner::Job(JobId(0)), 0);
    let second = story.place(13, Owner::Job(JobId(1)), 1);
    story.finish(22, first, 0);
    story.finish(43, second, 1);
    story.finish_job(22, JobId(0), JobCondition::Complete);
    story.finish_job(50, JobId(1), JobCondition::Failed(FailureReason::BackoffLimitExceeded));
    story
}

fn told(text: &str, third: bool) -> String {
    match text.parse::<Metric>() {
        Ok(metric) => format!("{metric} = {:?}", metric.of(&story(third).store, &outcome())),
        Err(problem) => format!("error: {problem}"),
    }
}

#[test]
fn numbers_of_a_run() {
    let all = [
        "makespan",
        "mean(wait)",
        "p50(wait)",
        "p95(wait)",
        "max(wait)",
        "max(turnaround)",
        "mean(queue)",
        "max(queue)",
    ];
    let more = [
        "utilization",
        "goodput",
        "failed_jobs",
        "unfinished_jobs",
        "attempts",
        "p95(wait[gpus=4])",
        "p95(wait[gpus=5])",
    ];
    let lines: Vec<String> = all.iter().chain(&more).map(|text| told(text, false)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    makespan = Some(40.0)
    mean(wait) = Some(2.5)
    p50(wait) = Some(2.5)
    p95(wait) = Some(2.9499999999999997)
    max(wait) = Some(3.0)
    max(turnaround) = Some(40.0)
    mean(queue) = Some(0.125)
    max(queue) = Some(2.0)
    utilization = Some(0.5)
    goodput = Some(0.25)
    failed_jobs = Some(1.0)
    unfinished_jobs = Some(0.0)
    attempts = Some(2.0)
    p95(wait[gpus=4]) = Some(2.9499999999999997)
    p95(wait[gpus=5]) = None
    ");
}

#[test]
fn what_never_starts_waits_for_ever() {
    let texts = [
        "makespan",
        "p50(wait)",
        "p95(wait)",
        "mean(wait)",
        "max(turnaround)",
        "mean(queue)",
        "unfinished_jobs",
    ];
    let lines: Vec<String> = texts.iter().map(|text| told(text, true)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    makespan = Some(inf)
    p50(wait) = Some(3.0)
    p95(wait) = Some(inf)
    mean(wait) = Some(inf)
    max(turnaround) = Some(inf)
    mean(queue) = Some(1.1)
    unfinished_jobs = Some(1.0)
    ");
}

#[test]
fn what_is_no_metric_is_told() {
    let texts = [
        "wait",
        "p95(makespan)",
        "p95(wiat)",
        "speed",
        "p95(queue)",
        "p95(wait",
        "p95(wait[gpus=x])",
        "best(wait)",
        "utilization[job=a]",
    ];
    let lines: Vec<String> = texts.iter().map(|text| told(text, false)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    error: a run has many of wait: write mean(wait), p95(wait) or max(wait)
    error: a run has one makespan: write it without "p95" around it
    error: there is no metric "wiat"; did you mean "wait"?
    error: there is no metric "speed"; there are makespan, wait, turnaround, queue, utilization, goodput, failed_jobs, unfinished_jobs, attempts
    error: of the queue there are mean(queue), over time, and max(queue)
    error: p95(wait: a closing ) is missing
    error: gpus=x: a whole number is needed
    error: "best" is no statistic; there are mean, max, median, p95 and the like
    error: utilization is one number of the whole run: it cannot be had for some Jobs
    "#);
}
