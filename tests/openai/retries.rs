//! What is worth another try, how long the backend waits for it, and when it gives up.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use tokio::net::TcpSocket;
use vecscope::backend::openai::OpenAi;
use vecscope::backend::{BackendError, Retry};
use wiremock::ResponseTemplate;

use crate::lab::{InTurn, Lab, MODEL, QUICK, embed, embeddings, ok, runtime, settings};
use crate::raw::{RawServer, Then};

fn too_many() -> ResponseTemplate {
    ResponseTemplate::new(429)
        .set_body_json(json!({ "error": { "message": "slow down", "code": "rate_limit_exceeded" } }))
}

/// Fails once, then succeeds; gives back the one retry.
#[track_caller]
fn recovers(failure: ResponseTemplate) -> Retry {
    let mut lab = Lab::new(InTurn::new([failure, ok(&embeddings(&[&[1.0]]))]));
    let (result, mut retries) = lab.embed(&["a"]);
    assert_eq!(result.expect("the second try succeeds").vectors, ndarray::array![[1.0]]);
    assert_eq!((retries.len(), lab.requests().len()), (1, 2));
    let bodies: Vec<_> = lab.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies[0], bodies[1]);
    let retry = retries.remove(0);
    assert_eq!((retry.attempt, retry.attempts), (2, 5));
    retry
}

/// Fails for ever; gives back why the backend gave up.
#[track_caller]
fn gives_up(backend: &mut OpenAi) -> BackendError {
    let (result, retries) = embed(backend, &["a"]);
    let attempts: Vec<_> = retries.iter().map(|retry| (retry.attempt, retry.attempts)).collect();
    assert_eq!(attempts, [(2, 5), (3, 5), (4, 5), (5, 5)]);
    let error = result.expect_err("no try succeeds");
    assert!(error.to_string().ends_with("(tried 5 times)"), "{error}");
    error
}

#[test]
fn the_wait_that_a_server_asks_for_in_seconds_is_kept() {
    let start = Instant::now();
    let retry = recovers(too_many().insert_header("Retry-After", "1"));
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(retry.wait, Duration::from_secs(1));
    assert!(retry.reason.contains("429: too many requests or tokens; slow down"), "{}", retry.reason);
}

#[test]
fn the_wait_that_a_server_asks_for_with_a_date_is_kept() {
    let ready = SystemTime::now() + Duration::from_secs(2);
    let retry = recovers(too_many().insert_header("Retry-After", httpdate::fmt_http_date(ready)));
    assert!(retry.wait > QUICK.backoff * 2 && retry.wait <= Duration::from_secs(2), "{:?}", retry.wait);
}

#[test]
fn without_a_word_from_the_server_the_wait_is_the_backends_own() {
    for failure in [too_many(), ResponseTemplate::new(500), ResponseTemplate::new(502), ResponseTemplate::new(503)] {
        let retry = recovers(failure);
        assert!((QUICK.backoff..=QUICK.backoff * 2).contains(&retry.wait), "{:?}", retry.wait);
    }
}

#[test]
fn a_server_that_is_ready_at_once_is_not_asked_without_any_wait() {
    let retry = recovers(too_many().insert_header("Retry-After", "0"));
    assert!(retry.wait >= QUICK.backoff, "{:?}", retry.wait);
}

#[test]
fn a_server_that_fails_for_ever_is_given_up() {
    let mut lab = Lab::new(ResponseTemplate::new(500).set_body_string("out of memory"));
    let error = gives_up(&mut lab.backend);
    assert!(matches!(error, BackendError::Refused { status: 500, .. }), "{error:?}");
    assert!(error.to_string().contains("answered 500: out of memory"), "{error}");
    assert_eq!(lab.requests().len(), 5);
}

/// Asks a raw server until the backend gives up.
#[track_caller]
fn raw(then: Then, total: Duration) -> String {
    let runtime = runtime();
    let mut server = RawServer::start(&runtime, then);
    let mut settings = settings(&server.base_url, None, MODEL);
    settings.timing.total = total;
    let mut backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
    let error = gives_up(&mut backend);
    assert!(matches!(error, BackendError::Network { .. }), "{error:?}");
    runtime.block_on(server.requests(5));
    assert_eq!(server.connections(), 5);
    error.to_string()
}

#[test]
fn a_connection_closed_before_an_answer_is_tried_again() {
    let error = raw(Then::Close(""), QUICK.total);
    assert!(error.contains("the connection broke: "), "{error}");
}

#[test]
fn an_answer_cut_off_is_tried_again() {
    for half in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":[",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"data\":[\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
    ] {
        let error = raw(Then::Close(half), QUICK.total);
        assert!(error.contains("the connection broke: "), "{error}");
    }
}

#[test]
fn what_is_not_http_is_no_answer() {
    let error = raw(Then::Close("SSH-2.0-OpenSSH_9.6\r\n"), QUICK.total);
    assert!(error.contains("the connection broke: "), "{error}");
}

#[test]
fn a_server_that_is_too_slow_is_tried_again() {
    for begun in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":["] {
        let error = raw(Then::Hold(begun), Duration::from_millis(100));
        assert!(error.contains("it did not answer in full within 100ms"), "{error}");
    }
}

#[test]
fn a_port_of_this_machine_where_nobody_listens_is_said_at_once() {
    let runtime = runtime();
    // Bound, so that nobody else takes it, but not listening.
    let socket = runtime.block_on(async { TcpSocket::new_v4() }).expect("a socket can be had");
    socket.bind("127.0.0.1:0".parse().expect("it is an address")).expect("a port is free");
    let address = socket.local_addr().expect("it is bound");
    let settings = settings(&format!("http://{address}"), None, MODEL);
    let mut backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
    let (embedded, retries) = embed(&mut backend, &["a"]);
    let error = embedded.expect_err("nobody listens").to_string();
    assert!(error.starts_with(&format!("no answer from {address}: it cannot be reached: ")), "{error}");
    assert!(retries.is_empty(), "{retries:?}");
}
