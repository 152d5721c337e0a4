//! Late interaction: two texts compared token by token, not by one vector each.
//!
//! score = 1 / |q| × Σ max cos(qᵢ, dⱼ) over the tokens j of the document, over the tokens i of the query
//!
//! It is the `MaxSim` of `ColBERT` (Khattab and Zaharia 2020, "`ColBERT`: efficient and effective passage search via
//! contextualized late interaction over BERT") divided by the number of the query's tokens: so it is a cosine, from −1 to
//! 1, whatever the length of the query. For one query, the order of documents is the same.
//!
//! It is not symmetric: every token of the query wants a match, while the document may hold much else.

use ndarray::{Array2, ArrayView1, ArrayView2};

/// What a token of the query finds in the document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BestMatch {
    /// Which token of the document, from 0; the first of equal ones.
    pub token: usize,
    /// Their cosine, from −1 to 1.
    pub cosine: f32,
}

/// How two texts match token by token: [`late_interaction`].
#[derive(Debug, Clone, PartialEq)]
pub struct LateInteraction {
    /// The mean of the cosines of the best matches, from −1 to 1.
    pub score: f32,
    /// All cosines: one row for each token of the query, one column for each of the document.
    pub cosines: Array2<f32>,
    /// For each token of the query, its best match in the document.
    pub best: Vec<BestMatch>,
}

/// How a query and a document match, each given as one row for each token. The rows are taken to be of unit length;
/// where they are not, cosines and score are dot products.
///
/// `None` where either has no token, as then there is nothing to compare, and where vectors of the two are not of the
/// same size.
///
/// ```
/// # use ndarray::array;
/// use vecscope::math::late::late_interaction;
/// let query = array![[1.0, 0.0], [0.0, 1.0]];
/// let document = array![[0.6, 0.8], [1.0, 0.0]];
/// let found = late_interaction(query.view(), document.view()).unwrap();
/// assert_eq!((found.best[0].token, found.best[1].token), (1, 0));
/// // (1 + 0.8) / 2
/// assert!((found.score - 0.9).abs() < 1e-6);
/// ```
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
pub fn late_interaction(query: ArrayView2<'_, f32>, document: ArrayView2<'_, f32>) -> Option<LateInteraction> {
    if query.ncols() != document.ncols() {
        return None;
    }
    let cosines = query.dot(&document.t());
    let matches = cosines.rows().into_iter().map(|row| {
        let matches = row.iter().zip(0..).map(|(&cosine, token)| BestMatch { token, cosine });
        matches.reduce(|best, other| if other.cosine > best.cosine { other } else { best })
    });
    // None where the document has no token.
    let best: Vec<BestMatch> = matches.collect::<Option<_>>()?;
    let score = mean(best.iter().map(|best| best.cosine))?;
    Some(LateInteraction { score, cosines, best })
}

/// How two texts match word by word: [`word_matches`].
#[derive(Debug, Clone, PartialEq)]
pub struct JoinedWords {
    /// Words of the query × words of the document: the greatest cosine among those of their tokens.
    pub cosines: Array2<f32>,
    /// For each word of the query, the word of the document that is most like it; the first of equal ones.
    pub best: Vec<usize>,
    /// What each word of the query adds to the score: the best cosines of its tokens over the number of all tokens of
    /// the query. They sum to the score.
    pub contributions: Vec<f32>,
}

/// Joins tokens to words. `query` and `document` say of each token which word it is a part of, counted from 0 with none
/// left out.
///
/// # Panics
/// Where they do not have one entry for each token.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "tokens are not that many")]
pub fn word_matches(found: &LateInteraction, query: &[usize], document: &[usize]) -> JoinedWords {
    let words = |word_of: &[usize]| word_of.iter().max().map_or(0, |last| last + 1);
    let mut cosines = Array2::from_elem((words(query), words(document)), f32::NEG_INFINITY);
    for ((row, column), &cosine) in found.cosines.indexed_iter() {
        let cell = &mut cosines[[query[row], document[column]]];
        *cell = cell.max(cosine);
    }
    let mut contributions = vec![0.0; words(query)];
    for (&word, best) in query.iter().zip(&found.best) {
        contributions[word] += best.cosine / query.len() as f32;
    }
    let greatest = |row: ArrayView1<'_, f32>| {
        let cells = row.into_iter().copied().enumerate();
        cells.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(word, _)| word)
    };
    let best = cosines.rows().into_iter().filter_map(greatest).collect();
    JoinedWords { cosines, best, contributions }
}

/// The mean of some cosines, summed in double precision; `None` where there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "cosines are f32, tokens not that many"
)]
fn mean(cosines: impl ExactSizeIterator<Item = f32>) -> Option<f32> {
    let count = cosines.len();
    (count > 0).then(|| (cosines.map(f64::from).sum::<f64>() / count as f64) as f32)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, array};
    use proptest::prelude::*;

    use super::*;
    use crate::math::vector;

    fn found(query: &Array2<f32>, document: &Array2<f32>) -> LateInteraction {
        late_interaction(query.view(), document.view()).expect("both have tokens of the same size")
    }

    #[track_caller]
    fn assert_close(found: f32, expected: f32) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn the_score_is_the_mean_of_the_best_cosines() {
        let query = array![[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, -1.0]];
        let document = array![[0.0, 1.0, 0.0], [0.8, 0.6, 0.0]];
        let found = found(&query, &document);
        // 0.6 × 0.8 + 0.8 × 0.6 = 0.96
        let expected = array![[0.0, 0.8], [0.8, 0.96], [0.0, 0.0]];
        assert_eq!(found.cosines.dim(), expected.dim());
        assert!((&found.cosines - &expected).iter().all(|off| off.abs() < 1e-6), "{}", found.cosines);
        // The third has two matches that are equally bad; the first of them is taken.
        assert_eq!(found.best.iter().map(|best| best.token).collect::<Vec<_>>(), [1, 1, 0]);
        assert_close(found.best[1].cosine, 0.96);
        // (0.8 + 0.96 + 0) / 3
        assert_close(found.score, 0.586_666_67);
    }

    #[test]
    fn the_sides_are_not_exchangeable() {
        let (short, long) = (array![[1.0, 0.0]], array![[1.0, 0.0], [0.0, 1.0]]);
        assert_close(found(&short, &long).score, 1.0);
        // (1 + 0) / 2
        assert_close(found(&long, &short).score, 0.5);
    }

    #[test]
    fn the_best_may_be_below_0() {
        let found = found(&array![[1.0, 0.0]], &array![[-1.0, 0.0], [-0.6, 0.8]]);
        assert_eq!(found.best[0].token, 1);
        assert_close(found.score, -0.6);
    }

    #[test]
    fn what_cannot_be_compared_has_no_score() {
        let (some, none, other) = (array![[1.0, 0.0]], Array2::zeros((0, 2)), array![[1.0, 0.0, 0.0]]);
        for (query, document) in [(&some, &none), (&none, &some), (&none, &none), (&some, &other)] {
            assert_eq!(late_interaction(query.view(), document.view()), None);
        }
    }

    #[test]
    fn sub_words_are_joined_to_words() {
        // Three tokens of two words, against four tokens of three.
        let found = LateInteraction {
            score: 0.5,
            cosines: array![[0.1, 0.9, -0.2, 0.3], [0.4, 0.2, 0.6, 0.0], [-0.5, -0.9, -0.3, -0.4]],
            best: [(1, 0.9), (2, 0.6), (2, -0.3)].map(|(token, cosine)| BestMatch { token, cosine }).to_vec(),
        };
        let joined = word_matches(&found, &[0, 0, 1], &[0, 1, 1, 2]);
        assert_eq!(joined.cosines, array![[0.4, 0.9, 0.3], [-0.5, -0.3, -0.4]]);
        assert_eq!(joined.best, [1, 1]);
        // (0.9 + 0.6) / 3 and −0.3 / 3: together the mean of the three.
        assert_close(joined.contributions[0], 0.5);
        assert_close(joined.contributions[1], -0.1);
    }

    #[test]
    fn the_best_word_of_equal_ones_is_the_first() {
        let found = found(&array![[1.0, 0.0]], &array![[0.0, 1.0], [0.6, 0.8], [0.6, 0.8]]);
        assert_eq!(word_matches(&found, &[0], &[0, 1, 2]).best, [1]);
    }

    fn tokens() -> impl Strategy<Value = Array2<f32>> {
        let numbers = (1_usize..6).prop_flat_map(|count| prop::collection::vec(-1.0_f32..1.0, count * 4));
        numbers.prop_filter_map("no direction", |numbers| {
            let mut tokens = Array2::from_shape_vec((numbers.len() / 4, 4), numbers).ok()?;
            tokens.rows_mut().into_iter().all(|row| vector::normalise(row).is_ok()).then_some(tokens)
        })
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_wholly(text in tokens()) {
            prop_assert!((found(&text, &text).score - 1.0).abs() < 1e-5);
        }

        #[test]
        fn more_of_a_document_never_lowers_the_score(query in tokens(), document in tokens()) {
            let whole = found(&query, &document);
            let first = document.select(Axis(0), &[0]);
            prop_assert!(found(&query, &first).score <= whole.score + 1e-6);
            prop_assert!(whole.score.abs() <= 1.0 + 1e-5);
            for (row, best) in whole.cosines.rows().into_iter().zip(&whole.best) {
                prop_assert!(row.iter().all(|&cosine| cosine <= best.cosine));
            }
        }
    }
}
