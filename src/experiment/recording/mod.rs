//! Recordings of real Kubernetes clusters: read, replayed in the simulator, and compared.
//!
//! A recording is a folder: `manifests.yaml` (every object as submitted), `actions.yaml` (what the client did and when), and what
//! was seen: `events.csv`, `pods.csv`, `jobs.csv`, any of them compressed as `.gz`. docs/recording-format.md describes it.
//!
//! * [`folder`]: the files; [`rows`]: their CSV rows.
//! * [`actions`]: `actions.yaml` as it stands there; [`manifests`]: the objects.
//! * [`plan`]: what of them the simulator plays; [`cluster`]: the settings of the cluster that was recorded;
//!   [`latencies`]: how slow it was.
//! * [`timeline`]: what happened, in the same form for the recording and for its replay; [`observed`]: from the recorded files;
//!   [`replay`]: from a run of the simulator.
//! * [`view`]: a timeline with its pods in groups that mean the same on both sides; [`aspects`]: what is compared.
//! * [`tolerance`]: how near it must be; [`compare`]: both sides put together; [`check`]: what comes of it.
//! * [`placements`], [`scores`] and [`queue_log`]: what the scheduler alone is measured by.
//! * [`validate`]: recordings replayed and checked.

pub mod actions;

pub mod aspects;

pub mod check;

pub mod cluster;

pub mod compare;

pub mod folder;

pub mod latencies;

pub mod manifests;

pub mod observed;

pub mod placements;

pub mod plan;

pub mod queue_log;

pub mod replay;

pub mod rows;

pub mod scores;

pub mod timeline;

pub mod tolerance;

pub mod validate;

pub mod view;

use std::path::Path;

use crate::kernel::SimDuration;
use actions::Actions;
use check::Check;
use folder::Folder;
use manifests::Manifests;
use placements::Placements;
use plan::Plan;
use queue_log::Tally;
use scores::RecordedScores;
use timeline::Timeline;
use view::Declared;

/// Why a recording cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// A file is missing or cannot be read.
    #[error("{file}: cannot be read: {reason}")]
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
    /// YAML with errors, rendered for a person.
    #[error("{0}")]
    Manifests(String),
}

/// A recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Name of its folder.
    pub name: String,
    /// Its files.
    pub folder: Folder,
    /// What the client did.
    pub actions: Actions,
    /// The objects that there are or that are submitted.
    pub declared: Vec<Declared>,
    /// What happened.
    pub real: Timeline,
    /// What the simulator plays.
    pub plan: Plan,
    /// Where pods were placed in repeats.
    pub placements: Placements,
    /// What plugins said of nodes.
    pub scores: Vec<Check>,
    /// How well the log of the scheduler's queue is predicted, if there is one.
    pub queue: Option<Tally>,
}

impl Recording {
    /// Reads the recording in `folder`.
    ///
    /// # Errors
    /// Every file that is missing or malformed, and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Self, Vec<RecordingError>> {
        let folder = Folder::new(folder);
        if let Some(problem) = folder.is_missing() {
            return Err(vec![problem]);
        }
        let real = observed::read(&folder);
        let mut plane = cluster::recording_cluster(SimDuration::ZERO);
        if let Ok(real) = &real {
            cluster::measure_latencies(&mut plane, real);
        }
        let actions = actions::read(&folder, plane.api_latency);
        let in_namespaces = actions.as_ref().ok().cloned().unwrap_or_default();
        let manifests = Manifests::read(&folder, &in_namespaces).map_err(|problem| vec![problem]);
        let (mut manifests, actions, real) = match (manifests, actions, real) {
            (Ok(manifests), Ok(actions), Ok(real)) => (manifests, actions, real),
            (manifests, actions, real) => {
                let problems = [manifests.err(), actions.err(), real.err()];
                return Err(problems.into_iter().flatten().flatten().collect());
            }
        };
        let declared = manifests.declared(actions.objects());
        let plan = Plan::new(&folder.name(), &actions, &mut manifests, &real)?;
        let placements = Placements::read(&folder).map_err(|problem| vec![problem])?;
        let scores = RecordedScores::read(&folder).map_err(|problem| vec![problem])?;
        let scores = scores.checks(&plan.scenario.resources, &plan.scenario.nodes, |name| {
            manifests.template(name)
        });
        let queue = Tally::read(&folder, &plan.scenario.control_plane).map_err(|problem| vec![problem])?;
        Ok(Self {
            placements,
            scores,
            queue,
            name: folder.name(),
            folder,
            actions,
            declared,
            real,
            plan,
        })
    }
}
