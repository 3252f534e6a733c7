//! temp
use crate::cluster::spec::{AttemptOutcome, Behaviour, Outcome};
use crate::kernel::SimDuration;
use crate::kernel::random::{Purpose, stream::stream};
/// t
pub fn attempt_outcome(
    b: &Behaviour,
    _seed: u64,
    _key: u64,
    attempt: u32,
    _index: Option<(u32, u32)>,
) -> AttemptOutcome {
    match &b.outcome {
        Outcome::Script(s) => s[(attempt as usize).min(s.len() - 1)],
        Outcome::Probability { .. } => AttemptOutcome::Ok,
    }
}
/// t
pub fn attempt_runtime(
    b: &Behaviour,
    seed: u64,
    key: u64,
    attempt: u32,
    _index: Option<(u32, u32)>,
) -> Option<SimDuration> {
    if b.runtime.is_empty() {
        return None;
    }
    Some(
        b.runtime[(attempt as usize).min(b.runtime.len() - 1)].sample(&mut stream(
            seed,
            Purpose::Runtime,
            key,
            u64::from(attempt),
        )),
    )
}
