//! Changing a corpus by hand: sentences that are added, rewritten and removed, and how that is taken back.

use std::collections::HashMap;

use super::{Corpus, Document, DocumentIndex, Duplicate};

/// What an id of a sentence begins with that a person added; a number follows.
const NEW: &str = "new-";

/// One thing that a person does to a corpus. Plain data: applying it gives what takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In the order in which they are done.
    splices: Vec<Splice>,
}

/// Documents that stand one after the other, and what comes in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Splice {
    at: usize,
    removed: usize,
    inserted: Vec<Document>,
}

impl Change {
    /// Adds texts at the end, each under an id of its own that is not used yet. One that the corpus has already is
    /// counted as a duplicate there. White space around a text is dropped, and a text of nothing else left out; `None`
    /// where no text is left.
    #[must_use]
    pub fn add(corpus: &Corpus, texts: &[&str]) -> Option<Self> {
        let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let mut added: Vec<Document> = Vec::new();
        let mut grown: Vec<(usize, Document)> = Vec::new();
        for (number, text) in (first_free_number(corpus)..).zip(texts) {
            let id = format!("{NEW}{number}");
            let again = |document: &Document| document.text == text;
            if let Some(document) = added.iter_mut().find(|document| again(document)) {
                document.duplicates = with(&document.duplicates, [Duplicate { id, metadata: Box::default() }]);
            } else if let Some((_, document)) = grown.iter_mut().find(|(_, document)| again(document)) {
                document.duplicates = with(&document.duplicates, [Duplicate { id, metadata: Box::default() }]);
            } else if let Some(at) = corpus.documents.iter().position(again) {
                let mut document = corpus.documents[at].clone();
                document.duplicates = with(&document.duplicates, [Duplicate { id, metadata: Box::default() }]);
                grown.push((at, document));
            } else {
                added.push(Document::new(id, text));
            }
        }
        let mut splices: Vec<Splice> =
            grown.into_iter().map(|(at, document)| Splice { at, removed: 1, inserted: vec![document] }).collect();
        if !added.is_empty() {
            splices.push(Splice { at: corpus.documents.len(), removed: 0, inserted: added });
        }
        (!splices.is_empty()).then_some(Self { splices })
    }

    /// Gives a document another text: itself and its duplicates. Where the corpus has that text already, they become
    /// duplicates there. `None` where the text is blank or no other one; white space around it is dropped.
    #[must_use]
    pub fn rewrite(corpus: &Corpus, document: DocumentIndex, text: &str) -> Option<Self> {
        let text = text.trim();
        let before = &corpus[document];
        if text.is_empty() || text == before.text {
            return None;
        }
        let Some(other) = corpus.documents.iter().position(|other| other.text == text) else {
            let after = Document { text: text.into(), ..before.clone() };
            return Some(Self { splices: vec![Splice { at: document.0, removed: 1, inserted: vec![after] }] });
        };
        let mut joined = corpus.documents[other].clone();
        let own = Duplicate { id: before.id.clone(), metadata: before.metadata.clone() };
        joined.duplicates = with(&joined.duplicates, std::iter::once(own).chain(before.duplicates.iter().cloned()));
        Some(Self {
            splices: vec![
                Splice { at: other, removed: 1, inserted: vec![joined] },
                Splice { at: document.0, removed: 1, inserted: Vec::new() },
            ],
        })
    }

    /// Takes a document out: itself and its duplicates.
    #[must_use]
    pub fn remove(document: DocumentIndex) -> Self {
        Self { splices: vec![Splice { at: document.0, removed: 1, inserted: Vec::new() }] }
    }

    /// Changes a corpus, and gives what takes the change back.
    ///
    /// # Panics
    /// Where it was made for another corpus, and documents are missing in this one.
    #[must_use]
    pub fn apply(self, corpus: &mut Corpus) -> Self {
        let mut back: Vec<Splice> = Vec::with_capacity(self.splices.len());
        for Splice { at, removed, inserted } in self.splices {
            let count = inserted.len();
            let taken = corpus.documents.splice(at..at + removed, inserted).collect();
            back.push(Splice { at, removed: count, inserted: taken });
        }
        back.reverse();
        Self { splices: back }
    }
}

/// What was there, and more.
fn with(before: &[Duplicate], more: impl IntoIterator<Item = Duplicate>) -> Box<[Duplicate]> {
    before.iter().cloned().chain(more).collect()
}

/// The least number that makes an id greater than all which are used.
fn first_free_number(corpus: &Corpus) -> u64 {
    let ids = corpus.documents.iter().flat_map(|document| {
        std::iter::once(document.id.as_str()).chain(document.duplicates.iter().map(|duplicate| duplicate.id.as_str()))
    });
    let numbers = ids.filter_map(|id| id.strip_prefix(NEW)?.parse::<u64>().ok());
    numbers.max().map_or(1, |most| most.saturating_add(1))
}

/// For each document of one corpus the document of another that has its text, if there is one. No two share one.
///
/// Where the two differ in a few places, as after an edit, hardly more is done than to compare text by text.
#[must_use]
pub fn kept(before: &Corpus, after: &Corpus) -> Vec<Option<DocumentIndex>> {
    let (old, new) = (&before.documents, &after.documents);
    let same = |(old, new): &(&Document, &Document)| old.text == new.text;
    let head = old.iter().zip(new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let (middle, end) = (old.len() - tail, new.len() - tail);
    let mut left: HashMap<&str, usize> = HashMap::new();
    for (number, document) in new.iter().enumerate().take(end).skip(head) {
        left.entry(&document.text).or_insert(number);
    }
    let of = |(number, document): (usize, &Document)| {
        if number < head {
            Some(number)
        } else if number < middle {
            left.remove(document.text.as_str())
        } else {
            Some(number - middle + end)
        }
    };
    old.iter().enumerate().map(of).map(|number| number.map(DocumentIndex)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// `a`, `b` (with a topic, metadata and a duplicate) and `c`.
    fn corpus() -> Corpus {
        let duplicate = Duplicate { id: "b2".into(), metadata: Box::new([json!(2)]) };
        let b = Document {
            topic: Some("second".into()),
            metadata: Box::new([json!(1)]),
            duplicates: Box::new([duplicate]),
            ..Document::new("b", "banana")
        };
        let documents = vec![Document::new("a", "apple"), b, Document::new("c", "cherry")];
        Corpus { fields: vec!["n".into()], ..Corpus::new("fruit", documents) }
    }

    /// The corpus after a change. That it can be taken back is checked on the way.
    #[track_caller]
    fn changed(before: &Corpus, change: Option<Change>) -> Corpus {
        let mut after = before.clone();
        let back = change.expect("a change").apply(&mut after);
        let mut again = after.clone();
        let forth = back.apply(&mut again);
        assert_eq!(&again, before, "taken back");
        let _ = forth.apply(&mut again);
        assert_eq!(again, after, "done again");
        after
    }

    /// Each text with all of its ids.
    fn ids(corpus: &Corpus) -> Vec<(&str, Vec<&str>)> {
        corpus
            .documents
            .iter()
            .map(|document| {
                let others = document.duplicates.iter().map(|duplicate| duplicate.id.as_str());
                (document.text.as_str(), std::iter::once(document.id.as_str()).chain(others).collect())
            })
            .collect()
    }

    #[test]
    fn what_is_added_stands_at_the_end_under_an_id_of_its_own() {
        let mut before = corpus();
        before.documents[2].id = "new-41".into();
        let after = changed(&before, Change::add(&before, &["  date ", " ", "elder"]));
        let expected = [
            ("apple", vec!["a"]),
            ("banana", vec!["b", "b2"]),
            ("cherry", vec!["new-41"]),
            ("date", vec!["new-42"]),
            ("elder", vec!["new-43"]),
        ];
        assert_eq!(ids(&after), expected);
        assert_eq!(Change::add(&before, &["", " \t"]), None);
    }

    #[test]
    fn a_text_that_is_there_is_counted_and_not_shown_twice() {
        let before = corpus();
        let after = changed(&before, Change::add(&before, &["banana", "date", "banana", "date"]));
        let expected = [
            ("apple", vec!["a"]),
            ("banana", vec!["b", "b2", "new-1", "new-3"]),
            ("cherry", vec!["c"]),
            ("date", vec!["new-2", "new-4"]),
        ];
        assert_eq!(ids(&after), expected);
        assert_eq!(after.documents[1].topic.as_deref(), Some("second"));
    }

    #[test]
    fn another_text_leaves_everything_else_of_a_document() {
        let before = corpus();
        let after = changed(&before, Change::rewrite(&before, DocumentIndex(1), " blueberry"));
        let expected = Document { text: "blueberry".into(), ..before.documents[1].clone() };
        assert_eq!(after.documents[1], expected);
        assert_eq!(Change::rewrite(&before, DocumentIndex(1), "banana "), None);
        assert_eq!(Change::rewrite(&before, DocumentIndex(1), "  "), None);
    }

    #[test]
    fn two_documents_that_come_to_have_one_text_become_one() {
        let before = corpus();
        let down = changed(&before, Change::rewrite(&before, DocumentIndex(1), "cherry"));
        assert_eq!(ids(&down), [("apple", vec!["a"]), ("cherry", vec!["c", "b", "b2"])]);
        assert_eq!(down.documents[1].duplicates[0].metadata[..], [json!(1)]);
        let up = changed(&before, Change::rewrite(&before, DocumentIndex(2), "apple"));
        assert_eq!(ids(&up), [("apple", vec!["a", "c"]), ("banana", vec!["b", "b2"])]);
    }

    #[test]
    fn a_document_goes_with_all_its_copies() {
        let before = corpus();
        let after = changed(&before, Some(Change::remove(DocumentIndex(1))));
        assert_eq!(ids(&after), [("apple", vec!["a"]), ("cherry", vec!["c"])]);
    }

    fn texts(texts: &[&str]) -> Corpus {
        Corpus::new("t", texts.iter().zip(0..).map(|(text, n)| Document::new(n.to_string(), *text)).collect())
    }

    #[test]
    fn the_same_text_is_found_wherever_it_went() {
        let kept = |old: &[&str], new: &[&str]| -> Vec<Option<usize>> {
            kept(&texts(old), &texts(new)).into_iter().map(|kept| kept.map(|document| document.0)).collect()
        };
        assert_eq!(kept(&["a", "b", "c"], &["a", "c"]), [Some(0), None, Some(1)]);
        assert_eq!(kept(&["a", "b", "c"], &["a", "x", "c", "d"]), [Some(0), None, Some(2)]);
        assert_eq!(kept(&["a", "b", "c"], &["c", "b", "a"]), [Some(2), Some(1), Some(0)]);
        assert_eq!(kept(&["a", "a", "b"], &["b", "a"]), [Some(1), None, Some(0)], "no two share one");
        assert_eq!(kept(&["a"], &["a", "a"]), [Some(0)]);
        assert_eq!(kept(&[], &["a"]), []);
    }

    proptest! {
        #[test]
        fn a_text_is_kept_exactly_where_the_other_corpus_has_it(
            old in prop::collection::btree_set("[a-e]{1,2}", 0..12),
            new in prop::collection::btree_set("[a-e]{1,2}", 0..12),
            turned in any::<bool>(),
        ) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let mut new: Vec<&str> = new.iter().map(String::as_str).collect();
            if turned {
                new.reverse();
            }
            let (before, after) = (texts(&old), texts(&new));
            for (text, kept) in old.iter().zip(kept(&before, &after)) {
                prop_assert_eq!(kept.map(|kept| kept.0), new.iter().position(|other| other == text));
            }
        }

        #[test]
        fn steps_are_taken_back_one_by_one(steps in prop::collection::vec((0_u8..3, 0_usize..5, "[a-c]{1,2}"), 0..12)) {
            let mut corpus = corpus();
            let (mut states, mut backs) = (Vec::new(), Vec::new());
            for (kind, at, text) in steps {
                let document = DocumentIndex(at.min(corpus.documents.len().saturating_sub(1)));
                let change = match kind {
                    0 => Change::add(&corpus, &[&text]),
                    _ if corpus.documents.is_empty() => None,
                    1 => Change::rewrite(&corpus, document, &text),
                    _ => Some(Change::remove(document)),
                };
                let Some(change) = change else { continue };
                states.push(corpus.clone());
                backs.push(change.apply(&mut corpus));
                let mut ids: Vec<&str> = ids(&corpus).into_iter().flat_map(|(_, ids)| ids).collect();
                let count = ids.len();
                ids.sort_unstable();
                ids.dedup();
                prop_assert_eq!(ids.len(), count, "every id is used once");
                let mut texts: Vec<&str> = corpus.texts();
                let count = texts.len();
                texts.sort_unstable();
                texts.dedup();
                prop_assert_eq!(texts.len(), count, "every text stands there once");
            }
            while let (Some(state), Some(back)) = (states.pop(), backs.pop()) {
                let _ = back.apply(&mut corpus);
                prop_assert_eq!(&corpus, &state);
            }
        }
    }
}
