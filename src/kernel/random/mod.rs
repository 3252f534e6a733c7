//! Randomness: streams keyed by what they are for, and the distributions drawn from them.

pub mod distribution;

pub mod stream;

pub use stream::{Purpose, Stream, stream};
