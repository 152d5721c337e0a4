//! Settings of the OpenAI backend, checked before anything is sent.

use std::time::Duration;

use secrecy::SecretString;

use super::super::BackendError;
use super::super::http::key::ApiKey;
use super::endpoint::Endpoint;

/// The model that is asked for when nobody names another.
const DEFAULT_MODEL: &str = "text-embedding-3-small";

/// Which server and model to ask, and with which key. Its `Debug` shows nothing of the key.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    pub(super) endpoint: Endpoint,
    pub(super) key: Option<ApiKey>,
    pub(super) model: String,
    /// The length of the vectors to ask for. `None` leaves it to the model.
    pub dimensions: Option<usize>,
    /// How long to wait for what.
    pub timing: Timing,
}

/// How long the backend waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For a connection.
    pub connect: Duration,
    /// For the whole of one try: connecting, sending, and the answer's last byte.
    pub total: Duration,
    /// Before the second try, where the server does not say; twice as long before each further one, and up to
    /// twice that again by chance, so that many clients do not come back at once.
    pub backoff: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), total: Duration::from_mins(1), backoff: Duration::from_millis(500) }
    }
}

impl OpenAiSettings {
    /// Settings from the values of `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `EMBED_MODEL`. White space around a value
    /// is not part of it and a blank value is none; without a base URL and a model they are OpenAI's own
    /// `https://api.openai.com/v1` and `text-embedding-3-small`. A server on this machine needs no key.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says which variable to set if a value is unusable, if the key is missing, or
    /// if it would be sent unencrypted to another machine. It shows neither the key nor an unusable value.
    pub fn from_values(
        base_url: Option<&str>,
        key: Option<&SecretString>,
        model: Option<&str>,
    ) -> Result<Self, BackendError> {
        let endpoint = Endpoint::parse(base_url)?;
        let key = key.map(|key| ApiKey::parse("OPENAI_API_KEY", key)).transpose()?.flatten();
        endpoint.admit(key.as_ref())?;
        let model = model.map(str::trim).filter(|model| !model.is_empty()).unwrap_or(DEFAULT_MODEL).to_owned();
        Ok(Self { endpoint, key, model, dimensions: None, timing: Timing::default() })
    }
}
