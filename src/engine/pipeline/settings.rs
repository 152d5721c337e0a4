//! Which stages there are, and what they are told.

use crate::math::bm25::Params;
use crate::math::fusion;
use crate::math::words::Folding;

/// One stage of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// By the cosine of vectors.
    Dense,
    /// By words.
    Bm25,
    /// Both fused.
    Hybrid,
    /// The best of the stage before, read again by a reranker.
    Rerank,
}

impl Stage {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Dense, Self::Bm25, Self::Hybrid, Self::Rerank];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Bm25 => "BM25",
            Self::Hybrid => "hybrid",
            Self::Rerank => "rerank",
        }
    }
}

/// How two rankings become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fusion {
    /// By ranks: [`fusion::reciprocal_rank`].
    ReciprocalRank,
    /// By scores, each stretched to 0..1: [`fusion::blend`].
    Blend,
}

/// What the stages are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Which stages are on, in the order of [`Stage::ALL`]. What that comes to, [`Settings::runs`] says.
    pub on: [bool; 4],
    /// How BM25 weighs a word.
    pub bm25: Params,
    /// How words are made the same.
    pub folding: Folding,
    /// How the two rankings are fused.
    pub fusion: Fusion,
    /// The k of reciprocal rank fusion.
    pub k: f64,
    /// The weights of dense and BM25 in reciprocal rank fusion.
    pub weights: [f64; 2],
    /// The share of dense in a blend, from 0 to 1.
    pub alpha: f64,
    /// How many documents are reranked.
    pub depth: usize,
    /// The share of late interaction beside the cosine, from 0 to 1; a cross-encoder has no use for it.
    pub late_weight: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            on: [true; 4],
            bm25: Params::default(),
            folding: Folding::default(),
            fusion: Fusion::ReciprocalRank,
            k: fusion::DEFAULT_K,
            weights: [1.0, 1.0],
            alpha: 0.5,
            depth: 50,
            late_weight: 0.5,
        }
    }
}

impl Settings {
    /// The same settings with these stages on and no other.
    #[must_use]
    pub fn only(self, stages: &[Stage]) -> Self {
        Self { on: Stage::ALL.map(|stage| stages.contains(&stage)), ..self }
    }

    /// Whether a stage is switched on, whether or not it has something to work on.
    #[must_use]
    pub fn is_on(&self, stage: Stage) -> bool {
        self.on[stage as usize]
    }

    /// Switches a stage on or off.
    pub fn switch(&mut self, stage: Stage, on: bool) {
        self.on[stage as usize] = on;
    }

    /// Whether a stage is on and has something to work on: a hybrid takes both dense and BM25, a rerank one of them.
    #[must_use]
    pub fn runs(&self, stage: Stage) -> bool {
        let [dense, bm25, hybrid, rerank] = self.on;
        match stage {
            Stage::Dense => dense,
            Stage::Bm25 => bm25,
            Stage::Hybrid => hybrid && dense && bm25,
            Stage::Rerank => rerank && (dense || bm25),
        }
    }

    /// The stage whose best are reranked; `None` where none runs.
    #[must_use]
    pub fn reranked(&self) -> Option<Stage> {
        [Stage::Hybrid, Stage::Dense, Stage::Bm25].into_iter().find(|&stage| self.runs(stage))
    }
}
