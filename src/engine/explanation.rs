//! Why one document stands where it stands.

use super::ranking::{Ranked, Ranking};
use crate::backend::TokenCount;
use crate::math::space::Space;
use crate::math::vector::angle_degrees;

/// The arithmetic behind one score, and its place among all scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// From 1.
    pub rank: usize,
    /// What the ranking is by.
    pub space: Space,
    /// The score in that space.
    pub score: f32,
    /// The cosine similarity: the dot product of the two unit vectors.
    pub cosine: f32,
    /// The angle between the two vectors, in degrees.
    pub angle: f32,
    /// The length of the query's vector before normalising.
    pub query_norm: f32,
    /// The length of the document's vector before normalising.
    pub document_norm: f32,
    /// The dot product before normalising: cosine · |q| · |d|.
    pub raw_dot: f32,
    /// The document's length in tokens.
    pub tokens: TokenCount,
    /// The share of all ranked documents that score lower, from 0 to 1.
    pub above_share: f32,
    /// How many standard deviations the score lies above the mean of all; `None` where all are equal.
    pub z: Option<f32>,
    /// The bin of the histogram of all scores that it falls into.
    pub bin: usize,
    /// The distance to the next better document.
    pub behind: Option<Gap>,
    /// The distance to the next worse document.
    pub ahead: Option<Gap>,
}

/// The distance between two neighbours in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// The neighbour's rank, from 1.
    pub rank: usize,
    /// The difference of the scores; never negative.
    pub cosine: f32,
    /// The same in standard deviations of all scores; `None` where all are equal.
    pub deviations: Option<f32>,
}

impl Explanation {
    /// Explains the document at `position` (from 0) of a ranking; `None` where there is none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of documents, shown as per cent")]
    pub fn of(ranking: &Ranking, position: usize) -> Option<Self> {
        let Ranked { score, info, .. } = *ranking.ranked.get(position)?;
        let spread = ranking.spread.as_ref()?;
        let gap_to = |neighbour: usize| {
            let other = ranking.ranked.get(neighbour)?;
            let cosine = (score - other.score).abs();
            Some(Gap { rank: neighbour + 1, cosine, deviations: spread.in_deviations(cosine) })
        };
        let space = ranking.space;
        let cosine = space.cosine(score, [ranking.query_info.norm, info.norm]);
        // What is too far down to be in the ranking scores lower than all that is.
        let lower = ranking.among - ranking.ranked.partition_point(|other| other.score >= score);
        Some(Self {
            rank: position + 1,
            space,
            score,
            cosine,
            angle: angle_degrees(cosine),
            query_norm: ranking.query_info.norm,
            document_norm: info.norm,
            raw_dot: cosine * ranking.query_info.norm * info.norm,
            tokens: info.tokens,
            above_share: lower as f32 / ranking.among as f32,
            z: spread.in_deviations(score - spread.mean),
            bin: spread.bin(score),
            behind: position.checked_sub(1).and_then(gap_to),
            ahead: gap_to(position + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ranking::tests::ranking;

    #[test]
    fn the_arithmetic_adds_up() {
        // Mean 0.5, squared distances 0.04 twice and 0 twice: deviation √0.02.
        let ranking = ranking("q", &[0.5, 0.7, 0.3, 0.5]);
        let explanation = Explanation::of(&ranking, 0).expect("four documents");
        assert_eq!((explanation.rank, explanation.cosine), (1, 0.7));
        assert!((explanation.raw_dot - 0.7 * 2.0 * 3.0).abs() < 1e-6);
        assert!((explanation.angle - 45.573).abs() < 1e-3);
        assert!((explanation.z.expect("a spread") - 0.2 / 0.02_f32.sqrt()).abs() < 1e-4);
        assert!((explanation.above_share - 0.75).abs() < 1e-6);
        assert_eq!(explanation.behind, None);
        let ahead = explanation.ahead.expect("a neighbour");
        assert_eq!(ahead.rank, 2);
        assert!((ahead.cosine - 0.2).abs() < 1e-6);
    }

    #[test]
    fn ties_are_not_ahead_of_each_other() {
        let ranking = ranking("q", &[0.5, 0.7, 0.3, 0.5]);
        let explanation = Explanation::of(&ranking, 1).expect("four documents");
        assert!((explanation.above_share - 0.25).abs() < 1e-6);
        assert_eq!(explanation.ahead.map(|gap| gap.cosine), Some(0.0));
        assert_eq!(explanation.behind.map(|gap| gap.rank), Some(1));
    }

    #[test]
    fn one_document_alone_has_no_neighbours_and_no_spread() {
        let ranking = ranking("q", &[0.4]);
        let explanation = Explanation::of(&ranking, 0).expect("one document");
        assert_eq!((explanation.behind, explanation.ahead, explanation.z), (None, None, None));
        assert_eq!(Explanation::of(&ranking, 1), None);
    }
}
