//! From paths to source texts: files, folders (all YAML and JSON files in them, by name), `-` for standard input.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::problem::Problems;
use crate::api::value::Source;

/// What `${NAME}` stands for in the paths of data files, by name. The library reads no environment: whoever calls it says.
pub type Variables = BTreeMap<String, String>;

/// Why a data file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It lies below a variable that is not set, or is not there: the data is not on this machine.
    Absent {
        /// In words.
        what: String,
    },
    /// The path is wrong, or the file cannot be read.
    Bad {
        /// In words.
        what: String,
    },
}

/// Name of standard input in messages.
pub const STDIN: &str = "<stdin>";

/// Reads the sources at `paths`, in order. What cannot be read is told.
pub fn read(paths: &[String], problems: &mut Problems) -> Vec<Arc<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path == "-" {
            let mut text = String::new();
            match std::io::stdin().read_to_string(&mut text) {
                Ok(_) => sources.push(Arc::new(Source {
                    name: STDIN.to_owned(),
                    text,
                })),
                Err(error) => problems.general_error(format!("{STDIN}: cannot be read: {error}"), None),
            }
        } else {
            read_path(Path::new(path), &mut sources, problems);
        }
    }
    sources
}

fn read_path(path: &Path, sources: &mut Vec<Arc<Source>>, problems: &mut Problems) {
    if path.is_dir() {
        match manifests_in(path) {
            Ok(files) if files.is_empty() => problems.general_error(
                format!("{}: the folder holds no .yaml, .yml or .json file", path.display()),
                Some("name a folder that holds manifests, or the files themselves".to_owned()),
            ),
            Ok(files) => files.iter().for_each(|file| read_file(file, sources, problems)),
            Err(error) => problems.general_error(format!("{}: cannot be read: {error}", path.display()), None),
        }
    } else {
        read_file(path, sources, problems);
    }
}

/// Reads one file.
pub(super) fn read_file(path: &Path, sources: &mut Vec<Arc<Source>>, problems: &mut Problems) {
    let name = path.display().to_string();
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => sources.push(Arc::new(Source { name, text })),
        Ok(Err(error)) => problems.general_error(
            format!(
                "{name}: not UTF-8 text: bad byte at offset {}",
                error.utf8_error().valid_up_to()
            ),
            Some("manifests are text; is this the right file?".to_owned()),
        ),
        Err(error) => problems.general_error(
            format!("{name}: cannot be read: {error}"),
            Some("check the path; - reads standard input".to_owned()),
        ),
    }
}

/// Reads the data file at `path`, in which `${NAME}` stands for a variable; a relative one starts at `base`.
///
/// # Errors
/// See [`PathError`].
pub fn data(path: &str, base: &Path, variables: &Variables) -> Result<Arc<Source>, PathError> {
    let found = base.join(expand(path, variables)?);
    let name = found.display().to_string();
    let below_variable = path.contains("${");
    let bytes = std::fs::read(&found).map_err(|error| {
        if below_variable && error.kind() == std::io::ErrorKind::NotFound {
            let what = format!("{name} is not here");
            return PathError::Absent { what };
        }
        let what = format!("{name} cannot be read: {error}");
        PathError::Bad { what }
    })?;
    let text = String::from_utf8(bytes).map_err(|error| PathError::Bad {
        what: format!(
            "{name} is not UTF-8 text: bad byte at offset {}",
            error.utf8_error().valid_up_to()
        ),
    })?;
    Ok(Arc::new(Source { name, text }))
}

/// `path` with the values of its variables.
fn expand(path: &str, variables: &Variables) -> Result<String, PathError> {
    let mut parts = path.split("${");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once('}') else {
            let what = format!("{path:?}: a variable has no end; write ${{NAME}}");
            return Err(PathError::Bad { what });
        };
        let Some(value) = variables.get(name) else {
            let what = format!("{path} is not here: the variable {name} is not set");
            return Err(PathError::Absent { what });
        };
        out.push_str(value);
        out.push_str(rest);
    }
    Ok(out)
}

/// The manifests in a folder, sorted by name, as `kubectl apply -f FOLDER` takes them.
fn manifests_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    let is_manifest = |path: &PathBuf| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        path.is_file() && ["yaml", "yml", "json"].contains(&extension)
    };
    files.retain(is_manifest);
    files.sort();
    Ok(files)
}

/// The folder that relative paths in `source` start from.
#[must_use]
pub fn base(source: &Source) -> PathBuf {
    Path::new(&source.name)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_manifests_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.json", "notes.txt"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let mut problems = Problems::new();
        let sources = read(&[folder.path().display().to_string()], &mut problems);
        let texts: Vec<&str> = sources.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts, ["a.yml", "b.yaml", "c.json"]);
        assert!(!problems.has_errors());
    }

    #[test]
    fn what_cannot_be_read_is_told_all_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bad.yaml"), [0x66, 0xff]).unwrap();
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut problems = Problems::new();
        let sources = read(&[path("missing.yaml"), path("bad.yaml"), path("empty")], &mut problems);
        assert!(sources.is_empty());
        assert_eq!(problems.list().len(), 3);
    }
}
