//! The stages of a retrieval pipeline, composed in one place: dense and BM25, fused, and the best of that reranked.
//!
//! ```text
//! dense ─┐
//!        ├─ hybrid ─ rerank of the top n
//! BM25 ──┘
//! ```
//!
//! Each stage is a plain function from rankings to a ranking. A [`Run`] keeps them all, so that for every document it
//! can be said where each stage put it, and why: its [`Provenance`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lexical::Lexical;
use super::ranking::Ranking;
use super::ranks::Ranks;
use crate::backend::{BackendError, Job, RerankScore, Reranker};
use crate::corpus::{Corpus, DocumentIndex, Selection};
use crate::math::agreement::Scored;
use crate::math::fusion::{self, Ranked};

mod settings;

pub use crate::math::bm25::TermScore;
pub use settings::{Fusion, Settings, Stage};

/// One document in the ranking of a stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Which one.
    pub document: DocumentIndex,
    /// Its score on the stage's own scale.
    pub score: f32,
}

/// The documents that a stage ranks, best first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StageRanking {
    /// Best first.
    pub placed: Vec<Placed>,
    /// How long the stage took.
    pub time: Duration,
    ranks: Ranks,
}

/// Where a stage puts a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// From 1.
    pub rank: usize,
    /// On the stage's own scale.
    pub score: f32,
}

impl StageRanking {
    /// The ranking of documents out of a corpus of `documents`, given best first and each once.
    #[must_use]
    pub fn new(placed: Vec<Placed>, documents: usize, time: Duration) -> Self {
        let ranks = Ranks::new(placed.iter().map(|placed| placed.document), documents);
        Self { placed, time, ranks }
    }

    /// Where a document stands; `None` where the stage does not rank it.
    #[must_use]
    pub fn placement(&self, document: DocumentIndex) -> Option<Placement> {
        let rank = self.ranks.of(document)?;
        Some(Placement { rank, score: self.placed[rank - 1].score })
    }

    fn without(self, left_out: Option<DocumentIndex>) -> Self {
        if left_out.is_none_or(|document| self.placement(document).is_none()) {
            return self;
        }
        let placed = self.placed.into_iter().filter(|placed| Some(placed.document) != left_out);
        Self::new(placed.collect(), self.ranks.documents(), self.time)
    }

    fn items(&self) -> Vec<usize> {
        self.placed.iter().map(|placed| placed.document.0).collect()
    }

    fn scored(&self) -> Vec<Scored> {
        self.placed.iter().map(|placed| Scored { item: placed.document.0, score: placed.score }).collect()
    }
}

/// What one of the two rankings adds to a fused score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FusionTerm {
    /// The document is not in that ranking.
    Missing,
    /// weight / (k + rank).
    ReciprocalRank {
        /// The document's rank there, from 1.
        rank: usize,
        /// The weight of the ranking.
        weight: f64,
        /// What it comes to.
        value: f64,
    },
    /// weight × the score stretched to 0..1.
    Score {
        /// The score as it is there.
        raw: f32,
        /// Where it lies between the least and the greatest there.
        normalised: f64,
        /// The weight of the ranking.
        weight: f64,
        /// What it comes to.
        value: f64,
    },
}

impl FusionTerm {
    /// What it adds to the score.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Missing => 0.0,
            Self::ReciprocalRank { value, .. } | Self::Score { value, .. } => value,
        }
    }
}

/// Where every stage puts a document, and of what its scores are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// Its rank and cosine in the dense ranking.
    pub dense: Option<Placement>,
    /// Its rank and score by BM25.
    pub bm25: Option<Placement>,
    /// What each word of the query adds to its BM25 score; empty where that stage does not run.
    pub terms: Vec<TermScore>,
    /// Its rank and score after fusion.
    pub hybrid: Option<Placement>,
    /// What dense and BM25 add to the fused score; `None` where it has none.
    pub fusion: Option<[FusionTerm; 2]>,
    /// Its rank and score after reranking.
    pub rerank: Option<Placement>,
    /// What the reranker said of it.
    pub rerank_score: Option<RerankScore>,
}

/// A ranking fused from two, with what both added to each score.
#[derive(Debug, Clone, PartialEq)]
struct Hybrid {
    ranking: StageRanking,
    terms: HashMap<DocumentIndex, [FusionTerm; 2]>,
}

/// What a reranker made of the best of a stage.
#[derive(Debug, Clone, PartialEq)]
struct Reranked {
    ranking: StageRanking,
    scores: HashMap<DocumentIndex, RerankScore>,
}

/// The documents that are ranked: all, unless something else is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Among<'a> {
    /// Those that a filter lets through.
    pub selection: Option<&'a Selection>,
    /// All but this one, which is the query itself.
    pub left_out: Option<DocumentIndex>,
}

/// One query through the pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The query.
    pub query: String,
    /// What the stages were told.
    pub settings: Settings,
    dense: Option<StageRanking>,
    bm25: Option<StageRanking>,
    hybrid: Option<Hybrid>,
    rerank: Option<Reranked>,
    /// For the words of a BM25 score.
    lexical: Arc<Lexical>,
}

impl Run {
    /// Runs the stages up to the fusion. `dense` is the ranking of the backend: without one, as long as it is on its way,
    /// there is no dense stage and no hybrid.
    ///
    /// `lexical` has to be made with the folding of the settings.
    #[must_use]
    pub fn first_stages(query: &str, dense: Option<&Ranking>, lexical: &Arc<Lexical>, settings: Settings) -> Self {
        Self::first_stages_among(Among::default(), query, dense, lexical, settings)
    }

    /// The same for a part of the corpus. `dense` ranks that part already, but for the document that is left out.
    #[must_use]
    pub fn first_stages_among(
        Among { selection, left_out }: Among<'_>,
        query: &str,
        dense: Option<&Ranking>,
        lexical: &Arc<Lexical>,
        settings: Settings,
    ) -> Self {
        let dense = dense.filter(|_| settings.runs(Stage::Dense)).map(dense_stage);
        let bm25 = settings.runs(Stage::Bm25).then(|| lexical.rank(query, settings.bm25, selection));
        let [dense, bm25] = [dense, bm25].map(|ranking| ranking.map(|ranking| ranking.without(left_out)));
        let hybrid = match (&dense, &bm25) {
            (Some(dense), Some(bm25)) if settings.runs(Stage::Hybrid) => Some(hybrid_stage(dense, bm25, &settings)),
            _ => None,
        };
        Self { query: query.to_owned(), settings, dense, bm25, hybrid, rerank: None, lexical: Arc::clone(lexical) }
    }

    /// The same run as if each of its stages had taken this long: for pictures that are the same every time.
    #[must_use]
    pub fn timed(mut self, time: Duration) -> Self {
        let hybrid = self.hybrid.as_mut().map(|hybrid| &mut hybrid.ranking);
        for ranking in [self.dense.as_mut(), self.bm25.as_mut(), hybrid].into_iter().flatten() {
            ranking.time = time;
        }
        self
    }

    /// The documents for a reranker to read, best first: the top n of the stage before. Empty where no reranking is
    /// wanted, or where that stage is still to come.
    #[must_use]
    pub fn candidates(&self) -> Vec<DocumentIndex> {
        let source = self.settings.reranked().filter(|_| self.settings.runs(Stage::Rerank));
        let placed = source.and_then(|stage| self.stage(stage)).map_or(&[][..], |ranking| &ranking.placed);
        placed.iter().take(self.settings.depth).map(|placed| placed.document).collect()
    }

    /// Puts in what a reranker said of the [`candidates`](Self::candidates), one score each, in their order, and how long
    /// it took. Equal scores leave the order as it was.
    pub fn rerank(&mut self, scores: &[RerankScore], time: Duration) {
        let candidates = self.candidates();
        let mut scored: Vec<(Placed, RerankScore)> = candidates
            .into_iter()
            .zip(scores)
            .map(|(document, &score)| (Placed { document, score: score.value(self.settings.late_weight) }, score))
            .collect();
        scored.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
        let placed = scored.iter().map(|(placed, _)| *placed).collect();
        self.rerank = Some(Reranked {
            ranking: StageRanking::new(placed, self.documents(), time),
            scores: scored.into_iter().map(|(placed, score)| (placed.document, score)).collect(),
        });
    }

    /// Has a reranker read the [`candidates`](Self::candidates), and puts in what it says.
    ///
    /// # Errors
    /// What keeps the reranker from its answer, and [`BackendError::BadScores`] where it scores fewer documents than it was
    /// given, or more.
    pub fn rerank_with(
        &mut self,
        reranker: &mut dyn Reranker,
        corpus: &Corpus,
        job: &Job<'_>,
    ) -> Result<(), BackendError> {
        let candidates = self.candidates();
        let texts: Vec<&str> = candidates.iter().map(|&document| corpus[document].text.as_str()).collect();
        let started = Instant::now();
        let scores = reranker.rerank(&self.query, &texts, job.cancel)?;
        if scores.len() != texts.len() {
            let reason = format!("the reranker gave {} scores for {} documents", scores.len(), texts.len());
            return Err(BackendError::BadScores(reason));
        }
        self.rerank(&scores, started.elapsed());
        Ok(())
    }

    /// The ranking of a stage; `None` where it does not run, or is still to come. Of the rerank stage only what the
    /// reranker read.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<&StageRanking> {
        match stage {
            Stage::Dense => self.dense.as_ref(),
            Stage::Bm25 => self.bm25.as_ref(),
            Stage::Hybrid => self.hybrid.as_ref().map(|hybrid| &hybrid.ranking),
            Stage::Rerank => self.rerank.as_ref().map(|rerank| &rerank.ranking),
        }
    }

    /// Every document that a stage ranks, best first; below what was reranked stands the rest of the stage before.
    #[must_use]
    pub fn order(&self, stage: Stage) -> Vec<DocumentIndex> {
        self.parts(stage).concat().into_iter().map(|placed| placed.document).collect()
    }

    /// What a stage ranks, and what stands below it: of the rerank stage, the rest of the stage before, on the scale of
    /// that one.
    #[must_use]
    pub fn parts(&self, stage: Stage) -> [Vec<Placed>; 2] {
        let Some(ranking) = self.stage(stage) else { return [Vec::new(), Vec::new()] };
        let before = self.settings.reranked().filter(|_| stage == Stage::Rerank).and_then(|before| self.stage(before));
        let below = before.map_or(&[][..], |before| &before.placed).iter();
        let rest = below.filter(|placed| ranking.placement(placed.document).is_none());
        [ranking.placed.clone(), rest.copied().collect()]
    }

    /// Where every stage puts a document, and why.
    #[must_use]
    pub fn provenance(&self, document: DocumentIndex) -> Provenance {
        let placement = |stage| self.stage(stage).and_then(|ranking| ranking.placement(document));
        let terms = self.bm25.as_ref().map(|_| self.lexical.explain(document, &self.query, self.settings.bm25));
        Provenance {
            dense: placement(Stage::Dense),
            bm25: placement(Stage::Bm25),
            terms: terms.unwrap_or_default(),
            hybrid: placement(Stage::Hybrid),
            fusion: self.hybrid.as_ref().and_then(|hybrid| hybrid.terms.get(&document).copied()),
            rerank: placement(Stage::Rerank),
            rerank_score: self.rerank.as_ref().and_then(|rerank| rerank.scores.get(&document).copied()),
        }
    }

    fn documents(&self) -> usize {
        [Stage::Dense, Stage::Bm25]
            .into_iter()
            .filter_map(|stage| self.stage(stage))
            .map(|ranking| ranking.ranks.documents())
            .max()
            .unwrap_or(0)
    }
}

/// The ranking of a backend, as a stage.
fn dense_stage(ranking: &Ranking) -> StageRanking {
    let placed = ranking.ranked.iter().map(|ranked| Placed { document: ranked.document, score: ranked.score });
    StageRanking::new(placed.collect(), ranking.documents, ranking.timings.embed + ranking.timings.rank)
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
fn hybrid_stage(dense: &StageRanking, bm25: &StageRanking, settings: &Settings) -> Hybrid {
    let started = Instant::now();
    let [dense_weight, bm25_weight] = settings.weights;
    let fused: Vec<(usize, f64, [FusionTerm; 2])> = match settings.fusion {
        Fusion::ReciprocalRank => {
            let (dense, bm25) = (dense.items(), bm25.items());
            let lists = [Ranked { items: &dense, weight: dense_weight }, Ranked { items: &bm25, weight: bm25_weight }];
            let fused = fusion::reciprocal_rank(&lists, settings.k).into_iter().map(|fused| {
                let term = |list: usize| match fused.terms[list] {
                    fusion::RankTerm { rank: Some(rank), value } => {
                        FusionTerm::ReciprocalRank { rank, weight: settings.weights[list], value }
                    }
                    fusion::RankTerm { rank: None, .. } => FusionTerm::Missing,
                };
                (fused.item, fused.score, [term(0), term(1)])
            });
            fused.collect()
        }
        Fusion::Blend => {
            let term = |term: fusion::ScoreTerm, weight| match term.raw {
                Some(raw) => FusionTerm::Score { raw, normalised: term.normalised, weight, value: term.value },
                None => FusionTerm::Missing,
            };
            let blended = fusion::blend(&dense.scored(), &bm25.scored(), settings.alpha).into_iter().map(|both| {
                let terms = [term(both.dense, settings.alpha), term(both.sparse, 1.0 - settings.alpha)];
                (both.item, both.score, terms)
            });
            blended.collect()
        }
    };
    let placed = fused.iter().map(|&(item, score, _)| Placed { document: DocumentIndex(item), score: score as f32 });
    let documents = dense.ranks.documents().max(bm25.ranks.documents());
    let mut ranking = StageRanking::new(placed.collect(), documents, Duration::ZERO);
    let terms = fused.iter().map(|&(item, _, terms)| (DocumentIndex(item), terms)).collect();
    ranking.time = started.elapsed();
    Hybrid { ranking, terms }
}

#[cfg(test)]
mod tests;
