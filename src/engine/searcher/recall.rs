//! How much of what the exact search finds another way finds as well, measured.

use std::time::{Duration, Instant};

use ndarray::ArrayView1;

use super::Searcher;
use crate::backend::{BackendError, Job, Role, TextInfo};
use crate::corpus::DocumentIndex;
use crate::engine::search::{Method, SearchOptions};

/// What a way of searching costs and finds, beside the exact search of the same queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall {
    /// The way. It is the exact one where that asked for is not ready.
    pub method: Method,
    /// How many of the best were to be found.
    pub k: usize,
    /// How many queries there were.
    pub queries: usize,
    /// The mean share of the exact k best that were found, from 0 to 1.
    pub recall: f64,
    /// The median time of an exact search.
    pub exact: Duration,
    /// The median time of a search by this way.
    pub time: Duration,
}

/// A measurement that is under way.
#[derive(Debug, Default)]
pub(super) struct Measuring {
    /// What is measured, of how many embedded documents.
    of: Option<(Method, usize, usize, usize)>,
    /// How many queries are done.
    done: usize,
    found: usize,
    wanted: usize,
    ran: Method,
    exact: Vec<Duration>,
    times: Vec<Duration>,
}

impl Searcher {
    /// Measures a way of searching on `queries` documents of the corpus, taken evenly, as queries: each without itself,
    /// which every way finds. And on `present`, if its vector is known. What was done before a cancel is not done again.
    ///
    /// # Errors
    /// [`BackendError::Cancelled`], and where vectors do not fit.
    pub fn measure_recall(
        &mut self,
        method: Method,
        k: usize,
        queries: usize,
        present: Option<&str>,
        job: &mut Job<'_>,
    ) -> Result<Recall, BackendError> {
        let of = Some((method, k, queries, self.index.len()));
        if self.measuring.of != of {
            self.measuring = Measuring { of, ran: method, ..Measuring::default() };
        }
        let documents = self.index.evenly(queries);
        while self.measuring.done < documents.len() {
            if job.cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
            let document = documents[self.measuring.done];
            if let Some((unit, TextInfo { norm, .. })) = self.index.unit_of(document) {
                self.measure_one((ArrayView1::from(&unit), norm), Some(document), (method, k), job)?;
            }
            self.measuring.done += 1;
        }
        let known = present.and_then(|query| self.known.peek(&(Role::Query, query.to_owned())).cloned());
        if let Some((vector, info)) = known {
            self.measure_one((vector.view(), info.norm), None, (method, k), job)?;
        }
        let Measuring { found, wanted, ran, exact, times, .. } = std::mem::take(&mut self.measuring);
        #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
        let recall = if wanted == 0 { 1.0 } else { found as f64 / wanted as f64 };
        let queries = exact.len();
        Ok(Recall { method: ran, k, queries, recall, exact: median(exact), time: median(times) })
    }

    fn measure_one(
        &mut self,
        (unit, norm): (ArrayView1<'_, f32>, f32),
        itself: Option<DocumentIndex>,
        (method, k): (Method, usize),
        job: &Job<'_>,
    ) -> Result<(), BackendError> {
        let mut best = |method| -> Result<_, BackendError> {
            let options = SearchOptions { method, depth: k + 1, selection: None };
            let started = Instant::now();
            let found = self.find(unit, norm, &options, job)?;
            let time = started.elapsed();
            let others = found.ranked.iter().map(|ranked| ranked.document).filter(|&document| Some(document) != itself);
            Ok((others.take(k).collect::<Vec<_>>(), found.method, time))
        };
        let (exact, _, exact_time) = best(Method::Exact)?;
        let (found, ran, time) = best(method)?;
        let measuring = &mut self.measuring;
        measuring.wanted += exact.len();
        measuring.found += exact.iter().filter(|document| found.contains(document)).count();
        measuring.exact.push(exact_time);
        measuring.times.push(time);
        if ran != method {
            measuring.ran = ran;
        }
        Ok(())
    }
}

/// The middle one; of an even number the upper of the two in the middle. None of nothing.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::engine::searcher::tests::{fake, with_job};

    #[test]
    fn the_exact_search_finds_all_that_it_finds() {
        let mut searcher = fake(&["apple", "apple banana", "banana", "cherry"]);
        with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
        let recall = with_job(|job| searcher.measure_recall(Method::Exact, 2, 3, None, job)).expect("no cancel");
        assert_eq!((recall.method, recall.k, recall.queries), (Method::Exact, 2, 3));
        assert!((recall.recall - 1.0).abs() < f64::EPSILON);
        with_job(|job| searcher.search("cherry", job)).expect("the fake never fails");
        let recall = with_job(|job| searcher.measure_recall(Method::TwoPass, 2, 9, Some("cherry"), job));
        let recall = recall.expect("no cancel");
        assert_eq!(recall.queries, 5, "all four, and the query");
        assert_eq!(recall.method, Method::Exact, "of so few, all would be left over by a first look");
    }

    #[test]
    fn a_graph_that_is_not_there_yet_is_not_what_was_measured() {
        let mut searcher = fake(&["apple", "banana"]);
        // Half of the corpus: the graph is made when all of it is there.
        with_job(|job| searcher.embed_next(job)).expect("the fake never fails");
        let ranking = with_job(|job| {
            let options = SearchOptions { method: Method::Hnsw, ..SearchOptions::default() };
            searcher.search_by("apple", &options, job)
        });
        assert_eq!(ranking.expect("the fake never fails").method, Method::Exact);
    }

    #[test]
    fn a_measurement_is_given_up_for_a_query() {
        let mut searcher = fake(&["apple", "banana"]);
        with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
        let cancel = CancellationToken::new();
        cancel.cancel();
        let mut job = Job { cancel: &cancel, notify: &mut |_| {} };
        let given_up = searcher.measure_recall(Method::TwoPass, 1, 2, None, &mut job);
        assert!(matches!(given_up, Err(BackendError::Cancelled)));
        let recall = with_job(|job| searcher.measure_recall(Method::TwoPass, 1, 2, None, job)).expect("no cancel");
        assert_eq!(recall.queries, 2);
    }

    #[test]
    fn nothing_has_a_recall_and_no_queries() {
        let mut searcher = fake(&[]);
        let recall = with_job(|job| searcher.measure_recall(Method::TwoPass, 5, 5, None, job)).expect("no cancel");
        assert_eq!((recall.queries, recall.time), (0, Duration::ZERO));
    }
}
