//! What a checker has to say.

use std::fmt;

use crate::kernel::SimTime;

/// The rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Time never falls.
    Time,
    /// No node gives more of a resource than it has, unless a pod named it (`nodeName`) and so went past the scheduler.
    Capacity,
    /// What the store says is used is what the records add up to.
    Accounts,
    /// Created, bound, running, ended, gone: each at most once and in this order; what is bound stays bound.
    PodLife,
    /// Submitted, then finished once, with no pod left; pods come in between only.
    JobLife,
    /// Every pod is pending, running, succeeded or failed, and the counts agree.
    Conservation,
    /// The integral of use over time is the sum over the pods.
    Balance,
}

impl Rule {
    /// The rule in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Capacity => "capacity",
            Self::Accounts => "accounts",
            Self::PodLife => "pod-life",
            Self::JobLife => "job-life",
            Self::Conservation => "conservation",
            Self::Balance => "balance",
        }
    }
}

/// A rule that was broken: where to look. The same scenario and seed break it again at the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When.
    pub at: SimTime,
    /// At which record of the run, from 1; 0 for what was found at the end.
    pub record: u64,
    /// Which rule.
    pub rule: Rule,
    /// What was found, of which object.
    pub message: String,
}

/// `12.000000000 s, record 345, capacity: node node-3 gives …`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, rule, message) = (self.at, self.rule.name(), &self.message);
        match self.record {
            0 => write!(f, "{at} s, end of the run, {rule}: {message}"),
            record => write!(f, "{at} s, record {record}, {rule}: {message}"),
        }
    }
}
