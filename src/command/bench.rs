//! `vecscope bench`: how long the parts take on this machine, and how much memory.

use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde::Serialize;

use super::{NOTHING, Session, with_job};
use crate::backend::Location;
use crate::backend::spec::Readiness;
use crate::cli::BenchFormat;
use crate::corpus::{Corpus, bundled};
use crate::engine::Searcher;
use crate::state::{Action, Appearance, BackendId, Edit, Effect, Panel, Reply, State};
use crate::view::{self, Layout};

mod map;
mod pipeline;

/// The corpus is embedded anew this often: it takes longest by far.
const CORPUS_RUNS: usize = 5;
/// As many queries go to a server at most: each may be paid for.
const REMOTE_RUNS: usize = 20;
/// The screen that is drawn.
const SCREEN: Rect = Rect { x: 0, y: 0, width: 120, height: 36 };

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    system: String,
    cores: usize,
    model: String,
    engine: String,
    texts: usize,
    measurements: Vec<Measurement>,
    /// The most memory that the process held at any time, in MiB. `None` where the system does not say.
    peak_memory_mib: Option<f64>,
}

/// Durations of one part, in milliseconds.
#[derive(Debug, Serialize)]
struct Measurement {
    part: &'static str,
    runs: usize,
    median_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
}

pub(super) fn run(session: &Session, format: BenchFormat, runs: usize) -> anyhow::Result<ExitCode> {
    let corpus = Arc::new(session.corpus()?);
    if corpus.documents.is_empty() {
        return Ok(ExitCode::from(NOTHING));
    }
    let (embedder, load) = timed(|| session.open());
    let embedder = embedder?;
    let is_local = embedder.card().location == Location::InProcess;
    let runs = if is_local { runs } else { runs.min(REMOTE_RUNS) };
    let queries: Vec<String> = queries(runs).collect();
    // Not only the corpus: many queries go as well.
    let texts: Vec<&str> = corpus.texts().into_iter().chain(queries.iter().map(String::as_str)).collect();
    session.may_send(embedder.as_ref(), &texts)?;
    let mut measurements = vec![measurement("load the model", vec![load])];
    let (mut searcher, embed) = embed_corpus(Searcher::new(embedder, Arc::clone(&corpus)))?;
    measurements.push(measurement("embed the corpus", embed));
    let (embed, rank) = search(&mut searcher, &queries)?;
    measurements.push(measurement("embed one query", embed));
    measurements.push(measurement("rank the corpus", rank));
    let ready = session.config.chosen_reranker().describe(&session.context()).readiness == Readiness::Ready;
    if is_local && ready {
        let [fused, reranked] = pipeline::measure(session, &mut searcher, &corpus, &queries)?;
        measurements.push(measurement("dense + BM25 + hybrid", fused));
        measurements.push(measurement("and rerank of the top 50", reranked));
    }
    let [projected, neighbours] = map::measure(&searcher, runs);
    measurements.push(measurement("PCA of the corpus", projected));
    measurements.push(measurement("true neighbours of all", neighbours));
    let card = searcher.card().clone();
    let actions = if is_local { letters(&queries, runs) } else { pastes(&queries) };
    let (draw, keystroke) = type_queries(searcher, &corpus, actions)?;
    measurements.push(measurement("draw one frame", draw));
    if is_local {
        measurements.push(measurement("keystroke to frame", keystroke));
    }
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cores: std::thread::available_parallelism()?.get(),
        model: card.model,
        engine: card.engine,
        texts: corpus.documents.len(),
        measurements,
        peak_memory_mib: peak_memory_mib(),
    };
    let mut stdout = io::stdout().lock();
    match format {
        BenchFormat::Json => writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?,
        BenchFormat::Table => write_table(&mut stdout, &report)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Embeds the whole corpus a few times and keeps the last; a metered backend is paid for once.
fn embed_corpus(mut searcher: Searcher) -> anyhow::Result<(Searcher, Vec<Duration>)> {
    let runs = if searcher.card().usd_per_million_tokens == Some(0.0) { CORPUS_RUNS } else { 1 };
    let mut durations = Vec::new();
    for _ in 0..runs {
        searcher = searcher.emptied();
        let (embedded, duration) = timed(|| with_job(|job| searcher.embed_all(job)));
        embedded?;
        durations.push(duration);
    }
    Ok((searcher, durations))
}

/// The labelled queries in turn, each made different so that none is answered from memory.
fn queries(runs: usize) -> impl Iterator<Item = String> {
    let queries: Vec<String> = bundled::queries().into_iter().map(|query| query.query).collect();
    (0..runs).map(move |run| {
        let query = &queries[run % queries.len()];
        if run < queries.len() { query.clone() } else { format!("{query} {run}") }
    })
}

/// The queries letter by letter. Each begins with its number, so that no two begin alike and none is answered from
/// memory.
fn letters(queries: &[String], runs: usize) -> Vec<Vec<Action>> {
    let keystrokes = (1..).zip(queries).flat_map(|(number, query): (usize, _)| {
        query.chars().enumerate().map(move |(position, letter)| match position {
            0 => vec![Action::Dismiss, Action::Paste(format!("{number} {letter}"))],
            _ => vec![Action::Edit(Edit::Insert(letter))],
        })
    });
    keystrokes.take(runs).collect()
}

/// The queries one by one, as they were asked already: nothing is sent for them again.
fn pastes(queries: &[String]) -> Vec<Vec<Action>> {
    queries.iter().map(|query| vec![Action::Dismiss, Action::Paste(query.clone())]).collect()
}

fn search(searcher: &mut Searcher, queries: &[String]) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut embed, mut rank) = (Vec::new(), Vec::new());
    for query in queries {
        let ranking = with_job(|job| searcher.search(query, job))?;
        embed.push(ranking.timings.embed);
        rank.push(ranking.timings.rank);
    }
    Ok((embed, rank))
}

/// Types as a person does, letter by letter: each key changes the state, embeds and ranks, and is drawn and written out
/// as for a terminal. Not in it: the way of the key into the program and of the frame through the terminal.
fn type_queries(
    mut searcher: Searcher,
    corpus: &Arc<Corpus>,
    keystrokes: Vec<Vec<Action>>,
) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let backend = BackendId(0);
    let panels = vec![Panel::new("bench", Duration::ZERO)];
    let mut state = State::new(Arc::clone(corpus), panels, 2, backend, 10, Appearance::Dark);
    let options = TerminalOptions { viewport: Viewport::Fixed(SCREEN) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(io::sink()), options)?;
    state.start();
    let (card, progress, spent) = (searcher.card().clone(), searcher.progress(), searcher.spent());
    state.receive(Reply::Opened { backend, card: card.clone(), leaves_machine: None });
    state.receive(Reply::Embedded { backend, progress, card: card.clone(), spent });
    let (mut drawing, mut all) = (Vec::new(), Vec::new());
    for actions in keystrokes {
        let started = Instant::now();
        for effect in actions.into_iter().flat_map(|action| state.act(action)).collect::<Vec<_>>() {
            let Effect::Search { backend, ticket, query, .. } = effect else { continue };
            let ranking = Arc::new(with_job(|job| searcher.search(&query, job))?);
            let spent = searcher.spent();
            state.receive(Reply::Ranked { backend, ticket, ranking, card: card.clone(), spent });
        }
        let (drawn, duration) = timed(|| draw(&mut terminal, &mut state));
        drawn?;
        drawing.push(duration);
        all.push(started.elapsed());
    }
    black_box(&state);
    Ok((drawing, all))
}

fn draw(terminal: &mut Terminal<CrosstermBackend<io::Sink>>, state: &mut State) -> io::Result<()> {
    let drawn = terminal.draw(|frame| {
        let layout = Layout::build(frame.area(), state);
        if let Some(rows) = layout.as_ref().and_then(Layout::row_count) {
            state.fit_list(rows);
        }
        view::draw(frame, layout.as_ref(), state);
    });
    drawn.map(drop)
}

fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = act();
    (result, started.elapsed())
}

fn measurement(part: &'static str, mut durations: Vec<Duration>) -> Measurement {
    durations.sort_unstable();
    Measurement {
        part,
        runs: durations.len(),
        median_ms: percentile(&durations, 50),
        p95_ms: percentile(&durations, 95),
        p99_ms: percentile(&durations, 99),
    }
}

/// The nearest-rank percentile of sorted durations, in milliseconds; 0 where there are none.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |duration| duration.as_secs_f64() * 1e3)
}

#[cfg(unix)]
fn peak_memory_mib() -> Option<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    // Apple's systems count bytes, the others KiB.
    let unit = if cfg!(target_vendor = "apple") { 1.0 } else { 1024.0 };
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "shown in MiB")]
    let bytes = usage.max_rss() as f64 * unit;
    Some(bytes / (1024.0 * 1024.0))
}

#[cfg(not(unix))]
fn peak_memory_mib() -> Option<f64> {
    None
}

fn write_table(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let Report { version, system, cores, model, engine, texts, measurements, peak_memory_mib } = report;
    writeln!(out, "vecscope {version}, {system}, {cores} cores, {model} on {engine}, {texts} texts")?;
    writeln!(out, "{:<24} {:>6} {:>12} {:>12} {:>12}", "", "runs", "median ms", "p95 ms", "p99 ms")?;
    for Measurement { part, runs, median_ms, p95_ms, p99_ms } in measurements {
        writeln!(out, "{part:<24} {runs:>6} {median_ms:>12.3} {p95_ms:>12.3} {p99_ms:>12.3}")?;
    }
    if let Some(mib) = peak_memory_mib {
        writeln!(out, "{:<24} {:>6} {mib:>12.1} MiB", "peak memory", "")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let durations: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let shown = |durations: &[Duration], percent| format!("{:.0}", percentile(durations, percent));
        assert_eq!([50, 95, 99].map(|percent| shown(&durations, percent)), ["100", "190", "198"]);
        assert_eq!(shown(&durations[..1], 99), "1");
        assert_eq!(shown(&[], 50), "0");
    }
}
