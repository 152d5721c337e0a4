//! One query through the stages, as `--format json` prints it.

use serde::Serialize;

use super::super::settings::{SettingsReport, name};
use super::super::words::Words;
use crate::backend::{RerankMethod, RerankScore, RerankerCard, WordMatches};
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::pipeline::{FusionTerm, Placement, Provenance, TermScore};
use crate::engine::{Run, Stage};

/// What `--format json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    query: &'a str,
    /// Of the dense stage; `None` where it does not run.
    backend: Option<&'a str>,
    model: Option<String>,
    reranker: Option<RerankerReport>,
    settings: SettingsReport,
    stages: Vec<StageReport>,
    /// The first of the last stage.
    results: Vec<Found<'a>>,
}

#[derive(Debug, Serialize)]
struct RerankerReport {
    model: String,
    engine: String,
    method: &'static str,
}

#[derive(Debug, Serialize)]
struct StageReport {
    stage: String,
    /// How many documents it ranks.
    documents: usize,
    ms: f64,
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    rank: usize,
    id: &'a str,
    text: &'a str,
    dense: Option<Place>,
    bm25: Option<Bm25<'a>>,
    hybrid: Option<Hybrid>,
    rerank: Option<Reranked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Words>,
}

/// Where a stage puts a document, and on what score of its own scale.
#[derive(Debug, Serialize)]
struct Place {
    rank: usize,
    score: f32,
}

#[derive(Debug, Serialize)]
struct Bm25<'a> {
    #[serde(flatten)]
    place: Option<Place>,
    terms: Vec<Term<'a>>,
}

/// What a word of the query adds.
#[derive(Debug, Serialize)]
struct Term<'a> {
    #[serde(rename = "term")]
    word: &'a str,
    in_query: usize,
    documents: usize,
    idf: f64,
    tf: usize,
    saturation: f64,
    contribution: f64,
}

#[derive(Debug, Serialize)]
struct Hybrid {
    #[serde(flatten)]
    place: Place,
    /// What dense and BM25 add to the score.
    terms: [FusedTerm; 2],
}

#[derive(Debug, Serialize)]
struct FusedTerm {
    from: &'static str,
    rank: Option<usize>,
    raw: Option<f32>,
    normalised: Option<f64>,
    weight: Option<f64>,
    value: f64,
}

#[derive(Debug, Serialize)]
struct Reranked {
    #[serde(flatten)]
    place: Place,
    late_interaction: Option<f32>,
    cosine: Option<f32>,
    logit: Option<f32>,
    probability: Option<f32>,
}

impl<'a> Report<'a> {
    /// What came of a run: the first of its last stage, each with where it stands and which words match, as far as that
    /// was asked for.
    pub(super) fn new(
        run: &'a Run,
        corpus: &'a Corpus,
        (backend, model, reranker): (Option<&'a str>, Option<String>, Option<RerankerCard>),
        (first, provenances): (&[DocumentIndex], &'a [Provenance]),
        matches: Vec<Option<WordMatches>>,
    ) -> Self {
        let mut matches = matches.into_iter();
        let results = (1..).zip(first).zip(provenances).map(|((rank, &document), provenance)| {
            let words = matches.next().flatten().map(Words::from);
            Found::new(rank, corpus, document, provenance, words)
        });
        let running: Vec<Stage> = Stage::ALL.into_iter().filter(|&stage| run.settings.runs(stage)).collect();
        Self {
            query: &run.query,
            backend,
            model,
            reranker: reranker.map(RerankerReport::new),
            settings: SettingsReport::new(&running, &run.settings),
            results: results.collect(),
            stages: running.iter().filter_map(|&stage| StageReport::new(run, stage)).collect(),
        }
    }
}

impl RerankerReport {
    fn new(card: RerankerCard) -> Self {
        let method = match card.method {
            RerankMethod::LateInteraction => "late-interaction",
            RerankMethod::CrossEncoder => "cross-encoder",
        };
        Self { model: card.model, engine: card.engine, method }
    }
}

impl StageReport {
    fn new(run: &Run, stage: Stage) -> Option<Self> {
        let ranking = run.stage(stage)?;
        Some(Self { stage: name(stage), documents: ranking.placed.len(), ms: ranking.time.as_secs_f64() * 1e3 })
    }
}

impl From<Placement> for Place {
    fn from(Placement { rank, score }: Placement) -> Self {
        Self { rank, score }
    }
}

impl<'a> Found<'a> {
    fn new(
        rank: usize,
        corpus: &'a Corpus,
        document: DocumentIndex,
        provenance: &'a Provenance,
        words: Option<Words>,
    ) -> Self {
        let terms: Vec<Term<'a>> = provenance.terms.iter().map(Term::from).collect();
        let has_words = provenance.bm25.is_some() || !terms.is_empty();
        Self {
            rank,
            id: &corpus[document].id,
            text: &corpus[document].text,
            dense: provenance.dense.map(Place::from),
            bm25: has_words.then(|| Bm25 { place: provenance.bm25.map(Place::from), terms }),
            hybrid: provenance.hybrid.zip(provenance.fusion).map(|(place, [dense, bm25])| Hybrid {
                place: place.into(),
                terms: [FusedTerm::new("dense", dense), FusedTerm::new("bm25", bm25)],
            }),
            rerank: provenance.rerank.zip(provenance.rerank_score).map(|(place, score)| Reranked::new(place, score)),
            words,
        }
    }
}

impl<'a> From<&'a TermScore> for Term<'a> {
    fn from(score: &'a TermScore) -> Self {
        let TermScore { term, in_query, documents, idf, tf, saturation, contribution } = score;
        Self {
            word: term,
            in_query: *in_query,
            documents: *documents,
            idf: *idf,
            tf: *tf,
            saturation: *saturation,
            contribution: *contribution,
        }
    }
}

impl FusedTerm {
    fn new(from: &'static str, term: FusionTerm) -> Self {
        let nothing = Self { from, rank: None, raw: None, normalised: None, weight: None, value: term.value() };
        match term {
            FusionTerm::Missing => nothing,
            FusionTerm::ReciprocalRank { rank, weight, .. } => {
                Self { rank: Some(rank), weight: Some(weight), ..nothing }
            }
            FusionTerm::Score { raw, normalised, weight, .. } => {
                Self { raw: Some(raw), normalised: Some(normalised), weight: Some(weight), ..nothing }
            }
        }
    }
}

impl Reranked {
    fn new(place: Placement, score: RerankScore) -> Self {
        let (late_interaction, cosine, logit) = match score {
            RerankScore::Late { late, cosine } => (Some(late), Some(cosine), None),
            RerankScore::Logit(logit) => (None, None, Some(logit)),
        };
        Self { place: place.into(), late_interaction, cosine, logit, probability: score.probability() }
    }
}
