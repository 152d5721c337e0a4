//! What comes over the wire, read without trusting it.

use serde::Deserialize;
use serde_json::{Map, Value};

/// What a server says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Checklist {
    pub(super) max_batch_size: Option<usize>,
}

/// A collection as a server describes it.
#[derive(Debug, Deserialize)]
pub(super) struct CollectionBody {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) dimension: Option<usize>,
    #[serde(default)]
    pub(super) configuration_json: Value,
}

/// A number of a vector: what is not finite is null in JSON.
type Numbers = Vec<Option<f32>>;

/// Records in parallel; what was not asked for is missing.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    pub(super) ids: Vec<String>,
    pub(super) embeddings: Option<Vec<Option<Numbers>>>,
    pub(super) documents: Option<Vec<Option<String>>>,
    pub(super) metadatas: Option<Vec<Option<Map<String, Value>>>>,
}

/// One record of a page.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) embedding: Option<Numbers>,
    pub(super) document: Option<String>,
    pub(super) metadata: Map<String, Value>,
}

impl Page {
    /// Checks that all that came is as long as the list of ids.
    ///
    /// # Errors
    /// Says which is not.
    pub(super) fn check(&self) -> Result<(), String> {
        let lengths = [
            ("embeddings", self.embeddings.as_ref().map(Vec::len)),
            ("documents", self.documents.as_ref().map(Vec::len)),
            ("metadatas", self.metadatas.as_ref().map(Vec::len)),
        ];
        match lengths.into_iter().find(|(_, length)| length.is_some_and(|length| length != self.ids.len())) {
            Some((what, length)) => {
                Err(format!("{} {what} came back for {} ids", length.unwrap_or_default(), self.ids.len()))
            }
            None => Ok(()),
        }
    }

    /// The records of a page that was checked.
    pub(super) fn into_records(self) -> impl Iterator<Item = Record> {
        let mut embeddings = self.embeddings.map(Vec::into_iter);
        let mut documents = self.documents.map(Vec::into_iter);
        let mut metadatas = self.metadatas.map(Vec::into_iter);
        self.ids.into_iter().map(move |id| Record {
            id,
            embedding: embeddings.as_mut().and_then(|all| all.next().flatten()),
            document: documents.as_mut().and_then(|all| all.next().flatten()),
            metadata: metadatas.as_mut().and_then(|all| all.next().flatten()).unwrap_or_default(),
        })
    }
}

impl Record {
    /// Its vector, of `dimensions` finite numbers.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow "the record a".
    pub(super) fn vector(&self, dimensions: usize) -> Result<Vec<f32>, String> {
        let numbers = self.embedding.as_ref().ok_or("has no vector")?;
        if numbers.len() != dimensions {
            return Err(format!("has a vector of {} dimensions, where others have {dimensions}", numbers.len()));
        }
        let finite = |(place, number): (usize, &Option<f32>)| {
            number
                .filter(|number| number.is_finite())
                .ok_or_else(|| format!("has no finite number in dimension {place}"))
        };
        let numbers: Vec<f32> = numbers.iter().enumerate().map(finite).collect::<Result<_, _>>()?;
        if numbers.iter().all(|&number| number == 0.0) {
            return Err("has a vector of length 0, which has no direction".into());
        }
        Ok(numbers)
    }
}

/// What is nearest to each of the vectors that were asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    ids: Vec<Vec<String>>,
    distances: Option<Vec<Vec<Option<f32>>>>,
}

impl Found {
    /// The ids and distances for the only vector that was asked for.
    ///
    /// # Errors
    /// Says what is missing.
    pub(super) fn nearest(self) -> Result<Vec<(String, f32)>, String> {
        let [ids] =
            <[Vec<String>; 1]>::try_from(self.ids).map_err(|lists| format!("{} lists for one query", lists.len()))?;
        let distances = self.distances.and_then(|mut lists| lists.pop()).unwrap_or_default();
        if distances.len() != ids.len() {
            return Err(format!("{} distances came back for {} ids", distances.len(), ids.len()));
        }
        let finite = |(id, distance): (String, Option<f32>)| match distance.filter(|distance| distance.is_finite()) {
            Some(distance) => Ok((id, distance)),
            None => Err(format!("the distance of the record {id} is not finite")),
        };
        ids.into_iter().zip(distances).map(finite).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(json: Value) -> Page {
        serde_json::from_value(json).expect("a page")
    }

    #[test]
    fn parts_of_a_page_must_be_of_one_length() {
        let error = page(json!({ "ids": ["a", "b"], "documents": ["x"], "include": [] })).check();
        assert_eq!(error.expect_err("one document"), "1 documents came back for 2 ids");
        page(json!({ "ids": ["a"], "documents": null, "metadatas": [null] })).check().expect("nothing is missing");
    }

    #[test]
    fn records_keep_together_what_belongs_together() {
        let page = page(json!({
            "ids": ["a", "b"], "documents": [null, "text"], "metadatas": [{ "n": 1 }, null], "embeddings": [[1, 2], [3, 4]]
        }));
        let records: Vec<Record> = page.into_records().collect();
        assert_eq!((records[0].id.as_str(), records[0].document.as_deref()), ("a", None));
        assert_eq!((&records[0].metadata["n"], records[1].metadata.len()), (&json!(1), 0));
        assert_eq!((records[1].document.as_deref(), records[1].vector(2)), (Some("text"), Ok(vec![3.0, 4.0])));
    }

    #[test]
    fn vectors_that_cannot_be_compared_say_why() {
        let page = page(json!({ "ids": ["a", "b", "c"], "embeddings": [null, [1], [1, null]] }));
        let reasons: Vec<String> =
            page.into_records().map(|record| record.vector(2).expect_err("a bad vector")).collect();
        let expected = [
            "has no vector",
            "has a vector of 1 dimensions, where others have 2",
            "has no finite number in dimension 1",
        ];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn every_id_that_is_found_has_a_distance() {
        let found = |json| serde_json::from_value::<Found>(json).expect("an answer").nearest();
        let good = found(json!({ "ids": [["a", "b"]], "distances": [[0.5, 1]] }));
        assert_eq!(good, Ok(vec![("a".into(), 0.5), ("b".into(), 1.0)]));
        for (bad, reason) in [
            (json!({ "ids": [["a"]], "distances": [[]] }), "0 distances came back for 1 ids"),
            (json!({ "ids": [["a"]], "distances": null }), "0 distances came back for 1 ids"),
            (json!({ "ids": [], "distances": [] }), "0 lists for one query"),
            (json!({ "ids": [["a"]], "distances": [[null]] }), "the distance of the record a is not finite"),
        ] {
            assert_eq!(found(bad).expect_err(reason), reason);
        }
    }
}
