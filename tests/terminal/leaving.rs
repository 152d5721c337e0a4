//! However the program is left, the terminal is as it was before.

use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use crate::terminal::{CTRL_Z, PATIENCE, Terminal, explorer};

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129), (Signal::SIGINT, 130)] {
        let mut terminal = explorer(&[]);
        terminal.send("bread");
        terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
        terminal.is_taken();
        terminal.signal(signal);
        assert_eq!(terminal.ended().code(), Some(code), "{signal}");
        terminal.is_given_back();
    }
}

#[test]
fn a_signal_ends_it_while_the_model_still_loads() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["type a question"]);
    terminal.signal(Signal::SIGTERM);
    assert_eq!(terminal.ended().code(), Some(143));
    terminal.is_given_back();
}

#[track_caller]
fn assert_stopped(terminal: &Terminal) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = waitpid(terminal.pid(), Some(WaitPidFlag::WUNTRACED | WaitPidFlag::WNOHANG));
        if matches!(status, Ok(WaitStatus::Stopped(..))) {
            return;
        }
        assert_eq!(status, Ok(WaitStatus::StillAlive));
        assert!(Instant::now() < deadline, "the program does not stop");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn it_stops_and_goes_on_where_it_was() {
    let mut terminal = explorer(&[]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    // By key, and by signal from elsewhere.
    terminal.send(CTRL_Z);
    for typed in ["│ bread and ", "│ bread and and "] {
        assert_stopped(&terminal);
        terminal.is_given_back();
        terminal.signal(Signal::SIGCONT);
        terminal.is_taken();
        terminal.send(" and");
        terminal.shows(&[typed, "why #1 · ", "words ·"]);
        terminal.signal(Signal::SIGTSTP);
    }
    assert_stopped(&terminal);
    terminal.signal(Signal::SIGCONT);
    terminal.is_taken();
    terminal.quit();
}
