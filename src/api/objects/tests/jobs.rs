//! Jobs that are in order: defaults, and what is kept.

use super::*;
use crate::cluster::spec::{CompletionMode, RestartPolicy};
use crate::kernel::SimDuration;

/// The built-in Job of the first experiment.
fn ml_train() -> Json {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "ml-train"},
        "spec": {
            "backoffLimit": 3,
            "template": {"spec": {
                "restartPolicy": "Never",
                "containers": [{
                    "name": "trainer", "image": "ml-image:latest", "command": ["python", "train.py"],
                    "resources": {"limits": {"nvidia.com/gpu": 1}},
                }],
            }},
        },
    })
}

#[test]
fn the_built_in_job() {
    let outcome = read(&[ml_train()]);
    assert_eq!(outcome.text(), "");
    let job = outcome.job();
    assert_eq!((job.namespace.as_str(), job.name.as_str()), ("default", "ml-train"));
    assert_eq!((job.parallelism, job.completions, job.backoff_limit), (1, Some(1), 3));
    assert_eq!(job.completion_mode, CompletionMode::NonIndexed);
    assert_eq!((job.active_deadline, job.suspend), (None, false));
    let template = &job.template;
    assert_eq!(outcome.amount(&template.requests, "nvidia.com/gpu"), 1);
    assert_eq!(outcome.amount(&template.requests, "pods"), 1);
    assert_eq!(template.requests.iter_nonzero().count(), 2);
    assert_eq!((template.nonzero_cpu, template.nonzero_memory), (100, 200 << 20));
    assert_eq!(template.own_requests.containers.len(), 1);
    assert_eq!(template.restart_policy, RestartPolicy::Never);
    assert_eq!(template.images, ["ml-image:latest"]);
    assert_eq!(template.termination_grace, SimDuration::from_secs(30));
    assert_eq!(template.priority, 0);
    assert_eq!(template.behaviour, crate::cluster::spec::Behaviour::default());
}

#[test]
fn counts_default_as_the_api_server_fills_them_in() {
    let counts = |changes: &[(&str, Json)]| {
        let outcome = read(&[job(changes)]);
        assert!(!outcome.problems.has_errors(), "{}", outcome.text());
        let job = outcome.job();
        (job.parallelism, job.completions, job.backoff_limit)
    };
    assert_eq!(counts(&[]), (1, Some(1), 6));
    // A work queue.
    assert_eq!(counts(&[("spec.parallelism", json!(3))]), (3, None, 6));
    assert_eq!(counts(&[("spec.completions", json!(8))]), (1, Some(8), 6));
    assert_eq!(
        counts(&[("spec.completions", json!(0)), ("spec.parallelism", json!(0))]),
        (0, Some(0), 6)
    );
    let per_index = [
        ("spec.completionMode", json!("Indexed")),
        ("spec.completions", json!(3)),
        ("spec.backoffLimitPerIndex", json!(1)),
    ];
    assert_eq!(counts(&per_index), (1, Some(3), i32::MAX as u32));
}

#[test]
fn everything_else_is_kept() {
    let outcome = read(&[job(&[
        ("metadata.namespace", json!("team-a")),
        ("spec.activeDeadlineSeconds", json!(12)),
        ("spec.suspend", json!(true)),
        ("spec.template.metadata.labels", json!({"app": "x"})),
        ("spec.template.spec.restartPolicy", json!("OnFailure")),
        ("spec.template.spec.nodeName", json!("n-0")),
        ("spec.template.spec.terminationGracePeriodSeconds", json!(0)),
    ])]);
    assert_eq!(outcome.text(), "");
    let job = outcome.job();
    assert_eq!(job.namespace, "team-a");
    assert_eq!(job.active_deadline, Some(SimDuration::from_secs(12)));
    assert!(job.suspend);
    assert_eq!(job.template.labels["app"], "x");
    assert_eq!(job.template.restart_policy, RestartPolicy::OnFailure);
    assert_eq!(job.template.node_name.as_deref(), Some("n-0"));
    assert_eq!(job.template.termination_grace, SimDuration::ZERO);
}

#[test]
fn what_is_not_simulated_is_said_once_per_field() {
    let one = job(&[
        ("spec.podReplacementPolicy", json!("TerminatingOrFailed")),
        ("spec.template.spec.schedulerName", json!("volcano")),
        (
            "spec.template.spec.containers",
            json!([
                {"name": "a", "image": "x", "livenessProbe": {"exec": {"command": ["a"]}}, "ports": [{"containerPort": 80, "hostPort": 80}]},
                {"name": "b", "image": "x", "livenessProbe": {"exec": {"command": ["a"]}}},
            ]),
        ),
        (
            "spec.template.spec.volumes",
            json!([{"name": "v", "emptyDir": {}}, {"name": "w", "persistentVolumeClaim": {"claimName": "c"}}]),
        ),
    ]);
    let two = with(one.clone(), &[("metadata.name", json!("other"))]);
    insta::assert_snapshot!(read(&[one, two]).text(), @r"
    W spec.template.spec.volumes[1].persistentVolumeClaim: `spec.template.spec.volumes[].persistentVolumeClaim` is not simulated; the pod does not wait for the volume
    W spec.template.spec.containers[0].livenessProbe: `spec.template.spec.containers[].livenessProbe` is not simulated; no probe kills the container
    ");
}

#[test]
fn classic_mistakes_get_a_hint_that_says_what_to_do() {
    let hints = |resources: Json| {
        let mut object = job(&[]);
        object["spec"]["template"]["spec"]["containers"][0]["resources"] = resources;
        read(&[object]).hints().join("; ")
    };
    assert_eq!(
        hints(json!({"limits": {"gpu": 1}})),
        "GPUs are extended resources, named after their vendor: write `nvidia.com/gpu` (or `amd.com/gpu`, …)"
    );
    for wrong in ["nvidia.com/gpus", "nvidia/gpu", "nvida.com/gpu"] {
        let hint = hints(json!({"limits": {wrong: 1}}));
        assert_eq!(hint, "did you mean nvidia.com/gpu?", "{wrong}");
    }
    assert_eq!(
        hints(json!({"limits": {"nvidia.com/gpu.shared": 1, "nvidia.com/mig-1g.10gb": 1}})),
        ""
    );
    assert_eq!(
        hints(json!({"requests": {"nvidia.com/gpu": 2}})),
        "write `limits: {nvidia.com/gpu: 2}`; the request defaults to the limit"
    );
    assert_eq!(
        hints(json!({"limits": {"nvidia.com/gpu": "0.5"}})),
        "devices are handed out whole: ask for 1, or name a resource that is a share of a device (MIG, time slicing)"
    );
    assert_eq!(
        hints(json!({"requests": {"memory": "100m"}})),
        "`m` means thousandths; write `100M` or `100Mi`"
    );
    assert_eq!(hints(json!({"requests": {"mem": "1Gi"}})), "did you mean `memory`?");
    // A node of the input offers it: no slip.
    let mut object = job(&[]);
    object["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"nvidia.com/gpus": 1}});
    let offering = node(&[(
        "status.allocatable",
        json!({"cpu": 1, "memory": 1, "nvidia.com/gpus": 1}),
    )]);
    assert_eq!(read(&[object, offering]).text(), "");
}
