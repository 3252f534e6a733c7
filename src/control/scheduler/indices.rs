//! Which templates have an index: those that are asked about twice, the latest first if memory is short.

use std::collections::VecDeque;

use crate::cluster::PodTemplateId;
use crate::control::scheduler::fast::{ShapeIndex, Sources};
use crate::control::scheduler::shape::{PodShape, PreFilter};

/// Nodes that all indices together may hold: 16 bytes each, so 134 MB.
const MAX_INDEXED_NODES: usize = 1 << 23;

/// The indices of the templates that have one.
#[derive(Debug, Default)]
pub struct Indices {
    slots: Vec<Slot>,
    /// Templates with an index, oldest first.
    built: VecDeque<PodTemplateId>,
}

/// Whether a template has an index.
#[derive(Debug, Default)]
enum Slot {
    /// No pod of it was placed yet.
    #[default]
    Untried,
    /// One was placed literally; the second makes an index, so that single pods make none.
    Tried,
    /// It has one.
    Built(Box<ShapeIndex>),
}

impl Indices {
    /// Makes room for one more template.
    pub fn add_template(&mut self) {
        self.slots.push(Slot::default());
    }
    /// The index of `shape` as it stands.
    pub fn get(&mut self, shape: PodTemplateId) -> Option<&mut ShapeIndex> {
        match &mut self.slots[shape.index()] {
            Slot::Built(index) => Some(index),
            Slot::Untried | Slot::Tried => None,
        }
    }
    /// Brings the index of `shape` up to date. There is none the first time, nor if PreFilter narrows the nodes of `pod`.
    pub fn refresh(&mut self, shape: PodTemplateId, sources: &Sources<'_>, pod: &PodShape) {
        match &mut self.slots[shape.index()] {
            _ if pod.pre_filter != PreFilter::AllNodes => {}
            slot @ Slot::Untried => *slot = Slot::Tried,
            Slot::Built(index) => index.refresh(sources, pod),
            Slot::Tried => {
                let nodes = sources.order.list().len();
                while (self.built.len() + 1) * nodes > MAX_INDEXED_NODES {
                    let Some(oldest) = self.built.pop_front() else { break };
                    self.slots[oldest.index()] = Slot::Tried;
                }
                self.built.push_back(shape);
                self.slots[shape.index()] = Slot::Built(Box::new(ShapeIndex::new(sources, pod)));
            }
        }
    }
}
