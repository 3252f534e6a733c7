//! Resources: do they fit (`plugins/noderesources/fit.go`), and how much would be left (`least_allocated.go`).

use crate::cluster::{ResourceId, ResourceTable};
use crate::control::scheduler::framework::{
    MAX_NODE_SCORE, REASONS_PER_USAGE_FILTER, UsageFilter, UsageRejection, UsageScore,
};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::shape::PodShape;

/// Filter by effective requests against what is free; LeastAllocated score on cpu and memory, weight 1 each.
#[derive(Clone, Copy, Debug)]
pub struct NodeResourcesFit;

/// Reason 0 is the pod slots, reason 1 + i the i-th request; requests beyond the last reason share it.
const FIRST_REQUEST: u32 = 1;

impl UsageFilter for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }
    /// `fit.go: fitsRequest`. Unresolvable if a request is above the node's allocatable; missing pod slots always are resolvable.
    fn filter(&self, shape: &PodShape, node: &NodeView<'_>) -> Option<UsageRejection> {
        let mut reasons = u32::from(node.free[ResourceId::PODS.index()] < 1);
        let mut resolvable = true;
        for (i, &(id, amount)) in shape.requests.iter().enumerate() {
            if amount > node.free[id.index()] {
                reasons |= 1 << (FIRST_REQUEST + i as u32).min(REASONS_PER_USAGE_FILTER - 1);
                resolvable &= amount <= node.allocatable[id.index()];
            }
        }
        (reasons != 0).then_some(UsageRejection { reasons, resolvable })
    }
    fn reason(&self, bit: u32, shape: &PodShape, resources: &ResourceTable) -> String {
        match bit.checked_sub(FIRST_REQUEST) {
            None => "Too many pods".to_owned(),
            Some(i) => format!("Insufficient {}", resources.name(shape.requests[i as usize].0)),
        }
    }
}

impl UsageScore for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }
    fn skips(&self, _shape: &PodShape) -> bool {
        false
    }
    /// `least_allocated.go: leastResourceScorer`: mean of the free shares of cpu and memory, each counted with the defaults for
    /// containers without a request, each rounded down; a resource the node does not have is left out.
    fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        let pod = &shape.template;
        let parts = [
            (node.nonzero_cpu, pod.nonzero_cpu, ResourceId::CPU),
            (node.nonzero_memory, pod.nonzero_memory, ResourceId::MEMORY),
        ];
        let (mut sum, mut weights) = (0, 0);
        for (on_node, of_pod, id) in parts {
            let capacity = node.allocatable[id.index()];
            if capacity != 0 {
                sum += free_share(on_node.wrapping_add(of_pod), capacity);
                weights += 1;
            }
        }
        if weights == 0 { 0 } else { sum / weights }
    }
}

/// `least_allocated.go: leastRequestedScore`. Wraps where Go's int64 does (memory beyond 92 PB).
fn free_share(requested: i64, capacity: i64) -> i64 {
    if requested > capacity {
        return 0;
    }
    (capacity.wrapping_sub(requested)).wrapping_mul(MAX_NODE_SCORE) / capacity
}
