//! Recordings of real Kubernetes clusters: read, replayed in the simulator, and compared.
//!
//! A recording is a folder: `manifests.yaml` (every object as submitted), `actions.yaml` (what the client did and when), and what
//! was seen: `jobs.csv`, `pods.csv`, `events.csv`, `summary.json`, any of them compressed as `.gz`.
//!
//! * [`folder`]: the files; [`rows`]: their CSV rows.
//! * [`actions`]: `actions.yaml` and `manifests.yaml` as a [`Scenario`]; [`cluster`]: the settings of the cluster that was recorded.
//! * [`course`]: what happened to each Job and pod, in the same form for the recording and for its replay.
//! * [`observed`]: that course from the recorded files; [`replay`]: the same from a run of the simulator.
//! * [`compare`]: the two side by side; [`markdown`]: many of them in one table.
//! * [`sensitivity`]: the same replay with other values for what a recording does not fix.

pub mod actions;

pub mod cluster;

pub mod compare;

pub mod course;

pub mod folder;

pub mod markdown;

pub mod observed;

pub mod replay;

pub mod rows;

pub mod sensitivity;

use std::path::Path;

use crate::kernel::SimDuration;
use crate::scenario::Scenario;
use compare::Comparison;
use course::Course;
use folder::Folder;

/// Why a recording cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// A file is missing or cannot be read.
    #[error(
        "{file}: cannot be read: {reason}; a recording has manifests.yaml, actions.yaml, summary.json and jobs.csv or pods.csv"
    )]
    Unreadable {
        /// Path of the file.
        file: String,
        /// What the operating system, or the decompressor, says.
        reason: String,
    },
    /// A file is not what it should be.
    #[error("{file}: {reason}")]
    Malformed {
        /// Name of the file.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// The manifests have errors, rendered for a person.
    #[error("{0}")]
    Manifests(String),
    /// The recording uses something that the replay does not know.
    #[error("not replayed yet: {0}")]
    NotReplayed(String),
}

/// A recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Name of its folder.
    pub name: String,
    /// What was submitted and when, on the cluster that was recorded.
    pub scenario: Scenario,
    /// The recording's time at the scenario's time zero.
    pub start: SimDuration,
    /// What happened.
    pub real: Course,
}

impl Recording {
    /// Reads the recording in `folder`.
    ///
    /// # Errors
    /// A file that is missing or malformed, or an action that is not replayed yet.
    pub fn read(folder: &Path) -> Result<Self, RecordingError> {
        let folder = Folder::new(folder);
        let script = actions::read(&folder)?;
        Ok(Self {
            name: folder.name(),
            real: observed::read(&folder)?,
            scenario: script.scenario,
            start: script.start,
        })
    }

    /// Replays it and puts both courses side by side.
    #[must_use]
    pub fn compare(&self) -> Comparison {
        Comparison::new(&self.name, &self.real, &self.replay())
    }
}
