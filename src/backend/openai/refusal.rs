//! Refusals: what a status and an error body mean, what to do about it, and whether to try again.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::super::BackendError;
use super::super::http::key::{ApiKey, quote};
use super::super::http::retry::{Again, Failure};
use super::endpoint::Endpoint;
use super::settings::SettingNames;

/// What no further try will change, whatever the status says.
const NO_CREDIT: &str = "the account has no credit left";
const TOO_LONG: &str = "a text has more tokens than it takes";

/// An answer other than success.
pub(super) struct Refusal<'a> {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its headers.
    pub(super) headers: &'a HeaderMap,
    /// Its body, or the beginning of it.
    pub(super) body: &'a [u8],
}

/// What was asked, as far as it may be the reason for a refusal.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Whom.
    pub(super) endpoint: &'a Endpoint,
    /// With which key.
    pub(super) key: Option<&'a ApiKey>,
    /// For which model.
    pub(super) model: &'a str,
}

impl Refusal<'_> {
    /// The failure that it amounts to, with the key taken out of what the server says.
    pub(super) fn failure(&self, asked: Asked<'_>) -> Failure {
        let (message, lasting) = said(self.body);
        let again = if lasting.is_some() { Again::Never } else { Again::of(self.status, self.headers) };
        let (again, too_long) = again.within_reason();
        let mut reason = lasting.map_or_else(|| self.advice(asked), str::to_owned);
        if let Some(too_long) = too_long {
            reason = join(&reason, &too_long);
        }
        // Of a key that it refuses a server may show a part, with signs in place of the rest: none of that is repeated.
        let message = if self.status == StatusCode::UNAUTHORIZED { String::new() } else { quote(asked.key, &message) };
        let reason = join(&reason, &message);
        let error = BackendError::Refused { host: asked.endpoint.host().into(), status: self.status.as_u16(), reason };
        Failure { error, again }
    }

    /// What to do about it, or nothing where only the server knows.
    fn advice(&self, asked: Asked<'_>) -> String {
        let Asked { endpoint, key, model } = asked;
        let SettingNames { base_url, key: key_name, model: model_name } = endpoint.names();
        let base = quote(key, endpoint.base());
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if key.is_none() => {
                format!("it wants a key, and {key_name} is not set; {base_url} is {base}")
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                format!("it does not accept the key in {key_name}; {base_url} is {base}")
            }
            StatusCode::NOT_FOUND => {
                format!("check {model_name}, which is {model}, and {base_url}, which is {base}")
            }
            StatusCode::TOO_MANY_REQUESTS => "too many requests or tokens".into(),
            status if status.is_redirection() => self.redirection(asked),
            _ => String::new(),
        }
    }

    fn redirection(&self, asked: Asked<'_>) -> String {
        let target = self.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let target = target.and_then(|location| asked.endpoint.url().join(location).ok());
        let place = target.as_ref().and_then(Url::host_str);
        let place = place.map(|host| format!(" to {}", quote(asked.key, host))).unwrap_or_default();
        let base_url = &asked.endpoint.names().base_url;
        format!("it redirects{place}; redirects are not followed, so set {base_url} to where the interface is")
    }
}

/// Two parts of a reason, either of which may be missing.
fn join(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, true) => "it gives no reason".into(),
        (true, false) => second.into(),
        (false, true) => first.into(),
        (false, false) => format!("{first}; {second}"),
    }
}

/// What an error body says, in any of the forms in use, and what it means where no further try will change it.
fn said(body: &[u8]) -> (String, Option<&'static str>) {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        let text = String::from_utf8_lossy(body);
        let html = text.trim_start().starts_with('<');
        return (if html { "a page of HTML came with it".into() } else { text.into_owned() }, None);
    };
    let error = &json["error"];
    let message = [&error["message"], error, &json["message"], &json["detail"]].into_iter().find_map(Value::as_str);
    let no_credit = [&error["code"], &error["type"]].into_iter().any(|field| field == "insufficient_quota");
    // llama.cpp says so with a status of 500, as if it were its own fault.
    let too_long = message.is_some_and(|message| message.contains("too large to process"));
    let lasting = no_credit.then_some(NO_CREDIT).or(too_long.then_some(TOO_LONG));
    (message.map_or_else(|| json.to_string(), str::to_owned), lasting)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_message_is_found_in_every_form_in_use() {
        for (body, message) in [
            (json!({ "error": { "message": "openai", "type": "x", "code": null } }), "openai"),
            (json!({ "error": "ollama" }), "ollama"),
            (json!({ "object": "error", "message": "vllm", "code": 400 }), "vllm"),
            (json!({ "detail": "fastapi" }), "fastapi"),
            (json!({ "detail": [{ "msg": "missing" }] }), r#"{"detail":[{"msg":"missing"}]}"#),
        ] {
            assert_eq!(said(body.to_string().as_bytes()), (message.to_owned(), None));
        }
        assert_eq!(said(b"upstream \xff gone").0, "upstream \u{fffd} gone");
        assert_eq!(said(b"\n<!DOCTYPE html><title>502").0, "a page of HTML came with it");
    }

    #[test]
    fn no_credit_left_is_told_from_too_many_requests() {
        for (error, no_credit) in [
            (json!({ "message": "m", "code": "insufficient_quota" }), Some(NO_CREDIT)),
            (json!({ "message": "m", "type": "insufficient_quota", "code": null }), Some(NO_CREDIT)),
            (json!({ "message": "insufficient_quota", "code": "rate_limit_exceeded" }), None),
        ] {
            let body = json!({ "error": error }).to_string();
            assert_eq!(said(body.as_bytes()).1, no_credit, "{body}");
        }
    }
}
