//! Prefers nodes whose cpu and memory become more evenly used (`plugins/noderesources/balanced_allocation.go`).

use crate::cluster::ResourceId;
use crate::control::scheduler::framework::{MAX_NODE_SCORE, UsageScore};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::shape::PodShape;

/// Score of cpu against memory, by plain requests.
#[derive(Clone, Copy, Debug)]
pub struct BalancedAllocation;

impl UsageScore for BalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }
    /// Pods that request neither cpu nor memory (`balanced_allocation.go: isBestEffortPod`).
    fn skips(&self, shape: &PodShape) -> bool {
        shape.cpu == 0 && shape.memory == 0
    }
    /// 75 if the pod changes nothing, more if it makes cpu and memory more alike.
    fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        let cpu = node.requested(ResourceId::CPU);
        let memory = node.requested(ResourceId::MEMORY);
        let with = balance(node, cpu.wrapping_add(shape.cpu), memory.wrapping_add(shape.memory));
        let without = balance(node, cpu, memory);
        MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + with - without) / 2
    }
}

/// 100 if the used shares of cpu and memory are equal, less by their standard deviation. Only additions, divisions and one
/// multiplication of doubles, in Go's order: the same on every machine.
fn balance(node: &NodeView<'_>, cpu: i64, memory: i64) -> i64 {
    let share = |requested: i64, id: ResourceId| {
        let allocatable = node.allocatable[id.index()];
        (allocatable != 0).then(|| (requested as f64 / allocatable as f64).min(1.0))
    };
    let deviation = match (share(cpu, ResourceId::CPU), share(memory, ResourceId::MEMORY)) {
        (Some(a), Some(b)) => ((a - b) / 2.0).abs(),
        (None, _) | (_, None) => 0.0,
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}
