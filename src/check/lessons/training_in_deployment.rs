//! Work that ends in a kind that never lets it.

use crate::check::examples::{deployment, job};
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

/// Words for work that ends, as parts of names, images, commands and arguments.
const WORDS: [&str; 8] = ["train", "finetune", "fine-tune", "fine_tune", "preprocess", "batch-job", "hyperparam", "etl"];

pub(super) static CHECK: Check = Check {
    code: "training-in-deployment",
    level: Level::Warning,
    what: "A Deployment (or ReplicaSet, StatefulSet) seems to run work that ends, such as training.",
    why: "A Deployment keeps its pods running. A training that has ended is started again from the beginning, and again, and \
          holds its GPUs for ever; a crash is not counted. Work that ends is a Job: it counts successes, limits retries, and \
          lets the GPUs go.",
    bad: deployment!("  replicas: 1\n", "", "        image: example.com/trainer:1.4\n        command: [python, train.py, --epochs, \"10\"]\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi, nvidia.com/gpu: 1}\n"),
    good: job!(""),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/job/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    if !matches!(manifest.kind, "Deployment" | "ReplicaSet" | "StatefulSet") {
        return;
    }
    for container in manifest.containers() {
        // Who serves requests has a port or says when it is ready.
        if !container.at("ports").is_empty() || container.at("readinessProbe").is_present() {
            continue;
        }
        let mut texts = Vec::new();
        for key in ["command", "args"] {
            texts.extend(container.at(key).items());
        }
        texts.push(container.at("image"));
        if let Some(found) = texts.iter().find(|field| field.str().is_some_and(speaks_of_work)) {
            let message = format!("{} looks like work that ends, and a {} starts it again for ever", found.json(), manifest.kind);
            report.tell(found, message, "write a Job (batch/v1) with restartPolicy Never");
            return;
        }
    }
}

fn speaks_of_work(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    // The name of the image or file counts, not its folder or registry.
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    words.into_iter().any(|word| WORDS.iter().any(|known| word == *known || (known.len() > 4 && word.starts_with(known))))
}

#[test]
fn words_of_names_count() {
    for text in ["train.py", "example.com/trainer:2", "python -m finetune", "scripts/preprocess.sh"] {
        assert!(speaks_of_work(text), "{text}");
    }
    for text in ["train.example.com/web:1", "constrained", "serve.py", "getl"] {
        assert!(!speaks_of_work(text), "{text}");
    }
}
