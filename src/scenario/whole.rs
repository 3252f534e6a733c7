//! What only the whole shows: nothing to run, Jobs without a run time, arrivals that do not suffice, pods that fit no node.

use std::sync::Arc;

use crate::api::problem::{Problem, Problems, Severity};
use crate::api::value::Place;
use crate::check::Workload;
use crate::cluster::spec::{JobSpec, NodeSpec, PodTemplate, SchedulerProfile};
use crate::cluster::{ResourceId, ResourceTable};
use crate::control::scheduler::Placer;
use crate::scenario::{Scenario, services};
use crate::workload::strategy::Strategy;

/// Pools whose reasons are told one by one; the others are counted.
const POOLS_TOLD: usize = 6;

/// Tells what is wrong with `scenario` as a whole; if it is to be run, also what it lacks for that. What follows from an error
/// that was told before is not told again.
pub(super) fn check(
    scenario: &Scenario,
    workloads: &[Workload],
    resources: &ResourceTable,
    default_nodes: bool,
    to_run: bool,
    problems: &mut Problems,
) {
    if scenario.is_empty() {
        if to_run && !problems.has_errors() {
            problems.general_error(
                "nothing to run: no Job, CronJob, Deployment, ReplicaSet or Pod was given",
                Some("name files that hold at least one; makespan run --help shows examples".to_owned()),
            );
        }
        return;
    }
    if to_run {
        let jobs = workloads.iter().filter(|workload| workload.kind == "Job");
        for (workload, (job, _)) in jobs.zip(&scenario.jobs) {
            check_runtime(workload, job, problems);
        }
        let cron_jobs = workloads.iter().filter(|workload| workload.kind == "CronJob");
        for (workload, cron_job) in cron_jobs.zip(&scenario.cron_jobs) {
            check_runtime(workload, &cron_job.job, problems);
        }
    }
    check_arrivals(scenario, problems);
    if to_run {
        services::check(scenario, problems);
    }
    if default_nodes && !problems.has_errors() {
        tell_default_nodes(problems);
    }
    // Without nodes, why there are none was told already.
    if !scenario.nodes.is_empty() {
        check_fit(scenario, workloads, resources, problems);
    }
}

fn tell_default_nodes(problems: &mut Problems) {
    problems.push(Problem {
        severity: Severity::Warning,
        code: "",
        source: None,
        place: Place::default(),
        path: String::new(),
        message: "no nodes are given; 4 nodes of 64 cpu, 256Gi and 8 GPUs are taken".to_owned(),
        hint: Some("give Node manifests, nodePools in a Scenario, or --nodes and --gpus-per-node".to_owned()),
    });
}

fn check_runtime(workload: &Workload, job: &JobSpec, problems: &mut Problems) {
    let behaviour = &job.template.behaviour;
    if behaviour.runtime.is_empty() && behaviour.index_runtime.is_empty() {
        workload.error(
            problems,
            "spec.template",
            "how long its pods run is not given",
            "give --runtime 5m, the annotation makespan.dev/runtime on the pod template, or spec.jobs in a Scenario"
                .to_owned(),
        );
    }
}

fn check_arrivals(scenario: &Scenario, problems: &mut Problems) {
    let jobs: u64 = scenario.jobs.iter().map(|(_, copies)| u64::from(*copies)).sum();
    let Strategy::Arrivals(arrivals) = &scenario.strategy else {
        return;
    };
    if let Some(most) = arrivals.at_most().filter(|most| (*most as u64) < jobs) {
        problems.general_error(
            format!("the arrivals hold {most} times, but {jobs} Jobs are to arrive"),
            Some("give fewer copies, or more times".to_owned()),
        );
    }
}

/// Kubernetes takes such a pod too, and it waits for ever.
fn warn_of_scheduler(workload: &Workload, profiles: &[SchedulerProfile], problems: &mut Problems) {
    let names: Vec<&str> = profiles.iter().map(|p| p.scheduler_name.as_str()).collect();
    let message = format!(
        "no scheduler is called {:?}, so nobody schedules its pods; there is {}",
        workload.template.scheduling.scheduler(),
        names.join(", ")
    );
    let hint = "leave schedulerName out, or give a KubeSchedulerConfiguration with a profile of that name";
    workload.warning(problems, "spec.template.spec.schedulerName", &message, hint.to_owned());
}

/// A pod that fits no empty node will wait for ever: said before the run, with the reason per pool.
fn check_fit(scenario: &Scenario, workloads: &[Workload], resources: &ResourceTable, problems: &mut Problems) {
    let profiles = &scenario.control_plane.scheduler.profiles;
    let mut placer = Placer::with_profiles(resources, &scenario.nodes, &[], profiles);
    let mut known: Vec<&Arc<PodTemplate>> = Vec::new();
    for workload in workloads {
        if known.contains(&&workload.template) {
            continue;
        }
        known.push(&workload.template);
        let shape = placer.add_template(workload.template.clone());
        if !placer.has_scheduler(shape) {
            warn_of_scheduler(workload, profiles, problems);
            continue;
        }
        if placer.could_ever_fit(shape).is_ok() {
            continue;
        }
        let pools = placer.fit_by_pool(shape);
        let mut reasons: Vec<String> = pools
            .iter()
            .take(POOLS_TOLD)
            .map(|fit| {
                let pool = scenario.pools.get(fit.pool as usize).map_or("nodes", String::as_str);
                format!("pool {pool}: {}", fit.error.histogram())
            })
            .collect();
        if pools.len() > POOLS_TOLD {
            reasons.push(format!("and {} more pools", pools.len() - POOLS_TOLD));
        }
        let message = format!("its pods fit no node, even an empty one ({})", reasons.join("; "));
        let hint = match too_large(&workload.template, &scenario.nodes, resources) {
            Some(too_large) => format!("{too_large}; ask for less, or add larger nodes"),
            None => "change what the pods ask for or tolerate, or add nodes that fit".to_owned(),
        };
        workload.error(problems, "spec.template.spec", &message, hint);
    }
}

/// What a pod asks for that no node has as much of, in words.
fn too_large(template: &PodTemplate, nodes: &[NodeSpec], resources: &ResourceTable) -> Option<String> {
    let words = |id: ResourceId, amount: i64| match id {
        ResourceId::CPU => format!("{amount}m cpu"),
        ResourceId::MEMORY | ResourceId::EPHEMERAL_STORAGE => {
            format!(
                "{:.1} GiB of {}",
                amount as f64 / f64::from(1 << 30),
                resources.name(id)
            )
        }
        ResourceId(_) => format!("{amount} {}", resources.name(id)),
    };
    let (id, asked, most) = template.requests.iter_nonzero().find_map(|(id, asked)| {
        let most = nodes.iter().map(|node| node.allocatable.get(id)).max().unwrap_or(0);
        (asked > most).then_some((id, asked, most))
    })?;
    Some(match most {
        0 => format!("a pod asks for {}, which no node has", words(id, asked)),
        _ => format!(
            "a pod asks for {}, but the largest node has {}",
            words(id, asked),
            words(id, most)
        ),
    })
}
