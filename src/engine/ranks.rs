//! Where documents stand in a ranking.

use std::collections::HashMap;

use crate::corpus::DocumentIndex;

/// The rank of each document of a ranking, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks {
    documents: usize,
    by_document: ByDocument,
}

#[derive(Debug, Clone, PartialEq)]
enum ByDocument {
    /// Of each document of the corpus; 0 where it is not in the ranking.
    All(Vec<u32>),
    /// Of those in the ranking, where they are few of a large corpus.
    Few(HashMap<DocumentIndex, u32>),
}

impl Default for Ranks {
    fn default() -> Self {
        Self { documents: 0, by_document: ByDocument::All(Vec::new()) }
    }
}

impl Ranks {
    /// The ranks of documents given best first and each once, out of a corpus of `documents`.
    #[must_use]
    pub fn new(order: impl ExactSizeIterator<Item = DocumentIndex>, documents: usize) -> Self {
        /// One in so many is few: a map takes as much room then.
        const FEW: usize = 16;
        let by_document = if order.len() < documents / FEW {
            ByDocument::Few(order.zip(1..).collect())
        } else {
            let mut ranks = vec![0; documents];
            for (rank, document) in (1..).zip(order) {
                ranks[document.0] = rank;
            }
            ByDocument::All(ranks)
        };
        Self { documents, by_document }
    }

    /// The rank of a document, from 1; `None` where it is not in the ranking.
    #[must_use]
    pub fn of(&self, document: DocumentIndex) -> Option<usize> {
        let rank = match &self.by_document {
            ByDocument::All(ranks) => ranks.get(document.0),
            ByDocument::Few(ranks) => ranks.get(&document),
        };
        rank.filter(|&&rank| rank > 0).map(|&rank| rank as usize)
    }

    /// How many documents the corpus has, in the ranking or not.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.documents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_rank_whether_few_or_all_are_in_the_ranking() {
        for documents in [10, 1_000] {
            let ranks = Ranks::new([7, 2, 9].map(DocumentIndex).into_iter(), documents);
            let found: Vec<_> = [2, 7, 9, 3, 2_000].map(|number| ranks.of(DocumentIndex(number))).into();
            assert_eq!(found, [Some(2), Some(1), Some(3), None, None]);
            assert_eq!(ranks.documents(), documents);
        }
    }
}
