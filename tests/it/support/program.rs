//! The program itself, run in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder that the program runs in.
pub struct Folder(tempfile::TempDir);

/// The folder of shipped scenarios.
pub fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The bytes as text, without the line of advice: the manifests of most tests are too small to be good.
pub fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8");
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("advice: ")).collect()
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Everything in the folder, with the folders in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut open = vec![self.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                names.push(path.strip_prefix(self.path()).unwrap().display().to_string());
                if path.is_dir() {
                    open.push(path);
                }
            }
        }
        names.sort();
        names
    }

    /// The program with these arguments, yet to be run: no input, no terminal, no trace folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_makespan"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("MAKESPAN_TRACES").env_remove("RUST_BACKTRACE");
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the program, which must end well and say nothing but results; returns standard output.
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        assert_eq!(told, "", "{arguments:?}");
        text(&output.stdout)
    }
}
