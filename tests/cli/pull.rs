//! Models of the catalogue, fetched from a hub on this machine and run: the whole way from a name to a ranking.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Runtime};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::lab::{Folder, Ran, THREE, assert_says, run, vecscope};

/// Where fastembed finds all-MiniLM-L6-v2, and the commit that this hub has.
const REPOSITORY: &str = "Qdrant/all-MiniLM-L6-v2-onnx";
const COMMIT: &str = "5f1b8cd78bc4fb444dd171e59b18f3a3af89a079";

/// A hub with one repository: the model that is part of this one.
struct Hub {
    _runtime: Runtime,
    server: MockServer,
    runtime: tokio::runtime::Handle,
}

struct Files {
    contents: BTreeMap<&'static str, Vec<u8>>,
    /// Whether what comes is not what was promised.
    damaged: bool,
}

impl Respond for Files {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let wanted = ["main", COMMIT]
            .iter()
            .find_map(|revision| path.strip_prefix(&format!("/{REPOSITORY}/resolve/{revision}/")));
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
    fn start(damaged: bool) -> Self {
        let names = ["model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model");
        let read = |name: &'static str| (name, fs::read(format!("{folder}/{name}")).expect("the model is here"));
        let contents = names.into_iter().map(read).collect();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
        let server = runtime.block_on(MockServer::start());
        runtime.block_on(Mock::given(any()).respond_with(Files { contents, damaged }).mount(&server));
        Self { runtime: runtime.handle().clone(), _runtime: runtime, server }
    }

    /// The paths of the contents that were fetched.
    fn fetched(&self) -> Vec<String> {
        let requests = self.runtime.block_on(self.server.received_requests()).expect("requests are recorded");
        let gets = requests.into_iter().filter(|request| request.method.as_str() == "GET");
        gets.map(|request| request.url.path().to_owned()).collect()
    }

    /// Runs a command with this hub, and a cache of its own.
    fn run(&self, cache: &Folder, arguments: &[&str]) -> Ran {
        run(vecscope(arguments).env("HF_ENDPOINT", self.server.uri()).env("HF_HOME", cache.path()))
    }
}

fn config(folder: &Folder) -> String {
    folder.file("config.toml", "[backends.hub]\nkind = \"fastembed\"\nmodel = \"all-MiniLM-L6-v2\"\n")
}

#[test]
fn a_model_is_fetched_once_and_ranks_offline_as_the_one_in_the_program_does() {
    let (hub, cache) = (Hub::start(false), Folder::new());
    let config = config(&cache);
    let said = hub.run(&cache, &["pull", "hub", "--config", &config]).succeeded();
    assert_says(&said, &["all-MiniLM-L6-v2 is in", COMMIT]);
    assert_eq!(hub.fetched().len(), 5, "{:?}", hub.fetched());
    let again = hub.run(&cache, &["pull", "sentence-transformers/all-MiniLM-L6-v2"]).succeeded();
    assert_eq!((again, hub.fetched().len()), (said, 5), "nothing is fetched twice");

    let corpus = cache.file("three.txt", THREE);
    let search = |backend: &str| {
        let arguments =
            ["search", "bread", "--backend", backend, "--config", &config, "--corpus", &corpus, "--format", "json"];
        let offline = run(vecscope(&arguments).env("HF_HUB_OFFLINE", "1").env("HF_HOME", cache.path()));
        offline.json()
    };
    let (fetched, own) = (search("hub"), search("local"));
    assert_eq!(fetched["results"], own["results"]);
    assert_eq!((&fetched["backend"], &fetched["dimensions"]), (&"hub".into(), &384.into()));
    let models = hub.run(&cache, &["models", "--config", &config, "--format", "json"]).json();
    let listed = models.as_array().expect("a list").iter().find(|model| model["name"] == "hub").expect("it is listed");
    assert_eq!((&listed["ready"], &listed["downloads"]), (&true.into(), &serde_json::Value::Null));
}

#[test]
fn a_search_fetches_what_it_needs() {
    let (hub, cache) = (Hub::start(false), Folder::new());
    let (config, corpus) = (config(&cache), cache.file("three.txt", THREE));
    let arguments =
        ["search", "bread", "--backend", "hub", "--config", &config, "--corpus", &corpus, "--format", "json"];
    let report = hub.run(&cache, &arguments).json();
    assert_eq!(report["results"][0]["id"], "3");
}

#[test]
fn a_damaged_model_is_not_kept() {
    let (hub, cache) = (Hub::start(true), Folder::new());
    let message = hub.run(&cache, &["pull", "all-MiniLM-L6-v2"]).refused();
    assert_says(&message, &["damaged"]);
    let models = hub.run(&cache, &["models", "--config", &config(&cache), "--format", "json"]).json();
    let listed = models.as_array().expect("a list").iter().find(|model| model["name"] == "hub").expect("it is listed");
    assert_eq!(listed["ready"], false);
}

#[test]
fn without_a_network_the_rest_keeps_working() {
    let cache = Folder::new();
    let config = config(&cache);
    let offline = |arguments: &[&str]| run(vecscope(arguments).env("HF_HUB_OFFLINE", "1").env("HF_HOME", cache.path()));
    assert_says(&offline(&["pull", "all-MiniLM-L6-v2"]).refused(), &["HF_HUB_OFFLINE"]);
    assert_says(&offline(&["search", "bread", "--backend", "hub", "--config", &config]).refused(), &["HF_HUB_OFFLINE"]);
    offline(&["search", "bread", "--config", &config]).succeeded();
    let nobody = run(vecscope(&["pull", "all-MiniLM-L6-v2"])
        .env("HF_ENDPOINT", "http://127.0.0.1:1")
        .env("HF_HOME", cache.path()));
    assert_says(&nobody.refused(), &["127.0.0.1:1", "cannot be reached"]);
}
