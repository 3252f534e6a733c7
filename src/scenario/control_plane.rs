//! The settings of the control plane by name: one table that serves scenario files, `--set` and the documentation.

use crate::api::objects::Field;
use crate::api::problem::Problems;
use crate::control::ControlPlane;
use crate::kernel::SimDuration;
use crate::kernel::civil::Civil;
use crate::kernel::text::suggest;

/// Where a setting lives in [`ControlPlane`], by its kind of value.
#[derive(Clone, Copy)]
enum Slot {
    Duration(fn(&mut ControlPlane) -> &mut SimDuration),
    /// A duration above zero: something repeats at it.
    Period(fn(&mut ControlPlane) -> &mut SimDuration),
    Rate(fn(&mut ControlPlane) -> &mut f64),
    /// A number from 0.
    Share(fn(&mut ControlPlane) -> &mut f64),
    Count(fn(&mut ControlPlane) -> &mut u32),
    /// A whole number from 0.
    Number(fn(&mut ControlPlane) -> &mut u32),
    /// A whole number from 0 to 100.
    Percent(fn(&mut ControlPlane) -> &mut u32),
    Flag(fn(&mut ControlPlane) -> &mut bool),
    /// A second of the calendar, in seconds since 1970.
    Second(fn(&mut ControlPlane) -> &mut i64),
}

/// One setting.
pub struct Setting {
    /// Its name: component and field, as in Kubernetes' own configuration where it has one.
    pub name: &'static str,
    /// What it is, with its source or range.
    pub about: &'static str,
    slot: Slot,
}

macro_rules! settings {
    ($($name:literal $kind:ident $($field:ident).+ : $about:literal;)*) => {
        &[$(Setting { name: $name, about: $about, slot: Slot::$kind(|c| &mut c.$($field).+) }),*]
    };
}

/// All settings.
pub const SETTINGS: &[Setting] = settings! {
    "apiLatency" Duration api_latency: "from sending a write to its effect and answer; usually 5-20 ms";
    "watchLatency" Duration watch_latency: "from a write to a watching component's knowledge of it; usually 5-50 ms";
    "apiReadLatency" Duration api_read_latency: "from sending a read to its answer; usually 1-10 ms";
    "apiWriteCost" Duration api_write_cost: "how long a write keeps the API server from the next one; 0s: writes never wait for one another";
    "apiTimeResolution" Duration api_time_resolution: "resolution of times in API objects; 1s in Kubernetes, 0s is exact";
    "wallClockOffset" Duration wall_clock_offset: "how far into a whole wall-clock second the run begins";
    "wallClockStart" Second wall_clock_start: "date and time at which the run begins, for CronJobs: 2024-01-01T00:00:00Z";
    "jobController.kubeAPIQPS" Rate job.client.kube_api_qps: "--kube-api-qps of kube-controller-manager; 0 is unlimited";
    "jobController.kubeAPIBurst" Count job.client.kube_api_burst: "--kube-api-burst of kube-controller-manager";
    "jobController.concurrentJobSyncs" Count job.concurrent_job_syncs: "--concurrent-job-syncs";
    "jobController.syncJobBatchPeriod" Duration job.sync_job_batch_period: "from a pod event to the Job's sync";
    "jobController.podFailureBackOff" Duration job.pod_failure_backoff: "wait after the first pod failure, doubling";
    "jobController.maxPodFailureBackOff" Duration job.max_pod_failure_backoff: "longest wait after pod failures";
    "jobController.apiBackOff" Duration job.api_backoff: "wait after a sync that failed, doubling";
    "jobController.maxAPIBackOff" Duration job.max_api_backoff: "longest wait after syncs that failed";
    "jobController.maxPodsPerSync" Count job.max_pods_per_sync: "pods created or counted in one sync at most";
    "jobController.staleControllerConsistency" Flag job.stale_controller_consistency: "whether a sync waits until the last one's writes are seen";
    "jobController.writeEvents" Flag job.write_events: "whether events cost API calls";
    "garbageCollector.kubeAPIQPS" Rate garbage_collector.client.kube_api_qps: "calls/s of the garbage collector; 0 is unlimited";
    "garbageCollector.kubeAPIBurst" Count garbage_collector.client.kube_api_burst: "calls of the garbage collector at once";
    "garbageCollector.concurrentGCSyncs" Count garbage_collector.concurrent_gc_syncs: "--concurrent-gc-syncs";
    "cronJobController.kubeAPIQPS" Rate cron_job.client.kube_api_qps: "calls/s of the CronJob controller; 0 is unlimited";
    "cronJobController.kubeAPIBurst" Count cron_job.client.kube_api_burst: "calls of the CronJob controller at once";
    "cronJobController.concurrentCronJobSyncs" Count cron_job.concurrent_syncs: "--concurrent-cron-job-syncs";
    "cronJobController.nextScheduleDelta" Duration cron_job.next_schedule_delta: "from the scheduled time to the sync that starts the Job";
    "cronJobController.writeEvents" Flag cron_job.write_events: "whether events cost API calls";
    "ttlAfterFinishedController.kubeAPIQPS" Rate ttl_after_finished.client.kube_api_qps: "calls/s of the TTL controller; 0 is unlimited";
    "ttlAfterFinishedController.kubeAPIBurst" Count ttl_after_finished.client.kube_api_burst: "calls of the TTL controller at once";
    "ttlAfterFinishedController.concurrentTTLSyncs" Count ttl_after_finished.concurrent_syncs: "--concurrent-ttl-after-finished-syncs";
    "replicaSetController.kubeAPIQPS" Rate replica_set.client.kube_api_qps: "its client's rate; 0 is unlimited";
    "replicaSetController.kubeAPIBurst" Count replica_set.client.kube_api_burst: "its client's burst";
    "replicaSetController.concurrentDeploymentSyncs" Count replica_set.concurrent_deployment_syncs: "--concurrent-deployment-syncs";
    "replicaSetController.concurrentReplicaSetSyncs" Count replica_set.concurrent_replica_set_syncs: "--concurrent-replicaset-syncs";
    "replicaSetController.writeEvents" Flag replica_set.write_events: "whether events cost API calls";
    "replicaSetController.burstReplicas" Count replica_set.burst_replicas: "pods created or deleted in one sync at most";
    "resourceQuota.kubeAPIQPS" Rate resource_quota.client.kube_api_qps: "rate of the quota controller's client; 0 is unlimited";
    "resourceQuota.kubeAPIBurst" Count resource_quota.client.kube_api_burst: "burst of the quota controller's client";
    "workQueue.baseDelay" Duration work_queue.base_delay: "wait before a key whose sync failed is tried again, doubling";
    "workQueue.maxDelay" Duration work_queue.max_delay: "longest such wait";
    "workQueue.retryQPS" Rate work_queue.retries.kube_api_qps: "retries a second of all keys of a controller; 0 is unlimited";
    "workQueue.retryBurst" Count work_queue.retries.kube_api_burst: "retries at once";
    "statefulSetController.kubeAPIQPS" Rate stateful_set.client.kube_api_qps: "its client's rate; 0 is unlimited";
    "statefulSetController.kubeAPIBurst" Count stateful_set.client.kube_api_burst: "its client's burst";
    "statefulSetController.concurrentStatefulSetSyncs" Count stateful_set.concurrent_syncs: "--concurrent-statefulset-syncs";
    "statefulSetController.maxBatchSize" Count stateful_set.max_batch_size: "pods handled at once at most";
    "statefulSetController.writeEvents" Flag stateful_set.write_events: "whether events cost API calls";
    "daemonSetController.kubeAPIQPS" Rate daemon_set.client.kube_api_qps: "its client's rate; 0 is unlimited";
    "daemonSetController.kubeAPIBurst" Count daemon_set.client.kube_api_burst: "its client's burst";
    "daemonSetController.concurrentDaemonSetSyncs" Count daemon_set.concurrent_syncs: "DaemonSets synced at once";
    "daemonSetController.burstReplicas" Count daemon_set.burst_replicas: "pods created or deleted in one sync at most";
    "daemonSetController.failedPodsBackoff" Duration daemon_set.failed_pods_backoff: "wait before a failed pod is made again on its node, doubling";
    "daemonSetController.maxFailedPodsBackoff" Duration daemon_set.max_failed_pods_backoff: "longest such wait";
    "daemonSetController.writeEvents" Flag daemon_set.write_events: "whether events cost API calls";
    "horizontalPodAutoscaler.kubeAPIQPS" Rate hpa_controller.client.kube_api_qps: "rate of each of its three clients; 0 is unlimited";
    "horizontalPodAutoscaler.kubeAPIBurst" Count hpa_controller.client.kube_api_burst: "burst of each of its three clients";
    "horizontalPodAutoscaler.concurrentSyncs" Count hpa_controller.concurrent_syncs: "--concurrent-horizontal-pod-autoscaler-syncs";
    "horizontalPodAutoscaler.writeEvents" Flag hpa_controller.write_events: "whether events cost API calls";
    "horizontalPodAutoscaler.syncPeriod" Period hpa.sync_period: "--horizontal-pod-autoscaler-sync-period";
    "horizontalPodAutoscaler.tolerance" Share hpa.tolerance: "--horizontal-pod-autoscaler-tolerance; 0.1 is 10 %";
    "horizontalPodAutoscaler.downscaleStabilization" Duration hpa.downscale_stabilization: "--horizontal-pod-autoscaler-downscale-stabilization";
    "horizontalPodAutoscaler.cpuInitializationPeriod" Duration hpa.cpu_initialization_period: "--horizontal-pod-autoscaler-cpu-initialization-period";
    "horizontalPodAutoscaler.initialReadinessDelay" Duration hpa.initial_readiness_delay: "--horizontal-pod-autoscaler-initial-readiness-delay";
    "metricsServer.resolution" Duration metrics.resolution: "--metric-resolution of metrics-server; 0s answers with the usage of that moment";
    "metricsServer.phase" Duration metrics.phase: "when metrics-server looks at the pods for the first time";
    "metricsServer.instantWindow" Duration metrics.instant_window: "the window that a sample claims when the resolution is 0s";
    "metricsServer.appearAfter" Duration metrics.appear_after: "how long a pod runs before it has a sample";
    "customMetrics.resolution" Duration custom_metrics.resolution: "how often the adapter of custom and external metrics looks; 0s answers with the state of that moment";
    "customMetrics.window" Duration custom_metrics.window: "span over which its rates are means";
    "scheduler.kubeAPIQPS" Rate scheduler.client.kube_api_qps: "clientConnection.qps of kube-scheduler; 0 is unlimited";
    "scheduler.kubeAPIBurst" Count scheduler.client.kube_api_burst: "clientConnection.burst of kube-scheduler";
    "scheduler.cycleTime" Duration scheduler.cycle_time: "time of one scheduling cycle; about 0.2 ms on small clusters";
    "scheduler.podInitialBackoff" Duration scheduler.pod_initial_backoff: "podInitialBackoffSeconds";
    "scheduler.podMaxBackoff" Duration scheduler.pod_max_backoff: "podMaxBackoffSeconds";
    "scheduler.podMaxInUnschedulablePods" Duration scheduler.pod_max_in_unschedulable_pods: "after this an unschedulable pod is tried again";
    "scheduler.unschedulableFlushPeriod" Period scheduler.unschedulable_flush_period: "how often such pods are looked for";
    "scheduler.percentageOfNodesToScore" Percent scheduler.percentage_of_nodes_to_score: "percentageOfNodesToScore; 0 goes by the size of the cluster";
    "scheduler.opportunisticBatching" Flag scheduler.opportunistic_batching: "feature gate OpportunisticBatching";
    "scheduler.volumeBinding" Flag scheduler.volume_binding: "whether pods wait for PersistentVolumeClaims that no file holds";
    "kubelet.kubeAPIQPS" Rate kubelet.client.kube_api_qps: "kubeAPIQPS of each kubelet; 0 is unlimited";
    "kubelet.kubeAPIBurst" Count kubelet.client.kube_api_burst: "kubeAPIBurst of each kubelet";
    "kubelet.startLatency" Duration kubelet.start_latency: "from a bound pod to running containers, image present; usually 1-3 s";
    "kubelet.plegRelistPeriod" Duration kubelet.pleg_relist_period: "how often ended containers are noticed; 0s at once";
    "kubelet.stopLatency" Duration kubelet.stop_latency: "from a deletion request to the containers' end";
    "kubelet.restartBackOff" Duration kubelet.restart_backoff: "first wait of CrashLoopBackOff, doubling";
    "kubelet.maxRestartBackOff" Duration kubelet.max_restart_backoff: "longest wait of CrashLoopBackOff";
    "kubelet.restartJitter" Flag kubelet.restart_jitter: "whether these waits are stretched by up to half";
    "kubelet.imageBackOff" Duration kubelet.image_backoff: "first wait of ImagePullBackOff, doubling";
    "kubelet.maxImageBackOff" Duration kubelet.max_image_backoff: "longest wait of ImagePullBackOff";
    "kubelet.maxParallelImagePulls" Count kubelet.max_parallel_image_pulls: "pulls at a time on each node; 1 is serializeImagePulls: true";
    "kubelet.nodeLeaseRenewInterval" Duration kubelet.node_lease_renew_interval: "how often each kubelet is heard of; 0s: always";
    "kubelet.nodeLeaseJitter" Share kubelet.node_lease_jitter: "by how much these intervals are stretched; 0.04 is up to 4 %";
    "kubelet.nodeStatusLatency" Duration kubelet.node_status_latency: "from a new Node to its condition Ready";
    "kubelet.imageListPeriod" Duration kubelet.image_list_period: "how often each kubelet lists its images; 0s: at once";
    "kubelet.nodeStatusUpdateFrequency" Duration kubelet.node_status_update_frequency: "nodeStatusUpdateFrequency, for pulled images; 0s: at once";
    "nodeLifecycle.kubeAPIQPS" Rate node_lifecycle.client.kube_api_qps: "rate of the clients of node lifecycle, taint eviction and pod garbage collection; 0 is unlimited";
    "nodeLifecycle.kubeAPIBurst" Count node_lifecycle.client.kube_api_burst: "burst of these clients";
    "nodeLifecycle.writeEvents" Flag node_lifecycle.write_events: "whether events cost API calls";
    "nodeLifecycle.nodeMonitorPeriod" Duration node_lifecycle.monitor_period: "--node-monitor-period; 0s: at once";
    "nodeLifecycle.nodeMonitorGracePeriod" Duration node_lifecycle.monitor_grace_period: "--node-monitor-grace-period";
    "nodeLifecycle.nodeStartupGracePeriod" Duration node_lifecycle.startup_grace_period: "--node-startup-grace-period";
    "nodeLifecycle.nodeEvictionRate" Share node_lifecycle.eviction_rate: "--node-eviction-rate, nodes/s of a zone; 0: none";
    "nodeLifecycle.secondaryNodeEvictionRate" Share node_lifecycle.secondary_eviction_rate: "--secondary-node-eviction-rate, nodes/s";
    "nodeLifecycle.unhealthyZoneThreshold" Share node_lifecycle.unhealthy_zone_threshold: "--unhealthy-zone-threshold; 0.55 is 55 %";
    "nodeLifecycle.largeClusterSizeThreshold" Count node_lifecycle.large_cluster_size_threshold: "--large-cluster-size-threshold, nodes of a zone";
    "nodeLifecycle.nodeEvictionPeriod" Duration node_lifecycle.eviction_period: "how often the queues of nodes to be tainted are looked at";
    "podGC.checkPeriod" Duration node_lifecycle.gc_check_period: "how often pods without a node are looked for";
    "podGC.terminatedPodGCThreshold" Number node_lifecycle.terminated_pod_gc_threshold: "--terminated-pod-gc-threshold; 0: no limit";
    "podGC.quarantine" Duration node_lifecycle.gc_quarantine: "how long a node is gone before its pods are collected";
    "client.concurrency" Count client.concurrency: "requests in flight at most when all is submitted at once";
    "client.applyCost" Duration client.apply_cost: "what one kubectl apply costs before its request is sent";
};

/// Sets `name` to `value` as it is written.
///
/// # Errors
/// What is wrong, in words for the user.
pub fn set(plane: &mut ControlPlane, name: &str, value: &str) -> Result<(), String> {
    let Some(setting) = SETTINGS.iter().find(|s| s.name == name) else {
        let near = suggest(name, SETTINGS.iter().map(|s| s.name));
        return Err(match near {
            Some(near) => format!("unknown setting {name:?}; did you mean {near:?}?"),
            None => format!("unknown setting {name:?}; makespan settings lists them"),
        });
    };
    match setting.slot {
        Slot::Duration(slot) => *slot(plane) = value.parse().map_err(|e| format!("{name}: {e}"))?,
        Slot::Period(slot) => {
            let period: SimDuration = value.parse().map_err(|e| format!("{name}: {e}"))?;
            if period.is_zero() {
                return Err(format!("{name}: {value:?} is no period; give a duration above zero"));
            }
            *slot(plane) = period;
        }
        Slot::Share(slot) => {
            let share = non_negative(value);
            *slot(plane) =
                share.ok_or_else(|| format!("{name}: {value:?} is no share; give a number from 0, such as 0.1"))?;
        }
        Slot::Rate(slot) => {
            let rate = non_negative(value);
            *slot(plane) =
                rate.ok_or_else(|| format!("{name}: {value:?} is no rate; give calls per second, 0 for no limit"))?;
        }
        Slot::Count(slot) => {
            let count: Option<u32> = value.parse().ok().filter(|count| *count > 0);
            *slot(plane) = count.ok_or_else(|| format!("{name}: {value:?} is no count; give a whole number from 1"))?;
        }
        Slot::Number(slot) => {
            let number: Option<u32> = value.parse().ok();
            *slot(plane) = number.ok_or_else(|| format!("{name}: {value:?} is no whole number from 0"))?;
        }
        Slot::Percent(slot) => {
            let percent: Option<u32> = value.parse().ok().filter(|percent| *percent <= 100);
            *slot(plane) = percent
                .ok_or_else(|| format!("{name}: {value:?} is no percentage; give a whole number from 0 to 100"))?;
        }
        Slot::Second(slot) => {
            let second = Civil::parse_utc(value);
            *slot(plane) = second.map(Civil::to_seconds).ok_or_else(|| {
                format!("{name}: {value:?} is no date and time in UTC; write it as 2024-01-01T00:00:00Z")
            })?;
        }
        Slot::Flag(slot) => {
            *slot(plane) = value
                .parse()
                .map_err(|_| format!("{name}: {value:?} is neither true nor false"))?;
        }
    }
    Ok(())
}

fn non_negative(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Reads the `controlPlane` of a scenario: the name of a preset, or a map with `preset` and settings by component.
pub fn read(field: &Field<'_>, plane: &mut ControlPlane, problems: &mut Problems) {
    if let Some(name) = field.str() {
        preset(name, field, plane, problems);
        return;
    }
    if let Some(name) = field.at("preset").str() {
        preset(name, &field.at("preset"), plane, problems);
    }
    for (key, entry) in field.entries() {
        if key == "preset" {
            continue;
        }
        if entry.is_map() {
            for (inner, entry) in entry.entries() {
                read_one(&format!("{key}.{inner}"), &entry, plane, problems);
            }
        } else {
            read_one(key, &entry, plane, problems);
        }
    }
}

fn preset(name: &str, field: &Field<'_>, plane: &mut ControlPlane, problems: &mut Problems) {
    match name.parse() {
        Ok(preset) => *plane = ControlPlane::new(preset),
        Err(error) => field.error(problems, format!("{error}")),
    }
}

fn read_one(name: &str, field: &Field<'_>, plane: &mut ControlPlane, problems: &mut Problems) {
    let text = field
        .scalar()
        .map(str::to_owned)
        .or_else(|| field.bool().map(|flag| flag.to_string()));
    let result = match text {
        Some(text) => set(plane, name, &text),
        None => Err(format!("{name}: a single value is needed here")),
    };
    if let Err(message) = result {
        field.error(problems, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_setting_changes_a_field_of_its_own() {
        let changed: BTreeSet<String> = SETTINGS
            .iter()
            .map(|setting| {
                let mut plane = ControlPlane::kubernetes();
                for value in ["17", "17s", "true", "false", "2026-11-23T18:36:03Z"] {
                    if set(&mut plane, setting.name, value).is_ok() && plane != ControlPlane::kubernetes() {
                        break;
                    }
                }
                assert_ne!(plane, ControlPlane::kubernetes(), "{} changes nothing", setting.name);
                format!("{plane:?}")
            })
            .collect();
        assert_eq!(changed.len(), SETTINGS.len());
    }

    #[test]
    fn bad_values_are_told() {
        let mut plane = ControlPlane::kubernetes();
        for (name, value) in [
            ("jobController.kubeApiQps", "3"),
            ("jobController.kubeAPIQPS", "-1"),
            ("client.concurrency", "0"),
            ("apiLatency", "fast"),
            ("scheduler.percentageOfNodesToScore", "101"),
            ("kubelet.restartJitter", "perhaps"),
            ("horizontalPodAutoscaler.syncPeriod", "0s"),
            ("horizontalPodAutoscaler.tolerance", "10%"),
        ] {
            assert!(set(&mut plane, name, value).is_err(), "{name}={value}");
        }
        assert_eq!(plane, ControlPlane::kubernetes());
        let error = set(&mut plane, "jobController.kubeApiQps", "3").unwrap_err();
        assert!(error.contains("jobController.kubeAPIQPS"), "{error}");
    }
}
