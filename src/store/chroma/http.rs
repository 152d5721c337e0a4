//! Requests: one connection pool, several tries, and answers that cannot grow without bound.

use std::time::{Duration, Instant};

use backon::Retryable;
use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::settings::{ChromaSettings, TOKEN};
use crate::backend::BackendError;
use crate::backend::http::key::quote;
use crate::backend::http::retry::{Again, Failure, backoff};
use crate::backend::http::{client, root_cause};

/// The most of an error body that is read.
const ERROR_BYTES: usize = 64 << 10;
/// The longest answer that is read at all.
const LONGEST_ANSWER: usize = 256 << 20;
/// The header by which Chroma's cloud takes a token. Servers of one's own take it as a bearer token, or either way.
const TOKEN_HEADER: &str = "x-chroma-token";

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
}

/// A client of one server. Its `Debug` shows nothing of the token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    settings: ChromaSettings,
    handle: Handle,
    /// Says that nobody waits any more for what is asked.
    pub(super) cancel: CancellationToken,
}

impl Client {
    /// A client that has not connected yet.
    pub(super) fn new(settings: ChromaSettings, handle: Handle) -> Result<Self, BackendError> {
        let base = settings.base();
        let mut builder = client(base, settings.timing.connect).timeout(settings.timing.total);
        if !base.encrypted() {
            // A machine without certificates can still ask a server of its own.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| {
            let (host, cause) = (base.host(), root_cause(&error));
            BackendError::NotConfigured(format!("cannot prepare a connection to {host}: {cause}; nothing was sent"))
        })?;
        Ok(Self { http, settings, handle, cancel: CancellationToken::new() })
    }

    pub(super) fn settings(&self) -> &ChromaSettings {
        &self.settings
    }

    pub(super) fn host(&self) -> &str {
        self.settings.base().host()
    }

    /// The parts of a path in the database.
    pub(super) fn in_database<'a>(&'a self, path: &[&'a str]) -> Vec<&'a str> {
        [&["tenants", self.settings.tenant(), "databases", self.settings.database()], path].concat()
    }

    /// Asks until it is answered, refused for good, or was tried often enough: every request may be made twice.
    pub(super) fn send<T: DeserializeOwned>(
        &self,
        verb: Verb,
        path: &[&str],
        body: Option<&(impl Serialize + ?Sized)>,
    ) -> Result<T, BackendError> {
        self.request(&self.cancel, verb, path, body)
    }

    fn request<T: DeserializeOwned>(
        &self,
        cancel: &CancellationToken,
        verb: Verb,
        path: &[&str],
        body: Option<&(impl Serialize + ?Sized)>,
    ) -> Result<T, BackendError> {
        let url = self.url("v2", path);
        let request = || {
            let request = match verb {
                Verb::Get => self.http.get(url.clone()),
                Verb::Post => self.http.post(url.clone()),
            };
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        self.ask(request, cancel)
    }

    /// The same, given up after a while.
    pub(super) fn send_within<T: DeserializeOwned>(
        &self,
        patience: Duration,
        verb: Verb,
        path: &[&str],
        body: Option<&(impl Serialize + ?Sized)>,
    ) -> Result<T, BackendError> {
        self.send_until(&self.cancel, patience, verb, path, body)
    }

    /// The same, given up when nobody wants it any more, too.
    pub(super) fn send_until<T: DeserializeOwned>(
        &self,
        cancel: &CancellationToken,
        patience: Duration,
        verb: Verb,
        path: &[&str],
        body: Option<&(impl Serialize + ?Sized)>,
    ) -> Result<T, BackendError> {
        let waited = cancel.child_token();
        let timer = self.handle.spawn({
            let waited = waited.clone();
            async move {
                tokio::time::sleep(patience).await;
                waited.cancel();
            }
        });
        let answer = self.request(&waited, verb, path, body);
        timer.abort();
        match answer {
            Err(BackendError::Cancelled) if !cancel.is_cancelled() => {
                let reason = format!("it did not answer within {} s", patience.as_secs());
                Err(BackendError::Network { host: self.host().into(), reason })
            }
            answer => answer,
        }
    }

    /// Asks for a list, or a part of one by a query string.
    pub(super) fn list<T: DeserializeOwned>(&self, path: &[&str], query: &str) -> Result<Vec<T>, BackendError> {
        let mut url = self.url("v2", path);
        url.set_query(Some(query));
        self.ask(|| self.http.get(url.clone()), &self.cancel)
    }

    /// What is there where this interface is not.
    pub(super) fn no_interface(&self) -> BackendError {
        let url = self.url("v1", &["heartbeat"]);
        let old: Result<Value, _> = self.ask(|| self.http.get(url.clone()), &CancellationToken::new());
        let shown = self.settings.base().shown();
        let reason = if old.is_ok() {
            "it is a Chroma that only speaks version 1 of its interface; vecscope needs Chroma 1.0 or newer".to_owned()
        } else {
            format!("there is no Chroma at {shown}, or not at this path; the URL is the one that Chroma's clients take")
        };
        BackendError::BadAnswer { host: self.host().to_owned(), reason: quote(self.settings.token(), &reason) }
    }

    /// An answer that cannot be read, the token taken out of the reason.
    pub(super) fn bad_answer(&self, reason: &str) -> BackendError {
        BackendError::BadAnswer { host: self.host().into(), reason: quote(self.settings.token(), reason) }
    }

    fn url(&self, version: &str, path: &[&str]) -> Url {
        let mut url = self.settings.base().url().clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", version]).extend(path);
        }
        url
    }

    fn ask<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder,
        cancel: &CancellationToken,
    ) -> Result<T, BackendError> {
        let mut tries = 1;
        let answer = (|| self.attempt(request()))
            .retry(backoff(self.settings.timing.backoff))
            .adjust(Failure::wait)
            .notify(|failure, wait| {
                tries += 1;
                tracing::warn!(reason = %failure.error, ?wait, attempt = tries, "trying again");
            });
        let answer = self.handle.block_on(cancel.run_until_cancelled(answer));
        let body = answer.ok_or(BackendError::Cancelled)?.map_err(|failure| failure.after(tries))?;
        serde_json::from_slice(&body).map_err(|error| {
            let begins = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
            self.bad_answer(&format!("{error}. It begins with: {begins}"))
        })
    }

    async fn attempt(&self, mut request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let started = Instant::now();
        if let Some(token) = self.settings.token() {
            request = request.header(AUTHORIZATION, token.header()).header(TOKEN_HEADER, token.bare_header());
        }
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        tracing::debug!(host = self.host(), %status, path = response.url().path(), waited = ?started.elapsed(), "answered");
        if status.is_success() { self.body(response).await } else { Err(self.refused(response).await) }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                let error = self.bad_answer(&format!("it is longer than {LONGEST_ANSWER} bytes"));
                return Err(Failure { error, again: Again::Never });
            }
        }
        Ok(body)
    }

    async fn refused(&self, mut response: Response) -> Failure {
        let mut body = Vec::new();
        // The status says enough if the rest of the body never comes.
        while body.len() < ERROR_BYTES
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(ERROR_BYTES);
        let status = response.status();
        let (again, too_long) = Again::of(status, response.headers()).within_reason();
        let said = if status == StatusCode::UNAUTHORIZED { String::new() } else { said(&body) };
        let parts = [self.advice(status, response.headers()), too_long.unwrap_or_default(), said];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let reason = if parts.is_empty() { "it gives no reason".into() } else { parts.join("; ") };
        let reason = quote(self.settings.token(), &reason);
        Failure { error: BackendError::Refused { host: self.host().into(), status: status.as_u16(), reason }, again }
    }

    /// What to do about a refusal, or nothing where only the server knows.
    fn advice(&self, status: StatusCode, headers: &HeaderMap) -> String {
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self.settings.token().is_none() => {
                format!("it wants a token, and {TOKEN} is not set")
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let (tenant, database) = (self.settings.tenant(), self.settings.database());
                format!("it does not accept the token in {TOKEN} for the database {database} of the tenant {tenant}")
            }
            StatusCode::TOO_MANY_REQUESTS => "too many requests".into(),
            status if status.is_redirection() => {
                let target = headers.get(LOCATION).and_then(|location| location.to_str().ok());
                let target = target.map(|target| format!(" to {target}")).unwrap_or_default();
                format!("it redirects{target}; redirects are not followed, so name the URL where Chroma is")
            }
            _ => String::new(),
        }
    }

    fn broken(&self, error: &reqwest::Error) -> Failure {
        let timing = self.settings.timing;
        let reason = match (error.is_timeout(), error.is_connect()) {
            (true, true) => format!("it could not be reached within {:?}", timing.connect),
            (true, false) => format!("it did not answer in full within {:?}", timing.total),
            (false, true) => format!("it cannot be reached: {}", root_cause(error)),
            (false, false) => format!("the connection broke: {}", root_cause(error)),
        };
        let reason = quote(self.settings.token(), &reason);
        // On this machine nobody listens until the person starts the server; and who did not answer for so long will
        // not do so the next time.
        let never = error.is_timeout() || self.settings.base().loopback() && error.is_connect();
        let again = if never { Again::Never } else { Again::Backoff };
        Failure { error: BackendError::Network { host: self.host().into(), reason }, again }
    }
}

/// What an error body says.
fn said(body: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        let text = String::from_utf8_lossy(body);
        let html = text.trim_start().starts_with('<');
        return if html { "a page of HTML came with it".into() } else { text.into_owned() };
    };
    let message = [&json["message"], &json["detail"], &json["error"]].into_iter().find_map(Value::as_str);
    message.map_or_else(|| json.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_every_form_in_use() {
        for (body, message) in [
            (r#"{"error":"NotFoundError","message":"no such tenant"}"#, "no such tenant"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (r#"{"error":"TypeError"}"#, "TypeError"),
            ("<html>", "a page of HTML came with it"),
            ("plain", "plain"),
        ] {
            assert_eq!(said(body.as_bytes()), message);
        }
    }
}
