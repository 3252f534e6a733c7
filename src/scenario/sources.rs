//! From paths to source texts: files, folders (all YAML and JSON files in them, by name), `-` for standard input.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::problem::Problems;
use crate::api::value::Source;

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
