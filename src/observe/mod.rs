//! Listeners that turn what happened into rows and figures. They never decide: a run goes the same way whoever listens.

pub mod fingerprint;

pub use fingerprint::Fingerprint;
