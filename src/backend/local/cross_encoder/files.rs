//! The files of a cross-encoder: those of a folder that a person names, or those that were fetched.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::catalogue::CrossEncoderModel;
use super::{OUTPUT, OnnxSource, TokenizerFiles, shape};
use crate::backend::BackendError;
use crate::backend::local::model_files::{folder_name, read_file, read_trusted};

/// Where a cross-encoder comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrossEncoderSource {
    /// A folder with the model as `model.onnx` or `onnx/model.onnx`, `tokenizer.json`, `config.json`,
    /// `special_tokens_map.json` and `tokenizer_config.json`.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Whether to load a model whose hash is not known.
        trusted: bool,
    },
    /// A model that is known by name, already fetched.
    Fetched {
        /// Which one.
        model: Box<CrossEncoderModel>,
        /// Where its files are, under their paths in the repository.
        folder: PathBuf,
    },
}

/// A cross-encoder's files, and what they say.
pub(super) struct CrossEncoderFiles {
    pub(super) name: String,
    pub(super) onnx: OnnxSource,
    /// What it gives; nothing where that cannot be read.
    pub(super) outputs: Vec<String>,
    /// The declared shape of its scores, where it is declared: `None` for a size that is not fixed.
    pub(super) shape: Option<Vec<Option<u64>>>,
    /// How many labels it tells apart, where its config says.
    pub(super) labels: Option<usize>,
    pub(super) tokenizer: TokenizerFiles,
}

impl CrossEncoderFiles {
    /// Reads a model's files.
    ///
    /// # Errors
    /// [`BackendError::ModelFile`] names a file that is missing, [`BackendError::UntrustedModel`] one that was not loaded
    /// because nobody vouches for it.
    pub(super) fn read(source: &CrossEncoderSource) -> Result<Self, BackendError> {
        let (name, folder, path, bytes, has_weights) = match source {
            CrossEncoderSource::Folder { path, trusted } => {
                let (file, bytes) = read_trusted(path, *trusted)?;
                (folder_name(path), path, file, bytes, false)
            }
            CrossEncoderSource::Fetched { model, folder } => {
                let file = folder.join(&model.model_file);
                let bytes = read_file(&file)?;
                (model.name.clone(), folder, file, bytes, !model.weight_files.is_empty())
            }
        };
        let tokenizer = tokenizer_files(folder)?;
        Ok(Self {
            name,
            outputs: shape::outputs(&bytes),
            shape: shape::of_output(&bytes, OUTPUT),
            labels: labels(&tokenizer.config_file),
            // An engine finds weights that are beside the model only where it knows where that is.
            onnx: if has_weights { path.into() } else { bytes.into() },
            tokenizer,
        })
    }
}

fn tokenizer_files(folder: &Path) -> Result<TokenizerFiles, BackendError> {
    Ok(TokenizerFiles {
        tokenizer_file: read_file(&folder.join("tokenizer.json"))?,
        config_file: read_file(&folder.join("config.json"))?,
        special_tokens_map_file: read_file(&folder.join("special_tokens_map.json"))?,
        tokenizer_config_file: read_file(&folder.join("tokenizer_config.json"))?,
    })
}

/// How many labels a config.json has, where it says; what is wrong with it otherwise, loading reports.
fn labels(config: &[u8]) -> Option<usize> {
    #[derive(Deserialize)]
    struct Config {
        id2label: Option<Map<String, Value>>,
        num_labels: Option<usize>,
    }
    let config: Config = serde_json::from_slice(config).ok()?;
    config.id2label.map(|labels| labels.len()).or(config.num_labels)
}
