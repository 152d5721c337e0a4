//! `vecscope pull MODEL`: fetches a model, so that it is there when it is needed.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;

use super::Session;
use crate::backend::local::{catalogue, cross_encoder};
use crate::backend::reranker_spec::{CrossEncoderKind, RerankerKind};
use crate::backend::spec::{self, BackendKind, LocalModel};
use crate::text;

/// A model that can be fetched.
struct Wanted {
    name: String,
    repository: String,
    files: Vec<String>,
}

pub(super) fn run(session: &Session, wanted: &str) -> anyhow::Result<ExitCode> {
    let model = model(session, wanted)?;
    let files: Vec<&str> = model.files.iter().map(String::as_str).collect();
    let folder = session.with_meter(|context, job| spec::fetch(&model.repository, &files, context, job))?;
    writeln!(io::stdout(), "{} is in {}", model.name, text::visible(&folder.display().to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// The model of a backend or of a reranker, or one of the catalogues.
fn model(session: &Session, wanted: &str) -> anyhow::Result<Wanted> {
    if let Ok(spec) = session.config.backend_named(wanted) {
        return match &spec.kind {
            BackendKind::Local { model: LocalModel::Catalogue(model), .. } => Ok(embedder(model)),
            BackendKind::Local { .. } | BackendKind::Server(_) => {
                bail!("the backend \"{wanted}\" has nothing to fetch")
            }
        };
    }
    if let Ok(spec) = session.config.reranker_named(wanted) {
        return match &spec.kind {
            RerankerKind::LateInteraction { model: LocalModel::Catalogue(model), .. } => Ok(embedder(model)),
            RerankerKind::CrossEncoder { model: CrossEncoderKind::Fetched(model), .. } => Ok(reranker(model)),
            RerankerKind::LateInteraction { .. } | RerankerKind::CrossEncoder { .. } => {
                bail!("the reranker \"{wanted}\" has nothing to fetch")
            }
        };
    }
    match cross_encoder::catalogue::find(wanted) {
        Ok(model) => Ok(reranker(&model)),
        Err(_) => Ok(embedder(&catalogue::find(wanted)?)),
    }
}

fn embedder(model: &catalogue::CatalogueModel) -> Wanted {
    let files = model.files().into_iter().map(String::from).collect();
    Wanted { name: model.name.clone(), repository: model.repository.clone(), files }
}

fn reranker(model: &cross_encoder::catalogue::CrossEncoderModel) -> Wanted {
    let files = model.files().into_iter().map(String::from).collect();
    Wanted { name: model.name.clone(), repository: model.repository.clone(), files }
}
