//! Taints and tolerations (`plugins/tainttoleration/taint_toleration.go`).

use crate::cluster::spec::{NodeSpec, TaintEffect, Toleration};
use crate::control::scheduler::framework::{SpecFilter, SpecScore, default_normalize_score};
use crate::control::scheduler::shape::PodShape;

/// Filter on NoSchedule and NoExecute taints; score against PreferNoSchedule taints.
#[derive(Clone, Copy, Debug)]
pub struct TaintToleration;

impl SpecFilter for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }
    fn reason(&self) -> &'static str {
        "node(s) had untolerated taint(s)"
    }
    fn passes(&self, shape: &PodShape, node: &NodeSpec) -> bool {
        tolerates_all(&shape.template.tolerations, node)
    }
}

/// Whether `tolerations` tolerate all NoSchedule and NoExecute taints of `node`.
#[must_use]
pub fn tolerates_all(tolerations: &[Toleration], node: &NodeSpec) -> bool {
    node.taints
        .iter()
        .filter(|taint| match taint.effect {
            TaintEffect::NoSchedule | TaintEffect::NoExecute => true,
            TaintEffect::PreferNoSchedule => false,
        })
        .all(|taint| tolerations.iter().any(|t| t.tolerates(taint)))
}

impl SpecScore for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }
    fn skips(&self, _shape: &PodShape) -> bool {
        false
    }
    /// How many PreferNoSchedule taints are not tolerated.
    fn score(&self, shape: &PodShape, node: &NodeSpec) -> i64 {
        node.taints
            .iter()
            .filter(|taint| taint.effect == TaintEffect::PreferNoSchedule)
            .filter(|taint| !shape.template.tolerations.iter().any(|t| t.tolerates(taint)))
            .count() as i64
    }
    fn normalize(&self, scores: &mut [i64]) {
        default_normalize_score(true, scores);
    }
}
