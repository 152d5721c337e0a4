//! Which word carries the rank: the query with one word left out, for each word, really embedded again.

use ndarray::{Array2, ArrayView1};
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
    let (words, space) = parted(query);
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

/// How many words a query has, or terms, left out or not.
#[must_use]
pub fn words(query: &str) -> usize {
    Expression::parse(query).map_or_else(|| parted(query).0.len(), |expression| expression.terms.len())
}

/// The words of a text, and what stands between them.
fn parted(text: &str) -> (Vec<&str>, &'static str) {
    let spaced: Vec<&str> = text.split_whitespace().collect();
    if spaced.len() > 1 { (spaced, " ") } else { (text.unicode_words().collect(), "") }
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
    /// Whether what is left without each word has a direction.
    has_direction: Vec<bool>,
    /// Cosines with all words, one a document.
    whole: Vec<f32>,
    /// The document of each column, ascending.
    documents: Vec<DocumentIndex>,
}

/// What the words of a query do for one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects<'a> {
    /// Of each word that was left out.
    pub words: Vec<WordEffect<'a>>,
    /// How many words the query has: more than there are here where it is long.
    pub of: usize,
    /// The document's rank with all words, from 1, among those that are scored.
    pub rank: usize,
    /// How many documents are scored: of a large corpus not all.
    pub documents: usize,
}

/// What one word does for one document.
#[derive(Debug, Clone, PartialEq)]
pub struct WordEffect<'a> {
    /// The word.
    pub word: &'a str,
    /// How the document stands without it; `None` where what is left has no direction, as in `= a - a`.
    pub without: Option<Without>,
}

/// How a document stands without a word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Without {
    /// Its cosine.
    pub score: f32,
    /// How much the cosine falls: above 0 where the word speaks for the document.
    pub falls_by: f32,
    /// Its rank, from 1, among those that are scored.
    pub rank: usize,
}

impl Ablation {
    /// Scores documents without each word: `rests` are the vectors of what is left, one row for each of `words`, `whole`
    /// that of the whole query. A row of zeros is a rest without a direction.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn new(
        query: String,
        words: Vec<LeftOut>,
        whole: ArrayView1<'_, f32>,
        rests: &Embedded,
        vectors: &Vectors,
    ) -> Self {
        // Of no words no vectors came, which have no length then.
        let scores = if words.is_empty() {
            Array2::zeros((0, vectors.documents.len()))
        } else {
            rests.unit.dot(&vectors.unit.t())
        };
        let has_direction = rests.infos.iter().map(|info| info.norm > 0.0).collect();
        let whole = vectors.unit.dot(&whole).to_vec();
        Self { query, words, scores, has_direction, whole, documents: vectors.documents.clone() }
    }

    /// What each word does for a document; `None` where the document is not among those that are scored. Equal scores
    /// stand in the order of the corpus.
    #[must_use]
    pub fn of(&self, document: DocumentIndex) -> Option<Effects<'_>> {
        let column = self.documents.binary_search(&document).ok()?;
        let rests = self.words.iter().zip(self.scores.rows()).zip(&self.has_direction);
        let words = rests.map(|((left, scores), &has_direction)| {
            let score = scores[column];
            let without =
                Without { score, falls_by: self.whole[column] - score, rank: rank(scores.iter().copied(), column) };
            WordEffect { word: &left.word, without: has_direction.then_some(without) }
        });
        Some(Effects {
            words: words.collect(),
            of: self::words(&self.query),
            rank: rank(self.whole.iter().copied(), column),
            documents: self.documents.len(),
        })
    }
}

/// The rank of a column, from 1, by scores that stand in the order of the corpus.
fn rank(scores: impl Iterator<Item = f32> + Clone, column: usize) -> usize {
    let own = scores.clone().nth(column).unwrap_or(f32::NEG_INFINITY);
    let ahead = |&(other, score): &(usize, f32)| score > own || (score >= own && other < column);
    scores.enumerate().filter(ahead).count() + 1
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
        let long = "word ".repeat(100);
        assert_eq!((left_out(&long).len(), super::words(&long)), (MOST_WORDS, 100));
    }

    #[test]
    fn what_has_no_direction_has_no_rank_and_no_words_need_no_vectors() {
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        let vectors =
            Vectors { unit: array![[1.0, 0.0]], documents: vec![DocumentIndex(0)], infos: vec![info], embedded: 1 };
        let query = "= a - a + b";
        let infos = [1.0, 1.0, 0.0].map(|norm| TextInfo { norm, ..info }).to_vec();
        let rests = Embedded { unit: array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], infos };
        let ablation = Ablation::new(query.into(), left_out(query), array![1.0, 0.0].view(), &rests, &vectors);
        let effects = ablation.of(DocumentIndex(0)).expect("scored");
        let known: Vec<bool> = effects.words.iter().map(|effect| effect.without.is_some()).collect();
        assert_eq!(known, [true, true, false]);
        let nothing = Embedded { unit: Array2::zeros((0, 0)), infos: Vec::new() };
        let ablation = Ablation::new("b".into(), Vec::new(), array![1.0, 0.0].view(), &nothing, &vectors);
        assert_eq!(ablation.of(DocumentIndex(0)).map(|effects| (effects.words.len(), effects.of)), Some((0, 1)));
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
        // With all words it has 0.8, behind one of 1; without “up” 0, behind both, without “right” 1, ahead of them.
        assert_eq!((effects.rank, effects.documents, effects.of), (2, 3, 2));
        let without = |at: usize| effects.words[at].without.expect("a direction");
        assert_eq!((effects.words[0].word, without(0).score, without(0).rank), ("up", 0.0, 3));
        assert_eq!((effects.words[1].word, without(1).score, without(1).rank), ("right", 1.0, 1));
        assert!((without(0).falls_by - 0.8).abs() < 1e-6 && (without(1).falls_by + 0.2).abs() < 1e-6);
        assert_eq!(ablation.of(DocumentIndex(1)), None);
    }
}
