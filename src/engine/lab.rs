//! Pitfalls as switches: each changes one thing about how vectors are made or compared, and shows what that does to a
//! ranking.
//!
//! A [`Sample`] is one query over one corpus, as it should be ranked. A [`Setting`] changes one thing, and a [`Trial`] has
//! both rankings and the [`Damage`]. What other models or other texts have to be embedded for is asked for by who calls:
//! nothing here embeds anything.

use std::time::Duration;

use ndarray::{Array1, ArrayView1};

use super::expression::Expression;
use super::pipeline::{Placed, StageRanking};
use super::{Ranking, Vectors};
use crate::corpus::{Corpus, DocumentIndex};
use crate::math::rank;

pub mod bench;
pub mod damage;
pub mod long;
pub mod misleading;
pub mod setting;
pub mod short;
pub mod switches;
pub mod threshold;

pub use bench::{Bench, Job, Outcome, Switch};
pub use damage::{Damage, ScoreShift, Shift};
pub use setting::{Cut, Experiment, Metric, Setting};
pub use switches::is_quantised_form;

/// One query over one corpus, as it is ranked when nothing is switched.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// What is ranked.
    pub corpus: &'a Corpus,
    /// The ranking as it should be, with the query's vector.
    pub ranking: &'a Ranking,
    /// The vectors of the documents, from the same model.
    pub vectors: &'a Vectors,
    /// How many of the first count.
    pub k: usize,
}

/// What the scores of a ranking are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// From −1 to 1.
    Cosine,
    /// Of vectors as long as the model made them, from −|q|·|d| to |q|·|d|.
    DotProduct,
    /// How far two vectors are apart, below zero so that more is nearer: −distance.
    Distance,
    /// The share of equal signs less that of others, from −1 to 1.
    Signs,
    /// A sum over words, from 0.
    Bm25,
}

/// What a switch did to one ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// What was switched.
    pub setting: Setting,
    /// The query.
    pub query: String,
    /// The ranking as it should be; on the screen the left column.
    pub correct: StageRanking,
    /// The ranking with the switch, of the same documents where it ranks all.
    pub switched: StageRanking,
    /// What the scores of the switched ranking are.
    pub scale: Scale,
    /// How far the two differ.
    pub damage: Damage,
    /// What was measured besides, from which it can be understood.
    pub finding: Finding,
}

/// Figures behind a [`Trial`].
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// Of a metric: how long vectors are.
    Lengths {
        /// The query's length before normalising.
        query: f32,
        /// The least, the median and the greatest length of a document's vector.
        documents: [f32; 3],
        /// Of those in the first k that stand higher than they should, the one that rose most.
        risen: Option<Risen>,
    },
    /// Of a precision: what a vector takes, as it is and so coded, in bytes.
    Bytes([usize; 2]),
    /// Of the quantised model: nothing besides.
    QuantisedModel,
    /// Of cut dimensions.
    Kept {
        /// How many dimensions there were.
        of: usize,
        /// The share of the query's squared length that lies in those that are kept, from 0 to 1.
        query: f32,
        /// The same of the documents, on average.
        documents: f32,
    },
    /// Of two models mixed.
    Mixed {
        /// How far cosines inside the rotated model alone are from those of the model itself, at the most, among the first
        /// few; `None` where the other is a model of its own.
        alone: Option<f32>,
    },
    /// Of the first words of the query.
    Words {
        /// How many words there are in the switched ranking's query.
        words: usize,
        /// How many words the whole query has.
        of: usize,
    },
    /// Of words in place of vectors.
    Lexical {
        /// How many documents hold a word of the query.
        found: usize,
    },
}

/// A document that rose, and how long its vector is.
#[derive(Debug, Clone, PartialEq)]
pub struct Risen {
    /// Which one.
    pub document: DocumentIndex,
    /// Its id.
    pub id: String,
    /// Where it should stand, from 1.
    pub from: usize,
    /// Where it stands, from 1.
    pub to: usize,
    /// The length of its vector.
    pub norm: f32,
}

/// Why a setting cannot be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The two models' vectors have different numbers of dimensions.
    #[error(
        "refused: the query has {query} numbers, a document of the other model {documents}; a dot product needs as many \
         on both sides"
    )]
    Dimensions {
        /// Of the query's vector.
        query: usize,
        /// Of the other model's documents.
        documents: usize,
    },
    /// There are no more dimensions than are to be kept.
    #[error("the vectors have {of} dimensions: there is nothing to cut down to {kept}")]
    NothingToCut {
        /// How many were to be kept.
        kept: usize,
        /// How many there are.
        of: usize,
    },
    /// The query is an expression, whose vector was not made by the model.
    #[error(
        "the vector of an expression is a sum of unit vectors: its length says nothing of the model, so only normalised \
         vectors can be compared"
    )]
    LengthOfExpression,
    /// The query is an expression, and words cannot be taken away from words.
    #[error("only vectors understand an expression: to BM25, a term that is taken away is one more that is wanted")]
    WordsOfExpression,
    /// The other model is not the quantised form of this one.
    #[error(
        "refused: {other} is not {model} with quantised weights, and scores of different models are never compared"
    )]
    NotItsQuantised {
        /// The model.
        model: String,
        /// The other.
        other: String,
    },
    /// It takes something that is not there; the text says what.
    #[error("{0}")]
    Needs(String),
}

impl Sample<'_> {
    /// Tries a setting that needs nothing but the vectors that are there.
    ///
    /// # Errors
    /// [`Refusal`] says why it cannot be tried: vectors that do not fit, or something that has to be embedded or loaded
    /// first, for which there are functions of their own.
    pub fn run(&self, setting: Setting) -> Result<Trial, Refusal> {
        match setting {
            Setting::Metric(metric) => self.metric(metric),
            Setting::Precision(precision) => Ok(self.precision(precision)),
            Setting::Cut(cut) => self.cut(cut),
            Setting::Rotated => Ok(self.rotated()),
            Setting::QuantisedModel => Err(Refusal::Needs("the quantised model has to rank the same query".into())),
            Setting::OtherModel => Err(Refusal::Needs("another model has to embed the corpus first".into())),
            Setting::FirstWords(_) => Err(Refusal::Needs("the first words have to be embedded first".into())),
            Setting::NeedleAt(_) => Err(Refusal::Needs("the long texts have to be embedded first".into())),
            Setting::Cutoff(_) => Err(Refusal::Needs("the labelled queries have to be embedded first".into())),
            Setting::Words => Err(Refusal::Needs("BM25 has to rank the same query".into())),
        }
    }

    /// The ranking as it should be, of those documents that there are vectors of.
    #[must_use]
    pub fn correct(&self) -> StageRanking {
        let ranked = self.ranking.ranked.iter().filter(|ranked| self.vectors.row_of(ranked.document).is_some());
        let placed = ranked.map(|ranked| Placed { document: ranked.document, score: ranked.score });
        StageRanking::new(placed.collect(), self.corpus.documents.len(), Duration::ZERO)
    }

    /// The ranking by other scores, one for each row of the vectors.
    fn ranked(&self, scores: &[f32]) -> StageRanking {
        ranked(self.vectors, scores, self.corpus.documents.len())
    }

    /// A trial of a setting out of its scores, one for each row of the vectors.
    fn trial(&self, setting: Setting, scores: &[f32], scale: Scale, finding: Finding) -> Trial {
        self.against(setting, self.ranked(scores), scale, finding)
    }

    /// A trial of a setting out of its ranking.
    fn against(&self, setting: Setting, switched: StageRanking, scale: Scale, finding: Finding) -> Trial {
        let correct = self.correct();
        let damage = Damage::between(self.corpus, &correct, &switched, self.k, scale);
        Trial { setting, query: self.ranking.query.clone(), correct, switched, scale, damage, finding }
    }

    /// One number for each row of the vectors.
    fn each_row(&self, score: impl FnMut(ArrayView1<'_, f32>) -> f32) -> Vec<f32> {
        self.vectors.unit.rows().into_iter().map(score).collect()
    }

    /// The vector of the query as the model made it. That of an expression no model made.
    fn raw_query(&self) -> Result<Array1<f32>, Refusal> {
        if Expression::is_meant(&self.ranking.query) {
            return Err(Refusal::LengthOfExpression);
        }
        Ok(self.ranking.vector.mapv(|x| x * self.ranking.query_info.norm))
    }
}

/// A ranking of documents by one score for each row of their vectors.
fn ranked(vectors: &Vectors, scores: &[f32], documents: usize) -> StageRanking {
    let placed = rank::descending(scores)
        .into_iter()
        .map(|row| Placed { document: vectors.documents[row], score: scores[row] })
        .collect();
    StageRanking::new(placed, documents, Duration::ZERO)
}

#[cfg(test)]
pub(crate) mod tests;
