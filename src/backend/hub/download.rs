//! One content from a hub into the cache.

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE};
use reqwest::{Response, StatusCode};
use tokio_util::sync::CancellationToken;

use super::super::BackendError;
use super::super::http::base_url::shown_host;
use super::super::http::retry::{Again, Failure};
use super::cache::RepoCache;
use super::client::{Client, Place, RemoteFile, text};
use super::lock::lock;
use super::meter::Meter;
use super::names::{Commit, ContentHash, Repo};
use super::partial::Partial;
use super::tries::Tries;

/// A try that brings so much does not count as one: a large model may come over a line that breaks often.
const WORTHWHILE: u64 = 1 << 20;

/// What all downloads of one fetch have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Downloader<'a> {
    /// Whom to ask.
    pub(super) client: &'a Client,
    /// Where to put it.
    pub(super) cache: &'a RepoCache,
    /// The repository.
    pub(super) repo: &'a Repo,
    /// The commit that all files are of.
    pub(super) commit: &'a Commit,
    /// Looked at between two steps that do not wait for anything.
    pub(super) cancel: &'a CancellationToken,
}

impl Downloader<'_> {
    /// Makes the blob of a file, unless another process has done so in the meantime.
    pub(super) async fn download(&self, file: &RemoteFile, meter: &mut Meter<'_>) -> Result<(), BackendError> {
        let _lock = lock(&self.cache.lock(&file.etag)).await?;
        if !self.cache.has_content(self.commit, file) {
            self.download_locked(file, meter).await?;
        }
        meter.end(file.size);
        Ok(())
    }

    async fn download_locked(&self, file: &RemoteFile, meter: &mut Meter<'_>) -> Result<(), BackendError> {
        let mut partial = Partial::open(self.cache.incomplete(&file.etag), file.size)?;
        let found = partial.length();
        let completed = self.complete(file, &mut partial, meter).await;
        if completed.is_err() && partial.length() == 0 {
            partial.discard()?;
            return completed.map(drop);
        }
        let host = completed?;
        let mut intact = partial.is_intact(&file.etag, self.cancel)?;
        if !intact && found > 0 {
            // It may be the beginning that is damaged, by a crash or by another program.
            tracing::warn!(path = file.path, found, "what an earlier download has left is of no use: starting over");
            partial.restart()?;
            self.complete(file, &mut partial, meter).await?;
            intact = partial.is_intact(&file.etag, self.cancel)?;
        }
        if intact {
            return partial.keep(&self.cache.blob(&file.etag));
        }
        partial.discard()?;
        let hash = match file.etag.hash() {
            ContentHash::Sha256 => "SHA-256",
            ContentHash::GitBlob => "Git hash",
            ContentHash::Unknown => "length",
        };
        let reason = format!(
            "the download of {} of {} is damaged: its {hash} is not the one announced. It was deleted, so try again",
            file.path, self.repo
        );
        Err(BackendError::BadAnswer { host, reason })
    }

    /// Fetches what is missing, in several tries if need be, and gives the host that it came from.
    async fn complete(
        &self,
        file: &RemoteFile,
        partial: &mut Partial,
        meter: &mut Meter<'_>,
    ) -> Result<String, BackendError> {
        let mut host = self.client.host().to_owned();
        let mut tries = Tries::new(self.client.backoff());
        while partial.missing() > 0 {
            let before = partial.length();
            match self.attempt(file, partial, meter).await {
                Ok(from) => host = from,
                Err(failure) => {
                    if partial.length() >= before + WORTHWHILE {
                        tries.reset();
                    }
                    tries.wait(failure).await?;
                }
            }
        }
        Ok(host)
    }

    async fn attempt(
        &self,
        file: &RemoteFile,
        partial: &mut Partial,
        meter: &mut Meter<'_>,
    ) -> Result<String, Failure> {
        let place = Place { repo: self.repo, revision: self.commit.as_str(), path: &file.path };
        let mut response = self.client.content(place, partial.length()).await?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            partial.restart().map_err(never)?;
            response = self.client.content(place, 0).await?;
        }
        match Sent::read(&response) {
            Sent::Nothing => return Err(self.bad_answer(&response, file, "it has no such part of")),
            Sent::From(start, total) => {
                if total.is_some_and(|total| total != file.size) {
                    partial.restart().map_err(never)?;
                    return Err(self.bad_answer(&response, file, "it sends another length than announced of"));
                }
                if start == 0 && partial.length() > 0 {
                    tracing::debug!(path = file.path, "the server sends no parts: starting over");
                    partial.restart().map_err(never)?;
                }
                if start != partial.length() {
                    return Err(self.bad_answer(&response, file, "it sends another part than was asked for of"));
                }
            }
        }
        self.receive(response, file, partial, meter).await
    }

    async fn receive(
        &self,
        mut response: Response,
        file: &RemoteFile,
        partial: &mut Partial,
        meter: &mut Meter<'_>,
    ) -> Result<String, Failure> {
        let url = response.url().clone();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.client.broken(&url, &error))? {
            // A server that is faster than the disk leaves nothing to wait for, where this would be noticed otherwise.
            if self.cancel.is_cancelled() {
                return Err(never(BackendError::Cancelled));
            }
            if chunk.len() as u64 > partial.missing() {
                partial.restart().map_err(never)?;
                return Err(self.bad_answer(&response, file, "it sends another length than announced of"));
            }
            partial.write(&chunk).map_err(never)?;
            meter.at(partial.length());
        }
        let host = shown_host(&url);
        if partial.missing() > 0 {
            let reason = format!("{} ended {} bytes too early", file.path, partial.missing());
            return Err(Failure { error: BackendError::Network { host, reason }, again: Again::Backoff });
        }
        Ok(host)
    }

    fn bad_answer(&self, response: &Response, file: &RemoteFile, what: &str) -> Failure {
        self.client.bad_answer(response.url(), &format!("{what} {} of {}", file.path, self.repo))
    }
}

/// What an answer of success has in it.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    /// Nothing that can be used.
    Nothing,
    /// The content from this byte on, and how long it is in all if that is said.
    From(u64, Option<u64>),
}

impl Sent {
    fn read(response: &Response) -> Self {
        let headers = response.headers();
        match response.status() {
            StatusCode::OK => Self::From(0, text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok())),
            StatusCode::PARTIAL_CONTENT => text(headers, &CONTENT_RANGE).and_then(part).unwrap_or(Self::Nothing),
            _ => Self::Nothing,
        }
    }
}

/// Reads `bytes 100-199/200`, where the last number may be `*`.
fn part(range: &str) -> Option<Sent> {
    let (part, total) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = part.split_once('-')?;
    Some(Sent::From(start.trim().parse().ok()?, total.trim().parse().ok()))
}

fn never(error: BackendError) -> Failure {
    Failure { error, again: Again::Never }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_begins_and_how_long_the_whole_is() {
        for (range, expected) in [
            ("bytes 100-199/200", Some(Sent::From(100, Some(200)))),
            ("bytes 0-0/*", Some(Sent::From(0, None))),
            ("bytes */200", None),
            ("items 1-2/3", None),
            ("bytes 5", None),
        ] {
            assert_eq!(part(range), expected, "{range}");
        }
    }
}
