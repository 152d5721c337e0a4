//! Prepared pairs over the bundled corpus: queries on which a ranking may put the wrong sentence first.

use std::sync::LazyLock;

use serde::Deserialize;

const CASES: &str = include_str!("../../../assets/lab.toml");

/// A query, the sentence that answers it, and one that only looks like it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is about: `negation`, `numbers`, `identifiers` …
    pub kind: String,
    /// What a person would type.
    pub query: String,
    /// The id of the sentence that answers it.
    pub right: String,
    /// The id of the other.
    pub wrong: String,
    /// Which of them comes first by the cosine of the bundled model.
    pub cosine: Answer,
    /// Which by BM25.
    pub bm25: Answer,
    /// Why, in one sentence.
    pub why: String,
}

/// Which of a pair a ranking puts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The one that answers the query.
    Right,
    /// The other.
    Misled,
    /// Neither: both have the same score, or none.
    Undecided,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// All of them. They are read once.
///
/// # Panics
/// Never: a test reads the file.
#[must_use]
pub fn cases() -> &'static [Case] {
    static READ: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let file: File = toml::from_str(CASES).expect("the bundled files are checked by a test");
        file.case
    });
    &READ
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::corpus::bundled::corpus;

    #[test]
    fn every_case_is_about_sentences_that_exist_and_is_there_once() {
        let corpus = corpus();
        let ids: BTreeSet<_> = corpus.documents.iter().map(|document| &document.id).collect();
        let cases = cases();
        for case in cases {
            assert!(ids.contains(&case.right) && ids.contains(&case.wrong) && case.right != case.wrong, "{case:?}");
        }
        assert_eq!(cases.iter().map(|case| &case.query).collect::<BTreeSet<_>>().len(), cases.len());
    }

    #[test]
    fn they_are_of_all_kinds_and_neither_ranking_is_always_the_better() {
        let cases = cases();
        assert!(cases.len() >= 10);
        for kind in ["language", "negation", "numbers", "identifiers", "word order", "ambiguity"] {
            assert!(cases.iter().any(|case| case.kind == kind), "{kind}");
        }
        let count = |cosine, bm25| cases.iter().filter(|case| (case.cosine, case.bm25) == (cosine, bm25)).count();
        assert!(count(Answer::Misled, Answer::Right) >= 3, "where words help");
        assert!(count(Answer::Right, Answer::Misled) >= 3, "where words mislead");
        assert!(count(Answer::Misled, Answer::Misled) >= 2, "where neither helps");
    }
}
