//! What a kubelet tells of a pod's images in Events (`pkg/kubelet/images/image_manager.go: EnsureImageExists`).

use crate::kernel::SimDuration;

/// An Event of a kubelet about the image of one container, told when the pod starts. Containers go by their place in the pod's
/// images: init containers first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KubeletNote {
    /// Which container.
    pub container: u16,
    /// From now to the moment in which the image is asked for.
    pub after: SimDuration,
    /// How it came to be there.
    pub image: ImageNote,
}

/// How an image came to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageNote {
    /// It was there.
    Present,
    /// It was pulled.
    Pulled {
        /// The time of the pull itself.
        pull: SimDuration,
        /// The same with the wait for other pulls.
        with_wait: SimDuration,
    },
}
