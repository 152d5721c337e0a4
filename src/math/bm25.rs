//! BM25: how well the words of a query match those of each document.
//!
//! score(d, q) = Σ c(t) × idf(t) × tf / (tf + k1 × (1 − b + b × |d| / avgdl)), over the different terms t of the query
//!
//! idf(t) = ln(1 + (N − n + 0.5) / (n + 0.5))
//!
//! Here tf is how often t stands in d, c(t) how often in the query, |d| the length of d in terms, avgdl the mean of all
//! lengths, N the number of documents and n how many of them hold t.
//!
//! It is equation 3.15 of Robertson and Zaragoza (2009), "The probabilistic relevance framework: BM25 and beyond", with
//! the idf of Lucene: the 1 inside of the logarithm keeps a term that most documents hold from counting against them.
//! Some write a further factor of k1 + 1 (ATIRE, and Lucene before its version 8). It is the same for all terms and so
//! changes no order; without it, every term is worth its idf at most.
//!
//! A score is from 0, where no term matches, to Σ c(t) × idf(t), which it never reaches while k1 is above 0. It has no
//! unit, and means something only beside other scores of the same query over the same documents.
//!
//! Not done by a crate: `bm25` fixes k1 and b when a document is embedded and gives no parts of a score, and
//! `rank_bm25` has the other idf, which can fall below 0.

use std::collections::HashMap;

/// What can be turned while searching; the index does not depend on it.
///
/// A number outside of its range is taken for the nearest one inside, NaN for the default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// How slowly a term's repetitions saturate, from 0: there, once is as good as often. By default 1.2.
    pub k1: f64,
    /// How much a long document has to hold a term more often for it, from 0, not at all, to 1, in proportion to its
    /// length. By default 0.75.
    pub b: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75 }
    }
}

impl Params {
    fn within_range(self) -> Self {
        let Self { k1, b } = Self::default();
        Self {
            k1: if self.k1.is_nan() { k1 } else { self.k1.max(0.0) },
            b: if self.b.is_nan() { b } else { self.b.clamp(0.0, 1.0) },
        }
    }
}

/// What one term of the query adds to the score of one document: [`Bm25Index::explain`].
#[derive(Debug, Clone, PartialEq)]
pub struct TermScore {
    /// Which term.
    pub term: String,
    /// How often it stands in the query; at least 1.
    pub in_query: usize,
    /// How many documents hold it: n.
    pub documents: usize,
    /// How rare it is, above 0: ln(1 + (N − n + 0.5) / (n + 0.5)).
    pub idf: f64,
    /// How often it stands in the document.
    pub tf: usize,
    /// What is left of the idf, from 0 for a term that the document has not, up to 1: tf / (tf + k1 × (1 − b + b × |d| /
    /// avgdl)).
    pub saturation: f64,
    /// What it adds to the score: [`in_query`](Self::in_query) × [`idf`](Self::idf) × [`saturation`](Self::saturation).
    pub contribution: f64,
}

/// One document among those that hold a term.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Posting {
    document: usize,
    tf: usize,
}

/// Which documents hold which terms, and how often.
///
/// What a term is, is up to the caller: [`words`](crate::math::words) makes them of a text. Terms are the same where
/// their bytes are. Documents are numbered from 0, in the order in which they came.
///
/// ```
/// use vecscope::math::bm25::{Bm25Index, Params};
/// let index = Bm25Index::new(["a cat and a dog", "a dog", "two birds"].map(|text| text.split(' ')));
/// let scores = index.scores(&["cat", "dog"], Params::default());
/// assert!(scores[0] > scores[1] && scores[1] > 0.0);
/// assert_eq!(scores[2], 0.0);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bm25Index {
    /// For each term the documents that hold it, in their order.
    postings: HashMap<String, Vec<Posting>>,
    /// How many terms each document has.
    lengths: Vec<usize>,
    /// The sum of the lengths.
    total: usize,
}

impl Bm25Index {
    /// The index of some documents, each given as its terms.
    #[must_use]
    pub fn new(documents: impl IntoIterator<Item = impl IntoIterator<Item = impl AsRef<str>>>) -> Self {
        let mut index = Self::default();
        for terms in documents {
            index.add(terms);
        }
        index
    }

    /// Adds one document and gives its number. It may be empty; then it matches nothing, and still counts among the
    /// documents and in the mean of their lengths.
    pub fn add(&mut self, terms: impl IntoIterator<Item = impl AsRef<str>>) -> usize {
        let document = self.lengths.len();
        let mut length = 0;
        for term in terms {
            let term = term.as_ref();
            length += 1;
            match self.postings.get_mut(term) {
                Some(postings) => match postings.last_mut() {
                    Some(last) if last.document == document => last.tf += 1,
                    _ => postings.push(Posting { document, tf: 1 }),
                },
                None => {
                    self.postings.insert(term.to_owned(), vec![Posting { document, tf: 1 }]);
                }
            }
        }
        self.lengths.push(length);
        self.total += length;
        document
    }

    /// How many documents there are: N.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.lengths.len()
    }

    /// How many different terms there are.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.postings.len()
    }

    /// The length of a document in terms, repetitions counted: |d|. `None` where there is no such document.
    #[must_use]
    pub fn length(&self, document: usize) -> Option<usize> {
        self.lengths.get(document).copied()
    }

    /// The mean length of the documents: avgdl. 0 where there are none.
    #[must_use]
    pub fn average_length(&self) -> f64 {
        if self.lengths.is_empty() { 0.0 } else { float(self.total) / float(self.lengths.len()) }
    }

    /// The score of every document, in their order; 0 where no term of the query matches.
    ///
    /// A term that stands in the query twice counts twice. One that no document holds adds nothing.
    #[must_use]
    pub fn scores(&self, query: &[impl AsRef<str>], params: Params) -> Vec<f32> {
        let mut scores = vec![0.0; self.lengths.len()];
        for (document, score) in self.matching(query, params) {
            scores[document] = score;
        }
        scores
    }

    /// The documents that a term of the query matches, in their order, with their scores: the same as of
    /// [`scores`](Self::scores). It takes no more time than there are such documents, however many others there are.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision")]
    pub fn matching(&self, query: &[impl AsRef<str>], params: Params) -> Vec<(usize, f32)> {
        let (params, average) = (params.within_range(), self.average_length());
        let mut scores = vec![0.0_f64; self.lengths.len()];
        let mut matching = Vec::new();
        for (term, in_query) in counted(query) {
            let postings = self.postings(term);
            let weight = float(in_query) * self.idf(postings.len());
            for posting in postings {
                let (score, length) = (&mut scores[posting.document], self.lengths[posting.document]);
                if *score <= 0.0 {
                    matching.push(posting.document);
                }
                *score += weight * saturation(posting.tf, length, average, params);
            }
        }
        matching.sort_unstable();
        matching.dedup();
        matching.into_iter().map(|document| (document, scores[document] as f32)).collect()
    }

    /// What each different term of the query adds to the score of a document, in the order in which they first stand
    /// in the query; those too that add nothing. In this order, the contributions sum to exactly the score before it is
    /// rounded to single precision.
    ///
    /// Empty where there is no such document.
    ///
    /// ```
    /// use vecscope::math::bm25::{Bm25Index, Params};
    /// let index = Bm25Index::new([vec!["dog", "dog"], vec!["cat"]]);
    /// let parts = index.explain(0, &["dog", "cow"], Params::default());
    /// assert_eq!((parts[0].tf, parts[0].documents), (2, 1));
    /// assert_eq!((parts[1].documents, parts[1].contribution), (0, 0.0));
    /// ```
    #[must_use]
    pub fn explain(&self, document: usize, query: &[impl AsRef<str>], params: Params) -> Vec<TermScore> {
        let Some(length) = self.length(document) else {
            return Vec::new();
        };
        let (params, average) = (params.within_range(), self.average_length());
        let explained = counted(query).into_iter().map(|(term, in_query)| {
            let postings = self.postings(term);
            let place = postings.binary_search_by_key(&document, |posting| posting.document);
            let tf = place.map_or(0, |place| postings[place].tf);
            let idf = self.idf(postings.len());
            let saturation = saturation(tf, length, average, params);
            let contribution = float(in_query) * idf * saturation;
            TermScore { term: term.to_owned(), in_query, documents: postings.len(), idf, tf, saturation, contribution }
        });
        explained.collect()
    }

    fn postings(&self, term: &str) -> &[Posting] {
        self.postings.get(term).map_or(&[], Vec::as_slice)
    }

    /// How rare a term is that so many documents hold.
    fn idf(&self, documents: usize) -> f64 {
        let without = self.lengths.len() - documents;
        ((float(without) + 0.5) / (float(documents) + 0.5)).ln_1p()
    }
}

/// The different terms of a query, in the order of their first places, and how often each stands there.
fn counted(query: &[impl AsRef<str>]) -> Vec<(&str, usize)> {
    let mut terms: Vec<(&str, usize)> = Vec::new();
    let mut places = HashMap::new();
    for term in query.iter().map(AsRef::as_ref) {
        let place = *places.entry(term).or_insert(terms.len());
        match terms.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => terms.push((term, 1)),
        }
    }
    terms
}

fn saturation(tf: usize, length: usize, average: f64, Params { k1, b }: Params) -> f64 {
    // Not only for speed: with k1 = 0 it would be 0 / 0, and an empty document among empty ones has no mean length.
    if tf == 0 {
        return 0.0;
    }
    let tf = float(tf);
    tf / (tf + k1 * (1.0 - b + b * float(length) / average))
}

#[expect(clippy::cast_precision_loss, reason = "counts of terms and documents, exact below 2⁵³")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
