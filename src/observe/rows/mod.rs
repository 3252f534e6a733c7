//! Rows of one run: Jobs, pods, nodes. They come from the store as the run left it, one at a time, so that a table of ten
//! million pods needs no memory. Times are seconds with nine decimals; what did not happen is an empty cell or `null`.

mod jobs;

mod nodes;

mod pods;

mod refusals;

use std::io;

use serde::{Serialize, Serializer};

use crate::cluster::Store;

pub use jobs::JobRow;
pub use nodes::{NodeResource, NodeRow, node_rows, write_nodes};
pub use pods::PodRow;
pub use refusals::{RefusedRow, failed_creations, refused_rows};

use crate::cluster::{JobId, PodId};

/// One row for each Job, in order of submission.
pub fn job_rows(store: &Store) -> impl Iterator<Item = JobRow<'_>> {
    (0..store.jobs.len() as u32).map(|i| JobRow::new(store, JobId(i)))
}

/// One row for each pod, in order of creation. `seed` is the run's.
pub fn pod_rows(store: &Store, seed: u64) -> impl Iterator<Item = PodRow<'_>> {
    (0..store.pods.len() as u32).map(move |i| PodRow::new(store, seed, PodId(i)))
}

/// The Jobs of a run as a JSON list, written row by row.
#[derive(Clone, Copy, Debug)]
pub struct Jobs<'a>(pub &'a Store);

impl Serialize for Jobs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(job_rows(self.0))
    }
}

/// The pods of a run as a JSON list, written row by row.
#[derive(Clone, Copy, Debug)]
pub struct Pods<'a> {
    /// The cluster as the run left it.
    pub store: &'a Store,
    /// The run's seed, for the pods' names.
    pub seed: u64,
}

impl Serialize for Pods<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(pod_rows(self.store, self.seed))
    }
}

/// Writes all Jobs as CSV, with a header.
///
/// # Errors
///
/// Those of `out`.
pub fn write_jobs(store: &Store, out: impl io::Write) -> csv::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(JobRow::COLUMNS)?;
    for row in job_rows(store) {
        csv.write_record(row.cells())?;
    }
    csv.flush()?;
    Ok(())
}

/// Writes all pods as CSV, with a header. `seed` is the run's.
///
/// # Errors
///
/// Those of `out`.
pub fn write_pods(store: &Store, seed: u64, out: impl io::Write) -> csv::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(PodRow::COLUMNS)?;
    for row in pod_rows(store, seed) {
        csv.write_record(row.cells())?;
    }
    csv.flush()?;
    Ok(())
}

/// The cell of a value that may be missing.
fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests;
