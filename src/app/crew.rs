//! All workers, and the timers: who runs which effect.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::charts::Charts;
use super::desk::{Broken, Desk};
use super::files;
use super::outbox::Outbox;
use super::rerank::{MeasureJob, OpenReranker, Reranking};
use super::slot::{EmbedJob, Errand, NewCorpus, Question};
use super::worker::{Open, OpenStores, Worker};
use crate::config::Config;
use crate::corpus::{Corpus, DocumentIndex, Selection, filter};
use crate::engine::lab::{Bench, Job, Outcome, Refusal};
use crate::engine::pipeline::{Among, Settings};
use crate::engine::{Ablation, Embedded, Lexical, Ranking, Run, Vectors, ablation};
use crate::lesson::Progress;
use crate::progress;
use crate::state::effect::Origin;
use crate::state::reply::Written;
use crate::state::{BackendId, Edition, Effect, Reply, Ticket};

/// One worker for each backend.
pub(super) struct Crew {
    workers: Vec<Worker>,
    over_corpus: OverCorpus,
    keeper: Desk<Progress>,
    reader: Desk<Option<String>>,
    writer: Desk<WriteJob>,
    reranking: Reranking,
    runtime: Handle,
    replies: Outbox,
}

/// Those who compute with one corpus and have nothing to lose: for another one there are others.
struct OverCorpus {
    ablation: Desk<AblationJob>,
    stages: Desk<StagesJob>,
    filter: Desk<FilterJob>,
    charts: Charts,
    lab: Desk<(Ticket, Job)>,
}

impl OverCorpus {
    fn assemble(corpus: &Arc<Corpus>, replies: &Outbox) -> Self {
        let ablation = Desk::spawn(replies.clone(), AblationJob::run, AblationJob::broken);
        let mut stages = Stages { corpus: Arc::clone(corpus), lexical: None };
        let run = move |job| stages.run(&job);
        let stages = Desk::spawn(replies.clone(), run, |_| Box::new(Reply::Broke));
        let mut bench = Bench::new(Arc::clone(corpus));
        let run = move |(ticket, job)| Reply::ExperimentRun { ticket, outcome: bench.run(&job) };
        let lab = Desk::spawn(replies.clone(), run, |&(ticket, _)| {
            Box::new(move |reason| Reply::ExperimentRun { ticket, outcome: Outcome::Refused(Refusal::Needs(reason)) })
        });
        let filter = Desk::spawn(replies.clone(), FilterJob::run, FilterJob::broken);
        Self { ablation, stages, filter, charts: Charts::spawn(corpus, replies), lab }
    }
}

impl Crew {
    /// Starts a worker for each configured backend. None does anything yet.
    pub(super) fn assemble(config: &Config, corpus: &Arc<Corpus>, runtime: &Handle, replies: &Outbox) -> Self {
        let workers = (0..)
            .map(BackendId)
            .zip(config.backends.iter().cloned())
            .map(|(id, spec)| {
                let context = config.open_context(runtime);
                let name = spec.name.clone();
                let open: Open = Box::new(move |job| spec.open(&context, job));
                let (keeping, kept, first, handle) =
                    (config.clone(), name.clone(), Arc::clone(corpus), runtime.clone());
                let open_stores: OpenStores = Box::new(move || keeping.open_stores(&kept, &first, &handle));
                let corpus = Arc::clone(corpus);
                let graphs = config.cache.graphs();
                Worker::spawn((id, name), (open, open_stores, graphs), corpus, config.assume_yes, replies.clone())
            })
            .collect();
        let keeper = Desk::spawn(
            replies.clone(),
            |finished| keep(&finished),
            |_| Box::new(|reason| Reply::ProgressKept(Err(reason))),
        );
        let reader = Desk::spawn(
            replies.clone(),
            |name: Option<String>| files::read(name.as_deref()),
            |_| Box::new(|reason| Reply::CorpusRead(Err(reason))),
        );
        let writer = Desk::spawn(
            replies.clone(),
            |job: WriteJob| files::write(&job.name, job.replace, &job.corpus),
            |_| Box::new(|reason| Reply::CorpusWritten(Written::Failed(reason))),
        );
        let rerankers = config.rerankers.iter().cloned().map(|spec| -> OpenReranker {
            let context = config.open_context(runtime);
            Box::new(move |job| spec.open(&context, job))
        });
        let reranking = Reranking::spawn(rerankers.collect(), Arc::clone(corpus), replies.clone());
        let over_corpus = OverCorpus::assemble(corpus, replies);
        let (runtime, replies) = (runtime.clone(), replies.clone());
        Self { workers, over_corpus, keeper, reader, writer, reranking, runtime, replies }
    }

    /// Hands an effect to whom it concerns. Never waits.
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::TakeCorpus { edition, corpus, origin } => self.take_corpus(edition, &corpus, origin),
            Effect::ReadCorpus(name) => self.reader.put(name),
            Effect::WriteCorpus { name, replace, corpus } => self.writer.put(WriteJob { name, replace, corpus }),
            Effect::CompleteName(name) => self.replies.send(files::complete(name)),
            Effect::Open(backend) => self.workers[backend.0].slot().open(),
            Effect::StopOpening(backend) => self.workers[backend.0].slot().stop_opening(),
            Effect::AllowCorpus(backend) => self.workers[backend.0].slot().allow(),
            Effect::EmbedCorpus(backend) => self.workers[backend.0].slot().embed(),
            Effect::StopEmbedding(backend) => self.workers[backend.0].slot().stop_embedding(),
            Effect::Search { backend, ticket, query, options } => {
                self.workers[backend.0].slot().search(Question { ticket, query, options });
            }
            Effect::CancelSearch(backend) => self.workers[backend.0].slot().cancel_search(),
            Effect::FindNeighbours(backend, most) => self.workers[backend.0].slot().run(Errand::Neighbours(most)),
            Effect::Repeat(backend, query) => self.workers[backend.0].slot().run(Errand::Repeat(query)),
            Effect::MeasureRecall { backend, method, k, query } => {
                self.workers[backend.0].slot().run(Errand::MeasureRecall(method, k, query));
            }
            Effect::ShareVectors(backend) => self.workers[backend.0].slot().run(Errand::Vectors),
            Effect::EmbedTexts { backend, purpose, ticket, role, texts } => {
                self.workers[backend.0].slot().run(Errand::Embed(EmbedJob { purpose, ticket, role, texts }));
            }
            Effect::Ablate { backend, ticket, ranking, rests, vectors, selection } => {
                self.over_corpus.ablation.put(AblationJob { backend, ticket, ranking, rests, vectors, selection });
            }
            Effect::RunExperiment { ticket, job } => self.over_corpus.lab.put((ticket, job)),
            Effect::RunPipeline { ticket, query, dense, selection, settings } => {
                self.over_corpus.stages.put(StagesJob { ticket, query, dense, selection, settings });
            }
            Effect::Select { ticket, filter, corpus } => {
                self.over_corpus.filter.put(FilterJob { ticket, filter, corpus });
            }
            Effect::OpenReranker(reranker) => self.reranking.open(reranker),
            Effect::StopOpeningReranker => self.reranking.stop_opening(),
            Effect::Rerank { ticket, reranker, run } => self.reranking.rerank(ticket, reranker, run),
            Effect::CancelRerank => self.reranking.cancel(),
            Effect::MatchWords { reranker, query, document } => self.reranking.match_words(reranker, query, document),
            Effect::RankLabelled { backend, ticket, query } => {
                self.workers[backend.0].slot().run(Errand::Rank(ticket, query));
            }
            Effect::Measure { ticket, number, dense, plan, judged, reranker } => {
                self.reranking.measure(MeasureJob { ticket, number, dense, plan, judged, reranker });
            }
            Effect::SumUp { ticket, plan, systems } => self.reranking.sum_up(ticket, plan, systems),
            Effect::Project { backend, ticket, vectors, recipe } => {
                self.over_corpus.charts.project(backend, ticket, vectors, recipe);
            }
            Effect::StopProjecting(backend) => self.over_corpus.charts.stop(backend),
            Effect::Overlay { moving, fixed } => self.over_corpus.charts.overlay(moving, fixed),
            Effect::FindClusters { backend, vectors } => self.over_corpus.charts.find_clusters(backend, vectors),
            Effect::KeepProgress(finished) => self.keeper.put(finished),
            Effect::StartTimer { timer, after } => {
                let replies = self.replies.clone();
                self.runtime.spawn(async move {
                    tokio::time::sleep(after).await;
                    replies.send(Reply::TimerElapsed(timer));
                });
            }
            // The screen's own.
            Effect::Save { .. } | Effect::Copy(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
        }
    }
}

impl Crew {
    /// Gives everyone another corpus. Workers and rerankers keep their models.
    fn take_corpus(&mut self, edition: Edition, corpus: &Arc<Corpus>, origin: Origin) {
        for worker in &self.workers {
            worker.slot().take_corpus(NewCorpus { edition, corpus: Arc::clone(corpus), origin });
        }
        self.reranking.take_corpus(edition, Arc::clone(corpus));
        self.over_corpus = OverCorpus::assemble(corpus, &self.replies.of(edition));
    }
}

/// Writes finished steps of lessons to their file.
fn keep(finished: &Progress) -> Reply {
    let kept = progress::default_path().and_then(|path| progress::keep(&path, finished));
    let kept = kept.map(|kept| (kept.progress, kept.trouble));
    Reply::ProgressKept(kept.map_err(|error| format!("{error:#}")))
}

/// A corpus to write to a file.
struct WriteJob {
    name: String,
    replace: bool,
    corpus: Arc<Corpus>,
}

/// All documents, to be scored by a query without each of its words.
struct AblationJob {
    backend: BackendId,
    ticket: Ticket,
    ranking: Arc<Ranking>,
    rests: Arc<Embedded>,
    vectors: Arc<Vectors>,
    /// The documents among which it is ranked; `None` for all.
    selection: Option<Arc<Selection>>,
}

impl AblationJob {
    fn run(self) -> Reply {
        let Self { backend, ticket, ranking, rests, mut vectors, selection } = self;
        if let Some(selection) = selection {
            vectors = Arc::new(vectors.of_selection(&selection));
        }
        let words = ablation::left_out(&ranking.query);
        let ablation = Ablation::new(ranking.query.clone(), words, ranking.vector.view(), &rests, &vectors);
        Reply::Ablated { backend, ticket, ablation: Ok(Arc::new(ablation)) }
    }

    fn broken(&self) -> Broken {
        let (backend, ticket) = (self.backend, self.ticket);
        Box::new(move |reason| Reply::Ablated { backend, ticket, ablation: Err(reason) })
    }
}

/// A filter whose documents are wanted.
struct FilterJob {
    ticket: Ticket,
    filter: String,
    corpus: Arc<Corpus>,
}

impl FilterJob {
    fn run(self) -> Reply {
        let Self { ticket, filter, corpus } = self;
        let all =
            || Selection { filter: String::new(), documents: (0..corpus.documents.len()).map(DocumentIndex).collect() };
        let selection = filter::select(&filter, &corpus).map(|selection| Arc::new(selection.unwrap_or_else(all)));
        Reply::Selected { ticket, selection: selection.map_err(|error| error.to_string()) }
    }

    fn broken(&self) -> Broken {
        let ticket = self.ticket;
        Box::new(move |reason| Reply::Selected { ticket, selection: Err(reason) })
    }
}

/// One query to run through the stages of the pipeline that need no model: words, and the fusion.
struct StagesJob {
    ticket: Ticket,
    query: String,
    /// The ranking of the dense stage, if it is there.
    dense: Option<Arc<Ranking>>,
    /// The documents to rank; `None` for all.
    selection: Option<Arc<Selection>>,
    settings: Settings,
}

struct Stages {
    corpus: Arc<Corpus>,
    /// The words of the corpus, taken apart when they are first asked for.
    lexical: Option<Arc<Lexical>>,
}

impl Stages {
    fn run(&mut self, StagesJob { ticket, query, dense, selection, settings }: &StagesJob) -> Reply {
        let lexical = match self.lexical.take().filter(|lexical| lexical.folding() == settings.folding) {
            Some(lexical) => lexical,
            None => Arc::new(Lexical::new(&self.corpus, settings.folding)),
        };
        let among = Among { selection: selection.as_deref(), left_out: None };
        let run = Arc::new(Run::first_stages_among(among, query, dense.as_deref(), &lexical, *settings));
        self.lexical = Some(lexical);
        Reply::Piped { ticket: *ticket, run }
    }
}
