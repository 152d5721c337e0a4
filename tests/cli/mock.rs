//! An embedding server on this machine that speaks OpenAI's interface.

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// The length of its vectors.
pub(crate) const DIMENSIONS: usize = 27;

/// A server that answers for as long as it lives.
pub(crate) struct Server {
    runtime: Runtime,
    mock: MockServer,
}

impl Server {
    /// A server that answers requests for embeddings as it is told.
    pub(crate) fn start(answer: impl Respond + 'static) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
        let mock = runtime.block_on(MockServer::start());
        runtime.block_on(Mock::given(method("POST")).and(path("/v1/embeddings")).respond_with(answer).mount(&mock));
        Self { runtime, mock }
    }

    /// What to give as `--base-url`.
    pub(crate) fn base_url(&self) -> String {
        format!("{}/v1", self.mock.uri())
    }

    /// What it was sent.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.runtime.block_on(self.mock.received_requests()).expect("requests are recorded")
    }
}

/// Counts letters. It ranks the same every time, and unlike any model of language.
pub(crate) struct Letters;

impl Respond for Letters {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let data: Vec<Value> = inputs(request)
            .iter()
            .enumerate()
            .map(|(index, text)| json!({ "index": index, "embedding": count_letters(text) }))
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({ "data": data, "usage": { "total_tokens": data.len() } }))
    }
}

/// The texts of a request.
pub(crate) fn inputs(request: &Request) -> Vec<String> {
    let body: Value = request.body_json().expect("a request is JSON");
    serde_json::from_value(body["input"].clone()).expect("a request has texts")
}

fn count_letters(text: &str) -> [f32; DIMENSIONS] {
    // One number is always there: no vector may be zero.
    let mut counts = [1.0; DIMENSIONS];
    counts[..DIMENSIONS - 1].fill(0.0);
    for letter in text.bytes().filter(u8::is_ascii_alphabetic) {
        counts[usize::from(letter.to_ascii_lowercase() - b'a')] += 1.0;
    }
    counts
}
