//! What runs local models: RTen, which is part of the program, or an ONNX Runtime library of the person's own.
//!
//! `ort`, on which fastembed stands, calls one table of functions for the life of the process, so the choice is made
//! once, before the first model is loaded.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;

use crate::backend::BackendError;

/// Which engine a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineChoice {
    /// RTen, in pure Rust.
    Rten,
    /// The ONNX Runtime library at this path, or with this name where the system looks for libraries.
    OnnxRuntime(PathBuf),
}

/// The engine that runs in this process.
#[derive(Debug, Clone)]
pub struct Engine {
    choice: EngineChoice,
    name: String,
    environment: Environment,
}

static STARTED: Mutex<Option<Engine>> = Mutex::new(None);

impl Engine {
    /// Starts the engine, or gives the one that was started before.
    ///
    /// # Errors
    /// [`BackendError::Engine`] where the library is missing or unfit, or where the process already runs on another
    /// engine.
    pub fn start(choice: &EngineChoice) -> Result<Self, BackendError> {
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = started.as_ref() {
            return if engine.choice == *choice {
                Ok(engine.clone())
            } else {
                Err(engine_error(choice, format!("this process already runs on {}", engine.name)))
            };
        }
        let (name, environment) = match choice {
            EngineChoice::Rten => start_rten(),
            EngineChoice::OnnxRuntime(library) => start_onnx_runtime(library),
        }
        .map_err(|reason| engine_error(choice, reason))?;
        let engine = Self { choice: choice.clone(), name, environment };
        *started = Some(engine.clone());
        Ok(engine)
    }

    /// Name and version, e.g. `RTen 0.27.0` or `ONNX Runtime 1.24`.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Its name without a version: vectors of two versions differ by rounding alone.
    #[must_use]
    pub(super) fn family(&self) -> &'static str {
        match self.choice {
            EngineChoice::Rten => "rten",
            EngineChoice::OnnxRuntime(_) => "onnxruntime",
        }
    }

    /// The environment in which `ort` makes sessions.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment.clone()
    }
}

fn engine_error(choice: &EngineChoice, reason: String) -> BackendError {
    let engine = match choice {
        EngineChoice::Rten => "RTen",
        EngineChoice::OnnxRuntime(_) => "ONNX Runtime",
    };
    BackendError::Engine { engine, reason }
}

fn start_rten() -> Result<(String, Environment), String> {
    // False means that something else in this process chose first, which then is what runs: an error, not a guess.
    if !ort::set_api(ort_rten::api()) {
        return Err("another engine was chosen before".into());
    }
    let environment = ort::init().with_telemetry(false).build().map_err(|error| error.to_string())?;
    Ok((format!("RTen {}", ort_rten::RTEN_VERSION), environment))
}

fn start_onnx_runtime(library: &Path) -> Result<(String, Environment), String> {
    let library = absolute_if_present(library);
    let advice = "set ORT_DYLIB_PATH to the file of an ONNX Runtime library (libonnxruntime.so, .dylib or .dll), or \
                  leave it and --engine out to use RTen";
    let builder = ort::init_from(&library).map_err(|error| format!("{error}; {advice}"))?;
    let minor = ort::util::probe(&library).ok_or_else(|| format!("{} has no version; {advice}", library.display()))?;
    let environment = builder
        .with_telemetry(false)
        // Without a logger of ours it writes its warnings over the screen.
        .with_logger(Arc::new(|level, category, _, _, message| {
            tracing::debug!(target: "onnxruntime", ?level, category, "{message}");
        }))
        .build()
        .map_err(|error| error.to_string())?;
    Ok((format!("ONNX Runtime 1.{minor}"), environment))
}

/// `ort` takes a relative path as relative to the program's own folder; a person means the current one.
fn absolute_if_present(library: &Path) -> PathBuf {
    if library.exists() { std::path::absolute(library).unwrap_or_else(|_| library.into()) } else { library.into() }
}
