//! The result folder: what is written, where it is, how it is told.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::path::PathBuf;

use crate::cli::args::OutputArgs;
use crate::cli::invocation::Invocation;
use crate::cli::ui::Stop;
use crate::observe::Fingerprint;
use crate::report::figures::Chart;
use crate::report::files::OutputDir;

/// Opens the result folder of an experiment called `name`.
pub fn folder(args: &OutputArgs, name: &str) -> Result<OutputDir, Stop> {
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from("results").join(name));
    OutputDir::create(path).map_err(|error| Stop::bad_input(format!("--output: {error}")))
}

/// The file from which a result can be repeated; a folder that has it is complete.
const MANIFEST: &str = "manifest.json";

/// Files as they are written.
pub struct Files {
    folder: OutputDir,
    names: Vec<String>,
    digests: BTreeMap<String, String>,
}

impl Files {
    /// No file yet. From here on the folder is incomplete: the manifest of an earlier result goes.
    pub fn new(folder: OutputDir) -> Result<Self, Stop> {
        let earlier = folder.path().join(MANIFEST);
        match std::fs::remove_file(&earlier) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let place = earlier.display();
                Err(Stop::bad_input(format!(
                    "{place} cannot be replaced: {error}; name another folder"
                )))
            }
            Ok(()) | Err(_) => Ok(Self {
                folder,
                names: Vec::new(),
                digests: BTreeMap::new(),
            }),
        }
    }

    /// Writes a file beside its place and moves it there.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), Stop> {
        self.folder.write(name, bytes).map_err(Stop::bad_input)?;
        self.names.push(name.to_owned());
        let mut digest = Fingerprint::default();
        digest.write(bytes);
        self.digests.insert(name.to_owned(), digest.to_string());
        Ok(())
    }

    /// Writes charts as SVG and PNG into `charts/`.
    pub fn charts(&mut self, charts: &[(String, Chart)]) -> Result<(), Stop> {
        for (stem, chart) in charts {
            let svg = chart
                .svg()
                .map_err(|error| Stop::Message(format!("chart {stem}: {error}"), super::ui::INTERNAL))?;
            let png = chart
                .png()
                .map_err(|error| Stop::Message(format!("chart {stem}: {error}"), super::ui::INTERNAL))?;
            self.folder
                .write(&format!("charts/{stem}.svg"), svg.as_bytes())
                .map_err(Stop::bad_input)?;
            self.folder
                .write(&format!("charts/{stem}.png"), &png)
                .map_err(Stop::bad_input)?;
            self.names.push(format!("charts/{stem}.{{svg,png}}"));
        }
        Ok(())
    }

    /// Writes `manifest.json`, last. If the invocation comes from a manifest, the data files must be those it tells of.
    pub fn manifest(&mut self, invocation: &Invocation) -> Result<(), Stop> {
        let digests = self.digests.clone();
        let changed: Vec<&str> = invocation
            .results
            .iter()
            .filter(|(name, digest)| digests.get(*name) != Some(*digest))
            .map(|(name, _)| name.as_str())
            .collect();
        let whole = Invocation {
            results: digests.clone(),
            ..invocation.clone()
        };
        let mut text = serde_json::to_string_pretty(&whole)
            .map_err(|error| Stop::Message(format!("{MANIFEST}: {error}"), super::ui::INTERNAL))?;
        text.push('\n');
        self.write(MANIFEST, text.as_bytes())?;
        if changed.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the results are not those of the manifest: {} changed\n  hint: a file that the run reads besides its manifests has changed, or the program has",
            changed.join(", ")
        );
        Err(Stop::Message(message, super::ui::CHECK_FAILED))
    }

    /// Where a file is.
    pub fn place(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// All files, in words.
    pub fn list(&self) -> String {
        format!("Written to {}: {}", self.folder.path().display(), self.names.join(", "))
    }
}
