//! What a sweep keeps in its folder: `sweep.json`, the question with its digest, and `shards/I-of-N.csv`, the rows so far.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Part;
use crate::cli::invocation::Invocation;
use crate::cli::ui::Stop;
use crate::experiment::sweep::journal::digest;
use crate::experiment::sweep::{Journal, Row, Shard};
use crate::report::append::{AppendError, AppendFile};
use crate::report::files::OutputDir;

/// The file with the question.
const QUESTION: &str = "sweep.json";
/// The folder with the rows.
const SHARDS: &str = "shards";
/// What only a finished sweep has.
const MANIFEST: &str = "manifest.json";

/// `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The digest of the question.
    pub digest: String,
    /// The question, with the version of the program.
    pub question: Invocation,
}

impl Asked {
    /// The question of `invocation`: everything but what only matters to how results are shown.
    pub fn new(invocation: &Invocation) -> Result<Self, Stop> {
        let question = Invocation {
            charts: true,
            results: std::collections::BTreeMap::new(),
            ..invocation.clone()
        };
        Ok(Self {
            digest: Self::digest(&question)?,
            question,
        })
    }

    fn digest(question: &Invocation) -> Result<String, Stop> {
        let text = serde_json::to_vec(question);
        let text = text.map_err(|error| Stop::Message(format!("{QUESTION}: {error}"), crate::cli::ui::INTERNAL))?;
        Ok(digest("", &text))
    }

    /// The question in `folder`; `None` if there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, Stop> {
        let place = folder.join(QUESTION);
        let text = match fs::read_to_string(&place) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Stop::bad_input(format!("{}: cannot be read: {error}", place.display()))),
        };
        let wrong = |why: String| Stop::bad_input(format!("{}: {why}; name another folder", place.display()));
        let asked: Self =
            serde_json::from_str(&text).map_err(|error| wrong(format!("is no question of a sweep: {error}")))?;
        if Self::digest(&asked.question)? != asked.digest {
            return Err(wrong("was changed after it was written".to_owned()));
        }
        Ok(Some(asked))
    }

    fn text(&self) -> Result<String, Stop> {
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|error| Stop::Message(format!("{QUESTION}: {error}"), crate::cli::ui::INTERNAL))?;
        Ok(text + "\n")
    }

    /// In what `other` differs, in words.
    fn differs_in(&self, other: &Self) -> String {
        let (a, b) = (&self.question, &other.question);
        let parts = [
            (a.makespan != b.makespan, "the program's version"),
            (a.inputs != b.inputs, "the manifests"),
            (a.flags != b.flags, "the flags"),
            (a.sweep != b.sweep, "what is varied, measured or how often"),
        ];
        let parts: Vec<&str> = parts
            .iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, what)| *what)
            .collect();
        parts.join(", ")
    }
}

/// The name of a shard's file.
pub fn file_name(shard: Shard) -> String {
    format!("{}-of-{}.csv", shard.index + 1, shard.of)
}

/// The shards that have a file in `folder`, sorted.
pub fn shards(folder: &Path) -> Result<Vec<Shard>, Stop> {
    let place = folder.join(SHARDS);
    let wrong = |error: std::io::Error| Stop::bad_input(format!("{}: cannot be read: {error}", place.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(&place).map_err(wrong)? {
        let name = entry.map_err(wrong)?.file_name();
        let shard = name
            .to_str()
            .and_then(|name| name.strip_suffix(".csv"))
            .map(|name| name.replace("-of-", "/"));
        found.extend(shard.and_then(|text| text.parse::<Shard>().ok()));
    }
    found.sort();
    Ok(found)
}

/// The place of a shard's file.
pub fn place(folder: &Path, shard: Shard) -> PathBuf {
    folder.join(SHARDS).join(file_name(shard))
}

/// The rows of one shard on the disk.
pub struct Store {
    file: AppendFile,
    journal: Journal,
    place: PathBuf,
}

impl Store {
    /// Opens the rows of a shard and returns those that are there already. What a crash left of half a row goes.
    ///
    /// # Errors
    /// The folder has another sweep that is not finished, or rows of this one and nobody said that they are to be used, or the
    /// system refuses.
    pub fn begin(
        folder: &OutputDir,
        invocation: &Invocation,
        part: Part,
        metrics: &[String],
    ) -> Result<(Self, Vec<Row>), Stop> {
        let path = folder.path();
        let asked = Asked::new(invocation)?;
        let mut is_finished = path.join(MANIFEST).exists();
        match Asked::read(path)? {
            Some(other) if other == asked => {}
            Some(other) if part.resume || !is_finished => {
                let differs = asked.differs_in(&other);
                return Err(Stop::bad_input(format!(
                    "{} has another sweep, which differs in {differs}\n  hint: name another folder with --output",
                    path.display()
                )));
            }
            other => {
                if other.is_some() {
                    let _ = fs::remove_file(path.join(MANIFEST));
                    is_finished = false;
                    for shard in shards(path).unwrap_or_default() {
                        let _ = fs::remove_file(place(path, shard));
                    }
                }
                folder
                    .write_durably(QUESTION, asked.text()?.as_bytes())
                    .map_err(Stop::bad_input)?;
            }
        }
        let place = place(path, part.shard);
        let (mut file, bytes) = AppendFile::open(place.clone()).map_err(Stop::bad_input)?;
        let mut journal = Journal::new(&asked.digest, part.shard, metrics);
        let fresh = journal.clone();
        let kept = journal
            .read(&bytes)
            .ok_or_else(|| Stop::bad_input(format!("{} is of another sweep; name another folder", place.display())))?;
        if !kept.rows.is_empty() && !part.resume && !is_finished {
            return Err(Stop::bad_input(format!(
                "{} has {} runs of this sweep\n  hint: --resume goes on with them; or name another folder with --output",
                place.display(),
                kept.rows.len()
            )));
        }
        let (length, rows) = if part.resume {
            (kept.length, kept.rows)
        } else {
            (0, Vec::new())
        };
        if !part.resume {
            journal = fresh;
        }
        file.cut(length).map_err(Stop::bad_input)?;
        if length == 0 {
            file.append(journal.header()).map_err(Stop::bad_input)?;
        }
        Ok((Self { file, journal, place }, rows))
    }

    /// Adds rows. When this returns they are on the disk.
    pub fn append(&mut self, rows: &[Row]) -> Result<(), AppendError> {
        let lines: String = rows.iter().map(|row| self.journal.row(row)).collect();
        self.file.append(&lines)
    }

    /// Where they are.
    pub fn place(&self) -> &Path {
        &self.place
    }
}
