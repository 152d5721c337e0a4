//! What an evaluation found, for people: fits into 80 columns where names are short.

use std::io::{self, Write};

use super::report::{PairReport, Report};
use crate::engine::evaluation::Measure;
use crate::{phrase, text};

/// The longest name that is shown whole.
const MOST_NAME: usize = 24;

pub(super) fn write(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let (queries, documents) = (counted_queries(report.queries), phrase::counted(report.documents, "document"));
    let judgements = phrase::counted(report.judgements, "judgement");
    writeln!(out, "{}: {queries}, {documents}, {judgements}\n", text::visible(report.corpus))?;
    write_systems(out, report)?;
    if !report.pairs.is_empty() {
        write_pairs(out, report)?;
    }
    writeln!(out)?;
    write_settings(out, report)?;
    for backend in &report.backends {
        let cost = backend.usd.map_or_else(|| "price unknown".into(), phrase::dollars);
        let tokens = phrase::counted(usize::try_from(backend.tokens_billed).unwrap_or(usize::MAX), "token");
        let line = format!(
            "{}: {} on {}; corpus {:.1} s, {tokens} billed, {cost}",
            backend.name,
            backend.model,
            backend.engine,
            backend.corpus_ms / 1e3
        );
        writeln!(out, "{}", text::visible(&line))?;
    }
    if let Some(reranker) = &report.reranker {
        writeln!(out, "{}", text::visible(&format!("rerank: {} on {}", reranker.model, reranker.engine)))?;
    }
    writeln!(out, "{:.1} s in all", report.seconds)
}

/// Two lines a system: means, and their intervals.
fn write_systems(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let name = |name| text::fit(&text::visible(name), MOST_NAME).into_owned();
    let width = report.systems.iter().map(|system| text::width(&name(system.name))).max().unwrap_or(0).max(6);
    write!(out, "{:width$} ", "")?;
    for measure in Measure::ALL {
        write!(out, "{:>12}", measure.title(report.k))?;
    }
    writeln!(out, "{:>9}", "ms/query")?;
    for system in &report.systems {
        let name = name(system.name);
        write!(out, "{name}{} ", " ".repeat(width - text::width(&name)))?;
        for interval in system.measures.all() {
            write!(out, "{:>12.4}", interval.mean)?;
        }
        writeln!(out, "{:>9.2}", system.ms_per_query)?;
        write!(out, "{:width$} ", "")?;
        for interval in system.measures.all() {
            write!(out, "{:>12}", format!("{:.3}–{:.3}", interval.low, interval.high))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_pairs(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let title = format!("difference in {}", Measure::Ndcg.title(report.k));
    let name = |pair: &PairReport<'_>| {
        let [from, to] = [pair.from, pair.to].map(|name| text::fit(&text::visible(name), MOST_NAME).into_owned());
        format!("{from} → {to}")
    };
    let widest = report.pairs.iter().map(|pair| text::width(&name(pair))).max().unwrap_or(0);
    let width = widest.max(text::width(&title));
    writeln!(out, "\n{title}{} {:>8} {:>8}", " ".repeat(width - text::width(&title)), "", "p")?;
    for pair in &report.pairs {
        let (name, found) = (name(pair), &pair.measures.ndcg);
        let padding = " ".repeat(width - text::width(&name));
        writeln!(out, "{name}{padding} {:>+8.4} {:>8.4}", found.difference, found.p)?;
    }
    Ok(())
}

/// Of the stages that run.
fn write_settings(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let settings = &report.settings;
    let [_, bm25, hybrid, rerank] = settings.runs;
    if bm25 {
        let stemming = if settings.stemming { "stemming" } else { "no stemming" };
        let stop_words = if settings.stop_words { "stop words left out" } else { "stop words kept" };
        writeln!(out, "BM25: k1 {}, b {}, {stemming}, {stop_words}", settings.bm25_k1, settings.bm25_b)?;
    }
    match (hybrid, settings.fusion) {
        (true, "blend") => writeln!(out, "hybrid: blend, dense weighs {}", settings.alpha)?,
        (true, _) => {
            let [dense, bm25] = settings.rrf_weights;
            writeln!(out, "hybrid: reciprocal rank fusion, k {}, weights {dense} and {bm25}", settings.rrf_k)?;
        }
        (false, _) => {}
    }
    if rerank {
        writeln!(out, "rerank: the best {}, late interaction weighs {}", settings.depth, settings.late_weight)?;
    }
    let (samples, seed) = (phrase::thousands(report.samples.into()), report.seed);
    writeln!(out, "intervals: 95 %, bootstrap of {samples} resamples, seed {seed}")?;
    if !report.pairs.is_empty() {
        writeln!(out, "p: paired randomisation, two-sided, {samples} permutations; for each pair alone")?;
    }
    Ok(())
}

fn counted_queries(number: usize) -> String {
    phrase::counted_as(number, "query", "queries")
}
