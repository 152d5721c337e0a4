//! Answers: the good ones end in the right rows, the bad ones nowhere.

use ndarray::array;
use serde_json::{Value, json};
use vecscope::backend::{BackendError, Embedder, Location, Usage};
use wiremock::ResponseTemplate;

use crate::lab::{InTurn, Lab, MODEL, base64, embeddings, ok};

#[test]
fn each_text_gets_the_embedding_of_its_index() {
    let shuffled = json!({
        "data": [
            { "index": 1, "embedding": [0.0, 1.0] },
            { "index": 2, "embedding": base64(&[0.6, 0.8]) },
            { "index": 0, "embedding": [1.0, 0.0] },
        ],
        "usage": { "prompt_tokens": 5, "total_tokens": 12 },
    });
    let mut lab = Lab::new(ok(&shuffled));
    let batch = lab.embed(&["a", "b", "c"]).0.expect("the answer is good");
    assert_eq!(batch.vectors, array![[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]);
    assert_eq!(batch.usage, Usage { tokens: 12, usd: Some(0.0) });
    assert_eq!(lab.asked(), json!({ "model": MODEL, "input": ["a", "b", "c"], "encoding_format": "float" }));
}

#[test]
fn a_server_that_does_not_count_leaves_it_to_the_backend() {
    let mut lab = Lab::new(ok(&json!({ "data": [{ "index": 0, "embedding": [1.0] }] })));
    let batch = lab.embed(&["nine byte"]).0.expect("the answer is good");
    assert_eq!(batch.tokens[0].used, 3);
    assert!(batch.tokens[0].estimated);
    assert_eq!(batch.usage.tokens, 3);
}

#[test]
fn no_texts_need_no_request() {
    let mut lab = Lab::new(ok(&embeddings(&[&[1.0]])));
    let batch = lab.embed(&[]).0.expect("there is nothing to fail");
    assert_eq!((batch.vectors.nrows(), batch.tokens.len(), batch.usage.tokens), (0, 0, 0));
    assert_eq!(lab.requests().len(), 0);
}

#[test]
fn an_empty_text_is_named_and_nothing_is_sent() {
    let mut lab = Lab::new(ok(&embeddings(&[&[1.0], &[1.0]])));
    assert!(lab.refusal(&["a", ""]).contains("text 2 of 2 is empty"));
    assert_eq!(lab.requests().len(), 0);
}

#[test]
fn the_card_learns_the_length_of_vectors_and_later_answers_are_held_to_it() {
    let mut lab = Lab::new(InTurn::new([ok(&embeddings(&[&[3.0, 4.0]])), ok(&embeddings(&[&[1.0, 2.0, 3.0]]))]));
    let card = lab.backend.card();
    assert_eq!((card.model.as_str(), card.dimensions, card.max_tokens), (MODEL, None, None));
    assert_eq!(card.location, Location::Loopback(card.engine.clone()));
    assert_eq!(card.engine, lab.server.address().to_string());
    lab.embed(&["a"]).0.expect("the answer is good");
    assert_eq!(lab.backend.card().dimensions, Some(2));
    let error = lab.embed(&["b"]).0.expect_err("it is of another length");
    assert!(matches!(error, BackendError::BadVectors(_)), "{error:?}");
    assert!(error.to_string().contains("3 dimensions for mock-model, which has 2"), "{error}");
    assert_eq!(lab.backend.card().dimensions, Some(2));
}

#[test]
fn a_known_model_of_the_wrong_length_is_refused_at_once() {
    let mut lab = Lab::with(ok(&embeddings(&[&[3.0, 4.0]])), None, "text-embedding-3-small");
    assert_eq!(lab.backend.card().dimensions, Some(1536));
    assert!(lab.refusal(&["a"]).contains("2 dimensions for text-embedding-3-small, which has 1536"));
}

#[test]
fn not_a_number_is_refused_where_vectors_are_checked() {
    let body = json!({ "data": [{ "index": 0, "embedding": base64(&[1.0, f32::NAN]) }] });
    let batch = Lab::new(ok(&body)).embed(&["a"]).0.expect("the answer can be read");
    let error = batch.normalise(1, None).expect_err("it is not a number");
    assert!(error.to_string().contains("vector 1 of 1 is not finite: dimension 1 is NaN"), "{error}");
}

#[test]
fn answers_that_promise_otherwise_are_refused_and_not_asked_for_again() {
    let embedding = |index: usize, numbers: Value| json!({ "index": index, "embedding": numbers });
    for (data, reason) in [
        (json!([embedding(0, json!([1]))]), "1 embeddings came back for 2 texts"),
        (json!([embedding(0, json!([1])), embedding(0, json!([2]))]), "two embeddings came back for text 0"),
        (json!([embedding(1, json!([1])), embedding(2, json!([2]))]), "for text 2, but the last text is 1"),
        (json!([embedding(0, json!([1, 2])), embedding(1, json!([1]))]), "text 1 has 1 numbers, another 2"),
        (json!([embedding(0, json!([1])), { "embedding": [1] }]), "missing field `index`"),
        (json!([embedding(0, json!([1, null])), embedding(1, json!([1, 2]))]), "invalid type: null"),
        (json!([embedding(0, json!([1, "NaN"])), embedding(1, json!([1, 2]))]), "invalid type: string \"NaN\""),
        (json!([embedding(0, json!("AAAA")), embedding(1, json!("AAAA"))]), "not whole 32-bit numbers"),
    ] {
        let mut lab = Lab::new(ok(&json!({ "data": data })));
        let (result, retries) = lab.embed(&["a", "b"]);
        let error = result.expect_err(reason);
        assert!(matches!(error, BackendError::BadAnswer { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.to_string().contains(&lab.server.address().to_string()), "{error}");
        assert_eq!((retries.len(), lab.requests().len()), (0, 1), "{reason}");
    }
}

#[test]
fn a_page_instead_of_json_is_shown() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>\n  Welcome to the proxy", "text/html");
    let error = Lab::new(page).refusal(&["a"]);
    assert!(error.contains("It begins with: <html> Welcome to the proxy"), "{error}");
}
