//! A store that is of one corpus: it is told of every change, searches, and catches up.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;
use crate::corpus::Selection;
use crate::engine::search::Method;
use crate::store::Near;

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
