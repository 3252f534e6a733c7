//! Every constant of the control plane and the kubelet, as a setting with Kubernetes' default and its source.
//!
//! `ideal` is a setting of the same components (no latency, no limit, no period), not another simulator.

mod presets;

use crate::cluster::spec::SchedulerProfile;
use crate::control::hpa::HpaSettings;
use crate::control::hpa::metrics::PipelineSettings;
use crate::control::node_lifecycle::NodeLifecycleConfig;
use crate::control::rate_limit::RateLimit;
use crate::control::replica_set::BURST_REPLICAS;
use crate::control::service::CustomMetricsSettings;
use crate::kernel::time::NANOS_PER_SEC;
use crate::kernel::{SimDuration, SimTime, WallTime};

/// Which preset a configuration started from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Preset {
    /// Controllers act at once, API calls cost nothing: the textbook.
    Ideal,
    /// Kubernetes 1.36 with default flags.
    #[default]
    Kubernetes,
}

impl Preset {
    /// Both presets.
    pub const ALL: [Self; 2] = [Self::Ideal, Self::Kubernetes];

    /// As it is written in flags, files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ideal => "ideal",
            Self::Kubernetes => "kubernetes",
        }
    }
}

impl std::fmt::Display for Preset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no preset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no control plane; use ideal or kubernetes")]
pub struct UnknownPreset(pub String);

impl std::str::FromStr for Preset {
    type Err = UnknownPreset;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|p| p.name() == text)
            .ok_or_else(|| UnknownPreset(text.to_owned()))
    }
}

/// The control plane, the kubelets and the client of one simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPlane {
    /// The preset it started from.
    pub preset: Preset,
    /// From sending a request to its effect and answer. Not fixed by the source; 5-20 ms are usual for a POST.
    pub api_latency: SimDuration,
    /// From sending a read (GET, LIST) to its answer. Not fixed by the source; reads wait for no disk.
    pub api_read_latency: SimDuration,
    /// For how long a write keeps the API server (with etcd) from the next one; zero: writes never wait for one another. Not fixed by the source.
    pub api_write_cost: SimDuration,
    /// From a write to the moment a watching component has seen it. Not fixed by the source; 5-50 ms are usual.
    pub watch_latency: SimDuration,
    /// Resolution of times in API objects (`finishedAt`, `startTime`): whole seconds; zero keeps them exact.
    pub api_time_resolution: SimDuration,
    /// How far into a whole wall-clock second the simulation begins; truncated times and back-off windows depend on it.
    pub wall_clock_offset: SimDuration,
    /// The whole second on the wall clock in which the simulation begins, in seconds since 1970; CronJobs start by it.
    pub wall_clock_start: i64,
    /// The Job controller.
    pub job: JobControllerConfig,
    /// The controllers' work queues.
    pub work_queue: WorkQueueConfig,
    /// The Deployment and ReplicaSet controllers.
    pub replica_set: ReplicaSetConfig,
    /// The quota controller.
    pub resource_quota: ResourceQuotaConfig,
    /// The StatefulSet controller.
    pub stateful_set: StatefulSetConfig,
    /// The DaemonSet controller.
    pub daemon_set: DaemonSetConfig,
    /// The garbage collector.
    pub garbage_collector: GarbageCollectorConfig,
    /// The CronJob controller.
    pub cron_job: CronJobControllerConfig,
    /// The TTL controller.
    pub ttl_after_finished: TtlAfterFinishedConfig,
    /// The HorizontalPodAutoscaler: its algorithm and period.
    pub hpa: HpaSettings,
    /// The HorizontalPodAutoscaler controller's calls.
    pub hpa_controller: HpaControllerConfig,
    /// metrics-server.
    pub metrics: PipelineSettings,
    /// Adapters of other metrics.
    pub custom_metrics: CustomMetricsSettings,
    /// kube-scheduler.
    pub scheduler: SchedulerConfig,
    /// The kubelets.
    pub kubelet: KubeletConfig,
    /// The client that submits.
    pub client: ClientConfig,
    /// The controllers that look after nodes.
    pub node_lifecycle: NodeLifecycleConfig,
}

/// The Job controller (`pkg/controller/job/job_controller.go` unless another file is named).
#[derive(Clone, Debug, PartialEq)]
pub struct JobControllerConfig {
    /// Its API client (`pkg/controller/apis/config/v1alpha1/defaults.go`: 20 and 30).
    pub client: RateLimit,
    /// `--concurrent-job-syncs` (`pkg/controller/job/config/v1alpha1/defaults.go`: 5).
    pub concurrent_job_syncs: u32,
    /// `SyncJobBatchPeriod`: 1 s from a pod event to the sync.
    pub sync_job_batch_period: SimDuration,
    /// `DefaultJobPodFailureBackOff`: 10 s.
    pub pod_failure_backoff: SimDuration,
    /// `MaxJobPodFailureBackOff`: 600 s.
    pub max_pod_failure_backoff: SimDuration,
    /// `DefaultJobApiBackOff`: 1 s after a failed sync, doubling.
    pub api_backoff: SimDuration,
    /// `MaxJobApiBackOff`: 1 min.
    pub max_api_backoff: SimDuration,
    /// `MaxPodCreateDeletePerSync` and `MaxUncountedPods`: 500.
    pub max_pods_per_sync: u32,
    /// Gate `StaleControllerConsistencyJob` (on): a sync that comes before the informers show the last one's writes fails.
    pub stale_controller_consistency: bool,
    /// Whether events are written through the controller's client
    /// (`staging/src/k8s.io/client-go/tools/record/events_cache.go`: per object 25, then one per 300 s).
    pub write_events: bool,
}

/// The Deployment and ReplicaSet controllers, each with its own client and workers.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSetConfig {
    /// API client of either controller (20 and 30, as above).
    pub client: RateLimit,
    /// `BurstReplicas` (`pkg/controller/replicaset/replica_set.go`): 500.
    pub burst_replicas: u32,
    /// `--concurrent-deployment-syncs` (`pkg/controller/deployment/config/v1alpha1/defaults.go`: 5).
    pub concurrent_deployment_syncs: u32,
    /// `--concurrent-replicaset-syncs` (`pkg/controller/replicaset/config/v1alpha1/defaults.go`: 5).
    pub concurrent_replica_set_syncs: u32,
    /// Whether their events are written through their clients, as the Job controller's are.
    pub write_events: bool,
}

/// The quota controller (`pkg/controller/resourcequota`).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceQuotaConfig {
    /// Its API client (20 and 30, as above).
    pub client: RateLimit,
}

/// How the controllers of workloads try a key again whose sync ended with an error
/// (`staging/src/k8s.io/client-go/util/workqueue/default_rate_limiters.go: DefaultTypedControllerRateLimiter`): after the longer
/// of the key's own back-off and the wait for a token that all keys share.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkQueueConfig {
    /// `baseDelay`: 5 ms before the first retry of a key, doubling.
    pub base_delay: SimDuration,
    /// `maxDelay`: 1000 s.
    pub max_delay: SimDuration,
    /// 10 retries a second after a burst of 100.
    pub retries: RateLimit,
}

impl WorkQueueConfig {
    /// The wait of a key that failed `failures` times in a row before: never nothing, or a sync that fails for ever would come
    /// again for ever at one instant.
    #[must_use]
    pub fn backoff(&self, failures: u8) -> SimDuration {
        let factor = 1_u64.checked_shl(u32::from(failures)).unwrap_or(u64::MAX);
        self.base_delay
            .max(SimDuration::from_nanos(1))
            .saturating_mul(factor)
            .min(self.max_delay)
    }
    /// The same after a sync in which a pod was refused: never zero, because nothing but time can make the next try different.
    #[must_use]
    pub fn backoff_of_refused(&self, failures: u8) -> SimDuration {
        let least = SimDuration::from_millis(5);
        let base_delay = if self.base_delay.is_zero() {
            least
        } else {
            self.base_delay
        };
        let retries = self.retries;
        let max_delay = self.max_delay;
        Self {
            base_delay,
            max_delay,
            retries,
        }
        .backoff(failures)
    }
}

/// The StatefulSet controller.
#[derive(Clone, Debug, PartialEq)]
pub struct StatefulSetConfig {
    /// Its API client (20 and 30, as above).
    pub client: RateLimit,
    /// `--concurrent-statefulset-syncs` (`pkg/controller/statefulset/config/v1alpha1/defaults.go`: 5).
    pub concurrent_syncs: u32,
    /// `MaxBatchSize` (`pkg/controller/statefulset/stateful_set_control.go`): 500.
    pub max_batch_size: u32,
    /// Whether its events are written through its client.
    pub write_events: bool,
}

/// The DaemonSet controller.
#[derive(Clone, Debug, PartialEq)]
pub struct DaemonSetConfig {
    /// Its API client (20 and 30, as above).
    pub client: RateLimit,
    /// `ConcurrentDaemonSetSyncs` (`pkg/controller/daemon/config/v1alpha1/defaults.go`: 2).
    pub concurrent_syncs: u32,
    /// `BurstReplicas` (`pkg/controller/daemon/daemon_controller.go`): 250.
    pub burst_replicas: u32,
    /// First wait before a daemon pod that failed is made again on its node, doubling
    /// (`cmd/kube-controller-manager/app/apps.go: startDaemonSetController`): 1 s.
    pub failed_pods_backoff: SimDuration,
    /// The longest such wait: 15 min.
    pub max_failed_pods_backoff: SimDuration,
    /// Whether its events are written through its client.
    pub write_events: bool,
}

/// The garbage collector.
#[derive(Clone, Debug, PartialEq)]
pub struct GarbageCollectorConfig {
    /// Its API client: 40 and 30, so 20 objects a second, as each deletion takes two calls
    /// (`cmd/kube-controller-manager/app/core.go: newGarbageCollectorController` doubles the 20 and leaves the burst).
    pub client: RateLimit,
    /// `--concurrent-gc-syncs` (`pkg/controller/garbagecollector/config/v1alpha1/defaults.go`): 20.
    pub concurrent_gc_syncs: u32,
}

/// The CronJob controller.
#[derive(Clone, Debug, PartialEq)]
pub struct CronJobControllerConfig {
    /// Its API client (20 and 30, as above).
    pub client: RateLimit,
    /// `--concurrent-cron-job-syncs` (`pkg/controller/cronjob/config/v1alpha1/defaults.go`: 5).
    pub concurrent_syncs: u32,
    /// `nextScheduleDelta`: 100 ms from the scheduled time to the sync (`pkg/controller/cronjob/cronjob_controllerv2.go`).
    pub next_schedule_delta: SimDuration,
    /// Whether its events are written through its client.
    pub write_events: bool,
}

/// The TTL controller of finished Jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct TtlAfterFinishedConfig {
    /// Its API client (20 and 30, as above).
    pub client: RateLimit,
    /// `--concurrent-ttl-after-finished-syncs` (`pkg/controller/ttlafterfinished/config/v1alpha1/defaults.go`: 5).
    pub concurrent_syncs: u32,
}

/// The HorizontalPodAutoscaler controller. It reads and writes sizes, reads metrics, and writes statuses and events with three
/// clients of the same limits (`cmd/kube-controller-manager/app/autoscaling.go`).
#[derive(Clone, Debug, PartialEq)]
pub struct HpaControllerConfig {
    /// The limits of each client (20 and 30, as above).
    pub client: RateLimit,
    /// `--concurrent-horizontal-pod-autoscaler-syncs` (`pkg/controller/podautoscaler/config/v1alpha1/defaults.go`: 5).
    pub concurrent_syncs: u32,
    /// Whether its events are written through its client.
    pub write_events: bool,
}

/// kube-scheduler (`pkg/scheduler/apis/config/v1/defaults.go`).
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulerConfig {
    /// Its API client: 50 and 100.
    pub client: RateLimit,
    /// Time one scheduling cycle takes. Not fixed by the source; about 0.2 ms were recorded on small clusters.
    pub cycle_time: SimDuration,
    /// `podInitialBackoffSeconds`: 1 s.
    pub pod_initial_backoff: SimDuration,
    /// `podMaxBackoffSeconds`: 10 s.
    pub pod_max_backoff: SimDuration,
    /// `DefaultPodMaxInUnschedulablePodsDuration`: 5 min.
    pub pod_max_in_unschedulable_pods: SimDuration,
    /// Period of `flushUnschedulablePodsLeftover`: 30 s.
    pub unschedulable_flush_period: SimDuration,
    /// `percentageOfNodesToScore`: 0 lets the scheduler choose by the size of the cluster, 100 is all nodes.
    pub percentage_of_nodes_to_score: u32,
    /// Feature gate OpportunisticBatching (on in 1.36): equal pods in a row may be placed from one list of nodes.
    pub opportunistic_batching: bool,
    /// Whether a pod with a PersistentVolumeClaim that the input does not hold waits for it, as in Kubernetes
    /// (`pkg/scheduler/framework/plugins/volumebinding/volume_binding.go: PreFilter`). Off: such claims are taken as there.
    pub volume_binding: bool,
    /// The schedulers by name, with their plugins, from a KubeSchedulerConfiguration.
    pub profiles: Vec<SchedulerProfile>,
    /// Uses kube-scheduler's own queue even where an equal, quicker one exists, and plays every cycle as an event of its own:
    /// the slow twin, for comparison.
    pub literal_queue: bool,
    /// Chooses nodes by walking over them, plugin by plugin, as kube-scheduler does, instead of from an index: the other slow twin.
    pub literal_search: bool,
}

/// The kubelet.
#[derive(Clone, Debug, PartialEq)]
pub struct KubeletConfig {
    /// Its API client, one per node (`pkg/kubelet/apis/config/v1beta1/defaults.go`: 50 and 100).
    pub client: RateLimit,
    /// From seeing a bound pod to running containers, image present: sandbox, network, containers. Not fixed by the source;
    /// 1-3 s are usual. A pod's own start latency wins.
    pub start_latency: SimDuration,
    /// Relist period of the pod lifecycle event generator, which notices that a container ended (`pkg/kubelet/kubelet.go`: 1 s).
    /// Each node has its own phase. Zero: noticed at once.
    pub pleg_relist_period: SimDuration,
    /// From a deletion request to the containers' end, where the pod does not say; at most the grace period.
    pub stop_latency: SimDuration,
    /// First wait before a restart, after the one that is at once (`pkg/kubelet/kubelet.go`: 10 s).
    pub restart_backoff: SimDuration,
    /// Longest wait before a restart: 300 s.
    pub max_restart_backoff: SimDuration,
    /// Whether back-off waits are stretched by the pod worker's jittered wake-ups
    /// (`pkg/kubelet/pod_workers.go: workerBackOffPeriodJitterFactor` 0.5).
    pub restart_jitter: bool,
    /// First wait after a failed image pull: 10 s, doubling.
    pub image_backoff: SimDuration,
    /// Longest wait after a failed image pull: 300 s.
    pub max_image_backoff: SimDuration,
    /// `maxParallelImagePulls` where `serializeImagePulls` is false; 1 is `serializeImagePulls: true`, the default.
    pub max_parallel_image_pulls: u32,
    /// The kubelet of the recordings: it takes every pod it is given, and knows no deadline of a pod.
    pub fake: bool,
    /// How often the lease is renewed: a quarter of `nodeLeaseDurationSeconds` (`pkg/kubelet/kubelet.go`:
    /// `nodeLeaseRenewIntervalFraction` 0.25 of 40 s). Zero: the kubelet is heard of until it stops.
    pub node_lease_renew_interval: SimDuration,
    /// By how much these intervals are stretched at most, a share (`staging/src/k8s.io/component-helpers/apimachinery/lease/
    /// controller.go: Run`, 0.04).
    pub node_lease_jitter: f64,
    /// From the creation of a Node to its kubelet's first status, which says that it is ready. Not fixed by the source: a kubelet
    /// looks every 100 ms whether it is ready until it is (`pkg/kubelet/kubelet.go: fastStatusUpdateOnce`).
    pub node_status_latency: SimDuration,
    /// How often the kubelet asks the container runtime which images there are
    /// (`pkg/kubelet/images/image_gc_manager.go: Start`, 30 s). Zero: it knows at once.
    pub image_list_period: SimDuration,
    /// `nodeStatusUpdateFrequency`: how often it looks whether the status of its node changed and writes it if so
    /// (`pkg/kubelet/apis/config/v1beta1/defaults.go`: 10 s). Only images that it pulled wait for that here. Zero: at once.
    pub node_status_update_frequency: SimDuration,
    /// Images: which are missing, how long the others take to pull.
    pub images: ImageConfig,
}

/// What is known of images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageConfig {
    /// Images that no registry has: every pull fails.
    pub missing: Vec<String>,
    /// Image and time to pull it once on a node that does not have it. Images not listed are taken as present everywhere.
    /// One pull at a time per node (`serializeImagePulls`, default true).
    pub pull_time: Vec<(String, SimDuration)>,
    /// Image and its size in bytes, where it is known: the kubelet shows those that it pulled in `status.images`, and the scheduler
    /// prefers nodes that hold them.
    pub size: Vec<(String, i64)>,
}

/// The client (kubectl, a script) that submits objects.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Requests in flight at most when everything is submitted at once.
    pub concurrency: u32,
    /// What one `kubectl apply` costs before its request is sent (start of the process, discovery).
    pub apply_cost: SimDuration,
}

impl ControlPlane {
    /// The configuration of `preset`.
    #[must_use]
    pub fn new(preset: Preset) -> Self {
        match preset {
            Preset::Ideal => Self::ideal(),
            Preset::Kubernetes => Self::kubernetes(),
        }
    }

    /// The wall clock at `at`.
    #[must_use]
    pub const fn wall_time(&self, at: SimTime) -> WallTime {
        WallTime::of(at, self.wall_clock_offset)
    }
    /// The wall clock at `at`, in whole seconds since 1970.
    #[must_use]
    pub const fn unix_time(&self, at: SimTime) -> i64 {
        let nanos = at.as_nanos().saturating_add(self.wall_clock_offset.as_nanos());
        self.wall_clock_start.saturating_add((nanos / NANOS_PER_SEC) as i64)
    }
    /// When the wall clock shows `unix`; the beginning if that was earlier.
    #[must_use]
    pub const fn at_unix(&self, unix: i64) -> SimTime {
        let since = unix.saturating_sub(self.wall_clock_start);
        let seconds = if since < 0 { 0 } else { since as u64 };
        let nanos = seconds.saturating_mul(NANOS_PER_SEC);
        SimTime::from_nanos(nanos.saturating_sub(self.wall_clock_offset.as_nanos()))
    }
    /// `at` as an API object shows it: on the wall clock, truncated to the resolution.
    #[must_use]
    pub const fn api_time(&self, at: SimTime) -> WallTime {
        self.wall_time(at).truncated(self.api_time_resolution)
    }
    /// The same as an instant of the simulation, for what only compares such times; the beginning if it lies before.
    #[must_use]
    pub const fn api_instant(&self, at: SimTime) -> SimTime {
        self.api_time(at).sim_time(self.wall_clock_offset)
    }
}
