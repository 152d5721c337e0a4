//! Thresholds: a cosine from which on a sentence counts as relevant, with its precision and recall on labelled queries.

use std::collections::HashMap;

use crate::corpus::Corpus;
use crate::corpus::bundled::LabelledQuery;
use crate::engine::{Embedded, Vectors};
use crate::math::cutoff::Curve;

pub use crate::math::cutoff::At;

/// The cut-off that a rule of thumb gives.
pub const RULE: f32 = 0.8;

/// Every cut-off at once, for all pairs of a labelled query and a document. Which document is relevant to a query was
/// judged; whatever has a grade is, be it 1 or 3.
///
/// Pairs of all queries are thrown together: a query with many relevant documents counts more, as it would for whoever
/// sets one threshold for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Cutoffs {
    /// Precision and recall.
    pub curve: Curve,
    /// How many queries.
    pub queries: usize,
    /// How many pairs.
    pub pairs: usize,
    /// The lowest and the highest cosine of any pair.
    pub range: [f32; 2],
}

impl Cutoffs {
    /// The cut-offs of one model: `embedded` holds the vectors of the queries, `vectors` those of the documents.
    ///
    /// `None` where there is no pair, or none that is relevant, and where the vectors are not of one size.
    #[must_use]
    pub fn new(corpus: &Corpus, queries: &[LabelledQuery], embedded: &Embedded, vectors: &Vectors) -> Option<Self> {
        if embedded.unit.nrows() != queries.len() || embedded.unit.ncols() != vectors.unit.ncols() {
            return None;
        }
        let cosines = embedded.unit.dot(&vectors.unit.t());
        let rows: HashMap<&str, usize> =
            vectors.documents.iter().zip(0..).map(|(&document, row)| (corpus[document].id.as_str(), row)).collect();
        let mut scored = Vec::with_capacity(cosines.len());
        for (query, row) in queries.iter().zip(cosines.rows()) {
            let relevant: Vec<usize> = query.relevant.keys().filter_map(|id| rows.get(id.as_str()).copied()).collect();
            scored.extend(row.iter().enumerate().map(|(at, &score)| (score, relevant.contains(&at))));
        }
        let least = cosines.iter().copied().fold(f32::INFINITY, f32::min);
        let greatest = cosines.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let pairs = scored.len();
        Some(Self { curve: Curve::new(scored)?, queries: queries.len(), pairs, range: [least, greatest] })
    }
}
