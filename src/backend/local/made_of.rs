//! What a local model is made of, as far as its vectors depend on it.

use std::fmt;

use fastembed::{OutputKey, Pooling, QuantizationMode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::model_files::{self, ModelFiles};
use crate::backend::Identity;
use crate::backend::identity::{PIPELINE, Told};

/// SHA-256 of a model's files, in hexadecimal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FileHashes {
    /// Of the model.
    onnx: String,
    /// Of its files with weights, by their names.
    weights: Vec<(String, String)>,
    /// Of the tokenizer's four files together.
    tokenizer: String,
}

impl FileHashes {
    /// Those of the model in the program, which a test compares with the files: hashing them would take a tenth of the
    /// time that the program takes to start.
    #[cfg(feature = "embedded-model")]
    pub(super) fn embedded() -> Self {
        const TOKENIZER: &str = "cdb9dbfe5ca4bd2d3f6cdf38e84dfd4afec9b5921533db63d29d1c003c30bbe6";
        Self { onnx: model_files::EMBEDDED_SHA256.into(), weights: Vec::new(), tokenizer: TOKENIZER.into() }
    }

    /// Those of files that were read.
    pub(super) fn of(files: &ModelFiles) -> Self {
        let mut tokenizer = Sha256::new();
        for file in [&files.tokenizer, &files.config, &files.special_tokens_map, &files.tokenizer_config] {
            // The length says where one ends and the next begins.
            tokenizer.update((file.len() as u64).to_le_bytes());
            tokenizer.update(file);
        }
        Self {
            onnx: sha256(&files.onnx),
            weights: files.weights.iter().map(|(name, content)| (name.clone(), sha256(content))).collect(),
            tokenizer: model_files::hex(&tokenizer.finalize()),
        }
    }
}

fn sha256(content: &[u8]) -> String {
    model_files::hex(&Sha256::digest(content))
}

/// What a loaded model does with a text.
#[derive(Debug, Clone)]
pub(super) struct MadeOf {
    pub(super) hashes: FileHashes,
    pub(super) pooling: Pooling,
    pub(super) quantization: QuantizationMode,
    pub(super) max_tokens: usize,
    pub(super) output: Vec<OutputKey>,
    /// The engine, without its version.
    pub(super) engine: &'static str,
}

#[derive(Serialize)]
struct Details<'a> {
    pipeline: u32,
    onnx: &'a str,
    weights: &'a [(String, String)],
    tokenizer: &'a str,
    pooling: String,
    quantization: String,
    max_tokens: usize,
    output: String,
    engine: &'static str,
    told: Told<'a>,
}

impl MadeOf {
    /// The identity of the model, for texts of which it is told this.
    pub(super) fn identity(&self, model: &str, told: Told<'_>) -> Identity {
        let Self { hashes: FileHashes { onnx, weights, tokenizer }, max_tokens, engine, .. } = self;
        let details = Details {
            pipeline: PIPELINE,
            onnx,
            weights,
            tokenizer,
            pooling: name(&self.pooling),
            quantization: name(&self.quantization),
            max_tokens: *max_tokens,
            output: name(&self.output),
            engine,
            told,
        };
        Identity::new(model, &details)
    }
}

/// What the code calls it.
fn name(of: &impl fmt::Debug) -> String {
    format!("{of:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Prompt;

    #[cfg(feature = "embedded-model")]
    #[test]
    fn the_hashes_of_the_model_in_the_program_are_those_of_its_files() {
        let files = ModelFiles::read(&model_files::ModelSource::Embedded).expect("it is there");
        assert_eq!(FileHashes::embedded(), FileHashes::of(&files));
    }

    #[test]
    fn whatever_changes_vectors_changes_the_identity() {
        let hashes = FileHashes { onnx: "o".into(), weights: vec![("w".into(), "h".into())], tokenizer: "t".into() };
        let made_of = MadeOf {
            hashes,
            pooling: Pooling::Mean,
            quantization: QuantizationMode::None,
            max_tokens: 256,
            output: vec![OutputKey::OnlyOne],
            engine: "rten",
        };
        let changed = |change: fn(&mut MadeOf)| {
            let mut other = made_of.clone();
            change(&mut other);
            other.identity("m", Told::Nothing)
        };
        let (query, field) = (Prompt::prefix("query: "), Prompt::InputType("query: ".into()));
        let mut identities = vec![
            made_of.identity("m", Told::Nothing),
            made_of.identity("n", Told::Nothing),
            made_of.identity("m", (&query).into()),
            made_of.identity("m", (&field).into()),
            changed(|it| it.hashes.onnx = "other".into()),
            changed(|it| it.hashes.weights[0].1 = "other".into()),
            changed(|it| it.hashes.tokenizer = "other".into()),
            changed(|it| it.pooling = Pooling::Cls),
            changed(|it| it.quantization = QuantizationMode::Dynamic),
            changed(|it| it.max_tokens = 128),
            changed(|it| it.output = vec![OutputKey::ByName("text_embeds")]),
            changed(|it| it.engine = "onnxruntime"),
        ];
        let all = identities.len();
        identities.sort_by_key(ToString::to_string);
        identities.dedup();
        assert_eq!(identities.len(), all);
        assert_eq!(made_of.identity("m", Told::Nothing), made_of.clone().identity("m", (&Prompt::Nothing).into()));
    }
}
