//! The program is killed while it embeds, again and again: what it has embedded is there, and it goes on from there.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::cache::caching;
use crate::lab::{Folder, Ran};

const TEXTS: usize = 5_000;
const KILLS: usize = 20;

/// Five thousand short texts that differ.
fn corpus(folder: &Folder) -> String {
    const WORDS: [&str; 10] = ["red", "old", "wet", "tall", "calm", "dry", "new", "shy", "flat", "odd"];
    let word = |number: usize| WORDS[number % WORDS.len()];
    let line = |n: usize| [word(n), word(n / 10), word(n / 100), word(n / 1_000)].join(" ");
    folder.file("texts.txt", (0..TEXTS).map(line).collect::<Vec<_>>().join("\n"))
}

fn start(folder: &Folder, corpus: &str) -> Child {
    caching(folder, &["search", "a wet day", "--format", "json", "--corpus", corpus])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started")
}

/// How many vectors are in the cache, which must be whole. Nothing is there before the first batch is.
fn kept(folder: &Folder) -> usize {
    let path = folder.join("cache").join("vectors.sqlite3");
    if !path.exists() {
        return 0;
    }
    let open = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("it can be opened");
    open.busy_timeout(Duration::from_secs(10)).expect("it can be set");
    let one = |query: &str| open.query_row(query, (), |row| row.get::<_, String>(0)).expect(query);
    assert_eq!(one("PRAGMA integrity_check"), "ok");
    let count = |query: &str| open.query_row(query, (), |row| row.get::<_, usize>(0));
    if count("SELECT count(*) FROM sqlite_schema").expect("it can be read") == 0 {
        return 0;
    }
    let (texts, vectors) = (count("SELECT count(*) FROM texts"), count("SELECT count(*) FROM vectors"));
    assert_eq!(texts.as_ref().ok(), vectors.as_ref().ok(), "every vector has its text");
    let whole = count("SELECT count(*) FROM vectors WHERE length(vector) = 4 * 384").expect("it can be read");
    assert_eq!(whole, vectors.expect("it can be read"));
    whole
}

/// A little chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn a_kill_at_any_moment_loses_at_most_the_batch_in_flight() {
    /// As many texts go through the model together.
    const BATCH: usize = 8;
    let folder = Folder::new();
    let corpus = corpus(&folder);
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut before = 0;
    for kill in 0..KILLS {
        let mut child = start(&folder, &corpus);
        // Not after a time, which would be another moment on another machine, but when so many more are there; and then
        // a moment later, so that it falls anywhere in a batch.
        let wanted = before + usize::try_from(chance.below(30)).expect("a small number") * BATCH;
        let patience = Instant::now() + Duration::from_mins(2);
        while seen(&folder) < wanted && child.try_wait().expect("it can be asked").is_none() {
            assert!(Instant::now() < patience, "kill {kill}: {} of {wanted}", seen(&folder));
            thread::yield_now();
        }
        for _ in 0..chance.below(20_000) {
            std::hint::spin_loop();
        }
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let after = kept(&folder);
        assert!(after >= before.max(wanted), "kill {kill}: {after} after {before}, and {wanted} were seen");
        assert!(after.is_multiple_of(BATCH) || after == TEXTS, "kill {kill}: {after} are no whole batches");
        before = after;
    }
    assert!(before < TEXTS, "it was killed while there was something to do");
    let ran = Ran::from(start(&folder, &corpus).wait_with_output().expect("it ends"));
    let documents = ran.json()["documents"].clone();
    assert_eq!(documents["restored"], before);
    assert_eq!(documents["embedded"], TEXTS - before);
    assert_eq!(kept(&folder), TEXTS);
}

/// How many vectors another program sees in the cache while it is written; none before it is there.
fn seen(folder: &Folder) -> usize {
    let path = folder.join("cache").join("vectors.sqlite3");
    let read = || {
        let open = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
        open.query_row("SELECT count(*) FROM texts", (), |row| row.get(0)).ok()
    };
    read().unwrap_or(0)
}
