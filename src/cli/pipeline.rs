//! The options of a retrieval pipeline: those of every command that runs one.

use clap::{Args, ValueEnum};

use crate::engine::Stage;
use crate::engine::pipeline::{Fusion, Settings};
use crate::math::bm25::Params;
use crate::math::words::Folding;

/// What the stages are told.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Pipeline")]
pub struct PipelineArgs {
    /// How slowly BM25 lets the repetitions of a word saturate, from 0
    #[arg(long, value_name = "K1", default_value_t = defaults().bm25.k1, value_parser = from_0,
        allow_negative_numbers = true)]
    pub bm25_k1: f64,

    /// How much BM25 allows for the length of a document, from 0 to 1
    #[arg(long, value_name = "B", default_value_t = defaults().bm25.b, value_parser = share,
        allow_negative_numbers = true)]
    pub bm25_b: f64,

    /// Cut words to their stems, as those of English, for BM25
    #[arg(long)]
    pub stemming: bool,

    /// Leave the commonest words of English out, for BM25
    #[arg(long)]
    pub stop_words: bool,

    /// How a hybrid is made of dense and BM25
    #[arg(long, value_enum, default_value_t = FusionName::Rrf)]
    pub fusion: FusionName,

    /// The k of reciprocal rank fusion, from 0: the greater, the less the first ranks stand out
    #[arg(long, value_name = "K", default_value_t = defaults().k, value_parser = from_0, allow_negative_numbers = true)]
    pub rrf_k: f64,

    /// The weights of dense and BM25 in reciprocal rank fusion, from 0
    #[arg(long, value_name = "D,B", default_value = "1,1", value_parser = weights, allow_hyphen_values = true)]
    pub rrf_weights: [f64; 2],

    /// The share of dense in a blend, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = defaults().alpha, value_parser = share,
        allow_negative_numbers = true)]
    pub alpha: f64,

    /// How many documents are reranked
    #[arg(long, value_name = "N", default_value_t = defaults().depth, value_parser = super::positive)]
    pub depth: usize,

    /// The share of late interaction beside the cosine, from 0 to 1; a cross-encoder has no use for it
    #[arg(long, value_name = "SHARE", default_value_t = defaults().late_weight, value_parser = share_f32,
        allow_negative_numbers = true)]
    pub late_weight: f32,
}

impl PipelineArgs {
    /// The settings that are asked for, with all stages on.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let Settings { on, folding, .. } = defaults();
        Settings {
            on,
            bm25: Params { k1: self.bm25_k1, b: self.bm25_b },
            folding: Folding { stemming: self.stemming, stop_words: self.stop_words, ..folding },
            fusion: match self.fusion {
                FusionName::Rrf => Fusion::ReciprocalRank,
                FusionName::Blend => Fusion::Blend,
            },
            k: self.rrf_k,
            weights: self.rrf_weights,
            alpha: self.alpha,
            depth: self.depth,
            late_weight: self.late_weight,
        }
    }
}

/// Which stages of a pipeline run, and what they are told.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct StagesArgs {
    /// The stages, in the order in which they run: a rerank reads the best of what runs before it
    #[arg(
        long,
        value_name = "STAGES",
        value_enum,
        value_delimiter = ',',
        num_args = 1,
        default_value = "dense,bm25,hybrid,rerank"
    )]
    pub stages: Vec<StageName>,

    /// What they are told.
    #[command(flatten)]
    pub pipeline: PipelineArgs,
}

impl StagesArgs {
    /// The settings that are asked for.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let stages: Vec<Stage> = self.stages.iter().map(|name| name.stage()).collect();
        self.pipeline.settings().only(&stages)
    }
}

/// How two rankings become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FusionName {
    /// By ranks: reciprocal rank fusion
    Rrf,
    /// By scores, each stretched to 0..1
    Blend,
}

/// A stage of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StageName {
    /// By the cosine of vectors
    Dense,
    /// By words
    Bm25,
    /// Both fused
    Hybrid,
    /// The best of the stage before, read again by a reranker
    Rerank,
}

impl StageName {
    /// The stage itself.
    #[must_use]
    pub fn stage(self) -> Stage {
        match self {
            Self::Dense => Stage::Dense,
            Self::Bm25 => Stage::Bm25,
            Self::Hybrid => Stage::Hybrid,
            Self::Rerank => Stage::Rerank,
        }
    }
}

fn defaults() -> Settings {
    Settings::default()
}

fn from_0(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "must be a number from 0 up".into())
}

fn share(text: &str) -> Result<f64, String> {
    from_0(text).ok().filter(|&share| share <= 1.0).ok_or_else(|| "must be a number from 0 to 1".into())
}

#[expect(clippy::cast_possible_truncation, reason = "a share, as exact as scores are")]
fn share_f32(text: &str) -> Result<f32, String> {
    share(text).map(|share| share as f32)
}

fn weights(text: &str) -> Result<[f64; 2], String> {
    let found: Result<Vec<f64>, String> = text.split(',').map(from_0).collect();
    match found.as_deref() {
        Ok(&[dense, bm25]) if dense + bm25 > 0.0 => Ok([dense, bm25]),
        Ok(&[_, _]) => Err("one of them at least must be above 0".into()),
        _ => Err("must be two numbers from 0 up with a comma between, as in 1,0.5".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Lone {
        #[command(flatten)]
        pipeline: PipelineArgs,
    }

    fn settings(arguments: &[&str]) -> Result<Settings, String> {
        let arguments = [&["lone"], arguments].concat();
        Lone::try_parse_from(arguments).map(|lone| lone.pipeline.settings()).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_is_the_defaults() {
        assert_eq!(settings(&[]), Ok(Settings::default()));
    }

    #[test]
    fn every_option_reaches_its_setting() {
        let all = "--bm25-k1 0.9 --bm25-b 0.4 --stemming --stop-words --fusion blend --rrf-k 0 --rrf-weights 2,0.5 \
                   --alpha 0.25 --depth 7 --late-weight 1";
        let expected = Settings {
            on: [true; 4],
            bm25: Params { k1: 0.9, b: 0.4 },
            folding: Folding { accents: true, stop_words: true, stemming: true },
            fusion: Fusion::Blend,
            k: 0.0,
            weights: [2.0, 0.5],
            alpha: 0.25,
            depth: 7,
            late_weight: 1.0,
        };
        assert_eq!(settings(&all.split_whitespace().collect::<Vec<_>>()), Ok(expected));
    }

    #[test]
    fn what_is_out_of_range_is_named_by_its_option() {
        for (option, bad) in [
            ("--bm25-k1", ["-1", "nan", "x"]),
            ("--bm25-b", ["-0.1", "1.1", ""]),
            ("--rrf-k", ["-1", "inf", "60,60"]),
            ("--rrf-weights", ["1", "0,0", "-1,1"]),
            ("--alpha", ["-0.5", "2", "half"]),
            ("--depth", ["0", "1.5", "ten"]),
            ("--late-weight", ["-1", "1.01", "NaN"]),
            ("--fusion", ["rank", "", "RRF,blend"]),
        ] {
            for value in bad {
                let error = settings(&[option, value]).expect_err(value);
                assert!(error.contains(option), "{option} {value}: {error}");
            }
        }
    }
}
