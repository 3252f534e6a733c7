//! What if: whether a pod would pass all filters on one node if some pods were not there, or others were.

use crate::cluster::spec::HostPort;
use crate::cluster::{NodeId, PodTemplateId, ResourceId};
use crate::control::scheduler::checks::{PodsVerdicts, PreparedCheck};
use crate::control::scheduler::framework::{Profile, Rejection};
use crate::control::scheduler::nodes::{NodeTable, NodeView};
use crate::control::scheduler::pods::{PodChange, PodsTable, PodsView, Trial};
use crate::control::scheduler::shape::PodShape;

/// One node as it would be with other pods, and the pod that is to go there. Made by
/// [`Placer::trial`](crate::control::scheduler::Placer::trial); nothing real changes.
///
/// Preemption asks it as `SelectVictimsOnNode` does: [`NodeTrial::remove`] all pods of lower priority, ask
/// [`NodeTrial::rejection`]; then [`NodeTrial::add`] them one by one, most important first, and `remove` again those with which
/// the pod no longer fits: the victims.
#[derive(Debug)]
pub struct NodeTrial<'a> {
    pub(super) shapes: &'a [PodShape],
    pub(super) profile: &'a Profile,
    pub(super) table: &'a NodeTable,
    pub(super) pods: &'a PodsTable,
    pub(super) checks: &'a [PreparedCheck],
    pub(super) shape: &'a PodShape,
    pub(super) node: NodeId,
    free: Vec<i64>,
    ports: Vec<HostPort>,
    changes: Vec<PodChange>,
}

impl<'a> NodeTrial<'a> {
    pub(super) fn new(
        shapes: &'a [PodShape],
        profile: &'a Profile,
        (table, pods): (&'a NodeTable, &'a PodsTable),
        checks: &'a [PreparedCheck],
        shape: &'a PodShape,
        node: NodeId,
    ) -> Self {
        let view = table.view(node);
        Self {
            shapes,
            profile,
            table,
            pods,
            checks,
            shape,
            node,
            free: view.free.to_vec(),
            ports: view.ports.to_vec(),
            changes: Vec::new(),
        }
    }
    /// One pod of `template`, which runs on the node, is not there.
    pub fn remove(&mut self, template: PodTemplateId) {
        self.change(template, -1, false);
    }
    /// The same for a pod that is being deleted already.
    pub fn remove_terminating(&mut self, template: PodTemplateId) {
        self.change(template, -1, true);
    }
    /// One more pod of `template` is there.
    pub fn add(&mut self, template: PodTemplateId) {
        self.change(template, 1, false);
    }
    /// One more pod of `template` is there that is being deleted already: undoes [`NodeTrial::remove_terminating`].
    pub fn add_terminating(&mut self, template: PodTemplateId) {
        self.change(template, 1, true);
    }
    /// Whether the pod would pass all filters.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.rejection().is_none()
    }
    /// The first filter that rejects the pod, if any.
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        let spec = self.table.spec(self.node);
        let view = NodeView {
            free: &self.free,
            ports: &self.ports,
            ..self.table.view(self.node)
        };
        let trial = Trial {
            node: self.node,
            changes: &self.changes,
        };
        let elsewhere = || {
            let view = PodsView {
                table: self.pods,
                trial: Some(trial),
                emptied: false,
            };
            PodsVerdicts::new(self.profile, self.checks, view).filter(self.node)
        };
        self.profile
            .filter_spec(self.shape, spec)
            .or_else(|| self.profile.filter_usage(self.shape, &view))
            .or_else(elsewhere)
    }

    fn change(&mut self, template: PodTemplateId, pods: i64, terminating: bool) {
        let shape = &self.shapes[template.index()];
        self.free[ResourceId::PODS.index()] -= pods;
        for &(id, amount) in &shape.requests {
            let free = &mut self.free[id.index()];
            *free = free.wrapping_sub(amount.wrapping_mul(pods));
        }
        for port in &shape.template.scheduling.host_ports {
            if pods > 0 {
                self.ports.push(port.clone());
            } else if let Some(at) = self.ports.iter().position(|known| known == port) {
                self.ports.swap_remove(at);
            }
        }
        let same = |change: &&mut PodChange| change.template == template && change.terminating == terminating;
        match self.changes.iter_mut().find(same) {
            Some(change) => change.pods += pods,
            None => self.changes.push(PodChange {
                template,
                pods,
                terminating,
            }),
        }
    }
}
