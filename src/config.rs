//! From the command line, the environment and the config file to one validated configuration.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::runtime::Handle;

use crate::backend::hub::HubSettings;
use crate::backend::local::{EngineChoice, LoadedModels};
use crate::backend::openai::{Service, SettingNames};
use crate::backend::spec::{BackendKind, OpenContext};
use crate::backend::{BackendSpec, ModelTable, RerankerSpec};
use crate::cli::corpus::{CorpusArgs, FormatName, SplitName};
use crate::cli::{ColorChoice, EngineName, MethodName, Options, ThemeName};
use crate::corpus::Source;
use crate::corpus::source::{Format, ReadOptions, Split, VectorsFile};
use crate::engine::Method;
use crate::state::{Appearance, BackendId};

mod cache;
mod chroma;
pub mod file;
pub mod rerankers;
mod store;

pub use cache::CacheChoice;
pub use chroma::ChromaChoice;
use file::{Backends, ConfigFile, Entry};
pub use store::{Collected, Stores};

/// Everything that was chosen. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct Config {
    /// Those that Tab goes through first, in its order; then the others.
    pub backends: Vec<BackendSpec>,
    /// How many of them Tab goes through.
    pub tab: usize,
    /// The one to begin with.
    pub backend: BackendId,
    /// Whether it was asked for by name.
    pub backend_chosen: bool,
    /// The pair to compare.
    pub compare: [BackendId; 2],
    /// The rerankers.
    pub rerankers: Vec<RerankerSpec>,
    /// The one to begin with, as a place in `rerankers`.
    pub reranker: usize,
    /// Prices, limits and prompts.
    pub table: Arc<ModelTable>,
    /// Where models are fetched from, and kept; or why that cannot be said, which only matters to whoever fetches one.
    pub hub: Result<HubSettings, String>,
    /// The models that are loaded in this process.
    pub models: Arc<LoadedModels>,
    /// The config file that was read, if any.
    pub config_file: Option<PathBuf>,
    /// The corpus to read; `None` for the bundled one.
    pub corpus: Option<Source>,
    /// How any other file of texts is to be read.
    pub reading: ReadOptions,
    /// Which documents to look at, as it was written.
    pub filter: Option<String>,
    /// By what way to search.
    pub method: Method,
    /// How many results to show.
    pub top_k: usize,
    /// Whether that was asked for on the command line.
    pub top_chosen: bool,
    /// Which colours the explorer uses.
    pub appearance: Appearance,
    /// Whether a corpus may be sent away without a question.
    pub assume_yes: bool,
    /// Where vectors are kept between runs.
    pub cache: CacheChoice,
    /// Which Chroma server is meant.
    pub chroma: ChromaChoice,
    /// The collection that keeps the corpus, or is it; `None` for the cache.
    pub collected: Option<Collected>,
}

impl Config {
    /// The configuration that options and a config file ask for; `is_terminal` says whether output goes to one.
    ///
    /// # Errors
    /// Names the setting that is wrong.
    pub fn new(mut options: Options, mut file: ConfigFile, is_terminal: bool) -> anyhow::Result<Self> {
        let appearance = appearance(&options, file.theme, is_terminal);
        let top_k = options.top.or(file.top).unwrap_or(10).max(1);
        let (asked, method) = (options.search, options.search.or(file.search));
        let (store, chroma_url) = (options.chroma.store, options.chroma.chroma_url.take());
        let engine = engine(&options);
        change_local(&mut file, &options);
        let cache = CacheChoice::new(&options.cache, file.cache_limit);
        let config_file = file.path.clone();
        let read = file.backends(&engine, &variable);
        let read = match &config_file {
            Some(path) => read.with_context(|| path.display().to_string())?,
            None => read?,
        };
        let Backends { specs: mut backends, tab, compare, rerankers, mut reranker, table } = read;
        if let Some(name) = &options.reranker {
            reranker = rerankers::place(&rerankers, name)?;
        }
        change_openai(&mut backends, &options);
        choose_for_vectors(&mut options)?;
        let mut config = Self {
            backends,
            backend_chosen: false,
            tab,
            backend: BackendId(0),
            compare: compare.map(BackendId),
            rerankers,
            reranker,
            table: Arc::new(table),
            hub: HubSettings::from_values(variable, etcetera::home_dir().ok().as_deref())
                .map_err(|error| error.to_string()),
            models: Arc::default(),
            config_file,
            corpus: source(&options),
            reading: reading(&options.corpus),
            filter: options.filter,
            method: method.map_or(Method::Exact, MethodName::method),
            top_k,
            top_chosen: options.top.is_some(),
            appearance,
            assume_yes: options.yes,
            cache,
            chroma: ChromaChoice::new(options.chroma),
            collected: None,
        };
        if let Some(name) = &options.backend {
            config.choose_backend(name)?;
        }
        config.collected = config.collected(store, chroma_url.as_deref())?;
        if config.collected.is_some() && asked.is_none() {
            config.method = Method::Store;
        }
        Ok(config)
    }

    /// Begins with the backend of a name. It stands among those that Tab goes through, or it would never come back.
    ///
    /// # Errors
    /// Names those that there are.
    pub fn choose_backend(&mut self, name: &str) -> anyhow::Result<()> {
        let (tab, mut backend) = (self.tab, file::place(&self.backends, name)?);
        if backend >= tab {
            let chosen = self.backends.remove(backend);
            self.backends.insert(tab, chosen);
            self.compare = self.compare.map(|BackendId(place)| match place {
                place if place == backend => BackendId(tab),
                place if (tab..backend).contains(&place) => BackendId(place + 1),
                place => BackendId(place),
            });
            (backend, self.tab) = (tab, tab + 1);
        }
        (self.backend, self.backend_chosen) = (BackendId(backend), true);
        Ok(())
    }

    /// The backend to begin with.
    #[must_use]
    pub fn chosen_backend(&self) -> &BackendSpec {
        &self.backends[self.backend.0]
    }

    /// The backend of a name.
    ///
    /// # Errors
    /// Names those that there are.
    pub fn backend_named(&self, name: &str) -> anyhow::Result<&BackendSpec> {
        Ok(&self.backends[file::place(&self.backends, name)?])
    }

    /// The reranker to begin with.
    #[must_use]
    pub fn chosen_reranker(&self) -> &RerankerSpec {
        &self.rerankers[self.reranker]
    }

    /// The reranker of a name.
    ///
    /// # Errors
    /// Names those that there are.
    pub fn reranker_named(&self, name: &str) -> anyhow::Result<&RerankerSpec> {
        Ok(&self.rerankers[rerankers::place(&self.rerankers, name)?])
    }

    /// What backends and rerankers are opened with.
    #[must_use]
    pub fn open_context(&self, runtime: &Handle) -> OpenContext {
        OpenContext {
            runtime: runtime.clone(),
            table: Arc::clone(&self.table),
            hub: self.hub.clone(),
            models: Arc::clone(&self.models),
        }
    }
}

/// Vectors from elsewhere need a backend that embeds queries for them: the one that is named, which is then the one to
/// begin with, or the one that was chosen.
fn choose_for_vectors(options: &mut Options) -> anyhow::Result<()> {
    if options.corpus.vectors.is_none() {
        return Ok(());
    }
    let Some(name) = options.corpus.vectors_backend.clone().or_else(|| options.backend.clone()) else {
        anyhow::bail!(
            "--vectors needs --vectors-backend NAME: the backend whose model made them, to embed queries with"
        );
    };
    options.corpus.vectors_backend = Some(name.clone());
    options.backend.get_or_insert(name);
    Ok(())
}

/// The corpus that options name.
fn source(options: &Options) -> Option<Source> {
    let CorpusArgs { corpus, vectors, vectors_backend, .. } = &options.corpus;
    let vectors = vectors.clone().zip(vectors_backend.clone());
    Some(Source {
        path: corpus.clone()?,
        options: reading(&options.corpus),
        vectors: vectors.map(|(path, backend)| VectorsFile { path, backend }),
    })
}

/// How options say that texts are to be read.
fn reading(options: &CorpusArgs) -> ReadOptions {
    let format = |name| match name {
        FormatName::Text => Format::Text,
        FormatName::Markdown => Format::Markdown,
        FormatName::Csv => Format::Csv,
        FormatName::Tsv => Format::Tsv,
        FormatName::Jsonl => Format::Jsonl,
        FormatName::Json => Format::Json,
        FormatName::Parquet => Format::Parquet,
    };
    let split = |name| match name {
        SplitName::Lines => Split::Lines,
        SplitName::Paragraphs => Split::Paragraphs,
        SplitName::Sentences => Split::Sentences,
        SplitName::Whole => Split::Whole,
    };
    ReadOptions {
        format: options.corpus_format.map(format),
        text_field: options.text_field.clone(),
        id_field: options.id_field.clone(),
        split: options.split.map(split),
        strict: options.strict,
        keep_duplicates: false,
    }
}

/// The backends that options change.
const LOCAL: &str = "local";
const OPENAI: &str = "openai";

/// The value of an environment variable.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `--model-dir` puts a folder in the place of the model in the program.
fn change_local(file: &mut ConfigFile, options: &Options) {
    if let Some(path) = &options.model_dir {
        file.backends.insert(LOCAL.into(), Entry::model_dir(path.clone(), options.trust_model));
    }
}

/// The variables of the exercise and their options change the backend for OpenAI. A server in the place of OpenAI's is
/// that of every backend that OpenAI's key is for: the key goes nowhere else.
fn change_openai(specs: &mut [BackendSpec], options: &Options) {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
    let environment = SettingNames::environment();
    for spec in specs {
        let BackendKind::Server(server) = &mut spec.kind else { continue };
        if server.service != Service::OpenAi || server.names.key != environment.key || server.base_url.is_some() {
            continue;
        }
        server.names.base_url.clone_from(&environment.base_url);
        server.base_url = given(&options.base_url);
        if spec.name != OPENAI {
            continue;
        }
        if server.model.is_none() || given(&options.embed_model).is_some() {
            server.names.model.clone_from(&environment.model);
            server.model = given(&options.embed_model);
        }
        if server.base_url.is_some() {
            spec.label = server.model.clone().unwrap_or_else(|| spec.label.clone());
        }
        server.dimensions = options.dimensions.or(server.dimensions);
    }
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

/// Whether to print colours. `NO_COLOR` counts if it is set to anything but nothing (no-color.org).
#[must_use]
pub fn wants_color(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

fn appearance(options: &Options, configured: Option<ThemeName>, is_terminal: bool) -> Appearance {
    if !wants_color(options.color, is_terminal) {
        return Appearance::Plain;
    }
    match options.theme.or(configured) {
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
        let options = Cli::try_parse_from(arguments).expect("valid arguments").options;
        Config::new(options, file::defaults(), true).expect("valid options")
    }

    fn engine_of(config: &Config) -> &EngineChoice {
        match &config.backends[0].kind {
            BackendKind::Local { engine, .. } => engine,
            BackendKind::Server(_) => unreachable!("the local backend comes first"),
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
    fn a_backend_asked_for_by_name_is_among_those_that_tab_goes_through() {
        let config = config(&["--backend", "voyage"]);
        assert_eq!((config.chosen_backend().name.as_str(), config.backend, config.tab), ("voyage", BackendId(2), 3));
        assert_eq!(config.compare.map(|id| config.backends[id.0].name.as_str()), ["local", "openai"]);
    }

    #[test]
    fn a_server_in_openais_place_is_that_of_every_backend_that_gets_its_key() {
        let config = config(&["--base-url", "https://gateway.example/v1", "--embed-model", "own"]);
        for spec in &config.backends {
            let BackendKind::Server(server) = &spec.kind else { continue };
            let expected = (server.names.key == "OPENAI_API_KEY").then_some("https://gateway.example/v1");
            assert_eq!(server.base_url.as_deref(), expected, "{}", spec.name);
        }
        let model = |name: &str| match &config.backend_named(name).expect("it is there").kind {
            BackendKind::Server(server) => server.model.clone(),
            BackendKind::Local { .. } => None,
        };
        assert_eq!(
            (model("openai").as_deref(), model("openai-large").as_deref()),
            (Some("own"), Some("text-embedding-3-large"))
        );
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
