//! The headless twins of the screens. They print to standard output and say what they wait for on standard error.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::backend::hub::Download;
use crate::backend::spec::{self, OpenContext, OpenJob};
use crate::backend::{BackendError, BackendSpec, Embedder, Job, Reranker, Retry, Role};
use crate::cli::Command;
use crate::config::Config;
use crate::corpus::{self, Corpus, Skipped, filter};
use crate::engine::index::GraphKeeping;
use crate::engine::search::LEAST_DEPTH;
use crate::engine::{Estimate, Progress, SearchOptions, Searcher};
use crate::{phrase, text};

mod bench;
pub mod browse;
mod cache;
mod compare;
pub mod config;
mod doctor;
mod embed;
mod escape;
mod eval;
mod explain;
mod lab;
pub mod learn;
mod map;
mod meter;
mod models;
mod pipeline;
mod pull;
mod search;
mod settings;
mod words;

use meter::Meter;

/// There was nothing to rank or to embed.
const NOTHING: u8 = 1;
/// The person pressed Ctrl+C: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Where a command prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Whether to print colours.
    pub color: bool,
    /// Whether it is a terminal, which must not be steered by what is printed.
    pub is_terminal: bool,
}

/// What every command works with.
struct Session {
    config: Config,
    output: Output,
    runtime: Runtime,
}

/// Runs a command.
///
/// # Errors
/// Whatever kept it from its result, in words for a person.
pub fn run(command: Command, config: Config, output: Output) -> anyhow::Result<ExitCode> {
    let runtime = spec::runtime()?;
    runtime.spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(INTERRUPTED);
        }
    });
    let takes_filter = matches!(
        command,
        Command::Search { .. }
            | Command::Compare { .. }
            | Command::Pipeline { .. }
            | Command::Explain { .. }
            | Command::Map(_)
    );
    if config.filter.is_some() && !takes_filter {
        bail!("--filter: only search, compare, pipeline, explain, map and the explorer take one");
    }
    let session = Session { config, output, runtime };
    match command {
        Command::Search { query, format, measure_recall } => {
            search::run(&session, &query, search::Printing { format, recall: measure_recall })
        }
        Command::Embed { file, format, raw, role } => embed::run(&session, &file, format, raw, role),
        Command::Compare { query, backends, queries, format } => {
            compare::run(&session, query.as_deref(), &backends, queries.as_deref(), format)
        }
        Command::Pipeline { query, words, format, pipeline } => {
            pipeline::run(&session, &query, words, format, &pipeline)
        }
        Command::Explain { query, id, format } => explain::run(&session, &query, &id, format),
        Command::Learn(arguments) => learn::run(&session, &arguments),
        Command::Lab(arguments) => lab::run(&session, &arguments),
        Command::Eval(arguments) => eval::run(&session, &arguments),
        Command::Map(arguments) => map::run(&session, &arguments),
        Command::Models { all, format } => models::run(&session, all, format),
        Command::Browse(arguments) => browse::run(session, &arguments),
        Command::Pull { model } => pull::run(&session, &model),
        Command::Cache(arguments) => cache::run(&session, &arguments),
        Command::Config { default } => config::run(&session, default),
        Command::Bench { format, runs } => bench::run(&session, format, runs),
        Command::Doctor => doctor::run(&session),
    }
}

impl Session {
    /// The corpus that was named, or the bundled one.
    fn corpus(&self) -> anyhow::Result<Corpus> {
        let corpus = self.config.read_corpus(self.runtime.handle())?;
        tell_of(&corpus)?;
        Ok(corpus)
    }

    /// The corpus that was named, as a collection whose documents were judged by their ids: none may be missing.
    fn collection(&self) -> anyhow::Result<Corpus> {
        let mut source = self.config.corpus.clone();
        if let Some(source) = &mut source {
            source.options.strict = true;
            source.options.keep_duplicates = true;
        }
        let corpus = corpus::read::load_or_bundled(source.as_ref())?;
        tell_of(&corpus)?;
        Ok(corpus)
    }

    /// The corpus, where there is something in it to rank, and how it is to be searched.
    fn searched(&self) -> anyhow::Result<Option<(Arc<Corpus>, SearchOptions)>> {
        self.searched_of(self.corpus()?)
    }

    /// A corpus, where there is something in it to rank, and how it is to be searched.
    fn searched_of(&self, corpus: Corpus) -> anyhow::Result<Option<(Arc<Corpus>, SearchOptions)>> {
        if corpus.documents.is_empty() {
            writeln!(io::stderr(), "vecscope: {}: nothing to rank", text::visible(&corpus.name))?;
            return Ok(None);
        }
        let selection = match &self.config.filter {
            Some(written) => filter::select(written, &corpus).context("--filter")?,
            None => None,
        };
        if let Some(selection) = &selection
            && selection.documents.is_empty()
        {
            let (name, filter) = (text::visible(&corpus.name), text::visible(&selection.filter));
            writeln!(io::stderr(), "vecscope: {name}: nothing to rank: no document passes the filter {filter}")?;
            return Ok(None);
        }
        let depth = self.config.top_k.max(LEAST_DEPTH);
        let options = SearchOptions { method: self.config.method, depth, selection: selection.map(Arc::new) };
        Ok(Some((Arc::new(corpus), options)))
    }

    /// Opens the chosen backend. Nothing is sent yet.
    fn open(&self) -> anyhow::Result<Box<dyn Embedder>> {
        self.open_backend(self.config.chosen_backend())
    }

    /// Opens a backend, and tells on standard error of a model that has to be fetched for it.
    fn open_backend(&self, spec: &BackendSpec) -> anyhow::Result<Box<dyn Embedder>> {
        self.with_meter(|context, job| spec.open(context, job))
    }

    /// Opens the chosen reranker, and tells on standard error of a model that has to be fetched for it.
    fn open_reranker(&self) -> anyhow::Result<Box<dyn Reranker>> {
        self.with_meter(|context, job| self.config.chosen_reranker().open(context, job))
    }

    /// Opens something that nobody cancels, and shows the progress of what is fetched for it.
    fn with_meter<T>(
        &self,
        open: impl FnOnce(&OpenContext, &mut OpenJob<'_>) -> Result<T, BackendError>,
    ) -> anyhow::Result<T> {
        let mut meter = Meter::new();
        let mut progress = |download: Download| meter.show(&download);
        let cancel = CancellationToken::new();
        let opened = open(&self.context(), &mut OpenJob { cancel: &cancel, progress: &mut progress });
        meter.end();
        Ok(opened?)
    }

    /// What backends and rerankers are opened with.
    fn context(&self) -> OpenContext {
        self.config.open_context(self.runtime.handle())
    }

    /// A searcher over a corpus, with the chosen backend: [`Self::searcher`] without queries.
    fn searcher(&self, corpus: &Arc<Corpus>) -> anyhow::Result<Searcher> {
        self.searcher_for(self.config.chosen_backend(), corpus, &[])
    }

    /// A searcher over a corpus, with what is kept of it; asks first where the rest of a person's own corpus, or many
    /// queries, would leave this machine.
    fn searcher_for(&self, spec: &BackendSpec, corpus: &Arc<Corpus>, queries: &[&str]) -> anyhow::Result<Searcher> {
        let mut searcher = Searcher::new(self.open_backend(spec)?, Arc::clone(corpus));
        searcher.use_given(&spec.name)?;
        let mut searcher = self.keeping(searcher, &spec.name, corpus)?;
        searcher.keep_graphs(GraphKeeping { folder: self.config.cache.graphs(), tell: None });
        if self.config.assume_yes || corpus.bundled {
            searcher.allow_keeping();
        }
        searcher.restore();
        if self.must_ask(&searcher) {
            // Queries are kept nowhere but here.
            let queries = if searcher.card().location.leaves_machine() { queries } else { &[] };
            let queries = searcher.estimate_texts(queries, Role::Query);
            self.ask(&searcher, if corpus.bundled { queries } else { searcher.estimate().plus(queries) })?;
        }
        tell(&mut searcher);
        Ok(searcher)
    }

    /// A searcher with the places where vectors are kept between runs, if they are to be kept.
    fn keeping(&self, searcher: Searcher, backend: &str, corpus: &Arc<Corpus>) -> anyhow::Result<Searcher> {
        let stores = self.config.open_stores(backend, corpus, self.runtime.handle())?;
        Ok(searcher.with_stores(stores.corpus, stores.beside))
    }

    /// Whether somebody has to be asked before texts are embedded: they leave this machine, and it was not said
    /// beforehand that they may.
    fn must_ask(&self, searcher: &Searcher) -> bool {
        !searcher.receivers().is_empty() && !self.config.assume_yes
    }

    /// Asks whether texts may be sent, if there are any.
    fn ask(&self, searcher: &Searcher, estimate: Estimate) -> anyhow::Result<()> {
        if self.must_ask(searcher) && estimate.texts > 0 {
            let embeds_elsewhere = searcher.card().location.leaves_machine();
            let what =
                if embeds_elsewhere { phrase::estimate(&estimate) } else { phrase::kept_elsewhere(estimate.texts) };
            ask_to_send(&what, &phrase::places(&searcher.receivers()))?;
        }
        Ok(())
    }

    /// Asks whether all of these texts may leave this machine, where they would and it was not said beforehand.
    fn may_send(&self, embedder: &dyn Embedder, texts: &[&str]) -> anyhow::Result<()> {
        let location = &embedder.card().location;
        if location.leaves_machine() && !self.config.assume_yes {
            ask_to_send(&phrase::estimate(&Estimate::of(embedder, texts)), &location.to_string())?;
        }
        Ok(())
    }

    /// The name of the chosen backend, as on the command line.
    fn backend_name(&self) -> &str {
        &self.config.chosen_backend().name
    }
}

/// Says on standard error what was guessed about a corpus, and which rows of it could not be read.
fn tell_of(corpus: &Corpus) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    for note in &corpus.notes {
        writeln!(stderr, "vecscope: {}", text::visible(note))?;
    }
    let Skipped { rows, first } = &corpus.skipped;
    if *rows > 0 {
        let (name, rows) = (text::visible(&corpus.name), phrase::counted(*rows, "row"));
        writeln!(stderr, "vecscope: {name}: {rows} could not be read and passed over:")?;
    }
    for reason in first {
        writeln!(stderr, "  {}", text::visible(reason))?;
    }
    match rows - first.len() {
        0 => Ok(()),
        more => writeln!(stderr, "  and {more} more; --strict stops at the first"),
    }
}

/// Embeds the whole corpus, and says how far it is where that takes long and somebody is there to read it.
fn embed_all(searcher: &mut Searcher) -> anyhow::Result<()> {
    let (mut meter, started) = (Meter::new(), Instant::now());
    // What was there before says nothing about how long the rest takes.
    let (first, first_share) = (searcher.progress().done, searcher.share_done());
    loop {
        let progress = with_job(|job| searcher.embed_next(job))?;
        if searcher.has_trouble() {
            meter.end();
            tell(searcher);
        }
        if progress.is_complete() {
            if searcher.is_behind() {
                with_job(|job| searcher.catch_up_at_last(job));
                tell(searcher);
            }
            return Ok(());
        }
        let share = || (searcher.share_done() - first_share) / (1.0 - first_share);
        meter.progress("texts embedded", (first, progress.done, progress.total), share, started);
    }
}

/// Says on standard error how many vectors were kept from before, if some were.
fn tell_of_restored(Progress { done, restored, .. }: Progress) -> io::Result<()> {
    if restored == 0 {
        return Ok(());
    }
    let (kept, made) = (phrase::thousands(restored as u64), phrase::thousands((done - restored) as u64));
    writeln!(io::stderr(), "vecscope: {kept} vectors restored, {made} embedded")
}

/// Says on standard error what is wrong with the place where vectors are kept.
fn tell(searcher: &mut Searcher) {
    if let Some(trouble) = searcher.take_trouble() {
        drop(writeln!(io::stderr(), "vecscope: {}", text::visible(&trouble)));
    }
}

/// Runs something with a backend that nobody cancels and whose waits are told on standard error.
fn with_job<T>(act: impl FnOnce(&mut Job<'_>) -> T) -> T {
    let mut notify = |retry: Retry| {
        // A wait that cannot be told is waited for all the same.
        drop(writeln!(io::stderr(), "{}", phrase::retrying(&retry)));
    };
    act(&mut Job { cancel: &CancellationToken::new(), notify: &mut notify })
}

/// Waits for a yes where a person can give one.
fn ask_to_send(what: &str, place: &str) -> anyhow::Result<()> {
    let what = format!("{what} to {}", text::visible(place));
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        bail!("this would send {what}; nothing was sent. Add --yes to send it");
    }
    write!(io::stderr(), "Send {what}? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was sent");
    }
    Ok(())
}
