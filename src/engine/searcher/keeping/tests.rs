//! A store in memory, which counts what is asked of it and fails on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::backend::fake::Fake;
use crate::backend::{BackendError, Batch, Embedder, Identity, Job, ModelCard, TokenCount};
use crate::corpus::{Corpus, Document};
use crate::engine::{Progress, Ranking};
use crate::store::Take;

mod following;
mod snapshots;

/// What several handles see, as those of one file do.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    rows: BTreeMap<(String, String), (Vec<f32>, TextInfo)>,
    /// How many vectors were kept by each call.
    puts: Vec<usize>,
    /// Errors that the next calls give.
    get_fails: bool,
    put_fails: bool,
    set_aside: bool,
}

impl Memory {
    fn with<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> T {
        act(&mut self.0.lock().expect("nobody panics with it"))
    }

    /// The texts whose vectors are kept.
    fn texts(&self) -> Vec<String> {
        self.with(|shared| shared.rows.keys().map(|(_, text)| text.clone()).collect())
    }
}

fn failure() -> StoreError {
    StoreError::Failed { operation: "write to", place: "memory".into(), source: "it is full".into() }
}

impl VectorStore for Memory {
    fn describe(&self) -> String {
        "memory".into()
    }

    fn get(&mut self, model: &Identity, texts: &[&str], take: &mut Take<'_>) -> Result<(), StoreError> {
        self.with(|shared| {
            if std::mem::take(&mut shared.get_fails) {
                return Err(failure());
            }
            for (place, text) in texts.iter().enumerate() {
                if let Some((vector, info)) = shared.rows.get(&(model.to_string(), (*text).to_owned())) {
                    take(place, vector, *info);
                }
            }
            Ok(())
        })
    }

    fn put(&mut self, model: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError> {
        self.with(|shared| {
            if std::mem::take(&mut shared.set_aside) {
                return Err(StoreError::SetAside { place: "memory".into(), aside: None, reason: "forgotten".into() });
            }
            if shared.put_fails {
                return Err(failure());
            }
            shared.puts.push(rows.len());
            for Row { text, vector, info } in rows {
                shared.rows.insert((model.to_string(), (*text).to_owned()), (vector.to_vec(), *info));
            }
            Ok(())
        })
    }
}

/// The fake backend, which counts the texts that it embeds.
struct Counting {
    fake: Fake,
    embedded: Arc<Mutex<Vec<String>>>,
}

impl Embedder for Counting {
    fn card(&self) -> &ModelCard {
        self.fake.card()
    }

    fn identity(&self, role: Role) -> Identity {
        self.fake.identity(role)
    }

    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        self.fake.plan(texts)
    }

    fn count(&self, texts: &[&str], role: Role) -> Vec<TokenCount> {
        self.fake.count(texts, role)
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError> {
        self.embedded.lock().expect("nobody panics with it").extend(texts.iter().map(ToString::to_string));
        self.fake.embed(texts, role, job)
    }
}

/// A searcher over texts with a handle on the memory, and what its backend has embedded.
struct Bench {
    searcher: Searcher,
    embedded: Arc<Mutex<Vec<String>>>,
}

fn bench(texts: &[&str], memory: &Memory, location: Location) -> Bench {
    let documents = texts.iter().zip(0..).map(|(text, number)| Document::new(number.to_string(), *text)).collect();
    let embedded = Arc::<Mutex<Vec<String>>>::default();
    let backend = Counting { fake: Fake::new(location), embedded: Arc::clone(&embedded) };
    let searcher = Searcher::new(Box::new(backend), Arc::new(Corpus::new("test", documents)));
    Bench { searcher: searcher.with_store(Box::new(memory.clone())), embedded }
}

fn here(texts: &[&str], memory: &Memory) -> Bench {
    bench(texts, memory, Location::InProcess)
}

fn server() -> Location {
    Location::Remote("api.example".into())
}

impl Bench {
    fn embed_all(&mut self) {
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        self.searcher.embed_all(&mut job).expect("the fake never fails");
    }

    fn search(&mut self, query: &str) -> Ranking {
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        self.searcher.search(query, &mut job).expect("the fake never fails")
    }

    /// What the backend has embedded, sorted.
    fn embedded(&self) -> Vec<String> {
        let mut embedded = self.embedded.lock().expect("nobody panics with it").clone();
        embedded.sort();
        embedded
    }
}

#[test]
fn the_second_run_embeds_nothing_and_ranks_the_same() {
    let (texts, memory) = (["apple pie", "banana", "avocado"], Memory::default());
    let mut first = here(&texts, &memory);
    first.embed_all();
    assert_eq!(first.searcher.progress(), Progress { done: 3, restored: 0, total: 3 });
    let mut second = here(&texts, &memory);
    second.searcher.restore();
    assert_eq!(second.searcher.progress(), Progress { done: 3, restored: 3, total: 3 });
    assert_eq!(second.searcher.estimate().texts, 0);
    second.embed_all();
    assert_eq!(second.embedded(), [""; 0]);
    let (one, other) = (first.search("a banana"), second.search("a banana"));
    assert_eq!(one.ranked, other.ranked);
    assert!(second.searcher.take_trouble().is_none());
}

#[test]
fn of_a_changed_corpus_only_what_is_new_is_embedded() {
    let memory = Memory::default();
    here(&["apple", "banana"], &memory).embed_all();
    let mut second = here(&["cherry", "banana", "date"], &memory);
    second.searcher.restore();
    assert_eq!(second.searcher.estimate().texts, 2);
    second.embed_all();
    assert_eq!(second.embedded(), ["cherry", "date"]);
    assert_eq!(second.searcher.progress(), Progress { done: 3, restored: 1, total: 3 });
    assert_eq!(memory.texts(), ["apple", "banana", "cherry", "date"]);
}

#[test]
fn every_batch_is_kept_before_it_counts() {
    let memory = Memory::default();
    let mut bench = here(&["apple", "banana"], &memory);
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    for done in 1..=2 {
        let progress = bench.searcher.embed_next(&mut job).expect("the fake never fails");
        assert_eq!((progress.done, memory.texts().len()), (done, done));
    }
}

#[test]
fn equal_texts_are_embedded_once_and_each_of_their_documents_is_ranked() {
    let memory = Memory::default();
    let mut bench = here(&["apple", "banana", "apple"], &memory);
    bench.embed_all();
    assert_eq!(bench.embedded(), ["apple", "banana"]);
    assert_eq!(bench.search("apple").ranked.len(), 3);
    let mut second = here(&["apple", "banana", "apple"], &memory);
    second.embed_all();
    assert_eq!(second.embedded(), [""; 0]);
    assert_eq!(second.searcher.progress(), Progress { done: 3, restored: 3, total: 3 });
}

#[test]
fn queries_of_a_server_are_kept_and_those_of_this_process_are_not() {
    let memory = Memory::default();
    let mut local = here(&["apple"], &memory);
    local.embed_all();
    local.search("banana");
    assert_eq!(memory.texts(), ["apple"]);
    let mut first = bench(&["apple"], &memory, server());
    first.embed_all();
    let ranking = first.search("banana");
    assert_eq!(memory.texts(), ["apple", "banana"]);
    let mut second = bench(&["apple"], &memory, server());
    assert_eq!(second.searcher.estimate_texts(&["banana", "cherry"], Role::Query).texts, 1);
    second.embed_all();
    assert_eq!(second.search("banana").vector, ranking.vector);
    assert_eq!(second.embedded(), [""; 0]);
    // What is asked for again and again is embedded again and again.
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    second.searcher.repeat("banana", 2, &mut job).expect("the fake never fails");
    assert_eq!(second.embedded(), ["banana", "banana"]);
}

#[test]
fn a_store_that_fails_is_told_once_and_everything_is_embedded_all_the_same() {
    for change in [|shared: &mut Shared| shared.get_fails = true, |shared: &mut Shared| shared.put_fails = true] {
        let memory = Memory::default();
        memory.with(change);
        let mut bench = here(&["apple", "banana"], &memory);
        bench.embed_all();
        assert_eq!(bench.searcher.progress(), Progress { done: 2, restored: 0, total: 2 });
        let trouble = bench.searcher.take_trouble().expect("it failed");
        assert_eq!(trouble, "cannot write to memory: it is full. Vectors are not kept in this run");
        assert!(bench.searcher.take_trouble().is_none());
        assert_eq!(memory.texts(), [""; 0]);
    }
}

#[test]
fn what_is_embedded_after_a_store_was_set_aside_is_kept_in_the_new_one() {
    let memory = Memory::default();
    memory.with(|shared| shared.set_aside = true);
    let mut bench = here(&["apple", "banana"], &memory);
    bench.embed_all();
    assert!(bench.searcher.take_trouble().is_some_and(|trouble| trouble.contains("forgotten")));
    assert_eq!(memory.texts(), ["apple", "banana"]);
}

#[test]
fn a_kept_vector_that_cannot_be_one_is_told_and_made_again() {
    let memory = Memory::default();
    let texts = ["apple", "banana", "cherry", "date"];
    here(&texts, &memory).embed_all();
    memory.with(|shared| {
        let mut vectors = shared.rows.values_mut().map(|(vector, _)| vector);
        vectors.next().expect("apple").truncate(5);
        vectors.next().expect("banana")[0] = f32::NAN;
        vectors.next().expect("cherry").fill(0.0);
    });
    let mut second = here(&texts, &memory);
    second.embed_all();
    assert_eq!(second.embedded(), ["apple", "banana", "cherry"]);
    let trouble = second.searcher.take_trouble().expect("three are damaged");
    assert_eq!(trouble, "3 vectors of memory are damaged, and made anew");
    // They are whole again.
    let mut third = here(&texts, &memory);
    third.embed_all();
    assert_eq!((third.embedded().len(), third.searcher.take_trouble()), (0, None));
}
