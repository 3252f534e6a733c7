//! What a request does when the API server takes it.

use crate::cluster::refusal::Refusal;
use crate::cluster::spec::{JobSpec, NodeSpec, ObjectSpec};
use crate::cluster::{JobId, NodeId, PodId};
use crate::control::admission;
use crate::control::context::Context;
use crate::control::eviction;
use crate::control::object_calls;
use crate::control::script::update::{change_taints, update};
use crate::control::script::{Player, find};
use crate::control::service::{Reporting, Services};
use crate::workload::script::{Action, MetricsReport, NodeRef, ObjectKind, ObjectRef, PodRef};

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
            "{object} is not measured as a service in cpu: what it is asked for are requests"
        )))
    };
    (request, result)
}

/// What `spec` is, in a request to create it.
pub(super) fn posted(spec: &ObjectSpec) -> String {
    match spec.name() {
        (kind, "", name) => format!("create {kind} {name}"),
        (kind, namespace, name) => format!("create {kind} {namespace}/{name}"),
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
        ObjectSpec::DisruptionBudget(budget) => ctx.create_disruption_budget(budget.clone()),
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
        ObjectSpec::CronJob(cron_job) => ctx.create_cron_job((**cron_job).clone()).map(drop),
        ObjectSpec::Hpa(hpa) => ctx.create_hpa(hpa.clone()).map(drop),
    }
}

pub(super) fn unsupported() -> Refusal {
    Refusal {
        code: 501,
        message: "not possible while the cluster runs".to_owned(),
    }
}

fn play(action: &Action, ctx: &mut Context<'_>) -> (String, Result<(), Refusal>) {
    match action {
        Action::Submit { .. } => unreachable!("submissions are played object by object"),
        Action::Update { object, change } => (format!("patch {object}"), update(object, change, ctx)),
        Action::Scale { object, replicas } => (format!("scale {object} to {replicas}"), scale(object, *replicas, ctx)),
        Action::Delete { object } => (format!("delete {object}"), delete(object, ctx)),
        Action::DeletePod { pod, grace } => {
            let result = pod_of(pod, ctx).map(|id| match grace {
                Some(grace) if ctx.store.pods[id.index()].is_active() => ctx.delete_pod_within(id, *grace),
                _ => delete_pod(id, ctx),
            });
            (format!("delete {}", pod_name(pod)), result)
        }
        Action::Evict { pod } => {
            let result = pod_of(pod, ctx).and_then(|id| eviction::evict(id, ctx));
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

/// The size of a workload, or the parallelism of a Job.
fn scale(object: &ObjectRef, replicas: u32, ctx: &mut Context<'_>) -> Result<(), Refusal> {
    if object.kind == ObjectKind::Job {
        let job = job_of(object, ctx)?;
        let parallelism = replicas;
        let spec = ctx.store.job_spec(job).clone();
        ctx.update_job(job, JobSpec { parallelism, ..spec });
        return Ok(());
    }
    let target = found(object, find::scale_target(object, ctx.store))?;
    ctx.scale(target, replicas);
    Ok(())
}

/// Deletes an object that is no pod and no node.
fn delete(object: &ObjectRef, ctx: &mut Context<'_>) -> Result<(), Refusal> {
    let ObjectRef { kind, namespace, name } = object;
    match kind {
        ObjectKind::Job => {
            let job = job_of(object, ctx)?;
            ctx.delete_job(job);
        }
        ObjectKind::Deployment | ObjectKind::ReplicaSet | ObjectKind::StatefulSet | ObjectKind::DaemonSet => {
            let workload = found(object, find::workload(object, ctx.store))?;
            ctx.delete_workload(workload);
        }
        ObjectKind::HorizontalPodAutoscaler => {
            let hpa = found(object, object_calls::hpa(namespace, name, ctx.store))?;
            ctx.delete_hpa(hpa);
        }
        ObjectKind::CronJob => {
            let cron_job = found(object, object_calls::cron_job(namespace, name, ctx.store))?;
            ctx.delete_cron_job(cron_job);
        }
        ObjectKind::PriorityClass
        | ObjectKind::ResourceQuota
        | ObjectKind::LimitRange
        | ObjectKind::PodDisruptionBudget => {
            let deleted = admission::delete(ctx.store, object);
            found(object, deleted.then_some(()))?;
            ctx.admission_eased();
        }
        ObjectKind::Namespace | ObjectKind::Node | ObjectKind::Pod => return Err(unsupported()),
    }
    Ok(())
}

/// The Job of that name, which is there.
pub(super) fn job_of(object: &ObjectRef, ctx: &Context<'_>) -> Result<JobId, Refusal> {
    let job = find::job(object, ctx.store);
    found(object, job.filter(|job| !ctx.store.jobs[job.index()].gone))
}

pub(super) fn found<T>(object: &ObjectRef, result: Option<T>) -> Result<T, Refusal> {
    result.ok_or_else(|| Refusal::not_found(object.kind.resource(), &object.name))
}

pub(super) fn pod_of(pod: &PodRef, ctx: &Context<'_>) -> Result<PodId, Refusal> {
    let found = find::pod(pod, ctx.store, ctx.seed).filter(|id| !ctx.store.pods[id.index()].gone);
    found.ok_or_else(|| match pod {
        PodRef::Named { name, .. } => Refusal::not_found("pods", name),
        PodRef::Of { .. } => Refusal {
            code: 404,
            message: format!("{} is not there", pod_name(pod)),
        },
    })
}

pub(super) fn node_of(node: &NodeRef, ctx: &Context<'_>) -> Result<NodeId, Refusal> {
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
