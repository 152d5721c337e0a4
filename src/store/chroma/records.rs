//! A document as a record of a collection that others can use too, and back.

use serde_json::{Map, Value, json};

use super::collection::OWN;
use crate::backend::{TextInfo, TokenCount};
use crate::corpus::{Corpus, Document, DocumentIndex, Duplicate};

/// Where a document stands in its corpus: after all that have a lower number. Not the number of the document, or one that
/// is taken out would change all after it.
const PLACE: &str = "vecscope_place";
/// The others with its text, as JSON.
const DUPLICATES: &str = "vecscope_duplicates";
const TOKENS: &str = "vecscope_tokens";
const TOKENS_USED: &str = "vecscope_tokens_used";
const TOKENS_ESTIMATED: &str = "vecscope_tokens_estimated";
const NORM: &str = "vecscope_norm";

/// What a record says of a document: what its source said, and where it stands among the others.
pub(super) fn metadata_of(corpus: &Corpus, index: DocumentIndex, place: f64) -> Map<String, Value> {
    let document = &corpus[index];
    let mut metadata = said_of(&corpus.fields, &document.metadata);
    metadata.insert("id".into(), json!(document.id));
    if let Some(topic) = &document.topic {
        metadata.insert("topic".into(), json!(topic));
    }
    metadata.insert(PLACE.into(), json!(place));
    if !document.duplicates.is_empty() {
        let duplicates: Vec<Value> =
            document.duplicates.iter().map(|duplicate| json!([duplicate.id, duplicate.metadata])).collect();
        metadata.insert(DUPLICATES.into(), Value::String(json!(duplicates).to_string()));
    }
    metadata
}

/// What a source said of a document, in the only kinds of values that every client knows.
pub(super) fn said_of(fields: &[String], values: &[Value]) -> Map<String, Value> {
    let said = fields.iter().zip(values).map(|(field, value)| (field_name(field), plain(value)));
    said.filter(|(_, value)| !value.is_null()).collect()
}

/// Chroma keeps names that begin so for itself.
fn field_name(field: &str) -> String {
    if field.starts_with("chroma:") { format!("_{field}") } else { field.to_owned() }
}

/// A value of a kind that every version of Chroma takes; of anything else its JSON as text.
fn plain(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
        Value::Number(number) if number.is_i64() || number.is_f64() => value.clone(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => Value::String(value.to_string()),
    }
}

/// Where a record says that its document stands.
pub(super) fn place_of(metadata: &Map<String, Value>) -> Option<f64> {
    metadata.get(PLACE).and_then(Value::as_f64)
}

/// Where documents stand of which some have a place already: those keep it, as far as that is their order.
#[expect(clippy::cast_precision_loss, reason = "numbers of documents")]
pub(super) fn order(kept: &[Option<f64>]) -> Vec<f64> {
    let afresh = || (0..kept.len()).map(|number| number as f64).collect();
    let known: Vec<(usize, f64)> =
        kept.iter().enumerate().filter_map(|(number, place)| Some((number, (*place)?))).collect();
    let (Some(&(first, least)), Some(&(last, greatest))) = (known.first(), known.last()) else { return afresh() };
    let mut order: Vec<f64> = (0..first).map(|number| least - (first - number) as f64).collect();
    for pair in known.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        let step = (high - low) / (to - from) as f64;
        order.extend((from..to).map(|number| low + step * (number - from) as f64));
    }
    order.extend((last..kept.len()).map(|number| greatest + (number - last) as f64));
    // Another order, or no number left in between.
    if order.is_sorted_by(|a, b| a < b) { order } else { afresh() }
}

/// Adds what is known of the text's embedding.
pub(super) fn add_info(metadata: &mut Map<String, Value>, info: TextInfo) {
    let TextInfo { tokens: TokenCount { total, used, estimated }, norm } = info;
    metadata.insert(TOKENS.into(), json!(total));
    metadata.insert(TOKENS_USED.into(), json!(used));
    metadata.insert(TOKENS_ESTIMATED.into(), json!(estimated));
    metadata.insert(NORM.into(), json!(norm));
}

/// What is known of a text's embedding; `None` where some of it is missing.
pub(super) fn info_of(metadata: &Map<String, Value>) -> Option<TextInfo> {
    let number = |key: &str| metadata.get(key)?.as_u64().and_then(|number| usize::try_from(number).ok());
    let tokens = TokenCount {
        total: number(TOKENS)?,
        used: number(TOKENS_USED)?,
        estimated: metadata.get(TOKENS_ESTIMATED)?.as_bool()?,
    };
    #[expect(clippy::cast_possible_truncation, reason = "it was a single precision number")]
    let norm = metadata.get(NORM)?.as_f64()? as f32;
    Some(TextInfo { tokens, norm })
}

/// What has to change in a record for it to say `wanted`: fields that are gone are null. Nothing where it says so already.
pub(super) fn changes(kept: &Map<String, Value>, wanted: &Map<String, Value>) -> Map<String, Value> {
    let of_the_vector = [TOKENS, TOKENS_USED, TOKENS_ESTIMATED, NORM];
    let gone = kept.keys().filter(|key| !wanted.contains_key(*key) && !of_the_vector.contains(&key.as_str()));
    // A server may say 1 for 1.0.
    let same = |a: &Value, b: &Value| a == b || a.as_f64().is_some_and(|a| b.as_f64() == Some(a));
    let other = wanted.iter().filter(|(key, value)| !kept.get(*key).is_some_and(|kept| same(kept, value)));
    let gone: Vec<(String, Value)> = gone.map(|key| (key.clone(), Value::Null)).collect();
    other.map(|(key, value)| (key.clone(), value.clone())).chain(gone).collect()
}

/// The document of a record, the names of whose metadata are added to `fields`, and its place in the corpus that it came
/// from. A record without a text is shown by its id.
pub(super) fn document(
    id: String,
    text: Option<String>,
    mut metadata: Map<String, Value>,
    fields: &mut Fields,
) -> (Document, Option<f64>) {
    let place = place_of(&metadata);
    let text = text.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| id.clone()).replace(['\r', '\n'], " ");
    // In a collection of vecscope's own the id that its source gave is beside the one that stands for the text.
    let own_id = place.and_then(|_| metadata.remove("id")).and_then(|id| id.as_str().map(str::to_owned));
    let topic = match metadata.get("topic") {
        Some(Value::String(topic)) => Some(topic.clone()),
        Some(Value::Number(topic)) => Some(topic.to_string()),
        _ => None,
    };
    if place.is_some() {
        metadata.remove("topic");
    }
    let duplicates = metadata.remove(DUPLICATES).and_then(|json| duplicates(json.as_str()?)).unwrap_or_default();
    metadata.retain(|key, _| !key.starts_with(OWN));
    let document = Document { id: own_id.unwrap_or(id), topic, text, metadata: fields.row(metadata), duplicates };
    (document, place)
}

fn duplicates(json: &str) -> Option<Box<[Duplicate]>> {
    let duplicates: Vec<(String, Vec<Value>)> = serde_json::from_str(json).ok()?;
    let duplicates =
        duplicates.into_iter().map(|(id, metadata)| Duplicate { id, metadata: metadata.into_boxed_slice() });
    Some(duplicates.collect())
}

/// The names of metadata, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Fields(indexmap::IndexSet<String>);

impl Fields {
    /// One document's metadata in the order of the names, which it may add to.
    fn row(&mut self, metadata: Map<String, Value>) -> Box<[Value]> {
        let mut row = vec![Value::Null; if metadata.is_empty() { 0 } else { self.0.len() }];
        for (name, value) in metadata {
            let (place, _) = self.0.insert_full(name);
            if row.len() <= place {
                row.resize(place + 1, Value::Null);
            }
            row[place] = value;
        }
        row.into_boxed_slice()
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_as_it_was() {
        let duplicates = Box::new([Duplicate { id: "8".into(), metadata: Box::new([json!(2.5)]) }]);
        let metadata = Box::new([json!(1), Value::Null, json!("x")]);
        let whole = Document { id: "7".into(), topic: Some("t".into()), text: "one".into(), metadata, duplicates };
        let fields = ["a", "b", "c"].map(String::from).to_vec();
        let corpus = Corpus { fields, ..Corpus::new("notes", vec![Document::new("1", "none"), whole.clone()]) };
        let record = metadata_of(&corpus, DocumentIndex(1), 1.5);
        let mut fields = Fields::default();
        let (document, place) = document("key".into(), Some("one".into()), record, &mut fields);
        assert_eq!(place, Some(1.5));
        // A field that no document has anything in is not known to the collection.
        assert_eq!(fields.into_names(), ["a", "c"]);
        assert_eq!(document, Document { metadata: Box::new([json!(1), json!("x")]), ..whole });
    }

    #[test]
    fn documents_keep_their_places_while_their_order_allows_it() {
        let new = None;
        for (kept, expected) in [
            (vec![], vec![]),
            (vec![new, new], vec![0.0, 1.0]),
            (vec![Some(0.0), Some(2.0), Some(7.0)], vec![0.0, 2.0, 7.0]),
            (vec![new, Some(0.0), new, Some(2.0), new], vec![-1.0, 0.0, 1.0, 2.0, 3.0]),
            (vec![Some(1.0), new, new, new, Some(2.0)], vec![1.0, 1.25, 1.5, 1.75, 2.0]),
            (vec![Some(2.0), Some(0.0), new], vec![0.0, 1.0, 2.0]),
            (vec![Some(1.0), new, Some(1.0 + f64::EPSILON)], vec![0.0, 1.0, 2.0]),
        ] {
            assert_eq!(order(&kept), expected, "{kept:?}");
        }
    }

    #[test]
    fn values_that_no_client_takes_become_text() {
        let metadata = Box::new([json!([1, 2]), json!({ "x": null }), json!(u64::MAX), json!(-1), json!(true)]);
        let document = Document { metadata, ..Document::new("1", "one") };
        let fields = ["chroma:list", "object", "large", "small", "truth"].map(String::from).to_vec();
        let record = metadata_of(&Corpus { fields, ..Corpus::new("notes", vec![document]) }, DocumentIndex(0), 0.0);
        assert_eq!(record["_chroma:list"], json!("[1,2]"));
        assert_eq!((&record["object"], &record["large"]), (&json!("{\"x\":null}"), &json!("18446744073709551615")));
        assert_eq!((&record["small"], &record["truth"]), (&json!(-1), &json!(true)));
    }

    #[test]
    fn what_is_known_of_an_embedding_comes_back_or_is_missing() {
        let info = TextInfo { tokens: TokenCount { total: 9, used: 7, estimated: true }, norm: 0.1 };
        let mut metadata = Map::new();
        add_info(&mut metadata, info);
        assert_eq!(info_of(&metadata), Some(info));
        metadata.remove(NORM);
        assert_eq!(info_of(&metadata), None);
    }

    #[test]
    fn a_record_is_only_changed_where_it_says_something_else() {
        let object = |json: Value| json.as_object().expect("an object").clone();
        let kept = object(json!({ "id": "1", "year": 1999, "size": 3, "gone": "x", "vecscope_norm": 1.5 }));
        let wanted = object(json!({ "id": "1", "year": 2000, "size": 3.0, "new": true }));
        let expected = object(json!({ "year": 2000, "new": true, "gone": null }));
        assert_eq!(changes(&kept, &wanted), expected);
        let same = object(json!({ "id": "1", "year": 1999, "size": 3.0, "gone": "x" }));
        assert!(changes(&kept, &same).is_empty());
    }

    #[test]
    fn a_record_of_somebody_else_is_shown_by_its_text_or_its_id() {
        let mut fields = Fields::default();
        let said = json!({ "id": "other", "topic": "t" }).as_object().expect("an object").clone();
        let (first, place) = document("a".into(), Some("two\nlines".into()), said, &mut fields);
        assert_eq!((first.id.as_str(), first.text.as_str(), place), ("a", "two lines", None));
        assert_eq!(first.topic.as_deref(), Some("t"));
        let (second, _) = document("b".into(), None, Map::new(), &mut fields);
        assert_eq!((second.text.as_str(), second.metadata.len()), ("b", 0));
        assert_eq!(fields.into_names(), ["id", "topic"]);
    }
}
