//! Prefers nodes whose resources become more evenly used (`plugins/noderesources/balanced_allocation.go`).

use smallvec::SmallVec;

use crate::control::scheduler::framework::{MAX_NODE_SCORE, UsageScore};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::plugins::scoring_strategy::{WeightedResources, cpu_and_memory};
use crate::control::scheduler::shape::PodShape;

/// Score of resources against one another, by plain requests.
#[derive(Clone, Debug)]
pub struct BalancedAllocation {
    /// NodeResourcesBalancedAllocationArgs `resources`; their weights count for nothing.
    pub resources: WeightedResources,
}

impl Default for BalancedAllocation {
    fn default() -> Self {
        Self {
            resources: cpu_and_memory(),
        }
    }
}

impl UsageScore for BalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }
    /// Pods that request none of the resources (`balanced_allocation.go: isBestEffortPod`).
    fn skips(&self, shape: &PodShape) -> bool {
        self.resources
            .iter()
            .all(|(id, _)| shape.template.requests.get(*id) == 0)
    }
    /// 75 if the pod changes nothing, more if it makes the shares more alike.
    fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        let with = self.balance(shape, node, true);
        let without = self.balance(shape, node, false);
        MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + with - without) / 2
    }
}

impl BalancedAllocation {
    /// 100 if the used shares of the resources are equal, less by their standard deviation. Only additions, multiplications,
    /// divisions and square roots of doubles, in Go's order: the same on every machine.
    fn balance(&self, shape: &PodShape, node: &NodeView<'_>, with_pod: bool) -> i64 {
        let mut shares: SmallVec<[f64; 4]> = SmallVec::new();
        for &(id, _) in &self.resources {
            let wanted = shape.template.requests.get(id);
            let allocatable = node.allocatable[id.index()];
            if allocatable == 0 || (wanted == 0 && id.is_scalar()) {
                continue;
            }
            let requested = node.requested(id).wrapping_add(if with_pod { wanted } else { 0 });
            shares.push((requested as f64 / allocatable as f64).min(1.0));
        }
        let deviation = match shares.as_slice() {
            [] | [_] => 0.0,
            [a, b] => ((a - b) / 2.0).abs(),
            several => {
                let count = several.len() as f64;
                let mean = several.iter().sum::<f64>() / count;
                let squares: f64 = several.iter().map(|share| (share - mean) * (share - mean)).sum();
                libm::sqrt(squares / count)
            }
        };
        ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
    }
}
