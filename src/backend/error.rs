//! Why a backend could not answer.

use std::path::PathBuf;

/// What went wrong in a backend: the operation, the model or place, and what to do about it.
///
/// No variant ever holds a key: whatever a server says is redacted before it gets here.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A setting is missing, so the backend was never tried and nothing was sent.
    #[error("{0}")]
    NotConfigured(String),

    /// The engine that was asked for cannot be had.
    #[error("cannot use {engine}: {reason}")]
    Engine {
        /// `ONNX Runtime` or `RTen`.
        engine: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },

    /// A model file cannot be read.
    #[error("cannot read model file {}", path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// The file system keeps a downloaded model from being stored.
    #[error("cannot keep a downloaded model in {}", path.display())]
    ModelCache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// A model whose hash is not known was not loaded.
    #[error(
        "{} is not a model known to vecscope (sha256 {sha256}); a hostile model can exhaust memory. \
         Add --trust-model, or trust = true in the config, to load it all the same",
        path.display()
    )]
    UntrustedModel {
        /// The file.
        path: PathBuf,
        /// Its hash, in hexadecimal.
        sha256: String,
    },

    /// The model was read but cannot be loaded or run.
    #[error("cannot {operation} {model} on {engine}{}", other_engine(engine))]
    Model {
        /// `load` or `run`.
        operation: &'static str,
        /// The model's name.
        model: String,
        /// What it was to run on.
        engine: String,
        /// What fastembed said.
        source: fastembed::Error,
    },

    /// The model runs, but not for this.
    #[error("cannot rerank with {model}: {reason}")]
    Unfit {
        /// The model's name.
        model: String,
        /// What it lacks.
        reason: String,
    },

    /// Scores came back that cannot be ranked by.
    #[error("unusable scores: {0}")]
    BadScores(String),

    /// No answer came from a server.
    #[error("no answer from {host}: {reason}")]
    Network {
        /// The server.
        host: String,
        /// What went wrong, causes included.
        reason: String,
    },

    /// A server refused.
    #[error("{host} answered {status}: {reason}")]
    Refused {
        /// The server.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What it said, and what to do.
        reason: String,
    },

    /// A server's answer is not what its interface promises.
    #[error("cannot read the answer of {host}: {reason}")]
    BadAnswer {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
    },

    /// An empty text cannot be embedded by this backend. Nothing was sent.
    #[error("text {number} of {texts} is empty, and there is nothing in it to embed")]
    EmptyText {
        /// Which text, from 1 on.
        number: usize,
        /// How many texts there are.
        texts: usize,
    },

    /// Vectors came back that must not enter an index.
    #[error("unusable vectors: {0}")]
    BadVectors(String),

    /// The caller lost interest.
    #[error("cancelled")]
    Cancelled,
}

/// The way out where an engine does not know an operator of a model.
fn other_engine(engine: &str) -> &'static str {
    if engine.starts_with("RTen") {
        "; an ONNX Runtime library may do it: set ORT_DYLIB_PATH to its file, or --engine onnxruntime where one is installed"
    } else {
        ""
    }
}
