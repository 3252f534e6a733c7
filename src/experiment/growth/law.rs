//! The laws of growth that are tried.

use std::fmt;

/// A law of growth, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// a.
    Constant,
    /// a + b·n.
    Linear,
    /// a + b·⌈n / slots⌉.
    CeilLinear {
        /// Jobs in one round.
        slots: u64,
    },
    /// a + b·n·ln n.
    NLogN,
    /// a + b·n².
    Quadratic,
}

impl Law {
    /// What b is multiplied by.
    pub(super) fn regressor(self, n: u64) -> f64 {
        let x = n as f64;
        match self {
            Self::Constant => 0.0,
            Self::Linear => x,
            Self::CeilLinear { slots } => n.div_ceil(slots) as f64,
            Self::NLogN => x * libm::log(x),
            Self::Quadratic => x * x,
        }
    }

    /// Coefficients of the law.
    pub(super) fn coefficients(self) -> u32 {
        match self {
            Self::Constant => 1,
            Self::Linear | Self::CeilLinear { .. } | Self::NLogN | Self::Quadratic => 2,
        }
    }

    /// The unit of b; `None` where there is no b. a is in seconds.
    #[must_use]
    pub fn b_unit(self) -> Option<&'static str> {
        match self {
            Self::Constant => None,
            Self::Linear => Some("s/Job"),
            Self::CeilLinear { .. } => Some("s/round"),
            Self::NLogN => Some("s/(Job·ln Job)"),
            Self::Quadratic => Some("s/Job²"),
        }
    }
}

/// The law as it stands in files: `constant`, `linear`, `ceil-linear:32`, `n-log-n`, `quadratic`.
impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Linear => f.write_str("linear"),
            Self::CeilLinear { slots } => write!(f, "ceil-linear:{slots}"),
            Self::NLogN => f.write_str("n-log-n"),
            Self::Quadratic => f.write_str("quadratic"),
        }
    }
}
