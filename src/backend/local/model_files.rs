//! The files of a local model: those in the binary, or those in a folder that a person names.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fastembed::{OutputKey, Pooling, QuantizationMode};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::catalogue::CatalogueModel;
use super::made_of::FileHashes;
use crate::backend::{BackendError, Prompt, Prompts};

/// The name of the model that comes with the program.
pub const EMBEDDED_NAME: &str = "all-MiniLM-L6-v2";

/// SHA-256 of the model files that are known to be harmless: the one in `assets/model`.
const KNOWN_SHA256: &[&str] = &[EMBEDDED_SHA256];

/// SHA-256 of the model in `assets/model`.
pub(super) const EMBEDDED_SHA256: &str = "8aae29e0ee19fef6590043360b59a7b49e890e51a2e68b670d2968b88a25be95";

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
        /// How token vectors become one; `None` for what the folder says, or the mean.
        pooling: Option<PoolingName>,
    },
    /// A model of fastembed's catalogue, already fetched.
    Fetched {
        /// Which one.
        model: Box<CatalogueModel>,
        /// Where its files are, under their paths in the repository.
        folder: PathBuf,
    },
}

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolingName {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
}

impl From<PoolingName> for Pooling {
    fn from(name: PoolingName) -> Self {
        match name {
            PoolingName::Mean => Self::Mean,
            PoolingName::Cls => Self::Cls,
        }
    }
}

/// What has to be known of a model to run it as its makers do.
pub(super) struct Traits {
    /// The most tokens of one text, where the model's files say.
    pub(super) max_tokens: Option<usize>,
    pub(super) pooling: Pooling,
    pub(super) quantization: QuantizationMode,
    /// The output to take; `None` to look for one.
    pub(super) output: Option<OutputKey>,
    /// What goes before its texts, where the model's files say.
    pub(super) prompts: Option<Prompts>,
    /// The name of the model that this one was quantised from.
    base_name: Option<String>,
}

impl Traits {
    /// The name under which limits are known.
    pub(super) fn base_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.base_name.as_deref().unwrap_or(name)
    }
}

/// A model's files, read whole.
pub struct ModelFiles {
    pub(super) name: String,
    pub(super) onnx: Vec<u8>,
    /// Files with weights of their own, by the names the model calls them.
    pub(super) weights: Vec<(String, Vec<u8>)>,
    pub(super) tokenizer: Vec<u8>,
    pub(super) config: Vec<u8>,
    pub(super) special_tokens_map: Vec<u8>,
    pub(super) tokenizer_config: Vec<u8>,
    pub(super) traits: Traits,
    /// What the files are known by.
    pub(super) hashes: FileHashes,
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
            ModelSource::Folder { path, trusted, pooling } => read_folder(path, *trusted, *pooling),
            ModelSource::Fetched { model, folder } => read_fetched(model, folder),
        }
    }

    /// With its files' hashes: half a second for every gigabyte.
    fn hashed(mut self) -> Self {
        self.hashes = FileHashes::of(&self);
        self
    }
}

#[cfg(feature = "embedded-model")]
fn embedded() -> ModelFiles {
    ModelFiles {
        name: EMBEDDED_NAME.into(),
        onnx: include_bytes!("../../../assets/model/model.onnx").to_vec(),
        weights: Vec::new(),
        tokenizer: include_bytes!("../../../assets/model/tokenizer.json").to_vec(),
        config: include_bytes!("../../../assets/model/config.json").to_vec(),
        special_tokens_map: include_bytes!("../../../assets/model/special_tokens_map.json").to_vec(),
        tokenizer_config: include_bytes!("../../../assets/model/tokenizer_config.json").to_vec(),
        traits: Traits {
            max_tokens: None,
            pooling: Pooling::Mean,
            quantization: QuantizationMode::None,
            output: None,
            prompts: None,
            base_name: None,
        },
        hashes: FileHashes::embedded(),
    }
}

fn read_fetched(model: &CatalogueModel, folder: &Path) -> Result<ModelFiles, BackendError> {
    let weights = model.weight_files.iter().map(|path| {
        // The model calls them by their names beside it.
        let name = path.rsplit('/').next().unwrap_or(path);
        Ok((name.to_owned(), read_file(&folder.join(path))?))
    });
    let files = ModelFiles {
        name: model.name.clone(),
        weights: weights.collect::<Result<_, BackendError>>()?,
        onnx: read_file(&folder.join(&model.model_file))?,
        tokenizer: read_file(&folder.join("tokenizer.json"))?,
        config: read_file(&folder.join("config.json"))?,
        special_tokens_map: read_file(&folder.join("special_tokens_map.json"))?,
        tokenizer_config: read_file(&folder.join("tokenizer_config.json"))?,
        traits: Traits {
            max_tokens: None,
            pooling: model.pooling.clone(),
            quantization: model.quantization,
            output: model.output.clone(),
            prompts: None,
            base_name: Some(model.base_name().to_owned()),
        },
        hashes: FileHashes::default(),
    };
    Ok(files.hashed())
}

fn read_folder(folder: &Path, trusted: bool, pooling: Option<PoolingName>) -> Result<ModelFiles, BackendError> {
    let files = ModelFiles {
        name: folder_name(folder),
        onnx: read_trusted(folder, trusted)?.1,
        weights: Vec::new(),
        tokenizer: read_file(&folder.join("tokenizer.json"))?,
        config: read_file(&folder.join("config.json"))?,
        special_tokens_map: read_file(&folder.join("special_tokens_map.json"))?,
        tokenizer_config: read_file(&folder.join("tokenizer_config.json"))?,
        traits: Traits {
            max_tokens: read_max_tokens(&folder.join("sentence_bert_config.json"))?,
            pooling: match pooling {
                Some(pooling) => pooling.into(),
                None => read_pooling(&folder.join("1_Pooling").join("config.json"))?,
            },
            quantization: QuantizationMode::None,
            output: None,
            prompts: read_prompts(&folder.join("config_sentence_transformers.json"))?,
            base_name: None,
        },
        hashes: FileHashes::default(),
    };
    Ok(files.hashed())
}

/// The model of a folder and where it is, `model.onnx` or `onnx/model.onnx`, if it is known or trusted.
///
/// # Errors
/// [`BackendError::ModelFile`] if it is not there, [`BackendError::UntrustedModel`] if nobody vouches for it.
pub(super) fn read_trusted(folder: &Path, trusted: bool) -> Result<(PathBuf, Vec<u8>), BackendError> {
    let beside = folder.join("model.onnx");
    let path = if beside.exists() { beside } else { folder.join("onnx").join("model.onnx") };
    let onnx = read_file(&path)?;
    if !trusted {
        let sha256 = hex(&Sha256::digest(&onnx));
        if !KNOWN_SHA256.contains(&sha256.as_str()) {
            return Err(BackendError::UntrustedModel { path, sha256 });
        }
    }
    Ok((path, onnx))
}

/// What to call the model of a folder.
pub(in crate::backend) fn folder_name(folder: &Path) -> String {
    let name = folder.canonicalize().ok().and_then(|path| path.file_name()?.to_str().map(String::from));
    name.unwrap_or_else(|| folder.display().to_string())
}

/// The truncation limit of a sentence-transformers folder.
fn read_max_tokens(path: &Path) -> Result<Option<usize>, BackendError> {
    #[derive(Deserialize)]
    struct SentenceBertConfig {
        max_seq_length: usize,
    }
    Ok(read_optional_json::<SentenceBertConfig>(path)?.map(|config| config.max_seq_length))
}

/// What a sentence-transformers folder wants before queries and documents, where it says.
fn read_prompts(path: &Path) -> Result<Option<Prompts>, BackendError> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(default)]
        prompts: HashMap<String, String>,
    }
    let Some(Config { prompts }) = read_optional_json(path)? else { return Ok(None) };
    let prompt = |names: &[&str]| names.iter().find_map(|&name| prompts.get(name)).map(Prompt::prefix);
    let (query, document) = (prompt(&["query"]), prompt(&["document", "passage"]));
    // An empty one is a word of its own: the makers want none.
    let said = query.is_some() || document.is_some();
    Ok(said.then(|| Prompts { query: query.unwrap_or_default(), document: document.unwrap_or_default() }))
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

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, BackendError> {
    fs::read(path).map_err(|source| BackendError::ModelFile { path: path.into(), source })
}

fn invalid(path: &Path, reason: &str) -> BackendError {
    BackendError::ModelFile { path: path.into(), source: io::Error::new(io::ErrorKind::InvalidData, reason) }
}

pub(super) fn hex(bytes: &[u8]) -> String {
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
        ModelFiles::read(&ModelSource::Folder { path: folder.into(), trusted, pooling: None })
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
    fn a_folder_says_what_goes_before_its_texts() {
        let folder = folder_with(&[
            ("all.json", r#"{"prompts": {"query": "query: ", "passage": "passage: "}}"#),
            ("none.json", r#"{"prompts": {"query": "", "document": ""}}"#),
            ("silent.json", r#"{"similarity_fn_name": "cosine"}"#),
        ]);
        let prompts = |name: &str| read_prompts(&folder.path().join(name)).expect("well formed");
        let both = Prompts { query: Prompt::prefix("query: "), document: Prompt::prefix("passage: ") };
        assert_eq!(prompts("all.json"), Some(both));
        assert_eq!(prompts("none.json"), Some(Prompts::default()));
        assert_eq!((prompts("silent.json"), prompts("missing.json")), (None, None));
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
        assert_eq!((read_plain.traits.max_tokens, read_plain.traits.pooling), (None, Pooling::Mean));
        assert_eq!(read_plain.traits.prompts, None);

        files.push(("sentence_bert_config.json", "{\"max_seq_length\": 128}"));
        files.push(("1_Pooling/config.json", "{\"pooling_mode_cls_token\": true}"));
        let own = folder_with(&files);
        let read_own = read(own.path(), true).expect("complete");
        assert_eq!((read_own.traits.max_tokens, read_own.traits.pooling), (Some(128), Pooling::Cls));

        files.pop();
        files.push(("1_Pooling/config.json", "{\"pooling_mode_max_tokens\": true}"));
        let other = folder_with(&files);
        let error = read(other.path(), true).err().expect("unknown pooling");
        let error = format!("{:#}", anyhow::Error::from(error));
        assert!(error.contains("neither mean nor cls"), "{error}");
    }
}
