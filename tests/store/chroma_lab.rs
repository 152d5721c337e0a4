//! A Chroma server that answers as it is told, and one that is real.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use vecscope::backend::BackendError;
use vecscope::corpus::Corpus;
use vecscope::store::chroma::{ChromaSettings, Given, Server, Timing};
use vecscope::store::{ChromaStore, StoreError, VectorStore};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Short waits between tries, but time enough for a busy machine to answer.
pub(crate) const QUICK: Timing =
    Timing { connect: Duration::from_secs(10), total: Duration::from_mins(1), backoff: Duration::from_millis(1) };

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the collections of Chroma's own database are.
pub(crate) const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be had")
}

/// Settings for a server on this machine, with short waits.
pub(crate) fn settings(url: &str, token: Option<&str>) -> ChromaSettings {
    let token = token.map(SecretString::from);
    let given = Given { name: "--chroma-url", url, token: token.as_ref(), ..Given::default() };
    let mut settings = ChromaSettings::new(given).expect("the settings are valid");
    settings.timing = QUICK;
    settings
}

/// A mock of Chroma with one collection, `notes`, whose id is `1`.
pub(crate) struct Lab {
    pub(crate) runtime: Runtime,
    pub(crate) server: MockServer,
}

impl Lab {
    /// A server that knows nothing but what it can do.
    pub(crate) fn new() -> Self {
        let runtime = runtime();
        let server = runtime.block_on(MockServer::start());
        let lab = Self { runtime, server };
        lab.on(
            "GET",
            "/api/v2/pre-flight-checks",
            ok(&json!({ "max_batch_size": 3, "supports_base64_encoding": true })),
        );
        lab
    }

    /// One that has the collection with this in its metadata and configuration, of vectors of two dimensions.
    pub(crate) fn with_notes(metadata: &Value, configuration: &Value) -> Self {
        let lab = Self::new();
        let notes = json!({
            "id": "1", "name": "notes", "metadata": metadata, "dimension": 2, "configuration_json": configuration
        });
        lab.on("GET", &format!("{COLLECTIONS}/notes"), ok(&notes));
        lab
    }

    pub(crate) fn on(&self, verb: &str, place: &str, answer: impl Respond + 'static) {
        let mock = Mock::given(method(verb)).and(path(place)).respond_with(answer);
        self.runtime.block_on(mock.mount(&self.server));
    }

    /// Answers `POST` to a part of the collection.
    pub(crate) fn on_notes(&self, part: &str, answer: impl Respond + 'static) {
        self.on("POST", &format!("{COLLECTIONS}/1/{part}"), answer);
    }

    pub(crate) fn count(&self, records: usize) {
        self.on("GET", &format!("{COLLECTIONS}/1/count"), ok(&json!(records)));
    }

    pub(crate) fn connect(&self, token: Option<&str>) -> Result<Server, BackendError> {
        Server::connect(settings(&self.server.uri(), token), self.runtime.handle().clone())
    }

    pub(crate) fn open(&self, corpus: Corpus) -> Result<ChromaStore, StoreError> {
        ChromaStore::open(self.connect(None).expect("it is a Chroma"), "notes", &Arc::new(corpus))
    }

    /// What was posted to a part of the collection.
    pub(crate) fn posted(&self, part: &str) -> Vec<Value> {
        let requests = self.runtime.block_on(self.server.received_requests()).expect("requests are recorded");
        let place = format!("{COLLECTIONS}/1/{part}");
        let posted = requests.iter().filter(|request| request.url.path() == place);
        posted.map(|request| request.body_json().expect("a request is JSON")).collect()
    }
}

/// An answer of success with this body.
pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A refusal as Chroma words it.
pub(crate) fn refusal(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": "Error", "message": message }))
}

/// Gives the records of a list as Chroma does: by offset and limit, or those that are asked for by their ids.
pub(crate) struct Records(pub(crate) Vec<Value>);

impl Respond for Records {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked: Value = request.body_json().expect("a request is JSON");
        let number = |key: &str| asked[key].as_u64().and_then(|number| usize::try_from(number).ok());
        let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
        let wanted = |record: &&Value| asked["ids"].as_array().is_none_or(|ids| ids.contains(&record["id"]));
        let page: Vec<&Value> = self.0.iter().filter(wanted).skip(offset).take(limit).collect();
        let column = |key: &str| page.iter().map(|record| record[key].clone()).collect::<Vec<_>>();
        ok(&json!({
            "ids": column("id"), "documents": column("document"), "metadatas": column("metadata"),
            "embeddings": column("embedding"), "include": [],
        }))
    }
}

/// A Chroma server in a process of its own, from `chromadb`'s wheel alone. It ends with this.
pub(crate) struct RealServer {
    child: Child,
    port: u16,
    folder: TempDir,
    pub(crate) runtime: Runtime,
}

impl RealServer {
    /// Waits until it answers.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port is free").port();
        let server = Self { child: spawn(&folder, port), port, folder, runtime: runtime() };
        server.await_answer();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn connect(&self) -> Result<Server, BackendError> {
        Server::connect(settings(&self.url(), None), self.runtime.handle().clone())
    }

    /// A handle on a collection that keeps a corpus.
    #[track_caller]
    pub(crate) fn open(&self, collection: &str, corpus: &Corpus) -> ChromaStore {
        let server = self.connect().expect("the server answers");
        ChromaStore::open(server, collection, &Arc::new(corpus.clone())).expect("the collection can be opened")
    }

    /// A handle on a collection for any texts.
    #[track_caller]
    pub(crate) fn handle(&self, collection: &str) -> Box<dyn VectorStore> {
        Box::new(self.open(collection, &Corpus::new("contract", Vec::new())))
    }

    /// Ends it at once, in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
    }

    /// Starts it again over the same data.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.folder, self.port);
        self.await_answer();
    }

    /// Posts to the interface as anybody's client does.
    #[track_caller]
    pub(crate) fn post(&self, place: &str, body: &Value) -> Value {
        let url = format!("{}{COLLECTIONS}{place}", self.url());
        let answer = self.runtime.block_on(async {
            let answer =
                reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?.post(url).json(body).send().await?;
            answer.error_for_status()?.json().await
        });
        let answer: reqwest::Result<Value> = answer;
        answer.expect("the server takes it")
    }

    /// Deletes a collection as somebody else might.
    #[track_caller]
    pub(crate) fn delete(&self, collection: &str) {
        let url = format!("{}{COLLECTIONS}/{collection}", self.url());
        let answer = self.runtime.block_on(async {
            reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .build()?
                .delete(url)
                .send()
                .await?
                .error_for_status()
        });
        answer.expect("the server deletes it");
    }

    #[track_caller]
    fn await_answer(&self) {
        let started = Instant::now();
        while self.connect().is_err() {
            assert!(started.elapsed() < PATIENCE, "the server does not answer");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(folder: &TempDir, port: u16) -> Child {
    let python = std::env::var_os("VECSCOPE_TEST_CHROMA").expect("VECSCOPE_TEST_CHROMA is the path of a Python");
    let run = "import sys, chromadb_rust_bindings as chroma; chroma.cli(['chroma', 'run', *sys.argv[1:]])";
    Command::new(python)
        .args(["-c", run, "--host", "127.0.0.1", "--port", &port.to_string(), "--path"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the Python can be started")
}
