//! Where a Chroma server is, and who asks: checked before anything is sent.

use std::time::Duration;

use secrecy::SecretString;

use crate::backend::http::Timing;
use crate::backend::http::base_url::BaseUrl;
use crate::backend::http::key::ApiKey;
use crate::backend::{BackendError, Location};

/// The variable with the token.
pub(super) const TOKEN: &str = "CHROMA_TOKEN";

/// Where a Chroma server is, and which of its databases is meant. Its `Debug` shows nothing of the token.
#[derive(Debug, Clone)]
pub struct ChromaSettings {
    base: BaseUrl,
    token: Option<ApiKey>,
    tenant: String,
    database: String,
    /// How long to wait for what.
    pub timing: Timing,
}

/// Settings as they were given, before they are checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// What the person calls the URL.
    pub name: &'a str,
    /// The URL of the server, without `/api`.
    pub url: &'a str,
    /// To be let in.
    pub token: Option<&'a SecretString>,
    /// `None` for Chroma's default.
    pub tenant: Option<&'a str>,
    /// `None` for Chroma's default.
    pub database: Option<&'a str>,
}

/// How long a server is waited for where nobody says otherwise.
const TIMING: Timing =
    Timing { connect: Duration::from_secs(5), total: Duration::from_mins(1), backoff: Duration::from_millis(200) };

impl ChromaSettings {
    /// Checks settings.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says which is wrong, and never shows a secret: the token above all would not go
    /// over a network unencrypted.
    pub fn new(given: Given<'_>) -> Result<Self, BackendError> {
        let Given { name, url, token, tenant, database } = given;
        let base = BaseUrl::parse(name, TOKEN, url)?;
        let token = token.map(|token| ApiKey::parse(TOKEN, token)).transpose()?.flatten();
        if token.is_some() && !base.loopback() && !base.encrypted() {
            return Err(BackendError::NotConfigured(format!(
                "{name} ({}) is http to another machine, where anyone on the way reads {TOKEN}; use https. Nothing was \
                 sent",
                base.shown()
            )));
        }
        let named = |value: Option<&str>, default: &str| {
            value.map(str::trim).filter(|value| !value.is_empty()).unwrap_or(default).to_owned()
        };
        let (tenant, database) = (named(tenant, "default_tenant"), named(database, "default_database"));
        Ok(Self { base, token, tenant, database, timing: TIMING })
    }

    /// The host, as shown to a person.
    #[must_use]
    pub fn host(&self) -> &str {
        self.base.host()
    }

    /// Where texts and vectors would go.
    #[must_use]
    pub fn location(&self) -> Location {
        let host = self.base.host().to_owned();
        if self.base.loopback() { Location::Loopback(host) } else { Location::Remote(host) }
    }

    /// Whether nobody on the way can read what is sent.
    #[must_use]
    pub fn encrypted(&self) -> bool {
        self.base.loopback() || self.base.encrypted()
    }

    pub(super) fn base(&self) -> &BaseUrl {
        &self.base
    }

    pub(super) fn token(&self) -> Option<&ApiKey> {
        self.token.as_ref()
    }

    pub(super) fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, token: Option<&str>) -> Result<ChromaSettings, BackendError> {
        let token = token.map(SecretString::from);
        ChromaSettings::new(Given { name: "--chroma-url", url, token: token.as_ref(), ..Given::default() })
    }

    #[test]
    fn a_token_goes_over_no_network_in_the_clear() {
        for url in ["https://chroma.example", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"] {
            settings(url, Some("ck-sesame")).expect(url);
        }
        for url in ["http://chroma.example:8000", "http://10.0.0.7:8000", "http://localhost.example"] {
            let error = settings(url, Some("ck-sesame")).expect_err(url).to_string();
            assert!(error.contains("anyone on the way reads CHROMA_TOKEN") && error.contains(url), "{error}");
            assert!(!error.contains("sesame"), "{error}");
            assert!(!settings(url, None).expect(url).encrypted());
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let settings = settings("https://chroma.example", Some("ck-sesame")).expect("valid");
        assert!(!format!("{settings:?}").contains("sesame"));
        assert_eq!(settings.location(), Location::Remote("chroma.example".into()));
    }

    #[test]
    fn blank_names_are_chromas_own() {
        let given = Given { name: "URL", url: "http://localhost:8000/", tenant: Some(" "), ..Given::default() };
        let settings = ChromaSettings::new(given).expect("valid");
        assert_eq!((settings.tenant(), settings.database()), ("default_tenant", "default_database"));
    }
}
