//! A hub on this machine with one repository, as far as a model is fetched from it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Runtime};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Where fastembed finds all-MiniLM-L6-v2, and the commit that this hub has.
pub(crate) const REPOSITORY: &str = "Qdrant/all-MiniLM-L6-v2-onnx";
pub(crate) const COMMIT: &str = "5f1b8cd78bc4fb444dd171e59b18f3a3af89a079";

/// A hub with one repository.
pub(crate) struct Hub {
    _runtime: Runtime,
    server: MockServer,
    runtime: tokio::runtime::Handle,
}

struct Files {
    repository: &'static str,
    contents: BTreeMap<&'static str, Vec<u8>>,
    /// Whether what comes is not what was promised.
    damaged: bool,
}

impl Respond for Files {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let wanted = ["main", COMMIT]
            .iter()
            .find_map(|revision| path.strip_prefix(&format!("/{}/resolve/{revision}/", self.repository)));
        let Some(content) = wanted.and_then(|file| self.contents.get(file)) else { return ResponseTemplate::new(404) };
        let sha256 = Sha256::digest(content).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes anything");
            hex
        });
        let mut content = content.clone();
        if self.damaged {
            content[7] ^= 1;
        }
        let reply = ResponseTemplate::new(200)
            .insert_header("x-repo-commit", COMMIT)
            .insert_header("x-linked-etag", format!("\"{sha256}\"").as_str())
            .insert_header("x-linked-size", content.len().to_string().as_str());
        reply.set_body_bytes(content)
    }
}

impl Hub {
    /// A hub with the model that is part of this repository.
    pub(crate) fn start(damaged: bool) -> Self {
        let names = ["model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model");
        let read = |name: &'static str| (name, fs::read(format!("{folder}/{name}")).expect("the model is here"));
        Self::with(REPOSITORY, names.into_iter().map(read).collect(), damaged)
    }

    /// A hub with these files.
    pub(crate) fn with(repository: &'static str, contents: BTreeMap<&'static str, Vec<u8>>, damaged: bool) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
        let server = runtime.block_on(MockServer::start());
        runtime.block_on(Mock::given(any()).respond_with(Files { repository, contents, damaged }).mount(&server));
        Self { runtime: runtime.handle().clone(), _runtime: runtime, server }
    }

    /// What to give as `HF_ENDPOINT`.
    pub(crate) fn endpoint(&self) -> String {
        self.server.uri()
    }

    /// The paths of the contents that were fetched.
    pub(crate) fn fetched(&self) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests()).expect("requests are recorded");
        let gets = requests.into_iter().filter(|request| request.method.as_str() == "GET");
        gets.map(|request| request.url.path().to_owned()).collect()
    }
}
