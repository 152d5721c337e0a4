//! Ctrl+C in the middle of something.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lab::{Ran, program};

fn spawn(arguments: &[&str]) -> Child {
    program(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started")
}

#[track_caller]
fn interrupt(child: Child) {
    let pid = i32::try_from(child.id()).expect("a process id");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("the program still runs");
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(130), "", ""));
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
    let child = spawn(&["search", "q", "--backend", "openai", "--base-url", &url]);
    let (mut connection, _) = listener.accept().expect("the program connects");
    connection.read_exact(&mut [0; 16]).expect("it asks");
    interrupt(child);
}

#[test]
fn work_on_this_machine_is_not_waited_for_either() {
    // A corpus that takes minutes, sent slowly enough to know that it was read.
    let mut child = program(&["embed", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let feeder = thread::spawn(move || {
        let line = format!("{}\n", "one more word ".repeat(90));
        // More than a pipe holds: when all of it is gone, the program reads, and so it listens for Ctrl+C.
        std::io::Write::write_all(&mut input, line.repeat(20_000).as_bytes())
    });
    feeder.join().expect("no panic").expect("the program reads everything");
    interrupt(child);
}
