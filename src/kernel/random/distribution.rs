//! Probability distributions of spans of time, given by the parameters people know.

/// A distribution of spans. (Being written.)
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same span.
    Fixed(crate::kernel::SimDuration),
}
