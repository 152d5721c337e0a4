//! The built program, run as a script runs it, and what it left behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::environment;

/// Longer than anything takes on a busy machine; a program that hangs ends all the same.
const PATIENCE: Duration = Duration::from_mins(3);

/// Three sentences that no model mixes up, for what does not depend on the corpus.
pub(crate) const THREE: &str =
    "The cat sleeps on the sofa.\nShare prices fell sharply on Monday.\nBread is baked in an oven.\n";

/// The program with these arguments and none of this machine's settings, reading nothing.
pub(crate) fn program(arguments: &[&str]) -> process::Command {
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_vecscope"));
    command.args(arguments);
    for name in environment::settings() {
        command.env_remove(name);
    }
    command.envs(environment::HOMES);
    command
}

/// A command that can be run to its end.
pub(crate) fn vecscope(arguments: &[&str]) -> Command {
    let mut command = Command::from_std(program(arguments));
    command.timeout(PATIENCE);
    command
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    command.output().expect("the program can be started").into()
}

impl From<process::Output> for Ran {
    fn from(output: process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    /// The standard output of a command that went well and had nothing to say beside it.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// The only JSON value that a command printed.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.succeeded()).expect("one JSON value")
    }

    /// One JSON value a line.
    #[track_caller]
    pub(crate) fn json_lines(self) -> Vec<Value> {
        self.succeeded().lines().map(|line| serde_json::from_str(line).expect("a JSON value a line")).collect()
    }

    /// The message of a command that ended with 2 and printed nothing that a script could take for a result.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

/// Checks that a message holds each of these parts.
#[track_caller]
pub(crate) fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is missing in: {message}");
    }
}

/// A folder for one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.join(name);
        fs::write(&path, content).expect("a file can be written");
        path.into_os_string().into_string().expect("the path is UTF-8")
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}
