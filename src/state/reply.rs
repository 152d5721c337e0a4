//! What workers have to say.

use std::sync::Arc;

use super::effect::Purpose;
use super::evaluation::Outcome;
use super::pipeline::{Matches, RerankerId};
use super::{BackendId, Ticket, Timer};
use crate::backend::hub::Download;
use crate::backend::{ModelCard, RerankerCard, Retry};
use crate::corpus::{Corpus, Selection};
use crate::engine::chart::Overlay;
use crate::engine::index::{GraphState, Neighbours};
use crate::engine::lab::Outcome as LabOutcome;
use crate::engine::searcher::Repeated;
use crate::engine::{Ablation, Chart, Embedded, Estimate, Groups, Progress, Ranking, Recall, Run, Spent, Vectors};
use crate::lesson;
use crate::math::relevance::Measures;

/// What became of a corpus that was to be written to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is written, in so many rows.
    Whole(usize),
    /// There is such a file, which was left as it is.
    Exists,
    /// It could not be; the text says why.
    Failed(String),
}

/// One thing that happened outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// What is to be known of the place where vectors are kept between runs. Everything else goes on.
    StoreTrouble {
        /// Whose vectors they are.
        backend: BackendId,
        /// In words, where a person has to be told of it.
        message: Option<String>,
        /// Whether it has missed something.
        is_behind: bool,
    },
    /// The backend is ready to embed the corpus.
    Opened {
        /// Which backend.
        backend: BackendId,
        /// What it runs.
        card: ModelCard,
        /// What embedding the corpus would take, where the corpus would leave this machine.
        leaves_machine: Option<Estimate>,
    },
    /// The backend is ready to embed what is left of the corpus.
    Resumed {
        /// Which backend.
        backend: BackendId,
        /// What it runs.
        card: ModelCard,
        /// How much of the corpus is embedded.
        progress: Progress,
        /// What embedding the rest would take, where it would leave this machine.
        leaves_machine: Option<Estimate>,
    },
    /// A part of the backend's model was fetched.
    Downloading {
        /// Which backend.
        backend: BackendId,
        /// How much is there.
        download: Download,
    },
    /// The backend cannot be used as it is set up. Nothing was sent.
    NotConfigured {
        /// Which backend.
        backend: BackendId,
        /// What to set.
        message: String,
    },
    /// The backend could not be opened, or broke.
    Failed {
        /// Which backend.
        backend: BackendId,
        /// Why, and what to do.
        message: String,
    },
    /// A batch of the corpus could not be embedded. What was embedded before is kept.
    EmbeddingFailed {
        /// Which backend.
        backend: BackendId,
        /// Why, and what to do.
        message: String,
    },
    /// Another batch of the corpus was embedded.
    Embedded {
        /// Which backend.
        backend: BackendId,
        /// How much of the corpus there is now.
        progress: Progress,
        /// What it runs, as known now.
        card: ModelCard,
        /// What was used so far.
        spent: Spent,
    },
    /// The corpus was ranked for a query.
    Ranked {
        /// Which backend.
        backend: BackendId,
        /// Of the search it answers.
        ticket: Ticket,
        /// The answer.
        ranking: Arc<Ranking>,
        /// What it runs, as known now.
        card: ModelCard,
        /// What was used so far.
        spent: Spent,
    },
    /// A search failed.
    SearchFailed {
        /// Which backend.
        backend: BackendId,
        /// Of the search that failed.
        ticket: Ticket,
        /// Why, and what to do.
        message: String,
    },
    /// The documents that a filter lets through are known, or what is wrong with it.
    Selected {
        /// Of what was asked for.
        ticket: Ticket,
        /// The answer; or what is wrong, and where.
        selection: Result<Arc<Selection>, String>,
    },
    /// A request failed and will be sent again.
    Retrying {
        /// Which backend.
        backend: BackendId,
        /// Why, when, and how often still.
        retry: Retry,
    },
    /// The nearest documents of each document.
    Neighbours {
        /// Which backend.
        backend: BackendId,
        /// The answer.
        neighbours: Arc<Neighbours>,
    },
    /// A query was embedded again and again.
    Repeated {
        /// Which backend.
        backend: BackendId,
        /// How far the vectors differ, or why that could not be found out.
        repeated: Result<Repeated, String>,
        /// What was used so far.
        spent: Spent,
    },
    /// The recall of a way of searching was measured, or could not be.
    RecallMeasured {
        /// Which backend.
        backend: BackendId,
        /// The answer; or why not.
        recall: Result<Recall, String>,
    },
    /// There is more of the HNSW index that a search has asked for, or it is there.
    GraphGrown {
        /// Which backend.
        backend: BackendId,
        /// How far it is.
        graph: GraphState,
    },
    /// The vectors of the documents embedded so far.
    Vectors {
        /// Which backend.
        backend: BackendId,
        /// The answer.
        vectors: Arc<Vectors>,
    },
    /// Texts beside the corpus were embedded, or could not be.
    TextsEmbedded {
        /// Which backend.
        backend: BackendId,
        /// What they are for.
        purpose: Purpose,
        /// Of what was asked for.
        ticket: Ticket,
        /// The answer; or why not.
        embedded: Result<Arc<Embedded>, String>,
        /// What was used so far.
        spent: Spent,
    },
    /// All documents were scored by the query without each of its words.
    Ablated {
        /// Whose vectors these are.
        backend: BackendId,
        /// Of what was asked for.
        ticket: Ticket,
        /// The answer; or why there is none.
        ablation: Result<Arc<Ablation>, String>,
    },
    /// Something that the program does by itself broke; the text says why.
    Broke(String),
    /// An experiment of the lab was run.
    ExperimentRun {
        /// Of the run it answers.
        ticket: Ticket,
        /// The answer.
        outcome: LabOutcome,
    },
    /// The stages up to the fusion have run.
    Piped {
        /// Of the run it answers.
        ticket: Ticket,
        /// The answer.
        run: Arc<Run>,
    },
    /// A reranker can be used, or cannot be.
    RerankerOpened {
        /// Which reranker.
        reranker: RerankerId,
        /// What it runs; or why not.
        opened: Result<RerankerCard, String>,
    },
    /// A part of a reranker's model was fetched.
    RerankerDownloading {
        /// Which reranker.
        reranker: RerankerId,
        /// How much is there.
        download: Download,
    },
    /// The best of a run were reranked, or could not be.
    Reranked {
        /// Of the run it answers.
        ticket: Ticket,
        /// By whom.
        reranker: RerankerId,
        /// The same run with its last stage; or why not.
        run: Result<Arc<Run>, String>,
    },
    /// Which words match.
    WordsMatched(Matches),
    /// The corpus was ranked for a labelled query, or could not be.
    LabelledRanked {
        /// With which backend.
        backend: BackendId,
        /// Of the evaluation.
        ticket: Ticket,
        /// The answer; or why not.
        ranking: Result<Arc<Ranking>, String>,
        /// What was used so far.
        spent: Spent,
    },
    /// The stages were measured on a labelled query, or could not be.
    Measured {
        /// Of the evaluation.
        ticket: Ticket,
        /// Of each stage; or why not.
        measures: Result<Vec<Measures>, String>,
    },
    /// Means, intervals and differences.
    SummedUp {
        /// Of the evaluation.
        ticket: Ticket,
        /// The answer.
        outcome: Outcome,
    },
    /// A corpus is being laid flat.
    Projecting {
        /// As which backend sees it.
        backend: BackendId,
        /// Of what was asked for.
        ticket: Ticket,
        /// How many epochs are done.
        epochs: usize,
        /// The map so far.
        chart: Arc<Chart>,
    },
    /// A corpus was laid flat, or could not be.
    Projected {
        /// As which backend sees it.
        backend: BackendId,
        /// Of what was asked for.
        ticket: Ticket,
        /// The map; or why there is none.
        chart: Result<Arc<Chart>, String>,
    },
    /// A second map was laid over the first.
    Overlaid(Arc<Overlay>),
    /// Documents were grouped by where their vectors point.
    Clustered {
        /// As which backend sees them.
        backend: BackendId,
        /// The answer.
        groups: Arc<Groups>,
    },
    /// Finished steps of lessons were kept, with those that were before, and perhaps something to tell of that; or could
    /// not be.
    ProgressKept(Result<(lesson::Progress, Option<String>), String>),
    /// Another corpus was read, or could not be.
    CorpusRead(Result<Arc<Corpus>, String>),
    /// A corpus was written to a file, or was not.
    CorpusWritten(Written),
    /// The name of a file was completed.
    NameCompleted {
        /// What was to be completed.
        name: String,
        /// As far as there is one way to go on.
        completed: String,
        /// The names that begin so, where there are several.
        others: Vec<String>,
    },
    /// A file was written, or could not be.
    Saved(Result<String, String>),
    /// A timer that was started has elapsed.
    TimerElapsed(Timer),
}

impl Reply {
    /// Whether it is about the corpus that its sender worked with, so that over another one it means nothing: it holds
    /// numbers of documents, or how much of the corpus is done.
    #[must_use]
    pub fn is_about_corpus(&self) -> bool {
        match self {
            Self::Opened { .. }
            | Self::Resumed { .. }
            | Self::EmbeddingFailed { .. }
            | Self::Embedded { .. }
            | Self::Ranked { .. }
            | Self::SearchFailed { .. }
            | Self::Neighbours { .. }
            | Self::Vectors { .. }
            | Self::Ablated { .. }
            | Self::ExperimentRun { .. }
            | Self::Piped { .. }
            | Self::Reranked { .. }
            | Self::WordsMatched(_)
            | Self::LabelledRanked { .. }
            | Self::Measured { .. }
            | Self::SummedUp { .. }
            | Self::Projecting { .. }
            | Self::Projected { .. }
            | Self::Overlaid(_)
            | Self::Clustered { .. }
            | Self::RecallMeasured { .. }
            | Self::GraphGrown { .. }
            | Self::Selected { .. } => true,
            Self::Downloading { .. }
            | Self::NotConfigured { .. }
            | Self::Failed { .. }
            | Self::Retrying { .. }
            | Self::Repeated { .. }
            | Self::TextsEmbedded { .. }
            | Self::Broke(_)
            | Self::StoreTrouble { .. }
            | Self::RerankerOpened { .. }
            | Self::RerankerDownloading { .. }
            | Self::CorpusRead(_)
            | Self::CorpusWritten(_)
            | Self::NameCompleted { .. }
            | Self::ProgressKept(_)
            | Self::Saved(_)
            | Self::TimerElapsed(_) => false,
        }
    }
}
