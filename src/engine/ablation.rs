//! Which word carries the rank: the query with one word left out, for each word, really embedded again.

use ndarray::Array2;
use unicode_segmentation::UnicodeSegmentation;

use super::expression::Expression;
use super::vectors::{Embedded, Vectors};
use crate::corpus::DocumentIndex;

/// The most words of a query that are left out, one after the other: each costs an embedding.
pub const MOST_WORDS: usize = 24;

/// A word of a query, and the query without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The word as it is written; of an expression a term with its sign.
    pub word: String,
    /// What is left.
    pub rest: String,
}

/// The query once without each of its words, of a longer one without each of the first [`MOST_WORDS`]. Empty where
/// nothing would be left. Of an [`Expression`], terms are left out.
///
/// Words are what white space parts, so that punctuation and the parts of `INV-20481` stay together. A text that is
/// written without spaces is parted as Unicode segments words.
///
/// ```
/// # use vecscope::engine::ablation::left_out;
/// let rests: Vec<String> = left_out("a sleeping cat").into_iter().map(|left| left.rest).collect();
/// assert_eq!(rests, ["sleeping cat", "a cat", "a sleeping"]);
/// ```
#[must_use]
pub fn left_out(query: &str) -> Vec<LeftOut> {
    if let Some(expression) = Expression::parse(query) {
        return left_out_terms(&expression);
    }
    let spaced: Vec<&str> = query.split_whitespace().collect();
    let (words, space) = if spaced.len() > 1 { (spaced, " ") } else { (query.unicode_words().collect(), "") };
    if words.len() < 2 {
        return Vec::new();
    }
    let without = |number: usize| {
        let rest: Vec<&str> =
            words.iter().enumerate().filter(|&(other, _)| other != number).map(|(_, word)| *word).collect();
        LeftOut { word: words[number].to_owned(), rest: rest.join(space) }
    };
    (0..words.len().min(MOST_WORDS)).map(without).collect()
}

fn left_out_terms(expression: &Expression) -> Vec<LeftOut> {
    let terms = expression.terms.iter().enumerate().take(MOST_WORDS);
    terms
        .filter_map(|(number, term)| {
            let sign = if term.negative { '−' } else { '+' };
            Some(LeftOut { word: format!("{sign} {}", term.text), rest: expression.without(number)?.to_string() })
        })
        .collect()
}

/// What every document scores without each word.
#[derive(Debug, Clone, PartialEq)]
pub struct Ablation {
    /// The query.
    pub query: String,
    /// Its words, in their order.
    pub words: Vec<LeftOut>,
    /// Cosines: one row a word that is left out, one column a document.
    scores: Array2<f32>,
    /// Cosines with all words, one a document.
    whole: Vec<f32>,
    /// The document of each column, ascending.
    documents: Vec<DocumentIndex>,
}

/// What one word does for one document.
#[derive(Debug, Clone, PartialEq)]
pub struct WordEffect<'a> {
    /// The word.
    pub word: &'a str,
    /// The document's cosine without it.
    pub score: f32,
    /// How much the cosine falls without it: above 0 where the word speaks for the document.
    pub falls_by: f32,
    /// The document's rank without it, from 1.
    pub rank: usize,
}

impl Ablation {
    /// Scores documents without each word: `rests` are the vectors of what is left, one row for each of `words`, `whole`
    /// that of the whole query.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn new(
        query: String,
        words: Vec<LeftOut>,
        whole: ndarray::ArrayView1<'_, f32>,
        rests: &Embedded,
        vectors: &Vectors,
    ) -> Self {
        let scores = rests.unit.dot(&vectors.unit.t());
        let whole = vectors.unit.dot(&whole).to_vec();
        Self { query, words, scores, whole, documents: vectors.documents.clone() }
    }

    /// What each word does for a document; `None` where the document is not among those that are scored. Ranks are among
    /// these, equal scores in the order of the corpus.
    #[must_use]
    pub fn of(&self, document: DocumentIndex) -> Option<Vec<WordEffect<'_>>> {
        let column = self.documents.binary_search(&document).ok()?;
        let effects = self.words.iter().zip(self.scores.rows()).map(|(left, scores)| {
            let score = scores[column];
            let ahead = scores
                .iter()
                .enumerate()
                .filter(|&(other, &theirs)| theirs > score || (theirs >= score && other < column));
            WordEffect { word: &left.word, score, falls_by: self.whole[column] - score, rank: ahead.count() + 1 }
        });
        Some(effects.collect())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::backend::{TextInfo, TokenCount};

    fn words(query: &str) -> Vec<(String, String)> {
        left_out(query).into_iter().map(|left| (left.word, left.rest)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(word, rest)| (word.to_owned(), rest.to_owned())).collect()
    }

    #[test]
    fn each_word_is_left_out_once_with_its_punctuation() {
        let expected = pairs(&[("which", "invoice INV-1?"), ("invoice", "which INV-1?"), ("INV-1?", "which invoice")]);
        assert_eq!(words("which  invoice INV-1?"), expected);
        assert_eq!(words("the the"), pairs(&[("the", "the"), ("the", "the")]));
    }

    #[test]
    fn nothing_is_left_of_one_word() {
        assert!(words("python").is_empty() && words("  ").is_empty() && words("= king").is_empty());
    }

    #[test]
    fn a_text_without_spaces_is_parted_by_unicode() {
        let parted = words("猫と犬");
        assert_eq!(parted.len(), 3);
        assert_eq!(parted[0], ("猫".to_owned(), "と犬".to_owned()));
    }

    #[test]
    fn of_an_expression_terms_are_left_out() {
        let expected =
            pairs(&[("+ king", "= - man + woman"), ("− man", "= king + woman"), ("+ woman", "= king - man")]);
        assert_eq!(words("= king - man + woman"), expected);
    }

    #[test]
    fn a_long_query_is_left_out_word_by_word_up_to_a_limit() {
        assert_eq!(left_out(&"word ".repeat(100)).len(), MOST_WORDS);
    }

    #[test]
    fn a_word_that_speaks_for_a_document_makes_it_fall() {
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        let documents = vec![DocumentIndex(0), DocumentIndex(2), DocumentIndex(5)];
        let unit: Array2<f32> = array![[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]];
        let vectors = Vectors { unit, documents, infos: vec![info; 3], embedded: 3 };
        // The whole query lies between both axes; without its first word it points up, without its second to the right.
        let (whole, left) = (array![0.6, 0.8], left_out("up right"));
        let rests = Embedded { unit: array![[1.0, 0.0], [0.0, 1.0]], infos: vec![info; 2] };
        let ablation = Ablation::new("up right".into(), left, whole.view(), &rests, &vectors);
        let effects = ablation.of(DocumentIndex(5)).expect("scored");
        let found: Vec<_> = effects.iter().map(|effect| (effect.word, effect.score, effect.rank)).collect();
        // With all words it has 0.8; without “up” 0, behind both others, without “right” 1, ahead of them.
        assert_eq!(found, [("up", 0.0, 3), ("right", 1.0, 1)]);
        assert!((effects[0].falls_by - 0.8).abs() < 1e-6 && (effects[1].falls_by + 0.2).abs() < 1e-6);
        assert_eq!(ablation.of(DocumentIndex(1)), None);
    }
}
