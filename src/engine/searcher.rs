//! One backend over one corpus: embeds the corpus batch by batch, and ranks it for queries.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use ndarray::{Array1, Array2};

use super::expression::Expression;
use super::index::{Index, Neighbours};
use super::ranking::{Ranked, Ranking, Timings};
use super::vectors::{Embedded, MOST_VECTORS, Vectors};
use crate::backend::{BackendError, Embedder, Job, Location, ModelCard, Role, TextInfo, TokenCount, UnitBatch, Usage};
use crate::corpus::{Corpus, DocumentIndex};
use crate::math::vector;

/// How much of a corpus is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Documents embedded so far.
    pub done: usize,
    /// Documents in the corpus.
    pub total: usize,
}

impl Progress {
    /// Whether nothing is left to embed.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.done == self.total
    }
}

/// What embedding texts would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How many texts would be sent.
    pub texts: usize,
    /// How many tokens they have.
    pub tokens: usize,
    /// Whether the number of tokens is an estimate.
    pub estimated: bool,
    /// What that costs in US dollars; `None` where the model's price is not known.
    pub usd: Option<f64>,
}

impl Estimate {
    /// What embedding `texts` with `embedder` would take.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a price")]
    pub fn of(embedder: &dyn Embedder, texts: &[&str]) -> Self {
        let counts = embedder.count(texts, Role::Document);
        let tokens = counts.iter().map(|count| count.used).sum();
        Self {
            texts: counts.len(),
            tokens,
            estimated: counts.iter().any(|count| count.estimated),
            usd: embedder.card().usd_per_million_tokens.map(|price| price * tokens as f64 / 1e6),
        }
    }
}

/// Of how many texts beside the corpus vectors are kept at the most: at 384 dimensions they take 6 MB.
const MOST_KNOWN: NonZeroUsize = NonZeroUsize::new(4_096).expect("above 0");

/// The unit vector of a text, and what is known of it besides.
type Known = (Arc<Array1<f32>>, TextInfo);

/// A corpus as one backend sees it.
pub struct Searcher {
    embedder: Box<dyn Embedder>,
    corpus: Arc<Corpus>,
    index: Index,
    /// Batches of document numbers that are still to be embedded. `None` until the corpus was planned.
    pending: Option<VecDeque<Vec<usize>>>,
    /// Vectors of texts beside the corpus, so that none is paid for or waited for twice in a while: the one that was not
    /// asked for the longest makes room.
    known: LruCache<(Role, String), Known>,
    spent: Spent,
}

/// What a backend has used in this run, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spent {
    /// For the corpus.
    pub corpus: Usage,
    /// For queries, and whatever else was asked for by hand.
    pub queries: Usage,
    /// How long embedding the corpus has taken so far.
    pub corpus_time: Duration,
}

impl Spent {
    /// For everything together.
    #[must_use]
    pub fn total(self) -> Usage {
        self.corpus.plus(self.queries)
    }
}

/// How much vectors of one text differ when it is embedded again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeated {
    /// How often it was embedded.
    pub times: usize,
    /// The largest difference between two numbers at the same place.
    pub largest: f32,
}

impl Searcher {
    /// A searcher with nothing embedded yet.
    #[must_use]
    pub fn new(embedder: Box<dyn Embedder>, corpus: Arc<Corpus>) -> Self {
        Self {
            embedder,
            corpus,
            index: Index::default(),
            pending: None,
            known: LruCache::new(MOST_KNOWN),
            spent: Spent::default(),
        }
    }

    /// The same searcher with nothing embedded and no query known.
    #[must_use]
    pub fn emptied(self) -> Self {
        Self::new(self.embedder, self.corpus)
    }

    /// What the backend runs.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        self.embedder.card()
    }

    /// What was used so far.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// The nearest documents of each document embedded so far.
    #[must_use]
    pub fn neighbours(&self, most: usize) -> Neighbours {
        self.index.neighbours(most)
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

    /// How much of the corpus is embedded.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { done: self.index.len(), total: self.corpus.documents.len() }
    }

    /// Which share of the work of embedding the corpus is done, from 0 to 1, by the length of what a model sees of each
    /// text: local models begin with the shortest, so of their texts half are done long before half of the time is over.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn share_done(&self) -> f64 {
        // Of prose; what is wrong with it is much the same for all texts.
        const BYTES_PER_TOKEN: usize = 5;
        let most = self.card().max_tokens.map_or(usize::MAX, |tokens| tokens.saturating_mul(BYTES_PER_TOKEN));
        let work = |number: usize| self.corpus.documents[number].text.len().clamp(1, most.max(1)) as f64;
        let all: f64 = (0..self.corpus.documents.len()).map(work).sum();
        let done: f64 = self.index.rows().map(|(document, _)| work(document.0)).sum();
        if all > 0.0 { done / all } else { 1.0 }
    }

    /// What embedding the corpus would take, without sending anything.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        Estimate::of(self.embedder.as_ref(), &self.corpus.texts())
    }

    /// Embeds the next batch of the corpus. Where it fails, the batch stays next.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn embed_next(&mut self, job: &mut Job<'_>) -> Result<Progress, BackendError> {
        let Self { embedder, corpus, pending, .. } = self;
        let pending = pending.get_or_insert_with(|| embedder.plan(&corpus.texts()).into());
        let Some(batch) = pending.front().cloned() else { return Ok(self.progress()) };
        let corpus = Arc::clone(corpus);
        let texts: Vec<&str> = batch.iter().map(|&number| corpus.documents[number].text.as_str()).collect();
        let started = Instant::now();
        let embedded = self.embed(&texts, Role::Document, job)?;
        self.spent.corpus_time += started.elapsed();
        let documents: Vec<DocumentIndex> = batch.into_iter().map(DocumentIndex).collect();
        self.index.add(&documents, embedded)?;
        self.pending.as_mut().and_then(VecDeque::pop_front);
        Ok(self.progress())
    }

    /// Embeds what is left of the corpus.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn embed_all(&mut self, job: &mut Job<'_>) -> Result<(), BackendError> {
        while !self.embed_next(job)?.is_complete() {}
        Ok(())
    }

    /// Ranks the documents that are embedded by their cosine similarity to `query`.
    ///
    /// # Errors
    /// Whatever the backend could not do.
    pub fn search(&mut self, query: &str, job: &mut Job<'_>) -> Result<Ranking, BackendError> {
        let started = Instant::now();
        let known = self.knows(query, Role::Query);
        self.make_room(Expression::parse(query).map_or(0, |expression| expression.terms.len() + 1));
        self.learn(&[query], Role::Query, job)?;
        let embed = if known { Duration::ZERO } else { started.elapsed() };
        let started = Instant::now();
        let (vector, query_info) = self.recall(query, Role::Query);
        if Expression::is_meant(query) && query_info.norm == 0.0 {
            return Err(BackendError::BadVectors(format!("the sum “{query}” has length 0, so it has no direction")));
        }
        let cosines = self.index.cosines(vector.view())?;
        let scored = self.index.rows().zip(cosines).map(|((document, info), score)| Ranked { document, score, info });
        let documents = self.corpus.documents.len();
        let mut ranking = Ranking::new(query.to_owned(), *query_info, scored.collect(), documents, Timings::default());
        ranking.vector = Arc::clone(vector);
        ranking.timings = Timings { embed, rank: started.elapsed() };
        Ok(ranking)
    }

    /// A copy of the vectors of the documents embedded so far; of a large corpus those of the first [`MOST_VECTORS`].
    #[must_use]
    pub fn vectors(&self) -> Vectors {
        self.index.vectors(MOST_VECTORS)
    }

    /// A copy of the vectors of all documents embedded so far.
    #[must_use]
    pub fn all_vectors(&self) -> Vectors {
        self.index.vectors(usize::MAX)
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
    fn knows(&mut self, text: &str, role: Role) -> bool {
        self.known.get(&(role, text.to_owned())).is_some()
    }

    /// The vector of a text that was learned just now.
    fn recall(&self, text: &str, role: Role) -> &Known {
        self.known.peek(&(role, text.to_owned())).expect("there is room for all that is learned together")
    }

    /// Makes room for so many texts together.
    fn make_room(&mut self, texts: usize) {
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
        let mut unknown: Vec<&str> = texts.iter().copied().filter(|text| !self.knows(text, role)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let embedded = self.embed(&unknown, role, job)?;
        for ((text, row), info) in unknown.into_iter().zip(embedded.vectors.rows()).zip(embedded.infos) {
            self.known.put((role, text.to_owned()), (Arc::new(row.to_owned()), info));
        }
        Ok(())
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<UnitBatch, BackendError> {
        let batch = self.embedder.embed(texts, role, job)?;
        // What a server answered was paid for, whether or not its vectors are any good.
        let spent = match role {
            Role::Document => &mut self.spent.corpus,
            Role::Query => &mut self.spent.queries,
        };
        *spent = spent.plus(batch.usage);
        batch.normalise(texts.len(), self.embedder.card().dimensions)
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::backend::Batch;
    use crate::backend::fake::Fake;
    use crate::corpus::Document;

    fn corpus(texts: &[&str]) -> Arc<Corpus> {
        let documents = texts
            .iter()
            .enumerate()
            .map(|(number, &text)| Document { id: number.to_string(), topic: None, text: text.into() })
            .collect();
        Arc::new(Corpus { name: "test".into(), bundled: false, documents, blank_lines: Vec::new() })
    }

    fn fake(texts: &[&str]) -> Searcher {
        Searcher::new(Box::new(Fake::new(Location::InProcess)), corpus(texts))
    }

    fn with_job<T>(act: impl FnOnce(&mut Job<'_>) -> T) -> T {
        act(&mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} })
    }

    fn order(ranking: &Ranking) -> Vec<usize> {
        ranking.ranked.iter().map(|ranked| ranked.document.0).collect()
    }

    #[test]
    fn the_nearest_document_comes_first() {
        let mut searcher = fake(&["zebra", "apple banana", "banana"]);
        with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
        let ranking = with_job(|job| searcher.search("a b", job)).expect("the fake never fails");
        assert_eq!(order(&ranking), [1, 2, 0]);
        assert!((ranking.ranked[0].score - 1.0).abs() < 1e-6);
        assert!((ranking.ranked[1].score - 0.5_f32.sqrt()).abs() < 1e-6);
        assert!((ranking.query_info.norm - 2.0_f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn what_is_embedded_so_far_is_ranked_and_known_to_be_a_part() {
        let mut searcher = fake(&["x", "y", "z"]);
        let progress = with_job(|job| searcher.embed_next(job)).expect("the fake never fails");
        assert_eq!(progress, Progress { done: 1, total: 3 });
        let ranking = with_job(|job| searcher.search("y", job)).expect("the fake never fails");
        assert_eq!((order(&ranking), ranking.is_complete()), (vec![0], false));
    }

    #[test]
    fn the_share_that_is_done_goes_by_what_the_model_sees() {
        // The fake sees 16 words, so 80 bytes: 4, then 76, then 80 of 400.
        let mut searcher = fake(&["four", &"x".repeat(76), &"y".repeat(400)]);
        let mut shares = vec![searcher.share_done()];
        for _ in 0..3 {
            with_job(|job| searcher.embed_next(job)).expect("the fake never fails");
            shares.push(searcher.share_done());
        }
        for (share, expected) in shares.into_iter().zip([0.0, 0.025, 0.5, 1.0]) {
            assert!((share - expected).abs() < 1e-12, "{share} in place of {expected}");
        }
        assert!((fake(&[]).share_done() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_empty_corpus_ranks_nothing() {
        let mut searcher = fake(&[]);
        with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
        let ranking = with_job(|job| searcher.search("y", job)).expect("the fake never fails");
        assert!(ranking.ranked.is_empty() && ranking.spread.is_none() && ranking.is_complete());
    }

    /// Answers each call with the next of its prepared batches.
    struct Scripted {
        card: ModelCard,
        answers: VecDeque<Result<Batch, BackendError>>,
    }

    impl Embedder for Scripted {
        fn card(&self) -> &ModelCard {
            &self.card
        }

        fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
            (0..texts.len()).map(|index| vec![index]).collect()
        }

        fn count(&self, texts: &[&str], _: Role) -> Vec<TokenCount> {
            vec![TokenCount { total: 500_000, used: 500_000, estimated: true }; texts.len()]
        }

        fn embed(&mut self, _: &[&str], _: Role, _: &mut Job<'_>) -> Result<Batch, BackendError> {
            self.answers.pop_front().expect("no call beyond the script")
        }
    }

    fn scripted(texts: &[&str], answers: Vec<Result<Batch, BackendError>>) -> Searcher {
        let card = ModelCard { usd_per_million_tokens: Some(0.02), ..Fake::new(Location::InProcess).card().clone() };
        let card = ModelCard { dimensions: None, location: Location::Loopback("here".into()), ..card };
        Searcher::new(Box::new(Scripted { card, answers: answers.into() }), corpus(texts))
    }

    fn answer(vector: &[f32]) -> Batch {
        let vectors = ndarray::Array2::from_shape_vec((1, vector.len()), vector.to_vec()).expect("one row");
        Batch { vectors, tokens: vec![TokenCount::default()], usage: Usage { tokens: 10, usd: Some(0.5) } }
    }

    #[test]
    fn a_failed_batch_stays_next() {
        let mut searcher = scripted(&["x"], vec![Err(BackendError::Cancelled), Ok(answer(&[1.0, 0.0]))]);
        assert!(with_job(|job| searcher.embed_next(job)).is_err());
        assert_eq!(searcher.progress().done, 0);
        assert_eq!(with_job(|job| searcher.embed_next(job)).expect("second try").done, 1);
    }

    #[test]
    fn a_vector_that_is_not_finite_never_enters_the_index_but_its_cost_is_counted() {
        let mut searcher = scripted(&["x"], vec![Ok(answer(&[f32::NAN, 0.0]))]);
        let error = with_job(|job| searcher.embed_next(job)).expect_err("not finite");
        assert!(error.to_string().contains("vector 1 of 1 is not finite: dimension 0"), "{error}");
        assert_eq!((searcher.progress().done, searcher.spent().total().tokens), (0, 10));
    }

    #[test]
    fn a_query_is_embedded_once() {
        let mut searcher = scripted(&["x"], vec![Ok(answer(&[1.0, 0.0])), Ok(answer(&[0.0, 1.0]))]);
        with_job(|job| searcher.embed_all(job)).expect("scripted");
        let first = with_job(|job| searcher.search("q", job)).expect("scripted");
        let second = with_job(|job| searcher.search("q", job)).expect("from memory");
        assert_eq!(first.ranked, second.ranked);
        assert_eq!(second.timings.embed, Duration::ZERO);
        assert_eq!(searcher.spent().total(), Usage { tokens: 20, usd: Some(1.0) });
    }

    #[test]
    fn texts_beside_the_corpus_are_embedded_once_in_each_role_and_come_in_the_order_asked_for() {
        let mut searcher = fake(&["x"]);
        let texts = ["b", "a", "b"].map(String::from);
        let queries = with_job(|job| searcher.embed_texts(&texts, Role::Query, job)).expect("the fake never fails");
        assert_eq!(queries.unit.dim(), (3, 27));
        assert_eq!((queries.unit[[0, 1]], queries.unit[[1, 0]], queries.unit[[2, 1]]), (1.0, 1.0, 1.0));
        let known = |searcher: &Searcher| searcher.known.len();
        assert_eq!(known(&searcher), 2);
        with_job(|job| searcher.embed_texts(&texts, Role::Document, job)).expect("the fake never fails");
        assert_eq!(known(&searcher), 4);
        let none = with_job(|job| searcher.embed_texts(&[], Role::Query, job)).expect("nothing to do");
        assert_eq!(none.unit.nrows(), 0);
    }

    #[test]
    fn an_expression_is_the_sum_of_its_terms_and_each_of_them_is_embedded_once() {
        let texts = ["apple banana", "apple", "cherry"];
        let mut searcher = fake(&texts);
        with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
        // a + b − a = b, up to the lengths: √½ each of “apple banana”, less 1 of “apple”.
        let ranking = with_job(|job| searcher.search("= \"apple banana\" - apple", job)).expect("the fake never fails");
        let half = 0.5_f32.sqrt();
        let expected = ((half - 1.0).powi(2) + half * half).sqrt();
        assert!((ranking.query_info.norm - expected).abs() < 1e-6, "{}", ranking.query_info.norm);
        assert_eq!(order(&ranking), [0, 2, 1]);
        assert_eq!((ranking.query_info.tokens.total, searcher.known.len()), (3, 3));
        let error = with_job(|job| searcher.search("= apple - apple", job)).expect_err("nothing is left");
        assert!(error.to_string().contains("“= apple - apple” has length 0"), "{error}");
        // Beside others it is one without a direction.
        let texts = ["= apple - apple", "apple"].map(String::from);
        let embedded = with_job(|job| searcher.embed_texts(&texts, Role::Query, job)).expect("the rest is fine");
        assert!(embedded.unit.row(0).iter().all(|&number| number == 0.0));
        assert_eq!((embedded.infos[0].norm, embedded.unit[[1, 0]]), (0.0, 1.0));
    }

    #[test]
    fn a_ranking_holds_the_vector_that_it_ranked_by() {
        let mut searcher = fake(&["apple", "banana"]);
        with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
        let ranking = with_job(|job| searcher.search("apple banana", job)).expect("the fake never fails");
        let vectors = searcher.vectors();
        for ranked in &ranking.ranked {
            let vector = vectors.of(ranked.document).expect("embedded");
            assert!((vector.dot(ranking.vector.as_ref()) - ranked.score).abs() < 1e-6);
        }
    }

    #[test]
    fn a_server_gets_texts_in_batches_of_its_own_and_more_texts_than_are_kept_are_embedded_all_the_same() {
        // The fake plans one text a batch; the script has an answer for each call, of one row.
        let answers = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]].map(|vector| Ok(answer(&vector))).into();
        let mut searcher = scripted(&["x"], answers);
        searcher.known.resize(NonZeroUsize::MIN);
        let texts = ["p", "q", "r"].map(String::from);
        let embedded = with_job(|job| searcher.embed_texts(&texts, Role::Query, job)).expect("scripted");
        assert_eq!(embedded.unit, ndarray::array![[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]);
        assert_eq!(searcher.spent().queries.tokens, 30);
    }

    #[test]
    fn a_query_embedded_again_and_again_shows_how_much_the_model_varies() {
        let answers = [[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]].map(|vector| Ok(answer(&vector))).into();
        let mut searcher = scripted(&["x"], answers);
        let repeated = with_job(|job| searcher.repeat("q", 3, job)).expect("scripted");
        assert_eq!(repeated.times, 3);
        assert!((repeated.largest - 0.8).abs() < 1e-6, "{}", repeated.largest);
        assert_eq!((searcher.spent().queries.tokens, searcher.spent().corpus.tokens), (30, 0));
    }

    #[test]
    fn an_estimate_prices_the_tokens_of_all_texts() {
        let estimate = scripted(&["x", "y"], vec![]).estimate();
        assert_eq!(estimate, Estimate { texts: 2, tokens: 1_000_000, estimated: true, usd: Some(0.02) });
    }
}
