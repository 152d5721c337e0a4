//! A hub that says no, says nothing, or must not be asked, and what a person is told.

use std::net::TcpListener;

use tokio_util::sync::CancellationToken;
use vecscope::backend::BackendError;
use vecscope::backend::hub::{HubFile, Repo};

use crate::lab::{At, FILES, Lab, TOKENIZER, fetch_files, repo, settings, tree};
use crate::server::Reply;

/// What a person is told when the hub answers like this, with a token or without.
#[track_caller]
fn told(token: Option<&str>, reply: Reply) -> (String, usize) {
    let lab = Lab::with(move |_, _, _| reply.clone());
    let values: Vec<_> = token.map(|token| ("HF_TOKEN", token)).into_iter().collect();
    let error = fetch_files(&lab.client(lab.settings(&values)), &FILES).0.expect_err("the hub says no");
    assert!(matches!(error, BackendError::Refused { .. }), "{error:?}");
    (error.to_string(), lab.hub.asked().len())
}

#[test]
fn a_repository_that_is_not_for_everyone_asks_for_a_token() {
    for status in [401, 403] {
        let gated = || Reply::new(status).header("X-Error-Code", "GatedRepo");
        let (error, tries) = told(None, gated());
        assert!(
            error.contains(&format!("answered {status}: org/tiny-model is gated or private, or there is no")),
            "{error}"
        );
        assert!(error.contains("set HF_TOKEN"), "{error}");
        assert_eq!(tries, 1);
        let (error, tries) = told(Some("hf_x"), gated());
        assert!(error.contains("HF_TOKEN is not accepted or does not give access to it; ask for access at"), "{error}");
        assert!(error.contains("/org/tiny-model"), "{error}");
        assert_eq!(tries, 1);
    }
}

#[test]
fn a_file_that_must_be_there_is_named() {
    let lab = Lab::new();
    let files = [HubFile::required("onnx/model_q4.onnx")];
    let error = fetch_files(&lab.client(lab.settings(&[])), &files).0.expect_err("it is not there");
    assert!(matches!(error, BackendError::Refused { status: 404, .. }), "{error:?}");
    assert!(error.to_string().ends_with("404: org/tiny-model has no file onnx/model_q4.onnx at main"), "{error}");
    assert_eq!(lab.hub.asked().len(), 1);
    assert_eq!(tree(lab.cache.path()), [""; 0]);
}

#[test]
fn a_file_that_need_not_be_there_is_remembered_to_be_absent() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[]));
    // The first one asked about, so that its absence is all that says which commit it is.
    let files = [HubFile::optional("vocab.txt"), HubFile::required(TOKENIZER)];
    let snapshot = fetch_files(&hub, &files).0.expect("everything else is there");
    assert!(!snapshot.join("vocab.txt").exists());
    assert_eq!(hub.cached(&repo(), &files), Some(snapshot));
    assert_eq!(hub.cached(&repo(), &[HubFile::required("vocab.txt")]), None);
}

#[test]
fn a_repository_or_a_revision_that_is_not_there_is_named_even_where_no_file_must_be() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[]));
    let files = [HubFile::optional("vocab.txt")];
    let fetch = |repo: &Repo| {
        let fetched = hub.fetch(repo, &files, &CancellationToken::new(), &mut |_| ());
        fetched.expect_err("it is not there").to_string()
    };
    let error = fetch(&Repo::new("org/other").expect("it is a name"));
    assert!(error.ends_with("404: there is no model repository org/other; no, said the hub"), "{error}");
    let error = fetch(&Repo::at("org/tiny-model", "v9").expect("it is a name"));
    assert!(error.ends_with("404: org/tiny-model has no revision v9; no, said the hub"), "{error}");
}

#[test]
fn a_server_that_is_out_of_order_is_tried_again() {
    let lab = Lab::with(|_, request, reply| match request.before {
        0 => Reply::new(503),
        1 => Reply::new(429).header("Retry-After", "0"),
        _ => reply,
    });
    lab.succeeds();
    let (error, tries) = told(None, Reply::new(500).header("X-Error-Message", "out of  memory"));
    assert!(error.ends_with("answered 500: out of memory (tried 5 times)"), "{error}");
    assert_eq!(tries, 5);
}

#[test]
fn a_server_that_asks_for_too_long_a_wait_is_not_waited_for() {
    let (error, tries) = told(None, Reply::new(429).header("Retry-After", "3600"));
    assert!(
        error.ends_with("429: too many requests; it asks to wait 3600 s, and vecscope waits 60 s at the most"),
        "{error}"
    );
    assert_eq!(tries, 1);
}

#[test]
fn what_the_cdn_keeps_back_is_not_said_to_be_a_matter_of_tokens() {
    let lab = Lab::with(|at, _, reply| if at == At::Cdn { Reply::new(403) } else { reply });
    let error = lab.fails().to_string();
    assert!(error.ends_with("answered 403: it gives no reason to keep onnx/model.onnx back"), "{error}");
    assert!(lab.cdn.url.ends_with(error.split(' ').next().expect("a host")), "{error}");
}

#[test]
fn nobody_is_asked_where_the_settings_forbid_it() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[("HF_HUB_OFFLINE", "1")]));
    let error = fetch_files(&hub, &FILES).0.expect_err("nothing is there");
    assert!(matches!(error, BackendError::NotConfigured(_)), "{error:?}");
    let shown = error.to_string();
    let host = lab.hub.url.trim_start_matches("http://");
    assert!(shown.starts_with(&format!("HF_HUB_OFFLINE is set, so {host} is not asked for")), "{shown}");
    assert!(shown.contains("onnx/model.onnx, tokenizer.json") && shown.contains("Everything else works"), "{shown}");
    let error = hub.missing_bytes(&repo(), &FILES, &CancellationToken::new()).expect_err("nobody may be asked");
    assert!(matches!(error, BackendError::NotConfigured(_)), "{error:?}");
    assert_eq!(lab.hub.asked().len(), 0);
}

#[test]
fn a_port_of_this_machine_where_nobody_listens_is_said_at_once() {
    let lab = Lab::new();
    // Free a moment ago; whoever takes it in the meantime is no hub either.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let mut settings = settings(&format!("http://{address}"), lab.cache.path(), &[]);
    // A second try would come after this.
    settings.timing.backoff = std::time::Duration::from_mins(1);
    let error = fetch_files(&lab.client(settings), &FILES).0.expect_err("nobody listens");
    assert!(matches!(error, BackendError::Network { .. }), "{error:?}");
    let shown = error.to_string();
    assert!(shown.starts_with(&format!("no answer from {address}: it cannot be reached: ")), "{shown}");
    assert!(shown.ends_with("; models are downloaded from it, and everything else works without"), "{shown}");
    assert!(!shown.contains("tried"), "{shown}");
}

#[test]
fn a_hub_that_cannot_be_reached_does_not_keep_what_is_there_back() {
    // Out of order, and a network that answers for everybody until one has paid.
    for reply in [Reply::new(502), Reply::new(200).body("<html>Welcome")] {
        let lab = Lab::new();
        fetch_files(&lab.client(lab.settings(&[])), &FILES[..2]).0.expect("everything is there");
        let broken = Lab::with(move |_, _, _| reply.clone());
        let hub = broken.client(settings(&broken.hub.url, lab.cache.path(), &[]));
        let snapshot = fetch_files(&hub, &FILES).0.expect("what is required is there");
        assert!(snapshot.join(TOKENIZER).is_file());
        assert!(!broken.hub.asked().is_empty(), "the optional ones are asked about");
    }
}
