//! Why one document stands where it stands, as `--format json` prints it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::words::Words;
use super::Found;
use crate::backend::ModelCard;
use crate::engine::ablation::WordEffect;
use crate::engine::explanation::Gap;
use crate::math::distribution::Distribution;

/// What `--format json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    query: &'a str,
    backend: &'a str,
    model: &'a str,
    engine: &'a str,
    dimensions: Option<usize>,
    id: &'a str,
    topic: Option<&'a str>,
    text: &'a str,
    /// What else the source says of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'a str, &'a Value>,
    /// The ids of others with the same text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    duplicates: Vec<&'a str>,
    /// By what way the best were found.
    method: String,
    /// The filter, where one was given.
    filter: Option<&'a str>,
    /// How many documents are ranked.
    documents: usize,
    /// Of how many documents the spread of scores is known; nothing where it is that of all.
    sampled: Option<usize>,
    rank: usize,
    cosine: f32,
    angle_degrees: f32,
    query_norm: f32,
    document_norm: f32,
    raw_dot: f32,
    tokens: usize,
    tokens_used: usize,
    /// The share of documents that score lower.
    above_share: f32,
    z: Option<f32>,
    behind: Option<Neighbour>,
    ahead_of: Option<Neighbour>,
    scores: Option<Scores<'a>>,
    /// How many words the query has; of a long one, only the first are left out.
    words: usize,
    /// The query without one word, for each word.
    words_left_out: Vec<Without<'a>>,
    /// By token vectors; `None` where the reranker does not say.
    words_that_match: Option<Words>,
    contributions: Contributions,
}

#[derive(Debug, Serialize)]
struct Neighbour {
    rank: usize,
    cosine_apart: f32,
    deviations_apart: Option<f32>,
}

/// All scores, in equal bins from the least to the greatest.
#[derive(Debug, Serialize)]
struct Scores<'a> {
    mean: f32,
    deviation: f32,
    least: f32,
    greatest: f32,
    histogram: &'a [u32],
    /// The bin of this document.
    bin: usize,
}

#[derive(Debug, Serialize)]
struct Without<'a> {
    word: &'a str,
    /// `None` where what is left has no direction.
    cosine: Option<f32>,
    /// Against the cosine with all words.
    change: Option<f32>,
    rank: Option<usize>,
}

/// The cosine as the sum of its dimensions.
#[derive(Debug, Serialize)]
struct Contributions {
    added: f32,
    taken: f32,
    /// How many of the largest come to half of what all add and take away.
    half: usize,
    largest: Vec<Contribution>,
}

#[derive(Debug, Serialize)]
struct Contribution {
    dimension: usize,
    query: f32,
    document: f32,
    product: f32,
}

impl<'a> Report<'a> {
    pub(super) fn new(backend: &'a str, card: &'a ModelCard, found: Found<'a>) -> Self {
        let Found { corpus, document, filter, ranking, explanation, effects, contributions, matches } = found;
        let about = &corpus[document];
        Self {
            query: &ranking.query,
            backend,
            model: &card.model,
            engine: &card.engine,
            dimensions: card.dimensions,
            id: &about.id,
            topic: about.topic.as_deref(),
            text: &about.text,
            metadata: corpus.said(&about.metadata).collect(),
            duplicates: about.duplicates.iter().map(|copy| copy.id.as_str()).collect(),
            method: ranking.method.to_string(),
            filter,
            documents: ranking.among,
            sampled: ranking.sampled,
            rank: explanation.rank,
            cosine: explanation.cosine,
            angle_degrees: explanation.angle,
            query_norm: explanation.query_norm,
            document_norm: explanation.document_norm,
            raw_dot: explanation.raw_dot,
            tokens: explanation.tokens.total,
            tokens_used: explanation.tokens.used,
            above_share: explanation.above_share,
            z: explanation.z,
            behind: explanation.behind.map(Neighbour::from),
            ahead_of: explanation.ahead.map(Neighbour::from),
            scores: ranking.spread.as_ref().map(|spread| Scores::new(spread, explanation.bin)),
            words: effects.of,
            words_left_out: effects.words.iter().map(Without::from).collect(),
            words_that_match: matches.map(Words::from),
            contributions: contributions.into(),
        }
    }
}

impl<'a> From<&WordEffect<'a>> for Without<'a> {
    fn from(effect: &WordEffect<'a>) -> Self {
        let without = effect.without;
        Self {
            word: effect.word,
            cosine: without.map(|without| without.score),
            change: without.map(|without| -without.falls_by),
            rank: without.map(|without| without.rank),
        }
    }
}

impl From<Gap> for Neighbour {
    fn from(gap: Gap) -> Self {
        Self { rank: gap.rank, cosine_apart: gap.cosine, deviations_apart: gap.deviations }
    }
}

impl<'a> Scores<'a> {
    fn new(spread: &'a Distribution, bin: usize) -> Self {
        let Distribution { mean, deviation, least, greatest, histogram, .. } = spread;
        Self { mean: *mean, deviation: *deviation, least: *least, greatest: *greatest, histogram, bin }
    }
}

impl From<crate::engine::Contributions> for Contributions {
    fn from(parts: crate::engine::Contributions) -> Self {
        let largest = parts.largest.iter().map(|part| Contribution {
            dimension: part.dimension,
            query: part.query,
            document: part.document,
            product: part.product,
        });
        Self { added: parts.added, taken: parts.taken, half: parts.half, largest: largest.collect() }
    }
}
