//! Flags of kube-controller-manager and settings of kube-scheduler, and the settings of the simulator that stand for them.

use crate::control::ControlPlane;
use crate::experiment::recording::RecordingError;
use crate::scenario::control_plane;

/// Flags of kube-controller-manager (`cmd/kube-controller-manager/app/options/`). Each controller has a client of its own, so the
/// limits of clients are set for each.
const CONTROLLER_MANAGER_FLAGS: &[(&str, &[&str])] = &[
    (
        "kube-api-qps",
        &[
            "jobController.kubeAPIQPS",
            "cronJobController.kubeAPIQPS",
            "ttlAfterFinishedController.kubeAPIQPS",
            "replicaSetController.kubeAPIQPS",
            "statefulSetController.kubeAPIQPS",
            "daemonSetController.kubeAPIQPS",
            "horizontalPodAutoscaler.kubeAPIQPS",
            "resourceQuota.kubeAPIQPS",
            "nodeLifecycle.kubeAPIQPS",
        ],
    ),
    (
        "kube-api-burst",
        &[
            "jobController.kubeAPIBurst",
            "cronJobController.kubeAPIBurst",
            "ttlAfterFinishedController.kubeAPIBurst",
            "garbageCollector.kubeAPIBurst",
            "replicaSetController.kubeAPIBurst",
            "statefulSetController.kubeAPIBurst",
            "daemonSetController.kubeAPIBurst",
            "horizontalPodAutoscaler.kubeAPIBurst",
            "resourceQuota.kubeAPIBurst",
            "nodeLifecycle.kubeAPIBurst",
        ],
    ),
    ("concurrent-job-syncs", &["jobController.concurrentJobSyncs"]),
    (
        "concurrent-cron-job-syncs",
        &["cronJobController.concurrentCronJobSyncs"],
    ),
    (
        "concurrent-ttl-after-finished-syncs",
        &["ttlAfterFinishedController.concurrentTTLSyncs"],
    ),
    ("concurrent-gc-syncs", &["garbageCollector.concurrentGCSyncs"]),
    (
        "concurrent-deployment-syncs",
        &["replicaSetController.concurrentDeploymentSyncs"],
    ),
    (
        "concurrent-replicaset-syncs",
        &["replicaSetController.concurrentReplicaSetSyncs"],
    ),
    (
        "concurrent-statefulset-syncs",
        &["statefulSetController.concurrentStatefulSetSyncs"],
    ),
    (
        "concurrent-daemonset-syncs",
        &["daemonSetController.concurrentDaemonSetSyncs"],
    ),
    (
        "concurrent-horizontal-pod-autoscaler-syncs",
        &["horizontalPodAutoscaler.concurrentSyncs"],
    ),
    (
        "horizontal-pod-autoscaler-sync-period",
        &["horizontalPodAutoscaler.syncPeriod"],
    ),
    (
        "horizontal-pod-autoscaler-tolerance",
        &["horizontalPodAutoscaler.tolerance"],
    ),
    (
        "horizontal-pod-autoscaler-downscale-stabilization",
        &["horizontalPodAutoscaler.downscaleStabilization"],
    ),
    (
        "horizontal-pod-autoscaler-cpu-initialization-period",
        &["horizontalPodAutoscaler.cpuInitializationPeriod"],
    ),
    (
        "horizontal-pod-autoscaler-initial-readiness-delay",
        &["horizontalPodAutoscaler.initialReadinessDelay"],
    ),
    ("node-monitor-period", &["nodeLifecycle.nodeMonitorPeriod"]),
    ("node-monitor-grace-period", &["nodeLifecycle.nodeMonitorGracePeriod"]),
    ("node-startup-grace-period", &["nodeLifecycle.nodeStartupGracePeriod"]),
    ("terminated-pod-gc-threshold", &["podGC.terminatedPodGCThreshold"]),
    ("node-eviction-rate", &["nodeLifecycle.nodeEvictionRate"]),
    (
        "secondary-node-eviction-rate",
        &["nodeLifecycle.secondaryNodeEvictionRate"],
    ),
    ("unhealthy-zone-threshold", &["nodeLifecycle.unhealthyZoneThreshold"]),
    (
        "large-cluster-size-threshold",
        &["nodeLifecycle.largeClusterSizeThreshold"],
    ),
    // How much is logged and shown, and who leads where there is one: nothing follows from it.
    ("v", &[]),
    ("leader-elect", &[]),
    ("profiling", &[]),
];

/// Flags and fields of the configuration of kube-scheduler (`pkg/scheduler/apis/config/v1`).
const SCHEDULER_OPTIONS: &[(&str, &[&str])] = &[
    ("kube-api-qps", &["scheduler.kubeAPIQPS"]),
    ("kube-api-burst", &["scheduler.kubeAPIBurst"]),
    ("podInitialBackoffSeconds", &["scheduler.podInitialBackoff"]),
    ("podMaxBackoffSeconds", &["scheduler.podMaxBackoff"]),
    (
        "pod-max-in-unschedulable-pods-duration",
        &["scheduler.podMaxInUnschedulablePods"],
    ),
    ("percentageOfNodesToScore", &["scheduler.percentageOfNodesToScore"]),
    ("v", &[]),
    ("leader-elect", &[]),
    ("profiling", &[]),
];

/// Sets a flag of kube-controller-manager; `false` if it is not simulated.
///
/// # Errors
/// Its value is none.
pub fn set_controller_manager_flag(plane: &mut ControlPlane, flag: &str, value: &str) -> Result<bool, RecordingError> {
    let known = set(plane, CONTROLLER_MANAGER_FLAGS, flag, value)?;
    if flag == "kube-api-qps" {
        // The garbage collector may call twice as often (`core.go: startGarbageCollectorController`).
        let qps = plane.job.client.kube_api_qps * 2.0;
        set_one(plane, "garbageCollector.kubeAPIQPS", &qps.to_string())?;
    }
    Ok(known)
}

/// Sets an option of kube-scheduler; `false` if it is not simulated. Ties are as those of a scheduler with a parallelism of 1.
///
/// # Errors
/// Its value is none.
pub fn set_scheduler_option(plane: &mut ControlPlane, option: &str, value: &str) -> Result<bool, RecordingError> {
    if option == "parallelism" {
        // 16 is the default, at which the order in which nodes are found is chance.
        return Ok(matches!(value, "1" | "16"));
    }
    set(plane, SCHEDULER_OPTIONS, option, value)
}

fn set(plane: &mut ControlPlane, table: &[(&str, &[&str])], name: &str, value: &str) -> Result<bool, RecordingError> {
    let Some((_, settings)) = table.iter().find(|(known, _)| *known == name) else {
        return Ok(false);
    };
    for setting in *settings {
        set_one(plane, setting, value)?;
    }
    Ok(true)
}

fn set_one(plane: &mut ControlPlane, setting: &str, value: &str) -> Result<(), RecordingError> {
    control_plane::set(plane, setting, value).map_err(|reason| RecordingError::Malformed {
        file: "actions.yaml".to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    #[test]
    fn flags_of_the_controller_manager_set_its_clients() {
        let mut plane = ControlPlane::kubernetes();
        for (flag, value) in [
            ("kube-api-qps", "200"),
            ("kube-api-burst", "400"),
            ("concurrent-job-syncs", "20"),
        ] {
            assert_eq!(set_controller_manager_flag(&mut plane, flag, value), Ok(true));
        }
        assert_eq!(plane.job.client.kube_api_qps, 200.0);
        assert_eq!(plane.replica_set.client.kube_api_burst, 400);
        assert_eq!(plane.job.concurrent_job_syncs, 20);
        let collector = plane.garbage_collector.client;
        assert_eq!((collector.kube_api_qps, collector.kube_api_burst), (400.0, 400));
        assert_eq!(
            set_controller_manager_flag(&mut plane, "min-resync-period", "1h"),
            Ok(false)
        );
        assert!(set_controller_manager_flag(&mut plane, "kube-api-qps", "fast").is_err());
    }

    #[test]
    fn flags_that_say_what_is_the_default_change_nothing() {
        let mut plane = ControlPlane::kubernetes();
        for (flag, value) in [
            ("kube-api-qps", "20"),
            ("kube-api-burst", "30"),
            ("concurrent-job-syncs", "5"),
            ("concurrent-cron-job-syncs", "5"),
            ("concurrent-ttl-after-finished-syncs", "5"),
            ("concurrent-gc-syncs", "20"),
            ("concurrent-deployment-syncs", "5"),
            ("concurrent-replicaset-syncs", "5"),
            ("concurrent-statefulset-syncs", "5"),
            ("concurrent-daemonset-syncs", "2"),
            ("concurrent-horizontal-pod-autoscaler-syncs", "5"),
            ("horizontal-pod-autoscaler-sync-period", "15s"),
            ("horizontal-pod-autoscaler-tolerance", "0.1"),
            ("horizontal-pod-autoscaler-downscale-stabilization", "5m0s"),
            ("horizontal-pod-autoscaler-cpu-initialization-period", "5m"),
            ("horizontal-pod-autoscaler-initial-readiness-delay", "30s"),
            ("node-monitor-period", "5s"),
            ("node-monitor-grace-period", "50s"),
            ("node-startup-grace-period", "1m0s"),
            ("terminated-pod-gc-threshold", "12500"),
            ("node-eviction-rate", "0.1"),
            ("secondary-node-eviction-rate", "0.01"),
            ("unhealthy-zone-threshold", "0.55"),
            ("large-cluster-size-threshold", "50"),
            ("v", "4"),
            ("leader-elect", "false"),
        ] {
            assert_eq!(set_controller_manager_flag(&mut plane, flag, value), Ok(true), "{flag}");
            assert_eq!(plane, ControlPlane::kubernetes(), "{flag}");
        }
        for (option, value) in [
            ("kube-api-qps", "50"),
            ("kube-api-burst", "100"),
            ("podInitialBackoffSeconds", "1"),
            ("podMaxBackoffSeconds", "10"),
            ("pod-max-in-unschedulable-pods-duration", "5m0s"),
            ("percentageOfNodesToScore", "0"),
            ("parallelism", "1"),
            ("parallelism", "16"),
            ("v", "5"),
        ] {
            assert_eq!(set_scheduler_option(&mut plane, option, value), Ok(true), "{option}");
            assert_eq!(plane, ControlPlane::kubernetes(), "{option}");
        }
        assert_eq!(set_scheduler_option(&mut plane, "parallelism", "64"), Ok(false));
        assert_eq!(set_scheduler_option(&mut plane, "feature-gates", "A=true"), Ok(false));
    }

    #[test]
    fn each_flag_sets_what_it_names() {
        let mut plane = ControlPlane::kubernetes();
        for (flag, value) in [
            ("node-monitor-grace-period", "1m30s"),
            ("horizontal-pod-autoscaler-sync-period", "30s"),
            ("horizontal-pod-autoscaler-tolerance", "0.2"),
            ("concurrent-daemonset-syncs", "7"),
            ("node-eviction-rate", "1"),
        ] {
            assert_eq!(set_controller_manager_flag(&mut plane, flag, value), Ok(true));
        }
        assert_eq!(plane.node_lifecycle.monitor_grace_period, SimDuration::from_secs(90));
        assert_eq!(plane.hpa.sync_period, SimDuration::from_secs(30));
        assert_eq!(plane.daemon_set.concurrent_syncs, 7);
        assert_eq!(set_scheduler_option(&mut plane, "podMaxBackoffSeconds", "60"), Ok(true));
        assert_eq!(plane.scheduler.pod_max_backoff, SimDuration::from_secs(60));
    }
}
