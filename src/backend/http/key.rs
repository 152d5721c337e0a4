//! The key: read once, kept secret, and taken out of whatever a server says.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::backend::BackendError;

/// The most characters of what a server says that a person is shown.
const SHOWN_CHARS: usize = 300;
/// What stands in the place of the key.
const MARK: &str = "[key]";
/// A key cut off at the end of a text is recognised from this many characters on.
const TELLING_PREFIX: usize = 4;

/// A key that can be sent as a bearer token. Its `Debug` shows nothing of it.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    secret: SecretString,
    header: HeaderValue,
}

impl ApiKey {
    /// Reads the value of `variable`; a blank one is none.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if it has characters that no header can carry. The error shows none of it.
    pub(crate) fn parse(variable: &str, value: &SecretString) -> Result<Option<Self>, BackendError> {
        let key = value.expose_secret().trim();
        if key.is_empty() {
            return Ok(None);
        }
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(unsendable(variable));
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| unsendable(variable))?;
        header.set_sensitive(true);
        Ok(Some(Self { secret: key.into(), header }))
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// The key itself as the value of a header, marked as sensitive.
    pub(crate) fn bare_header(&self) -> HeaderValue {
        // It was part of a header when it was read.
        let mut header = HeaderValue::from_str(self.secret.expose_secret())
            .expect("a key has no character that no header can carry");
        header.set_sensitive(true);
        header
    }

    /// `text` without the key, as it is or as JSON writes it, in capitals or not, nor the beginning of one at the end.
    fn hide(&self, text: &str) -> String {
        let key = self.secret.expose_secret().to_ascii_lowercase();
        let escaped = key.replace('\\', r"\\").replace('"', r#"\""#);
        let mut hidden = replace_in_any_case(&replace_in_any_case(text, &escaped), &key);
        let lower = hidden.to_ascii_lowercase();
        if let Some(length) = (TELLING_PREFIX..key.len()).rev().find(|&length| lower.ends_with(&key[..length])) {
            hidden.truncate(hidden.len() - length);
            hidden.push_str(MARK);
        }
        hidden
    }
}

/// `text` with the mark in place of `lower`, which is in lower case: a host name that holds a key is.
fn replace_in_any_case(text: &str, lower: &str) -> String {
    let folded = text.to_ascii_lowercase();
    let (mut replaced, mut end) = (String::with_capacity(text.len()), 0);
    for (start, _) in folded.match_indices(lower) {
        replaced.push_str(&text[end..start]);
        replaced.push_str(MARK);
        end = start + lower.len();
    }
    replaced + &text[end..]
}

fn unsendable(variable: &str) -> BackendError {
    BackendError::NotConfigured(format!(
        "{variable} has a space, a line break or another character in it that no key has; copy it again. \
         Nothing was sent"
    ))
}

/// What a server said as it may be shown: one line, without the key, at most 300 characters.
pub(crate) fn quote(key: Option<&ApiKey>, said: &str) -> String {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let safe = key.map_or(line.clone(), |key| key.hide(&line));
    match safe.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-proj-0123456789abcdef";

    fn key(value: &str) -> ApiKey {
        ApiKey::parse("OPENAI_API_KEY", &value.into()).expect("it is a key").expect("it is not blank")
    }

    #[test]
    fn white_space_around_a_key_is_not_part_of_it() {
        assert_eq!(key(&format!(" {KEY}\r\n")).header(), format!("Bearer {KEY}").as_str());
        assert!(ApiKey::parse("OPENAI_API_KEY", &" \t\n".into()).expect("blank is allowed").is_none());
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
        for bad in ["sk-secret\r\nX-Evil: 1", "sk-secret other", "sk-secret\u{7f}", "sk-secret-é", "sk-secret\0"] {
            let error = ApiKey::parse("OPENAI_API_KEY", &bad.into()).expect_err(bad);
            assert!(error.to_string().contains("OPENAI_API_KEY"), "{error}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_key() {
        let shown = format!("{:?} {:?}", key(KEY), key(KEY).header());
        assert!(!shown.contains("sk-") && !shown.contains("abcdef"), "{shown}");
    }

    #[test]
    fn a_key_is_hidden_wherever_it_stands() {
        let key = key(KEY);
        let capitals = KEY.to_uppercase();
        assert_eq!(quote(Some(&key), &format!("é{capitals}É")), "é[key]É");
        let quoted = quote(Some(&key), &format!("{KEY} and \"Bearer {KEY}\"\n  and\t{KEY}{KEY}"));
        assert_eq!(quoted, r#"[key] and "Bearer [key]" and [key][key]"#);
    }

    #[test]
    fn a_key_is_hidden_as_json_writes_it() {
        let awkward = r#"sk-"quo\ted""#;
        let json = serde_json::json!({ "detail": [awkward] }).to_string();
        assert_eq!(quote(Some(&key(awkward)), &json), r#"{"detail":["[key]"]}"#);
    }

    #[test]
    fn a_key_cut_in_two_by_the_end_is_hidden() {
        let key = key(KEY);
        assert_eq!(quote(Some(&key), "your key is sk-proj-0123"), "your key is [key]");
        // The key goes before the text is shortened, or its first half would stay.
        let long = format!("{}{KEY}", "x".repeat(SHOWN_CHARS - 5));
        assert!(!quote(Some(&key), &long).contains("sk-"), "{long}");
    }

    #[test]
    fn a_long_answer_is_shortened_between_characters() {
        let quoted = quote(None, &"é".repeat(1000));
        assert_eq!(quoted.chars().count(), SHOWN_CHARS + 1);
    }
}
