//! A corpus by its words, as BM25 ranks it.

use std::time::Instant;

use super::pipeline::{Placed, StageRanking};
use crate::corpus::{Corpus, DocumentIndex, Selection};
use crate::math::bm25::{Bm25Index, Params, TermScore};
use crate::math::rank;
use crate::math::words::{self, Folding};

/// The words of a corpus. Needs no model, and no time to speak of for a few thousand sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Lexical {
    folding: Folding,
    index: Bm25Index,
}

impl Lexical {
    /// Takes a corpus apart into words.
    #[must_use]
    pub fn new(corpus: &Corpus, folding: Folding) -> Self {
        let documents = corpus.documents.iter().map(|document| words::terms(&document.text, folding));
        Self { folding, index: Bm25Index::new(documents) }
    }

    /// How words are made the same.
    #[must_use]
    pub fn folding(&self) -> Folding {
        self.folding
    }

    /// Ranks the documents that hold a word of the query by their BM25 scores; equal ones in the order of the corpus.
    /// The others are not in the ranking: there is nothing to rank them by. Of a selection those alone are ranked, with the
    /// weights that words have in the whole corpus.
    #[must_use]
    pub fn rank(&self, query: &str, params: Params, selection: Option<&Selection>) -> StageRanking {
        let started = Instant::now();
        let scores = self.index.scores(&words::terms(query, self.folding), params);
        let order = rank::descending(&scores).into_iter().take_while(|&document| scores[document] > 0.0);
        let placed = order.map(|document| Placed { document: DocumentIndex(document), score: scores[document] });
        let placed = placed.filter(|placed| selection.is_none_or(|some| some.holds(placed.document)));
        StageRanking::new(placed.collect(), scores.len(), started.elapsed())
    }

    /// What each word of the query adds to the score of a document; see [`Bm25Index::explain`].
    #[must_use]
    pub fn explain(&self, document: DocumentIndex, query: &str, params: Params) -> Vec<TermScore> {
        self.index.explain(document.0, &words::terms(query, self.folding), params)
    }
}
