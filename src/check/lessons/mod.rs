//! What the API server accepts and is not what was meant: a file a lesson.
//!
//! A new lesson is a file beside these with a `CHECK`, and its name in the list below.

use crate::check::Check;

/// Declares the files, and lists their checks in this order.
macro_rules! lessons {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// All of them.
        pub(super) static LESSONS: &[&Check] = &[$(&$name::CHECK),*];
    };
}

lessons! {
    anti_affinity_cap,
    backoff_limit_high,
    budget_blocks_drain,
    daemon_set_with_gpus,
    deadline_before_end,
    hpa_and_replicas,
    hpa_without_request,
    image_latest,
    job_on_failure,
    manifest_in_config_map,
    memory_overcommitted,
    no_requests,
    parallelism_above_cluster,
    service_selects_nothing,
    service_account_unknown,
    serving_in_job,
    stateful_set_without_state,
    training_in_deployment,
}

/// Kind and name of what an autoscaler sizes.
fn target_of<'a>(manifest: &super::Manifest<'a>) -> Option<(&'static str, &'a str)> {
    if manifest.kind != "HorizontalPodAutoscaler" {
        return None;
    }
    let target = manifest.field.at_path("spec.scaleTargetRef");
    let kind = match target.at("kind").str()? {
        "Deployment" => "Deployment",
        "ReplicaSet" => "ReplicaSet",
        "StatefulSet" => "StatefulSet",
        _ => return None,
    };
    Some((kind, target.at("name").str()?))
}

/// How many pods a workload may have at most, its autoscaler included; `None` where nobody can say.
fn replicas_at_most(workload: &super::Manifest<'_>, all: &super::Manifests<'_>) -> Option<u32> {
    use crate::cluster::spec::ObjectSpec;
    let sizes = |hpa: &&super::Manifest<'_>| {
        hpa.namespace() == workload.namespace() && target_of(hpa) == Some((workload.kind, workload.name()))
    };
    let scaled = all.of_kind("HorizontalPodAutoscaler").find(sizes);
    if let Some(ObjectSpec::Hpa(hpa)) = scaled.and_then(|hpa| hpa.spec) {
        return Some(hpa.max_replicas);
    }
    match workload.spec? {
        ObjectSpec::Deployment(deployment) => Some(deployment.replicas),
        ObjectSpec::ReplicaSet(set) => Some(set.replicas),
        ObjectSpec::StatefulSet(set) => Some(set.replicas),
        ObjectSpec::Pod(_) => Some(1),
        _ => None,
    }
}
