//! What runs experiments one after the other, for the screen: a job is plain data, and so is what comes of it.

use std::sync::Arc;

use super::long::{Haystack, Sweep};
use super::short::Settling;
use super::threshold::Cutoffs;
use super::{Refusal, Sample, Setting, Trial};
use crate::corpus::{Corpus, bundled};
use crate::engine::{Embedded, Lexical, Ranking, Vectors};
use crate::math::words::Folding;

/// One experiment with all that it takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Job {
    /// A switch on one query.
    Query {
        /// The ranking as it should be.
        ranking: Arc<Ranking>,
        /// The vectors of the documents, from the same model.
        vectors: Arc<Vectors>,
        /// How many of the first count.
        k: usize,
        /// What is switched.
        switch: Switch,
    },
    /// A cut-off on all labelled queries: for each model, their vectors and those of the documents.
    Cutoffs(Vec<(Arc<Embedded>, Arc<Vectors>)>),
}

/// A switch with what it takes besides the vectors of the query and of the documents.
#[derive(Debug, Clone, PartialEq)]
pub enum Switch {
    /// Nothing.
    Setting(Setting),
    /// The quantised model's ranking of the same query.
    Quantised(Arc<Ranking>),
    /// Another model's vectors of the documents.
    Mixed(Arc<Vectors>),
    /// The beginnings of the query, and after how many words the ranking is shown.
    FirstWords(Arc<Embedded>, usize),
    /// The long texts.
    Needle(Arc<Haystack>, Arc<Embedded>),
    /// BM25.
    Words,
}

/// What comes of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Two rankings.
    Trial(Box<Trial>),
    /// A ranking after each word, and the chosen one of them beside that of the whole query.
    Settling(Settling, Option<Box<Trial>>),
    /// A needle at each place.
    Sweep(Sweep),
    /// For each model.
    Cutoffs(Vec<Cutoffs>),
    /// It cannot be done.
    Refused(Refusal),
}

impl Job {
    /// Whether two jobs are the same work on the very same data. Data is compared by where it is, so that it costs nothing
    /// to ask.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Query { ranking, vectors, k, switch },
                Self::Query { ranking: other_ranking, vectors: other_vectors, k: other_k, switch: other_switch },
            ) => {
                Arc::ptr_eq(ranking, other_ranking)
                    && Arc::ptr_eq(vectors, other_vectors)
                    && k == other_k
                    && switch.is_same(other_switch)
            }
            (Self::Cutoffs(models), Self::Cutoffs(others)) => {
                let same = |((a, b), (c, d)): (&(_, _), &(_, _))| Arc::ptr_eq(a, c) && Arc::ptr_eq(b, d);
                models.len() == others.len() && models.iter().zip(others).all(same)
            }
            (Self::Query { .. }, Self::Cutoffs(_)) | (Self::Cutoffs(_), Self::Query { .. }) => false,
        }
    }

    /// The query it is about, if it is about one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        match self {
            Self::Query { ranking, .. } => Some(&ranking.query),
            Self::Cutoffs(_) => None,
        }
    }
}

impl Switch {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Setting(a), Self::Setting(b)) => a == b,
            (Self::Quantised(a), Self::Quantised(b)) => Arc::ptr_eq(a, b),
            (Self::Mixed(a), Self::Mixed(b)) => Arc::ptr_eq(a, b),
            (Self::FirstWords(a, words), Self::FirstWords(b, others)) => Arc::ptr_eq(a, b) && words == others,
            (Self::Needle(a, texts), Self::Needle(b, others)) => Arc::ptr_eq(a, b) && Arc::ptr_eq(texts, others),
            (Self::Words, Self::Words) => true,
            (
                Self::Setting(_)
                | Self::Quantised(_)
                | Self::Mixed(_)
                | Self::FirstWords(..)
                | Self::Needle(..)
                | Self::Words,
                _,
            ) => false,
        }
    }
}

/// Runs jobs, and keeps what the next one needs again.
#[derive(Debug)]
pub struct Bench {
    corpus: Arc<Corpus>,
    /// The words of the corpus, taken apart when they are first asked for.
    lexical: Option<Lexical>,
}

impl Bench {
    /// For experiments over a corpus.
    #[must_use]
    pub fn new(corpus: Arc<Corpus>) -> Self {
        Self { corpus, lexical: None }
    }

    /// Does a job.
    pub fn run(&mut self, job: &Job) -> Outcome {
        match job {
            Job::Query { ranking, vectors, k, switch } => {
                let corpus = Arc::clone(&self.corpus);
                self.switch(Sample { corpus: &corpus, ranking, vectors, k: *k }, switch)
            }
            Job::Cutoffs(models) => {
                let queries = bundled::queries();
                let of = |(embedded, vectors): &(Arc<Embedded>, Arc<Vectors>)| {
                    Cutoffs::new(&self.corpus, &queries, embedded, vectors)
                };
                Outcome::Cutoffs(models.iter().filter_map(of).collect())
            }
        }
    }

    fn switch(&mut self, sample: Sample<'_>, switch: &Switch) -> Outcome {
        let tried = match switch {
            Switch::Setting(setting) => sample.run(*setting),
            Switch::Quantised(ranking) => Ok(sample.quantised_model(ranking)),
            Switch::Mixed(other) => sample.mixed(other),
            Switch::FirstWords(embedded, words) => {
                let settling = sample.settling(embedded);
                let trial = sample.first_words(&settling, *words).map(Box::new);
                return Outcome::Settling(settling, trial);
            }
            Switch::Needle(haystack, embedded) => match sample.sweep(haystack, embedded) {
                Some(sweep) => return Outcome::Sweep(sweep),
                None => Err(Refusal::Needs("the long texts have to be embedded first".into())),
            },
            Switch::Words => {
                let lexical = self.lexical.get_or_insert_with(|| Lexical::new(sample.corpus, Folding::default()));
                sample.words(lexical)
            }
        };
        tried.map_or_else(Outcome::Refused, |trial| Outcome::Trial(Box::new(trial)))
    }
}
