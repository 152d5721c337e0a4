//! The key: in one header, and nowhere else.

use secrecy::SecretString;
use serde_json::json;
use vecscope::backend::BackendError;
use vecscope::backend::openai::OpenAiSettings;
use wiremock::ResponseTemplate;

use crate::exposure::{Log, assert_hidden, everything};
use crate::lab::{InTurn, Lab, MODEL, embeddings, ok, settings};

const KEY: &str = "sk-proj-Zq7XnotTobeSeen42";

#[test]
fn a_server_that_repeats_the_key_cannot_make_it_shown() {
    let bearer = format!("Bearer {KEY}");
    let page = format!("{{{}{KEY}", " ".repeat((64 << 10) - 20));
    let message = |status: u16, text: &str| {
        ResponseTemplate::new(status).set_body_json(json!({ "error": { "message": text, "code": text } }))
    };
    for answer in [
        message(401, &format!("Incorrect API key provided: {KEY}.")),
        message(400, &format!("{}{KEY}", "x".repeat(290))),
        message(404, &format!("{KEY}\n\t{KEY}")),
        message(500, &bearer),
        message(429, &bearer).insert_header("Retry-After", KEY),
        ResponseTemplate::new(403).set_body_string(format!("<html>{KEY}")),
        ResponseTemplate::new(403).set_body_json(json!({ "headers": { "authorization": bearer } })),
        // The read ends in the middle of the key.
        ResponseTemplate::new(403).set_body_string(page),
        ResponseTemplate::new(307).insert_header("Location", format!("http://{KEY}.example.com/{KEY}")),
        ResponseTemplate::new(200).set_body_string(format!("hello {KEY}")),
        ok(&json!({ "data": [{ "index": 0, "embedding": [bearer] }] })),
        ok(&json!({ "data": [{ "index": KEY, "embedding": [1] }] })),
    ] {
        let mut lab = Lab::with(answer, Some(KEY), MODEL);
        let (result, retries) = lab.embed(&["a"]);
        assert_hidden(&everything(&result.expect_err("no answer is good")));
        assert_hidden(&format!("{retries:?}"));
        assert_eq!(lab.requests()[0].headers["authorization"], bearer, "the server did get the key");
    }
}

#[test]
fn a_part_of_the_key_that_a_server_leaves_unmasked_is_not_repeated() {
    let body = json!({ "error": { "message": "Incorrect API key provided: sk-proj-****42." } });
    let mut lab = Lab::with(ResponseTemplate::new(401).set_body_json(body), Some(KEY), MODEL);
    let shown = lab.refusal(&["a"]);
    assert!(shown.contains("OPENAI_API_KEY") && !shown.contains("****42"), "{shown}");
}

#[test]
fn debug_of_settings_and_backend_shows_no_key() {
    assert_hidden(&format!("{:#?}", settings("http://localhost", Some(KEY), MODEL)));
    let mut lab = Lab::with(ok(&embeddings(&[&[1.0]])), Some(KEY), MODEL);
    lab.embed(&["a"]).0.expect("the answer is good");
    assert_hidden(&format!("{:#?} {:?}", lab.backend, lab.backend));
}

#[test]
fn settings_that_would_give_the_key_away_are_refused_and_do_not_show_it() {
    let bad_key = format!("{KEY}\r\nX-Evil: 1");
    for (base_url, key, variable) in [
        ("http://example.com/v1", KEY, "use https"),
        ("http://10.1.2.3:11434", KEY, "use https"),
        ("https://example.com/v1", bad_key.as_str(), "OPENAI_API_KEY has"),
        ("https://Zq7X:Seen42@example.com/v1", KEY, "OPENAI_BASE_URL has a user name"),
        ("https://example.com/v1?key=Zq7X", KEY, "OPENAI_BASE_URL has a ? or #"),
        (KEY, KEY, "OPENAI_BASE_URL must begin"),
    ] {
        let error = OpenAiSettings::from_values(Some(base_url), Some(&SecretString::from(key)), None)
            .expect_err("the key would be given away");
        assert!(matches!(error, BackendError::NotConfigured(_)), "{error:?}");
        assert!(error.to_string().contains(variable), "{error}");
        assert!(error.to_string().to_lowercase().ends_with("nothing was sent"), "{error}");
        assert_hidden(&everything(&error));
    }
}

#[test]
fn a_missing_key_is_named_by_its_variable() {
    for key in [None, Some(SecretString::from(" \n"))] {
        let error = OpenAiSettings::from_values(None, key.as_ref(), None).expect_err("OpenAI needs a key");
        let shown = error.to_string();
        assert!(shown.starts_with("OPENAI_API_KEY is not set, and api.openai.com needs one"), "{shown}");
        assert!(shown.ends_with("Nothing was sent"), "{shown}");
    }
}

#[test]
fn nothing_logs_the_key_at_the_most_talkative_level() {
    let log = Log::of_everything();

    let refusal = ResponseTemplate::new(500).set_body_string(format!("I know {KEY}"));
    let mut lab = Lab::with(InTurn::new([refusal, ok(&embeddings(&[&[1.0]]))]), Some(KEY), MODEL);
    lab.embed(&["a"]).0.expect("the second try succeeds");
    let refusal = ResponseTemplate::new(401).set_body_string(format!("I know {KEY}"));
    Lab::with(refusal, Some(KEY), MODEL).refusal(&["a"]);

    let written = log.written();
    for said in ["trying again", "I know [key]", "answered", "reqwest::"] {
        assert!(written.contains(said), "{said}: {written}");
    }
    assert_hidden(&written);
}
