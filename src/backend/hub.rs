//! The Hugging Face hub: models are downloaded from it into the cache that all programs share.
//!
//! This is written here, on the HTTP client that is in the program anyway, because no crate does all of it: hf-hub 0.5
//! checks no hashes and its tasks outlive a download that was given up, hf-hub 1.0 does not go on with what was begun
//! and brings 300 crates with it. What is asked for here is the layout of Python's cache, a download that is gone on
//! with after a break, contents checked by their hashes, and an end at once when it is cancelled.
//!
//! Everything of one fetch is of one commit. Names that come from a hub are checked before they become paths, contents
//! before they get the name by which they are found. The token goes to the hub alone, encrypted unless that is this
//! machine.

use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::BackendError;

mod cache;
mod client;
mod download;
mod lock;
mod meter;
mod names;
mod partial;
mod redirect;
mod refusal;
mod settings;
mod tries;

pub use meter::Download;
pub use names::{HubFile, Repo};
pub use settings::{HubSettings, Timing};

use cache::RepoCache;
use client::{Client, Located, Place, RemoteFile};
use download::Downloader;
use meter::Meter;
use names::Commit;

/// How many files a hub is asked about at once.
const QUESTIONS: usize = 8;

/// A hub and the cache of what came from it. Its `Debug` shows nothing of the token.
#[derive(Debug)]
pub struct Hub {
    client: Client,
    cache: PathBuf,
    offline: bool,
    handle: Handle,
}

impl HubSettings {
    /// As [`Hub::cached`], for whoever needs no hub yet.
    #[must_use]
    pub fn cached(&self, repo: &Repo, files: &[HubFile<'_>]) -> Option<PathBuf> {
        cached(&self.cache, repo, files)
    }
}

fn cached(cache: &Path, repo: &Repo, files: &[HubFile<'_>]) -> Option<PathBuf> {
    let cache = RepoCache::new(cache, repo);
    let commit = cache.commit(repo.revision())?;
    let known = |file: &HubFile<'_>| !file.required && cache.known_absent(&commit, file.path);
    let there = |file: &HubFile<'_>| file.check().is_ok() && (cache.has(&commit, file.path) || known(file));
    files.iter().all(there).then(|| cache.snapshot(&commit))
}

impl Hub {
    /// A hub that is not asked before something is missing.
    ///
    /// `handle` is of a multi-threaded runtime with I/O and time, which must outlive the hub.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if the system's certificates cannot be used.
    pub fn new(settings: HubSettings, handle: Handle) -> Result<Self, BackendError> {
        let client = Client::new(&settings)?;
        let HubSettings { cache, offline, .. } = settings;
        Ok(Self { client, cache, offline, handle })
    }

    /// The folder with a repository's files if all of `files` are in the cache, or known not to exist where they need
    /// not. Asks nobody.
    #[must_use]
    pub fn cached(&self, repo: &Repo, files: &[HubFile<'_>]) -> Option<PathBuf> {
        cached(&self.cache, repo, files)
    }

    /// The folder with a repository's files, after those that are missing were downloaded. Nobody is asked where none
    /// is. `progress` is told how far it is, at most 20 times a second and when a file begins and ends.
    ///
    /// Blocks its thread, which is not one of the runtime's own. Cancelling ends it at once; what is there by then is
    /// gone on with the next time. Where the hub cannot be reached, the files that are required are enough.
    ///
    /// # Errors
    /// Whatever keeps the files from being there, [`BackendError::Cancelled`] among it.
    pub fn fetch(
        &self,
        repo: &Repo,
        files: &[HubFile<'_>],
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(Download),
    ) -> Result<PathBuf, BackendError> {
        files.iter().try_for_each(|file| file.check())?;
        if let Some(snapshot) = self.cached(repo, files) {
            return Ok(snapshot);
        }
        let usable = self.usable(repo, files);
        match (self.block_on(repo, files, cancel, self.find(repo, usable.as_ref(), files)), usable) {
            (Err(error), Some(commit)) if no_word(&error) => {
                tracing::warn!(%repo, %error, "optional files that are not in the cache are left out");
                Ok(self.cache_of(repo).snapshot(&commit))
            }
            (found, _) => self.block_on(repo, files, cancel, self.fetch_missing(repo, found?, cancel, progress)),
        }
    }

    /// How many bytes [`Hub::fetch`] would download now. Asks the hub unless everything is there.
    ///
    /// # Errors
    /// Whatever keeps the hub from answering, [`BackendError::Cancelled`] among it.
    pub fn missing_bytes(
        &self,
        repo: &Repo,
        files: &[HubFile<'_>],
        cancel: &CancellationToken,
    ) -> Result<u64, BackendError> {
        files.iter().try_for_each(|file| file.check())?;
        if self.cached(repo, files).is_some() {
            return Ok(0);
        }
        let usable = self.usable(repo, files);
        let snapshot = self.block_on(repo, files, cancel, self.find(repo, usable.as_ref(), files))?;
        let cache = self.cache_of(repo);
        let missing = snapshot.missing(&cache).into_iter().map(|file| file.size - cache.beginning(file));
        Ok(missing.fold(0, u64::saturating_add))
    }

    /// Runs what needs the network, unless there is to be none, until it ends or is cancelled.
    fn block_on<T>(
        &self,
        repo: &Repo,
        files: &[HubFile<'_>],
        cancel: &CancellationToken,
        task: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, BackendError> {
        if self.offline {
            return Err(self.not_asked(repo, files));
        }
        let mut done = self.handle.block_on(cancel.run_until_cancelled(task)).ok_or(BackendError::Cancelled)?;
        if let Err(BackendError::Network { reason, .. }) = &mut done {
            reason.push_str("; models are downloaded from it, and everything else works without");
        }
        done
    }

    /// Why nothing was asked for.
    fn not_asked(&self, repo: &Repo, files: &[HubFile<'_>]) -> BackendError {
        let cache = self.cache_of(repo);
        let commit = cache.commit(repo.revision());
        let is_missing = |file: &&HubFile<'_>| commit.as_ref().is_none_or(|commit| !cache.has(commit, file.path));
        let missing = files.iter().filter(is_missing).map(|file| file.path).collect::<Vec<_>>().join(", ");
        BackendError::NotConfigured(format!(
            "HF_HUB_OFFLINE is set, so {} is not asked for what of {repo} is not in {}: {missing}. Everything else \
             works without; nothing was sent",
            self.client.host(),
            self.cache.display()
        ))
    }

    fn cache_of(&self, repo: &Repo) -> RepoCache {
        RepoCache::new(&self.cache, repo)
    }

    /// The commit in the cache that has all that is required.
    fn usable(&self, repo: &Repo, files: &[HubFile<'_>]) -> Option<Commit> {
        let cache = self.cache_of(repo);
        let commit = cache.commit(repo.revision())?;
        let mut required = files.iter().filter(|file| file.required).peekable();
        required.peek()?;
        required.all(|file| cache.has(&commit, file.path)).then_some(commit)
    }

    /// Asks the hub about all files, those after the first at the commit that the first is of. Where all that is
    /// required is in the cache, the rest is looked for at the same commit.
    async fn find<'a>(
        &self,
        repo: &Repo,
        usable: Option<&Commit>,
        files: &[HubFile<'a>],
    ) -> Result<Snapshot<'a>, BackendError> {
        let revision = usable.map_or(repo.revision(), Commit::as_str);
        let mut snapshot = Snapshot { commit: Commit::parse(revision), files: Vec::new(), absent: Vec::new() };
        let mut rest = files.iter();
        while snapshot.commit.is_none()
            && let Some(&file) = rest.next()
        {
            let located = self.client.locate(Place { repo, revision, path: file.path }).await?;
            snapshot.add(file, located, Place { repo, revision, path: file.path }, self.client.host())?;
        }
        let commit = snapshot.commit.clone();
        let revision = commit.as_ref().map_or(revision, Commit::as_str);
        let place = |file: &HubFile<'a>| Place { repo, revision, path: file.path };
        let mut answers = stream::iter(rest)
            .map(async |file| Ok::<_, BackendError>((file, self.client.locate(place(file)).await?)))
            .buffered(QUESTIONS);
        while let Some((file, located)) = answers.try_next().await? {
            snapshot.add(*file, located, place(file), self.client.host())?;
        }
        Ok(snapshot)
    }

    async fn fetch_missing(
        &self,
        repo: &Repo,
        snapshot: Snapshot<'_>,
        cancel: &CancellationToken,
        progress: &mut dyn FnMut(Download),
    ) -> Result<PathBuf, BackendError> {
        let cache = self.cache_of(repo);
        let Some(commit) = &snapshot.commit else {
            let reason = format!("it does not say at which commit {repo} is");
            return Err(BackendError::BadAnswer { host: self.client.host().into(), reason });
        };
        let missing = snapshot.missing(&cache);
        let mut meter = Meter::new(progress, missing.iter().map(|file| (file.size, cache.beginning(file))));
        let downloader = Downloader { client: &self.client, cache: &cache, repo, commit, cancel };
        for (number, file) in missing.into_iter().enumerate() {
            meter.begin(number, &file.path);
            downloader.download(file, &mut meter).await?;
        }
        for file in &snapshot.files {
            cache.link(commit, file)?;
        }
        for path in snapshot.absent {
            cache.note_absent(commit, path)?;
        }
        // Last of all: until then the revision stays at a commit that may be there in full.
        cache.note_commit(repo.revision(), commit)?;
        Ok(cache.snapshot(commit))
    }
}

/// Whether a hub was not asked, could not be reached, is out of order, or somebody answers in its place: none of it
/// says anything about a file.
fn no_word(error: &BackendError) -> bool {
    match error {
        BackendError::NotConfigured(_) | BackendError::Network { .. } | BackendError::BadAnswer { .. } => true,
        BackendError::Refused { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

/// What a hub says about the files of one commit.
#[derive(Debug)]
struct Snapshot<'a> {
    commit: Option<Commit>,
    files: Vec<RemoteFile>,
    absent: Vec<&'a str>,
}

impl<'a> Snapshot<'a> {
    fn add(&mut self, file: HubFile<'a>, located: Located, place: Place<'_>, host: &str) -> Result<(), BackendError> {
        let commit = match located {
            Located::There(found, commit) => {
                self.files.push(found);
                Some(commit)
            }
            Located::Absent(_) if file.required => return Err(refusal::absent(host, place)),
            Located::Absent(commit) => {
                self.absent.push(file.path);
                commit
            }
        };
        if self.commit.is_some() && commit.is_some() && commit != self.commit {
            let reason = format!("it says that {} is of another commit than was asked for", file.path);
            return Err(BackendError::BadAnswer { host: host.into(), reason });
        }
        self.commit = commit.or(self.commit.take());
        Ok(())
    }

    /// The files whose contents are not there, each content once.
    fn missing(&self, cache: &RepoCache) -> Vec<&RemoteFile> {
        let mut missing: Vec<&RemoteFile> = Vec::new();
        for file in &self.files {
            let there = self.commit.as_ref().is_some_and(|commit| cache.has_content(commit, file));
            if !there && missing.iter().all(|other| other.etag != file.etag) {
                missing.push(file);
            }
        }
        missing
    }
}
