//! A backend as it is configured, before it is opened.

use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::local::{Engine, EngineChoice, Local, ModelSource, model_files};
use super::openai::{OpenAi, OpenAiSettings};
use super::{BackendError, Embedder};

/// How long typing has to pause before a query is sent to a server that may cost money.
const TYPING_PAUSE: Duration = Duration::from_millis(300);

/// What it takes to open a backend. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub enum BackendSpec {
    /// A model in this process.
    Local {
        /// Which model; `None` where none is in the binary and none was named.
        source: Option<ModelSource>,
        /// What it runs on.
        engine: EngineChoice,
    },
    /// OpenAI or a server that speaks its interface.
    OpenAi {
        /// Of the server; `None` for OpenAI's own.
        base_url: Option<String>,
        /// To be allowed in.
        key: Option<SecretString>,
        /// Which model; `None` for the default one.
        model: Option<String>,
        /// The length of vectors to ask for; `None` for the model's own.
        dimensions: Option<usize>,
    },
}

impl BackendSpec {
    /// What to call it in one or two words.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Local { source: Some(ModelSource::Folder { path, .. }), .. } => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                format!("local {}", name.to_string_lossy())
            }
            Self::Local { .. } => format!("local {}", model_files::EMBEDDED_NAME.trim_start_matches("all-")),
            Self::OpenAi { base_url: None, .. } => "OpenAI".into(),
            Self::OpenAi { base_url: Some(_), model, .. } => model.clone().unwrap_or_else(|| "OpenAI".into()),
        }
    }

    /// How long to wait after a key before a query is sent.
    #[must_use]
    pub fn typing_pause(&self) -> Duration {
        match self {
            Self::Local { .. } => Duration::ZERO,
            Self::OpenAi { .. } => TYPING_PAUSE,
        }
    }

    /// Makes the backend ready. Nothing leaves this machine.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] where a setting is missing, and whatever keeps a local model from loading.
    pub fn open(&self, runtime: &Handle) -> Result<Box<dyn Embedder>, BackendError> {
        match self {
            Self::Local { source: None, .. } => Err(BackendError::NotConfigured(
                "this build carries no model: name a folder that has one with --model-dir".into(),
            )),
            Self::Local { source: Some(source), engine } => Ok(Box::new(Local::load(source, &Engine::start(engine)?)?)),
            Self::OpenAi { base_url, key, model, dimensions } => {
                let mut settings = OpenAiSettings::from_values(base_url.as_deref(), key.as_ref(), model.as_deref())?;
                settings.dimensions = *dimensions;
                Ok(Box::new(OpenAi::new(settings, runtime.clone())?))
            }
        }
    }
}
