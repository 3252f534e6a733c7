//! One entry of `spec.services`: what is asked of a workload's pods, and what can be measured of them.

use crate::api::objects::Field;
use crate::api::problem::Problems;
use crate::api::quantity::Quantity;
use crate::control::service::{CustomMetric, MetricFigure, MetricScope, ServiceFigure, ServiceLoad};
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;
use crate::kernel::text::suggest;
use crate::scenario::document::{check_keys, count, list, parsed, text};
use crate::scenario::sources;
use crate::workload::load::{RequestModel, Room};
use crate::workload::{Load, files};

/// Keys of an entry that say something about requests, and nothing without them.
const OF_REQUESTS: [&str; 6] = [
    "serviceTime",
    "concurrency",
    "queue",
    "timeout",
    "cpuPerRequest",
    "memoryPerRequest",
];
/// All keys of an entry.
const KEYS: [&str; 14] = [
    "deployment",
    "load",
    "requests",
    "serviceTime",
    "concurrency",
    "queue",
    "timeout",
    "cpuPerRequest",
    "capPerPod",
    "idlePerPod",
    "memoryPerPod",
    "memoryPerRequest",
    "container",
    "metrics",
];
/// Requests that one pod may serve at once.
const MOST_CONCURRENT: u32 = 1_000_000;

/// Reads an entry; `None` if it says too little.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<(String, ServiceLoad)> {
    check_keys(field, &KEYS, problems);
    if !field.is_map() {
        return None;
    }
    let workload = text(&field.at("deployment"), problems);
    if !field.at("deployment").is_present() {
        let hint = "name the Deployment that has this load";
        field.error_with_hint(problems, "deployment is missing", hint);
    }
    let cpu = |key: &str, problems: &mut Problems| -> Option<i64> {
        let quantity: Option<Quantity> = parsed(&field.at(key), "a quantity such as 1 or 500m", problems);
        quantity.map(|quantity| quantity.milli_value())
    };
    let bytes = |key: &str, problems: &mut Problems| -> i64 {
        let quantity: Option<Quantity> = parsed(&field.at(key), "a quantity such as 512Mi", problems);
        quantity.map_or(0, |quantity| quantity.value())
    };
    let cap = cpu("capPerPod", problems);
    let load = read_load(&field.at("load"), problems);
    let requests = read_requests(field, cap, problems);
    let metrics: Vec<CustomMetric> = list(&field.at("metrics"), problems)
        .iter()
        .filter_map(|metric| read_metric(metric, field.at("requests").is_present(), problems))
        .collect();
    check_what_there_is(field, problems);
    let mut service = ServiceLoad::new(load.unwrap_or(Load::Constant(0)), cap);
    service.idle_per_pod = Some(cpu("idlePerPod", problems).unwrap_or(0));
    service.requests = requests.map(Box::new);
    service.memory_per_pod = bytes("memoryPerPod", problems);
    service.memory_per_request = bytes("memoryPerRequest", problems);
    service.container = text(&field.at("container"), problems).map(str::to_owned);
    service.metrics = metrics;
    Some((workload?.to_owned(), service))
}

/// A load in cpu or in requests, but not both; or metrics alone.
fn check_what_there_is(field: &Field<'_>, problems: &mut Problems) {
    let is = |key: &str| field.at(key).is_present();
    if is("load") && is("requests") {
        let hint = "give the load in cpu (load) or in requests per second (requests)";
        field
            .at("load")
            .error_with_hint(problems, "load and requests both are given", hint);
    } else if !is("load") && !is("requests") && !is("metrics") {
        let hint = "give a load such as constant(2) or steps(0s=1,10m=8), or requests per second";
        field.error_with_hint(problems, "load is missing", hint);
    }
    if !is("requests") {
        for key in OF_REQUESTS.iter().filter(|key| is(key)) {
            let hint = "give requests, such as steps(0s=20,10m=200)";
            let message = format!("{key} says something about requests, but there are none");
            field.at(key).error_with_hint(problems, message, hint);
        }
    }
}

fn read_load(field: &Field<'_>, problems: &mut Problems) -> Option<Load> {
    let wanted = "a load such as sine(mean=8,amplitude=6,period=24h)";
    let mut load: Load = parsed(field, wanted, problems)?;
    if let Err(error) = files::read_load(&mut load, &sources::base(field.source())) {
        field.error(problems, error.to_string());
        return None;
    }
    Some(load)
}

fn read_requests(field: &Field<'_>, cap: Option<i64>, problems: &mut Problems) -> Option<RequestModel> {
    let requests = field.at("requests");
    let rate = read_load(&requests, problems);
    let time = field.at("serviceTime");
    let mut service_time: Option<Distribution> = parsed(
        &time,
        "a duration such as 100ms or a distribution such as exponential(mean=100ms)",
        problems,
    );
    if let Some(distribution) = &mut service_time {
        if let Err(error) = files::read_distribution(distribution, &sources::base(field.source())) {
            time.error(problems, error.to_string());
            return None;
        }
        if distribution.mean().is_none_or(|mean| mean <= 0.0) {
            let hint = "give a time above zero, such as 100ms";
            time.error_with_hint(problems, "the mean service time is zero or without bound", hint);
            return None;
        }
    } else if requests.is_present() && !time.is_present() {
        let hint = "say how long one request takes to serve, such as serviceTime: 100ms";
        field.error_with_hint(problems, "serviceTime is missing", hint);
    }
    let concurrency = count(&field.at("concurrency"), MOST_CONCURRENT, problems);
    let room = read_room(&field.at("queue"), problems);
    let duration = |key: &str, problems: &mut Problems| -> Option<SimDuration> {
        parsed(&field.at(key), "a duration such as 10s", problems)
    };
    Some(RequestModel {
        timeout: duration("timeout", problems),
        cpu_per_request: duration("cpuPerRequest", problems),
        rate: rate?,
        service_time: service_time?,
        concurrency: concurrency.unwrap_or(1),
        room,
        cap_per_pod: cap,
    })
}

fn read_room(field: &Field<'_>, problems: &mut Problems) -> Room {
    if !field.is_present() {
        return Room::Unlimited;
    }
    check_keys(field, &["perPod", "total"], problems);
    let room = |key: &str, problems: &mut Problems| -> Option<u32> {
        parsed(&field.at(key), "a whole number from 0", problems)
    };
    match (room("perPod", problems), room("total", problems)) {
        (Some(_), Some(_)) => {
            let hint = "requests wait beside each pod (perPod) or before the service (total)";
            field.error_with_hint(problems, "perPod and total both are given", hint);
            Room::Unlimited
        }
        (Some(requests), None) => Room::PerPod(requests),
        (None, Some(requests)) => Room::InAll(requests),
        (None, None) => Room::Unlimited,
    }
}

fn read_metric(field: &Field<'_>, has_requests: bool, problems: &mut Problems) -> Option<CustomMetric> {
    check_keys(field, &["name", "of", "labels", "figure", "value"], problems);
    if !field.is_map() {
        return None;
    }
    let name = text(&field.at("name"), problems);
    if name.is_none_or(str::is_empty) {
        let hint = "name the metric as the autoscaler does";
        field.error_with_hint(problems, "name is missing", hint);
    }
    let scope = read_scope(&field.at("of"), problems);
    let (figure, value) = (field.at("figure"), field.at("value"));
    let number = match (figure.is_present(), value.is_present()) {
        (true, false) => read_figure(&figure, has_requests, problems).map(MetricFigure::Service),
        (false, true) => read_load(&value, problems).map(MetricFigure::Series),
        (false, false) | (true, true) => {
            let hint = "give figure: requestsPerSecond, or value: steps(0s=0,10m=50)";
            field.error_with_hint(problems, "one of figure and value is needed", hint);
            None
        }
    };
    Some(CustomMetric {
        name: name?.to_owned(),
        scope: scope?,
        labels: field.at("labels").string_map(),
        figure: number?,
    })
}

fn read_scope(field: &Field<'_>, problems: &mut Problems) -> Option<MetricScope> {
    match field.str() {
        None | Some("pods") => Some(MetricScope::Pods),
        Some("external") => Some(MetricScope::External),
        Some(other) => {
            let Some((kind, name)) = other
                .split_once('/')
                .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
            else {
                let hint = "write pods, external, or an object such as Ingress/main";
                field.error_with_hint(problems, format!("{other:?} is nothing that has metrics"), hint);
                return None;
            };
            Some(MetricScope::Object {
                kind: kind.to_owned(),
                name: name.to_owned(),
            })
        }
    }
}

fn read_figure(field: &Field<'_>, has_requests: bool, problems: &mut Problems) -> Option<ServiceFigure> {
    let wanted = text(field, problems)?;
    let names = ServiceFigure::ALL.map(ServiceFigure::name);
    let Some(figure) = ServiceFigure::ALL.into_iter().find(|figure| figure.name() == wanted) else {
        let hint = match suggest(wanted, names) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("figures are {}", names.join(", ")),
        };
        field.error_with_hint(problems, format!("unknown figure {wanted:?}"), hint);
        return None;
    };
    if !has_requests {
        let hint = "give requests to the service, or the metric a value of its own";
        field.error_with_hint(
            problems,
            format!("{wanted} is a figure of requests, but there are none"),
            hint,
        );
    }
    Some(figure)
}
