//! The local backend: a sentence-transformers model run in this process by fastembed.
//!
//! fastembed tokenises, batches and pools; what it computes on is the process's one [`Engine`]. Two rerankers run here as
//! well: late interaction, over the token vectors of the same model, and cross-encoders.

use std::sync::Arc;

use ndarray::Array2;

use super::{
    BackendError, Batch, Embedder, Identity, Job, Location, ModelCard, ModelTable, Prompt, Prompts, Role, TokenCount,
    Usage,
};

pub mod catalogue;
pub mod cross_encoder;
pub mod engine;
mod late;
mod loaded;
mod made_of;
pub mod model_files;
mod registry;
mod tokens;

pub use cross_encoder::CrossEncoder;
pub use engine::{Engine, EngineChoice};
pub use late::LateReranker;
pub use loaded::LoadedModel;
pub use model_files::{ModelFiles, ModelSource};
pub use registry::{LoadedModels, ModelKey};

use loaded::{BATCH_SIZE, Text};

/// What a person sets otherwise than a model's makers did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustments {
    /// In front of queries.
    pub query: Option<Prompt>,
    /// In front of documents.
    pub document: Option<Prompt>,
    /// The most tokens of one text that the model sees.
    pub max_tokens: Option<usize>,
}

impl Adjustments {
    /// The prompts, where the person left them, of the model.
    #[must_use]
    pub fn prompts(&self, own: Prompts) -> Prompts {
        Prompts {
            query: self.query.clone().unwrap_or(own.query),
            document: self.document.clone().unwrap_or(own.document),
        }
    }
}

/// A sentence-transformers model in this process, for embedding.
pub struct Local {
    card: ModelCard,
    model: Arc<LoadedModel>,
}

impl Local {
    /// Loads a model for this alone: [`LoadedModel::load`].
    ///
    /// # Errors
    /// [`BackendError`] says whether a file, the tokenizer or the model itself is at fault.
    pub fn load(
        source: &ModelSource,
        engine: &Engine,
        table: &ModelTable,
        adjustments: &Adjustments,
    ) -> Result<Self, BackendError> {
        Ok(Self::sharing(Arc::new(LoadedModel::load(source, engine, table, adjustments)?)))
    }

    /// Embeds with a model that others may run as well.
    #[must_use]
    pub fn sharing(model: Arc<LoadedModel>) -> Self {
        let card = ModelCard {
            model: model.name.clone(),
            engine: model.engine.clone(),
            location: Location::InProcess,
            dimensions: Some(model.dimensions),
            max_tokens: Some(model.max_tokens),
            usd_per_million_tokens: Some(0.0),
            prompts: model.prompts.clone(),
        };
        Self { card, model }
    }
}

impl Embedder for Local {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn identity(&self, role: Role) -> Identity {
        self.model.identity(role)
    }

    /// Sorted by length in tokens, because a batch is padded to its longest text.
    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        let counts = self.count(texts, Role::Document);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| counts[index].used);
        order.chunks(BATCH_SIZE).map(<[usize]>::to_vec).collect()
    }

    fn count(&self, texts: &[&str], role: Role) -> Vec<TokenCount> {
        self.model.lengths(&self.model.prompted(texts, role))
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError> {
        if job.cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let texts: Vec<Text<'_>> = self.model.prompted(texts, role);
        let vectors =
            if texts.is_empty() { Array2::zeros((0, self.model.dimensions)) } else { self.model.pooled(&texts)? };
        Ok(Batch { vectors, tokens: self.model.lengths(&texts), usage: Usage { tokens: 0, usd: Some(0.0) } })
    }
}
