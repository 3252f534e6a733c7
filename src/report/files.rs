//! Output folders whose files are whole or absent.
//!
//! A file is written beside its place under another name and moved there when it is complete, so that no reader ever
//! sees half of one, and an interrupted run leaves the old file as it was.

use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

/// Why an output could not be written, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The output folder's name is taken by a file.
    #[error("{} is a file, not a folder; name another folder, or move the file away", path.display())]
    IsFile {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The output folder cannot be made.
    #[error("the folder {} cannot be created: {error}; name a folder below one that you may write to", path.display())]
    CannotCreate {
        /// The path that was asked for.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The folder exists, but files cannot be made in it.
    #[error("no files can be written to {}: {error}; check its permissions and the free space, or name another folder", path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// A file's name leads out of the folder, or is none.
    #[error("\"{name}\" is not a file name inside the output folder")]
    Name {
        /// What was asked for.
        name: String,
    },
    /// Writing or moving a file failed. The place still holds what it held before.
    #[error("{} cannot be written: {error}; what was there before is unchanged", path.display())]
    Write {
        /// The file's place.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}

/// A folder that can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDir {
    path: PathBuf,
}

impl OutputDir {
    /// Makes the folder with all folders above it, or takes the existing one, and tries out that files can be made in
    /// it, so that a long run does not fail at its end.
    ///
    /// # Errors
    /// The folder cannot be made, is a file, or cannot be written to.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let path = path.into();
        if path.is_file() {
            return Err(FileError::IsFile { path });
        }
        if let Err(error) = std::fs::create_dir_all(&path) {
            return Err(FileError::CannotCreate { path, error });
        }
        let folder = Self { path };
        match folder.beside(&folder.path, "write-test") {
            Ok(probe) => probe.close().map_err(|error| folder.not_writable(error))?,
            Err(error) => return Err(folder.not_writable(error)),
        }
        Ok(folder)
    }
    /// Where it is, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a whole file, in place of an older one of that name, and returns its path. `name` may contain folders,
    /// which are made.
    ///
    /// # Errors
    /// The name leads elsewhere, or the system refuses; an older file then stays.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, FileError> {
        let mut file = self.stream(name)?;
        file.append(bytes)?;
        file.finish()
    }

    /// Like [`Self::write`], but returns only when the file is on the disk.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_durably(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, FileError> {
        let path = self.write(name, bytes)?;
        let synced = std::fs::File::open(&path).and_then(|file| file.sync_all());
        // Not every system can sync a folder; there, its own way must do.
        let _ = std::fs::File::open(&self.path).and_then(|folder| folder.sync_all());
        match synced {
            Ok(()) => Ok(path),
            Err(error) => Err(FileError::Write { path, error }),
        }
    }

    /// Begins a file that grows row by row and appears when it is finished.
    ///
    /// # Errors
    /// The name leads elsewhere, or the system refuses.
    pub fn stream(&self, name: &str) -> Result<StreamFile, FileError> {
        let relative = Path::new(name);
        let plain = relative.components().all(|c| matches!(c, Component::Normal(_)));
        let (true, Some(last)) = (plain && !name.ends_with(['/', '\\']), relative.file_name()) else {
            return Err(FileError::Name { name: name.to_owned() });
        };
        let place = self.path.join(relative);
        let folder = place.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(|error| FileError::CannotCreate {
            path: folder.to_path_buf(),
            error,
        })?;
        match self.beside(folder, &last.to_string_lossy()) {
            Ok(file) => Ok(StreamFile {
                file: io::BufWriter::new(file),
                place,
                whole: 0,
            }),
            Err(error) => Err(FileError::NotWritable {
                path: folder.to_path_buf(),
                error,
            }),
        }
    }

    fn not_writable(&self, error: io::Error) -> FileError {
        FileError::NotWritable {
            path: self.path.clone(),
            error,
        }
    }

    /// A new file in `folder`, hidden and marked as unfinished, which goes away if it is dropped.
    fn beside(&self, folder: &Path, name: &str) -> io::Result<NamedTempFile> {
        let prefix = format!(".{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".unfinished");
        // Results are for sharing: as readable as any file the user makes, not private as temporary files are.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(folder)
    }
}

/// A file that grows and appears at its place when it is finished. Dropped without that, it leaves nothing behind.
#[derive(Debug)]
pub struct StreamFile {
    file: io::BufWriter<NamedTempFile>,
    place: PathBuf,
    /// The length of all that was appended whole.
    whole: u64,
}

impl StreamFile {
    /// Adds `rows`: whole lines, so that the file can be kept after any of them.
    ///
    /// # Errors
    /// The system refuses. What was appended before can still be kept.
    pub fn append(&mut self, rows: &[u8]) -> Result<(), FileError> {
        self.file.write_all(rows).map_err(|error| self.failed(error))?;
        self.whole += rows.len() as u64;
        Ok(())
    }
    /// Where the file will appear.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }
    /// The file is complete: moves it to its place, over an older one, and returns the place.
    ///
    /// # Errors
    /// The system refuses; an older file then stays.
    pub fn finish(mut self) -> Result<PathBuf, FileError> {
        self.file.flush().map_err(|error| self.failed(error))?;
        let Self { file, place, .. } = self;
        let failed = |error| FileError::Write {
            path: place.clone(),
            error,
        };
        let file = file.into_inner().map_err(|e| failed(e.into_error()))?;
        file.persist(&place).map_err(|e| failed(e.error))?;
        Ok(place)
    }
    /// The run was interrupted: puts what was appended so far at the file's place, whole rows only, and returns the
    /// place. The caller says so to the user.
    ///
    /// # Errors
    /// The system refuses; an older file then stays.
    pub fn keep_so_far(self) -> Result<PathBuf, FileError> {
        let Self { file, place, whole } = self;
        let failed = |error| FileError::Write {
            path: place.clone(),
            error,
        };
        let (mut file, unwritten) = file.into_parts();
        // The buffer holds the end of what was appended; if the disk takes no more, what it took before still counts.
        if let Ok(rest) = unwritten {
            let _ = file.write_all(&rest);
        }
        let length = file.as_file().metadata().map_err(failed)?.len();
        let length = if length < whole {
            last_line_end(&file).map_err(failed)?
        } else {
            whole
        };
        file.as_file().set_len(length).map_err(failed)?;
        file.persist(&place).map_err(|e| failed(e.error))?;
        Ok(place)
    }
    fn failed(&self, error: io::Error) -> FileError {
        FileError::Write {
            path: self.place.clone(),
            error,
        }
    }
}

/// The length of a file up to and with its last line end.
fn last_line_end(file: &NamedTempFile) -> io::Result<u64> {
    let bytes = std::fs::read(file.path())?;
    Ok(bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_whole_and_replace_older_ones() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let out = OutputDir::create(home.path().join("results/first")).expect("it is made");
        assert!(names(out.path()).is_empty(), "trying it out leaves nothing");
        out.write("runs.csv", b"old").expect("written");
        let place = out.write("runs.csv", b"new").expect("written");
        assert_eq!(std::fs::read(place).expect("read"), b"new");
        out.write("charts/makespan.svg", b"<svg/>")
            .expect("folders inside are made");
        assert_eq!(names(out.path()), ["charts", "runs.csv"]);
    }

    #[test]
    fn a_growing_file_is_invisible_until_it_is_finished() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let out = OutputDir::create(home.path()).expect("it is there");
        out.write("runs.csv", b"old\n").expect("written");
        let mut file = out.stream("runs.csv").expect("begun");
        file.append(b"n\n").expect("appended");
        file.append(b"10\n").expect("appended");
        assert_eq!(std::fs::read(file.place()).expect("read"), b"old\n");
        file.finish().expect("finished");
        assert_eq!(std::fs::read(home.path().join("runs.csv")).expect("read"), b"n\n10\n");
        let mut dropped = out.stream("jobs.csv").expect("begun");
        dropped.append(b"x\n").expect("appended");
        drop(dropped);
        assert_eq!(names(home.path()), ["runs.csv"]);
    }

    #[test]
    fn an_interrupted_file_keeps_its_whole_rows() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let out = OutputDir::create(home.path()).expect("it is there");
        let mut file = out.stream("runs.csv").expect("begun");
        let row = [b"1234567".as_slice(), b"\n"].concat();
        for _ in 0..5000 {
            file.append(&row).expect("appended");
        }
        // A row that only half arrived, as when the disk is full.
        file.file.write_all(b"123").expect("appended");
        let place = file.keep_so_far().expect("kept");
        assert_eq!(std::fs::read(place).expect("read"), row.repeat(5000));
        assert_eq!(names(home.path()), ["runs.csv"]);
        // The disk took less than was appended: what is left ends with a line.
        let mut file = out.stream("jobs.csv").expect("begun");
        file.append(b"1\n2\n34").expect("appended");
        file.whole += 100;
        let place = file.keep_so_far().expect("kept");
        assert_eq!(std::fs::read(place).expect("read"), b"1\n2\n");
    }

    #[test]
    fn folders_that_cannot_be_used_are_told_with_what_to_do() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("taken");
        std::fs::write(&file, "").expect("written");
        let message = |path: &Path| OutputDir::create(path).expect_err("refused").to_string();
        assert!(
            message(&file).contains("is a file, not a folder; name another folder"),
            "{}",
            message(&file)
        );
        let below = message(&file.join("below"));
        assert!(
            below.contains("cannot be created") && below.contains("name a folder below"),
            "{below}"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_without_room_for_files_is_found_at_once() {
        // Nobody can make files there, not even root.
        let error = OutputDir::create("/proc/self").expect_err("refused");
        assert!(matches!(error, FileError::NotWritable { .. }), "{error}");
        assert!(error.to_string().contains("check its permissions"), "{error}");
    }

    #[test]
    fn names_stay_inside_the_folder() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let out = OutputDir::create(home.path()).expect("it is there");
        for name in ["", "..", "../x", "/etc/x", "a/../../x", "a/"] {
            assert!(matches!(out.write(name, b""), Err(FileError::Name { .. })), "{name}");
        }
    }
}
