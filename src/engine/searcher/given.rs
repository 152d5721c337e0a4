//! Vectors that came with the corpus, in the place of those that the backend would make.

use std::collections::VecDeque;

use ndarray::Axis;

use super::Searcher;
use crate::backend::{BackendError, Batch, TextInfo, TokenCount, Usage};
use crate::corpus::DocumentIndex;
use crate::engine::index::Index;

/// How far from 1 the length of a unit vector may be, after whoever made it has rounded its numbers.
const ROUNDING: f32 = 1e-3;
/// How many vectors are checked and scaled together.
const TOGETHER: usize = 1_000;

impl Searcher {
    /// Takes the vectors that came with the corpus, if they are for the backend of this name. Nothing is left to embed
    /// then but queries.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where the backend makes vectors of another size, and where one has no direction.
    pub fn use_given(&mut self, backend: &str) -> Result<(), BackendError> {
        let Some(given) = self.corpus.vectors.clone().filter(|given| given.backend == backend) else { return Ok(()) };
        let (documents, dimensions) = given.vectors.dim();
        if let Some(other) = self.card().dimensions.filter(|&other| other != dimensions && documents > 0) {
            return Err(BackendError::BadVectors(format!(
                "the vectors of {} have {dimensions} dimensions, and the backend {backend} makes vectors of {other}: they \
                 come from different models",
                self.corpus.name
            )));
        }
        if documents != self.corpus.documents.len() {
            let (name, texts) = (&self.corpus.name, self.corpus.documents.len());
            return Err(BackendError::BadVectors(format!("{name} has {documents} vectors for {texts} texts")));
        }
        self.index = Index::new(given.space);
        self.index.reserve(documents, dimensions);
        let mut unit = true;
        for (place, rows) in given.vectors.axis_chunks_iter(Axis(0), TOGETHER).enumerate() {
            let numbers = place * TOGETHER..place * TOGETHER + rows.nrows();
            let tokens = numbers.clone().map(|number| estimate(&self.corpus.documents[number].text)).collect();
            let batch = Batch { vectors: rows.to_owned(), tokens, usage: Usage::default() };
            let batch = batch.normalise(rows.nrows(), None)?;
            unit &= batch.infos.iter().all(|info| (info.norm - 1.0).abs() < ROUNDING);
            self.index.add(&numbers.map(DocumentIndex).collect::<Vec<_>>(), batch)?;
        }
        self.pending = Some(VecDeque::new());
        self.given_unit = Some(unit);
        Ok(())
    }

    /// What is known of a query with the length of its vector for comparing it with documents: as its model made it, or 1
    /// where whoever made the documents' vectors has scaled all of them so.
    pub(super) fn compared(&self, query: TextInfo) -> TextInfo {
        as_compared(query, self.given_unit == Some(true))
    }
}

/// What is known of a text with the length that its vector has among others, all of which have length 1 or not.
pub(super) fn as_compared(info: TextInfo, is_unit: bool) -> TextInfo {
    if is_unit { TextInfo { norm: 1.0, ..info } } else { info }
}

/// How many tokens a text may have. Counting them would take longer than reading the vectors did.
fn estimate(text: &str) -> TokenCount {
    const BYTES_PER_TOKEN: usize = 4;
    let tokens = text.len().div_ceil(BYTES_PER_TOKEN);
    TokenCount { total: tokens, used: tokens, estimated: true }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::Array2;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::backend::fake::Fake;
    use crate::backend::{Job, Location};
    use crate::corpus::{Corpus, Document, GivenVectors};
    use crate::engine::Ranking;
    use crate::math::space::Space;

    /// Two documents, the first numbers of whose vectors are given; the others are 0.
    fn searcher(rows: [[f32; 2]; 2], space: Space) -> Searcher {
        let vectors = Array2::from_shape_fn((2, 27), |(row, column)| rows[row].get(column).copied().unwrap_or(0.0));
        let given = GivenVectors { backend: "fake".into(), vectors, space };
        let documents = ["one", "two"].map(|id| Document::new(id, id)).to_vec();
        let corpus = Corpus { vectors: Some(Arc::new(given)), ..Corpus::new("given", documents) };
        let mut searcher = Searcher::new(Box::new(Fake::new(Location::InProcess)), Arc::new(corpus));
        searcher.use_given("fake").expect("the vectors fit");
        assert!(searcher.progress().is_complete(), "nothing is left to embed");
        searcher
    }

    /// For a query whose vector is (2, 0, …).
    #[track_caller]
    fn assert_scores(rows: [[f32; 2]; 2], space: Space, expected: [(usize, f32); 2]) -> Ranking {
        let job = &mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        let ranking = searcher(rows, space).search("ant ape", job).expect("it ranks");
        assert_eq!(ranking.space, space);
        for (ranked, (document, score)) in ranking.ranked.iter().zip(expected) {
            assert_eq!(ranked.document, DocumentIndex(document));
            assert!((ranked.score - score).abs() < 1e-5, "{} for {score}", ranked.score);
        }
        ranking
    }

    #[test]
    fn each_space_has_its_own_scores_and_its_own_order() {
        // A long vector at an angle, and a short one straight on.
        let rows = [[30.0, 40.0], [1.0, 0.0]];
        assert_scores(rows, Space::Cosine, [(1, 1.0), (0, 0.6)]);
        assert_scores(rows, Space::InnerProduct, [(0, 60.0), (1, 2.0)]);
        // (2, 0) is 1 from (1, 0), and √(28² + 40²) from (30, 40).
        let ranking = assert_scores(rows, Space::Euclidean, [(1, 0.5), (0, 1.0 - 2384.0 / 2.0)]);
        assert!((ranking.query_info.norm - 2.0).abs() < f32::EPSILON);
    }

    #[test]
    fn where_all_documents_have_length_1_so_has_the_query() {
        let rows = [[0.6, 0.8], [1.0, 0.0]];
        for space in [Space::Cosine, Space::InnerProduct, Space::Euclidean] {
            let ranking = assert_scores(rows, space, [(1, 1.0), (0, 0.6)]);
            assert!((ranking.query_info.norm - 1.0).abs() < f32::EPSILON || space == Space::Cosine);
        }
    }

    #[test]
    fn given_vectors_outlive_an_edit_and_not_another_corpus() {
        let rows = [[30.0, 40.0], [1.0, 0.0]];
        let mut searcher = searcher(rows, Space::InnerProduct);
        let without = |texts: &[&str]| {
            let documents = texts.iter().map(|text| Document::new(*text, *text)).collect();
            Arc::new(Corpus::new("changed", documents))
        };
        searcher.take_corpus(without(&["two", "ant", "one"]), true);
        let job = &mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        assert_eq!(searcher.progress().done, 2, "what was given, and nothing else");
        searcher.embed_all(job).expect("one text is left");
        let ranking = searcher.search("ant ape", job).expect("it ranks");
        let scores: Vec<_> = ranking.ranked.iter().map(|ranked| (ranked.document.0, ranked.score.round())).collect();
        // The query is (2, 0, …), and so is the new text half of it.
        assert_eq!((ranking.space, scores), (Space::InnerProduct, vec![(2, 60.0), (0, 2.0), (1, 2.0)]));
        searcher.take_corpus(without(&["two", "one"]), false);
        assert_eq!(searcher.progress().done, 0, "another corpus has vectors of its own");
    }

    #[test]
    fn vectors_for_another_backend_are_left_alone_and_those_of_another_size_refused() {
        let given = |columns| {
            let vectors = Array2::ones((1, columns));
            let given = GivenVectors { backend: "fake".into(), vectors, space: Space::Cosine };
            let corpus =
                Corpus { vectors: Some(Arc::new(given)), ..Corpus::new("given", vec![Document::new("1", "a")]) };
            Searcher::new(Box::new(Fake::new(Location::InProcess)), Arc::new(corpus))
        };
        let mut other = given(27);
        other.use_given("another").expect("it has nothing to do with them");
        assert_eq!(other.progress().done, 0);
        let error = given(3).use_given("fake").expect_err("27 numbers are not 3").to_string();
        assert!(error.contains("given have 3 dimensions") && error.contains("vectors of 27"), "{error}");
    }
}
