//! Settings of an HTTP backend, checked before anything is sent.

use std::time::Duration;

use secrecy::SecretString;
use serde::Serialize;

use super::super::http::Timing;
use super::super::http::key::ApiKey;
use super::super::table::ServerModel;
use super::super::{BackendError, Location, ModelTable, Prompts};
use super::endpoint::Endpoint;

/// Whose interface a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// `OpenAI`'s, which most servers speak.
    OpenAi,
    /// Voyage AI's, which differs in a few fields of the request.
    Voyage,
}

impl Service {
    /// Where it is found when nobody names another server.
    pub(super) fn base_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Voyage => "https://api.voyageai.com/v1",
        }
    }

    /// The model that is asked for when nobody names another.
    #[must_use]
    pub fn default_model(self) -> &'static str {
        match self {
            Self::OpenAi => "text-embedding-3-small",
            Self::Voyage => "voyage-4",
        }
    }
}

/// What a person calls the settings, so that an error says which one to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingNames {
    /// The base URL.
    pub base_url: String,
    /// The variable with the key.
    pub key: String,
    /// The model.
    pub model: String,
}

impl SettingNames {
    /// The variables of the exercise.
    #[must_use]
    pub fn environment() -> Self {
        Self { base_url: "OPENAI_BASE_URL".into(), key: "OPENAI_API_KEY".into(), model: "EMBED_MODEL".into() }
    }

    /// Those of a backend in the config file, whose key is in a variable.
    #[must_use]
    pub fn backend(name: &str, key_variable: &str) -> Self {
        Self {
            base_url: format!("base_url of the backend \"{name}\""),
            key: key_variable.to_owned(),
            model: format!("the model of the backend \"{name}\""),
        }
    }
}

/// Which server and model to ask, and with which key. Its `Debug` shows nothing of the key.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    pub(super) service: Service,
    pub(super) endpoint: Endpoint,
    pub(super) key: Option<ApiKey>,
    pub(super) model: String,
    /// What is known of the model.
    pub(super) known: Option<ServerModel>,
    /// What the model is told of queries and documents.
    pub prompts: Prompts,
    /// The length of the vectors to ask for. `None` leaves it to the model.
    pub dimensions: Option<usize>,
    /// The most tokens of one text that are sent. `None` leaves it to what is known of the model.
    pub max_tokens: Option<usize>,
    /// How long to wait for what.
    pub timing: Timing,
}

/// How long a server is waited for where nobody says otherwise.
const TIMING: Timing =
    Timing { connect: Duration::from_secs(10), total: Duration::from_mins(1), backoff: Duration::from_millis(500) };

/// Settings as they were given, before they are checked. White space around a value is not part of it, and a blank value
/// is none.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Whose interface the server speaks.
    pub service: Service,
    /// Where it is; `None` for the service's own.
    pub base_url: Option<&'a str>,
    /// To be let in. A server on this machine needs none.
    pub key: Option<&'a SecretString>,
    /// Which model; `None` for the service's default.
    pub model: Option<&'a str>,
}

impl OpenAiSettings {
    /// Checks settings, and adds what a table knows of the model.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says which setting to change, by `names`, if a value is unusable, if the key is
    /// missing, or if it would be sent unencrypted to another machine. It shows neither the key nor an unusable value.
    pub fn new(given: Given<'_>, names: SettingNames, table: &ModelTable) -> Result<Self, BackendError> {
        let Given { service, base_url, key, model } = given;
        let key = key.map(|key| ApiKey::parse(&names.key, key)).transpose()?.flatten();
        let endpoint = Endpoint::parse(base_url, service, names)?;
        endpoint.admit(key.as_ref())?;
        let model =
            model.map(str::trim).filter(|model| !model.is_empty()).unwrap_or(service.default_model()).to_owned();
        let (known, prompts) = (table.server(&model), table.prompts(&model));
        // A model on this machine has no more processors than there are, and takes its time over a batch.
        let total = if endpoint.loopback() { Duration::from_mins(10) } else { TIMING.total };
        let timing = Timing { total, ..TIMING };
        Ok(Self { service, endpoint, key, model, known, prompts, dimensions: None, max_tokens: None, timing })
    }

    /// Where the texts will go.
    #[must_use]
    pub fn location(&self) -> Location {
        self.endpoint.location()
    }

    /// Settings from the values of `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `EMBED_MODEL`; without a base URL and a model
    /// they are OpenAI's own `https://api.openai.com/v1` and `text-embedding-3-small`.
    ///
    /// # Errors
    /// As [`OpenAiSettings::new`], with the names of the variables.
    pub fn from_values(
        base_url: Option<&str>,
        key: Option<&SecretString>,
        model: Option<&str>,
    ) -> Result<Self, BackendError> {
        let given = Given { service: Service::OpenAi, base_url, key, model };
        Self::new(given, SettingNames::environment(), &ModelTable::bundled())
    }
}
