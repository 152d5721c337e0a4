//! The servers, the program that asks them, and what it left behind.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, ChildStdout, Output, Stdio};
use std::time::Duration;
use std::{env, fs};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The variable with the path of the Python.
const PYTHON: &str = "VECSCOPE_TEST_COMPATIBLE";

/// Longer than anything takes on a busy machine; a program that hangs ends all the same.
const PATIENCE: Duration = Duration::from_mins(3);

/// Both servers, and a config that names them. They end with this.
pub(crate) struct Servers {
    child: Child,
    /// None once it is closed, which ends them.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    urls: Value,
    folder: TempDir,
}

impl Servers {
    /// Makes the models and waits until both servers answer.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let python = env::var_os(PYTHON).expect("VECSCOPE_TEST_COMPATIBLE is the path of a Python");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compatible/serve.py");
        let mut child = process::Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python can be started");
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut servers = Self { child, orders, answers, urls: Value::Null, folder };
        servers.urls = serde_json::from_str(&servers.answer()).expect("serve.py prints the URLs");
        fs::write(servers.config(), servers.backends()).expect("a file can be written");
        servers
    }

    /// A server's host and port.
    pub(crate) fn host(&self, name: &str) -> &str {
        self.url(name).trim_start_matches("http://")
    }

    fn url(&self, name: &str) -> &str {
        self.urls[name].as_str().expect("a URL")
    }

    /// Stops a server at once.
    #[track_caller]
    pub(crate) fn stop(&mut self, name: &str) {
        let orders = self.orders.as_mut().expect("it is open");
        writeln!(orders, "{name}").expect("serve.py reads");
        assert_eq!(self.answer().trim_end(), name);
    }

    #[track_caller]
    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("serve.py prints a line");
        line
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// A file that the program may write.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("vecscope.log")
    }

    /// Both servers as a person configures them, and four times with a mistake.
    fn backends(&self) -> String {
        let (full, cut) = (self.url("full"), self.url("cut"));
        [
            ("full", format!("{full}/v1"), "all-MiniLM-L6-v2", ""),
            ("cut", format!("{cut}/v1"), "first-three-layers", ""),
            ("wrong-model", format!("{full}/v1"), "no-such-model", ""),
            ("wrong-path", format!("{full}/v2"), "all-MiniLM-L6-v2", ""),
            ("no-path", full.to_owned(), "all-MiniLM-L6-v2", ""),
            ("shorter", format!("{full}/v1"), "all-MiniLM-L6-v2", "dimensions = 128"),
        ]
        .map(|(name, url, model, more)| {
            format!(
                "[backends.{name}]\nkind = \"openai-compatible\"\nbase_url = \"{url}\"\nmodel = \"{model}\"\n{more}\n"
            )
        })
        .concat()
    }

    /// The program with these arguments and the config, in an environment without any variable: so without a key.
    pub(crate) fn program(&self, arguments: &[&str]) -> process::Command {
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_vecscope"));
        command.env_clear().args(arguments).arg("--no-cache").arg("--config").arg(self.config());
        command
    }

    /// A command that is given `input` and can be run to its end.
    pub(crate) fn vecscope(&self, arguments: &[&str], input: String) -> Command {
        let mut command = Command::from_std(self.program(arguments));
        command.timeout(PATIENCE).write_stdin(input);
        command
    }

    /// The vectors of texts, in their order.
    #[track_caller]
    pub(crate) fn embed(&self, backend: &str, texts: &[String]) -> Vec<Embedded> {
        let printed = succeeded(&run(&mut self.vecscope(&["embed", "--backend", backend], lines(texts))));
        let embedded: Vec<Embedded> = printed.lines().map(Embedded::read).collect();
        assert!(embedded.iter().map(|line| &line.text).eq(texts), "{backend}: one line a text, in order");
        embedded
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.orders.take());
        drop(self.child.wait());
    }
}

/// One line of what `vecscope embed` prints.
pub(crate) struct Embedded {
    pub(crate) text: String,
    /// Whether the model saw all of it, as far as vecscope knows.
    pub(crate) whole: bool,
    pub(crate) vector: Vec<f64>,
}

impl Embedded {
    fn read(line: &str) -> Self {
        let line: Value = serde_json::from_str(line).expect("a JSON value a line");
        Self {
            text: line["text"].as_str().expect("a text").to_owned(),
            whole: line["tokens"] == line["tokens_used"],
            vector: serde_json::from_value(line["embedding"].clone()).expect("numbers"),
        }
    }

    /// The cosine of two unit vectors.
    pub(crate) fn cosine(&self, other: &Self) -> f64 {
        self.vector.iter().zip(&other.vector).map(|(a, b)| a * b).sum()
    }
}

/// Texts as lines of JSON, so that whatever is in them is part of them.
pub(crate) fn lines(texts: &[String]) -> String {
    let lines: Vec<String> = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string()).collect();
    lines.join("\n")
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the program can be started")
}

/// The standard output of a command that went well and had nothing to say or to ask beside it.
#[track_caller]
pub(crate) fn succeeded(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    text(&output.stdout)
}

/// The message of a command that ended with 2 and printed nothing that a script could take for a result.
#[track_caller]
pub(crate) fn refused(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{}", text(&output.stderr));
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8")
}
