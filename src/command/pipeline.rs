//! `vecscope pipeline QUERY`: one query through the stages, and where each puts a document.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use super::{NOTHING, Session, embed_all, escape, with_job};
use crate::backend::{Reranker, WordMatches};
use crate::cli::TableFormat;
use crate::cli::pipeline::StagesArgs;
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::expression::Expression;
use crate::engine::pipeline::{Among, Provenance, Settings};
use crate::engine::{Lexical, Run, Stage, expression};
use crate::phrase::{explanation, retrieval};
use crate::text;

mod report;

use report::Report;

pub(super) fn run(
    session: &Session,
    query: &str,
    words: usize,
    format: TableFormat,
    arguments: &StagesArgs,
) -> anyhow::Result<ExitCode> {
    if expression::is_blank(query) {
        bail!("the query is empty");
    }
    let settings = arguments.settings();
    let Some(last) = Stage::ALL.into_iter().rev().find(|&stage| settings.runs(stage)) else {
        bail!("--stages: dense or bm25 has to run, there is nothing to rank by without");
    };
    let Some((corpus, options)) = session.searched()? else { return Ok(ExitCode::from(NOTHING)) };
    if Expression::is_meant(query) && settings.runs(Stage::Bm25) {
        writeln!(
            io::stderr(),
            "vecscope: only vectors understand an expression: to BM25, a term that is taken away is one more that is wanted"
        )?;
    }
    let searcher = settings.runs(Stage::Dense).then(|| session.searcher(&corpus)).transpose()?;
    // Before the corpus is embedded, so that its token vectors come from the same pass.
    let reranks = settings.runs(Stage::Rerank) || words > 0;
    let mut reranker = reranks.then(|| session.open_reranker()).transpose()?;
    let mut model = None;
    let mut dense = None;
    if let Some(mut searcher) = searcher {
        embed_all(&mut searcher)?;
        searcher.prepare(options.method);
        dense = Some(with_job(|job| searcher.search_by(query, &options, job))?);
        model = Some(searcher.card().model.clone());
    }
    let lexical = Arc::new(Lexical::new(&corpus, settings.folding));
    let among = Among { selection: options.selection.as_deref(), left_out: None };
    let mut run = Run::first_stages_among(among, query, dense.as_ref(), &lexical, settings);
    if let Some(reranker) = reranker.as_mut().filter(|_| settings.runs(Stage::Rerank)) {
        with_job(|job| run.rerank_with(reranker.as_mut(), &corpus, job))?;
    }
    let order = run.order(last);
    let first = &order[..order.len().min(session.config.top_k)];
    let mut matches = Vec::new();
    for &document in &first[..first.len().min(words)] {
        matches.push(matched(reranker.as_deref_mut(), query, &corpus[document].text)?);
    }
    let provenances: Vec<Provenance> = first.iter().map(|&document| run.provenance(document)).collect();
    let mut stdout = io::stdout().lock();
    if format == TableFormat::Table {
        write_table(&mut stdout, &run, &corpus, (first, &provenances), &matches)?;
    } else {
        let backend = settings.runs(Stage::Dense).then(|| session.backend_name());
        let reranker = reranker.as_deref().map(|reranker| reranker.card().clone());
        let report = Report::new(&run, &corpus, (backend, model, reranker), (first, &provenances), matches);
        writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?;
    }
    Ok(if first.is_empty() { ExitCode::from(NOTHING) } else { ExitCode::SUCCESS })
}

/// Which words match; `None` where the reranker does not say.
fn matched(
    reranker: Option<&mut (dyn Reranker + 'static)>,
    query: &str,
    document: &str,
) -> anyhow::Result<Option<WordMatches>> {
    let Some(reranker) = reranker else { return Ok(None) };
    Ok(reranker.word_matches(query, document, &CancellationToken::new())?)
}

/// One document a paragraph: where each stage puts it, and its scores written out.
fn write_table(
    out: &mut impl Write,
    run: &Run,
    corpus: &Corpus,
    (first, provenances): (&[DocumentIndex], &[Provenance]),
    matches: &[Option<WordMatches>],
) -> io::Result<()> {
    const COLUMNS: usize = 100;
    let settings: &Settings = &run.settings;
    for ((rank, &document), provenance) in (1..).zip(first).zip(provenances) {
        let about = &corpus[document];
        let (id, beginning) = (text::visible(&about.id), text::beginning(&about.text, COLUMNS));
        writeln!(out, "{}", text::fit(&format!("{rank:>3}  {id}  {beginning}"), COLUMNS))?;
        writeln!(out, "     {}", retrieval::places(*settings, provenance))?;
        if run.stage(Stage::Bm25).is_some() {
            writeln!(out, "     {}", retrieval::bm25(provenance))?;
        }
        if let Some(terms) = provenance.fusion {
            writeln!(out, "     {}", retrieval::fusion(settings, terms, provenance.hybrid))?;
        }
        if let Some(score) = provenance.rerank_score {
            writeln!(out, "     {}", retrieval::rerank(settings, score))?;
        }
        if let Some(Some(words)) = matches.get(rank - 1) {
            writeln!(out, "     {}", explanation::best_matches(words))?;
        }
    }
    if first.is_empty() {
        writeln!(out, "no document holds a word of the query")?;
    }
    Ok(())
}
