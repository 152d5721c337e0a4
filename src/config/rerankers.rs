//! The rerankers of the config file.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::backend::local::cross_encoder::catalogue;
use crate::backend::local::{Adjustments, EngineChoice};
use crate::backend::reranker_spec::{CrossEncoderKind, RerankerKind, RerankerSpec};
use crate::backend::spec::{BackendKind, BackendSpec, LocalModel};

/// Whose token vectors late interaction takes, unless it is told.
const LOCAL: &str = "local";

/// One reranker. Which fields it may have depends on its kind.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RerankerEntry {
    kind: Option<Kind>,
    /// What to call it on the screen.
    pub label: Option<String>,
    /// The backend whose token vectors late interaction takes.
    pub backend: Option<String>,
    /// The model of a cross-encoder.
    pub model: Option<String>,
    /// The folder of a cross-encoder-dir.
    pub path: Option<PathBuf>,
    /// Whether to load a model whose hash is not known.
    pub trust: Option<bool>,
}

/// What a reranker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Over the token vectors of a backend.
    LateInteraction,
    /// A cross-encoder that is known by name.
    CrossEncoder,
    /// A cross-encoder in a folder of the person's.
    CrossEncoderDir,
}

impl RerankerEntry {
    /// A field of `self` goes before that of `under`; of another kind, `under` has nothing to say.
    pub(super) fn over(self, under: Self) -> Self {
        if self.kind.is_some() && self.kind != under.kind {
            return self;
        }
        Self {
            kind: under.kind,
            label: self.label.or(under.label),
            backend: self.backend.or(under.backend),
            model: self.model.or(under.model),
            path: self.path.or(under.path),
            trust: self.trust.or(under.trust),
        }
    }

    /// The reranker that it describes, beside these backends.
    pub(super) fn reranker(
        self,
        name: &str,
        backends: &[BackendSpec],
        engine: &EngineChoice,
    ) -> anyhow::Result<RerankerSpec> {
        let Some(kind) = self.kind else { bail!("it has no kind") };
        self.check(kind)?;
        let engine = engine.clone();
        let kind = match kind {
            Kind::LateInteraction => {
                let (model, adjustments) = token_model(self.backend.as_deref(), backends)?;
                RerankerKind::LateInteraction { model, adjustments, engine }
            }
            Kind::CrossEncoder => {
                let model = catalogue::find(&self.model.context("it names no model")?)?;
                RerankerKind::CrossEncoder { model: CrossEncoderKind::Fetched(Box::new(model)), engine }
            }
            Kind::CrossEncoderDir => {
                let path = self.path.context("it has no path")?;
                let model = CrossEncoderKind::Folder { path, trusted: self.trust.unwrap_or(false) };
                RerankerKind::CrossEncoder { model, engine }
            }
        };
        Ok(RerankerSpec { name: name.to_owned(), label: self.label.unwrap_or_else(|| name.to_owned()), kind })
    }

    /// A field that its kind has no use for was meant otherwise.
    fn check(&self, kind: Kind) -> anyhow::Result<()> {
        let fields = [
            ("backend", self.backend.is_some(), kind == Kind::LateInteraction),
            ("model", self.model.is_some(), kind == Kind::CrossEncoder),
            ("path", self.path.is_some(), kind == Kind::CrossEncoderDir),
            ("trust", self.trust.is_some(), kind == Kind::CrossEncoderDir),
        ];
        for (field, given, useful) in fields {
            if given && !useful {
                bail!("its kind has no use for {field}");
            }
        }
        Ok(())
    }
}

/// The model whose token vectors late interaction takes: that of the backend named, which has to be in this process.
fn token_model(named: Option<&str>, backends: &[BackendSpec]) -> anyhow::Result<(LocalModel, Adjustments)> {
    let spec = &backends[super::file::place(backends, named.unwrap_or(LOCAL))?];
    match &spec.kind {
        BackendKind::Local { model, .. } => Ok((model.clone(), spec.adjustments.clone())),
        // Nobody asked for this backend: a person may well have a server under that name.
        BackendKind::Server(_) if named.is_none() => Ok((LocalModel::Embedded, Adjustments::default())),
        BackendKind::Server(_) => {
            bail!("the backend \"{}\" is on a server, which gives no token vectors", spec.name)
        }
    }
}

/// The place of the reranker of a name.
///
/// # Errors
/// Names those that there are.
pub fn place(specs: &[RerankerSpec], name: &str) -> anyhow::Result<usize> {
    specs.iter().position(|spec| spec.name == name).with_context(|| {
        let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        format!("there is no reranker \"{name}\"; there are {}", names.join(", "))
    })
}
