//! What every test needs: a runtime, a backend that asks a mock server, and jobs that note their retries.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use vecscope::backend::openai::{OpenAi, OpenAiSettings, Timing};
use vecscope::backend::{BackendError, Batch, Embedder, Job, Retry, Role};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A model of which nothing is known.
pub(crate) const MODEL: &str = "mock-model";

/// Short waits between tries, but time enough for a busy machine to answer.
pub(crate) const QUICK: Timing =
    Timing { connect: Duration::from_secs(10), total: Duration::from_mins(1), backoff: Duration::from_millis(1) };

/// A runtime beside the test's own thread, which is none of its workers.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be had")
}

/// A mock server and a backend that asks it.
pub(crate) struct Lab {
    pub(crate) runtime: Runtime,
    pub(crate) server: MockServer,
    pub(crate) backend: OpenAi,
}

impl Lab {
    /// A lab whose server answers embedding requests as it is told.
    pub(crate) fn new(answer: impl Respond + 'static) -> Self {
        Self::with(answer, None, MODEL)
    }

    /// A lab with a key and a model.
    pub(crate) fn with(answer: impl Respond + 'static, key: Option<&str>, model: &str) -> Self {
        let runtime = runtime();
        let server = runtime.block_on(MockServer::start());
        runtime.block_on(Mock::given(method("POST")).and(path("/v1/embeddings")).respond_with(answer).mount(&server));
        let settings = settings(&format!("{}/v1", server.uri()), key, model);
        let backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
        Self { runtime, server, backend }
    }

    /// Embeds, noting the retries.
    pub(crate) fn embed(&mut self, texts: &[&str]) -> (Result<Batch, BackendError>, Vec<Retry>) {
        embed(&mut self.backend, texts)
    }

    /// Embeds what must fail, and says why.
    pub(crate) fn refusal(&mut self, texts: &[&str]) -> String {
        self.embed(texts).0.expect_err("the server does not answer").to_string()
    }

    /// What the server was sent.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.runtime.block_on(self.server.received_requests()).expect("requests are recorded")
    }

    /// The JSON body of the only request.
    pub(crate) fn asked(&self) -> Value {
        let requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests[0].body_json().expect("a request is JSON")
    }
}

/// Settings for a server on this machine, with short waits.
pub(crate) fn settings(base_url: &str, key: Option<&str>, model: &str) -> OpenAiSettings {
    let key = key.map(SecretString::from);
    let mut settings =
        OpenAiSettings::from_values(Some(base_url), key.as_ref(), Some(model)).expect("the settings are valid");
    settings.timing = QUICK;
    settings
}

/// Embeds, noting the retries.
pub(crate) fn embed(backend: &mut OpenAi, texts: &[&str]) -> (Result<Batch, BackendError>, Vec<Retry>) {
    let mut retries = Vec::new();
    let cancel = CancellationToken::new();
    let result =
        backend.embed(texts, Role::Document, &mut Job { cancel: &cancel, notify: &mut |retry| retries.push(retry) });
    (result, retries)
}

/// An answer of success with this body.
pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A body with one embedding a row, numbered as they stand.
pub(crate) fn embeddings(rows: &[&[f32]]) -> Value {
    let data: Vec<_> =
        rows.iter().enumerate().map(|(index, row)| json!({ "index": index, "embedding": row })).collect();
    json!({ "data": data, "usage": { "prompt_tokens": 3, "total_tokens": 3 } })
}

/// Numbers as base64 of little-endian 32-bit floats.
pub(crate) fn base64(numbers: &[f32]) -> String {
    STANDARD.encode(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
}

/// Gives the first answers in turn, then the last one for ever.
pub(crate) struct InTurn(std::sync::Mutex<Vec<ResponseTemplate>>);

impl InTurn {
    /// Answers in the order in which they are given.
    pub(crate) fn new(answers: impl IntoIterator<Item = ResponseTemplate>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self(answers.into())
    }
}

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut answers = self.0.lock().expect("no test panics here");
        if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }.expect("there is an answer")
    }
}
