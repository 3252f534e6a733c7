//! Prefers nodes that hold the pod's images already (`plugins/imagelocality/image_locality.go`).

use crate::control::scheduler::framework::{MAX_NODE_SCORE, UsageScore};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::shape::PodShape;

const MB: i64 = 1 << 20;
/// Less than this counts as nothing (`minThreshold`).
const MIN_THRESHOLD: i64 = 23 * MB;
/// More than this per container counts no further (`maxContainerThreshold`).
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * MB;

/// Score by the sizes of images that are there, each scaled by the share of nodes that have it.
#[derive(Clone, Copy, Debug)]
pub struct ImageLocality;

impl UsageScore for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }
    fn skips(&self, _shape: &PodShape) -> bool {
        false
    }
    fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        if !node.has_images() {
            return 0;
        }
        let images = &shape.template.images;
        let sum = images.iter().map(|image| node.scaled_image_size(image)).sum();
        priority(sum, images.len() as i64)
    }
}

/// `image_locality.go: calculatePriority`.
fn priority(sum: i64, containers: i64) -> i64 {
    let max_threshold = MAX_CONTAINER_THRESHOLD * containers;
    // A pod always has a container; for none the Go code would divide by less than zero.
    if max_threshold <= MIN_THRESHOLD {
        return 0;
    }
    let sum = sum.clamp(MIN_THRESHOLD, max_threshold);
    MAX_NODE_SCORE * (sum - MIN_THRESHOLD) / (max_threshold - MIN_THRESHOLD)
}

/// The name under which nodes list an image: with the tag `latest` if it has none (`image_locality.go: normalizedImageName`).
#[must_use]
pub fn normalized_image_name(name: &str) -> String {
    let tagged = name.rfind(':') > name.rfind('/');
    if tagged {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand from the formula.
    #[test]
    fn between_the_thresholds_the_score_is_linear() {
        let cases = [
            (0, 1, 0),
            (23 * MB, 1, 0),
            (1000 * MB, 1, 100),
            (5000 * MB, 1, 100),
            (500 * MB, 1, 48),
            (500 * MB, 2, 24),
            (2000 * MB, 2, 100),
            (0, 0, 0),
        ];
        for (sum, containers, expected) in cases {
            assert_eq!(
                priority(sum, containers),
                expected,
                "{sum} bytes, {containers} containers"
            );
        }
    }

    #[test]
    fn names_without_a_tag_mean_the_latest() {
        for (name, expected) in [
            ("a", "a:latest"),
            ("a:1", "a:1"),
            ("host:5000/a", "host:5000/a:latest"),
            ("host:5000/a:1", "host:5000/a:1"),
        ] {
            assert_eq!(normalized_image_name(name), expected);
        }
    }
}
