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
    super::file::place_among(specs.iter().map(|spec| spec.name.as_str()), "reranker", name)
}

#[cfg(test)]
mod tests {
    use super::super::file::{Backends, over_defaults};
    use super::*;

    fn backends(text: &str) -> anyhow::Result<Backends> {
        over_defaults("config.toml", text)?.backends(&EngineChoice::Rten, &|_| None)
    }

    fn spec(text: &str, name: &str) -> RerankerSpec {
        let rerankers = backends(text).expect("it is well formed").rerankers;
        rerankers[place(&rerankers, name).expect("it is there")].clone()
    }

    /// The model whose token vectors are taken.
    fn token_model(text: &str, name: &str) -> (LocalModel, Adjustments) {
        match spec(text, name).kind {
            RerankerKind::LateInteraction { model, adjustments, .. } => (model, adjustments),
            RerankerKind::CrossEncoder { .. } => unreachable!("it is late interaction"),
        }
    }

    fn cross_encoder(text: &str, name: &str) -> CrossEncoderKind {
        match spec(text, name).kind {
            RerankerKind::CrossEncoder { model, .. } => model,
            RerankerKind::LateInteraction { .. } => unreachable!("it is a cross-encoder"),
        }
    }

    #[test]
    fn without_a_file_three_are_there_and_late_interaction_is_chosen() {
        let backends = backends("").expect("the defaults are good");
        let names: Vec<&str> = backends.rerankers.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!((names, backends.reranker), (vec!["late-interaction", "ms-marco", "bge-reranker"], 0));
        assert_eq!(token_model("", "late-interaction"), (LocalModel::Embedded, Adjustments::default()));
        assert!(matches!(cross_encoder("", "ms-marco"), CrossEncoderKind::Fetched(model)
            if model.repository == "cross-encoder/ms-marco-MiniLM-L6-v2"));
        assert!(matches!(cross_encoder("", "bge-reranker"), CrossEncoderKind::Fetched(model)
            if model.repository == "BAAI/bge-reranker-base"));
    }

    #[test]
    fn a_file_adds_rerankers_and_changes_those_that_are_there_field_by_field() {
        let text = r#"
            reranker = "mine"
            [rerankers.mine]
            kind = "cross-encoder-dir"
            path = "/models/mine"
            trust = true
            [rerankers.ms-marco]
            model = "bge-reranker-v2-m3"
            [rerankers.late-interaction]
            backend = "e5-small"
        "#;
        assert_eq!(backends(text).expect("it is well formed").reranker, 3);
        assert_eq!(
            cross_encoder(text, "mine"),
            CrossEncoderKind::Folder { path: "/models/mine".into(), trusted: true }
        );
        assert_eq!(spec(text, "mine").label, "mine");
        assert_eq!(spec(text, "ms-marco").label, "ms-marco MiniLM-L6-v2");
        assert!(matches!(cross_encoder(text, "ms-marco"), CrossEncoderKind::Fetched(model)
            if model.repository == "rozgo/bge-reranker-v2-m3"));
        assert_eq!(token_model(text, "late-interaction").0.name(), "multilingual-e5-small");
    }

    #[test]
    fn late_interaction_takes_what_is_called_local_as_it_is_set() {
        let limit = token_model("[backends.local]\nmax_tokens = 64", "late-interaction").1.max_tokens;
        assert_eq!(limit, Some(64));
        // A server there gives no token vectors, and nobody asked for its.
        let served =
            "[backends.local]\nkind = \"openai-compatible\"\nbase_url = \"http://localhost/v1\"\nmodel = \"m\"";
        assert_eq!(token_model(served, "late-interaction").0, LocalModel::Embedded);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, parts) in [
            ("reranker = \"nobody\"", &["`reranker`", "no reranker \"nobody\"", "late-interaction, ms-marco"][..]),
            ("[rerankers.x]\nlabel = \"x\"", &["the reranker \"x\"", "no kind"]),
            ("[rerankers.x]\nkind = \"cohere\"", &["config.toml:2", "unknown variant `cohere`"]),
            ("[rerankers.x]\nkind = \"cross-encoder\"", &["\"x\"", "names no model"]),
            ("[rerankers.x]\nkind = \"cross-encoder\"\nmodel = \"huge\"", &["\"x\"", "\"huge\"", "bge-reranker-base"]),
            ("[rerankers.x]\nkind = \"cross-encoder-dir\"", &["\"x\"", "no path"]),
            ("[rerankers.ms-marco]\npath = \"/m\"", &["\"ms-marco\"", "no use for path"]),
            ("[rerankers.ms-marco]\nbackend = \"local\"", &["\"ms-marco\"", "no use for backend"]),
            ("[rerankers.late-interaction]\ntrust = true", &["\"late-interaction\"", "no use for trust"]),
            ("[rerankers.late-interaction]\nbackend = \"openai\"", &["\"openai\" is on a server", "no token vectors"]),
            ("[rerankers.late-interaction]\nbackend = \"nobody\"", &["no backend \"nobody\"", "local, openai"]),
            ("[rerankers.x]\nkind = \"cross-encoder\"\ndepth = 3", &["config.toml:3", "unknown field `depth`"]),
        ] {
            let fault = format!("{:#}", backends(text).expect_err("it is wrong"));
            assert!(parts.iter().all(|part| fault.contains(part)), "{text}: {fault}");
        }
    }
}
