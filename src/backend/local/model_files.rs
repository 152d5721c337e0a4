//! The files of a local model: those in the binary, or those in a folder that a person names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fastembed::Pooling;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::backend::BackendError;

/// The name of the model that comes with the program.
pub const EMBEDDED_NAME: &str = "all-MiniLM-L6-v2";

/// What sentence-transformers sets for all-MiniLM-L6-v2, whose weights would allow 512.
const EMBEDDED_MAX_TOKENS: usize = 256;

/// SHA-256 of the model files that are known to be harmless: the one in `assets/model`.
const KNOWN_SHA256: &[&str] = &["8aae29e0ee19fef6590043360b59a7b49e890e51a2e68b670d2968b88a25be95"];

/// Where a local model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// The one in the binary.
    #[cfg(feature = "embedded-model")]
    Embedded,
    /// A folder in the layout of sentence-transformers, with the model as `model.onnx` or `onnx/model.onnx`.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Whether to load a model whose hash is not known.
        trusted: bool,
    },
}

/// A model's files, read whole.
pub struct ModelFiles {
    pub(super) name: String,
    pub(super) onnx: Vec<u8>,
    pub(super) tokenizer: Vec<u8>,
    pub(super) config: Vec<u8>,
    pub(super) special_tokens_map: Vec<u8>,
    pub(super) tokenizer_config: Vec<u8>,
    pub(super) max_tokens: usize,
    pub(super) pooling: Pooling,
}

impl ModelFiles {
    /// Reads a model's files.
    ///
    /// # Errors
    /// [`BackendError::ModelFile`] names a file that is missing or does not say what it should,
    /// [`BackendError::UntrustedModel`] one that was not loaded because nobody vouches for it.
    pub fn read(source: &ModelSource) -> Result<Self, BackendError> {
        match source {
            #[cfg(feature = "embedded-model")]
            ModelSource::Embedded => Ok(embedded()),
            ModelSource::Folder { path, trusted } => read_folder(path, *trusted),
        }
    }
}

#[cfg(feature = "embedded-model")]
fn embedded() -> ModelFiles {
    ModelFiles {
        name: EMBEDDED_NAME.into(),
        onnx: include_bytes!("../../../assets/model/model.onnx").to_vec(),
        tokenizer: include_bytes!("../../../assets/model/tokenizer.json").to_vec(),
        config: include_bytes!("../../../assets/model/config.json").to_vec(),
        special_tokens_map: include_bytes!("../../../assets/model/special_tokens_map.json").to_vec(),
        tokenizer_config: include_bytes!("../../../assets/model/tokenizer_config.json").to_vec(),
        max_tokens: EMBEDDED_MAX_TOKENS,
        pooling: Pooling::Mean,
    }
}

fn read_folder(folder: &Path, trusted: bool) -> Result<ModelFiles, BackendError> {
    let beside = folder.join("model.onnx");
    let onnx_path = if beside.exists() { beside } else { folder.join("onnx").join("model.onnx") };
    let onnx = read_file(&onnx_path)?;
    if !trusted {
        let sha256 = hex(&Sha256::digest(&onnx));
        if !KNOWN_SHA256.contains(&sha256.as_str()) {
            return Err(BackendError::UntrustedModel { path: onnx_path, sha256 });
        }
    }
    let name = folder.canonicalize().ok().and_then(|path| path.file_name()?.to_str().map(String::from));
    Ok(ModelFiles {
        name: name.unwrap_or_else(|| folder.display().to_string()),
        onnx,
        tokenizer: read_file(&folder.join("tokenizer.json"))?,
        config: read_file(&folder.join("config.json"))?,
        special_tokens_map: read_file(&folder.join("special_tokens_map.json"))?,
        tokenizer_config: read_file(&folder.join("tokenizer_config.json"))?,
        max_tokens: read_max_tokens(&folder.join("sentence_bert_config.json"))?,
        pooling: read_pooling(&folder.join("1_Pooling").join("config.json"))?,
    })
}

/// The truncation limit of a sentence-transformers folder; without its file, that of all-MiniLM-L6-v2.
fn read_max_tokens(path: &Path) -> Result<usize, BackendError> {
    #[derive(Deserialize)]
    struct SentenceBertConfig {
        max_seq_length: usize,
    }
    Ok(read_optional_json::<SentenceBertConfig>(path)?.map_or(EMBEDDED_MAX_TOKENS, |config| config.max_seq_length))
}

/// The pooling of a sentence-transformers folder; without its file, the mean.
fn read_pooling(path: &Path) -> Result<Pooling, BackendError> {
    #[derive(Deserialize)]
    struct PoolingConfig {
        #[serde(default)]
        pooling_mode_cls_token: bool,
        #[serde(default)]
        pooling_mode_mean_tokens: bool,
    }
    match read_optional_json(path)? {
        None | Some(PoolingConfig { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true }) => {
            Ok(Pooling::Mean)
        }
        Some(PoolingConfig { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }) => Ok(Pooling::Cls),
        Some(_) => Err(invalid(path, "neither mean nor cls pooling")),
    }
}

fn read_optional_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, BackendError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| invalid(path, &error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BackendError::ModelFile { path: path.into(), source }),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, BackendError> {
    fs::read(path).map_err(|source| BackendError::ModelFile { path: path.into(), source })
}

fn invalid(path: &Path, reason: &str) -> BackendError {
    BackendError::ModelFile { path: path.into(), source: io::Error::new(io::ErrorKind::InvalidData, reason) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, content).expect("written");
        }
        folder
    }

    fn read(folder: &Path, trusted: bool) -> Result<ModelFiles, BackendError> {
        ModelFiles::read(&ModelSource::Folder { path: folder.into(), trusted })
    }

    #[test]
    fn an_unknown_model_is_not_loaded_without_the_flag() {
        let folder = folder_with(&[("model.onnx", "abc")]);
        let error = read(folder.path(), false).err().expect("refused").to_string();
        // The SHA-256 of "abc" is the standard's own example.
        assert!(error.contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), "{error}");
        assert!(error.contains("--trust-model"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = folder_with(&[("onnx/model.onnx", "abc")]);
        let error = read(folder.path(), true).err().expect("no tokenizer").to_string();
        assert!(error.contains("tokenizer.json"), "{error}");
    }

    #[test]
    fn a_folder_says_its_own_limit_and_pooling() {
        let names = ["model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];
        let mut files: Vec<_> = names.iter().map(|&name| (name, "{}")).collect();
        let plain = folder_with(&files);
        let read_plain = read(plain.path(), true).expect("complete");
        assert_eq!((read_plain.max_tokens, read_plain.pooling), (256, Pooling::Mean));

        files.push(("sentence_bert_config.json", "{\"max_seq_length\": 128}"));
        files.push(("1_Pooling/config.json", "{\"pooling_mode_cls_token\": true}"));
        let own = folder_with(&files);
        let read_own = read(own.path(), true).expect("complete");
        assert_eq!((read_own.max_tokens, read_own.pooling), (128, Pooling::Cls));

        files.pop();
        files.push(("1_Pooling/config.json", "{\"pooling_mode_max_tokens\": true}"));
        let other = folder_with(&files);
        let error = read(other.path(), true).err().expect("unknown pooling");
        let error = format!("{:#}", anyhow::Error::from(error));
        assert!(error.contains("neither mean nor cls"), "{error}");
    }
}
