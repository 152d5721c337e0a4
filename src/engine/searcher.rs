//! One backend over one corpus: embeds the corpus batch by batch, and ranks it for queries.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use lru::LruCache;
use ndarray::Array1;

use super::index::{GraphKeeping, GraphState, Index, Neighbours};
use super::search::Method;
use super::vectors::{MOST_VECTORS, Vectors};
use crate::backend::{BackendError, Embedder, Job, ModelCard, Role, TextInfo, UnitBatch, Usage};
use crate::corpus::{Corpus, DocumentIndex, change};

mod asking;
mod given;
mod keeping;
mod recall;

use keeping::Keeping;
use recall::Measuring;
pub use recall::Recall;

/// How much of a corpus is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Documents embedded so far, in this run or before.
    pub done: usize,
    /// Those of them whose vectors were kept from before.
    pub restored: usize,
    /// Documents in the corpus.
    pub total: usize,
}

impl Progress {
    /// Whether nothing is left to embed.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.done == self.total
    }
}

/// What embedding texts would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How many texts would be sent.
    pub texts: usize,
    /// How many tokens they have.
    pub tokens: usize,
    /// Whether the number of tokens is an estimate.
    pub estimated: bool,
    /// What that costs in US dollars; `None` where the model's price is not known.
    pub usd: Option<f64>,
}

impl Estimate {
    /// What embedding `texts` with `embedder` would take.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a price")]
    pub fn of(embedder: &dyn Embedder, texts: &[&str]) -> Self {
        let counts = embedder.count(texts, Role::Document);
        let tokens = counts.iter().map(|count| count.used).sum();
        Self {
            texts: counts.len(),
            tokens,
            estimated: counts.iter().any(|count| count.estimated),
            usd: embedder.card().usd_per_million_tokens.map(|price| price * tokens as f64 / 1e6),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            texts: self.texts + other.texts,
            tokens: self.tokens + other.tokens,
            estimated: self.estimated || other.estimated,
            usd: self.usd.zip(other.usd).map(|(a, b)| a + b),
        }
    }
}

/// Of how many texts beside the corpus vectors are kept at the most: at 384 dimensions they take 6 MB.
const MOST_KNOWN: NonZeroUsize = NonZeroUsize::new(4_096).expect("above 0");

/// The unit vector of a text, and what is known of it besides.
type Known = (Arc<Array1<f32>>, TextInfo);

/// The numbers of documents that have the same text.
type Alike = Vec<usize>;

/// Texts that are embedded together.
type Batch = Vec<Alike>;

/// A corpus as one backend sees it.
pub struct Searcher {
    embedder: Box<dyn Embedder>,
    corpus: Arc<Corpus>,
    index: Index,
    /// What is still to be embedded. `None` until the corpus was planned.
    pending: Option<VecDeque<Batch>>,
    /// The numbers of documents that are embedded before all others, ascending: somebody has just written them.
    urgent: Vec<usize>,
    /// Vectors of texts beside the corpus, so that none is paid for or waited for twice in a while: the one that was not
    /// asked for the longest makes room.
    known: LruCache<(Role, String), Known>,
    spent: Spent,
    /// The recall that is being measured.
    measuring: Measuring,
    /// Where vectors are kept between runs, if anywhere.
    keeping: Option<Keeping>,
    /// Whether all vectors that came with the corpus have length 1, if some came.
    given_unit: Option<bool>,
}

/// What a backend has used in this run, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spent {
    /// For the corpus.
    pub corpus: Usage,
    /// For queries, and whatever else was asked for by hand.
    pub queries: Usage,
    /// How long embedding the corpus has taken so far.
    pub corpus_time: Duration,
}

impl Spent {
    /// For everything together.
    #[must_use]
    pub fn total(self) -> Usage {
        self.corpus.plus(self.queries)
    }
}

/// How much vectors of one text differ when it is embedded again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeated {
    /// How often it was embedded.
    pub times: usize,
    /// The largest difference between two numbers at the same place.
    pub largest: f32,
}

impl Searcher {
    /// A searcher with nothing embedded yet.
    #[must_use]
    pub fn new(embedder: Box<dyn Embedder>, corpus: Arc<Corpus>) -> Self {
        Self {
            embedder,
            corpus,
            index: Index::default(),
            pending: None,
            urgent: Vec::new(),
            known: LruCache::new(MOST_KNOWN),
            spent: Spent::default(),
            measuring: Measuring::default(),
            keeping: None,
            given_unit: None,
        }
    }

    /// The same searcher with nothing embedded and no query known, which keeps no vectors.
    #[must_use]
    pub fn emptied(self) -> Self {
        Self::new(self.embedder, self.corpus)
    }

    /// What the backend runs.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        self.embedder.card()
    }

    /// What was used so far.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// The nearest documents of each document embedded so far.
    #[must_use]
    pub fn neighbours(&self, most: usize) -> Neighbours {
        self.index.neighbours(most)
    }

    /// How much of the corpus is embedded.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let restored = self.keeping.as_ref().map_or(0, Keeping::restored).min(self.index.len());
        Progress { done: self.index.len(), restored, total: self.corpus.documents.len() }
    }

    /// Which share of the work of embedding the corpus is done, from 0 to 1, by the length of what a model sees of each
    /// text: local models begin with the shortest, so of their texts half are done long before half of the time is over.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn share_done(&self) -> f64 {
        // Of prose; what is wrong with it is much the same for all texts.
        const BYTES_PER_TOKEN: usize = 5;
        let most = self.card().max_tokens.map_or(usize::MAX, |tokens| tokens.saturating_mul(BYTES_PER_TOKEN));
        let work = |number: usize| self.corpus.documents[number].text.len().clamp(1, most.max(1)) as f64;
        let all: f64 = (0..self.corpus.documents.len()).map(work).sum();
        let done: f64 = self.index.rows().map(|(document, _)| work(document.0)).sum();
        if all > 0.0 { done / all } else { 1.0 }
    }

    /// What embedding what is left of the corpus would take, without sending anything.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let missing = self.missing();
        let texts: Vec<&str> = missing.iter().map(|&number| self.corpus.documents[number].text.as_str()).collect();
        Estimate::of(self.embedder.as_ref(), &texts)
    }

    /// Goes on with another corpus, or with an edit of the one before. Of texts that both have, the vectors stay; of others
    /// those are taken that are kept.
    pub fn take_corpus(&mut self, corpus: Arc<Corpus>, is_edit: bool) {
        if self.given_unit.is_some() && !is_edit {
            // What came with the corpus before is of its own space, made by whomever.
            (self.index, self.given_unit) = (Index::default(), None);
            self.urgent.clear();
        } else {
            let kept = change::kept(&self.corpus, &corpus);
            self.index.renumber(|document| kept[document.0]);
            let mut is_new = vec![is_edit; corpus.documents.len()];
            for document in kept.iter().flatten() {
                is_new[document.0] = false;
            }
            for document in self.urgent.iter().filter_map(|&number| kept[number]) {
                is_new[document.0] = is_edit;
            }
            self.urgent = (0..is_new.len()).filter(|&number| is_new[number]).collect();
        }
        (self.corpus, self.pending) = (corpus, None);
        self.restore_more(is_edit);
    }

    /// The numbers of the documents that are not embedded, ascending.
    fn missing(&self) -> Vec<usize> {
        let mut is_missing = vec![true; self.corpus.documents.len()];
        for (document, _) in self.index.rows() {
            is_missing[document.0] = false;
        }
        (0..is_missing.len()).filter(|&number| is_missing[number]).collect()
    }

    /// Embeds the next batch of the corpus, after taking what is kept of it. Where it fails, the batch stays next. What is
    /// embedded is kept before it counts. Whoever calls this has asked whether texts may go to [`Self::receivers`].
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn embed_next(&mut self, job: &mut Job<'_>) -> Result<Progress, BackendError> {
        self.restore();
        self.allow_keeping();
        let planned = self.pending.take().filter(|planned| !planned.is_empty()).unwrap_or_else(|| self.plan());
        let next = self.pending.insert(planned).front().cloned();
        let Some(batch) = next else {
            self.catch_up_if_whole(job);
            return Ok(self.progress());
        };
        let corpus = Arc::clone(&self.corpus);
        let texts: Vec<&str> = batch.iter().map(|alike| corpus.documents[alike[0]].text.as_str()).collect();
        let started = Instant::now();
        let embedded = self.embed(&texts, Role::Document, job)?;
        self.spent.corpus_time += started.elapsed();
        self.keep(&texts, &embedded, job);
        if self.index.is_empty() {
            self.index.reserve(self.corpus.documents.len(), embedded.vectors.ncols());
        }
        for ((alike, row), info) in batch.iter().zip(embedded.vectors.rows()).zip(&embedded.infos) {
            for &number in alike {
                self.index.push(DocumentIndex(number), row, self.compared(*info))?;
            }
        }
        self.pending.as_mut().and_then(VecDeque::pop_front);
        // What is no longer in the corpus goes when everything else is there.
        self.catch_up_if_whole(job);
        self.keep_snapshot_if_whole();
        Ok(self.progress())
    }

    /// The next part of what is left of the corpus, batch by batch. Documents with the same text are embedded as one.
    fn plan(&self) -> VecDeque<Batch> {
        /// So many texts are counted in tokens before the first of them is embedded; and of so many, enough have the same
        /// length for batches that are hardly padded.
        const WINDOW: usize = 8_192;
        let mut alike: IndexMap<&str, Alike> = IndexMap::new();
        let missing = self.missing();
        let urgent: Vec<usize> =
            self.urgent.iter().copied().filter(|number| missing.binary_search(number).is_ok()).collect();
        for number in if urgent.is_empty() { missing } else { urgent }.into_iter().take(WINDOW) {
            alike.entry(&self.corpus.documents[number].text).or_default().push(number);
        }
        let texts: Vec<&str> = alike.keys().copied().collect();
        let batches = self.embedder.plan(&texts).into_iter();
        batches.map(|batch| batch.into_iter().map(|place| alike[place].clone()).collect()).collect()
    }

    /// Says where graphs for [`Method::Hnsw`] are kept, and who is told of them.
    pub fn keep_graphs(&mut self, keeping: GraphKeeping) {
        self.index.keep_graphs(keeping);
    }

    /// How far the graph for [`Method::Hnsw`] is.
    #[must_use]
    pub fn graph_state(&self) -> GraphState {
        self.index.graph_state()
    }

    /// Makes what a way of searching takes beside the vectors, and waits for it: for commands, which search once.
    pub fn prepare(&mut self, method: Method) {
        if method == Method::Hnsw {
            self.index.grow_graph();
            self.index.wait_for_graph();
        }
    }

    /// Whether there is something to do that the next searches are better for.
    #[must_use]
    pub fn can_prepare(&self) -> bool {
        self.index.can_coarsen() || self.can_catch_up()
    }

    /// Does some of it: for when there is nothing else to do. It takes about the time of a search, or until a store answers
    /// that has missed something.
    pub fn prepare_some(&mut self, job: &Job<'_>) {
        if self.index.can_coarsen() {
            self.index.coarsen_some();
        } else {
            self.catch_up_if_whole(job);
        }
    }

    /// Embeds what is left of the corpus.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn embed_all(&mut self, job: &mut Job<'_>) -> Result<(), BackendError> {
        while !self.embed_next(job)?.is_complete() {}
        Ok(())
    }

    /// A copy of the vectors of the documents embedded so far; of a large corpus those of the first [`MOST_VECTORS`].
    #[must_use]
    pub fn vectors(&self) -> Vectors {
        self.index.vectors(MOST_VECTORS)
    }

    /// A copy of the vectors of all documents embedded so far.
    #[must_use]
    pub fn all_vectors(&self) -> Vectors {
        self.index.vectors(usize::MAX)
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<UnitBatch, BackendError> {
        let batch = self.embedder.embed(texts, role, job)?;
        // What a server answered was paid for, whether or not its vectors are any good.
        let spent = match role {
            Role::Document => &mut self.spent.corpus,
            Role::Query => &mut self.spent.queries,
        };
        *spent = spent.plus(batch.usage);
        batch.normalise(texts.len(), self.embedder.card().dimensions)
    }
}

#[cfg(test)]
mod tests;
