//! The two presets: every default of Kubernetes 1.36, and the textbook, which sets latencies, limits and periods to zero.

use super::*;

impl ControlPlane {
    /// Kubernetes 1.36 with default flags.
    #[must_use]
    pub fn kubernetes() -> Self {
        let controller = RateLimit::new(20.0, 30);
        let fast = RateLimit::new(50.0, 100);
        Self {
            preset: Preset::Kubernetes,
            api_latency: SimDuration::from_millis(5),
            api_read_latency: SimDuration::from_millis(5),
            api_write_cost: SimDuration::ZERO,
            watch_latency: SimDuration::from_millis(5),
            api_time_resolution: SimDuration::from_secs(1),
            wall_clock_offset: SimDuration::ZERO,
            // Monday, 2024-01-01T00:00:00Z.
            wall_clock_start: 1_704_067_200,
            job: JobControllerConfig {
                client: controller,
                concurrent_job_syncs: 5,
                sync_job_batch_period: SimDuration::from_secs(1),
                pod_failure_backoff: SimDuration::from_secs(10),
                max_pod_failure_backoff: SimDuration::from_secs(600),
                api_backoff: SimDuration::from_secs(1),
                max_api_backoff: SimDuration::from_secs(60),
                max_pods_per_sync: 500,
                stale_controller_consistency: true,
                write_events: true,
            },
            replica_set: ReplicaSetConfig {
                client: controller,
                burst_replicas: BURST_REPLICAS,
                concurrent_deployment_syncs: 5,
                concurrent_replica_set_syncs: 5,
                write_events: true,
            },
            resource_quota: ResourceQuotaConfig { client: controller },
            work_queue: WorkQueueConfig {
                base_delay: SimDuration::from_millis(5),
                max_delay: SimDuration::from_secs(1000),
                retries: RateLimit::new(10.0, 100),
            },
            stateful_set: StatefulSetConfig {
                client: controller,
                concurrent_syncs: 5,
                max_batch_size: 500,
                write_events: true,
            },
            daemon_set: DaemonSetConfig {
                client: controller,
                concurrent_syncs: 2,
                burst_replicas: 250,
                failed_pods_backoff: SimDuration::from_secs(1),
                max_failed_pods_backoff: SimDuration::from_secs(900),
                write_events: true,
            },
            garbage_collector: GarbageCollectorConfig {
                client: RateLimit::new(40.0, 30),
                concurrent_gc_syncs: 20,
            },
            cron_job: CronJobControllerConfig {
                client: controller,
                concurrent_syncs: 5,
                next_schedule_delta: SimDuration::from_millis(100),
                write_events: true,
            },
            ttl_after_finished: TtlAfterFinishedConfig {
                client: controller,
                concurrent_syncs: 5,
            },
            hpa: HpaSettings::default(),
            hpa_controller: HpaControllerConfig {
                client: controller,
                concurrent_syncs: 5,
                write_events: true,
            },
            metrics: PipelineSettings::default(),
            custom_metrics: CustomMetricsSettings::default(),
            scheduler: SchedulerConfig {
                client: fast,
                cycle_time: SimDuration::from_nanos(200_000),
                pod_initial_backoff: SimDuration::from_secs(1),
                pod_max_backoff: SimDuration::from_secs(10),
                pod_max_in_unschedulable_pods: SimDuration::from_secs(300),
                unschedulable_flush_period: SimDuration::from_secs(30),
                percentage_of_nodes_to_score: 0,
                opportunistic_batching: true,
                volume_binding: false,
                profiles: vec![SchedulerProfile::default()],
                literal_queue: false,
                literal_search: false,
            },
            kubelet: KubeletConfig {
                client: fast,
                start_latency: SimDuration::from_secs(2),
                pleg_relist_period: SimDuration::from_secs(1),
                stop_latency: SimDuration::from_millis(200),
                restart_backoff: SimDuration::from_secs(10),
                max_restart_backoff: SimDuration::from_secs(300),
                restart_jitter: true,
                image_backoff: SimDuration::from_secs(10),
                max_image_backoff: SimDuration::from_secs(300),
                max_parallel_image_pulls: 1,
                fake: false,
                node_lease_renew_interval: SimDuration::from_secs(10),
                node_lease_jitter: 0.04,
                node_status_latency: SimDuration::from_millis(100),
                image_list_period: SimDuration::from_secs(30),
                node_status_update_frequency: SimDuration::from_secs(10),
                images: ImageConfig::default(),
            },
            client: ClientConfig {
                concurrency: 50,
                apply_cost: SimDuration::ZERO,
            },
            node_lifecycle: NodeLifecycleConfig::kubernetes(),
        }
    }

    /// The textbook: no latency, no limit, no period. What Kubernetes defines by formula (the back-off of failed pods, the
    /// waits before restarts, the autoscaler's periods and windows) stays.
    #[must_use]
    pub fn ideal() -> Self {
        let mut plane = Self::kubernetes();
        plane.preset = Preset::Ideal;
        plane.api_latency = SimDuration::ZERO;
        plane.api_read_latency = SimDuration::ZERO;
        plane.watch_latency = SimDuration::ZERO;
        plane.api_time_resolution = SimDuration::ZERO;
        plane.job.client = RateLimit::UNLIMITED;
        plane.job.sync_job_batch_period = SimDuration::ZERO;
        plane.job.write_events = false;
        plane.replica_set.client = RateLimit::UNLIMITED;
        plane.replica_set.write_events = false;
        plane.resource_quota.client = RateLimit::UNLIMITED;
        plane.work_queue.base_delay = SimDuration::ZERO;
        plane.work_queue.retries = RateLimit::UNLIMITED;
        plane.stateful_set.client = RateLimit::UNLIMITED;
        plane.stateful_set.write_events = false;
        plane.daemon_set.client = RateLimit::UNLIMITED;
        plane.daemon_set.write_events = false;
        plane.garbage_collector.client = RateLimit::UNLIMITED;
        plane.ttl_after_finished.client = RateLimit::UNLIMITED;
        plane.cron_job.client = RateLimit::UNLIMITED;
        plane.cron_job.next_schedule_delta = SimDuration::ZERO;
        plane.cron_job.write_events = false;
        plane.hpa_controller.client = RateLimit::UNLIMITED;
        plane.hpa_controller.write_events = false;
        plane.metrics.resolution = SimDuration::ZERO;
        plane.custom_metrics.resolution = SimDuration::ZERO;
        plane.scheduler.client = RateLimit::UNLIMITED;
        plane.scheduler.cycle_time = SimDuration::ZERO;
        plane.scheduler.pod_initial_backoff = SimDuration::ZERO;
        plane.scheduler.pod_max_backoff = SimDuration::ZERO;
        plane.kubelet.client = RateLimit::UNLIMITED;
        plane.kubelet.start_latency = SimDuration::ZERO;
        plane.kubelet.pleg_relist_period = SimDuration::ZERO;
        plane.kubelet.stop_latency = SimDuration::ZERO;
        plane.kubelet.restart_jitter = false;
        plane.kubelet.node_lease_renew_interval = SimDuration::ZERO;
        plane.kubelet.node_status_latency = SimDuration::ZERO;
        plane.kubelet.image_list_period = SimDuration::ZERO;
        plane.kubelet.node_status_update_frequency = SimDuration::ZERO;
        plane.node_lifecycle = NodeLifecycleConfig::ideal();
        plane.client.concurrency = u32::MAX;
        plane
    }
}
