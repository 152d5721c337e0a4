//! Refusals for good: what is said about them, and that nobody asks twice.

use serde_json::json;
use vecscope::backend::BackendError;
use wiremock::ResponseTemplate;

use crate::lab::{Lab, MODEL, embeddings, ok};

/// Embeds with an answer that is final, and gives back what is said.
#[track_caller]
fn refused(answer: ResponseTemplate, key: Option<&str>, expected: u16) -> String {
    let mut lab = Lab::with(answer, key, MODEL);
    let (result, retries) = lab.embed(&["a"]);
    let error = result.expect_err("the server refuses");
    assert!(matches!(error, BackendError::Refused { status, .. } if status == expected), "{error:?}");
    assert_eq!((retries.len(), lab.requests().len()), (0, 1), "nobody asks twice");
    error.to_string().replace(&lab.server.address().to_string(), "HOST")
}

fn says(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": { "message": message, "type": "x", "code": null } }))
}

#[test]
fn a_wrong_key_is_named_by_its_variable() {
    let advice = "it does not accept the key in OPENAI_API_KEY; OPENAI_BASE_URL is http://HOST/v1";
    let shown = refused(says(401, "Incorrect API key provided"), Some("sk-wrong"), 401);
    assert_eq!(shown, format!("HOST answered 401: {advice}"));
    let shown = refused(says(403, "Country not supported"), Some("sk-wrong"), 403);
    assert_eq!(shown, format!("HOST answered 403: {advice}; Country not supported"));
}

#[test]
fn a_server_on_this_machine_may_want_a_key_too() {
    let shown = refused(says(401, "who are you?"), None, 401);
    assert!(shown.contains("it wants a key, and OPENAI_API_KEY is not set"), "{shown}");
}

#[test]
fn a_wrong_model_or_path_is_named_by_both_variables() {
    let shown = refused(says(404, "model 'mock-model' not found"), None, 404);
    let expected = "check EMBED_MODEL, which is mock-model, and OPENAI_BASE_URL, which is http://HOST/v1; \
                    model 'mock-model' not found";
    assert_eq!(shown, format!("HOST answered 404: {expected}"));
}

#[test]
fn a_bad_request_shows_what_the_server_says() {
    assert_eq!(refused(says(400, "$.input is\n too long"), None, 400), "HOST answered 400: $.input is too long");
    assert_eq!(refused(ResponseTemplate::new(418), None, 418), "HOST answered 418: it gives no reason");
    let page = ResponseTemplate::new(405).set_body_string("<html><h1>405");
    assert_eq!(refused(page, None, 405), "HOST answered 405: a page of HTML came with it");
}

#[test]
fn long_explanations_are_shortened() {
    let shown = refused(ResponseTemplate::new(400).set_body_string("é".repeat(200_000)), None, 400);
    assert!(shown.ends_with("éé…") && shown.chars().count() < 340, "{shown}");
}

#[test]
fn a_text_that_is_too_long_for_llama_cpp_is_as_long_at_the_next_try() {
    // Word for word what it answers, with a status that elsewhere says to come back.
    let message =
        "input (602 tokens) is too large to process. increase the physical batch size (current batch size: 512)";
    let body = json!({ "error": { "code": 500, "message": message, "type": "server_error" } });
    let shown = refused(ResponseTemplate::new(500).set_body_json(body), None, 500);
    assert_eq!(shown, format!("HOST answered 500: a text has more tokens than it takes; {message}"));
}

#[test]
fn an_account_without_credit_is_not_asked_again() {
    let body = json!({ "error": { "message": "You exceeded your current quota", "code": "insufficient_quota" } });
    let answer = ResponseTemplate::new(429).insert_header("Retry-After", "0").set_body_json(body);
    let shown = refused(answer, Some("sk-poor"), 429);
    assert_eq!(shown, "HOST answered 429: the account has no credit left; You exceeded your current quota");
}

#[test]
fn a_server_that_wants_a_longer_wait_than_anyone_has_is_not_waited_for() {
    for status in [429, 503] {
        let answer = says(status, "come back").insert_header("Retry-After", "3600");
        let shown = refused(answer, None, status);
        assert!(shown.contains("it asks to wait 3600 s, and vecscope waits 60 s at the most; come back"), "{shown}");
    }
}

#[test]
fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Lab::new(ok(&embeddings(&[&[1.0]])));
        let target = format!("http://localhost:{}/v1/embeddings", elsewhere.server.address().port());
        let shown = refused(ResponseTemplate::new(status).insert_header("Location", target), Some("sk-key"), status);
        assert!(shown.starts_with(&format!("HOST answered {status}: it redirects to localhost; ")), "{shown}");
        assert!(shown.contains("set OPENAI_BASE_URL"), "{shown}");
        assert_eq!(elsewhere.requests().len(), 0);
    }
}
