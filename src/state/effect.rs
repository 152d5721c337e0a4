//! What has to be done outside of the state.

use std::sync::Arc;
use std::time::Duration;

use super::pipeline::RerankerId;
use super::{BackendId, Edition, Ticket};
use crate::backend::Role;
use crate::corpus::{Corpus, DocumentIndex, Selection};
use crate::engine::chart::Recipe;
use crate::engine::evaluation::{Judged, Plan, System};
use crate::engine::lab::Job;
use crate::engine::pipeline::Settings;
use crate::engine::{Chart, Embedded, Method, Ranking, Run, SearchOptions, Vectors};
use crate::lesson::Progress;

/// Work that [`State::act`](super::State::act) and [`State::receive`](super::State::receive) ask for. Plain data: only workers act on it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Go on with another corpus. What was asked for over the one before is taken back.
    TakeCorpus {
        /// Comes back with every reply that is about it.
        edition: Edition,
        /// The corpus.
        corpus: Arc<Corpus>,
        /// How it came to be.
        origin: Origin,
    },
    /// Read the corpus of a file as the person names it, or the bundled one. A newer one takes the place of an older one.
    ReadCorpus(Option<String>),
    /// Write a corpus to a file, in the format that its ending says.
    WriteCorpus {
        /// The file as the person names it.
        name: String,
        /// Whether it may take the place of a file that is there.
        replace: bool,
        /// What to write.
        corpus: Arc<Corpus>,
    },
    /// Complete the name of a file as far as there is one way to go on.
    CompleteName(String),
    /// Make the backend ready to embed; nothing leaves the machine yet.
    Open(BackendId),
    /// Give up making the backend ready.
    StopOpening(BackendId),
    /// The person lets the corpus leave this machine for the backend.
    AllowCorpus(BackendId),
    /// Embed the corpus with an open backend, from where it stopped.
    EmbedCorpus(BackendId),
    /// Embed no more of the corpus, and give up the batch that is on its way.
    StopEmbedding(BackendId),
    /// Rank the corpus for a query. A newer search of the same backend takes the place of an older one.
    Search {
        /// With which backend.
        backend: BackendId,
        /// Comes back with the answer.
        ticket: Ticket,
        /// What to rank by.
        query: String,
        /// By what way, and which documents.
        options: SearchOptions,
    },
    /// Nobody waits any more for the backend's search.
    CancelSearch(BackendId),
    /// Find the documents that a filter lets through. A newer filter takes the place of an older one.
    Select {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The filter as it is written; not blank.
        filter: String,
        /// Whose documents.
        corpus: Arc<Corpus>,
    },
    /// Send [`Reply::TimerElapsed`](super::Reply::TimerElapsed) after a while.
    StartTimer {
        /// Comes back.
        timer: Timer,
        /// How long to wait.
        after: Duration,
    },
    /// Find the nearest documents of each document, so many of them.
    FindNeighbours(BackendId, usize),
    /// Embed a query again and again.
    Repeat(BackendId, String),
    /// Measure how much of what the exact search finds another way finds as well.
    MeasureRecall {
        /// With which backend.
        backend: BackendId,
        /// By what way.
        method: Method,
        /// Of how many of the best.
        k: usize,
        /// The query on the screen, which is measured beside documents of the corpus.
        query: String,
    },
    /// Give out the vectors of the documents embedded so far.
    ShareVectors(BackendId),
    /// Keep these finished steps of lessons, beside those that are kept already.
    KeepProgress(Progress),
    /// Embed texts that are not of the corpus, when no query is waiting. Of each purpose only the newest is done.
    EmbedTexts {
        /// With which backend.
        backend: BackendId,
        /// What they are for.
        purpose: Purpose,
        /// Comes back with the answer.
        ticket: Ticket,
        /// Whether they are embedded as queries or as documents.
        role: Role,
        /// The texts.
        texts: Vec<String>,
    },
    /// Score all documents by the query without each of its words. A newer one takes the place of an older one.
    Ablate {
        /// Whose vectors these are.
        backend: BackendId,
        /// Comes back with the answer.
        ticket: Ticket,
        /// The ranking with all words.
        ranking: Arc<Ranking>,
        /// The vectors of what is left without each word.
        rests: Arc<Embedded>,
        /// The vectors of the documents.
        vectors: Arc<Vectors>,
        /// The documents among which it is ranked; `None` for all.
        selection: Option<Arc<Selection>>,
    },
    /// Run an experiment of the lab. A newer one takes the place of an older one.
    RunExperiment {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Which, with all that it takes.
        job: Job,
    },
    /// Run the stages of the pipeline up to the fusion. A newer run takes the place of an older one.
    RunPipeline {
        /// Comes back with the answer.
        ticket: Ticket,
        /// What to rank by.
        query: String,
        /// The ranking of the dense stage, if it is there.
        dense: Option<Arc<Ranking>>,
        /// The documents to rank, which are those of `dense`; `None` for all.
        selection: Option<Arc<Selection>>,
        /// What the stages are told.
        settings: Settings,
    },
    /// Make a reranker ready, which may have to be fetched.
    OpenReranker(RerankerId),
    /// Give up making a reranker ready.
    StopOpeningReranker,
    /// Rerank the best of a run. A newer one takes the place of an older one.
    Rerank {
        /// Comes back with the answer.
        ticket: Ticket,
        /// By whom.
        reranker: RerankerId,
        /// What to rerank.
        run: Arc<Run>,
    },
    /// Nobody waits any more for the reranking.
    CancelRerank,
    /// Find out which words match. A newer one takes the place of an older one.
    MatchWords {
        /// By whose token vectors.
        reranker: RerankerId,
        /// The one text.
        query: String,
        /// The other.
        document: DocumentIndex,
    },
    /// Rank the corpus for a labelled query, when no other is waiting.
    RankLabelled {
        /// With which backend.
        backend: BackendId,
        /// Comes back with the answer.
        ticket: Ticket,
        /// What to rank by.
        query: String,
    },
    /// Take a labelled query through the stages and measure them, when nothing else is waiting.
    Measure {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Which of the queries.
        number: usize,
        /// Its ranking by the backend, where that is a stage.
        dense: Option<Arc<Ranking>>,
        /// Which stages.
        plan: Plan,
        /// The queries.
        judged: Arc<Judged>,
        /// Who reranks, if anybody.
        reranker: Option<RerankerId>,
    },
    /// Work out means, intervals and differences.
    SumUp {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Which stages.
        plan: Plan,
        /// What was measured of each.
        systems: Vec<System>,
    },
    /// Lay a corpus flat. A newer projection of the same backend takes the place of an older one.
    Project {
        /// As which backend sees it.
        backend: BackendId,
        /// Comes back with the answer.
        ticket: Ticket,
        /// The vectors of its documents.
        vectors: Arc<Vectors>,
        /// How.
        recipe: Recipe,
    },
    /// Nobody waits any more for the backend's projection.
    StopProjecting(BackendId),
    /// Lay one map over another. A newer pair takes the place of an older one.
    Overlay {
        /// The map that is laid over the other.
        moving: Arc<Chart>,
        /// The one that it is laid over.
        fixed: Arc<Chart>,
    },
    /// Group documents by where their vectors point.
    FindClusters {
        /// As which backend sees them.
        backend: BackendId,
        /// Their vectors.
        vectors: Arc<Vectors>,
    },
    /// Write a new file, in the current folder, with a name that begins like this.
    Save {
        /// The beginning of the name, and its ending.
        name: (&'static str, &'static str),
        /// What to write.
        content: String,
    },
    /// Give a text to the terminal's clipboard.
    Copy(String),
    /// Draw everything anew, also what seems unchanged.
    Redraw,
    /// Give the terminal back and stop until the person goes on.
    Suspend,
    /// End the program.
    Quit,
}

/// How a corpus came in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The person opened it: what was allowed of the one before does not go for it.
    Opened,
    /// The person changed the one before.
    Edited,
}

/// What texts beside the corpus are embedded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The query with one word left out, for each word.
    Words,
    /// The phrases between which axes of the map lie.
    Axes,
    /// What the experiment in the lab needs.
    Lab,
}

/// What a timer was started for. One that no longer fits the state when it elapses does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The person may have stopped typing: send the query with this ticket.
    TypingPause(BackendId, Ticket),
    /// The person has looked at the ranking with this ticket for a while.
    Settled(BackendId, Ticket),
}
