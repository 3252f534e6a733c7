//! Settings of the controllers that look after nodes and what is left on them.

use crate::control::rate_limit::RateLimit;
use crate::kernel::SimDuration;

/// The node lifecycle controller, the taint eviction controller and the pod garbage collector; each has its own client of the
/// same limits (`cmd/kube-controller-manager/app/core.go`).
#[derive(Clone, Debug, PartialEq)]
pub struct NodeLifecycleConfig {
    /// API client of each of the three (`pkg/controller/apis/config/v1alpha1/defaults.go`: 20 and 30).
    pub client: RateLimit,
    /// Whether their events are written through their clients.
    pub write_events: bool,
    /// `--node-monitor-period` (`staging/src/k8s.io/cloud-provider/config/v1alpha1/defaults.go`: 5 s). Zero: at once.
    pub monitor_period: SimDuration,
    /// `--node-monitor-grace-period` (`pkg/controller/nodelifecycle/config/v1alpha1/defaults.go`: 50 s).
    pub monitor_grace_period: SimDuration,
    /// `--node-startup-grace-period` (same file: 60 s): the same for a node of which nobody has said anything yet.
    pub startup_grace_period: SimDuration,
    /// `--node-eviction-rate` (`cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go`): nodes of one zone that
    /// get the NoExecute taint, per second; 0: none.
    pub eviction_rate: f64,
    /// `--secondary-node-eviction-rate` (same file): the same in a large zone with many failures.
    pub secondary_eviction_rate: f64,
    /// `--unhealthy-zone-threshold` (same file): the share of failed nodes from which on a zone is partially disrupted.
    pub unhealthy_zone_threshold: f64,
    /// `--large-cluster-size-threshold` (same file): zones of more nodes keep the secondary rate when partially disrupted,
    /// others stop.
    pub large_cluster_size_threshold: u32,
    /// How often the queues of nodes to be tainted are looked at (`pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go:
    /// NodeEvictionPeriod`, 100 ms).
    pub eviction_period: SimDuration,
    /// How often the pod garbage collector looks (`pkg/controller/podgc/gc_controller.go: gcCheckPeriod`, 20 s).
    pub gc_check_period: SimDuration,
    /// How long a node must be gone before its pods are collected (same file: `quarantineTime`, 40 s).
    pub gc_quarantine: SimDuration,
    /// `--terminated-pod-gc-threshold` (`pkg/controller/podgc/config/v1alpha1/defaults.go`: 12500): so many pods that have ended may
    /// be there; 0: any number.
    pub terminated_pod_gc_threshold: u32,
    /// Phases of the periods in place of drawn ones, for comparison with what was recorded.
    pub phases: Option<NodePhases>,
}

/// When things that repeat happen for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodePhases {
    /// The node lifecycle controller's first look at the nodes.
    pub monitor: SimDuration,
    /// The pod garbage collector's first look.
    pub gc: SimDuration,
    /// Each kubelet's first renewal of its lease.
    pub lease: SimDuration,
}

impl NodeLifecycleConfig {
    /// Kubernetes 1.36 with default flags.
    #[must_use]
    pub const fn kubernetes() -> Self {
        Self {
            client: RateLimit::new(20.0, 30),
            write_events: true,
            monitor_period: SimDuration::from_secs(5),
            monitor_grace_period: SimDuration::from_secs(50),
            startup_grace_period: SimDuration::from_secs(60),
            eviction_rate: 0.1,
            secondary_eviction_rate: 0.01,
            unhealthy_zone_threshold: 0.55,
            large_cluster_size_threshold: 50,
            eviction_period: SimDuration::from_millis(100),
            gc_check_period: SimDuration::from_secs(20),
            gc_quarantine: SimDuration::from_secs(40),
            terminated_pod_gc_threshold: 12_500,
            phases: None,
        }
    }
    /// The textbook: no limits and periods; grace, rates and quarantine are Kubernetes' rules and stay.
    #[must_use]
    pub const fn ideal() -> Self {
        Self {
            client: RateLimit::UNLIMITED,
            write_events: false,
            monitor_period: SimDuration::ZERO,
            eviction_period: SimDuration::ZERO,
            gc_check_period: SimDuration::ZERO,
            terminated_pod_gc_threshold: 0,
            ..Self::kubernetes()
        }
    }
}
