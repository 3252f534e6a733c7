use super::*;
use crate::cluster::job::JobCondition;
use crate::observe::testing::{Story, at, store};

fn story(gpus: i64) -> Story<Checker> {
    let (store, _) = store(2, gpus);
    let observer = Checker::new(&store);
    Story { store, observer }
}

const JOB: JobId = JobId(0);

/// A whole life that breaks nothing, up to the end.
fn good() -> Story<Checker> {
    let mut story = story(3);
    story.submit(1, JOB);
    let first = story.place(2, Owner::Job(JOB), 0);
    story.finish(5, first, 1);
    let second = story.place(15, Owner::Job(JOB), 0);
    story.finish(20, second, 0);
    story.finish_job(20, JOB, JobCondition::Complete);
    story
}

/// What the checker found in a story, at its end at 30 s too.
fn found(mut story: Story<Checker>) -> Vec<String> {
    let end = at(30).max(story.observer.now);
    let violations = story.observer.finish(end, &story.store);
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_run_is_not_complained_about() {
    assert_eq!(found(good()), [""; 0]);
    let mut open = good();
    open.submit(21, JobId(1));
    open.place(22, Owner::Job(JobId(1)), 1);
    open.create(23, Owner::Job(JobId(1)));
    assert_eq!(found(open), [""; 0]);
}

#[test]
fn time_that_falls_is_found() {
    let mut story = story(3);
    story.submit(9, JOB);
    story.submit(8, JobId(1));
    insta::assert_snapshot!(found(story).join("\n"), @"8.000000000 s, record 2, time: the clock fell from 9.000000000 s to 8.000000000 s");
}

#[test]
fn an_overfull_node_is_found() {
    let mut story = story(3);
    story.submit(1, JOB);
    story.place(2, Owner::Job(JOB), 0);
    story.place(3, Owner::Job(JOB), 0);
    insta::assert_snapshot!(found(story).join("\n"), @"3.000000000 s, record 7, capacity: node node-0 gives 6 of 4 nvidia.com/gpu once it has pod 1 (of Job train-0)");
}

#[test]
fn a_pod_that_is_bound_twice_or_runs_unbound_or_ends_twice_is_found() {
    let mut story = story(1);
    story.submit(1, JOB);
    let pod = story.create(1, Owner::Job(JOB));
    story.tell(1, Record::PodRunning(pod));
    story.bind(2, pod, 0);
    story.tell(3, Record::PodBound(pod, NodeId(0)));
    story.finish(4, pod, 0);
    story.tell(4, Record::PodFinished(pod));
    let found = found(story);
    let lives: Vec<&str> = found
        .iter()
        .filter(|text| text.contains("pod-life"))
        .map(String::as_str)
        .collect();
    insta::assert_snapshot!(lives.join("\n"), @r"
    1.000000000 s, record 3, pod-life: pod 0 (of Job train-0) shows Running, but was created before
    3.000000000 s, record 5, pod-life: pod 0 (of Job train-0) is bound, but was created, bound, running before
    4.000000000 s, record 7, pod-life: pod 0 (of Job train-0) ends, but was created, bound, running, ended before
    ");
    assert!(found.iter().any(|text| text.contains("accounts")), "{found:?}");
}

#[test]
fn a_job_that_finishes_twice_or_with_pods_left_is_found() {
    let mut story = good();
    story.store.unfinished_jobs += 1;
    story.finish_job(21, JOB, JobCondition::Complete);
    story.submit(22, JobId(1));
    story.place(22, Owner::Job(JobId(1)), 0);
    story.finish_job(23, JobId(1), JobCondition::Complete);
    story.create(24, Owner::Job(JOB));
    insta::assert_snapshot!(found(story).join("\n"), @r"
    21.000000000 s, record 13, job-life: Job train-0 becomes Complete, but was finished before
    23.000000000 s, record 19, job-life: Job train-1 finishes with 1 pods active and 0 terminating
    24.000000000 s, record 20, job-life: pod 3 (of Job train-0) is created, but the Job is not submitted or finished
    ");
}

#[test]
fn a_lost_pod_is_found_at_the_end() {
    let mut story = good();
    story.store.create_pod(Owner::Job(JOB), u32::MAX, at(25));
    story.store.running_pods += 1;
    insta::assert_snapshot!(found(story).join("\n"), @r"
    30.000000000 s, end of the run, conservation: pods created: 3 in the store, 2 counted
    30.000000000 s, end of the run, conservation: pods that run: 1 in the store, 0 counted
    ");
}

#[test]
fn use_that_does_not_add_up_is_found() {
    let mut story = good();
    story.store.pods[0].scheduled = at(3);
    let found = found(story);
    assert_eq!(found.len(), 3, "cpu, pods and GPUs: {found:?}");
    insta::assert_snapshot!(found[2], @"30.000000000 s, end of the run, balance: nvidia.com/gpu in use adds up to 24000000000 over time, but to 21000000000 over the pods (unit · ns)");
}

#[test]
fn times_out_of_order_are_found() {
    let mut story = story(1);
    story.submit(1, JOB);
    let pod = story.place(2, Owner::Job(JOB), 0);
    story.store.pods[pod.index()].started = at(7);
    story.finish(5, pod, 0);
    insta::assert_snapshot!(story.observer.violations()[0], @"5.000000000 s, record 6, pod-life: pod 0 (of Job train-0) ended with created, scheduled, started, finished at 2.000000000, 2.000000000, 7.000000000, 5.000000000");
}

#[test]
fn the_list_is_bounded_and_the_count_is_not() {
    let mut story = story(1);
    for secs in (0..300).rev() {
        story.tell(
            secs,
            Record::Scaled(
                crate::cluster::ScaleTarget::Deployment(crate::cluster::DeploymentId(0)),
                1,
            ),
        );
    }
    assert_eq!(story.observer.violations().len(), KEPT);
    assert_eq!(story.observer.found(), 299);
}
