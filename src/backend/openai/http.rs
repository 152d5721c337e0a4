//! The HTTP client: one connection pool, several tries, and bodies that cannot grow without bound.

use std::time::Instant;

use backon::Retryable;
use reqwest::Response;
use reqwest::header::AUTHORIZATION;

use super::super::http::Timing;
use super::super::http::key::{ApiKey, quote};
use super::super::http::retry::{ATTEMPTS, Again, Failure, backoff};
use super::super::http::{client, root_cause};
use super::super::{BackendError, Retry};
use super::endpoint::Endpoint;
use super::refusal::{Asked, Refusal};
use super::settings::OpenAiSettings;
use super::wire::Request;

/// The most of an error body that is read.
const ERROR_BYTES: usize = 64 << 10;

/// A client of one server. Its `Debug` shows nothing of the key.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    key: Option<ApiKey>,
    timing: Timing,
}

impl Client {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if the system's certificates cannot be used.
    pub(super) fn new(settings: &OpenAiSettings) -> Result<Self, BackendError> {
        let OpenAiSettings { endpoint, key, timing, .. } = settings.clone();
        let http = build(&endpoint, timing).map_err(|error| {
            let (host, cause) = (endpoint.host(), root_cause(&error));
            BackendError::NotConfigured(format!("cannot prepare a connection to {host}: {cause}; nothing was sent"))
        })?;
        Ok(Self { http, endpoint, key, timing })
    }

    /// Posts `request` until it is answered, refused for good, or has been tried often enough. `notify` is told of
    /// every wait; `limit` is the most bytes that an answer may have. Dropping the future ends it all at once.
    pub(super) async fn post(
        &self,
        request: &Request<'_>,
        limit: usize,
        notify: &mut dyn FnMut(Retry),
    ) -> Result<Vec<u8>, BackendError> {
        let mut tries = 1;
        let answer = (|| self.attempt(request, limit))
            .retry(backoff(self.timing.backoff))
            .adjust(Failure::wait)
            .notify(|failure, wait| {
                tries += 1;
                let reason = failure.error.to_string();
                tracing::warn!(reason, ?wait, attempt = tries, "trying again");
                notify(Retry { reason, wait, attempt: tries, attempts: ATTEMPTS });
            })
            .await;
        answer.map_err(|failure| failure.after(tries))
    }

    /// An answer that cannot be read, the key taken out of the reason.
    pub(super) fn bad_answer(&self, reason: &str) -> BackendError {
        let reason = self.endpoint.doubt().map_or_else(|| reason.to_owned(), |doubt| format!("{doubt} {reason}"));
        BackendError::BadAnswer { host: self.endpoint.host().into(), reason: quote(self.key.as_ref(), &reason) }
    }

    async fn attempt(&self, request: &Request<'_>, limit: usize) -> Result<Vec<u8>, Failure> {
        let start = Instant::now();
        let mut post = self.http.post(self.endpoint.url().clone()).json(request);
        if let Some(key) = &self.key {
            post = post.header(AUTHORIZATION, key.header());
        }
        let response = post.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        let host = self.endpoint.host();
        tracing::debug!(host, %status, texts = request.input.len(), waited = ?start.elapsed(), "answered");
        if status.is_success() { self.body(response, limit).await } else { Err(self.refused(response, request).await) }
    }

    async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > limit {
                let error = self.bad_answer(&format!("it is longer than {limit} bytes"));
                return Err(Failure { error, again: Again::Never });
            }
        }
        Ok(body)
    }

    async fn refused(&self, mut response: Response, request: &Request<'_>) -> Failure {
        let mut body = Vec::new();
        // The status says enough if the rest of the body never comes.
        while body.len() < ERROR_BYTES
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(ERROR_BYTES);
        let refusal = Refusal { status: response.status(), headers: response.headers(), body: &body };
        refusal.failure(Asked { endpoint: &self.endpoint, key: self.key.as_ref(), model: request.model })
    }

    fn broken(&self, error: &reqwest::Error) -> Failure {
        let reason = match (error.is_timeout(), error.is_connect()) {
            (true, true) => format!("it could not be reached within {:?}", self.timing.connect),
            (true, false) => format!("it did not answer in full within {:?}", self.timing.total),
            (false, true) => format!("it cannot be reached: {}", root_cause(error)),
            (false, false) => format!("the connection broke: {}", root_cause(error)),
        };
        let reason = quote(self.key.as_ref(), &reason);
        // On this machine nobody listens until the person starts the server: waiting would only hide that.
        let again = if self.endpoint.loopback() && error.is_connect() { Again::Never } else { Again::Backoff };
        Failure { error: BackendError::Network { host: self.endpoint.host().into(), reason }, again }
    }
}

/// A client that gives up when a try has taken too long in all.
fn build(endpoint: &Endpoint, timing: Timing) -> reqwest::Result<reqwest::Client> {
    let mut builder = client(endpoint.base_url(), timing.connect).timeout(timing.total);
    if !endpoint.base_url().encrypted() {
        // A machine without certificates can still ask a server of its own.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}
