use super::*;
use crate::cluster::ReplicaSetId;
use crate::cluster::job::{FailureReason, JobCondition};
use crate::cluster::pod::Owner;
use crate::cluster::record::Silent;
use crate::kernel::SimTime;
use crate::observe::testing::{Story, at, store};

/// Three Jobs: one fails and then succeeds, one fails for good without having run, one waits; and a pod of a Deployment.
fn story() -> Story<Silent> {
    let (store, _) = store(3, 4);
    let mut story = Story {
        store,
        observer: Silent,
    };
    let jobs = [JobId(0), JobId(1), JobId(2)];
    story.submit(0, jobs[0]);
    story.submit(1, jobs[1]);
    let first = story.place(2, Owner::Job(jobs[0]), 0);
    story.finish(12, first, 3);
    let second = story.place(22, Owner::Job(jobs[0]), 1);
    story.finish(30, second, 0);
    story.finish_job(31, jobs[0], JobCondition::Complete);
    let deleted = story.create(3, Owner::Job(jobs[1]));
    story.finish(5, deleted, 143);
    let failed = JobCondition::Failed(FailureReason::DeadlineExceeded);
    story.finish_job(6, jobs[1], failed);
    story.place(31, Owner::ReplicaSet(ReplicaSetId(0)), 0);
    story
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> csv::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn jobs_as_csv() {
    let story = story();
    insta::assert_snapshot!(text(|out| write_jobs(&story.store, out)), @r"
    namespace,name,status,reason,attempts,submitted_s,started_s,finished_s,wait_s,turnaround_s
    ml,train-0,Complete,CompletionsReached,2,0.000000000,2.000000000,31.000000000,2.000000000,31.000000000
    ml,train-1,Failed,DeadlineExceeded,1,1.000000000,,6.000000000,,5.000000000
    ml,train-2,NotSubmitted,,0,,,,,
    ");
}

#[test]
fn pods_as_csv() {
    let story = story();
    let csv = text(|out| write_pods(&story.store, 1, out));
    let mut lines = csv.lines();
    insta::assert_snapshot!(lines.next().unwrap(), @"name,job,node,created_s,scheduled_s,started_s,finished_s,phase,exit_code,namespace,attempt,completion_index,restarts");
    // The names are those of `Store::pod_name`; the rest is what happened.
    let rest: Vec<&str> = lines.map(|line| line.split_once(',').unwrap().1).collect();
    insta::assert_snapshot!(rest.join("\n"), @r"
    train-0,node-0,2.000000000,2.000000000,2.000000000,12.000000000,Failed,3,ml,0,,0
    train-0,node-1,22.000000000,22.000000000,22.000000000,30.000000000,Succeeded,0,ml,1,,0
    train-1,,3.000000000,,,5.000000000,Failed,,ml,0,,0
    ,node-0,31.000000000,31.000000000,31.000000000,,Running,,web,0,,0
    ");
    for (line, pod) in csv.lines().skip(1).zip(0..) {
        assert_eq!(
            line.split(',').next(),
            Some(story.store.pod_name(PodId(pod), 1).as_str())
        );
    }
}

#[test]
fn nodes_as_csv() {
    let story = story();
    // Node 0 was used in 2-12 and 31-40 of 40 s, node 1 in 22-30.
    insta::assert_snapshot!(text(|out| write_nodes(&story.store, SimTime::ZERO, at(40), out)), @r"
    name,pool,pods,down_s,failures,device_failures,cpu_allocatable_millicores,cpu_utilization,pods_allocatable_pods,pods_utilization,nvidia.com/gpu_allocatable_pieces,nvidia.com/gpu_utilization
    node-0,0,2,0.000000000,0,0,8000,0.059375,110,0.004318181818181818,4,0.475
    node-1,0,1,0.000000000,0,0,8000,0.025,110,0.0018181818181818182,4,0.2
    ");
}

#[test]
fn json_has_null_where_nothing_happened() {
    let story = story();
    insta::assert_snapshot!(serde_json::to_string(&Jobs(&story.store)).unwrap().replace("},", "},\n"), @r#"
    [{"namespace":"ml","name":"train-0","status":"Complete","reason":"CompletionsReached","attempts":2,"submitted_s":0.000000000,"started_s":2.000000000,"finished_s":31.000000000,"wait_s":2.000000000,"turnaround_s":31.000000000},
    {"namespace":"ml","name":"train-1","status":"Failed","reason":"DeadlineExceeded","attempts":1,"submitted_s":1.000000000,"started_s":null,"finished_s":6.000000000,"wait_s":null,"turnaround_s":5.000000000},
    {"namespace":"ml","name":"train-2","status":"NotSubmitted","reason":"","attempts":0,"submitted_s":null,"started_s":null,"finished_s":null,"wait_s":null,"turnaround_s":null}]
    "#);
    let pods = serde_json::to_string(&Pods {
        store: &story.store,
        seed: 1,
    });
    let pods: serde_json::Value = serde_json::from_str(&pods.unwrap()).unwrap();
    let keys: Vec<&str> = pods[2].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, PodRow::COLUMNS);
    assert_eq!(pods[2]["node"], serde_json::Value::Null);
    assert_eq!(pods[0]["exit_code"], 3);
    assert_eq!(pods[3]["job"], serde_json::Value::Null);
}
