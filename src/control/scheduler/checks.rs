//! What plugins that look at pods elsewhere say of one template in one cycle.

use std::fmt;

use smallvec::SmallVec;

use crate::cluster::NodeId;
use crate::control::scheduler::framework::{CycleData, PodsCheck, Profile, Rejection};
use crate::control::scheduler::pods::PodsView;
use crate::control::scheduler::select::PluginScores;

/// What a pods plugin prepared for one template.
#[derive(Debug)]
pub struct PreparedCheck {
    /// Which entry of [`Profile::pods`].
    pub entry: usize,
    /// What it does.
    pub check: Box<dyn PodsCheck>,
}

/// A check that filters in this cycle.
struct ActiveFilter<'a> {
    filter: u8,
    check: &'a dyn PodsCheck,
    data: CycleData,
}

/// The checks of one template in one cycle.
pub struct PodsVerdicts<'a> {
    profile: &'a Profile,
    checks: &'a [PreparedCheck],
    view: PodsView<'a>,
    filters: SmallVec<[ActiveFilter<'a>; 2]>,
}

impl fmt::Debug for PodsVerdicts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PodsVerdicts")
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}

impl<'a> PodsVerdicts<'a> {
    /// Asks the plugins what they need for this cycle (PreFilter).
    #[must_use]
    pub fn new(profile: &'a Profile, checks: &'a [PreparedCheck], view: PodsView<'a>) -> Self {
        let first = profile.spec_filters.len() + profile.usage_filters.len();
        let filtering = checks.iter().filter(|prepared| profile.pods[prepared.entry].filters);
        let filters = filtering.filter_map(|prepared| {
            Some(ActiveFilter {
                filter: (first + prepared.entry) as u8,
                check: prepared.check.as_ref(),
                data: prepared.check.pre_filter(&view)?,
            })
        });
        Self {
            profile,
            checks,
            view,
            filters: filters.collect(),
        }
    }
    /// Whether no plugin says anything.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.filters.is_empty() && !self.scoring().any(|(prepared, _)| prepared.check.scores(&self.view))
    }
    /// The first of them that rejects `node`, if any.
    #[must_use]
    pub fn filter(&self, node: NodeId) -> Option<Rejection> {
        self.filters.iter().find_map(|active| {
            let rejection = active.check.filter(&active.data, &self.view, node)?;
            Some(Rejection {
                filter: active.filter,
                reasons: rejection.reasons,
                resolvable: rejection.resolvable,
            })
        })
    }
    /// The words for one of their rejections.
    #[must_use]
    pub fn reason(&self, rejection: &Rejection) -> &'static str {
        let first = self.profile.spec_filters.len() + self.profile.usage_filters.len();
        let entry = &self.profile.pods[usize::from(rejection.filter) - first];
        entry.plugin.reason(rejection.reasons.trailing_zeros())
    }
    /// What each says of the feasible `nodes`, weighted.
    pub fn score(&self, nodes: &[NodeId]) -> impl Iterator<Item = PluginScores> {
        self.scoring().filter_map(|(prepared, weight)| {
            let mut scores = prepared.check.score(&self.view, nodes)?;
            scores.iter_mut().for_each(|score| *score *= weight);
            let plugin = self.profile.pods[prepared.entry].plugin.name();
            Some(PluginScores { plugin, scores })
        })
    }

    fn scoring(&self) -> impl Iterator<Item = (&'a PreparedCheck, i64)> {
        let weighted = self.checks.iter().map(|p| (p, self.profile.pods[p.entry].weight));
        weighted.filter(|(_, weight)| *weight != 0)
    }
}

/// Why `node` is rejected because of pods nominated to it, if it is; `nominated` is sorted by node.
#[must_use]
pub fn rejected_for_nominated(nominated: &[(NodeId, Rejection)], node: NodeId) -> Option<Rejection> {
    let at = nominated.binary_search_by_key(&node, |(node, _)| *node).ok()?;
    Some(nominated[at].1)
}
