//! The HTTP client: asks a hub where a file is and what it is called, and goes to where the content is.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, ETAG, HeaderMap, HeaderName, RANGE};
use reqwest::{Method, Response, StatusCode, Url};

use super::super::BackendError;
use super::super::http::base_url::{BaseUrl, is_loopback, shown_host};
use super::super::http::key::{ApiKey, quote};
use super::super::http::retry::{Again, Failure};
use super::super::http::{client, root_cause};
use super::names::{Commit, Etag, Repo};
use super::redirect::redirection;
use super::refusal::{self, Asker};
use super::settings::{HubSettings, Timing};
use super::tries::Tries;

/// How many redirects are followed from one request.
const REDIRECTS: usize = 5;
/// The commit that an answer is about.
const REPO_COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
/// The etag and the size of the content that an answer redirects to.
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");

/// A file at a revision of a repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The repository.
    pub(super) repo: &'a Repo,
    /// A branch, a tag or a commit, not always the one that the repository was named with.
    pub(super) revision: &'a str,
    /// The path in the repository.
    pub(super) path: &'a str,
}

/// A file that a hub has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteFile {
    /// The path in the repository.
    pub(super) path: String,
    /// The name of its content.
    pub(super) etag: Etag,
    /// Its size in bytes.
    pub(super) size: u64,
}

/// What a hub knows of a file.
#[derive(Debug)]
pub(super) enum Located {
    /// It is there, at this commit.
    There(RemoteFile, Commit),
    /// There is no such file at the commit, if that is known.
    Absent(Option<Commit>),
}

/// A client of one hub. Its `Debug` shows nothing of the token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: BaseUrl,
    token: Option<ApiKey>,
    timing: Timing,
}

impl Client {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if the system's certificates cannot be used.
    pub(super) fn new(settings: &HubSettings) -> Result<Self, BackendError> {
        let HubSettings { endpoint: base, token, timing, .. } = settings.clone();
        let builder = || client(&base, timing.connect).read_timeout(timing.read);
        // A machine without certificates can still ask a hub of its own, as long as that redirects to nobody else's.
        let http = builder()
            .build()
            .or_else(|error| if base.encrypted() { Err(error) } else { builder().tls_certs_only([]).build() })
            .map_err(|error| {
                let (host, cause) = (base.host(), root_cause(&error));
                BackendError::NotConfigured(format!("cannot prepare a connection to {host}: {cause}; nothing was sent"))
            })?;
        Ok(Self { http, base, token, timing })
    }

    /// The hub's host, as shown to a person.
    pub(super) fn host(&self) -> &str {
        self.base.host()
    }

    /// How long to wait before the second try.
    pub(super) fn backoff(&self) -> Duration {
        self.timing.backoff
    }

    /// Asks what the hub knows of a file, until it is answered or has been tried often enough.
    pub(super) async fn locate(&self, place: Place<'_>) -> Result<Located, BackendError> {
        let mut tries = Tries::new(self.timing.backoff);
        loop {
            match self.head(place).await {
                Ok(located) => return Ok(located),
                Err(failure) => tries.wait(failure).await?,
            }
        }
    }

    async fn head(&self, place: Place<'_>) -> Result<Located, Failure> {
        let response = self.send(&Method::HEAD, place, 0).await?;
        let (status, headers) = (response.status(), response.headers());
        if status.is_success() || status.is_redirection() {
            return self.located(place, &response).map_err(|reason| self.bad_answer(response.url(), &reason));
        }
        if refusal::is_absent(status, headers) {
            return Ok(Located::Absent(text(headers, &REPO_COMMIT).and_then(Commit::parse)));
        }
        Err(self.refused(place, &response))
    }

    /// Reads what the headers say. Whatever becomes part of a path is checked on the way.
    fn located(&self, place: Place<'_>, response: &Response) -> Result<Located, String> {
        let (path, headers) = (place.path, response.headers());
        let Some(commit) = text(headers, &REPO_COMMIT) else {
            let elsewhere =
                redirection(response).and_then(Result::ok).map(|url| format!("; it redirects to {}", shown_host(&url)));
            return Err(format!(
                "it does not say of which commit {path} is, as a hub of Hugging Face does{}; check HF_ENDPOINT, which \
                 is {}, and that nothing on the way changes answers",
                elsewhere.unwrap_or_default(),
                self.base.shown()
            ));
        };
        let commit = Commit::parse(commit).ok_or_else(|| format!("what it calls the commit of {path} is none"))?;
        let etag = text(headers, &LINKED_ETAG).or_else(|| text(headers, &ETAG));
        let etag = etag.and_then(Etag::parse).ok_or_else(|| format!("it gives {path} no etag that can name a file"))?;
        // The length of a redirect is that of nothing.
        let length = || text(headers, &CONTENT_LENGTH).filter(|_| response.status().is_success());
        let size = text(headers, &LINKED_SIZE).or_else(length).and_then(|size| size.trim().parse().ok());
        let size = size.ok_or_else(|| format!("it does not say how long {path} is"))?;
        Ok(Located::There(RemoteFile { path: path.into(), etag, size }, commit))
    }

    /// Asks for a file's content from byte `from` on, wherever that is. The answer is one of success, or 416.
    pub(super) async fn content(&self, place: Place<'_>, from: u64) -> Result<Response, Failure> {
        let response = self.send(&Method::GET, place, from).await?;
        if response.status().is_success() || response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            Ok(response)
        } else {
            Err(self.refused(place, &response))
        }
    }

    /// Sends a request and follows redirects: the hub's own when asking about a file, any when asking for it.
    async fn send(&self, method: &Method, place: Place<'_>, from: u64) -> Result<Response, Failure> {
        let mut url = self.url(place);
        for _ in 0..=REDIRECTS {
            // The sizes that a hub tells are those of the content as it is.
            let mut request = self.http.request(method.clone(), url.clone()).header(ACCEPT_ENCODING, "identity");
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            if let Some(token) = self.token_for(&url) {
                request = request.header(AUTHORIZATION, token.header());
            }
            let response = request.send().await.map_err(|error| self.broken(&url, &error))?;
            tracing::debug!(host = shown_host(&url), %method, path = place.path, from, status = %response.status(), "answered");
            let Some(next) = redirection(&response) else { return Ok(response) };
            let next = next.map_err(|reason| self.bad_answer(&url, &reason))?;
            if *method == Method::HEAD && next.origin() != self.base.url().origin() {
                return Ok(response);
            }
            url = next;
        }
        Err(self.bad_answer(&url, &format!("it redirects more than {REDIRECTS} times")))
    }

    /// Where a hub has a file.
    fn url(&self, place: Place<'_>) -> Url {
        let mut url = self.base.url().clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(place.repo.id().split('/')).push("resolve");
            // The slashes of a revision are part of its name.
            segments.push(place.revision).extend(place.path.split('/'));
        }
        url
    }

    /// The token goes to the hub alone, encrypted unless that is this machine.
    fn token_for(&self, url: &Url) -> Option<&ApiKey> {
        self.token.as_ref().filter(|_| url.origin() == self.base.url().origin() && self.keeps_secrets())
    }

    fn keeps_secrets(&self) -> bool {
        self.base.encrypted() || self.base.loopback()
    }

    fn refused(&self, place: Place<'_>, response: &Response) -> Failure {
        let token = self.token.as_ref();
        refusal::failure(place, response, Asker { base: &self.base, token, token_sent: self.keeps_secrets() })
    }

    /// An answer that is not what a hub answers.
    pub(super) fn bad_answer(&self, url: &Url, reason: &str) -> Failure {
        let reason = quote(self.token.as_ref(), reason);
        Failure { error: BackendError::BadAnswer { host: shown_host(url), reason }, again: Again::Never }
    }

    /// No answer, or only a part of one.
    pub(super) fn broken(&self, url: &Url, error: &reqwest::Error) -> Failure {
        let reason = match (error.is_timeout(), error.is_connect()) {
            (true, true) => format!("it could not be reached within {:?}", self.timing.connect),
            (true, false) => format!("it sent nothing for {:?}", self.timing.read),
            (false, true) => format!("it cannot be reached: {}", root_cause(error)),
            (false, false) => format!("the connection broke: {}", root_cause(error)),
        };
        // On this machine nobody listens until the person starts the server: waiting would only hide that.
        let again = if is_loopback(url) && error.is_connect() { Again::Never } else { Again::Backoff };
        let reason = quote(self.token.as_ref(), &reason);
        Failure { error: BackendError::Network { host: shown_host(url), reason }, again }
    }
}

/// A header's value, if it is text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn client(endpoint: &str) -> Client {
        let values = |name: &str| match name {
            "HF_ENDPOINT" => Some(endpoint.to_owned()),
            "HF_TOKEN" => Some("hf_topsecret".to_owned()),
            _ => None,
        };
        let settings = HubSettings::from_values(values, Some(Path::new("/home/me"))).expect("the settings are valid");
        Client::new(&settings).expect("a client can be had")
    }

    #[test]
    fn a_file_is_below_the_endpoint_whatever_its_name() {
        for (endpoint, revision, path, expected) in [
            ("https://example.com", "main", "onnx/model.onnx", "https://example.com/a/b/resolve/main/onnx/model.onnx"),
            ("https://example.com/hf/", "refs/pr/1", "x", "https://example.com/hf/a/b/resolve/refs%2Fpr%2F1/x"),
            ("http://[::1]:80", "v1", "50% ?#.txt", "http://[::1]/a/b/resolve/v1/50%25%20%3F%23.txt"),
        ] {
            let repo = Repo::at("a/b", revision).expect("it is a name");
            assert_eq!(client(endpoint).url(Place { repo: &repo, revision, path }).as_str(), expected);
        }
    }

    #[test]
    fn the_token_is_for_the_hub_alone_and_only_where_nobody_can_read_it() {
        for (endpoint, url, sent) in [
            ("https://example.com", "https://example.com/x", true),
            ("https://example.com", "https://example.com:8443/x", false),
            ("https://example.com", "http://example.com/x", false),
            ("https://example.com", "https://cdn.example.com/x", false),
            ("http://example.com", "http://example.com/x", false),
            ("http://10.0.0.1", "http://10.0.0.1/x", false),
            ("http://localhost:8080", "http://localhost:8080/x", true),
            ("http://localhost:8080", "http://localhost:8081/x", false),
            ("http://localhost:8080", "http://127.0.0.1:8080/x", false),
        ] {
            let url = Url::parse(url).expect(url);
            assert_eq!(client(endpoint).token_for(&url).is_some(), sent, "{endpoint} {url}");
        }
    }
}
