//! Queries, and other texts beside the corpus: embedding them, and ranking by them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ndarray::{Array1, Array2, ArrayView1};

use super::{Known, Repeated, Searcher};
use crate::backend::{BackendError, Job, Location, Role, TextInfo, TokenCount};
use crate::engine::expression::Expression;
use crate::engine::index::Found;
use crate::engine::ranking::{Ranking, Timings};
use crate::engine::search::{Method, SearchOptions};
use crate::engine::vectors::Embedded;
use crate::math::vector;

impl Searcher {
    /// Ranks the documents that are embedded by their cosine similarity to `query`: exactly, and all of them up to
    /// [`WHOLE_RANKING`](crate::engine::search::WHOLE_RANKING).
    ///
    /// # Errors
    /// As [`Self::search_by`].
    pub fn search(&mut self, query: &str, job: &mut Job<'_>) -> Result<Ranking, BackendError> {
        self.search_by(query, &SearchOptions::default(), job)
    }

    /// Ranks the documents that are embedded and selected by their similarity to `query`: those that the way chosen finds,
    /// at least as many as asked for where there are as many.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn search_by(
        &mut self,
        query: &str,
        options: &SearchOptions,
        job: &mut Job<'_>,
    ) -> Result<Ranking, BackendError> {
        let started = Instant::now();
        let known = self.knows(query, Role::Query);
        self.make_room(Expression::parse(query).map_or(0, |expression| expression.terms.len() + 1));
        self.learn(&[query], Role::Query, job)?;
        let embed = if known { Duration::ZERO } else { started.elapsed() };
        let started = Instant::now();
        let (vector, query_info) = self.recall(query, Role::Query);
        let query_info = self.compared(*query_info);
        if Expression::is_meant(query) && query_info.norm == 0.0 {
            return Err(BackendError::BadVectors(format!("the sum “{query}” has length 0, so it has no direction")));
        }
        let vector = Arc::clone(vector);
        let progress = self.progress();
        let found = self.find(vector.view(), query_info.norm, options, job)?;
        let mut ranking = Ranking::found(query.to_owned(), query_info, vector, found, progress);
        ranking.space = self.index.space();
        ranking.timings = Timings { embed, rank: started.elapsed() };
        Ok(ranking)
    }

    /// The nearest documents of a unit vector, and of the length that it had, by the way chosen; exactly where that way is
    /// not there yet, or not for this.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where it is of another size than the documents', and [`BackendError::Cancelled`].
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub(super) fn find(
        &mut self,
        unit: ArrayView1<'_, f32>,
        norm: f32,
        options: &SearchOptions,
        job: &Job<'_>,
    ) -> Result<Found, BackendError> {
        let exact = SearchOptions { method: Method::Exact, ..options.clone() };
        match options.method {
            Method::Store => match self.find_in_store(unit, norm, options, job)? {
                Some(found) => Ok(found),
                None => self.index.search(unit, norm, &exact),
            },
            // A graph of a part would be made in vain.
            Method::Hnsw if !self.progress().is_complete() => self.index.search(unit, norm, &exact),
            Method::Exact | Method::TwoPass | Method::Hnsw => self.index.search(unit, norm, options),
        }
    }

    /// Embeds a query `times` times, each on its own and none from memory, and says how far the vectors differ.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn repeat(&mut self, query: &str, times: usize, job: &mut Job<'_>) -> Result<Repeated, BackendError> {
        let mut first: Option<Array1<f32>> = None;
        let mut largest = 0.0_f32;
        for _ in 0..times {
            let vector = self.embed(&[query], Role::Query, job)?.vectors.row(0).to_owned();
            match &first {
                None => first = Some(vector),
                Some(first) => {
                    let differences = first.iter().zip(&vector).map(|(a, b)| (a - b).abs());
                    largest = differences.fold(largest, f32::max);
                }
            }
        }
        Ok(Repeated { times, largest })
    }

    /// Embeds texts that are not of the corpus, a few at a time: what was embedded before a cancel is known the next time.
    /// An [`Expression`] whose terms cancel out has no direction: a row of zeros, of norm 0.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn embed_texts(&mut self, texts: &[String], role: Role, job: &mut Job<'_>) -> Result<Embedded, BackendError> {
        /// A query that comes meanwhile waits for so many at the most.
        const TOGETHER: usize = 4;
        let terms: usize = texts.iter().filter_map(|text| Expression::parse(text)).map(|it| it.terms.len()).sum();
        self.make_room(texts.len() + terms);
        let unknown: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !self.knows(text, role)).collect();
        let batches = match self.card().location {
            Location::InProcess => (0..unknown.len()).collect::<Vec<_>>().chunks(TOGETHER).map(<[_]>::to_vec).collect(),
            // As many at once as a request may hold.
            Location::Loopback(_) | Location::Remote(_) => self.embedder.plan(&unknown),
        };
        for batch in batches {
            let batch: Vec<&str> = batch.into_iter().map(|number| unknown[number]).collect();
            self.learn(&batch, role, job)?;
        }
        let known: Vec<&Known> = texts.iter().map(|text| self.recall(text, role)).collect();
        let mut unit = Array2::zeros((known.len(), known.first().map_or(0, |(vector, _)| vector.len())));
        for (mut row, (vector, _)) in unit.rows_mut().into_iter().zip(&known) {
            row.assign(vector.as_ref());
        }
        Ok(Embedded { unit, infos: known.iter().map(|(_, info)| *info).collect() })
    }

    /// Whether the vector of a text beside the corpus is known; then it is kept longer than others.
    pub(super) fn knows(&mut self, text: &str, role: Role) -> bool {
        self.known.get(&(role, text.to_owned())).is_some()
    }

    /// The vector of a text that was learned just now.
    fn recall(&self, text: &str, role: Role) -> &Known {
        self.known.peek(&(role, text.to_owned())).expect("there is room for all that is learned together")
    }

    /// Makes room for so many texts together.
    pub(super) fn make_room(&mut self, texts: usize) {
        if let Some(texts) = NonZeroUsize::new(texts).filter(|&texts| texts > self.known.cap()) {
            self.known.resize(texts);
        }
    }

    /// Gets the vectors of texts that are not known yet. Of an [`Expression`] it is the sum of those of its terms.
    fn learn(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<(), BackendError> {
        let texts: Vec<&str> = texts.iter().copied().filter(|text| !self.knows(text, role)).collect();
        let expressions: Vec<(&str, Expression)> = match role {
            Role::Query => texts.iter().filter_map(|&text| Some((text, Expression::parse(text)?))).collect(),
            Role::Document => Vec::new(),
        };
        let plain = texts.iter().copied().filter(|text| !expressions.iter().any(|(other, _)| other == text));
        let terms = expressions.iter().flat_map(|(_, sum)| sum.terms.iter().map(|term| term.text.as_str()));
        self.embed_unknown(&plain.chain(terms).collect::<Vec<_>>(), role, job)?;
        for (text, expression) in expressions {
            let sum = self.sum(&expression, role);
            self.known.put((role, text.to_owned()), sum);
        }
        Ok(())
    }

    /// The sum of the unit vectors of an expression's terms, which are known, scaled to unit length; its norm is how long
    /// it was. Where the terms cancel out it is zero, and so is its norm.
    fn sum(&self, expression: &Expression, role: Role) -> Known {
        /// What rounding leaves of vectors that cancel out.
        const NOTHING: f32 = 1e-5;
        let known = expression.terms.iter().map(|term| (term.sign(), self.recall(&term.text, role)));
        let mut sum = Array1::<f32>::zeros(known.clone().next().map_or(0, |(_, (vector, _))| vector.len()));
        let mut tokens = TokenCount::default();
        for (sign, (vector, info)) in known {
            sum.scaled_add(sign, vector.as_ref());
            tokens.total += info.tokens.total;
            tokens.used += info.tokens.used;
            tokens.estimated |= info.tokens.estimated;
        }
        let mut norm = vector::norm(sum.view());
        if norm > NOTHING {
            sum.mapv_inplace(|x| x / norm);
        } else {
            sum.fill(0.0);
            norm = 0.0;
        }
        (Arc::new(sum), TextInfo { tokens, norm })
    }

    /// Embeds those of the texts that are not known yet, in one call.
    fn embed_unknown(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<(), BackendError> {
        self.restore_texts(texts, role);
        let mut unknown: Vec<&str> = texts.iter().copied().filter(|text| !self.knows(text, role)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let embedded = self.embed(&unknown, role, job)?;
        self.keep_texts(&unknown, role, &embedded);
        for ((text, row), info) in unknown.into_iter().zip(embedded.vectors.rows()).zip(embedded.infos) {
            self.known.put((role, text.to_owned()), (Arc::new(row.to_owned()), info));
        }
        Ok(())
    }
}
