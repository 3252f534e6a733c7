//! Lists, kinds, and what concerns the input as a whole.

use super::*;

fn names(outcome: &Outcome) -> Vec<&str> {
    outcome
        .objects
        .iter()
        .map(|object| match &object.spec {
            ObjectSpec::Node(node) => node.name.as_str(),
            ObjectSpec::Job(job) => job.name.as_str(),
            ObjectSpec::Deployment(d) => d.name.as_str(),
            ObjectSpec::ReplicaSet(set) => set.name.as_str(),
            ObjectSpec::StatefulSet(set) => set.name.as_str(),
            ObjectSpec::DaemonSet(set) => set.name.as_str(),
            ObjectSpec::Hpa(hpa) => hpa.name.as_str(),
            ObjectSpec::Pod(pod) => pod.name.as_str(),
            ObjectSpec::PriorityClass(class) => class.name.as_str(),
            ObjectSpec::Namespace(name) => name.as_str(),
            ObjectSpec::ResourceQuota(quota) => quota.name.as_str(),
            ObjectSpec::LimitRange(range) => range.name.as_str(),
            ObjectSpec::DisruptionBudget(budget) => budget.name.as_str(),
            ObjectSpec::CronJob(cron_job) => cron_job.name.as_str(),
        })
        .collect()
}

fn list(kind: &str, items: &[Json]) -> Json {
    json!({"apiVersion": "v1", "kind": kind, "items": items})
}

#[test]
fn lists_are_flattened_and_paths_begin_at_the_object() {
    let bad = job(&[("metadata.name", json!("b")), ("spec.backoffLimit", json!(-1))]);
    let outcome = read(&[
        list("List", &[job(&[]), list("JobList", &[bad]), node(&[])]),
        Json::Null,
    ]);
    assert_eq!(names(&outcome), ["train", "b", "n-0"]);
    assert_eq!(
        outcome.text(),
        "E spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"
    );
    assert!(outcome.problems.list()[0].place > outcome.objects[1].place);
    // A bottomless input ends.
    let deep = (0..40).fold(job(&[]), |inner, _| list("List", &[inner]));
    assert_eq!(lines(deep), ["E : lists in lists are nested too deeply"]);
}

#[test]
fn items_of_typed_lists_inherit_the_kind() {
    let bare = with(job(&[]), &[("kind", Json::Null), ("apiVersion", Json::Null)]);
    let jobs = json!({"apiVersion": "batch/v1", "kind": "JobList", "items": [bare.clone()]});
    assert_eq!(names(&read(&[jobs])), ["train"]);
    assert_eq!(names(&read(&[list("List", &[bare])])), [""; 0]);
}

#[test]
fn kinds_that_are_not_simulated_are_warned_about_once() {
    let object = |version: &str, kind: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}});
    let outcome = read(&[
        object("v1", "ConfigMap"),
        object("v1", "ConfigMap"),
        // Told by the structural check, or read elsewhere.
        object("batch/v1", "Jobb"),
        object("makespan.dev/v1", "Scenario"),
    ]);
    insta::assert_snapshot!(outcome.text(), @r"
    W kind: ConfigMap is not simulated; it is ignored
    ");
    assert!(outcome.objects.is_empty());
}

#[test]
fn a_name_can_be_taken_once() {
    let other = job(&[("metadata.namespace", json!("other"))]);
    let outcome = read(&[
        job(&[]),
        other,
        deployment(&[("metadata.name", json!("train"))]),
        job(&[]),
    ]);
    assert_eq!(outcome.text(), "E metadata.name: jobs.batch \"train\" already exists");
    assert!(
        outcome.hints()[0].starts_with("the first one is in test.yaml line 1;"),
        "{:?}",
        outcome.hints()
    );
}

#[test]
fn generated_names_differ_and_repeat_from_run_to_run() {
    let generated = || {
        job(&[
            ("metadata.name", Json::Null),
            ("metadata.generateName", json!("train-")),
        ])
    };
    let once = read(&[generated(), generated()]);
    assert_eq!(once.text(), "");
    let found = names(&once);
    assert_eq!(found, ["train-bbbbb", "train-bbbbc"]);
    assert_eq!(names(&read(&[generated(), generated()])), found);
}

#[test]
fn a_dump_of_a_cluster_counts_nothing_twice() {
    let owner = |kind: &str, name: &str| json!([{"kind": kind, "name": name, "controller": true}]);
    let set = deployment(&[
        ("kind", json!("ReplicaSet")),
        ("metadata.name", json!("web-abc")),
        ("metadata.ownerReferences", owner("Deployment", "web")),
    ]);
    let replica = pod(&[
        ("metadata.name", json!("web-abc-1")),
        ("metadata.ownerReferences", owner("ReplicaSet", "web-abc")),
    ]);
    let daemon = pod(&[
        ("metadata.name", json!("agent-1")),
        ("metadata.ownerReferences", owner("DaemonSet", "agent")),
        ("spec.nodeName", json!("n-0")),
    ]);
    let done = pod(&[("metadata.name", json!("done")), ("status.phase", json!("Succeeded"))]);
    let outcome = read(&[list("List", &[replica, set, deployment(&[]), daemon, done])]);
    assert_eq!(names(&outcome), ["web", "agent-1"]);
    insta::assert_snapshot!(outcome.text(), @r"
    W metadata.ownerReferences: the object belongs to another object of the input, which makes it; it is left out
    W status.phase: the pod has ended (Succeeded); it is left out
    ");
}

#[test]
fn autoscalers_need_one_target_each() {
    let second = hpa(&[("metadata.name", json!("second"))]);
    insta::assert_snapshot!(read(&[hpa(&[])]).text(), @r#"E spec.scaleTargetRef.name: deployments.apps "web" not found in namespace default"#);
    insta::assert_snapshot!(read(&[hpa(&[]), deployment(&[]), second]).text(), @"W spec.scaleTargetRef.name: web scales the same Deployment; neither of them acts on metrics (AmbiguousSelector)");
}

#[test]
fn values_of_the_wrong_type_read_as_absent() {
    let outcome = read(&[job(&[
        ("metadata.labels", json!({"a": 1})),
        ("spec.backoffLimit", json!("three")),
        ("spec.completions", json!([1])),
        ("spec.parallelism", json!(2_147_483_648_i64)),
        ("spec.suspend", json!("yes")),
        ("spec.template.spec.tolerations", json!({"key": "x"})),
        ("spec.template.spec.terminationGracePeriodSeconds", json!("5")),
    ])]);
    assert_eq!(outcome.text(), "");
    let job = outcome.job();
    assert_eq!((job.backoff_limit, job.parallelism, job.suspend), (6, 1, false));
    assert_eq!(job.template.tolerations.len(), 2);
}
