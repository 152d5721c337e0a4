//! What a Chroma server can do wrong, and what is said of it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use vecscope::backend::{BackendError, Identity, TextInfo, TokenCount};
use vecscope::corpus::{Corpus, Document};
use vecscope::math::space::Space;
use vecscope::store::chroma::{Reading, Server, read};
use vecscope::store::{Row, StoreError, TextKey, VectorStore};
use wiremock::ResponseTemplate;

use crate::chroma_lab::{COLLECTIONS, Lab, Records, ok, refusal, runtime, settings};

/// What it says, with what caused it.
fn said(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

#[track_caller]
fn assert_said(error: impl Into<anyhow::Error>, parts: &[&str]) {
    let said = said(error);
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

fn corpus_of(lab: &Lab) -> Result<Corpus, BackendError> {
    let server = lab.connect(None)?;
    let collection = server.collection("notes")?.expect("the mock has it");
    read(&server, &collection, Reading { vectors_of: Some("local"), progress: &mut |_, _| {} })
}

fn model() -> Identity {
    Identity { model: "m".into(), details: "d".into() }
}

/// The metadata of a collection that keeps vectors of [`model`] of the corpus `notes.txt`.
fn ours() -> Value {
    json!({ "vecscope_model": "m", "vecscope_details": "d", "vecscope_corpus": "somewhere/notes.txt" })
}

fn notes() -> Corpus {
    Corpus::new("notes.txt", ["one", "two"].map(|text| Document::new(text, text)).to_vec())
}

fn cosine() -> Value {
    json!({ "hnsw": { "space": "cosine" } })
}

fn row<'a>(text: &'a str, vector: &'a [f32]) -> Row<'a> {
    let tokens = TokenCount { total: 3, used: 3, estimated: false };
    Row { text, vector, info: TextInfo { tokens, norm: 2.0 } }
}

#[test]
fn nobody_there_is_said_at_once() {
    let runtime = runtime();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port is free");
    let error = Server::connect(settings(&format!("http://{free}"), None), runtime.handle().clone());
    let said = said(error.expect_err("nobody listens"));
    assert!(said.contains("it cannot be reached") && !said.contains("tried"), "{said}");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let lab = Lab::new();
    lab.on("GET", &format!("{COLLECTIONS}/notes"), ok(&json!(1)).set_delay(Duration::from_mins(10)));
    let mut settings = settings(&lab.server.uri(), None);
    settings.timing.total = Duration::from_millis(500);
    let server = Server::connect(settings, lab.runtime.handle().clone()).expect("it is there");
    assert_said(server.collection("notes").expect_err("it says nothing"), &["did not answer in full within 500ms"]);
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let lab = Lab::new();
    let place = format!("{COLLECTIONS}/notes");
    let stumbles = wiremock::Mock::given(wiremock::matchers::path(place)).respond_with(refusal(503, "starting"));
    lab.runtime.block_on(stumbles.up_to_n_times(2).with_priority(1).mount(&lab.server));
    let notes = json!({ "id": "1", "name": "notes", "metadata": null, "dimension": null, "configuration_json": {} });
    lab.on("GET", &format!("{COLLECTIONS}/notes"), ok(&notes));
    let collection = lab.connect(None).expect("it is there").collection("notes").expect("the third try");
    assert_eq!(collection.map(|collection| collection.dimensions), Some(None));
}

#[test]
fn who_wants_a_token_is_told_which_variable_to_set() {
    let lab = Lab::new();
    lab.on("GET", COLLECTIONS, refusal(401, "no"));
    let error = lab.connect(None).expect("it is there").collections().expect_err("it wants a token");
    assert_said(error, &["401", "CHROMA_TOKEN is not set"]);
}

#[test]
fn a_token_that_is_refused_is_not_shown_wherever_the_server_repeats_it() {
    let lab = Lab::new();
    lab.on("GET", COLLECTIONS, refusal(403, "ck-sesame-street may not read this"));
    let error = lab.connect(Some("ck-sesame-street")).expect("it is there").collections().expect_err("it refuses");
    let said = said(error);
    assert!(said.contains("does not accept the token in CHROMA_TOKEN") && said.contains("may not read"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
    let requests = lab.runtime.block_on(lab.server.received_requests()).expect("requests are recorded");
    for request in requests {
        assert_eq!(request.headers["x-chroma-token"], "ck-sesame-street");
        assert_eq!(request.headers["authorization"], "Bearer ck-sesame-street");
    }
}

#[test]
fn another_server_and_an_old_one_are_told_apart() {
    let lab = Lab::new();
    lab.runtime.block_on(lab.server.reset());
    assert_said(lab.connect(None).expect_err("there is nothing"), &["there is no Chroma at", &lab.server.uri()]);
    lab.on("GET", "/api/v1/heartbeat", ok(&json!({ "nanosecond heartbeat": 1 })));
    assert_said(lab.connect(None).expect_err("it is old"), &["only speaks version 1", "1.0 or newer"]);
    lab.runtime.block_on(lab.server.reset());
    lab.on("GET", "/api/v2/pre-flight-checks", ResponseTemplate::new(200).set_body_string("<!DOCTYPE html>"));
    assert_said(lab.connect(None).expect_err("it is a web page"), &["there is no Chroma at"]);
}

#[test]
fn a_tenant_that_is_not_there_is_named_where_the_server_only_says_that_it_has_no_collections() {
    let lab = Lab::new();
    lab.on("GET", COLLECTIONS, ok(&json!([])));
    let database = COLLECTIONS.trim_end_matches("/collections");
    lab.on("GET", database, refusal(404, "Database [default_database] not found"));
    let server = lab.connect(None).expect("it is there");
    let parts = ["no database default_database of the tenant default_tenant"];
    assert_said(server.collections().expect_err("there is no database"), &parts);
    lab.on("GET", &format!("{COLLECTIONS}/notes"), refusal(404, "Collection [notes] does not exist"));
    assert_said(server.collection("notes").expect_err("there is no database"), &parts);
}

#[test]
fn answers_that_are_no_answers_are_shown_from_their_beginning() {
    let lab = Lab::with_notes(&Value::Null, &json!({}));
    lab.count(2);
    lab.on_notes("get", ResponseTemplate::new(200).set_body_string("{\"ids\": [\"a\", tru"));
    assert_said(corpus_of(&lab).expect_err("it is cut off"), &["cannot read the answer of", "begins with: {\"ids\""]);
}

#[test]
fn parts_of_an_answer_that_do_not_belong_together_are_refused() {
    let lab = Lab::with_notes(&Value::Null, &json!({}));
    lab.count(2);
    lab.on_notes("get", ok(&json!({ "ids": ["a", "b"], "documents": ["x"], "embeddings": [[1, 2], [3, 4]] })));
    assert_said(corpus_of(&lab).expect_err("one document is missing"), &["1 documents came back for 2 ids"]);
}

#[test]
fn records_without_a_vector_that_can_be_compared_are_passed_over_and_named() {
    let lab = Lab::with_notes(&Value::Null, &json!({ "hnsw": { "space": "ip" } }));
    lab.count(6);
    lab.on_notes(
        "get",
        Records(vec![
            json!({ "id": "a", "document": "first\nline", "metadata": { "year": 1999 }, "embedding": [1, 2] }),
            // What is not a number is null in JSON.
            json!({ "id": "nan", "document": "x", "embedding": [null, 2] }),
            json!({ "id": "long", "document": "x", "embedding": [1, 2, 3] }),
            json!({ "id": "none", "document": "x", "embedding": null }),
            json!({ "id": "zero", "document": "x", "embedding": [0, 0] }),
            json!({ "id": "b", "document": null, "metadata": { "year": 2000, "who": "me" }, "embedding": [3, 4] }),
        ]),
    );
    let corpus = corpus_of(&lab).expect("two records can be compared");
    let texts: Vec<_> =
        corpus.documents.iter().map(|document| (document.id.as_str(), document.text.as_str())).collect();
    assert_eq!(texts, [("a", "first line"), ("b", "b")]);
    assert_eq!(corpus.fields, ["year", "who"]);
    assert_eq!(corpus.documents[1].metadata[..], [json!(2000), json!("me")]);
    let vectors = corpus.vectors.as_ref().expect("they were asked for");
    assert_eq!((vectors.space, &vectors.vectors), (Space::InnerProduct, &ndarray::array![[1.0, 2.0], [3.0, 4.0]]));
    assert_eq!(corpus.skipped.rows, 4);
    for (said, expected) in
        corpus.skipped.first.iter().zip(["nan has no finite", "long has a vector of 3", "none has no", "zero has"])
    {
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(corpus.notes, ["1 record has no text, and is shown by its id"]);
}

#[test]
fn however_few_records_come_at_once_all_of_them_come() {
    /// Gives two at the most, whatever it is asked for.
    struct Few(Records);
    impl wiremock::Respond for Few {
        fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
            let asked: Value = request.body_json().expect("a request is JSON");
            let offset = usize::try_from(asked["offset"].as_u64().unwrap_or(0)).expect("a small number");
            let page: Vec<&Value> = self.0.0.iter().skip(offset).take(2).collect();
            let column = |key: &str| page.iter().map(|record| record[key].clone()).collect::<Vec<_>>();
            ok(&json!({ "ids": column("id"), "documents": column("document"), "embeddings": column("embedding") }))
        }
    }
    let lab = Lab::with_notes(&Value::Null, &json!({}));
    let records = (0..5).map(|number| json!({ "id": number.to_string(), "document": "x", "embedding": [1, number] }));
    lab.count(5);
    lab.on_notes("get", Few(Records(records.collect())));
    let corpus = corpus_of(&lab).expect("all pages come");
    assert_eq!(
        corpus.documents.iter().map(|document| document.id.as_str()).collect::<Vec<_>>(),
        ["0", "1", "2", "3", "4"]
    );
    assert!(corpus.notes.is_empty(), "{:?}", corpus.notes);
}

#[test]
fn fewer_records_than_the_server_has_counted_are_said() {
    let lab = Lab::with_notes(&Value::Null, &json!({}));
    lab.count(7);
    lab.on_notes("get", Records(vec![json!({ "id": "a", "document": "x", "embedding": [1, 2] })]));
    let notes = corpus_of(&lab).expect("one came").notes;
    assert!(notes[0].contains("says that it has 7 records, and gave 1"), "{notes:?}");
}

#[test]
fn a_collection_of_somebody_else_of_another_corpus_or_another_model_keeps_nothing_of_ours() {
    let lab = Lab::with_notes(&json!({ "owner": "me" }), &cosine());
    assert_said(
        lab.open(notes()).err().expect("it is not ours"),
        &["collection notes at", "not made by vecscope", "browse"],
    );

    let lab = Lab::with_notes(&ours(), &cosine());
    let other = Corpus { name: "letters.txt".into(), ..notes() };
    let error = lab.open(other).err().expect("it is of another corpus");
    assert_said(error, &["holds the corpus somewhere/notes.txt", "this is letters.txt", "--collection"]);

    let mut store = lab.open(notes()).expect("it is of this corpus");
    let other = Identity { model: "n".into(), ..model() };
    let error = store.get(&other, &["one"], &mut |_, _, _| {}).expect_err("it is of another model");
    assert_said(error, &["holds vectors of m", "these are of n"]);
    assert_said(
        store.put(&other, &[row("one", &[1.0, 0.0])]).expect_err("it is of another model"),
        &["holds vectors of m"],
    );
    assert!(lab.posted("upsert").is_empty() && lab.posted("get").is_empty(), "nothing was sent");
}

#[test]
fn a_collection_that_is_deleted_meanwhile_is_made_anew_with_what_comes_next() {
    let lab = Lab::with_notes(&ours(), &cosine());
    lab.on_notes("upsert", refusal(404, "Collection [1] does not exist."));
    let mut store = lab.open(notes()).expect("it is there");
    let vector = [0.6, 0.8];
    assert_said(
        store.put(&model(), &[row("one", &vector)]).expect_err("it is gone"),
        &["is not there, or was deleted"],
    );
    let made =
        json!({ "id": "2", "name": "notes", "metadata": ours(), "dimension": null, "configuration_json": cosine() });
    lab.on("POST", COLLECTIONS, ok(&made));
    lab.on("POST", &format!("{COLLECTIONS}/2/upsert"), ok(&json!({})));
    store.put(&model(), &[row("one", &vector)]).expect("it is made anew");
}

#[test]
fn a_server_that_takes_vectors_and_says_nothing_keeps_nobody_waiting_who_has_something_else_to_do() {
    let lab = Lab::with_notes(&ours(), &cosine());
    lab.on_notes("upsert", ok(&json!({})).set_delay(Duration::from_mins(10)));
    let mut store = lab.open(notes()).expect("it is there");
    let (cancel, vector) = (CancellationToken::new(), [0.6, 0.8]);
    lab.runtime.spawn({
        let cancel = cancel.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        }
    });
    store.give_up_with(Some(&cancel));
    assert!(matches!(store.put(&model(), &[row("one", &vector)]), Err(StoreError::Cancelled)));
    assert_eq!(store.lacking().len(), 2, "it is put there another time");
    // What comes after it has nothing to do with that.
    store.give_up_with(None);
    lab.on_notes("get", ok(&json!({ "ids": [] })));
    store.get(&model(), &["one"], &mut |_, _, _| {}).expect("it answers");
}

#[test]
fn a_search_in_a_collection_that_is_gone_is_an_error_and_not_a_ranking_of_nothing() {
    let lab = Lab::with_notes(&ours(), &cosine());
    lab.on_notes("query", refusal(404, "Collection [1] does not exist."));
    let mut store = lab.open(notes()).expect("it is there");
    for _ in 0..2 {
        let error = store.nearest(&model(), &[1.0, 0.0], 3, &CancellationToken::new());
        assert!(error.is_err(), "{error:?}");
    }
}

#[test]
fn what_is_found_near_is_known_by_its_text_and_strangers_are_passed_over() {
    let lab = Lab::with_notes(&ours(), &cosine());
    let (one, two) = (TextKey::of("one"), TextKey::of("two"));
    lab.on_notes(
        "query",
        ok(&json!({ "ids": [[one.to_string(), "stranger", two.to_string()]], "distances": [[0.25, 0.3, 1.5]] })),
    );
    let mut store = lab.open(notes()).expect("it is there");
    let found = store.nearest(&model(), &[1.0, 0.0], 3, &CancellationToken::new()).expect("it finds them");
    let found: Vec<_> = found.into_iter().map(|near| (near.document.0, near.score)).collect();
    assert_eq!(found, [(0, 0.75), (1, -0.5)]);
    assert_eq!(lab.posted("query")[0]["n_results"], 3);
}

#[test]
fn a_search_that_nobody_waits_for_ends_at_once() {
    let lab = Lab::with_notes(&ours(), &cosine());
    lab.on_notes("query", ok(&json!({})).set_delay(Duration::from_mins(10)));
    let mut store = lab.open(notes()).expect("it is there");
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(matches!(store.nearest(&model(), &[1.0, 0.0], 3, &cancel), Err(StoreError::Cancelled)));
}

#[test]
fn vectors_that_somebody_has_changed_are_not_given_back() {
    let lab = Lab::with_notes(&ours(), &cosine());
    let known = json!({
        "vecscope_tokens": 3, "vecscope_tokens_used": 3, "vecscope_tokens_estimated": false, "vecscope_norm": 2.0
    });
    lab.on_notes(
        "get",
        Records(vec![
            json!({ "id": TextKey::of("one").to_string(), "metadata": known, "embedding": [0.6, 0.8] }),
            json!({ "id": TextKey::of("two").to_string(), "metadata": {}, "embedding": [0.6, 0.8] }),
        ]),
    );
    let mut store = lab.open(notes()).expect("it is there");
    let mut found = Vec::new();
    store
        .get(&model(), &["one", "two"], &mut |place, vector, info| found.push((place, vector.to_vec(), info.norm)))
        .expect("it reads");
    assert_eq!(found, [(0, vec![0.6, 0.8], 2.0)]);
}

#[test]
fn the_collection_mirrors_the_corpus() {
    let lab = Lab::with_notes(&ours(), &cosine());
    let said = |id: &str, place: usize| json!({ "id": id, "vecscope_place": place, "vecscope_norm": 2.0 });
    lab.on_notes(
        "get",
        Records(vec![
            json!({ "id": TextKey::of("gone").to_string(), "metadata": said("7", 7) }),
            json!({ "id": TextKey::of("one").to_string(), "metadata": said("one", 0) }),
            json!({ "id": TextKey::of("two").to_string(), "metadata": said("2", 1) }),
        ]),
    );
    lab.on_notes("delete", ok(&json!({})));
    lab.on_notes("update", ok(&json!({})));
    let mut store = lab.open(notes()).expect("it is there");
    store.mirror(&model()).expect("it can be changed");
    assert_eq!(lab.posted("delete"), [json!({ "ids": [TextKey::of("gone").to_string()] })]);
    let expected = json!({ "ids": [TextKey::of("two").to_string()], "metadatas": [{ "id": "two" }] });
    assert_eq!(lab.posted("update"), [expected]);
}

#[test]
fn records_of_somebody_else_stay_and_another_corpus_of_the_same_name_deletes_nothing() {
    let lab = Lab::with_notes(&ours(), &cosine());
    let said = |id: &str, place: usize| json!({ "id": id, "vecscope_place": place });
    let record =
        |text: &str, place: usize| json!({ "id": TextKey::of(text).to_string(), "metadata": said(text, place) });
    // Three texts of another file, one of this, and what a client of somebody else has put there.
    lab.on_notes(
        "get",
        Records(vec![
            record("one", 0),
            record("a", 1),
            record("b", 2),
            json!({ "id": "theirs", "metadata": { "by": "them" } }),
        ]),
    );
    lab.on_notes("delete", ok(&json!({})));
    lab.on_notes("update", ok(&json!({})));
    let mut store = lab.open(notes()).expect("it is there");
    let error = store.mirror(&model()).expect_err("two of three would go").to_string();
    assert!(error.contains("holds 2 texts that are not in notes.txt"), "{error}");
    assert!(lab.posted("delete").is_empty() && lab.posted("update").is_empty());
    // With one more of its own, one of them goes, and what is theirs stays.
    let corpus = Corpus::new("notes.txt", ["one", "a"].map(|text| Document::new(text, text)).to_vec());
    lab.open(corpus).expect("it is there").mirror(&model()).expect("it can be changed");
    assert_eq!(lab.posted("delete"), [json!({ "ids": [TextKey::of("b").to_string()] })]);
    let other = Identity { model: "another".into(), ..model() };
    let error = lab.open(notes()).expect("it is there").mirror(&other).expect_err("of another model").to_string();
    assert!(error.contains("vectors of m, and these are of another"), "{error}");
}

#[test]
fn more_records_than_the_server_takes_at_once_go_in_parts() {
    let lab = Lab::with_notes(&ours(), &cosine());
    lab.on_notes("upsert", ok(&json!({})));
    let texts: Vec<String> = (0..7).map(|number| format!("text {number}")).collect();
    let vector = [0.6, 0.8];
    let rows: Vec<Row<'_>> = texts.iter().map(|text| row(text, &vector)).collect();
    lab.open(notes()).expect("it is there").put(&model(), &rows).expect("it takes them");
    let sizes: Vec<_> = lab.posted("upsert").iter().map(|body| body["ids"].as_array().map(Vec::len)).collect();
    assert_eq!(sizes, [Some(3), Some(3), Some(1)]);
    assert_eq!(lab.posted("upsert")[0]["documents"][0], "text 0");
}
