//! `makespan check`: every lesson holds for its own examples, and docs/checks.md is made here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::check::{Finder, Finding, Level, all, findings, markdown};
use makespan::scenario::checked::check;
use makespan::scenario::load::Flags;

use crate::cli::JOB;
use crate::support::program::{Folder, text};

fn found(text: &str) -> Vec<Finding> {
    let source = Arc::new(Source {
        name: "example.yaml".to_owned(),
        text: text.to_owned(),
    });
    let mut problems = Problems::new();
    check(&[source], &Flags::default(), &mut problems);
    findings(&problems)
}

fn told(findings: &[Finding]) -> String {
    let lines = findings
        .iter()
        .map(|f| format!("{}: {}: {}\n", f.check.code, f.problem.path, f.problem.message));
    lines.collect()
}

#[test]
fn bad_examples_have_their_problem_and_good_ones_have_none() {
    let mut wrong = String::new();
    for check in all().filter(|check| !check.bad.is_empty()) {
        let bad = found(check.bad);
        if !bad.iter().any(|finding| finding.check.code == check.code) {
            wrong.push_str(&format!(
                "{}: the bad example has not this problem, but\n{}",
                check.code,
                told(&bad)
            ));
        }
        let others = bad
            .iter()
            .filter(|finding| finding.check.code != check.code && finding.check.level < check.level);
        let others: Vec<Finding> = others.cloned().collect();
        if !others.is_empty() {
            wrong.push_str(&format!("{}: the bad example also has\n{}", check.code, told(&others)));
        }
        let mut good = found(check.good);
        good.retain(|finding| finding.check.level != Level::Note);
        if !good.is_empty() {
            wrong.push_str(&format!("{}: the good example has\n{}", check.code, told(&good)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn codes_are_words_with_hyphens_and_stand_once() {
    let mut seen = BTreeSet::new();
    for check in all() {
        let is_word = !check.code.is_empty() && check.code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(is_word && seen.insert(check.code), "{}", check.code);
        assert!(check.what.ends_with('.') && check.why.ends_with('.'), "{}", check.code);
        assert_eq!(check.bad.is_empty(), check.good.is_empty(), "{}", check.code);
        assert!(
            check.page.starts_with("https://") || check.page.ends_with(".md"),
            "{}",
            check.code
        );
        assert!(check.bad.is_empty() || check.bad.ends_with('\n'), "{}", check.code);
        let is_lesson = !matches!(check.finder, Finder::Told(_));
        assert!(
            !is_lesson || !check.bad.is_empty(),
            "{}: a lesson has examples",
            check.code
        );
    }
}

#[test]
fn the_document_is_what_the_program_knows() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md");
    let text = markdown();
    if std::env::var_os("UPDATE_CHECKS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/checks.md is out of date; make it again by UPDATE_CHECKS=1 cargo test --test it checks"
    );
}

#[test]
fn the_program_tells_all_in_four_formats_and_ends_with_2() {
    let folder = Folder::new();
    let wrong = JOB.replace("limits:", "requests:").replace("image: i", "image: i:1");
    std::fs::create_dir(folder.path().join("a")).unwrap();
    folder.write("a/wrong.yaml", &wrong);
    folder.write(
        "a/good.json",
        "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"team\"}}",
    );
    let output = folder.run(&["check", "a"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), String::new()));
    insta::assert_snapshot!(text(&output.stdout), @r#"
    warning[no-requests]: a/wrong.yaml:13:11: spec.template.spec.containers[0].resources: the container asks for no cpu and no memory
      13 |           requests: {nvidia.com/gpu: 1}
         |           ^
      hint: add what it needs: `requests: {cpu: 4, memory: 16Gi}`
    error[gpu-not-in-limits]: a/wrong.yaml:13:38: spec.template.spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources
      13 |           requests: {nvidia.com/gpu: 1}
         |                                      ^
      hint: write `limits: {nvidia.com/gpu: 1}`; the request defaults to the limit
    2 objects checked: 1 error, 1 warning, 0 notes
    `makespan check --explain gpu-not-in-limits` tells more; any of the codes may stand there
    "#);
    let output = folder.run(&["check", "a", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["errors"], &json["warnings"]), (&1.into(), &1.into()));
    let first = &json["findings"][1];
    assert_eq!(first["code"], "gpu-not-in-limits");
    assert_eq!(first["path"], "spec.template.spec.containers[0].resources.limits");
    assert_eq!(
        first["message"],
        "Required value: Limit must be set for non overcommitable resources"
    );
    let output = folder.run(&["check", "a", "--format", "sarif"]);
    let sarif: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][1];
    assert_eq!(result["ruleId"], "gpu-not-in-limits");
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(
        sarif["runs"][0]["tool"]["driver"]["rules"][index]["id"],
        "gpu-not-in-limits"
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a/wrong.yaml");
    assert_eq!(place["region"]["startLine"], 13);
    let output = folder.run(&["check", "a", "--format", "csv"]);
    assert!(
        text(&output.stdout)
            .starts_with("file,line,column,severity,code,path,message,hint\na/wrong.yaml,13,11,warning,")
    );
}

#[test]
fn warnings_end_well_unless_strict_and_lessons_can_be_read() {
    let folder = Folder::new();
    folder.write("job.yaml", JOB);
    let good = folder.run(&["check", "job.yaml"]);
    assert_eq!(good.status.code(), Some(0));
    assert!(text(&good.stdout).contains("warning[image-latest]: job.yaml:11:16"));
    assert_eq!(folder.run(&["check", "job.yaml", "--strict"]).status.code(), Some(2));
    let lesson = folder.run(&["check", "--explain", "image-latest"]);
    assert!(text(&lesson.stdout).starts_with("image-latest (warning)\n"));
    assert!(text(&folder.run(&["check", "--explain", "list"]).stdout).contains("\nimage-latest "));
    let unknown = folder.run(&["check", "--explain", "image-lates"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean \"image-latest\"?"));
    let wrong = folder.run(&["run", "job.yaml", "--format", "sarif"]);
    assert_eq!(wrong.status.code(), Some(2));
    // A run says in one line that there is something to read.
    let run = folder.run(&["run", "job.yaml", "--runtime", "5m", "--nodes", "1", "--no-charts"]);
    let told = String::from_utf8(run.stderr).unwrap();
    assert!(told.starts_with("advice: image-latest, no-requests: "), "{told}");
}

/// Texts that cost much and say little.
fn hostile() -> Vec<(&'static str, String)> {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..30 {
        let _ = writeln!(bomb, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    let mut maps = "m0: &m0 {k: v}\n".to_owned();
    for i in 1..200_usize {
        let _ = writeln!(maps, "m{i}: &m{i} {{<<: *m{}, k{i}: *m{}}}", i - 1, i - 1);
    }
    vec![
        ("aliases of aliases", bomb),
        ("merges of merges", maps),
        ("brackets", "[".repeat(1_000_000)),
        ("braces", "{\"a\":".repeat(500_000)),
        ("dashes", "- ".repeat(500_000)),
        (
            "indents",
            (0..3_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect(),
        ),
        ("documents", "---\n".repeat(200_000)),
        ("lists in lists", {
            let mut text = "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[".repeat(40);
            text.push_str(&"]}".repeat(40));
            text
        }),
        ("a long key", format!("{}: 1\n", "k".repeat(1_000_000))),
        ("a long number", format!("a: {}\n", "9".repeat(1_000_000))),
        ("quotes", "\"".repeat(100_001)),
        (
            "unknown fields",
            (0..5_000).fold("apiVersion: batch/v1\nkind: Job\n".to_owned(), |text, i| {
                format!("{text}x{i}: 1\n")
            }),
        ),
    ]
}

#[test]
fn hostile_files_end_with_a_message() {
    for (what, text) in hostile() {
        let found = found(&text);
        assert!(!found.is_empty(), "{what}: nothing is told");
    }
}

/// Shapes of public manifests: operators' kinds, several documents, a headless Service for the workers of a Job, claims of a
/// StatefulSet, projected volumes, ports by name. A real cluster takes all of them.
const TAKEN: &str = "\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: mnist}
---
apiVersion: batch.volcano.sh/v1alpha1
kind: Job
metadata: {name: spark}
---
apiVersion: kueue.x-k8s.io/v1beta1
kind: ResourceFlavor
metadata: {name: default}
---
apiVersion: batch/v1
kind: Job
metadata:
  generateName: workers-
  labels: {kueue.x-k8s.io/queue-name: user-queue}
spec:
  suspend: true
  parallelism: 3
  completions: 3
  completionMode: Indexed
  template:
    metadata: {labels: {app: workers}}
    spec:
      subdomain: workers
      restartPolicy: Never
      volumes:
      - name: all
        projected:
          sources: [{configMap: {name: c}}, {secret: {name: s}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]
      - {name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
      containers:
      - name: worker
        image: registry.k8s.io/e2e-test-images/agnhost:2.53
        args: [pause]
        env:
        - {name: INDEX, valueFrom: {fieldRef: {fieldPath: \"metadata.annotations['batch.kubernetes.io/job-completion-index']\"}}}
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
        envFrom: [{configMapRef: {name: c}}]
        ports: [{name: http, containerPort: 80}, {name: metrics, containerPort: 9090}]
        volumeMounts: [{name: all, mountPath: /all}, {name: shm, mountPath: /dev/shm}, {name: shm, mountPath: /x, subPath: part}]
        resources: {requests: {cpu: 1, memory: 200Mi}, limits: {memory: 200Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: workers}
spec: {clusterIP: None, selector: {app: workers}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: example.com/db:1.0
        livenessProbe: {httpGet: {path: /live, port: http}, periodSeconds: 5}
        lifecycle: {preStop: {exec: {command: [stop]}}}
        ports: [{name: http, containerPort: 80, protocol: TCP}]
        volumeMounts: [{name: data, mountPath: /data}]
        resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}
";

#[test]
fn shapes_of_public_manifests_give_no_error() {
    let found = found(TAKEN);
    let worse: Vec<Finding> = found.into_iter().filter(|f| f.check.level != Level::Note).collect();
    assert!(worse.is_empty(), "{}", told(&worse));
}

#[test]
fn recorded_manifests_give_no_error() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("manifests.yaml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        files += 1;
        let errors: Vec<Finding> = found(&text)
            .into_iter()
            .filter(|f| f.check.level == Level::Error)
            .collect();
        assert!(errors.is_empty(), "{}: {}", path.display(), told(&errors));
    }
    assert!(files > 50, "{files}");
}
