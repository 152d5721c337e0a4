//! A server that goes away.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::{Servers, refused, run, succeeded};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// Less than the waits between five tries, which are 7.5 s at the least.
const SOON: Duration = Duration::from_secs(7);

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn a_server_that_stops_in_the_middle_is_named_soon_and_the_other_goes_on() {
    let mut servers = Servers::start();
    let corpus = servers.config().with_file_name("long.txt");
    // Minutes of work, in hundreds of requests.
    fs::write(&corpus, format!("{}\n", "many words ".repeat(40)).repeat(10_000)).expect("a file can be written");
    let log = servers.log();
    let corpus = corpus.to_str().expect("the path is UTF-8");
    let child = servers
        .program(&["embed", corpus, "--backend", "full"])
        .arg("--log-file")
        .arg(&log)
        .env("VECSCOPE_LOG", "vecscope=debug")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let started = Instant::now();
    while !fs::read_to_string(&log).is_ok_and(|log| log.contains("answered")) {
        assert!(started.elapsed() < PATIENCE, "no request was answered");
        thread::sleep(Duration::from_millis(20));
    }
    servers.stop("full");
    let stopped = Instant::now();
    let said = refused(&child.wait_with_output().expect("it ends"));
    assert!(stopped.elapsed() < SOON, "after {:?}: {said}", stopped.elapsed());
    let host = servers.host("full");
    // A request that is under way is worth another try. By then nobody listens, which is final.
    let lines: Vec<&str> = said.lines().collect();
    let last = format!("vecscope: no answer from {host}: it cannot be reached: ");
    assert!(lines.last().is_some_and(|line| line.starts_with(&last)), "{said}");
    let tried_again = |line: &&str| line.starts_with("try 2 of 5 in ") && line.contains("connection");
    assert!(lines.len() <= 2 && lines[..lines.len() - 1].iter().all(tried_again), "{said}");

    let search = |backend| servers.vecscope(&["search", "bread", "--backend", backend], String::new());
    let started = Instant::now();
    let said = refused(&run(&mut search("full")));
    assert!(started.elapsed() < SOON, "after {:?}: {said}", started.elapsed());
    assert!(said.lines().count() == 1 && said.starts_with(&last), "{said}");
    assert_eq!(succeeded(&run(&mut search("cut"))).lines().count(), 10, "the other server has nothing to do with it");
}
