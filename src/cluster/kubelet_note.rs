//! What a kubelet tells of a pod in Events (`pkg/kubelet/events/event.go`).

use crate::kernel::SimDuration;

/// An Event of a kubelet. Containers go by their place in the pod's images: init containers first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KubeletNote {
    /// `Pulling`: the image of this container is asked for.
    Pulling(u16),
    /// `Pulled` after a pull.
    Pulled {
        /// Which container.
        container: u16,
        /// How long the pull itself took.
        pull: SimDuration,
        /// How long it took with the wait for other pulls.
        with_wait: SimDuration,
    },
    /// `Pulled`: the image of this container was there.
    Present(u16),
    /// `Failed`: an image could not be pulled, or may not be; `ErrImageNeverPull` if it may not.
    PullFailed {
        /// Which container.
        container: u16,
        /// It may not be pulled.
        never: bool,
    },
    /// `BackOff`: the next pull waits.
    PullBackOff(u16),
    /// `Created`, `Started`: this container runs.
    Started(u16),
    /// `BackOff`: the containers wait for their restart.
    RestartBackOff,
    /// `Unhealthy`: a readiness or startup probe failed.
    Unhealthy {
        /// Which container.
        container: u16,
        /// The startup probe, not the readiness probe.
        startup: bool,
    },
    /// `Killing`: the containers are stopped because the pod is deleted.
    Killing,
    /// `ExceededGracePeriod`: they did not stop in time.
    ExceededGracePeriod,
}
