//! A terminal without a window: it runs one program, takes keys, and has a screen that can be read.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{self, Child, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::{Command, Pty};
use vt100::{MouseProtocolMode, Parser, Screen};

use crate::environment;

pub(crate) const TAB: &str = "\t";
pub(crate) const ENTER: &str = "\r";
pub(crate) const ESCAPE: &str = "\x1b";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const PAGE_DOWN: &str = "\x1b[6~";
pub(crate) const PAGE_UP: &str = "\x1b[5~";
pub(crate) const BACK_TAB: &str = "\x1b[Z";
pub(crate) const ALT_UP: &str = "\x1b[1;3A";
pub(crate) const F1: &str = "\x1bOP";
pub(crate) const F2: &str = "\x1bOQ";
pub(crate) const F4: &str = "\x1bOS";
pub(crate) const F6: &str = "\x1b[17~";
pub(crate) const F7: &str = "\x1b[18~";
pub(crate) const F8: &str = "\x1b[19~";
pub(crate) const F9: &str = "\x1b[20~";
/// A question that the bundled corpus answers.
pub(crate) const QUESTION: &str = "how do I ask a database a question";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_G: &str = "\x07";
pub(crate) const PIPELINE: &str = "\x1b3";
pub(crate) const CTRL_Z: &str = "\x1a";

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// When nothing has arrived for this long, a frame is whole.
const QUIET: Duration = Duration::from_millis(40);

/// Columns and rows at the start: wide enough for everything that the screen can show.
const SIZE: (u16, u16) = (120, 36);

/// The program with these arguments and none of this machine's settings.
pub(crate) fn program(arguments: &[&str]) -> process::Command {
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_vecscope"));
    command.args(arguments).env("TERM", "xterm-256color");
    for name in environment::settings() {
        command.env_remove(name);
    }
    command.envs(environment::HOMES);
    command
}

/// The explorer with these arguments, in a terminal of its own.
pub(crate) fn explorer(arguments: &[&str]) -> Terminal {
    Terminal::run(program(arguments))
}

/// A terminal with a program in it, which ends with it.
pub(crate) struct Terminal {
    pty: Arc<Pty>,
    /// The program's side. It is held open, so that the terminal's settings outlive the program and can be read.
    line: OwnedFd,
    settings_before: String,
    child: Child,
    output: Arc<Output>,
}

#[derive(Default)]
struct Output {
    seen: Mutex<Seen>,
    arrived: Condvar,
}

/// What the program has written so far.
struct Seen {
    bytes: Vec<u8>,
    parser: Parser,
}

impl Default for Seen {
    fn default() -> Self {
        let (columns, rows) = SIZE;
        Self { bytes: Vec::new(), parser: Parser::new(lines(rows), lines(columns), 0) }
    }
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panics while reading")
    }
}

fn lines(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has a row and a column")
}

impl Terminal {
    /// A terminal in which a command has just been started. What the command does not read or write elsewhere, it
    /// reads from and writes to here, and it is the terminal that `/dev/tty` is for it.
    pub(crate) fn run(command: process::Command) -> Self {
        Self::start(command.into())
    }

    /// The same for a command whose standard input is something else.
    pub(crate) fn run_with_input(command: process::Command, input: impl Into<Stdio>) -> Self {
        Self::start(Command::from(command).stdin(input))
    }

    fn start(command: Command) -> Self {
        let (pty, program_side) = pty_process::blocking::open().expect("a terminal can be had");
        let (columns, rows) = SIZE;
        pty.resize(Size::new(rows, columns)).expect("a terminal has a size");
        let line = program_side.as_fd().try_clone_to_owned().expect("a handle can be copied");
        let settings_before = settings(&line);
        let child = command.spawn(program_side).expect("the program can be started");
        let (pty, output) = (Arc::new(pty), Arc::new(Output::default()));
        let (from, to) = (Arc::clone(&pty), Arc::clone(&output));
        thread::spawn(move || read_all(&from, &to));
        Self { pty, line, settings_before, child, output }
    }

    /// Types, or sends what the terminal sends for other things that a person does.
    pub(crate) fn send(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits until the screen is as it should be and no more is drawn, and gives its text.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&Screen) -> bool) -> String {
        // A frame arrives in pieces: one that looks right may be half of it.
        self.wait_and_linger(QUIET, what, holds)
    }

    /// Waits until the screen is as it should be, if only for a moment.
    #[track_caller]
    pub(crate) fn glimpse(&self, what: &str, holds: impl Fn(&Screen) -> bool) -> String {
        self.wait_and_linger(Duration::ZERO, what, holds)
    }

    #[track_caller]
    fn wait_and_linger(&self, quiet: Duration, what: &str, holds: impl Fn(&Screen) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.output.lock();
        loop {
            let held = holds(seen.parser.screen());
            let left = deadline.saturating_duration_since(Instant::now());
            let text = seen.parser.screen().contents();
            assert!(!left.is_zero(), "waited in vain for {what}; the screen:\n{text}");
            let wait = if held { quiet } else { left };
            let arrived = self.output.arrived.wait_timeout(seen, wait);
            let (next, timeout) = arrived.expect("nobody panics while reading");
            seen = next;
            if held && timeout.timed_out() {
                return text;
            }
        }
    }

    /// Waits until the screen shows each of these, and gives its text.
    #[track_caller]
    pub(crate) fn shows(&self, parts: &[&str]) -> String {
        self.wait(&format!("{parts:?}"), |screen| {
            let (text, running) = (screen.contents(), running_text(&screen.contents()));
            parts.iter().all(|part| text.contains(part) || running.contains(part))
        })
    }

    /// Waits until the screen shows none of these, and gives its text.
    #[track_caller]
    pub(crate) fn shows_no(&self, parts: &[&str]) -> String {
        self.wait(&format!("an end of {parts:?}"), |screen| {
            let text = screen.contents();
            !parts.iter().any(|part| text.contains(part))
        })
    }

    /// Everything that the program has written so far.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.output.lock().bytes.clone()
    }

    /// Changes the size of the terminal.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.output.lock().parser.set_size(lines(rows), lines(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a terminal has a size");
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the program still runs");
    }

    /// Checks that the program has the terminal to itself.
    #[track_caller]
    pub(crate) fn is_taken(&self) {
        self.wait("the terminal to be taken", |screen| {
            screen.alternate_screen()
                && screen.bracketed_paste()
                && screen.mouse_protocol_mode() != MouseProtocolMode::None
        });
        assert_ne!(settings(&self.line), self.settings_before);
    }

    /// Checks that the terminal is as it was before.
    #[track_caller]
    pub(crate) fn is_given_back(&self) {
        self.wait("the terminal to be given back", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == MouseProtocolMode::None
        });
        assert_eq!(settings(&self.line), self.settings_before);
    }

    /// Waits until the program has ended, and says how.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program was started here") {
                return status;
            }
            let screen = self.output.lock().parser.screen().contents();
            assert!(Instant::now() < deadline, "the program does not end; the screen:\n{screen}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the explorer as a person does, and checks that it leaves nothing behind.
    #[track_caller]
    pub(crate) fn quit(&mut self) {
        self.send(CTRL_C);
        assert_eq!(self.ended().code(), Some(0));
        self.is_given_back();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves a program running.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_all(pty: &Pty, output: &Output) {
    let mut bytes = vec![0; 1 << 16];
    let mut pty = pty;
    // An error is how the other side's end is told.
    while let Ok(count @ 1..) = pty.read(&mut bytes) {
        let mut seen = output.lock();
        seen.bytes.extend_from_slice(&bytes[..count]);
        seen.parser.process(&bytes[..count]);
        output.arrived.notify_all();
    }
}

/// All settings of a terminal, in a form that can be compared.
fn settings(line: &OwnedFd) -> String {
    let terminal = File::from(line.try_clone().expect("a handle can be copied"));
    let output = process::Command::new("stty").arg("-g").stdin(terminal).output().expect("every Unix has stty");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The text of a screen without frames and line breaks, for sentences that are broken across lines.
pub(crate) fn running_text(contents: &str) -> String {
    contents.replace(['│', '┃', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}
