//! Which pods are on which nodes, as far as plugins ask: by template and node, and counted by topology domain.
//!
//! Plugins whose answers depend on pods elsewhere (affinity to pods, spreading) name what they need once per template
//! ([`Registry`]); from then on each pod that comes or goes changes a few counters, and no cycle looks at pods one by one.
//! Where no template asks for anything there are no counters, and a pod costs one entry in its node's list.

pub mod counter;

pub mod domains;

pub mod matcher;

pub mod table;

pub mod view;

pub use counter::{CounterId, CounterKey, MatcherId, NodeSetId, Who};
pub use domains::{KeyId, NodeRule};
pub use matcher::{Namespaces, PodMatcher, PodTerm};
pub use table::{CarriedTerm, PodsTable, Registry, Role};
pub use view::{PodChange, PodsView, Trial};
