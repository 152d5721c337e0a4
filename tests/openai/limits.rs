//! Limits: of a request, of a text, and of an answer.

use serde_json::{Value, json};
use vecscope::backend::openai::OpenAi;
use vecscope::backend::{BackendError, Embedder, Role, TokenCount};
use wiremock::{Request, ResponseTemplate};

use crate::lab::{Lab, MODEL, embed, embeddings, ok, runtime, settings};
use crate::raw::{PATIENCE, RawServer, Seen, Then};

const KNOWN: &str = "text-embedding-3-small";

/// Answers every request with as many vectors as it has texts.
fn obliging(request: &Request) -> ResponseTemplate {
    let body: Value = request.body_json().expect("a request is JSON");
    let texts = body["input"].as_array().expect("it has texts").len();
    let row = vec![1.0; 1536];
    ok(&embeddings(&vec![&row[..]; texts]))
}

#[test]
fn a_corpus_is_planned_within_openais_limits() {
    let lab = Lab::with(obliging, None, KNOWN);
    let plan = lab.backend.plan(&vec!["a"; 2049]);
    assert_eq!(plan.iter().map(Vec::len).collect::<Vec<_>>(), [2048, 1]);
    assert_eq!(plan.concat(), (0..2049).collect::<Vec<_>>());
    // 200 × 4001 tokens, of which 74 fit into 300 000.
    let long = format!("x{}", " word".repeat(4000));
    let plan = lab.backend.plan(&[long.as_str(); 200]);
    assert_eq!(plan.iter().map(Vec::len).collect::<Vec<_>>(), [74, 74, 52]);
}

#[test]
fn what_is_planned_is_what_is_sent() {
    let mut lab = Lab::with(obliging, None, KNOWN);
    let texts: Vec<String> = (0..40).map(|number| format!("{number}{}", " word".repeat(9000))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for batch in lab.backend.plan(&texts) {
        let batch: Vec<&str> = batch.into_iter().map(|index| texts[index]).collect();
        lab.embed(&batch).0.expect("the answer is good");
    }
    let sent: Vec<usize> = lab
        .requests()
        .iter()
        .map(|request| {
            let body: Value = request.body_json().expect("a request is JSON");
            let texts = body["input"].as_array().expect("it has texts").clone();
            let lengths = texts.iter().map(|text| bpe_openai::cl100k_base().count(text.as_str().expect("it is text")));
            let lengths: Vec<usize> = lengths.collect();
            assert!(lengths.iter().all(|&length| length == 8192), "{lengths:?}");
            assert!(lengths.iter().sum::<usize>() <= 300_000);
            lengths.len()
        })
        .collect();
    assert_eq!(sent, [36, 4]);
}

#[test]
fn a_text_too_long_is_cut_between_characters_and_both_counts_are_told() {
    let mut lab = Lab::with(obliging, None, KNOWN);
    let long = "𓀀日é ".repeat(5000);
    let batch = lab.embed(&[&long, "short"]).0.expect("the answer is good");
    let asked = lab.asked();
    let sent = asked["input"][0].as_str().expect("it is text");
    assert!(long.starts_with(sent) && sent.len() > 8192, "{} bytes", sent.len());
    let tokens = bpe_openai::cl100k_base();
    let expected = TokenCount { total: tokens.count(long.as_str()), used: tokens.count(sent), estimated: false };
    assert_eq!(batch.tokens, [expected, TokenCount { total: 1, used: 1, estimated: false }]);
    assert!((8180..=8192).contains(&expected.used), "{expected:?}");
    assert_eq!(lab.backend.count(&[&long, "short"], Role::Document), batch.tokens);
}

#[test]
fn of_an_unknown_model_nothing_is_cut_and_counts_are_estimates() {
    let mut lab = Lab::new(ok(&embeddings(&[&[1.0]])));
    let long = " word".repeat(9000);
    let batch = lab.embed(&[&long]).0.expect("the answer is good");
    assert_eq!(lab.asked()["input"][0], long);
    assert_eq!(batch.tokens, [TokenCount { total: 11_250, used: 11_250, estimated: true }]);
    assert!(lab.backend.plan(&["a"; 100]).iter().all(|batch| batch.len() <= 64));
}

#[test]
fn shorter_vectors_are_asked_for_and_must_come() {
    let lab = Lab::new(ok(&embeddings(&[&[0.6, 0.8]])));
    for (dimensions, good) in [(2, true), (3, false)] {
        let mut settings = settings(&format!("{}/v1", lab.server.uri()), None, KNOWN);
        settings.dimensions = Some(dimensions);
        let mut backend = OpenAi::new(settings, lab.runtime.handle().clone()).expect("the settings are valid");
        assert_eq!(backend.card().dimensions, Some(dimensions));
        let refused = embed(&mut backend, &["a"]).0.err().map(|error| error.to_string());
        assert_eq!(refused.is_none(), good, "{refused:?}");
        assert!(refused.is_none_or(|refused| {
            refused.contains("gave vectors of 2 dimensions for text-embedding-3-small, where 3 were asked for")
        }));
        let requests = lab.requests();
        let body: Value = requests.last().expect("there is one").body_json().expect("a request is JSON");
        assert_eq!(body["dimensions"], json!(dimensions));
    }
}

#[test]
fn an_answer_far_too_long_is_not_read_to_its_end() {
    let runtime = runtime();
    let mut server = RawServer::start(&runtime, Then::Flood);
    let settings = settings(&server.base_url, None, MODEL);
    let mut backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
    let (result, retries) = embed(&mut backend, &["a"]);
    let error = result.expect_err("the answer has no end");
    assert!(matches!(error, BackendError::BadAnswer { .. }), "{error:?}");
    assert!(error.to_string().contains("it is longer than"), "{error}");
    assert!(retries.is_empty(), "{retries:?}");
    let gone = async { [server.seen.recv().await, server.seen.recv().await] };
    let seen = runtime.block_on(async { tokio::time::timeout(PATIENCE, gone).await });
    assert_eq!(seen.expect("the connection is closed"), [Some(Seen::Request), Some(Seen::Gone)]);
}
