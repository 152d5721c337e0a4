//! How a ranking differs from an earlier one, or from another backend's.

use std::sync::Arc;

use crate::corpus::DocumentIndex;
use crate::engine::Ranking;

/// The ranking that movements are counted from.
#[derive(Debug, Clone)]
pub enum Baseline {
    /// The one that the person saw before, of an older query.
    Earlier(Arc<Ranking>),
    /// That of another backend for the same query; the text is the backend's label.
    Backend(String, Arc<Ranking>),
}

/// How one document moved into or inside the top k. Ranks, never scores: they alone can be compared across models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Up by so many ranks.
    Up(usize),
    /// Down by so many ranks.
    Down(usize),
    /// It stands where it stood.
    Same,
    /// It was below the top k, or not ranked.
    New,
}

/// A document that was in the top k and is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Which one.
    pub document: DocumentIndex,
    /// Where it was, from 1.
    pub from: usize,
    /// Where it is now, from 1; `None` where that is too far down to be in the ranking.
    pub to: Option<usize>,
}

impl Baseline {
    /// The ranking itself.
    #[must_use]
    pub fn ranking(&self) -> &Arc<Ranking> {
        match self {
            Self::Earlier(ranking) | Self::Backend(_, ranking) => ranking,
        }
    }

    /// How a document moved from here to `now`.
    #[must_use]
    pub fn movement(&self, now: &Ranking, document: DocumentIndex, top_k: usize) -> Movement {
        let before = self.ranking().rank_of(document).filter(|&rank| rank <= top_k);
        match (before, now.rank_of(document)) {
            (Some(before), Some(now)) if now < before => Movement::Up(before - now),
            (Some(before), Some(now)) if now > before => Movement::Down(now - before),
            (Some(_), _) => Movement::Same,
            (None, _) => Movement::New,
        }
    }

    /// The documents that were in the top k here and are below it in `now`, in the order in which they stood.
    pub fn gone<'a>(&'a self, now: &'a Ranking, top_k: usize) -> impl Iterator<Item = Gone> + 'a {
        (1..).zip(&self.ranking().ranked).take(top_k).filter_map(move |(from, ranked)| {
            let to = now.rank_of(ranked.document);
            to.map_or(now.is_cut(), |to| to > top_k).then_some(Gone { document: ranked.document, from, to })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ranking::tests::ranking;

    #[test]
    fn documents_move_enter_and_leave() {
        // Before: 0 1 2 3. Now: 2 0 3 1.
        let baseline = Baseline::Earlier(Arc::new(ranking("a", &[0.9, 0.8, 0.7, 0.6])));
        let now = ranking("b", &[0.8, 0.1, 0.9, 0.7]);
        let movement = |document| baseline.movement(&now, DocumentIndex(document), 3);
        assert_eq!(movement(2), Movement::Up(2));
        assert_eq!(movement(0), Movement::Down(1));
        assert_eq!(movement(3), Movement::New);
        let gone: Vec<_> = baseline.gone(&now, 3).collect();
        assert_eq!(gone, [Gone { document: DocumentIndex(1), from: 2, to: Some(4) }]);
        assert_eq!(baseline.movement(baseline.ranking(), DocumentIndex(1), 3), Movement::Same);
    }
}
