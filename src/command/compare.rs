//! `vecscope compare QUERY`: two backends on one query, or on many.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;

use super::{NOTHING, Session, embed_all, escape, with_job};
use crate::backend::BackendSpec;
use crate::cli::TableFormat;
use crate::config::file;
use crate::corpus::{self, Corpus};
use crate::engine::comparison::PERSISTENCE;
use crate::engine::{Comparison, Means, Ranking, Searcher, expression};
use crate::text;

/// How many of the worst disagreements are printed.
const WORST: usize = 10;

/// One query, as `--format json` prints it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    query: &'a str,
    measures: Measures,
    backends: [Column<'a>; 2],
}

/// Many queries, as `--format json` prints them.
#[derive(Debug, Serialize)]
struct ManyReport<'a> {
    queries: usize,
    mean: MeanMeasures,
    /// The queries on which the two agree least, the least first.
    worst: Vec<Worst<'a>>,
    backends: [Backend<'a>; 2],
}

/// How far two rankings agree. Ranks only: scores of two models are never compared.
#[derive(Debug, Serialize)]
struct Measures {
    /// The depth of the overlap.
    k: usize,
    overlap: f64,
    tau_b: Option<f64>,
    rbo: f64,
    /// The persistence of rank-biased overlap.
    rbo_p: f64,
    same_first: bool,
}

#[derive(Debug, Serialize)]
struct MeanMeasures {
    k: usize,
    overlap: f64,
    tau_b: Option<f64>,
    rbo: f64,
    rbo_p: f64,
    /// For how many queries the same sentence stands first.
    same_first: usize,
}

#[derive(Debug, Serialize)]
struct Worst<'a> {
    query: &'a str,
    overlap: f64,
    tau_b: Option<f64>,
    rbo: f64,
}

#[derive(Debug, Serialize)]
struct Backend<'a> {
    #[serde(rename = "backend")]
    name: &'a str,
    model: &'a str,
    engine: &'a str,
    dimensions: Option<usize>,
    max_tokens: Option<usize>,
    prompts: String,
    corpus_ms: f64,
    tokens_billed: u64,
    usd: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Column<'a> {
    #[serde(flatten)]
    backend: Backend<'a>,
    query_ms: f64,
    results: Vec<Found<'a>>,
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    rank: usize,
    /// Its rank with the other backend.
    other_rank: Option<usize>,
    id: &'a str,
    /// On this backend's own scale.
    score: f32,
    text: &'a str,
}

pub(super) fn run(
    session: &Session,
    query: Option<&str>,
    backends: &[String],
    queries: Option<&Path>,
    format: TableFormat,
) -> anyhow::Result<ExitCode> {
    let specs = pair(session, backends)?;
    let queries = match (query, queries) {
        (Some(query), _) => vec![query.to_owned()],
        (None, Some(path)) => corpus::read::queries(path)?,
        (None, None) => bail!("there is no query"),
    };
    if queries.iter().any(|query| expression::is_blank(query)) {
        bail!("the query is empty");
    }
    let Some((corpus, options)) = session.searched()? else { return Ok(ExitCode::from(NOTHING)) };
    if queries.is_empty() {
        writeln!(io::stderr(), "vecscope: there is no query to compare by")?;
        return Ok(ExitCode::from(NOTHING));
    }
    // Both are asked about before anything is sent, and paid for, to either.
    let listed: Vec<&str> = queries.iter().map(String::as_str).filter(|_| query.is_none()).collect();
    let mut searchers = Vec::new();
    for spec in specs {
        searchers.push(session.searcher_for(spec, &corpus, &listed)?);
    }
    for searcher in &mut searchers {
        embed_all(searcher)?;
        searcher.prepare(options.method);
    }
    let mut compared = Vec::new();
    for query in &queries {
        let rankings = searchers
            .iter_mut()
            .map(|searcher| Ok(with_job(|job| searcher.search_by(query, &options, job))?))
            .collect::<anyhow::Result<Vec<Ranking>>>()?;
        let comparison = Comparison::of(&rankings[0], &rankings[1], session.config.top_k);
        let Some(comparison) = comparison else { bail!("the two rankings have nothing in common") };
        // Of many queries only the measures are printed.
        let rankings = if queries.len() == 1 { rankings } else { Vec::new() };
        compared.push((rankings, comparison));
    }
    let sides = Sides { specs, searchers: [&searchers[0], &searchers[1]], top_k: session.config.top_k };
    let mut stdout = io::stdout().lock();
    match (query, format) {
        (Some(_), TableFormat::Json) => {
            let (rankings, comparison) = &compared[0];
            let report = sides.report(rankings, comparison, &corpus);
            writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?;
        }
        (Some(_), TableFormat::Table) => {
            let (rankings, comparison) = &compared[0];
            sides.write(&mut stdout, rankings, comparison, &corpus)?;
        }
        (None, TableFormat::Json) => {
            let report = sides.many(&compared);
            writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?;
        }
        (None, TableFormat::Table) => sides.write_many(&mut stdout, &compared)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The backends that were named, or those that the Compare screen begins with.
fn pair<'a>(session: &'a Session, names: &[String]) -> anyhow::Result<[&'a BackendSpec; 2]> {
    let specs = &session.config.backends;
    match names {
        [] if session.config.backend_chosen => {
            bail!("compare takes two backends: --backends A,B in place of --backend")
        }
        [] => Ok(session.config.compare.map(|id| &specs[id.0])),
        [left, right] => Ok([&specs[file::place(specs, left)?], &specs[file::place(specs, right)?]]),
        _ => bail!("--backends takes two names with a comma between, not {}", names.len()),
    }
}

/// The two backends, with all that is said of both.
struct Sides<'a> {
    specs: [&'a BackendSpec; 2],
    searchers: [&'a Searcher; 2],
    top_k: usize,
}

impl<'a> Sides<'a> {
    fn backend(&self, side: usize) -> Backend<'a> {
        let (searcher, spent) = (self.searchers[side], self.searchers[side].spent());
        let card = searcher.card();
        let total = spent.total();
        Backend {
            name: &self.specs[side].name,
            model: &card.model,
            engine: &card.engine,
            dimensions: card.dimensions,
            max_tokens: card.max_tokens,
            prompts: card.prompts.to_string(),
            corpus_ms: spent.corpus_time.as_secs_f64() * 1e3,
            tokens_billed: total.tokens,
            usd: total.usd,
        }
    }

    fn report(&self, rankings: &'a [Ranking], comparison: &'a Comparison, corpus: &'a Corpus) -> Report<'a> {
        let agreement = comparison.agreement;
        let column = |side: usize| {
            let (ranking, other) = (&rankings[side], &rankings[1 - side]);
            let results = (1..).zip(ranking.ranked.iter().take(self.top_k)).map(|(rank, ranked)| {
                let document = &corpus[ranked.document];
                let other_rank = other.rank_of(ranked.document);
                Found { rank, other_rank, id: &document.id, score: ranked.score, text: &document.text }
            });
            Column {
                backend: self.backend(side),
                query_ms: ranking.timings.embed.as_secs_f64() * 1e3,
                results: results.collect(),
            }
        };
        Report {
            query: &comparison.query,
            measures: Measures {
                k: self.top_k,
                overlap: agreement.overlap,
                tau_b: agreement.tau_b,
                rbo: agreement.rbo,
                rbo_p: PERSISTENCE,
                same_first: agreement.same_first,
            },
            backends: [column(0), column(1)],
        }
    }

    fn many(&self, compared: &'a [(Vec<Ranking>, Comparison)]) -> ManyReport<'a> {
        let agreements = compared.iter().map(|(_, comparison)| &comparison.agreement);
        let means = Means::of(agreements);
        let mut worst: Vec<&Comparison> = compared.iter().map(|(_, comparison)| comparison).collect();
        worst.sort_by(|a, b| a.agreement.rbo.total_cmp(&b.agreement.rbo));
        let worst = worst.into_iter().take(WORST).map(|comparison| Worst {
            query: &comparison.query,
            overlap: comparison.agreement.overlap,
            tau_b: comparison.agreement.tau_b,
            rbo: comparison.agreement.rbo,
        });
        ManyReport {
            queries: compared.len(),
            mean: MeanMeasures {
                k: self.top_k,
                overlap: means.map_or(0.0, |means| means.overlap),
                tau_b: means.and_then(|means| means.tau_b),
                rbo: means.map_or(0.0, |means| means.rbo),
                rbo_p: PERSISTENCE,
                same_first: means.map_or(0, |means| means.same_first),
            },
            worst: worst.collect(),
            backends: [self.backend(0), self.backend(1)],
        }
    }

    fn write(
        &self,
        out: &mut impl Write,
        rankings: &[Ranking],
        comparison: &Comparison,
        corpus: &Corpus,
    ) -> io::Result<()> {
        for side in 0..2 {
            let (ranking, other) = (&rankings[side], &rankings[1 - side]);
            self.write_backend(out, side)?;
            for (rank, ranked) in (1..).zip(ranking.ranked.iter().take(self.top_k)) {
                let there = other.rank_of(ranked.document).map_or_else(|| "?".into(), |there| format!("#{there}"));
                let document = &corpus[ranked.document];
                let shown = text::beginning(&document.text, 60);
                let (id, score) = (text::visible(&document.id), ranked.score);
                writeln!(out, "{rank:>4}  {there:<6} {score:>7.4}  {id:<8} {}", text::fit(&shown, 60))?;
            }
            writeln!(out)?;
        }
        let agreement = comparison.agreement;
        let tau = agreement.tau_b.map_or_else(|| "not defined".into(), |tau| format!("{tau:.3}"));
        let first = if agreement.same_first { "the same" } else { "not the same" };
        writeln!(
            out,
            "overlap@{} {:.3}, Kendall τ-b {tau}, RBO (p = {PERSISTENCE}) {:.3}, {first} first",
            self.top_k, agreement.overlap, agreement.rbo
        )?;
        writeln!(out, "The second column is the rank with the other backend. Scores of two models are not comparable.")
    }

    fn write_backend(&self, out: &mut impl Write, side: usize) -> io::Result<()> {
        let Backend { name, model, engine, dimensions, prompts, corpus_ms, tokens_billed, usd, .. } =
            self.backend(side);
        let dimensions = dimensions.map_or_else(|| "?".into(), |dimensions| dimensions.to_string());
        let cost = usd.map_or_else(|| "price unknown".into(), crate::phrase::dollars);
        let line = format!(
            "{name}: {model} on {engine}, {dimensions} d, {prompts}; corpus {corpus_ms:.0} ms, {tokens_billed} tokens billed, {cost}"
        );
        writeln!(out, "{}", text::visible(&line))
    }

    fn write_many(&self, out: &mut impl Write, compared: &[(Vec<Ranking>, Comparison)]) -> io::Result<()> {
        let ManyReport { queries, mean, worst, .. } = self.many(compared);
        for side in 0..2 {
            self.write_backend(out, side)?;
        }
        let tau = mean.tau_b.map_or_else(|| "not defined".into(), |tau| format!("{tau:.3}"));
        writeln!(
            out,
            "\nmean of {queries}: overlap@{} {:.3}, Kendall τ-b {tau}, RBO (p = {PERSISTENCE}) {:.3}, same first {} of {queries}",
            self.top_k, mean.overlap, mean.rbo, mean.same_first
        )?;
        writeln!(out, "\nthe worst disagreements\n  RBO    overlap  query")?;
        for Worst { query, overlap, rbo, .. } in worst {
            let shown = text::beginning(query, 80);
            writeln!(out, "  {rbo:.3}  {overlap:.3}    {}", text::fit(&shown, 80))?;
        }
        Ok(())
    }
}
