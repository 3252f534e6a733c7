//! What the API server refused.

use serde::Serialize;

use crate::cluster::Store;
use crate::cluster::pod::Owner;
use crate::observe::seconds::Seconds;

/// A request of a person or a script that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedRow<'a> {
    /// When.
    pub time_s: Seconds,
    /// What was asked for: `create Pod default/p`.
    pub request: &'a str,
    /// What the API server said.
    pub message: &'a str,
}

/// The requests that were refused, in order of time.
pub fn refused_rows(store: &Store) -> impl Iterator<Item = RefusedRow<'_>> {
    store.refused.iter().map(|refused| RefusedRow {
        time_s: refused.at.into(),
        request: &refused.request,
        message: &refused.message,
    })
}

/// The event FailedCreate of each owner that could not make its pods in the end, in the words of its controller:
/// `Job default/train: Error creating: … (x5)`.
pub fn failed_creations(store: &Store, seed: u64) -> impl Iterator<Item = String> {
    let waits = |owner: Owner| match owner {
        Owner::Job(job) => {
            let job = &store.jobs[job.index()];
            !job.gone && !job.condition.is_finished()
        }
        Owner::ReplicaSet(id) => store.replica_sets[id.index()].exists(),
        Owner::StatefulSet(id) => store.stateful_sets[id.index()].exists(),
        Owner::DaemonSet(id) => store.daemon_sets[id.index()].exists(),
        Owner::Nobody(_) => false,
    };
    let refused = store.refused_pods.iter().filter(move |(owner, _)| waits(**owner));
    refused.map(move |(owner, refused)| {
        let times = if refused.count > 1 {
            format!(" (x{})", refused.count)
        } else {
            String::new()
        };
        format!("{}: {}{times}", store.owner_name(*owner, seed), refused.event())
    })
}
