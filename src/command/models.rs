//! `vecscope models`: the backends and the rerankers, and the catalogue that a config can take more backends from.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::{Session, escape};
use crate::backend::local::catalogue;
use crate::backend::reranker_spec::RerankerDescription;
use crate::backend::spec::{Description, Readiness};
use crate::backend::{Location, RerankMethod};
use crate::cli::TableFormat;
use crate::{phrase, text};

/// A backend or a reranker, as `--format json` prints it.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    /// `backend` or `reranker`.
    role: &'static str,
    kind: &'static str,
    model: String,
    dimensions: Option<usize>,
    max_tokens: Option<usize>,
    usd_per_million_tokens: Option<f64>,
    prompts: Option<String>,
    /// Where its texts go.
    runs: Option<String>,
    ready: bool,
    /// The repository that would be fetched.
    downloads: Option<String>,
    /// What is missing.
    missing: Option<String>,
}

/// A model of the catalogue, as `--format json` prints it.
#[derive(Debug, Serialize)]
struct InCatalogue {
    name: String,
    repository: String,
    file: String,
    dimensions: usize,
    max_tokens: usize,
    prompts: String,
}

pub(super) fn run(session: &Session, all: bool, format: TableFormat) -> anyhow::Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    if all {
        let models = in_catalogue(session);
        match format {
            TableFormat::Json => writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&models)?))?,
            TableFormat::Table => {
                let rows = models.iter().map(|model| {
                    let limit = format!("≤{} tokens", phrase::thousands(model.max_tokens as u64));
                    vec![model.name.clone(), format!("{} d", model.dimensions), limit, model.repository.clone()]
                });
                write_table(&mut stdout, rows.collect())?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let context = session.context();
    let backends = session.config.backends.iter().map(|spec| listed(&spec.name, spec.describe(&context)));
    let rerankers = session.config.rerankers.iter().map(|spec| reranker(&spec.name, spec.describe(&context)));
    match format {
        TableFormat::Json => {
            let listed: Vec<Listed> = backends.chain(rerankers).collect();
            writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&listed)?))?;
        }
        TableFormat::Table => {
            write_table(&mut stdout, backends.map(|listed| row(&listed)).collect())?;
            writeln!(stdout, "prices and limits as of {}", session.config.table.as_of)?;
            writeln!(stdout, "\nrerankers")?;
            let short =
                |listed: Listed| vec![listed.name.clone(), listed.kind.into(), listed.model.clone(), state(&listed)];
            write_table(&mut stdout, rerankers.map(short).collect())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(name: &str, description: Description) -> Listed {
    let Description { kind, model, dimensions, max_tokens, usd_per_million_tokens, prompts, location, readiness } =
        description;
    let ready = readiness == Readiness::Ready;
    let (downloads, missing) = lacks(readiness);
    Listed {
        name: name.to_owned(),
        role: "backend",
        kind,
        model,
        dimensions,
        max_tokens,
        usd_per_million_tokens,
        prompts: prompts.map(|prompts| prompts.to_string()),
        runs: location.map(|location| location.to_string()),
        ready,
        downloads,
        missing,
    }
}

/// A reranker: it runs in this process, and has no vectors of its own.
fn reranker(name: &str, description: RerankerDescription) -> Listed {
    let RerankerDescription { model, method, readiness } = description;
    let ready = readiness == Readiness::Ready;
    let (downloads, missing) = lacks(readiness);
    Listed {
        name: name.to_owned(),
        role: "reranker",
        kind: match method {
            RerankMethod::LateInteraction => "late-interaction",
            RerankMethod::CrossEncoder => "cross-encoder",
        },
        model,
        dimensions: None,
        max_tokens: None,
        usd_per_million_tokens: Some(0.0),
        prompts: None,
        runs: Some(Location::InProcess.to_string()),
        ready,
        downloads,
        missing,
    }
}

/// The repository that would be fetched, and what is missing.
fn lacks(readiness: Readiness) -> (Option<String>, Option<String>) {
    match readiness {
        Readiness::Ready => (None, None),
        Readiness::Downloads(repository) => (Some(repository), None),
        Readiness::NotConfigured(message) => (None, Some(message)),
    }
}

fn row(listed: &Listed) -> Vec<String> {
    let unknown = || "?".to_owned();
    let price = match listed.usd_per_million_tokens {
        Some(0.0) => "free".into(),
        Some(usd) => format!("{}/M", phrase::dollars(usd)),
        None => unknown(),
    };
    vec![
        listed.name.clone(),
        listed.kind.to_owned(),
        listed.model.clone(),
        listed.dimensions.map_or_else(unknown, |dimensions| format!("{dimensions} d")),
        listed.max_tokens.map_or_else(unknown, |tokens| format!("≤{} tokens", phrase::thousands(tokens as u64))),
        price,
        listed.runs.clone().unwrap_or_else(unknown),
        state(listed),
    ]
}

fn state(listed: &Listed) -> String {
    match (&listed.downloads, &listed.missing) {
        (Some(repository), _) => format!("fetches {repository}"),
        (None, Some(message)) => message.split(';').next().unwrap_or(message).to_owned(),
        (None, None) => "ready".into(),
    }
}

fn in_catalogue(session: &Session) -> Vec<InCatalogue> {
    let table = &session.config.table;
    let models = catalogue::all().into_iter().map(|model| InCatalogue {
        max_tokens: table.max_tokens(model.base_name()).unwrap_or(512),
        prompts: table.prompts(&model.name).to_string(),
        name: model.name,
        repository: model.repository,
        file: model.model_file,
        dimensions: model.dimensions,
    });
    models.collect()
}

/// Columns as wide as their widest cell; the last one as it is.
pub(super) fn write_table(out: &mut impl Write, rows: Vec<Vec<String>>) -> io::Result<()> {
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.iter().map(|cell| text::visible(cell).into_owned()).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| text::width(cell)).max().unwrap_or(0))
        .collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width - text::width(cell) + 2;
            line.push_str(cell);
            line.push_str(&" ".repeat(padding));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
