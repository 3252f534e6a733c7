//! The verbs of steps, and what each reads.

use crate::api::objects::{Field, POD_DELETION_COST, parse_deletion_cost};
use crate::api::patch::{Lists, merged};
use crate::api::quantity::Quantity;
use crate::api::value::{Document, Key, Value, ValueKind};
use crate::cluster::spec::{Labels, ObjectSpec, Taint, TaintEffect};
use crate::kernel::SimDuration;
use crate::scenario::changes::manifests::{nested, value};
use crate::scenario::changes::{Reading, apply, refs, span};
use crate::scenario::document::parsed;
use crate::workload::script::{Action, MetricsReport, ObjectKind, ObjectRef};

/// A verb.
pub struct Verb {
    /// The key that names it.
    pub name: &'static str,
    /// The other keys that it takes.
    pub keys: &'static [&'static str],
    /// Reads a step that has it: what it does, one after the other.
    pub read: fn(&Field<'_>, &mut Reading<'_>) -> Option<Vec<Action>>,
}

/// All verbs.
pub const VERBS: &[Verb] = &[
    verb("apply", &["order"], apply::read),
    verb("patch", &["with", "type"], read_patch),
    verb("set-image", &["image", "container"], read_set_image),
    verb("scale", &["replicas"], read_scale),
    verb("delete", &["grace"], read_delete),
    verb("evict", &[], |step, reading| {
        Some(vec![Action::Evict {
            pod: refs::pod(&step.at("evict"), step, reading)?,
        }])
    }),
    verb("cordon", &[], |step, reading| read_cordon("cordon", step, reading)),
    verb("uncordon", &[], |step, reading| read_cordon("uncordon", step, reading)),
    verb("drain", &[], |step, reading| {
        Some(vec![Action::Drain {
            node: refs::node(&step.at("drain"), step, reading)?,
        }])
    }),
    verb("add-nodes", &[], apply::read_nodes),
    verb("taint", &["taints"], read_taint),
    verb("label", &["labels"], read_label),
    verb("annotate", &["annotations"], read_annotate),
    verb("stop-kubelet", &[], |step, reading| {
        Some(vec![Action::StopKubelet {
            node: refs::node(&step.at("stop-kubelet"), step, reading)?,
        }])
    }),
    verb("start-kubelet", &[], |step, reading| {
        Some(vec![Action::StartKubelet {
            node: refs::node(&step.at("start-kubelet"), step, reading)?,
        }])
    }),
    verb("reboot", &["for"], |step, reading| {
        Some(vec![Action::Reboot {
            node: refs::node(&step.at("reboot"), step, reading)?,
            away: span(&step.at("for"), reading.problems),
        }])
    }),
    verb("set-load", &["cpu"], read_load),
    verb("set-metrics", &["report"], read_metrics),
];

const fn verb(
    name: &'static str,
    keys: &'static [&'static str],
    read: fn(&Field<'_>, &mut Reading<'_>) -> Option<Vec<Action>>,
) -> Verb {
    Verb { name, keys, read }
}

/// Kinds whose manifests can be changed.
const PATCHED: [ObjectKind; 13] = [
    ObjectKind::Job,
    ObjectKind::CronJob,
    ObjectKind::Deployment,
    ObjectKind::ReplicaSet,
    ObjectKind::StatefulSet,
    ObjectKind::DaemonSet,
    ObjectKind::Pod,
    ObjectKind::Node,
    ObjectKind::HorizontalPodAutoscaler,
    ObjectKind::ResourceQuota,
    ObjectKind::LimitRange,
    ObjectKind::PodDisruptionBudget,
    ObjectKind::PriorityClass,
];
/// Kinds that have a size.
const SCALED: [ObjectKind; 4] = [
    ObjectKind::Deployment,
    ObjectKind::ReplicaSet,
    ObjectKind::StatefulSet,
    ObjectKind::Job,
];
/// Kinds that serve a load.
const SERVICES: [ObjectKind; 3] = [ObjectKind::Deployment, ObjectKind::ReplicaSet, ObjectKind::StatefulSet];

/// The object changed by `patch`, which stands at `field`: its manifest before and after.
pub fn update(
    object: &ObjectRef,
    patch: &Value,
    lists: Lists,
    field: &Field<'_>,
    reading: &mut Reading<'_>,
) -> Option<Action> {
    let Some(before) = reading.manifests.get(object).cloned() else {
        // Nodes of pools, copies of Jobs.
        let hint = "give it a manifest of its own";
        field.error_with_hint(reading.problems, format!("{object} has no manifest to change"), hint);
        return None;
    };
    let after = Document {
        source: before.source.clone(),
        root: merged(&before.root, patch, lists),
    };
    let specs = reading
        .manifests
        .read(&[before, after.clone()], reading.resources, reading.problems);
    reading.manifests.set(object, after);
    let specs: Vec<ObjectSpec> = specs.into_iter().map(|object| object.spec).collect();
    let [before, after]: [ObjectSpec; 2] = specs.try_into().ok()?;
    Some(Action::Update {
        object: object.clone(),
        change: Box::new((before, after)),
    })
}

fn read_patch(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let object = refs::object(&step.at("patch"), step, &PATCHED, reading);
    let lists = match step.at("type").str() {
        None | Some("strategic") => Lists::Merge,
        Some("merge") => Lists::Replace,
        Some(_) => {
            let hint = "write strategic (the default: containers are merged by name) or merge (lists are replaced)";
            step.at("type")
                .error_with_hint(reading.problems, "unknown type of patch", hint);
            return None;
        }
    };
    let with = step.at("with");
    let Some(patch) = with.value().filter(|_| with.is_map()) else {
        let hint = "write what changes, such as `with: {spec: {parallelism: 4}}`";
        with.error_with_hint(reading.problems, "the patch is missing", hint);
        return None;
    };
    Some(vec![update(&object?, patch, lists, &with, reading)?])
}

fn read_set_image(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let object = refs::object(&step.at("set-image"), step, &refs::WORKLOADS, reading)?;
    let image = step.at("image");
    let Some(text) = image.str() else {
        image.error_with_hint(
            reading.problems,
            "image is missing",
            "say which, such as `image: web:2`",
        );
        return None;
    };
    let wanted = step.at("container").str();
    let manifest = reading.manifests.get(&object)?.clone();
    let containers = Field::root(&manifest).at_path("spec.template.spec.containers").items();
    let names = containers.iter().filter_map(|container| container.at("name").str());
    let names: Vec<&str> = names
        .filter(|name| wanted.is_none_or(|wanted| wanted == *name))
        .collect();
    if names.is_empty() {
        let message = format!(
            "error: unable to find container named \"{}\"",
            wanted.unwrap_or_default()
        );
        step.at("container").error(reading.problems, message);
        return None;
    }
    let place = image.place();
    let entry = |name: &str, text: &str| {
        let key = Key {
            place,
            name: name.to_owned(),
        };
        (key, value(place, ValueKind::String(text.to_owned())))
    };
    let items = names
        .iter()
        .map(|name| value(place, ValueKind::Map(vec![entry("name", name), entry("image", text)])));
    let list = value(place, ValueKind::List(items.collect()));
    let patch = nested("spec.template.spec.containers", list);
    Some(vec![update(&object, &patch, Lists::Merge, &image, reading)?])
}

fn read_scale(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let object = refs::object(&step.at("scale"), step, &SCALED, reading);
    let field = step.at("replicas");
    let replicas = refs::replicas(&field, reading)?;
    let object = object?;
    // A later patch of the same object starts from here.
    if let Some(manifest) = reading.manifests.get(&object).cloned() {
        let path = if object.kind == ObjectKind::Job {
            "spec.parallelism"
        } else {
            "spec.replicas"
        };
        let size = value(field.place(), ValueKind::Number(replicas.to_string()));
        let root = merged(&manifest.root, &nested(path, size), Lists::Replace);
        reading.manifests.set(&object, Document { root, ..manifest });
    }
    Some(vec![Action::Scale { object, replicas }])
}

fn read_delete(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let field = step.at("delete");
    let grace = step.at("grace").is_present();
    let is_pod = field.is_map()
        || field.str().is_some_and(|text| {
            ["pod/", "pods/", "po/", "Pod/"]
                .iter()
                .any(|kind| text.starts_with(kind))
        });
    if is_pod {
        return Some(vec![Action::DeletePod {
            pod: refs::pod(&field, step, reading)?,
            grace: grace.then(|| span(&step.at("grace"), reading.problems)),
        }]);
    }
    if grace {
        step.at("grace")
            .error_with_hint(reading.problems, "only pods have a grace period", "leave it out");
    }
    let object = refs::object(&field, step, &ObjectKind::ALL, reading)?;
    if object.kind == ObjectKind::Node {
        let node = refs::node(&field, step, reading)?;
        reading.manifests.nodes.remove(&object.name);
        return Some(vec![Action::DeleteNode { node }]);
    }
    reading.manifests.remove(&object);
    Some(vec![Action::Delete { object }])
}

fn read_cordon(verb: &'static str, step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    Some(vec![Action::Cordon {
        node: refs::node(&step.at(verb), step, reading)?,
        unschedulable: verb == "cordon",
    }])
}

/// Taints as `kubectl taint` takes them: `key=value:Effect`, `key:Effect`, and `key-` or `key:Effect-` to remove.
fn read_taint(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let node = refs::node(&step.at("taint"), step, reading);
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    let items = step.at("taints").items();
    if items.is_empty() {
        let hint = "write a list such as [\"gpu=broken:NoExecute\"]; a dash at the end removes a taint";
        step.at("taints")
            .error_with_hint(reading.problems, "taints are missing", hint);
    }
    for item in items {
        match parse_taint(item.str_or_empty()) {
            Some(Change::Add(taint)) => add.push(taint),
            Some(Change::Remove(key, effect)) => remove.push((key, effect)),
            None => item.error_with_hint(
                reading.problems,
                "this is no taint",
                "write key=value:NoSchedule, PreferNoSchedule or NoExecute, with a dash at the end to remove it",
            ),
        }
    }
    Some(vec![Action::Taint {
        node: node?,
        add,
        remove,
    }])
}

enum Change {
    Add(Taint),
    Remove(String, Option<TaintEffect>),
}

fn parse_taint(text: &str) -> Option<Change> {
    let effect = |text: &str| match text {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        _ => None,
    };
    if let Some(gone) = text.strip_suffix('-') {
        return match gone.split_once(':') {
            None if !gone.is_empty() => Some(Change::Remove(gone.to_owned(), None)),
            None => None,
            Some((key, name)) => Some(Change::Remove(key.split('=').next()?.to_owned(), Some(effect(name)?))),
        };
    }
    let (head, name) = text.rsplit_once(':')?;
    let (key, value) = head.split_once('=').unwrap_or((head, ""));
    (!key.is_empty()).then_some(())?;
    Some(Change::Add(Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect(name)?,
    }))
}

fn read_label(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let node = refs::node(&step.at("label"), step, reading);
    let labels = step.at("labels");
    if labels.entries().is_empty() {
        let hint = "write a map such as {gpu: a100}; null removes a label";
        labels.error_with_hint(reading.problems, "labels are missing", hint);
    }
    let (mut set, mut remove) = (Labels::new(), Vec::new());
    for (key, entry) in labels.entries() {
        match (entry.is_present(), entry.str()) {
            (false, _) => remove.push(key.to_owned()),
            (true, Some(text)) => drop(set.insert(key.to_owned(), text.to_owned())),
            (true, None) => entry.error_with_hint(reading.problems, "a text is needed here", "put it in quotes"),
        }
    }
    Some(vec![Action::Label {
        node: node?,
        set,
        remove,
    }])
}

/// Annotations of a pod. The only one that anything here looks at is `controller.kubernetes.io/pod-deletion-cost`.
fn read_annotate(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let pod = refs::pod(&step.at("annotate"), step, reading);
    let annotations = step.at("annotations");
    let entries = annotations.entries();
    if entries.is_empty() {
        let hint = format!("write a map such as {{{POD_DELETION_COST}: '100'}}");
        annotations.error_with_hint(reading.problems, "annotations are missing", hint);
    }
    let mut cost = None;
    for (key, entry) in entries {
        if key != POD_DELETION_COST {
            let hint = format!("leave it out; {POD_DELETION_COST} is what counts of a pod that runs");
            entry.error_with_hint(reading.problems, format!("nothing looks at {key}"), hint);
            continue;
        }
        // `null` takes it away.
        let text = entry.json();
        let read = if entry.is_present() {
            parse_deletion_cost(entry.str().unwrap_or(&text))
        } else {
            Some(0)
        };
        if read.is_none() {
            entry.error_with_hint(
                reading.problems,
                "must be a 32bit integer",
                "write a whole number such as '100'",
            );
        }
        cost = read;
    }
    Some(vec![Action::SetDeletionCost { pod: pod?, cost: cost? }])
}

fn read_load(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let object = refs::object(&step.at("set-load"), step, &SERVICES, reading);
    let cpu: Option<Quantity> = parsed(&step.at("cpu"), "a quantity such as 5 or 500m", reading.problems);
    if !step.at("cpu").is_present() {
        let hint = "say how many cores all its pods together are asked for, such as `cpu: 5`";
        step.error_with_hint(reading.problems, "cpu is missing", hint);
    }
    Some(vec![Action::SetLoad {
        object: object?,
        total_cpu_milli: cpu?.milli_value(),
    }])
}

fn read_metrics(step: &Field<'_>, reading: &mut Reading<'_>) -> Option<Vec<Action>> {
    let object = refs::object(&step.at("set-metrics"), step, &SERVICES, reading);
    let field = step.at("report");
    let report = match field.str() {
        Some("all") => MetricsReport::All,
        Some("none") => MetricsReport::None,
        Some("first-half") => MetricsReport::FirstHalf,
        _ => {
            let hint = "write all, none or first-half: which of its pods the metrics API reports";
            field.error_with_hint(reading.problems, "report is missing or unknown", hint);
            return None;
        }
    };
    Some(vec![Action::SetMetrics {
        object: object?,
        report,
    }])
}

/// How several objects are submitted: `parallel`, `sequential`, `batched:K`, `windowed:K`.
pub fn read_order(field: &Field<'_>, reading: &mut Reading<'_>) -> crate::workload::script::Order {
    use crate::workload::script::Order;
    let wrong = |reading: &mut Reading<'_>| {
        let hint = "write parallel, parallel:10, sequential, batched:32, windowed:32 or when-settled";
        field.error_with_hint(reading.problems, "unknown order", hint);
        Order::default()
    };
    if !field.is_present() {
        return Order::default();
    }
    let text = field.str_or_empty();
    let (name, number) = match text.split_once(':') {
        None => (text, None),
        Some((name, number)) => match number.parse::<u32>() {
            Ok(number) if number > 0 => (name, Some(number)),
            Ok(_) | Err(_) => return wrong(reading),
        },
    };
    match (name, number) {
        ("parallel", concurrency) => Order::Parallel { concurrency },
        ("sequential", None) => Order::Sequential,
        ("batched", Some(k)) => Order::Batched(k),
        ("windowed", Some(k)) => Order::Windowed(k),
        ("when-settled", None) => Order::WhenSettled {
            gated_timeout: SimDuration::from_secs(5),
        },
        _ => wrong(reading),
    }
}
