//! What the stages of a pipeline were told, as `--format json` prints it.

use serde::Serialize;

use crate::engine::Stage;
use crate::engine::pipeline::{Fusion, Settings};

#[derive(Debug, Serialize)]
pub(super) struct SettingsReport {
    stages: Vec<String>,
    /// Which of [`Stage::ALL`] run, to be measured or for another.
    #[serde(skip)]
    pub(super) runs: [bool; 4],
    pub(super) bm25_k1: f64,
    pub(super) bm25_b: f64,
    pub(super) stemming: bool,
    pub(super) stop_words: bool,
    pub(super) fusion: &'static str,
    pub(super) rrf_k: f64,
    pub(super) rrf_weights: [f64; 2],
    pub(super) alpha: f64,
    pub(super) depth: usize,
    pub(super) late_weight: f32,
}

impl SettingsReport {
    pub(super) fn new(stages: &[Stage], settings: &Settings) -> Self {
        let Settings { bm25, folding, fusion, k, weights, alpha, depth, late_weight, .. } = *settings;
        Self {
            stages: stages.iter().map(|&stage| name(stage)).collect(),
            runs: Stage::ALL.map(|stage| settings.runs(stage)),
            bm25_k1: bm25.k1,
            bm25_b: bm25.b,
            stemming: folding.stemming,
            stop_words: folding.stop_words,
            fusion: match fusion {
                Fusion::ReciprocalRank => "rrf",
                Fusion::Blend => "blend",
            },
            rrf_k: k,
            rrf_weights: weights,
            alpha,
            depth,
            late_weight,
        }
    }
}

/// As on the command line.
pub(super) fn name(stage: Stage) -> String {
    stage.name().to_lowercase()
}
