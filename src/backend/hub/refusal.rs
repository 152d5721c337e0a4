//! Refusals: what a hub's status and headers mean, and what to do about it.

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Response, StatusCode};

use super::super::BackendError;
use super::super::http::base_url::{BaseUrl, shown_host};
use super::super::http::key::{ApiKey, quote};
use super::super::http::retry::{Again, Failure};
use super::client::{Place, text};

/// What is wrong, in a word.
const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
/// What is wrong, in a sentence.
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-error-message");

/// Who asked whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker<'a> {
    /// The hub.
    pub(super) base: &'a BaseUrl,
    /// The token there is.
    pub(super) token: Option<&'a ApiKey>,
    /// Whether it is sent to that hub.
    pub(super) token_sent: bool,
}

/// Whether an answer says that there is no such file, rather than no such repository or revision.
pub(super) fn is_absent(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::NOT_FOUND && text(headers, &ERROR_CODE).is_none_or(|code| code == "EntryNotFound")
}

/// The error of a file that must be there and is not.
pub(super) fn absent(host: &str, place: Place<'_>) -> BackendError {
    // As it was asked for: the commit would say less to a person.
    let (repo, revision, path) = (place.repo, place.repo.revision(), place.path);
    let (status, reason) = (StatusCode::NOT_FOUND.as_u16(), format!("{repo} has no file {path} at {revision}"));
    BackendError::Refused { host: host.into(), status, reason }
}

/// The failure that an answer other than success amounts to, with the token taken out of what the server says.
pub(super) fn failure(place: Place<'_>, response: &Response, asker: Asker<'_>) -> Failure {
    let (status, headers) = (response.status(), response.headers());
    let (again, too_long) = Again::of(status, headers).within_reason();
    // Of a token that it refuses a server may show a part: none of that is repeated.
    let said = text(headers, &ERROR_MESSAGE).filter(|_| status != StatusCode::UNAUTHORIZED);
    let from_hub = response.url().origin() == asker.base.url().origin();
    let advice = if from_hub { advice(place, status, headers, asker) } else { None };
    let parts = [advice, too_long, said.map(|said| quote(asker.token, said))];
    let reason = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let reason = if reason.is_empty() { format!("it gives no reason to keep {} back", place.path) } else { reason };
    let error = BackendError::Refused { host: shown_host(response.url()), status: status.as_u16(), reason };
    Failure { error, again }
}

/// What to do about it, where that is known.
fn advice(place: Place<'_>, status: StatusCode, headers: &HeaderMap, asker: Asker<'_>) -> Option<String> {
    let (Place { repo, revision, path }, Asker { base, token, token_sent }) = (place, asker);
    match (status, text(headers, &ERROR_CODE)) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Some(match token {
            None => format!(
                "{repo} is gated or private, or there is no such repository: if you may read it, set HF_TOKEN to a \
                 token of yours"
            ),
            Some(_) if !token_sent => format!(
                "{repo} is gated or private, and HF_TOKEN was not sent, because HF_ENDPOINT ({}) is http to another \
                 machine",
                base.shown()
            ),
            Some(_) => format!(
                "{repo} is gated or private, and HF_TOKEN is not accepted or does not give access to it; ask for \
                 access at {}/{repo}",
                base.shown()
            ),
        }),
        (_, Some("RepoNotFound")) => Some(format!("there is no model repository {repo}")),
        (_, Some("RevisionNotFound")) => Some(format!("{repo} has no revision {revision}")),
        (StatusCode::NOT_FOUND, _) => Some(format!("{repo} has no file {path} at {revision}")),
        (StatusCode::TOO_MANY_REQUESTS, _) => Some("too many requests".into()),
        _ => None,
    }
}
