//! From the command line and the environment to one validated configuration.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::backend::BackendSpec;
use crate::backend::local::{EngineChoice, ModelSource};
use crate::cli::{BackendName, ColorChoice, EngineName, Options, ThemeName};
use crate::state::{Appearance, BackendId};

/// Everything that was chosen. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct Config {
    /// In the order in which Tab goes through them.
    pub backends: Vec<BackendSpec>,
    /// The one to begin with.
    pub backend: BackendId,
    /// The corpus to read; `None` for the bundled one.
    pub corpus: Option<PathBuf>,
    /// How many results to show.
    pub top_k: usize,
    /// Which colours the explorer uses.
    pub appearance: Appearance,
    /// Whether a corpus may be sent away without a question.
    pub assume_yes: bool,
}

impl Config {
    /// The configuration that options ask for; `is_terminal` says whether output goes to one.
    #[must_use]
    pub fn new(options: Options, is_terminal: bool) -> Self {
        let appearance = appearance(&options, is_terminal);
        let engine = engine(&options);
        let source = model_source(&options);
        let local = BackendSpec::Local { source, engine };
        let openai = BackendSpec::OpenAi {
            base_url: options.base_url.filter(|url| !url.trim().is_empty()),
            key: openai_key(),
            model: options.embed_model.filter(|model| !model.trim().is_empty()),
            dimensions: options.dimensions,
        };
        Self {
            backends: vec![local, openai],
            backend: match options.backend {
                BackendName::Local => BackendId(0),
                BackendName::Openai => BackendId(1),
            },
            corpus: options.corpus,
            top_k: options.top,
            appearance,
            assume_yes: options.yes,
        }
    }

    /// The backend to begin with.
    #[must_use]
    pub fn chosen_backend(&self) -> &BackendSpec {
        &self.backends[self.backend.0]
    }
}

/// The key for the server. Only from the environment: a command line can be read by everyone on the machine.
fn openai_key() -> Option<SecretString> {
    std::env::var("OPENAI_API_KEY").ok().filter(|key| !key.trim().is_empty()).map(SecretString::from)
}

/// ONNX Runtime where it is asked for, by name or by its library; else RTen.
fn engine(options: &Options) -> EngineChoice {
    let library = options.onnxruntime.clone().filter(|path| !path.is_empty()).map(PathBuf::from);
    match (options.engine, library) {
        (Some(EngineName::Rten), _) | (None, None) => EngineChoice::Rten,
        (_, Some(library)) => EngineChoice::OnnxRuntime(library),
        (Some(EngineName::Onnxruntime), None) => EngineChoice::OnnxRuntime(default_library()),
    }
}

/// What the system calls an ONNX Runtime library that is installed.
fn default_library() -> PathBuf {
    format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX).into()
}

fn model_source(options: &Options) -> Option<ModelSource> {
    if let Some(path) = &options.model_dir {
        return Some(ModelSource::Folder { path: path.clone(), trusted: options.trust_model });
    }
    #[cfg(feature = "embedded-model")]
    let source = Some(ModelSource::Embedded);
    #[cfg(not(feature = "embedded-model"))]
    let source = None;
    source
}

/// Whether to print colours. `NO_COLOR` counts if it is set to anything but nothing (no-color.org).
#[must_use]
pub fn wants_color(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

fn appearance(options: &Options, is_terminal: bool) -> Appearance {
    if !wants_color(options.color, is_terminal) {
        return Appearance::Plain;
    }
    match options.theme {
        Some(ThemeName::Light) => Appearance::Light,
        None if std::env::var("COLORFGBG").is_ok_and(|value| is_light(&value)) => Appearance::Light,
        Some(ThemeName::Dark) | None => Appearance::Dark,
    }
}

/// Terminals that set `COLORFGBG` give the numbers of foreground and background; 7 and 9 to 15 are light.
fn is_light(colorfgbg: &str) -> bool {
    let background = colorfgbg.rsplit(';').next().and_then(|number| number.parse::<u8>().ok());
    matches!(background, Some(7 | 9..=15))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn config(arguments: &[&str]) -> Config {
        let arguments = [&["vecscope"], arguments].concat();
        Config::new(Cli::try_parse_from(arguments).expect("valid arguments").options, true)
    }

    fn engine_of(config: &Config) -> &EngineChoice {
        match &config.backends[0] {
            BackendSpec::Local { engine, .. } => engine,
            BackendSpec::OpenAi { .. } => unreachable!("the local backend comes first"),
        }
    }

    #[test]
    fn a_library_alone_chooses_onnx_runtime_and_a_name_overrules_it() {
        let library = EngineChoice::OnnxRuntime("x.so".into());
        assert_eq!(engine_of(&config(&["--onnxruntime", "x.so"])), &library);
        assert_eq!(engine_of(&config(&["--engine", "onnxruntime", "--onnxruntime", "x.so"])), &library);
        assert_eq!(engine_of(&config(&["--engine", "rten", "--onnxruntime", "x.so"])), &EngineChoice::Rten);
        assert_eq!(
            engine_of(&config(&["--engine", "onnxruntime", "--onnxruntime", ""])),
            &EngineChoice::OnnxRuntime(default_library())
        );
    }

    #[test]
    fn colour_is_left_out_where_it_is_not_wanted() {
        assert_eq!(config(&["--color", "never", "--theme", "light"]).appearance, Appearance::Plain);
        assert_eq!(config(&["--color", "always", "--theme", "light"]).appearance, Appearance::Light);
    }

    #[test]
    fn the_background_is_the_last_number() {
        assert!(is_light("0;15"));
        assert!(is_light("0;default;7"));
        assert!(!is_light("15;0"));
        assert!(!is_light("15;8"));
        assert!(!is_light("nonsense"));
    }
}
