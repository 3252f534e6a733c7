use super::super::folder::Folder;
use super::*;

fn read_text(text: &str) -> Result<Actions, String> {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path();
    std::fs::write(path.join("jobs.csv"), "job,ack\na,0.0301\nb,0.002\nc,0.02\n").unwrap();
    std::fs::write(path.join("actions.yaml"), text).unwrap();
    let problems = |all: Vec<super::super::RecordingError>| {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        all.join("\n")
    };
    read(&Folder::new(path), SimDuration::from_millis(5)).map_err(problems)
}

const OPTIONS: &str = "options: {t0_utc: \"2026-11-23T18:21:15.644194Z\", until_s: 67.4}\n";

#[test]
fn copies_are_numbered_and_have_their_times() {
    let actions = read_text(&format!(
        "{OPTIONS}initial: [{{kind: Node, template: node-00, name: node-%02d, from: 3, count: 2}}]
actions:
- {{at_s: 0, do: submit_parallel, objects: [{{kind: Job, template: job-000, name: job-%03d, from: 0, count: 3}}],
   recorded_at_s: {{file: jobs.csv, column: ack}}}}
"
    ))
    .unwrap();
    assert_eq!(actions.options.wall_clock_offset, SimDuration::from_nanos(644_194_000));
    assert_eq!(actions.options.until, Some(67.4));
    let names: Vec<&str> = actions.initial.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(names, ["node-03", "node-04"]);
    let Verb::Submit(sent) = &actions.actions[0].verb else {
        panic!()
    };
    let sent: Vec<(u32, &str)> = sent
        .iter()
        .map(|(at, job)| ((at * 1e4).round() as u32, job.name.as_str()))
        .collect();
    // Each 5 ms before it was acknowledged, and none before time zero.
    assert_eq!(sent, [(251, "job-000"), (0, "job-001"), (150, "job-002")]);
}

#[test]
fn every_verb_and_trigger_is_known() {
    let actions = read_text(&format!(
        "{OPTIONS}actions:
- {{at_s: 1, do: patch, kind: Job, name: a, body: {{spec: {{suspend: false}}}}, when: {{previous: true, plus_s: 5}}}}
- {{at_s: 2, do: evict, kind: Pod, select: {{owner: Job/a, ordinal: 1}}, when: {{pods_running: 9, plus_s: 2}}}}
- {{at_s: 3, do: stop_kubelet, kind: Node, name: node-0, node_of: {{owner: Job/a, ordinal: 0}}, when: {{pod_settled: p}}}}
- {{at_s: 4, do: set_load, kind: Deployment, name: web, total_cpu_m: 45, when: {{rollout_done: Deployment/web, replicas: 4}}}}
- {{at_s: 5, do: dance, kind: Node, name: node-0, when: {{moon: full}}}}
"
    ))
    .unwrap();
    let verbs: Vec<String> = actions
        .actions
        .iter()
        .map(|action| format!("{:?}", action.when))
        .collect();
    insta::assert_snapshot!(verbs.join("\n"), @r#"
    Some((Previous, 5.0))
    Some((PodsRunning(9), 2.0))
    Some((PodSettled("p"), 0.0))
    Some((RolloutDone("Deployment/web", 4), 0.0))
    None
    "#);
    let nth = |ordinal| Target::Nth {
        owner: "Job/a".to_owned(),
        ordinal,
    };
    assert!(matches!(&actions.actions[1].verb, Verb::Evict(target) if *target == nth(1)));
    assert!(
        matches!(&actions.actions[2].verb, Verb::StopKubelet(n, Some(target)) if n == "node-0" && *target == nth(0))
    );
    assert!(matches!(&actions.actions[3].verb, Verb::SetLoad(web, 45) if web == "Deployment/web"));
    assert!(matches!(&actions.actions[4].verb, Verb::Other(word) if word == "dance"));
    assert_eq!(actions.actions[4].text, "actions[4] at 5 s: dance Node node-0");
}

#[test]
fn all_that_is_malformed_is_told() {
    let error = read_text(
        "options: {t0_utc: \"2026-11-23 18:21\", until_s: soon}
actions:
- {at_s: later, do: submit, kind: Job, name: a}
- {at_s: 0, do: submit_batched, objects: [{kind: Job, template: a, name: job, from: 0, count: 1}]}
- {at_s: 0, do: delete, kind: Pod, select: {owner: Job/a}}
- {at_s: 0, do: patch, kind: Pod, name: a}
",
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @r#"
    actions.yaml: options.t0_utc: "2026-11-23 18:21" is no time such as 2026-11-23T18:21:15.644194Z
    actions.yaml: options.until_s is no number of seconds
    actions.yaml: actions[0].at_s is no number of seconds
    actions.yaml: actions[1].k is no count of Jobs
    actions.yaml: the name "job" has no place for a number, such as %03d
    actions.yaml: actions[2].select.ordinal is no number from 0
    actions.yaml: actions[3].body is missing
    "#);
    let error = read_text(
        "actions: [{at_s: 0, do: submit_parallel, objects: [{kind: Job, name: a}], recorded_at_s: [0, 1]}]\n",
    );
    insta::assert_snapshot!(error.unwrap_err(), @"actions.yaml: actions[0]: 1 objects have 2 times in recorded_at_s");
    assert!(read_text("actions: [").is_err() && read_text("").is_err());
}
