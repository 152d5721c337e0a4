//! `vecscope eval`: how good each stage of the pipeline is, on judged queries.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::meter::Meter;
use super::{NOTHING, Session, embed_all, escape, with_job};
use crate::backend::{BackendSpec, Reranker};
use crate::cli::TableFormat;
use crate::cli::eval::EvalArgs;
use crate::config::file;
use crate::corpus::{Corpus, beir, bundled};
use crate::engine::evaluation::{Judged, Plan, System};
use crate::engine::{Lexical, Searcher, Stage};
use crate::{phrase, text};

mod per_query;
mod report;
mod table;

use per_query::PerQuery;
use report::{BackendReport, Report};

/// A stage with a backend, on all queries.
struct Measured {
    stage: Stage,
    /// By its place among the backends; `None` where none has a part in it.
    backend: Option<usize>,
    system: System,
    /// The stage's own time, for all queries.
    time: Duration,
}

pub(super) fn run(session: &Session, arguments: &EvalArgs) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let stages: Vec<Stage> = arguments.stages.stages.iter().map(|name| name.stage()).collect();
    let plan = Plan::new(&stages, arguments.stages.pipeline.settings(), arguments.k).context("--stages")?;
    if session.config.top_chosen && arguments.per_query.is_none() {
        let top = session.config.top_k;
        bail!("--top says how many documents --per-query writes; the depth of the measures is --k {top}");
    }
    let specs = backends(session, &arguments.backends, &plan)?;
    let (corpus, judged) = collection(session, arguments)?;
    if corpus.documents.is_empty() || judged.queries.is_empty() {
        writeln!(io::stderr(), "vecscope: {}: nothing to evaluate", text::visible(&corpus.name))?;
        return Ok(ExitCode::from(NOTHING));
    }
    let mut per_query = arguments.per_query.as_deref().map(PerQuery::create).transpose()?;
    let searchers = open(session, &specs, &corpus, &judged)?;
    // Before the corpus is embedded, so that what it wants of each text comes from the same pass of the model.
    let reranks = plan.settings().runs(Stage::Rerank);
    let mut reranker = reranks.then(|| session.open_reranker()).transpose()?;
    let lexical = Arc::new(Lexical::new(&corpus, plan.settings().folding));
    let mut evaluation = Evaluation {
        plan: &plan,
        corpus: &corpus,
        lexical: &lexical,
        judged: &judged,
        top_k: session.config.top_k,
        measured: Vec::new(),
    };
    let mut used = Vec::new();
    for (backend, mut searcher) in searchers.into_iter().enumerate() {
        embed_all(&mut searcher)?;
        let name = (specs.len() > 1).then_some(specs[backend].name.as_str());
        evaluation.pass(Some((backend, name, &mut searcher)), &mut reranker, per_query.as_mut())?;
        used.push(BackendReport::new(&specs[backend].name, &searcher));
    }
    if specs.is_empty() {
        evaluation.pass(None, &mut reranker, per_query.as_mut())?;
    }
    if let Some(per_query) = per_query {
        per_query.finish()?;
    }
    let card = reranker.as_ref().map(|reranker| reranker.card().clone());
    let measured = evaluation.measured;
    let report = Report::new(&corpus, &judged, &plan, &measured, (used, card), started)?;
    let mut stdout = io::stdout().lock();
    match arguments.format {
        TableFormat::Json => writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?,
        TableFormat::Table => table::write(&mut stdout, &report)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The backends that were named, or the chosen one; none where no stage needs one.
fn backends<'a>(session: &'a Session, names: &[String], plan: &Plan) -> anyhow::Result<Vec<&'a BackendSpec>> {
    let all = &session.config.backends;
    if !names.is_empty() && session.config.backend_chosen {
        bail!("--backends takes the place of --backend: name each backend there");
    }
    let mut specs: Vec<&BackendSpec> = Vec::new();
    for name in names {
        let spec = &all[file::place(all, name)?];
        if specs.iter().any(|other| other.name == spec.name) {
            bail!("--backends names \"{}\" twice", spec.name);
        }
        specs.push(spec);
    }
    match (plan.settings().runs(Stage::Dense), names) {
        (true, []) => Ok(vec![session.config.chosen_backend()]),
        (true, _) => Ok(specs),
        (false, []) => Ok(Vec::new()),
        (false, _) => bail!("--backends: none of the stages that are measured needs one; dense and hybrid do"),
    }
}

/// The corpus with its judged queries; on standard error, what of them cannot be used.
fn collection(session: &Session, arguments: &EvalArgs) -> anyhow::Result<(Arc<Corpus>, Judged)> {
    let (queries, qrels) = match (&session.config.corpus, &arguments.queries, &arguments.qrels) {
        (None, None, None) => {
            let corpus = Arc::new(bundled::corpus());
            let judged = Judged::bundled(&corpus, &bundled::queries());
            return Ok((corpus, judged));
        }
        (Some(_), Some(queries), Some(qrels)) => (queries, qrels),
        (Some(_), ..) => bail!("--corpus has to come with its --queries and --qrels, which say what is relevant"),
        (None, ..) => bail!("--queries and --qrels have to come with --corpus, whose documents were judged"),
    };
    let corpus = session.config.corpus.as_ref().map(|source| source.path.as_path());
    let named = [corpus, Some(queries), Some(qrels)];
    if named.into_iter().flatten().filter(|path| path.as_os_str() == "-").count() > 1 {
        bail!("--corpus, --queries, --qrels: only one of them can be standard input");
    }
    let corpus = Arc::new(session.collection()?);
    let judgements = beir::judgements(qrels)?;
    let judged = Judged::new(&corpus, &beir::queries(queries)?, &judgements);
    if let (Some(judgement), Some(document)) = (judgements.first(), corpus.documents.first())
        && !judged.queries.is_empty()
        && judged.known_relevant(&corpus) == 0
    {
        bail!(
            "{}: no relevant document is in {}: ids there are like \"{}\", here like \"{}\"",
            qrels.display(),
            corpus.name,
            document.id,
            judgement.document
        );
    }
    let tell = |path: &Path, what: String| {
        writeln!(io::stderr(), "vecscope: {}: {what}", text::visible(&path.display().to_string()))
    };
    if let Some(first) = corpus.blank_lines.first() {
        let empty = phrase::counted_as(corpus.blank_lines.len(), "line without a text", "lines without a text");
        tell(Path::new(&corpus.name), format!("{empty} passed over, the first is line {first}"))?;
    }
    if judged.unjudged_queries > 0 {
        let unjudged = judged.unjudged_queries;
        let unjudged = phrase::counted_as(unjudged, "query without a judgement", "queries without a judgement");
        tell(queries, format!("{unjudged} left out"))?;
    }
    if judged.blank_queries > 0 {
        let blank = phrase::counted_as(judged.blank_queries, "query without a text", "queries without a text");
        tell(queries, format!("{blank} left out"))?;
    }
    if judged.own_documents > 0 {
        let own = phrase::counted_as(judged.own_documents, "query is a document", "queries are documents");
        tell(queries, format!("{own} of the corpus: none is ranked for itself"))?;
    }
    if judged.stray_judgements > 0 {
        let stray = phrase::counted(judged.stray_judgements, "judgement");
        tell(qrels, format!("{stray} left out, of queries that are not in {}", queries.display()))?;
    }
    if judged.missing_documents > 0 {
        let missing = phrase::counted(judged.missing_documents, "judgement");
        tell(
            qrels,
            format!("{missing} of documents that are not in the corpus; what is relevant there counts as missed"),
        )?;
    }
    Ok((corpus, judged))
}

/// Opens every backend, and asks about each before anything is sent, and paid for, to any.
fn open(
    session: &Session,
    specs: &[&BackendSpec],
    corpus: &Arc<Corpus>,
    judged: &Judged,
) -> anyhow::Result<Vec<Searcher>> {
    let judged = judged.queries.iter().map(|query| query.text.as_str());
    let queries: Vec<&str> = judged.filter(|_| !corpus.bundled).collect();
    specs.iter().map(|spec| session.searcher_for(spec, corpus, &queries)).collect()
}

/// What is measured, and what came of it so far.
struct Evaluation<'a> {
    plan: &'a Plan,
    corpus: &'a Corpus,
    lexical: &'a Arc<Lexical>,
    judged: &'a Judged,
    /// How many documents of each ranking are written for each query.
    top_k: usize,
    measured: Vec<Measured>,
}

impl Evaluation<'_> {
    /// Takes all queries through the stages: with a backend, by its place and its name where rows need one.
    fn pass(
        &mut self,
        mut backend: Option<(usize, Option<&str>, &mut Searcher)>,
        reranker: &mut Option<Box<dyn Reranker>>,
        mut per_query: Option<&mut PerQuery>,
    ) -> anyhow::Result<()> {
        let (place, name) = backend.as_ref().map_or((None, None), |(place, name, _)| (Some(*place), *name));
        // BM25 is the same with every backend.
        let is_known = |stage| stage == Stage::Bm25 && !self.measured.is_empty();
        let stages = self.plan.stages().iter().copied().filter(|&stage| !is_known(stage));
        let mut measured: Vec<Measured> = stages
            .map(|stage| {
                let backend = place.filter(|_| stage != Stage::Bm25);
                let name = match name {
                    Some(name) if backend.is_some() => format!("{name}: {}", stage.name()),
                    _ => stage.name().to_owned(),
                };
                let system = System { name, measures: Vec::with_capacity(self.judged.queries.len()) };
                Measured { stage, backend, system, time: Duration::ZERO }
            })
            .collect();
        let (mut meter, started) = (Meter::new(), Instant::now());
        for (done, query) in self.judged.queries.iter().enumerate() {
            let total = self.judged.queries.len();
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            meter.progress("queries done", (0, done, total), || done as f64 / total as f64, started);
            let dense = match &mut backend {
                Some((_, _, searcher)) => Some(with_job(|job| searcher.search(&query.text, job))?),
                None => None,
            };
            let texts = (self.corpus, self.lexical);
            let run = with_job(|job| {
                // Not `as_deref_mut`: that is one that borrows nothing, for as long as its box.
                let reranker = reranker.as_mut().map(|reranker| reranker.as_mut() as &mut dyn Reranker);
                self.plan.run(query, dense.as_ref(), texts, reranker, job)
            })?;
            let found = self.plan.measures(&run, self.corpus, &query.judgements);
            for measured in &mut measured {
                let Some(place) = self.plan.stages().iter().position(|&stage| stage == measured.stage) else {
                    continue;
                };
                measured.system.measures.push(found[place]);
                measured.time += run.stage(measured.stage).map_or(Duration::ZERO, |ranking| ranking.time);
                if let Some(file) = per_query.as_deref_mut() {
                    let named = (measured.system.name.as_str(), measured.stage);
                    file.write(query, named, &run, &found[place], (self.corpus, self.top_k))?;
                }
            }
        }
        self.measured.append(&mut measured);
        Ok(())
    }
}
