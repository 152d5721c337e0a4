//! Settings of the hub: the variables that Hugging Face's own library for Python reads, with the same meaning.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::super::BackendError;
use super::super::http::base_url::BaseUrl;
use super::super::http::key::ApiKey;

/// The hub that is asked when nobody names another.
const HUGGING_FACE: &str = "https://huggingface.co";

/// Where models come from and where they are kept. Its `Debug` shows nothing of the token.
#[derive(Debug, Clone)]
pub struct HubSettings {
    pub(super) endpoint: BaseUrl,
    pub(super) token: Option<ApiKey>,
    /// The folder with one folder for each repository.
    pub cache: PathBuf,
    /// Whether to do with what is in the cache.
    pub offline: bool,
    /// How long to wait for what.
    pub timing: Timing,
}

/// How long a download waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte. There is no limit to the whole: a large model over a thin line takes its time.
    pub read: Duration,
    /// Before the second try, where the server does not say; longer before each further one.
    pub backoff: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(30), backoff: Duration::from_millis(500) }
    }
}

impl HubSettings {
    /// Settings from the values of environment variables, which `lookup` gives by name, and the person's home folder.
    /// White space around a value is not part of it and a blank value is none.
    ///
    /// - `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, is the cache; else it is `hub` in `HF_HOME`, which is
    ///   `huggingface` in `XDG_CACHE_HOME`, which is `~/.cache`.
    /// - `HF_ENDPOINT` is the hub, else <https://huggingface.co>.
    /// - `HF_TOKEN`, else `HUGGING_FACE_HUB_TOKEN`, is the token; else it is in the file `HF_TOKEN_PATH`, which is
    ///   `token` in `HF_HOME`.
    /// - `HF_HUB_OFFLINE` asks for no network if it is `1`, `on`, `yes` or `true`.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says which variable to set if a value is unusable, or if there is no place for
    /// a cache. It shows neither the token nor an unusable value.
    pub fn from_values(lookup: impl Fn(&str) -> Option<String>, home: Option<&Path>) -> Result<Self, BackendError> {
        let value = |name: &str| lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let folder = |name: &str| value(name).map(|path| expand(&path, home));
        let own = folder("HF_HOME").or_else(|| {
            let caches = folder("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")))?;
            Some(caches.join("huggingface"))
        });
        let cache = folder("HF_HUB_CACHE").or_else(|| folder("HUGGINGFACE_HUB_CACHE"));
        let Some(cache) = cache.or_else(|| Some(own.as_ref()?.join("hub"))) else {
            let reason = "there is no home folder to keep downloaded models in; set HF_HOME. Nothing was sent";
            return Err(BackendError::NotConfigured(reason.into()));
        };
        let endpoint = value("HF_ENDPOINT").unwrap_or_else(|| HUGGING_FACE.into());
        let endpoint = BaseUrl::parse("HF_ENDPOINT", "HF_TOKEN", &endpoint)?;
        let named = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].into_iter().find_map(|name| Some((name, value(name)?)));
        let token = match named {
            Some((name, token)) => ApiKey::parse(name, &SecretString::from(token))?,
            None => folder("HF_TOKEN_PATH").or_else(|| Some(own?.join("token"))).and_then(|path| read_token(&path)),
        };
        let offline = value("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value));
        Ok(Self { endpoint, token, cache, offline, timing: Timing::default() })
    }

    /// The hub's base URL, which holds no secret.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint.shown()
    }

    /// The hub's host, as shown to a person.
    #[must_use]
    pub fn host(&self) -> &str {
        self.endpoint.host()
    }
}

/// A path as a shell would have left it: `~` is the home folder.
fn expand(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.into(),
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => path.into(),
    }
}

/// The token in a file that `hf auth login` has written. Public models need none, so that a file that cannot be read is
/// no reason to do nothing.
fn read_token(path: &Path) -> Option<ApiKey> {
    let text = fs::read_to_string(path)
        .inspect_err(|error| {
            if error.kind() != std::io::ErrorKind::NotFound {
                tracing::warn!(path = %path.display(), %error, "the file with the token cannot be read");
            }
        })
        .ok()?;
    ApiKey::parse("the file with the token", &SecretString::from(text))
        .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "the token is left out"))
        .ok()?
}

fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(values: &[(&str, &str)]) -> Result<HubSettings, BackendError> {
        let lookup = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        HubSettings::from_values(lookup, Some(Path::new("/home/me")))
    }

    fn token(values: &[(&str, &str)]) -> Option<String> {
        let token = settings(values).expect("the settings are valid").token?;
        Some(token.header().to_str().expect("it is text").to_owned())
    }

    #[test]
    fn the_cache_is_where_python_has_it() {
        for (values, cache) in [
            (&[][..], "/home/me/.cache/huggingface/hub"),
            (&[("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (&[("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/h/hub"),
            (&[("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HOME", "/h")], "/old"),
            (&[("HF_HUB_CACHE", "/c"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HOME", "/h")], "/c"),
            (&[("HF_HUB_CACHE", " \t"), ("HF_HOME", ""), ("XDG_CACHE_HOME", "\n")], "/home/me/.cache/huggingface/hub"),
            (&[("HF_HOME", "~/hf")], "/home/me/hf/hub"),
            (&[("HF_HUB_CACHE", "~")], "/home/me"),
            (&[("HF_HUB_CACHE", "~other/hub")], "~other/hub"),
        ] {
            assert_eq!(settings(values).expect("the settings are valid").cache, PathBuf::from(cache), "{values:?}");
        }
    }

    #[test]
    fn without_a_home_folder_another_place_will_do_or_is_asked_for() {
        let error = HubSettings::from_values(|_| None, None).expect_err("there is no place").to_string();
        assert!(error.contains("set HF_HOME"), "{error}");
        let lookup = |name: &str| (name == "HF_HUB_CACHE").then(|| "/c".to_owned());
        assert_eq!(HubSettings::from_values(lookup, None).expect("there is a place").cache, PathBuf::from("/c"));
    }

    #[test]
    fn the_endpoint_is_hugging_face_unless_another_is_named() {
        for (value, endpoint, host) in [
            ("", "https://huggingface.co", "huggingface.co"),
            (" https://mirror.example.com/hf/ ", "https://mirror.example.com/hf", "mirror.example.com"),
            ("http://localhost:8080", "http://localhost:8080", "localhost:8080"),
        ] {
            let settings = settings(&[("HF_ENDPOINT", value)]).expect(value);
            assert_eq!((settings.endpoint(), settings.host()), (endpoint, host));
        }
        for bad in
            ["huggingface.co/topsecret", "ftp://topsecret", "https://topsecret@example.com", "https://a/?topsecret"]
        {
            let error = settings(&[("HF_ENDPOINT", bad)]).expect_err(bad);
            assert!(error.to_string().starts_with("HF_ENDPOINT "), "{error}");
            assert!(!format!("{error} {error:?}").contains("topsecret"), "{error:?}");
        }
    }

    #[test]
    fn offline_is_said_in_the_words_that_python_knows() {
        for (value, offline) in
            [("1", true), ("True", true), ("ON", true), ("yes", true), ("0", false), ("false", false), ("", false)]
        {
            assert_eq!(settings(&[("HF_HUB_OFFLINE", value)]).expect(value).offline, offline, "{value}");
        }
    }

    #[test]
    fn the_token_comes_from_the_first_place_that_has_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().to_str().expect("it is text");
        assert_eq!(token(&[("HF_HOME", home)]), None);
        fs::write(folder.path().join("token"), "hf_file\n").expect("written");
        fs::write(folder.path().join("other"), "hf_other").expect("written");
        let other = format!("{home}/other");
        let bearer = |token: &str| Some(format!("Bearer {token}"));
        assert_eq!(token(&[("HF_HOME", home)]), bearer("hf_file"));
        assert_eq!(token(&[("HF_HOME", home), ("HF_TOKEN_PATH", &other)]), bearer("hf_other"));
        assert_eq!(token(&[("HF_HOME", home), ("HUGGING_FACE_HUB_TOKEN", "hf_old")]), bearer("hf_old"));
        let all = [("HF_HOME", home), ("HUGGING_FACE_HUB_TOKEN", "hf_old"), ("HF_TOKEN", " hf_new ")];
        assert_eq!(token(&all), bearer("hf_new"));
        assert_eq!(token(&[("HF_HOME", home), ("HF_TOKEN", "  ")]), bearer("hf_file"));
        // What is no token keeps nobody from public models.
        fs::write(folder.path().join("token"), b"hf_\xff").expect("written");
        assert_eq!(token(&[("HF_HOME", home)]), None);
        fs::write(folder.path().join("token"), "two words").expect("written");
        assert_eq!(token(&[("HF_HOME", home)]), None);
    }

    #[test]
    fn a_token_is_never_shown() {
        let shown = format!("{:#?}", settings(&[("HF_TOKEN", "hf_topsecret")]).expect("it is a token"));
        assert!(!shown.contains("topsecret"), "{shown}");
        let error = settings(&[("HF_TOKEN", "hf topsecret")]).expect_err("no header can carry it");
        assert!(error.to_string().starts_with("HF_TOKEN has a space"), "{error}");
        assert!(!format!("{error} {error:?}").contains("topsecret"), "{error:?}");
    }
}
