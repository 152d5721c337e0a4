//! `vecscope map`: the corpus laid flat, as figures or as a picture.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;

use super::meter::Meter;
use super::{NOTHING, Session, embed_all, escape, with_job};
use crate::backend::Role;
use crate::cli::map::{GroupingName, MapArgs, MapFormat, MethodName};
use crate::corpus::Corpus;
use crate::engine::chart::{NEIGHBOURS, Recipe};
use crate::engine::expression;
use crate::engine::groups::Grouping;
use crate::engine::{Chart, Groups, Ranking, Searcher};
use crate::math::neighbourhood::Neighbourhoods;
use crate::math::tsne;

mod report;
mod svg;

use report::Report;

/// A map and all that is said of it.
struct Drawn<'a> {
    corpus: &'a Corpus,
    chart: Chart,
    groups: Groups,
    ranking: Option<Ranking>,
    top_k: usize,
    backend: &'a str,
    model: String,
    arguments: &'a MapArgs,
}

pub(super) fn run(session: &Session, arguments: &MapArgs) -> anyhow::Result<ExitCode> {
    if arguments.query.as_deref().is_some_and(expression::is_blank) {
        bail!("the query is empty");
    }
    let Some((corpus, options)) = session.searched()? else { return Ok(ExitCode::from(NOTHING)) };
    let topics = Groups::by_topic(&corpus);
    if topics.is_none() && arguments.by == Some(GroupingName::Topic) {
        bail!("--by topic: the corpus names no topics");
    }
    let mut searcher = session.searcher(&corpus)?;
    embed_all(&mut searcher)?;
    searcher.prepare(options.method);
    let recipe = recipe(&mut searcher, arguments)?;
    let ranking = match &arguments.query {
        Some(query) => Some(with_job(|job| searcher.search_by(query, &options, job))?),
        None => None,
    };
    let mut vectors = searcher.vectors();
    if let Some(selection) = &options.selection {
        vectors = vectors.of_selection(selection);
    }
    let vectors = Arc::new(vectors);
    let groups = match topics {
        Some(topics) if arguments.by.is_none_or(|by| by.grouping() == Grouping::Topic) => topics,
        Some(_) | None => Groups::by_cluster(&corpus, &vectors),
    };
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, NEIGHBOURS));
    let mut meter = Meter::new();
    let mut watch = |epochs: usize, _: &dyn Fn() -> Chart| {
        meter.line(|| format!("t-SNE: {epochs} of {} …", tsne::EPOCHS));
        true
    };
    let chart = Chart::draw(&vectors, &neighbourhoods, &recipe, &mut watch);
    meter.end();
    let chart = match chart {
        Ok(Some(chart)) => chart,
        Ok(None) => bail!("the map was given up"),
        Err(flat) => bail!("--axes: {flat}"),
    };
    let (backend, model, top_k) = (session.backend_name(), searcher.card().model.clone(), session.config.top_k);
    let drawn = Drawn { corpus: &corpus, chart, groups, ranking, top_k, backend, model, arguments };
    let mut stdout = io::stdout().lock();
    match arguments.format {
        MapFormat::Table => report::write_table(&mut stdout, &drawn)?,
        MapFormat::Json => {
            writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&Report::new(&drawn))?))?;
        }
        MapFormat::Svg => writeln!(stdout, "{}", svg::picture(&drawn))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What it takes to lay the corpus flat, with the vectors of phrases where axes have a meaning.
fn recipe(searcher: &mut Searcher, arguments: &MapArgs) -> anyhow::Result<Recipe> {
    Ok(match (&arguments.axes, arguments.method) {
        (Some(phrases), _) => {
            let embedded = with_job(|job| searcher.embed_texts(&phrases.texts(), Role::Query, job))?;
            Recipe::Axes(Arc::new(embedded))
        }
        (None, MethodName::Pca) => Recipe::Principal,
        (None, MethodName::Tsne) => Recipe::TSne,
    })
}
