//! What a request does when the API server takes it.

use crate::cluster::pod::Disruption;
use crate::cluster::refusal::Refusal;
use crate::cluster::spec::{HpaSpec, NodeSpec, ObjectSpec, PodSpec, PodTemplate, Taint, TaintEffect};
use crate::cluster::{NodeId, PodId, WorkloadId};
use crate::control::admission;
use crate::control::context::Context;
use crate::control::script::{Player, find};
use crate::control::service::{Reporting, Services};
use crate::workload::script::{Action, MetricsReport, NodeRef, ObjectRef, PodRef};

impl Player {
    /// Plays the action of `step`, which is about load or metrics.
    pub(super) fn measure(&self, step: u32, services: &mut Services, ctx: &mut Context<'_>) {
        let (request, result) = measured(&self.steps[step as usize].action, services, ctx);
        if let Err(refusal) = result {
            ctx.refuse(request, refusal);
        }
    }
    /// Plays the action of `step`, which is no submission.
    pub(super) fn act(&self, step: u32, ctx: &mut Context<'_>) {
        let action = &self.steps[step as usize].action;
        let (request, result) = play(action, ctx);
        if let Err(refusal) = result {
            ctx.refuse(request, refusal);
        }
    }
}

/// What a step about load or metrics asks for, and what comes of it.
fn measured(action: &Action, services: &mut Services, ctx: &mut Context<'_>) -> (String, Result<(), Refusal>) {
    let (object, request) = match action {
        Action::SetLoad {
            object,
            total_cpu_milli,
        } => (object, format!("load of {total_cpu_milli}m on {object}")),
        Action::SetMetrics { object, .. } => (object, format!("metrics of {object}")),
        _ => unreachable!("only load and metrics are measured"),
    };
    let target = match found(object, find::scale_target(object, ctx.store)) {
        Ok(target) => target,
        Err(refusal) => return (request, Err(refusal)),
    };
    let is_measured = match action {
        Action::SetMetrics { report, .. } => {
            let reporting = match report {
                MetricsReport::All => Reporting::All,
                MetricsReport::None => Reporting::Nothing,
                MetricsReport::FirstHalf => Reporting::FirstHalf,
            };
            services.set_reporting(target, reporting, ctx)
        }
        Action::SetLoad { total_cpu_milli, .. } => services.set_load(target, *total_cpu_milli, ctx),
        _ => unreachable!("only load and metrics are measured"),
    };
    let result = if is_measured {
        Ok(())
    } else {
        Err(Refusal::forbidden(format!(
            "{object} is not measured as a service in cpu: it must be there from the beginning"
        )))
    };
    (request, result)
}

/// What `spec` is, in a request to create it.
pub(super) fn posted(spec: &ObjectSpec) -> String {
    match spec {
        ObjectSpec::Node(node) => format!("create Node {}", node.name),
        ObjectSpec::Job(job) => format!("create Job {}/{}", job.namespace, job.name),
        ObjectSpec::CronJob(job) => format!("create CronJob {}/{}", job.namespace, job.name),
        ObjectSpec::Deployment(d) => format!("create Deployment {}/{}", d.namespace, d.name),
        ObjectSpec::ReplicaSet(set) => format!("create ReplicaSet {}/{}", set.namespace, set.name),
        ObjectSpec::StatefulSet(set) => format!("create StatefulSet {}/{}", set.namespace, set.name),
        ObjectSpec::DaemonSet(set) => format!("create DaemonSet {}/{}", set.namespace, set.name),
        ObjectSpec::Hpa(hpa) => format!("create HorizontalPodAutoscaler {}/{}", hpa.namespace, hpa.name),
        ObjectSpec::Pod(pod) => format!("create Pod {}/{}", pod.namespace, pod.name),
        ObjectSpec::PriorityClass(class) => format!("create PriorityClass {}", class.name),
        ObjectSpec::Namespace(name) => format!("create Namespace {name}"),
        ObjectSpec::ResourceQuota(quota) => format!("create ResourceQuota {}/{}", quota.namespace, quota.name),
        ObjectSpec::LimitRange(range) => format!("create LimitRange {}/{}", range.namespace, range.name),
        ObjectSpec::DisruptionBudget(pdb) => format!("create PodDisruptionBudget {}/{}", pdb.namespace, pdb.name),
    }
}

/// The API server takes an object that is no Job.
pub(super) fn create(spec: &ObjectSpec, ctx: &mut Context<'_>) -> Result<(), Refusal> {
    match spec {
        ObjectSpec::Node(node) => {
            if find::node(&NodeRef::Named(node.name.clone()), ctx.store, ctx.seed).is_some() {
                return Err(Refusal::already_exists("nodes", &node.name));
            }
            ctx.create_node(node.clone());
            Ok(())
        }
        ObjectSpec::Pod(pod) => ctx.create_bare_pod(pod.clone()).map(drop),
        ObjectSpec::DisruptionBudget(budget) => {
            ctx.store.disruption_budgets.push(budget.clone());
            Ok(())
        }
        ObjectSpec::Job(_) => unreachable!("Jobs are known before they are taken"),
        ObjectSpec::Deployment(spec) => {
            ctx.create_deployment(spec.clone());
            Ok(())
        }
        ObjectSpec::ReplicaSet(spec) => {
            ctx.create_replica_set(spec.clone());
            Ok(())
        }
        ObjectSpec::StatefulSet(spec) => {
            ctx.create_stateful_set(spec.clone());
            Ok(())
        }
        ObjectSpec::DaemonSet(spec) => {
            ctx.create_daemon_set(spec.clone());
            Ok(())
        }
        ObjectSpec::PriorityClass(_)
        | ObjectSpec::Namespace(_)
        | ObjectSpec::ResourceQuota(_)
        | ObjectSpec::LimitRange(_) => ctx.create_policy(spec),
        ObjectSpec::CronJob(_) => Err(unsupported()),
        ObjectSpec::Hpa(hpa) => {
            // Those with a time of their own are in the store from the beginning, and begin to act then.
            let is_it = |known: &HpaSpec| known.name == hpa.name && known.namespace == hpa.namespace;
            if ctx.store.hpas.iter().any(is_it) {
                Ok(())
            } else {
                Err(unsupported())
            }
        }
    }
}

fn unsupported() -> Refusal {
    Refusal {
        code: 501,
        message: "not possible while the cluster runs".to_owned(),
    }
}

fn play(action: &Action, ctx: &mut Context<'_>) -> (String, Result<(), Refusal>) {
    match action {
        Action::Submit { .. } => unreachable!("submissions are played object by object"),
        Action::Update { object, change } => (format!("patch {object}"), update(object, change, ctx)),
        Action::Scale { object, replicas } => {
            let result = find::scale_target(object, ctx.store).map(|target| ctx.scale(target, *replicas));
            (format!("scale {object} to {replicas}"), found(object, result))
        }
        Action::Delete { object } => {
            let result = match (find::job(object, ctx.store), find::workload(object, ctx.store)) {
                (Some(job), _) => {
                    ctx.delete_job(job);
                    Ok(())
                }
                (None, Some(workload)) => {
                    ctx.delete_workload(workload);
                    Ok(())
                }
                (None, None) if admission::delete(ctx.store, object) => {
                    ctx.admission_eased();
                    Ok(())
                }
                (None, None) => Err(unsupported()),
            };
            (format!("delete {object}"), result)
        }
        Action::DeletePod { pod, grace } => {
            let result = pod_of(pod, ctx).map(|id| match grace {
                Some(grace) if ctx.store.pods[id.index()].is_active() => ctx.delete_pod_within(id, *grace),
                _ => delete_pod(id, ctx),
            });
            (format!("delete {}", pod_name(pod)), result)
        }
        Action::Evict { pod } => {
            let result = pod_of(pod, ctx).map(|id| {
                if ctx.store.pods[id.index()].is_active() {
                    ctx.disrupt_pod(id, Disruption::EvictionByEvictionApi);
                }
                delete_pod(id, ctx);
            });
            (format!("evict {}", pod_name(pod)), result)
        }
        Action::SetDeletionCost { pod, cost } => {
            let result = pod_of(pod, ctx).map(|id| ctx.update_pod(id, |template| template.deletion_cost = *cost));
            (format!("annotate {}", pod_name(pod)), result)
        }
        Action::DeleteNode { node } => {
            let result = node_of(node, ctx).map(|id| ctx.delete_node(id));
            (format!("delete {}", node_name(node)), result)
        }
        Action::Cordon { node, unschedulable } => {
            let change = |spec: &mut NodeSpec| spec.unschedulable = *unschedulable;
            let result = node_of(node, ctx).map(|id| ctx.update_node(id, change));
            let verb = if *unschedulable { "cordon" } else { "uncordon" };
            (format!("{verb} {}", node_name(node)), result)
        }
        Action::Taint { node, add, remove } => {
            let change = |spec: &mut NodeSpec| change_taints(spec, add, remove);
            let result = node_of(node, ctx).map(|id| ctx.update_node(id, change));
            (format!("taint {}", node_name(node)), result)
        }
        Action::Label { node, set, remove } => {
            let change = |spec: &mut NodeSpec| {
                spec.labels.retain(|key, _| !remove.contains(key));
                spec.labels.extend(set.clone());
            };
            let result = node_of(node, ctx).map(|id| ctx.update_node(id, change));
            (format!("label {}", node_name(node)), result)
        }
        Action::Drain { node } => {
            let result = node_of(node, ctx).map(|id| ctx.drain(id));
            (format!("drain {}", node_name(node)), result)
        }
        Action::StopKubelet { node } => {
            let result = node_of(node, ctx).map(|id| ctx.stop_kubelet(id));
            (format!("stop the kubelet of {}", node_name(node)), result)
        }
        Action::StartKubelet { node } => {
            let result = node_of(node, ctx).map(|id| ctx.start_kubelet(id));
            (format!("start the kubelet of {}", node_name(node)), result)
        }
        Action::Reboot { node, away } => {
            let result = node_of(node, ctx).map(|id| ctx.reboot(id, *away));
            (format!("reboot {}", node_name(node)), result)
        }
        Action::SetLoad { .. } | Action::SetMetrics { .. } => unreachable!("they concern no API server"),
    }
}

fn found<T>(object: &ObjectRef, result: Option<T>) -> Result<T, Refusal> {
    result.ok_or_else(|| Refusal::not_found(object.kind.resource(), &object.name))
}

fn pod_of(pod: &PodRef, ctx: &Context<'_>) -> Result<PodId, Refusal> {
    let found = find::pod(pod, ctx.store, ctx.seed).filter(|id| !ctx.store.pods[id.index()].gone);
    found.ok_or_else(|| match pod {
        PodRef::Named { name, .. } => Refusal::not_found("pods", name),
        PodRef::Of { .. } => Refusal {
            code: 404,
            message: format!("{} is not there", pod_name(pod)),
        },
    })
}

fn node_of(node: &NodeRef, ctx: &Context<'_>) -> Result<NodeId, Refusal> {
    find::node(node, ctx.store, ctx.seed).ok_or_else(|| match node {
        NodeRef::Named(name) => Refusal::not_found("nodes", name),
        NodeRef::Of(_) => Refusal {
            code: 404,
            message: format!("{} is not there", node_name(node)),
        },
    })
}

fn pod_name(pod: &PodRef) -> String {
    match pod {
        PodRef::Named { namespace, name } => format!("Pod {namespace}/{name}"),
        PodRef::Of { owner, ordinal } => format!("pod {ordinal} of {owner}"),
    }
}

fn node_name(node: &NodeRef) -> String {
    match node {
        NodeRef::Named(name) => format!("Node {name}"),
        NodeRef::Of(pod) => format!("the node of {}", pod_name(pod)),
    }
}

/// A pod that ended has nothing to stop: its object goes away at once.
fn delete_pod(pod: PodId, ctx: &mut Context<'_>) {
    let record = &ctx.store.pods[pod.index()];
    if record.is_active() {
        ctx.delete_pod(pod);
    } else if record.phase.is_terminal() {
        ctx.remove_pod(pod);
    }
}

/// A taint is known by its key and effect.
fn change_taints(spec: &mut NodeSpec, add: &[Taint], remove: &[(String, Option<TaintEffect>)]) {
    spec.taints.retain(|taint| {
        let is_removed = remove
            .iter()
            .any(|(key, effect)| *key == taint.key && effect.is_none_or(|effect| effect == taint.effect));
        let is_replaced = add.iter().any(|new| new.key == taint.key && new.effect == taint.effect);
        !is_removed && !is_replaced
    });
    spec.taints.extend_from_slice(add);
}

/// Sets the fields in which the two specifications differ.
fn update(object: &ObjectRef, change: &(ObjectSpec, ObjectSpec), ctx: &mut Context<'_>) -> Result<(), Refusal> {
    match change {
        (ObjectSpec::Node(before), ObjectSpec::Node(after)) => {
            let node = node_of(&NodeRef::Named(object.name.clone()), ctx)?;
            ctx.update_node(node, |spec| change_node(spec, before, after));
            Ok(())
        }
        (ObjectSpec::Job(_), ObjectSpec::Job(after)) => {
            let job = found(object, find::job(object, ctx.store))?;
            ctx.update_job(job, after.clone());
            Ok(())
        }
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
        (ObjectSpec::Pod(before), ObjectSpec::Pod(after)) => {
            let PodSpec { namespace, name, .. } = before.clone();
            let pod = pod_of(&PodRef::Named { namespace, name }, ctx)?;
            ctx.update_pod(pod, |template| change_pod(template, &before.template, &after.template));
            Ok(())
        }
        _ => Err(unsupported()),
    }
}

/// Of a pod, labels, the cost of its deletion and tolerations may change, and scheduling gates may go (`pkg/apis/core/validation/validation.go:
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
