//! kube-scheduler: which pod is next, and which node it gets.
//!
//! * [`cycle`]: the component, one scheduling loop; [`queue`]: active, back-off and unschedulable pods, with [`run_queue`] and `again`;
//!   [`instant`]: the same for a control plane without back-off; [`watch`]: what happens around it, with [`hints`]: which events
//!   bring a refused pod back; `flushes`: what comes by the clock.
//! * [`preemption`], with [`making_room`]: pods of lower priority make room; [`nominator`]: for whom; [`assigned`]: which pods are where.
//!
//! The choice of a node is pure code over a table of nodes, without time:
//!
//! * [`nodes`]: the accounts of what is free on every node, and the log of what changed.
//! * [`pods`]: which pods are where, counted as plugins need it; [`images`]: which images are where.
//! * [`order`]: the order in which nodes are looked at.
//! * [`shape`]: what the scheduler needs to know of a pod template.
//! * [`framework`]: the plugin traits and the ordered list of plugins; [`plugins`]: one file each; [`profiles`]: which of them a
//!   scheduler has.
//! * [`checks`]: what plugins that look at pods elsewhere say in a cycle.
//! * [`select`]: one scheduling cycle, step by step over all nodes (the slow twin).
//! * [`fast`], with [`classes`], [`blocks`], [`window`], [`spec_groups`], [`indices`]: the same choice from an index.
//! * [`batch`]: equal pods in a row from one list of nodes.
//! * [`fit_error`]: why a pod fits nowhere, in kube-scheduler's words.
//! * [`placer`]: all of it behind one door; [`search`]: its cycles; [`ask`], [`what_if`]: questions that change nothing; [`trial`]:
//!   what if other pods were on a node.

mod again;

pub mod ask;

pub mod assigned;

pub mod batch;

pub mod blocks;

pub mod checks;

pub mod classes;

pub mod cycle;

pub mod fast;

pub mod fit_error;

mod flushes;

pub mod framework;

pub mod hints;

pub mod images;

pub mod indices;

pub mod instant;

pub mod making_room;

pub mod nodes;

pub mod nominator;

pub mod order;

pub mod placer;

pub mod plugins;

pub mod pods;

pub mod preemption;

pub mod profiles;

pub mod queue;

pub mod run_queue;

pub mod search;

pub mod select;

pub mod shape;

pub mod spec_groups;

pub mod trial;

pub mod watch;

pub mod what_if;

pub mod window;

#[cfg(test)]
mod fast_twin;

#[cfg(test)]
mod queue_tests;

#[cfg(test)]
mod testing;

pub use fit_error::{FitError, Preemption, Refusal};
pub use placer::{Placement, Placer, PoolFit};
pub use trial::NodeTrial;
