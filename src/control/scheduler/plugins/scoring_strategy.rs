//! How NodeResourcesFit scores (`plugins/noderesources/resource_allocation.go`, `least_allocated.go`, `most_allocated.go`,
//! `requested_to_capacity_ratio.go`).

use smallvec::{SmallVec, smallvec};

use crate::cluster::ResourceId;
use crate::control::scheduler::framework::MAX_NODE_SCORE;
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::shape::PodShape;

/// Resources with their weights.
pub type WeightedResources = SmallVec<[(ResourceId, i64); 2]>;

/// cpu and memory, alike.
#[must_use]
pub fn cpu_and_memory() -> WeightedResources {
    smallvec![(ResourceId::CPU, 1), (ResourceId::MEMORY, 1)]
}

/// NodeResourcesFitArgs `scoringStrategy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringStrategy {
    /// `type`, with `requestedToCapacityRatio`.
    pub kind: StrategyKind,
    /// `resources`.
    pub resources: WeightedResources,
}

/// Which nodes are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrategyKind {
    /// Those with much left.
    LeastAllocated,
    /// Those with little left.
    MostAllocated,
    /// As the shape says: points of (utilization 0 to 100, score 0 to 10), by rising utilization.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

impl Default for ScoringStrategy {
    /// `apis/config/v1/defaults.go: SetDefaults_NodeResourcesFitArgs`.
    fn default() -> Self {
        Self {
            kind: StrategyKind::LeastAllocated,
            resources: cpu_and_memory(),
        }
    }
}

impl ScoringStrategy {
    /// The score of a node, 0 to 100. A resource that the node does not have, and an extended resource that the pod does not
    /// request, are left out.
    #[must_use]
    pub fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        let (mut sum, mut weights) = (0_i64, 0_i64);
        for &(id, weight) in &self.resources {
            let Some((requested, capacity)) = counted(id, shape, node) else {
                continue;
            };
            let score = match &self.kind {
                StrategyKind::LeastAllocated => free_share(requested, capacity),
                StrategyKind::MostAllocated => requested.min(capacity).wrapping_mul(MAX_NODE_SCORE) / capacity,
                StrategyKind::RequestedToCapacityRatio(points) => {
                    let score = by_shape(points, requested, capacity);
                    if score == 0 {
                        continue;
                    }
                    score
                }
            };
            sum = sum.wrapping_add(score.wrapping_mul(weight));
            weights += weight;
        }
        match (&self.kind, weights) {
            (_, 0) => 0,
            (StrategyKind::LeastAllocated | StrategyKind::MostAllocated, _) => sum / weights,
            (StrategyKind::RequestedToCapacityRatio(_), _) => libm::round(sum as f64 / weights as f64) as i64,
        }
    }
}

/// What would be requested of a resource with the pod, and the node's allocatable (`calculateResourceAllocatableRequest`). cpu
/// and memory are counted with the defaults for containers that request none.
fn counted(id: ResourceId, shape: &PodShape, node: &NodeView<'_>) -> Option<(i64, i64)> {
    let capacity = node.allocatable[id.index()];
    if capacity == 0 {
        return None;
    }
    let pod = &shape.template;
    let requested = match id {
        ResourceId::CPU => node.nonzero_cpu.wrapping_add(pod.nonzero_cpu),
        ResourceId::MEMORY => node.nonzero_memory.wrapping_add(pod.nonzero_memory),
        _ => {
            let wanted = pod.requests.get(id);
            if wanted == 0 && id.is_scalar() {
                return None;
            }
            node.requested(id).wrapping_add(wanted)
        }
    };
    Some((requested, capacity))
}

/// `least_allocated.go: leastRequestedScore`. Wraps where Go's int64 does (memory beyond 92 PB).
fn free_share(requested: i64, capacity: i64) -> i64 {
    if requested > capacity {
        return 0;
    }
    (capacity.wrapping_sub(requested)).wrapping_mul(MAX_NODE_SCORE) / capacity
}

/// `requested_to_capacity_ratio.go`, `helper/shape_score.go: BuildBrokenLinearFunction`.
fn by_shape(points: &[(i64, i64)], requested: i64, capacity: i64) -> i64 {
    /// Scores of points go to 10, those of nodes to 100.
    const SCALE: i64 = 10;
    let utilization = if requested > capacity {
        100
    } else {
        requested.wrapping_mul(100) / capacity
    };
    let Some(at) = points.iter().position(|(point, _)| utilization <= *point) else {
        return points.last().map_or(0, |(_, score)| score * SCALE);
    };
    let (x1, y1) = points[at];
    let Some(&(x0, y0)) = at.checked_sub(1).and_then(|before| points.get(before)) else {
        return y1 * SCALE;
    };
    y0 * SCALE + (y1 - y0) * SCALE * (utilization - x0) / (x1 - x0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_linear_between_its_points() {
        let packing = [(0, 0), (100, 10)];
        let spreading = [(20, 10), (80, 0)];
        for (points, requested, expected) in [
            (&packing, 0, 0),
            (&packing, 37, 37),
            (&packing, 100, 100),
            (&packing, 150, 100),
            (&spreading, 10, 100),
            (&spreading, 50, 50),
            (&spreading, 51, 49),
            (&spreading, 95, 0),
        ] {
            assert_eq!(by_shape(points, requested, 100), expected, "{requested} on {points:?}");
        }
    }
}
