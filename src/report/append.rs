//! Files that only grow, and whose every line is on the disk before the next one is asked for.
//!
//! Unlike the files of [`super::files`] they are seen while they grow, and what a crash leaves of them is used.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Why a growing file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else writes it.
    #[error("{} is being written by another makespan; wait for it, or name another folder", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} cannot be written: {error}; what was written before it is kept", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        error: io::Error,
    },
}

/// A file that grows. Only one process has it.
#[derive(Debug)]
pub struct AppendFile {
    file: File,
    path: PathBuf,
}

impl AppendFile {
    /// Opens the file at `path`, or makes it with the folders above it, and returns it with what it holds.
    ///
    /// # Errors
    /// Another process has it, or the system refuses.
    pub fn open(path: PathBuf) -> Result<(Self, Vec<u8>), AppendError> {
        let open = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let mut options = OpenOptions::new();
            let file = options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)?;
            // The name is to survive, too. Not every system can sync a folder; then its own way must do.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
            Ok(file)
        };
        let mut file: File = match open() {
            Ok(file) => file,
            Err(error) => return Err(AppendError::Refused { path, error }),
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(AppendError::Taken { path }),
            // A file system without locks is used without.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut bytes = Vec::new();
        match file.read_to_end(&mut bytes) {
            Ok(_) => Ok((Self { file, path }, bytes)),
            Err(error) => Err(AppendError::Refused { path, error }),
        }
    }

    /// Cuts the file off behind `length` bytes; it goes on there.
    ///
    /// # Errors
    /// The system refuses.
    pub fn cut(&mut self, length: usize) -> Result<(), AppendError> {
        let cut = self.file.set_len(length as u64);
        let cut = cut.and_then(|()| self.file.seek(SeekFrom::Start(length as u64)));
        cut.map(|_| ()).map_err(|error| self.refused(error))
    }

    /// Adds whole lines. When this returns they are on the disk.
    ///
    /// # Errors
    /// The system refuses, as it does when the disk is full.
    pub fn append(&mut self, lines: &str) -> Result<(), AppendError> {
        let written = self.file.write_all(lines.as_bytes());
        written
            .and_then(|()| self.file.sync_data())
            .map_err(|error| self.refused(error))
    }

    fn refused(&self, error: io::Error) -> AppendError {
        AppendError::Refused {
            path: self.path.clone(),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_where_it_was_cut() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("deep/rows.csv");
        let (mut file, bytes) = AppendFile::open(path.clone()).expect("made");
        assert_eq!(bytes, b"");
        file.append("one\n").expect("appended");
        file.append("two\nhal").expect("appended");
        let taken = AppendFile::open(path.clone()).expect_err("one writer");
        assert!(taken.to_string().contains("by another makespan"), "{taken}");
        drop(file);
        let (mut file, bytes) = AppendFile::open(path.clone()).expect("opened");
        assert_eq!(bytes, b"one\ntwo\nhal");
        file.cut(8).expect("cut");
        file.append("three\n").expect("appended");
        assert_eq!(std::fs::read(&path).expect("read"), b"one\ntwo\nthree\n");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told() {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().write(true).open(&path).expect("there is one");
        let mut file = AppendFile { file, path };
        let error = file.append("row\n").expect_err("no room");
        assert!(error.to_string().contains("No space left on device"), "{error}");
    }
}
