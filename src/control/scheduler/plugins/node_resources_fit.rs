//! Resources: do they fit (`plugins/noderesources/fit.go`), and how well.

use crate::cluster::{ResourceId, ResourceTable};
use crate::control::scheduler::framework::{REASONS_PER_USAGE_FILTER, UsageFilter, UsageRejection, UsageScore};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::plugins::scoring_strategy::ScoringStrategy;
use crate::control::scheduler::shape::PodShape;

/// Filter by effective requests against what is free; score by a strategy.
#[derive(Clone, Debug, Default)]
pub struct NodeResourcesFit {
    /// NodeResourcesFitArgs `scoringStrategy`.
    pub strategy: ScoringStrategy,
    /// Extended resources that are not looked at: NodeResourcesFitArgs `ignoredResources` and those of
    /// `ignoredResourceGroups`.
    pub ignored: Vec<ResourceId>,
}

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
            if amount > node.free[id.index()] && !self.ignored.contains(&id) {
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
    fn score(&self, shape: &PodShape, node: &NodeView<'_>) -> i64 {
        self.strategy.score(shape, node)
    }
}
