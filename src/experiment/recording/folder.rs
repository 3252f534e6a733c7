//! The files of a recording, each plain or compressed with gzip.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::RecordingError;
use crate::api::value::Source;

/// The folder of one recording.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
        }
    }

    /// What is wrong if the folder is not there.
    #[must_use]
    pub fn is_missing(&self) -> Option<RecordingError> {
        (!self.path.is_dir()).then(|| RecordingError::Unreadable {
            file: self.path.display().to_string(),
            reason: "there is no such folder".to_owned(),
        })
    }

    /// The folder's own name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// The text of `file`, or of `file.gz`.
    ///
    /// # Errors
    /// Neither is there, or it is no text in UTF-8.
    pub fn text(&self, file: &str) -> Result<String, RecordingError> {
        match self.optional_text(file)? {
            Some(text) => Ok(text),
            None => Err(self.unreadable(file, "there is no such file, nor one that ends in .gz")),
        }
    }

    /// The same, or `None` if neither file is there.
    ///
    /// # Errors
    /// It is no text in UTF-8, or cannot be read.
    pub fn optional_text(&self, file: &str) -> Result<Option<String>, RecordingError> {
        if file.contains(['/', '\\']) {
            return Err(self.unreadable(file, "files of a recording stand in its own folder"));
        }
        let plain = self.path.join(file);
        let packed = self.path.join(format!("{file}.gz"));
        let bytes = if plain.is_file() {
            std::fs::read(&plain)
        } else if packed.is_file() {
            std::fs::File::open(&packed).and_then(|opened| {
                let mut bytes = Vec::new();
                MultiGzDecoder::new(opened).read_to_end(&mut bytes).map(|_| bytes)
            })
        } else {
            return Ok(None);
        };
        let bytes = bytes.map_err(|error| self.unreadable(file, error))?;
        let text = String::from_utf8(bytes).map_err(|error| self.unreadable(file, error.utf8_error()))?;
        Ok(Some(text))
    }

    /// Whether there is such a file, plain or compressed.
    #[must_use]
    pub fn has(&self, file: &str) -> bool {
        self.path.join(file).is_file() || self.path.join(format!("{file}.gz")).is_file()
    }

    /// `file` as a source of documents.
    ///
    /// # Errors
    /// As for [`Self::text`].
    pub fn source(&self, file: &str) -> Result<Arc<Source>, RecordingError> {
        let text = self.text(file)?;
        let name = format!("{}/{file}", self.name());
        Ok(Arc::new(Source { name, text }))
    }

    fn unreadable(&self, file: &str, reason: impl std::fmt::Display) -> RecordingError {
        RecordingError::Unreadable {
            file: self.path.join(file).display().to_string(),
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    #[test]
    fn a_file_is_read_plain_or_compressed() {
        let temporary = tempfile::tempdir().unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"packed").unwrap();
        std::fs::write(temporary.path().join("a.csv.gz"), packed.finish().unwrap()).unwrap();
        std::fs::write(temporary.path().join("b.csv"), "plain").unwrap();
        std::fs::write(temporary.path().join("c.csv.gz"), "no gzip").unwrap();
        std::fs::write(temporary.path().join("d.csv"), [0xff]).unwrap();
        let folder = Folder::new(temporary.path());
        assert_eq!(folder.text("a.csv").unwrap(), "packed");
        assert_eq!(folder.text("b.csv").unwrap(), "plain");
        assert_eq!(folder.optional_text("e.csv").unwrap(), None);
        for bad in ["c.csv", "d.csv", "e.csv", "../a.csv"] {
            assert!(
                matches!(folder.text(bad), Err(RecordingError::Unreadable { .. })),
                "{bad}"
            );
        }
    }
}
