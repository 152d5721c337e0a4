//! One thread for the rerankers: it opens them, reranks, and says which words match.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio_util::sync::CancellationToken;

use super::latest::Latest;
use super::outbox::Outbox;
use super::worker::{describe, panic_message};
use crate::backend::spec::OpenJob;
use crate::backend::{BackendError, Job, Reranker};
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::evaluation::{Judged, Plan, System};
use crate::engine::{Lexical, Ranking, Run};
use crate::state::evaluation::Outcome;
use crate::state::pipeline::Matches;
use crate::state::{Edition, Reply, RerankerId, Ticket};

/// Makes a reranker. Called on the thread, and again after it failed.
pub(super) type OpenReranker = Box<dyn Fn(&mut OpenJob<'_>) -> Result<Box<dyn Reranker>, BackendError> + Send>;

/// What there is to do, of each kind the newest alone.
#[derive(Debug, Default)]
struct Tasks {
    corpus: Option<(Edition, Arc<Corpus>)>,
    open: Vec<RerankerId>,
    rerank: Option<(Ticket, RerankerId, Arc<Run>)>,
    words: Option<(RerankerId, String, DocumentIndex)>,
    measure: Option<MeasureJob>,
    sum_up: Option<(Ticket, Plan, Vec<System>)>,
    /// Of the opening that is under way.
    opening: CancellationToken,
    /// Of the reranking that is under way.
    running: CancellationToken,
    /// Of the labelled query that is under way: whatever a person does goes ahead of it.
    measuring: CancellationToken,
}

#[derive(Debug)]
enum Task {
    TakeCorpus(Edition, Arc<Corpus>),
    Open(RerankerId, CancellationToken),
    Rerank(Ticket, RerankerId, Arc<Run>, CancellationToken),
    Words(RerankerId, String, DocumentIndex),
    Measure(MeasureJob, CancellationToken),
    SumUp(Ticket, Plan, Vec<System>),
}

/// A labelled query to take through the stages.
#[derive(Debug)]
pub(super) struct MeasureJob {
    pub(super) ticket: Ticket,
    /// Which of the queries.
    pub(super) number: usize,
    /// Its ranking by the backend, where that is a stage.
    pub(super) dense: Option<Arc<Ranking>>,
    pub(super) plan: Plan,
    pub(super) judged: Arc<Judged>,
    /// Who reranks, if anybody.
    pub(super) reranker: Option<RerankerId>,
}

impl Tasks {
    /// In the order in which a person waits for them.
    fn take(&mut self) -> Option<Task> {
        if let Some((edition, corpus)) = self.corpus.take() {
            return Some(Task::TakeCorpus(edition, corpus));
        }
        if !self.open.is_empty() {
            self.opening = CancellationToken::new();
            return Some(Task::Open(self.open.remove(0), self.opening.clone()));
        }
        if let Some((ticket, reranker, run)) = self.rerank.take() {
            self.running = CancellationToken::new();
            return Some(Task::Rerank(ticket, reranker, run, self.running.clone()));
        }
        if let Some((reranker, query, document)) = self.words.take() {
            return Some(Task::Words(reranker, query, document));
        }
        if let Some(job) = self.measure.take() {
            self.measuring = CancellationToken::new();
            return Some(Task::Measure(job, self.measuring.clone()));
        }
        let (ticket, plan, systems) = self.sum_up.take()?;
        Some(Task::SumUp(ticket, plan, systems))
    }
}

/// The thread and its tasks. Dropping it takes back what it does and lets it end.
pub(super) struct Reranking {
    tasks: Arc<Mutex<Tasks>>,
    /// Filled where there is something among the tasks.
    bell: Arc<Latest<()>>,
}

impl Reranking {
    /// Starts the thread, with a way to open each reranker. None is opened yet.
    pub(super) fn spawn(rerankers: Vec<OpenReranker>, corpus: Arc<Corpus>, replies: Outbox) -> Self {
        let tasks = Arc::new(Mutex::new(Tasks::default()));
        let bell = Arc::new(Latest::default());
        let reranking = Self { tasks: Arc::clone(&tasks), bell: Arc::clone(&bell) };
        let rerankers = rerankers.into_iter().map(|open| (open, None)).collect();
        let mut work = Work { rerankers, corpus, lexical: None, replies };
        thread::spawn(move || {
            while bell.next().is_some() {
                loop {
                    let Some(task) = lock(&tasks).take() else { break };
                    if let Some(given_up) = work.carry_out(task) {
                        // What the person does goes ahead of it; then it is its turn again, unless the corpus is another.
                        let mut tasks = lock(&tasks);
                        if tasks.corpus.is_none() {
                            tasks.measure.get_or_insert(given_up);
                        }
                    }
                }
            }
        });
        reranking
    }

    /// Has everything done over another corpus, ahead of the rest. What was asked for over the one before is taken back.
    pub(super) fn take_corpus(&self, edition: Edition, corpus: Arc<Corpus>) {
        self.fill(|tasks| {
            tasks.running.cancel();
            tasks.measuring.cancel();
            (tasks.rerank, tasks.words, tasks.measure, tasks.sum_up) = (None, None, None, None);
            tasks.corpus = Some((edition, corpus));
        });
    }

    /// Asks for a reranker to be made ready. Never waits, as the rest.
    pub(super) fn open(&self, reranker: RerankerId) {
        self.fill(|tasks| {
            tasks.measuring.cancel();
            tasks.open.push(reranker);
        });
    }

    /// Gives up making a reranker ready: a model may take long to fetch.
    pub(super) fn stop_opening(&self) {
        lock(&self.tasks).opening.cancel();
    }

    /// Asks for a run to be reranked in place of any other.
    pub(super) fn rerank(&self, ticket: Ticket, reranker: RerankerId, run: Arc<Run>) {
        self.fill(|tasks| {
            tasks.running.cancel();
            tasks.measuring.cancel();
            tasks.rerank = Some((ticket, reranker, run));
        });
    }

    /// Takes back the reranking, also one that is being worked on.
    pub(super) fn cancel(&self) {
        let mut tasks = lock(&self.tasks);
        tasks.running.cancel();
        tasks.rerank = None;
    }

    /// Asks which words of a document match a query, in place of any other.
    pub(super) fn match_words(&self, reranker: RerankerId, query: String, document: DocumentIndex) {
        self.fill(|tasks| {
            tasks.measuring.cancel();
            tasks.words = Some((reranker, query, document));
        });
    }

    /// Asks for a labelled query to be taken through the stages, when nothing else is waiting.
    pub(super) fn measure(&self, job: MeasureJob) {
        self.fill(|tasks| tasks.measure = Some(job));
    }

    /// Asks for what all of them come to.
    pub(super) fn sum_up(&self, ticket: Ticket, plan: Plan, systems: Vec<System>) {
        self.fill(|tasks| tasks.sum_up = Some((ticket, plan, systems)));
    }

    fn fill(&self, change: impl FnOnce(&mut Tasks)) {
        change(&mut lock(&self.tasks));
        self.bell.put(());
    }
}

impl Drop for Reranking {
    fn drop(&mut self) {
        let tasks = lock(&self.tasks);
        tasks.opening.cancel();
        tasks.running.cancel();
        tasks.measuring.cancel();
        self.bell.stop();
    }
}

fn lock(tasks: &Mutex<Tasks>) -> MutexGuard<'_, Tasks> {
    tasks.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Work {
    /// How each is opened, and the open one.
    rerankers: Vec<(OpenReranker, Option<Box<dyn Reranker>>)>,
    corpus: Arc<Corpus>,
    /// The words of the corpus, where something was measured.
    lexical: Option<Arc<Lexical>>,
    replies: Outbox,
}

impl Work {
    /// Does a task, and gives it back where it was given up and wants to be done later.
    fn carry_out(&mut self, task: Task) -> Option<MeasureJob> {
        let reranker = match &task {
            Task::Open(reranker, _) | Task::Rerank(_, reranker, ..) | Task::Words(reranker, ..) => Some(*reranker),
            Task::Measure(job, _) => job.reranker,
            Task::TakeCorpus(..) | Task::SumUp(..) => None,
        };
        let measured = match &task {
            Task::Measure(job, _) => Some(job.ticket),
            Task::SumUp(ticket, ..) => Some(*ticket),
            Task::TakeCorpus(..) | Task::Open(..) | Task::Rerank(..) | Task::Words(..) => None,
        };
        // A panic in a reranker is a failure of that reranker, not of the program.
        match catch_unwind(AssertUnwindSafe(|| self.attempt(task))) {
            Ok(given_up) => given_up,
            Err(panic) => {
                let message = format!("the reranker broke: {}", panic_message(&*panic));
                if let Some(ticket) = measured {
                    self.reply(Reply::Measured { ticket, measures: Err(message.clone()) });
                }
                if let Some(reranker) = reranker {
                    self.rerankers[reranker.0].1 = None;
                    self.reply(Reply::RerankerOpened { reranker, opened: Err(message) });
                }
                None
            }
        }
    }

    fn attempt(&mut self, task: Task) -> Option<MeasureJob> {
        match task {
            Task::TakeCorpus(edition, corpus) => {
                self.replies = self.replies.of(edition);
                (self.corpus, self.lexical) = (corpus, None);
            }
            Task::Open(reranker, cancel) => self.open(reranker, &cancel),
            Task::Rerank(ticket, reranker, run, cancel) => self.rerank(ticket, reranker, &run, &cancel),
            Task::Words(reranker, query, document) => self.match_words(reranker, query, document),
            Task::Measure(job, cancel) => return self.measure(job, &cancel),
            Task::SumUp(ticket, plan, systems) => {
                let outcome = Outcome::of(&plan, &systems);
                self.reply(Reply::SummedUp { ticket, outcome });
            }
        }
        None
    }

    fn open(&mut self, reranker: RerankerId, cancel: &CancellationToken) {
        let replies = self.replies.clone();
        let mut progress = |download| replies.send(Reply::RerankerDownloading { reranker, download });
        let (open, opened) = &mut self.rerankers[reranker.0];
        // An evaluation may have opened it meanwhile.
        if let Some(opened) = opened {
            let card = opened.card().clone();
            self.reply(Reply::RerankerOpened { reranker, opened: Ok(card) });
            return;
        }
        let card = match open(&mut OpenJob { cancel, progress: &mut progress }) {
            Ok(made) => {
                let card = made.card().clone();
                *opened = Some(made);
                Ok(card)
            }
            Err(BackendError::Cancelled) => Err("it was stopped; what was fetched so far is kept".into()),
            Err(error) => Err(describe(error)),
        };
        self.reply(Reply::RerankerOpened { reranker, opened: card });
    }

    fn rerank(&mut self, ticket: Ticket, reranker: RerankerId, run: &Run, cancel: &CancellationToken) {
        let Some(opened) = &mut self.rerankers[reranker.0].1 else { return };
        let mut run = run.clone();
        let run = match run.rerank_with(opened.as_mut(), &self.corpus, &Job { cancel, notify: &mut |_| {} }) {
            Ok(()) => Ok(Arc::new(run)),
            // A newer query has taken its place.
            Err(BackendError::Cancelled) => return,
            Err(error) => Err(describe(error)),
        };
        self.reply(Reply::Reranked { ticket, reranker, run });
    }

    /// Too short to be worth a cancel.
    fn match_words(&mut self, reranker: RerankerId, query: String, document: DocumentIndex) {
        let Some(opened) = &mut self.rerankers[reranker.0].1 else { return };
        let words = match opened.word_matches(&query, &self.corpus[document].text, &CancellationToken::new()) {
            Ok(Some(words)) => Ok(Arc::new(words)),
            Ok(None) => Err("this model does not say which words match".into()),
            Err(error) => Err(describe(error)),
        };
        self.reply(Reply::WordsMatched(Matches { reranker, query, document, words }));
    }

    /// Gives the job back where a newer task cancelled it.
    fn measure(&mut self, job: MeasureJob, cancel: &CancellationToken) -> Option<MeasureJob> {
        let folding = job.plan.settings().folding;
        if self.lexical.as_ref().is_none_or(|lexical| lexical.folding() != folding) {
            self.lexical = Some(Arc::new(Lexical::new(&self.corpus, folding)));
        }
        if let Some(reranker) = job.reranker.filter(|reranker| self.rerankers[reranker.0].1.is_none()) {
            self.open(reranker, &CancellationToken::new());
        }
        let Self { rerankers, corpus, lexical, .. } = self;
        let lexical = lexical.as_ref()?;
        let reranker = job.reranker.and_then(|reranker| rerankers[reranker.0].1.as_deref_mut());
        let missing = job.reranker.is_some() && reranker.is_none();
        let query = &job.judged.queries[job.number];
        let ran = if missing {
            Err("the reranker could not be loaded".into())
        } else {
            let words = (corpus.as_ref(), lexical);
            let waits = Job { cancel, notify: &mut |_| {} };
            match job.plan.run(query, job.dense.as_deref(), words, reranker, &waits) {
                Err(BackendError::Cancelled) => return Some(job),
                ran => ran.map_err(describe),
            }
        };
        let measures = ran.map(|run| job.plan.measures(&run, &self.corpus, &query.judgements));
        self.reply(Reply::Measured { ticket: job.ticket, measures });
        None
    }

    fn reply(&self, reply: Reply) {
        self.replies.send(reply);
    }
}

#[cfg(test)]
mod tests;
