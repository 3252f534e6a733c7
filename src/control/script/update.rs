//! Patches: the fields in which a manifest before and after differ are set, whatever else was changed meanwhile.

use crate::cluster::WorkloadId;
use crate::cluster::refusal::Refusal;
use crate::cluster::spec::{NodeSpec, ObjectSpec, PodSpec, PodTemplate, Taint, TaintEffect};
use crate::control::context::Context;
use crate::control::object_calls;
use crate::control::script::act::{found, job_of, node_of, pod_of, unsupported};
use crate::control::script::find;
use crate::workload::script::{NodeRef, ObjectRef, PodRef};

/// Sets the fields in which the two specifications differ.
pub(super) fn update(
    object: &ObjectRef,
    change: &(ObjectSpec, ObjectSpec),
    ctx: &mut Context<'_>,
) -> Result<(), Refusal> {
    match change {
        (ObjectSpec::Node(before), ObjectSpec::Node(after)) => {
            let node = node_of(&NodeRef::Named(object.name.clone()), ctx)?;
            ctx.update_node(node, |spec| change_node(spec, before, after));
            Ok(())
        }
        (ObjectSpec::Job(_), ObjectSpec::Job(after)) => {
            let job = job_of(object, ctx)?;
            ctx.update_job(job, after.clone());
            Ok(())
        }
        (ObjectSpec::Pod(before), ObjectSpec::Pod(after)) => {
            let PodSpec { namespace, name, .. } = before.clone();
            let pod = pod_of(&PodRef::Named { namespace, name }, ctx)?;
            ctx.update_pod(pod, |template| change_pod(template, &before.template, &after.template));
            Ok(())
        }
        (_, ObjectSpec::Hpa(after)) => {
            let hpa = object_calls::hpa(&object.namespace, &object.name, ctx.store);
            ctx.update_hpa(found(object, hpa)?, after.clone());
            Ok(())
        }
        (_, ObjectSpec::CronJob(after)) => {
            let cron_job = object_calls::cron_job(&object.namespace, &object.name, ctx.store);
            ctx.update_cron_job(found(object, cron_job)?, (**after).clone());
            Ok(())
        }
        (_, ObjectSpec::DisruptionBudget(after)) => {
            let place = object_calls::disruption_budget(&object.namespace, &object.name, ctx.store);
            ctx.store.disruption_budgets[found(object, place)?] = after.clone();
            Ok(())
        }
        (ObjectSpec::PriorityClass(before), ObjectSpec::PriorityClass(after)) => {
            let mut classes = ctx.store.policies.classes.iter();
            let known = found(object, classes.find(|class| class.name == object.name))?;
            let mut class = known.clone();
            // A patch that was refused before has changed the manifest, not the class.
            if before.value != after.value {
                class.value = after.value;
            }
            if before.never_preempts != after.never_preempts {
                class.never_preempts = after.never_preempts;
            }
            class.global_default = after.global_default;
            ctx.update_policy(&ObjectSpec::PriorityClass(class))
        }
        (_, ObjectSpec::ResourceQuota(_) | ObjectSpec::LimitRange(_)) => ctx.update_policy(&change.1),
        (_, ObjectSpec::Namespace(_)) => Ok(()),
        _ => update_workload(object, change, ctx),
    }
}

/// The same for what the controllers of apps/v1 look after.
fn update_workload(
    object: &ObjectRef,
    change: &(ObjectSpec, ObjectSpec),
    ctx: &mut Context<'_>,
) -> Result<(), Refusal> {
    match change {
        (ObjectSpec::Deployment(before), ObjectSpec::Deployment(after)) => {
            let WorkloadId::Deployment(id) = found(object, find::workload(object, ctx.store))? else {
                return Err(unsupported());
            };
            let mut after = after.clone();
            if before.replicas == after.replicas {
                // An autoscaler may have changed it.
                after.replicas = ctx.store.deployments[id.index()].spec.replicas;
            }
            ctx.update_deployment(id, after);
            Ok(())
        }
        (ObjectSpec::ReplicaSet(before), ObjectSpec::ReplicaSet(after)) => {
            let WorkloadId::ReplicaSet(id) = found(object, find::workload(object, ctx.store))? else {
                return Err(unsupported());
            };
            let mut after = after.clone();
            if before.replicas == after.replicas {
                // An autoscaler may have changed it.
                after.replicas = ctx.store.replica_sets[id.index()].spec.replicas;
            }
            ctx.update_replica_set(id, after);
            Ok(())
        }
        (ObjectSpec::StatefulSet(before), ObjectSpec::StatefulSet(after)) => {
            let WorkloadId::StatefulSet(id) = found(object, find::workload(object, ctx.store))? else {
                return Err(unsupported());
            };
            let mut after = after.clone();
            if before.replicas == after.replicas {
                // An autoscaler may have changed it.
                after.replicas = ctx.store.stateful_sets[id.index()].spec.replicas;
            }
            ctx.update_stateful_set(id, after);
            Ok(())
        }
        (_, ObjectSpec::DaemonSet(after)) => {
            let WorkloadId::DaemonSet(id) = found(object, find::workload(object, ctx.store))? else {
                return Err(unsupported());
            };
            ctx.update_daemon_set(id, after.clone());
            Ok(())
        }
        _ => Err(unsupported()),
    }
}

/// Of a pod, labels and tolerations may change, and scheduling gates may go (`pkg/apis/core/validation/validation.go:
/// ValidatePodUpdate`).
fn change_pod(pod: &mut PodTemplate, before: &PodTemplate, after: &PodTemplate) {
    for (key, value) in &after.labels {
        if before.labels.get(key) != Some(value) {
            pod.labels.insert(key.clone(), value.clone());
        }
    }
    pod.labels
        .retain(|key, _| !before.labels.contains_key(key) || after.labels.contains_key(key));
    if before.deletion_cost != after.deletion_cost {
        pod.deletion_cost = after.deletion_cost;
    }
    for toleration in &after.tolerations {
        if !pod.tolerations.contains(toleration) {
            pod.tolerations.push(toleration.clone());
        }
    }
    let gates = &after.scheduling.gates;
    pod.scheduling
        .gates
        .retain(|gate| !before.scheduling.gates.contains(gate) || gates.contains(gate));
}

fn change_node(spec: &mut NodeSpec, before: &NodeSpec, after: &NodeSpec) {
    spec.labels
        .retain(|key, _| !before.labels.contains_key(key) || after.labels.contains_key(key));
    for (key, value) in &after.labels {
        if before.labels.get(key) != Some(value) {
            spec.labels.insert(key.clone(), value.clone());
        }
    }
    let only = |taints: &[Taint], others: &[Taint]| -> Vec<Taint> {
        let missing = taints.iter().filter(|taint| !others.contains(taint));
        missing.cloned().collect()
    };
    let gone = only(&before.taints, &after.taints);
    let gone: Vec<_> = gone.into_iter().map(|taint| (taint.key, Some(taint.effect))).collect();
    change_taints(spec, &only(&after.taints, &before.taints), &gone);
    if before.unschedulable != after.unschedulable {
        spec.unschedulable = after.unschedulable;
    }
    if before.allocatable != after.allocatable {
        spec.allocatable.clone_from(&after.allocatable);
    }
    if before.capacity != after.capacity {
        spec.capacity.clone_from(&after.capacity);
    }
}

/// A taint is known by its key and effect.
pub(super) fn change_taints(spec: &mut NodeSpec, add: &[Taint], remove: &[(String, Option<TaintEffect>)]) {
    spec.taints.retain(|taint| {
        let is_removed = remove
            .iter()
            .any(|(key, effect)| *key == taint.key && effect.is_none_or(|effect| effect == taint.effect));
        let is_replaced = add.iter().any(|new| new.key == taint.key && new.effect == taint.effect);
        !is_removed && !is_replaced
    });
    spec.taints.extend_from_slice(add);
}
