//! The recording cluster: the settings of the control plane on which the recordings were made.
//!
//! What its options fix is set here. How slow the API and its watches were, no option fixes; each recording tells it
//! ([`super::latencies`]). What nothing fixes (the time of a scheduling cycle, of a read) stays the simulator's default for every
//! cluster: nothing is fitted to the recordings.

mod flags;

pub use flags::{set_controller_manager_flag, set_scheduler_option};

use super::latencies;
use super::timeline::Timeline;
use crate::control::ControlPlane;
use crate::kernel::SimDuration;

/// The cluster of the recordings with default flags: kube-apiserver, kube-controller-manager, kube-scheduler and etcd of 1.36.2, and
/// a
/// fake kubelet on every node that treats each pod by itself.
///
/// `wall_clock_offset` is how far into a whole wall-clock second the recording's scenario begins.
#[must_use]
pub fn recording_cluster(wall_clock_offset: SimDuration) -> ControlPlane {
    let mut plane = ControlPlane::kubernetes();
    plane.wall_clock_offset = wall_clock_offset;
    // Two cores and an etcd that syncs to disk took about 500 writes a second. One recording shows it, in which the clients' own
    // limits were raised (throughput-par-100-r1-kcmqps200); in the others it delays bursts of submissions.
    plane.api_write_cost = SimDuration::from_millis(2);
    // All objects that the cluster had are in the recording.
    plane.scheduler.volume_binding = true;
    let kubelet = &mut plane.kubelet;
    // Running is written 0.5 s after the kubelet saw the bind, whatever the pod holds; no image is ever pulled.
    kubelet.start_latency = SimDuration::from_millis(500);
    // The fake kubelet itself ends a pod, so it has nothing to notice.
    kubelet.pleg_relist_period = SimDuration::ZERO;
    // `sim/term-delay` unless the pod has its own.
    kubelet.stop_latency = SimDuration::from_millis(200);
    kubelet.fake = true;
    // Waits before restarts are exactly 0, 10, 20 … 300 s.
    kubelet.restart_jitter = false;
    plane
}

/// Gives the control plane the latencies that the recorded one had.
pub fn measure_latencies(plane: &mut ControlPlane, real: &Timeline) {
    let start = plane.kubelet.start_latency.as_secs_f64();
    latencies::set(plane, latencies::watch_and_write(real, start));
}
