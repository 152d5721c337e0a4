//! One backend as the screen knows it.

use std::sync::Arc;
use std::time::Duration;

use super::{Pace, Ticket};
use crate::backend::hub::Download;
use crate::backend::spec::Description;
use crate::backend::{Location, ModelCard, Retry, beyond_this_machine};
use crate::engine::index::{GraphState, Neighbours};
use crate::engine::searcher::Repeated;
use crate::engine::{Estimate, Progress, Ranking, Recall, SearchOptions, Spent, Vectors};

/// The number of a backend in [`State::panels`](super::State::panels).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(pub usize);

/// What is known of a place that is of one corpus before it is opened, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreCard {
    /// What to call it, and where it is.
    pub name: String,
    /// Where what is kept there goes.
    pub location: Location,
    /// Whether a change of the corpus is kept there as soon as it is made, so that nothing is left to save.
    pub keeps_changes: bool,
}

/// One backend: how far it is, and the newest that it said.
#[derive(Debug, Clone)]
pub struct Panel {
    /// What to call it in one or two words.
    pub label: String,
    /// How long to wait after a key before a query is sent. Zero where a query costs nothing.
    pub typing_pause: Duration,
    /// How far it is.
    pub phase: Phase,
    /// What is known of it before it is open.
    pub description: Option<Description>,
    /// A place of its own for the vectors of the corpus; `None` for the cache.
    pub store: Option<StoreCard>,
    /// What it runs, once it is open.
    pub card: Option<ModelCard>,
    /// The newest ranking, which may be that of an older query.
    pub ranking: Option<Arc<Ranking>>,
    /// By what way that ranking was made, and of which documents.
    pub ranked_with: SearchOptions,
    /// How far the newest search is.
    pub search: Search,
    /// By what way it searches, and which documents.
    pub(super) asked_with: SearchOptions,
    /// The wait that is going on before another try.
    pub retry: Option<Retry>,
    /// What it has used in this run.
    pub spent: Spent,
    /// How fast it embeds the corpus.
    pub pace: Pace,
    /// How long each query took that was embedded and not known.
    pub query_times: Vec<Duration>,
    /// The search whose time was noted last: one that is answered anew took no longer for it.
    pub(super) last_timed: Option<Ticket>,
    /// How much its vectors vary, where the person had it tried.
    pub repeated: Option<Result<Repeated, String>>,
    /// The recall of its way of searching, where the person had it measured.
    pub recall: Option<Result<Recall, String>>,
    /// How far the HNSW index is.
    pub graph: GraphState,
    /// The nearest documents of each document, where they were asked for.
    pub neighbours: Option<Arc<Neighbours>>,
    /// The vectors of its documents, where something on the screen computes with them.
    pub vectors: Option<Arc<Vectors>>,
    /// How many documents were embedded when vectors were asked for last.
    pub(super) vectors_asked: usize,
    /// Whether it was given another corpus and has not said yet how much of that it knows.
    pub(super) takes_corpus: bool,
    /// Of the newest search; answers to any other are dropped.
    pub(super) ticket: Ticket,
}

/// How far a backend is.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Nobody has asked for it yet.
    Closed,
    /// It is being made ready.
    Opening,
    /// Its model is being fetched.
    Downloading(Download),
    /// It waits for leave to send the corpus away.
    AwaitingConsent(Estimate),
    /// It embeds the corpus.
    Embedding(Progress),
    /// It embeds no more of the corpus for now; what there is can be searched.
    Stopped {
        /// How much there is.
        progress: Progress,
        /// What went wrong; `None` where the person stopped it.
        reason: Option<String>,
    },
    /// Every document is embedded.
    Ready,
    /// A setting is missing; the text says which.
    NotConfigured(String),
    /// Something went wrong; the text says what.
    Failed(String),
}

/// How far the newest search of a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// There is none, or it was answered.
    Idle,
    /// It waits for the person to stop typing.
    Paused,
    /// It is on its way.
    Running,
    /// It failed; the text says why.
    Failed(String),
}

impl Panel {
    /// A backend that nobody has asked for yet.
    #[must_use]
    pub fn new(label: impl Into<String>, typing_pause: Duration) -> Self {
        Self {
            label: label.into(),
            typing_pause,
            phase: Phase::Closed,
            description: None,
            store: None,
            card: None,
            ranking: None,
            ranked_with: SearchOptions::default(),
            search: Search::Idle,
            asked_with: SearchOptions::default(),
            retry: None,
            spent: Spent::default(),
            pace: Pace::default(),
            query_times: Vec::new(),
            last_timed: None,
            repeated: None,
            recall: None,
            graph: GraphState::default(),
            neighbours: None,
            vectors: None,
            vectors_asked: 0,
            takes_corpus: false,
            ticket: Ticket::default(),
        }
    }

    /// With what is known of it before it is open.
    #[must_use]
    pub fn described(mut self, description: Description) -> Self {
        self.description = Some(description);
        self
    }

    /// With a place of its own for the vectors of the corpus.
    #[must_use]
    pub fn kept_in(mut self, store: Option<StoreCard>) -> Self {
        self.store = store;
        self
    }

    /// Where the texts of the corpus go, for their vectors or to be kept, as far as that is not this machine.
    #[must_use]
    pub fn receivers(&self) -> Vec<Location> {
        let embeds = self.card.as_ref().map(|card| card.location.clone());
        let keeps = self.store.as_ref().map(|store| store.location.clone());
        beyond_this_machine(embeds.into_iter().chain(keeps))
    }

    /// How many documents are embedded, once no more are on their way; `None` before.
    #[must_use]
    pub fn settled_documents(&self, corpus: usize) -> Option<usize> {
        match &self.phase {
            _ if self.takes_corpus => None,
            Phase::Ready => Some(corpus),
            Phase::Stopped { progress, .. } => Some(progress.done),
            _ => None,
        }
        .filter(|&documents| documents > 0)
    }

    /// Whether a query can be sent to it, now or as soon as the first documents are embedded.
    #[must_use]
    pub fn takes_queries(&self) -> bool {
        match &self.phase {
            Phase::Opening | Phase::Downloading(_) | Phase::Embedding(_) | Phase::Ready => true,
            Phase::Stopped { progress, .. } => progress.done > 0,
            Phase::Closed | Phase::AwaitingConsent(_) | Phase::NotConfigured(_) | Phase::Failed(_) => false,
        }
    }
}
