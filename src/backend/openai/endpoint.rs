//! The base URL, and to which hosts a key and texts may go.

use reqwest::Url;

use super::super::http::base_url::BaseUrl;
use super::super::http::key::ApiKey;
use super::super::{BackendError, Location};
use super::settings::{Service, SettingNames};
use super::wire::Encoding;

/// Where requests go. Holds neither a user name nor a password, so that all of it may be shown.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    base: BaseUrl,
    url: Url,
    /// What a person calls the settings.
    names: SettingNames,
}

impl Endpoint {
    /// Reads a base URL; a blank one, or none, is the service's own.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says what is wrong with it. It never shows the value, which may hold a secret.
    pub(super) fn parse(value: Option<&str>, service: Service, names: SettingNames) -> Result<Self, BackendError> {
        let value = value.filter(|value| !value.trim().is_empty()).unwrap_or(service.base_url());
        let base = BaseUrl::parse(&names.base_url, &names.key, value)?;
        let mut url = base.url().clone();
        url.set_path(&format!("{}/embeddings", url.path().trim_end_matches('/')));
        Ok(Self { base, url, names })
    }

    /// Checks that texts may go to this server with this key.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if they would go over a network unencrypted, or to a stranger without a key.
    pub(super) fn admit(&self, key: Option<&ApiKey>) -> Result<(), BackendError> {
        let (base, host) = (self.base(), self.host());
        let SettingNames { base_url, key: key_name, .. } = &self.names;
        if self.loopback() {
            Ok(())
        } else if !self.base.encrypted() {
            Err(BackendError::NotConfigured(format!(
                "{base_url} ({base}) is http to another machine, where anyone on the way reads texts and \
                 {key_name}; use https, or a server on this machine. Nothing was sent"
            )))
        } else if key.is_none() {
            Err(BackendError::NotConfigured(format!(
                "{key_name} is not set, and {host} needs one; set it, or set {base_url} to a server on this \
                 machine. Nothing was sent"
            )))
        } else {
            Ok(())
        }
    }

    /// What a person calls the settings.
    pub(super) fn names(&self) -> &SettingNames {
        &self.names
    }

    /// Where embeddings are asked for.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The base URL, with what follows from it.
    pub(super) fn base_url(&self) -> &BaseUrl {
        &self.base
    }

    /// The base URL without a slash at its end, as shown to a person.
    pub(super) fn base(&self) -> &str {
        self.base.shown()
    }

    /// What to look at where an answer is not the interface's: it stands under /v1 on most servers, and llama.cpp has
    /// another of its own beside it.
    pub(super) fn doubt(&self) -> Option<String> {
        let (base, name) = (self.base(), &self.names.base_url);
        (self.url.path() == "/embeddings").then(|| format!("{name} is {base}; should it end with /v1?"))
    }

    /// The host, with its port unless that is the scheme's own.
    pub(super) fn host(&self) -> &str {
        self.base.host()
    }

    /// Whether the server is on this machine, by its address or as `localhost`.
    pub(super) fn loopback(&self) -> bool {
        self.base.loopback()
    }

    /// Where the texts go, as shown to a person.
    pub(super) fn location(&self) -> Location {
        if self.loopback() { Location::Loopback(self.host().into()) } else { Location::Remote(self.host().into()) }
    }

    /// How the server is asked to write numbers. Base64 is a quarter of the size and exact, but compatible servers
    /// refuse it or take no notice.
    pub(super) fn encoding(&self) -> Encoding {
        if self.host() == "api.openai.com" { Encoding::Base64 } else { Encoding::Float }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(value: &str) -> Endpoint {
        Endpoint::parse(Some(value), Service::OpenAi, SettingNames::environment()).expect(value)
    }

    #[test]
    fn a_slash_at_the_end_and_a_path_make_no_difference_to_where_requests_go() {
        for (base, url, shown) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1/embeddings", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/", "https://api.openai.com/v1/embeddings", "https://api.openai.com/v1"),
            ("http://localhost:8080", "http://localhost:8080/embeddings", "http://localhost:8080"),
            (" http://localhost:8080// ", "http://localhost:8080/embeddings", "http://localhost:8080"),
            ("HTTP://LocalHost/a/b%20c/", "http://localhost/a/b%20c/embeddings", "http://localhost/a/b%20c"),
        ] {
            let endpoint = endpoint(base);
            assert_eq!((endpoint.url().as_str(), endpoint.base()), (url, shown));
        }
    }

    #[test]
    fn a_base_url_without_a_path_may_lack_one() {
        let doubt = "OPENAI_BASE_URL is http://localhost:8080; should it end with /v1?";
        assert_eq!(endpoint("http://localhost:8080/").doubt().as_deref(), Some(doubt));
        for base in ["http://localhost:8080/v1", "http://localhost:8080/v1/", "http://localhost/api"] {
            assert_eq!(endpoint(base).doubt(), None, "{base}");
        }
    }

    #[test]
    fn openai_is_the_default_and_the_only_one_asked_for_base64() {
        for nothing in [None, Some(""), Some("  ")] {
            let endpoint =
                Endpoint::parse(nothing, Service::OpenAi, SettingNames::environment()).expect("the default is a URL");
            assert_eq!(endpoint.url().as_str(), "https://api.openai.com/v1/embeddings");
            assert_eq!(endpoint.encoding(), Encoding::Base64);
        }
        for other in ["http://localhost:11434/v1", "https://api.openai.com.example.com", "https://api.openai.com:8443"]
        {
            assert_eq!(endpoint(other).encoding(), Encoding::Float, "{other}");
        }
    }

    #[test]
    fn the_port_is_shown_unless_it_is_the_usual_one() {
        for (base, host) in [
            ("https://example.com:443/v1", "example.com"),
            ("https://example.com:8443/v1", "example.com:8443"),
            ("http://[::1]:11434/v1", "[::1]:11434"),
        ] {
            assert_eq!(endpoint(base).host(), host);
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for base in ["http://localhost", "http://127.0.0.1:1", "http://127.9.8.7", "http://[::1]", "http://2130706433"]
        {
            assert!(!endpoint(base).location().leaves_machine(), "{base}");
        }
        for base in [
            "http://localhost.example.com",
            "http://127.0.0.1.nip.io",
            "http://0.0.0.0",
            "http://10.0.0.1",
            "http://[::2]",
            "http://my.localhost",
        ] {
            assert!(endpoint(base).location().leaves_machine(), "{base}");
        }
    }

    #[test]
    fn a_wrong_base_url_is_named_but_not_shown() {
        for (base, reason) in [
            ("localhost:8080/topsecret", "must begin with https://"),
            ("ftp://example.com/topsecret", "must begin with https://"),
            ("topsecret", "must begin with https://"),
            ("http://", "is not a URL (empty host)"),
            ("https:///topsecret/v1", "names no host"),
            (r"https:\\topsecret\v1", "names no host"),
            ("http://localhost:topsecret", "is not a URL (invalid port number)"),
            ("https://user:topsecret@example.com/v1", "user name or password"),
            ("https://topsecret@example.com/v1", "user name or password"),
            ("https://example.com/v1?key=topsecret", "? or # part"),
            ("https://example.com/v1#topsecret", "? or # part"),
        ] {
            let error = Endpoint::parse(Some(base), Service::OpenAi, SettingNames::environment()).expect_err(base);
            assert!(matches!(error, BackendError::NotConfigured(_)), "{error:?}");
            let shown = error.to_string();
            assert!(shown.starts_with("OPENAI_BASE_URL ") && shown.contains(reason), "{base}: {shown}");
            assert!(!format!("{error:?}").contains("topsecret"), "{error:?}");
        }
    }

    #[test]
    fn texts_go_to_strangers_only_encrypted_and_with_a_key() {
        let key = ApiKey::parse("OPENAI_API_KEY", &"sk-topsecret".into()).expect("it is a key");
        for (base, with_key, without_key) in [
            ("https://example.com/v1", None, Some("OPENAI_API_KEY is not set, and example.com needs one")),
            ("http://example.com/v1", Some("use https"), Some("use https")),
            ("http://192.168.1.2:8080", Some("use https"), Some("use https")),
            ("http://localhost:8080", None, None),
            ("http://[::1]:8080", None, None),
        ] {
            for (key, expected) in [(key.as_ref(), with_key), (None, without_key)] {
                let reason = endpoint(base).admit(key).err().map(|error| error.to_string());
                assert_eq!(reason.is_some(), expected.is_some(), "{base}: {reason:?}");
                let reason = reason.unwrap_or_default();
                assert!(reason.contains(expected.unwrap_or_default()) && !reason.contains("topsecret"), "{reason}");
                assert!(reason.is_empty() || reason.ends_with("Nothing was sent"), "{reason}");
            }
        }
    }
}
