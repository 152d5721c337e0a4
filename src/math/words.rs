//! From a text to the terms that [`bm25`](crate::math::bm25) counts.
//!
//! Words are those of Unicode (UAX #29), folded to lower case and, unless asked otherwise, without accents. A language
//! that writes no spaces has no words for Unicode either: there, each ideograph is a term.
//!
//! What is written without a space is one thing to whoever searches for it. So whatever is joined inside by one of
//! `- . _ / \ : @ + # & '` gives its parts and then the whole: `INV-20418` is found as `inv`, `20418` and `inv-20418`,
//! the last of which is rare and counts the most. Points and commas between digits join a single number, which has no
//! parts: `2.4.1` is found as `2.4.1` only, because a 2 or a 4 stands everywhere. A whole counts in the length of its
//! document like any other term.
//!
//! With stemming, `rank` finds `ranking`. `camelCase` is not taken apart, nor is a sign at the end of a word kept: `C++`
//! is `c`.

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// How [`terms`] are made. Documents and queries want the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folding {
    /// Whether accents are dropped, so that `naive` finds `naïve`. They are by default.
    pub accents: bool,
    /// Whether the commonest words of English, [`STOP_WORDS`], are left out. They are not by default: BM25 gives what
    /// is common little weight anyway, and "to be or not to be" would be an empty query.
    pub stop_words: bool,
    /// Whether words are cut to their stem, as those of English: `ranking`, `ranked` and `ranks` to `rank` (Porter's
    /// second algorithm, Snowball). They are not by default: it costs words of other languages their endings. What is
    /// joined keeps its own, only its parts are cut.
    pub stemming: bool,
}

impl Default for Folding {
    fn default() -> Self {
        Self { accents: true, stop_words: false, stemming: false }
    }
}

/// The commonest words of English, and what an apostrophe leaves behind it. In alphabetical order.
pub const STOP_WORDS: [&str; 40] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "from", "has", "have", "he", "if", "in", "into",
    "is", "it", "its", "ll", "no", "not", "of", "on", "or", "re", "s", "she", "t", "that", "the", "their", "they",
    "this", "to", "ve", "was", "with", "you",
];

/// The terms of a text in its order, repetitions and all; of what is joined, the parts stand before the whole.
///
/// ```
/// use vecscope::math::words::{Folding, terms};
/// assert_eq!(terms("Überfällig: INV-20418.", Folding::default()), ["uberfallig", "inv", "20418", "inv-20418"]);
/// ```
#[must_use]
pub fn terms(text: &str, folding: Folding) -> Vec<String> {
    let mut found = Vec::new();
    let stemmer = folding.stemming.then(|| Stemmer::new(Algorithm::English));
    for joined in joined(text) {
        let parts = parts(joined);
        let several = parts.len() > 1;
        // No whole is in the list, but a part may well be.
        let wanted = |part: &String| {
            has_letters(part) && (!folding.stop_words || STOP_WORDS.binary_search(&part.as_str()).is_err())
        };
        found.extend(parts.into_iter().map(|part| folded(part, folding)).filter(wanted).map(|part| match &stemmer {
            Some(stemmer) => stemmer.stem(&part).into_owned(),
            None => part,
        }));
        found.extend(several.then(|| folded(joined, folding)).filter(|whole| has_letters(whole)));
    }
    found
}

/// What stands between joiners, and what they join: the stretches of a text that are one thing.
fn joined(text: &str) -> Vec<&str> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for (start, word) in text.unicode_word_indices() {
        let end = start + word.len();
        match stretches.last_mut() {
            Some((_, last)) if is_joint(&text[*last..start]) => *last = end,
            _ => stretches.push((start, end)),
        }
    }
    stretches.into_iter().map(|(start, end)| &text[start..end]).collect()
}

/// Whether words with this between them belong together.
fn is_joint(between: &str) -> bool {
    let mut characters = between.chars();
    matches!((characters.next(), characters.next()), (Some(joiner), None) if is_joiner(joiner))
}

fn is_joiner(character: char) -> bool {
    matches!(character, '-' | '.' | '_' | '/' | '\\' | ':' | '@' | '+' | '#' | '&' | '\'' | '’' | '‐' | '‑')
}

/// The parts of what is joined; the thing itself where nothing is.
fn parts(joined: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut before) = (0, None);
    let mut characters = joined.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        let after = characters.peek().map(|&(_, after)| after);
        let in_number = character == '.' && is_digit(before) && is_digit(after);
        if is_joiner(character) && !in_number {
            parts.push(&joined[start..place]);
            start = place + character.len_utf8();
        }
        before = Some(character);
    }
    parts.push(&joined[start..]);
    // A word of Unicode may begin or end with an underscore.
    parts.retain(|part| has_letters(part));
    parts
}

/// Of a term that is nothing but an accent, folding leaves nothing.
fn has_letters(term: &str) -> bool {
    term.chars().any(char::is_alphanumeric)
}

fn is_digit(character: Option<char>) -> bool {
    character.is_some_and(char::is_numeric)
}

/// One spelling for all that should be found alike.
fn folded(term: &str, folding: Folding) -> String {
    if term.is_ascii() {
        return term.to_ascii_lowercase();
    }
    let one_sign = |character| match character {
        '’' => '\'',
        '‐' | '‑' => '-',
        // Lower case has two of them, the one for the end of a word.
        'ς' => 'σ',
        other => other,
    };
    // Accents go first, because the lower case of İ is an i with a dot of its own.
    let decomposed = term.nfd().filter(|&character| !(folding.accents && is_accent(character)));
    let lower: String = decomposed.flat_map(char::to_lowercase).map(one_sign).collect();
    lower.nfc().collect()
}

/// Whether a mark is one of those that stand on letters of Latin, Greek and Cyrillic. In other scripts, marks are vowels
/// or make another consonant, and without them the word would be another one.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_terms(text: &str, expected: &[&str]) {
        assert_eq!(terms(text, Folding::default()), expected, "{text}");
    }

    #[test]
    fn words_are_folded_and_punctuation_is_dropped() {
        assert_terms("The cat, the CAT!", &["the", "cat", "the", "cat"]);
        assert_terms("", &[]);
        assert_terms(" … — ?! 🦀", &[]);
        assert_terms("one—two end. Next", &["one", "two", "end", "next"]);
    }

    #[test]
    fn identifiers_are_found_as_a_whole_and_by_their_parts() {
        assert_terms("INV-20418", &["inv", "20418", "inv-20418"]);
        assert_terms("error 23505.", &["error", "23505"]);
        assert_terms("(BX-50-117)", &["bx", "50", "117", "bx-50-117"]);
        // With a hyphen of print, and with one that does not break.
        assert_terms("BX‐50‑117", &["bx", "50", "117", "bx-50-117"]);
        assert_terms("max_tokens", &["max", "tokens", "max_tokens"]);
        assert_terms("_private", &["private"]);
        assert_terms("a@example.org", &["a", "example", "org", "a@example.org"]);
        assert_terms("SQLSTATE:23505", &["sqlstate", "23505", "sqlstate:23505"]);
        assert_terms("src/math.rs", &["src", "math", "rs", "src/math.rs"]);
        assert_terms("the end.Next", &["the", "end", "next", "end.next"]);
    }

    #[test]
    fn numbers_stay_whole() {
        assert_terms("2.4.1", &["2.4.1"]);
        assert_terms("v2.4.1,", &["v2.4.1"]);
        assert_terms("1,000.50", &["1,000.50"]);
        assert_terms("lib-2.4.1", &["lib", "2.4.1", "lib-2.4.1"]);
        assert_terms("It was 5.", &["it", "was", "5"]);
    }

    #[test]
    fn apostrophes_join() {
        assert_terms("user's", &["user", "s", "user's"]);
        assert_terms("l’amour", &["l", "amour", "l'amour"]);
    }

    #[test]
    fn accents_are_dropped_unless_asked_otherwise() {
        assert_terms("naïve Ångström ÉCOLE ёлка İzmir", &["naive", "angstrom", "ecole", "елка", "izmir"]);
        // Composed and not, they are the same with accents too.
        let kept = Folding { accents: false, ..Folding::default() };
        assert_eq!(terms("É E\u{301}", kept), ["é", "é"]);
    }

    #[test]
    fn case_is_folded_in_other_scripts() {
        assert_terms("ΟΔΌΣ οδός ПРИВЕТ", &["οδοσ", "οδοσ", "привет"]);
    }

    #[test]
    fn marks_that_are_no_accents_stay() {
        assert_terms("हिंदी", &["हिंदी"]);
        assert_terms("한국어", &["한국어"]);
        // A katakana with a mark is another syllable.
        assert_terms("ガラス", &["ガラス"]);
    }

    #[test]
    fn stop_words_are_left_out_when_asked() {
        let folding = Folding { stop_words: true, ..Folding::default() };
        assert_eq!(terms("The user's cat and/or a dog", folding), ["user", "user's", "cat", "and/or", "dog"]);
        assert!(terms("To be or not to be", folding).is_empty());
    }

    #[test]
    fn words_are_cut_to_their_stem_when_asked() {
        let folding = Folding { stemming: true, ..Folding::default() };
        assert_eq!(terms("Ranking ranked ranks", folding), ["rank", "rank", "rank"]);
        // The whole stays as it is, and what is no English word too.
        assert_eq!(terms("re-ranking INV-20418", folding), ["re", "rank", "re-ranking", "inv", "20418", "inv-20418"]);
        let neither = Folding { stop_words: true, ..folding };
        assert_eq!(terms("it was being ranked", neither), ["be", "rank"]);
    }

    #[test]
    fn an_accent_alone_is_no_term() {
        // U+0363 is a small a that stands above another letter; Unicode calls it alphabetic.
        assert!(terms("\u{363} \u{363}-\u{363}", Folding::default()).is_empty());
    }

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP_WORDS.is_sorted());
    }

    proptest! {
        #[test]
        fn any_text_has_terms_that_are_not_empty(text in any::<String>()) {
            for term in terms(&text, Folding::default()) {
                prop_assert!(term.chars().any(char::is_alphanumeric), "{term:?}");
            }
        }

        #[test]
        fn a_term_is_found_again_by_itself(text in "[A-Za-zéÜß0-9._'-]{0,12}( [A-Z]{1,4}-[0-9]{1,5})?") {
            for term in terms(&text, Folding::default()) {
                prop_assert!(terms(&term, Folding::default()).contains(&term), "{term:?} of {text:?}");
            }
        }
    }
}
