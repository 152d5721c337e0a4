//! `vecscope pull MODEL`: fetches a model, so that it is there when it is needed.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use super::Session;
use super::meter::Meter;
use crate::backend::hub::Download;
use crate::backend::local::catalogue::{self, CatalogueModel};
use crate::backend::spec::{self, BackendKind, LocalModel, OpenJob};
use crate::text;

pub(super) fn run(session: &Session, wanted: &str) -> anyhow::Result<ExitCode> {
    let model = model(session, wanted)?;
    let mut meter = Meter::new();
    let mut progress = |download: Download| meter.show(&download);
    let cancel = CancellationToken::new();
    let fetched = spec::fetch(&model, &session.context(), &mut OpenJob { cancel: &cancel, progress: &mut progress });
    meter.end();
    writeln!(io::stdout(), "{} is in {}", model.name, text::visible(&fetched?.display().to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// The model of a backend, or of the catalogue.
fn model(session: &Session, wanted: &str) -> anyhow::Result<CatalogueModel> {
    match session.config.backend_named(wanted).map(|spec| &spec.kind) {
        Ok(BackendKind::Local { model: LocalModel::Catalogue(model), .. }) => Ok((**model).clone()),
        Ok(BackendKind::Local { .. } | BackendKind::Server(_)) => {
            bail!("the backend \"{wanted}\" has nothing to fetch")
        }
        Err(_) => Ok(catalogue::find(wanted)?),
    }
}
