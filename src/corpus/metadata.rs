//! What a source says of its documents beside their texts.

use std::borrow::Cow;

use serde_json::Value;

use super::Corpus;

impl Corpus {
    /// What is said of a document, or of a duplicate: the names of the fields and their values, in the order of
    /// [`Corpus::fields`]. What is not said is left out.
    pub fn said<'a>(&'a self, metadata: &'a [Value]) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.fields.iter().map(String::as_str).zip(metadata).filter(|(_, value)| !value.is_null())
    }

    /// How many documents the source has, those with the same text counted each.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.documents.iter().map(super::Document::copies).sum()
    }
}

/// A value as a person would write it: text without quotes, the elements of a list with commas between them.
#[must_use]
pub fn written(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(elements) => {
            Cow::Owned(elements.iter().map(|element| written(element).into_owned()).collect::<Vec<_>>().join(", "))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Cow::Owned(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::corpus::{Document, Duplicate};

    #[test]
    fn values_are_written_as_a_person_would() {
        let cases = [
            (json!("a, b"), "a, b"),
            (json!(1990), "1990"),
            (json!(true), "true"),
            (json!(["x", 2, null]), "x, 2, "),
            (json!({"a": 1}), r#"{"a":1}"#),
            (json!(null), ""),
        ];
        for (value, expected) in cases {
            assert_eq!(written(&value), expected);
        }
    }

    #[test]
    fn what_is_not_said_is_left_out_and_copies_are_counted() {
        let mut document = Document { metadata: [json!(null), json!(3)].into(), ..Document::new("a", "text") };
        document.duplicates = [Duplicate { id: "b".into(), metadata: Box::default() }].into();
        let corpus = Corpus {
            fields: vec!["x".into(), "y".into(), "z".into()],
            ..Corpus::new("c", vec![document, Document::new("c", "other")])
        };
        let said: Vec<_> = corpus.said(&corpus.documents[0].metadata).collect();
        assert_eq!(said, [("y", &json!(3))]);
        assert_eq!(corpus.copies(), 3);
    }
}
