//! A reranker as it is configured, before it is opened.

use std::path::PathBuf;

use super::local::cross_encoder::catalogue::CrossEncoderModel;
use super::local::cross_encoder::{CrossEncoder, CrossEncoderSource};
use super::local::{Adjustments, Engine, EngineChoice, LateReranker, model_files};
use super::spec::{self, LocalModel, OpenContext, OpenJob, Readiness};
use super::{BackendError, RerankMethod, Reranker};

/// What it takes to open a reranker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerankerSpec {
    /// Its name in the config and on the command line.
    pub name: String,
    /// What to call it on the screen.
    pub label: String,
    /// What it is.
    pub kind: RerankerKind,
}

/// What a reranker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RerankerKind {
    /// Late interaction over the token vectors of an embedding model, which is loaded once for both.
    LateInteraction {
        /// Which model.
        model: LocalModel,
        /// What the backend sets otherwise than the model's makers did.
        adjustments: Adjustments,
        /// What it runs on.
        engine: EngineChoice,
    },
    /// A cross-encoder.
    CrossEncoder {
        /// Which model.
        model: CrossEncoderKind,
        /// What it runs on.
        engine: EngineChoice,
    },
}

/// Where a cross-encoder comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrossEncoderKind {
    /// From the Hugging Face hub.
    Fetched(Box<CrossEncoderModel>),
    /// From a folder of the person's.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Whether to load it even if its hash is not known.
        trusted: bool,
    },
}

/// What is known of a reranker before it is opened, without any network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerankerDescription {
    /// The model's own name.
    pub model: String,
    /// How it compares.
    pub method: RerankMethod,
    /// Whether it can be used as it is.
    pub readiness: Readiness,
}

impl RerankerSpec {
    /// Makes the reranker ready. A model that is not there yet is fetched.
    ///
    /// # Errors
    /// Whatever keeps its model from being fetched or loaded, and [`BackendError::Unfit`] where the model is not one to
    /// rerank with.
    pub fn open(&self, context: &OpenContext, job: &mut OpenJob<'_>) -> Result<Box<dyn Reranker>, BackendError> {
        match &self.kind {
            RerankerKind::LateInteraction { model, adjustments, engine } => {
                Ok(Box::new(LateReranker::new(model.load(engine, adjustments, context, job)?)?))
            }
            RerankerKind::CrossEncoder { model, engine } => {
                let source = model.source(context, job)?;
                Ok(Box::new(CrossEncoder::load(&source, &Engine::start(engine)?)?))
            }
        }
    }

    /// What is known of it before it is opened.
    #[must_use]
    pub fn describe(&self, context: &OpenContext) -> RerankerDescription {
        match &self.kind {
            RerankerKind::LateInteraction { model, .. } => RerankerDescription {
                model: model.name(),
                method: RerankMethod::LateInteraction,
                readiness: model.readiness(context),
            },
            RerankerKind::CrossEncoder { model, .. } => {
                let (name, readiness) = match model {
                    CrossEncoderKind::Fetched(model) => {
                        (model.name.clone(), spec::fetched(&model.repository, &model.files(), context))
                    }
                    CrossEncoderKind::Folder { path, .. } => (model_files::folder_name(path), spec::folder(path)),
                };
                RerankerDescription { model: name, method: RerankMethod::CrossEncoder, readiness }
            }
        }
    }
}

impl CrossEncoderKind {
    /// Where its files are, after they were fetched if need be.
    fn source(&self, context: &OpenContext, job: &mut OpenJob<'_>) -> Result<CrossEncoderSource, BackendError> {
        match self {
            Self::Fetched(model) => {
                let folder = spec::fetch(&model.repository, &model.files(), context, job)?;
                Ok(CrossEncoderSource::Fetched { model: model.clone(), folder })
            }
            Self::Folder { path, trusted } => Ok(CrossEncoderSource::Folder { path: path.clone(), trusted: *trusted }),
        }
    }
}
