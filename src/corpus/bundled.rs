//! The corpus and the labelled queries that come with the program.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Corpus, Document};

mod cases;

pub use cases::{Answer, Case, cases};

const CORPUS: &str = include_str!("../../assets/corpus.jsonl");
const QUERIES: &str = include_str!("../../assets/queries.jsonl");

/// A query with the documents that a person judged relevant to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledQuery {
    /// Unique among the queries.
    pub id: String,
    /// What a person would type.
    pub query: String,
    /// What it shows: `paraphrase`, `identifier`, `negation` …
    pub kind: String,
    /// Document id → grade: 3 means exactly this, 2 clearly about it, 1 related. Any other document is not relevant.
    pub relevant: BTreeMap<String, u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    topic: String,
    text: String,
}

/// The hundred sentences: ten topics of ten, written to teach.
#[must_use]
pub fn corpus() -> Corpus {
    let documents = lines(CORPUS)
        .map(|Line { id, topic, text }| Document { topic: Some(topic), ..Document::new(id, text) })
        .collect();
    Corpus { bundled: true, ..Corpus::new("bundled corpus", documents) }
}

/// The labelled queries over [`corpus`].
#[must_use]
pub fn queries() -> Vec<LabelledQuery> {
    lines(QUERIES).collect()
}

fn lines<T: for<'de> Deserialize<'de>>(source: &'static str) -> impl Iterator<Item = T> {
    source.lines().map(|line| serde_json::from_str(line).expect("the bundled files are checked by a test"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn the_corpus_has_ten_topics_of_ten_different_sentences() {
        let corpus = corpus();
        let mut topics = BTreeMap::<_, usize>::new();
        for document in &corpus.documents {
            *topics.entry(document.topic.as_deref().expect("a topic")).or_default() += 1;
        }
        assert_eq!(topics.len(), 10);
        assert!(topics.values().all(|&count| count == 10), "{topics:?}");
        assert_eq!(corpus.texts().into_iter().collect::<BTreeSet<_>>().len(), 100);
        assert_eq!(corpus.documents.iter().map(|d| &d.id).collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn every_query_grades_documents_that_exist() {
        let corpus = corpus();
        let ids: BTreeSet<_> = corpus.documents.iter().map(|document| &document.id).collect();
        let queries = queries();
        assert!(queries.len() >= 30);
        for query in &queries {
            assert!(!query.relevant.is_empty(), "{}", query.id);
            for (id, grade) in &query.relevant {
                assert!(ids.contains(id) && (1..=3).contains(grade), "{}: {id} → {grade}", query.id);
            }
        }
        assert_eq!(queries.iter().map(|query| &query.query).collect::<BTreeSet<_>>().len(), queries.len());
    }

    #[test]
    fn no_bundled_text_needs_to_be_made_visible() {
        for text in corpus().texts() {
            assert_eq!(crate::text::visible(text), text);
        }
    }
}
