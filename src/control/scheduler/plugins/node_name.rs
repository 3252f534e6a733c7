//! Pods that name their node (`plugins/nodename/node_name.go`).

use crate::cluster::spec::NodeSpec;
use crate::control::scheduler::framework::SpecFilter;
use crate::control::scheduler::shape::PodShape;

/// Filter on `spec.nodeName`.
#[derive(Clone, Copy, Debug)]
pub struct NodeName;

impl SpecFilter for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }
    fn reason(&self) -> &'static str {
        "node(s) didn't match the requested node name"
    }
    fn passes(&self, shape: &PodShape, node: &NodeSpec) -> bool {
        shape.template.node_name.as_ref().is_none_or(|name| *name == node.name)
    }
}
