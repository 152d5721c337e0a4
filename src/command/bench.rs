//! `vecscope bench`: how long the parts take on this machine, and how much memory.

use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde::Serialize;

use super::{NOTHING, Session, with_job};
use crate::backend::Usage;
use crate::cli::BenchFormat;
use crate::corpus::{Corpus, bundled};
use crate::engine::Searcher;
use crate::state::{Action, BackendId, Edit, Effect, Panel, Reply, State};
use crate::view;

/// The corpus is embedded anew this often: it takes longest by far.
const CORPUS_RUNS: usize = 5;
/// The screen that is drawn.
const SCREEN: (u16, u16) = (120, 36);

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
    let (embedder, load) = timed(|| session.open(&corpus));
    let mut measurements = vec![measurement("load the model", vec![load])];
    let (mut searcher, embed) = embed_corpus(Searcher::new(embedder?, Arc::clone(&corpus)))?;
    measurements.push(measurement("embed the corpus", embed));
    let (embed, rank) = search(&mut searcher, runs)?;
    measurements.push(measurement("embed one query", embed));
    measurements.push(measurement("rank the corpus", rank));
    let (draw, keystroke) = type_queries(searcher, &corpus, runs)?;
    measurements.push(measurement("draw one frame", draw));
    measurements.push(measurement("keystroke to frame", keystroke.durations));
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cores: std::thread::available_parallelism()?.get(),
        model: keystroke.model,
        engine: keystroke.engine,
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

fn search(searcher: &mut Searcher, runs: usize) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut embed, mut rank) = (Vec::new(), Vec::new());
    for query in queries(runs) {
        let ranking = with_job(|job| searcher.search(&query, job))?;
        embed.push(ranking.timings.embed);
        rank.push(ranking.timings.rank);
    }
    Ok((embed, rank))
}

/// Durations of whole keystrokes, and what ran them.
struct Keystrokes {
    durations: Vec<Duration>,
    model: String,
    engine: String,
}

/// Types as a person does, letter by letter: each key changes the state, ranks, and is drawn.
fn type_queries(
    mut searcher: Searcher,
    corpus: &Arc<Corpus>,
    runs: usize,
) -> anyhow::Result<(Vec<Duration>, Keystrokes)> {
    let panels = vec![Panel::new("bench", Duration::ZERO)];
    let mut state = State::new(Arc::clone(corpus), panels, 10, crate::state::Appearance::Dark);
    let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1))?;
    state.start();
    let card = searcher.card().clone();
    state.receive(Reply::Opened { backend: BackendId(0), card: card.clone(), leaves_machine: None });
    let progress = searcher.progress();
    state.receive(Reply::Embedded { backend: BackendId(0), progress, usage: Usage::default() });
    let (mut draw, mut durations) = (Vec::new(), Vec::new());
    let letters: Vec<char> = queries(runs).flat_map(|query| query.chars().collect::<Vec<_>>()).take(runs).collect();
    for letter in letters {
        let started = Instant::now();
        for effect in state.act(Action::Edit(Edit::Insert(letter))) {
            let Effect::Search { backend, ticket, query } = effect else { continue };
            let ranking = Arc::new(with_job(|job| searcher.search(&query, job))?);
            let usage = searcher.usage();
            state.receive(Reply::Ranked { backend, ticket, ranking, card: card.clone(), usage });
        }
        let (drawn, duration) = timed(|| terminal.draw(|frame| view::draw(frame, &state)).map(drop));
        drawn?;
        draw.push(duration);
        durations.push(started.elapsed());
        // A query is as long as a person's; then the next begins.
        if state.query_words() > 9 {
            state.act(Action::Dismiss);
        }
    }
    black_box(&state);
    Ok((draw, Keystrokes { durations, model: card.model, engine: card.engine }))
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
    writeln!(out, "{:<20} {:>6} {:>12} {:>12} {:>12}", "", "runs", "median ms", "p95 ms", "p99 ms")?;
    for Measurement { part, runs, median_ms, p95_ms, p99_ms } in measurements {
        writeln!(out, "{part:<20} {runs:>6} {median_ms:>12.3} {p95_ms:>12.3} {p99_ms:>12.3}")?;
    }
    if let Some(mib) = peak_memory_mib {
        writeln!(out, "{:<20} {:>6} {mib:>12.1} MiB", "peak memory", "")?;
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
