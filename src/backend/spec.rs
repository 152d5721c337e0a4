//! A backend as it is configured, before it is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::hub::{Download, Hub, HubFile, HubSettings, Repo};
use super::local::catalogue::CatalogueModel;
use super::local::model_files::{self, PoolingName};
use super::local::{Adjustments, Engine, EngineChoice, LoadedModel, LoadedModels, Local, ModelSource};
use super::openai::{Given, OpenAi, OpenAiSettings, Service, SettingNames};
use super::{BackendError, Embedder, Location, ModelTable, Prompts};

/// What servers are asked with.
///
/// # Errors
/// Where the system has no threads left.
pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

/// How long typing has to pause before a query is sent to a server that may cost money.
const TYPING_PAUSE: Duration = Duration::from_millis(300);

/// What it takes to open a backend. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct BackendSpec {
    /// Its name in the config and on the command line.
    pub name: String,
    /// What to call it on the screen.
    pub label: String,
    /// What it is.
    pub kind: BackendKind,
    /// What the person sets otherwise than the model's makers did.
    pub adjustments: Adjustments,
}

/// What a backend is. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub enum BackendKind {
    /// A model in this process.
    Local {
        /// Which model.
        model: LocalModel,
        /// What it runs on.
        engine: EngineChoice,
    },
    /// A model that a server runs.
    Server(ServerSpec),
}

/// A model in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalModel {
    /// The one in the binary.
    Embedded,
    /// One in a folder of the person's.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Whether to load it even if its hash is not known.
        trusted: bool,
        /// How token vectors become one; `None` for what the folder says.
        pooling: Option<PoolingName>,
    },
    /// One of fastembed's catalogue, fetched from the Hugging Face hub.
    Catalogue(Box<CatalogueModel>),
}

/// A server and its model, as they were given. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct ServerSpec {
    /// Whose interface it speaks.
    pub service: Service,
    /// Where it is; `None` for the service's own.
    pub base_url: Option<String>,
    /// To be let in.
    pub key: Option<SecretString>,
    /// What a person calls these settings.
    pub names: SettingNames,
    /// Which model; `None` for the service's default.
    pub model: Option<String>,
    /// The length of vectors to ask for; `None` for the model's own.
    pub dimensions: Option<usize>,
}

/// What backends and rerankers are opened with.
#[derive(Debug, Clone)]
pub struct OpenContext {
    /// For requests.
    pub runtime: Handle,
    /// Prices, limits and prompts.
    pub table: Arc<ModelTable>,
    /// Where models are fetched from, and kept; or why that cannot be said.
    pub hub: Result<HubSettings, String>,
    /// The models that are loaded, of which those who open one take part.
    pub models: Arc<LoadedModels>,
}

/// What surrounds the opening of a backend, which may take long where a model has to be fetched.
pub struct OpenJob<'a> {
    /// Cancelled when nobody wants it any more.
    pub cancel: &'a CancellationToken,
    /// Called while a model is fetched.
    pub progress: &'a mut dyn FnMut(Download),
}

/// What is known of a backend before it is opened, without any network.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// What kind it is: as in the config file.
    pub kind: &'static str,
    /// The model's own name.
    pub model: String,
    /// The length of its vectors, where that is known.
    pub dimensions: Option<usize>,
    /// The most tokens of one text that it sees, where that is known.
    pub max_tokens: Option<usize>,
    /// US dollars per million tokens, where that is known.
    pub usd_per_million_tokens: Option<f64>,
    /// What it is told of queries and documents; `None` where only its files say.
    pub prompts: Option<Prompts>,
    /// Where its texts go; `None` where a setting is missing.
    pub location: Option<Location>,
    /// Whether it can be used as it is.
    pub readiness: Readiness,
}

/// Whether a backend can be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// First its files would be fetched from this repository.
    Downloads(String),
    /// A setting is missing; the text says which.
    NotConfigured(String),
}

impl BackendSpec {
    /// How long to wait after a key before a query is sent.
    #[must_use]
    pub fn typing_pause(&self) -> Duration {
        match self.kind {
            BackendKind::Local { .. } => Duration::ZERO,
            BackendKind::Server(_) => TYPING_PAUSE,
        }
    }

    /// Makes the backend ready. None of a person's texts leave this machine; a model that is not there yet is fetched.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] where a setting is missing, and whatever keeps a local model from being fetched or
    /// loaded.
    pub fn open(&self, context: &OpenContext, job: &mut OpenJob<'_>) -> Result<Box<dyn Embedder>, BackendError> {
        match &self.kind {
            BackendKind::Local { model, engine } => {
                Ok(Box::new(Local::sharing(model.load(engine, &self.adjustments, context, job)?)))
            }
            BackendKind::Server(server) => {
                let mut settings = server.settings(&context.table)?;
                settings.dimensions = server.dimensions;
                settings.prompts = self.adjustments.prompts(settings.prompts);
                settings.max_tokens = self.adjustments.max_tokens;
                Ok(Box::new(OpenAi::new(settings, context.runtime.clone())?))
            }
        }
    }

    /// What is known of it before it is opened.
    #[must_use]
    pub fn describe(&self, context: &OpenContext) -> Description {
        match &self.kind {
            BackendKind::Local { model, .. } => self.describe_local(model, context),
            BackendKind::Server(server) => self.describe_server(server, &context.table),
        }
    }

    fn describe_local(&self, model: &LocalModel, context: &OpenContext) -> Description {
        let table = &context.table;
        let name = model.name();
        let (kind, dimensions, limit, prompts) = match model {
            LocalModel::Embedded => ("embedded", Some(384), table.max_tokens(&name), Some(table.prompts(&name))),
            // Its files say the rest when it is opened.
            LocalModel::Folder { .. } => ("model-dir", None, None, None),
            LocalModel::Catalogue(model) => {
                let limit = table.max_tokens(model.base_name()).or(Some(512));
                ("fastembed", Some(model.dimensions), limit, Some(table.prompts(&name)))
            }
        };
        Description {
            kind,
            model: name,
            dimensions,
            max_tokens: self.adjustments.max_tokens.or(limit),
            usd_per_million_tokens: Some(0.0),
            prompts: prompts.map(|own| self.adjustments.prompts(own)),
            location: Some(Location::InProcess),
            readiness: model.readiness(context),
        }
    }

    fn describe_server(&self, server: &ServerSpec, table: &ModelTable) -> Description {
        let kind = match (server.service, &server.base_url) {
            (Service::Voyage, _) => "voyage",
            (Service::OpenAi, None) => "openai",
            (Service::OpenAi, Some(_)) => "openai-compatible",
        };
        let model = server.model.clone().unwrap_or_else(|| server.service.default_model().to_owned());
        let known = table.server(&model);
        let (location, readiness) = match server.settings(table) {
            Ok(settings) => (Some(settings.location()), Readiness::Ready),
            Err(error) => (None, Readiness::NotConfigured(error.to_string())),
        };
        let price = known.as_ref().and_then(|known| known.usd_per_million_tokens);
        let is_here = location.as_ref().is_some_and(|location| !location.leaves_machine());
        Description {
            kind,
            dimensions: server.dimensions.or(known.as_ref().and_then(|known| known.dimensions)),
            max_tokens: self.adjustments.max_tokens.or(known.and_then(|known| known.max_tokens)),
            usd_per_million_tokens: if is_here { Some(0.0) } else { price },
            prompts: Some(self.adjustments.prompts(table.prompts(&model))),
            model,
            location,
            readiness,
        }
    }
}

impl LocalModel {
    /// The model's own name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Embedded => model_files::EMBEDDED_NAME.into(),
            Self::Folder { path, .. } => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Self::Catalogue(model) => model.name.clone(),
        }
    }

    /// The model, loaded unless somebody has it, and fetched before that if need be.
    pub(super) fn load(
        &self,
        engine: &EngineChoice,
        adjustments: &Adjustments,
        context: &OpenContext,
        job: &mut OpenJob<'_>,
    ) -> Result<Arc<LoadedModel>, BackendError> {
        // Before the model's place is taken: whoever wants it as well can still give up while this waits for a network.
        let source = self.source(context, job)?;
        context.models.get_or_load(&(self.clone(), engine.clone(), adjustments.clone()), || {
            LoadedModel::load(&source, &Engine::start(engine)?, &context.table, adjustments)
        })
    }

    /// Whether it can be loaded as it is.
    pub(super) fn readiness(&self, context: &OpenContext) -> Readiness {
        match self {
            Self::Embedded => match embedded_source() {
                Ok(_) => Readiness::Ready,
                Err(error) => Readiness::NotConfigured(error.to_string()),
            },
            Self::Folder { path, .. } => folder(path),
            Self::Catalogue(model) => fetched(&model.repository, &model.files(), context),
        }
    }

    /// Where its files are, after they were fetched if need be.
    fn source(&self, context: &OpenContext, job: &mut OpenJob<'_>) -> Result<ModelSource, BackendError> {
        match self {
            Self::Embedded => embedded_source(),
            Self::Folder { path, trusted, pooling } => {
                Ok(ModelSource::Folder { path: path.clone(), trusted: *trusted, pooling: *pooling })
            }
            Self::Catalogue(model) => {
                let folder = fetch(&model.repository, &model.files(), context, job)?;
                Ok(ModelSource::Fetched { model: model.clone(), folder })
            }
        }
    }
}

/// Fetches files of a repository, unless they are there, and gives the folder that they are in.
///
/// # Errors
/// Whatever the hub refuses, and [`BackendError::Cancelled`].
pub fn fetch(
    repository: &str,
    files: &[&str],
    context: &OpenContext,
    job: &mut OpenJob<'_>,
) -> Result<PathBuf, BackendError> {
    let (repo, files) = (Repo::new(repository)?, required(files));
    let settings = context.hub.clone().map_err(BackendError::NotConfigured)?;
    // Without a client, whose certificates take a while to load.
    if let Some(folder) = settings.cached(&repo, &files) {
        return Ok(folder);
    }
    let hub = Hub::new(settings, context.runtime.clone())?;
    hub.fetch(&repo, &files, job.cancel, job.progress)
}

/// Whether files of a repository are there, or would be fetched.
pub(super) fn fetched(repository: &str, files: &[&str], context: &OpenContext) -> Readiness {
    let cached = match (Repo::new(repository), &context.hub) {
        (Ok(repo), Ok(hub)) => hub.cached(&repo, &required(files)).is_some(),
        _ => false,
    };
    if cached { Readiness::Ready } else { Readiness::Downloads(repository.to_owned()) }
}

/// Whether a folder is there.
pub(super) fn folder(path: &Path) -> Readiness {
    let missing = || Readiness::NotConfigured(format!("{} is not a folder", path.display()));
    if path.is_dir() { Readiness::Ready } else { missing() }
}

fn required<'a>(files: &[&'a str]) -> Vec<HubFile<'a>> {
    files.iter().map(|file| HubFile::required(file)).collect()
}

/// The model in the binary, in a build that carries it.
fn embedded_source() -> Result<ModelSource, BackendError> {
    #[cfg(feature = "embedded-model")]
    let source = Some(ModelSource::Embedded);
    #[cfg(not(feature = "embedded-model"))]
    let source = None;
    source.ok_or_else(|| {
        BackendError::NotConfigured("this build carries no model: name a folder that has one with --model-dir".into())
    })
}

impl ServerSpec {
    /// The settings, checked.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] says what is missing.
    pub fn settings(&self, table: &ModelTable) -> Result<OpenAiSettings, BackendError> {
        let Self { service, base_url, key, names, model, .. } = self;
        let given =
            Given { service: *service, base_url: base_url.as_deref(), key: key.as_ref(), model: model.as_deref() };
        OpenAiSettings::new(given, names.clone(), table)
    }
}
