//! What is the vector cache's own; what holds for every store is in `tests/store`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::backend::{TextInfo, TokenCount};
use crate::corpus::{Document, DocumentIndex};
use crate::math::pages::Pages;

const DAY: i64 = 24 * 3_600;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn store(folder: &TempDir) -> SqliteStore {
    SqliteStore::in_folder(folder.path().to_path_buf(), u64::MAX)
}

/// A run that begins so many seconds after now.
fn later(folder: &TempDir, limit: u64, seconds: i64) -> SqliteStore {
    let mut store = SqliteStore::in_folder(folder.path().to_path_buf(), limit);
    store.now += seconds;
    store
}

fn model(name: &str) -> Identity {
    Identity { model: name.into(), details: "{}".into() }
}

/// Keeps a vector of `dimensions` numbers for each text.
fn put(store: &mut SqliteStore, name: &str, texts: &[String], dimensions: usize) -> Result<(), StoreError> {
    let vector = vec![0.5; dimensions];
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    store.put(&model(name), &texts.iter().map(|text| Row { text, vector: &vector, info }).collect::<Vec<_>>())
}

fn texts(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix} {number}")).collect()
}

/// How many of the texts are there.
fn found(store: &mut SqliteStore, name: &str, texts: &[String]) -> usize {
    let mut found = 0;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    store.get(&model(name), &texts, &mut |_, _, _| found += 1).expect("it can be read");
    found
}

fn database(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join(FILE_NAME)
}

#[track_caller]
fn assert_set_aside(error: &StoreError, folder: &TempDir, number: usize, content: &[u8]) {
    let aside = folder.path().join(format!("{FILE_NAME}.set-aside-{number}"));
    assert!(error.leaves_it_usable(), "{error}");
    assert!(error.to_string().contains(&aside.display().to_string()), "{error}");
    assert_eq!(fs::read(&aside).expect("it was set aside"), content);
}

#[test]
fn what_is_no_database_is_set_aside_whole_and_a_new_one_begins() {
    let folder = folder();
    for (number, content) in
        [b"this was never a database, however long it is".to_vec(), vec![7; 100_000]].iter().enumerate()
    {
        fs::write(database(&folder), content).expect("a free place");
        let mut store = store(&folder);
        let error = put(&mut store, "m", &texts("a", 1), 8).expect_err("it is no cache");
        assert_set_aside(&error, &folder, number + 1, content);
        put(&mut store, "m", &texts("a", 1), 8).expect("a new one");
        assert_eq!(found(&mut store, "m", &texts("a", 1)), 1);
        drop(store);
        for part in ["", "-wal", "-shm"] {
            drop(fs::remove_file(folder.path().join(format!("{FILE_NAME}{part}"))));
        }
    }
}

#[test]
fn another_programs_database_is_set_aside_and_not_touched() {
    let folder = folder();
    let other = Connection::open(database(&folder)).expect("a free place");
    other.execute_batch("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')").expect("well formed");
    drop(other);
    let content = fs::read(database(&folder)).expect("it is there");
    let error = store(&folder).get(&model("m"), &["a"], &mut |_, _, _| {}).expect_err("it is no cache");
    assert_set_aside(&error, &folder, 1, &content);
}

#[test]
fn a_newer_cache_is_set_aside_unless_a_newer_program_is_using_it() {
    let folder = folder();
    put(&mut store(&folder), "m", &texts("a", 3), 8).expect("a free place");
    let newer = Connection::open(database(&folder)).expect("it is there");
    newer.pragma_update(None, "user_version", 99).expect("it can be written");
    let error = put(&mut store(&folder), "m", &texts("b", 1), 8).expect_err("it is in use");
    assert!(format!("{:#}", anyhow::Error::from(error)).contains("a newer version of vecscope is using it"));
    assert!(database(&folder).exists());
    drop(newer);
    let error = put(&mut store(&folder), "m", &texts("b", 1), 8).expect_err("it is newer");
    assert!(error.to_string().contains("99 in place of 1"), "{error}");
    let aside = Connection::open(folder.path().join(format!("{FILE_NAME}.set-aside-1"))).expect("it was set aside");
    let kept: usize = aside.query_row("SELECT count(*) FROM vectors", (), |row| row.get(0)).expect("it is whole");
    assert_eq!(kept, 3);
}

#[test]
fn a_cache_that_turns_out_to_be_damaged_is_set_aside_when_that_shows() {
    let folder = folder();
    put(&mut store(&folder), "m", &texts("a", 500), 384).expect("a free place");
    let mut content = fs::read(database(&folder)).expect("it is there");
    // All but the first page, which says what tables there are.
    content[16_384..].fill(0xff);
    fs::write(database(&folder), &content).expect("it is there");
    let mut store = store(&folder);
    let error = put(&mut store, "m", &texts("a", 1), 384).expect_err("it is damaged");
    assert_set_aside(&error, &folder, 1, &content);
    put(&mut store, "m", &texts("a", 1), 384).expect("a new one");
}

#[test]
fn of_two_programs_that_find_a_damaged_cache_one_sets_it_aside() {
    let folder = folder();
    fs::write(database(&folder), [7; 4_096]).expect("a free place");
    let (mut one, mut other) = (store(&folder), store(&folder));
    // The other one has looked at it before the first is done.
    let before = other.file.id();
    put(&mut one, "m", &texts("a", 1), 8).expect_err("it is no cache");
    put(&mut one, "m", &texts("a", 1), 8).expect("a new one");
    assert!(other.file.set_aside(before).expect("nothing to do").is_none());
    assert_eq!(found(&mut other, "m", &texts("a", 1)), 1);
}

#[test]
fn nothing_is_made_before_something_is_kept() {
    let folder = folder();
    let place = folder.path().join("deep/below");
    let mut store = SqliteStore::in_folder(place.clone(), u64::MAX);
    assert_eq!(found(&mut store, "m", &texts("a", 2)), 0);
    assert_eq!(store.report().expect("nothing to read").models, []);
    assert!(!place.exists());
    put(&mut store, "m", &texts("a", 2), 8).expect("a free place");
    assert!(place.join(FILE_NAME).exists());
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let place = folder.path().join("cache");
    let mut store = SqliteStore::in_folder(place.clone(), u64::MAX);
    put(&mut store, "m", &texts("a", 2), 8).expect("a free place");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    let files: Vec<_> = fs::read_dir(&place).expect("it is there").map(|entry| entry.expect("listed").path()).collect();
    assert!(files.iter().any(|path| path.ends_with(format!("{FILE_NAME}-wal"))), "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    fs::write(folder.path().join("file"), "no folder").expect("a free place");
    let mut store = SqliteStore::in_folder(folder.path().join("file/below"), u64::MAX);
    let error = put(&mut store, "m", &texts("a", 1), 8).expect_err("there is no place");
    let said = format!("{:#}", anyhow::Error::from(error));
    assert!(said.starts_with("cannot write to") && said.contains("below"), "{said}");
}

#[test]
fn a_full_disk_is_told_and_what_was_kept_before_is_there() {
    let folder = folder();
    let mut store = store(&folder);
    put(&mut store, "m", &texts("a", 10), 384).expect("a free place");
    store
        .with("write to", |connection| {
            let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            Ok(connection.pragma_update(None, "max_page_count", pages + 2)?)
        })
        .expect("it is open");
    let error = put(&mut store, "m", &texts("b", 500), 384).expect_err("there is no room");
    assert!(!error.leaves_it_usable());
    assert!(format!("{:#}", anyhow::Error::from(error)).contains("full"));
    assert_eq!(found(&mut store, "m", &texts("a", 10)), 10);
    assert_eq!(found(&mut store, "m", &texts("b", 500)), 0, "all of a batch or none");
}

#[test]
fn the_least_recently_used_make_room() {
    const LIMIT: u64 = 1_000_000;
    let folder = folder();
    put(&mut later(&folder, LIMIT, 0), "m", &texts("old", 200), 384).expect("a free place");
    put(&mut later(&folder, LIMIT, DAY), "m", &texts("new", 200), 384).expect("a free place");
    // The older ones are used again.
    assert_eq!(found(&mut later(&folder, LIMIT, 2 * DAY), "m", &texts("old", 200)), 200);
    let mut run = later(&folder, LIMIT, 3 * DAY);
    put(&mut run, "m", &texts("newest", 300), 384).expect("a free place");
    let kept = run.report().expect("it can be read").models[0].vectors;
    assert_eq!(kept, 700, "it is looked at before something is kept, not after");
    drop(run);
    let mut run = later(&folder, LIMIT, 9 * DAY);
    put(&mut run, "m", &texts("last", 1), 384).expect("there is room again");
    // 700 of 1.6 kB are 1.1 MB: what is too much goes, and a twentieth of the limit.
    let (new, old) = (found(&mut run, "m", &texts("new", 200)), found(&mut run, "m", &texts("old", 200)));
    assert!((1..150).contains(&new) && old == 200, "{new} {old}");
}

#[test]
fn what_this_run_uses_is_not_removed_to_make_room_for_it() {
    const LIMIT: u64 = 400_000;
    let folder = folder();
    let mut run = later(&folder, LIMIT, 0);
    put(&mut run, "m", &texts("a", 400), 384).expect("a free place");
    run.batches = None;
    let error = put(&mut run, "m", &texts("b", 1), 384).expect_err("there is no room");
    assert!(matches!(error, StoreError::Full { limit: LIMIT, .. }), "{error}");
    assert_eq!(found(&mut run, "m", &texts("a", 400)), 400);
}

#[test]
fn what_is_removed_is_given_back_to_the_system() {
    let folder = folder();
    let mut run = store(&folder);
    put(&mut run, "m", &texts("a", 2_000), 384).expect("a free place");
    put(&mut run, "n", &texts("a", 1_000), 384).expect("a free place");
    let report = run.report().expect("it can be read");
    let held: Vec<_> = report.models.iter().map(|model| (model.model.as_str(), model.vectors, model.bytes)).collect();
    assert_eq!(held, [("m", 2_000, 3_072_000), ("n", 1_000, 1_536_000)]);
    assert_eq!(run.clear(Some("no such")).expect("nothing to do").vectors, 0);
    let removed = run.clear(Some("m")).expect("it can be written");
    assert_eq!(removed.vectors, 2_000);
    assert!(removed.bytes > 3_000_000, "{removed:?}");
    let after = run.report().expect("it can be read");
    assert!(after.bytes < 2_500_000, "{after:?}");
    assert_eq!(after.models.len(), 1);
    assert_eq!(found(&mut run, "n", &texts("a", 1_000)), 1_000);
    assert_eq!(run.clear(None).expect("it can be written").vectors, 1_000);
    assert_eq!(run.report().expect("it can be read").models, []);
}

#[test]
fn a_prune_removes_what_was_not_used_for_so_long_or_the_oldest_down_to_a_size() {
    let folder = folder();
    put(&mut later(&folder, u64::MAX, 0), "m", &texts("old", 300), 384).expect("a free place");
    put(&mut later(&folder, u64::MAX, 10 * DAY), "m", &texts("new", 300), 384).expect("a free place");
    let mut run = later(&folder, u64::MAX, 15 * DAY);
    assert_eq!(run.remove_unused_for(20 * DAY).expect("it can be written").vectors, 0);
    assert_eq!(run.remove_unused_for(12 * DAY).expect("it can be written").vectors, 300);
    assert_eq!(found(&mut run, "m", &texts("new", 300)), 300);
    run.settle();
    run.shrink_to(250_000).expect("it can be written");
    let left = found(&mut run, "m", &texts("new", 300));
    assert!((20..=150).contains(&left), "{left} of 1.6 kB");
    assert!(run.file.bytes() < 400_000, "{}", run.file.bytes());
}

#[test]
fn a_use_is_written_down_whether_many_or_few_are_wanted() {
    let folder = folder();
    put(&mut store(&folder), "m", &texts("a", 100), 8).expect("a free place");
    let mut run = later(&folder, u64::MAX, DAY);
    assert_eq!(found(&mut run, "m", &texts("a", 1)), 1);
    run.settle();
    assert_eq!(run.remove_unused_for(DAY / 2).expect("it can be written").vectors, 99);
    let mut run = later(&folder, u64::MAX, 2 * DAY);
    assert_eq!(found(&mut run, "m", &texts("a", 100)), 1);
    run.settle();
    assert_eq!(run.remove_unused_for(DAY / 2).expect("it can be written").vectors, 0);
}

#[test]
fn whoever_reads_waits_for_nobody_who_writes() {
    let folder = folder();
    let mut run = store(&folder);
    put(&mut run, "m", &texts("a", 10), 8).expect("a free place");
    let writer = Connection::open(database(&folder)).expect("it is there");
    writer.execute_batch("BEGIN IMMEDIATE; DELETE FROM texts").expect("it can be written");
    assert_eq!(found(&mut run, "m", &texts("a", 10)), 10);
}

/// Keeps a snapshot of texts that are in the cache.
fn keep_snapshot(store: &mut SqliteStore, name: &str, texts: &[String], dimensions: usize) {
    let documents: Vec<Document> = texts.iter().map(|text| Document::new(text, text)).collect();
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let mut numbers = Pages::default();
    numbers.resize(texts.len() * dimensions);
    let snapshot = Snapshot {
        dimensions,
        numbers: Arc::new(numbers),
        documents: (0..texts.len()).map(DocumentIndex).collect(),
        infos: vec![info; texts.len()],
    };
    store.keep_snapshot(&model(name), &Arc::new(Corpus::new("x", documents)), snapshot);
    store.settle();
}

fn has_snapshot(store: &mut SqliteStore, name: &str, texts: &[String]) -> bool {
    store.snapshot(&model(name), &texts.iter().map(String::as_str).collect::<Vec<_>>()).is_some()
}

#[test]
fn a_cleared_cache_has_no_snapshot_and_no_graph_left_either() {
    let folder = folder();
    let mut run = store(&folder);
    let texts = texts("a", 100);
    for name in ["m", "n"] {
        put(&mut run, name, &texts, 384).expect("a free place");
        keep_snapshot(&mut run, name, &texts, 384);
    }
    let graphs = folder.path().join("hnsw");
    fs::create_dir(&graphs).expect("writable");
    let write_graph = || {
        fs::write(graphs.join("0a.hnsw"), vec![1; 20_000]).expect("writable");
        fs::write(graphs.join("0a.sha256"), "abc").expect("writable");
    };
    write_graph();
    let report = run.report().expect("it can be read");
    assert!(report.snapshot_bytes >= 2 * 100 * 384 * 4, "{report:?}");
    assert!(report.graph_bytes >= 20_000 && report.bytes >= report.snapshot_bytes + report.graph_bytes, "{report:?}");
    // Of whom what was never finished is cannot be read.
    let snapshots = folder.path().join("snapshots");
    let unfinished = snapshots.join("0000000000000000-00.vectors.77");
    fs::write(&unfinished, "vectors").expect("writable");
    let removed = run.clear(Some("m")).expect("it can be written");
    assert!(!unfinished.exists());
    assert!(removed.vectors == 100 && removed.bytes >= 100 * 384 * 4 + 20_000, "{removed:?}");
    assert!(!has_snapshot(&mut run, "m", &texts) && has_snapshot(&mut run, "n", &texts));
    assert_eq!(fs::read_dir(&graphs).expect("it is there").count(), 0, "of whom a graph is is not known");
    write_graph();
    run.clear(None).expect("it can be written");
    let report = run.report().expect("it can be read");
    assert_eq!((report.snapshot_bytes, report.graph_bytes), (0, 0));
    assert!(!has_snapshot(&mut run, "n", &texts));
}

#[test]
fn what_is_used_by_a_snapshot_is_used() {
    let folder = folder();
    let texts = texts("a", 100);
    let mut run = later(&folder, u64::MAX, -10 * DAY);
    put(&mut run, "m", &texts, 8).expect("a free place");
    put(&mut run, "m", &["other".to_owned()], 8).expect("a free place");
    // Its time is that of now.
    keep_snapshot(&mut run, "m", &texts, 8);
    let mut run = store(&folder);
    assert!(run.report().expect("it can be read").models[0].last_used >= run.now - 60);
    assert_eq!(run.remove_unused_for(5 * DAY).expect("it can be written").vectors, 1);
    assert_eq!(found(&mut run, "m", &texts), 100);
    let mut run = later(&folder, u64::MAX, 20 * DAY);
    run.remove_unused_for(10 * DAY).expect("it can be written");
    assert!(!has_snapshot(&mut run, "m", &texts), "nor was the snapshot used for that long");
}

#[test]
fn a_snapshot_makes_room_for_vectors_and_takes_none_that_is_not_there() {
    let (folder, texts) = (folder(), texts("a", 500));
    let mut run = store(&folder);
    put(&mut run, "m", &texts, 384).expect("a free place");
    let taken = run.report().expect("it can be read").bytes;
    let mut small = later(&folder, taken + 500_000, 0);
    keep_snapshot(&mut small, "m", &texts, 384);
    assert!(!has_snapshot(&mut small, "m", &texts), "it would take 768,000 bytes");
    keep_snapshot(&mut run, "m", &texts, 384);
    assert!(has_snapshot(&mut small, "m", &texts));
    // Whoever puts something looks for room first, and finds what only saves time.
    put(&mut later(&folder, taken + 500_000, 2 * DAY), "m", &["one more".to_owned()], 384).expect("there is room");
    assert!(!has_snapshot(&mut run, "m", &texts));
    assert_eq!(found(&mut run, "m", &texts), 500, "no vector had to go");
    keep_snapshot(&mut run, "m", &texts, 384);
    let removed = run.shrink_to(taken + 500_000).expect("it can be written");
    assert!(removed.vectors == 0 && removed.bytes >= 768_000, "{removed:?}");
}
