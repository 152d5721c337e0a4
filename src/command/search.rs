//! `vecscope search QUERY`: the ranking, once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde::Serialize;
use serde_json::Value;

use super::{NOTHING, Output, Session, embed_all, escape, tell, tell_of_restored, with_job};
use crate::backend::ModelCard;
use crate::cli::SearchFormat;
use crate::corpus::Corpus;
use crate::corpus::metadata::written;
use crate::engine::{Progress, Ranking, Recall, SearchOptions, expression};
use crate::{phrase, text};

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    query: &'a str,
    backend: &'a str,
    model: &'a str,
    engine: &'a str,
    dimensions: Option<usize>,
    metric: &'static str,
    /// How many documents the corpus has.
    documents: Documents,
    /// By what way the best were found.
    method: String,
    /// The filter, where one was given.
    filter: Option<&'a str>,
    /// How many of the documents were ranked.
    among: usize,
    /// Of how many documents the spread of scores is known; nothing where it is that of all.
    sampled: Option<usize>,
    /// What this way of searching finds of what the exact one does, where that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    recall: Option<Measured>,
    results: Vec<Found<'a>>,
    timings_ms: Timings,
}

/// A way of searching beside the exact one.
#[derive(Debug, Serialize)]
struct Measured {
    /// The mean share of the exact k best that were found, from 0 to 1.
    recall: f64,
    k: usize,
    /// Documents of the corpus, taken evenly, and the query.
    queries: usize,
    /// The median time of a search by this way.
    search_ms: f64,
    /// The same of an exact one.
    exact_ms: f64,
}

/// How many documents there are.
#[derive(Debug, Serialize)]
struct Documents {
    total: usize,
    /// Those whose vectors were kept from before.
    restored: usize,
    /// Those that were embedded now.
    embedded: usize,
}

impl From<Progress> for Documents {
    fn from(Progress { done, restored, total }: Progress) -> Self {
        Self { total, restored, embedded: done - restored }
    }
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    rank: usize,
    id: &'a str,
    score: f32,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    /// What else the source says of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'a str, &'a Value>,
    /// The ids of others with the same text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    duplicates: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct Timings {
    /// To load the model, or to set up the client.
    load: f64,
    /// To embed the corpus.
    embed_corpus: f64,
    /// To embed the query.
    embed_query: f64,
    /// To score and sort.
    rank: f64,
}

pub(super) fn run(session: &Session, query: &str, printing: Printing) -> anyhow::Result<ExitCode> {
    if expression::is_blank(query) {
        bail!("the query is empty");
    }
    rank(session, session.corpus()?, query, printing)
}

/// How a ranking is printed, and what beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printing {
    pub(super) format: SearchFormat,
    /// Whether the recall of the way of searching is measured.
    pub(super) recall: bool,
}

/// Ranks a corpus that was read.
pub(super) fn rank(
    session: &Session,
    corpus: Corpus,
    query: &str,
    Printing { format, recall }: Printing,
) -> anyhow::Result<ExitCode> {
    /// As many as the explorer measures by.
    const QUERIES: usize = 100;
    let Some((corpus, options)) = session.searched_of(corpus)? else { return Ok(ExitCode::from(NOTHING)) };
    let started = Instant::now();
    let mut searcher = session.searcher(&corpus)?;
    let load = started.elapsed();
    let started = Instant::now();
    embed_all(&mut searcher)?;
    let embed_corpus = started.elapsed();
    searcher.prepare(options.method);
    let ranking = with_job(|job| searcher.search_by(query, &options, job))?;
    let timings_ms = Timings {
        load: milliseconds(load),
        embed_corpus: milliseconds(embed_corpus),
        embed_query: milliseconds(ranking.timings.embed),
        rank: milliseconds(ranking.timings.rank),
    };
    tell(&mut searcher);
    let documents = Documents::from(searcher.progress());
    if format == SearchFormat::Table {
        tell_of_restored(searcher.progress())?;
    }
    let recall = if recall {
        let k = session.config.top_k;
        let recall = with_job(|job| searcher.measure_recall(options.method, k, QUERIES, Some(query), job))?;
        if format == SearchFormat::Table {
            writeln!(io::stderr(), "vecscope: {}", phrase::recall(&recall)[0])?;
        }
        let Recall { k, queries, recall, exact, time, .. } = recall;
        Some(Measured { recall, k, queries, search_ms: milliseconds(time), exact_ms: milliseconds(exact) })
    } else {
        None
    };
    let report =
        Report { recall, ..report(session, &corpus, (&ranking, &options), searcher.card(), documents, timings_ms) };
    let mut stdout = io::stdout().lock();
    match format {
        SearchFormat::Table => write_table(&mut stdout, &report, session.output)?,
        SearchFormat::Json => writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?,
        SearchFormat::Csv => write_csv(&mut stdout, &report, session.output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn report<'a>(
    session: &'a Session,
    corpus: &'a Corpus,
    (ranking, options): (&'a Ranking, &'a SearchOptions),
    card: &'a ModelCard,
    documents: Documents,
    timings_ms: Timings,
) -> Report<'a> {
    let results = (1..)
        .zip(ranking.ranked.iter().take(session.config.top_k))
        .map(|(rank, ranked)| {
            let document = &corpus[ranked.document];
            Found {
                rank,
                id: &document.id,
                score: ranked.score,
                text: &document.text,
                topic: document.topic.as_deref(),
                metadata: corpus.said(&document.metadata).collect(),
                duplicates: document.duplicates.iter().map(|copy| copy.id.as_str()).collect(),
            }
        })
        .collect();
    Report {
        query: &ranking.query,
        backend: session.backend_name(),
        model: &card.model,
        engine: &card.engine,
        dimensions: card.dimensions,
        metric: ranking.space.name(),
        documents,
        method: ranking.method.to_string(),
        filter: options.selection.as_ref().map(|selection| selection.filter.as_str()),
        among: ranking.among,
        sampled: ranking.sampled,
        recall: None,
        results,
        timings_ms,
    }
}

/// Rank, score, bar, id and text in columns.
fn write_table(out: &mut impl Write, report: &Report<'_>, output: Output) -> anyhow::Result<()> {
    const BAR: usize = 20;
    let (dim, bar_color, reset) = if output.color { ("\x1b[2m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
    let ids: Vec<_> = report.results.iter().map(|found| text::visible(found.id)).collect();
    let id_width = ids.iter().map(|id| text::width(id)).max().unwrap_or(0);
    for (found, id) in report.results.iter().zip(&ids) {
        let bar = bar(found.score, BAR);
        let padding = " ".repeat(id_width - text::width(id));
        let Found { rank, score, .. } = found;
        let copies = found.duplicates.len() + 1;
        let copies = if copies > 1 { format!(" ×{copies}") } else { String::new() };
        let text = text::visible(found.text);
        writeln!(
            out,
            "{dim}{rank:>3}{reset}  {score:>6.3}  {bar_color}{bar:<BAR$}{reset}  {dim}{id}{reset}{padding}  {text}{dim}{copies}{reset}"
        )?;
    }
    Ok(())
}

/// A bar on the cosine scale, in whole columns.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a few columns"
)]
fn bar(score: f32, width: usize) -> String {
    "█".repeat((score.clamp(0.0, 1.0) * width as f32).round() as usize)
}

fn write_csv(out: &mut impl Write, report: &Report<'_>, output: Output) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    // The columns of the source after those of the ranking.
    let names: BTreeSet<&str> = report.results.iter().flat_map(|found| found.metadata.keys().copied()).collect();
    let has_duplicates = report.results.iter().any(|found| !found.duplicates.is_empty());
    let head = ["rank", "id", "score", "text"].into_iter().chain(has_duplicates.then_some("duplicates"));
    writer.write_record(head.chain(names.iter().copied()))?;
    for Found { rank, id, score, text, metadata, duplicates, .. } in &report.results {
        // A file gets the text as it is; a terminal must not be steered by it.
        let shown = |text: &str| if output.is_terminal { text::visible(text).into_owned() } else { text.to_owned() };
        let mut row = vec![rank.to_string(), shown(id), score.to_string(), shown(text)];
        row.extend(has_duplicates.then(|| shown(&duplicates.join(" "))));
        row.extend(
            names.iter().map(|name| metadata.get(name).map_or_else(String::new, |value| shown(&written(value)))),
        );
        writer.write_record(row)?;
    }
    writer.flush()?;
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
