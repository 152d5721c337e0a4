//! One thread for one backend: it opens it, embeds the corpus batch by batch, and ranks for queries in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::slot::{EmbedJob, Errand, Question, Readiness, Slot, Task};
use crate::backend::spec::OpenJob;
use crate::backend::{BackendError, Embedder, Job, Location};
use crate::corpus::Corpus;
use crate::engine::{Ranking, Searcher};
use crate::state::{BackendId, Reply, Ticket};
use crate::store::VectorStore;

/// Makes a backend. Called on the worker's thread, and again after it failed.
pub(super) type Open = Box<dyn Fn(&mut OpenJob<'_>) -> Result<Box<dyn Embedder>, BackendError> + Send>;

/// Opens the place where vectors are kept between runs, if they are to be kept. Called on the worker's thread.
pub(super) type OpenStore = Box<dyn Fn() -> anyhow::Result<Option<Box<dyn VectorStore>>> + Send>;

/// A worker and its tasks. Dropping it takes back what it does and lets its thread end.
pub(super) struct Worker {
    slot: Arc<Slot>,
}

impl Worker {
    /// Starts the thread of a backend.
    pub(super) fn spawn(
        id: BackendId,
        (open, open_store): (Open, OpenStore),
        corpus: Arc<Corpus>,
        may_leave: bool,
        replies: UnboundedSender<Reply>,
    ) -> Self {
        let slot = Arc::new(Slot::default());
        let mut work = Work {
            id,
            open,
            open_store,
            corpus,
            may_leave,
            replies,
            slot: Arc::clone(&slot),
            searcher: None,
            newest: None,
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
    open: Open,
    open_store: OpenStore,
    corpus: Arc<Corpus>,
    /// Whether the corpus may leave this machine without a question.
    may_leave: bool,
    replies: UnboundedSender<Reply>,
    slot: Arc<Slot>,
    searcher: Option<Searcher>,
    /// The newest search that was answered, and how long its query took: it is answered anew while the corpus grows.
    newest: Option<(Question, Duration)>,
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
        let Some(searcher) = &self.searcher else { return Readiness { can_search: false, can_embed: false } };
        let progress = searcher.progress();
        Readiness { can_search: progress.done > 0 || progress.is_complete(), can_embed: !progress.is_complete() }
    }

    fn carry_out(&mut self, task: Task) {
        match task {
            Task::Open(cancel) => self.open(&cancel),
            Task::Search(question, cancel) => self.search(question, &cancel),
            Task::Run(errand, cancel) => self.run_errand(errand, &cancel),
            Task::EmbedBatch { allowed, cancel } => self.embed_batch(allowed, &cancel),
        }
        self.tell_trouble();
    }

    fn open(&mut self, cancel: &CancellationToken) {
        // What is there already is kept: only what failed is done again.
        if self.searcher.is_none() {
            let (backend, replies) = (self.id, self.replies.clone());
            let mut progress = |download| drop(replies.send(Reply::Downloading { backend, download }));
            match (self.open)(&mut OpenJob { cancel, progress: &mut progress }) {
                Ok(embedder) => self.take_kept(Searcher::new(embedder, Arc::clone(&self.corpus))),
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

    /// Takes the vectors of the corpus that were kept, before anybody is asked about the rest.
    fn take_kept(&mut self, searcher: Searcher) {
        let mut searcher = match (self.open_store)() {
            Ok(Some(store)) => searcher.with_store(store),
            Ok(None) => searcher,
            Err(error) => {
                self.reply(Reply::StoreTrouble(format!("{error:#}")));
                searcher
            }
        };
        searcher.restore();
        self.searcher = Some(searcher);
    }

    /// Says what is wrong with the place where vectors are kept, once.
    fn tell_trouble(&mut self) {
        if let Some(trouble) = self.searcher.as_mut().and_then(Searcher::take_trouble) {
            self.reply(Reply::StoreTrouble(trouble));
        }
    }

    /// Says what is open, and asks where the corpus would leave this machine unasked.
    fn opened(&self) {
        let Some(searcher) = &self.searcher else { return };
        let leaves_machine = self.must_ask(searcher).then(|| searcher.estimate());
        let (backend, asks) = (self.id, leaves_machine.is_some());
        self.reply(Reply::Opened { backend, card: searcher.card().clone(), leaves_machine });
        let progress = searcher.progress();
        if progress.restored > 0 && !asks {
            self.reply(Reply::Embedded { backend, progress, card: searcher.card().clone(), spent: searcher.spent() });
        }
    }

    fn must_ask(&self, searcher: &Searcher) -> bool {
        searcher.card().location.leaves_machine() && !self.may_leave && !searcher.progress().is_complete()
    }

    fn embed_batch(&mut self, allowed: bool, cancel: &CancellationToken) {
        // A yes is for the whole corpus.
        self.may_leave |= allowed;
        // The screen asks first; that nothing leaves without a yes does not rest on the screen alone.
        if self.searcher.as_ref().is_some_and(|searcher| self.must_ask(searcher)) {
            self.slot.stop_embedding();
            self.opened();
            return;
        }
        let Some(searcher) = &mut self.searcher else { return };
        let (backend, replies) = (self.id, self.replies.clone());
        let mut notify = |retry| drop(replies.send(Reply::Retrying { backend, retry }));
        let embedded = searcher.embed_next(&mut Job { cancel, notify: &mut notify });
        let (card, spent) = (searcher.card().clone(), searcher.spent());
        match embedded {
            Ok(progress) => {
                self.reply(Reply::Embedded { backend, progress, card, spent });
                self.rank_again();
            }
            // The person said so, and goes on or not.
            Err(BackendError::Cancelled) => {}
            Err(error) => {
                self.slot.stop_embedding();
                self.reply(Reply::EmbeddingFailed { backend, message: describe(error) });
            }
        }
    }

    fn search(&mut self, question: Question, cancel: &CancellationToken) {
        let Some(searcher) = &mut self.searcher else { return };
        let (backend, replies) = (self.id, self.replies.clone());
        let mut notify = |retry| drop(replies.send(Reply::Retrying { backend, retry }));
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

    /// Ranks for the newest query again, whose vector is known, now that there is more to rank.
    fn rank_again(&mut self) {
        let (Some(searcher), Some((question, embed))) = (&mut self.searcher, &self.newest) else { return };
        let Question { ticket, query, options } = question;
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        let Ok(mut ranking) = searcher.search_by(query, options, &mut job) else { return };
        ranking.timings.embed = *embed;
        self.ranked(*ticket, ranking);
    }

    fn ranked(&self, ticket: Ticket, ranking: Ranking) {
        let Some(searcher) = &self.searcher else { return };
        let (card, spent) = (searcher.card().clone(), searcher.spent());
        self.reply(Reply::Ranked { backend: self.id, ticket, ranking: Arc::new(ranking), card, spent });
    }

    fn fail(&self, message: String) {
        self.reply(Reply::Failed { backend: self.id, message });
    }

    /// Nobody listens any more when the program ends, which is no error.
    fn reply(&self, reply: Reply) {
        drop(self.replies.send(reply));
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
