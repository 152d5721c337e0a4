//! A store in memory, which counts what is asked of it and fails on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::backend::fake::Fake;
use crate::backend::{BackendError, Batch, Embedder, Identity, Job, ModelCard, TokenCount};
use crate::corpus::{Corpus, Document, Selection};
use crate::engine::search::Method;
use crate::engine::{Progress, Ranking};
use crate::store::{Near, Take};

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

/// A store of one corpus, which searches, may be down, and may be emptied by somebody else.
#[derive(Clone, Default)]
struct Collection {
    memory: Memory,
    is: Arc<Mutex<Condition>>,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is set by hand")]
struct Condition {
    is_elsewhere: bool,
    is_down: bool,
    is_for_another: bool,
    /// Its vectors are of another model.
    is_of_another_model: bool,
    is_gone: bool,
    corpus: Vec<String>,
    /// What was asked of it while it was down.
    asked_in_vain: usize,
}

impl Collection {
    fn with<T>(&self, act: impl FnOnce(&mut Condition) -> T) -> T {
        act(&mut self.is.lock().expect("nobody panics with it"))
    }

    fn up(&self) -> Result<(), StoreError> {
        self.with(|is| {
            is.asked_in_vain += usize::from(is.is_down);
            if is.is_down { Err(failure()) } else { Ok(()) }
        })
    }
}

impl VectorStore for Collection {
    fn describe(&self) -> String {
        "the collection".into()
    }

    fn location(&self) -> Location {
        if self.with(|is| is.is_elsewhere) { server() } else { Location::InProcess }
    }

    fn keeps_queries(&self) -> bool {
        false
    }

    fn searches(&self) -> bool {
        true
    }

    fn take_corpus(&mut self, corpus: &Arc<Corpus>, _: bool) -> Result<(), StoreError> {
        self.up()?;
        self.with(|is| is.corpus = corpus.documents.iter().map(|document| document.text.clone()).collect());
        if self.with(|is| is.is_for_another) {
            return Err(StoreError::Unfit { place: "the collection".into(), reason: "holds another corpus".into() });
        }
        Ok(())
    }

    fn mirror(&mut self, _: &Identity) -> Result<(), StoreError> {
        self.up()?;
        let corpus = self.with(|is| is.corpus.clone());
        self.memory.with(|shared| shared.rows.retain(|(_, text), _| corpus.contains(text)));
        Ok(())
    }

    fn lacking(&self) -> Vec<DocumentIndex> {
        let kept = self.memory.texts();
        let corpus = self.with(|is| is.corpus.clone());
        (0..corpus.len()).filter(|&number| !kept.contains(&corpus[number])).map(DocumentIndex).collect()
    }

    fn get(&mut self, model: &Identity, texts: &[&str], take: &mut Take<'_>) -> Result<(), StoreError> {
        self.up()?;
        if self.with(|is| is.is_of_another_model) {
            return Err(StoreError::Unfit { place: "the collection".into(), reason: "is of another model".into() });
        }
        self.memory.get(model, texts, take)
    }

    fn put(&mut self, model: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError> {
        self.up()?;
        self.memory.put(model, rows)
    }

    fn nearest(&mut self, _: &Identity, _: &[f32], _: usize, _: &CancellationToken) -> Result<Vec<Near>, StoreError> {
        self.up()?;
        if self.with(|is| std::mem::take(&mut is.is_gone)) {
            self.memory.with(|shared| shared.rows.clear());
            return Err(StoreError::Gone { place: "the collection".into() });
        }
        // The last one, which no cosine would put first.
        Ok(vec![Near { document: DocumentIndex(self.with(|is| is.corpus.len()) - 1), score: 0.25 }])
    }
}

fn collected(texts: &[&str], collection: &Collection, beside: &Memory) -> Bench {
    let Bench { searcher, embedded } = here(texts, &Memory::default());
    let searcher = searcher.emptied().with_stores(Some(Box::new(collection.clone())), Some(Box::new(beside.clone())));
    Bench { searcher, embedded }
}

impl Bench {
    fn search_in_store(&mut self, query: &str) -> Ranking {
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        let options = SearchOptions { method: Method::Store, ..SearchOptions::default() };
        self.searcher.search_by(query, &options, &mut job).expect("the fake never fails")
    }

    /// What a worker does between two searches.
    fn prepare(&mut self) {
        let job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        while self.searcher.can_prepare() {
            self.searcher.prepare_some(&job);
        }
    }

    /// As after the rest of a store that failed.
    fn wait(&mut self) {
        let keeping = self.searcher.keeping.as_mut().expect("there is one");
        keeping.rests = keeping.rests.map(|_| Instant::now());
    }
}

#[test]
fn a_store_that_searches_is_asked_and_what_it_says_is_shown() {
    let collection = Collection::default();
    let mut bench = collected(&["apple", "banana"], &collection, &Memory::default());
    bench.embed_all();
    let ranking = bench.search_in_store("apple");
    assert_eq!((ranking.method, ranking.ranked.len()), (Method::Store, 1));
    assert_eq!((ranking.ranked[0].document, ranking.ranked[0].score), (DocumentIndex(1), 0.25));
    assert_eq!(bench.search("apple").method, Method::Exact);
    // It does not know which documents are wanted.
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    let selection = Selection { filter: "x".into(), documents: vec![DocumentIndex(0)] };
    let options = SearchOptions { method: Method::Store, selection: Some(Arc::new(selection)), depth: 5 };
    let ranking = bench.searcher.search_by("apple", &options, &mut job).expect("the fake never fails");
    assert_eq!((ranking.method, ranking.ranked.len()), (Method::Exact, 1));
}

#[test]
fn a_store_that_does_not_answer_costs_no_ranking_and_gets_later_what_it_has_missed() {
    let collection = Collection::default();
    let mut bench = collected(&["apple", "banana", "cherry"], &collection, &Memory::default());
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    bench.searcher.embed_next(&mut job).expect("the fake never fails");
    collection.with(|is| is.is_down = true);
    bench.embed_all();
    assert_eq!((collection.memory.texts().len(), bench.searcher.is_behind()), (1, true));
    let trouble = bench.searcher.take_trouble().expect("it does not answer");
    assert_eq!(trouble, "cannot write to memory: it is full. It is asked again later, and gets what it has missed");
    // It is left alone for a while, and told of once.
    assert_eq!(bench.search_in_store("fig").method, Method::Exact);
    assert_eq!(collection.with(|is| is.asked_in_vain), 1);
    bench.prepare();
    assert_eq!(collection.with(|is| is.asked_in_vain), 1);
    bench.wait();
    assert_eq!(bench.search_in_store("fig").method, Method::Exact, "it has not everything");
    bench.prepare();
    assert_eq!((bench.searcher.take_trouble(), collection.with(|is| is.asked_in_vain)), (None, 2));
    collection.with(|is| is.is_down = false);
    bench.wait();
    bench.prepare();
    assert_eq!(bench.search_in_store("fig").method, Method::Store);
    assert_eq!(collection.memory.texts(), ["apple", "banana", "cherry"]);
    let said = bench.searcher.take_trouble().expect("it is back");
    assert_eq!(
        (said.as_str(), bench.searcher.is_behind()),
        ("the collection answers again, and has everything", false)
    );
    assert_eq!(bench.embedded(), ["apple", "banana", "cherry", "fig"], "each once");
}

#[test]
fn a_store_that_somebody_emptied_is_filled_again_without_embedding() {
    let collection = Collection::default();
    let mut bench = collected(&["apple", "banana"], &collection, &Memory::default());
    bench.embed_all();
    collection.with(|is| is.is_gone = true);
    assert_eq!(bench.search_in_store("fig").method, Method::Exact);
    assert!(collection.memory.texts().is_empty());
    bench.prepare();
    assert_eq!(bench.search_in_store("fig").method, Method::Store);
    assert_eq!(collection.memory.texts(), ["apple", "banana"]);
    assert_eq!(bench.embedded(), ["apple", "banana", "fig"], "each once");
}

#[test]
fn a_store_of_another_model_leaves_the_corpus_to_the_cache() {
    let (collection, beside) = (Collection::default(), Memory::default());
    here(&["apple", "banana"], &beside).embed_all();
    collection.with(|is| is.is_of_another_model = true);
    let mut bench = collected(&["apple", "banana", "cherry"], &collection, &beside);
    bench.embed_all();
    assert_eq!(bench.searcher.take_trouble().as_deref(), Some("the collection is of another model"));
    assert_eq!((bench.embedded(), bench.searcher.progress().restored), (vec!["cherry".to_owned()], 2));
    assert_eq!((beside.texts().len(), collection.memory.texts().len()), (3, 0));
}

#[test]
fn an_edit_reaches_the_store_at_once_and_another_corpus_goes_elsewhere() {
    let (collection, beside) = (Collection::default(), Memory::default());
    let mut bench = collected(&["apple", "banana"], &collection, &beside);
    bench.embed_all();
    bench.searcher.take_corpus(corpus_of(&["banana"]), true);
    bench.prepare();
    assert_eq!(collection.memory.texts(), ["banana"]);
    bench.searcher.take_corpus(corpus_of(&["banana", "date"]), true);
    bench.embed_all();
    assert_eq!(collection.memory.texts(), ["banana", "date"]);
    collection.with(|is| is.is_for_another = true);
    bench.searcher.take_corpus(corpus_of(&["fig", "date"]), false);
    bench.embed_all();
    assert_eq!((collection.memory.texts(), beside.texts()), (vec!["banana".into(), "date".into()], vec!["fig".into()]));
    assert_eq!(bench.searcher.take_trouble().as_deref(), Some("the collection holds another corpus"));
    assert_eq!(bench.search_in_store("fig").method, Method::Exact);
    collection.with(|is| is.is_for_another = false);
    bench.searcher.take_corpus(corpus_of(&["banana", "date"]), false);
    bench.embed_all();
    assert_eq!(bench.search_in_store("fig").method, Method::Store);
}

fn corpus_of(texts: &[&str]) -> Arc<Corpus> {
    let documents = texts.iter().map(|text| Document::new(*text, *text)).collect();
    Arc::new(Corpus::new("test", documents))
}

#[test]
fn queries_of_a_server_are_kept_beside_a_store_that_is_for_the_corpus_alone() {
    let (collection, beside) = (Collection::default(), Memory::default());
    let Bench { searcher, embedded } = bench(&["apple"], &Memory::default(), server());
    let searcher = searcher.emptied().with_stores(Some(Box::new(collection.clone())), Some(Box::new(beside.clone())));
    let mut bench = Bench { searcher, embedded };
    bench.embed_all();
    bench.search("banana");
    assert_eq!((collection.memory.texts(), beside.texts()), (vec!["apple".into()], vec!["banana".into()]));
}

#[test]
fn nothing_that_is_known_already_goes_elsewhere_before_anybody_was_asked() {
    let (collection, beside) = (Collection::default(), Memory::default());
    collection.with(|is| (is.is_elsewhere, is.is_for_another) = (true, true));
    let mut bench = collected(&["apple"], &collection, &beside);
    bench.searcher.restore();
    assert_eq!(bench.searcher.receivers(), [], "it is not for this corpus");
    bench.embed_all();
    // Another one, which it is for, all of whose texts are embedded already.
    collection.with(|is| is.is_for_another = false);
    bench.searcher.take_corpus(corpus_of(&["apple"]), false);
    assert_eq!(bench.searcher.receivers(), [server()]);
    assert!(bench.searcher.progress().is_complete());
    bench.search_in_store("fig");
    assert!(!bench.searcher.can_prepare(), "or it would be tried without end");
    bench.prepare();
    assert!(collection.memory.texts().is_empty());
    // The next text is asked about, with all of them.
    bench.searcher.take_corpus(corpus_of(&["apple", "date"]), true);
    bench.embed_all();
    assert_eq!(collection.memory.texts(), ["apple", "date"]);
}
