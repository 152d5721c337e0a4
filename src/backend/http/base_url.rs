//! The base URL of a server, as a person sets it.

use reqwest::Url;
use url::Host;

use crate::backend::BackendError;

/// Where requests go. Holds neither a user name nor a password, so that all of it may be shown.
#[derive(Debug, Clone)]
pub(crate) struct BaseUrl {
    shown: String,
    url: Url,
    host: String,
    loopback: bool,
}

impl BaseUrl {
    /// Reads the value of `variable`, beside which there is the variable `key` for the secret.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says what is wrong with it. It never shows the value, which may hold a secret.
    pub(crate) fn parse(variable: &str, key: &str, value: &str) -> Result<Self, BackendError> {
        let value = value.trim();
        let wrong = |what: &str| Err(BackendError::NotConfigured(format!("{variable} {what}; nothing was sent")));
        let mut url = match Url::parse(value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
                return wrong("must begin with https://, or with http:// for a server on this machine");
            }
            Err(error) => return wrong(&format!("is not a URL ({error})")),
        };
        // The parser would take the path of http:///v1 for the host.
        if !url.has_host() || !names_a_host(value) {
            return wrong("names no host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong(&format!("has a user name or password in it; put the key into {key}"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("has a ? or # part, which it must not have");
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let shown = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { shown, host: shown_host(&url), loopback: is_loopback(&url), url })
    }

    /// The URL itself, whose path has no slash at its end unless that is all of it.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The URL without a slash at its end, as shown to a person.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The host, with its port unless that is the scheme's own.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Whether the server is on this machine, by its address or as `localhost`.
    pub(crate) fn loopback(&self) -> bool {
        self.loopback
    }

    /// Whether requests are encrypted.
    pub(crate) fn encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }
}

/// The host of a URL, with its port unless that is the scheme's own.
pub(crate) fn shown_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

/// Only addresses and the one name that is pinned to them count: any other name is whatever a resolver says.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

fn names_a_host(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '\\']))
}
