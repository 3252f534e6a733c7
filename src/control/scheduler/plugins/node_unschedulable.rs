//! Cordoned nodes take no pods (`plugins/nodeunschedulable/node_unschedulable.go`).

use crate::cluster::spec::{NodeSpec, Taint, TaintEffect};
use crate::control::scheduler::framework::SpecFilter;
use crate::control::scheduler::shape::PodShape;

/// Filter on `spec.unschedulable`.
#[derive(Clone, Copy, Debug)]
pub struct NodeUnschedulable;

impl SpecFilter for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }
    fn reason(&self) -> &'static str {
        "node(s) were unschedulable"
    }
    fn passes(&self, shape: &PodShape, node: &NodeSpec) -> bool {
        if !node.unschedulable {
            return true;
        }
        let taint = Taint {
            key: "node.kubernetes.io/unschedulable".to_owned(),
            value: String::new(),
            effect: TaintEffect::NoSchedule,
        };
        shape.template.tolerations.iter().any(|t| t.tolerates(&taint))
    }
}
