//! `vecscope browse URL[/COLLECTION]`: a collection of a Chroma server as the corpus, whoever made it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;

use super::meter::Meter;
use super::search::Printing;
use super::{NOTHING, Session, escape, models, search};
use crate::backend::spec::Description;
use crate::cli::SearchFormat;
use crate::cli::chroma::BrowseArgs;
use crate::config::Config;
use crate::corpus::Corpus;
use crate::phrase;
use crate::store::chroma::{self, Collection, Reading, Server};
use crate::text;

mod recognise;

use recognise::{Candidate, recognise};

/// One collection, as `--format json` prints it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    records: usize,
    dimensions: Option<usize>,
    space: &'static str,
    model: Option<&'a str>,
    metadata: serde_json::Map<String, Value>,
}

/// Whether it opens the explorer: a collection is named, and no query.
#[must_use]
pub fn opens_the_explorer(arguments: &BrowseArgs, config: &Config) -> bool {
    let (_, collection) = arguments.server_and_collection(config.chroma.collection.as_deref());
    collection.is_some() && arguments.query.is_none()
}

/// Reads the collection that is named, and has the config begin with the backend that embeds queries for it.
///
/// # Errors
/// Where it cannot be read, and where no backend, or another than the one that was asked for, makes such vectors.
pub fn read(arguments: &BrowseArgs, config: &mut Config, runtime: &Handle) -> anyhow::Result<Corpus> {
    if config.corpus.is_some() || config.collected.is_some() {
        bail!("the collection is the corpus: leave --corpus and --store out");
    }
    let chosen = config.chroma.collection.clone();
    let (url, name) = arguments.server_and_collection(chosen.as_deref());
    let Some(name) = name else { bail!("name a collection: {}/COLLECTION", url.trim_end_matches('/')) };
    let settings = config.chroma.settings("the URL", url)?;
    let server = Server::connect(settings.clone(), runtime.clone())?;
    let Some(collection) = server.collection(name)? else {
        bail!("{} has no collection {name}; {}", server.host(), server.what_it_has()?)
    };
    let Some(dimensions) = collection.dimensions else { bail!("the collection {name} is empty") };
    if arguments.write && collection.corpus().is_some() {
        bail!("the collection {name} keeps a corpus of vecscope: --store chroma --collection {name} changes it");
    }
    let context = config.open_context(runtime);
    let candidates = config.backends.iter().map(|spec| {
        let Description { model, dimensions, .. } = spec.describe(&context);
        Candidate { name: spec.name.clone(), model, dimensions }
    });
    let asked = config.backend_chosen.then(|| config.chosen_backend().name.clone());
    let found = recognise(&collection, dimensions, &candidates.collect::<Vec<_>>(), asked.as_deref());
    let found = found.map_err(anyhow::Error::msg)?;
    config.choose_backend(&found.backend)?;
    let (mut meter, started) = (Meter::new(), Instant::now());
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let mut progress = |done: usize, total: usize| {
        meter.progress("records read", (0, done, total.max(done)), || done as f64 / total.max(1) as f64, started);
    };
    let reading = Reading { vectors_of: Some(&found.backend), progress: &mut progress };
    let mut corpus = chroma::read(&server, &collection, reading)?;
    meter.end();
    corpus.notes.splice(0..0, found.why);
    config.browse(settings, name, arguments.write);
    Ok(corpus)
}

pub(super) fn run(mut session: Session, arguments: &BrowseArgs) -> anyhow::Result<ExitCode> {
    let handle = session.runtime.handle().clone();
    if arguments.write {
        bail!("--write is for the explorer: name a collection and no query");
    }
    if let Some(query) = &arguments.query {
        let corpus = read(arguments, &mut session.config, &handle)?;
        for note in said(&corpus) {
            writeln!(io::stderr(), "vecscope: {}", text::visible(&note))?;
        }
        let printing = Printing { format: arguments.format, recall: arguments.measure_recall };
        return search::rank(&session, corpus, query, printing);
    }
    let (url, _) = arguments.server_and_collection(session.config.chroma.collection.as_deref());
    let server = Server::connect(session.config.chroma.settings("the URL", url)?, handle)?;
    list(&server, arguments.format)
}

/// What is to be known of a corpus before it is searched: notes, and what was passed over.
fn said(corpus: &Corpus) -> Vec<String> {
    let mut said = corpus.notes.clone();
    let skipped = &corpus.skipped;
    if skipped.rows > 0 {
        let more = if skipped.rows > skipped.first.len() { ", …" } else { "" };
        let rows = phrase::counted(skipped.rows, "record");
        said.push(format!("{rows} passed over: {}{more}", skipped.first.join(", ")));
    }
    said
}

fn list(server: &Server, format: SearchFormat) -> anyhow::Result<ExitCode> {
    let collections = server.collections()?;
    if collections.is_empty() {
        writeln!(io::stderr(), "vecscope: {} has no collections", text::visible(server.host()))?;
        return Ok(ExitCode::from(NOTHING));
    }
    let listed = collections.iter().map(|collection| listed(server, collection));
    let listed: Vec<Listed<'_>> = listed.collect::<anyhow::Result<_>>()?;
    let mut stdout = io::stdout().lock();
    match format {
        SearchFormat::Json => writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&listed)?))?,
        SearchFormat::Table => models::write_table(&mut stdout, listed.iter().map(row).collect())?,
        SearchFormat::Csv => bail!("collections are listed as a table or as JSON"),
    }
    Ok(ExitCode::SUCCESS)
}

fn listed<'a>(server: &Server, collection: &'a Collection) -> anyhow::Result<Listed<'a>> {
    Ok(Listed {
        name: &collection.name,
        records: server.count(collection)?,
        dimensions: collection.dimensions,
        space: collection.space.name(),
        model: collection.model(),
        metadata: collection.said().into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect(),
    })
}

fn row(listed: &Listed<'_>) -> Vec<String> {
    let Listed { name, records, dimensions, space, model, metadata } = listed;
    let said = |(key, value): (&String, &Value)| {
        format!("{key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    vec![
        (*name).to_owned(),
        phrase::counted(*records, "record"),
        dimensions.map_or_else(|| "empty".into(), |dimensions| format!("{dimensions} d")),
        (*space).to_owned(),
        model.unwrap_or_default().to_owned(),
        metadata.iter().map(said).collect::<Vec<_>>().join(" "),
    ]
}
