use super::*;

fn read_files(files: &[(&str, &str)]) -> Result<Timeline, Vec<RecordingError>> {
    let temporary = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(temporary.path().join(name), text).unwrap();
    }
    read(&Folder::new(temporary.path()))
}

fn rows(timeline: &Timeline) -> Vec<String> {
    let line = |row: &Row| {
        format!(
            "{} {} {} {} {} {}",
            row.at, row.kind, row.name, row.event, row.node, row.detail
        )
    };
    timeline
        .rows
        .iter()
        .map(|row| line(row).trim_end().to_owned())
        .collect()
}

#[test]
fn events_tell_everything_but_earlier_pods() {
    let timeline = read_files(&[
        (
            "events.csv",
            "time_s,kind,name,event,node,detail\n0.1,Runner,Job/a,submit,,HTTP 201\n0.2,Pod,a-1,created,,owner=a index=3\n\
             0.3,Pod,a-1,scheduled,n,\n2.5,Pod,a-1,container-restarted,n,restartCount=1\n\
             4.5,Pod,a-1,container-restarted,n,restartCount=0\n",
        ),
        (
            "pods.csv",
            "pod,owner,index,node,created,scheduled,finished,phase,exit\na-1,a,3,n,9,9,9,Failed,1\nb-1,b,,m,-4,-3,1,Failed,2\n",
        ),
    ])
    .unwrap();
    assert_eq!(timeline.submitted["Job/a"], 0.1);
    assert_eq!(
        (timeline.pods["a-1"].index, timeline.pods["b-1"].owner.as_str()),
        (Some(3), "b")
    );
    assert_eq!(
        rows(&timeline),
        [
            "-4 Pod b-1 created m",
            "-3 Pod b-1 scheduled m",
            "0.2 Pod a-1 created",
            "0.3 Pod a-1 scheduled n",
            "1 Pod b-1 failed m exitCode=2",
            "2.5 Pod a-1 container-restarted n restartCount=1",
        ]
    );
    assert!(timeline.tells("Pod", "unready") && !timeline.tells("Job", "created"));
}

#[test]
fn jobs_csv_stands_for_pods_csv_where_every_job_has_one_pod() {
    let timeline = read_files(&[(
        "jobs.csv",
        "job,submit_acknowledged,pod_created,pod_running,job_complete,node\na,0.2,0.3,0.9,4,n\n",
    )])
    .unwrap();
    assert_eq!(timeline.submitted["Job/a"], 0.2);
    assert_eq!(
        rows(&timeline),
        [
            "0.2 Job a created",
            "0.3 Pod a-pod created n",
            "0.9 Pod a-pod running n",
            "4 Job a condition  Complete=True"
        ]
    );
    assert!(timeline.tells("Pod", "running") && !timeline.tells("Pod", "scheduled"));
}

#[test]
fn all_problems_are_told() {
    let problems = read_files(&[
        (
            "events.csv",
            "time_s,kind,name,event\nsoon,Pod,a,created\n1,,a,created\n",
        ),
        ("pods.csv", "pod,created\na,x\n"),
    ])
    .unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    events.csv:2: column time_s: "soon" is no number of seconds
    events.csv:3: column kind is missing or empty
    pods.csv:2: column created: "x" is no number of seconds
    "#);
    assert!(matches!(
        read_files(&[]).unwrap_err()[..],
        [RecordingError::Malformed { .. }]
    ));
}
