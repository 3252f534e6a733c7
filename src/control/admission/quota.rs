//! Resource quotas at the creation of pods (`staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go:
//! CheckRequest`, `pkg/quota/v1/evaluator/core/pods.go`).

use std::collections::BTreeMap;

use crate::cluster::policies::{Admitted, Quota};
use crate::cluster::spec::{Counted, PodTemplate, QuotaScope, Requests, ResourceQuotaSpec, ScopeOperator};
use crate::cluster::{PodId, ResourceId, ResourceTable, Store};
use crate::control::admission::Refusal;
use crate::control::admission::quantity::{count, printed};

/// What a pod counts for each quota that is about it.
pub(super) fn charges(pod: &PodTemplate, quotas: &[Quota]) -> Vec<(usize, Vec<i64>)> {
    let about = quotas
        .iter()
        .enumerate()
        .filter(|(_, quota)| !quota.gone && is_about(&quota.spec, pod));
    let (requests, limits) = (pod.parts.effective(), pod.parts.limits());
    let of = |amounts: &Requests, id| amounts.get(&id).copied().unwrap_or(0);
    about
        .map(|(place, quota)| {
            let amounts = quota.spec.hard.iter().map(|limit| match limit.counted {
                Counted::Pods | Counted::PodObjects => 1,
                // Pods made without manifests have only the sum.
                Counted::Requests(id) => of(&requests, id).max(pod.requests.get(id)),
                Counted::Limits(id) => of(&limits, id),
            });
            (place, amounts.collect())
        })
        .collect()
}

fn is_about(quota: &ResourceQuotaSpec, pod: &PodTemplate) -> bool {
    quota.namespace == pod.namespace && quota.scopes.iter().all(|scope| matches(scope, pod))
}

/// `podMatchesScopeFunc`.
fn matches(scope: &QuotaScope, pod: &PodTemplate) -> bool {
    match scope {
        QuotaScope::Terminating(with) => pod.has_deadline == *with,
        QuotaScope::BestEffort(with) => pod.parts.is_best_effort() == *with,
        QuotaScope::PriorityClass { operator, names } => {
            let named = names.contains(&pod.priority_class);
            match operator {
                ScopeOperator::In => named,
                ScopeOperator::NotIn => !named,
                ScopeOperator::Exists => !pod.priority_class.is_empty(),
                ScopeOperator::DoesNotExist => pod.priority_class.is_empty(),
            }
        }
        QuotaScope::CrossNamespacePodAffinity => crosses_namespaces(pod),
    }
}

fn crosses_namespaces(pod: &PodTemplate) -> bool {
    let scheduling = &pod.scheduling;
    [&scheduling.pod_affinity, &scheduling.pod_anti_affinity]
        .into_iter()
        .any(|affinity| affinity.crosses_namespaces())
}

/// Charges a pod to its quotas, if all of them allow it.
pub(super) fn charge(store: &mut Store, admitted: &Admitted) -> Result<(), String> {
    let pod = &store.templates[admitted.template.index()];
    for (place, _) in &admitted.charges {
        let spec = &store.policies.quotas[*place].spec;
        must_specify(spec, pod)?;
    }
    for (place, amounts) in &admitted.charges {
        exceeds(&store.policies.quotas[*place], amounts, &store.resources)?;
    }
    for (place, amounts) in &admitted.charges {
        let quota = &mut store.policies.quotas[*place];
        for (i, amount) in amounts.iter().enumerate() {
            quota.live[i] += amount;
            if let Some(used) = &mut quota.used {
                used[i] += amount;
            }
        }
    }
    Ok(())
}

/// Each container must say what a quota counts of cpu and memory (`Constraints`).
fn must_specify(quota: &ResourceQuotaSpec, pod: &PodTemplate) -> Result<(), String> {
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for limit in &quota.hard {
        let (id, is_limit) = match limit.counted {
            Counted::Requests(id) => (id, false),
            Counted::Limits(id) => (id, true),
            Counted::Pods | Counted::PodObjects => continue,
        };
        if id != ResourceId::CPU && id != ResourceId::MEMORY {
            continue;
        }
        for container in pod.parts.all_containers() {
            let amounts = if is_limit {
                &container.limits
            } else {
                &container.requests
            };
            if !amounts.contains_key(&id) {
                missing.entry(&limit.name).or_default().push(&container.name);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let texts = missing.iter_mut().map(|(name, containers)| {
        containers.sort_unstable();
        format!("{name} for: {}", containers.join(","))
    });
    let texts: Vec<String> = texts.collect();
    Err(format!(
        "failed quota: {}: must specify {}",
        quota.name,
        texts.join("; ")
    ))
}

fn exceeds(quota: &Quota, amounts: &[i64], resources: &ResourceTable) -> Result<(), String> {
    let name = &quota.spec.name;
    let entries = || quota.spec.hard.iter().zip(amounts).enumerate();
    let Some(used) = &quota.used else {
        let names: Vec<&str> = quota.spec.hard.iter().map(|limit| limit.name.as_str()).collect();
        return Err(format!(
            "status unknown for quota: {name}, resources: {}",
            names.join(",")
        ));
    };
    let over: Vec<_> = entries()
        .filter(|(i, (limit, amount))| **amount > 0 && used[*i] + **amount > limit.hard)
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    let list = |value: &dyn Fn(usize, i64, i64) -> i64| {
        let texts = over.iter().map(|(i, (limit, amount))| {
            let value = value(*i, **amount, limit.hard);
            let text = match limit.counted {
                Counted::Pods | Counted::PodObjects => count(value),
                Counted::Requests(id) | Counted::Limits(id) => printed(id, value, resources),
            };
            format!("{}={text}", limit.name)
        });
        texts.collect::<Vec<_>>().join(",")
    };
    Err(format!(
        "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
        list(&|_, amount, _| amount),
        list(&|i, _, _| used[i]),
        list(&|_, _, hard| hard),
    ))
}

/// What a pod that is in counts: nothing of what only pods count that have not ended, once it has.
fn counts(counted: Counted, ended: bool, gone: bool) -> bool {
    match counted {
        Counted::PodObjects => !gone,
        Counted::Pods | Counted::Requests(_) | Counted::Limits(_) => !ended,
    }
}

/// A pod has just ended (`ended`), or its object is gone: there is less than before. Returns the quotas that see it.
pub(super) fn release(store: &mut Store, pod: PodId, ended: bool) -> Vec<usize> {
    let charges = charges(store.template(pod), &store.policies.quotas);
    for (place, amounts) in &charges {
        let quota = &mut store.policies.quotas[*place];
        for (i, amount) in amounts.iter().enumerate() {
            let of_object = quota.spec.hard[i].counted == Counted::PodObjects;
            if of_object != ended {
                quota.live[i] -= amount;
                debug_assert!(quota.live[i] >= 0, "a quota counts less than nothing");
            }
        }
    }
    charges.into_iter().map(|(place, _)| place).collect()
}

/// What there is of what `quota` counts, pod by pod.
pub(super) fn recount(store: &Store, quota: &Quota) -> Vec<i64> {
    let mut live = vec![0; quota.spec.hard.len()];
    for pod in store.pods.iter().filter(|pod| !pod.gone) {
        let template = &store.templates[pod.template.index()];
        let charges = charges(template, std::slice::from_ref(quota));
        for (_, amounts) in charges {
            for (i, amount) in amounts.iter().enumerate() {
                if counts(quota.spec.hard[i].counted, pod.phase.is_terminal(), pod.gone) {
                    live[i] += amount;
                }
            }
        }
    }
    live
}

/// The quota that is called so.
pub(in crate::control) fn find(store: &Store, namespace: &str, name: &str) -> Option<usize> {
    let is_it = |q: &Quota| !q.gone && q.spec.name == name && q.spec.namespace == namespace;
    store.policies.quotas.iter().position(is_it)
}

/// The quota controller writes the status of the quota at `place`: what is used, and what is allowed from now on.
pub(super) fn write_status(store: &mut Store, place: usize) {
    let quota = &mut store.policies.quotas[place];
    if let Some(spec) = quota.changed.take() {
        quota.spec = spec;
        let quota = quota.clone();
        store.policies.quotas[place].live = recount(store, &quota);
        store.policies.changed();
    }
    let quota = &mut store.policies.quotas[place];
    quota.used = Some(quota.live.clone());
}

/// A change of a quota: the limits that it had hold until the quota controller has written its status.
pub(super) fn update(store: &mut Store, spec: &ResourceQuotaSpec) -> Result<(), Refusal> {
    let Some(place) = find(store, &spec.namespace, &spec.name) else {
        return Err(Refusal::not_found("resourcequotas", &spec.name));
    };
    store.policies.quotas[place].changed = Some(spec.clone());
    Ok(())
}

pub(super) fn create(store: &mut Store, spec: &ResourceQuotaSpec) -> Result<(), Refusal> {
    if find(store, &spec.namespace, &spec.name).is_some() {
        return Err(Refusal::already_exists("resourcequotas", &spec.name));
    }
    let mut quota = Quota {
        spec: spec.clone(),
        used: None,
        live: Vec::new(),
        changed: None,
        gone: false,
    };
    quota.live = recount(store, &quota);
    store.policies.quotas.push(quota);
    store.policies.changed();
    Ok(())
}
