//! Cancelling: the request and the wait end at once.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use vecscope::backend::openai::OpenAi;
use vecscope::backend::{BackendError, Embedder, Job, Role};
use wiremock::ResponseTemplate;

use crate::lab::{Lab, MODEL, embeddings, ok, runtime, settings};
use crate::raw::{RawServer, Seen, Then};

/// Far less than any wait that the tests cancel, far more than cancelling takes.
const PROMPT: Duration = Duration::from_secs(10);

#[test]
fn a_request_in_flight_is_dropped() {
    for begun in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":["] {
        let runtime = runtime();
        let mut server = RawServer::start(&runtime, Then::Hold(begun));
        let settings = settings(&server.base_url, None, MODEL);
        let mut backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
        let cancel = CancellationToken::new();
        let start = Instant::now();
        let seen = runtime.spawn({
            let cancel = cancel.clone();
            async move {
                let first = server.seen.recv().await;
                cancel.cancel();
                [first, server.seen.recv().await]
            }
        });
        let mut retries = 0;
        let result = backend.embed(&["a"], Role::Document, &mut Job { cancel: &cancel, notify: &mut |_| retries += 1 });
        assert!(matches!(result, Err(BackendError::Cancelled)), "{result:?}");
        let seen = runtime.block_on(seen).expect("the server does not panic");
        assert_eq!(seen, [Some(Seen::Request), Some(Seen::Gone)]);
        assert!(start.elapsed() < PROMPT);
        assert_eq!(retries, 0);
    }
}

#[test]
fn the_wait_before_another_try_ends_at_once() {
    let mut lab = Lab::new(ResponseTemplate::new(503).insert_header("Retry-After", "60"));
    let cancel = CancellationToken::new();
    let start = Instant::now();
    let mut notify = |retry: vecscope::backend::Retry| {
        assert_eq!(retry.wait, Duration::from_mins(1));
        cancel.cancel();
    };
    let result = lab.backend.embed(&["a"], Role::Document, &mut Job { cancel: &cancel, notify: &mut notify });
    assert!(matches!(result, Err(BackendError::Cancelled)), "{result:?}");
    assert!(start.elapsed() < PROMPT);
    assert_eq!(lab.requests().len(), 1);
}

#[test]
fn what_is_cancelled_before_it_begins_sends_nothing() {
    let mut lab = Lab::new(ok(&embeddings(&[&[1.0]])));
    let cancel = CancellationToken::new();
    cancel.cancel();
    let result = lab.backend.embed(&["a"], Role::Document, &mut Job { cancel: &cancel, notify: &mut |_| () });
    assert!(matches!(result, Err(BackendError::Cancelled)), "{result:?}");
    assert_eq!(lab.requests().len(), 0);
    assert!(lab.embed(&["a"]).0.is_ok(), "the backend is as good as new");
}
