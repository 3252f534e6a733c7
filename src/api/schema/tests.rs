use std::sync::Arc;

use proptest::prelude::*;

use super::check;
use crate::api::problem::{Problems, render};
use crate::api::value::Source;
use crate::api::yaml::load;

fn problems_of(name: &str, text: &str) -> Problems {
    let source = Arc::new(Source {
        name: name.into(),
        text: text.into(),
    });
    let mut problems = Problems::new();
    for document in load(source, &mut problems) {
        check(&document, &mut problems);
    }
    problems
}

/// The problems without the source lines, which `render`'s own tests show.
fn outcome(text: &str) -> String {
    let rendered = render(&problems_of("f", text));
    let is_source = |line: &&str| line.starts_with("  ") && line.contains(" | ");
    rendered
        .lines()
        .filter(|l| !is_source(l))
        .collect::<Vec<_>>()
        .join("\n")
}

fn job(spec: &str) -> String {
    format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: train}}\nspec:\n{spec}")
}

#[test]
fn typical_manifests_are_clean() {
    for (name, text) in [
        (
            "deployment-hpa",
            include_str!("../../../tests/data/manifests/deployment-hpa.yaml"),
        ),
        (
            "pod-failure-policy",
            include_str!("../../../tests/data/manifests/pod-failure-policy.yaml"),
        ),
        (
            "statefulset",
            include_str!("../../../tests/data/manifests/statefulset.yaml"),
        ),
        (
            "priority-jobs",
            include_str!("../../../tests/data/manifests/priority-jobs.yaml"),
        ),
    ] {
        assert!(text.len() > 500, "{name}");
        assert_eq!(render(&problems_of(name, text)), "");
    }
    let get = include_str!("../../../tests/data/manifests/kubectl-get.json");
    insta::assert_snapshot!(render(&problems_of("get.json", get)), @r#"
    warning: get.json:103:21: kind: Event (v1) has no part in the simulation; it is left out
      103 |             "kind": "Event",
          |                     ^
    "#);
    // The same objects in YAML.
    let value: serde_json::Value = serde_json::from_str(get).unwrap();
    let as_yaml = format!("# flow notation is YAML too\n{value}");
    assert!(!problems_of("get.yaml", &as_yaml).has_errors());
}

#[test]
fn unknown_fields_are_explained() {
    insta::assert_snapshot!(outcome(&job("  backofLimit: 3\n  Parallelism: 2\n  containers: []\n  template:\n    backoffLimit: 1\n    spec:\n      image: x\n      containers:\n      - {gpus: 1, nodeSelector: {}, limits: {cpu: 1}, xyzzy: 1}\n")), @r#"
    error: f:5:3: spec.backofLimit: strict decoding error: unknown field "spec.backofLimit"
      hint: did you mean "backoffLimit"?
    error: f:6:3: spec.Parallelism: strict decoding error: unknown field "spec.Parallelism"
      hint: did you mean "parallelism"? Case matters
    error: f:7:3: spec.containers: strict decoding error: unknown field "spec.containers"
      hint: it belongs further down, at "spec.template.spec.containers"
    error: f:9:5: spec.template.backoffLimit: strict decoding error: unknown field "spec.template.backoffLimit"
      hint: it belongs further up, at "spec.backoffLimit": indent it less
    error: f:11:7: spec.template.spec.image: strict decoding error: unknown field "spec.template.spec.image"
      hint: it belongs further down, at "spec.template.spec.containers[].image" or "spec.template.spec.ephemeralContainers[].image" or "spec.template.spec.initContainers[].image" or "spec.template.spec.volumes[].image"
    error: f:13:10: spec.template.spec.containers[0].gpus: strict decoding error: unknown field "spec.template.spec.containers[0].gpus"
      hint: GPUs are a resource of a container: resources.limits, as in `nvidia.com/gpu: 1`
    error: f:13:19: spec.template.spec.containers[0].nodeSelector: strict decoding error: unknown field "spec.template.spec.containers[0].nodeSelector"
      hint: it belongs further up, at "spec.template.spec.nodeSelector": indent it less
    error: f:13:37: spec.template.spec.containers[0].limits: strict decoding error: unknown field "spec.template.spec.containers[0].limits"
      hint: it belongs further down, at "spec.template.spec.containers[0].resources.limits"
    error: f:13:55: spec.template.spec.containers[0].xyzzy: strict decoding error: unknown field "spec.template.spec.containers[0].xyzzy"
    "#);
}

#[test]
fn fields_of_other_versions_and_kinds() {
    insta::assert_snapshot!(outcome("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {lables: {a: b}}\nspec: {targetCPUUtilizationPercentage: 50, maxReplicas: 3}\n"), @r#"
    error: f:3:12: metadata.lables: strict decoding error: unknown field "metadata.lables"
      hint: did you mean "labels"?
    error: f:4:8: spec.targetCPUUtilizationPercentage: strict decoding error: unknown field "spec.targetCPUUtilizationPercentage"
      hint: it is a field of autoscaling/v1 only
    "#);
    insta::assert_snapshot!(outcome("apiVersion: v1\nkind: Node\nreplicas: 3\nstatus: {newInFuture: 1}\n"), @r#"
    error: f:3:1: replicas: strict decoding error: unknown field "replicas"
      hint: known here: apiVersion, kind, metadata, spec, status
    warning: f:4:10: status.newInFuture: strict decoding error: unknown field "status.newInFuture"
    "#);
}

#[test]
fn wrong_types_are_told_as_the_api_server_does() {
    insta::assert_snapshot!(outcome(&job("  parallelism: four\n  completions: \"4\"\n  backoffLimit: 2147483648\n  activeDeadlineSeconds: 1.5\n  suspend: yes please\n  podFailurePolicy: []\n  selector: {matchLabels: [a]}\n  template: 5\n")), @r#"
    error: f:5:16: spec.parallelism: json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32
      hint: write a whole number
    error: f:6:16: spec.completions: json: cannot unmarshal string into Go struct field JobSpec.spec.completions of type int32
      hint: remove the quotes: 4
    error: f:7:17: spec.backoffLimit: json: cannot unmarshal number 2147483648 into Go struct field JobSpec.spec.backoffLimit of type int32
      hint: it must lie between -2147483648 and 2147483647
    error: f:8:26: spec.activeDeadlineSeconds: json: cannot unmarshal number 1.5 into Go struct field JobSpec.spec.activeDeadlineSeconds of type int64
      hint: write a whole number
    error: f:9:12: spec.suspend: json: cannot unmarshal string into Go struct field JobSpec.spec.suspend of type bool
      hint: write true or false
    error: f:10:21: spec.podFailurePolicy: json: cannot unmarshal array into Go struct field JobSpec.spec.podFailurePolicy of type v1.PodFailurePolicy
      hint: a map is expected: remove the "- "
    error: f:11:27: spec.selector.matchLabels: json: cannot unmarshal array into Go struct field LabelSelector.spec.selector.matchLabels of type map[string]string
      hint: a map is expected: remove the "- "
    error: f:12:13: spec.template: json: cannot unmarshal number into Go struct field JobSpec.spec.template of type v1.PodTemplateSpec
      hint: a map with keys is expected, such as metadata, spec
    "#);
    insta::assert_snapshot!(outcome(&job("  parallelism: 4.0\n  completions: 1e3\n  suspend: yes\n  ttlSecondsAfterFinished: ~\n")), @"");
    insta::assert_snapshot!(outcome("apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: true, b: 1, c: yes}\n  creationTimestamp: today\nspec:\n  containers:\n    name: c\n  tolerations: [5]\n  nodeSelector: x\n"), @r#"
    error: f:4:15: metadata.labels[a]: json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string
      hint: put it in quotes: "true"
    error: f:4:24: metadata.labels[b]: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string
      hint: put it in quotes: "1"
    error: f:4:30: metadata.labels[c]: json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string
      hint: put it in quotes: "yes"
    error: f:5:22: metadata.creationTimestamp: parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"
      hint: a time is written as 2026-01-31T12:00:00Z
    error: f:8:5: spec.containers: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container
      hint: a list is expected: put "- " before the first key of each entry
    error: f:9:17: spec.tolerations[0]: json: cannot unmarshal number into Go struct field PodSpec.spec.tolerations of type v1.Toleration
      hint: a map with keys is expected, such as effect, key, operator, tolerationSeconds, value
    error: f:10:17: spec.nodeSelector: json: cannot unmarshal string into Go struct field PodSpec.spec.nodeSelector of type map[string]string
      hint: a map is expected: one "key: value" per line
    "#);
    insta::assert_snapshot!(outcome("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: python train.py\n    args: [--epochs, 5]\n    env: [{name: A, value: 1}]\n    ports: [{containerPort: \"80\"}]\n    livenessProbe: {httpGet: {port: true}}\n    resources: {limits: {cpu: 4 cores, memory: 4GB, nvidia.com/gpu: two, a/b: [1], ephemeral-storage: 1K}}\n"), @r#"
    error: f:5:14: spec.containers[0].command: json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string
      hint: a list of strings is written as ["python", "train.py"], or one per line after "- "
    error: f:6:22: spec.containers[0].args[1]: json: cannot unmarshal number into Go struct field Container.spec.containers.args of type string
      hint: put it in quotes: "5"
    error: f:7:28: spec.containers[0].env[0].value: json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string
      hint: put it in quotes: "1"
    error: f:8:29: spec.containers[0].ports[0].containerPort: json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32
      hint: remove the quotes: 80
    error: f:9:37: spec.containers[0].livenessProbe.httpGet.port: json: cannot unmarshal bool into Go struct field HTTPGetAction.spec.containers.livenessProbe.httpGet.port of type int32
    error: f:10:31: spec.containers[0].resources.limits[cpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
    error: f:10:48: spec.containers[0].resources.limits[memory]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      hint: write 4Gi (powers of 1024) or 4G (powers of 1000)
    error: f:10:69: spec.containers[0].resources.limits[nvidia.com/gpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
    error: f:10:79: spec.containers[0].resources.limits[a/b]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
      hint: a quantity is a number with one suffix, such as 500m, 2, 1.5Gi or 4G
    error: f:10:103: spec.containers[0].resources.limits[ephemeral-storage]: unable to parse quantity's suffix
      hint: write 1Ki (powers of 1024) or 1k (powers of 1000)
    "#);
    insta::assert_snapshot!(outcome("apiVersion: v1\nkind: Secret\ndata: {a: YQ==, b: hello}\n"), @"
    error: f:3:20: data[b]: illegal base64 data at input byte 5
      hint: write plain text under stringData instead
    ");
}

#[test]
fn kinds_are_explained() {
    let of = |version: &str, kind: &str| outcome(&format!("apiVersion: {version}\nkind: {kind}\n"));
    insta::assert_snapshot!(of("extensions/v1beta1", "Deployment"), @r#"
    error: f:2:7: kind: no matches for kind "Deployment" in version "extensions/v1beta1"
      hint: use `apiVersion: apps/v1`; older versions are no longer served
    "#);
    insta::assert_snapshot!(of("batch/v1beta1", "CronJob"), @r#"
    error: f:2:7: kind: no matches for kind "CronJob" in version "batch/v1beta1"
      hint: use `apiVersion: batch/v1`; older versions are no longer served
    "#);
    insta::assert_snapshot!(of("batch/v2", "Job"), @r#"
    error: f:2:7: kind: no matches for kind "Job" in version "batch/v2"
      hint: use `apiVersion: batch/v1`
    "#);
    insta::assert_snapshot!(of("v1", "Job"), @r#"
    error: f:2:7: kind: no matches for kind "Job" in version "v1"
      hint: use `apiVersion: batch/v1`
    "#);
    insta::assert_snapshot!(of("batch/v1", "job"), @r#"
    error: f:2:7: kind: no matches for kind "job" in version "batch/v1"
      hint: did you mean `kind: Job`?
    "#);
    insta::assert_snapshot!(of("apps/v1", "Deployments"), @r#"
    error: f:2:7: kind: no matches for kind "Deployments" in version "apps/v1"
      hint: did you mean `kind: Deployment`?
    "#);
    insta::assert_snapshot!(of("apps/v1", "Pods"), @r#"
    error: f:2:7: kind: no matches for kind "Pods" in version "apps/v1"
      hint: did you mean `kind: Pod` with `apiVersion: v1`?
    "#);
    insta::assert_snapshot!(of("autoscaling/v2beta2", "HorizontalPodAutoscaler"), @r#"
    error: f:2:7: kind: no matches for kind "HorizontalPodAutoscaler" in version "autoscaling/v2beta2"
      hint: use `apiVersion: autoscaling/v2`; older versions are no longer served
    "#);
    insta::assert_snapshot!(of("kubeflow.org/v1", "PyTorchJob"), @r#"
    error[custom-resource]: f:2:7: kind: no matches for kind "PyTorchJob" in version "kubeflow.org/v1"
      hint: custom resources are not simulated: give the objects their controller creates, such as Jobs or Pods
    "#);
    insta::assert_snapshot!(of("networking.k8s.io/v1", "Ingress"), @"warning: f:2:7: kind: Ingress (networking.k8s.io/v1) has no part in the simulation; it is left out");
    insta::assert_snapshot!(outcome("kind: Job\n---\napiVersion: apps/v1\n---\nspec: {}\n---\nhello\n---\n- a\n---\napiVersion: 1\nkind: [x]\n"), @"
    error: f:1:1: apiVersion: Object 'apiVersion' is missing
      hint: add `apiVersion: batch/v1`
    error: f:3:1: kind: Object 'Kind' is missing
      hint: apps/v1 has DaemonSet, Deployment, ReplicaSet, StatefulSet
    error: f:5:1: apiVersion: Object 'apiVersion' is missing
    error: f:5:1: kind: Object 'Kind' is missing
    error: f:7:1: couldn't get version/kind; found string instead of an object
      hint: an object begins with `apiVersion:` and `kind:`
    error: f:9:1: couldn't get version/kind; found array instead of an object
      hint: separate objects by lines of ---, or put them under `items` of a `kind: List`
    error: f:11:13: apiVersion: json: cannot unmarshal number into Go struct field TypeMeta.apiVersion of type string
      hint: put it in quotes
    error: f:12:7: kind: json: cannot unmarshal array into Go struct field TypeMeta.kind of type string
      hint: put it in quotes
    ");
}

#[test]
fn lists_are_checked_item_by_item() {
    insta::assert_snapshot!(outcome("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, sepc: {}}\n- {kind: Pod}\n- 5\n- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, spec: 1}]}\n"), @r#"
    error: f:4:31: sepc: strict decoding error: unknown field "sepc"
      hint: did you mean "spec"?
    error: f:5:3: apiVersion: Object 'apiVersion' is missing
      hint: add `apiVersion: v1`
    error: f:6:3: couldn't get version/kind; found number instead of an object
      hint: an object begins with `apiVersion:` and `kind:`
    error: f:7:74: spec: json: cannot unmarshal number into Go struct field Pod.spec of type v1.PodSpec
      hint: a map with keys is expected, such as activeDeadlineSeconds, affinity, automountServiceAccountToken, containers, dnsConfig, dnsPolicy
    "#);
    insta::assert_snapshot!(outcome("apiVersion: batch/v1\nkind: JobList\nitems: [{spec: {parallelism: a}}]\n---\napiVersion: v1\nkind: List\nitems: {}\n"), @"
    error: f:3:30: spec.parallelism: json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32
      hint: write a whole number
    error: f:7:8: items: json: cannot unmarshal object into Go struct field List.items of type []object
    ");
}

#[test]
fn a_whole_problem_with_its_line() {
    let text = "apiVersion: batch/v1\nkind: Job\nspec:\n  # how many at once\n  paralelism: 4\n";
    insta::assert_snapshot!(render(&problems_of("job.yaml", text)), @r#"
    error: job.yaml:5:3: spec.paralelism: strict decoding error: unknown field "spec.paralelism"
      5 |   paralelism: 4
        |   ^
      hint: did you mean "parallelism"?
    "#);
}

/// Values whose keys are fields of Kubernetes, mostly in the wrong place.
fn scrambled() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "\\PC{0,8}".prop_map(serde_json::Value::from),
    ];
    let key = prop::sample::select(vec![
        "spec",
        "template",
        "metadata",
        "containers",
        "resources",
        "limits",
        "labels",
        "items",
        "kind",
        "apiVersion",
        "cpu",
        "parallelism",
        "replicas",
        "maxSurge",
        "status",
        "creationTimestamp",
        "gpus",
        "Spec",
        "x",
    ]);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let entries = prop::collection::vec((key.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(serde_json::Value::from),
            entries.prop_map(|e| e
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn takes_any_object(body in scrambled(), kind in prop::sample::select(vec![
        "batch/v1 Job", "apps/v1 Deployment", "v1 Pod", "v1 Node", "v1 List", "v1 Secret", "policy/v1 PodDisruptionBudget", "a B",
    ]), pretty: bool) {
        let (version, kind) = kind.split_once(' ').unwrap();
        let object = serde_json::json!({"apiVersion": version, "kind": kind, "spec": body, "items": [body], "data": body});
        let text = if pretty { serde_json::to_string_pretty(&object).unwrap() } else { object.to_string() };
        let problems = problems_of("f", &text);
        let lines: Vec<&str> = text.lines().collect();
        for problem in problems.list() {
            let line = lines[problem.place.line as usize - 1];
            prop_assert!((1..=line.chars().count()).contains(&(problem.place.column as usize)));
        }
        prop_assert_eq!(render(&problems).is_empty(), problems.list().is_empty());
    }
}
