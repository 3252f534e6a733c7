//! Limit ranges (`plugin/pkg/admission/limitranger/admission.go`).

use crate::cluster::spec::{
    ContainerRequests, LimitKind, LimitRangeItem, LimitRangeSpec, PodTemplate, Requests, to_amounts,
};
use crate::cluster::{ResourceId, ResourceTable, Store};
use crate::control::admission::Refusal;
use crate::control::admission::quantity::printed;

/// The limit ranges of the pod's namespace.
fn of_pod<'a>(pod: &PodTemplate, ranges: &'a [LimitRangeSpec]) -> Vec<&'a LimitRangeItem> {
    let of_namespace = ranges.iter().filter(|range| range.namespace == pod.namespace);
    of_namespace.flat_map(|range| &range.limits).collect()
}

/// Gives containers the requests and limits that they lack (`mergePodResourceRequirements`).
pub(super) fn fill_in(pod: &mut PodTemplate, ranges: &[LimitRangeSpec]) {
    let mut changed = false;
    for item in of_pod(pod, ranges) {
        if item.kind != LimitKind::Container {
            continue;
        }
        let parts = &mut pod.parts;
        for container in parts.containers.iter_mut().chain(&mut parts.init_containers) {
            changed |= lend(&mut container.limits, &item.default);
            changed |= lend(&mut container.requests, &item.default_request);
        }
    }
    if changed {
        let pods = pod.requests.get(ResourceId::PODS);
        pod.requests = to_amounts(&pod.parts.effective());
        pod.requests.set(ResourceId::PODS, pods);
        (pod.nonzero_cpu, pod.nonzero_memory) = pod.parts.nonzero();
        pod.own_requests = pod.parts.own_requests();
    }
}

/// Fills in what is missing; says whether anything was.
fn lend(amounts: &mut Requests, defaults: &Requests) -> bool {
    let before = amounts.len();
    for (id, amount) in defaults {
        amounts.entry(*id).or_insert(*amount);
    }
    amounts.len() > before
}

/// Checks the containers and the pod as a whole against all limits (`PodValidateLimitFunc`).
pub(super) fn check(pod: &PodTemplate, ranges: &[LimitRangeSpec], resources: &ResourceTable) -> Result<(), String> {
    let mut faults = Vec::new();
    for item in of_pod(pod, ranges) {
        match item.kind {
            LimitKind::Container => {
                for ContainerRequests { requests, limits, .. } in pod.parts.all_containers() {
                    check_item(item, requests, limits, resources, &mut faults);
                }
            }
            LimitKind::Pod => {
                let (requests, limits) = (pod.parts.effective(), pod.parts.limits());
                check_item(item, &requests, &limits, resources, &mut faults);
            }
        }
    }
    // The same text comes once (`staging/src/k8s.io/apimachinery/pkg/util/errors/errors.go: aggregate.Error`).
    let mut told: Vec<String> = Vec::new();
    for fault in faults {
        if !told.contains(&fault) {
            told.push(fault);
        }
    }
    match told.len() {
        0 => Ok(()),
        1 => Err(told.remove(0)),
        _ => Err(format!("[{}]", told.join(", "))),
    }
}

fn check_item(
    item: &LimitRangeItem,
    requests: &Requests,
    limits: &Requests,
    resources: &ResourceTable,
    faults: &mut Vec<String>,
) {
    let kind = item.kind.name();
    let text = |id: ResourceId, value: i64| printed(id, value, resources);
    for (&id, &least) in &item.min {
        let head = format!("minimum {} usage per {kind} is {}", resources.name(id), text(id, least));
        match requests.get(&id) {
            None => faults.push(format!("{head}.  No request is specified")),
            Some(&request) if request < least => faults.push(format!("{head}, but request is {}", text(id, request))),
            Some(_) => match limits.get(&id) {
                Some(&limit) if limit < least => faults.push(format!("{head}, but limit is {}", text(id, limit))),
                Some(_) | None => {}
            },
        }
    }
    for (&id, &most) in &item.max {
        let head = format!("maximum {} usage per {kind} is {}", resources.name(id), text(id, most));
        match limits.get(&id) {
            None => faults.push(format!("{head}.  No limit is specified")),
            Some(&limit) if limit > most => faults.push(format!("{head}, but limit is {}", text(id, limit))),
            Some(_) => match requests.get(&id) {
                Some(&request) if request > most => {
                    faults.push(format!("{head}, but request is {}", text(id, request)));
                }
                Some(_) | None => {}
            },
        }
    }
    for (&id, &ratio) in &item.max_limit_request_ratio {
        faults.extend(check_ratio(id, ratio, requests, limits, kind, resources));
    }
}

/// `limitRequestRatioConstraint`; `most` is in thousandths.
fn check_ratio(
    id: ResourceId,
    most: i64,
    requests: &Requests,
    limits: &Requests,
    kind: &str,
    resources: &ResourceTable,
) -> Option<String> {
    let shown = if most % 1000 == 0 {
        (most / 1000).to_string()
    } else {
        format!("{most}m")
    };
    let head = format!(
        "{} max limit to request ratio per {kind} is {shown}",
        resources.name(id)
    );
    let of = |amounts: &Requests| amounts.get(&id).copied().filter(|amount| *amount != 0);
    let Some(request) = of(requests) else {
        return Some(format!("{head}, but no request is specified or request is 0"));
    };
    let Some(limit) = of(limits) else {
        return Some(format!("{head}, but no limit is specified or limit is 0"));
    };
    let exceeds = i128::from(limit) * 1000 > i128::from(request) * i128::from(most);
    exceeds.then(|| format!("{head}, but provided ratio is {:.6}", limit as f64 / request as f64))
}

/// A change of a limit range: pods that come later meet it.
pub(super) fn update(store: &mut Store, range: &LimitRangeSpec) -> Result<(), Refusal> {
    let is_it = |known: &&mut LimitRangeSpec| known.name == range.name && known.namespace == range.namespace;
    match store.policies.limit_ranges.iter_mut().find(is_it) {
        Some(known) => known.clone_from(range),
        None => return Err(Refusal::not_found("limitranges", &range.name)),
    }
    store.policies.changed();
    Ok(())
}

pub(super) fn create(store: &mut Store, range: &LimitRangeSpec) -> Result<(), Refusal> {
    let is_same = |known: &LimitRangeSpec| known.name == range.name && known.namespace == range.namespace;
    if store.policies.limit_ranges.iter().any(is_same) {
        return Err(Refusal::already_exists("limitranges", &range.name));
    }
    store.policies.limit_ranges.push(range.clone());
    store.policies.changed();
    Ok(())
}
