//! The tasks of one worker: a query goes ahead of the corpus, and a newer query takes the place of an older one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::backend::Role;
use crate::corpus::Corpus;
use crate::engine::{Method, SearchOptions};
use crate::state::effect::{Origin, Purpose};
use crate::state::{Edition, Ticket};

/// What a worker does next.
#[derive(Debug)]
pub(super) enum Task {
    /// Go on with another corpus.
    TakeCorpus(NewCorpus),
    /// Make the backend ready, unless the token says that it is not wanted any more.
    Open(CancellationToken),
    /// Rank the corpus for a query, unless the token says that nobody waits any more.
    Search(Question, CancellationToken),
    /// Do what was asked for by hand, unless the token says that nobody waits any more.
    Run(Errand, CancellationToken),
    /// Embed one more batch of the corpus, unless the token says that it is not wanted any more.
    EmbedBatch {
        /// Whether the person has let the corpus leave this machine.
        allowed: bool,
        /// Cancelled when the person stops the embedding, and at the end of the program.
        cancel: CancellationToken,
    },
    /// Do some of what the next searches are better for, unless the token says that there is something else to do.
    Prepare(CancellationToken),
}

/// A corpus in the place of the one before.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NewCorpus {
    /// Comes with every reply from then on.
    pub(super) edition: Edition,
    pub(super) corpus: Arc<Corpus>,
    pub(super) origin: Origin,
}

/// A query to rank by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) ticket: Ticket,
    pub(super) query: String,
    pub(super) options: SearchOptions,
}

/// Something asked for by hand, done when there is no query to rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Errand {
    /// Find the nearest documents of each, so many of them.
    Neighbours(usize),
    /// Embed a query again and again.
    Repeat(String),
    /// Rank the corpus for a labelled query.
    Rank(Ticket, String),
    /// Rank for the newest query again, as there is another way now.
    RankAgain,
    /// Measure how many of so many best a way of searching finds, on documents and a query.
    MeasureRecall(Method, usize, String),
    /// Give out the vectors of the documents.
    Vectors,
    /// Embed texts that are not of the corpus. Of each purpose only the newest is done.
    Embed(EmbedJob),
}

/// Texts to embed, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EmbedJob {
    pub(super) purpose: Purpose,
    pub(super) ticket: Ticket,
    pub(super) role: Role,
    pub(super) texts: Vec<String>,
}

impl Errand {
    /// Whether one of them, the newer, stands for both.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Embed(newer), Self::Embed(older)) => newer.purpose == older.purpose,
            (Self::MeasureRecall(..), Self::MeasureRecall(..)) => true,
            _ => self == other,
        }
    }
}

/// How far a worker is, on which depends what it can do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Readiness {
    /// Whether there is anything to rank, or never will be.
    pub(super) can_search: bool,
    /// Whether a part of the corpus is still to be embedded.
    pub(super) can_embed: bool,
    /// Whether there is something to do that searches are better for.
    pub(super) can_prepare: bool,
}

/// Shared between the screen, which fills it and never waits, and one worker, which empties it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    tasks: Mutex<Tasks>,
    filled: Condvar,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a task of its own, or not")]
struct Tasks {
    corpus: Option<NewCorpus>,
    open: bool,
    /// Of the opening that is under way.
    opening: CancellationToken,
    embed: bool,
    allowed: bool,
    /// Of the batch that is being worked on.
    embedding: CancellationToken,
    search: Option<Question>,
    errands: VecDeque<Errand>,
    /// Of the search that is being worked on.
    running: CancellationToken,
    /// Of what is done while there is nothing else to do.
    preparing: CancellationToken,
    stop: bool,
}

impl Slot {
    /// Has the worker go on with another corpus, ahead of everything else. What was asked for over the one before is
    /// taken back; a yes for another corpus is none for this one.
    pub(super) fn take_corpus(&self, mut new: NewCorpus) {
        self.fill(|tasks| {
            tasks.running.cancel();
            tasks.embedding.cancel();
            tasks.search = None;
            tasks.errands.clear();
            // An edit of one that the worker has not seen yet.
            if tasks.corpus.as_ref().is_some_and(|waiting| waiting.origin == Origin::Opened) {
                new.origin = Origin::Opened;
            }
            if new.origin == Origin::Opened {
                (tasks.allowed, tasks.embed) = (false, false);
            }
            tasks.corpus = Some(new);
        });
    }

    /// Asks for the backend to be made ready.
    pub(super) fn open(&self) {
        self.fill(|tasks| tasks.open = true);
    }

    /// Gives up making the backend ready: a model may take long to fetch.
    pub(super) fn stop_opening(&self) {
        let mut tasks = self.lock();
        tasks.open = false;
        tasks.opening.cancel();
    }

    /// Lets the corpus leave this machine.
    pub(super) fn allow(&self) {
        self.lock().allowed = true;
    }

    /// Asks for the corpus to be embedded, from where it stopped.
    pub(super) fn embed(&self) {
        self.fill(|tasks| tasks.embed = true);
    }

    /// Asks for a search in place of any other.
    pub(super) fn search(&self, question: Question) {
        self.fill(|tasks| {
            tasks.running.cancel();
            tasks.search = Some(question);
        });
    }

    /// Asks for something by hand; what is asked for already is not done twice.
    pub(super) fn run(&self, errand: Errand) {
        self.fill(|tasks| match tasks.errands.iter_mut().find(|waiting| errand.replaces(waiting)) {
            Some(waiting) => *waiting = errand,
            None => tasks.errands.push_back(errand),
        });
    }

    /// Puts back what was given up for a query, unless something newer stands in its place.
    pub(super) fn put_back(&self, errand: Errand) {
        self.fill(|tasks| {
            // Over another corpus it is for nobody.
            if tasks.corpus.is_none() && !tasks.errands.iter().any(|waiting| waiting.replaces(&errand)) {
                tasks.errands.push_front(errand);
            }
        });
    }

    /// Takes back the search, also one that is being worked on.
    pub(super) fn cancel_search(&self) {
        self.fill(|tasks| {
            tasks.running.cancel();
            tasks.search = None;
        });
    }

    /// Takes back everything and lets the worker end.
    pub(super) fn stop(&self) {
        self.fill(|tasks| {
            tasks.running.cancel();
            tasks.embedding.cancel();
            tasks.opening.cancel();
            tasks.stop = true;
        });
    }

    /// No more of the corpus is to be embedded for now; a batch that is being worked on is given up.
    pub(super) fn stop_embedding(&self) {
        let mut tasks = self.lock();
        tasks.embed = false;
        tasks.embedding.cancel();
    }

    /// Waits for the next task; `None` when the worker is to end.
    pub(super) fn next(&self, readiness: Readiness) -> Option<Task> {
        let mut tasks = self.lock();
        loop {
            if tasks.stop {
                return None;
            }
            if let Some(new) = tasks.corpus.take() {
                return Some(Task::TakeCorpus(new));
            }
            if std::mem::take(&mut tasks.open) {
                tasks.opening = CancellationToken::new();
                return Some(Task::Open(tasks.opening.clone()));
            }
            if readiness.can_search
                && let Some(question) = tasks.search.take()
            {
                tasks.running = CancellationToken::new();
                return Some(Task::Search(question, tasks.running.clone()));
            }
            if readiness.can_search
                && let Some(errand) = tasks.errands.pop_front()
            {
                // A query takes its place, as it takes that of a search.
                tasks.running = CancellationToken::new();
                return Some(Task::Run(errand, tasks.running.clone()));
            }
            if readiness.can_embed && tasks.embed {
                tasks.embedding = CancellationToken::new();
                return Some(Task::EmbedBatch { allowed: tasks.allowed, cancel: tasks.embedding.clone() });
            }
            if readiness.can_prepare {
                tasks.preparing = CancellationToken::new();
                return Some(Task::Prepare(tasks.preparing.clone()));
            }
            tasks = self.filled.wait(tasks).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fill(&self, change: impl FnOnce(&mut Tasks)) {
        let mut tasks = self.lock();
        tasks.preparing.cancel();
        change(&mut tasks);
        drop(tasks);
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Readiness = Readiness { can_search: true, can_embed: true, can_prepare: true };

    fn search(slot: &Slot, query: &str) {
        slot.search(Question { ticket: Ticket::default(), query: query.into(), options: SearchOptions::default() });
    }

    #[test]
    fn a_query_goes_ahead_of_the_corpus_and_the_newest_wins() {
        let slot = Slot::default();
        slot.embed();
        search(&slot, "old");
        search(&slot, "new");
        assert!(matches!(slot.next(READY), Some(Task::Search(question, _)) if question.query == "new"));
        assert!(matches!(slot.next(READY), Some(Task::EmbedBatch { allowed: false, .. })));
        slot.stop_embedding();
        let Some(Task::Prepare(cancel)) = slot.next(READY) else { unreachable!("there is nothing else to do") };
        assert!(!cancel.is_cancelled());
        slot.run(Errand::Vectors);
        assert!(cancel.is_cancelled());
    }

    #[test]
    fn a_batch_is_given_up_when_the_embedding_is_stopped_and_when_the_worker_ends() {
        let slot = Slot::default();
        slot.allow();
        for give_up in [Slot::stop_embedding, Slot::stop] {
            slot.embed();
            let Some(Task::EmbedBatch { allowed: true, cancel }) = slot.next(READY) else {
                unreachable!("a batch is there")
            };
            assert!(!cancel.is_cancelled());
            give_up(&slot);
            assert!(cancel.is_cancelled());
        }
    }

    #[test]
    fn what_is_asked_for_by_hand_waits_for_the_query_and_is_done_once() {
        let slot = Slot::default();
        slot.run(Errand::Neighbours(10));
        slot.run(Errand::Neighbours(10));
        search(&slot, "first");
        slot.embed();
        assert!(matches!(slot.next(READY), Some(Task::Search(..))));
        assert!(matches!(slot.next(READY), Some(Task::Run(Errand::Neighbours(10), _))));
        assert!(matches!(slot.next(READY), Some(Task::EmbedBatch { .. })));
    }

    #[test]
    fn of_texts_for_one_purpose_only_the_newest_are_embedded_and_never_what_was_put_back() {
        let slot = Slot::default();
        let texts = |purpose, text: &str| {
            let (ticket, role, texts) = (Ticket::default(), Role::Query, vec![text.to_owned()]);
            Errand::Embed(EmbedJob { purpose, ticket, role, texts })
        };
        slot.run(texts(Purpose::Words, "old"));
        slot.run(texts(Purpose::Axes, "other"));
        slot.run(texts(Purpose::Words, "new"));
        slot.put_back(texts(Purpose::Words, "older still"));
        let next = || match slot.next(READY) {
            Some(Task::Run(Errand::Embed(job), _)) => job.texts[0].clone(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!([next(), next()], ["new", "other"]);
        slot.put_back(texts(Purpose::Words, "given up"));
        slot.embed();
        assert!(matches!(slot.next(READY), Some(Task::Run(Errand::Embed(_), _))));
        assert!(matches!(slot.next(READY), Some(Task::EmbedBatch { .. })));
    }

    #[test]
    fn a_newer_query_cancels_the_one_that_is_worked_on() {
        let slot = Slot::default();
        search(&slot, "old");
        let Some(Task::Search(_, cancel)) = slot.next(READY) else { unreachable!("a search is there") };
        assert!(!cancel.is_cancelled());
        search(&slot, "new");
        assert!(cancel.is_cancelled());
    }

    #[test]
    fn a_query_waits_until_there_is_something_to_rank() {
        let slot = Slot::default();
        search(&slot, "early");
        slot.embed();
        let empty = Readiness { can_search: false, can_embed: true, can_prepare: false };
        assert!(matches!(slot.next(empty), Some(Task::EmbedBatch { .. })));
        assert!(matches!(slot.next(READY), Some(Task::Search(..))));
    }

    #[test]
    fn what_was_taken_back_is_not_done() {
        let slot = Slot::default();
        search(&slot, "unwanted");
        slot.embed();
        slot.cancel_search();
        slot.stop_embedding();
        slot.open();
        assert!(matches!(slot.next(READY), Some(Task::Open(_))));
        slot.stop();
        assert!(slot.next(READY).is_none());
    }
}
