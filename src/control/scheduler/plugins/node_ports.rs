//! Host ports: two pods cannot have the same one on a node (`plugins/nodeports/node_ports.go`).

use crate::cluster::ResourceTable;
use crate::control::scheduler::framework::{UsageFilter, UsageRejection};
use crate::control::scheduler::nodes::NodeView;
use crate::control::scheduler::shape::PodShape;

/// Filter by `hostPort`.
#[derive(Clone, Copy, Debug)]
pub struct NodePorts;

impl UsageFilter for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }
    fn filter(&self, shape: &PodShape, node: &NodeView<'_>) -> Option<UsageRejection> {
        let wanted = &shape.template.scheduling.host_ports;
        let taken = wanted
            .iter()
            .any(|port| node.ports.iter().any(|used| used.conflicts(port)));
        taken.then_some(UsageRejection {
            reasons: 1,
            resolvable: true,
        })
    }
    fn reason(&self, _bit: u32, _shape: &PodShape, _resources: &ResourceTable) -> String {
        "node(s) didn't have free ports for the requested pod ports".to_owned()
    }
}
