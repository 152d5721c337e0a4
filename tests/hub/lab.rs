//! What every test needs: a hub with one repository, the CDN that has its large files, and an empty cache.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use vecscope::backend::BackendError;
use vecscope::backend::hub::{Download, Hub, HubFile, HubSettings, Repo, Timing};

use crate::server::{Reply, Request, Server};

/// The repository that the hub has.
pub(crate) const ID: &str = "org/tiny-model";
/// The commit that its main branch is at.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Short waits between tries, but time enough for a busy machine to answer.
pub(crate) const QUICK: Timing =
    Timing { connect: Duration::from_secs(10), read: Duration::from_mins(1), backoff: Duration::from_millis(1) };

/// The files that tests ask for. The last one is not there.
pub(crate) const FILES: [HubFile<'static>; 4] = [
    HubFile { path: "onnx/model.onnx", required: true },
    HubFile { path: "tokenizer.json", required: true },
    HubFile { path: "1_Pooling/config.json", required: false },
    HubFile { path: "vocab.txt", required: false },
];
/// What is in their places: the model is a large file, of which the CDN has the content.
pub(crate) const MODEL: &str = "onnx/model.onnx";
pub(crate) const TOKENIZER: &str = "tokenizer.json";

/// A content of so many bytes in which no part is like another.
pub(crate) fn content(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}

/// The SHA-256 of a content.
pub(crate) fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// What git calls a content.
pub(crate) fn git_blob(content: &[u8]) -> String {
    hex(&Sha1::new_with_prefix(format!("blob {}\0", content.len())).chain_update(content).finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whom a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Hub,
    Cdn,
}

/// A hub, its CDN and a cache.
pub(crate) struct Lab {
    pub(crate) runtime: Runtime,
    pub(crate) hub: Server,
    pub(crate) cdn: Server,
    pub(crate) cache: TempDir,
    pub(crate) model: Vec<u8>,
    pub(crate) tokenizer: Vec<u8>,
}

impl Lab {
    /// A lab in which everything is as it should be.
    pub(crate) fn new() -> Self {
        Self::with(|_, _, reply| reply)
    }

    /// A lab with a large model of 300 kB whose answers `change` may spoil.
    pub(crate) fn with(change: impl Fn(At, &Request, Reply) -> Reply + Send + Sync + 'static) -> Self {
        Self::of_size(300_000, change)
    }

    /// A lab with a model of any size.
    pub(crate) fn of_size(bytes: usize, change: impl Fn(At, &Request, Reply) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be had");
        let (model, tokenizer) = (content(bytes), b"{\"version\": \"1.0\"}".to_vec());
        let change = Arc::new(change);
        let contents = BTreeMap::from([(format!("/{}", sha256(&model)), model.clone())]);
        let cdn = Server::start(&runtime, {
            let change = Arc::clone(&change);
            move |request| change(At::Cdn, request, cdn_reply(&contents, request))
        });
        let files = BTreeMap::from([
            (MODEL, large(&cdn.url, &model)),
            (TOKENIZER, small(&tokenizer)),
            ("1_Pooling/config.json", small(b"{}")),
        ]);
        let hub = Server::start(&runtime, move |request| change(At::Hub, request, hub_reply(&files, request)));
        let cache = tempfile::tempdir().expect("a temporary folder");
        Self { runtime, hub, cdn, cache, model, tokenizer }
    }

    /// Settings for this hub and cache, with short waits.
    pub(crate) fn settings(&self, values: &[(&str, &str)]) -> HubSettings {
        settings(&self.hub.url, self.cache.path(), values)
    }

    /// The client.
    pub(crate) fn client(&self, settings: HubSettings) -> Hub {
        Hub::new(settings, self.runtime.handle().clone()).expect("a client can be had")
    }

    /// Fetches all files, noting the progress.
    pub(crate) fn fetch(&self) -> (Result<PathBuf, BackendError>, Vec<Download>) {
        fetch_files(&self.client(self.settings(&[])), &FILES)
    }

    /// Fetches what must be there in the end, right to the byte; gives the progress.
    #[track_caller]
    pub(crate) fn succeeds(&self) -> Vec<Download> {
        let (fetched, progress) = self.fetch();
        let snapshot = fetched.expect("everything is there");
        assert_eq!(snapshot, self.repo_folder().join("snapshots").join(COMMIT));
        assert!(fs::read(snapshot.join(MODEL)).expect("it is there") == self.model, "the model has other bytes");
        assert_eq!(fs::read(snapshot.join(TOKENIZER)).expect("it is there"), self.tokenizer);
        assert_progress(&progress);
        progress
    }

    /// Fetches what cannot be had; gives the reason.
    #[track_caller]
    pub(crate) fn fails(&self) -> BackendError {
        self.fetch().0.expect_err("it cannot be had")
    }

    /// The folder of the repository in the cache.
    pub(crate) fn repo_folder(&self) -> PathBuf {
        self.cache.path().join("models--org--tiny-model")
    }

    /// Where the beginning of the model is.
    pub(crate) fn incomplete(&self) -> PathBuf {
        self.repo_folder().join("blobs").join(format!("{}.incomplete", sha256(&self.model)))
    }

    /// Puts so much of a content where the beginning of the model is.
    pub(crate) fn begin(&self, content: &[u8]) {
        put(&self.incomplete(), content);
    }

    /// The bytes from which on the CDN was asked for the model, in order.
    pub(crate) fn ranges(&self) -> Vec<Option<usize>> {
        self.cdn.requests().iter().map(Request::from).collect()
    }
}

/// The repository.
pub(crate) fn repo() -> Repo {
    Repo::new(ID).expect("it is a name")
}

/// Fetches files, noting the progress.
pub(crate) fn fetch_files(hub: &Hub, files: &[HubFile<'_>]) -> (Result<PathBuf, BackendError>, Vec<Download>) {
    let mut progress = Vec::new();
    let fetched = hub.fetch(&repo(), files, &CancellationToken::new(), &mut |download| progress.push(download));
    (fetched, progress)
}

/// Settings with short waits.
pub(crate) fn settings(endpoint: &str, cache: &Path, values: &[(&str, &str)]) -> HubSettings {
    let lookup = |name: &str| match name {
        "HF_ENDPOINT" => Some(endpoint.to_owned()),
        _ => values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
    };
    // The person's own token is none of the tests' business.
    let mut settings = HubSettings::from_values(lookup, Some(cache)).expect("the settings are valid");
    settings.cache = cache.into();
    settings.timing = QUICK;
    settings
}

/// Writes a file and the folders that it is in.
pub(crate) fn put(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
    fs::write(path, content).expect("a file can be written");
}

/// All files and links below a folder, with slashes, in order.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name().into_string().expect("names are text");
        if entry.file_type().expect("it is something").is_dir() {
            names.extend(tree(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// Progress only goes forwards and ends when everything is there.
#[track_caller]
pub(crate) fn assert_progress(progress: &[Download]) {
    let last = progress.last().expect("there was some");
    assert_eq!(last.done, last.total);
    assert!(progress.iter().all(|step| step.total == last.total), "{progress:?}");
    assert!(progress.is_sorted_by_key(|step| step.done), "{progress:?}");
}

fn small(content: &[u8]) -> Reply {
    Reply::new(200).header("X-Repo-Commit", COMMIT).header("ETag", format!("\"{}\"", git_blob(content))).body(content)
}

fn large(cdn: &str, content: &[u8]) -> Reply {
    Reply::new(302)
        .header("X-Repo-Commit", COMMIT)
        .header("ETag", format!("\"{}\"", git_blob(b"a pointer")))
        .header("X-Linked-Etag", format!("\"{}\"", sha256(content)))
        .header("X-Linked-Size", content.len().to_string())
        .header("Location", format!("{cdn}/{}", sha256(content)))
        .body("Found. Redirecting")
}

fn hub_reply(files: &BTreeMap<&str, Reply>, request: &Request) -> Reply {
    let error = |code: &str| Reply::new(404).header("X-Error-Code", code).header("X-Error-Message", "no, said the hub");
    let Some(rest) = request.path.strip_prefix(&format!("/{ID}/resolve/")) else { return error("RepoNotFound") };
    match rest.split_once('/') {
        Some(("main" | COMMIT, path)) => {
            files.get(path).cloned().unwrap_or_else(|| error("EntryNotFound").header("X-Repo-Commit", COMMIT))
        }
        _ => error("RevisionNotFound"),
    }
}

fn cdn_reply(contents: &BTreeMap<String, Vec<u8>>, request: &Request) -> Reply {
    let Some(content) = contents.get(&request.path) else { return Reply::new(403) };
    let length = content.len();
    match request.from() {
        None => Reply::new(200).body(content.clone()),
        Some(from) if from < length => Reply::new(206)
            .header("Content-Range", format!("bytes {from}-{}/{length}", length - 1))
            .body(&content[from..]),
        Some(_) => Reply::new(416).header("Content-Range", format!("bytes */{length}")),
    }
}
