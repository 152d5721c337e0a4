//! The config file: TOML, built-in defaults first, a person's own file over them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytesize::ByteSize;
use etcetera::BaseStrategy;
use indexmap::IndexMap;
use secrecy::SecretString;
use serde::Deserialize;

use crate::backend::local::model_files::PoolingName;
use crate::backend::local::{Adjustments, EngineChoice, catalogue};
use crate::backend::openai::{Service, SettingNames};
use crate::backend::spec::{BackendKind, BackendSpec, LocalModel, ServerSpec};
use crate::backend::table::Overrides;
use crate::backend::{ModelTable, Prompt, RerankerSpec};
use crate::cli::{MethodName, ThemeName};

use super::rerankers::{self, RerankerEntry};

/// The file as it is when nothing is configured.
pub const DEFAULT: &str = include_str!("../../assets/config.toml");

/// The config, checked as far as one file can be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The backends that Tab goes through.
    pub tab: Option<Vec<String>>,
    /// The pair that the Compare screen begins with.
    pub compare: Option<[String; 2]>,
    /// How many results to show.
    pub top: Option<usize>,
    /// By what way to search.
    pub search: Option<MethodName>,
    /// Colours for a dark or a light background.
    pub theme: Option<ThemeName>,
    /// How large the vector cache may become.
    pub cache_limit: Option<ByteSize>,
    /// By name.
    #[serde(default)]
    pub backends: IndexMap<String, Entry>,
    /// The reranker to begin with.
    pub reranker: Option<String>,
    /// Rerankers, by name.
    #[serde(default)]
    pub rerankers: IndexMap<String, RerankerEntry>,
    /// Prices, limits and prompts.
    #[serde(default)]
    pub models: Overrides,
    /// The person's own file, if there is one.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// One backend. Which fields it may have depends on its kind.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    kind: Option<Kind>,
    /// What to call it on the screen.
    pub label: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The folder of a model-dir.
    pub path: Option<PathBuf>,
    pooling: Option<PoolingName>,
    /// Whether to load a model whose hash is not known.
    pub trust: Option<bool>,
    /// Where the server is.
    pub base_url: Option<String>,
    key_variable: Option<String>,
    /// The length of vectors to ask the server for.
    pub dimensions: Option<usize>,
    query_prefix: Option<String>,
    document_prefix: Option<String>,
    max_tokens: Option<usize>,
}

/// What a backend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The model in the program.
    Embedded,
    /// A model of fastembed's catalogue.
    Fastembed,
    /// A folder of the person's.
    ModelDir,
    /// OpenAI.
    Openai,
    /// Voyage AI.
    Voyage,
    /// A server that speaks OpenAI's interface.
    OpenaiCompatible,
}

/// Where the config file is looked for.
///
/// # Errors
/// Where the system has no place for config files.
pub fn default_path() -> anyhow::Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy().context("there is no folder for config files")?;
    Ok(strategy.config_dir().join("vecscope").join("config.toml"))
}

/// The built-in config with a person's own over it: the file at `path`, which must be there, or the one at the default
/// place, if there is one.
///
/// # Errors
/// Names the file, and the line where one is at fault.
pub fn read(path: Option<&Path>) -> anyhow::Result<ConfigFile> {
    let file = path.map(Path::to_path_buf).or_else(|| default_path().ok().filter(|path| path.exists()));
    let Some(file) = file else { return Ok(defaults()) };
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read the config {}", file.display()))?;
    Ok(ConfigFile { path: Some(file.clone()), ..over_defaults(&file.display().to_string(), &text)? })
}

/// The built-in config.
///
/// # Panics
/// Never: a test reads it.
#[must_use]
pub fn defaults() -> ConfigFile {
    toml::from_str(DEFAULT).expect("the built-in config is well formed")
}

/// The built-in config with a text over it.
pub(super) fn over_defaults(name: &str, text: &str) -> anyhow::Result<ConfigFile> {
    let own: ConfigFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map(|line| format!(":{line}")).unwrap_or_default();
        anyhow::anyhow!("{name}{place}: {}", error.message())
    })?;
    let mut config = defaults();
    config.tab = own.tab.or(config.tab);
    config.compare = own.compare.or(config.compare);
    config.top = own.top.or(config.top);
    config.search = own.search.or(config.search);
    config.theme = own.theme.or(config.theme);
    config.cache_limit = own.cache_limit.or(config.cache_limit);
    config.reranker = own.reranker.or(config.reranker);
    config.models = own.models;
    for (backend, entry) in own.backends {
        let under = config.backends.entry(backend).or_default();
        *under = entry.over(under.clone());
    }
    for (reranker, entry) in own.rerankers {
        let under = config.rerankers.entry(reranker).or_default();
        *under = entry.over(under.clone());
    }
    Ok(config)
}

impl Entry {
    /// A folder of the person's, called by its name.
    #[must_use]
    pub fn model_dir(path: PathBuf, trust: bool) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let label = Some(format!("local {name}"));
        Self { kind: Some(Kind::ModelDir), label, path: Some(path), trust: Some(trust), ..Self::default() }
    }

    /// A field of `self` goes before that of `under`; of another kind, `under` has nothing to say.
    fn over(self, under: Self) -> Self {
        if self.kind.is_some() && self.kind != under.kind {
            return self;
        }
        // The key of one server is not for another.
        let key_variable =
            if self.base_url.is_some() { self.key_variable } else { self.key_variable.or(under.key_variable) };
        Self {
            kind: under.kind,
            label: self.label.or(under.label),
            model: self.model.or(under.model),
            path: self.path.or(under.path),
            pooling: self.pooling.or(under.pooling),
            trust: self.trust.or(under.trust),
            base_url: self.base_url.or(under.base_url),
            key_variable,
            dimensions: self.dimensions.or(under.dimensions),
            query_prefix: self.query_prefix.or(under.query_prefix),
            document_prefix: self.document_prefix.or(under.document_prefix),
            max_tokens: self.max_tokens.or(under.max_tokens),
        }
    }

    /// The backend that it describes. `variable` gives the value of an environment variable.
    fn backend(
        self,
        name: &str,
        engine: &EngineChoice,
        variable: &impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<BackendSpec> {
        let Some(kind) = self.kind else { bail!("it has no kind") };
        self.check(kind)?;
        let adjustments = Adjustments {
            query: self.query_prefix.clone().map(Prompt::prefix),
            document: self.document_prefix.clone().map(Prompt::prefix),
            max_tokens: self.max_tokens,
        };
        let label = self.label.clone().unwrap_or_else(|| name.to_owned());
        let local = |model| BackendKind::Local { model, engine: engine.clone() };
        let kind = match kind {
            Kind::Embedded => local(LocalModel::Embedded),
            Kind::Fastembed => {
                let model = self.model.context("it names no model")?;
                local(LocalModel::Catalogue(Box::new(catalogue::find(&model)?)))
            }
            Kind::ModelDir => local(LocalModel::Folder {
                path: self.path.context("it has no path")?,
                trusted: self.trust.unwrap_or(false),
                pooling: self.pooling,
            }),
            // A key is for its own service, unless the person says otherwise.
            Kind::Openai | Kind::Voyage if self.base_url.is_some() => {
                let service = if kind == Kind::Voyage { Service::Voyage } else { Service::OpenAi };
                self.server(name, service, "", variable)
            }
            Kind::Openai => self.server(name, Service::OpenAi, "OPENAI_API_KEY", variable),
            Kind::Voyage => self.server(name, Service::Voyage, "VOYAGE_API_KEY", variable),
            Kind::OpenaiCompatible if self.base_url.is_none() => bail!("it has no base_url"),
            Kind::OpenaiCompatible if self.model.is_none() => bail!("it names no model"),
            // Without a word about a key, none is sent: OpenAI's is for nobody else.
            Kind::OpenaiCompatible => self.server(name, Service::OpenAi, "", variable),
        };
        Ok(BackendSpec { name: name.to_owned(), label, kind, adjustments })
    }

    fn server(
        self,
        name: &str,
        service: Service,
        key_variable: &str,
        variable: &impl Fn(&str) -> Option<String>,
    ) -> BackendKind {
        let key_variable = self.key_variable.unwrap_or_else(|| key_variable.to_owned());
        let key = Some(&key_variable).filter(|name| !name.is_empty()).and_then(|name| variable(name));
        let shown = if key_variable.is_empty() { "key_variable" } else { &key_variable };
        BackendKind::Server(ServerSpec {
            service,
            base_url: self.base_url,
            key: key.filter(|key| !key.trim().is_empty()).map(SecretString::from),
            names: SettingNames::backend(name, shown),
            model: self.model,
            dimensions: self.dimensions,
        })
    }

    /// A field that its kind has no use for was meant otherwise.
    fn check(&self, kind: Kind) -> anyhow::Result<()> {
        let is_server = matches!(kind, Kind::Openai | Kind::Voyage | Kind::OpenaiCompatible);
        let fields = [
            ("model", self.model.is_some(), is_server || kind == Kind::Fastembed),
            ("path", self.path.is_some(), kind == Kind::ModelDir),
            ("pooling", self.pooling.is_some(), kind == Kind::ModelDir),
            ("trust", self.trust.is_some(), kind == Kind::ModelDir),
            ("base_url", self.base_url.is_some(), is_server),
            ("key_variable", self.key_variable.is_some(), is_server),
            ("dimensions", self.dimensions.is_some(), is_server),
        ];
        for (field, given, useful) in fields {
            if given && !useful {
                bail!("its kind has no use for {field}");
            }
        }
        let zero = [("dimensions", self.dimensions), ("max_tokens", self.max_tokens)];
        if let Some((field, _)) = zero.into_iter().find(|(_, number)| *number == Some(0)) {
            bail!("{field} must be at least 1");
        }
        Ok(())
    }
}

/// Backends as they are configured, and which of them go where.
#[derive(Debug, Clone)]
pub struct Backends {
    /// Those that Tab goes through first, in its order; then the others.
    pub specs: Vec<BackendSpec>,
    /// How many of them Tab goes through.
    pub tab: usize,
    /// The pair to compare, as places in `specs`.
    pub compare: [usize; 2],
    /// The rerankers, in the file's order.
    pub rerankers: Vec<RerankerSpec>,
    /// The one to begin with, as a place in `rerankers`.
    pub reranker: usize,
    /// Prices, limits and prompts.
    pub table: ModelTable,
}

impl ConfigFile {
    /// Makes the backends and the rerankers ready to be opened. `variable` gives the value of an environment variable.
    ///
    /// # Errors
    /// Names the backend or the reranker and what is wrong with it.
    pub fn backends(
        self,
        engine: &EngineChoice,
        variable: &impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Backends> {
        let mut specs = Vec::new();
        for (name, entry) in self.backends {
            let spec = entry.backend(&name, engine, variable).with_context(|| format!("the backend \"{name}\""))?;
            specs.push(spec);
        }
        let tab = self.tab.unwrap_or_default();
        if tab.is_empty() {
            bail!("`tab` names no backend");
        }
        if tab.iter().collect::<HashSet<_>>().len() < tab.len() {
            bail!("`tab` names a backend twice");
        }
        let order =
            tab.iter().map(|name| place(&specs, name)).collect::<anyhow::Result<Vec<usize>>>().context("`tab`")?;
        let others = (0..specs.len()).filter(|place| !order.contains(place));
        let specs: Vec<BackendSpec> = order.iter().copied().chain(others).map(|place| specs[place].clone()).collect();
        let [left, right] = self.compare.unwrap_or_else(|| [tab[0].clone(), tab[tab.len() - 1].clone()]);
        let compare = [place(&specs, &left).context("`compare`")?, place(&specs, &right).context("`compare`")?];
        let mut rerankers = Vec::new();
        for (name, entry) in self.rerankers {
            let spec = entry.reranker(&name, &specs, engine).with_context(|| format!("the reranker \"{name}\""))?;
            rerankers.push(spec);
        }
        let reranker = match &self.reranker {
            Some(name) => rerankers::place(&rerankers, name).context("`reranker`")?,
            None => 0,
        };
        let table = ModelTable::bundled().with(self.models);
        Ok(Backends { specs, tab: order.len(), compare, rerankers, reranker, table })
    }
}

/// The place of the backend of a name.
///
/// # Errors
/// Names those that there are.
pub fn place(specs: &[BackendSpec], name: &str) -> anyhow::Result<usize> {
    place_among(specs.iter().map(|spec| spec.name.as_str()), "backend", name)
}

/// The place of a name among those of things of a kind.
pub(super) fn place_among<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    kind: &str,
    name: &str,
) -> anyhow::Result<usize> {
    names.clone().position(|other| other == name).with_context(|| {
        let names: Vec<&str> = names.collect();
        format!("there is no {kind} \"{name}\"; there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backends(text: &str) -> anyhow::Result<Backends> {
        let variable = |name: &str| (name == "VOYAGE_API_KEY").then(|| "pa-key".to_owned());
        over_defaults("config.toml", text)?.backends(&EngineChoice::Rten, &variable)
    }

    fn spec<'a>(backends: &'a Backends, name: &str) -> &'a BackendSpec {
        &backends.specs[place(&backends.specs, name).expect("it is there")]
    }

    fn server(spec: &BackendSpec) -> &ServerSpec {
        match &spec.kind {
            BackendKind::Server(server) => server,
            BackendKind::Local { .. } => unreachable!("{} is a server", spec.name),
        }
    }

    #[track_caller]
    fn fault(text: &str) -> String {
        format!("{:#}", backends(text).expect_err("it is wrong"))
    }

    #[test]
    fn without_a_file_everything_ready_made_is_there() {
        let backends = backends("").expect("the defaults are good");
        let names: Vec<&str> = backends.specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names[..2], ["local", "openai"]);
        assert_eq!((backends.tab, backends.compare), (2, [0, 1]));
        for name in ["openai-large", "voyage", "mpnet", "multilingual", "minilm-q", "e5-small", "bge-small"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(server(spec(&backends, "voyage")).key.is_some() && server(spec(&backends, "openai")).key.is_none());
    }

    #[test]
    fn a_file_adds_backends_and_changes_those_that_are_there_field_by_field() {
        let backends = backends(
            r#"
            tab = ["ollama", "local"]
            compare = ["openai", "ollama"]
            [backends.ollama]
            kind = "openai-compatible"
            base_url = "http://localhost:11434/v1"
            model = "nomic-embed-text"
            [backends.openai]
            dimensions = 256
            [backends.e5-small]
            query_prefix = ""
            [[models.server]]
            name = "nomic-embed-text"
            dimensions = 768
            "#,
        )
        .expect("it is well formed");
        assert_eq!((backends.specs[0].name.as_str(), backends.tab), ("ollama", 2));
        assert_eq!(backends.compare.map(|place| backends.specs[place].name.as_str()), ["openai", "ollama"]);
        let openai = spec(&backends, "openai");
        assert_eq!((openai.label.as_str(), server(openai).dimensions), ("OpenAI", Some(256)));
        assert!(server(spec(&backends, "ollama")).key.is_none(), "another's key is not sent there");
        assert_eq!(spec(&backends, "e5-small").adjustments.query, Some(Prompt::Nothing));
        assert_eq!(spec(&backends, "e5-small").adjustments.document, None);
        assert_eq!(backends.table.server("nomic-embed-text").and_then(|model| model.dimensions), Some(768));
    }

    #[test]
    fn a_key_goes_to_its_own_service_unless_the_person_says_otherwise() {
        let keys = |text: &str| {
            let variable = |name: &str| Some(format!("the value of {name}"));
            let config = over_defaults("config.toml", text).expect("well formed");
            let backends = config.backends(&EngineChoice::Rten, &variable).expect("well formed");
            server(spec(&backends, "voyage")).key.is_some()
        };
        assert!(keys(""));
        assert!(!keys("[backends.voyage]\nbase_url = \"https://elsewhere.example/v1\""));
        assert!(keys("[backends.voyage]\nbase_url = \"https://elsewhere.example/v1\"\nkey_variable = \"OTHER\""));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, parts) in [
            ("tab = [", &["config.toml:1"][..]),
            ("top = 10\ncolour = true", &["config.toml:2", "unknown field `colour`"]),
            ("[backends.x]\nlabel = \"x\"", &["\"x\"", "no kind"]),
            ("[backends.x]\nkind = \"ollama\"", &["config.toml:2", "unknown variant `ollama`"]),
            ("[backends.x]\nkind = \"openai-compatible\"\nmodel = \"m\"", &["\"x\"", "no base_url"]),
            ("[backends.x]\nkind = \"fastembed\"\nmodel = \"bge-tiny\"", &["\"x\"", "bge-tiny", "bge-"]),
            ("[backends.local]\npath = \"/m\"", &["\"local\"", "no use for path"]),
            ("[backends.openai]\ndimensions = 0", &["\"openai\"", "dimensions must be at least 1"]),
            ("tab = [\"nobody\"]", &["`tab`", "no backend \"nobody\"", "local, openai"]),
            ("tab = [\"local\", \"local\"]", &["twice"]),
            ("tab = []", &["names no backend"]),
            ("[backends.x]\nkind = \"openai\"\nkey = \"sk-1\"", &["config.toml:3", "unknown field `key`"]),
        ] {
            let fault = fault(text);
            assert!(parts.iter().all(|part| fault.contains(part)), "{text}: {fault}");
            assert!(!fault.contains("sk-1"), "{fault}");
        }
    }
}
