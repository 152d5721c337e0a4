//! A real Chroma server: the contract, and what only it can show.
//!
//! The tests need the path of a Python that has `tests/store/requirements.txt` in `VECSCOPE_TEST_CHROMA`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use vecscope::backend::Identity;
use vecscope::corpus::{Corpus, Document};
use vecscope::math::space::Space;
use vecscope::store::chroma::{Reading, read};
use vecscope::store::{Row, StoreError, Take, VectorStore};

use crate::chroma_lab::RealServer;
use crate::contract::{self, info, model, vector};

mod program;

/// Every test that the contract has for stores of one model, each on a collection of its own.
#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn chroma_holds_the_contract() {
    let server = RealServer::start();
    for (name, test) in contract::OF_ONE_MODEL {
        let put = Put::default();
        test(&|| Box::new(Scaled { store: server.handle(name), put: Put::clone(&put) }));
    }
}

/// What was put under which text, by whichever handle.
type Put = Arc<Mutex<HashMap<String, Vec<f32>>>>;

/// In the space of cosines Chroma scales vectors itself, and so changes the last bit of some numbers. This holds it to
/// the last bit, and gives the suite, which wants every bit, what was put.
struct Scaled {
    store: Box<dyn VectorStore>,
    put: Put,
}

impl VectorStore for Scaled {
    fn describe(&self) -> String {
        self.store.describe()
    }

    fn get(&mut self, model: &Identity, texts: &[&str], take: &mut Take<'_>) -> Result<(), StoreError> {
        let put = self.put.lock().expect("no test panics here").clone();
        self.store.get(model, texts, &mut |place, vector, info| {
            let expected = &put[texts[place]];
            let off = |(a, b): (&f32, &f32)| a.to_bits().abs_diff(b.to_bits());
            let off = vector.iter().zip(expected).map(off).max();
            assert!(vector.len() == expected.len() && off <= Some(2), "{vector:?} for {expected:?}");
            take(place, expected, info);
        })
    }

    fn put(&mut self, model: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError> {
        self.store.put(model, rows)?;
        let rows = rows.iter().map(|row| (row.text.to_owned(), row.vector.to_vec()));
        self.put.lock().expect("no test panics here").extend(rows);
        Ok(())
    }
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn what_was_kept_is_there_after_the_server_was_killed_and_in_between_it_is_named() {
    let mut server = RealServer::start();
    let corpus = corpus(100);
    let mut store = server.open("killed", &corpus);
    put(&mut store, &corpus, 0..60);
    server.kill();
    let error = format!("{:#}", anyhow::Error::from(store.count().expect_err("nobody is there")));
    assert!(error.contains("the collection killed at 127.0.0.1:") && error.contains("cannot be reached"), "{error}");
    server.restart();
    // The same handle goes on where it was.
    put(&mut store, &corpus, 60..100);
    let mut again = server.open("killed", &corpus);
    assert_eq!(again.count().expect("it is there"), 100);
    let texts = corpus.texts();
    let mut found = 0;
    again.get(&model("m"), &texts, &mut |_, _, _| found += 1).expect("it can be read");
    assert_eq!(found, 100);
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn the_nearest_in_chroma_are_the_nearest_by_arithmetic() {
    let server = RealServer::start();
    let corpus = corpus(500);
    let mut store = server.open("near", &corpus);
    put(&mut store, &corpus, 0..500);
    let query = vector(77, 32);
    let found = store.nearest(&model("m"), &query, 10, &CancellationToken::new()).expect("it searches");
    let mut exact: Vec<(usize, f32)> =
        (0..500).map(|number| (number, vector(number, 32).iter().zip(&query).map(|(a, b)| a * b).sum())).collect();
    exact.sort_by(|a, b| b.1.total_cmp(&a.1));
    assert_eq!((found.len(), exact[0].0), (10, 77));
    for near in &found {
        let number = near.document.0;
        let score = exact.iter().find(|(other, _)| *other == number).expect("all are there").1;
        assert!((near.score - score).abs() < 1e-5, "{} for {score}", near.score);
    }
    let expected: Vec<usize> = exact[..10].iter().map(|(number, _)| *number).collect();
    let hits = found.iter().filter(|near| expected.contains(&near.document.0)).count();
    assert!(hits >= 9, "{hits} of 10");
    // As many as there are, where more are asked for.
    let all = store.nearest(&model("m"), &query, 1_000, &CancellationToken::new()).expect("it searches");
    assert!(all.len() > 450, "{}", all.len());
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn a_collection_of_somebody_elses_client_is_read_whole_in_its_own_space() {
    let server = RealServer::start();
    for space in [Space::Cosine, Space::InnerProduct, Space::Euclidean] {
        let made = server.post(
            "",
            &json!({ "name": space.name().repeat(2), "configuration": { "hnsw": { "space": space.name() } } }),
        );
        let id = made["id"].as_str().expect("it has an id").to_owned();
        let ids: Vec<String> = (0..1_500).map(|number| format!("d{number}")).collect();
        // Of lengths other than 1.
        let embeddings: Vec<[f64; 3]> = (0..1_500).map(|number| [f64::from(number), 1.0, -0.5]).collect();
        let documents: Vec<Value> =
            (0..1_500).map(|number| if number == 7 { Value::Null } else { json!(format!("text {number}")) }).collect();
        let metadatas: Vec<Value> = (0..1_500).map(|number| json!({ "year": number, "tags": ["a", "b"] })).collect();
        let body = json!({ "ids": ids, "embeddings": embeddings, "documents": documents, "metadatas": metadatas });
        server.post(&format!("/{id}/add"), &body);
        let client = server.connect().expect("it answers");
        let collection = client.collection(&space.name().repeat(2)).expect("it can be read").expect("it is there");
        assert_eq!((collection.space, collection.dimensions, collection.model()), (space, Some(3), None));
        let corpus = read(&client, &collection, Reading { vectors_of: Some("b"), progress: &mut |_, _| {} });
        let corpus = corpus.expect("it can be read");
        assert_eq!(corpus.documents.len(), 1_500);
        let mut fields = corpus.fields.clone();
        fields.sort_unstable();
        assert_eq!(fields, ["tags", "year"]);
        let place = corpus.documents.iter().position(|document| document.id == "d7").expect("it is there");
        assert_eq!(corpus.documents[place].text, "d7");
        let vectors = corpus.vectors.as_ref().expect("they were asked for");
        assert_eq!(vectors.space, space);
        if space != Space::Cosine {
            assert_eq!(vectors.vectors.row(place).to_vec(), [7.0, 1.0, -0.5]);
        }
    }
    let names: Vec<String> =
        server.connect().expect("it answers").collections().expect("a list").into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["cosinecosine", "ipip", "l2l2"]);
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn a_corpus_comes_back_from_its_collection_as_it_was_and_follows_it() {
    let server = RealServer::start();
    let mut corpus = corpus(30);
    corpus.fields = vec!["year".into()];
    for (number, document) in corpus.documents.iter_mut().enumerate() {
        document.metadata = Box::new([json!(1990 + number)]);
        document.topic = Some(format!("topic {}", number % 3));
    }
    let mut store = server.open("mirror", &corpus);
    put(&mut store, &corpus, 0..30);
    store.mirror(&model("m")).expect("it can be read");
    let read_back = || {
        let client = server.connect().expect("it answers");
        let collection = client.collection("mirror").expect("it can be read").expect("it is there");
        read(&client, &collection, Reading { vectors_of: None, progress: &mut |_, _| {} }).expect("it can be read")
    };
    let back = read_back();
    assert_eq!((&back.fields, &back.documents), (&corpus.fields, &corpus.documents));
    // A text less, another year, and later another order: of somebody who knows what is there, and of somebody who looks.
    corpus.documents.remove(0);
    corpus.documents[4].metadata = Box::new([json!("unknown")]);
    store.take_corpus(&Arc::new(corpus.clone()), true).expect("it is an edit");
    store.mirror(&model("m")).expect("it can be changed");
    assert_eq!(read_back().documents, corpus.documents);
    corpus.documents.swap(3, 20);
    corpus.documents.remove(7);
    server.open("mirror", &corpus).mirror(&model("m")).expect("it can be changed");
    assert_eq!(read_back().documents, corpus.documents);
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn a_collection_that_is_deleted_meanwhile_is_made_anew() {
    let server = RealServer::start();
    let corpus = corpus(20);
    let mut store = server.open("deleted", &corpus);
    put(&mut store, &corpus, 0..20);
    server.delete("deleted");
    let error = store.nearest(&model("m"), &vector(0, 32), 3, &CancellationToken::new());
    assert!(error.is_err(), "{error:?}");
    put(&mut store, &corpus, 0..20);
    assert_eq!(store.count().expect("it is there again"), 20);
}

fn text(number: usize) -> String {
    format!("text number {number}")
}

fn corpus(texts: usize) -> Corpus {
    let document = |number: usize| Document::new(format!("d{number}"), text(number));
    Corpus::new("some/corpus.txt", (0..texts).map(document).collect())
}

/// Keeps the vectors of a part of a corpus.
#[track_caller]
fn put(store: &mut dyn VectorStore, corpus: &Corpus, numbers: std::ops::Range<usize>) {
    let vectors: Vec<Vec<f32>> = numbers.clone().map(|number| vector(number, 32)).collect();
    let rows = numbers.zip(&vectors);
    let rows: Vec<Row<'_>> =
        rows.map(|(number, vector)| Row { text: &corpus.documents[number].text, vector, info: info(number) }).collect();
    store.put(&model("m"), &rows).expect("they can be kept");
}
