//! A corpus by its words, as BM25 ranks it.

use std::time::Instant;

use super::pipeline::{Placed, StageRanking};
use super::search::{LEAST_DEPTH, WHOLE_RANKING};
use crate::corpus::{Corpus, DocumentIndex, Selection};
use crate::math::bm25::{Bm25Index, Params, TermScore};
use crate::math::top::Best;
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
    /// weights that words have in the whole corpus. Of a corpus of more than [`WHOLE_RANKING`] documents only the best
    /// [`LEAST_DEPTH`] are in the ranking, as of the ranking by vectors.
    #[must_use]
    pub fn rank(&self, query: &str, params: Params, selection: Option<&Selection>) -> StageRanking {
        let started = Instant::now();
        let documents = self.index.documents();
        let depth = if documents <= WHOLE_RANKING { documents } else { LEAST_DEPTH };
        let mut best = Best::new(depth);
        for (document, score) in self.index.matching(&words::terms(query, self.folding), params) {
            if score > 0.0 && selection.is_none_or(|some| some.holds(DocumentIndex(document))) {
                best.see(score, document);
            }
        }
        let best = best.into_sorted().into_iter();
        let placed = best.map(|(score, document)| Placed { document: DocumentIndex(document), score });
        StageRanking::new(placed.collect(), documents, started.elapsed())
    }

    /// What each word of the query adds to the score of a document; see [`Bm25Index::explain`].
    #[must_use]
    pub fn explain(&self, document: DocumentIndex, query: &str, params: Params) -> Vec<TermScore> {
        self.index.explain(document.0, &words::terms(query, self.folding), params)
    }
}
