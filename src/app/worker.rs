//! One thread for one backend: it opens it, embeds the corpus batch by batch, and ranks for queries in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::outbox::Outbox;
use super::slot::{EmbedJob, Errand, NewCorpus, Question, Readiness, Slot, Task};
use crate::backend::spec::OpenJob;
use crate::backend::{BackendError, Embedder, Job, Location};
use crate::config::Stores;
use crate::corpus::Corpus;
use crate::engine::index::{GraphKeeping, GraphState};
use crate::engine::{Progress, Ranking, Searcher};
use crate::state::effect::Origin;
use crate::state::{BackendId, Reply, Ticket};

/// Of an edit, so many texts at the most are embedded before anything is ranked, so that they are there at once.
const FEW: usize = 32;

/// Makes a backend. Called on the worker's thread, and again after it failed.
pub(super) type Open = Box<dyn Fn(&mut OpenJob<'_>) -> Result<Box<dyn Embedder>, BackendError> + Send>;

/// Opens the places where vectors are kept between runs, if they are to be kept. Called on the worker's thread.
pub(super) type OpenStores = Box<dyn Fn() -> anyhow::Result<Stores> + Send>;

/// A worker and its tasks. Dropping it takes back what it does and lets its thread end.
pub(super) struct Worker {
    slot: Arc<Slot>,
}

impl Worker {
    /// Starts the thread of a backend.
    pub(super) fn spawn(
        (id, name): (BackendId, String),
        (open, open_stores, graphs): (Open, OpenStores, Option<PathBuf>),
        corpus: Arc<Corpus>,
        assume_yes: bool,
        replies: Outbox,
    ) -> Self {
        let slot = Arc::new(Slot::default());
        let mut work = Work {
            id,
            name,
            open,
            open_stores,
            graphs,
            corpus,
            assume_yes,
            allowed: false,
            replies,
            slot: Arc::clone(&slot),
            searcher: None,
            said_behind: false,
            newest: None,
            ranked_at: (0, Instant::now()),
        };
        thread::spawn(move || work.work());
        Self { slot }
    }

    /// What to give it to do.
    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.slot.stop();
    }
}

struct Work {
    id: BackendId,
    /// Its name in the config.
    name: String,
    open: Open,
    open_stores: OpenStores,
    /// Where HNSW indexes are kept between runs, if they are to be kept.
    graphs: Option<PathBuf>,
    corpus: Arc<Corpus>,
    /// Whether every corpus may leave this machine without a question.
    assume_yes: bool,
    /// Whether the person said that this one may, with all that they add to it.
    allowed: bool,
    replies: Outbox,
    slot: Arc<Slot>,
    searcher: Option<Searcher>,
    /// Whether it was said that the place where vectors are kept has missed something.
    said_behind: bool,
    /// The newest search that was answered, and how long its query took: it is answered anew while the corpus grows.
    newest: Option<(Question, Duration)>,
    /// How much was embedded at the newest ranking, and when that was.
    ranked_at: (usize, Instant),
}

impl Work {
    fn work(&mut self) {
        while let Some(task) = self.slot.next(self.readiness()) {
            // A panic in a backend is a failure of that backend, not of the program.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.carry_out(task))) {
                self.searcher = None;
                self.newest = None;
                self.slot.stop_embedding();
                self.fail(format!("the backend broke: {}", panic_message(&*panic)));
            }
        }
    }

    fn readiness(&self) -> Readiness {
        let Some(searcher) = &self.searcher else { return Readiness::default() };
        let progress = searcher.progress();
        Readiness {
            can_search: progress.done > 0 || progress.is_complete(),
            can_embed: !progress.is_complete(),
            can_prepare: searcher.can_prepare(),
        }
    }

    fn carry_out(&mut self, task: Task) {
        match task {
            Task::TakeCorpus(new) => self.take_corpus(new),
            Task::Open(cancel) => self.open(&cancel),
            Task::Search(question, cancel) => self.search(question, &cancel),
            Task::Run(errand, cancel) => self.run_errand(errand, &cancel),
            Task::EmbedBatch { allowed, cancel } => self.embed_batch(allowed, &cancel),
            Task::Prepare(cancel) => self.prepare(&cancel),
        }
        self.tell_trouble();
    }

    fn open(&mut self, cancel: &CancellationToken) {
        // What is there already is kept: only what failed is done again.
        if self.searcher.is_none() {
            let (backend, replies) = (self.id, self.replies.clone());
            let mut progress = |download| replies.send(Reply::Downloading { backend, download });
            match (self.open)(&mut OpenJob { cancel, progress: &mut progress }) {
                Ok(embedder) => {
                    let mut searcher = Searcher::new(embedder, Arc::clone(&self.corpus));
                    if let Err(error) = searcher.use_given(&self.name) {
                        self.fail(describe(error));
                        return;
                    }
                    self.take_kept(searcher);
                }
                Err(BackendError::NotConfigured(message)) => {
                    self.reply(Reply::NotConfigured { backend: self.id, message });
                    return;
                }
                Err(BackendError::Cancelled) => {
                    self.fail("it was stopped; what was fetched so far is kept".into());
                    return;
                }
                Err(error) => {
                    self.fail(describe(error));
                    return;
                }
            }
        }
        self.opened();
    }

    /// Goes on with another corpus. What is embedded of it already stays so, and the model stays open.
    fn take_corpus(&mut self, NewCorpus { edition, corpus, origin }: NewCorpus) {
        self.replies = self.replies.of(edition);
        self.corpus = corpus;
        self.newest = None;
        self.allowed &= origin == Origin::Edited;
        self.ranked_at = (0, Instant::now());
        let keeping = self.graph_keeping();
        let Some(searcher) = &mut self.searcher else { return };
        if self.assume_yes {
            searcher.allow_keeping();
        }
        let was_complete = searcher.progress().is_complete();
        searcher.take_corpus(Arc::clone(&self.corpus), origin == Origin::Edited);
        searcher.keep_graphs(keeping);
        let Progress { done, total, .. } = searcher.progress();
        let is_here = searcher.card().location == Location::InProcess && searcher.receivers().is_empty();
        if was_complete && total - done <= FEW && is_here {
            let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
            // What goes wrong here goes wrong again where it is told.
            let _ = searcher.embed_all(&mut job);
        }
        if self.searcher.as_ref().is_some_and(|searcher| self.must_ask(searcher)) {
            // What goes on by itself would ask a second time.
            self.slot.stop_embedding();
        }
        self.opened();
    }

    /// The graph is made on a thread of its own, and the newest query ranked by it when it is there.
    fn graph_keeping(&self) -> GraphKeeping {
        let (backend, replies, slot) = (self.id, self.replies.clone(), Arc::clone(&self.slot));
        let tell = move |graph: GraphState| {
            if graph == GraphState::Grown {
                slot.run(Errand::RankAgain);
            }
            replies.send(Reply::GraphGrown { backend, graph });
        };
        GraphKeeping { folder: self.graphs.clone(), tell: Some(Arc::new(tell)) }
    }

    /// Takes the vectors of the corpus that were kept, before anybody is asked about the rest.
    fn take_kept(&mut self, searcher: Searcher) {
        let stores = (self.open_stores)().unwrap_or_else(|error| {
            let message = format!("{error:#}. Vectors are not kept in this run");
            self.reply(Reply::StoreTrouble { backend: self.id, message: Some(message), is_behind: true });
            Stores::default()
        });
        let mut searcher = searcher.with_stores(stores.corpus, stores.beside);
        searcher.keep_graphs(self.graph_keeping());
        if self.may_leave() {
            searcher.allow_keeping();
        }
        searcher.restore();
        self.searcher = Some(searcher);
    }

    /// Says what is wrong with the place where vectors are kept, once, and whether it has missed something, whenever that
    /// changes.
    fn tell_trouble(&mut self) {
        let Some(searcher) = &mut self.searcher else { return };
        let (message, is_behind) = (searcher.take_trouble(), searcher.is_behind());
        if std::mem::replace(&mut self.said_behind, is_behind) != is_behind || message.is_some() {
            self.reply(Reply::StoreTrouble { backend: self.id, message, is_behind });
        }
    }

    /// Says what is open, and asks where the corpus would leave this machine unasked.
    fn opened(&self) {
        let Some(searcher) = &self.searcher else { return };
        let leaves_machine = self.must_ask(searcher).then(|| searcher.estimate());
        let (backend, card, progress) = (self.id, searcher.card().clone(), searcher.progress());
        self.reply(if progress.done > 0 {
            Reply::Resumed { backend, card, progress, leaves_machine }
        } else {
            Reply::Opened { backend, card, leaves_machine }
        });
    }

    fn must_ask(&self, searcher: &Searcher) -> bool {
        !searcher.receivers().is_empty() && !self.may_leave() && !searcher.progress().is_complete()
    }

    /// Whether the corpus may leave this machine without another question.
    fn may_leave(&self) -> bool {
        self.assume_yes || self.allowed || self.corpus.bundled
    }

    fn embed_batch(&mut self, allowed: bool, cancel: &CancellationToken) {
        // A yes is for the whole corpus.
        self.allowed |= allowed;
        // The screen asks first; that nothing leaves without a yes does not rest on the screen alone.
        if self.searcher.as_ref().is_some_and(|searcher| self.must_ask(searcher)) {
            self.slot.stop_embedding();
            self.opened();
            return;
        }
        let Some(searcher) = &mut self.searcher else { return };
        let (backend, replies) = (self.id, self.replies.clone());
        let mut notify = |retry| replies.send(Reply::Retrying { backend, retry });
        let embedded = searcher.embed_next(&mut Job { cancel, notify: &mut notify });
        let (card, spent) = (searcher.card().clone(), searcher.spent());
        match embedded {
            Ok(progress) => {
                self.reply(Reply::Embedded { backend, progress, card, spent });
                if self.is_worth_ranking_again(progress) {
                    self.rank_again();
                }
            }
            // The person said so, and goes on or not.
            Err(BackendError::Cancelled) => {}
            Err(error) => {
                self.slot.stop_embedding();
                self.reply(Reply::EmbeddingFailed { backend, message: describe(error) });
            }
        }
    }

    fn prepare(&mut self, cancel: &CancellationToken) {
        let Some(searcher) = &mut self.searcher else { return };
        let was_behind = searcher.is_behind();
        searcher.prepare_some(&Job { cancel, notify: &mut |_| {} });
        if was_behind && !searcher.is_behind() {
            // Now it can be asked.
            self.rank_again_until(cancel);
        }
    }

    fn search(&mut self, question: Question, cancel: &CancellationToken) {
        let Some(searcher) = &mut self.searcher else { return };
        let (backend, replies) = (self.id, self.replies.clone());
        let mut notify = |retry| replies.send(Reply::Retrying { backend, retry });
        let Question { ticket, query, options } = &question;
        let ticket = *ticket;
        match searcher.search_by(query, options, &mut Job { cancel, notify: &mut notify }) {
            Ok(ranking) => {
                self.newest = Some((question, ranking.timings.embed));
                self.ranked(ticket, ranking);
            }
            Err(BackendError::Cancelled) => {}
            Err(error) => self.reply(Reply::SearchFailed { backend, ticket, message: describe(error) }),
        }
    }

    fn run_errand(&mut self, errand: Errand, cancel: &CancellationToken) {
        const TIMES: usize = 5;
        let Some(searcher) = &mut self.searcher else { return };
        let backend = self.id;
        let reply = match errand {
            Errand::Neighbours(most) => Reply::Neighbours { backend, neighbours: Arc::new(searcher.neighbours(most)) },
            Errand::Repeat(query) => {
                let mut job = Job { cancel, notify: &mut |_| {} };
                let repeated = searcher.repeat(&query, TIMES, &mut job).map_err(|error| match error {
                    BackendError::Cancelled => "given up for a query".into(),
                    error => describe(error),
                });
                Reply::Repeated { backend, repeated, spent: searcher.spent() }
            }
            Errand::Rank(ticket, query) => {
                let mut job = Job { cancel, notify: &mut |_| {} };
                let ranking = match searcher.search(&query, &mut job) {
                    // The person's own query goes ahead of it; then it is its turn again.
                    Err(BackendError::Cancelled) => {
                        self.slot.put_back(Errand::Rank(ticket, query));
                        return;
                    }
                    ranking => ranking.map(Arc::new).map_err(describe),
                };
                Reply::LabelledRanked { backend, ticket, ranking, spent: searcher.spent() }
            }
            Errand::RankAgain => {
                self.rank_again();
                return;
            }
            Errand::MeasureRecall(method, k, query) => {
                /// As many as a person waits for.
                const QUERIES: usize = 100;
                let mut job = Job { cancel, notify: &mut |_| {} };
                match searcher.measure_recall(method, k, QUERIES, Some(&query), &mut job) {
                    // What is measured already stays so.
                    Err(BackendError::Cancelled) => {
                        self.slot.put_back(Errand::MeasureRecall(method, k, query));
                        return;
                    }
                    recall => Reply::RecallMeasured { backend, recall: recall.map_err(describe) },
                }
            }
            Errand::Vectors => Reply::Vectors { backend, vectors: Arc::new(searcher.vectors()) },
            Errand::Embed(texts) => {
                let mut job = Job { cancel, notify: &mut |_| {} };
                let is_here = searcher.card().location == Location::InProcess;
                let embedded = match searcher.embed_texts(&texts.texts, texts.role, &mut job) {
                    Err(BackendError::Cancelled) if is_here => {
                        self.slot.put_back(Errand::Embed(texts));
                        return;
                    }
                    // A server may have been asked already: nothing is sent twice that nobody asked for twice.
                    Err(BackendError::Cancelled) => Err("given up for a query".into()),
                    embedded => embedded.map(Arc::new).map_err(describe),
                };
                let (EmbedJob { purpose, ticket, .. }, spent) = (texts, searcher.spent());
                Reply::TextsEmbedded { backend, purpose, ticket, embedded, spent }
            }
        };
        self.reply(reply);
    }

    /// Whether enough has come since the newest query was ranked: each ranking takes longer the more there is.
    fn is_worth_ranking_again(&self, progress: Progress) -> bool {
        const ENOUGH: usize = 16;
        const LONG: Duration = Duration::from_secs(1);
        let (before, when) = self.ranked_at;
        progress.is_complete() || progress.done >= before + before / ENOUGH || when.elapsed() >= LONG
    }

    /// Ranks for the newest query again, whose vector is known, now that there is more to rank.
    fn rank_again(&mut self) {
        self.rank_again_until(&CancellationToken::new());
    }

    fn rank_again_until(&mut self, cancel: &CancellationToken) {
        let (Some(searcher), Some((question, embed))) = (&mut self.searcher, &self.newest) else { return };
        let Question { ticket, query, options } = question;
        let mut job = Job { cancel, notify: &mut |_| {} };
        let Ok(mut ranking) = searcher.search_by(query, options, &mut job) else { return };
        ranking.timings.embed = *embed;
        self.ranked(*ticket, ranking);
    }

    fn ranked(&mut self, ticket: Ticket, ranking: Ranking) {
        self.ranked_at = (ranking.embedded, Instant::now());
        let Some(searcher) = &self.searcher else { return };
        let (card, spent) = (searcher.card().clone(), searcher.spent());
        self.reply(Reply::Ranked { backend: self.id, ticket, ranking: Arc::new(ranking), card, spent });
    }

    fn fail(&self, message: String) {
        self.reply(Reply::Failed { backend: self.id, message });
    }

    fn reply(&self, reply: Reply) {
        self.replies.send(reply);
    }
}

/// An error with its causes, on one line.
pub(super) fn describe(error: BackendError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

#[cfg(test)]
mod tests;
