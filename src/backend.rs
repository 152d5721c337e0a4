//! Embedding backends: what turns texts into vectors.
//!
//! A backend implements [`Embedder`], a small synchronous trait. It is owned by one thread, which calls it one
//! job at a time; a backend that talks to a network blocks that thread and nobody else. Vectors leave a backend
//! as its model made them; [`Batch::normalise`] is the one place where they are checked and scaled to unit length.

use std::fmt;
use std::time::Duration;

use ndarray::{Array2, Axis};
use tokio_util::sync::CancellationToken;

use crate::math::vector;

pub mod error;
pub mod fake;
pub(crate) mod http;
pub mod hub;
pub mod identity;
pub mod local;
pub mod openai;
pub mod prompt;
pub mod rerank;
pub mod reranker_spec;
pub mod spec;
pub mod table;

pub use error::BackendError;
pub use identity::Identity;
pub use prompt::{Prompt, Prompts, Role};
pub use rerank::{RerankMethod, RerankScore, Reranker, RerankerCard, WordMatches};
pub use reranker_spec::RerankerSpec;
pub use spec::BackendSpec;
pub use table::ModelTable;

/// Turns texts into vectors.
pub trait Embedder: Send {
    /// What this backend runs, as shown to a person.
    fn card(&self) -> &ModelCard;

    /// Everything on which the vector of a text in this role depends beside the text.
    fn identity(&self, role: Role) -> Identity;

    /// Splits documents into batches of indices, each of a size that one call of [`Embedder::embed`] takes.
    /// Every index of `texts` is in exactly one batch; the order is the backend's own.
    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>>;

    /// How many tokens each text has, before and after truncation, in the order of `texts`. What a model wants in
    /// front of a text counts with it.
    fn count(&self, texts: &[&str], role: Role) -> Vec<TokenCount>;

    /// Embeds one batch: row `i` of the answer belongs to `texts[i]`. An empty batch gives zero rows.
    ///
    /// # Errors
    /// Whatever keeps the model from answering, [`BackendError::Cancelled`] among it. Nothing is half done.
    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError>;
}

/// What surrounds a call of [`Embedder::embed`]: the caller may lose interest, and wants to know why it waits.
pub struct Job<'a> {
    /// Cancelled when nobody wants the answer any more.
    pub cancel: &'a CancellationToken,
    /// Called whenever the backend starts to wait before another try.
    pub notify: &'a mut dyn FnMut(Retry),
}

/// A failed request that will be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// What went wrong, in words for the status line.
    pub reason: String,
    /// How long the backend waits before it tries again.
    pub wait: Duration,
    /// The number of the try that comes next, the first being 1.
    pub attempt: usize,
    /// How many tries there are at the most.
    pub attempts: usize,
}

/// What a person is told about a backend.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// The model's own name, e.g. `all-MiniLM-L6-v2`.
    pub model: String,
    /// What computes it: `RTen 0.27.0`, `ONNX Runtime 1.24.0`, or a server's host.
    pub engine: String,
    /// Where the texts go.
    pub location: Location,
    /// The length of its vectors. `None` until a server has answered for the first time.
    pub dimensions: Option<usize>,
    /// The most tokens of one text that the model sees; longer texts are cut. `None` if unknown.
    pub max_tokens: Option<usize>,
    /// US dollars per million tokens. `None` if unknown.
    pub usd_per_million_tokens: Option<f64>,
    /// What it is told of queries and documents.
    pub prompts: Prompts,
}

/// Where a backend's texts go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// They stay in this process.
    InProcess,
    /// They go to a server on this machine.
    Loopback(String),
    /// They leave this machine for the host named.
    Remote(String),
}

impl Location {
    /// Whether texts leave this machine.
    #[must_use]
    pub fn leaves_machine(&self) -> bool {
        matches!(self, Self::Remote(_))
    }
}

/// Those of the places where texts go that are not this machine, each once.
#[must_use]
pub fn beyond_this_machine(places: impl IntoIterator<Item = Location>) -> Vec<Location> {
    let mut beyond: Vec<Location> = places.into_iter().filter(Location::leaves_machine).collect();
    beyond.dedup();
    beyond
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess => f.write_str("this process"),
            Self::Loopback(host) | Self::Remote(host) => f.write_str(host),
        }
    }
}

/// The length of a text in tokens of one model, special tokens included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCount {
    /// Tokens of the whole text.
    pub total: usize,
    /// Tokens that the model sees.
    pub used: usize,
    /// Whether the numbers are estimates, because the model's tokenizer is not known.
    pub estimated: bool,
}

impl TokenCount {
    /// Whether the end of the text is not seen by the model.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.used < self.total
    }
}

/// What one embedded text is known by besides its vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextInfo {
    /// Its length in tokens.
    pub tokens: TokenCount,
    /// The Euclidean length of its vector before normalising.
    pub norm: f32,
}

/// What calls of a backend have cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Tokens as billed by the server. Zero where nothing is billed.
    pub tokens: u64,
    /// US dollars. `None` where the model's price is not known.
    pub usd: Option<f64>,
}

impl Usage {
    /// The sum of two, whose price is known only where both are.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let usd = match (self.usd, other.usd) {
            (Some(a), Some(b)) => Some(a + b),
            // Nothing spent yet has no price to be unknown.
            (None, b) if self.tokens == 0 => b,
            (a, None) if other.tokens == 0 => a,
            _ => None,
        };
        Self { tokens: self.tokens.saturating_add(other.tokens), usd }
    }
}

/// A batch of vectors as the model made them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// One row a text: texts × dimensions, not normalised.
    pub vectors: Array2<f32>,
    /// One entry a text.
    pub tokens: Vec<TokenCount>,
    /// What it cost.
    pub usage: Usage,
}

/// A batch of checked unit vectors.
#[derive(Debug, Clone)]
pub struct UnitBatch {
    /// One row a text: texts × dimensions, each of unit length.
    pub vectors: Array2<f32>,
    /// One entry a text.
    pub infos: Vec<TextInfo>,
    /// What it cost.
    pub usage: Usage,
}

impl Batch {
    /// Checks that there is one finite vector of `dimensions` numbers (any positive number if `None`) for each of
    /// `texts` texts, and scales each to unit length.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] says which check failed and for which text.
    pub fn normalise(mut self, texts: usize, dimensions: Option<usize>) -> Result<UnitBatch, BackendError> {
        let (rows, columns) = self.vectors.dim();
        if rows != texts || self.tokens.len() != texts {
            return Err(BackendError::BadVectors(format!("{rows} vectors came back for {texts} texts")));
        }
        if let Some(expected) = dimensions.filter(|&d| rows > 0 && d != columns) {
            return Err(BackendError::BadVectors(format!("vectors of {columns} dimensions came back, not {expected}")));
        }
        let mut infos = Vec::with_capacity(rows);
        for (number, (mut row, &tokens)) in self.vectors.axis_iter_mut(Axis(0)).zip(&self.tokens).enumerate() {
            let norm = vector::normalise(row.view_mut())
                .map_err(|reason| BackendError::BadVectors(format!("vector {} of {rows} {reason}", number + 1)))?;
            infos.push(TextInfo { tokens, norm });
        }
        Ok(UnitBatch { vectors: self.vectors, infos, usage: self.usage })
    }
}
