//! All documents in the order of their similarity to one query.

use std::sync::Arc;
use std::time::Duration;

use ndarray::Array1;

use super::index::Found;
use super::ranks::Ranks;
use super::search::Method;
use super::searcher::Progress;
use crate::backend::TextInfo;
use crate::corpus::DocumentIndex;
use crate::math::distribution::Distribution;
use crate::math::space::Space;

/// One document in a [`Ranking`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Which one.
    pub document: DocumentIndex,
    /// Its score for the query, in the space of the ranking: the cosine similarity, from −1 to 1, unless the vectors of the
    /// corpus came with another.
    pub score: f32,
    /// What is known of its embedding.
    pub info: TextInfo,
}

/// How long the parts of a search took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// To get the query's vector. Zero where it was still known.
    pub embed: Duration,
    /// To score and sort all documents.
    pub rank: Duration,
}

/// The documents of a corpus, best first, for one query: all that are embedded or, of a large corpus, the best of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The query as it was embedded.
    pub query: String,
    /// What is known of its embedding; its norm is the length by which it was compared with vectors that came with the
    /// corpus.
    pub query_info: TextInfo,
    /// Its vector, of unit length, from the same model as the documents'. Of no length where a test made the ranking up.
    pub vector: Arc<Array1<f32>>,
    /// Best first; equal scores in the order of the corpus.
    pub ranked: Vec<Ranked>,
    /// The spread of the scores of all documents that took part; `None` where none did.
    pub spread: Option<Distribution>,
    /// Of how many documents, taken evenly, the spread is that of; `None` where it is that of all which took part.
    pub sampled: Option<usize>,
    /// How many documents the corpus has, embedded or not.
    pub documents: usize,
    /// How many of them are embedded.
    pub embedded: usize,
    /// How many of those took part: all, or those of a selection. Those in `ranked` are the best of them.
    pub among: usize,
    /// By what way the best were found.
    pub method: Method,
    /// What the scores are.
    pub space: Space,
    /// How long it took.
    pub timings: Timings,
    ranks: Ranks,
}

impl Ranking {
    /// Ranks `scored` documents, which are all that are embedded, out of a corpus of `documents`.
    #[must_use]
    pub fn new(
        query: String,
        query_info: TextInfo,
        mut scored: Vec<Ranked>,
        documents: usize,
        timings: Timings,
    ) -> Self {
        // Equal scores keep the order of the corpus, whatever order the vectors came in.
        scored.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.document.cmp(&b.document)));
        let found = Found {
            spread: Distribution::of(scored.iter().map(|ranked| ranked.score)),
            sampled: None,
            among: scored.len(),
            method: Method::Exact,
            ranked: scored,
        };
        let progress = Progress { done: found.among, total: documents, restored: 0 };
        Self { timings, ..Self::found(query, query_info, Arc::default(), found, progress) }
    }

    /// The ranking of what a search by `vector` found, of no length of time yet.
    #[must_use]
    pub fn found(
        query: String,
        query_info: TextInfo,
        vector: Arc<Array1<f32>>,
        found: Found,
        Progress { done: embedded, total: documents, .. }: Progress,
    ) -> Self {
        let Found { ranked, spread, sampled, among, method } = found;
        let ranks = Ranks::new(ranked.iter().map(|ranked| ranked.document), documents);
        let timings = Timings::default();
        Self {
            query,
            query_info,
            vector,
            ranked,
            spread,
            sampled,
            documents,
            embedded,
            among,
            method,
            space: Space::Cosine,
            timings,
            ranks,
        }
    }

    /// The rank of a document, from 1; `None` where it is not in `ranked`: not embedded yet, not selected, or too far
    /// down.
    #[must_use]
    pub fn rank_of(&self, document: DocumentIndex) -> Option<usize> {
        self.ranks.of(document)
    }

    /// Whether there are documents that took part and are too far down to be in it.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.ranked.len() < self.among
    }

    /// Whether every document of the corpus was embedded when it was made.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.embedded == self.documents
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::backend::TokenCount;

    /// A ranking in which document `i` has the score `scores[i]`; norms are 2 for the query and 3 for documents.
    pub(crate) fn ranking(query: &str, scores: &[f32]) -> Ranking {
        let tokens = TokenCount { total: 5, used: 5, estimated: false };
        let scored = scores.iter().enumerate().map(|(index, &score)| Ranked {
            document: DocumentIndex(index),
            score,
            info: TextInfo { tokens, norm: 3.0 },
        });
        let query_info = TextInfo { tokens, norm: 2.0 };
        Ranking::new(query.into(), query_info, scored.collect(), scores.len(), Timings::default())
    }

    #[test]
    fn documents_stand_best_first_and_know_their_rank() {
        let ranking = ranking("q", &[0.1, 0.9, 0.5]);
        let order: Vec<_> = ranking.ranked.iter().map(|ranked| ranked.document.0).collect();
        assert_eq!(order, [1, 2, 0]);
        assert_eq!(ranking.rank_of(DocumentIndex(0)), Some(3));
        assert_eq!(ranking.rank_of(DocumentIndex(7)), None);
    }

    #[test]
    fn equal_scores_stand_in_the_order_of_the_corpus_whatever_order_they_came_in() {
        let mut scored = ranking("q", &[0.5, 0.5, 0.5]).ranked;
        scored.reverse();
        let info = scored[0].info;
        let ranking = Ranking::new("q".into(), info, scored, 4, Timings::default());
        let order: Vec<_> = ranking.ranked.iter().map(|ranked| ranked.document.0).collect();
        assert_eq!(order, [0, 1, 2]);
        assert!(!ranking.is_complete());
        assert_eq!(ranking.rank_of(DocumentIndex(3)), None);
    }
}
