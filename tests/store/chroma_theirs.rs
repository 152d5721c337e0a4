//! A collection of somebody else's as the corpus: what goes there when the corpus is changed, and what never does.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use vecscope::backend::{Identity, TextInfo, TokenCount};
use vecscope::corpus::{Corpus, Document, DocumentIndex};
use vecscope::store::{ChromaRecords, Row, StoreError, TextKey, VectorStore};

use crate::chroma_lab::{COLLECTIONS, Lab, Records, ok, refusal};

fn model() -> Identity {
    Identity { model: "m".into(), details: "d".into() }
}

fn inner_product() -> Value {
    json!({ "hnsw": { "space": "ip" } })
}

/// A corpus as it is read from a collection: each of these is a record with a year.
fn corpus(records: &[(&str, &str)]) -> Arc<Corpus> {
    let document =
        |(id, text): &(&str, &str)| Document { metadata: Box::new([json!(1999)]), ..Document::new(*id, *text) };
    Arc::new(Corpus { fields: vec!["year".into()], ..Corpus::new("notes", records.iter().map(document).collect()) })
}

fn open(lab: &Lab, corpus: &Arc<Corpus>, writes: bool) -> ChromaRecords {
    for part in ["add", "update", "delete"] {
        lab.on_notes(part, ok(&json!({})));
    }
    let server = lab.connect(None).expect("it is a Chroma");
    let collection = server.collection("notes").expect("it can be read").expect("it is there");
    ChromaRecords::new(server, collection, Arc::clone(corpus), writes)
}

/// A vector of unit length of a text whose own had a length of 2.
fn row<'a>(text: &'a str, vector: &'a [f32]) -> Row<'a> {
    let tokens = TokenCount { total: 3, used: 3, estimated: false };
    Row { text, vector, info: TextInfo { tokens, norm: 2.0 } }
}

#[test]
fn what_is_changed_goes_there_and_everything_else_stays_as_it_is() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    lab.on_notes("get", Records(Vec::new()));
    let before = corpus(&[("a", "one"), ("b", "two"), ("c", "three")]);
    let mut store = open(&lab, &before, true);
    store.take_corpus(&before, false).expect("it is what was read");
    assert_eq!(store.lacking(), []);
    // One less, one changed, one more, and one that is there twice now.
    let mut after = Corpus::clone(&corpus(&[("b", "zwei"), ("c", "three")]));
    after.documents[1].duplicates =
        Box::new([vecscope::corpus::Duplicate { id: "new-2".into(), metadata: Box::new([]) }]);
    after.documents.push(Document::new("new-1", "four"));
    store.take_corpus(&Arc::new(after), true).expect("it is an edit");
    store.mirror(&model()).expect("it can be changed");
    assert_eq!(lab.posted("delete"), [json!({ "ids": ["a"] })]);
    assert_eq!(store.lacking(), [0, 1, 2].map(DocumentIndex));
    let vectors = [[0.5, 0.0], [0.0, 0.25], [0.5, 0.5]];
    let rows = [row("zwei", &vectors[0]), row("three", &vectors[1]), row("four", &vectors[2])];
    store.put(&model(), &rows).expect("it takes them");
    // As long as the model made them, and without a word about the year, which nobody changed.
    let changed = json!({ "ids": ["b"], "embeddings": [[1.0, 0.0]], "documents": ["zwei"] });
    assert_eq!(lab.posted("update"), [changed]);
    let new = json!({
        "ids": ["new-2", "new-1"], "embeddings": [[0.0, 0.5], [1.0, 1.0]], "documents": ["three", "four"],
        "metadatas": [null, null],
    });
    assert_eq!(lab.posted("add"), [new]);
    assert_eq!(store.lacking(), []);
}

#[test]
fn a_record_that_comes_back_says_what_it_said() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    lab.on_notes("get", Records(Vec::new()));
    let (both, one) = (corpus(&[("a", "one"), ("b", "two")]), corpus(&[("b", "two")]));
    let mut store = open(&lab, &both, true);
    for corpus in [&one, &both] {
        store.take_corpus(corpus, true).expect("it is an edit");
        store.mirror(&model()).expect("it can be changed");
    }
    assert_eq!(store.lacking(), [DocumentIndex(0)]);
    store.put(&model(), &[row("one", &[0.6, 0.8])]).expect("it takes it");
    assert_eq!(lab.posted("add")[0]["metadatas"], json!([{ "year": 1999 }]));
}

#[test]
fn who_only_looks_changes_nothing() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    let mut store = open(&lab, &corpus(&[("a", "one"), ("b", "two")]), false);
    assert!(!store.keeps());
    store.take_corpus(&corpus(&[("b", "zwei")]), true).expect("it is an edit");
    store.mirror(&model()).expect("there is nothing to do");
    assert_eq!(store.lacking(), []);
    assert!(["add", "update", "delete", "upsert"].iter().all(|part| lab.posted(part).is_empty()));
}

#[test]
fn another_corpus_deletes_nothing_even_if_it_has_the_same_name() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    let first = corpus(&[("a", "one")]);
    let mut store = open(&lab, &first, true);
    let error = store.take_corpus(&corpus(&[("x", "other")]), false).expect_err("it is another");
    assert!(matches!(error, StoreError::Unfit { .. }) && error.to_string().contains("not what is open"), "{error}");
    // Nor do its edits, and the first one is not trusted either when it is read anew.
    assert!(store.take_corpus(&corpus(&[("x", "changed")]), true).is_err());
    assert!(store.take_corpus(&first, false).is_err());
    assert!(lab.posted("delete").is_empty());
}

#[test]
fn a_record_of_somebody_else_is_not_written_over() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    lab.on_notes("get", Records(vec![json!({ "id": "new-1", "document": "theirs" })]));
    let mut store = open(&lab, &corpus(&[("a", "one")]), true);
    store.take_corpus(&corpus(&[("a", "one"), ("new-1", "mine")]), true).expect("it is an edit");
    let error = store.put(&model(), &[row("mine", &[0.6, 0.8])]).expect_err("somebody was faster").to_string();
    assert!(error.contains("record new-1") && error.contains("open it again"), "{error}");
    assert!(lab.posted("add").is_empty());
}

#[test]
fn a_record_that_was_sent_is_ones_own_even_if_nobody_heard_the_answer() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    let mut store = open(&lab, &corpus(&[("a", "one")]), true);
    lab.on_notes("get", Records(Vec::new()));
    let refused = wiremock::Mock::given(wiremock::matchers::path(format!("{COLLECTIONS}/1/add")));
    let refused = refused.respond_with(refusal(400, "try later")).with_priority(1);
    lab.runtime.block_on(refused.mount(&lab.server));
    lab.on_notes("upsert", ok(&json!({})));
    store.take_corpus(&corpus(&[("a", "one"), ("new-1", "mine"), ("new-2", "mine too")]), true).expect("it is an edit");
    let rows = [row("mine", &[0.5, 0.0]), row("mine too", &[0.0, 0.5])];
    store.put(&model(), &rows).expect_err("it may be there or not");
    assert_eq!(lab.posted("get").len(), 1, "it was looked for once");
    // One is changed meanwhile, and the other deleted.
    store.take_corpus(&corpus(&[("a", "one"), ("new-1", "my own")]), true).expect("it is an edit");
    store.put(&model(), &[row("my own", &[0.5, 0.0])]).expect("it takes it");
    store.mirror(&model()).expect("it can be changed");
    let put = json!({
        "ids": ["new-1"], "embeddings": [[1.0, 0.0]], "documents": ["my own"], "metadatas": [{ "year": 1999 }],
    });
    assert_eq!(lab.posted("upsert"), [put]);
    assert_eq!((lab.posted("get").len(), lab.posted("delete")), (1, vec![json!({ "ids": ["new-2"] })]));
    assert_eq!(store.lacking(), []);
}

#[test]
fn vectors_of_another_size_are_refused_and_a_collection_that_is_gone_is_named() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    lab.on_notes("query", refusal(404, "Collection [1] does not exist."));
    let mut store = open(&lab, &corpus(&[("a", "one")]), true);
    store.take_corpus(&corpus(&[("a", "ein")]), true).expect("it is an edit");
    let error = store.put(&model(), &[row("ein", &[0.6, 0.0, 0.8])]).expect_err("three are not two");
    assert!(matches!(error, StoreError::WrongSize { kept: 2, given: 3, .. }), "{error}");
    let error = store.nearest(&model(), &[1.0, 0.0], 3, &CancellationToken::new()).expect_err("it is gone");
    assert!(error.to_string().contains("the collection notes at 127.0.0.1"), "{error}");
    assert!(error.to_string().contains("somebody has deleted it"), "{error}");
}

#[test]
fn what_is_near_is_found_by_the_ids_of_the_records() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    lab.on_notes("query", ok(&json!({ "ids": [["b", "stranger", "a"]], "distances": [[-0.5, 0.0, 0.75]] })));
    let mut store = open(&lab, &corpus(&[("a", "one"), ("b", "two")]), false);
    let found = store.nearest(&model(), &[1.0, 0.0], 3, &CancellationToken::new()).expect("it finds them");
    let found: Vec<_> = found.into_iter().map(|near| (near.document.0, near.score)).collect();
    assert_eq!(found, [(1, 1.5), (0, 0.25)]);
}

#[test]
fn a_collection_that_was_made_here_is_searched_by_its_texts_when_it_is_browsed() {
    let ours = json!({ "vecscope_model": "m", "vecscope_details": "d", "vecscope_corpus": "notes.txt" });
    let lab = Lab::with_notes(&ours, &inner_product());
    let key = |text: &str| TextKey::of(text).to_string();
    lab.on_notes("query", ok(&json!({ "ids": [[key("two"), key("one")]], "distances": [[0.5, 0.75]] })));
    // Its documents have the ids that their source gave them.
    let mut store = open(&lab, &corpus(&[("a", "one"), ("b", "two")]), false);
    let found = store.nearest(&model(), &[1.0, 0.0], 3, &CancellationToken::new()).expect("it finds them");
    assert_eq!(found.iter().map(|near| near.document.0).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn what_was_changed_here_alone_is_not_searched_there() {
    let lab = Lab::with_notes(&json!({}), &inner_product());
    lab.on_notes("query", ok(&json!({ "ids": [["a"]], "distances": [[0.5]] })));
    let mut store = open(&lab, &corpus(&[("a", "one")]), false);
    let nearest = |store: &mut ChromaRecords| {
        store.nearest(&model(), &[1.0, 0.0], 3, &CancellationToken::new()).expect("it is there").len()
    };
    assert_eq!(nearest(&mut store), 1);
    store.take_corpus(&corpus(&[("a", "another")]), true).expect("it is an edit");
    assert_eq!(nearest(&mut store), 0, "a score of the text before");
}
