//! Tests of the readers through their one door, [`read_documents`]. Trees are made from JSON.

mod behaviour;

mod cron_jobs;

mod job_policies;

mod jobs;

mod placement;

mod policies;

mod requests;

mod robust;

mod pod_fields;

mod rows;

mod rows_containers;
mod scheduler;
mod services;

mod whole;

mod workloads;

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{ReadContext, ReadObject, read_documents};
use crate::api::problem::{Problems, Severity};
use crate::api::value::{Document, Key, Place, Source, Value, ValueKind};
use crate::cluster::spec::{DeploymentSpec, HpaSpec, JobSpec, NodeSpec, ObjectSpec, PodSpec, ReplicaSetSpec};
use crate::cluster::{Amounts, ResourceTable};

/// A tree in which every node has a line of its own, counted in order of appearance.
fn tree(json: &Json, line: &mut u32) -> Value {
    *line += 1;
    let place = Place { line: *line, column: 1 };
    let kind = match json {
        Json::Null => ValueKind::Null,
        Json::Bool(flag) => ValueKind::Bool(*flag),
        Json::Number(number) => ValueKind::Number(number.to_string()),
        Json::String(text) => ValueKind::String(text.clone()),
        Json::Array(items) => ValueKind::List(items.iter().map(|item| tree(item, line)).collect()),
        Json::Object(map) => ValueKind::Map(
            map.iter()
                .map(|(name, value)| {
                    let value = tree(value, line);
                    let name = name.clone();
                    (
                        Key {
                            place: value.place,
                            name,
                        },
                        value,
                    )
                })
                .collect(),
        ),
    };
    Value { place, kind }
}

/// What reading gave.
struct Outcome {
    objects: Vec<ReadObject>,
    problems: Problems,
    table: ResourceTable,
}

impl Outcome {
    /// `E path: message` or `W path: message` per problem.
    fn lines(&self) -> Vec<String> {
        let list = self.problems.list().iter();
        list.map(|p| {
            let letter = if p.severity == Severity::Error { 'E' } else { 'W' };
            format!("{letter} {}: {}", p.path, p.message)
        })
        .collect()
    }
    fn text(&self) -> String {
        self.lines().join("\n")
    }
    fn hints(&self) -> Vec<&str> {
        self.problems.list().iter().filter_map(|p| p.hint.as_deref()).collect()
    }
    fn amount(&self, amounts: &Amounts, name: &str) -> i64 {
        amounts.get(self.table.find(name).expect("the resource was named"))
    }
    fn job(&self) -> &JobSpec {
        self.first(|spec| {
            if let ObjectSpec::Job(job) = spec {
                Some(job)
            } else {
                None
            }
        })
    }
    fn replica_set(&self) -> &ReplicaSetSpec {
        self.first(|spec| {
            if let ObjectSpec::ReplicaSet(set) = spec {
                Some(set)
            } else {
                None
            }
        })
    }
    fn deployment(&self) -> &DeploymentSpec {
        self.first(|spec| {
            if let ObjectSpec::Deployment(d) = spec {
                Some(d)
            } else {
                None
            }
        })
    }
    fn hpa(&self) -> &HpaSpec {
        self.first(|spec| {
            if let ObjectSpec::Hpa(hpa) = spec {
                Some(hpa)
            } else {
                None
            }
        })
    }
    fn pod(&self) -> &PodSpec {
        self.first(|spec| {
            if let ObjectSpec::Pod(pod) = spec {
                Some(pod)
            } else {
                None
            }
        })
    }
    fn node(&self) -> &NodeSpec {
        self.first(|spec| {
            if let ObjectSpec::Node(node) = spec {
                Some(node)
            } else {
                None
            }
        })
    }
    fn first<'a, T>(&'a self, pick: impl Fn(&'a ObjectSpec) -> Option<&'a T>) -> &'a T {
        self.objects
            .iter()
            .find_map(|o| pick(&o.spec))
            .expect("an object of the kind")
    }
}

fn read(objects: &[Json]) -> Outcome {
    let source = Arc::new(Source {
        name: "test.yaml".to_owned(),
        text: String::new(),
    });
    let mut line = 0;
    let documents: Vec<_> = objects
        .iter()
        .map(|json| Document {
            source: source.clone(),
            root: tree(json, &mut line),
        })
        .collect();
    let mut table = ResourceTable::default();
    let mut problems = Problems::new();
    let mut context = ReadContext {
        resources: &mut table,
        problems: &mut problems,
    };
    let objects = read_documents(&documents, &mut context);
    Outcome {
        objects,
        problems,
        table,
    }
}

/// Puts `value` at `path` (`a.b[0].c`, keys with dots in quotes are not needed here); `Null` takes it away.
fn set(object: &mut Json, path: &str, value: Json) {
    let mut at = object;
    let parts: Vec<&str> = path.split('.').collect();
    for (i, part) in parts.iter().enumerate() {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (
                name,
                Some(index.trim_end_matches(']').parse::<usize>().expect("an index")),
            ),
            None => (*part, None),
        };
        if i + 1 == parts.len() && index.is_none() {
            let map = at.as_object_mut().expect("a map");
            if value.is_null() {
                map.remove(name);
            } else {
                map.insert(name.to_owned(), value);
            }
            return;
        }
        if at.get(name).is_none() {
            at[name] = json!({});
        }
        at = &mut at[name];
        if let Some(index) = index {
            at = &mut at[index];
        }
    }
}

fn with(mut object: Json, changes: &[(&str, Json)]) -> Json {
    for (path, value) in changes {
        set(&mut object, path, value.clone());
    }
    object
}

fn container() -> Json {
    json!({"name": "main", "image": "train:1"})
}

/// A Job that is in order, without requests.
fn job(changes: &[(&str, Json)]) -> Json {
    let base = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train"},
        "spec": {"template": {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [container()]}}},
    });
    with(base, changes)
}

fn deployment(changes: &[(&str, Json)]) -> Json {
    let base = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()]}},
        },
    });
    with(base, changes)
}

fn pod(changes: &[(&str, Json)]) -> Json {
    let base = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container()]},
    });
    with(base, changes)
}

fn node(changes: &[(&str, Json)]) -> Json {
    let base = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n-0"},
        "status": {"allocatable": {"cpu": "64", "memory": "256Gi", "pods": "110", "nvidia.com/gpu": "8"}},
    });
    with(base, changes)
}

fn hpa(changes: &[(&str, Json)]) -> Json {
    let base = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 10,
        },
    });
    with(base, changes)
}

/// The lines of problems of one object.
fn lines(object: Json) -> Vec<String> {
    read(&[object]).lines()
}
