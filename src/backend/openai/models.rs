//! What is known of OpenAI's own models: one dated table.

/// A model of OpenAI's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct KnownModel {
    /// Its name in a request.
    pub(super) name: &'static str,
    /// The length of its vectors, unless a request asks for shorter ones.
    pub(super) dimensions: usize,
    /// The most tokens of one text, counted in `cl100k_base`.
    pub(super) max_tokens: usize,
    /// US dollars per million tokens.
    pub(super) usd_per_million_tokens: f64,
}

/// As published on 2026-11-22 at `https://platform.openai.com/docs/pricing` and `…/docs/guides/embeddings`.
const MODELS: [KnownModel; 3] = [
    KnownModel { name: "text-embedding-3-small", dimensions: 1536, max_tokens: 8192, usd_per_million_tokens: 0.02 },
    KnownModel { name: "text-embedding-3-large", dimensions: 3072, max_tokens: 8192, usd_per_million_tokens: 0.13 },
    KnownModel { name: "text-embedding-ada-002", dimensions: 1536, max_tokens: 8192, usd_per_million_tokens: 0.10 },
];

/// The model of this name, whichever server runs it.
pub(super) fn known(name: &str) -> Option<&'static KnownModel> {
    MODELS.iter().find(|model| model.name == name)
}
