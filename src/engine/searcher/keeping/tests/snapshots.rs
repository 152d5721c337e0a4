//! A large corpus is there at once at the second start.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::super::*;
use crate::backend::Embedder;
use crate::backend::fake::Fake;
use crate::corpus::{Corpus, Document};
use crate::engine::Progress;
use crate::store::SqliteStore;
use crate::store::sqlite::FILE_NAME;

fn texts(count: usize) -> Vec<String> {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).expect("below 26"));
    (0..count).map(|number| format!("{}x {}y {number}", letter(number), letter(number / 26))).collect()
}

fn corpus(texts: &[String]) -> Arc<Corpus> {
    Arc::new(Corpus::new("large", texts.iter().map(|text| Document::new(text, text)).collect()))
}

fn searcher(texts: &[String], folder: &Path) -> Searcher {
    let store = SqliteStore::in_folder(folder.to_owned(), u64::MAX);
    Searcher::new(Box::new(Fake::new(Location::InProcess)), corpus(texts)).with_store(Box::new(store))
}

/// Has the vectors of texts in the cache, as if they had been embedded at some time.
fn fill(texts: &[String], folder: &Path) {
    let mut fake = Fake::new(Location::InProcess);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let batch = fake.embed(&texts, Role::Document, &mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} });
    let batch = batch.expect("it never fails").normalise(texts.len(), None).expect("they have directions");
    let rows = texts.iter().zip(batch.vectors.rows()).zip(&batch.infos);
    let rows = rows.map(|((text, row), &info)| Row { text, vector: row.to_slice().expect("a row"), info });
    let mut store = SqliteStore::in_folder(folder.to_owned(), u64::MAX);
    store.put(&fake.identity(Role::Document), &rows.collect::<Vec<_>>()).expect("there is room");
}

fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("snapshots")).into_iter().flatten();
    entries.map(|entry| entry.expect("readable").path()).collect()
}

fn best(searcher: &mut Searcher) -> Vec<(usize, f32)> {
    let job = &mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    let ranking = searcher.search("bx cy 12", job).expect("it ranks");
    ranking.ranked.iter().take(50).map(|ranked| (ranked.document.0, ranked.score)).collect()
}

/// A folder with a cache and a snapshot of texts, and the best of these.
fn after_the_first_start() -> (TempDir, Vec<String>, Vec<(usize, f32)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let texts = texts(SNAPSHOT_FROM);
    fill(&texts, folder.path());
    let mut first = searcher(&texts, folder.path());
    first.restore();
    let expected = best(&mut first);
    // Whoever ends waits until it is written.
    drop(first);
    (folder, texts, expected)
}

#[test]
fn the_second_start_needs_nothing_but_the_snapshot() {
    let (folder, texts, expected) = after_the_first_start();
    assert_eq!(snapshots(folder.path()).len(), 1);
    fs::remove_file(folder.path().join(FILE_NAME)).expect("it is there");
    // In another order, and with a few that are new.
    let mut others: Vec<String> = texts.iter().rev().cloned().collect();
    others.extend((0..5).map(|number| format!("new {number}")));
    let mut second = searcher(&others, folder.path());
    second.restore();
    let progress = second.progress();
    assert_eq!(progress, Progress { done: texts.len(), restored: texts.len(), total: texts.len() + 5 });
    let found = best(&mut second).into_iter().map(|(place, score)| (texts.len() - 1 - place, score));
    let sorted = |mut found: Vec<(usize, f32)>| {
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    };
    // Equal scores stand in the order of the corpus, so only the scores are sure to be the same.
    let scores = |found: Vec<(usize, f32)>| sorted(found).into_iter().map(|(_, score)| score).collect::<Vec<_>>();
    assert_eq!(scores(found.collect()), scores(expected));
    assert_eq!(second.take_trouble(), None);
    // What was lost of the cache is there again: a snapshot may go at any time.
    drop(second);
    fs::remove_dir_all(folder.path().join("snapshots")).expect("it is there");
    let mut third = searcher(&texts, folder.path());
    third.restore();
    assert_eq!(third.progress().restored, texts.len());
}

#[test]
fn a_small_corpus_has_none_and_a_corpus_that_has_changed_a_little_keeps_the_old_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut texts = texts(SNAPSHOT_FROM);
    fill(&texts, folder.path());
    searcher(&texts[..SNAPSHOT_FROM - 1], folder.path()).restore();
    assert!(snapshots(folder.path()).is_empty());
    searcher(&texts, folder.path()).restore();
    let kept = snapshots(folder.path());
    assert_eq!(kept.len(), 1);
    texts[17] = "another one".into();
    let mut edited = searcher(&texts, folder.path());
    edited.restore();
    assert_eq!(edited.progress().restored, SNAPSHOT_FROM - 1);
    let job = &mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    edited.embed_all(job).expect("one text is left");
    drop(edited);
    assert_eq!(snapshots(folder.path()), kept, "it is not written again for one text in ten thousand");
    let mut again = searcher(&texts, folder.path());
    again.restore();
    assert_eq!(again.progress(), Progress { done: SNAPSHOT_FROM, restored: SNAPSHOT_FROM, total: SNAPSHOT_FROM });
}

#[test]
fn a_damaged_vector_of_a_snapshot_is_taken_from_the_cache_and_told() {
    let (folder, texts, expected) = after_the_first_start();
    let path = &snapshots(folder.path())[0];
    let mut bytes = fs::read(path).expect("it is there");
    // Vectors begin at a page; far behind the tables, numbers are changed.
    let place = bytes.len() / 2 / 4 * 4;
    bytes[place..place + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(path, bytes).expect("writable");
    let mut second = searcher(&texts, folder.path());
    second.restore();
    assert!(second.progress().is_complete());
    assert_eq!(best(&mut second), expected);
    let trouble = second.take_trouble().expect("it is told");
    assert!(trouble.starts_with("1 vector of the vector cache") && trouble.contains("damaged"), "{trouble}");
    drop(second);
    let mut third = searcher(&texts, folder.path());
    third.restore();
    assert_eq!((third.progress().restored, third.take_trouble()), (texts.len(), None), "it was written again");
}
