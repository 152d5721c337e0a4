//! How far a ranking is from the one that it should be.

use super::Scale;
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::pipeline::StageRanking;
use crate::math::agreement::{self, Scored};

/// How far a switched ranking is from the correct one.
#[derive(Debug, Clone, PartialEq)]
pub struct Damage {
    /// How many of the first count: as asked for, but no more than are ranked.
    pub k: usize,
    /// How many documents the correct ranking has.
    pub documents: usize,
    /// How many documents both rankings have.
    pub both: usize,
    /// How many documents the corpus has: more than are ranked where not all have a vector here.
    pub corpus: usize,
    /// At how many of the first k places another document stands than should.
    pub changed: usize,
    /// The share of the first k that is the same in whatever order, from 0 to 1; 1 where nothing is ranked.
    pub overlap: f64,
    /// Kendall's τ-b over the documents that both rank, from −1 to 1; `None` where it is not defined.
    pub tau_b: Option<f64>,
    /// Whether the same document stands first.
    pub same_first: bool,
    /// How far scores are off, where they are on one scale.
    pub shift: Shift,
}

/// How far scores are off.
#[derive(Debug, Clone, PartialEq)]
pub enum Shift {
    /// Both rankings have scores of the same kind from the same model.
    Measured(ScoreShift),
    /// Scores of two kinds are not compared; the text says why, to follow a colon.
    OtherScale(&'static str),
}

/// How far scores are off, over all documents that both rank.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreShift {
    /// The largest difference, without its sign.
    pub largest: f32,
    /// The document it is of.
    pub document: DocumentIndex,
    /// Its id.
    pub id: String,
    /// What it should score.
    pub from: f32,
    /// What it scores.
    pub to: f32,
    /// The mean difference, without its sign.
    pub mean: f32,
    /// The largest difference among the first k as a share of what they should score, where that is not 0: to be held
    /// against claims in percent.
    pub relative: f32,
}

impl Damage {
    /// The difference between two rankings of a corpus. `k` is how many of the first count.
    pub(super) fn between(
        corpus: &Corpus,
        correct: &StageRanking,
        switched: &StageRanking,
        k: usize,
        scale: Scale,
    ) -> Self {
        let k = k.min(correct.placed.len());
        let top = |ranking: &StageRanking| -> Vec<usize> {
            ranking.placed.iter().take(k).map(|placed| placed.document.0).collect()
        };
        let (should, does) = (top(correct), top(switched));
        let changed = (0..k).filter(|&place| does.get(place) != should.get(place)).count();
        let agreement = agreement::agreement(&scored(correct), &scored(switched), k, 0.9);
        Self {
            k,
            documents: correct.placed.len(),
            both: correct.placed.iter().filter(|placed| switched.placement(placed.document).is_some()).count(),
            corpus: corpus.documents.len(),
            changed,
            overlap: agreement::overlap(&should, &does).unwrap_or(1.0),
            tau_b: agreement.and_then(|agreement| agreement.tau_b),
            same_first: should.first() == does.first(),
            shift: shift(corpus, correct, switched, k, scale),
        }
    }

    /// How many of the first k are the same, in whatever order.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a few documents, which is a whole number of them"
    )]
    pub fn same(&self) -> usize {
        (self.overlap * self.k as f64).round() as usize
    }

    /// The largest difference between two scores of one document, without its sign; `None` where they are not on one scale.
    #[must_use]
    pub fn largest_shift(&self) -> Option<f32> {
        match &self.shift {
            Shift::Measured(shift) => Some(shift.largest),
            Shift::OtherScale(_) => None,
        }
    }

    /// What the overlap would be on average if the two orders had nothing to do with each other: k / documents.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
    pub fn chance(&self) -> f64 {
        self.k as f64 / self.documents.max(1) as f64
    }
}

fn scored(ranking: &StageRanking) -> Vec<Scored> {
    ranking.placed.iter().map(|placed| Scored { item: placed.document.0, score: placed.score }).collect()
}

fn shift(corpus: &Corpus, correct: &StageRanking, switched: &StageRanking, k: usize, scale: Scale) -> Shift {
    match scale {
        Scale::Cosine => {}
        Scale::DotProduct => return Shift::OtherScale("a dot product of raw vectors grows with their length"),
        Scale::Distance => return Shift::OtherScale("a distance is no cosine"),
        Scale::Signs => return Shift::OtherScale("a count of equal signs is no cosine"),
        Scale::Bm25 => return Shift::OtherScale("BM25 has a scale of its own"),
    }
    let pairs = || {
        correct.placed.iter().filter_map(|placed| {
            let to = switched.placement(placed.document)?.score;
            Some((placed.document, placed.score, to))
        })
    };
    let size = |(_, from, to): &(DocumentIndex, f32, f32)| (to - from).abs();
    // Of equal differences that of the document that should stand higher.
    let largest = pairs().fold(None, |largest: Option<(DocumentIndex, f32, f32)>, pair| match largest {
        Some(largest) if size(&largest) >= size(&pair) => Some(largest),
        _ => Some(pair),
    });
    let Some((document, from, to)) = largest else { return Shift::OtherScale("nothing is in both") };
    let count = pairs().count();
    #[expect(clippy::cast_precision_loss, reason = "a count of documents")]
    let mean = pairs().map(|pair| size(&pair)).sum::<f32>() / count as f32;
    let relative = pairs().take(k).filter(|(_, from, _)| *from != 0.0).map(|pair| size(&pair) / pair.1.abs());
    Shift::Measured(ScoreShift {
        largest: (to - from).abs(),
        document,
        id: corpus[document].id.clone(),
        from,
        to,
        mean,
        relative: relative.fold(0.0, f32::max),
    })
}
